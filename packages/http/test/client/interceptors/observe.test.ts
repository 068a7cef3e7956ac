import { describe, expect, it, vi } from 'vitest';
import { observe } from '../../../src/client/interceptors/index.ts';
import { answerOf, rejection, requestOf, through } from './scripted.ts';

describe('observe', () => {
  const request = requestOf('http://a/');

  it('tells of a request and its answer', async () => {
    const observer = { onRequest: vi.fn(), onResponse: vi.fn(), onError: vi.fn() };
    const answer = answerOf('http://a/', 404);
    expect(await through(observe(observer), async () => answer)(request)).toBe(answer);
    expect(observer.onRequest.mock.calls).toEqual([[request]]);
    expect(observer.onResponse.mock.calls).toEqual([[answer, request, expect.any(Number)]]);
    expect(observer.onError).not.toHaveBeenCalled();
  });

  it('tells of a request and its error', async () => {
    const observer = { onResponse: vi.fn(), onError: vi.fn() };
    const error = new Error('no');
    expect(await rejection(through(observe(observer), async () => Promise.reject(error))(request))).toBe(
      error,
    );
    expect(observer.onError.mock.calls).toEqual([[error, request, expect.any(Number)]]);
    expect(observer.onResponse).not.toHaveBeenCalled();
  });

  it('bears what it throws: that is an uncaught exception, and the request goes on', async () => {
    const fault = new Error('a bug in the log');
    const throwing = () => {
      throw fault;
    };
    const later: (() => void)[] = [];
    const queued = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => void later.push(task));
    try {
      const observer = { onRequest: throwing, onResponse: throwing, onError: throwing };
      const answer = answerOf('http://a/', 200);
      expect(await through(observe(observer), async () => answer)(request)).toBe(answer);
    } finally {
      queued.mockRestore();
    }
    expect(later).toHaveLength(2);
    for (const task of later) expect(task).toThrow(fault);
  });
});
