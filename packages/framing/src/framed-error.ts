/**
 * `TIMED_OUT` and `ABORTED` a deadline ended the wait, as the codes of `SocketError` have it; `UNANSWERED` the peer ended before it
 * answered a request; `CLOSED` used after it was closed here; `OVERFLOW` a channel held more messages than it may.
 */
export type FramedErrorCode = 'TIMED_OUT' | 'ABORTED' | 'UNANSWERED' | 'CLOSED' | 'OVERFLOW';

/**
 * What goes wrong between two ends that exchange messages, and is neither the bytes' fault (`FramingError`) nor the connection's
 * (`SocketError`). `cause` is a signal's reason. The connection goes on, unless the operation says otherwise.
 */
export class FramedError extends Error {
  override readonly name = 'FramedError';
  readonly code: FramedErrorCode;

  constructor(code: FramedErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options !== undefined && 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
  }
}
