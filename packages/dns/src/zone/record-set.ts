import { DnsFormatError, DnsUsageError } from '../errors.ts';
import type { Name } from '../name.ts';
import { classNumber, recordTypeName, typeNumber } from '../records/codes.ts';
import { formatHex } from '../records/presentation/binary.ts';
import { maxTtl } from '../records/presentation/record-text.ts';
import { checkRecord, dataBytes } from '../records/presentation/wire-form.ts';
import { readData } from '../records/rdata-wire.ts';
import type { RecordType, ResourceRecord, RrsigData } from '../records/record.ts';
import { WireReader } from '../wire/reader.ts';
import type { Answer } from './lookup.ts';
import { ZoneError } from './zone-error.ts';

/** An RRset (RFC 2181 5): records of one owner, class and type. */
export interface RecordSet {
  readonly type: RecordType;
  /** Those of the owner's RRSIG records that cover the type. */
  readonly signatures: readonly ResourceRecord[];
  /** What a question for it is answered: its records. */
  readonly answer: Answer;
  /** And one that wants signatures as well. */
  readonly signedAnswer: Answer;
}

/**
 * The RRset of `records`, one at least. Of two that are the same one is left (RFC 2181 5). TTLs that differ become the lowest of them,
 * as RFC 2181 5.2 has who receives such records do; of RRSIG records each keeps its own, which is that of the RRset it covers
 * (RFC 4034 3).
 */
export function makeSet(
  type: RecordType,
  records: readonly ResourceRecord[],
  signatures: readonly ResourceRecord[],
): RecordSet {
  const set = withOneTtl(type, dropDuplicates(records));
  const answer = plainAnswer(set);
  const signedAnswer = signatures.length === 0 ? answer : plainAnswer([...set, ...signatures]);
  return { type, signatures, answer, signedAnswer };
}

/** What many answers have none of. */
export const none: readonly ResourceRecord[] = [];

function plainAnswer(records: readonly ResourceRecord[]): Answer {
  return { kind: 'answer', records, isWildcard: false, next: undefined, proof: none };
}

function withOneTtl(type: RecordType, records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (records.length === 1 || type === 'RRSIG') return records;
  const ttl = records.reduce((least, record) => Math.min(least, record.ttl), maxTtl);
  return records.every((record) => record.ttl === ttl)
    ? records
    : records.map((record) => ({ ...record, ttl }));
}

/** Which of the RRSIG records cover `type`. */
export function covering(
  type: RecordType,
  signatures: readonly ResourceRecord[] | undefined,
): readonly ResourceRecord[] {
  return signatures?.filter(({ data }) => (data as RrsigData).typeCovered === type) ?? none;
}

/** The records with another owner: what a wildcard becomes (RFC 4592 3.3.1). */
export function withOwner(records: readonly ResourceRecord[], name: Name): ResourceRecord[] {
  return records.map((record) => ({ ...record, name }));
}

/**
 * The record as a zone keeps it: `TYPE15` becomes MX.
 *
 * @throws ZoneError `BAD_RECORD`, `META_TYPE`.
 */
export function checked(record: ResourceRecord): ResourceRecord {
  try {
    const number = typeNumber(record.type);
    if (number === 0 || number === 41 || (number >= 128 && number <= 255)) {
      throw new ZoneError('META_TYPE', 'no zone has records of this type', record);
    }
    checkRecord(record);
    if (recordTypeName(number) === record.type) return record;
    const bytes = dataBytes(record);
    const reader = new WireReader(bytes, false);
    reader.enterData(bytes.length);
    return readData(reader, record.name, number, classNumber(record.class), record.ttl, false);
  } catch (error) {
    if (!(error instanceof DnsUsageError || error instanceof DnsFormatError)) throw error;
    throw new ZoneError('BAD_RECORD', error.message, record, { cause: error });
  }
}

/** Whether two records of one type have the same data. */
export function isSameData(one: ResourceRecord, other: ResourceRecord): boolean {
  return dataKey(one) === dataKey(other);
}

function dropDuplicates(records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (records.length === 1) return records;
  const seen = new Map<string, ResourceRecord>();
  for (const record of records) {
    const key = dataKey(record);
    if (!seen.has(key)) seen.set(key, record);
  }
  return [...seen.values()];
}

/** Equal for data that is the same: case does not count in names (RFC 4034 6.2). */
function dataKey(record: ResourceRecord): string {
  const { type, data } = record;
  if (type === 'NS' || type === 'CNAME' || type === 'PTR' || type === 'DNAME') return data.target.key;
  if (type === 'MX') return `${String(data.preference)} ${data.exchange.key}`;
  if (type !== 'SRV') return formatHex(dataBytes(record));
  return `${String(data.priority)} ${String(data.weight)} ${String(data.port)} ${data.target.key}`;
}
