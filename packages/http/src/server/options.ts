import { HttpUsageError } from '../errors.ts';
import { limitsFrom, type MessageLimits } from '../protocol/limits.ts';
import { systemClock, type Clock } from './clock.ts';
import type { HttpRequest } from './request.ts';

/** Durations are checked once a second: a limit may be passed by so much. */
export interface ServerOptions extends Partial<MessageLimits> {
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
  /** Requests of one connection in work at a time. Default 32. Safe methods only are worked on beside each other (RFC 9112 9.3.2). */
  readonly maxPipelined?: number;
  /** Connections at a time; one more is closed. Default: no limit but descriptors. */
  readonly maxConnections?: number;
  /** Connections the kernel holds before they are accepted. Default 511. */
  readonly backlog?: number;
  /** Permission bits of a Unix path. */
  readonly mode?: number;
  /** Told of what a handler throws, which the client sees as 500 only. Default: written to stderr. */
  readonly onError?: (error: unknown, request: HttpRequest) => void;
  /** For tests. */
  readonly clock?: Clock;
}

/** Options with every default in place. */
export interface ServerSettings {
  readonly limits: MessageLimits;
  readonly headTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly lingerTimeoutMs: number;
  readonly maxPipelined: number;
  readonly onError: (error: unknown, request: HttpRequest) => void;
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
    maxPipelined: options.maxPipelined ?? 32,
    onError:
      options.onError ??
      ((error) => {
        console.error(error);
      }),
    clock: options.clock ?? systemClock,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number' && !(value > 0)) {
      throw new HttpUsageError('BAD_OPTION', `${name} is ${String(value)}, expected more than 0`);
    }
  }
  return settings;
}
