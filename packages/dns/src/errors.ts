/**
 * | code | the bytes |
 * |---|---|
 * | `TRUNCATED` | end inside a header, name, record, or before the counts of the header are met |
 * | `BAD_POINTER` | a compression pointer does not point back, before the name it stands in |
 * | `POINTER_LIMIT` | a name jumps more often than any honest one |
 * | `LABEL_TYPE` | a label's first two bits are 01 or 10 (RFC 6891 5) |
 * | `NAME_TOO_LONG` | a name of more than 255 bytes |
 * | `BAD_RDATA` | data that its type cannot have, or that is longer or shorter than RDLENGTH says |
 * | `BAD_OPT` | a second OPT, one outside the additional section, one whose owner is not the root, or options that do not fill it |
 * | `TRAILING_BYTES` | the message is over, the bytes are not |
 */
export type DnsFormatErrorCode =
  | 'TRUNCATED'
  | 'BAD_POINTER'
  | 'POINTER_LIMIT'
  | 'LABEL_TYPE'
  | 'NAME_TOO_LONG'
  | 'BAD_RDATA'
  | 'BAD_OPT'
  | 'TRAILING_BYTES';

/** The peer sent bytes that are no DNS message. `offset` is the byte of the message where that became certain. */
export class DnsFormatError extends Error {
  override readonly name = 'DnsFormatError';
  readonly code: DnsFormatErrorCode;
  readonly offset: number;

  constructor(code: DnsFormatErrorCode, message: string, offset: number) {
    super(`${message} (byte ${String(offset)})`);
    this.code = code;
    this.offset = offset;
  }
}

/**
 * `BAD_NAME` text or labels that are no domain name; `BAD_RECORD` data that its type cannot carry; `BAD_MESSAGE` a message that
 * cannot be sent; `TOO_LARGE` one above 65,535 bytes, or whose question and OPT alone pass `maxSize`; `BAD_ARGUMENT`.
 */
export type DnsUsageErrorCode = 'BAD_NAME' | 'BAD_RECORD' | 'BAD_MESSAGE' | 'TOO_LARGE' | 'BAD_ARGUMENT';

/** The caller used the API wrongly: a fault to correct in the program, never the peer's doing. */
export class DnsUsageError extends TypeError {
  override readonly name = 'DnsUsageError';
  readonly code: DnsUsageErrorCode;

  constructor(code: DnsUsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
