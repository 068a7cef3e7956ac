import {
  serve,
  withDeadline,
  type Address,
  type AddressLike,
  type Deadline,
  type RunningServer,
} from '@wirestack/socket';
import { HttpUsageError } from '../errors.ts';
import { dateLine } from './clock.ts';
import { HttpConnection, type ConnectionOwner } from './http-connection.ts';
import { settingsFrom, type ServerOptions, type ServerSettings } from './options.ts';
import type { Handler } from './response.ts';

/** How often deadlines are checked and the `Date` field is renewed: its resolution is a second (RFC 9110 5.6.7). */
const tickMs = 1000;

export interface ServerStats {
  /** Connections open now. */
  readonly connections: number;
  /** Requests handed to the handler so far. */
  readonly requests: number;
  /** Connections turned away so far. */
  readonly dropped: number;
}

export interface HttpServer extends AsyncDisposable {
  /** Binds and serves. @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`; HttpUsageError `BAD_STATE` a second time, and once closed */
  listen(address: AddressLike): Promise<HttpServer>;
  /** @throws HttpUsageError `BAD_STATE` before `listen` */
  readonly address: Address;
  readonly stats: ServerStats;
  /**
   * Stops accepting, closes idle connections, answers what is in work with `Connection: close`, and waits for it. Connections left when
   * the deadline passes are aborted. Default deadline: 30 s.
   */
  drain(options?: Deadline): Promise<void>;
  /** Stops accepting and aborts every connection. */
  close(): Promise<void>;
}

/**
 * An HTTP/1.1 server over TCP or a Unix path.
 *
 * ```ts
 * const server = await createServer(() => ({ status: 200, body: 'hello\n' })).listen('127.0.0.1:8000');
 * ```
 *
 * @throws HttpUsageError `BAD_OPTION`
 */
export function createServer(handler: Handler, options: ServerOptions = {}): HttpServer {
  return new RunningHttpServer(handler, options);
}

class RunningHttpServer implements HttpServer, ConnectionOwner {
  readonly handler: Handler;
  readonly settings: ServerSettings;
  now: number;
  dateLine: string;
  requests = 0;
  readonly #options: ServerOptions;
  readonly #connections = new Set<HttpConnection>();
  #port: RunningServer | undefined;
  #isBinding = false;
  #isStopping = false;
  #stopClock: (() => void) | undefined;
  #emptied: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(handler: Handler, options: ServerOptions) {
    this.handler = handler;
    this.settings = settingsFrom(options);
    this.#options = options;
    this.now = this.settings.clock.now();
    this.dateLine = dateLine(this.now);
  }

  get address(): Address {
    if (this.#port === undefined) throw new HttpUsageError('BAD_STATE', 'the server does not listen');
    return this.#port.address;
  }

  get stats(): ServerStats {
    return {
      connections: this.#connections.size,
      requests: this.requests,
      dropped: this.#port?.dropped ?? 0,
    };
  }

  async listen(address: AddressLike): Promise<HttpServer> {
    if (this.#isBinding) throw new HttpUsageError('BAD_STATE', 'the server listens already');
    if (this.#isStopping) throw stopped();
    this.#isBinding = true;
    const { maxConnections, backlog, mode } = this.#options;
    try {
      const port = await serve(
        address,
        (stream) => {
          if (this.#isStopping) stream.abort('the server stops');
          else this.#connections.add(new HttpConnection(stream, this));
          return undefined;
        },
        {
          ...(maxConnections === undefined ? {} : { maxConnections }),
          ...(backlog === undefined ? {} : { backlog }),
          ...(mode === undefined ? {} : { mode }),
        },
      );
      // Closed meanwhile: `close()` had no port to close.
      if (this.#isStopping as boolean) {
        await port.close();
        throw stopped();
      }
      this.#port = port;
    } catch (error) {
      this.#isBinding = false;
      throw error;
    }
    this.#tick();
    this.#stopClock = this.settings.clock.every(tickMs, () => {
      this.#tick();
    });
    return this;
  }

  closed(connection: HttpConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }

  async drain(options: Deadline = { timeoutMs: 30_000 }): Promise<void> {
    const { timeoutMs = 0 } = options;
    if (!(timeoutMs >= 0)) {
      throw new HttpUsageError('BAD_OPTION', `timeoutMs is ${String(timeoutMs)}, expected 0 or more`);
    }
    this.#isStopping = true;
    await this.#port?.close();
    for (const connection of this.#connections) connection.stop();
    const emptied = this.#untilEmpty();
    await withDeadline(emptied, options, (error) => {
      this.#abortAll(error);
    }).catch(() => emptied);
    this.#stopClock?.();
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    await this.#port?.close();
    this.#abortAll('the server was closed');
    await this.#untilEmpty();
    this.#stopClock?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #untilEmpty(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    if (this.#emptied === undefined) {
      let resolve!: () => void;
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      this.#emptied = { promise, resolve };
    }
    return this.#emptied.promise;
  }

  #abortAll(reason: unknown): void {
    for (const connection of this.#connections) connection.abort(reason);
  }

  #tick(): void {
    this.now = this.settings.clock.now();
    this.dateLine = dateLine(this.now);
    for (const connection of this.#connections) connection.sweep();
  }
}

function stopped(): HttpUsageError {
  return new HttpUsageError('BAD_STATE', 'the server was closed');
}
