import { takeOne, type Quota, type RateLimitStore, type Taken } from './rate-limit-store.ts';

export interface MemoryStoreOptions {
  /**
   * Keys that are kept; for one more the one goes that was not seen for longest. Default 100,000: some 15 MB. Who has more addresses than that can make
   * himself forgotten, and so is no case for one process.
   */
  readonly maxKeys?: number;
}

/** Counts in this process. No timers: what is over is forgotten as others come. @throws TypeError for `maxKeys` below 1 */
export function memoryStore({ maxKeys = 100_000 }: MemoryStoreOptions = {}): RateLimitStore {
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1)
    throw new TypeError(`maxKeys cannot be ${String(maxKeys)}`);
  return new MemoryStore(maxKeys);
}

class MemoryStore implements RateLimitStore {
  readonly #maxKeys: number;
  /** When the bucket of a key is full, in the order in which they were seen last. */
  readonly #fullAt = new Map<string, number>();
  /** The last of them: who asks again and again need not be moved there. */
  #last: string | undefined;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  take(key: string, quota: Quota, nowMs: number): Taken {
    const { fullAt, taken } = takeOne(this.#fullAt.get(key), quota, nowMs);
    if (key !== this.#last) {
      this.#fullAt.delete(key);
      this.#last = key;
      this.#fullAt.set(key, fullAt);
      this.#forget(nowMs);
    } else this.#fullAt.set(key, fullAt);
    return taken;
  }

  /** Two at most, so that no request pays for many: that is more than come. */
  #forget(nowMs: number): void {
    let looked = 0;
    for (const [key, fullAt] of this.#fullAt) {
      if (looked++ === 2 || (fullAt > nowMs && this.#fullAt.size <= this.#maxKeys)) return;
      this.#fullAt.delete(key);
    }
  }
}
