import type { Deadline } from '../../deadline.ts';
import { SocketUsageError } from '../../errors.ts';
import type { Concurrency, Task } from './concurrency.ts';
import { TaskQueue } from './task-queue.ts';

export interface ConcurrentOptions {
  /** Requests running at the same time; the rest wait in order. Default: no limit, as an event loop does not need one. */
  readonly max?: number;
}

/**
 * Requests at the same time, in this thread: the default of the servers, and what Python wants threads for.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for a `max` below 1.
 */
export function concurrent({ max = Infinity }: ConcurrentOptions = {}): Concurrency {
  return new InThread('concurrent', requirePlaces('max', max));
}

/** One request after the other, in the order they came: what `socketserver.TCPServer` does without a mix-in. */
export function sequential(): Concurrency {
  return new InThread('sequential', 1);
}

/** A number of places, or of workers. */
export function requirePlaces(name: string, value: number): number {
  if (value === Infinity || (Number.isInteger(value) && value >= 1)) return value;
  throw new SocketUsageError(
    'BAD_ARGUMENT',
    `${name} is ${String(value)}, expected a whole number of 1 or more`,
  );
}

class InThread implements Concurrency {
  readonly name: string;
  readonly #queue: TaskQueue;

  constructor(name: string, max: number) {
    this.name = name;
    let running = 0;
    this.#queue = new TaskQueue((task) => {
      if (running === max) return undefined;
      running++;
      return begin(task).finally(() => running--);
    });
  }

  run(task: Task): Promise<void> {
    return this.#queue.run(task);
  }

  stop(deadline?: Deadline): Promise<void> {
    return this.#queue.stop(deadline);
  }
}

/** A task that throws at once fails like one that rejects. */
async function begin(task: Task): Promise<void> {
  await task.run();
}
