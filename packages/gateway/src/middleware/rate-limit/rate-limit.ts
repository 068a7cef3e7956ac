import type { HeaderList } from '@wirestack/http';
import type { Application, Body, Middleware, StartResponse } from '../../application.ts';
import type { Environ } from '../../environ.ts';
import { keepLifespan } from '../../lifespan.ts';
import { textResponse } from '../../text-response.ts';
import { changeHeaders } from '../response-parts.ts';
import { clientKey } from './client-key.ts';
import { memoryStore } from './memory-store.ts';
import type { Quota, RateLimitStore, Taken } from './rate-limit-store.ts';

export interface RateLimitOptions {
  /** Requests in a window: all at once, if a client likes. */
  readonly limit: number;
  /** In which as many come back, evenly. */
  readonly windowMs: number;
  /** Who is counted as one; `undefined` is not counted. Default `clientKey`: `REMOTE_ADDR`, of IPv6 its /64. */
  readonly key?: (environ: Environ) => string | undefined;
  /** What keeps count. Default `memoryStore()`, which is of this process. Limits of one key in one store need other names. */
  readonly store?: RateLimitStore;
  /** What the policy is called in the fields, and in the store. Default `default`. */
  readonly name?: string;
  /** Tells clients with `RateLimit` and `RateLimit-Policy`. Default true. */
  readonly headers?: boolean;
  /** What to do with requests while the store fails: default `allow`, for a limit is to keep a site up. `deny` answers 503. */
  readonly onStoreError?: 'allow' | 'deny';
  /** How long a store may take; then it counts as failed. Default 500. */
  readonly storeTimeoutMs?: number;
  /** Told of what fails. Default: a line to `wsgi.errors`. */
  readonly onError?: (error: unknown, environ: Environ) => void;
  /** Milliseconds, for a store in this process. Default `Date.now`. */
  readonly clock?: () => number;
}

/**
 * Lets each client have so many requests in so long; the rest get 429 with `Retry-After` (RFC 6585 4). The algorithm is GCRA, a token bucket: after a pause a client may
 * send `limit` at once, and then one each `windowMs / limit`.
 *
 * ```ts
 * const app = rateLimit({ limit: 100, windowMs: 60_000 })(api);
 * const shared = rateLimit({ limit: 5, windowMs: 60_000, name: 'login', store: redisStore(send) })(login);
 * ```
 *
 * @throws TypeError for a limit that is no whole number from 1 on, a window below a millisecond, a name that is no token
 * @see draft-ietf-httpapi-ratelimit-headers-10
 */
export function rateLimit(options: RateLimitOptions): Middleware {
  const settings = new Settings(options);
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const key = settings.key(environ);
      if (key === undefined) return app(environ, startResponse);
      let taken;
      try {
        taken = settings.take(key);
      } catch (error) {
        return settings.failed(error, app, environ, startResponse);
      }
      if (!(taken instanceof Promise)) return settings.go(taken, app, environ, startResponse);
      return taken.then(
        (one) => settings.go(one, app, environ, startResponse),
        (error: unknown) => settings.failed(error, app, environ, startResponse),
      );
    });
}

class Settings {
  readonly key: (environ: Environ) => string | undefined;
  readonly #quota: Quota;
  readonly #store: RateLimitStore;
  readonly #name: string;
  readonly #policy: readonly [string, string] | undefined;
  readonly #mayPass: boolean;
  readonly #timeoutMs: number;
  readonly #onError: (error: unknown, environ: Environ) => void;
  readonly #clock: () => number;

  constructor(options: RateLimitOptions) {
    const { limit, windowMs, name = 'default', storeTimeoutMs = 500, onStoreError = 'allow' } = options;
    if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError(`limit cannot be ${String(limit)}`);
    if (!(Number.isFinite(windowMs) && windowMs >= 1))
      throw new TypeError(`windowMs cannot be ${String(windowMs)}`);
    if (!/^[A-Za-z\d_.-]+$/.test(name)) throw new TypeError(`name cannot be ${JSON.stringify(name)}`);
    if (!(storeTimeoutMs > 0)) throw new TypeError(`storeTimeoutMs cannot be ${String(storeTimeoutMs)}`);
    if (onStoreError !== 'allow' && (onStoreError as unknown) !== 'deny')
      throw new TypeError(`onStoreError cannot be ${JSON.stringify(onStoreError)}`);
    this.key = options.key ?? clientKey;
    this.#quota = { limit, windowMs };
    this.#store = options.store ?? memoryStore();
    this.#name = name;
    const policy = `"${name}";q=${String(limit)};w=${String(Math.ceil(windowMs / 1000))}`;
    this.#policy = options.headers === false ? undefined : ['RateLimit-Policy', policy];
    this.#mayPass = onStoreError === 'allow';
    this.#timeoutMs = storeTimeoutMs;
    this.#onError =
      options.onError ??
      ((error, environ) => {
        environ['wsgi.errors'].write(`rateLimit ${name}: ${String(error)}\n`);
      });
    this.#clock = options.clock ?? Date.now;
  }

  take(key: string): Taken | Promise<Taken> {
    const taken = this.#store.take(`${this.#name}:${key}`, this.#quota, this.#clock());
    return taken instanceof Promise ? this.#inTime(taken) : taken;
  }

  go(taken: Taken, app: Application, environ: Environ, startResponse: StartResponse): Body | Promise<Body> {
    const fields = this.#fields(taken);
    if (taken.isAllowed) {
      if (fields.length === 0) return app(environ, startResponse);
      return app(
        environ,
        changeHeaders(startResponse, (headers) => [...headers, ...fields]),
      );
    }
    const retryAfter = ['Retry-After', String(Math.max(1, Math.ceil(taken.retryAfterMs / 1000)))] as const;
    return textResponse(startResponse, '429 Too Many Requests', [retryAfter, ...fields]);
  }

  failed(
    error: unknown,
    app: Application,
    environ: Environ,
    startResponse: StartResponse,
  ): Body | Promise<Body> {
    this.#onError(error, environ);
    return this.#mayPass
      ? app(environ, startResponse)
      : textResponse(startResponse, '503 Service Unavailable');
  }

  #fields({ remaining, resetMs }: Taken): HeaderList {
    if (this.#policy === undefined) return [];
    const t = String(Math.max(0, Math.ceil(resetMs / 1000)));
    return [this.#policy, ['RateLimit', `"${this.#name}";r=${String(remaining)};t=${t}`]];
  }

  /** The command is out and cannot be called back: what it answers later counts nowhere but in the store. */
  #inTime(taken: Promise<Taken>): Promise<Taken> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`the store took longer than ${String(this.#timeoutMs)} ms`));
      }, this.#timeoutMs);
      taken.then(resolve, reject).finally(() => {
        clearTimeout(timer);
      });
    });
  }
}
