/** Addresses as text: no `node:net`, this runs in a browser. */

const decimal: readonly string[] = Array.from({ length: 256 }, (_, byte) => String(byte));
const decimalDot: readonly string[] = decimal.map((text) => `${text}.`);

/** `192.0.2.1` */
export function formatIpv4(bytes: Uint8Array, at: number): string {
  return (
    (decimalDot[bytes[at] as number] as string) +
    (decimalDot[bytes[at + 1] as number] as string) +
    (decimalDot[bytes[at + 2] as number] as string) +
    (decimal[bytes[at + 3] as number] as string)
  );
}

/** As RFC 5952 writes it: lower case, no leading zeros, the first longest run of two zero groups or more as `::`. */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  const [runStart, runEnd] = longestZeroRun(bytes, at);
  // ::ffff:192.0.2.1 (RFC 5952 5)
  if (runStart === 0 && runEnd === 5 && bytes[at + 10] === 0xff && bytes[at + 11] === 0xff) {
    return `::ffff:${formatIpv4(bytes, at + 12)}`;
  }
  let text = '';
  for (let group = 0; group < 8; group++) {
    if (group === runStart) {
      text += '::';
      group = runEnd - 1;
      continue;
    }
    if (group > 0 && group !== runEnd) text += ':';
    text += formatGroup(bytes[at + 2 * group] as number, bytes[at + 2 * group + 1] as number);
  }
  return text;
}

/** The number of a dotted quad of four decimal parts without leading zeros, or -1. */
export function parseIpv4(text: string, start: number = 0): number {
  let address = 0;
  let at = start;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== 0x2e) return -1;
    const first = at;
    let value = 0;
    for (let digit; (digit = text.charCodeAt(at) - 0x30) >= 0 && digit <= 9; at++) value = value * 10 + digit;
    const digits = at - first;
    if (digits === 0 || digits > 3 || value > 255 || (digits > 1 && text.charCodeAt(first) === 0x30))
      return -1;
    address = address * 256 + value;
  }
  return at === text.length ? address : -1;
}

/** The eight groups of any form of RFC 4291 2.2, or `undefined`. Zones (`%eth0`) are no part of an address in DNS. */
export function parseIpv6(text: string): number[] | undefined {
  const groups: number[] = [];
  let gap = -1;
  let at = 0;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    const end = groupEnd(text, at);
    if (text.charCodeAt(end) === 0x2e) {
      const address = parseIpv4(text, at);
      if (address < 0) return undefined;
      groups.push(Math.floor(address / 65_536), address % 65_536);
      break;
    }
    if (end === at) return undefined;
    groups.push(Number.parseInt(text.slice(at, end), 16));
    at = end;
    if (at === text.length) break;
    if (text.charCodeAt(at++) !== 0x3a || at === text.length) return undefined;
    if (text.charCodeAt(at) === 0x3a) {
      if (gap >= 0) return undefined;
      gap = groups.length;
      at++;
    }
  }
  if (gap < 0) return groups.length === 8 ? groups : undefined;
  if (groups.length > 7) return undefined;
  groups.splice(gap, 0, ...new Array<number>(8 - groups.length).fill(0));
  return groups;
}

/** Behind at most four hexadecimal digits. */
function groupEnd(text: string, start: number): number {
  let at = start;
  while (at < start + 4 && isHex(text.charCodeAt(at))) at++;
  return at;
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

/** From which group to which: `[-1, -1]` for no run of two. */
function longestZeroRun(bytes: Uint8Array, at: number): readonly [number, number] {
  let best = -1;
  let bestLength = 1;
  let length = 0;
  for (let group = 0; group < 8; group++) {
    const isZero = bytes[at + 2 * group] === 0 && bytes[at + 2 * group + 1] === 0;
    length = isZero ? length + 1 : 0;
    if (length > bestLength) {
      bestLength = length;
      best = group - length + 1;
    }
  }
  return best < 0 ? [-1, -1] : [best, best + bestLength];
}

const short: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16));
const padded: readonly string[] = short.map((text) => text.padStart(2, '0'));

function formatGroup(high: number, low: number): string {
  return high === 0 ? (short[low] as string) : (short[high] as string) + (padded[low] as string);
}
