/** A worker that lives shorter than this died at once. */
const livelyMs = 1_000;
const firstDelayMs = 100;
const longestDelayMs = 30_000;

/**
 * How long to wait before a dead worker is replaced: not at all, unless several in a row died at once; then 100 ms, doubled with each up to 30 s, so
 * that a handler that cannot run does not take the machine with it.
 */
export class RestartDelay {
  #nextMs = 0;

  /** The delay after a worker that was ready for `livedMs`, 0 where it never was. */
  after(livedMs: number): number {
    if (livedMs >= livelyMs) this.#nextMs = 0;
    const delay = this.#nextMs;
    this.#nextMs = Math.min(longestDelayMs, Math.max(firstDelayMs, delay * 2));
    return delay;
  }
}
