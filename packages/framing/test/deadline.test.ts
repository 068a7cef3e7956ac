import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { countdown, within } from '../src/deadline.ts';
import { FramingUsageError } from '../src/index.ts';

const never = (): Promise<never> => new Promise(() => undefined);

describe('within', () => {
  test('settles as the work does, and is deaf to its signal from that moment on', async () => {
    const cancel = new AbortController();
    const cancelled = vi.fn();
    const done = within({ signal: cancel.signal, timeoutMs: 60_000 }, () => Promise.resolve(7), cancelled);
    await done.then(() => {
      cancel.abort();
    });
    expect(await done).toBe(7);
    await turn();
    expect(cancelled).not.toHaveBeenCalled();

    const failure = new Error('the work failed');
    await expect(within({ timeoutMs: 60_000 }, () => Promise.reject(failure), cancelled)).rejects.toBe(
      failure,
    );
    expect(cancelled).not.toHaveBeenCalled();
  });

  test('rejects and cancels the work, once, whichever comes first', async () => {
    const cancel = new AbortController();
    const cancelled = vi.fn();
    const waiting = within({ signal: cancel.signal, timeoutMs: 60_000 }, never, cancelled);
    cancel.abort('a reason');
    await expect(waiting).rejects.toMatchObject({ name: 'FramedError', code: 'ABORTED', cause: 'a reason' });
    await expect(within({ timeoutMs: 0 }, never, cancelled)).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(cancelled.mock.calls.map(([error]) => (error as { code: string }).code)).toEqual([
      'ABORTED',
      'TIMED_OUT',
    ]);
  });

  test('does not begin work whose time is over, nor with a time that is none', async () => {
    const work = vi.fn(never);
    const cancelled = vi.fn();
    await expect(within({ signal: AbortSignal.abort() }, work, cancelled)).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(cancelled).toHaveBeenCalledTimes(1);
    await expect(within({ timeoutMs: -1 }, work, cancelled)).rejects.toThrow(FramingUsageError);
    expect(work).not.toHaveBeenCalled();
    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  test('takes more than a timer can count for no limit', async () => {
    vi.useFakeTimers();
    try {
      void within({ timeoutMs: Infinity }, never, () => undefined);
      void within({ timeoutMs: 2 ** 31 }, never, () => undefined);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('countdown', () => {
  test('gives what was given at first, and then what is left of it, never below 0', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { signal } = new AbortController();
      const left = countdown({ signal, timeoutMs: 100 });
      vi.advanceTimersByTime(30);
      expect(left()).toEqual({ signal, timeoutMs: 100 });
      expect(left()).toEqual({ signal, timeoutMs: 70 });
      vi.advanceTimersByTime(300);
      expect(left()).toEqual({ signal, timeoutMs: 0 });
      expect(countdown(undefined)()).toBeUndefined();
      expect(countdown({ signal })()).toEqual({ signal });
    } finally {
      vi.useRealTimers();
    }
  });
});
