import { describe, expect, test } from 'vitest';
import { connect, listen, type ByteStream, type ListenOptions } from '@wirestack/socket';
import { encodeProxyHeader, type ProxyHeader } from '@wirestack/socket/proxy-protocol';
import { disposed, gone, scratchPath, turnsUntil } from '../scratch.ts';
import { pem } from '../tls/certificates.ts';

describe('a flood of connections', () => {
  test(
    'with whenFull: wait, past 1,024 that wait unread, more are turned away',
    { timeout: 30_000 },
    async () => {
      const listener = disposed(await listen(scratchPath(), { maxConnections: 1, whenFull: 'wait' }));
      const clients: ByteStream[] = [];
      for (let index = 0; index < 1 + 1_024 + 5; index++) clients.push(await connect(listener.address));
      await Promise.all(clients.slice(1 + 1_024).map(gone));
      expect(listener.dropped).toBe(5);
      for (const client of clients) client.abort();
    },
  );

  test('while a thousand come and go above maxConnections, those inside are served', async () => {
    const listener = disposed(await listen(scratchPath(), { maxConnections: 2 }));
    const [inside, served] = await Promise.all([connect(listener.address), listener.accept()]);
    const [second] = await Promise.all([connect(listener.address), listener.accept()]);
    for (let round = 0; round < 10; round++) {
      const flood = await Promise.all(Array.from({ length: 100 }, () => connect(listener.address)));
      await inside.write(String(round));
      expect(text(await served.read())).toBe(String(round));
      await Promise.all(flood.map(gone));
    }
    expect(listener.dropped).toBe(1_000);
    inside.abort();
    second.abort();
  });

  test.each<[string, ListenOptions]>([
    ['a handshake', { tls: pem.server }],
    ['a PROXY header', { proxyProtocol: { trusted: ['127.0.0.1'] } }],
  ])('those who never begin %s count as connections, until they are cut off', async (_what, options) => {
    const listener = disposed(await listen('tcp://127.0.0.1:0', { ...options, maxConnections: 2 }));
    const silent = [await connect(listener.address), await connect(listener.address)];
    await connect(listener.address).then(gone, () => undefined);
    expect(listener.dropped).toBe(1);
    for (const client of silent) client.abort();
    // They are told as they end; then there is room again.
    await turnsUntil(() => listener.dropped === 3);
    const tls = options.tls === undefined ? false : { ca: pem.authority, servername: 'localhost' };
    const [client, served] = await Promise.all([
      connect(listener.address, { tls, ...(tls === false ? { proxyHeader: header() } : {}) }),
      listener.accept(),
    ]);
    client.abort();
    served.abort();
  });
});

describe('who sends a byte now and then is cut off all the same, in the middle of', () => {
  // Records and headers of thousands of bytes, by their length.
  const hello = [22, 3, 1, 0x20, 0, 1, 0, 0x1f, 0xfc, 3, 3];
  const version2 = [...encodeProxyHeader(header()).subarray(0, 14), 0x0f, 0xff];

  test.each<[string, number[], ListenOptions]>([
    ['a handshake', hello, { tls: { ...pem.server, handshakeTimeoutMs: 50 } }],
    ['a PROXY header', version2, { proxyProtocol: { trusted: ['127.0.0.1'], timeoutMs: 50 } }],
  ])('%s', async (_what, beginning, options) => {
    const refused: string[] = [];
    const onRefused: ListenOptions['onRefused'] = ({ code }) => void refused.push(code);
    const listener = disposed(await listen('tcp://127.0.0.1:0', { ...options, onRefused }));
    const client = await connect(listener.address);
    await client.write(Uint8Array.from(beginning));
    const over = gone(client);
    let turns = 0;
    await turnsUntil(() => {
      if (++turns % 20 === 0) void client.write(Uint8Array.of(0));
      return refused.length > 0;
    });
    await over;
    expect(refused).toEqual(['TIMED_OUT']);
    client.abort();
  });
});

describe('a PROXY header of a trusted source', () => {
  const checked = encodeProxyHeader(header(), { checksum: true });
  const forged = checked.slice();
  forged[17]! ^= 1;
  const endless = Uint8Array.from({ length: 200 }, () => 0x39);
  const oversized = checked.slice(0, 16);
  // Of 65,535 bytes, says its length.
  oversized.set([0xff, 0xff], 14);

  test.each([
    ['altered on the way', forged],
    ['longer than the 4,112 bytes that are read of one', oversized],
    ['of version 1 that never ends', Uint8Array.of(...latin1('PROXY TCP4 1.2.3.4 1.2.3.'), ...endless)],
    ['of version 1 with another address behind a NUL', latin1('PROXY TCP4 1.2.3.4\0 1.2.3.5 1 2\r\n')],
    ['in two versions', Uint8Array.of(...latin1('PROXY '), ...checked)],
  ])('%s is refused before anything is accepted', async (_what, bytes) => {
    const refused: string[] = [];
    const listener = disposed(
      await listen('tcp://127.0.0.1:0', {
        proxyProtocol: { trusted: ['127.0.0.1'], timeoutMs: 1e9 },
        onRefused: ({ code }) => void refused.push(code),
      }),
    );
    const client = await connect(listener.address);
    await client.write(bytes);
    await gone(client);
    expect(refused).toEqual(['PROXY_HEADER']);
    expect(listener.isReadable).toBe(false);
  });
});

function header(): ProxyHeader {
  return {
    version: 2,
    command: 'PROXY',
    transport: 'stream',
    source: { family: 'ipv4', host: '192.0.2.7', port: 4711 },
    destination: { family: 'ipv4', host: '198.51.100.1', port: 443 },
    extensions: [],
  };
}

function latin1(words: string): Uint8Array {
  return new Uint8Array(Buffer.from(words, 'latin1'));
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
