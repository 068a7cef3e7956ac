import type { AddressLike, DialOptions, TlsClientOptions } from '@wirestack/socket';
import { HttpUsageError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import type { ClientConnectionOptions } from '../protocol/client-connection.ts';
import { limitsFrom } from '../protocol/limits.ts';
import type { HeadersLike, Interceptor, Send } from './client-request.ts';
import { hasField, headerList } from './header-list.ts';
import { systemClock, type ClientClock } from './late-timer.ts';
import type { ProxyChoice } from './proxies.ts';

/**
 * What a transport takes: of connections, of time and of messages. Limits of messages and leniencies are those of `ClientConnection`; `lookup`, `family`,
 * `localHost`, `keepAliveMs` and the like those of the socket.
 */
export interface TransportOptions extends ClientConnectionOptions, DialOptions {
  /** Connections to one origin at a time; more requests wait. Default 128 (browsers 6, Go and undici no limit): a crawl must not take every descriptor of a server. */
  readonly maxConnectionsPerOrigin?: number | undefined;
  /** Requests that wait for a connection to one origin. Default 10,000; above: `QUEUE_FULL`. */
  readonly maxQueued?: number | undefined;
  /** How long they wait. Default 30,000. */
  readonly queueTimeoutMs?: number | undefined;
  /** Requests under way on one connection. Default 1: see `pipelining` of `ClientConnection`. Above 1 requests that may be sent twice, and have no body in pieces, share connections. */
  readonly maxPipelined?: number | undefined;
  /**
   * An idle connection is kept so long. Default 4,000, below the 5 s of node's servers; a server that says `Keep-Alive: timeout=…` is believed, less a
   * second, up to 10 minutes.
   */
  readonly idleTimeoutMs?: number | undefined;
  /** Idle connections of all origins together; above, those idle for longest are closed. Default 256. */
  readonly maxIdleConnections?: number | undefined;
  /** Until a connection is there, a tunnel and TLS included. Default 10,000 (undici 10 s; curl 5 min). */
  readonly connectTimeoutMs?: number | undefined;
  /** From the end of the request to the head of its answer. Default 60,000 (nginx as a proxy 60 s, undici 5 min). */
  readonly headTimeoutMs?: number | undefined;
  /** Between two pieces of a body, either way. Default 30,000. */
  readonly bodyTimeoutMs?: number | undefined;
  /** How long a body that waits to be read may keep its connection. Default 300,000. */
  readonly unreadTimeoutMs?: number | undefined;
  /** How long `expectContinue` waits for a `100 Continue` that may never come. Default 1,000, as curl. */
  readonly continueTimeoutMs?: number | undefined;
  /** For `https:`. ALPN is `http/1.1`. */
  readonly tls?: TlsClientOptions | undefined;
  /** Where to connect to in place of the URL’s host: `unix:/run/app.sock`, or another host and port. The Host field stays the URL’s. */
  readonly connectTo?: AddressLike | undefined;
  /** A proxy for all, a function that chooses one, or `proxyFromEnvironment()`. Default: none. */
  readonly proxy?: ProxyChoice | undefined;
  /** For tests. */
  readonly clock?: ClientClock | undefined;
}

/** What a {@link Client} takes. */
export interface ClientOptions extends TransportOptions {
  /** What relative URLs begin with. */
  readonly baseUrl?: string | URL | undefined;
  /** Fields of all requests, unless one has its own. Default `User-Agent: wirestack` and `Accept` of everything. */
  readonly headers?: HeadersLike | undefined;
  /** What stands between the caller and the wire, the outermost first, outside of redirects and decompression. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** The same inside of redirects: for each request that is sent, such as `cookies(jar)`. */
  readonly networkInterceptors?: readonly Interceptor[] | undefined;
  /** Redirects followed; 0 or `false`: an answer that redirects is the answer. Default 10. */
  readonly maxRedirects?: number | false | undefined;
  /** Asks for compressed answers, and decompresses them. Default true. */
  readonly decompress?: boolean | undefined;
  /** Bytes that a body may become. Default 1 GiB. */
  readonly maxDecompressedBytes?: number | undefined;
  /** What takes requests to their answers in place of sockets: a mock, another client. */
  readonly transport?: Send | undefined;
}

/** Options of a transport with every default in place. */
export interface TransportSettings {
  readonly messages: ClientConnectionOptions;
  readonly dial: DialOptions;
  readonly maxConnectionsPerOrigin: number;
  readonly maxQueued: number;
  readonly queueTimeoutMs: number;
  readonly maxPipelined: number;
  readonly idleTimeoutMs: number;
  readonly maxIdleConnections: number;
  readonly connectTimeoutMs: number;
  readonly headTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly unreadTimeoutMs: number;
  readonly continueTimeoutMs: number;
  readonly tls: TlsClientOptions;
  readonly connectTo: AddressLike | undefined;
  readonly proxy: ProxyChoice | undefined;
  readonly clock: ClientClock;
}

/** @throws HttpUsageError `BAD_OPTION` */
export function transportSettings(options: TransportOptions): TransportSettings {
  const { maxPipelined = 1, noDelay, keepAliveMs, localHost, localPort, family, staggerMs, lookup } = options;
  const given = { noDelay, keepAliveMs, localHost, localPort, family, staggerMs, lookup };
  const settings: TransportSettings = {
    messages: {
      ...limitsFrom(options),
      pipelining: maxPipelined > 1,
      ...(options.maxInformational !== undefined && { maxInformational: options.maxInformational }),
    },
    dial: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    maxConnectionsPerOrigin: options.maxConnectionsPerOrigin ?? 128,
    maxQueued: options.maxQueued ?? 10_000,
    queueTimeoutMs: options.queueTimeoutMs ?? 30_000,
    maxPipelined,
    idleTimeoutMs: options.idleTimeoutMs ?? 4000,
    maxIdleConnections: options.maxIdleConnections ?? 256,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    headTimeoutMs: options.headTimeoutMs ?? 60_000,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 30_000,
    unreadTimeoutMs: options.unreadTimeoutMs ?? 300_000,
    continueTimeoutMs: options.continueTimeoutMs ?? 1000,
    tls: { alpn: ['http/1.1'], ...options.tls },
    connectTo: options.connectTo,
    proxy: options.proxy,
    clock: options.clock ?? systemClock,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== 'number' || value > 0) continue;
    if (value === 0 && (name === 'maxQueued' || name === 'maxIdleConnections')) continue;
    throw new HttpUsageError('BAD_OPTION', `${name} is ${String(value)}, expected more than 0`);
  }
  return settings;
}

const standardFields: HeaderList = [
  ['User-Agent', 'wirestack'],
  ['Accept', '*/*'],
];

/** The fields of all requests. */
export function defaultFields(headers: HeadersLike | undefined): HeaderList {
  if (headers === undefined) return standardFields;
  const given = headerList(headers);
  return [...standardFields.filter(([name]) => !hasField(given, name)), ...given];
}
