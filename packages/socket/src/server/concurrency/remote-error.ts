import { SocketError, type SocketErrorCode } from '../../errors.ts';

/** An error on its way to another thread or process, which knows neither its class nor what else hangs on it. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Set for a `SocketError`, so that a peer that went away is told from a fault there, too. */
  readonly socketCode: SocketErrorCode | undefined;
}

export function describeError(error: unknown): RemoteError {
  const socketCode = error instanceof SocketError ? error.code : undefined;
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, socketCode };
  return { name: error.name, message: error.message, stack: error.stack, socketCode };
}

export function reviveError({ name, message, stack, socketCode }: RemoteError): Error {
  if (socketCode !== undefined) return new SocketError(socketCode, message);
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
