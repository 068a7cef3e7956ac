import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../address.ts';
import type { AddressData } from '../record.ts';
import type { RdataText } from './rdata-text.ts';
import { quote } from './zone-file-error.ts';

/** RFC 1035 3.4.1. */
export const aText: RdataText<AddressData> = {
  parse(fields) {
    const token = fields.word('an IPv4 address');
    const address = canonicalIpv4(token.text);
    if (address !== undefined) return { address };
    return fields.fail('BAD_RDATA', `expected an IPv4 address, found ${quote(token.text)}`, token);
  },
  format: ({ address }) => canonicalIpv4(address) ?? address,
};

/** RFC 3596 2.4: every form of RFC 4291 2.2 is read, that of RFC 5952 written. */
export const aaaaText: RdataText<AddressData> = {
  parse(fields) {
    const token = fields.word('an IPv6 address');
    const address = canonicalIpv6(token.text);
    if (address !== undefined) return { address };
    return fields.fail('BAD_RDATA', `expected an IPv6 address, found ${quote(token.text)}`, token);
  },
  format: ({ address }) => canonicalIpv6(address) ?? address,
};

/** There is one text of an address. It is made anew: part of a zone's text would keep all of that in memory. */
function canonicalIpv4(text: string): string | undefined {
  const bytes = ipv4Bytes(text);
  return bytes && formatIpv4(bytes, 0);
}

function canonicalIpv6(text: string): string | undefined {
  const bytes = ipv6Bytes(text);
  return bytes && formatIpv6(bytes, 0);
}

/** 16 bytes, or `undefined` for what is no address. */
export function ipv6Bytes(text: string): Uint8Array | undefined {
  const groups = parseIpv6(text);
  return groups && Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
}

/** 4 bytes, or `undefined` for what is no address. */
export function ipv4Bytes(text: string): Uint8Array | undefined {
  const number = parseIpv4(text);
  return number < 0 ? undefined : Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}
