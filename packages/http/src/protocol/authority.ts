import { COLON, HEX, REG_NAME } from './octets.ts';

/** `uri-host [ ":" port ]` of RFC 9110 7.2 in `bytes[start, end)`; the host must not be empty. */
export function isAuthority(bytes: Uint8Array, start: number, end: number, portRequired = false): boolean {
  const isRegName = REG_NAME;
  let at = start;
  if (bytes[at] === 0x5b) {
    at++;
    while (at < end && isIpv6Octet(bytes[at] as number)) at++;
    if (at === start + 1 || bytes[at] !== 0x5d || at >= end) return false;
    at++;
  } else {
    while (at < end && isRegName[bytes[at] as number] === 1) {
      if (bytes[at] !== 0x25) at++;
      else if (at + 2 < end && HEX[bytes[at + 1] as number] !== 0 && HEX[bytes[at + 2] as number] !== 0)
        at += 3;
      else return false;
    }
    if (at === start) return false;
  }
  if (at === end) return !portRequired;
  if (bytes[at] !== COLON) return false;
  const port = at + 1;
  at = port;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return false;
    value = value * 10 + digit;
  }
  return value <= 65_535 && (at > port || !portRequired);
}

function isIpv6Octet(code: number): boolean {
  return HEX[code] !== 0 || code === COLON || code === 0x2e;
}
