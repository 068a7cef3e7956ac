import { COLON, HEX } from '../protocol/octets.ts';

const DOT = 0x2e;

/** `IPv4address` of RFC 3986 3.2.2: four decimal octets without leading zeros, which some would read as octal. */
export function isIpv4(text: string): boolean {
  let octets = 0;
  for (let at = 0; ; at++) {
    const start = at;
    let value = 0;
    for (; isDigit(text.charCodeAt(at)) && at - start < 3; at++)
      value = value * 10 + text.charCodeAt(at) - 0x30;
    const hasLeadingZero = at - start > 1 && text.charCodeAt(start) === 0x30;
    if (at === start || value > 255 || hasLeadingZero) return false;
    octets++;
    if (at === text.length) return octets === 4;
    if (text.charCodeAt(at) !== DOT || octets === 4) return false;
  }
}

/** `IPv6address` of RFC 3986 3.2.2: no brackets, no zone. `::` stands for one group of zeros or more, once. */
export function isIpv6(text: string): boolean {
  let groups = 0;
  let isShortened = text.startsWith('::');
  let at = isShortened ? 2 : 0;
  if (isShortened && at === text.length) return true;
  for (;;) {
    const start = at;
    while (isHex(text.charCodeAt(at)) && at - start < 4) at++;
    if (at === start) return false;
    if (text.charCodeAt(at) === DOT) {
      // The last 32 bits in the form of IPv4: ::ffff:192.0.2.1.
      return isComplete(groups + 2, isShortened) && isIpv4(text.slice(start));
    }
    groups++;
    if (at === text.length) return isComplete(groups, isShortened);
    if (text.charCodeAt(at++) !== COLON) return false;
    if (text.charCodeAt(at) !== COLON) continue;
    if (isShortened) return false;
    isShortened = true;
    at++;
    if (at === text.length) return isComplete(groups, isShortened);
  }
}

function isComplete(groups: number, isShortened: boolean): boolean {
  return isShortened ? groups <= 7 : groups === 8;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHex(code: number): boolean {
  return (HEX[code] ?? 0) !== 0;
}
