import { DnsUsageError } from '../errors.ts';
import { Name } from '../name.ts';
import type { WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import type { Edns, EdnsOption } from './message.ts';

export const optType = 41;

/**
 * OPT is a record whose fields mean something else (RFC 6891 6.1.2, 6.1.3):
 *
 * ```
 * 00 | 00 29 | 04 d0         | 00             00       80 00    | 00 00
 *      OPT     UDP payload     upper rcode    version  DO, Z      length of the options
 * ```
 *
 * @param ttl its 32 bits as a signed number.
 */
export function readOpt(reader: WireReader, payloadSize: number, ttl: number): Edns {
  const version = (ttl >>> 16) & 0xff;
  const dnssecOk = (ttl & 0x8000) !== 0;
  const reservedFlags = ttl & 0x7fff;
  const options = readOptions(reader);
  if (reservedFlags === 0) return { udpPayloadSize: payloadSize, version, dnssecOk, options };
  return { udpPayloadSize: payloadSize, version, dnssecOk, reservedFlags, options };
}

/** @throws DnsUsageError `BAD_MESSAGE` for a number that does not fit its field. */
export function writeOpt(writer: WireWriter, edns: Edns, rcode: number): void {
  const { udpPayloadSize, version, dnssecOk, reservedFlags = 0, options } = edns;
  if ((udpPayloadSize & 0xffff) !== udpPayloadSize) throw badEdns('udpPayloadSize', udpPayloadSize);
  if ((version & 0xff) !== version) throw badEdns('version', version);
  if ((reservedFlags & 0x7fff) !== reservedFlags) throw badEdns('reservedFlags', reservedFlags);
  writer.plainName(Name.root);
  const flags = (dnssecOk ? 0x8000 : 0) | reservedFlags;
  const at = writer.recordHead(optType, udpPayloadSize, ((rcode >>> 4) << 24) | (version << 16) | flags);
  for (const { code, data } of options) {
    writer.u16(code, 'EDNS option code');
    writer.u16(data.length, 'EDNS: the length of an option');
    writer.append(data);
  }
  // Its length fits: so much the message's limit has seen to, see optSize().
  writer.endData(at);
}

/** How many bytes {@link writeOpt} writes. */
export function optSize({ options }: Edns): number {
  let size = 11;
  for (const { data } of options) size += 4 + data.length;
  return size;
}

function readOptions(reader: WireReader): EdnsOption[] {
  const options: EdnsOption[] = [];
  while (reader.offset < reader.limit) {
    const at = reader.offset;
    if (at + 4 > reader.limit) reader.fail('BAD_OPT', 'an option cut short');
    const code = reader.u16();
    const length = reader.u16();
    if (reader.offset + length > reader.limit) {
      reader.fail('BAD_OPT', `an option of ${String(length)} bytes, longer than its OPT`, at + 2);
    }
    options.push({ code, data: reader.take(length) });
  }
  return options;
}

function badEdns(field: string, value: number): DnsUsageError {
  return new DnsUsageError('BAD_MESSAGE', `EDNS: ${field} is ${String(value)}`);
}
