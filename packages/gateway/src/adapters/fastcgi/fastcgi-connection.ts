import { ReadQueue, SocketError, type ByteStream } from '@wirestack/socket';
import type { Application } from '../../application.ts';
import type { ErrorStream } from '../../environ.ts';
import { run } from '../../run.ts';
import { serverError, writeCgiResponse } from '../cgi-response.ts';
import { environOfVariables } from '../variables-environ.ts';
import {
  notFastCgi,
  protocolStatus,
  readPairs,
  RecordDecoder,
  recordType,
  writeEnd,
  writePairs,
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
const responder = 1;
const keepsConnection = 1;

/** A request under way. */
class FastCgiRequest {
  readonly id: number;
  readonly keepsConnection: boolean;
  readonly input: ReadQueue = new ReadQueue();
  readonly #gone = new AbortController();
  /** Its variables, as they arrive. */
  params: Uint8Array[] = [];
  paramsBytes = 0;
  isStarted = false;
  isOver = false;

  constructor(id: number, keeps: boolean) {
    this.id = id;
    this.keepsConnection = keeps;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  abort(reason: Error): void {
    this.#gone.abort(reason);
    this.input.fail(reason, true);
  }
}

/** One connection of a front server: its requests, one after another. */
export class FastCgiConnection {
  readonly #stream: ByteStream;
  readonly #app: Application;
  readonly #settings: FastCgiSettings;
  readonly #report: (error: unknown) => void;
  readonly #decoder = new RecordDecoder();
  #request: FastCgiRequest | undefined;
  /** Resolves when the body under way has room again. */
  #wake: (() => void) | undefined;
  #isClosing = false;

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

  /** Until the front server closes the connection, or asked for one request only. Rejects with FrontServerError and SocketError. */
  async serve(): Promise<void> {
    const { idleTimeoutMs, bodyTimeoutMs } = this.#settings;
    const left = (error?: unknown): void => {
      this.#request?.abort(
        error instanceof Error ? error : new SocketError('PEER_CLOSED', 'the front server left'),
      );
      this.#wake?.();
    };
    this.#stream.closed.then(left, left);
    try {
      while (!this.#isClosing) {
        const request = this.#request;
        // While the application is at work it is its turn; what comes besides is an abort, or the end.
        const isAwaited = !request?.isStarted;
        const timeoutMs = isAwaited ? (this.#decoder.isInside ? bodyTimeoutMs : idleTimeoutMs) : undefined;
        const chunk = await this.#stream.read({ timeoutMs });
        if (chunk === undefined) break;
        for (const record of this.#decoder.push(chunk)) {
          this.#take(record);
          await this.#room();
        }
      }
      if (this.#request !== undefined && !this.#isClosing) {
        this.#request.abort(new SocketError('PEER_CLOSED', 'the front server closed the connection'));
      }
    } catch (error) {
      this.#request?.abort(error as Error);
      // One that leaves, or waits too long, between two requests does what it may.
      const isBetween = this.#request === undefined && error instanceof SocketError;
      if (!this.#isClosing && !isBetween) throw error;
    }
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
    // Of one that is over, or was refused: still on their way when that was said (5.4).
    if (request?.id !== id) return;
    if (type === recordType.PARAMS) this.#addParams(request, content);
    else if (type === recordType.STDIN) {
      if (content.length === 0) request.input.end();
      else request.input.push(Buffer.from(content));
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
    if (this.#request !== undefined) {
      void this.#stream.write(writeEnd(id, 0, protocolStatus.CANT_MPX_CONN));
      return;
    }
    const role = ((content[0] as number) << 8) | (content[1] as number);
    const keeps = ((content[2] as number) & keepsConnection) !== 0;
    if (role !== responder) {
      void this.#stream.write(writeEnd(id, 0, protocolStatus.UNKNOWN_ROLE));
      if (!keeps) this.#close();
      return;
    }
    this.#request = new FastCgiRequest(id, keeps);
  }

  #addParams(request: FastCgiRequest, content: Uint8Array): void {
    if (request.isStarted) notFastCgi('variables behind their end');
    if (content.length > 0) {
      request.params.push(Buffer.from(content));
      request.paramsBytes += content.length;
      const { maxHeadBytes } = this.#settings;
      if (request.paramsBytes > maxHeadBytes)
        notFastCgi(`variables of more than ${String(maxHeadBytes)} bytes`);
      return;
    }
    const variables = readPairs(Buffer.concat(request.params));
    request.params = [];
    request.isStarted = true;
    this.#answer(request, variables).catch((error: unknown) => {
      // Half an answer must not look whole.
      this.#isClosing = true;
      request.isOver = true;
      this.#stream.abort(error);
      if (!(error instanceof SocketError)) this.#report(error);
    });
  }

  async #answer(request: FastCgiRequest, variables: ReadonlyMap<string, string>): Promise<void> {
    const environ = environOfVariables(variables, {
      scriptName: this.#settings.scriptName,
      signal: request.signal,
      errors: this.#errorsOf(request),
      input: { read: () => this.#read(request) },
    });
    const write = (bytes: Uint8Array | string): Promise<void> => this.#write(request, bytes);
    let response;
    try {
      response = await run(this.#app, environ);
    } catch (error) {
      if (request.isOver) return;
      this.#report(error);
      await writeCgiResponse(serverError, environ.REQUEST_METHOD === 'HEAD', write);
      this.#end(request, 1);
      return;
    }
    try {
      await writeCgiResponse(response, environ.REQUEST_METHOD === 'HEAD', write);
    } catch (error) {
      if (request.isOver) return;
      throw error;
    }
    this.#end(request, 0);
  }

  async #read(request: FastCgiRequest): Promise<Uint8Array | undefined> {
    const chunk = request.input.read({ timeoutMs: this.#settings.bodyTimeoutMs });
    this.#wake?.();
    return chunk;
  }

  #write(request: FastCgiRequest, bytes: Uint8Array | string): Promise<void> {
    if (request.isOver) return Promise.reject(new SocketError('PEER_CLOSED', 'the request is over'));
    const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    return this.#stream.write(Buffer.concat(writeStream(recordType.STDOUT, request.id, content)));
  }

  #errorsOf(request: FastCgiRequest): ErrorStream {
    return {
      write: (text) => {
        if (request.isOver) process.stderr.write(text);
        else {
          const records = writeStream(recordType.STDERR, request.id, Buffer.from(text));
          void this.#stream.write(Buffer.concat(records));
        }
      },
      flush: () => undefined,
    };
  }

  /** Ends both streams and the request (5.5). */
  #end(request: FastCgiRequest, appStatus: number): void {
    if (request.isOver) return;
    request.isOver = true;
    const { id } = request;
    void this.#stream.write(
      Buffer.concat([
        writeRecord(recordType.STDOUT, id, Buffer.alloc(0)),
        writeEnd(id, appStatus, protocolStatus.REQUEST_COMPLETE),
      ]),
    );
    request.input.clear();
    this.#request = undefined;
    this.#wake?.();
    if (!request.keepsConnection) this.#close();
  }

  /** In order; the read under way ends with it. */
  #close(): void {
    this.#isClosing = true;
    void this.#stream.close({ timeoutMs: this.#settings.bodyTimeoutMs });
  }

  get #isFull(): boolean {
    const request = this.#request;
    if (request === undefined || this.#isClosing || request.signal.aborted) return false;
    return request.input.bytes >= highWaterBytes;
  }

  /** Waits while the body under way has no room. */
  async #room(): Promise<void> {
    while (this.#isFull) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
