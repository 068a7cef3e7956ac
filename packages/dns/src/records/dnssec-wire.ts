import { DnsUsageError } from '../errors.ts';
import type { WireReader } from '../wire/reader.ts';
import { recordTypeName, typeNumber } from './codes.ts';
import type { RdataCodec } from './rdata-codec.ts';
import type { DnskeyData, DsData, NsecData, RecordType, RrsigData } from './record.ts';

/** RFC 4034 5.1. */
export const dsWire: RdataCodec<DsData> = {
  read: (reader) => ({
    keyTag: reader.u16(),
    algorithm: reader.u8(),
    digestType: reader.u8(),
    digest: something(reader, 'DS digest'),
  }),
  write(writer, data) {
    writer.u16(data.keyTag, 'DS key tag');
    writer.u8(data.algorithm, 'DS algorithm');
    writer.u8(data.digestType, 'DS digest type');
    writer.append(notEmpty(data.digest, 'DS digest'));
  },
};

/** RFC 4034 2.1. */
export const dnskeyWire: RdataCodec<DnskeyData> = {
  read: (reader) => ({
    flags: reader.u16(),
    protocol: reader.u8(),
    algorithm: reader.u8(),
    publicKey: something(reader, 'DNSKEY key'),
  }),
  write(writer, data) {
    writer.u16(data.flags, 'DNSKEY flags');
    writer.u8(data.protocol, 'DNSKEY protocol');
    writer.u8(data.algorithm, 'DNSKEY algorithm');
    writer.append(notEmpty(data.publicKey, 'DNSKEY key'));
  },
};

/** RFC 4034 3.1: the signer is not compressed. */
export const rrsigWire: RdataCodec<RrsigData> = {
  read: (reader) => ({
    typeCovered: recordTypeName(reader.u16()),
    algorithm: reader.u8(),
    labels: reader.u8(),
    originalTtl: reader.u32(),
    expiration: reader.u32(),
    inception: reader.u32(),
    keyTag: reader.u16(),
    signer: reader.plainName(),
    signature: something(reader, 'RRSIG signature'),
  }),
  write(writer, data) {
    writer.u16(typeNumber(data.typeCovered), 'RRSIG type covered');
    writer.u8(data.algorithm, 'RRSIG algorithm');
    writer.u8(data.labels, 'RRSIG labels');
    writer.u32(data.originalTtl, 'RRSIG original TTL');
    writer.u32(data.expiration, 'RRSIG expiration');
    writer.u32(data.inception, 'RRSIG inception');
    writer.u16(data.keyTag, 'RRSIG key tag');
    writer.plainName(data.signer);
    writer.append(notEmpty(data.signature, 'RRSIG signature'));
  },
};

/** RFC 4034 4.1: the next name is not compressed. */
export const nsecWire: RdataCodec<NsecData> = {
  read: (reader) => ({ next: reader.plainName(), types: readTypes(reader) }),
  write(writer, { next, types }) {
    writer.plainName(next);
    writer.append(typeBitmap(types));
  },
};

/**
 * The bitmap of RFC 4034 4.1.2: windows of 256 types, ascending, as long as their last bit asks.
 *
 * ```
 * 00 06 40 01 00 00 00 03   window 0, 6 bytes: A, MX, RRSIG, NSEC
 * ```
 */
function readTypes(reader: WireReader): RecordType[] {
  const types: RecordType[] = [];
  let last = -1;
  while (reader.offset < reader.limit) {
    const at = reader.offset;
    const window = reader.u8();
    const length = reader.u8();
    if (window <= last) reader.fail('BAD_RDATA', 'NSEC: windows that do not ascend', at);
    if (length === 0 || length > 32)
      reader.fail('BAD_RDATA', `NSEC: a window of ${String(length)} bytes`, at + 1);
    last = window;
    let bits = 0;
    for (let index = 0; index < length; index++) {
      bits = reader.u8();
      for (let bit = 0; bit < 8; bit++) {
        if ((bits & (0x80 >> bit)) !== 0) types.push(recordTypeName(window * 256 + index * 8 + bit));
      }
    }
    if (bits === 0) reader.fail('BAD_RDATA', 'NSEC: a window that ends in zeros', reader.offset - 1);
  }
  return types;
}

function typeBitmap(types: readonly RecordType[]): Uint8Array {
  const numbers = types.map(typeNumber).sort((one, other) => one - other);
  const bitmap = new Uint8Array(256 * 34);
  let window = -1;
  let start = 0;
  let end = 0;
  for (const number of numbers) {
    if (number >>> 8 !== window) {
      window = number >>> 8;
      start = end;
      bitmap[start] = window;
    }
    const byte = (number & 0xff) >>> 3;
    bitmap[start + 1] = byte + 1;
    end = start + 2 + byte + 1;
    bitmap[end - 1] = (bitmap[end - 1] as number) | (0x80 >>> (number & 7));
  }
  return bitmap.subarray(0, end);
}

/** Nothing at all where bytes must be could not be written in a master file either. */
function something(reader: WireReader, field: string): Uint8Array {
  if (reader.offset === reader.limit) reader.fail('BAD_RDATA', `${field} is empty`);
  return reader.rest();
}

function notEmpty(bytes: Uint8Array, field: string): Uint8Array {
  if (bytes.length === 0) throw new DnsUsageError('BAD_RECORD', `${field} is empty`);
  return bytes;
}
