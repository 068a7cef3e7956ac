import { armDeadline, type Deadline } from '@wirestack/socket';
import { CallsById } from './calls-by-id.ts';
import { RpcError, RpcUsageError } from './errors.ts';
import type { CallId } from './wire.ts';

interface Pending {
  readonly id: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** When it times out, by the common limit; Infinity where it has a deadline of its own. */
  readonly expires: number;
  disarm: (() => void) | undefined;
}

/** Calls of ours that wait for an answer. Those without a deadline of their own share one timer: they expire in the order they were made. */
export class PendingCalls {
  /** The id of the call that is added next. */
  nextId = 1;
  readonly #calls = new CallsById<Pending>();
  readonly #timeoutMs: number;
  readonly #limit: number;
  readonly #cancel: (id: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The time, read once a turn. */
  #now = 0;

  /** @param cancel tells the peer that nobody waits any more. */
  constructor(timeoutMs: number, limit: number, cancel: (id: number) => void) {
    this.#timeoutMs = timeoutMs;
    this.#limit = limit;
    this.#cancel = cancel;
  }

  get size(): number {
    return this.#calls.size;
  }

  has(id: CallId): boolean {
    return this.#calls.get(id) !== undefined;
  }

  /** @throws RpcError `TOO_MANY_CALLS`; RpcUsageError for a timeout that is no duration. A signal that is aborted already rejects. */
  add(options: Deadline | undefined): Promise<unknown> {
    if (this.#calls.size >= this.#limit) {
      throw new RpcError('TOO_MANY_CALLS', `${String(this.#limit)} calls wait for their answers`);
    }
    const id = this.nextId;
    const hasOwn = options?.timeoutMs !== undefined;
    const hasDeadline = hasOwn || options?.signal !== undefined;
    if (hasOwn && !(options.timeoutMs >= 0)) {
      throw new RpcUsageError(`timeoutMs is ${String(options.timeoutMs)}, expected 0 or more`);
    }
    if (options?.signal?.aborted === true) throw aborted(options.signal.reason);
    this.nextId++;
    return new Promise((resolve, reject) => {
      const expires = hasOwn ? Infinity : this.#expiry();
      const pending: Pending = { id, resolve, reject, expires, disarm: undefined };
      this.#calls.add(pending);
      if (hasDeadline) {
        pending.disarm = armDeadline(options, (error) => {
          this.#giveUp(
            id,
            error.code === 'TIMED_OUT' ? timedOut(options.timeoutMs) : aborted(options.signal?.reason),
          );
        });
      }
      if (expires !== Infinity) this.#timer ??= this.#startTimer(this.#timeoutMs);
    });
  }

  /** An answer to a call that nobody waits for, or nobody made, is dropped. */
  resolve(id: CallId, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  reject(id: CallId, error: Error): void {
    this.#take(id)?.reject(error);
  }

  rejectAll(error: Error): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { id } of this.#calls.values()) this.reject(id, error);
  }

  #take(id: CallId): Pending | undefined {
    const pending = this.#calls.take(id);
    pending?.disarm?.();
    return pending;
  }

  #giveUp(id: number, error: RpcError): void {
    if (!this.has(id)) return;
    this.#cancel(id);
    this.reject(id, error);
  }

  #expiry(): number {
    if (this.#timeoutMs === Infinity) return Infinity;
    if (this.#now === 0) {
      this.#now = performance.now();
      queueMicrotask(() => {
        this.#now = 0;
      });
    }
    return this.#now + this.#timeoutMs;
  }

  #startTimer(delayMs: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(
      () => {
        this.#expire();
      },
      Math.min(delayMs, maxDelayMs),
    );
    // Calls hold the connection, and the connection the process.
    timer.unref();
    return timer;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const { id, expires } of this.#calls.values()) {
      if (expires === Infinity) continue;
      if (expires > now) {
        this.#timer ??= this.#startTimer(expires - now);
        return;
      }
      this.#giveUp(id, timedOut(this.#timeoutMs));
    }
  }
}

/** The longest delay a timer takes without wrapping round to 1 ms. */
const maxDelayMs = 2 ** 31 - 1;

function timedOut(timeoutMs: number | undefined): RpcError {
  return new RpcError('TIMED_OUT', `no answer within ${String(timeoutMs)} ms`);
}

function aborted(reason: unknown): RpcError {
  return new RpcError('ABORTED', `aborted: ${reason instanceof Error ? reason.message : String(reason)}`, {
    cause: reason,
  });
}
