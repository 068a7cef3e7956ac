import { HttpProtocolError } from '../errors.ts';

/**
 * Why a request came to nothing, besides what the network says (`SocketError`) and what breaks the protocol (`HttpProtocolError`).
 *
 * | code | meaning |
 * |---|---|
 * | `TIMED_OUT` | a deadline passed; `phase` says which |
 * | `ABORTED` | the caller's signal; `cause` is its reason |
 * | `CLOSED` | the client was closed |
 * | `DISCONNECTED` | the server ended the connection before it answered; `cause` where the network gave a reason |
 * | `QUEUE_FULL` | more requests wait for a connection than `maxQueued` |
 * | `TOO_MANY_REDIRECTS` | more than the limit, or a circle |
 * | `BAD_REDIRECT` | a redirect without a place to go, to another scheme than http, or whose body cannot be sent again |
 * | `BODY_TOO_LARGE` | above what `text()` and its like may keep, or what decompression may make |
 * | `BAD_ENCODING` | the body is not what its Content-Encoding says |
 * | `PROXY_REFUSED` | the proxy answered CONNECT with `status` |
 * | `UPGRADE_REFUSED` | the server answered with `status`, and stayed with HTTP |
 */
export type HttpClientErrorCode =
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'CLOSED'
  | 'DISCONNECTED'
  | 'QUEUE_FULL'
  | 'TOO_MANY_REDIRECTS'
  | 'BAD_REDIRECT'
  | 'BODY_TOO_LARGE'
  | 'BAD_ENCODING'
  | 'PROXY_REFUSED'
  | 'UPGRADE_REFUSED';

/**
 * What a request waited for when its time was up: a place in the pool, the connection, the server to take the request, its answer, the next
 * piece of the answer's body, the program to read that, or the whole of it.
 */
export type RequestPhase = 'queue' | 'connect' | 'send' | 'head' | 'body' | 'unread' | 'total';

export interface HttpClientErrorDetails {
  readonly cause?: unknown;
  readonly phase?: RequestPhase | undefined;
  readonly status?: number | undefined;
}

/** A request that came to nothing. */
export class HttpClientError extends Error {
  override readonly name = 'HttpClientError';
  readonly code: HttpClientErrorCode;
  /** With `TIMED_OUT`. */
  readonly phase: RequestPhase | undefined;
  /** Of the answer that was no help: `PROXY_REFUSED`, `UPGRADE_REFUSED`. */
  readonly status: number | undefined;

  constructor(code: HttpClientErrorCode, message: string, details: HttpClientErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.phase = details.phase;
    this.status = details.status;
  }
}

/** The error for a request cut short by `signal`. */
export function requestAborted(reason: unknown): HttpClientError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new HttpClientError('ABORTED', `the request was aborted: ${why}`, { cause: reason });
}

export function requestTimedOut(phase: RequestPhase, timeoutMs: number): HttpClientError {
  return new HttpClientError('TIMED_OUT', `${waitedFor[phase]} for ${String(timeoutMs)} ms`, {
    phase,
  });
}

/** The error for an answer without its end. */
export function cutShort(): HttpProtocolError {
  return new HttpProtocolError(
    'TRUNCATED',
    'the connection ended before the response did',
    undefined,
    'response',
  );
}

/** @param cause what the network, or what went wrong on the connection, says of it */
export function disconnected(cause: Error | undefined): HttpClientError {
  const message = 'the server ended the connection before it answered';
  return new HttpClientError('DISCONNECTED', message, cause === undefined ? {} : { cause });
}

const waitedFor: Readonly<Record<RequestPhase, string>> = {
  queue: 'no connection became free',
  connect: 'there was no connection',
  send: 'the server took nothing of the request',
  head: 'there was no answer',
  body: 'nothing came of the body',
  unread: 'nobody read the body',
  total: 'the request was not answered',
};
