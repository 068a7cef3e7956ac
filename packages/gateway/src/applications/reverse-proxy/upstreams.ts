import {
  Transport,
  type ClientRequest,
  type ClientResponse,
  type TransportOptions,
} from '@wirestack/http/client';

/** How a server is asked whether it is well. */
export interface HealthCheckOptions {
  /** Asked for with GET; any answer below 400 is good. Default `/readyz`. */
  readonly path?: string;
  /** Default 5,000. */
  readonly intervalMs?: number;
  /** Default 2,000. */
  readonly timeoutMs?: number;
  /** Answers that are not good, one after the other, until it counts as ill. Default 2. */
  readonly unhealthyAfter?: number;
  /** Good ones until it counts as well again. Default 1. */
  readonly healthyAfter?: number;
}

/** How a server is chosen, and when it is let alone. */
export interface UpstreamsOptions extends TransportOptions {
  /** Asks the servers themselves, for as long as the application lives (its lifespan). Default: no. */
  readonly health?: HealthCheckOptions;
  /** Requests in a row that a server must fail, by refusing or breaking the connection, to be left out for a while. Default 3. */
  readonly maxFailures?: number;
  /** So long. Default 10,000. */
  readonly ejectMs?: number;
  /** Told when a server is left out, or comes back, with what it failed by. */
  readonly onHealth?: (url: string, isHealthy: boolean, error: unknown) => void;
}

/** A server, and what is known of it. */
export class Upstream {
  /** Without a slash at the end. */
  readonly base: string;
  /** Requests under way. */
  busy = 0;
  /** What its health checks say. */
  isHealthy = true;
  failures = 0;
  ejectedUntil = 0;
  checks = 0;

  constructor(base: string) {
    this.base = base;
  }
}

/** Servers that all can do the same, over connections that are kept. */
export class Upstreams {
  readonly all: readonly Upstream[];
  readonly #transport: Transport;
  readonly #options: UpstreamsOptions;
  #turn = 0;
  #checking: AbortController | undefined;

  /** @throws HttpUsageError `BAD_OPTION`; TypeError for what is no URL of HTTP */
  constructor(urls: readonly (string | URL)[], options: UpstreamsOptions) {
    if (urls.length === 0) throw new TypeError('a proxy needs a server to pass requests to');
    this.all = urls.map((url) => new Upstream(baseOf(url)));
    this.#transport = new Transport(options);
    this.#options = options;
  }

  /**
   * The one with the least to do, in turn where they are even; none of `tried`. One that failed lately is taken where there is no other;
   * one that says it is ill never.
   */
  choose(tried: ReadonlySet<Upstream>): Upstream | undefined {
    const now = performance.now();
    let best: Upstream | undefined;
    const { all } = this;
    for (let i = 0; i < all.length; i++) {
      const one = all[(this.#turn + i) % all.length] as Upstream;
      if (!one.isHealthy || tried.has(one)) continue;
      if (best === undefined || isBetter(one, best, now)) best = one;
    }
    this.#turn = (this.#turn + 1) % all.length;
    return best;
  }

  /** Sends a request, and takes note of how that went. */
  async send(upstream: Upstream, request: ClientRequest): Promise<ClientResponse> {
    const { maxFailures = 3, ejectMs = 10_000 } = this.#options;
    try {
      const response = await this.#transport.send(request);
      if (upstream.ejectedUntil > 0) this.#tell(upstream, true, undefined);
      upstream.failures = upstream.ejectedUntil = 0;
      return response;
    } catch (error) {
      if (request.options.signal?.aborted !== true && ++upstream.failures >= maxFailures) {
        const wasIn = upstream.ejectedUntil === 0;
        upstream.ejectedUntil = performance.now() + ejectMs;
        if (wasIn) this.#tell(upstream, false, error);
      }
      throw error;
    }
  }

  start(): void {
    const { health } = this.#options;
    if (health === undefined) return;
    const checking = new AbortController();
    this.#checking = checking;
    for (const upstream of this.all) void this.#watch(upstream, health, checking.signal);
  }

  async stop(): Promise<void> {
    this.#checking?.abort();
    await this.#transport.close();
  }

  async #watch(upstream: Upstream, health: HealthCheckOptions, signal: AbortSignal): Promise<void> {
    const { intervalMs = 5000, unhealthyAfter = 2, healthyAfter = 1 } = health;
    while (!signal.aborted) {
      const error = await this.#check(upstream, health, signal);
      if (isAborted(signal)) return;
      // How many say the other thing, one after the other.
      const isWell = error === undefined;
      upstream.checks = isWell === upstream.isHealthy ? 0 : upstream.checks + 1;
      if (upstream.checks >= (isWell ? healthyAfter : unhealthyAfter)) {
        upstream.checks = 0;
        upstream.isHealthy = isWell;
        if (isWell) upstream.failures = upstream.ejectedUntil = 0;
        this.#tell(upstream, isWell, error);
      }
      await pause(intervalMs, signal);
    }
  }

  /** What is wrong with it; `undefined` where nothing is. */
  async #check(upstream: Upstream, health: HealthCheckOptions, signal: AbortSignal): Promise<unknown> {
    const { path = '/readyz', timeoutMs = 2000 } = health;
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const response = await this.#transport.send({
        url: upstream.base + path,
        method: 'GET',
        headers: [['User-Agent', 'wirestack-health']],
        body: undefined,
        options: { signal: AbortSignal.any([signal, late]) },
      });
      await response.body.discard();
      return response.status < 400
        ? undefined
        : new Error(`${path} is answered with ${String(response.status)}`);
    } catch (error) {
      return error;
    }
  }

  #tell(upstream: Upstream, isHealthy: boolean, error: unknown): void {
    this.#options.onHealth?.(upstream.base, isHealthy, error);
  }
}

function isBetter(one: Upstream, best: Upstream, now: number): boolean {
  const isEjected = one.ejectedUntil > now;
  const isBestEjected = best.ejectedUntil > now;
  return isEjected === isBestEjected ? one.busy < best.busy : isBestEjected;
}

function baseOf(given: string | URL): string {
  const url = new URL(given);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`${url.href}: a proxy passes requests on to http: and https:`);
  if (url.search !== '' || url.hash !== '' || url.username !== '')
    throw new TypeError(`${url.href}: the URL of a server ends with its path, and has no credentials`);
  return url.origin + url.pathname.replace(/\/$/, '');
}

/** A function, for the compiler does not know that it changes at every `await`. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener('abort', end, { once: true });
  });
}
