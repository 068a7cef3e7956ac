import { SocketUsageError } from '../errors.ts';
import { formatIp, parseIpv4, parseIpv6 } from '../ip-address.ts';

/**
 * The four bytes of an IPv4 address in any of the forms that BSD reads, as Python's `inet_aton` (seed 004):
 *
 * | text | bytes | |
 * |---|---|---|
 * | `127.0.0.1` | 127 0 0 1 | |
 * | `127.0.1` | 127 0 0 1 | the last part fills what is left |
 * | `127.1` | 127 0 0 1 | |
 * | `2130706433` | 127 0 0 1 | |
 * | `0x7f.1`, `0177.1` | 127 0 0 1 | hexadecimal after `0x`, octal after `0` |
 *
 * `010.0.0.1` is therefore 8.0.0.1: check an address against a list only after this, or refuse such text with {@link inetPton}. Unlike the C
 * library, it does not ignore what follows a space.
 *
 * @throws SocketUsageError `BAD_ADDRESS`.
 */
export function inetAton(text: string): Uint8Array {
  const parts = text.split('.').map(numberOfPart);
  const last = parts.pop() as number;
  const bytesLeft = 4 - parts.length;
  // What is no number is NaN, and never in a range.
  const isValid = bytesLeft >= 1 && parts.every((part) => part <= 0xff) && last < 2 ** (8 * bytesLeft);
  if (!isValid) throw bad(text, 'an IPv4 address');
  const bytes = Uint8Array.of(...parts, 0, 0, 0, 0).subarray(0, 4);
  for (let at = 3, rest = last; at >= parts.length; at--, rest = Math.floor(rest / 256))
    bytes[at] = rest % 256;
  return bytes;
}

/**
 * The dotted text of four bytes: `127.0.0.1`.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for any other number of bytes.
 */
export function inetNtoa(bytes: Uint8Array): string {
  requireBytes(bytes, 4);
  return bytes.join('.');
}

/**
 * The bytes of an address in its strict form, 4 or 16 of them: `127.0.0.1` with four decimal parts and no leading zeros; IPv6 in every form of
 * RFC 4291, section 2.2, without brackets and without a `%zone`.
 *
 * @throws SocketUsageError `BAD_ADDRESS`.
 */
export function inetPton(family: 'ipv4' | 'ipv6', text: string): Uint8Array {
  const bytes = family === 'ipv4' ? parseIpv4(text) : parseIpv6(text);
  if (bytes === undefined) throw bad(text, family === 'ipv4' ? 'an IPv4 address' : 'an IPv6 address');
  return bytes;
}

/**
 * The canonical text of an address: RFC 5952, an embedded IPv4 address dotted.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` where it is not 4 bytes for IPv4, 16 for IPv6.
 */
export function inetNtop(family: 'ipv4' | 'ipv6', bytes: Uint8Array): string {
  if (family === 'ipv4') return inetNtoa(bytes);
  requireBytes(bytes, 16);
  return formatIp(bytes);
}

/** Which family a text is an address of, in its strict form; that of IPv6 may say its `%zone` (RFC 4007, section 11). As node's `isIP`. */
export function inetFamily(text: string): 'ipv4' | 'ipv6' | undefined {
  if (parseIpv4(text) !== undefined) return 'ipv4';
  return parseIpv6(text.replace(/%[\dA-Za-z.:-]+$/, '')) === undefined ? undefined : 'ipv6';
}

/** NaN for what is no number: of C, so `08` is none. */
function numberOfPart(part: string): number {
  if (/^0x[\da-f]+$/i.test(part)) return parseInt(part.slice(2), 16);
  if (/^0[0-7]*$/.test(part)) return parseInt(part, 8);
  return /^[1-9]\d*$/.test(part) ? Number(part) : NaN;
}

function requireBytes(bytes: Uint8Array, count: number): void {
  if (bytes.length === count) return;
  const message = `the address has ${String(bytes.length)} bytes, expected ${String(count)}`;
  throw new SocketUsageError('BAD_ARGUMENT', message);
}

function bad(text: string, what: string): SocketUsageError {
  return new SocketUsageError('BAD_ADDRESS', `${JSON.stringify(text)} is not ${what}`);
}
