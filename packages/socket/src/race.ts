import { startTimer, systemClock, type Clock } from './clock.ts';
import { abortedError, SocketError, SocketUsageError } from './errors.ts';

export interface RaceOptions<T> {
  /**
   * How long an attempt has for itself before the next begins beside it. Default 250, the Connection Attempt Delay that RFC 8305, section 5
   * recommends; from 10 on, which it demands, so that a list of addresses is no burst of packets. `Infinity` tries one after the other.
   */
  readonly staggerMs?: number;
  /** Aborting it aborts every attempt. */
  readonly signal?: AbortSignal | undefined;
  /** Given what a loser brings all the same, so that it can be closed. */
  readonly discard?: (late: T) => void;
  /** Default: the process's timers. */
  readonly clock?: Clock;
}

/** RFC 8305, section 5: attempts begin at least 10 ms apart. One that has failed is taken for out of the way, as everybody does. */
const minStaggerMs = 10;

/**
 * Attempts candidates beside each other, each with a head start on the next, until one succeeds ("Happy Eyeballs", RFC 8305, section 5).
 *
 * ```
 * a  ├──────────────┤ aborted
 * b         ├─┤ failed
 * c           ├─────┤ succeeded          the head start of c begins at once, for b failed
 * ```
 *
 * An attempt begins when the one before it has failed, or after `staggerMs`. The first success wins; the others are aborted by the signal
 * they were given.
 *
 * @throws AggregateError where all failed, with their errors in the order of the candidates, none where there were no candidates; SocketError
 * `ABORTED`, or the signal's reason where that is a `SocketError`; SocketUsageError `BAD_ARGUMENT`.
 */
export function race<C, T>(
  candidates: readonly C[],
  attempt: (candidate: C, signal: AbortSignal) => Promise<T>,
  options: RaceOptions<T> = {},
): Promise<T> {
  const { staggerMs = 250 } = options;
  if (!(staggerMs >= minStaggerMs)) {
    const message = `staggerMs is ${String(staggerMs)}, expected ${String(minStaggerMs)} or more`;
    return Promise.reject(new SocketUsageError('BAD_ARGUMENT', message));
  }
  return new Promise((resolve, reject) => {
    new Race(candidates, attempt, { ...options, staggerMs }, resolve, reject).start();
  });
}

class Race<C, T> {
  readonly #candidates: readonly C[];
  readonly #attempt: (candidate: C, signal: AbortSignal) => Promise<T>;
  readonly #options: RaceOptions<T> & { readonly staggerMs: number };
  readonly #resolve: (winner: T) => void;
  readonly #reject: (error: Error) => void;
  /** Those under way, and what aborts each. */
  readonly #running = new Map<number, AbortController>();
  readonly #errors: unknown[] = [];
  #begun = 0;
  #isOver = false;
  #stopTimer: (() => void) | undefined;

  constructor(
    candidates: readonly C[],
    attempt: (candidate: C, signal: AbortSignal) => Promise<T>,
    options: RaceOptions<T> & { readonly staggerMs: number },
    resolve: (winner: T) => void,
    reject: (error: Error) => void,
  ) {
    this.#candidates = candidates;
    this.#attempt = attempt;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { signal } = this.#options;
    if (signal?.aborted === true) {
      this.#onAbort();
      return;
    }
    signal?.addEventListener('abort', this.#onAbort);
    this.#next();
  }

  /** Begins the next attempt, or finds that there is nothing left to hope for. */
  #next(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    if (this.#begun < this.#candidates.length) {
      this.#begin(this.#begun++);
    } else if (this.#running.size === 0) {
      this.#finish(undefined);
      this.#reject(new AggregateError(this.#errors, 'every attempt failed'));
    }
  }

  #begin(index: number): void {
    const { staggerMs, clock = systemClock } = this.#options;
    const controller = new AbortController();
    this.#running.set(index, controller);
    if (this.#begun < this.#candidates.length) {
      this.#stopTimer = startTimer(clock, staggerMs, () => {
        this.#next();
      });
    }
    this.#run(index, controller.signal).then(
      (result) => {
        this.#onSuccess(index, result);
      },
      (error: unknown) => {
        this.#onFailure(index, error);
      },
    );
  }

  /** What `attempt` throws before it returns is a failure like any other. */
  async #run(index: number, signal: AbortSignal): Promise<T> {
    return this.#attempt(this.#candidates[index] as C, signal);
  }

  #onSuccess(index: number, result: T): void {
    if (this.#isOver) {
      this.#options.discard?.(result);
      return;
    }
    this.#running.delete(index);
    this.#finish(new SocketError('ABORTED', 'another attempt was faster'));
    this.#resolve(result);
  }

  #onFailure(index: number, error: unknown): void {
    if (this.#isOver) return;
    this.#running.delete(index);
    this.#errors[index] = error;
    // The head start belongs to the last one begun: an earlier one that fails now changes nothing for the next.
    const isLastBegun = index === this.#begun - 1;
    if (isLastBegun || this.#running.size === 0) this.#next();
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#options.signal?.reason;
    const error = reason instanceof SocketError ? reason : abortedError(reason);
    this.#finish(error);
    this.#reject(error);
  };

  #finish(abortReason: SocketError | undefined): void {
    this.#isOver = true;
    this.#stopTimer?.();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    for (const controller of this.#running.values()) controller.abort(abortReason);
    this.#running.clear();
  }
}

/**
 * Orders addresses for a race: the families in turn, each in the order given, so that a family that does not work costs one head start
 * (RFC 8305, section 4). The family of the first address goes first, `firstFamilyCount` times before the first of the other: 1 by default, more
 * to favour it.
 *
 * ```
 * 6a 6b 6c 4a 4b   →   6a 4a 6b 4b 6c       firstFamilyCount 2:   6a 6b 4a 6c 4b
 * ```
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for a `firstFamilyCount` that is no whole number from 1 on.
 */
export function interleave<A extends { readonly family: number | string }>(
  addresses: readonly A[],
  firstFamilyCount: number = 1,
): A[] {
  if (!(Number.isInteger(firstFamilyCount) && firstFamilyCount >= 1)) {
    const message = `firstFamilyCount is ${String(firstFamilyCount)}, expected a whole number from 1 on`;
    throw new SocketUsageError('BAD_ARGUMENT', message);
  }
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const other = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const ordered = first.splice(0, firstFamilyCount);
  while (first.length > 0 || other.length > 0) ordered.push(...other.splice(0, 1), ...first.splice(0, 1));
  return ordered;
}
