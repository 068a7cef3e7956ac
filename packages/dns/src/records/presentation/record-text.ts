import { DnsUsageError } from '../../errors.ts';
import { Name } from '../../name.ts';
import { className, findClass, isRecordType, typeName } from '../codes.ts';
import type { RecordClass, RecordType, ResourceRecord } from '../record.ts';
import { formatData, parseData } from './data-text.ts';
import { Fields } from './fields.ts';
import { Scanner, type Entry, type Token } from './scanner.ts';
import { parseSeconds } from './ttl.ts';
import { typeNumberOf } from './type-name.ts';
import { checkRecord } from './wire-form.ts';
import { quote, ZoneFileError } from './zone-file-error.ts';

/**
 * The record as a line of a master file, without line end: `www.example.com. 3600 IN A 192.0.2.1`. Names are absolute, data of types
 * without a form of their own as RFC 3597 5 writes it. {@link parseRecord} reads it back.
 *
 * @throws DnsUsageError `BAD_RECORD` for what no message could carry.
 */
export function formatRecord(record: ResourceRecord): string {
  checkRecord(record);
  const { name, ttl, type } = record;
  return `${name.toString()} ${String(ttl)} ${record.class} ${type} ${formatData(record)}`;
}

export interface ParseRecordOptions {
  /** What relative names and `@` are taken from. Default: none, such names are refused. */
  readonly origin?: string | Name;
  /** Seconds, for a record that says none. Default: none, such a record is refused. */
  readonly defaultTtl?: number;
}

/**
 * Reads one record in the form of a master file (RFC 1035 5.1): `www 1h IN A 192.0.2.1`. Class and TTL stand in any order, the class may
 * be absent and is IN then.
 *
 * @throws ZoneFileError for what is not one record. DnsUsageError `BAD_NAME` for an origin that is no name.
 */
export function parseRecord(text: string, options: ParseRecordOptions = {}): ResourceRecord {
  const { origin, defaultTtl } = options;
  const scanner = new Scanner(text, text.length);
  const entry = scanner.next();
  if (entry === undefined) {
    throw new ZoneFileError('MISSING_FIELD', 'expected a record, found nothing', { line: 1, column: 1 });
  }
  const first = entry.tokens[0] as Token;
  if (isDirective(first)) {
    throw new ZoneFileError('UNKNOWN_DIRECTIVE', `expected a record, found ${quote(first.text)}`, first);
  }
  const context = new RecordContext(origin === undefined ? undefined : Name.from(origin), defaultTtl);
  const record = context.read(entry);
  const more = scanner.next()?.tokens[0];
  if (more === undefined) return record;
  throw new ZoneFileError('EXTRA_FIELD', `expected one record, found another: ${quote(more.text)}`, more);
}

/** RFC 2181 8. */
export const maxTtl: number = 0x7fff_ffff;

/** `$TTL` and the like: `\$ttl` is a name. */
export function isDirective(token: Token): boolean {
  return !token.isQuoted && token.text.startsWith('$');
}

/** What a record takes from those before it (RFC 1035 5.1). */
export class RecordContext {
  origin: Name | undefined;
  /** Of the record before. */
  owner: Name | undefined;
  class: RecordClass = 'IN';
  /** What `$TTL` said (RFC 2308 4). */
  defaultTtl: number | undefined;
  /** The last one stated. */
  lastTtl: number | undefined;

  constructor(origin: Name | undefined, defaultTtl: number | undefined) {
    this.origin = origin;
    this.owner = undefined;
    this.defaultTtl = defaultTtl;
    this.lastTtl = undefined;
  }

  /** Reads a record and remembers what the next may leave out. @throws ZoneFileError */
  read(entry: Entry): ResourceRecord {
    const fields: Fields = new Fields(entry, this.origin);
    const first = entry.tokens[0] as Token;
    const name = entry.startsBlank ? this.owner : fields.name('an owner name');
    if (name === undefined) {
      fields.fail('NO_OWNER', 'a line that begins with white space, and no record before it', first);
    }
    const { type, typeToken, ttl: stated, class: recordClass = this.class } = readHead(fields);
    const data = fields.peek() ?? typeToken;
    let record = parseData(fields, { name, type, class: recordClass, ttl: stated ?? 0 });
    fields.finish();
    if (stated === undefined) record = { ...record, ttl: this.#takeTtl(fields, record, typeToken) };
    try {
      checkRecord(record);
    } catch (error) {
      if (!(error instanceof DnsUsageError)) throw error;
      fields.fail('BAD_RDATA', error.message, data);
    }
    this.owner = name;
    this.class = recordClass;
    this.lastTtl = stated ?? this.lastTtl;
    return record;
  }

  /**
   * `$TTL`, or else the last one stated (RFC 1035 5.1). Where there is neither, the minimum of the SOA record (RFC 1035 3.3.13), which
   * then stands for `$TTL`, as in BIND.
   */
  #takeTtl(fields: Fields, record: ResourceRecord, typeToken: Token): number {
    const ttl = this.defaultTtl ?? this.lastTtl;
    if (ttl !== undefined) return ttl;
    if (record.type !== 'SOA') return fields.fail('NO_TTL', 'a record without TTL, and no $TTL', typeToken);
    const { minimum } = record.data;
    this.defaultTtl = Math.min(minimum, maxTtl);
    return this.defaultTtl;
  }
}

interface Head {
  readonly type: RecordType;
  readonly typeToken: Token;
  readonly ttl: number | undefined;
  readonly class: RecordClass | undefined;
}

/** `[TTL] [class] type` or `[class] [TTL] type`: a type never begins with a digit, and none is called like a class. */
function readHead(fields: Fields): Head {
  let ttl: number | undefined;
  let recordClass: RecordClass | undefined;
  for (;;) {
    const token = fields.word('a type', 'UNKNOWN_TYPE');
    const { text } = token;
    if (ttl === undefined && /^\d/.test(text)) {
      ttl = ttlOf(fields, token);
      continue;
    }
    const classCode = recordClass === undefined ? findClass(text) : undefined;
    if (classCode !== undefined && classCode !== anyClass && classCode !== noClass) {
      recordClass = className(classCode);
      continue;
    }
    const code = typeNumberOf(text);
    const type = code === undefined ? undefined : typeName(code);
    if (type !== undefined && isRecordType(type)) return { type, typeToken: token, ttl, class: recordClass };
    const hint = code === undefined && /^[a-z]/i.test(text) ? '; one without a name is written TYPE123' : '';
    fields.fail('UNKNOWN_TYPE', `expected the type of a record, found ${quote(text)}${hint}`, token);
  }
}

/** Classes of questions and of UPDATE (RFC 2136 2.4), which no zone has. */
const noClass = 254;
const anyClass = 255;

/** The TTL that a token says. @throws ZoneFileError `BAD_TTL` */
export function ttlOf(fields: Fields, token: Token): number {
  const ttl = parseSeconds(token.text);
  if (ttl !== undefined && ttl <= maxTtl) return ttl;
  return fields.fail('BAD_TTL', `expected a TTL of at most 2^31 - 1 s, found ${quote(token.text)}`, token);
}
