import { SocketUsageError } from '../errors.ts';

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
  const bytes = family === 'ipv4' ? strictIpv4(text) : ipv6(text);
  if (bytes === undefined) throw bad(text, family === 'ipv4' ? 'an IPv4 address' : 'an IPv6 address');
  return bytes;
}

/**
 * The canonical text of an address (RFC 5952): lower case, no leading zeros, the longest run of two or more zero groups as `::`, the first of
 * equals. An embedded IPv4 address is dotted, `::ffff:1.2.3.4`, which section 5 recommends and the kernel's own text is.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` where it is not 4 bytes for IPv4, 16 for IPv6.
 */
export function inetNtop(family: 'ipv4' | 'ipv6', bytes: Uint8Array): string {
  if (family === 'ipv4') return inetNtoa(bytes);
  requireBytes(bytes, 16);
  const groups = Array.from({ length: 8 }, (_, at) => groupAt(bytes, at));
  const { start, length } = longestZeroRun(groups);
  // ::a.b.c.d and ::ffff:a.b.c.d (RFC 4291, section 2.5.5). A longer run is an address such as ::1.
  const isEmbedded = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff));
  const text = groups.map((group) => group.toString(16));
  if (isEmbedded) text.splice(6, 2, bytes.subarray(12).join('.'));
  if (length < 2) return text.join(':');
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`;
}

/** Which family a text is an address of, in its strict form; that of IPv6 may say its `%zone` (RFC 4007, section 11). As node's `isIP`. */
export function inetFamily(text: string): 'ipv4' | 'ipv6' | undefined {
  if (strictIpv4(text) !== undefined) return 'ipv4';
  return ipv6(text.replace(/%[\dA-Za-z.:-]+$/, '')) === undefined ? undefined : 'ipv6';
}

/** NaN for what is no number: of C, so `08` is none. */
function numberOfPart(part: string): number {
  if (/^0x[\da-f]+$/i.test(part)) return parseInt(part.slice(2), 16);
  if (/^0[0-7]*$/.test(part)) return parseInt(part, 8);
  return /^[1-9]\d*$/.test(part) ? Number(part) : NaN;
}

function strictIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  const isValid = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part));
  const numbers = parts.map(Number);
  return isValid && numbers.every((number) => number <= 255) ? Uint8Array.from(numbers) : undefined;
}

function ipv6(text: string): Uint8Array | undefined {
  // 45 characters are the longest there is: what is longer is not worth splitting.
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, at) => ipv6Groups(half, at === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  // `::` stands for at least one group: glibc and the URL standard agree, as RFC 4291 has it.
  if (halves.length === 2 ? given > 14 : given !== 16) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  if (tail !== undefined) bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of the groups on one side of `::`; the last of all may be an IPv4 address. */
function ipv6Groups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [at, group] of groups.entries()) {
    if (/^[\da-f]{1,4}$/i.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >>> 8, value & 0xff);
      continue;
    }
    const ipv4 = mayEndInIpv4 && at === groups.length - 1 ? strictIpv4(group) : undefined;
    if (ipv4 === undefined) return undefined;
    bytes.push(...ipv4);
  }
  return bytes;
}

function groupAt(bytes: Uint8Array, at: number): number {
  return ((bytes[2 * at] as number) << 8) | (bytes[2 * at + 1] as number);
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
    start = end;
  }
  return longest;
}

function requireBytes(bytes: Uint8Array, count: number): void {
  if (bytes.length === count) return;
  const message = `the address has ${String(bytes.length)} bytes, expected ${String(count)}`;
  throw new SocketUsageError('BAD_ARGUMENT', message);
}

function bad(text: string, what: string): SocketUsageError {
  return new SocketUsageError('BAD_ADDRESS', `${JSON.stringify(text)} is not ${what}`);
}
