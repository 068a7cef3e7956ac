import {
  handBack,
  SocketError,
  type Address,
  type ByteReceiver,
  type SocketStream,
  type TlsInfo,
} from '@wirestack/socket';
import { HttpProtocolError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import type { RequestHead } from '../protocol/events.ts';
import { ServerConnection } from '../protocol/server-connection.ts';
import type { BodySender } from './body-sender.ts';
import type { ConnectionOwner } from './connection-owner.ts';
import { Deadlines, type Phase } from './deadlines.ts';
import { Exchanges, type ExchangeOwner } from './exchanges.ts';
import type { ConnectionInfo } from './observer.ts';
import type { ServerRequest } from './request.ts';
import { hold, RequestReader, type RequestTaker } from './request-reader.ts';
import type { HttpResponse } from './response.ts';
import { ResponseWriter } from './response-writer.ts';
import type { ProxyTrust } from './trusted-proxy.ts';

/** Taken while a connection lingers, and no more: a client that still sends has to read the answer, or is cut off at the deadline. */
const lingerBytes = 1_048_576;

/**
 * One client's connection: joins the protocol to the stream. Bytes go to the reader, requests from there to the exchanges, their answers to the
 * writer, and from there to the stream once a turn. Here is what concerns all of them: time, and the end.
 */
export class HttpConnection implements ByteReceiver, RequestTaker, ExchangeOwner, ConnectionInfo {
  readonly owner: ConnectionOwner;
  readonly reader: RequestReader;
  readonly writer: ResponseWriter;
  requests = 0;
  isOver = false;
  readonly #stream: SocketStream;
  readonly #protocol: ServerConnection;
  readonly #exchanges: Exchanges;
  readonly #deadlines: Deadlines;
  #flushIsDue = false;
  /** The server drains: one more request. */
  #nextIsLast = false;
  /** Bytes dropped since the last answer; -1 before. */
  #lingered = -1;

  constructor(stream: SocketStream, owner: ConnectionOwner) {
    const protocol = new ServerConnection(owner.settings.limits);
    this.#stream = stream;
    this.owner = owner;
    this.#protocol = protocol;
    this.reader = new RequestReader(stream, protocol, this);
    this.writer = new ResponseWriter(stream, protocol);
    this.#exchanges = new Exchanges(this, protocol);
    this.#deadlines = new Deadlines(owner.now);
    stream.attach(this);
  }

  get localAddress(): Address {
    return this.#stream.localAddress;
  }

  get remoteAddress(): Address {
    return this.#stream.remoteAddress;
  }

  get tls(): TlsInfo | undefined {
    return this.#stream.tls;
  }

  get draining(): AbortSignal {
    return this.owner.draining;
  }

  get trust(): ProxyTrust | undefined {
    return this.owner.settings.trust;
  }

  data(chunk: Uint8Array): void {
    if (this.#lingered >= 0) {
      this.#lingered += chunk.length;
      if (this.#lingered > lingerBytes) this.#stream.pause();
      return;
    }
    this.touch();
    this.reader.receive(chunk);
    this.#exchanges.advanceUpgrade();
    this.#noteHead();
    this.flush();
  }

  end(): void {
    if (this.#lingered >= 0) {
      void this.#stream.close();
      return;
    }
    this.reader.end();
    this.flush();
  }

  drain(): void {
    this.#deadlines.drained(this.owner.now);
    this.reader.release(hold.OUTPUT);
  }

  closed(error?: Error): void {
    this.isOver = true;
    this.#exchanges.close(error ?? new SocketError('PEER_CLOSED', 'the client closed the connection'));
    this.reader.stop();
    this.#left(error);
  }

  /** Ends the connection when what is in work is answered; at once where nothing is. */
  stop(): void {
    if (this.isOver) return;
    this.#protocol.stop();
    this.flush();
  }

  /** Has not had a byte of a request. */
  get isUnused(): boolean {
    return this.reader.isFresh && !this.#protocol.isInHead;
  }

  /** As `stop()`, but not before its first request. */
  stopAfterFirst(): void {
    this.#nextIsLast = true;
  }

  abort(reason: unknown): void {
    this.#stream.abort(reason);
  }

  touch(): void {
    this.#deadlines.touch(this.owner.now);
  }

  /** Ends what has passed its deadline. Called about once a second. */
  sweep(): void {
    // What was upgraded has its own sense of time, until it is to be closed.
    if (this.isOver && this.#lingered < 0) return;
    const { now, settings } = this.owner;
    const phase = this.#phase;
    const { needsDrain } = this.#stream;
    // While the client does not take what it is sent, its body is not read either.
    const isWaitedFor = !needsDrain && (phase === 'body' || phase === 'unwanted body');
    const isTooSlow = isWaitedFor && this.reader.receiving?.body.isTooSlow(settings) === true;
    const overdue = this.#deadlines.overdue(phase, needsDrain, isTooSlow, now, settings);
    if (phase === 'idle') this.#protocol.relax();
    if (overdue === undefined) return;
    if (overdue === 'close') {
      void this.#stream.close();
    } else if (overdue === 'HEAD_TIMEOUT') {
      this.failed(new HttpProtocolError(overdue, 'the head of a request did not come in time'));
    } else if (overdue === 'BODY_TIMEOUT') {
      this.#protocol.stop();
      this.failed(new HttpProtocolError(overdue, 'the rest of the body did not come in time'));
    } else {
      this.#stream.abort(overdue.abort);
    }
  }

  informational(request: ServerRequest, status: number, headers: HeaderList | undefined): void {
    if (this.isOver || this.#protocol.current !== request.head || this.#protocol.state !== 'head') return;
    this.writer.add(this.#protocol.sendInformational(status, headers));
    this.flushSoon();
  }

  continueBody(request: ServerRequest): void {
    if (!request.head.expectsContinue || request.wasContinued) return;
    request.wasContinued = true;
    this.touch();
    this.informational(request, 100, undefined);
  }

  bodyConsumed(): void {
    this.touch();
    if (this.reader.receiving?.body.isFull !== true) this.reader.release(hold.BODY_FULL);
  }

  takeHead(head: RequestHead): void {
    this.#deadlines.headEnded();
    if (++this.requests >= this.owner.settings.maxRequestsPerConnection || this.#nextIsLast)
      this.#protocol.stop();
    this.#exchanges.take(head);
  }

  tooMuchUnwanted(): void {
    this.#protocol.stop();
    this.writer.write();
    this.#linger();
  }

  yieldTurn(): void {
    this.owner.turns.wait(this.reader);
  }

  failed(error: HttpProtocolError): void {
    this.owner.observation?.failed(error, this);
    this.#exchanges.fail(error);
    this.flushSoon();
  }

  resumed(): void {
    this.#exchanges.advanceUpgrade();
    if (this.isOver) return;
    // Nothing was read meanwhile: a head that is under way has its time from now on.
    this.#deadlines.headResumed(this.owner.now);
    this.#noteHead();
    // Not at once: of requests that wait for each other, all whose answers come in this turn leave in one write.
    this.flushSoon();
  }

  sendBody(sender: BodySender): Promise<boolean> {
    this.#writeOut();
    return sender.send(this.#stream, this.#protocol, () => this.owner.now);
  }

  switchProtocol(request: ServerRequest, upgrade: NonNullable<HttpResponse['upgrade']>): void {
    this.writer.write();
    this.isOver = true;
    this.reader.stop();
    const stream = handBack(this.#stream, [this.#protocol.takeRest()]);
    const left = (error?: Error): void => {
      request.fail(error ?? new SocketError('PEER_CLOSED', 'the connection was closed'));
      this.#left(error);
    };
    stream.closed.then(() => {
      left();
    }, left);
    (async () => upgrade(stream))().then(
      () => {
        this.#lingered = 0;
        this.touch();
        return stream.close();
      },
      (error: unknown) => {
        stream.abort(error);
        if (!(error instanceof SocketError)) this.owner.report(error, request);
      },
    );
  }

  flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    process.nextTick(() => {
      this.#flushIsDue = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.isOver) return;
    this.#writeOut();
    if (this.#protocol.mustClose) this.#linger();
  }

  get #phase(): Phase {
    if (this.#lingered >= 0) return 'linger';
    if (this.#exchanges.areInWork) return this.reader.awaitsBody ? 'body' : 'handler';
    if (this.#protocol.isReceivingBody) return 'unwanted body';
    return this.#protocol.isInHead || this.reader.isFresh ? 'head' : 'idle';
  }

  #noteHead(): void {
    if (!this.reader.isFresh && this.#protocol.isInHead) this.#deadlines.headBegan(this.owner.now);
  }

  #writeOut(): void {
    this.writer.write();
    if (!this.#stream.needsDrain || this.reader.isHeld(hold.OUTPUT)) return;
    this.touch();
    this.reader.hold(hold.OUTPUT);
  }

  /**
   * Ends the connection so that the client can read the last answer: FIN first, then its bytes are dropped until it closes. To close at
   * once would reset the connection where bytes of the client are unread, and take the answer with it (RFC 9112 9.6).
   */
  #linger(): void {
    if (this.#lingered >= 0) return;
    this.#lingered = 0;
    this.touch();
    this.#exchanges.forgetHeld();
    if (this.reader.peerEnded) {
      void this.#stream.close();
      return;
    }
    this.#stream.shutdown('write').catch(() => undefined);
    if (this.reader.stop()) this.#stream.resume();
  }

  #left(error: Error | undefined): void {
    this.owner.closed(this);
    this.owner.observation?.closed(this, error);
  }
}
