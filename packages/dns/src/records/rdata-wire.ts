import { DnsFormatError, DnsUsageError } from '../errors.ts';
import type { Name } from '../name.ts';
import { WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { aWire, aaaaWire } from './address-wire.ts';
import { className, classNumber, isRecordType, typeNumber, unknownTypeName } from './codes.ts';
import { dnskeyWire, dsWire, nsecWire, rrsigWire } from './dnssec-wire.ts';
import { readUnknown } from './legacy-wire.ts';
import type { RdataCodec } from './rdata-codec.ts';
import type { DataOf, KnownType, ResourceRecord, UnknownData } from './record.ts';
import { serviceBindingWire } from './service-wire.ts';
import { mxWire, plainTargetWire, soaWire, srvWire, targetWire } from './target-wire.ts';
import { caaWire, txtWire } from './text-wire.ts';

/** Another type is a codec, and a line here. */
const table: { readonly [Type in KnownType]: RdataCodec<DataOf<Type>> } = {
  A: aWire,
  NS: targetWire,
  CNAME: targetWire,
  SOA: soaWire,
  PTR: targetWire,
  MX: mxWire,
  TXT: txtWire,
  AAAA: aaaaWire,
  SRV: srvWire,
  DNAME: plainTargetWire,
  DS: dsWire,
  RRSIG: rrsigWire,
  NSEC: nsecWire,
  DNSKEY: dnskeyWire,
  SVCB: serviceBindingWire,
  HTTPS: serviceBindingWire,
  CAA: caaWire,
};

/** Types that class IN alone has, or has otherwise than others: elsewhere they are unknown (RFC 3597 2). */
const internetTypes: ReadonlySet<string> = new Set<KnownType>(['A', 'AAAA', 'SRV', 'SVCB', 'HTTPS']);

interface Row {
  readonly type: KnownType;
  readonly number: number;
  readonly internetOnly: boolean;
  readonly codec: RdataCodec<never>;
}
const rowsByName = new Map<string, Row>();
const rows: (Row | undefined)[] = new Array<undefined>(260).fill(undefined);
for (const [name, codec] of Object.entries(table)) {
  const type = name as KnownType;
  const number = typeNumber(type);
  const row: Row = { type, number, internetOnly: internetTypes.has(type), codec: codec as RdataCodec<never> };
  rowsByName.set(type, row);
  rows[number] = row;
}

const internet = 1;
const none = 254;
const any = 255;
const maxTtl = 0x7fff_ffff;

/**
 * Reads the RDATA, up to the reader's limit, and makes the record of it. It is `TYPE1` with bytes, not `A`, where they cannot be an
 * address: in another class than IN, and in an UPDATE where they are absent (RFC 2136 2.4 and 2.5).
 */
export function readData(
  reader: WireReader,
  name: Name,
  type: number,
  recordClass: number,
  ttl: number,
  isUpdate: boolean,
): ResourceRecord {
  const row = rows[type];
  const inClass = recordClass === internet ? 'IN' : className(recordClass);
  if (row === undefined || isOpaque(row, recordClass, reader.limit - reader.offset, isUpdate)) {
    return {
      name,
      type: unknownTypeName(type),
      class: inClass,
      ttl,
      data: { bytes: readUnknown(reader, type) },
    };
  }
  return { name, type: row.type, class: inClass, ttl, data: row.codec.read(reader) };
}

/** Writes the whole record. @throws DnsUsageError `BAD_RECORD`, `BAD_ARGUMENT` for a type or class that is none. */
export function writeRecord(writer: WireWriter, record: ResourceRecord, isUpdate: boolean): void {
  const { type, ttl } = record;
  writer.name(record.name);
  const row = rowsByName.get(type);
  const number = row === undefined ? typeNumber(type) : row.number;
  const recordClass = record.class === 'IN' ? internet : classNumber(record.class);
  if (!(ttl >= 0 && ttl <= maxTtl && Number.isInteger(ttl)))
    throw badRecord(record, `a TTL of ${String(ttl)}`);
  const at = writer.recordHead(number, recordClass, ttl);
  if (row === undefined) {
    const { bytes } = record.data as UnknownData;
    writer.append(bytes);
    checkBytes(record, bytes, number, recordClass, isUpdate);
  } else if (row.internetOnly && isOpaque(row, recordClass, 1, isUpdate)) {
    throw badRecord(record, 'a type of class IN in another');
  } else {
    row.codec.write(writer, record.data as never);
  }
  if (!writer.endData(at)) throw badRecord(record, 'more than 65,535 bytes of data');
}

/** Whether data of a type that is known are bytes all the same. */
function isOpaque(row: Row, recordClass: number, length: number, isUpdate: boolean): boolean {
  if (recordClass === internet) return false;
  if (recordClass === any || recordClass === none) return isUpdate && length === 0;
  return row.internetOnly;
}

/** Bytes given for a type that is read here (`TYPE15` is MX) must be such data, and no pointers: what is written can be read. */
function checkBytes(
  record: ResourceRecord,
  bytes: Uint8Array,
  type: number,
  recordClass: number,
  isUpdate: boolean,
): void {
  if (!isRecordType(record.type)) throw badRecord(record, 'a type that no record has');
  const row = rows[type];
  try {
    const reader = new WireReader(bytes, false);
    reader.enterData(bytes.length);
    if (row === undefined || isOpaque(row, recordClass, bytes.length, isUpdate)) readUnknown(reader, type);
    else row.codec.read(reader);
    reader.leaveData();
  } catch (error) {
    if (error instanceof DnsFormatError) throw badRecord(record, error.message);
    throw error;
  }
}

function badRecord(record: ResourceRecord, fault: string): DnsUsageError {
  return new DnsUsageError('BAD_RECORD', `${record.name.toString()} ${record.type}: ${fault}`);
}
