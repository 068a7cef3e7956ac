import type { Decoder } from '@wirestack/framing/codecs';
import { HttpUsageError } from '../errors.ts';
import { Input } from '../protocol/input.ts';
import { CR, HTAB, LF, SP, utf8 } from '../protocol/octets.ts';
import { isBoundary } from './boundary.ts';
import { DelimiterSearch } from './delimiter-search.ts';
import { FormError, type FormErrorCode } from './errors.ts';
import { formLimitsFrom, type FormLimits } from './limits.ts';
import type { FormEndEvent, MultipartEvent, PartEndEvent } from './multipart-events.ts';
import { parsePartHead } from './part-head.ts';

// Where the decoder stands between two calls.
/** Before the first delimiter. */
const PREAMBLE = 0;
/** Behind a delimiter: CR LF, or the second half of the last one. */
const DELIMITED = 1;
/** In the white space behind it. */
const PADDING = 2;
const HEAD = 3;
const BODY = 4;
/** In data that were looked at, behind those that came before them and had looked like a delimiter. */
const LOOKED_AT = 5;
/** The delimiter behind a body was found. */
const PART_END = 6;
/** Behind the last delimiter, in the line that it ends. */
const CLOSED = 7;
const EPILOGUE = 8;

const HYPHEN = 0x2d;
/** White space that gateways may have put behind a boundary (RFC 2046 5.1.1); nobody has seen any. */
const maxPaddingBytes = 256;

const partEnd: PartEndEvent = { type: 'part-end' };
const formEnd: FormEndEvent = { type: 'end' };

/**
 * `multipart/form-data` (RFC 7578) in pieces to events: pure, strict, every byte looked at once.
 *
 * ```
 * preamble CRLF --boundary CRLF head CRLF CRLF data CRLF --boundary CRLF head … CRLF --boundary-- CRLF epilogue
 *                               └─ part ─┘     └data┘└────────── part-end              └─ end
 * ```
 *
 * What it says does not depend on how the bytes were cut, but for the size of `data`. Data are views of what was pushed; of it only a head that is
 * not complete is kept. A line that begins with the boundary and goes on is refused: some would end the part there, and some would not.
 */
export class MultipartDecoder implements Decoder<MultipartEvent> {
  readonly #input = new Input();
  readonly #search: DelimiterSearch;
  readonly #limits: FormLimits;
  #state = PREAMBLE;
  #failure: FormError | undefined;
  /** Bytes pushed, as far as the form may have them. */
  #received = 0;
  #isTooLarge = false;
  #parts = 0;
  /** Bytes of white space behind a boundary. */
  #padding = 0;
  /** How far the head was looked at, from the input's position. */
  #scanned = 0;
  #isFile = false;
  #partBytes = 0;
  #maxPartBytes = 0;
  /** Of the bytes matched, those of the CR LF that ended what came before: the first delimiter, and that of an empty part, share it. */
  #shared = 2;
  /** Of `LOOKED_AT`: bytes of data, and of the delimiter, or the beginning of one, behind them. */
  #dataBytes = 0;
  #markBytes = 0;
  #isDelimited = false;

  /** @throws HttpUsageError `BAD_OPTION` for a limit that is no count, or a boundary that RFC 2046 5.1.1 does not allow */
  constructor(boundary: string, limits: Partial<FormLimits> = {}) {
    if (!isBoundary(boundary)) {
      throw new HttpUsageError('BAD_OPTION', `${JSON.stringify(boundary)} is no boundary (RFC 2046 5.1.1)`);
    }
    this.#limits = formLimitsFrom(limits);
    this.#search = new DelimiterSearch(utf8(`\r\n--${boundary}`));
    this.#search.matched = this.#shared;
  }

  /** What looks like the beginning of a delimiter counts, though only its length is kept. */
  get bufferedBytes(): number {
    const isKept = this.#state === PREAMBLE || this.#state === BODY;
    return this.#input.length + (isKept ? Math.max(0, this.#search.matched - this.#shared) : 0);
  }

  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    const room = this.#limits.maxFormBytes - this.#received;
    this.#isTooLarge ||= chunk.length > room;
    const taken = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#received += taken.length;
    this.#input.push(taken);
  }

  /** @throws FormError once the bytes can never become a form, and ever after */
  next(): MultipartEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const event = this.#next();
    if (event === undefined) {
      this.#input.release();
      if (this.#isTooLarge) {
        throw this.#fail(
          'FORM_TOO_LARGE',
          `a form of more than ${String(this.#limits.maxFormBytes)} bytes`,
          0,
        );
      }
    }
    return event;
  }

  /** @throws FormError `TRUNCATED` where the last boundary has not come */
  end(): MultipartEvent | undefined {
    const event = this.next();
    if (event === undefined && this.#state < CLOSED) {
      throw this.#fail('TRUNCATED', 'the form ended before its last boundary', 0);
    }
    if (event === undefined) this.#input.clear();
    return event;
  }

  #next(): MultipartEvent | undefined {
    for (;;) {
      switch (this.#state) {
        case PREAMBLE:
          if (!this.#preamble()) return undefined;
          break;
        case DELIMITED: {
          const isLast = this.#delimited();
          if (isLast === undefined) return undefined;
          if (isLast) return formEnd;
          break;
        }
        case PADDING:
          if (!this.#lineEnd()) return undefined;
          this.#beginPart();
          break;
        case HEAD: {
          const end = this.#headEnd();
          return end < 0 ? undefined : this.#head(end);
        }
        case BODY:
          return this.#body();
        case LOOKED_AT:
          return this.#lookedAt();
        case PART_END:
          this.#state = DELIMITED;
          return partEnd;
        case CLOSED:
          if (!this.#closed()) return undefined;
          break;
        default:
          this.#input.clear();
          return undefined;
      }
    }
  }

  #preamble(): boolean {
    const input = this.#input;
    const search = this.#search;
    const from = input.position;
    const end = search.find(input.bytes, from, input.end);
    const isFound = end >= 0;
    input.position = isFound ? end : input.end;
    const dropped = this.#received - input.length - (isFound ? search.length : search.matched);
    if (dropped > this.#limits.maxPreambleBytes) {
      throw this.#fail('PREAMBLE_TOO_LARGE', 'no boundary at the beginning of the form', 0);
    }
    if (dropped >= 0) this.#shared = 0;
    if (isFound) this.#state = DELIMITED;
    return isFound;
  }

  /** Whether `--` stands behind a delimiter, which makes it the last one; undefined where that is not known yet. */
  #delimited(): boolean | undefined {
    const input = this.#input;
    const { bytes, position } = input;
    if (input.length === 0) return undefined;
    this.#padding = 0;
    if (bytes[position] !== HYPHEN) {
      this.#state = PADDING;
      return false;
    }
    if (input.length < 2) return undefined;
    if (bytes[position + 1] !== HYPHEN) throw this.#badDelimiter(1);
    input.position += 2;
    this.#state = CLOSED;
    return true;
  }

  #beginPart(): void {
    if (++this.#parts > this.#limits.maxParts) {
      throw this.#fail('TOO_MANY_PARTS', `a form of more than ${String(this.#limits.maxParts)} parts`, 0);
    }
    // The line end stays: a head without any field is one empty line.
    this.#scanned = 2;
    this.#state = HEAD;
  }

  #closed(): boolean {
    if (!this.#lineEnd()) return false;
    this.#input.position += 2;
    this.#state = EPILOGUE;
    return true;
  }

  /** Moves to the line end behind a boundary; false where that has not come yet. */
  #lineEnd(): boolean {
    const input = this.#input;
    if (!this.#skipPadding()) return false;
    if (input.bytes[input.position] !== CR) throw this.#badDelimiter(0);
    if (input.length < 2) return false;
    if (input.bytes[input.position + 1] !== LF) throw this.#badDelimiter(1);
    return true;
  }

  /** False where more is needed to know what follows. */
  #skipPadding(): boolean {
    const input = this.#input;
    const { bytes, end } = input;
    let at = input.position;
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) {
      if (++this.#padding > maxPaddingBytes)
        throw this.#fail('BAD_BOUNDARY', 'too much space behind a boundary', 0);
      at++;
    }
    input.position = at;
    return at < end;
  }

  /** Where the empty line behind a head begins, or -1. */
  #headEnd(): number {
    const input = this.#input;
    const { bytes, position, end } = input;
    const { maxPartHeadBytes } = this.#limits;
    const stop = Math.min(end, position + maxPartHeadBytes + 4);
    // A CR LF CR LF ends at its second LF; three bytes before it are looked at again where they were not in the last piece.
    let at = position + this.#scanned;
    for (; at < stop; at++) {
      if (
        bytes[at] === LF &&
        at >= position + 3 &&
        bytes[at - 1] === CR &&
        bytes[at - 2] === LF &&
        bytes[at - 3] === CR
      ) {
        return at - 3;
      }
    }
    if (at - position >= maxPartHeadBytes + 4) {
      throw this.#fail('PART_HEAD_TOO_LARGE', `a head of more than ${String(maxPartHeadBytes)} bytes`, 0);
    }
    this.#scanned = at - position;
    return -1;
  }

  #head(end: number): MultipartEvent {
    const input = this.#input;
    const start = input.position + 2;
    let head;
    try {
      head = parsePartHead(input.bytes, Math.min(start, end + 2), end + 2, this.#limits, this.#offset(start));
    } catch (error) {
      if (error instanceof FormError) this.#stop(error);
      throw error;
    }
    input.position = end + 4;
    this.#isFile = head.isFile;
    this.#partBytes = 0;
    this.#maxPartBytes = head.isFile ? this.#limits.maxFileBytes : this.#limits.maxFieldBytes;
    this.#shared = this.#search.matched = 2;
    this.#state = BODY;
    return { type: 'part', head };
  }

  #body(): MultipartEvent | undefined {
    const input = this.#input;
    const search = this.#search;
    const { bytes, position, end } = input;
    if (position === end) return undefined;
    const { matched } = search;
    const found = search.find(bytes, position, end);
    this.#isDelimited = found >= 0;
    const markEnd = found < 0 ? end : found;
    const markStart = found < 0 ? end - search.matched : search.start;
    if (markStart < position) {
      // It began before this piece, and goes on.
      input.position = markEnd;
      if (found < 0) return undefined;
      this.#state = DELIMITED;
      return partEnd;
    }
    const wasData = matched - this.#shared;
    this.#shared = 0;
    this.#dataBytes = markStart - position;
    this.#markBytes = markEnd - markStart;
    if (wasData <= 0) return this.#lookedAt();
    this.#state = LOOKED_AT;
    return this.#data(search.prefix(matched).subarray(matched - wasData));
  }

  #lookedAt(): MultipartEvent | undefined {
    const input = this.#input;
    const start = input.position;
    const end = start + this.#dataBytes;
    input.position = end + this.#markBytes;
    this.#state = this.#isDelimited ? PART_END : BODY;
    if (end > start) return this.#data(input.bytes.subarray(start, end));
    return this.#next();
  }

  /** Data up to the limit; those past it are an error, once these are taken. */
  #data(bytes: Uint8Array): MultipartEvent {
    const room = this.#maxPartBytes - this.#partBytes;
    this.#partBytes += bytes.length;
    if (bytes.length <= room) return { type: 'data', bytes };
    const limit = String(this.#maxPartBytes);
    const failure = this.#isFile
      ? this.#fail('FILE_TOO_LARGE', `a file of more than ${limit} bytes`, undefined)
      : this.#fail('FIELD_TOO_LARGE', `a field of more than ${limit} bytes`, undefined);
    if (room === 0) throw failure;
    return { type: 'data', bytes: bytes.subarray(0, room) };
  }

  #badDelimiter(ahead: number): FormError {
    const { bytes, position } = this.#input;
    return bytes[position + ahead] === LF || bytes[position] === CR
      ? this.#fail('BAD_LINE_END', 'a line with a boundary that does not end with CR LF', ahead)
      : this.#fail('BAD_BOUNDARY', 'a line that begins with the boundary and goes on', ahead);
  }

  /** Fails for good. `ahead` is where the fault is, from the input's position. */
  #fail(code: FormErrorCode, message: string, ahead: number | undefined): FormError {
    const at = ahead === undefined ? undefined : this.#offset(this.#input.position + ahead);
    return this.#stop(new FormError(code, message, at));
  }

  #stop(failure: FormError): FormError {
    this.#failure = failure;
    this.#input.clear();
    this.#input.release();
    this.#search.matched = 0;
    return failure;
  }

  /** Where `at` of the input is in the form. */
  #offset(at: number): number {
    return this.#received - (this.#input.end - at);
  }
}
