import { HttpProtocolError } from '../errors.ts';
import type { Input } from './input.ts';
import { COLON, CR, equalsIgnoreCase, FIELD_VALUE, HTAB, latin1, LF, SP, TOKEN } from './octets.ts';

// Where the parser stands between two calls; a byte is looked at once, however the input is sliced.
const LINE_START = 0;
const NAME = 1;
const BEFORE_VALUE = 2;
const VALUE = 3;
const VALUE_LF = 4;
const END_LF = 5;

/**
 * A section of field lines up to its empty line (RFC 9112 5), validated in one pass over the bytes. Only the fields that decide
 * where the message ends are looked into; text is made of the others when somebody asks.
 *
 * Offsets count from the start of the message, so that they survive a move of the input.
 */
export class FieldParser {
  /** Offset of the next byte to look at. */
  offset = 0;
  /** The first field line. */
  sectionStart = 0;
  count = 0;

  hostCount = 0;
  hostStart = 0;
  hostEnd = 0;
  /** -1 while there is no Content-Length. */
  contentLength = -1;
  /** The transfer codings of all lines, in lower case; undefined while there is none. */
  transferEncoding: string | undefined;
  connectionClose = false;
  connectionKeepAlive = false;
  connectionUpgrade = false;
  hasUpgrade = false;
  expectsContinue = false;

  readonly #maxFields: number;
  readonly #isTrailer: boolean;
  #step = LINE_START;
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;

  constructor(maxFields: number, isTrailer: boolean) {
    this.#maxFields = maxFields;
    this.#isTrailer = isTrailer;
  }

  /** Ready for a section that begins at `offset` of the message. */
  reset(offset: number): void {
    this.offset = this.sectionStart = offset;
    this.count = 0;
    this.hostCount = 0;
    this.contentLength = -1;
    this.transferEncoding = undefined;
    this.connectionClose = false;
    this.connectionKeepAlive = false;
    this.connectionUpgrade = false;
    this.hasUpgrade = false;
    this.expectsContinue = false;
    this.#step = LINE_START;
  }

  /**
   * Goes on up to `limit`, an index of `input.bytes`. True when the section is complete; `offset` is then behind its empty line.
   *
   * @throws HttpProtocolError at the first byte that cannot be right.
   */
  parse(input: Input, limit: number): boolean {
    const { bytes, position: base } = input;
    // Local, so that the loops below do not load them through the module each time: a quarter of their time.
    const isToken = TOKEN;
    const isValue = FIELD_VALUE;
    let step = this.#step;
    let at = base + this.offset;
    while (at < limit) {
      if (step === LINE_START) {
        const code = bytes[at] as number;
        if (code === CR) {
          at++;
          step = END_LF;
          continue;
        }
        if (code === SP || code === HTAB) throw foldError();
        this.#nameStart = at - base;
        step = NAME;
      }
      if (step === NAME) {
        while (at < limit && isToken[bytes[at] as number] === 1) at++;
        if (at === limit) break;
        const nameEnd = at - base;
        if (bytes[at] !== COLON || nameEnd === this.#nameStart) throw nameError(bytes[at] as number);
        this.#nameEnd = nameEnd;
        at++;
        step = BEFORE_VALUE;
      }
      if (step === BEFORE_VALUE) {
        while (at < limit && (bytes[at] === SP || bytes[at] === HTAB)) at++;
        if (at === limit) break;
        this.#valueStart = at - base;
        step = VALUE;
      }
      if (step === VALUE) {
        while (at < limit && isValue[bytes[at] as number] === 1) at++;
        if (at === limit) break;
        if (bytes[at] !== CR) throw valueError(bytes[at] as number);
        at++;
        step = VALUE_LF;
        if (at === limit) break;
      }
      if (step === VALUE_LF) {
        if (bytes[at] !== LF) throw lineEndError();
        this.#field(bytes, base, at - 1);
        at++;
        step = LINE_START;
      }
      if (step === END_LF) {
        if (bytes[at] !== LF) throw lineEndError();
        this.offset = at + 1 - base;
        return true;
      }
    }
    this.#step = step;
    this.offset = at - base;
    return false;
  }

  #field(bytes: Uint8Array, base: number, end: number): void {
    if (++this.count > this.#maxFields) {
      throw new HttpProtocolError('TOO_MANY_FIELDS', `more than ${String(this.#maxFields)} header fields`);
    }
    const start = base + this.#nameStart;
    const length = this.#nameEnd - this.#nameStart;
    // The length singles out at most one name worth comparing: most fields cost one branch.
    if (length === 4) {
      if (equalsIgnoreCase(bytes, start, 'host')) this.#host(bytes, base, end);
    } else if (length === 6) {
      if (equalsIgnoreCase(bytes, start, 'expect')) this.#expect(bytes, base, end);
    } else if (length === 7) {
      if (equalsIgnoreCase(bytes, start, 'upgrade')) this.hasUpgrade = true;
    } else if (length === 10) {
      if (equalsIgnoreCase(bytes, start, 'connection')) this.#connection(bytes, base, end);
    } else if (length === 14) {
      if (equalsIgnoreCase(bytes, start, 'content-length')) this.#contentLength(bytes, base, end);
    } else if (length === 17) {
      if (equalsIgnoreCase(bytes, start, 'transfer-encoding')) this.#transferEncoding(bytes, base, end);
    }
  }

  #host(bytes: Uint8Array, base: number, end: number): void {
    this.#notInTrailer('Host');
    this.hostCount++;
    this.hostStart = this.#valueStart;
    this.hostEnd = trimmedEnd(bytes, base + this.#valueStart, end) - base;
  }

  #expect(bytes: Uint8Array, base: number, end: number): void {
    this.#notInTrailer('Expect');
    if (this.#text(bytes, base, end) !== '100-continue') {
      throw new HttpProtocolError('UNKNOWN_EXPECTATION', 'an expectation other than 100-continue');
    }
    this.expectsContinue = true;
  }

  #connection(bytes: Uint8Array, base: number, end: number): void {
    const text = this.#text(bytes, base, end);
    if (text === 'keep-alive') this.connectionKeepAlive = true;
    else for (const option of text.split(',')) this.#connectionOption(option.trim());
  }

  #connectionOption(name: string): void {
    if (name === 'close') this.connectionClose = true;
    else if (name === 'keep-alive') this.connectionKeepAlive = true;
    else if (name === 'upgrade') this.connectionUpgrade = true;
  }

  #contentLength(bytes: Uint8Array, base: number, end: number): void {
    this.#notInTrailer('Content-Length');
    const start = base + this.#valueStart;
    const stop = trimmedEnd(bytes, start, end);
    let value = 0;
    for (let at = start; at < stop; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) throw lengthError('is not a number');
      value = value * 10 + digit;
    }
    if (start === stop) throw lengthError('is empty');
    if (!Number.isSafeInteger(value)) throw lengthError('is above 2^53');
    if (this.contentLength >= 0) throw lengthError('stands twice');
    this.contentLength = value;
  }

  #transferEncoding(bytes: Uint8Array, base: number, end: number): void {
    this.#notInTrailer('Transfer-Encoding');
    const codings = this.#text(bytes, base, end);
    this.transferEncoding =
      this.transferEncoding === undefined ? codings : `${this.transferEncoding},${codings}`;
  }

  #notInTrailer(name: string): void {
    if (this.#isTrailer) throw new HttpProtocolError('BAD_TRAILER', `${name} in the trailer section`);
  }

  #text(bytes: Uint8Array, base: number, end: number): string {
    const start = base + this.#valueStart;
    return latin1(bytes, start, trimmedEnd(bytes, start, end)).toLowerCase();
  }
}

function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
  return end;
}

function foldError(): HttpProtocolError {
  return new HttpProtocolError('OBSOLETE_FOLD', 'a header line that begins with white space');
}

function nameError(code: number): HttpProtocolError {
  if (code === LF) return lineEndError();
  return new HttpProtocolError(
    'BAD_FIELD_NAME',
    'a header name that is no token, or is not followed by a colon at once',
  );
}

function valueError(code: number): HttpProtocolError {
  if (code === LF) return lineEndError();
  return new HttpProtocolError('BAD_FIELD_VALUE', 'a control character in a header value');
}

function lineEndError(): HttpProtocolError {
  return new HttpProtocolError('BAD_LINE_END', 'a line end that is not CR LF');
}

function lengthError(what: string): HttpProtocolError {
  return new HttpProtocolError('BAD_CONTENT_LENGTH', `Content-Length ${what}`);
}
