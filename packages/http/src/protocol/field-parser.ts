import { HttpProtocolError } from '../errors.ts';
import { HeaderFields } from '../headers.ts';
import { Input } from './input.ts';
import { LineRepair } from './line-repair.ts';
import type { MessageRules } from './limits.ts';
import {
  COLON,
  COMMA,
  CR,
  equalsIgnoreCase,
  FIELD_VALUE,
  HTAB,
  isSame,
  latin1,
  LF,
  SP,
  TOKEN,
  trimBlanks,
} from './octets.ts';

// Where the parser stands between two calls; a byte is looked at once, however the input is sliced.
const LINE_START = 0;
const NAME = 1;
const BEFORE_VALUE = 2;
const VALUE = 3;
const VALUE_LF = 4;
const END_LF = 5;
const REPAIR = 6;

/** Whose fields they are: Host and Expect mean something in a request only, and framing nothing behind the body. */
export type Section = 'request' | 'response' | 'trailers';

/**
 * A section of field lines up to its empty line (RFC 9112 5), validated in one pass over the bytes. Only the fields that decide
 * where the message ends are looked into; text is made of the others when somebody asks.
 *
 * Offsets count from the start of the message, so that they survive a move of the input.
 */
export class FieldParser {
  /** Offset of the next byte to look at. */
  offset = 0;
  count = 0;

  /** Of a complete section: its field lines are `bytes[start, end)`, each ended by CR LF. */
  bytes: Uint8Array = noBytes;
  start = 0;
  end = 0;
  /** What the offsets of Host count from, in `bytes`. */
  base = 0;
  #headers: HeaderFields | undefined;
  /** What was found out of the section holds: it was read to its end as it is. */
  #isKept = false;

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

  readonly #rules: MessageRules;
  readonly #section: Section;
  #sectionStart = 0;
  #step = LINE_START;
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;
  /** Reads the lines again in its own way, where one was refused that a leniency may save. */
  #repair: LineRepair | undefined;

  constructor(rules: MessageRules, section: Section) {
    this.#rules = rules;
    this.#section = section;
  }

  /** The fields of a complete section, made once for all messages that repeat it. */
  get headers(): HeaderFields {
    return (this.#headers ??= new HeaderFields(this.bytes, this.start, this.end));
  }

  /**
   * True where the section at `offset` of the message is, byte for byte, the one before: then it is complete, and everything found out of that one holds. The clients
   * of a connection repeat themselves: ten fields of a browser take a fifth of the time.
   */
  repeats(input: Input, offset: number, limit: number): boolean {
    if (!this.#isKept) return false;
    const { bytes, position } = input;
    const known = this.bytes;
    const length = this.end + 2 - this.start;
    const at = position + offset;
    if (limit - at < length || !isSame(bytes, at, known, this.start, length)) return false;
    this.offset = offset + length;
    return true;
  }

  /** The next section is read anew: nothing of this one is held in memory for it. */
  forget(): void {
    this.#isKept = false;
    this.bytes = noBytes;
    this.#headers = undefined;
  }

  /** Ready for a section that begins at `offset` of the message. */
  reset(offset: number): void {
    this.#isKept = false;
    this.#headers = undefined;
    this.offset = this.#sectionStart = offset;
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
    if (step === REPAIR) return this.#parseRepaired(input, limit);
    let at = base + this.offset;
    // Around the loop and not around a call of it: what a leniency may save is told apart where an error is there, and only there.
    try {
      while (at < limit) {
        if (step === LINE_START) {
          const code = bytes[at] as number;
          if (code === CR) {
            at++;
            step = END_LF;
            continue;
          }
          if (code === SP || code === HTAB)
            throw input.fault('OBSOLETE_FOLD', 'a header line that begins with white space', at);
          this.#nameStart = at - base;
          step = NAME;
        }
        if (step === NAME) {
          while (at < limit && isToken[bytes[at] as number] === 1) at++;
          if (at === limit) break;
          const nameEnd = at - base;
          if (bytes[at] !== COLON || nameEnd === this.#nameStart) throw nameError(input, at);
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
          if (bytes[at] !== CR) throw valueError(input, at);
          at++;
          step = VALUE_LF;
          if (at === limit) break;
        }
        if (step === VALUE_LF) {
          if (bytes[at] !== LF) throw lineEndError(input, at);
          this.#field(input, at - 1);
          at++;
          step = LINE_START;
        }
        if (step === END_LF) {
          if (bytes[at] !== LF) throw lineEndError(input, at);
          this.offset = at + 1 - base;
          this.bytes = bytes;
          this.start = base + this.#sectionStart;
          this.end = at - 1;
          this.base = base;
          this.#isKept = true;
          return true;
        }
      }
    } catch (error) {
      return this.#repairOr(error, input, limit);
    }
    this.#step = step;
    this.offset = at - base;
    return false;
  }

  #repairOr(error: unknown, input: Input, limit: number): boolean {
    if (this.#repair !== undefined || !LineRepair.mayHelp(error, this.#rules)) throw error;
    this.#repair = new LineRepair(this.#rules, this.#sectionStart);
    this.#step = REPAIR;
    return this.#parseRepaired(input, limit);
  }

  /** The lines as a strict sender would have written them, parsed as such: no other code has to know what is lenient. */
  #parseRepaired(input: Input, limit: number): boolean {
    const repair = this.#repair as LineRepair;
    if (!repair.scan(input, limit)) return false;
    const lines = new Input();
    lines.push(repair.lines(input));
    this.reset(0);
    try {
      this.parse(lines, lines.end);
    } catch (error) {
      if (!(error instanceof HttpProtocolError)) throw error;
      const at = input.position + repair.offsetOf(error.offset ?? 0);
      throw input.fault(error.code, error.message, at);
    }
    this.#repair = undefined;
    this.offset = repair.offset;
    this.#isKept = false;
    return true;
  }

  #field(input: Input, end: number): void {
    const { bytes, position: base } = input;
    const start = base + this.#nameStart;
    if (++this.count > this.#rules.maxFields) {
      throw input.fault('TOO_MANY_FIELDS', `more than ${String(this.#rules.maxFields)} header fields`, start);
    }
    const length = this.#nameEnd - this.#nameStart;
    // The length singles out at most one name worth comparing: most fields cost one branch.
    if (length === 4) {
      if (equalsIgnoreCase(bytes, start, 'host')) this.#host(input, end);
    } else if (length === 6) {
      if (equalsIgnoreCase(bytes, start, 'expect')) this.#expect(input, end);
    } else if (length === 7) {
      if (equalsIgnoreCase(bytes, start, 'upgrade')) this.hasUpgrade = true;
    } else if (length === 10) {
      if (equalsIgnoreCase(bytes, start, 'connection')) this.#connection(input, end);
    } else if (length === 14) {
      if (equalsIgnoreCase(bytes, start, 'content-length')) this.#contentLength(input, end);
    } else if (length === 17) {
      if (equalsIgnoreCase(bytes, start, 'transfer-encoding')) this.#transferEncoding(input, end);
    }
  }

  #host(input: Input, end: number): void {
    this.#notInTrailers(input, 'Host');
    const { bytes, position: base } = input;
    this.hostCount++;
    this.hostStart = this.#valueStart;
    this.hostEnd = trimmedEnd(bytes, base + this.#valueStart, end) - base;
  }

  #expect(input: Input, end: number): void {
    this.#notInTrailers(input, 'Expect');
    if (this.#section === 'response') return;
    if (this.#text(input, end) !== '100-continue') {
      const at = input.position + this.#valueStart;
      throw input.fault('UNKNOWN_EXPECTATION', 'an expectation other than 100-continue', at);
    }
    this.expectsContinue = true;
  }

  #connection(input: Input, end: number): void {
    const text = this.#text(input, end);
    if (text === 'keep-alive') this.connectionKeepAlive = true;
    else for (const option of text.split(',')) this.#connectionOption(trimBlanks(option));
  }

  #connectionOption(name: string): void {
    if (name === 'close') this.connectionClose = true;
    else if (name === 'keep-alive') this.connectionKeepAlive = true;
    else if (name === 'upgrade') this.connectionUpgrade = true;
  }

  #contentLength(input: Input, end: number): void {
    this.#notInTrailers(input, 'Content-Length');
    const { bytes, position: base } = input;
    const start = base + this.#valueStart;
    const stop = trimmedEnd(bytes, start, end);
    let value = 0;
    let at = start;
    for (; at < stop; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at < stop && !(at > start && this.#isRepeated(bytes, start, at, stop)))
      throw lengthError(input, 'is not a number', at);
    if (start === stop) throw lengthError(input, 'is empty', start);
    if (!Number.isSafeInteger(value)) throw lengthError(input, 'is above 2^53', start);
    if (this.contentLength >= 0 && !(this.#rules.allowRepeatedContentLength && value === this.contentLength))
      throw lengthError(input, 'stands twice', start);
    this.contentLength = value;
  }

  /** Where the leniency allows it: a list of the same digits again and again, `bytes[start, first)` the first of them. */
  #isRepeated(bytes: Uint8Array, start: number, first: number, stop: number): boolean {
    if (!this.#rules.allowRepeatedContentLength || !isListGap(bytes[first])) return false;
    const digits = latin1(bytes, start, first);
    return latin1(bytes, first, stop)
      .split(',')
      .every((element, i) => element.replace(/^[ \t]+|[ \t]+$/g, '') === (i === 0 ? '' : digits));
  }

  #transferEncoding(input: Input, end: number): void {
    this.#notInTrailers(input, 'Transfer-Encoding');
    const codings = this.#text(input, end);
    this.transferEncoding =
      this.transferEncoding === undefined ? codings : `${this.transferEncoding},${codings}`;
  }

  #notInTrailers(input: Input, name: string): void {
    if (this.#section !== 'trailers') return;
    throw input.fault('BAD_TRAILER', `${name} in the trailer section`, input.position + this.#nameStart);
  }

  #text(input: Input, end: number): string {
    const { bytes, position: base } = input;
    const start = base + this.#valueStart;
    return latin1(bytes, start, trimmedEnd(bytes, start, end)).toLowerCase();
  }
}

const noBytes = new Uint8Array(0);

function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
  return end;
}

function isListGap(code: number | undefined): boolean {
  return code === COMMA || code === SP || code === HTAB;
}

function nameError(input: Input, at: number): HttpProtocolError {
  if (input.bytes[at] === LF) return lineEndError(input, at);
  return input.fault(
    'BAD_FIELD_NAME',
    'a header name that is no token, or is not followed by a colon at once',
    at,
  );
}

function valueError(input: Input, at: number): HttpProtocolError {
  if (input.bytes[at] === LF) return lineEndError(input, at);
  return input.fault('BAD_FIELD_VALUE', 'a control character in a header value', at);
}

function lineEndError(input: Input, at: number): HttpProtocolError {
  return input.fault('BAD_LINE_END', 'a line end that is not CR LF', at);
}

function lengthError(input: Input, what: string, at: number): HttpProtocolError {
  return input.fault('BAD_CONTENT_LENGTH', `Content-Length ${what}`, at);
}
