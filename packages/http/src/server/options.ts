import type { ListenOptions } from '@wirestack/socket';
import { HttpUsageError } from '../errors.ts';
import type { Leniency } from '../protocol/leniency.ts';
import { limitsFrom, type MessageLimits, type MessageRules } from '../protocol/limits.ts';
import { systemClock, type Clock } from './clock.ts';
import type { ServerObserver } from './observer.ts';
import type { HttpRequest } from './request.ts';
import { trustFrom, type ProxyTrust, type TrustProxyOptions } from './trusted-proxy.ts';

/**
 * What a server takes, of messages, of time and of connections. TLS (`tls`), the PROXY protocol (`proxyProtocol`), `backlog`, `mode`,
 * `maxConnections`, `whenFull`, `reusePort` and `onRefused` are those of the socket.
 *
 * Durations are checked once a second: a limit may be passed by so much.
 */
export interface ServerOptions extends Partial<MessageLimits>, Leniency, ListenOptions {
  /** From the first byte of a connection or of a head to the end of the head; then 408. Default 15,000 (nginx 60 s, Go none, node 60 s). */
  readonly headTimeoutMs?: number;
  /** Between two pieces of a request body; then 408, or the end where an answer has begun. Default 30,000 (nginx 60 s). */
  readonly bodyTimeoutMs?: number;
  /** Between two requests; then the connection is closed. Default 65,000: above the 60 s of common load balancers (nginx 75 s, node 5 s). */
  readonly idleTimeoutMs?: number;
  /** With an answer to send and a client that takes nothing of it; then the connection is aborted. Default 30,000 (nginx 60 s). */
  readonly writeTimeoutMs?: number;
  /** After the last answer, for the client to read it and close. Default 2,000 (nginx 5 s of reading on). */
  readonly lingerTimeoutMs?: number;
  /**
   * In a drain, for the first request of a connection that has had none: it may be on its way, and its client could not know that it is to be sent again. Then
   * the connection is closed. Default 1,000 (Go 5 s, nginx none). 0: such connections are closed at once.
   */
  readonly firstRequestMs?: number;
  /**
   * What a request body must come at on the average, over the time that the client was waited for less `bodyTimeoutMs`; then 408. So a body gets 30 s, and
   * one more for every 240 bytes, however it trickles. Default 240, as Kestrel (Apache: 20 s and 500). 0: any rate.
   */
  readonly minBodyBytesPerSecond?: number;
  /** Requests of one connection in work at a time. Default 32. Safe methods only are worked on beside each other (RFC 9112 9.3.2). */
  readonly maxPipelined?: number;
  /** Requests of a connection, the last answered with `Connection: close`. Default: no limit (nginx 1,000), for it costs handshakes only. */
  readonly maxRequestsPerConnection?: number;
  /**
   * Connections of one IPv4 address, or of one /64 of IPv6, at a time; one more is closed. Default: no limit, for behind one address may be an
   * office or a proxy. With `proxyProtocol` those of the client that the proxy names.
   */
  readonly maxConnectionsPerAddress?: number;
  /** Which proxies in front may say where a request comes from. Default: none. */
  readonly trustProxy?: TrustProxyOptions;
  /** Watches connections and requests, as `accessLog()` does. */
  readonly observe?: ServerObserver;
  /** Told of what a handler throws, which the client sees as 500 only, and, without a request, an observer. Default: written to stderr. */
  readonly onError?: (error: unknown, request: HttpRequest | undefined) => void;
  /** For tests. */
  readonly clock?: Clock;
}

/** Options with every default in place. */
export interface ServerSettings {
  readonly limits: MessageRules;
  readonly headTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly lingerTimeoutMs: number;
  readonly firstRequestMs: number;
  readonly minBodyBytesPerSecond: number;
  readonly maxPipelined: number;
  readonly maxRequestsPerConnection: number;
  readonly maxConnectionsPerAddress: number;
  readonly trust: ProxyTrust | undefined;
  readonly observe: ServerObserver | undefined;
  readonly onError: (error: unknown, request: HttpRequest | undefined) => void;
  readonly clock: Clock;
}

/** @throws HttpUsageError `BAD_OPTION` */
export function settingsFrom(options: ServerOptions): ServerSettings {
  const settings: ServerSettings = {
    limits: limitsFrom(options),
    headTimeoutMs: options.headTimeoutMs ?? 15_000,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 30_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 65_000,
    writeTimeoutMs: options.writeTimeoutMs ?? 30_000,
    lingerTimeoutMs: options.lingerTimeoutMs ?? 2000,
    firstRequestMs: options.firstRequestMs ?? 1000,
    minBodyBytesPerSecond: options.minBodyBytesPerSecond ?? 240,
    maxPipelined: options.maxPipelined ?? 32,
    maxRequestsPerConnection: options.maxRequestsPerConnection ?? Infinity,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? Infinity,
    trust: options.trustProxy === undefined ? undefined : trustFrom(options.trustProxy),
    observe: options.observe,
    onError:
      options.onError ??
      ((error) => {
        console.error(error);
      }),
    clock: options.clock ?? systemClock,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== 'number' || value > 0 || (value === 0 && mayBeNought.has(name))) continue;
    throw new HttpUsageError('BAD_OPTION', `${name} is ${String(value)}, expected more than 0`);
  }
  return settings;
}

const mayBeNought: ReadonlySet<string> = new Set(['firstRequestMs', 'minBodyBytesPerSecond']);
