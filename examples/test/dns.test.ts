import { describe, expect, test } from 'vitest';
import { output } from '../../conformance/support/program.ts';
import { serve, start } from './running.ts';

const dig = (port: string, ...args: string[]): Promise<string> =>
  output('dig', ['@127.0.0.1', '-p', port, '+timeout=20', '+tries=1', '+short', ...args]);

describe('27-dns', () => {
  test('answers dig, over UDP and TCP', async () => {
    const { port } = await serve('27-dns/server.js');
    for (const transport of ['+notcp', '+tcp']) {
      expect(await dig(port, transport, 'www.example.com', 'A')).toBe('192.0.2.1\n192.0.2.2\n');
      expect(await dig(port, transport, 'web.example.com', 'AAAA')).toBe('www.example.com.\n2001:db8::1\n');
      expect(await dig(port, transport, 'example.com', 'MX')).toBe('10 mail.example.com.\n');
      expect(await dig(port, transport, 'missing.example.com')).toBe('');
    }
  });

  test('resolves from it', async () => {
    const { address } = await serve('27-dns/server.js');
    const client = start('27-dns/resolve.js', 'web.example.com', address);
    expect(await client.ended()).toMatchObject({
      code: 0,
      stdout: '192.0.2.1\n192.0.2.2\ngethostbyname: 192.0.2.1\n',
    });
  });

  test('says what a name is that is none', async () => {
    const { address } = await serve('27-dns/server.js');
    const client = start('27-dns/resolve.js', 'missing.example.com', address);
    const { code, stderr } = await client.ended();
    expect(code).toBe(1);
    expect(stderr).toContain('NXDOMAIN');
  });
});
