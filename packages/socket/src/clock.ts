/** Where timers come from: the process, or a test that moves time on by itself. */
export interface Clock {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The process's own timers. */
export const systemClock: Clock = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => {
    clearTimeout(timer as ReturnType<typeof setTimeout> | undefined);
  },
};

/** The longest delay a timer takes without wrapping round to 1 ms. */
const maxDelayMs = 2 ** 31 - 1;

/** Calls back once after `delayMs`, unless the returned function is called first; never where no timer lasts that long. */
export function startTimer(clock: Clock, delayMs: number, callback: () => void): () => void {
  if (!(delayMs <= maxDelayMs)) return () => undefined;
  const timer = clock.setTimeout(callback, delayMs);
  return () => {
    clock.clearTimeout(timer);
  };
}
