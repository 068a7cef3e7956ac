import type { Clock } from '../src/clock.ts';
import { outcomeOf, turns } from '../src/testing/contract-case.ts';

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  now = 0;
  readonly #timers = new Map<object, { at: number; callback: () => void }>();

  /** How long each timer that waits has still to wait, in the order they go off. */
  get waits(): number[] {
    return this.#inOrder().map(([, { at }]) => at - this.now);
  }

  setTimeout(callback: () => void, delayMs: number): object {
    const timer = {};
    this.#timers.set(timer, { at: this.now + delayMs, callback });
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as object);
  }

  /** Moves the time on; what goes off on the way is followed by what it caused before the next does. */
  async advance(byMs: number): Promise<void> {
    const until = this.now + byMs;
    await turns(3);
    for (;;) {
      const next = this.#inOrder()[0];
      if (next === undefined || next[1].at > until) break;
      this.now = next[1].at;
      this.#timers.delete(next[0]);
      next[1].callback();
      await turns(3);
    }
    this.now = until;
  }

  /** Moves the time on from timer to timer until `work` is settled. */
  async runUntilSettled<T>(work: Promise<T>): Promise<T> {
    const outcome = outcomeOf(work);
    for (;;) {
      await turns(3);
      if (outcome.state !== 'pending') return work;
      const [wait] = this.waits;
      if (wait !== undefined) await this.advance(wait);
    }
  }

  #inOrder(): [object, { at: number; callback: () => void }][] {
    return [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
  }
}
