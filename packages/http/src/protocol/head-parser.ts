import type { HttpProtocolError } from '../errors.ts';
import { isAuthority } from './authority.ts';
import { RequestHead } from './events.ts';
import { FieldParser } from './field-parser.ts';
import { emptyLine, framingOf, hasNoBody } from './framing.ts';
import type { Input } from './input.ts';
import type { MessageRules } from './limits.ts';
import { ANY_TARGET, CR, equalsIgnoreCase, latin1, LF, SP, TARGET, TOKEN } from './octets.ts';
import { checkVersion, versionLength } from './version.ts';

// Where the parser stands between two calls. Each step reads on until its last byte is there.
const START = 0;
const START_LF = 1;
const METHOD = 2;
const TARGET_ = 3;
const VERSION = 4;
const FIELDS = 5;
const REPEATED = 6;

const versionLineLength = versionLength + 2;
/** The longest registered method, UPDATEREDIRECTREF, has 17. */
const maxMethodBytes = 32;

/** Request line and header section (RFC 9112 3 and 5), strict, in one pass over the bytes. */
export class HeadParser {
  readonly #rules: MessageRules;
  readonly #fields: FieldParser;
  #step = START;
  /** Offsets from the start of the message. */
  #offset = 0;
  #methodStart = 0;
  #methodEnd = 0;
  #targetEnd = 0;

  constructor(rules: MessageRules) {
    this.#rules = rules;
    this.#fields = new FieldParser(rules, 'request');
  }

  /** Nothing of a message is known here. */
  get isFresh(): boolean {
    return this.#step === START && this.#offset === 0;
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
    const { maxHeadBytes } = this.#rules;
    const ceiling = input.position + maxHeadBytes;
    const limit = Math.min(input.end, ceiling);
    const isComplete =
      (this.#step === FIELDS || this.#requestLine(input, limit)) &&
      (this.#step === REPEATED || this.#fields.parse(input, limit));
    if (!isComplete) {
      if (limit < ceiling || maxHeadBytes === Infinity) return undefined;
      throw input.fault('HEAD_TOO_LARGE', `the head has more than ${String(maxHeadBytes)} bytes`, ceiling);
    }
    const head = this.#finish(input);
    input.position += this.#fields.offset;
    // A body may be long under way: what was read with the head is not held for it.
    if (head.framing !== 'none') this.#fields.forget();
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
        if (bytes[at] === LF && this.#rules.allowBareLf) at++;
        this.#methodStart = at - base;
        this.#step = METHOD;
      }
    }
    if (this.#step === START_LF && at < limit) {
      if (bytes[at] !== LF) throw lineEndError(input, at);
      at++;
      this.#methodStart = at - base;
      this.#step = METHOD;
    }
    if (this.#step === METHOD) {
      const stop = Math.min(limit, base + this.#methodStart + maxMethodBytes + 1);
      while (at < stop && isToken[bytes[at] as number] === 1) at++;
      if (at < stop) {
        if (bytes[at] !== SP || at === base + this.#methodStart) throw methodError(input, at);
        this.#methodEnd = at - base;
        at++;
        this.#step = TARGET_;
      } else if (at === base + this.#methodStart + maxMethodBytes + 1) {
        throw input.fault('METHOD_TOO_LONG', `a method of more than ${String(maxMethodBytes)} bytes`, at - 1);
      }
    }
    if (this.#step === TARGET_) {
      const { maxTargetBytes } = this.#rules;
      const start = base + this.#methodEnd + 1;
      const stop = Math.min(limit, start + maxTargetBytes + 1);
      while (at < stop && isTarget[bytes[at] as number] === 1) at++;
      if (at < stop && bytes[at] !== SP && this.#rules.allowAnyTargetCharacters)
        while (at < stop && ANY_TARGET[bytes[at] as number] === 1) at++;
      if (at === start + maxTargetBytes + 1) {
        throw input.fault('TARGET_TOO_LONG', `a target of more than ${String(maxTargetBytes)} bytes`, at - 1);
      }
      if (at < stop) {
        if (bytes[at] !== SP || at === start) throw targetError(input, at);
        this.#targetEnd = at - base;
        at++;
        this.#step = VERSION;
      }
    }
    if (this.#step === VERSION) {
      const start = base + this.#targetEnd + 1;
      const stop = Math.min(limit, start + versionLineLength);
      if (at === start && stop === start + versionLineLength && isVersionLine(bytes, at)) at = stop;
      let isComplete = at === start + versionLineLength;
      while (at < stop && !isComplete) {
        isComplete = this.#versionByte(input, at, at - start);
        at++;
      }
      if (isComplete) {
        if (this.#fields.repeats(input, at - base, limit)) {
          this.#step = REPEATED;
        } else {
          this.#step = FIELDS;
          this.#fields.reset(at - base);
        }
        return true;
      }
    }
    this.#offset = at - base;
    return false;
  }

  /** True behind the last byte of the line. */
  #versionByte(input: Input, at: number, index: number): boolean {
    const code = input.bytes[at] as number;
    if (index < versionLength) {
      checkVersion(input, at, index);
      return false;
    }
    const isLast = code === LF && (index > versionLength || this.#rules.allowBareLf === true);
    if (!isLast && (code !== CR || index > versionLength)) throw lineEndError(input, at);
    return isLast;
  }

  /**
   * All on one page, for V8 then compiles it on its own, with what it calls put into it. In two functions, each small enough to be put into its caller,
   * a short GET took a tenth longer.
   */
  #finish(input: Input): RequestHead {
    const { bytes, position: base } = input;
    const fields = this.#fields;
    const isVersion11 = bytes[base + this.#targetEnd + versionLength] === 0x31;
    const methodStart = base + this.#methodStart;
    const methodLength = this.#methodEnd - this.#methodStart;
    const first = bytes[methodStart];
    // The usual methods as constants; the others are made into text.
    const usual =
      methodLength === 3
        ? first === 0x47
          ? 'GET'
          : 'PUT'
        : methodLength === 4
          ? first === 0x50
            ? 'POST'
            : 'HEAD'
          : '';
    const method = usual !== '' && equalsExactly(bytes, methodStart, usual) ? usual : this.#method(input);
    this.#checkTarget(input, method);
    if (fields.hostCount > 1 || (fields.hostCount === 0 && isVersion11 && !this.#rules.allowMissingHost)) {
      const message = fields.hostCount === 0 ? 'no Host' : 'more than one Host';
      throw input.fault('BAD_HOST', message, emptyLine(fields, input));
    }
    const framing = hasNoBody(fields) ? 'none' : framingOf(fields, isVersion11, this.#rules, input);
    return new RequestHead(
      method,
      latin1(bytes, base + this.#methodEnd + 1, base + this.#targetEnd),
      isVersion11 ? '1.1' : '1.0',
      framing,
      framing === 'length' ? fields.contentLength : 0,
      // Whoever sends a length beside the chunks may understand the end of the message differently: nothing is read behind it.
      !fields.connectionClose &&
        (isVersion11 || fields.connectionKeepAlive) &&
        !(framing === 'chunked' && fields.contentLength >= 0),
      fields.expectsContinue && isVersion11 && framing !== 'none',
      fields.hasUpgrade && fields.connectionUpgrade && isVersion11,
      fields.headers,
    );
  }

  /** As it is, but for letters in lower case, which no registered method has. */
  #method(input: Input): string {
    const { bytes, position: base } = input;
    const start = base + this.#methodStart;
    const method = latin1(bytes, start, base + this.#methodEnd);
    const lower = method.search(/[a-z]/);
    if (lower >= 0 && !this.#rules.allowLowerCaseMethods)
      throw input.fault('UNKNOWN_METHOD', 'a method in lower case', start + lower);
    return method;
  }

  /** The four forms of RFC 9112 3.2, and Host against them. */
  #checkTarget(input: Input, method: string): void {
    const { bytes, position: base } = input;
    const start = base + this.#methodEnd + 1;
    const end = base + this.#targetEnd;
    const fields = this.#fields;
    const { hostCount } = fields;
    const hostStart = fields.base + fields.hostStart;
    const hostEnd = fields.base + fields.hostEnd;
    const isStar = bytes[start] === 0x2a && end === start + 1;
    // An empty Host names no authority, which only a target without one may have.
    const hostIsGood = hostCount === 0 || isAuthority(fields.bytes, hostStart, hostEnd);
    if (!hostIsGood && !(isStar && hostStart === hostEnd)) {
      throw input.fault('BAD_HOST', 'Host is not a host with an optional port', emptyLine(fields, input));
    }
    if (method === 'CONNECT') {
      if (isAuthority(bytes, start, end, true)) return;
      throw input.fault('BAD_TARGET', 'CONNECT wants host:port', start);
    }
    if (bytes[start] === 0x2f || (isStar && method === 'OPTIONS')) return;
    const from = start + (equalsIgnoreCase(bytes, start, 'https://') ? 8 : 7);
    if (from === start + 7 && !equalsIgnoreCase(bytes, start, 'http://')) {
      throw input.fault('BAD_TARGET', 'the target has none of the forms of RFC 9112 3.2', start);
    }
    let to = from;
    while (to < end && bytes[to] !== 0x2f && bytes[to] !== 0x3f) to++;
    if (!isAuthority(bytes, from, to)) throw input.fault('BAD_TARGET', 'the target names no host', from);
    if (hostCount === 0) return;
    const host = latin1(fields.bytes, hostStart, hostEnd).toLowerCase();
    if (host !== latin1(bytes, from, to).toLowerCase()) {
      throw input.fault('BAD_HOST', 'Host and the target name different hosts', emptyLine(fields, input));
    }
  }
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

function equalsExactly(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function methodError(input: Input, at: number): HttpProtocolError {
  return input.fault('BAD_METHOD', 'the request line does not begin with a method', at);
}

function targetError(input: Input, at: number): HttpProtocolError {
  const code = input.bytes[at];
  if (code === CR || code === LF)
    return input.fault('BAD_VERSION', 'the request line has no HTTP version', at);
  return input.fault('BAD_TARGET', 'a character in the target that no URI has', at);
}

function lineEndError(input: Input, at: number): HttpProtocolError {
  return input.fault('BAD_LINE_END', 'a line end that is not CR LF', at);
}
