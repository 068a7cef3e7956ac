import { abortedError, SocketError, SocketUsageError } from './errors.ts';

/** How long an operation may take. Both may be given; whichever comes first ends it. Neither means no limit. */
export interface Deadline {
  /** Aborting it rejects the operation with `SocketError` `ABORTED`, whose `cause` is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the call; then `SocketError` `TIMED_OUT`. */
  readonly timeoutMs?: number | undefined;
}

/** The longest delay a timer takes without wrapping round to 1 ms. */
const maxDelayMs = 2 ** 31 - 1;

/** The deadline where options set one at all, so that the common call allocates nothing. */
export function limitOf(options: Deadline | undefined): Deadline | undefined {
  return options !== undefined && (options.signal !== undefined || options.timeoutMs !== undefined)
    ? options
    : undefined;
}

/** What refuses the work before it begins: the deadline has passed, or its `timeoutMs` is no duration. */
export function expiredAlready(deadline: Deadline): SocketError | SocketUsageError | undefined {
  const { signal, timeoutMs } = deadline;
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
    return new SocketUsageError('BAD_ARGUMENT', `timeoutMs is ${String(timeoutMs)}, expected 0 or more`);
  }
  return signal?.aborted === true ? abortedError(signal.reason) : undefined;
}

/** Calls `expire` once when the deadline passes, unless the returned function is called first. */
export function armDeadline(deadline: Deadline, expire: (error: SocketError) => void): () => void {
  const { signal, timeoutMs } = deadline;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = (): void => {
    disarm();
    expire(abortedError(signal?.reason));
  };
  const disarm = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  if (timeoutMs !== undefined && timeoutMs <= maxDelayMs) {
    timer = setTimeout(() => {
      disarm();
      expire(new SocketError('TIMED_OUT', `timed out after ${String(timeoutMs)} ms`));
    }, timeoutMs);
  }
  signal?.addEventListener('abort', onAbort);
  return disarm;
}

/**
 * Settles as `work` does, or rejects when the deadline passes; then `cancel` is called, which must really end the work.
 */
export function withDeadline<T>(
  work: Promise<T>,
  options: Deadline | undefined,
  cancel: (error: SocketError) => void,
): Promise<T> {
  const deadline = limitOf(options);
  if (deadline === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const expire = (error: SocketError): void => {
      reject(error);
      cancel(error);
    };
    const early = expiredAlready(deadline);
    if (early !== undefined) {
      work.catch(() => undefined);
      if (early instanceof SocketError) expire(early);
      else reject(early);
      return;
    }
    const disarm = armDeadline(deadline, expire);
    // Before anybody hears of the outcome: whoever then aborts the signal means something else.
    work.then(disarm, disarm);
    work.then(resolve, reject);
  });
}
