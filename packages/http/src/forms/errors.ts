/**
 * What is wrong with a form that was sent. `status` of the error is the answer to send.
 *
 * | code | status | source |
 * |---|---|---|
 * | `UNSUPPORTED_TYPE` | 415 | no form, or a Content-Encoding (RFC 9110 15.5.16) |
 * | `UNSUPPORTED_CHARSET` `UNSUPPORTED_ENCODING` | 415 | a charset that nobody knows; base64 or quoted-printable (RFC 7578 4.7) |
 * | `BAD_BOUNDARY` | 400 | none, a bad one, or bytes behind one (RFC 2046 5.1.1) |
 * | `BAD_LINE_END` | 400 | LF or CR where CR LF must stand (RFC 2046 4.1.1) |
 * | `BAD_PART_HEAD` | 400 | a field that is none, no name, two names (RFC 7578 4.2) |
 * | `TRUNCATED` | 400 | the input ended before the last boundary |
 * | `TOO_MANY_PARTS` `PART_HEAD_TOO_LARGE` `NAME_TOO_LONG` | 413 | limits |
 * | `FIELD_TOO_LARGE` `FILE_TOO_LARGE` `FORM_TOO_LARGE` `PREAMBLE_TOO_LARGE` | 413 | limits (RFC 9110 15.5.14) |
 */
export type FormErrorCode = keyof typeof statusOfCode;

const statusOfCode = {
  UNSUPPORTED_TYPE: 415,
  UNSUPPORTED_CHARSET: 415,
  UNSUPPORTED_ENCODING: 415,
  BAD_BOUNDARY: 400,
  BAD_LINE_END: 400,
  BAD_PART_HEAD: 400,
  TRUNCATED: 400,
  TOO_MANY_PARTS: 413,
  PART_HEAD_TOO_LARGE: 413,
  NAME_TOO_LONG: 413,
  FIELD_TOO_LARGE: 413,
  FILE_TOO_LARGE: 413,
  FORM_TOO_LARGE: 413,
  PREAMBLE_TOO_LARGE: 413,
} as const;

/** A form breaks its format or passes a limit. Nothing of it that is not yet read can be trusted. */
export class FormError extends Error {
  override readonly name = 'FormError';
  readonly code: FormErrorCode;
  readonly status: number;
  /**
   * Bytes of the form before those that cannot be right, or before the first one past a limit; of a part's head that is wrong, before that head.
   * Undefined where no byte is to blame.
   */
  readonly offset: number | undefined;

  constructor(code: FormErrorCode, message: string, offset?: number) {
    super(message);
    this.code = code;
    this.status = statusOfCode[code];
    this.offset = offset;
  }
}
