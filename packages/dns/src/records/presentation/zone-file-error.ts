/**
 * | code | the text |
 * |---|---|
 * | `BAD_CHARACTER` | a control character, or half a surrogate pair: such bytes are written `\DDD` |
 * | `BAD_ESCAPE` | a backslash with nothing behind it, or with digits that are no byte |
 * | `UNTERMINATED_STRING` | a quote that is not closed on its line |
 * | `UNBALANCED_PARENTHESES` | one that is never closed, or never opened |
 * | `LINE_TOO_LONG` | a line, all that its parentheses hold included, over the limit |
 * | `BAD_NAME` | what is no domain name, or passes 255 bytes with the origin |
 * | `NO_OWNER` | a line that begins with white space, and none before it to take the owner from |
 * | `NO_ORIGIN` | a relative name or `@`, and no origin |
 * | `BAD_TTL` `NO_TTL` | no TTL of 0 to 2^31 - 1 s; or none said, and none to take |
 * | `UNKNOWN_TYPE` | what is no type, nor a class or TTL before it |
 * | `MISSING_FIELD` `EXTRA_FIELD` | the line ends too early, or goes on |
 * | `BAD_RDATA` | data that the type cannot have |
 * | `UNKNOWN_DIRECTIVE` | a line that begins with `$` and is none of `$ORIGIN`, `$TTL`, `$INCLUDE`, `$GENERATE` |
 * | `INCLUDE_REFUSED` | an `$INCLUDE` where the caller gave no `include` |
 * | `INCLUDE_FAILED` | `include` threw: `cause` is what |
 * | `INCLUDE_LOOP` `INCLUDE_LIMIT` | a file that includes itself, or more files, or more deeply nested ones, than allowed |
 * | `BAD_GENERATE` `GENERATE_LIMIT` | a range or template that is none, or one that makes too much |
 * | `TOO_MANY_RECORDS` | over the limit |
 */
export type ZoneFileErrorCode =
  | 'BAD_CHARACTER'
  | 'BAD_ESCAPE'
  | 'UNTERMINATED_STRING'
  | 'UNBALANCED_PARENTHESES'
  | 'LINE_TOO_LONG'
  | 'BAD_NAME'
  | 'NO_OWNER'
  | 'NO_ORIGIN'
  | 'BAD_TTL'
  | 'NO_TTL'
  | 'UNKNOWN_TYPE'
  | 'MISSING_FIELD'
  | 'EXTRA_FIELD'
  | 'BAD_RDATA'
  | 'UNKNOWN_DIRECTIVE'
  | 'INCLUDE_REFUSED'
  | 'INCLUDE_FAILED'
  | 'INCLUDE_LOOP'
  | 'INCLUDE_LIMIT'
  | 'BAD_GENERATE'
  | 'GENERATE_LIMIT'
  | 'TOO_MANY_RECORDS';

/** A place in a text: both count from 1, columns in UTF-16 units as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface ZoneFileErrorOptions extends ErrorOptions {
  /** The name that `$INCLUDE` gave the file; absent for the text that `parseZone` was given. */
  readonly file?: string | undefined;
}

/** The text of a master file, or of one record, is not what RFC 1035 5.1 and the record's type want. */
export class ZoneFileError extends Error {
  override readonly name = 'ZoneFileError';
  readonly code: ZoneFileErrorCode;
  /** What is wrong, without the place. */
  readonly reason: string;
  readonly line: number;
  readonly column: number;
  readonly file: string | undefined;

  constructor(
    code: ZoneFileErrorCode,
    reason: string,
    { line, column }: Position,
    options: ZoneFileErrorOptions = {},
  ) {
    const file = options.file === undefined ? '' : `${quote(options.file)} `;
    super(`${file}line ${String(line)}, column ${String(column)}: ${reason}`, options);
    this.code = code;
    this.reason = reason;
    this.line = line;
    this.column = column;
    this.file = options.file;
  }
}

/** Text of unknown origin for a message: quoted, control characters escaped, not longer than a reader wants. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
