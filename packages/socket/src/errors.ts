/**
 * What went wrong, in terms of sockets rather than of one platform's errno names.
 *
 * | code | meaning |
 * |---|---|
 * | `REFUSED` | nobody listens at the address |
 * | `RESET` | the peer dropped the connection |
 * | `PEER_CLOSED` | written to a peer that has already closed |
 * | `TIMED_OUT` | the deadline passed, or the kernel gave up |
 * | `ABORTED` | the caller's signal, or `abort()` |
 * | `CLOSED` | used after it was closed here |
 * | `NOT_FOUND` | the name does not resolve, or the Unix path does not exist |
 * | `IN_USE` | somebody else has the address |
 * | `UNAVAILABLE` | the address is not one of this machine's |
 * | `UNREACHABLE` | no route to the network or host |
 * | `PERMISSION` | the operating system forbids it |
 * | `TOO_MANY_FILES` | out of descriptors |
 * | `TOO_LARGE` | a datagram above what the transport carries |
 * | `TLS` | the handshake failed, a certificate was not accepted, or bytes came before it that must not |
 * | `PROXY_HEADER` | the PROXY header is malformed, missing, or from nobody who may send one |
 * | `TRUNCATED` | the peer finished before all that was asked for had arrived |
 * | `TOO_LONG` | more arrived than the limit of the call allows |
 * | `UNSUPPORTED` | this platform, or this runtime, cannot do it |
 * | `OTHER` | anything else; see `cause` |
 */
export type SocketErrorCode =
  | 'REFUSED'
  | 'RESET'
  | 'PEER_CLOSED'
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'CLOSED'
  | 'NOT_FOUND'
  | 'IN_USE'
  | 'UNAVAILABLE'
  | 'UNREACHABLE'
  | 'PERMISSION'
  | 'TOO_MANY_FILES'
  | 'TOO_LARGE'
  | 'TLS'
  | 'PROXY_HEADER'
  | 'TRUNCATED'
  | 'TOO_LONG'
  | 'UNSUPPORTED'
  | 'OTHER';

/** The network, the peer or a deadline made an operation fail. `cause` holds the platform's own error, or the signal's reason. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  readonly code: SocketErrorCode;
  /** The address concerned, as text that `parseAddress` reads, where one is known. */
  readonly address: string | undefined;

  constructor(code: SocketErrorCode, message: string, options: { cause?: unknown; address?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.address = options.address;
  }
}

/** What a caller did wrong: `BUSY` a read is outstanding, `ATTACHED` the stream is in push mode, `BAD_ADDRESS`, `BAD_ARGUMENT`. */
export type SocketUsageErrorCode = 'BUSY' | 'ATTACHED' | 'BAD_ADDRESS' | 'BAD_ARGUMENT';

/** The caller used the API wrongly: a fault to correct in the program, never the peer's doing. */
export class SocketUsageError extends TypeError {
  override readonly name = 'SocketUsageError';
  readonly code: SocketUsageErrorCode;

  constructor(code: SocketUsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const codeOfErrno: Readonly<Record<string, SocketErrorCode>> = {
  ECONNREFUSED: 'REFUSED',
  ECONNRESET: 'RESET',
  ECONNABORTED: 'RESET',
  EPIPE: 'PEER_CLOSED',
  ETIMEDOUT: 'TIMED_OUT',
  ENOTFOUND: 'NOT_FOUND',
  ENOENT: 'NOT_FOUND',
  EAI_AGAIN: 'NOT_FOUND',
  EAI_NONAME: 'NOT_FOUND',
  EAI_FAIL: 'NOT_FOUND',
  EADDRINUSE: 'IN_USE',
  EADDRNOTAVAIL: 'UNAVAILABLE',
  ENODEV: 'UNAVAILABLE',
  EHOSTUNREACH: 'UNREACHABLE',
  ENETUNREACH: 'UNREACHABLE',
  EACCES: 'PERMISSION',
  EPERM: 'PERMISSION',
  EMFILE: 'TOO_MANY_FILES',
  ENFILE: 'TOO_MANY_FILES',
  EMSGSIZE: 'TOO_LARGE',
  ENOTSUP: 'UNSUPPORTED',
  ERR_STREAM_DESTROYED: 'CLOSED',
  ERR_STREAM_WRITE_AFTER_END: 'CLOSED',
  ERR_SOCKET_DGRAM_NOT_RUNNING: 'CLOSED',
  ERR_SERVER_NOT_RUNNING: 'CLOSED',
};

/** Turns anything the platform threw into a {@link SocketError}, keeping the original as `cause`. */
export function toSocketError(error: unknown, address?: string): SocketError {
  if (error instanceof SocketError) return error;
  const errno = errnoOf(error);
  const code = errno === undefined ? 'OTHER' : (codeOfErrno[errno] ?? (isOfTls(errno) ? 'TLS' : 'OTHER'));
  const message = messageOf(error);
  return new SocketError(code, message, { cause: error, ...(address === undefined ? {} : { address }) });
}

/** `toSocketError` for what an event tells: nobody's call is on the stack, and capturing it is a tenth of accepting a connection that is reset. */
export function eventError(error: unknown): SocketError {
  if (!mayLimitStacks) return toSocketError(error);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const typed = toSocketError(error);
  Error.stackTraceLimit = stackTraceLimit;
  return typed;
}

/** Not under `--frozen-intrinsics`. */
const mayLimitStacks = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')?.writable === true;

/** The error for an operation cut short by `signal`. */
export function abortedError(reason: unknown): SocketError {
  return new SocketError('ABORTED', `aborted: ${messageOf(reason)}`, { cause: reason });
}

/** The error for using what was closed on this side. */
export function closedError(what = 'the stream'): SocketError {
  return new SocketError('CLOSED', `${what} was closed on this side`);
}

/** OpenSSL's complaints about a record, and node's about a connection that goes wrong after the handshake. */
function isOfTls(errno: string): boolean {
  return errno === 'EPROTO' || errno.startsWith('ERR_SSL_') || errno.startsWith('ERR_TLS_');
}

function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return errnoOf(error.errors[0]);
  return undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
