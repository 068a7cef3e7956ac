import { SocketError } from '@wirestack/socket';
import { HttpProtocolError } from '../../errors.ts';
import type { ClientRequest, Interceptor, Send } from '../client-request.ts';
import type { ClientResponse } from '../client-response.ts';
import { HttpClientError } from '../errors.ts';
import { replayOf } from './replay.ts';
import { retryAfterMs } from './retry-after.ts';
import { processClock, waited, type WaitClock } from './waiting.ts';

export interface RetryOptions {
  /** Requests after the first one. Default 2, as got: three failures in a row are seldom a coincidence. */
  readonly limit?: number | undefined;
  /** Answers that are asked for again. Default 408, 425, 429, 502, 503, 504: those that say so, or come from a proxy. 500 is the program’s word, and is mostly repeated. */
  readonly statuses?: readonly number[] | undefined;
  /** Methods that may be sent twice. Default the idempotent ones of RFC 9110 9.2.2; `idempotent` of a request decides before. */
  readonly methods?: readonly string[] | undefined;
  /** The first wait is somewhere below; each further one may be twice as long. Default 200. */
  readonly baseDelayMs?: number | undefined;
  /** No wait is longer, but for Retry-After. Default 10,000. */
  readonly maxDelayMs?: number | undefined;
  /** A server that asks for a longer wait has its answer given to the caller. Default 60,000. */
  readonly maxRetryAfterMs?: number | undefined;
  /** Called before each wait. What it throws ends the request. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** For tests. */
  readonly clock?: WaitClock | undefined;
}

/** Why a request is sent again, and when. */
export interface Retry {
  readonly request: ClientRequest;
  /** 1 for the second request, and so on. */
  readonly attempt: number;
  readonly delayMs: number;
  /** Of the answer that is not taken; `undefined` where there was none. */
  readonly status: number | undefined;
  /** In place of an answer. */
  readonly error: unknown;
}

/**
 * Sends again what failed for a reason that may pass: an answer of `statuses`, a connection that was refused, reset or never there, no answer in time.
 *
 * Between two requests lies a random part of `baseDelayMs · 2ⁿ`, at most `maxDelayMs` (“full jitter”: clients that failed together do not come back together),
 * behind what Retry-After asks for. The wait ends with the signal of the request, as the total deadline does. After the last try its answer or error is given.
 *
 * Never for methods that are not idempotent, unless the request says `idempotent: true`, or a body that cannot be sent again. Bodies of answers are not
 * covered: they are with the caller by then.
 */
export function retries(options: RetryOptions = {}): Interceptor {
  const settings: RetrySettings = {
    limit: options.limit ?? 2,
    statuses: new Set(options.statuses ?? [408, 425, 429, 502, 503, 504]),
    methods: new Set(options.methods ?? ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']),
    baseDelayMs: options.baseDelayMs ?? 200,
    maxDelayMs: options.maxDelayMs ?? 10_000,
    maxRetryAfterMs: options.maxRetryAfterMs ?? 60_000,
    onRetry: options.onRetry,
    random: options.random ?? Math.random,
    clock: options.clock ?? processClock,
  };
  return (request, next) =>
    (request.options.idempotent ?? settings.methods.has(request.method))
      ? new RetriedRequest(settings, request, next).send(0)
      : next(request);
}

interface RetrySettings {
  readonly limit: number;
  readonly statuses: ReadonlySet<number>;
  readonly methods: ReadonlySet<string>;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxRetryAfterMs: number;
  readonly onRetry: ((retry: Retry) => void) | undefined;
  readonly random: () => number;
  readonly clock: WaitClock;
}

class RetriedRequest {
  readonly #settings: RetrySettings;
  readonly #request: ClientRequest;
  readonly #canRepeat: () => boolean;
  readonly #next: Send;

  constructor(settings: RetrySettings, request: ClientRequest, next: Send) {
    this.#settings = settings;
    const replay = replayOf(request);
    this.#request = replay.request;
    this.#canRepeat = replay.canRepeat;
    this.#next = next;
  }

  /** @param attempts requests before this one */
  send(attempts: number): Promise<ClientResponse> {
    return this.#next(this.#request).then(
      (response) => this.#answered(response, attempts),
      (error: unknown) => this.#failed(error, attempts),
    );
  }

  #answered(response: ClientResponse, attempts: number): ClientResponse | Promise<ClientResponse> {
    const { statuses, clock, maxRetryAfterMs } = this.#settings;
    if (!statuses.has(response.status) || !this.#mayRepeat(attempts)) return response;
    const afterMs = retryAfterMs(response.headers.get('retry-after'), clock.now()) ?? 0;
    if (afterMs > maxRetryAfterMs) return response;
    // The wait gives the rest of its body time to arrive.
    void response.body.discard();
    return this.#again(attempts, afterMs, { status: response.status, error: undefined });
  }

  #failed(error: unknown, attempts: number): Promise<ClientResponse> {
    if (!mayPass(error) || !this.#mayRepeat(attempts)) throw error;
    return this.#again(attempts, 0, { status: undefined, error });
  }

  #mayRepeat(attempts: number): boolean {
    return attempts < this.#settings.limit && this.#canRepeat();
  }

  async #again(
    attempts: number,
    afterMs: number,
    why: Pick<Retry, 'status' | 'error'>,
  ): Promise<ClientResponse> {
    const { baseDelayMs, maxDelayMs, random, onRetry, clock } = this.#settings;
    const delayMs = afterMs + random() * Math.min(maxDelayMs, baseDelayMs * 2 ** attempts);
    const request = this.#request;
    onRetry?.({ request, attempt: attempts + 1, delayMs, ...why });
    await waited(clock, delayMs, request.options.signal);
    return this.send(attempts + 1);
  }
}

/** The network’s mood, a server that restarts: not a name that does not exist, or a certificate that is not trusted. */
function mayPass(error: unknown): boolean {
  if (error instanceof SocketError) return passingSocketErrors.has(error.code);
  if (error instanceof HttpProtocolError) return error.code === 'TRUNCATED';
  if (!(error instanceof HttpClientError)) return false;
  if (error.code === 'TIMED_OUT') return error.phase === 'connect' || error.phase === 'head';
  return error.code === 'DISCONNECTED';
}

const passingSocketErrors: ReadonlySet<string> = new Set([
  'REFUSED',
  'RESET',
  'PEER_CLOSED',
  'TIMED_OUT',
  'UNREACHABLE',
]);
