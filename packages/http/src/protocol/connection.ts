import { HttpUsageError, type HttpProtocolError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import type { RequestEvent, RequestHead } from './events.ts';
import type { MessageLimits } from './limits.ts';
import { isAscii, latin1, utf8 } from './octets.ts';
import { RequestParser } from './request-parser.ts';
import { flatten, statusLine, writeFields, writeHead, writeTrailers, type WrittenHead } from './writer.ts';

/**
 * What the server may send next, for the oldest request not yet answered:
 *
 * | state | meaning | send… | then |
 * |---|---|---|---|
 * | `idle` | no request waits | nothing | a head from `nextEvent()` → `head` |
 * | `head` | its head is due | `sendInformational` | `head` |
 * | | | `sendResponse` | next request → `head`, none → `idle`, not kept alive → `closed` |
 * | | | `sendHead` | `body` |
 * | `body` | its body is under way | `sendData` | `body` |
 * | | | `sendEnd` | as after `sendResponse` |
 * | `closed` | nothing more may be sent | nothing | – |
 */
export type AnswerState = 'idle' | 'head' | 'body' | 'closed';

/** The head of a response. `reason` defaults to the registered phrase. */
export interface ResponseHead {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly headers?: HeaderList | undefined;
}

/** A body that is known as a whole; what is too large to be copied into one string stays apart. */
export type WholeBody = string | Uint8Array;

/** Bytes to write: latin1 text, or text and the bytes behind it. */
export type Output = string | readonly [head: string, body: Uint8Array];

/** Above this a body is written by itself: copying it into the head's string costs more than a second buffer. */
const inlineBytes = 16_384;

const noFields: HeaderList = [];

/**
 * One server's end of an HTTP/1.1 connection, without I/O, in the manner of h11: bytes in, events out; answers in, bytes out. All state of
 * the connection is here. Requests may be taken ahead of their answers (pipelining, RFC 9112 9.3.2); answers always belong to the oldest
 * request without one.
 */
export class ServerConnection {
  /** A whole field line (`Date: …` CR LF) to be sent with each final response; the driver has the clock. */
  dateLine = '';
  readonly #parser: RequestParser;
  #current: RequestHead | undefined;
  readonly #waiting: RequestHead[] = [];
  #answer: AnswerState = 'idle';
  /** No further request will be taken: the peer said so, or we did, or it broke the protocol. */
  #isLast = false;
  #hasFailed = false;
  #isStopping = false;
  #receiving = false;
  #chunked = false;
  /** Bytes the body may still have; -1 where no length was announced. */
  #bodyLeft = -1;
  #dropsBody = false;
  #closeAfter = false;

  /** @throws HttpUsageError `BAD_OPTION` */
  constructor(limits: Partial<MessageLimits> = {}) {
    this.#parser = new RequestParser(limits);
  }

  get state(): AnswerState {
    return this.#answer;
  }

  /** The request that the next answer belongs to. */
  get current(): RequestHead | undefined {
    return this.#current;
  }

  /** Requests taken and not yet answered in full. */
  get unanswered(): number {
    return (this.#current === undefined ? 0 : 1) + this.#waiting.length;
  }

  /** A request's body is still to come. */
  get isReceivingBody(): boolean {
    return this.#receiving;
  }

  /** A head has begun and is not complete. */
  get isInHead(): boolean {
    return !this.#isLast && this.#parser.isInHead;
  }

  /** After what is sent so far the connection has to end. */
  get mustClose(): boolean {
    return this.#answer === 'closed';
  }

  /** Bytes received and not yet told as events. */
  get bufferedBytes(): number {
    return this.#parser.bufferedBytes;
  }

  receive(bytes: Uint8Array): void {
    if (!this.#isLast || this.#receiving) this.#parser.push(bytes);
  }

  /**
   * The next event of the requests. After a request that ends the connection nothing more is read (RFC 9112 9.6).
   *
   * @throws HttpProtocolError once; answer it by {@link sendError} when all earlier requests have their answers.
   */
  nextEvent(): RequestEvent | undefined {
    if (this.#isLast && !this.#receiving) return undefined;
    let event;
    try {
      event = this.#parser.next();
    } catch (error) {
      this.#fail();
      throw error;
    }
    if (event === undefined) return undefined;
    if (event.type === 'head') this.#begin(event);
    else if (event.type === 'end') this.#endBody();
    return event;
  }

  /** The peer sends nothing more. @throws HttpProtocolError `TRUNCATED` inside a request */
  receiveEnd(): void {
    const isOver = this.#isLast && !this.#receiving;
    this.#isLast = true;
    if (!isOver) {
      try {
        this.#parser.end();
      } catch (error) {
        this.#fail();
        throw error;
      }
    }
    this.#receiving = false;
    if (this.#current === undefined && !this.#hasFailed) this.#answer = 'closed';
  }

  /** No further requests, but for one whose head has begun: the last answer says `Connection: close`. */
  stop(): void {
    this.#isStopping = true;
    if (this.isInHead) return;
    this.#isLast = true;
    if (this.#current === undefined && !this.#receiving && !this.#hasFailed) this.#answer = 'closed';
  }

  /** A `1xx` response; empty for a client of HTTP/1.0, which knows none (RFC 9110 15.2). */
  sendInformational(status: number, headers: HeaderList = noFields): string {
    const head = this.#expect('head');
    if (status < 100 || status > 199 || status === 101) {
      throw new HttpUsageError('BAD_STATUS', `${String(status)} is no informational status`);
    }
    if (head.version === '1.0') return '';
    return `${statusLine(status, undefined)}${writeFields(headers).text}\r\n`;
  }

  /** A response with its whole body: the fast path. Content-Length is set here. */
  sendResponse(response: ResponseHead, body: WholeBody = ''): Output {
    const request = this.#expect('head');
    const { status } = response;
    const fields = writeHead(status, response.reason, response.headers ?? noFields, this.dateLine);
    const isTunnelled = isTunnel(request, status);
    if (status === 204 || status === 304) {
      let text = fields.text + this.#persistence(fields, request, isTunnelled);
      if (status === 304 && fields.contentLength >= 0) text += lengthLine(fields.contentLength);
      text += '\r\n';
      this.#finish();
      return text;
    }
    const isInline = typeof body === 'string' ? body.length < inlineBytes : body.length < inlineBytes / 4;
    let inline = '';
    let apart: Uint8Array | undefined;
    let length;
    if (!isInline) {
      apart = typeof body === 'string' ? utf8(body) : body;
      length = apart.length;
    } else {
      inline = typeof body === 'string' && isAscii(body) ? body : asLatin1(body);
      length = inline.length;
    }
    if (fields.contentLength >= 0 && fields.contentLength !== length && request.method !== 'HEAD') {
      throw new HttpUsageError(
        'BAD_BODY',
        `Content-Length is ${String(fields.contentLength)}, the body ${String(length)}`,
      );
    }
    if (fields.contentLength >= 0) length = fields.contentLength;
    const text =
      fields.text +
      this.#persistence(fields, request, isTunnelled) +
      (isTunnelled ? '\r\n' : lastLengthLine(length));
    this.#finish();
    if (request.method === 'HEAD') return text;
    return apart === undefined ? text + inline : [text, apart];
  }

  /**
   * The head of a response whose body follows by {@link sendData}. Without a Content-Length it goes in chunks, and to a client of HTTP/1.0
   * until the connection ends.
   */
  sendHead(response: ResponseHead): string {
    const request = this.#expect('head');
    const { status } = response;
    const fields = writeHead(status, response.reason, response.headers ?? noFields, this.dateLine);
    const isTunnelled = isTunnel(request, status);
    const hasNoBody = status === 204 || status === 304;
    const length = isTunnelled ? -1 : fields.contentLength;
    this.#dropsBody = hasNoBody || request.method === 'HEAD';
    this.#bodyLeft = length;
    this.#chunked = !hasNoBody && length < 0 && request.version === '1.1' && !isTunnelled;
    const endsByClose = isTunnelled || (length < 0 && !this.#chunked && !this.#dropsBody);
    let text = fields.text + this.#persistence(fields, request, endsByClose);
    if (length >= 0 && status !== 204) text += lengthLine(length);
    if (this.#chunked) text += 'Transfer-Encoding: chunked\r\n';
    this.#answer = 'body';
    return `${text}\r\n`;
  }

  /** True where `sendData` would send nothing: HEAD, 204, 304. The body need not be produced. */
  get dropsBody(): boolean {
    return this.#dropsBody;
  }

  /** A piece of the body as what to write before it, itself, and what to write behind it. */
  sendData(bytes: Uint8Array): readonly [before: string, bytes: Uint8Array, after: string] {
    this.#expect('body');
    if (this.#dropsBody || bytes.length === 0) return nothing;
    if (this.#bodyLeft >= 0) {
      if (this.#bodyLeft < bytes.length) {
        throw new HttpUsageError('BAD_BODY', 'the body is longer than its Content-Length');
      }
      this.#bodyLeft -= bytes.length;
    }
    return this.#chunked ? [`${bytes.length.toString(16)}\r\n`, bytes, '\r\n'] : ['', bytes, ''];
  }

  /** The end of the body. Trailers go where the body went in chunks; elsewhere they are dropped. */
  sendEnd(trailers: HeaderList = noFields): string {
    this.#expect('body');
    if (this.#bodyLeft > 0 && !this.#dropsBody) {
      throw new HttpUsageError(
        'BAD_BODY',
        `the body is ${String(this.#bodyLeft)} bytes shorter than its Content-Length`,
      );
    }
    const text = this.#chunked && !this.#dropsBody ? `0\r\n${writeTrailers(trailers)}\r\n` : '';
    this.#finish();
    return text;
  }

  /** The answer to what could not be read as a request; it ends the connection. Empty where an answer is under way already. */
  sendError(error: HttpProtocolError): string {
    this.#isLast = true;
    this.#receiving = false;
    if (this.#answer === 'body' || this.#answer === 'closed') {
      this.#answer = 'closed';
      return '';
    }
    const isHead = this.#current?.method === 'HEAD';
    this.#current = undefined;
    this.#waiting.length = 0;
    this.#answer = 'closed';
    const body = `${error.message}\n`;
    return (
      `${statusLine(error.status, undefined)}${this.dateLine}Content-Type: text/plain; charset=utf-8\r\n` +
      `Connection: close\r\nContent-Length: ${String(body.length)}\r\n\r\n${isHead ? '' : body}`
    );
  }

  #fail(): void {
    // Where the body of a request breaks that has its answer, a second one would pass for that of the next request.
    if (this.#receiving && this.#current === undefined) this.#answer = 'closed';
    this.#isLast = true;
    this.#hasFailed = true;
    this.#receiving = false;
  }

  #endBody(): void {
    this.#receiving = false;
    if (this.#isLast && this.#current === undefined) this.#answer = 'closed';
  }

  #begin(head: RequestHead): void {
    this.#receiving = true;
    if (!head.keepAlive || this.#isStopping) this.#isLast = true;
    if (this.#current === undefined) {
      this.#current = head;
      this.#answer = 'head';
    } else {
      this.#waiting.push(head);
    }
  }

  #expect(state: 'head' | 'body'): RequestHead {
    if (this.#answer !== state || this.#current === undefined) {
      throw new HttpUsageError(
        'BAD_STATE',
        `the ${state} of a response is not due: the connection is in state ${this.#answer}`,
      );
    }
    return this.#current;
  }

  /** The Connection field, where it has something to say (RFC 9112 9.3). */
  #persistence(fields: WrittenHead, request: RequestHead, endsByClose: boolean): string {
    if (fields.close || endsByClose) this.#closeAfter = true;
    if (fields.close) return '';
    if (this.#closeAfter || !request.keepAlive || this.#answersLast) return 'Connection: close\r\n';
    return request.version === '1.0' ? 'Connection: keep-alive\r\n' : '';
  }

  /** The answer under way is the last one that this connection carries. */
  get #answersLast(): boolean {
    return this.#isLast && this.#waiting.length === 0 && !this.#hasFailed;
  }

  #finish(): void {
    const request = this.#current;
    const next = this.#waiting.length > 0 ? this.#waiting.shift() : undefined;
    this.#dropsBody = false;
    this.#current = next;
    if (
      (this.#isLast && next === undefined && !this.#hasFailed) ||
      this.#closeAfter ||
      request?.keepAlive !== true
    ) {
      this.#isLast = true;
      this.#current = undefined;
      this.#waiting.length = 0;
      this.#answer = 'closed';
    } else {
      this.#answer = next === undefined ? 'idle' : 'head';
    }
  }
}

const nothing: readonly [string, Uint8Array, string] = ['', new Uint8Array(0), ''];

/** A 2xx to CONNECT turns the connection into a tunnel and has no framing fields (RFC 9110 9.3.6). */
function isTunnel(request: RequestHead, status: number): boolean {
  return request.method === 'CONNECT' && status >= 200 && status < 300;
}

function lengthLine(length: number): string {
  return `Content-Length: ${String(length)}\r\n`;
}

/** Content-Length and the end of the head; those of short bodies are kept. */
function lastLengthLine(length: number): string {
  if (length >= keptLengthLines) return makeLengthLine(length);
  return (lengthLines[length] ??= makeLengthLine(length));
}

function makeLengthLine(length: number): string {
  return flatten(`Content-Length: ${String(length)}\r\n\r\n`);
}

const keptLengthLines = 2048;
const lengthLines: (string | undefined)[] = Array.from({ length: keptLengthLines }, () => undefined);

function asLatin1(body: WholeBody): string {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  return latin1(bytes, 0, bytes.length);
}
