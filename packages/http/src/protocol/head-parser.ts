import { HttpProtocolError } from '../errors.ts';
import { isAuthority } from './authority.ts';
import { RequestHead, type BodyFraming } from './events.ts';
import { FieldParser } from './field-parser.ts';
import type { Input } from './input.ts';
import type { MessageLimits } from './limits.ts';
import { CR, equalsIgnoreCase, latin1, LF, SP, TARGET, TOKEN } from './octets.ts';

// Where the parser stands between two calls. Each step reads on until its last byte is there.
const START = 0;
const START_LF = 1;
const METHOD = 2;
const TARGET_ = 3;
const VERSION = 4;
const FIELDS = 5;

const httpVersion = 'HTTP/1.';
const versionBytes = 'HTTP/1.1\r\n'.length;
/** The longest registered method, UPDATEREDIRECTREF, has 17. */
const maxMethodBytes = 32;

/** Request line and header section (RFC 9112 3 and 5), strict, in one pass over the bytes. */
export class HeadParser {
  readonly #limits: MessageLimits;
  readonly #fields: FieldParser;
  #step = START;
  /** Offsets from the start of the message. */
  #offset = 0;
  #methodStart = 0;
  #methodEnd = 0;
  #targetEnd = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
    this.#fields = new FieldParser(limits.maxFields, false);
  }

  /**
   * True once the first byte of a method was seen: a connection that stops here is not idle but slow. The empty line before a request
   * is none of it: it may as well be the one too many behind the last body.
   */
  get hasBegun(): boolean {
    return this.#step > METHOD || (this.#step === METHOD && this.#offset > this.#methodStart);
  }

  /**
   * The head, and `input` moved behind it; or `undefined` for "need more".
   *
   * @throws HttpProtocolError at the first byte that cannot be right, or at the limit.
   */
  next(input: Input): RequestHead | undefined {
    const { maxHeadBytes } = this.#limits;
    const ceiling = input.position + maxHeadBytes;
    const limit = Math.min(input.end, ceiling);
    const isComplete =
      (this.#step === FIELDS || this.#requestLine(input, limit)) && this.#fields.parse(input, limit);
    if (!isComplete) {
      if (limit < ceiling || maxHeadBytes === Infinity) return undefined;
      throw new HttpProtocolError('HEAD_TOO_LARGE', `the head has more than ${String(maxHeadBytes)} bytes`);
    }
    const head = this.#finish(input);
    input.position += this.#fields.offset;
    this.#step = START;
    this.#offset = 0;
    return head;
  }

  #requestLine(input: Input, limit: number): boolean {
    const { bytes, position: base } = input;
    const isToken = TOKEN;
    const isTarget = TARGET;
    let at = base + this.#offset;
    if (this.#step === START && at < limit) {
      // One empty line may precede a request (RFC 9112 2.2): some clients end a body with one too many.
      if (bytes[at] === CR && at === base) {
        at++;
        this.#step = START_LF;
      } else {
        this.#methodStart = at - base;
        this.#step = METHOD;
      }
    }
    if (this.#step === START_LF && at < limit) {
      if (bytes[at] !== LF) throw lineEndError();
      at++;
      this.#methodStart = at - base;
      this.#step = METHOD;
    }
    if (this.#step === METHOD) {
      const stop = Math.min(limit, base + this.#methodStart + maxMethodBytes + 1);
      while (at < stop && isToken[bytes[at] as number] === 1) at++;
      if (at < stop) {
        if (bytes[at] !== SP || at === base + this.#methodStart) throw methodError();
        this.#methodEnd = at - base;
        at++;
        this.#step = TARGET_;
      } else if (at === base + this.#methodStart + maxMethodBytes + 1) {
        throw new HttpProtocolError(
          'METHOD_TOO_LONG',
          `a method of more than ${String(maxMethodBytes)} bytes`,
        );
      }
    }
    if (this.#step === TARGET_) {
      const { maxTargetBytes } = this.#limits;
      const start = base + this.#methodEnd + 1;
      const stop = Math.min(limit, start + maxTargetBytes + 1);
      while (at < stop && isTarget[bytes[at] as number] === 1) at++;
      if (at === start + maxTargetBytes + 1) {
        throw new HttpProtocolError(
          'TARGET_TOO_LONG',
          `a target of more than ${String(maxTargetBytes)} bytes`,
        );
      }
      if (at < stop) {
        if (bytes[at] !== SP || at === start) throw targetError(bytes[at] as number);
        this.#targetEnd = at - base;
        at++;
        this.#step = VERSION;
      }
    }
    if (this.#step === VERSION) {
      const start = base + this.#targetEnd + 1;
      const stop = Math.min(limit, start + versionBytes);
      if (at === start && stop === start + versionBytes && isVersionLine(bytes, at)) at = stop;
      while (at < stop) {
        checkVersion(bytes[at] as number, at - start);
        at++;
      }
      if (at === start + versionBytes) {
        this.#step = FIELDS;
        this.#fields.reset(at - base);
        return true;
      }
    }
    this.#offset = at - base;
    return false;
  }

  #finish(input: Input): RequestHead {
    const { bytes, position: base } = input;
    const fields = this.#fields;
    const isVersion11 = bytes[base + this.#targetEnd + versionBytes - 2] === 0x31;
    const method = methodText(bytes, base + this.#methodStart, base + this.#methodEnd);
    this.#checkTarget(bytes, base, method);
    if (fields.hostCount > 1 || (fields.hostCount === 0 && isVersion11)) {
      throw new HttpProtocolError('BAD_HOST', fields.hostCount === 0 ? 'no Host' : 'more than one Host');
    }
    const framing = bodyFraming(fields, isVersion11);
    if (framing === 'length' && fields.contentLength > this.#limits.maxBodyBytes) {
      throw new HttpProtocolError(
        'BODY_TOO_LARGE',
        `a body of more than ${String(this.#limits.maxBodyBytes)} bytes`,
      );
    }
    return new RequestHead(
      method,
      latin1(bytes, base + this.#methodEnd + 1, base + this.#targetEnd),
      isVersion11 ? '1.1' : '1.0',
      framing,
      Math.max(fields.contentLength, 0),
      !fields.connectionClose && (isVersion11 || fields.connectionKeepAlive),
      fields.expectsContinue && isVersion11 && framing !== 'none',
      fields.hasUpgrade && fields.connectionUpgrade && isVersion11,
      bytes,
      base + fields.sectionStart,
      base + fields.offset - 2,
    );
  }

  /** The four forms of RFC 9112 3.2, and Host against them. */
  #checkTarget(bytes: Uint8Array, base: number, method: string): void {
    const start = base + this.#methodEnd + 1;
    const end = base + this.#targetEnd;
    const { hostCount, hostStart, hostEnd } = this.#fields;
    const isStar = bytes[start] === 0x2a && end === start + 1;
    // An empty Host names no authority, which only a target without one may have.
    const hostIsGood = hostCount === 0 || isAuthority(bytes, base + hostStart, base + hostEnd);
    if (!hostIsGood && !(isStar && hostStart === hostEnd)) {
      throw new HttpProtocolError('BAD_HOST', 'Host is not a host with an optional port');
    }
    if (method === 'CONNECT') {
      if (isAuthority(bytes, start, end, true)) return;
      throw new HttpProtocolError('BAD_TARGET', 'CONNECT wants host:port');
    }
    if (bytes[start] === 0x2f || (isStar && method === 'OPTIONS')) return;
    const from = start + (equalsIgnoreCase(bytes, start, 'https://') ? 8 : 7);
    if (from === start + 7 && !equalsIgnoreCase(bytes, start, 'http://')) {
      throw new HttpProtocolError('BAD_TARGET', 'the target has none of the forms of RFC 9112 3.2');
    }
    let to = from;
    while (to < end && bytes[to] !== 0x2f && bytes[to] !== 0x3f) to++;
    if (!isAuthority(bytes, from, to)) throw new HttpProtocolError('BAD_TARGET', 'the target names no host');
    if (hostCount === 0) return;
    const host = latin1(bytes, base + hostStart, base + hostEnd).toLowerCase();
    if (host !== latin1(bytes, from, to).toLowerCase()) {
      throw new HttpProtocolError('BAD_HOST', 'Host and the target name different hosts');
    }
  }
}

/** RFC 9112 6.3, without its leniencies: what two readers could understand differently is refused. */
function bodyFraming(fields: FieldParser, isVersion11: boolean): BodyFraming {
  const { transferEncoding, contentLength } = fields;
  if (transferEncoding === undefined) {
    if (contentLength > 0) return 'length';
    return 'none';
  }
  if (contentLength >= 0) {
    throw new HttpProtocolError('CONFLICTING_FRAMING', 'both Transfer-Encoding and Content-Length');
  }
  if (!isVersion11) throw codingError('Transfer-Encoding in HTTP/1.0');
  if (transferEncoding === 'chunked') return 'chunked';
  const codings = transferEncoding.split(',').map((coding) => coding.trim());
  if (codings.at(-1) !== 'chunked') throw codingError('chunked is not the last transfer coding');
  if (codings.filter((coding) => coding === 'chunked').length > 1) throw codingError('chunked twice');
  if (codings.includes('')) throw codingError('an empty transfer coding');
  throw new HttpProtocolError('UNKNOWN_TRANSFER_CODING', 'a transfer coding besides chunked');
}

/** `HTTP/1.1` or `HTTP/1.0` and CR LF, all there: nearly every request. The rest is told apart byte by byte. */
function isVersionLine(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f &&
    bytes[at + 5] === 0x31 &&
    bytes[at + 6] === 0x2e &&
    (bytes[at + 7] === 0x31 || bytes[at + 7] === 0x30) &&
    bytes[at + 8] === CR &&
    bytes[at + 9] === LF
  );
}

function checkVersion(code: number, index: number): void {
  if (index < httpVersion.length) {
    if (code === httpVersion.charCodeAt(index)) return;
    if (index === 5 && code >= 0x30 && code <= 0x39) throw versionUnsupported();
    throw new HttpProtocolError('BAD_VERSION', 'the request line does not end with an HTTP version');
  }
  if (index === httpVersion.length) {
    if (code === 0x30 || code === 0x31) return;
    if (code >= 0x32 && code <= 0x39) throw versionUnsupported();
    throw new HttpProtocolError('BAD_VERSION', 'the request line does not end with an HTTP version');
  }
  if (code !== (index === versionBytes - 1 ? LF : CR)) throw lineEndError();
}

/** The usual methods as constants; others as they are, but for letters in lower case, which no registered method has. */
function methodText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  const first = bytes[start] as number;
  const candidate =
    length === 3 ? (first === 0x47 ? 'GET' : 'PUT') : length === 4 ? (first === 0x50 ? 'POST' : 'HEAD') : '';
  if (candidate !== '' && equalsExactly(bytes, start, candidate)) return candidate;
  const method = latin1(bytes, start, end);
  if (/[a-z]/.test(method)) throw new HttpProtocolError('UNKNOWN_METHOD', 'a method in lower case');
  return method;
}

function equalsExactly(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function methodError(): HttpProtocolError {
  return new HttpProtocolError('BAD_METHOD', 'the request line does not begin with a method');
}

function targetError(code: number): HttpProtocolError {
  if (code === CR || code === LF)
    return new HttpProtocolError('BAD_VERSION', 'the request line has no HTTP version');
  return new HttpProtocolError('BAD_TARGET', 'a character in the target that no URI has');
}

function lineEndError(): HttpProtocolError {
  return new HttpProtocolError('BAD_LINE_END', 'a line end that is not CR LF');
}

function versionUnsupported(): HttpProtocolError {
  return new HttpProtocolError('UNSUPPORTED_VERSION', 'a version of HTTP that is neither 1.0 nor 1.1');
}

function codingError(message: string): HttpProtocolError {
  return new HttpProtocolError('BAD_TRANSFER_ENCODING', message);
}
