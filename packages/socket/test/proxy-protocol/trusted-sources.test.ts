import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SocketUsageError, type Address } from '@wirestack/socket';
import { isTrusted, trustedSources } from '@wirestack/socket/proxy-protocol';

function at(host: string): Address {
  return { family: host.includes(':') ? 'ipv6' : 'ipv4', host, port: 1 };
}

describe('isTrusted', () => {
  test.each<[entry: string, inside: string[], outside: string[]]>([
    ['10.0.0.1', ['10.0.0.1', '::ffff:10.0.0.1'], ['10.0.0.2', '::10.0.0.1', '11.0.0.1']],
    ['10.0.0.1/32', ['10.0.0.1'], ['10.0.0.0']],
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['9.255.255.255', '11.0.0.0', '::1']],
    ['192.0.2.128/25', ['192.0.2.128', '192.0.2.255'], ['192.0.2.127', '192.0.3.128']],
    ['192.0.2.2/31', ['192.0.2.2', '192.0.2.3'], ['192.0.2.1', '192.0.2.4']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255', '::ffff:1.2.3.4'], ['::1', '::']],
    ['::1', ['::1', '0:0::1'], ['::2', '0.0.0.1', '127.0.0.1']],
    ['::/0', ['::1', 'ffff::'], ['1.2.3.4', '::ffff:1.2.3.4']],
    ['fd00::/8', ['fd00::', 'fdff:ffff::1'], ['fc00::', 'fe00::']],
    ['2001:db8::8000/113', ['2001:db8::8000', '2001:db8::ffff'], ['2001:db8::7fff', '2001:db8::1:8000']],
    ['fe80::/10', ['fe80::1%eth0', 'febf::1%1'], ['fec0::1']],
    ['::ffff:10.0.0.0/104', ['10.1.2.3', '::ffff:10.1.2.3'], ['11.0.0.0', '::a00:1']],
    ['::ffff:0:0/96', ['1.2.3.4'], ['::1']],
    ['::ffff:10.0.0.1', ['10.0.0.1'], ['10.0.0.2']],
  ])('%s has its addresses, and no others', (entry, inside, outside) => {
    for (const host of inside) expect([host, isTrusted(at(host), [entry])]).toEqual([host, true]);
    for (const host of outside) expect([host, isTrusted(at(host), [entry])]).toEqual([host, false]);
  });

  test('unix is every Unix socket, and nothing else is', () => {
    const unix: Address = { family: 'unix', path: '/run/x.sock' };
    expect(isTrusted(unix, ['unix'])).toBe(true);
    expect(isTrusted({ family: 'unix', path: '' }, ['10.0.0.1', 'unix'])).toBe(true);
    expect(isTrusted(unix, ['0.0.0.0/0', '::/0'])).toBe(false);
    expect(isTrusted(at('127.0.0.1'), ['unix'])).toBe(false);
  });

  test('nobody is trusted by an empty list, and memory by none', () => {
    expect(isTrusted(at('127.0.0.1'), [])).toBe(false);
    expect(isTrusted({ family: 'memory', name: 'unix' }, ['unix', '0.0.0.0/0', '::/0'])).toBe(false);
    expect(isTrusted({ family: 'ipv4', host: '', port: 0 }, ['0.0.0.0/0', '::/0'])).toBe(false);
  });

  test('a list is read once, and asked often', () => {
    const sources = trustedSources(['10.0.0.0/8', 'unix', 'fd00::/8']);
    expect(['10.1.1.1', '11.1.1.1', 'fd00::1', '::1'].map((host) => isTrusted(at(host), sources))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test('agrees with the list of blocks that the platform has', () => {
    const bytes = (length: number): fc.Arbitrary<number[]> =>
      fc.array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: length, maxLength: length });
    fc.assert(
      fc.property(bytes(4), fc.nat(32), bytes(4), (first, prefix, host) => {
        const masked = first.map((byte, index) => {
          const bits = Math.min(8, Math.max(0, prefix - 8 * index));
          return byte & ((0xff00 >> bits) & 0xff);
        });
        const list = new BlockList();
        list.addSubnet(masked.join('.'), prefix);
        const block = `${masked.join('.')}/${String(prefix)}`;
        // One that shares its beginning, as far as it goes.
        const near = [...masked.slice(0, 3), host[3]];
        for (const candidate of [host.join('.'), near.join('.')]) {
          expect(isTrusted(at(candidate), [block])).toBe(list.check(candidate));
        }
      }),
    );
  });

  test.each([
    '',
    'localhost',
    'Unix',
    'unix:/run/x.sock',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '010.0.0.1',
    '10.0.0.1 ',
    '::1/129',
    '[::1]',
    'fe80::1%eth0',
    '127.0.0.1:80',
    '10.1.0.0/8',
    '2001:db8::1/64',
    '::ffff:10.0.0.1/104',
  ])('the entry %j is refused', (entry) => {
    const read = (): unknown => trustedSources(['127.0.0.1', entry]);
    expect(read).toThrow(SocketUsageError);
    expect(read).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    expect(() => isTrusted(at('127.0.0.1'), ['127.0.0.1', entry])).toThrow(SocketUsageError);
  });

  test('a block with bits beyond its prefix is told what it would be', () => {
    expect(() => trustedSources(['10.1.2.3/8'])).toThrow('10.0.0.0/8');
    expect(() => trustedSources(['2001:db8::1/64'])).toThrow('2001:db8::/64');
  });
});
