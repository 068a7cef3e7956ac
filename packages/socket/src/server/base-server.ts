import type { Address } from '../address.ts';
import { withDeadline, type Deadline } from '../deadline.ts';
import { closedError, SocketError, SocketUsageError } from '../errors.ts';
import type { Concurrency, Task } from './concurrency/concurrency.ts';
import { concurrent } from './concurrency/concurrent.ts';

export interface BaseServerOptions {
  /** How requests run: one after the other, at the same time, in threads, in processes. Default `concurrent()`. */
  readonly concurrency?: Concurrency;
  /** How long `handleRequest` waits for one; then it calls `handleTimeout`. Default: for ever. */
  readonly timeoutMs?: number;
  /** How often `serveForever` calls `serviceActions` while nothing happens. Default 500, as in Python. */
  readonly pollIntervalMs?: number;
}

/** A request as it was accepted: what a handler gets, and whom it is from. */
export interface Accepted<Request> {
  readonly request: Request;
  readonly clientAddress: Address;
}

/**
 * `socketserver.BaseServer` (seed 003): accepts requests, and has a method to override at each step of one. In order:
 *
 * ```
 * verifyRequest → processRequest → (the concurrency) → finishRequest → the handler → shutdownRequest
 *                                        what throws → handleError   → abortRequest
 * ```
 *
 * `serveForever` and `handleRequest` open the address where `listen` has not. What is written as an override of a hook may be async.
 */
export abstract class BaseServer<Request> implements AsyncDisposable {
  protected readonly concurrency: Concurrency;
  readonly timeoutMs: number | undefined;
  readonly #pollIntervalMs: number;
  readonly #running = new Set<Promise<void>>();
  readonly #requests = new Set<Request>();
  #opening: Promise<Address> | undefined;
  #address: Address | undefined;
  #loop: { readonly stop: AbortController; readonly over: Promise<void> } | undefined;
  #closed = false;

  constructor(options: BaseServerOptions = {}) {
    const { concurrency = concurrent(), timeoutMs, pollIntervalMs = 500 } = options;
    if (!(pollIntervalMs > 0)) {
      throw new SocketUsageError(
        'BAD_ARGUMENT',
        `pollIntervalMs is ${String(pollIntervalMs)}, expected more than 0`,
      );
    }
    this.concurrency = concurrency;
    this.timeoutMs = timeoutMs;
    this.#pollIntervalMs = pollIntervalMs;
  }

  /** Where it listens. @throws SocketUsageError `BAD_ARGUMENT` before it does */
  get address(): Address {
    if (this.#address !== undefined) return this.#address;
    throw new SocketUsageError('BAD_ARGUMENT', 'the server has no address yet: await listen() first');
  }

  /** Requests accepted and not finished, those that wait for a place included. */
  get activeRequests(): number {
    return this.#running.size;
  }

  /** Binds and listens, once: Python's `server_bind` and `server_activate`. Rejects as the opening of its kind of socket does. */
  listen(): Promise<Address> {
    if (this.#closed) return Promise.reject(closedError('the server'));
    return (this.#opening ??= this.#open());
  }

  /** Serves requests until `shutdown()` or `close()`. Rejects where it cannot listen; never because of a request. */
  async serveForever(): Promise<void> {
    if (this.#loop !== undefined) throw new SocketUsageError('BUSY', 'serveForever() runs already');
    const stop = new AbortController();
    const over = this.#serve(stop.signal);
    this.#loop = { stop, over };
    try {
      await over;
    } finally {
      this.#loop = undefined;
    }
  }

  /** Waits for one request, and until it is finished; not beside `serveForever`. Rejects as `serveForever` does, and with `ABORTED`. */
  async handleRequest(options: Pick<Deadline, 'signal'> = {}): Promise<void> {
    await this.listen();
    try {
      await this.#begin(await this.accept({ signal: options.signal, timeoutMs: this.timeoutMs }));
    } catch (error) {
      if (!(error instanceof SocketError && error.code === 'TIMED_OUT')) throw error;
      await this.handleTimeout();
    }
  }

  /** Ends `serveForever`; resolves once it has. Requests that run go on, new ones wait in the backlog: it may be called again. */
  async shutdown(): Promise<void> {
    const loop = this.#loop;
    loop?.stop.abort(closedError('the server'));
    await loop?.over;
  }

  /** Accepts no more, and waits until every request is finished; those left at the deadline are aborted. Default: for ever. */
  async close(deadline: Deadline = {}): Promise<void> {
    this.#closed = true;
    await this.#opening?.catch(() => undefined);
    await Promise.all([this.shutdown(), this.stopListening()]);
    const finished = Promise.all([this.concurrency.stop(deadline), ...this.#running]).then(() => undefined);
    try {
      await withDeadline(finished, deadline, (error) => {
        for (const request of this.#requests) this.abortRequest(request, error);
      });
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      await finished;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What the concurrency loads, where that is in another thread: the handler as the server was given it. */
  protected abstract readonly handler: unknown;
  protected abstract open(): Promise<Address>;
  protected abstract accept(deadline: Deadline): Promise<Accepted<Request>>;
  protected abstract stopListening(): Promise<void>;
  /** What the concurrency is given of a request besides the way to run it. */
  protected abstract taskOf(request: Request): Omit<Task, 'run'>;

  /** Whether to serve a request at all: Python's `verify_request`. Default: yes. */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- what an override is given
  protected verifyRequest(request: Request, clientAddress: Address): boolean | Promise<boolean> {
    return true;
  }

  /** Has a request served: Python's `process_request`. Default: as the concurrency would, then `shutdownRequest`. */
  protected async processRequest(request: Request, clientAddress: Address): Promise<void> {
    await this.concurrency.run({
      ...this.taskOf(request),
      run: () => this.finishRequest(request, clientAddress),
    });
    await this.shutdownRequest(request);
  }

  /** Calls the handler, or makes one and runs it: Python's `finish_request`. In threads and processes their own way is taken instead. */
  protected abstract finishRequest(request: Request, clientAddress: Address): Promise<void>;
  /** After a request that was served, or was not to be: Python's `shutdown_request`. */
  protected abstract shutdownRequest(request: Request): Promise<void>;
  /** After a request that failed, and for those that a deadline cuts. */
  protected abstract abortRequest(request: Request, reason: unknown): void;

  /** Told of what a request threw: Python's `handle_error`. Default: stderr, but nothing of a peer that went away (`SocketError`). */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- what an override is given
  protected handleError(error: unknown, request: Request, clientAddress: Address): void | Promise<void> {
    if (!(error instanceof SocketError)) console.error(error);
  }

  /** Told that `handleRequest` waited in vain: Python's `handle_timeout`. Default: nothing. */
  protected handleTimeout(): void | Promise<void> {
    return undefined;
  }

  /** Called after each request that was begun, and every `pollIntervalMs`: Python's `service_actions`. Default: nothing. */
  protected serviceActions(): void | Promise<void> {
    return undefined;
  }

  async #open(): Promise<Address> {
    await this.concurrency.start?.({
      handler: this.handler,
      onError: (error) => {
        console.error(error);
      },
    });
    return (this.#address = await this.open());
  }

  async #serve(signal: AbortSignal): Promise<void> {
    await this.listen();
    const ticking = setInterval(() => void this.#serviceActions(), this.#pollIntervalMs);
    try {
      for (;;) {
        const accepted = await this.accept({ signal });
        void this.#begin(accepted);
        await this.#serviceActions();
      }
    } catch (error) {
      const isStop = error instanceof SocketError && (error.code === 'ABORTED' || error.code === 'CLOSED');
      if (!isStop) throw error;
    } finally {
      clearInterval(ticking);
    }
  }

  #begin(accepted: Accepted<Request>): Promise<void> {
    const { request } = accepted;
    const work = this.#handle(accepted).finally(() => {
      this.#running.delete(work);
      this.#requests.delete(request);
    });
    this.#running.add(work);
    this.#requests.add(request);
    return work;
  }

  async #handle({ request, clientAddress }: Accepted<Request>): Promise<void> {
    try {
      if (await this.verifyRequest(request, clientAddress)) await this.processRequest(request, clientAddress);
      else await this.shutdownRequest(request);
    } catch (error) {
      this.abortRequest(request, error);
      await this.#report(error, request, clientAddress);
    }
  }

  /** A hook that fails must not end the server. */
  async #report(error: unknown, request: Request, clientAddress: Address): Promise<void> {
    try {
      await this.handleError(error, request, clientAddress);
    } catch (second) {
      console.error(second);
    }
  }

  async #serviceActions(): Promise<void> {
    try {
      await this.serviceActions();
    } catch (error) {
      console.error(error);
    }
  }
}
