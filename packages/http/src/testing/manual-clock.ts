interface Timer {
  readonly callback: () => void;
  readonly at: number;
}

/** Time that stands still until it is turned on: a clock for `MockTransport`, `retries()` and whatever takes one. */
export class ManualClock {
  #now: number;
  readonly #start: number;
  readonly #timers = new Set<Timer>();
  #awaited: { readonly count: number; readonly resolve: () => void }[] = [];

  /** @param now Milliseconds since 1970. */
  constructor(now: number = 0) {
    this.#now = now;
    this.#start = now;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now - this.#start;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = { callback, at: this.#now + delayMs };
    this.#timers.add(timer);
    this.#awaited = this.#awaited.filter(({ count, resolve }) => {
      if (this.#timers.size < count) return true;
      resolve();
      return false;
    });
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** How long each timer has to go, the next one first. */
  get pendingMs(): number[] {
    return Array.from(this.#timers, ({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Resolves once so many timers are set: what is tested has come to its wait. */
  async timers(count: number = 1): Promise<void> {
    if (this.#timers.size >= count) return;
    await new Promise<void>((resolve) => {
      this.#awaited.push({ count, resolve });
    });
  }

  /** Lets time pass; timers that are due fire in their order, each at its moment. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#due(end); timer !== undefined; timer = this.#due(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
    }
    this.#now = end;
  }

  #due(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers)
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }
}
