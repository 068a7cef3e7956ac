import type { Deadline } from '@wirestack/socket';
import { within } from './deadline.ts';

/** Messages that wait to be received, and those who wait for messages: who asked first gets the next. */
export class FrameQueue<In> {
  readonly #frames: In[] = [];
  readonly #waiters: Waiter<In>[] = [];
  #outcome: { readonly error?: unknown } | undefined;
  #onTaken: (() => void) | undefined;

  get length(): number {
    return this.#frames.length;
  }

  push(frame: In): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#frames.push(frame);
    else waiter.resolve(frame);
  }

  take(): In | undefined {
    const frame = this.#frames.shift();
    if (frame === undefined) return undefined;
    this.#onTaken?.();
    return frame;
  }

  /** `undefined` once it has ended. A cancelled receive loses nothing. */
  receive(options?: Deadline): Promise<In | undefined> {
    let waiter: Waiter<In> | undefined;
    const next = (): Promise<In | undefined> => {
      const frame = this.take();
      if (frame !== undefined) return Promise.resolve(frame);
      if (this.#outcome !== undefined) return settled(this.#outcome);
      return new Promise((resolve, reject) => {
        waiter = { resolve, reject };
        this.#waiters.push(waiter);
      });
    };
    return within(options, next, () => {
      if (waiter !== undefined) this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    });
  }

  /** No more come: what waits is still received, then `undefined`, or `error`. Of several outcomes the first holds. */
  end(outcome: { readonly error?: unknown } = {}): void {
    this.#outcome ??= outcome;
    for (const waiter of this.#waiters.splice(0)) {
      settled<In | undefined>(this.#outcome).then(waiter.resolve, waiter.reject);
    }
  }

  clear(): void {
    this.#frames.length = 0;
    this.#onTaken?.();
  }

  /** Until a message is taken, or all are dropped. For one at a time. */
  taken(): Promise<void> {
    return new Promise((resolve) => {
      this.#onTaken = () => {
        this.#onTaken = undefined;
        resolve();
      };
    });
  }
}

interface Waiter<In> {
  readonly resolve: (frame: In | undefined) => void;
  readonly reject: (error: unknown) => void;
}

function settled<In>(outcome: { readonly error?: unknown }): Promise<In | undefined> {
  if (!('error' in outcome)) return Promise.resolve(undefined);
  const error = outcome.error as Error;
  return Promise.reject(error);
}
