import { expect, test } from 'vitest';
import { HttpUsageError, type HttpResponse } from '@wirestack/http';
import { ResponseParser } from '@wirestack/http/protocol';
import { gate, serving, standstill, turn, turnsUntil } from './harness.ts';
import { field, get, post } from './raw-client.ts';

const ok = { status: 200, body: 'ok' };

/** What programs that the compiler did not check return. */
const garbage: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 200],
  ['a string', 'hello'],
  ['an object without a status', {}],
  ['a status that is text', { status: '200' }],
  ['a status of 99', { status: 99 }],
  ['a status of 103', { status: 103 }],
  ['a status of 1000', { status: 1000 }],
  ['a status that is no number', { status: NaN }],
  ['a reason with a line break', { status: 200, reason: 'OK\r\nX: y' }],
  ['headers that are an object', { status: 200, headers: { 'content-type': 'text/plain' } }],
  ['a header with a line break', { status: 200, headers: [['X', 'a\r\nSet-Cookie: b']] }],
  ['a header with NUL', { status: 200, headers: [['X', 'a\0b']] }],
  ['a header beyond latin1', { status: 200, headers: [['X', '世']] }],
  ['a header whose name is none', { status: 200, headers: [['X Y', 'a']] }],
  ['a header without a name', { status: 200, headers: [['', 'a']] }],
  ['a header without a value', { status: 200, headers: [['X']] }],
  ['a Transfer-Encoding', { status: 200, headers: [['Transfer-Encoding', 'chunked']] }],
  [
    'two lengths',
    {
      status: 200,
      headers: [
        ['Content-Length', '2'],
        ['content-length', '2'],
      ],
      body: 'ok',
    },
  ],
  ['a body that is null', { status: 200, body: null }],
  ['a body that is a number', { status: 200, body: 5 }],
  ['a body that is an object', { status: 200, body: { a: 1 } }],
  ['a body that is true', { status: 200, body: true }],
];

test.each(garbage)('%s from a handler is a 500, the connection goes on', async (_name, value) => {
  for (const isAsync of [false, true]) {
    const { client, errors } = await serving(({ path }) => {
      if (path !== '/') return ok;
      return isAsync ? turn().then(() => value as HttpResponse) : (value as HttpResponse);
    });
    const peer = await client();
    await peer.send(get('/') + get('/ok'));
    const [answer, next] = await peer.answers(2);
    expect(answer).toMatchObject({ status: 500, body: 'Internal Server Error\n' });
    expect(field(answer!.head, 'Content-Type')).toBe('text/plain; charset=utf-8');
    expect(next!.body).toBe('ok');
    expect(errors.splice(0)).toHaveLength(1);
  }
});

test('garbage that waits behind an answer in work is a 500 in its turn', async () => {
  const { opened, open } = gate();
  const { client, errors, server } = await serving(({ path }) =>
    path === '/1' ? opened.then(() => ok) : (undefined as never),
  );
  const peer = await client();
  await peer.send(get('/1') + get('/2') + get('/1'));
  await turnsUntil(() => server.stats.requests === 3);
  open();
  expect((await peer.answers(3)).map(({ status }) => status)).toEqual([200, 500, 200]);
  expect(errors.splice(0)).toEqual([expect.any(HttpUsageError)]);
});

test('what a handler throws or rejects with is told to onError with its request, the client sees 500 only', async () => {
  const told: unknown[] = [];
  const { client } = await serving(
    ({ path }) => {
      if (path === '/ok') return ok;
      const error = new Error('a secret');
      if (path === '/throws') throw error;
      return Promise.reject(error);
    },
    {
      onError: (error, request) => {
        told.push([(error as Error).message, request?.path]);
      },
    },
  );
  const peer = await client();
  await peer.send(get('/throws') + post('body', '', '/rejects') + get('/ok'));
  const answers = await peer.answers(3);
  expect(answers.map(({ status }) => status)).toEqual([500, 500, 200]);
  expect(answers.map(({ head, body }) => head + body).join('')).not.toContain('secret');
  expect(told).toEqual([
    ['a secret', '/throws'],
    ['a secret', '/rejects'],
  ]);
});

test('what is wrong with a response that a handler asked for is its own failure, not the client’s', async () => {
  const { client, errors } = await serving(() => {
    const parser = new ResponseParser();
    parser.expect('GET');
    parser.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: secret\r\n\r\n'));
    parser.next();
    return ok;
  });
  const peer = await client();
  await peer.send(get() + get());
  const answers = await peer.answers(2);
  expect(answers.map(({ status }) => status)).toEqual([500, 500]);
  expect(answers.map(({ head, body }) => head + body).join('')).not.toContain('secret');
  expect(errors.splice(0)).toMatchObject(
    Array(2).fill({ code: 'BAD_CONTENT_LENGTH', of: 'response', status: 502 }),
  );
});

test('a handler may throw what is no Error, undefined included', async () => {
  const { client, errors } = await serving(({ path }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw path === '/text' ? 'text' : undefined;
  });
  const peer = await client();
  await peer.send(get('/text') + get());
  expect((await peer.answers(2)).map(({ status }) => status)).toEqual([500, 500]);
  expect(errors.splice(0)).toEqual(['text', undefined]);
});

test('an onError that throws takes nothing down', async () => {
  const { client } = await serving(
    () => {
      throw new Error('first');
    },
    {
      onError: () => {
        throw new Error('second');
      },
    },
  );
  const peer = await client();
  const { error } = console;
  const printed: unknown[] = [];
  console.error = (...what) => printed.push(...what);
  try {
    await peer.send(get() + get());
    expect((await peer.answers(2)).map(({ status }) => status)).toEqual([500, 500]);
  } finally {
    console.error = error;
  }
  expect(printed).toEqual([new Error('second'), new Error('second')]);
});

test('a thenable is awaited like a promise', async () => {
  const { client } = await serving(
    () => ({ then: (resolve: (value: HttpResponse) => void) => resolve(ok) }) as never,
  );
  const peer = await client();
  await peer.send(get());
  expect((await peer.answer()).body).toBe('ok');
});

test('a body that throws half-way breaks the connection and is reported', async () => {
  const { client, errors } = await serving(() => ({
    status: 200,
    body: (async function* () {
      yield 'half';
      throw new Error('the other half');
    })(),
  }));
  const peer = await client();
  await peer.send(get() + get());
  expect(await peer.untilCut()).toMatch(/\r\n4\r\nhalf\r\n$/);
  expect(errors.splice(0)).toEqual([new Error('the other half')]);
});

test('informational responses go before the answer, in turn', async () => {
  const { client } = await serving(async (request) => {
    request.informational(103, [['Link', '</a.css>; rel=preload']]);
    await turn();
    request.informational(103, [['Link', '</b.css>; rel=preload']]);
    return { status: 200, body: request.path };
  });
  const peer = await client();
  await peer.send(get('/1'));
  expect((await peer.answer()).head).toBe('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n');
  expect((await peer.answer()).head).toBe('HTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\n');
  expect((await peer.answer()).body).toBe('/1');
});

test('an informational response out of turn, or to HTTP/1.0, is nothing', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(async (request) => {
    if (request.path === '/2') request.informational(103);
    await opened;
    return { status: 200, body: request.path };
  });
  const peer = await client();
  await peer.send(get('/1') + get('/2') + 'GET /2 HTTP/1.0\r\n\r\n');
  await turnsUntil(() => server.stats.requests === 3);
  open();
  expect((await peer.answers(3)).map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('an informational response that is none is the handler’s fault', async () => {
  const { client, errors } = await serving((request) => {
    request.informational(request.path === '/101' ? 101 : 200);
    return ok;
  });
  const peer = await client();
  await peer.send(get('/101') + get('/200'));
  expect((await peer.answers(2)).map(({ status }) => status)).toEqual([500, 500]);
  expect(errors.splice(0)).toEqual([
    expect.objectContaining({ code: 'BAD_STATUS' }),
    expect.objectContaining({ code: 'BAD_STATUS' }),
  ]);
});

test('the signal is aborted when the client leaves, and not by an answer', async () => {
  const signals: AbortSignal[] = [];
  const { client, server } = await serving(({ signal, path }) => {
    signals.push(signal);
    return path === '/' ? ok : new Promise<never>(() => undefined);
  });
  const peer = await client();
  await peer.send(get('/') + get('/wait'));
  await turnsUntil(() => signals.length === 2);
  await peer.answer();
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  peer.stream.abort();
  await turnsUntil(() => server.stats.connections === 0);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  expect(signals[1]!.reason).toMatchObject({ name: 'SocketError' });
  await standstill(() => server.stats.requests);
});
