import { DnsUsageError } from '../errors.ts';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address.ts';
import type { RdataCodec } from './rdata-codec.ts';
import type { AddressData } from './record.ts';

/** RFC 1035 3.4.1. */
export const aWire: RdataCodec<AddressData> = {
  read(reader) {
    reader.need(4);
    const at = reader.offset;
    reader.offset = at + 4;
    return { address: formatIpv4(reader.bytes, at) };
  },
  write(writer, { address }) {
    const number = typeof address === 'string' ? parseIpv4(address) : -1;
    if (number < 0) throw badAddress('A', address);
    writer.u32(number, 'address');
  },
};

/** RFC 3596 2.2. */
export const aaaaWire: RdataCodec<AddressData> = {
  read(reader) {
    reader.need(16);
    const at = reader.offset;
    reader.offset = at + 16;
    return { address: formatIpv6(reader.bytes, at) };
  },
  write(writer, { address }) {
    const groups = typeof address === 'string' ? parseIpv6(address) : undefined;
    if (groups === undefined) throw badAddress('AAAA', address);
    for (const group of groups) writer.u16(group, 'address');
  },
};

function badAddress(type: string, address: unknown): DnsUsageError {
  return new DnsUsageError('BAD_RECORD', `${type}: ${JSON.stringify(address)} is no address`);
}
