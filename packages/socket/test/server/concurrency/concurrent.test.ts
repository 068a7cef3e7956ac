import { describe, expect, test } from 'vitest';
import { Deferred } from '../../../src/deferred.ts';
import type { Task } from '../../../src/server/concurrency/concurrency.ts';
import { concurrent, sequential } from '../../../src/server/concurrency/concurrent.ts';
import { socketPair } from '../../../src/streams/memory-pair.ts';

describe.each([
  ['sequential', () => sequential(), 1],
  ['concurrent, at most 3,', () => concurrent({ max: 3 }), 3],
  ['concurrent', () => concurrent(), 10],
] as const)('%s', (_name, make, places) => {
  test(`runs ${String(places)} of ten at the same time, and the rest in order as places come free`, async () => {
    const concurrency = make();
    const begun: number[] = [];
    const tasks = Array.from({ length: 10 }, (_, index) => {
      const work = new Deferred<void>();
      const run = (): Promise<void> => {
        begun.push(index);
        return work.promise;
      };
      return { work, done: concurrency.run({ run }) };
    });
    for (const [index, { work, done }] of tasks.entries()) {
      const due = Math.min(10, places + index);
      expect(begun).toEqual(Array.from({ length: due }, (_, number) => number));
      work.resolve();
      await done;
      // Its place is given away in a later turn than its promise is settled.
      await Promise.resolve();
    }
  });

  test('a task that rejects, or throws, gives its place back and rejects its caller only', async () => {
    const concurrency = make();
    const fault = new Error('handler');
    const thrower = (): never => {
      throw fault;
    };
    await expect(concurrency.run({ run: () => Promise.reject(fault) })).rejects.toBe(fault);
    await expect(concurrency.run({ run: thrower })).rejects.toBe(fault);
    await concurrency.run({ run: () => Promise.resolve() });
    await concurrency.stop();
  });

  test('stop() waits for what runs and what waits, and takes no more', async () => {
    const concurrency = make();
    const tasks = Array.from({ length: places + 1 }, () => new Deferred<void>());
    const done = tasks.map((work) => concurrency.run({ run: () => work.promise }));
    let isStopped = false;
    const stopped = concurrency.stop().then(() => (isStopped = true));
    await expect(concurrency.run({ run: () => Promise.resolve() })).rejects.toMatchObject({ code: 'CLOSED' });
    for (const [index, work] of tasks.entries()) {
      expect(isStopped).toBe(false);
      work.resolve();
      await done[index];
    }
    await stopped;
    await concurrency.stop();
  });

  test('stop() aborts at the deadline the connections of what runs, and fails what waits', async () => {
    const concurrency = make();
    const runs: number[] = [];
    const tasks = Array.from({ length: 10 }, (_, index): Task => {
      const [, stream] = socketPair();
      const run = async (): Promise<void> => {
        runs.push(index);
        await stream.read();
      };
      return { stream, run };
    });
    const done = Promise.allSettled(tasks.map((task) => concurrency.run(task)));
    const reason = new Error('enough');
    await concurrency.stop({ signal: AbortSignal.abort(reason) });
    const results = await done;
    expect(results).toHaveLength(10);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'SocketError', code: 'ABORTED' } });
    }
    expect(runs).toHaveLength(places);
  });
});

test.each([0, -1, 1.5, NaN])('a max of %d is refused with BAD_ARGUMENT', (max) => {
  expect(() => concurrent({ max })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error);
});

test('a timeoutMs that is no duration is refused', async () => {
  const concurrency = concurrent();
  void concurrency.run({ run: () => new Promise(() => undefined) });
  await expect(concurrency.stop({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});
