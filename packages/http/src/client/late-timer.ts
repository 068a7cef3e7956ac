import type { Clock } from '@wirestack/socket';

/** Time as a client needs it, so that a test can turn the hands. */
export interface ClientClock extends Clock {
  /** Milliseconds since a moment of its own, never set back. */
  elapsed(): number;
}

export const systemClock: ClientClock = {
  elapsed: () => performance.now(),
  // Whoever waits holds a socket, which keeps the process alive; a timer of an idle one must not.
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => {
    clearTimeout(timer as ReturnType<typeof setTimeout> | undefined);
  },
};

/** The longest delay a timer takes without wrapping round to 1 ms. */
export const maxDelayMs: number = 2 ** 31 - 1;

/**
 * A deadline that moves all the time: setting it is two stores. The timer below is set when it has to be earlier than it is, and asks anew when it
 * fires too early; so a connection with thousands of requests a second sets one now and then.
 */
export class LateTimer {
  readonly #clock: ClientClock;
  readonly #onExpired: () => void;
  #deadline = Infinity;
  #timer: unknown;
  /** When the timer fires. */
  #firesAt = Infinity;

  constructor(clock: ClientClock, onExpired: () => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** Calls back at `deadline`, in place of an earlier wish. */
  set(deadline: number): void {
    this.#deadline = deadline;
    if (deadline < this.#firesAt) this.#arm();
  }

  clear(): void {
    this.#deadline = Infinity;
  }

  /** No call from now on, and nothing left behind. */
  stop(): void {
    this.#deadline = Infinity;
    if (this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#firesAt = Infinity;
  }

  #arm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#firesAt = this.#deadline;
    const delay = Math.min(Math.max(0, Math.ceil(this.#deadline - this.#clock.elapsed())), maxDelayMs);
    this.#timer = this.#clock.setTimeout(() => {
      this.#fire();
    }, delay);
  }

  #fire(): void {
    this.#timer = undefined;
    this.#firesAt = Infinity;
    if (this.#deadline === Infinity) return;
    if (this.#clock.elapsed() < this.#deadline) {
      this.#arm();
      return;
    }
    this.#deadline = Infinity;
    this.#onExpired();
  }
}
