import { withDeadline, type Deadline } from '../../deadline.ts';
import { Deferred } from '../../deferred.ts';
import { closedError, SocketError } from '../../errors.ts';
import type { Task } from './concurrency.ts';

/** Runs one task, where there is a place for it now; `undefined` where it has to wait. */
export type TaskRunner = (task: Task) => Promise<void> | undefined;

/** What a runner rejects with where the request is as if it had never been begun: it goes back to the head of the queue. */
export class NotBegunError extends Error {
  override readonly name = 'NotBegunError';
}

/** Tasks in order of arrival: each begins as soon as the runner has a place for it. What all strategies share. */
export class TaskQueue {
  readonly #begin: TaskRunner;
  readonly #waiting: Entry[] = [];
  readonly #running = new Set<Task>();
  #stopped = false;
  #idle: Deferred<void> | undefined;
  #cutBy: SocketError | undefined;

  constructor(begin: TaskRunner) {
    this.#begin = begin;
  }

  run(task: Task): Promise<void> {
    if (this.#stopped) return Promise.reject(closedError('the server'));
    const result = new Deferred<void>();
    this.#waiting.push({ task, result });
    this.advance();
    return result.promise;
  }

  /** There may be a place again. */
  advance(): void {
    for (;;) {
      const [first] = this.#waiting;
      const work = first === undefined ? undefined : this.#begin(first.task);
      if (first === undefined || work === undefined) return;
      this.#waiting.shift();
      this.#running.add(first.task);
      void this.#settle(first, work);
    }
  }

  /** Takes no more and waits for the rest; where the deadline passes first, that is cut. `onCut` ends what only the strategy can end. */
  async stop(deadline?: Deadline, onCut?: () => void): Promise<void> {
    try {
      await withDeadline(this.drained(), deadline, (error) => {
        this.cut(error);
        onCut?.();
      });
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
    }
  }

  /** Takes no more; resolves once the rest are over. */
  drained(): Promise<void> {
    this.#stopped = true;
    this.#idle ??= new Deferred<void>();
    if (this.#isIdle) this.#idle.resolve();
    return this.#idle.promise;
  }

  /** Fails what waits, and aborts the connections of what runs. */
  cut(error: SocketError): void {
    this.#cutBy = error;
    for (const { result } of this.#waiting.splice(0)) result.reject(error);
    for (const { stream } of this.#running) stream?.abort(error);
    if (this.#isIdle) this.#idle?.resolve();
  }

  async #settle(entry: Entry, work: Promise<void>): Promise<void> {
    try {
      await work;
      entry.result.resolve();
    } catch (error) {
      if (!(error instanceof NotBegunError)) entry.result.reject(error);
      else if (this.#cutBy !== undefined) entry.result.reject(this.#cutBy);
      else this.#waiting.unshift(entry);
    }
    this.#running.delete(entry.task);
    this.advance();
    if (this.#isIdle) this.#idle?.resolve();
  }

  get #isIdle(): boolean {
    return this.#waiting.length === 0 && this.#running.size === 0;
  }
}

interface Entry {
  readonly task: Task;
  readonly result: Deferred<void>;
}
