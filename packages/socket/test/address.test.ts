import fc from 'fast-check';
import { isAbsolute, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress, SocketUsageError, type AddressLike } from '@wirestack/socket';

describe('parseAddress', () => {
  test.each<[AddressLike, string, number]>([
    ['tcp://127.0.0.1:8000', '127.0.0.1', 8000],
    ['TCP://127.0.0.1:8000', '127.0.0.1', 8000],
    ['127.0.0.1:8000', '127.0.0.1', 8000],
    ['localhost:8000', 'localhost', 8000],
    ['tcp://[::1]:8000', '::1', 8000],
    ['[::1]:8000', '::1', 8000],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
    ['[fe80::1%br-lan.2]:1', 'fe80::1%br-lan.2', 1],
    [':8000', '', 8000],
    ['tcp://:0', '', 0],
    ['host:65535', 'host', 65_535],
    [{ port: 80 }, '', 80],
    [{ host: 'h', port: 80 }, 'h', 80],
    [{ family: 'ipv6', host: '::1', port: 80 }, '::1', 80],
  ])('reads %j as a host and a port', (address, host, port) => {
    expect(parseAddress(address)).toEqual({ kind: 'inet', host, port });
  });

  test.each<[AddressLike, string]>([
    ['unix:/run/x.sock', '/run/x.sock'],
    ['unix:///run/x.sock', '/run/x.sock'],
    ['unix:./x.sock', './x.sock'],
    ['unix:../x.sock', '../x.sock'],
    ['/run/x.sock', '/run/x.sock'],
    ['./x.sock', './x.sock'],
    ['../x.sock', '../x.sock'],
    [{ path: 'x.sock' }, 'x.sock'],
    [{ family: 'unix', path: '/a:1' }, '/a:1'],
    [`/${'x'.repeat(106)}`, `/${'x'.repeat(106)}`],
  ])('reads %j as a Unix path', (address, path) => {
    expect(parseAddress(address)).toEqual({ kind: 'unix', path });
  });

  test.each<AddressLike>([
    '',
    'localhost',
    '8000',
    'host:',
    'host:x',
    'host:-1',
    'host:65536',
    'host:123456',
    '::1:80',
    '[::1]',
    '[host]x:80',
    'http://127.0.0.1:80',
    'udp://127.0.0.1:53',
    'tcp://127.0.0.1:80/path',
    'tcp:/127.0.0.1:80',
    'tcp:/x127.0.0.1:80',
    'tcp:.localhost:80',
    'a b:80',
    'a\0b:80',
    'unix:',
    'unix:/a\0b',
    `/${'x'.repeat(107)}`,
    `/${'\u00e9'.repeat(54)}`,
    { path: '' },
    { port: 1.5 },
    { port: NaN },
    { port: -1 },
    { host: 'a/b', port: 1 },
    { family: 'memory', name: 'x' },
  ])('refuses %j with BAD_ADDRESS', (address) => {
    expect(() => parseAddress(address)).toThrow(
      expect.objectContaining({ name: 'SocketUsageError', code: 'BAD_ADDRESS' }) as SocketUsageError,
    );
  });

  test('takes the schemes it is told of only', () => {
    expect(parseAddress('udp://127.0.0.1:53', ['udp'])).toEqual({
      kind: 'inet',
      host: '127.0.0.1',
      port: 53,
    });
    expect(() => parseAddress('tcp://127.0.0.1:53', ['udp'])).toThrow(SocketUsageError);
  });
});

describe('formatAddress', () => {
  test.each([
    [{ family: 'ipv4', host: '127.0.0.1', port: 80 }, '127.0.0.1:80'],
    [{ family: 'ipv6', host: '::1', port: 80 }, '[::1]:80'],
    [{ family: 'unix', path: '/run/x.sock' }, 'unix:/run/x.sock'],
    [{ family: 'memory', name: 'pair-1a' }, 'memory:pair-1a'],
  ] as const)('writes %j as %s', (address, text) => {
    expect(formatAddress(address)).toBe(text);
  });

  test('what it writes, parseAddress reads as the same host and port', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.constant(''));
    fc.assert(
      fc.property(host, fc.nat(65_535), (host, port) => {
        const endpoint = parseAddress({ host, port });
        expect(parseAddress(formatAddress(endpoint))).toEqual(endpoint);
      }),
    );
  });

  test('what it writes, parseAddress reads as the same file', () => {
    const name = fc.string({
      minLength: 1,
      maxLength: 30,
      unit: fc.constantFrom('a', 'b', '.', ':', '/', '-', '8', '[', ']', ' ', '\u00e9'),
    });
    fc.assert(
      fc.property(name, (path) => {
        const read = parseAddress(formatAddress(parseAddress({ path })));
        expect(read.kind === 'unix' && resolve(read.path)).toBe(resolve(path));
        if (read.kind === 'unix') expect(isAbsolute(read.path)).toBe(isAbsolute(path));
      }),
    );
  });

  test('parseAddress answers an address or throws SocketUsageError, whatever the text', () => {
    const part = fc.constantFrom(
      'tcp',
      'unix',
      ':',
      '//',
      '/',
      '[',
      ']',
      '::1',
      '127.0.0.1',
      '80',
      '.',
      '\0',
      'x',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        try {
          parseAddress(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(SocketUsageError);
        }
      }),
    );
  });
});
