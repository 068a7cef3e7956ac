import type { Deadline } from '@wirestack/socket';
import { FramingUsageError } from './errors.ts';
import { FramedError } from './framed-error.ts';

/** The longest delay a timer takes without wrapping round to 1 ms. */
const maxDelayMs = 2 ** 31 - 1;

/**
 * Settles as `work` does, or rejects with `FramedError` `TIMED_OUT` or `ABORTED` when the deadline passes; `cancel` is then called,
 * which must end the work. Where it has passed already, the work is not begun. For waits that no operation of a stream stands for.
 *
 * Rejects with `FramingUsageError` where `timeoutMs` is no duration.
 */
export function within<T>(
  options: Deadline | undefined,
  work: () => Promise<T>,
  cancel: (error: FramedError) => void,
): Promise<T> {
  if (options?.signal === undefined && options?.timeoutMs === undefined) return work();
  const { signal, timeoutMs } = options;
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
    return Promise.reject(new FramingUsageError(`timeoutMs is ${String(timeoutMs)}, expected 0 or more`));
  }
  if (signal?.aborted === true) {
    const error = aborted(signal);
    cancel(error);
    return Promise.reject(error);
  }
  return new Promise<T>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const disarm = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const expire = (error: FramedError): void => {
      disarm();
      reject(error);
      cancel(error);
    };
    const onAbort = (): void => {
      if (signal !== undefined) expire(aborted(signal));
    };
    if (timeoutMs !== undefined && timeoutMs <= maxDelayMs) {
      timer = setTimeout(() => {
        expire(new FramedError('TIMED_OUT', `timed out after ${String(timeoutMs)} ms`));
      }, timeoutMs);
    }
    signal?.addEventListener('abort', onAbort);
    // Disarmed first: who awaits this may abort its signal at once, and the work is not to be cancelled then.
    work().then(
      (value) => {
        disarm();
        resolve(value);
      },
      (thrown: unknown) => {
        const error = thrown as Error;
        disarm();
        reject(error);
      },
    );
  });
}

/** The deadline of several operations in a row: what is left of the time goes down with each. */
export function countdown(options: Deadline | undefined): () => Deadline | undefined {
  if (options?.timeoutMs === undefined) return () => options;
  const { signal, timeoutMs } = options;
  const end = performance.now() + timeoutMs;
  let first = true;
  return () => {
    // As it was given, so that the stream refuses what is no duration.
    const left = first ? timeoutMs : Math.max(0, end - performance.now());
    first = false;
    return { signal, timeoutMs: left };
  };
}

function aborted(signal: AbortSignal): FramedError {
  const reason: unknown = signal.reason;
  const why = reason instanceof Error ? reason.message : String(reason);
  return new FramedError('ABORTED', `aborted: ${why}`, { cause: reason });
}
