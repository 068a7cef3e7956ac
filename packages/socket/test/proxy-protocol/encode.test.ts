import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SocketUsageError, type Address, type ProxyHeader } from '@wirestack/socket';
import { encodeProxyHeader, ProxyHeaderDecoder } from '@wirestack/socket/proxy-protocol';
import { ascii, hex, signature, unspecified } from './vectors.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const v4 = (host: string, port = 1): Address => ({ family: 'ipv4', host, port });
const v6 = (host: string, port = 1): Address => ({ family: 'ipv6', host, port });

function header(version: 1 | 2, source: Address | undefined, destination: Address | undefined): ProxyHeader {
  return { version, command: 'PROXY', transport: 'stream', source, destination, extensions: [] };
}

function decoded(bytes: Uint8Array): ProxyHeader | undefined {
  const decoder = new ProxyHeaderDecoder({ maxBytes: 65_551 });
  decoder.push(bytes);
  return decoder.next();
}

const ipv4 = fc
  .record({ bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }), port: fc.nat(65_535) })
  .map(({ bytes, port }) => v4(bytes.join('.'), port));
/** As the platform writes it, and none that stands for one of IPv4. */
const ipv6 = fc
  .record({
    groups: fc.array(fc.constantFrom('0', '0', 'a', '1f', 'ffff'), { minLength: 7, maxLength: 7 }),
    port: fc.nat(65_535),
  })
  .map(({ groups, port }) =>
    v6(new URL(`http://[${['2001', ...groups].join(':')}]`).hostname.slice(1, -1), port),
  );
const path = fc
  .string({ maxLength: 108, unit: fc.constantFrom('/', 'x', '.') })
  .map((path): Address => ({ family: 'unix', path }));
const extensions = fc.array(
  fc.record({
    type: fc.integer({ min: 0, max: 255 }).filter((type) => type !== 3),
    value: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 5 },
);
const pair = (address: fc.Arbitrary<Address>): fc.Arbitrary<[Address, Address]> => fc.tuple(address, address);

describe('encodeProxyHeader', () => {
  test('round trip, version 1', () => {
    fc.assert(
      fc.property(fc.oneof(pair(ipv4), pair(ipv6)), ([source, destination]) => {
        const said = header(1, source, destination);
        expect(decoded(encodeProxyHeader(said))).toEqual(said);
      }),
    );
  });

  test('round trip, version 2, with and without a checksum', () => {
    const transport = fc.constantFrom('stream' as const, 'datagram' as const);
    const ends = fc.oneof(pair(ipv4), pair(ipv6), pair(path));
    fc.assert(
      fc.property(
        ends,
        transport,
        extensions,
        fc.boolean(),
        ([source, destination], transport, extensions, checksum) => {
          const said: ProxyHeader = { ...header(2, source, destination), transport, extensions };
          const result = decoded(encodeProxyHeader(said, { checksum }));
          expect(result?.extensions.some(({ type }) => type === 3)).toBe(checksum);
          expect({ ...result, extensions: result?.extensions.filter(({ type }) => type !== 3) }).toEqual(
            said,
          );
        },
      ),
    );
  });

  test('round trip of what has no addresses, with extensions', () => {
    fc.assert(
      fc.property(extensions, (extensions) => {
        const said: ProxyHeader = { version: 2, command: 'PROXY', ...unspecified, extensions };
        expect(decoded(encodeProxyHeader(said))).toEqual(said);
      }),
    );
  });

  test('writes the canonical text of addresses, and no zone', () => {
    expect(text(encodeProxyHeader(header(1, v6('2001:DB8:0:0:1:0:0:1'), v6('fe80::1%eth0', 65_535))))).toBe(
      'PROXY TCP6 2001:db8::1:0:0:1 fe80::1 1 65535\r\n',
    );
  });

  test('writes addresses of both families as IPv6', () => {
    const ends = [v4('192.0.2.1'), v6('2001:db8::1', 2)] as const;
    expect(text(encodeProxyHeader(header(1, ...ends)))).toBe(
      'PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 1 2\r\n',
    );
    expect(text(encodeProxyHeader(header(1, ends[1], ends[0])))).toBe(
      'PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 2 1\r\n',
    );
    expect(encodeProxyHeader(header(2, ...ends))).toEqual(
      hex(
        `${signature} 21 21 0024 00000000000000000000ffffc0000201 20010db8000000000000000000000001 0001 0002`,
      ),
    );
    expect(decoded(encodeProxyHeader(header(2, ...ends)))).toEqual(header(2, ...ends));
  });

  test('writes LOCAL and what is unspecified without addresses, also where there are some', () => {
    const local: ProxyHeader = { ...header(2, v4('127.0.0.1'), v4('127.0.0.2')), command: 'LOCAL' };
    expect(encodeProxyHeader(local)).toEqual(hex(`${signature} 20 00 0000`));
    expect(text(encodeProxyHeader({ ...local, version: 1 }))).toBe('PROXY UNKNOWN\r\n');
    const unknown: ProxyHeader = { ...header(2, v4('127.0.0.1'), undefined), transport: 'unspecified' };
    expect(encodeProxyHeader(unknown)).toEqual(hex(`${signature} 21 00 0000`));
    expect(text(encodeProxyHeader({ ...unknown, version: 1 }))).toBe('PROXY UNKNOWN\r\n');
  });

  test('writes the checksum of CRC-32C over the header', () => {
    const said: ProxyHeader = { version: 2, command: 'PROXY', ...unspecified };
    const bytes = encodeProxyHeader(said, { checksum: true });
    // Of the same bytes with zeros at the end, by another program.
    expect(bytes).toEqual(hex(`${signature} 21 00 0007 03 0004 3ec9894e`));
    expect(decoded(bytes)?.extensions).toEqual([{ type: 3, value: bytes.subarray(19) }]);
  });

  test('writes a checksum anew that is passed on with a header that has changed', () => {
    const first = decoded(encodeProxyHeader(header(2, v4('192.0.2.1'), v4('192.0.2.2')), { checksum: true }));
    const changed: ProxyHeader = { ...first!, source: v4('192.0.2.3') };
    expect(decoded(encodeProxyHeader(changed))).toMatchObject({
      source: v4('192.0.2.3'),
      extensions: [{ type: 3 }],
    });
    expect(encodeProxyHeader(changed, { checksum: true })).toEqual(encodeProxyHeader(changed));
  });

  const unix: Address = { family: 'unix', path: '/x' };
  test.each<[what: string, said: ProxyHeader, code: string]>([
    ['one address', header(2, v4('192.0.2.1'), undefined), 'BAD_ARGUMENT'],
    ['one address, in version 1', header(1, undefined, v4('192.0.2.1')), 'BAD_ARGUMENT'],
    ['a Unix path and an address', header(2, unix, v4('192.0.2.1')), 'BAD_ADDRESS'],
    ['memory', header(2, { family: 'memory', name: 'a' }, v4('192.0.2.1')), 'BAD_ADDRESS'],
    ['a name', header(2, v4('localhost'), v4('192.0.2.1')), 'BAD_ADDRESS'],
    ['a name, in version 1', header(1, v4('192.0.2.1'), v4('localhost')), 'BAD_ADDRESS'],
    ['the port 65536', header(2, v4('192.0.2.1', 65_536), v4('192.0.2.1')), 'BAD_ADDRESS'],
    ['the port 1.5', header(1, v4('192.0.2.1', 1.5), v4('192.0.2.1')), 'BAD_ADDRESS'],
    ['a path of 109 bytes', header(2, { family: 'unix', path: 'x'.repeat(109) }, unix), 'BAD_ADDRESS'],
    ['a Unix path in version 1', header(1, unix, unix), 'BAD_ARGUMENT'],
    [
      'datagrams in version 1',
      { ...header(1, v4('192.0.2.1'), v4('192.0.2.1')), transport: 'datagram' },
      'BAD_ARGUMENT',
    ],
    [
      'extensions in version 1',
      { ...header(1, v4('192.0.2.1'), v4('192.0.2.1')), extensions: [{ type: 1, value: ascii('h2') }] },
      'BAD_ARGUMENT',
    ],
    [
      'the type 256',
      { ...header(2, unix, unix), extensions: [{ type: 256, value: ascii('') }] },
      'BAD_ARGUMENT',
    ],
    [
      'a short checksum',
      { ...header(2, unix, unix), extensions: [{ type: 3, value: ascii('') }] },
      'BAD_ARGUMENT',
    ],
    [
      'more than 65,535 bytes',
      { ...header(2, unix, unix), extensions: [{ type: 4, value: new Uint8Array(65_535 - 216 - 2) }] },
      'BAD_ARGUMENT',
    ],
  ])('refuses %s', (_, said, code) => {
    const encode = (): Uint8Array => encodeProxyHeader(said);
    expect(encode).toThrow(SocketUsageError);
    expect(encode).toThrow(expect.objectContaining({ code }));
  });

  test('writes the longest header there can be', () => {
    const value = new Uint8Array(65_535 - 216 - 3);
    const bytes = encodeProxyHeader({ ...header(2, unix, unix), extensions: [{ type: 4, value }] });
    expect(bytes).toHaveLength(65_551);
    expect(decoded(bytes)?.extensions).toEqual([{ type: 4, value }]);
  });
});
