import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { armDeadline, withDeadline } from '@wirestack/socket';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<never>(() => undefined);

describe('withDeadline', () => {
  test('is over before its outcome is told: a signal aborted then cancels nothing', async () => {
    const controller = new AbortController();
    const cancel = vi.fn();
    await withDeadline(Promise.resolve(), { signal: controller.signal }, cancel);
    controller.abort();
    expect(cancel).not.toHaveBeenCalled();
  });

  test('without limits it answers the very promise', () => {
    const work = Promise.resolve(1);
    expect(withDeadline(work, undefined, vi.fn())).toBe(work);
    expect(withDeadline(work, { timeoutMs: undefined }, vi.fn())).toBe(work);
  });

  test('settles as the work does, and leaves neither timer nor listener', async () => {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const cancel = vi.fn();
    await expect(withDeadline(Promise.resolve(7), { signal, timeoutMs: 5 }, cancel)).resolves.toBe(7);
    await expect(
      withDeadline(Promise.reject(new Error('no')), { signal, timeoutMs: 5 }, cancel),
    ).rejects.toThrow('no');
    await Promise.resolve();
    expect(vi.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledTimes(2);
    expect(cancel).not.toHaveBeenCalled();
  });

  test('rejects TIMED_OUT after timeoutMs, and cancels the work once', async () => {
    const cancel = vi.fn();
    const result = withDeadline(never, { timeoutMs: 50 }, cancel);
    const rejection = expect(result).rejects.toMatchObject({ name: 'SocketError', code: 'TIMED_OUT' });
    await vi.advanceTimersByTimeAsync(49);
    expect(cancel).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await rejection;
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test('rejects ABORTED with the reason as cause when the signal fires first, and drops the timer', async () => {
    const controller = new AbortController();
    const cancel = vi.fn();
    const result = withDeadline(never, { signal: controller.signal, timeoutMs: 50 }, cancel);
    const rejection = expect(result).rejects.toMatchObject({ code: 'ABORTED', cause: 'reason' });
    controller.abort('reason');
    await rejection;
    await vi.advanceTimersByTimeAsync(100);
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a signal that has fired already cancels at once, and the failing work is not an unhandled rejection', async () => {
    const cancel = vi.fn();
    const work = Promise.reject(new Error('of no interest any more'));
    await expect(withDeadline(work, { signal: AbortSignal.abort() }, cancel)).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test.each([-1, NaN])('timeoutMs %d is refused with BAD_ARGUMENT, without cancelling', async (timeoutMs) => {
    const cancel = vi.fn();
    await expect(withDeadline(Promise.resolve(), { timeoutMs }, cancel)).rejects.toMatchObject({
      name: 'SocketUsageError',
      code: 'BAD_ARGUMENT',
    });
    expect(cancel).not.toHaveBeenCalled();
  });

  test.each([Infinity, 2 ** 31])('timeoutMs %d, beyond what a timer takes, is no limit', (timeoutMs) => {
    void withDeadline(never, { timeoutMs }, vi.fn());
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('armDeadline', () => {
  test('calls expire once, whichever limit comes first', async () => {
    const controller = new AbortController();
    const expire = vi.fn();
    armDeadline({ signal: controller.signal, timeoutMs: 5 }, expire);
    await vi.advanceTimersByTimeAsync(5);
    controller.abort();
    expect(expire).toHaveBeenCalledTimes(1);
  });

  test('never calls expire once disarmed', async () => {
    const controller = new AbortController();
    const expire = vi.fn();
    armDeadline({ signal: controller.signal, timeoutMs: 5 }, expire)();
    controller.abort();
    await vi.advanceTimersByTimeAsync(10);
    expect(expire).not.toHaveBeenCalled();
  });
});
