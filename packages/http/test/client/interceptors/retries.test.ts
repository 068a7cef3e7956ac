import { SocketError, type SocketErrorCode } from '@wirestack/socket';
import { describe, expect, it } from 'vitest';
import { HttpClientError, type HttpClientErrorCode, type RequestPhase } from '../../../src/client/errors.ts';
import { retries, type Retry, type RetryOptions } from '../../../src/client/interceptors/index.ts';
import { HttpProtocolError, HttpUsageError } from '../../../src/errors.ts';
import { ManualClock, MockTransport, type MockReply } from '../../../src/testing/index.ts';
import { answerOf, rejection, requestOf, through } from './scripted.ts';

/** Sunday, 6 November 1994, 08:49:37. */
const then = Date.UTC(1994, 10, 6, 8, 49, 37);

/** A server with these answers, then 200, and time that passes by itself. */
function server(replies: readonly MockReply[], options: RetryOptions = {}) {
  const clock = new ManualClock(then);
  const waits: number[] = [];
  const mock = new MockTransport();
  for (const reply of replies) mock.on('*', 'http://a/', reply, { times: 1 });
  mock.on('*', 'http://a/', 'fine');
  const jumping = {
    now: () => clock.now(),
    setTimeout: (callback: () => void, delayMs: number) => {
      waits.push(delayMs);
      const timer = clock.setTimeout(callback, delayMs);
      queueMicrotask(() => {
        clock.advance(delayMs);
      });
      return timer;
    },
    clearTimeout: (timer: unknown) => {
      clock.clearTimeout(timer);
    },
  };
  const send = through(retries({ random: () => 1, clock: jumping, ...options }), mock.send);
  return { send, mock, waits };
}

const failing = (status: number, headers = {}): MockReply => ({ status, headers, body: 'no' });

describe('retries of answers', () => {
  it.each([408, 425, 429, 502, 503, 504])('asks again behind %i', async (status) => {
    const { send, mock } = server([failing(status)]);
    expect((await send(requestOf('http://a/'))).status).toBe(200);
    expect(mock.calls).toHaveLength(2);
  });

  it.each([200, 304, 400, 404, 409, 500, 501])('takes %i for an answer', async (status) => {
    const { send, mock } = server([failing(status)]);
    expect((await send(requestOf('http://a/'))).status).toBe(status);
    expect(mock.calls).toHaveLength(1);
  });

  it('asks again behind the statuses it is told', async () => {
    const { send } = server([failing(418), failing(503)], { statuses: [418] });
    expect((await send(requestOf('http://a/'))).status).toBe(503);
  });

  it('gives the last answer, with its body, after two more requests', async () => {
    const { send, mock } = server([failing(503), failing(502), { status: 503, body: 'still no' }]);
    const response = await send(requestOf('http://a/'));
    expect([response.status, await response.text()]).toEqual([503, 'still no']);
    expect(mock.calls).toHaveLength(3);
  });

  it('asks as often as it is told', async () => {
    for (const limit of [0, 1, 5]) {
      const { send, mock } = server(
        Array.from({ length: 9 }, () => failing(503)),
        { limit },
      );
      expect((await send(requestOf('http://a/'))).status).toBe(503);
      expect(mock.calls).toHaveLength(limit + 1);
    }
  });

  it('reads what is left behind', async () => {
    let isRead = false;
    const { send } = server([
      {
        status: 503,
        body: (function* () {
          yield 'no';
          isRead = true;
        })(),
      },
    ]);
    await send(requestOf('http://a/'));
    expect(isRead).toBe(true);
  });
});

describe('retries of errors', () => {
  const socket = (code: SocketErrorCode) => new SocketError(code, code);
  const client = (code: HttpClientErrorCode, phase?: RequestPhase) =>
    new HttpClientError(code, code, { phase });

  it.each([
    socket('REFUSED'),
    socket('RESET'),
    socket('PEER_CLOSED'),
    socket('TIMED_OUT'),
    socket('UNREACHABLE'),
    client('DISCONNECTED'),
    client('TIMED_OUT', 'connect'),
    client('TIMED_OUT', 'head'),
    new HttpProtocolError('TRUNCATED', 'half a head'),
  ])('asks again behind %s', async (error) => {
    const { send, mock } = server([error]);
    expect((await send(requestOf('http://a/'))).status).toBe(200);
    expect(mock.calls).toHaveLength(2);
  });

  it.each([
    socket('NOT_FOUND'),
    socket('TLS'),
    socket('ABORTED'),
    socket('PERMISSION'),
    client('TIMED_OUT', 'total'),
    client('TIMED_OUT', 'queue'),
    client('ABORTED'),
    client('CLOSED'),
    client('QUEUE_FULL'),
    client('TOO_MANY_REDIRECTS'),
    client('BAD_REDIRECT'),
    new HttpProtocolError('BAD_STATUS_LINE', 'no HTTP'),
    new HttpUsageError('BAD_REQUEST', 'no URL'),
    new Error('a bug'),
  ])('does not ask again behind %s', async (error) => {
    const { send, mock } = server([error]);
    expect(await rejection(send(requestOf('http://a/')))).toBe(error);
    expect(mock.calls).toHaveLength(1);
  });

  it('rejects with the last error', async () => {
    const last = socket('RESET');
    const { send } = server([socket('REFUSED'), failing(503), last]);
    expect(await rejection(send(requestOf('http://a/')))).toBe(last);
  });
});

describe('retries: what may be sent twice', () => {
  it.each([
    ['GET', undefined, 2],
    ['HEAD', undefined, 2],
    ['PUT', undefined, 2],
    ['DELETE', undefined, 2],
    ['OPTIONS', undefined, 2],
    ['TRACE', undefined, 2],
    ['POST', undefined, 1],
    ['PATCH', undefined, 1],
    ['get', undefined, 1],
    ['POST', true, 2],
    ['GET', false, 1],
  ])('%s with idempotent %s is sent %i times', async (method, idempotent, times) => {
    const { send, mock } = server([failing(503)]);
    await send(requestOf('http://a/', { method, options: { idempotent } }));
    expect(mock.calls).toHaveLength(times);
  });

  it('is said by methods, too', async () => {
    const { send, mock } = server([failing(503)], { methods: ['POST'] });
    await send(requestOf('http://a/', { method: 'POST' }));
    expect(mock.calls).toHaveLength(2);
  });

  it('sends strings, bytes and functions again, and no iterable', async () => {
    for (const [body, times] of [
      ['data', 2],
      [Buffer.from('data'), 2],
      [() => ['da', 'ta'], 2],
      [['da', 'ta'], 1],
    ] as const) {
      const { send, mock } = server([failing(503)]);
      await send(requestOf('http://a/', { method: 'PUT', body }));
      expect(mock.calls.map(({ text }) => text)).toEqual(Array.from({ length: times }, () => 'data'));
    }
  });
});

describe('retries: the wait', () => {
  const many = (count: number, reply = failing(503)) => Array.from({ length: count }, () => reply);

  it('doubles up to its bound, and is a random part of that', async () => {
    const doubling = server(many(8), { limit: 8 });
    await doubling.send(requestOf('http://a/'));
    expect(doubling.waits).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    const parts = [0, 0.5, 0.25].values();
    const random = server(many(3), {
      limit: 3,
      baseDelayMs: 100,
      maxDelayMs: 300,
      random: () => parts.next().value!,
    });
    await random.send(requestOf('http://a/'));
    expect(random.waits).toEqual([0, 100, 75]);
  });

  it.each([
    ['2', 2000],
    ['0', 0],
    ['Sun, 06 Nov 1994 08:49:47 GMT', 10_000],
    ['Sunday, 06-Nov-94 08:49:47 GMT', 10_000],
    ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
    ['60', 60_000],
    ['soon', 0],
    ['-1', 0],
    ['1.5', 0],
    ['', 0],
  ])('comes behind Retry-After: %s', async (value, delayMs) => {
    const { send, waits } = server([failing(429, { 'Retry-After': value })]);
    await send(requestOf('http://a/'));
    expect(waits).toEqual([delayMs + 200]);
  });

  it.each(['61', '99999999999999999999', 'Sun, 06 Nov 1994 09:49:37 GMT'])(
    'is the caller’s matter where the server wants it too long: %s',
    async (value) => {
      const { send, mock } = server([failing(503, { 'Retry-After': value })]);
      expect((await send(requestOf('http://a/'))).status).toBe(503);
      expect(mock.calls).toHaveLength(1);
    },
  );

  it('is told before it begins', async () => {
    const told: Retry[] = [];
    const error = new SocketError('RESET', 'reset');
    const { send } = server([failing(503), error], { onRetry: (retry) => told.push(retry) });
    await send(requestOf('http://a/'));
    expect(told).toMatchObject([
      { attempt: 1, delayMs: 200, status: 503, error: undefined, request: { url: 'http://a/' } },
      { attempt: 2, delayMs: 400, status: undefined, error },
    ]);
  });

  it('can be called off where it is told', async () => {
    const stop = new Error('enough');
    const { send, mock } = server(many(1), {
      onRetry: () => {
        throw stop;
      },
    });
    expect(await rejection(send(requestOf('http://a/')))).toBe(stop);
    expect(mock.calls).toHaveLength(1);
  });

  it('is by the process’s own clock, unless there is another', async () => {
    const mock = new MockTransport().on('GET', /./, failing(503), { times: 1 }).on('GET', /./, 'fine');
    const send = through(retries({ baseDelayMs: 0 }), mock.send);
    expect((await send(requestOf('http://a/'))).status).toBe(200);
    const { signal, abort } = aborting();
    const waiting = through(
      retries({ onRetry: () => queueMicrotask(() => abort('enough')) }),
      async ({ url }) => answerOf(url, 503, [['Retry-After', '50']]),
    );
    expect(await rejection(waiting(requestOf('http://a/', { options: { signal } })))).toMatchObject({
      code: 'ABORTED',
    });
  });

  it('ends with the signal, and leaves no timer', async () => {
    const clock = new ManualClock();
    const { signal, abort } = aborting();
    const send = through(retries({ clock }), async ({ url }) => answerOf(url, 503));
    const waiting = rejection(send(requestOf('http://a/', { options: { signal } })));
    await clock.timers();
    abort('enough');
    expect(await waiting).toMatchObject({ name: 'HttpClientError', code: 'ABORTED', cause: 'enough' });
    expect(clock.pendingMs).toEqual([]);
  });

  it('does not begin behind a signal that was aborted', async () => {
    const clock = new ManualClock();
    const { signal, abort } = aborting();
    const send = through(retries({ clock }), async ({ url }) => {
      abort('enough');
      return answerOf(url, 503);
    });
    expect(await rejection(send(requestOf('http://a/', { options: { signal } })))).toMatchObject({
      code: 'ABORTED',
    });
    expect(clock.pendingMs).toEqual([]);
  });

  it('ends with a deadline in the deadline’s own error', async () => {
    const clock = new ManualClock();
    const { signal, abort } = aborting();
    const send = through(retries({ clock }), async ({ url }) => answerOf(url, 503));
    const waiting = rejection(send(requestOf('http://a/', { options: { signal } })));
    await clock.timers();
    const error = new HttpClientError('TIMED_OUT', 'late', { phase: 'total' });
    abort(error);
    expect(await waiting).toBe(error);
  });
});

function aborting(): { readonly signal: AbortSignal; readonly abort: (reason: unknown) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
