import type { Clock } from '@wirestack/socket';
import { HttpClientError, requestAborted } from '../errors.ts';

/** Time as a wait needs it, so that a test can turn the hands. */
export interface WaitClock extends Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** The process’s own. A wait keeps the process alive: somebody waits for its end. */
export const processClock: WaitClock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => {
    clearTimeout(timer as ReturnType<typeof setTimeout> | undefined);
  },
};

/** Resolves after `delayMs`; rejects with `ABORTED`, or the deadline’s own error, as soon as the signal is aborted. */
export function waited(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(signal));
      return;
    }
    const onAbort = (): void => {
      clock.clearTimeout(timer);
      reject(abortError(signal as AbortSignal));
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A deadline aborts with the error that says so. */
export function abortError({ reason }: AbortSignal): HttpClientError {
  return reason instanceof HttpClientError ? reason : requestAborted(reason);
}
