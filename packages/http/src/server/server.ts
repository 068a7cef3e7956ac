import { setMaxListeners } from 'node:events';
import {
  serve,
  SocketError,
  withDeadline,
  type Address,
  type Deadline,
  type ListenAddress,
  type RunningServer,
  type SocketStream,
} from '@wirestack/socket';
import { HttpUsageError } from '../errors.ts';
import { dateLine } from './clock.ts';
import { AddressLimit } from './address-limit.ts';
import type { ConnectionOwner } from './connection-owner.ts';
import { HttpConnection } from './http-connection.ts';
import { Observation } from './observation.ts';
import { settingsFrom, type ServerOptions, type ServerSettings } from './options.ts';
import type { HttpRequest } from './request.ts';
import type { Handler } from './response.ts';
import { TurnQueue } from './turn-queue.ts';

/** How often deadlines are checked and the `Date` field is renewed: its resolution is a second (RFC 9110 5.6.7). */
const tickMs = 1000;

export interface ServerStats {
  /** Connections open now. */
  readonly connections: number;
  /** Requests handed to the handler so far. */
  readonly requests: number;
  /** Connections that came to nothing so far: turned away by a limit, refused in their handshake, or reset before they were accepted. */
  readonly dropped: number;
}

export interface HttpServer extends AsyncDisposable {
  /** Binds and serves. @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`; HttpUsageError `BAD_STATE` a second time, and once closed */
  listen(address: ListenAddress): Promise<HttpServer>;
  /** @throws HttpUsageError `BAD_STATE` before `listen` */
  readonly address: Address;
  readonly stats: ServerStats;
  /**
   * Stops accepting, closes idle connections, answers what is in work with `Connection: close`, and waits for it: of connections that have had no request yet
   * `firstRequestMs` for the first. Connections left when the deadline passes are aborted. Default deadline: 30 s.
   */
  drain(options?: Deadline): Promise<void>;
  /** Stops accepting and aborts every connection. */
  close(): Promise<void>;
}

/**
 * An HTTP/1.1 server over TCP, TLS (`tls://…` and the option `tls`) or a Unix path.
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
  readonly observation: Observation | undefined;
  readonly turns: TurnQueue = new TurnQueue();
  readonly #options: ServerOptions;
  readonly #perAddress: AddressLimit;
  readonly #draining = new AbortController();
  #turnedAway = 0;
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
    const { clock, observe, maxConnectionsPerAddress } = this.settings;
    // Whole: a fraction would be a number on the heap in every connection.
    this.now = Math.trunc(clock.elapsed());
    this.dateLine = dateLine(clock.now());
    this.observation =
      observe === undefined
        ? undefined
        : new Observation(observe, clock, (error) => {
            this.report(error, undefined);
          });
    this.#perAddress = new AddressLimit(maxConnectionsPerAddress);
    // One listener for each request that wants to know.
    setMaxListeners(0, this.#draining.signal);
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get address(): Address {
    if (this.#port === undefined) throw new HttpUsageError('BAD_STATE', 'the server does not listen');
    return this.#port.address;
  }

  get stats(): ServerStats {
    return {
      connections: this.#connections.size,
      requests: this.requests,
      dropped: (this.#port?.dropped ?? 0) + this.#turnedAway,
    };
  }

  async listen(address: ListenAddress): Promise<HttpServer> {
    if (this.#isBinding) throw new HttpUsageError('BAD_STATE', 'the server listens already');
    if (this.#isStopping) throw stopped();
    this.#isBinding = true;
    try {
      const port = await serve(
        address,
        (stream) => {
          this.#accept(stream);
          return undefined;
        },
        {
          ...this.#options,
          onError: (error) => {
            this.report(error, undefined);
          },
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
    this.#perAddress.leave(connection.remoteAddress);
    if (this.#connections.size > 0) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }

  report(error: unknown, request: HttpRequest | undefined): void {
    try {
      this.settings.onError(error, request);
    } catch (hookError) {
      console.error(hookError);
    }
  }

  async drain(options: Deadline = { timeoutMs: 30_000 }): Promise<void> {
    const { timeoutMs = 0 } = options;
    if (!(timeoutMs >= 0)) {
      throw new HttpUsageError('BAD_OPTION', `timeoutMs is ${String(timeoutMs)}, expected 0 or more`);
    }
    this.#isStopping = true;
    this.#draining.abort(new SocketError('CLOSED', 'the server drains'));
    await this.#port?.close();
    const forgetUnused = this.#stopAll();
    const emptied = this.#untilEmpty();
    await withDeadline(emptied, options, (error) => {
      this.#abortAll(error);
    }).catch(() => emptied);
    forgetUnused();
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

  #accept(stream: SocketStream): void {
    if (this.#isStopping) {
      stream.abort('the server stops');
    } else if (this.#perAddress.enter(stream.remoteAddress)) {
      const connection = new HttpConnection(stream, this);
      this.#connections.add(connection);
      this.observation?.opened(connection);
    } else {
      this.#turnedAway++;
      stream.abort('too many connections from this address');
    }
  }

  /** Those that have had no request yet a little later. Answers what calls that off. */
  #stopAll(): () => void {
    const unused: HttpConnection[] = [];
    for (const connection of this.#connections) {
      if (this.settings.firstRequestMs === 0 || !connection.isUnused) {
        connection.stop();
      } else {
        connection.stopAfterFirst();
        unused.push(connection);
      }
    }
    if (unused.length === 0) return () => undefined;
    const timer = setTimeout(() => {
      for (const connection of unused) connection.stop();
    }, this.settings.firstRequestMs);
    return () => {
      clearTimeout(timer);
    };
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
    const { clock } = this.settings;
    this.now = Math.trunc(clock.elapsed());
    this.dateLine = dateLine(clock.now());
    for (const connection of this.#connections) connection.sweep();
  }
}

function stopped(): HttpUsageError {
  return new HttpUsageError('BAD_STATE', 'the server was closed');
}
