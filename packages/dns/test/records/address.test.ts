import fc from 'fast-check';
import { isIPv4, isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../src/records/address.ts';

function bytesOf(groups: readonly number[]): Uint8Array {
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

describe('IPv4 addresses', () => {
  it('come back from their text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        expect(formatIpv4(bytes, 0)).toBe(bytes.join('.'));
        expect(parseIpv4(formatIpv4(bytes, 0))).toBe(new DataView(bytes.buffer).getUint32(0));
      }),
    );
  });

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '1.2.3.256',
    '1.2.3.0004',
    '01.2.3.4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.a',
    '0x1.2.3.4',
    '1.2.3.-4',
  ])('are not %j', (text) => {
    expect(parseIpv4(text)).toBe(-1);
    expect(isIPv4(text)).toBe(false);
  });
});

describe('IPv6 addresses', () => {
  it.each([
    ['2001:db8::1', '2001:db8:0:0:0:0:0:1'],
    // RFC 5952 4.2.2: one group of zeros is not shortened; 4.2.3: the longest run, the first of two.
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1::1', '2001:0:0:1:0:0:0:1'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0:1:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['1::', '1:0:0:0:0:0:0:0'],
    ['0:1::', '0:1:0:0:0:0:0:0'],
    ['::ffff:192.0.2.1', '0:0:0:0:0:ffff:c000:201'],
    ['::fffe:c000:201', '0:0:0:0:0:fffe:c000:201'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['abcd:ef01:2345:6789:abcd:ef01:2345:6789', 'ABCD:EF01:2345:6789:abcd:ef01:2345:6789'],
    ['10:a0:100:a00:1000:a000:f:ff', '0010:00a0:0100:0a00:1000:a000:000f:00ff'],
  ])('%s is how RFC 5952 writes %s', (short, long) => {
    expect(formatIpv6(bytesOf(parseIpv6(long)!), 0)).toBe(short);
    expect(parseIpv6(short)).toEqual(parseIpv6(long));
  });

  it('are read with dotted quads at the end', () => {
    expect(parseIpv6('::192.0.2.33')).toEqual([0, 0, 0, 0, 0, 0, 0xc000, 0x0221]);
    expect(parseIpv6('2001:db8:122:344::192.0.2.33')).toEqual([
      0x2001, 0xdb8, 0x122, 0x344, 0, 0, 0xc000, 0x0221,
    ]);
    expect(parseIpv6('1:2:3:4:5:6:1.2.3.4')).toEqual([1, 2, 3, 4, 5, 6, 0x102, 0x304]);
  });

  it('come back from their text, which is the one of the URL standard', () => {
    const group = fc.oneof(
      { weight: 2, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.nat(0xffff) },
    );
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = formatIpv6(bytesOf(groups), 0);
        expect(parseIpv6(text)).toEqual(groups);
        if (!text.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
    );
  });

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:',
    ':1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4:5:6:7::8',
    '::1:2:3:4:5:6:7:8',
    '12345::',
    '::g',
    '1.2.3.4',
    '::1.2.3',
    '::1.2.3.4.5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3.4:5',
    'fe80::1%eth0',
    ' ::1',
    '::1 ',
    '1:2:3:4:5:6:7:8:',
    '1::2:',
  ])('are not %j', (text) => {
    expect(parseIpv6(text)).toBeUndefined();
    if (!text.includes('%')) expect(isIPv6(text)).toBe(false);
  });

  it('are read as Node reads them', () => {
    const piece = fc.constantFrom(':', '::', '0', '1', 'ff', 'abcd', '12345', '1.2.3.4', '.', 'g');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const text = pieces.join('');
        expect([text, parseIpv6(text) !== undefined]).toEqual([text, isIPv6(text)]);
      }),
      { numRuns: 2000 },
    );
  });
});
