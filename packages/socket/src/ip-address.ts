/**
 * Addresses of IP as text and as bytes in network order, with no runtime's help: text of a peer must mean one thing only, so what
 * `inet_aton` of some systems takes (`127.1`, `0x7f.0.0.1`, octal) is no address here.
 */

/** Four decimal numbers without leading zeros; `undefined` for anything else. */
export function parseIpv4(text: string): Uint8Array | undefined {
  if (!dottedQuad.test(text)) return undefined;
  return Uint8Array.from(text.split('.'), Number);
}

/** The three forms of RFC 4291 section 2.2, without a zone; `undefined` for anything else. */
export function parseIpv6(text: string): Uint8Array | undefined {
  // 45 characters are the longest there is: what is longer is not worth splitting.
  if (text.length > 45) return undefined;
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const before = wordsOf(head, tail === undefined);
  const after = tail === undefined ? [] : wordsOf(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const count = before.length + after.length;
  // `::` stands for one group of zeros at least.
  if (tail === undefined ? count !== 8 : count > 7) return undefined;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  before.forEach((word, index) => {
    view.setUint16(2 * index, word);
  });
  after.forEach((word, index) => {
    view.setUint16(16 - 2 * (after.length - index), word);
  });
  return bytes;
}

/**
 * Four or sixteen bytes as text; of IPv6 the canonical form (RFC 5952): lower case, no leading zeros, the longest run of two or more zero
 * groups as `::`, the first of equals. An embedded IPv4 address is dotted, `::ffff:1.2.3.4`, which section 5 recommends and the kernel's own
 * text is.
 */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const words = Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index).toString(16));
  const [from, length] = longestZeros(words);
  // ::a.b.c.d and ::ffff:a.b.c.d (RFC 4291, section 2.5.5). A longer run is an address such as ::1.
  const isEmbedded = from === 0 && (length === 6 || (length === 5 && words[5] === 'ffff'));
  if (isEmbedded) words.splice(6, 2, bytes.subarray(12).join('.'));
  if (length < 2) return words.join(':');
  return `${words.slice(0, from).join(':')}::${words.slice(from + length).join(':')}`;
}

/** The IPv4 address that an address of IPv6 stands for (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2), sharing its memory. */
export function ipv4Within(ipv6: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at < 12; at++) {
    if (ipv6[at] !== (at < 10 ? 0 : 0xff)) return undefined;
  }
  return ipv6.subarray(12, 16);
}

/** An address of IPv4 as IPv6 carries it. */
export function mapIpv4(ipv4: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.fill(0xff, 10, 12);
  bytes.set(ipv4, 12);
  return bytes;
}

/** The bytes of a host that is an address of either family, less its zone (`fe80::1%eth0`), which means nothing elsewhere. */
export function parseHost(host: string): Uint8Array | undefined {
  return parseIpv4(host) ?? parseIpv6(host.replace(/%.*$/s, ''));
}

const dottedQuad = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Groups of hexadecimal digits; the last may be an address of IPv4, which is two of them. */
function wordsOf(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const ipv4 = mayEndInIpv4 ? parseIpv4(groups[groups.length - 1] ?? '') : undefined;
  if (ipv4 !== undefined) groups.pop();
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  const words = groups.map((group) => Number.parseInt(group, 16));
  if (ipv4 !== undefined) {
    const view = new DataView(ipv4.buffer);
    words.push(view.getUint16(0), view.getUint16(2));
  }
  return words;
}

/** The first of the longest runs: where it begins, and how many. */
function longestZeros(words: readonly string[]): [from: number, length: number] {
  let [from, length] = [0, 0];
  for (let start = 0; start < words.length; start++) {
    let end = start;
    while (words[end] === '0') end++;
    if (end - start > length) [from, length] = [start, end - start];
    start = Math.max(start, end - 1);
  }
  return [from, length];
}
