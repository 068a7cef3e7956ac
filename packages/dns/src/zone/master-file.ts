import { DnsUsageError } from '../errors.ts';
import { Name } from '../name.ts';
import { Fields } from '../records/presentation/fields.ts';
import { isDirective, maxTtl, RecordContext, ttlOf } from '../records/presentation/record-text.ts';
import { Scanner, type Entry, type Token } from '../records/presentation/scanner.ts';
import { quote, ZoneFileError } from '../records/presentation/zone-file-error.ts';
import type { ResourceRecord } from '../records/record.ts';
import { generate } from './generate.ts';

export interface ParseZoneOptions {
  /** What relative names and `@` are taken from until `$ORIGIN` says otherwise: the zone's name. */
  readonly origin: string | Name;
  /** Seconds, as if the text began with `$TTL`. Default: none. */
  readonly defaultTtl?: number;
  /**
   * The text of the file that `$INCLUDE` names. The name is as it stands in the file, `../../etc/passwd` included: what it may reach is
   * for this function to decide. Default: none, `$INCLUDE` is refused.
   */
  readonly include?: (file: string, origin: Name) => string;
  readonly limits?: Partial<ZoneFileLimits>;
}

/** What a text of a few bytes must not grow into. */
export interface ZoneFileLimits {
  /** Default 1,000,000: as a zone those take 650 MB, and 1.2 GB while it is made. */
  readonly maxRecords: number;
  /**
   * Characters of a line, all that its parentheses hold included. Default 524,288: the 65,535 bytes of the longest data as `\DDD` are
   * half of that.
   */
  readonly maxLineLength: number;
  /** How deep files may include files. Default 10, as in NSD. */
  readonly maxIncludeDepth: number;
  /** How many files may be included, each time counted. Default 1,000: ten levels of a hundred includes each would be 10^20. */
  readonly maxIncludes: number;
  /** Records of one `$GENERATE`. Default 65,536: the reverse names of a /16. */
  readonly maxGenerated: number;
}

const defaultLimits: ZoneFileLimits = {
  maxRecords: 1_000_000,
  maxLineLength: 524_288,
  maxIncludeDepth: 10,
  maxIncludes: 1000,
  maxGenerated: 65_536,
};

/**
 * Reads a master file (RFC 1035 5.1) with `$ORIGIN`, `$INCLUDE`, `$TTL` (RFC 2308 4) and BIND's `$GENERATE`, into its records in their
 * order. Whether they make a zone is {@link Zone}'s to say. A record without TTL has that of `$TTL`; without that, the last one
 * stated; without that, the minimum of the SOA record.
 *
 * @throws ZoneFileError with line and column of what is wrong. DnsUsageError `BAD_NAME`, `BAD_ARGUMENT` for options that are none.
 */
export function parseZone(text: string, options: ParseZoneOptions): ResourceRecord[] {
  return new MasterFile(options).read(text);
}

class MasterFile {
  readonly #records: ResourceRecord[] = [];
  readonly #context: RecordContext;
  readonly #include: ParseZoneOptions['include'];
  readonly #limits: ZoneFileLimits;
  /** The files that are open, the outermost first. */
  readonly #files: string[] = [];
  #includes = 0;

  constructor(options: ParseZoneOptions) {
    const { origin, defaultTtl, include, limits } = options;
    if (
      defaultTtl !== undefined &&
      !(Number.isInteger(defaultTtl) && defaultTtl >= 0 && defaultTtl <= maxTtl)
    ) {
      throw new DnsUsageError('BAD_ARGUMENT', `defaultTtl is ${String(defaultTtl)}, expected 0 to 2^31 - 1`);
    }
    this.#context = new RecordContext(Name.from(origin), defaultTtl);
    this.#include = include;
    this.#limits = { ...defaultLimits, ...limits };
  }

  read(text: string): ResourceRecord[] {
    const scanner = new Scanner(text, this.#limits.maxLineLength);
    for (let entry = scanner.next(); entry !== undefined; entry = scanner.next()) {
      const first = entry.tokens[0] as Token;
      if (isDirective(first) && !entry.startsBlank) this.#direct(entry, first);
      else this.#add(this.#context.read(entry), first);
    }
    return this.#records;
  }

  #add(record: ResourceRecord, place: Token): void {
    const { maxRecords } = this.#limits;
    if (this.#records.length >= maxRecords) {
      throw new ZoneFileError('TOO_MANY_RECORDS', `more than ${String(maxRecords)} records`, place);
    }
    this.#records.push(record);
  }

  #direct(entry: Entry, directive: Token): void {
    const fields: Fields = new Fields(entry, this.#context.origin);
    fields.token('a directive');
    switch (directive.text.toUpperCase()) {
      case '$ORIGIN':
        this.#context.origin = fields.name('an origin');
        break;
      case '$TTL':
        this.#context.defaultTtl = ttlOf(fields, fields.word('a TTL', 'BAD_TTL'));
        break;
      case '$INCLUDE':
        this.#readFile(fields, directive);
        break;
      case '$GENERATE':
        for (const record of generate(entry, this.#context, this.#limits.maxGenerated)) {
          this.#add(record, directive);
        }
        return;
      default:
        fields.fail('UNKNOWN_DIRECTIVE', `${quote(directive.text)} is no directive known here`, directive);
    }
    fields.finish();
  }

  /**
   * `$INCLUDE file [origin]`. The file begins without an owner to take over. Behind it, origin and owner are again what they were, as
   * RFC 1035 5.1 wants; a `$TTL` in it goes on to count, as "all records after the directive" of RFC 2308 4 says.
   */
  #readFile(fields: Fields, directive: Token): void {
    const context = this.#context;
    const fileToken = fields.token('a file name');
    const file = new TextDecoder().decode(fields.bytesOf(fileToken));
    const origin = fields.isAtEnd ? context.origin : fields.name('an origin');
    fields.finish();
    const text = this.#fetch(file, origin ?? Name.root, directive, fileToken);
    const { origin: outerOrigin, owner } = context;
    context.origin = origin;
    context.owner = undefined;
    this.#files.push(file);
    try {
      this.read(text);
    } catch (error) {
      // Only the innermost file is the one that line and column are of.
      if (!(error instanceof ZoneFileError) || error.file !== undefined) throw error;
      throw new ZoneFileError(error.code, error.reason, error, { file, cause: error.cause });
    }
    this.#files.pop();
    context.origin = outerOrigin;
    context.owner = owner;
  }

  #fetch(file: string, origin: Name, directive: Token, place: Token): string {
    const { maxIncludeDepth, maxIncludes } = this.#limits;
    if (this.#include === undefined) {
      throw new ZoneFileError('INCLUDE_REFUSED', `no file may be included, found ${quote(file)}`, directive);
    }
    if (this.#files.includes(file)) {
      const reason = `${quote(file)} includes itself, by way of ${String(this.#files.length)} files`;
      throw new ZoneFileError('INCLUDE_LOOP', reason, place);
    }
    if (this.#files.length >= maxIncludeDepth) {
      throw new ZoneFileError(
        'INCLUDE_LIMIT',
        `files nested ${String(maxIncludeDepth)} deep include ${quote(file)}`,
        place,
      );
    }
    if (++this.#includes > maxIncludes) {
      throw new ZoneFileError('INCLUDE_LIMIT', `more than ${String(maxIncludes)} files included`, place);
    }
    let text: unknown;
    try {
      text = this.#include(file, origin);
    } catch (cause) {
      throw new ZoneFileError(
        'INCLUDE_FAILED',
        `${quote(file)} cannot be included: ${String(cause)}`,
        place,
        { cause },
      );
    }
    if (typeof text === 'string') return text;
    throw new DnsUsageError(
      'BAD_ARGUMENT',
      `include(${quote(file)}) returned ${typeof text}, expected a string`,
    );
  }
}
