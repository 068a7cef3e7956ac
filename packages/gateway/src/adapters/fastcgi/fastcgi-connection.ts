import { SocketError, type ByteReceiver, type ByteStream } from '@wirestack/socket';
import type { Application } from '../../application.ts';
import { run, type GatewayResponse } from '../../run.ts';
import { headText, isWhole, serverError, writeCgiResponse } from '../cgi-response.ts';
import { environOfList } from '../variables-environ.ts';
import { FastCgiRequest, type RequestOwner } from './fastcgi-request.ts';
import { readPairList, readPairs, writePairs } from './pairs.ts';
import {
  notFastCgi,
  protocolStatus,
  RecordDecoder,
  recordType,
  writeAnswer,
  writeEnd,
  writeRecord,
  writeStream,
  type FastCgiRecord,
} from './records.ts';

export interface FastCgiSettings {
  readonly scriptName: string;
  readonly idleTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly maxHeadBytes: number;
  readonly maxConnections: number;
}

/** Bytes of a request's body that wait to be read; above it the front server feels back-pressure. */
const highWaterBytes = 65_536;
/** The longest that a timer takes. */
const maxSleepMs = 0x7f_ff_ff_ff;
const asLatin1 = { encoding: 'latin1' } as const;
const responder = 1;
const keepsConnection = 1;
/** For the front server to read the last answer, and to end what it sends. */
const lingerMs = 2000;

/** One connection of a front server: its requests, one after another. */
export class FastCgiConnection implements ByteReceiver, RequestOwner {
  readonly #stream: ByteStream;
  readonly #app: Application;
  readonly #settings: FastCgiSettings;
  readonly #report: (error: unknown) => void;
  readonly #decoder = new RecordDecoder();
  #request: FastCgiRequest | undefined;
  /** The one behind which the connection is closed. */
  #last: FastCgiRequest | undefined;
  /** Records of one chunk are being taken. */
  #isTaking = false;
  #isPaused = false;
  #isClosing = false;
  /** When what is waited for has to be there; never while the application is at work. */
  #dueAt = Infinity;
  #timer: NodeJS.Timeout | undefined;
  /** Settles what `serve` answers; undefined once that is done. */
  #served: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(
    stream: ByteStream,
    app: Application,
    settings: FastCgiSettings,
    report: (error: unknown) => void,
  ) {
    this.#stream = stream;
    this.#app = app;
    this.#settings = settings;
    this.#report = report;
  }

  get scriptName(): string {
    return this.#settings.scriptName;
  }

  /**
   * Until the front server closes the connection, or asked for one request only. Rejects with FrontServerError and SocketError. In push mode, for a promise and a timer each
   * time would take a tenth of what a short request costs.
   */
  serve(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#served = { resolve, reject };
      this.#await();
      this.#arm();
      this.#stream.attach(this);
    });
  }

  data(chunk: Uint8Array): void {
    if (this.#served === undefined) return;
    this.#isTaking = true;
    try {
      for (const record of this.#decoder.push(chunk)) this.#take(record);
    } catch (error) {
      this.#stop(error as Error);
      return;
    } finally {
      this.#isTaking = false;
    }
    if (this.#last !== undefined) this.#closeBehind(this.#last);
    this.#request?.copyParams();
    this.#await();
    if (!this.#isFull) return;
    this.#isPaused = true;
    this.#stream.pause();
  }

  end(): void {
    this.#stop(new SocketError('PEER_CLOSED', 'the front server closed the connection'), true);
  }

  closed(error?: Error): void {
    this.#stop(error ?? new SocketError('PEER_CLOSED', 'the front server left'), error === undefined);
  }

  drain(): void {
    // Whoever writes waits for its promise.
  }

  #stop(error: Error, isInOrder = false): void {
    const served = this.#served;
    if (served === undefined) return;
    this.#served = undefined;
    clearTimeout(this.#timer);
    const request = this.#request;
    request?.abort(error);
    // One that leaves, or waits too long, between two requests does what it may.
    const isBetween = request === undefined && error instanceof SocketError;
    if (this.#isClosing || isInOrder || isBetween) served.resolve();
    else served.reject(error);
  }

  /** While the application is at work it is its turn; what comes besides is an abort, or the end. */
  #await(): void {
    const { idleTimeoutMs, bodyTimeoutMs } = this.#settings;
    if (this.#isClosing) this.#dueAt = Math.min(this.#dueAt, performance.now() + lingerMs);
    else if (this.#request?.isStarted === true) this.#dueAt = Infinity;
    else this.#dueAt = performance.now() + (this.#decoder.isInside ? bodyTimeoutMs : idleTimeoutMs);
  }

  /** One timer for all: it looks whether it is time, and sleeps again. */
  #arm(): void {
    const { idleTimeoutMs, bodyTimeoutMs } = this.#settings;
    const leftMs = this.#dueAt - performance.now();
    if (leftMs <= 0) {
      this.#stop(new SocketError('TIMED_OUT', 'the front server was silent for too long'));
      return;
    }
    const sleepMs = Math.min(leftMs, idleTimeoutMs, bodyTimeoutMs, maxSleepMs);
    this.#timer = setTimeout(() => {
      this.#arm();
    }, sleepMs);
  }

  /** The body under way may have room again. */
  #resume(): void {
    if (!this.#isPaused || this.#isFull) return;
    this.#isPaused = false;
    this.#stream.resume();
  }

  #take(record: FastCgiRecord): void {
    const { type, id, content } = record;
    if (id === 0) {
      this.#manage(type, content);
      return;
    }
    if (type === recordType.BEGIN_REQUEST) {
      this.#begin(id, content);
      return;
    }
    const request = this.#request;
    if (request?.id !== id) {
      // Of one that is over, or was refused: still on their way when that was said (5.4).
      if (this.#last?.id === id) this.#last.isWhole ||= type === recordType.STDIN && content.length === 0;
      return;
    }
    if (type === recordType.PARAMS) this.#addParams(request, content);
    else if (type === recordType.STDIN) {
      if (content.length === 0) {
        request.isWhole = true;
        request.body.end();
      } else request.body.push(Buffer.from(content));
    } else if (type === recordType.ABORT_REQUEST) {
      request.abort(new SocketError('PEER_CLOSED', 'the client left, says the front server'));
      this.#end(request, 0);
    } else notFastCgi(`a record of type ${String(type)} in a request`);
  }

  /** 4.1 and 4.2. */
  #manage(type: number, content: Uint8Array): void {
    if (type !== recordType.GET_VALUES) {
      const unknown = Buffer.alloc(8);
      unknown[0] = type;
      void this.#stream.write(writeRecord(recordType.UNKNOWN_TYPE, 0, unknown));
      return;
    }
    const { maxConnections } = this.#settings;
    const values: Readonly<Record<string, string>> = {
      ...(Number.isFinite(maxConnections) && {
        FCGI_MAX_CONNS: String(maxConnections),
        FCGI_MAX_REQS: String(maxConnections),
      }),
      FCGI_MPXS_CONNS: '0',
    };
    const asked = [...readPairs(content).keys()].filter((name) => Object.hasOwn(values, name));
    const answer = writePairs(asked.map((name) => [name, values[name] as string] as const));
    void this.#stream.write(writeRecord(recordType.GET_VALUES_RESULT, 0, answer));
  }

  #begin(id: number, content: Uint8Array): void {
    if (content.length !== 8) notFastCgi('a BEGIN_REQUEST that has not eight bytes');
    if (this.#last !== undefined) return;
    if (this.#request !== undefined) {
      void this.#stream.write(writeEnd(id, 0, protocolStatus.CANT_MPX_CONN));
      return;
    }
    const role = ((content[0] as number) << 8) | (content[1] as number);
    const keeps = ((content[2] as number) & keepsConnection) !== 0;
    if (role !== responder) {
      void this.#stream.write(writeEnd(id, 0, protocolStatus.UNKNOWN_ROLE));
      if (!keeps) this.#last = new FastCgiRequest(id, keeps, this);
      return;
    }
    this.#request = new FastCgiRequest(id, keeps, this);
  }

  #addParams(request: FastCgiRequest, content: Uint8Array): void {
    if (request.isStarted) notFastCgi('variables behind their end');
    if (content.length > 0) {
      request.addParams(content);
      const { maxHeadBytes } = this.#settings;
      if (request.paramsBytes > maxHeadBytes)
        notFastCgi(`variables of more than ${String(maxHeadBytes)} bytes`);
      return;
    }
    const variables = readPairList(request.takeParams());
    request.isStarted = true;
    this.#answer(request, variables);
  }

  /** An application that answers at once has its answer written at once, without a promise. */
  #answer(request: FastCgiRequest, variables: readonly string[]): void {
    const environ = environOfList(variables, request);
    const isHead = environ.REQUEST_METHOD === 'HEAD';
    let response;
    try {
      response = run(this.#app, environ);
    } catch (error) {
      this.#fail(request, isHead, error);
      return;
    }
    if (!(response instanceof Promise)) {
      this.#respond(request, isHead, response);
      return;
    }
    response.then(
      (later) => {
        this.#respond(request, isHead, later);
      },
      (error: unknown) => {
        this.#fail(request, isHead, error);
      },
    );
  }

  /** Before its head: the client gets 500. */
  #fail(request: FastCgiRequest, isHead: boolean, error: unknown): void {
    if (request.isOver) return;
    this.#report(error);
    this.#respond(request, isHead, serverError, 1);
  }

  #respond(request: FastCgiRequest, isHead: boolean, response: GatewayResponse, appStatus = 0): void {
    const { body } = response;
    if (isWhole(body)) {
      if (request.isOver) return;
      this.#finish(request, writeAnswer(request.id, headText(response), isHead ? '' : body, appStatus));
      return;
    }
    this.#send(request, isHead, response).catch((error: unknown) => {
      // Half an answer must not look whole.
      this.#isClosing = true;
      request.isOver = true;
      this.#stream.abort(error);
      if (!(error instanceof SocketError)) this.#report(error);
    });
  }

  async #send(request: FastCgiRequest, isHead: boolean, response: GatewayResponse): Promise<void> {
    try {
      await writeCgiResponse(response, isHead, (bytes) => this.#write(request, bytes));
    } catch (error) {
      if (request.isOver) return;
      throw error;
    }
    this.#end(request, 0);
  }

  async readBody(request: FastCgiRequest): Promise<Uint8Array | undefined> {
    const chunk = request.body.read({ timeoutMs: this.#settings.bodyTimeoutMs });
    this.#resume();
    return chunk;
  }

  writeError(request: FastCgiRequest, text: string): void {
    if (request.isOver) process.stderr.write(text);
    else
      void this.#stream.write(Buffer.concat(writeStream(recordType.STDERR, request.id, Buffer.from(text))));
  }

  #write(request: FastCgiRequest, bytes: Uint8Array | string): Promise<void> {
    if (request.isOver) return Promise.reject(new SocketError('PEER_CLOSED', 'the request is over'));
    const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    return this.#stream.write(Buffer.concat(writeStream(recordType.STDOUT, request.id, content)));
  }

  /** Ends both streams and the request (5.5). */
  #end(request: FastCgiRequest, appStatus: number): void {
    if (request.isOver) return;
    this.#finish(request, writeAnswer(request.id, '', '', appStatus));
  }

  #finish(request: FastCgiRequest, last: Buffer | string): void {
    request.isOver = true;
    void this.#stream.write(last, asLatin1);
    request.body.clear();
    this.#request = undefined;
    this.#await();
    this.#resume();
    if (request.keepsConnection) return;
    this.#last = request;
    // The end of its body may be in the same chunk as what began it.
    if (!this.#isTaking) this.#closeBehind(request);
  }

  /**
   * In order; the read under way ends with it. Where more is on its way, that is read first: bytes that nobody reads would have the front server get a reset in place of
   * the end of the answer.
   */
  #closeBehind(last: FastCgiRequest): void {
    if (last.isWhole) {
      this.#isClosing = true;
      void this.#stream.close({ timeoutMs: this.#settings.bodyTimeoutMs });
    } else if (!this.#isClosing) {
      this.#isClosing = true;
      this.#await();
      // The timer under way may sleep for longer.
      clearTimeout(this.#timer);
      if (this.#served !== undefined) this.#arm();
      this.#stream.shutdown('write').catch(() => undefined);
    }
  }

  get #isFull(): boolean {
    const request = this.#request;
    if (request === undefined || this.#isClosing || request.isAborted) return false;
    return request.body.bytes >= highWaterBytes;
  }
}
