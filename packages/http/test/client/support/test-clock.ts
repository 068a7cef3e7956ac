import type { ClientClock } from '../../../src/client/index.ts';

/** Turned by hand; timers fire in the order of their time. */
export class TestClock implements ClientClock {
  #now = 1000;
  readonly #timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  #next = 1;

  elapsed(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): number {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + delayMs, callback });
    return id;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** So much time passes, and what is due happens when it is. */
  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      let due: number | undefined;
      let at = until;
      for (const [id, timer] of this.#timers) {
        if (timer.at > at || (timer.at === at && due !== undefined)) continue;
        due = id;
        at = timer.at;
      }
      if (due === undefined) break;
      const timer = this.#timers.get(due);
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, at);
      timer?.callback();
    }
    this.#now = until;
  }
}
