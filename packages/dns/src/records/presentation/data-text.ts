import { DnsFormatError } from '../../errors.ts';
import { WireReader } from '../../wire/reader.ts';
import type { Name } from '../../name.ts';
import { classNumber, typeNumber } from '../codes.ts';
import { readData } from '../rdata-wire.ts';
import type { KnownType, RecordClass, RecordOf, RecordType, ResourceRecord, UnknownData } from '../record.ts';
import { aText, aaaaText } from './address-text.ts';
import { formatHex, parseHex } from './binary.ts';
import { dnskeyText, dsText, nsecText, rrsigText } from './dnssec-text.ts';
import type { Fields } from './fields.ts';
import type { RdataText } from './rdata-text.ts';
import { serviceBindingText } from './service-text.ts';
import { mxText, soaText, srvText, targetText } from './target-text.ts';
import { caaText, txtText } from './text-text.ts';
import { quote } from './zone-file-error.ts';

/** The data of one type, of those that share their data as well. */
type DataOfType<Type, Record = ResourceRecord> =
  Record extends RecordOf<infer Types, infer Data> ? (Type extends Types ? Data : never) : never;

/** Another type is a form, and a line here. */
const table: { readonly [Type in KnownType]: RdataText<DataOfType<Type>> } = {
  A: aText,
  NS: targetText,
  CNAME: targetText,
  SOA: soaText,
  PTR: targetText,
  MX: mxText,
  TXT: txtText,
  AAAA: aaaaText,
  SRV: srvText,
  DNAME: targetText,
  DS: dsText,
  RRSIG: rrsigText,
  NSEC: nsecText,
  DNSKEY: dnskeyText,
  SVCB: serviceBindingText,
  HTTPS: serviceBindingText,
  CAA: caaText,
};

const forms: ReadonlyMap<string, RdataText<never>> = new Map(
  Object.entries(table) as [string, RdataText<never>][],
);

/** What comes before the data. */
export interface RecordHead {
  readonly name: Name;
  readonly type: RecordType;
  readonly class: RecordClass;
  readonly ttl: number;
}

/** Reads the data, in its type's form or as RFC 3597 5 writes any. @throws ZoneFileError */
export function parseData(fields: Fields, head: RecordHead): ResourceRecord {
  const first = fields.peek();
  if (first?.text === '\\#' && !first.isQuoted) return parseGeneric(fields, head);
  const form = forms.get(head.type);
  if (form !== undefined) {
    const { name, type, ttl } = head;
    return { name, type, class: head.class, ttl, data: form.parse(fields) };
  }
  const token = fields.token(`data of ${head.type}`);
  const reason = `data of ${head.type} can only be given as "\\# length hexadecimal", found ${quote(token.text)}`;
  return fields.fail('BAD_RDATA', reason, token);
}

/** The data as text, names absolute. */
export function formatData(record: ResourceRecord): string {
  const form = forms.get(record.type);
  if (form !== undefined) return form.format(record.data as never);
  const { bytes } = record.data as UnknownData;
  return bytes.length === 0 ? '\\# 0' : `\\# ${String(bytes.length)} ${formatHex(bytes)}`;
}

/** `\# 4 C0000201`: of a type that is known here, the bytes are read as a message's would be. */
function parseGeneric(fields: Fields, head: RecordHead): ResourceRecord {
  const mark = fields.token('\\#');
  const lengthToken = fields.peek() ?? mark;
  const length = fields.u16('the length of the data');
  const place = fields.peek() ?? lengthToken;
  const digits = fields.isAtEnd
    ? ''
    : fields
        .rest('the data')
        .map(({ text }) => text)
        .join('');
  const bytes = parseHex(digits);
  if (bytes === undefined) {
    fields.fail('BAD_RDATA', `expected pairs of hexadecimal digits, found ${quote(digits)}`, place);
  }
  if (bytes.length !== length) {
    const reason = `a length of ${String(length)}, but ${String(bytes.length)} bytes`;
    fields.fail('BAD_RDATA', reason, lengthToken);
  }
  const reader = new WireReader(bytes, false);
  reader.enterData(length);
  try {
    const { name, ttl } = head;
    const record = readData(reader, name, typeNumber(head.type), classNumber(head.class), ttl, false);
    reader.leaveData();
    return record;
  } catch (error) {
    if (!(error instanceof DnsFormatError)) throw error;
    return fields.fail('BAD_RDATA', `bytes that are no data of ${head.type}: ${error.message}`, place);
  }
}
