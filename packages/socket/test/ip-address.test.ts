import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIp, ipv4Within, mapIpv4, parseHost, parseIpv4, parseIpv6 } from '../src/ip-address.ts';

const ipv4Like = fc
  .array(
    fc.constantFrom('0', '1', '9', '10', '99', '100', '249', '255', '256', '01', '300', '', 'x', '0x1'),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((parts) => parts.join('.'));
const ipv6Like = fc
  .array(fc.constantFrom('0', '1', 'ab', 'FFFF', '00c0', '12345', '', '', 'g', '1.2.3.4', '1.2.3'), {
    minLength: 1,
    maxLength: 10,
  })
  .map((groups) => groups.join(':'));

describe('addresses of IP as bytes', () => {
  test('text is an address where the platform says so, and nowhere else', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4Like, ipv6Like), (text) => {
        expect(parseIpv4(text) !== undefined).toBe(isIPv4(text));
        expect(parseIpv6(text) !== undefined).toBe(isIPv6(text));
        expect(parseHost(text) !== undefined).toBe(isIPv4(text) || isIPv6(text));
      }),
      { numRuns: 5000 },
    );
  });

  test('bytes come back from their text, which is the one that a URL has', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc
        .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
        .map((array) => Uint8Array.from(array)),
    );
    fc.assert(
      fc.property(bytes, (bytes) => {
        const text = formatIp(bytes);
        expect(parseHost(text)).toEqual(bytes);
        const host = bytes.length === 4 ? text : `[${text}]`;
        // A URL has no dots in IPv6.
        if (bytes.length === 4 || !text.includes('.')) {
          expect(new URL(`http://${host}`).hostname).toBe(host);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('an address of IPv4 within IPv6 is found, and written with dots', () => {
    const mapped = mapIpv4(Uint8Array.of(192, 0, 2, 1));
    expect(formatIp(mapped)).toBe('::ffff:192.0.2.1');
    expect(ipv4Within(mapped)).toEqual(Uint8Array.of(192, 0, 2, 1));
    // ::1.2.3.4 is no longer one (RFC 4291 section 2.5.5.1).
    expect(ipv4Within(parseIpv6('::1.2.3.4')!)).toBeUndefined();
    expect(formatIp(parseIpv6('::1.2.3.4')!)).toBe('::1.2.3.4');
    expect(formatIp(parseIpv6('::1')!)).toBe('::1');
  });

  test('a zone is left out', () => {
    expect(parseHost('fe80::1%eth0')).toEqual(parseIpv6('fe80::1'));
    expect(parseIpv6('fe80::1%eth0')).toBeUndefined();
    expect(parseHost('127.0.0.1%lo')).toBeUndefined();
  });
});
