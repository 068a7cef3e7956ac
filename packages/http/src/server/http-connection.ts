import { SocketError, type Address, type ByteReceiver, type ByteStream } from '@wirestack/socket';
import { HttpProtocolError, HttpUsageError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import { ServerConnection } from '../protocol/connection.ts';
import type { RequestHead } from '../protocol/events.ts';
import { utf8 } from '../protocol/octets.ts';
import { discardBody, isPromise, isWhole, serverError, serverErrorText, withLength } from './answer.ts';
import { BodySender, partBytes } from './body-sender.ts';
import { Deadlines, type Phase } from './deadlines.ts';
import { ServerRequest, type RequestOwner } from './request.ts';
import { isFileBody, type Handler, type HttpResponse } from './response.ts';
import type { ServerSettings } from './options.ts';

/** What all connections of a server share. */
export interface ConnectionOwner {
  readonly handler: Handler;
  readonly settings: ServerSettings;
  /** Milliseconds, as of the last tick: reading a real clock per chunk is not worth its precision. */
  readonly now: number;
  readonly dateLine: string;
  requests: number;
  closed(connection: HttpConnection): void;
}

// Why the connection is not read at the moment.
const BODY_FULL = 1;
const ORDER = 2;
const OUTPUT = 4;
const TURN = 8;

/** Text gathered before it is written even in the middle of a batch: about what a socket takes without back-pressure. */
const flushBytes = 65_536;
/** Requests answered in one turn, so that a flood of pipelined ones cannot keep others waiting. */
const requestsPerTurn = 128;
/** An unread body is read to its end up to this; beyond, ending the connection is cheaper. */
const drainBytes = 262_144;
/** Taken while a connection lingers, then it is aborted. */
const lingerBytes = 1_048_576;
const asLatin1 = { encoding: 'latin1' } as const;

/**
 * One client's connection: joins the protocol to the stream, runs the handler, keeps answers in order and writes once a turn. Answers that
 * are there at once never meet the queue, nor a promise.
 */
export class HttpConnection implements ByteReceiver, RequestOwner {
  readonly #stream: ByteStream;
  readonly #owner: ConnectionOwner;
  readonly #protocol: ServerConnection;
  /** Text to be written at the end of the turn. */
  #out = '';
  #flushIsDue = false;
  #holds = 0;
  /** Requests whose answer is not there yet, or waits for an earlier one, or is being sent. Oldest first. */
  #queue: ServerRequest[] = [];
  /** The one whose body is arriving. */
  #receiving: ServerRequest | undefined;
  /** A head that has to wait for the queue to empty. */
  #heldHead: RequestHead | undefined;
  #failure: HttpProtocolError | undefined;
  #peerEnded = false;
  #isLingering = false;
  #lingered = 0;
  #isOver = false;
  readonly #deadlines: Deadlines;
  #isFresh = true;

  constructor(stream: ByteStream, owner: ConnectionOwner) {
    this.#stream = stream;
    this.#owner = owner;
    this.#protocol = new ServerConnection(owner.settings.limits);
    this.#deadlines = new Deadlines(owner.now);
    stream.attach(this);
  }

  get localAddress(): Address {
    return this.#stream.localAddress;
  }

  get remoteAddress(): Address {
    return this.#stream.remoteAddress;
  }

  data(chunk: Uint8Array): void {
    if (this.#isLingering) {
      this.#lingered += chunk.length;
      if (this.#lingered > lingerBytes) this.#stream.abort('the client does not stop sending');
      return;
    }
    this.#deadlines.touch(this.#owner.now);
    this.#protocol.receive(chunk);
    this.#read();
    this.#flush();
  }

  end(): void {
    this.#peerEnded = true;
    if (this.#isLingering) {
      void this.#stream.close();
      return;
    }
    // Requests that are held back are still read before the end is.
    if (this.#holds === 0) this.#receiveEnd();
    this.#flush();
  }

  drain(): void {
    this.#deadlines.drained(this.#owner.now);
    this.#release(OUTPUT);
  }

  closed(error?: Error): void {
    this.#isOver = true;
    this.#holds = 0;
    const reason = error ?? new SocketError('PEER_CLOSED', 'the client closed the connection');
    for (const request of this.#queue.splice(0)) {
      request.fail(reason);
      if (request.response !== undefined && !request.isSending) discardBody(request.response);
    }
    this.#receiving?.body.fail(reason);
    this.#receiving = undefined;
    this.#owner.closed(this);
  }

  /** Ends the connection when what is in work is answered; at once where nothing is. */
  stop(): void {
    if (this.#isOver) return;
    this.#protocol.stop();
    this.#flush();
  }

  abort(reason: unknown): void {
    this.#stream.abort(reason);
  }

  /** Ends what has passed its deadline. Called about once a second. */
  sweep(): void {
    const { now, settings } = this.#owner;
    const overdue = this.#deadlines.overdue(this.#phase, this.#stream.needsDrain, now, settings);
    if (overdue === undefined) return;
    if (overdue === 'close') {
      void this.#stream.close();
    } else if (overdue === 'HEAD_TIMEOUT') {
      this.#fail(new HttpProtocolError(overdue, 'the head of a request did not come in time'));
    } else if (overdue === 'BODY_TIMEOUT') {
      this.#protocol.stop();
      this.#fail(new HttpProtocolError(overdue, 'the rest of the body did not come in time'));
    } else {
      this.#stream.abort(overdue.abort);
    }
  }

  informational(request: ServerRequest, status: number, headers: HeaderList | undefined): void {
    if (this.#isOver || this.#protocol.current !== request.head || this.#protocol.state !== 'head') return;
    this.#out += this.#protocol.sendInformational(status, headers);
    this.#flushSoon();
  }

  continueBody(request: ServerRequest): void {
    if (!request.head.expectsContinue || request.wasContinued) return;
    request.wasContinued = true;
    this.#deadlines.touch(this.#owner.now);
    this.informational(request, 100, undefined);
  }

  bodyConsumed(): void {
    this.#deadlines.touch(this.#owner.now);
    if (this.#receiving?.body.isFull !== true) this.#release(BODY_FULL);
  }

  /** The client's turn to send: it has been told to where it waits for that, and there is room for more. */
  get #awaitsBody(): boolean {
    const request = this.#receiving;
    if (request === undefined || !this.#protocol.isReceivingBody || (this.#holds & BODY_FULL) !== 0)
      return false;
    return !request.head.expectsContinue || request.wasContinued;
  }

  get #phase(): Phase {
    if (this.#isLingering) return 'linger';
    if (this.#queue.length > 0 || this.#heldHead !== undefined) return this.#awaitsBody ? 'body' : 'handler';
    if (this.#protocol.isReceivingBody) return 'unwanted body';
    return this.#protocol.isInHead || this.#isFresh ? 'head' : 'idle';
  }

  /** Takes requests from what has arrived, as far as may be. */
  #read(): void {
    const protocol = this.#protocol;
    let budget = requestsPerTurn;
    try {
      while (this.#holds === 0) {
        const event = protocol.nextEvent();
        if (event === undefined) break;
        switch (event.type) {
          case 'head':
            this.#isFresh = false;
            this.#deadlines.headEnded();
            if (--budget === 0) this.#yieldTurn();
            this.#take(event);
            break;
          case 'data':
            this.#takeData(event.bytes);
            break;
          case 'trailers':
            this.#receiving?.body.setTrailers(event.fields);
            break;
          case 'end':
            if (this.#receiving?.head.framing !== 'none') this.#receiving?.body.end();
            this.#receiving = undefined;
        }
      }
    } catch (error) {
      if (!(error instanceof HttpProtocolError)) throw error;
      this.#fail(error);
    }
    if (!this.#isFresh && protocol.isInHead) this.#deadlines.headBegan(this.#owner.now);
  }

  #take(head: RequestHead): void {
    const mustWait =
      this.#queue.length > 0 &&
      (!isSafe(head.method) ||
        head.expectsContinue ||
        !isSafe((this.#queue[0] as ServerRequest).method) ||
        this.#queue.length >= this.#owner.settings.maxPipelined);
    if (!mustWait) {
      this.#start(head);
      return;
    }
    this.#heldHead = head;
    this.#hold(ORDER);
  }

  #start(head: RequestHead): void {
    const request = new ServerRequest(head, this);
    this.#receiving = request;
    this.#owner.requests++;
    let response;
    try {
      response = this.#owner.handler(request);
    } catch (error) {
      response = this.#responseTo(error, request);
    }
    if (isPromise(response)) {
      this.#queue.push(request);
      response.then(
        (value) => {
          this.#settle(request, value);
        },
        (error: unknown) => {
          this.#settle(request, this.#responseTo(error, request));
        },
      );
    } else if (this.#queue.length === 0) {
      this.#answer(request, this.#checked(response, request));
    } else {
      request.response = this.#checked(response, request);
      this.#queue.push(request);
    }
  }

  #takeData(bytes: Uint8Array): void {
    const body = this.#receiving?.body;
    if (body === undefined) return;
    body.push(bytes);
    if (body.isFull) this.#hold(BODY_FULL);
    else if (body.discardedBytes > drainBytes) {
      this.#protocol.stop();
      this.#writeOut();
      this.#linger();
    }
  }

  #settle(request: ServerRequest, response: HttpResponse): void {
    // Not in the queue any more: its body broke the protocol, and the error is the answer.
    if (this.#isOver || this.#protocol.mustClose || !this.#queue.includes(request)) {
      discardBody(response);
      return;
    }
    this.#deadlines.touch(this.#owner.now);
    request.response = this.#checked(response, request);
    if (this.#queue[0] === request) {
      this.#advance();
      this.#flushSoon();
    }
  }

  #checked(response: HttpResponse, request: ServerRequest): HttpResponse {
    if (typeof response === 'object' && (response as unknown) !== null) return response;
    return this.#responseTo(new HttpUsageError('BAD_STATUS', 'the handler returned no response'), request);
  }

  /** Sends the answers that are due, and takes up what waited for them. */
  #advance(): void {
    for (;;) {
      // An answer that ended the connection: what waited behind it is not sent, and not begun.
      if (this.#protocol.mustClose) return;
      const next = this.#queue[0];
      if (next === undefined || next.isSending || next.response === undefined) break;
      this.#queue.shift();
      this.#answer(next, next.response);
    }
    if (this.#queue.length === 0 && this.#failure !== undefined) this.#sendFailure(this.#failure);
    if (this.#heldHead !== undefined && this.#queue.length === 0) {
      const head = this.#heldHead;
      this.#heldHead = undefined;
      this.#start(head);
      this.#release(ORDER);
    }
  }

  /** Sends the answer to the oldest request, which is not in the queue any more. */
  #answer(request: ServerRequest, response: HttpResponse): void {
    const protocol = this.#protocol;
    protocol.dateLine = this.#owner.dateLine;
    const isUnread = request === this.#receiving && request.head.framing !== 'none';
    let sender: BodySender | undefined;
    try {
      const { body } = response;
      if (isUnread) this.#stopUnlessShort(request, isWhole(body));
      if (
        body === undefined ||
        ((typeof body === 'string' || body instanceof Uint8Array) && body.length <= partBytes)
      ) {
        const output = protocol.sendResponse(response, body);
        if (typeof output === 'string') this.#out += output;
        else this.#writeApart(output[0], output[1]);
        if (isUnread) this.#leaveBody(request);
        if (this.#out.length > flushBytes) this.#flush();
      } else if (typeof body === 'string' || body instanceof Uint8Array) {
        const bytes = typeof body === 'string' ? utf8(body) : body;
        sender = new BodySender([bytes]);
        this.#sendBody(
          request,
          response,
          withLength(response.headers, bytes.length, request.method !== 'HEAD'),
          sender,
        );
      } else {
        sender = new BodySender(body);
        const headers = isFileBody(body)
          ? withLength(response.headers, body.length, false)
          : response.headers;
        this.#sendBody(request, response, headers, sender);
      }
    } catch (error) {
      sender?.cancel();
      if (protocol.state !== 'head') this.#stream.abort(error);
      else this.#out += protocol.sendResponse(serverError, serverErrorText) as string;
      if (isUnread) this.#leaveBody(request);
      this.#report(error, request);
    }
  }

  #sendBody(
    request: ServerRequest,
    response: HttpResponse,
    headers: HeaderList | undefined,
    sender: BodySender,
  ): void {
    const protocol = this.#protocol;
    this.#out += protocol.sendHead({ status: response.status, reason: response.reason, headers });
    if (protocol.dropsBody) {
      sender.cancel();
      this.#out += protocol.sendEnd();
      this.#leaveBody(request);
      return;
    }
    request.isSending = true;
    request.cancelBody = () => {
      sender.cancel();
    };
    this.#queue.unshift(request);
    this.#writeOut();
    sender.send(this.#stream, protocol).then(
      (isSent) => {
        if (isSent && !this.#isOver && !protocol.mustClose) this.#finishBody(request, response);
      },
      (error: unknown) => {
        sender.cancel();
        this.#stream.abort(error);
        if (!this.#isOver || !(error instanceof SocketError)) this.#report(error, request);
      },
    );
  }

  #finishBody(request: ServerRequest, response: HttpResponse): void {
    try {
      if (request === this.#receiving) this.#stopUnlessShort(request, true);
      this.#out += this.#protocol.sendEnd(response.trailers?.());
    } catch (error) {
      this.#stream.abort(error);
      this.#report(error, request);
      return;
    }
    this.#queue.shift();
    request.cancelBody = undefined;
    this.#deadlines.touch(this.#owner.now);
    this.#leaveBody(request);
    this.#advance();
    this.#flushSoon();
  }

  /**
   * The answer comes before the body is there. A client that waits for `100 Continue` may or may not send it; a long one costs more to read than
   * a connection: both are the last of their connection. A body in pieces may still read the request while it is sent.
   */
  #stopUnlessShort(request: ServerRequest, isAtEnd: boolean): void {
    const { head, body } = request;
    const mayNotCome = head.expectsContinue && !request.wasContinued;
    if (mayNotCome || (isAtEnd && head.contentLength - body.receivedBytes > drainBytes))
      this.#protocol.stop();
  }

  /** The request is answered: what still comes of its body is dropped, unless it is being read. */
  #leaveBody(request: ServerRequest): void {
    if (request !== this.#receiving || request.head.framing === 'none') return;
    const { body } = request;
    if (body.hasStarted && !body.isAbandoned) return;
    body.discard();
    this.#release(BODY_FULL);
  }

  #responseTo(error: unknown, request: ServerRequest): HttpResponse {
    if (error instanceof HttpProtocolError) {
      return { status: error.status, headers: [['Connection', 'close']], body: `${error.message}\n` };
    }
    if (!this.#isOver || !(error instanceof SocketError)) this.#report(error, request);
    return serverError;
  }

  #report(error: unknown, request: ServerRequest): void {
    try {
      this.#owner.settings.onError(error, request);
    } catch (hookError) {
      console.error(hookError);
    }
  }

  /** The client broke the protocol or a deadline: answered after what was right before it, then the connection ends. */
  #fail(error: HttpProtocolError): void {
    this.#failure = error;
    const broken = this.#receiving;
    this.#receiving = undefined;
    const at = broken === undefined ? -1 : this.#queue.indexOf(broken);
    if (broken !== undefined && at >= 0) {
      this.#queue.splice(at, 1);
      broken.fail(error);
    } else {
      broken?.body.fail(error);
    }
    if (this.#queue.length === 0) this.#sendFailure(error);
    this.#flushSoon();
  }

  #sendFailure(error: HttpProtocolError): void {
    this.#protocol.dateLine = this.#owner.dateLine;
    const wasSending = this.#protocol.state === 'body';
    this.#out += this.#protocol.sendError(error);
    if (wasSending) this.#stream.abort(error);
  }

  #receiveEnd(): void {
    try {
      this.#protocol.receiveEnd();
    } catch (error) {
      if (!(error instanceof HttpProtocolError)) throw error;
      this.#fail(error);
    }
  }

  #hold(why: number): void {
    if (this.#holds === 0) this.#stream.pause();
    this.#holds |= why;
  }

  #release(why: number): void {
    if ((this.#holds & why) === 0) return;
    this.#holds &= ~why;
    if (this.#holds > 0 || this.#isOver) return;
    // Nothing was read meanwhile: a head that is under way has its time from now on.
    this.#deadlines.headResumed(this.#owner.now);
    this.#read();
    if (this.#holds === 0) {
      this.#stream.resume();
      if (this.#peerEnded) this.#receiveEnd();
    }
    this.#flush();
  }

  #yieldTurn(): void {
    this.#hold(TURN);
    setImmediate(() => {
      this.#release(TURN);
    });
  }

  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    process.nextTick(() => {
      this.#flushIsDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isOver) return;
    this.#writeOut();
    if (this.#protocol.mustClose) this.#linger();
  }

  #writeOut(): void {
    if (this.#out === '') return;
    const text = this.#out;
    this.#out = '';
    void this.#stream.write(text, asLatin1);
    this.#holdWhileBlocked();
  }

  #writeApart(head: string, body: Uint8Array): void {
    this.#stream.cork();
    void this.#stream.write(this.#out + head, asLatin1);
    this.#out = '';
    void this.#stream.write(body);
    this.#stream.uncork();
    this.#holdWhileBlocked();
  }

  #holdWhileBlocked(): void {
    if (!this.#stream.needsDrain || (this.#holds & OUTPUT) !== 0) return;
    this.#deadlines.touch(this.#owner.now);
    this.#hold(OUTPUT);
  }

  /**
   * Ends the connection so that the client can read the last answer: FIN first, then its bytes are dropped until it closes. To close at
   * once would reset the connection where bytes of the client are unread, and take the answer with it (RFC 9112 9.6).
   */
  #linger(): void {
    if (this.#isLingering) return;
    this.#isLingering = true;
    this.#deadlines.touch(this.#owner.now);
    this.#heldHead = undefined;
    if (this.#peerEnded) {
      void this.#stream.close();
      return;
    }
    this.#stream.shutdown('write').catch(() => undefined);
    if (this.#holds !== 0) {
      this.#holds = 0;
      this.#stream.resume();
    }
  }
}

/** Methods that may be worked on beside each other (RFC 9110 9.2.1). */
function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}
