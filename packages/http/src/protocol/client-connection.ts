import { HttpUsageError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import type { ResponseEvent } from './events.ts';
import { utf8 } from './octets.ts';
import { writeRequestHead, type RequestLine, type WrittenRequest } from './request-writer.ts';
import { ResponseParser, type ResponseParserOptions } from './response-parser.ts';
import {
  clientReading,
  clientSending,
  receive,
  receiveOn,
  REFUSED,
  send,
  sendOn,
  then,
  transition,
  type RequestState,
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
import { writeTrailers } from './writer.ts';

/** Options of a {@link ClientConnection}: limits of messages, leniencies, and how it talks. */
export interface ClientConnectionOptions extends ResponseParserOptions {
  /**
   * Requests may be sent before the answers to earlier ones are there (RFC 9112 9.3.2). Default false: servers and proxies that mix up the answers
   * still exist, and what was sent when a connection ends may have been done or not.
   */
  readonly pipelining?: boolean | undefined;
}

const noFields: HeaderList = [];
const { next: sending } = clientSending;
const { next: reading } = clientReading;

/**
 * One client's end of an HTTP/1.1 connection, without I/O: requests in, bytes out; bytes in, events out. The mirror of `ServerConnection`; how its
 * state changes is in `states.ts`.
 *
 * What the client may send next:
 *
 * | state | meaning | send… | then |
 * |---|---|---|---|
 * | `idle` | no answer is due | `sendRequest` | `sent`; `paused` with Upgrade or CONNECT; `closed` with `Connection: close` |
 * | | | `sendHead` | `body` |
 * | `body` | a request's body is under way | `sendData` | `body` |
 * | | | `sendEnd` | as after `sendRequest`; `idle` where its answer has come already |
 * | `sent` | an answer is due | with `pipelining` as `idle`, else nothing | the end of the answer → `idle` |
 * | `paused` | the answer decides about the protocol | nothing | `upgrade` → `switched`, else `idle` |
 * | `switched` | the connection is no longer HTTP | nothing: see `takeRest` | – |
 * | `closed` | nothing more may be sent | nothing | – |
 */
export class ClientConnection {
  readonly #parser: ResponseParser;
  readonly #pipelining: boolean;
  #send: number = send.IDLE;
  #read: number = receive.IDLE;
  /** Requests whose answer is not complete, oldest first. */
  readonly #unanswered: RequestLine[] = [];
  /** The request under way, or the last one. */
  #written: WrittenRequest | undefined;
  /** The server, or the last request, said that no other follows. */
  #isLast = false;
  #inputEnded = false;
  #hasResponseBegun = false;
  #chunked = false;
  /** Bytes the body still has to have where its length was announced. */
  #bodyLeft = 0;

  /** @throws HttpUsageError `BAD_OPTION` */
  constructor(options: ClientConnectionOptions = {}) {
    this.#parser = new ResponseParser(options);
    this.#pipelining = options.pipelining === true;
  }

  get state(): RequestState {
    return clientSending.states[this.#send] as RequestState;
  }

  /** The request that the next event belongs to. */
  get current(): RequestLine | undefined {
    return this.#unanswered[0];
  }

  /** Requests begun whose answer is not complete. */
  get unanswered(): number {
    return this.#unanswered.length;
  }

  /** A response's head was told, and its end was not. */
  get isReceivingBody(): boolean {
    return this.#read === receive.BODY;
  }

  /**
   * Something of the answer to {@link current} has come, an informational one included. Where the connection ends before that, a request that may be
   * repeated may go over another one (RFC 9112 9.3.1).
   */
  get hasResponseBegun(): boolean {
    return this.#hasResponseBegun || this.#parser.isInHead;
  }

  /** Another request may be sent: all is answered, both sides want to go on, and nothing came that was not asked for. */
  get isReusable(): boolean {
    return this.#send === send.IDLE && this.#read === receive.IDLE && this.#parser.bufferedBytes === 0;
  }

  /** The connection has to end: its last answer is complete, or it is broken. What is under way of a request need not be sent. */
  get mustClose(): boolean {
    return this.#read === receive.DONE || this.#read === receive.FAILED;
  }

  /** Bytes received and not yet told as events. */
  get bufferedBytes(): number {
    return this.#parser.bufferedBytes;
  }

  /**
   * A request with its whole body: Content-Length is set here. Without one it has no body; POST, PUT and PATCH then say so (RFC 9110 8.6).
   *
   * @throws HttpUsageError `BAD_STATE` out of turn; `BAD_REQUEST` `BAD_FIELD` as the request line and its fields are wrong; `BAD_BODY` for one that
   *   contradicts its Content-Length, or stands behind CONNECT or TRACE
   */
  sendRequest(request: RequestLine, body?: WholeBody): Output {
    this.#expect(this.#requestEvent, 'request');
    const written = writeRequestHead(request);
    const { contentLength } = written;
    if (body === undefined) {
      if (contentLength > 0) throw badLength(contentLength, 0);
      const saysSo = contentLength === 0 || hasContent(request.method);
      this.#begin(request, written);
      this.#end();
      return written.text + (saysSo ? lastLengthLine(0) : '\r\n');
    }
    mayHaveBody(request.method);
    let inline = '';
    let apart: Uint8Array | undefined;
    if (isInline(body)) inline = inlineText(body);
    else apart = typeof body === 'string' ? utf8(body) : body;
    const length = apart?.length ?? inline.length;
    if (contentLength >= 0 && contentLength !== length) throw badLength(contentLength, length);
    this.#begin(request, written);
    this.#end();
    const text = written.text + lastLengthLine(length);
    return apart === undefined ? text + inline : [text, apart];
  }

  /**
   * The head of a request whose body follows by {@link sendData}: in chunks, where no Content-Length is among the fields.
   *
   * @throws HttpUsageError as {@link sendRequest}; `BAD_BODY` for HTTP/1.0 without a Content-Length, and for CONNECT and TRACE
   */
  sendHead(request: RequestLine): string {
    this.#expect(this.#requestEvent, 'request');
    const written = writeRequestHead(request);
    const { contentLength } = written;
    mayHaveBody(request.method);
    if (contentLength < 0 && request.version === '1.0')
      throw new HttpUsageError('BAD_BODY', 'HTTP/1.0 has no chunks: a body needs its Content-Length');
    this.#chunked = contentLength < 0;
    this.#bodyLeft = Math.max(contentLength, 0);
    this.#begin(request, written);
    return `${written.text}${this.#chunked ? 'Transfer-Encoding: chunked\r\n' : lengthLine(contentLength)}\r\n`;
  }

  /** A piece of the body as what to write before it, itself, and what to write behind it. */
  sendData(bytes: Uint8Array): readonly [before: string, bytes: Uint8Array, after: string] {
    this.#expect(sendOn.DATA, 'body');
    if (this.#chunked)
      return bytes.length === 0 ? nothing : [`${bytes.length.toString(16)}\r\n`, bytes, '\r\n'];
    if (this.#bodyLeft < bytes.length)
      throw new HttpUsageError('BAD_BODY', 'the body is longer than its Content-Length');
    this.#bodyLeft -= bytes.length;
    return ['', bytes, ''];
  }

  /** The end of the body. Trailers go where the body went in chunks; elsewhere they are dropped. */
  sendEnd(trailers: HeaderList = noFields): string {
    this.#expect(sendOn.END, 'body');
    if (this.#bodyLeft > 0) {
      const left = String(this.#bodyLeft);
      throw new HttpUsageError('BAD_BODY', `the body is ${left} bytes shorter than its Content-Length`);
    }
    const text = this.#chunked ? `0\r\n${writeTrailers(trailers)}\r\n` : '';
    this.#end();
    return text;
  }

  receive(bytes: Uint8Array): void {
    if (this.#read !== receive.FAILED) this.#parser.push(bytes);
  }

  /** The server sends nothing more: the end of a body that ends so; {@link nextEvent} tells of it, and of a response that is cut short. */
  receiveEnd(): void {
    this.#inputEnded = true;
    this.#closeIfDone();
  }

  /**
   * The next event of the responses, each to the oldest request without one. It may come before that request is complete.
   *
   * @throws HttpProtocolError once, as `ResponseParser`: `UNSOLICITED` `TOO_MANY_INFORMATIONAL` `TRUNCATED` and what makes a response none
   */
  nextEvent(): ResponseEvent | undefined {
    if (this.#read === receive.FAILED) return undefined;
    let event;
    try {
      event = this.#inputEnded ? this.#parser.end() : this.#parser.next();
      if (event !== undefined) this.#take(event);
    } catch (error) {
      this.#read = transition(reading, this.#read, receiveOn.FAULT);
      this.#send = transition(sending, this.#send, sendOn.FAULT);
      throw error;
    }
    return event;
  }

  /** What has come behind the answer that changed the protocol; empty when it was taken. @throws HttpUsageError `BAD_STATE` before that */
  takeRest(): Uint8Array {
    if (this.#send !== send.SWITCHED)
      throw new HttpUsageError('BAD_STATE', 'the connection still speaks HTTP');
    return this.#parser.takeRest();
  }

  get #requestEvent(): number {
    return this.#pipelining ? sendOn.PIPELINED : sendOn.REQUEST;
  }

  #expect(event: number, part: string): void {
    if (transition(sending, this.#send, event) !== REFUSED) return;
    throw new HttpUsageError('BAD_STATE', `no ${part} may be sent: the connection is in state ${this.state}`);
  }

  #begin(request: RequestLine, written: WrittenRequest): void {
    this.#send = transition(sending, this.#send, this.#requestEvent);
    this.#read = transition(reading, this.#read, receiveOn.REQUEST);
    this.#written = written;
    this.#unanswered.push(request);
    this.#parser.expect(request.method);
  }

  /** The request is complete. */
  #end(): void {
    const { keepAlive, maySwitch } = this.#written as WrittenRequest;
    const isAnswered = this.#unanswered.length === 0;
    let event: number = sendOn.END;
    if (this.#isLast) event = sendOn.END_LAST;
    else if (maySwitch && !isAnswered) event = sendOn.END_MAY_SWITCH;
    else if (!keepAlive) event = sendOn.END_LAST;
    else if (isAnswered) event = sendOn.END_ANSWERED;
    if (event === sendOn.END_MAY_SWITCH) this.#parser.expectUpgrade();
    this.#send = transition(sending, this.#send, event);
  }

  #take(event: ResponseEvent): void {
    switch (event.type) {
      case 'informational':
        this.#hasResponseBegun = true;
        this.#read = transition(reading, this.#read, receiveOn.INFORMATIONAL);
        break;
      case 'head':
        this.#hasResponseBegun = true;
        this.#read = transition(reading, this.#read, receiveOn.RESPONSE);
        if (!event.keepAlive) this.#isLast = true;
        break;
      case 'upgrade':
        this.#unanswered.length = 0;
        this.#read = transition(reading, this.#read, receiveOn.UPGRADE);
        this.#send = transition(sending, this.#send, sendOn.UPGRADE);
        break;
      case 'end':
        this.#finish();
        break;
      case 'data':
      case 'trailers':
    }
  }

  /** A response is complete. */
  #finish(): void {
    this.#hasResponseBegun = false;
    this.#unanswered.shift();
    const isNoneDue = this.#unanswered.length === 0;
    if (isNoneDue && this.#written?.keepAlive !== true) this.#isLast = true;
    const which = this.#isLast ? then.CLOSED : isNoneDue ? then.IDLE : then.NEXT;
    this.#read = transition(reading, this.#read, receiveOn.END + which);
    this.#send = transition(sending, this.#send, sendOn.ANSWERED + which);
    if (this.#isLast) this.#parser.expectNoMore();
    this.#closeIfDone();
  }

  /** The input has ended where no answer is due. */
  #closeIfDone(): void {
    if (!this.#inputEnded || this.#read !== receive.IDLE || this.#parser.bufferedBytes > 0) return;
    this.#isLast = true;
    this.#read = transition(reading, this.#read, receiveOn.INPUT_END);
    this.#send = transition(sending, this.#send, sendOn.INPUT_END);
  }
}

/** Methods whose requests usually have a body, so that none is worth a word. */
function hasContent(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

function mayHaveBody(method: string): void {
  // RFC 9110 9.3.6, 9.3.8.
  if (method === 'CONNECT' || method === 'TRACE')
    throw new HttpUsageError('BAD_BODY', `${method} has no body`);
}

function badLength(announced: number, found: number): HttpUsageError {
  return new HttpUsageError('BAD_BODY', `Content-Length is ${String(announced)}, the body ${String(found)}`);
}
