import { ReceivedResponse, type ResponseFraming } from './events.ts';
import { FieldParser } from './field-parser.ts';
import { framingOf } from './framing.ts';
import type { Input } from './input.ts';
import type { MessageRules } from './limits.ts';
import { CR, FIELD_VALUE, latin1, LF, SP } from './octets.ts';
import { reasonPhrase } from './reason.ts';
import { checkVersion, versionLength } from './version.ts';

// Where the parser stands between two calls. Each step reads on until its last byte is there.
const STATUS = 0;
const BEHIND_STATUS = 1;
const REASON = 2;
const LINE_LF = 3;
const FIELDS = 4;

const statusStart = versionLength + 1;
const statusEnd = statusStart + 3;

/** Status line and header section (RFC 9112 4 and 5), as strict as the heads of requests, in one pass over the bytes. */
export class ResponseHeadParser {
  readonly #rules: MessageRules;
  readonly #fields: FieldParser;
  #step = STATUS;
  /** Offsets from the start of the message. */
  #offset = 0;
  #reasonEnd = 0;

  constructor(rules: MessageRules) {
    this.#rules = rules;
    this.#fields = new FieldParser(rules, 'response');
  }

  /** The first byte was seen. */
  get hasBegun(): boolean {
    return this.#offset > 0;
  }

  /**
   * The head of the answer to a request with `method`, and `input` moved behind it; or `undefined` for "need more".
   *
   * @throws HttpProtocolError at the first byte that cannot be right, or at the limit.
   */
  next(input: Input, method: string): ReceivedResponse | undefined {
    const { maxHeadBytes } = this.#rules;
    const ceiling = input.position + maxHeadBytes;
    const limit = Math.min(input.end, ceiling);
    const isComplete =
      (this.#step === FIELDS || this.#statusLine(input, limit)) && this.#fields.parse(input, limit);
    if (!isComplete) {
      if (limit < ceiling || maxHeadBytes === Infinity) return undefined;
      throw input.fault('HEAD_TOO_LARGE', `the head has more than ${String(maxHeadBytes)} bytes`, ceiling);
    }
    const head = this.#finish(input, method);
    input.position += this.#fields.offset;
    this.#step = STATUS;
    this.#offset = 0;
    return head;
  }

  #statusLine(input: Input, limit: number): boolean {
    const { bytes, position: base } = input;
    const isReason = FIELD_VALUE;
    let at = base + this.#offset;
    if (this.#step === STATUS) {
      const stop = Math.min(limit, base + statusEnd);
      for (; at < stop; at++) checkStatusByte(input, at, at - base);
      if (at === base + statusEnd) this.#step = BEHIND_STATUS;
    }
    if (this.#step === BEHIND_STATUS && at < limit) {
      // Some servers leave out the space where no reason follows.
      if (bytes[at] === SP) {
        at++;
        this.#step = REASON;
      } else if (this.#isLineEnd(bytes[at])) {
        this.#step = REASON;
      } else {
        throw input.fault('BAD_STATUS_LINE', 'no space behind the status code', at);
      }
    }
    if (this.#step === REASON) {
      while (at < limit && isReason[bytes[at] as number] === 1) at++;
      if (at < limit) {
        if (!this.#isLineEnd(bytes[at])) {
          if (bytes[at] === LF) throw input.fault('BAD_LINE_END', 'a line end that is not CR LF', at);
          throw input.fault('BAD_STATUS_LINE', 'a control character in the reason', at);
        }
        this.#reasonEnd = at - base;
        if (bytes[at] === CR) at++;
        this.#step = LINE_LF;
      }
    }
    if (this.#step === LINE_LF && at < limit) {
      if (bytes[at] !== LF) throw input.fault('BAD_LINE_END', 'a line end that is not CR LF', at);
      at++;
      this.#step = FIELDS;
      this.#fields.reset(at - base);
      this.#offset = at - base;
      return true;
    }
    this.#offset = at - base;
    return false;
  }

  #isLineEnd(code: number | undefined): boolean {
    return code === CR || (code === LF && this.#rules.allowBareLf === true);
  }

  #finish(input: Input, method: string): ReceivedResponse {
    const { bytes, position: base } = input;
    const fields = this.#fields;
    const isVersion11 = bytes[base + versionLength - 1] === 0x31;
    const status = statusOf(bytes, base + statusStart);
    const framing = this.#framing(input, isVersion11, status, method);
    const isAmbiguous = framing === 'chunked' && fields.contentLength >= 0;
    return new ReceivedResponse(
      status,
      reasonText(bytes, base + statusEnd + 1, base + this.#reasonEnd, status),
      isVersion11 ? '1.1' : '1.0',
      framing,
      framing === 'length' ? fields.contentLength : 0,
      !fields.connectionClose &&
        (isVersion11 || fields.connectionKeepAlive) &&
        framing !== 'close' &&
        !isAmbiguous,
      fields.bytes,
      fields.start,
      fields.end,
    );
  }

  /** RFC 9112 6.3: some answers have no body whatever their fields say, and without a field it ends with the connection. */
  #framing(input: Input, isVersion11: boolean, status: number, method: string): ResponseFraming {
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
    if (method === 'CONNECT' && status < 300) return 'none';
    const { transferEncoding, contentLength } = this.#fields;
    if (transferEncoding === undefined && contentLength < 0) return 'close';
    return framingOf(this.#fields, isVersion11, this.#rules, input);
  }
}

/** `HTTP/1.1 200`: each byte on its own, for there are but twelve. */
function checkStatusByte(input: Input, at: number, index: number): void {
  if (index < versionLength) {
    checkVersion(input, at, index);
    return;
  }
  const code = input.bytes[at] as number;
  if (index < statusStart) {
    if (code !== SP) throw input.fault('BAD_STATUS_LINE', 'no space behind the version', at);
  } else if (code < (index === statusStart ? 0x31 : 0x30) || code > 0x39) {
    throw input.fault('BAD_STATUS_LINE', 'a status code that is no number of three digits', at);
  }
}

function statusOf(bytes: Uint8Array, at: number): number {
  const digit = (index: number): number => (bytes[at + index] as number) - 0x30;
  return 100 * digit(0) + 10 * digit(1) + digit(2);
}

/** The registered phrase as a constant, which it nearly always is. */
function reasonText(bytes: Uint8Array, start: number, end: number, status: number): string {
  if (end <= start) return '';
  const phrase = reasonPhrase(status);
  if (phrase.length === end - start) {
    let i = 0;
    while (i < phrase.length && phrase.charCodeAt(i) === bytes[start + i]) i++;
    if (i === phrase.length) return phrase;
  }
  return latin1(bytes, start, end);
}
