/**
 * | code | meaning |
 * |---|---|
 * | `CLOSED` | the connection was closed on this side |
 * | `PEER_GONE` | the peer left while the call was pending: whether it ran is unknown |
 * | `TIMED_OUT` | the deadline passed |
 * | `ABORTED` | the caller's signal; `cause` is its reason |
 * | `TOO_MANY_CALLS` | more calls in flight than `maxPending` |
 * | `TOO_LARGE` | a message above the limit, either way |
 * | `PROTOCOL` | the peer sent what is no message of the protocol; `cause` tells more |
 * | `HTTP` | XML-RPC: the HTTP answer was no 200; `cause` holds nothing, the message names the status |
 */
export type RpcErrorCode =
  'CLOSED' | 'PEER_GONE' | 'TIMED_OUT' | 'ABORTED' | 'TOO_MANY_CALLS' | 'TOO_LARGE' | 'PROTOCOL' | 'HTTP';

/** The call could not be carried out, or what came back was no answer. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: RpcErrorCode;

  constructor(code: RpcErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
  }
}

/**
 * The procedure answered with an error. Thrown by a client's call; thrown by a procedure, it crosses the wire as it is, while any other
 * error is told as "Internal error" alone, so that nothing of the server's inside leaks.
 */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  /** JSON-RPC's `code`, XML-RPC's `faultCode`: an integer of 32 bits. */
  readonly code: number;
  /** JSON-RPC's `data`; XML-RPC has none. */
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The codes of JSON-RPC 2.0 section 5.1, which XML-RPC servers share by the "Specification for Fault Code Interoperability". */
export const faultCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
} as const;

/** The caller used the API wrongly: a fault to correct in the program, never the peer's doing. */
export class RpcUsageError extends TypeError {
  override readonly name = 'RpcUsageError';
}
