import { SocketError } from '@wirestack/socket';
import { HttpProtocolError, HttpUsageError } from '../errors.ts';
import type { RequestHead } from '../protocol/events.ts';
import type { ServerConnection } from '../protocol/server-connection.ts';
import { discardBody, isPromise, isWhole, serverError, serverErrorText } from './answer.ts';
import type { BodySender } from './body-sender.ts';
import type { ConnectionOwner } from './connection-owner.ts';
import { ServerRequest, type RequestOwner } from './request.ts';
import { drainBytes, hold, type RequestReader } from './request-reader.ts';
import type { HttpResponse } from './response.ts';
import type { ResponseWriter } from './response-writer.ts';

/** The connection, as far as its exchanges need it. */
export interface ExchangeOwner extends RequestOwner {
  /** The stream is not ours any more. */
  readonly isOver: boolean;
  readonly owner: ConnectionOwner;
  readonly reader: RequestReader;
  readonly writer: ResponseWriter;
  /** Now. */
  flush(): void;
  /** At the end of the turn. */
  flushSoon(): void;
  /** A body goes out: it is written to the stream itself. */
  sendBody(sender: BodySender): Promise<boolean>;
  switchProtocol(request: ServerRequest, upgrade: NonNullable<HttpResponse['upgrade']>): void;
  abort(reason: unknown): void;
  /** Something happened: deadlines begin anew. */
  touch(): void;
}

/** Requests and their answers: runs the handler, and keeps answers in the order of the requests. An answer that is there at once never waits here. */
export class Exchanges {
  readonly #connection: ExchangeOwner;
  readonly #protocol: ServerConnection;
  /** Requests whose answer is not there yet, or waits for an earlier one, or is being sent. Oldest first. */
  readonly #queue: ServerRequest[] = [];
  /** A head that has to wait for the queue to empty. */
  #heldHead: RequestHead | undefined;
  #failure: HttpProtocolError | undefined;

  constructor(connection: ExchangeOwner, protocol: ServerConnection) {
    this.#connection = connection;
    this.#protocol = protocol;
  }

  /** Requests are in work, or wait to be. */
  get areInWork(): boolean {
    return this.#queue.length > 0 || this.#heldHead !== undefined;
  }

  take(head: RequestHead): void {
    const oldest = this.#queue[0];
    const mayStart =
      oldest === undefined ||
      (isSafe(head.method) &&
        !head.expectsContinue &&
        isSafe(oldest.method) &&
        this.#queue.length < this.#connection.owner.settings.maxPipelined);
    if (mayStart) {
      this.#start(head);
      return;
    }
    this.#heldHead = head;
    this.#connection.reader.hold(hold.ORDER);
  }

  /** The client broke the protocol or a deadline: answered after what was right before it, then the connection ends. */
  fail(error: HttpProtocolError): void {
    const { owner, reader } = this.#connection;
    this.#failure = error;
    const broken = reader.receiving;
    reader.receiving = undefined;
    const at = broken === undefined ? -1 : this.#queue.indexOf(broken);
    if (broken !== undefined && at >= 0) {
      this.#queue.splice(at, 1);
      broken.fail(error);
      owner.observation?.cutOff(broken, error.status);
    } else {
      broken?.body.fail(error);
    }
    if (this.#queue.length === 0) this.#sendFailure(error);
  }

  /** More was read: an answer that waited for the end of its request is due. */
  advanceUpgrade(): void {
    const oldest = this.#queue[0];
    if (oldest?.response?.upgrade !== undefined && !this.#isEarly(oldest, oldest.response)) this.#advance();
  }

  /** Nothing waits any more for its turn. */
  forgetHeld(): void {
    this.#heldHead = undefined;
  }

  /** The connection is gone. */
  close(reason: Error): void {
    const { owner, reader } = this.#connection;
    for (const request of this.#queue.splice(0)) {
      request.fail(reason);
      if (request.response !== undefined && request.sender === undefined) discardBody(request.response);
      owner.observation?.cutOff(request, 0);
    }
    reader.receiving?.body.fail(reason);
  }

  #start(head: RequestHead): void {
    const connection = this.#connection;
    const { owner } = connection;
    const request = new ServerRequest(head, connection);
    connection.reader.receiving = request;
    owner.requests++;
    owner.observation?.started(request);
    let response;
    try {
      response = owner.handler(request);
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
      return;
    }
    const checked = this.#checked(response, request);
    if (this.#queue.length === 0 && !this.#isEarly(request, checked)) {
      this.#answer(request, checked);
    } else {
      request.response = checked;
      this.#queue.push(request);
    }
  }

  #settle(request: ServerRequest, response: HttpResponse): void {
    const connection = this.#connection;
    // Not in the queue any more: its body broke the protocol, and the error is the answer.
    if (connection.isOver || this.#protocol.mustClose || !this.#queue.includes(request)) {
      discardBody(response);
      return;
    }
    connection.touch();
    request.response = this.#checked(response, request);
    if (this.#queue[0] === request) {
      this.#advance();
      connection.flushSoon();
    }
  }

  #checked(response: HttpResponse, request: ServerRequest): HttpResponse {
    if (typeof response === 'object' && (response as unknown) !== null) return response;
    return this.#responseTo(new HttpUsageError('BAD_STATUS', 'the handler returned no response'), request);
  }

  /** It changes the protocol, and the end of its request, which has no body, is not read yet: the handler is called in between. */
  #isEarly(request: ServerRequest, response: HttpResponse): boolean {
    return (
      response.upgrade !== undefined &&
      request.head.framing === 'none' &&
      request === this.#connection.reader.receiving
    );
  }

  /** Sends the answers that are due, and takes up what waited for them. */
  #advance(): void {
    for (;;) {
      // An answer that ended the connection: what waited behind it is not sent, and not begun.
      if (this.#connection.isOver || this.#protocol.mustClose) return;
      const next = this.#queue[0];
      if (next === undefined || next.sender !== undefined || next.response === undefined) break;
      if (this.#isEarly(next, next.response)) break;
      this.#queue.shift();
      this.#answer(next, next.response);
    }
    if (this.#queue.length > 0) return;
    if (this.#failure !== undefined) this.#sendFailure(this.#failure);
    const head = this.#heldHead;
    if (head === undefined) return;
    this.#heldHead = undefined;
    this.#start(head);
    this.#connection.reader.release(hold.ORDER);
  }

  /** Sends the answer to the oldest request, which is not in the queue any more. */
  #answer(request: ServerRequest, response: HttpResponse): void {
    const { owner, reader, writer } = this.#connection;
    this.#protocol.dateLine = owner.dateLine;
    const isUnread = request === reader.receiving && request.head.framing !== 'none';
    let sender;
    try {
      if (isUnread) this.#stopUnlessShort(request, isWhole(response.body));
      if (response.upgrade !== undefined) {
        writer.add(this.#protocol.sendUpgrade(response));
        owner.observation?.ended(request, response.status, 0, true);
        this.#connection.switchProtocol(request, response.upgrade);
        return;
      }
      sender = writer.answer(response, request.method);
      if (sender === undefined) owner.observation?.answered(request, response);
    } catch (error) {
      if (response.upgrade !== undefined) discardBody(response);
      this.#answerFault(request, error);
    }
    if (sender !== undefined) {
      this.#sendBody(request, response, sender);
      return;
    }
    if (isUnread) this.#leaveBody(request);
    if (writer.isLong) this.#connection.flush();
    reader.release(hold.UPGRADE);
  }

  /** The response cannot be sent: 500 in its place, while nothing of it is on its way. */
  #answerFault(request: ServerRequest, error: unknown): void {
    const { owner, writer } = this.#connection;
    const isUnsent = this.#protocol.state === 'head';
    if (isUnsent) writer.add(this.#protocol.sendResponse(serverError, serverErrorText) as string);
    else this.#connection.abort(error);
    this.#report(error, request);
    owner.observation?.ended(request, serverError.status, serverErrorText.length, isUnsent);
  }

  #sendBody(request: ServerRequest, response: HttpResponse, sender: BodySender): void {
    const connection = this.#connection;
    const { observation } = connection.owner;
    request.response = response;
    request.sender = sender;
    this.#queue.unshift(request);
    connection.sendBody(sender).then(
      (isSent) => {
        if (isSent && !connection.isOver && !this.#protocol.mustClose) this.#finishBody(request, response);
        else observation?.cutOff(request, 0);
      },
      (error: unknown) => {
        sender.cancel();
        observation?.cutOff(request, 0);
        connection.abort(error);
        if (!connection.isOver || !(error instanceof SocketError)) this.#report(error, request);
      },
    );
  }

  #finishBody(request: ServerRequest, response: HttpResponse): void {
    const { owner, reader, writer } = this.#connection;
    try {
      if (request === reader.receiving) this.#stopUnlessShort(request, true);
      writer.add(this.#protocol.sendEnd(response.trailers?.()));
    } catch (error) {
      owner.observation?.cutOff(request, 0);
      this.#connection.abort(error);
      this.#report(error, request);
      return;
    }
    this.#queue.shift();
    owner.observation?.ended(request, response.status, request.sender?.sentBytes ?? 0, true);
    request.sender = undefined;
    this.#connection.touch();
    this.#leaveBody(request);
    reader.release(hold.UPGRADE);
    this.#advance();
    this.#connection.flushSoon();
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
    const { reader } = this.#connection;
    if (request !== reader.receiving || request.head.framing === 'none') return;
    const { body } = request;
    if (body.hasStarted && !body.isAbandoned) return;
    body.discard();
    reader.release(hold.BODY_FULL);
  }

  #responseTo(error: unknown, request: ServerRequest): HttpResponse {
    // One of a response is of a server that the handler asked: nothing that the client did.
    if (error instanceof HttpProtocolError && error.of === 'request') {
      return { status: error.status, headers: [['Connection', 'close']], body: `${error.message}\n` };
    }
    if (!this.#connection.isOver || !(error instanceof SocketError)) this.#report(error, request);
    return serverError;
  }

  #report(error: unknown, request: ServerRequest): void {
    this.#connection.owner.report(error, request);
  }

  #sendFailure(error: HttpProtocolError): void {
    const { owner, writer } = this.#connection;
    this.#protocol.dateLine = owner.dateLine;
    const wasSending = this.#protocol.state === 'body';
    writer.add(this.#protocol.sendError(error));
    if (wasSending) this.#connection.abort(error);
  }
}

/** Methods that may be worked on beside each other (RFC 9110 9.2.1). */
function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}
