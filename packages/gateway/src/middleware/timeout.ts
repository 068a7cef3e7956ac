import type { Application, Body, Chunk, Middleware, StartResponse, Write } from '../application.ts';
import type { Environ } from '../environ.ts';
import { FileWrapper } from '../file-wrapper.ts';
import { keepLifespan } from '../lifespan.ts';
import { UpgradeBody } from '../upgrade.ts';
import { DerivedSignal } from './timeout/derived-signal.ts';

/** Time as it is needed here; a `ManualClock` of `@wirestack/http/testing` is one. */
export interface TimeoutClock {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface TimeoutOptions {
  /** From the call of the application to the first byte of its response, milliseconds. */
  readonly ms: number;
  /** The whole body has to be there in that time, too; else it is cut off. Default false: a response that has begun may take long, as downloads and event streams do. */
  readonly total?: boolean;
  /** Default 503; 504 for what waits for a server behind it (RFC 9110 15.6.5). */
  readonly status?: 503 | 504;
  readonly clock?: TimeoutClock;
}

/** An application took too long. It is the reason of its `wirestack.signal`, and what its `startResponse` throws from then on. */
export class ResponseTimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'RESPONSE_TIMEOUT';
  readonly status: 503 | 504;

  constructor(ms: number, status: 503 | 504) {
    super(`no response in ${String(ms)} ms`);
    this.status = status;
  }
}

/**
 * Answers 503 for an application that has not begun its response in time, and tells the application so: its `wirestack.signal` is aborted, with a `ResponseTimeoutError`. The work
 * behind goes on until it heeds the signal: pass it on to what it waits for.
 *
 * ```ts
 * const app = timeout({ ms: 10_000 })(async (environ, startResponse) => {
 *   const page = await fetch(upstream, { signal: environ['wirestack.signal'] });
 * ```
 *
 * A response begins with its first byte. A body that is there at once (an array, a file, a connection taken over) is never cut: only what is waited for is. What comes too late is closed.
 *
 * @throws TypeError for an option that is none
 */
export function timeout(options: TimeoutOptions): Middleware {
  const { ms, total = false, status = 503, clock = systemClock } = options;
  if (typeof ms !== 'number' || !(ms > 0 && ms < 2 ** 31)) throw new TypeError('ms is no time above 0');
  if ((status as number) !== 503 && (status as number) !== 504) throw new TypeError('status is 503 or 504');
  const settings = { ms, total, status, clock };
  return (app) =>
    keepLifespan(app, (environ, startResponse) =>
      new TimedResponse(environ, startResponse, settings).run(app),
    );
}

interface Settings {
  readonly ms: number;
  readonly total: boolean;
  readonly status: 503 | 504;
  readonly clock: TimeoutClock;
}

/** One response and its deadline. */
class TimedResponse implements AsyncIterable<Chunk> {
  readonly #environ: Environ;
  readonly #startResponse: StartResponse;
  readonly #settings: Settings;
  readonly #signal: DerivedSignal;
  #timer: unknown;
  #hasTimer = false;
  #hasBegun = false;
  #error: ResponseTimeoutError | undefined;
  /** What waits at the moment of the deadline. */
  #onExpiry: ((error: ResponseTimeoutError) => void) | undefined;
  #body: Body | undefined;
  #isClosed = false;

  constructor(environ: Environ, startResponse: StartResponse, settings: Settings) {
    this.#environ = environ;
    this.#startResponse = startResponse;
    this.#settings = settings;
    this.#signal = new DerivedSignal(environ);
  }

  run(app: Application): Body | Promise<Body> {
    let body;
    try {
      body = app(this.#environ, this.#start);
    } catch (error) {
      this.#over();
      throw error;
    }
    if (!isPromise(body)) return this.#timed(body);
    this.#setTimer();
    return this.#awaited(body);
  }

  /** An application that is too late gets no word in. */
  readonly #start: StartResponse = (status, headers, error) => {
    if (this.#error !== undefined) throw this.#error;
    const write = this.#startResponse(status, headers, error);
    const timed: Write = (chunk) => {
      if (this.#error !== undefined) return Promise.reject(this.#error);
      if (chunk.length > 0) this.#began();
      return write(chunk);
    };
    return timed;
  };

  #awaited(promise: Promise<Body>): Promise<Body> {
    return new Promise((resolve, reject) => {
      this.#onExpiry = (error) => {
        // What comes now was not asked for any more.
        promise.then(closeLate, () => undefined);
        resolve(Promise.resolve(error).then((one) => this.#answer(one)));
      };
      promise
        .then(
          (body) => {
            if (this.#error !== undefined) return;
            this.#onExpiry = undefined;
            resolve(this.#timed(body));
          },
          (error: unknown) => {
            this.#over();
            throw error;
          },
        )
        .catch(reject);
    });
  }

  #timed(body: Body): Body {
    const isThere = Array.isArray(body) && (body as Body).close === undefined;
    if (isThere || body instanceof FileWrapper || body instanceof UpgradeBody) {
      this.#clearTimer();
      // A file and a connection are used on: the client's leaving still concerns them.
      if (isThere) this.#signal.release();
      return body;
    }
    this.#setTimer();
    this.#body = body;
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, undefined> {
    const body = this.#body as Body;
    const iterator = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
    let isDone = false;
    try {
      for (;;) {
        const result = this.#hasTimer ? await this.#within(iterator.next()) : await iterator.next();
        if (result === this.#error) break;
        const { done, value } = result as IteratorResult<Chunk, undefined>;
        if (done === true) {
          isDone = true;
          return;
        }
        if (value.length > 0) this.#began();
        yield value;
      }
    } catch (error) {
      isDone = true;
      throw error;
    } finally {
      this.#clearTimer();
      // One that is stuck ends when it gets to it.
      if (!isDone) Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
    yield* this.#answer(this.#error as ResponseTimeoutError) as Chunk[];
  }

  /** The next piece, or the error of the deadline. */
  #within(next: PromiseLike<unknown> | IteratorResult<Chunk>): Promise<unknown> {
    if (this.#error !== undefined) {
      Promise.resolve(next).catch(() => undefined);
      return Promise.resolve(this.#error);
    }
    return new Promise((resolve, reject) => {
      this.#onExpiry = resolve;
      Promise.resolve(next).then(resolve, reject);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#over();
    await this.#body?.close?.();
  }

  /** @throws the error where the head is sent: then the connection ends (see `StartResponse`) */
  #answer(error: ResponseTimeoutError): string[] {
    const phrase = error.status === 503 ? '503 Service Unavailable' : '504 Gateway Timeout';
    this.#startResponse(phrase, answerHeaders, error);
    return [`${phrase}\n`];
  }

  #began(): void {
    this.#hasBegun = true;
    if (!this.#settings.total) this.#clearTimer();
  }

  /** Once for the application and its body. */
  #setTimer(): void {
    const { clock, ms, status, total } = this.#settings;
    if (this.#hasTimer || (this.#hasBegun && !total)) return;
    this.#hasTimer = true;
    this.#timer = clock.setTimeout(() => {
      this.#error = new ResponseTimeoutError(ms, status);
      this.#signal.abort(this.#error);
      this.#onExpiry?.(this.#error);
    }, ms);
  }

  #clearTimer(): void {
    if (!this.#hasTimer) return;
    this.#hasTimer = false;
    this.#settings.clock.clearTimeout(this.#timer);
  }

  #over(): void {
    this.#clearTimer();
    this.#signal.release();
  }
}

const answerHeaders = [
  ['Content-Type', 'text/plain; charset=utf-8'],
  ['Cache-Control', 'no-store'],
] as const;

function closeLate(body: Body): void {
  const close = async (): Promise<void> => {
    await body.close?.();
  };
  close().catch(() => undefined);
}

const systemClock: TimeoutClock = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout);
  },
};

function isPromise(body: Body | Promise<Body>): body is Promise<Body> {
  return body instanceof Promise || (typeof body === 'object' && 'then' in body);
}
