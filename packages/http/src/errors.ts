/**
 * What a peer did wrong. `status` of the error is the answer to send: of a request that was wrong, as below; of a response always 502.
 *
 * | code | status | source |
 * |---|---|---|
 * | `BAD_METHOD` `METHOD_TOO_LONG` `UNKNOWN_METHOD` | 400, 501 | RFC 9110 9.1 |
 * | `BAD_TARGET` `TARGET_TOO_LONG` | 400, 414 | RFC 9112 3.2 |
 * | `BAD_VERSION` `UNSUPPORTED_VERSION` | 400, 505 | RFC 9112 2.3 |
 * | `BAD_LINE_END` | 400 | RFC 9112 2.2 |
 * | `BAD_FIELD_NAME` `BAD_FIELD_VALUE` `OBSOLETE_FOLD` | 400 | RFC 9110 5, RFC 9112 5 |
 * | `HEAD_TOO_LARGE` `TOO_MANY_FIELDS` | 431 | RFC 6585 5 |
 * | `BAD_HOST` | 400 | RFC 9112 3.2 |
 * | `BAD_CONTENT_LENGTH` `BAD_TRANSFER_ENCODING` `CONFLICTING_FRAMING` | 400 | RFC 9112 6.3 |
 * | `UNKNOWN_TRANSFER_CODING` | 501 | RFC 9112 6.1 |
 * | `UNKNOWN_EXPECTATION` | 417 | RFC 9110 10.1.1 |
 * | `BAD_CHUNK` `BAD_TRAILER` | 400 | RFC 9112 7.1 |
 * | `BODY_TOO_LARGE` `CHUNK_EXTENSIONS_TOO_LARGE` | 413 | RFC 9110 15.5.14 |
 * | `HEAD_TIMEOUT` `BODY_TIMEOUT` | 408 | RFC 9110 15.5.9 |
 * | `TRUNCATED` | 400 | the input ended inside a message |
 * | `BAD_STATUS_LINE` | 502 | RFC 9112 4 |
 * | `UNSOLICITED` | 502 | RFC 9112 6.3, RFC 9110 15.2.2: an answer to nothing that was asked |
 * | `TOO_MANY_INFORMATIONAL` | 502 | 1xx responses without end |
 */
export type HttpErrorCode = keyof typeof statusOfCode;

const statusOfCode = {
  BAD_METHOD: 400,
  METHOD_TOO_LONG: 501,
  UNKNOWN_METHOD: 501,
  BAD_TARGET: 400,
  TARGET_TOO_LONG: 414,
  BAD_VERSION: 400,
  UNSUPPORTED_VERSION: 505,
  BAD_LINE_END: 400,
  BAD_FIELD_NAME: 400,
  BAD_FIELD_VALUE: 400,
  OBSOLETE_FOLD: 400,
  HEAD_TOO_LARGE: 431,
  TOO_MANY_FIELDS: 431,
  BAD_HOST: 400,
  BAD_CONTENT_LENGTH: 400,
  BAD_TRANSFER_ENCODING: 400,
  CONFLICTING_FRAMING: 400,
  UNKNOWN_TRANSFER_CODING: 501,
  UNKNOWN_EXPECTATION: 417,
  BAD_CHUNK: 400,
  BAD_TRAILER: 400,
  BODY_TOO_LARGE: 413,
  CHUNK_EXTENSIONS_TOO_LARGE: 413,
  HEAD_TIMEOUT: 408,
  BODY_TIMEOUT: 408,
  TRUNCATED: 400,
  BAD_STATUS_LINE: 502,
  UNSOLICITED: 502,
  TOO_MANY_INFORMATIONAL: 502,
} as const;

/**
 * The peer broke the protocol or passed a limit. Answer with `status` and end the connection: where it stands is unknown. One of a server's response, met by a client, is none of
 * whoever asks an application that uses the client: its `status` is 502 (RFC 9110 15.6.3).
 */
export class HttpProtocolError extends Error {
  override readonly name = 'HttpProtocolError';
  readonly code: HttpErrorCode;
  readonly status: number;
  /**
   * Bytes of the connection's input before the one that cannot be right, or before the first one past a limit. What a head lacks, or contradicts
   * as a whole, is known at its empty line. Undefined where no byte is to blame, such as for a deadline.
   */
  readonly offset: number | undefined;
  /** Which message was wrong. */
  readonly of: 'request' | 'response';

  constructor(code: HttpErrorCode, message: string, offset?: number, of: 'request' | 'response' = 'request') {
    super(message);
    this.code = code;
    this.of = of;
    this.status = of === 'request' ? statusOfCode[code] : 502;
    this.offset = offset;
  }
}

/** `BAD_REQUEST` `BAD_STATUS` `BAD_FIELD` `BAD_BODY` in a message to send; `BAD_STATE` a call out of turn; `BAD_OPTION`; `BODY_USED` a body read twice. */
export type HttpUsageErrorCode =
  'BAD_REQUEST' | 'BAD_STATUS' | 'BAD_FIELD' | 'BAD_BODY' | 'BAD_STATE' | 'BAD_OPTION' | 'BODY_USED';

/** The application used HTTP wrongly: a header that would break the message, a body that contradicts its length. */
export class HttpUsageError extends TypeError {
  override readonly name = 'HttpUsageError';
  readonly code: HttpUsageErrorCode;

  constructor(code: HttpUsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
