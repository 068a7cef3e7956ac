import { flatten } from '../protocol/writer.ts';

/** Time as a server needs it, so that a test can turn the hands. */
export interface Clock {
  /** Milliseconds since 1970: for `Date` and logs. */
  now(): number;
  /** Milliseconds since a moment of its own, never set back: for durations. */
  elapsed(): number;
  /** Calls `tick` every `intervalMs` until the returned function is called. Does not keep the process alive. */
  every(intervalMs: number, tick: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  every(intervalMs, tick) {
    const timer = setInterval(tick, intervalMs).unref();
    return () => {
      clearInterval(timer);
    };
  },
};

/** `Date: …` as a whole field line (RFC 9110 6.6.1). */
export function dateLine(now: number): string {
  return flatten(`Date: ${new Date(now).toUTCString()}\r\n`);
}
