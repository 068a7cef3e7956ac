import { HttpUsageError, type HttpProtocolError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import type { RequestEvent, RequestHead } from './events.ts';
import type { Leniency } from './leniency.ts';
import type { MessageLimits } from './limits.ts';
import { utf8 } from './octets.ts';
import { RequestParser } from './request-parser.ts';
import {
  answer,
  answerOn,
  read,
  readOn,
  REFUSED,
  serverAnswering,
  serverReading,
  then,
  transition,
  type AnswerState,
} from './states.ts';
import {
  inlineText,
  isInline,
  lastLengthLine,
  lengthLine,
  nothing,
  type Output,
  type WholeBody,
} from './whole-body.ts';
import {
  errorResponse,
  statusLine,
  writeFields,
  writeHead,
  writeTrailers,
  writeUpgrade,
  type ResponseHead,
  type WrittenHead,
} from './writer.ts';

const noFields: HeaderList = [];
const { next: answering } = serverAnswering;
const { next: reading } = serverReading;

/**
 * One server's end of an HTTP/1.1 connection, without I/O, in the manner of h11: bytes in, events out; answers in, bytes out. All state of
 * the connection is here, and how it changes is in `states.ts`. Requests may be taken ahead of their answers (pipelining, RFC 9112 9.3.2);
 * answers always belong to the oldest request without one.
 *
 * What the server may send next, for that request:
 *
 * | state | meaning | send… | then |
 * |---|---|---|---|
 * | `idle` | no request waits | nothing | a head from `nextEvent()` → `head` |
 * | `head` | its head is due | `sendInformational` | `head` |
 * | | | `sendResponse` | next request → `head`, none → `idle`, not kept alive → `closed` |
 * | | | `sendHead` | `body` |
 * | | | `sendUpgrade` | `switched` |
 * | `body` | its body is under way | `sendData` | `body` |
 * | | | `sendEnd` | as after `sendResponse` |
 * | `switched` | the connection is no longer HTTP | nothing: see `takeRest` | – |
 * | `closed` | nothing more may be sent | nothing | – |
 */
export class ServerConnection {
  /** A whole field line (`Date: …` CR LF) to be sent with each final response; the driver has the clock. */
  dateLine = '';
  readonly #parser: RequestParser;
  #current: RequestHead | undefined;
  readonly #waiting: RequestHead[] = [];
  #answer: number = answer.IDLE;
  #read: number = read.HEAD;
  /** The request being read would change the protocol: reading stops behind it until it has its answer. */
  #maySwitch = false;
  /** The input ended while reading was paused, with bytes before its end. */
  #endIsDue = false;
  #chunked = false;
  /** Bytes the body may still have; -1 where no length was announced. */
  #bodyLeft = -1;
  #dropsBody = false;
  #closeAfter = false;

  /** @throws HttpUsageError `BAD_OPTION` */
  constructor(options: Partial<MessageLimits> & Leniency = {}) {
    this.#parser = new RequestParser(options);
  }

  get state(): AnswerState {
    return serverAnswering.states[this.#answer] as AnswerState;
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
    return this.#read === read.BODY || this.#read === read.LAST_BODY;
  }

  /** A head has begun and is not complete. */
  get isInHead(): boolean {
    return this.#read <= read.LAST_HEAD && this.#parser.isInHead;
  }

  /**
   * Behind a request with Upgrade, or CONNECT: until it is answered nobody knows in what protocol the bytes are that follow. They are kept
   * meanwhile, so stop reading the transport; then `nextEvent` goes on, or `takeRest` has them.
   */
  get isPaused(): boolean {
    return this.#read === read.PAUSED || this.#read === read.LAST_PAUSED;
  }

  /** After what is sent so far the connection has to end. */
  get mustClose(): boolean {
    return this.#answer === answer.CLOSED;
  }

  /** Bytes received and not yet told as events. */
  get bufferedBytes(): number {
    return this.#parser.bufferedBytes;
  }

  /** For a connection that waits for long: between two requests it lets go of what can be made again, half a kilobyte and the last chunk. */
  relax(): void {
    this.#parser.relax();
  }

  receive(bytes: Uint8Array): void {
    if (this.#read < read.DONE || this.#read === read.SWITCHED) this.#parser.push(bytes);
  }

  /**
   * The next event of the requests. After a request that ends the connection nothing more is read (RFC 9112 9.6).
   *
   * @throws HttpProtocolError once; answer it by {@link sendError} when all earlier requests have their answers.
   */
  nextEvent(): RequestEvent | undefined {
    if (this.#read >= read.PAUSED) return undefined;
    let event;
    try {
      event = this.#parser.next();
    } catch (error) {
      this.#fail();
      throw error;
    }
    if (event === undefined) {
      if (this.#endIsDue) this.receiveEnd();
      return undefined;
    }
    if (event.type === 'head') this.#begin(event);
    else if (event.type === 'end') this.#endBody();
    return event;
  }

  /** The peer sends nothing more. @throws HttpProtocolError `TRUNCATED` inside a request */
  receiveEnd(): void {
    this.#endIsDue = this.isPaused && this.#parser.bufferedBytes > 0;
    if (this.#endIsDue) return;
    if (this.#read < read.PAUSED) {
      try {
        this.#parser.end();
      } catch (error) {
        this.#fail();
        throw error;
      }
    }
    this.#read = transition(reading, this.#read, readOn.INPUT_END);
    this.#closeIfDone();
  }

  /** No further requests, but for one whose head has begun: the last answer says `Connection: close`. */
  stop(): void {
    this.#read = transition(reading, this.#read, this.isInHead ? readOn.STOP_IN_HEAD : readOn.STOP);
    this.#closeIfDone();
  }

  /** A `1xx` response; empty for a client of HTTP/1.0, which knows none (RFC 9110 15.2). */
  sendInformational(status: number, headers: HeaderList = noFields): string {
    const head = this.#expect(answerOn.INFORMATIONAL, 'head');
    if (status < 100 || status > 199 || status === 101) {
      throw new HttpUsageError('BAD_STATUS', `${String(status)} is no informational status`);
    }
    if (head.version === '1.0') return '';
    return `${statusLine(status, undefined)}${writeFields(headers).text}\r\n`;
  }

  /** A response with its whole body: the fast path. Content-Length is set here. */
  sendResponse(response: ResponseHead, body: WholeBody = ''): Output {
    const request = this.#expect(answerOn.RESPONSE, 'head');
    const { status } = response;
    const fields = writeHead(status, response.reason, response.headers ?? noFields, this.dateLine);
    const isTunnelled = isTunnel(request, status);
    if (status === 204 || status === 304) {
      let text = fields.text + this.#persistence(fields, request, isTunnelled);
      if (status === 304 && fields.contentLength >= 0) text += lengthLine(fields.contentLength);
      text += '\r\n';
      this.#finish(answerOn.RESPONSE);
      return text;
    }
    let inline = '';
    let apart: Uint8Array | undefined;
    let length;
    if (isInline(body)) {
      inline = inlineText(body);
      length = inline.length;
    } else {
      apart = typeof body === 'string' ? utf8(body) : body;
      length = apart.length;
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
    this.#finish(answerOn.RESPONSE);
    if (request.method === 'HEAD') return text;
    return apart === undefined ? text + inline : [text, apart];
  }

  /**
   * The head of a response whose body follows by {@link sendData}. Without a Content-Length it goes in chunks, and to a client of HTTP/1.0
   * until the connection ends.
   */
  sendHead(response: ResponseHead): string {
    const request = this.#expect(answerOn.HEAD, 'head');
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
    this.#answer = transition(answering, this.#answer, answerOn.HEAD);
    return `${text}\r\n`;
  }

  /** True where `sendData` would send nothing: HEAD, 204, 304. The body need not be produced. */
  get dropsBody(): boolean {
    return this.#dropsBody;
  }

  /** A piece of the body as what to write before it, itself, and what to write behind it. */
  sendData(bytes: Uint8Array): readonly [before: string, bytes: Uint8Array, after: string] {
    this.#expect(answerOn.DATA, 'body');
    if (this.#dropsBody || bytes.length === 0) return nothing;
    if (this.#bodyLeft >= 0) {
      if (this.#bodyLeft < bytes.length) {
        throw new HttpUsageError('BAD_BODY', 'the body is longer than its Content-Length');
      }
      this.#bodyLeft -= bytes.length;
    }
    return this.#chunked ? [`${bytes.length.toString(16)}\r\n`, bytes, '\r\n'] : ['', bytes, ''];
  }

  /** So many bytes of a body with a Content-Length leave by another way, a file's say: nothing is to be written around them. */
  sendElsewhere(bytes: number): void {
    this.#expect(answerOn.DATA, 'body');
    if (this.#bodyLeft < bytes) {
      throw new HttpUsageError('BAD_BODY', 'the body is longer than its Content-Length, or has none');
    }
    this.#bodyLeft -= bytes;
  }

  /** The end of the body. Trailers go where the body went in chunks; elsewhere they are dropped. */
  sendEnd(trailers: HeaderList = noFields): string {
    this.#expect(answerOn.END, 'body');
    if (this.#bodyLeft > 0 && !this.#dropsBody) {
      throw new HttpUsageError(
        'BAD_BODY',
        `the body is ${String(this.#bodyLeft)} bytes shorter than its Content-Length`,
      );
    }
    const text = this.#chunked && !this.#dropsBody ? `0\r\n${writeTrailers(trailers)}\r\n` : '';
    this.#finish(answerOn.END);
    return text;
  }

  /**
   * The answer that changes the protocol: 101 for a request with Upgrade (RFC 9110 7.8), 2xx for CONNECT (9.3.6). Neither has a body, and the
   * connection carries no more HTTP: what came behind the request is {@link takeRest}.
   *
   * @throws HttpUsageError `BAD_STATE` while the request is not read to its end, or would not change the protocol; `BAD_STATUS`; `BAD_FIELD`
   *   for fields that frame a body, or a 101 without Upgrade
   */
  sendUpgrade(response: ResponseHead): string {
    const request = this.#expect(answerOn.UPGRADE, 'head');
    // Reading is paused for the newest request only.
    if (!this.isPaused || this.#waiting.length > 0) {
      throw new HttpUsageError(
        'BAD_STATE',
        'the request asks for no other protocol, or is not there as a whole',
      );
    }
    const { status } = response;
    if (request.method === 'CONNECT' ? !isTunnel(request, status) : status !== 101) {
      throw new HttpUsageError('BAD_STATUS', `status ${String(status)} does not change the protocol`);
    }
    const text = writeUpgrade(status, response.reason, response.headers ?? noFields, this.dateLine);
    this.#answer = transition(answering, this.#answer, answerOn.UPGRADE);
    this.#read = transition(reading, this.#read, readOn.UPGRADE);
    this.#current = undefined;
    return text;
  }

  /** What has come behind the request that changed the protocol; empty when it was taken. @throws HttpUsageError `BAD_STATE` before that */
  takeRest(): Uint8Array {
    if (this.#answer !== answer.SWITCHED)
      throw new HttpUsageError('BAD_STATE', 'the connection still speaks HTTP');
    return this.#parser.takeRest();
  }

  /** The answer to what could not be read as a request; it ends the connection. Empty where an answer is under way already. */
  sendError(error: HttpProtocolError): string {
    const mayAnswer = this.#answer === answer.IDLE || this.#answer === answer.HEAD;
    this.#read = transition(reading, this.#read, readOn.ERROR_SENT);
    this.#answer = transition(answering, this.#answer, answerOn.ERROR);
    if (!mayAnswer) return '';
    const isHead = this.#current?.method === 'HEAD';
    this.#current = undefined;
    this.#waiting.length = 0;
    return errorResponse(error, this.dateLine, isHead);
  }

  #fail(): void {
    // Where the body of a request breaks that has its answer, a second one would pass for that of the next request.
    const isAnswered = this.isReceivingBody && this.#current === undefined;
    this.#read = transition(reading, this.#read, readOn.FAULT);
    if (isAnswered) this.#answer = transition(answering, this.#answer, answerOn.NO_MORE);
  }

  #begin(head: RequestHead): void {
    const isLast = !head.keepAlive || this.#read === read.LAST_HEAD;
    this.#read = transition(reading, this.#read, isLast ? readOn.LAST_REQUEST : readOn.REQUEST);
    this.#answer = transition(answering, this.#answer, answerOn.REQUEST);
    this.#maySwitch = head.wantsUpgrade || head.method === 'CONNECT';
    if (this.#current === undefined) this.#current = head;
    else this.#waiting.push(head);
  }

  #endBody(): void {
    // A request that has its answer already stays with this protocol.
    const pauses = this.#maySwitch && this.#current !== undefined;
    this.#read = transition(reading, this.#read, pauses ? readOn.END_MAY_SWITCH : readOn.END);
    this.#closeIfDone();
  }

  /** All is read and all is answered. */
  #closeIfDone(): void {
    if (this.#read === read.DONE && this.#current === undefined)
      this.#answer = transition(answering, this.#answer, answerOn.NO_MORE);
  }

  #expect(event: number, part: 'head' | 'body'): RequestHead {
    const request = this.#current;
    if (request === undefined || transition(answering, this.#answer, event) === REFUSED) {
      throw new HttpUsageError(
        'BAD_STATE',
        `the ${part} of a response is not due: the connection is in state ${this.state}`,
      );
    }
    return request;
  }

  /** The Connection field, where it has something to say (RFC 9112 9.3). */
  #persistence(fields: WrittenHead, request: RequestHead, endsByClose: boolean): string {
    if (fields.close || endsByClose) this.#closeAfter = true;
    if (fields.close) return '';
    if (this.#closeAfter || !request.keepAlive || (this.#takesNoMore && this.#waiting.length === 0))
      return 'Connection: close\r\n';
    return request.version === '1.0' ? 'Connection: keep-alive\r\n' : '';
  }

  /** No further request will be taken: the peer said so, or we did. After a fault there is its own answer to come. */
  get #takesNoMore(): boolean {
    const state = this.#read;
    return state === read.DONE || state === read.LAST_BODY || state === read.LAST_PAUSED;
  }

  /** The answer is complete. `event` is the first of the three that say so. */
  #finish(event: number): void {
    const request = this.#current;
    const next = this.#waiting.length > 0 ? this.#waiting.shift() : undefined;
    this.#dropsBody = false;
    if (this.#closeAfter || request?.keepAlive !== true || (next === undefined && this.#takesNoMore)) {
      this.#read = transition(reading, this.#read, readOn.CLOSING);
      this.#answer = transition(answering, this.#answer, event + then.CLOSED);
      this.#current = undefined;
      this.#waiting.length = 0;
      return;
    }
    if (this.#read === read.PAUSED && next === undefined)
      this.#read = transition(reading, this.#read, readOn.ANSWERED);
    this.#answer = transition(answering, this.#answer, event + (next === undefined ? then.IDLE : then.NEXT));
    this.#current = next;
  }
}

/** A 2xx to CONNECT turns the connection into a tunnel and has no framing fields (RFC 9110 9.3.6). */
function isTunnel(request: RequestHead, status: number): boolean {
  return request.method === 'CONNECT' && status >= 200 && status < 300;
}
