import type { HeaderList } from '../headers.ts';
import { transportSettings, type TransportOptions, type TransportSettings } from './client-options.ts';
import type { ClientRequest } from './client-request.ts';
import type { ClientResponse } from './client-response.ts';
import { HttpClientError } from './errors.ts';
import { Exchange } from './exchange.ts';
import { hasField } from './header-list.ts';
import { OriginPool, type PoolOwner } from './origin-pool.ts';
import { proxyFor } from './proxies.ts';
import { requestTarget, type RequestTarget } from './request-target.ts';
import { routeTo, type Route } from './route.ts';
import { closeUnsent } from './upload.ts';

/** What a {@link Transport} holds at the moment. */
export interface TransportStats {
  readonly origins: number;
  /** Open connections, idle ones included. */
  readonly connections: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** Takes requests to their answers over connections that are kept: a pool for each origin. The innermost part of a `Client`. */
export class Transport implements PoolOwner {
  readonly settings: TransportSettings;
  readonly #pools = new Map<string, { readonly route: Route; readonly pool: OriginPool }>();
  #closing: HttpClientError | undefined;
  #onEmpty: (() => void)[] = [];

  /** @throws HttpUsageError `BAD_OPTION` */
  constructor(options: TransportOptions = {}) {
    this.settings = transportSettings(options);
  }

  get stats(): TransportStats {
    const stats = { origins: this.#pools.size, connections: 0, idle: 0, waiting: 0 };
    for (const { pool } of this.#pools.values()) {
      stats.connections += pool.open;
      stats.idle += pool.idle;
      stats.waiting += pool.waiting;
    }
    return stats;
  }

  /**
   * Resolves with the head of the answer. A relative of `fetch`, with nothing done about redirects, cookies or codings.
   *
   * @throws HttpClientError; HttpProtocolError; SocketError; HttpUsageError for a request that cannot be written
   */
  readonly send = (request: ClientRequest): Promise<ClientResponse> => {
    try {
      if (this.#closing !== undefined) throw this.#closing;
      const target = requestTarget(request.url);
      const { route, pool } = this.#poolFor(request.url, target);
      const fields = fieldsOf(request, target, route);
      const exchange = new Exchange(request, target, fields, this.settings.clock.elapsed());
      pool.send(exchange);
      return exchange.promise;
    } catch (error) {
      const failure = error as Error;
      closeUnsent(request.body);
      return Promise.reject(failure);
    }
  };

  /** Takes no more requests, lets go of idle connections, and resolves when those under way are answered. */
  async close(): Promise<void> {
    this.#closing ??= new HttpClientError('CLOSED', 'the client was closed');
    for (const { pool } of [...this.#pools.values()]) pool.close();
    if (this.#pools.size === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }

  /** Ends everything at once. */
  abort(reason?: unknown): void {
    this.#closing = new HttpClientError('CLOSED', 'the client was closed', { cause: reason });
    for (const { pool } of [...this.#pools.values()]) pool.abort(this.#closing);
  }

  idled(): void {
    let idle = 0;
    for (const { pool } of this.#pools.values()) idle += pool.idle;
    if (idle <= this.settings.maxIdleConnections) return;
    let oldest: OriginPool | undefined;
    for (const { pool } of this.#pools.values()) {
      if (pool.idleSince < (oldest?.idleSince ?? Infinity)) oldest = pool;
    }
    oldest?.closeOldest();
  }

  emptied(pool: OriginPool): void {
    for (const [key, entry] of this.#pools) if (entry.pool === pool) this.#pools.delete(key);
    if (this.#pools.size > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #poolFor(url: string, target: RequestTarget): { readonly route: Route; readonly pool: OriginPool } {
    const { settings } = this;
    const proxy = settings.proxy === undefined ? undefined : proxyFor(url, settings.proxy);
    const key = proxy === undefined ? target.origin : `${proxy.href} ${target.origin}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const route = routeTo(target, proxy, settings);
    const made = { route, pool: new OriginPool(route, this) };
    this.#pools.set(key, made);
    return made;
  }
}

/** Those of the request, and what the wire adds: Host in front, as RFC 9110 7.2 would have it. */
function fieldsOf({ headers }: ClientRequest, { authority }: RequestTarget, route: Route): HeaderList {
  const { credentials } = route;
  const fields: HeaderList = hasField(headers, 'host') ? headers : [['Host', authority], ...headers];
  return credentials === undefined ? fields : [...fields, ['Proxy-Authorization', credentials]];
}
