import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RpcError } from '../src/errors.ts';
import { PendingCalls } from '../src/pending-calls.ts';

describe('PendingCalls', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('settles each call by its id, once', async () => {
    const calls = new PendingCalls(1000, 10, () => undefined);
    const [one, two] = [calls.add(undefined), calls.add(undefined)];
    const refused = expect(two).rejects.toThrow('no');
    expect([calls.has(1), calls.has(2), calls.has(3), calls.has('1'), calls.has(null)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    calls.resolve('1', 'wrong');
    calls.resolve(null, 'wrong');
    calls.resolve(1, 'right');
    calls.resolve(1, 'twice');
    calls.reject(2, new Error('no'));
    expect(await one).toBe('right');
    await refused;
    expect(calls.size).toBe(0);
    expect(calls.nextId).toBe(3);
  });

  it('shares one timer among the calls without a deadline of their own', async () => {
    const cancelled: number[] = [];
    const calls = new PendingCalls(1000, 10_000, (id) => cancelled.push(id));
    const failed: unknown[] = [];
    for (let i = 0; i < 1000; i++) calls.add(undefined).catch((error: unknown) => failed.push(error));
    expect(vi.getTimerCount()).toBe(1);
    calls.resolve(500, 'in time');
    await vi.advanceTimersByTimeAsync(1001);
    expect(failed).toHaveLength(999);
    expect(failed[0]).toMatchObject({ code: 'TIMED_OUT', message: 'no answer within 1000 ms' });
    expect(cancelled).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1).filter((id) => id !== 500));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends calls in the order they were made, however many were answered in between', async () => {
    const cancelled: number[] = [];
    const calls = new PendingCalls(1000, 10_000, (id) => cancelled.push(id));
    const failed: number[] = [];
    const unanswered = [1, 2, 500, 501, 2000];
    for (let id = 1; id <= 2000; id++) {
      const options = id === 2 ? { timeoutMs: Infinity } : undefined;
      const call = calls.add(options);
      call.catch(() => failed.push(id));
      if (!unanswered.includes(id)) calls.resolve(id, 'answered');
    }
    expect(calls.size).toBe(5);
    await vi.advanceTimersByTimeAsync(1001);
    expect(cancelled).toEqual([1, 500, 501, 2000]);
    expect(failed).toEqual([1, 500, 501, 2000]);
    expect([calls.has(2), calls.size]).toEqual([true, 1]);
    calls.rejectAll(new RpcError('CLOSED', 'closed'));
    await vi.advanceTimersByTimeAsync(0);
    expect(failed.at(-1)).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts on where no call was made: an id is never given twice', async () => {
    const calls = new PendingCalls(1000, 2, () => undefined);
    const settled = calls.add(undefined);
    calls.add(undefined).catch(() => undefined);
    expect(() => calls.add(undefined)).toThrow('2 calls wait');
    expect(() => calls.add({ timeoutMs: -1 })).toThrow();
    calls.resolve(1, 'one');
    expect(await settled).toBe('one');
    const next = calls.add(undefined);
    calls.resolve(3, 'three');
    expect(await next).toBe('three');
  });

  it('needs no timer without a limit, and none of 30 days wraps round', async () => {
    const endless = new PendingCalls(Infinity, 10, () => undefined);
    void endless.add(undefined);
    expect(vi.getTimerCount()).toBe(0);
    const month = new PendingCalls(30 * 24 * 3600 * 1000, 10, () => undefined);
    const call = expect(month.add(undefined)).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await vi.advanceTimersByTimeAsync(2 ** 31);
    expect(month.size).toBe(1);
    await vi.advanceTimersByTimeAsync(30 * 24 * 3600 * 1000 - 2 ** 31 + 1);
    await call;
    expect(endless.size).toBe(1);
  });

  it('takes a signal and the common limit together', async () => {
    const calls = new PendingCalls(1000, 10, () => undefined);
    const controller = new AbortController();
    const both = expect(calls.add({ signal: controller.signal })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    await vi.advanceTimersByTimeAsync(1001);
    await both;
    const aborted = expect(calls.add({ signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'why',
    });
    controller.abort('why');
    await aborted;
    expect(() => calls.add({ signal: controller.signal })).toThrow(RpcError);
    expect(calls.nextId).toBe(3);
  });

  it('leaves no listener and no timer behind what is answered', async () => {
    const calls = new PendingCalls(1000, 10, () => undefined);
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const call = calls.add({ signal, timeoutMs: 50 });
    calls.resolve(1, 1);
    await call;
    expect(removed).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects all with one reason', async () => {
    const calls = new PendingCalls(1000, 10, () => undefined);
    const gone = new RpcError('PEER_GONE', 'gone');
    const all = Promise.allSettled([calls.add(undefined), calls.add({ timeoutMs: 5 }), calls.add(undefined)]);
    calls.rejectAll(gone);
    expect((await all).map((one) => (one as PromiseRejectedResult).reason as unknown)).toEqual([
      gone,
      gone,
      gone,
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts what waits against its limit', () => {
    const calls = new PendingCalls(1000, 1, () => undefined);
    calls.add(undefined).catch(() => undefined);
    expect(() => calls.add(undefined)).toThrow('1 calls wait');
    calls.resolve(1, 1);
    calls.add(undefined).catch(() => undefined);
    expect(calls.has(2)).toBe(true);
  });
});
