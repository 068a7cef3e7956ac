import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Deferred } from '../../../src/deferred.ts';
import type { Task, WorkerExit } from '../../../src/server/concurrency/concurrency.ts';
import { NotBegunError } from '../../../src/server/concurrency/task-queue.ts';
import { exitError, WorkerPool, type PoolWorker } from '../../../src/server/concurrency/worker-pool.ts';

/** A worker that a test is the master of. */
class Puppet implements PoolWorker {
  readonly #ready = new Deferred<void>();
  readonly #exited = new Deferred<WorkerExit>();
  readonly serving: { readonly task: Task; readonly done: Deferred<void> }[] = [];
  readonly orders: string[] = [];

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get exited(): Promise<WorkerExit> {
    return this.#exited.promise;
  }

  serve(task: Task): Promise<void> {
    const done = new Deferred<void>();
    this.serving.push({ task, done });
    return done.promise;
  }

  become(): void {
    this.#ready.resolve();
  }

  die(error: Error = exitError(exitOf(1))): void {
    this.#exited.resolve(exitOf(1));
    this.#ready.reject(error);
  }

  end(): void {
    this.orders.push('end');
    this.#exited.resolve(exitOf(0));
  }

  kill(): void {
    this.orders.push('kill');
    this.die();
  }
}

function exitOf(exitCode: number): WorkerExit {
  return { id: 1, exitCode, signal: undefined, error: undefined, requests: 0 };
}

const puppets: Puppet[] = [];
const onError = vi.fn();
const onExit = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  puppets.length = 0;
  onError.mockClear();
  onExit.mockClear();
});
afterEach(() => void vi.useRealTimers());

describe('a worker that dies at once', () => {
  test('is replaced at once, then later and later', async () => {
    await poolOf(1);
    puppets[0]?.die();
    await turn();
    for (const delayMs of [100, 200, 400]) {
      const { length } = puppets;
      puppets.at(-1)?.become();
      await turn();
      puppets.at(-1)?.die();
      await vi.advanceTimersByTimeAsync(delayMs - 1);
      expect(puppets).toHaveLength(length);
      await vi.advanceTimersByTimeAsync(1);
      expect(puppets).toHaveLength(length + 1);
    }
    expect(onError).toHaveBeenCalledTimes(4);
    expect(onExit).toHaveBeenCalledTimes(4);
  });

  test('before it is ready counts, and the server hears why', async () => {
    await poolOf(1);
    puppets[0]?.die();
    await vi.advanceTimersByTimeAsync(1);
    onError.mockClear();
    const fault = new Error('does not load any more');
    puppets[1]?.die(fault);
    await turn();
    expect(onError).toHaveBeenCalledExactlyOnceWith(fault);
    await vi.advanceTimersByTimeAsync(99);
    expect(puppets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(puppets).toHaveLength(3);
  });

  test('leaves what comes meanwhile waiting for its successor', async () => {
    const pool = await poolOf(1);
    puppets[0]?.die();
    await turn();
    const done = pool.run(task);
    await vi.advanceTimersByTimeAsync(1);
    puppets[1]?.become();
    await turn();
    puppets[1]?.serving[0]?.done.resolve();
    await done;
  });
});

describe('requests', () => {
  test('go to the worker that has fewest, and at the limit they wait', async () => {
    const pool = await poolOf(2, 2);
    for (let count = 0; count < 5; count++) void pool.run(task);
    expect(puppets.map(({ serving }) => serving.length)).toEqual([2, 2]);
    puppets[1]?.serving[0]?.done.resolve();
    await turn();
    expect(puppets.map(({ serving }) => serving.length)).toEqual([2, 3]);
  });

  test('that a dying worker never heard of go to another, first in the queue', async () => {
    const pool = await poolOf(1, 1);
    const order: string[] = [];
    void pool.run(task).then(() => order.push('first'));
    void pool.run(task).then(() => order.push('second'));
    puppets[0]?.die();
    puppets[0]?.serving[0]?.done.reject(new NotBegunError());
    await vi.advanceTimersByTimeAsync(1);
    puppets[1]?.become();
    await turn();
    puppets[1]?.serving[0]?.done.resolve();
    await turn();
    puppets[1]?.serving[1]?.done.resolve();
    await turn();
    expect(order).toEqual(['first', 'second']);
  });

  test('that fail with their worker are not repeated', async () => {
    const pool = await poolOf(1);
    const done = pool.run(task);
    const lost = exitError(exitOf(1));
    puppets[0]?.die();
    puppets[0]?.serving[0]?.done.reject(lost);
    await expect(done).rejects.toBe(lost);
  });
});

describe('start() and stop()', () => {
  test('start() ends the others where one does not become ready', async () => {
    const pool = makePool(2, Infinity);
    const started = pool.start();
    const fault = new Error('does not load');
    puppets[0]?.become();
    puppets[1]?.die(fault);
    await expect(started).rejects.toBe(fault);
    expect(puppets[0]?.orders).toEqual(['kill']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(puppets).toHaveLength(2);
  });

  test('stop() ends the workers once the requests are over', async () => {
    const pool = await poolOf(2);
    void pool.run(task);
    const stopped = pool.stop();
    await turn();
    expect(puppets.flatMap(({ orders }) => orders)).toEqual([]);
    puppets[0]?.serving[0]?.done.resolve();
    await stopped;
    expect(puppets.map(({ orders }) => orders)).toEqual([['end'], ['end']]);
    expect(onError).not.toHaveBeenCalled();
  });

  test('stop() kills at the deadline, and what waited for a successor is failed', async () => {
    const pool = await poolOf(2, 1);
    puppets[0]?.die();
    await turn();
    const done = Promise.allSettled([pool.run(task), pool.run(task)]);
    const stopped = pool.stop({ signal: AbortSignal.abort() });
    await stopped;
    puppets[1]?.serving[0]?.done.reject(new NotBegunError());
    expect(await done).toMatchObject([
      { status: 'rejected', reason: { code: 'ABORTED' } },
      { status: 'rejected', reason: { code: 'ABORTED' } },
    ]);
    expect(puppets.map(({ orders }) => orders)).toEqual([[], ['kill'], ['kill']]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(puppets).toHaveLength(3);
  });
});

const task: Task = { run: () => Promise.reject(new Error('not here')) };

async function poolOf(size: number, maxPerWorker: number = Infinity): Promise<WorkerPool> {
  const pool = makePool(size, maxPerWorker);
  const started = pool.start();
  for (const puppet of puppets) puppet.become();
  await started;
  return pool;
}

function makePool(size: number, maxPerWorker: number): WorkerPool {
  const spawn = (): PoolWorker => {
    const puppet = new Puppet();
    puppets.push(puppet);
    return puppet;
  };
  return new WorkerPool({ size, maxPerWorker, spawn, onExit, onError });
}

/** Lets every promise run that can; no time passes. */
async function turn(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}
