import {
  handBack,
  SocketError,
  type ByteReceiver,
  type ByteStream,
  type SocketStream,
} from '@wirestack/socket';
import { HttpProtocolError } from '../errors.ts';
import { ClientConnection } from '../protocol/client-connection.ts';
import type { ReceivedResponse } from '../protocol/events.ts';
import type { TransportSettings } from './client-options.ts';
import type { ConnectionSteps, ResponseTiming } from './client-response.ts';
import { ConnectionDeadline } from './connection-deadline.ts';
import { cutShort, disconnected, type HttpClientError } from './errors.ts';
import type { Exchange, ExchangeHolder } from './exchange.ts';
import { ReceivedBody, type BodyCarrier } from './received-body.ts';
import { RequestSender, type SenderOwner } from './request-sender.ts';

/** Whom a connection belongs to. */
export interface ConnectionOwner {
  readonly settings: TransportSettings;
  /** The target is to be written as a whole URL: the other end is a proxy (RFC 9112 3.2.2). */
  readonly usesAbsoluteForm: boolean;
  /** It can take another exchange. */
  available(connection: PooledConnection): void;
  /** It takes no more. @param lost exchanges that may go over another connection, oldest first */
  gone(connection: PooledConnection, lost: readonly Exchange[]): void;
}

/** For the FIN to be taken by a server that reads no more. */
const closeTimeoutMs = 2000;

/** One connection to a server: joins the protocol to the stream, and answers to the exchanges that asked. */
export class PooledConnection implements ByteReceiver, ExchangeHolder, BodyCarrier, SenderOwner {
  /** Connections to its origin are counted from 1. */
  readonly ordinal: number;
  readonly #stream: ByteStream;
  readonly #protocol: ClientConnection;
  readonly #owner: ConnectionOwner;
  readonly #steps: ConnectionSteps;
  readonly #settings: TransportSettings;
  /** Whose answer is not complete, oldest first. */
  readonly #exchanges: Exchange[] = [];
  readonly #sender: RequestSender;
  #requests = 0;
  #isResting = false;
  readonly #deadline: ConnectionDeadline;
  /** Bytes that the body under way announced. */
  #bodyLength: number | undefined;
  #isPaused = false;
  #isOver = false;

  constructor(stream: ByteStream, owner: ConnectionOwner, ordinal: number, steps: ConnectionSteps) {
    this.ordinal = ordinal;
    this.#stream = stream;
    this.#steps = steps;
    this.#owner = owner;
    this.#settings = owner.settings;
    this.#protocol = new ClientConnection(owner.settings.messages);
    this.#sender = new RequestSender(stream, this.#protocol, this);
    this.#deadline = new ConnectionDeadline(owner.settings, () => {
      this.#expired();
    });
    stream.attach(this);
  }

  /** Requests whose answer is not complete. */
  get load(): number {
    return this.#exchanges.length;
  }

  /** Nothing is under way, and another request may be. */
  get isIdle(): boolean {
    return !this.#isOver && this.#exchanges.length === 0 && this.#protocol.isReusable;
  }

  /** A request has gone over it. */
  get isUsed(): boolean {
    return this.#requests > 0;
  }

  /** Another request may be sent behind those under way. */
  get mayPipeline(): boolean {
    const { state } = this.#protocol;
    if (this.#isOver || this.#sender.current !== undefined || (state !== 'idle' && state !== 'sent'))
      return false;
    // RFC 9112 9.3.2: nothing behind what must not be sent twice.
    return this.#exchanges[0]?.mayBePipelined !== false;
  }

  /** Idle for longer than the server, or the client, keeps such a connection. */
  get isStale(): boolean {
    return this.#deadline.isStale;
  }

  /** When it was given nothing more to do. */
  get idleSince(): number {
    return this.#deadline.idleSince;
  }

  start(exchange: Exchange): void {
    const { request, target, fields } = exchange;
    const { usesAbsoluteForm } = this.#owner;
    const line = {
      method: request.method,
      target: usesAbsoluteForm ? target.href : target.path,
      headers: fields,
    };
    exchange.attempts++;
    exchange.connectedAt = this.#settings.clock.elapsed();
    exchange.isReused = this.isUsed;
    try {
      this.#sender.send(exchange, line);
    } catch (error) {
      // The program's fault: nothing was sent, and the connection is as it was.
      exchange.failed(error as Error);
      return;
    }
    this.#requests++;
    if (this.#isResting) this.#wake();
    exchange.holder = this;
    this.#exchanges.push(exchange);
    if (this.#sender.current === undefined && this.#exchanges.length === 1)
      this.#deadline.waitForHead(exchange);
    this.#sender.tellSent(exchange);
  }

  /** It waits in the pool, and keeps no process alive. */
  rest(): void {
    this.#isResting = true;
    if ('unref' in this.#stream) (this.#stream as SocketStream).unref();
    this.#deadline.rest();
  }

  /** Ends it in order. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#stream.close({ timeoutMs: closeTimeoutMs });
    this.#leave(undefined, undefined);
  }

  /** Ends it at once, and all that is under way. */
  abort(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.abort(error);
    for (const exchange of this.#exchanges.splice(0)) exchange.failed(error);
    this.#leave(error, undefined);
  }

  data(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#protocol.receive(chunk);
    this.#advance();
  }

  end(): void {
    if (this.#isOver) return;
    this.#protocol.receiveEnd();
    this.#advance();
    if (this.#exchanges.length === 0) this.close();
  }

  closed(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave(error, this.#answering);
  }

  drain(): void {
    // An upload waits for its own write.
  }

  aborted(exchange: Exchange, error: HttpClientError): void {
    // One behind others lets them have their answers; then it is its turn to be aborted.
    if (this.#exchanges.indexOf(exchange) > 0) return;
    if (this.#remove(exchange) || this.#sender.current === exchange) this.#cut(error, undefined);
  }

  consumed(body: ReceivedBody): void {
    const exchange = this.#exchanges[0];
    if (exchange?.body !== body || this.#isOver) return;
    if (this.#isPaused) {
      if (body.isFull) {
        this.#deadline.waitForBody(exchange);
        return;
      }
      this.#isPaused = false;
      this.#stream.resume();
      this.#advance();
    } else if (this.#deadline.phase === 'unread') this.#deadline.waitForBody(exchange);
  }

  cancelled(body: ReceivedBody, reason: HttpClientError): void {
    const exchange = this.#exchanges[0];
    if (exchange?.body !== body) return;
    this.#exchanges.shift();
    exchange.failed(reason);
    this.#cut(reason, exchange);
  }

  /** What an upload waits for counts while its answer has not begun. */
  uploadWaits(exchange: Exchange): void {
    const { upload } = exchange;
    if (upload === undefined) return;
    if (this.#exchanges.length > 0 && (this.#exchanges[0] !== exchange || exchange.body !== undefined))
      return;
    this.#deadline.waitForUpload(exchange, upload.phase);
  }

  uploaded(exchange: Exchange): void {
    if (this.#isOver) return;
    if (this.#exchanges[0] === exchange) {
      if (exchange.body === undefined) this.#deadline.waitForHead(exchange);
      return;
    }
    exchange.over();
    this.#settle();
  }

  uploadFailed(exchange: Exchange, error: Error): void {
    // Why a stream ended it says itself, and to all.
    if (this.#isOver || error instanceof SocketError) return;
    const answering = this.#answering;
    this.#remove(exchange);
    exchange.failed(error);
    this.#cut(error, answering);
  }

  /** Takes what has come, as far as there is room for it. */
  #advance(): void {
    try {
      while (!this.#isOver && !this.#isPaused) {
        const event = this.#protocol.nextEvent();
        if (event === undefined) break;
        const exchange = this.#exchanges[0] as Exchange;
        switch (event.type) {
          case 'head':
            this.#begun(exchange, event);
            break;
          case 'data':
            this.#take(exchange, event.bytes);
            break;
          case 'trailers':
            exchange.body?.setTrailers(event.fields);
            break;
          case 'end':
            this.#finished(exchange);
            break;
          case 'informational':
            if (event.head.status === 100) exchange.upload?.continue();
            exchange.request.options.onInformational?.(event.head.status, event.head.headers);
            break;
          case 'upgrade':
            this.#upgraded(exchange, event.head);
        }
      }
    } catch (error) {
      this.#failed(error as Error);
      return;
    }
    const exchange = this.#exchanges[0];
    if (exchange?.body !== undefined && !this.#isOver) this.#deadline.waitForBody(exchange);
  }

  #begun(exchange: Exchange, head: ReceivedResponse): void {
    this.#deadline.learn(head.headers);
    this.#bodyLength = head.framing === 'length' ? head.contentLength : undefined;
    if (this.#sender.current === exchange) {
      // It has said what it wants to say without the rest of the request (RFC 9112 9.5). A 2xx may well be made of it.
      if (head.status >= 300) this.#sender.stopUpload(exchange);
      else exchange.upload?.continue();
    }
    exchange.answered(head, new ReceivedBody(this), { timing: this.#timing(exchange) });
  }

  #take(exchange: Exchange, bytes: Uint8Array): void {
    const body = exchange.body as ReceivedBody;
    body.push(bytes);
    exchange.request.options.onDownload?.(body.receivedBytes, this.#bodyLength);
    if (!body.isFull) return;
    this.#isPaused = true;
    this.#stream.pause();
  }

  #finished(exchange: Exchange): void {
    this.#exchanges.shift();
    exchange.body?.end();
    if (this.#sender.current !== exchange || exchange.upload === undefined) exchange.over();
    this.#settle();
  }

  #upgraded(exchange: Exchange, head: ReceivedResponse): void {
    this.#exchanges.shift();
    this.#isOver = true;
    this.#leave(undefined, undefined);
    const body = new ReceivedBody(this);
    body.end();
    const upgraded = handBack(this.#stream, [this.#protocol.takeRest()]);
    exchange.answered(head, body, { timing: this.#timing(exchange), upgraded });
    exchange.over();
  }

  #timing({ startedAt, connectedAt, isReused }: Exchange): ResponseTiming {
    const headAt = this.#settings.clock.elapsed();
    return { startedAt, connectedAt, headAt, isReused, steps: isReused ? noSteps : this.#steps };
  }

  /** An answer, or a request, is complete: what now? */
  #settle(): void {
    if (this.#isOver) return;
    const next = this.#exchanges[0];
    const sending = this.#sender.current;
    if (this.#protocol.mustClose) this.close();
    else if (next?.isSettled === true) {
      // It was aborted while it stood behind others.
      this.#exchanges.shift();
      this.#cut(undefined, undefined);
    } else if (next !== undefined) {
      this.#deadline.waitForHead(next);
      if (this.mayPipeline) this.#owner.available(this);
    } else if (this.#protocol.isReusable) this.#owner.available(this);
    else if (sending?.upload !== undefined) this.uploadWaits(sending);
    // Behind an answer in full came what nobody asked for, or the rest of the request is not wanted.
    else this.close();
  }

  #wake(): void {
    this.#isResting = false;
    if ('ref' in this.#stream) (this.#stream as SocketStream).ref();
  }

  #expired(): void {
    const { phase } = this.#deadline;
    if (phase === 'program') return;
    if (phase === 'continue') this.#sender.current?.upload?.continue();
    else if (phase !== 'idle') {
      const error = this.#deadline.errorOf(phase);
      const late = this.#exchanges.shift();
      late?.failed(error);
      this.#cut(error, late);
    } else if (this.isStale) this.close();
    else this.#deadline.restOn();
  }

  /** What came is no HTTP, or ended too early; or a callback of the program threw. */
  #failed(error: Error): void {
    const isSilence =
      error instanceof HttpProtocolError && error.code === 'TRUNCATED' && !this.#protocol.hasResponseBegun;
    if (isSilence) {
      this.#cut(undefined, undefined);
      return;
    }
    const answering = this.#exchanges.shift();
    answering?.failed(error);
    this.#cut(error, answering);
  }

  /** Ends the connection early: what is behind cannot be told from what it ended for. */
  #cut(reason: Error | undefined, answering: Exchange | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.abort(reason);
    this.#leave(reason, answering);
  }

  /** Something of whose answer has come. */
  get #answering(): Exchange | undefined {
    return this.#protocol.hasResponseBegun ? this.#exchanges[0] : undefined;
  }

  #remove(exchange: Exchange): boolean {
    const at = this.#exchanges.indexOf(exchange);
    if (at >= 0) this.#exchanges.splice(at, 1);
    return at >= 0;
  }

  /** The connection is gone: what can go over another does, and the rest learns why it cannot. */
  #leave(cause: Error | undefined, answering: Exchange | undefined): void {
    this.#deadline.stop();
    const lost: Exchange[] = [];
    for (const exchange of this.#exchanges.splice(0)) {
      if (exchange === answering) exchange.failed(cause ?? cutShort());
      else if (exchange.mayGoAgain) {
        exchange.upload?.stop();
        exchange.upload = undefined;
        lost.push(exchange);
      } else exchange.failed(disconnected(cause));
    }
    const sending = this.#sender.current;
    if (sending !== undefined && !lost.includes(sending)) {
      // Its answer is complete, the rest of it is not wanted.
      sending.upload?.stop();
      sending.over();
    }
    this.#sender.current = undefined;
    this.#owner.gone(this, lost);
  }
}

const noSteps: ConnectionSteps = {};
