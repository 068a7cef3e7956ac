import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import {
  run,
  type Application,
  type Body,
  type Chunk,
  type Environ,
  type StartResponse,
} from '@wirestack/gateway';
import { CountedBody } from './counted-body.ts';
import { ask, dial, exchange, gate, requestOf, serving, turn, turnsUntil, until, untilEnd } from './peer.ts';

const noEnviron = {} as Environ;

/** An application with this body. */
function returning(body: () => Body, status: `${number} ${string}` = '200 OK'): Application {
  return (_environ, startResponse) => {
    startResponse(status, []);
    return body();
  };
}

const bodies: [string, () => Body, string][] = [
  ['an empty array', () => [], ''],
  ['an array of one string', () => ['x'], 'x'],
  ['an array of an empty string', () => [''], ''],
  ['an array of one piece of bytes', () => [Uint8Array.of(0, 255)], '\0\xff'],
  ['several strings', () => ['a', '', 'bc', 'd'], 'abcd'],
  ['strings that are not ASCII', () => ['ä€😀'], Buffer.from('ä€😀').toString('latin1')],
  ['such strings in pieces', () => ['ä', '€'], Buffer.from('ä€').toString('latin1')],
  ['bytes and strings', () => [Uint8Array.of(1), 'a', Buffer.from('b')], '\x01ab'],
  ['a string too long for one write', () => ['x'.repeat(200_000)], 'x'.repeat(200_000)],
  [
    'long pieces',
    () => ['x'.repeat(70_000), new Uint8Array(70_000)],
    'x'.repeat(70_000) + '\0'.repeat(70_000),
  ],
  ['a Set', () => new Set(['a', 'b']), 'ab'],
  [
    'a generator',
    function* () {
      yield 'a';
      yield 'b';
    },
    'ab',
  ],
  [
    'an async generator',
    async function* () {
      yield await Promise.resolve('a');
      yield 'b';
    },
    'ab',
  ],
  ['an array with close()', () => Object.assign(['a'], { close: () => undefined }), 'a'],
  ['empty chunks only', () => ['', new Uint8Array(0), ''], ''],
  [
    'a generator without chunks',
    function* () {
      // Nothing.
    },
    '',
  ],
];

test.each(bodies)('%s is sent as its bytes', async (_what, body, expected) => {
  const { address, errors } = await serving(returning(body));
  expect(await ask(address, 'GET /')).toMatchObject({ status: 200, body: expected, isComplete: true });
  expect(errors).toEqual([]);
});

test.each(bodies)(
  '%s, of an async application, to HTTP/1.0, is sent as its bytes',
  async (_what, body, expected) => {
    const { address, errors } = await serving((environ, startResponse) =>
      Promise.resolve(returning(body)(environ, startResponse)),
    );
    const reply = await exchange(address, 'GET / HTTP/1.0\r\n\r\n');
    expect(reply).toMatchObject({ status: 200, body: expected, isComplete: true });
    expect(reply.header('transfer-encoding')).toBeUndefined();
    expect(errors).toEqual([]);
  },
);

test.each([
  ['undefined', undefined],
  ['null', null],
  ['a string', 'hello'],
  ['a number', 5],
  ['an object', {}],
  ['a function', () => ['x']],
  ['an array of a number', [5]],
  ['an array of undefined', [undefined]],
  ['an array of null', [null]],
  ['an array of a promise', [Promise.resolve('x')]],
  ['numbers', [1, 2]],
  ['bytes, which are an iterable of numbers', new Uint8Array(5)],
])('a body that is %s is 500 and BAD_BODY, from a function or an async one', async (_what, body) => {
  for (const result of [body, Promise.resolve(body)]) {
    const { address, errors } = await serving(returning(() => result as Body));
    expect((await ask(address, 'GET /')).status).toBe(500);
    expect(errors).toMatchObject([{ name: 'GatewayUsageError', code: 'BAD_BODY' }]);
  }
});

// The fast path.

test('an array of one string is Content-Length, one write, no promise', async () => {
  const app = returning(() => ['hello\n']);
  const response = run(app, noEnviron);
  expect(response).not.toBeInstanceOf(Promise);
  expect(response).toEqual({ status: 200, reason: undefined, headers: [], body: 'hello\n' });
  const { address } = await serving(app);
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  const first = Buffer.from((await peer.read()) ?? []).toString();
  expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 6\r\n\r\nhello\n$/);
  expect(first).not.toContain('Transfer-Encoding');
});

test.each([
  ['an empty array', [], ''],
  ['bytes', [Uint8Array.of(1)], Uint8Array.of(1)],
])('%s, too, without a promise', (_what, body, sent) => {
  expect(
    run(
      returning(() => body),
      noEnviron,
    ),
  ).toMatchObject({ body: sent });
});

test('a Content-Length of the application is held to', async () => {
  const app: Application = (environ, startResponse) => {
    startResponse('200 OK', [['Content-Length', '5']]);
    return environ.PATH_INFO === '/right' ? ['12345'] : ['1234'];
  };
  const { address, errors } = await serving(app);
  expect(await ask(address, 'GET /right')).toMatchObject({ status: 200, body: '12345' });
  expect((await ask(address, 'GET /wrong')).status).toBe(500);
  expect(errors).toMatchObject([{ code: 'BAD_BODY' }]);
});

test.each([
  ['shorter', ['123', '4']],
  ['longer', ['123', '456']],
])('a streamed body %s than its Content-Length ends the connection', async (_what, body) => {
  const { address, errors } = await serving((_environ, startResponse) => {
    startResponse('200 OK', [['Content-Length', '5']]);
    return body;
  });
  const reply = await ask(address, 'GET /');
  expect(reply.isComplete).toBe(false);
  expect(errors).toMatchObject([{ code: 'BAD_BODY' }]);
});

test('the head waits for the first chunk that is not empty', async () => {
  const more = gate();
  let isStarted = false;
  const { address } = await serving(async function* (_environ, startResponse: StartResponse) {
    startResponse('200 OK', [['X-Head', 'early']]);
    yield '';
    isStarted = true;
    await more.promise;
    startResponse('200 OK', [['X-Head', 'late']], new Error('changed'));
    yield 'x';
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await turnsUntil(() => isStarted);
  more.open();
  expect(await untilEnd(peer)).toContain('X-Head: late');
});

test('each chunk is on its way before the next is asked for', async () => {
  const asked = gate();
  const { address } = await serving(async function* (_environ, startResponse: StartResponse) {
    startResponse('200 OK', []);
    yield 'one';
    await asked.promise;
    yield 'two';
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  expect(await until(peer, 'one\r\n')).not.toContain('two');
  asked.open();
  expect(await untilEnd(peer)).toBe('3\r\ntwo\r\n0\r\n\r\n');
});

// Errors of the application.

const throwing: [string, Application][] = [
  [
    'a function, before startResponse',
    () => {
      throw new Error('boom');
    },
  ],
  [
    'a function, after startResponse',
    (_environ, startResponse) => {
      startResponse('200 OK', []);
      throw new Error('boom');
    },
  ],
  ['an async function', () => Promise.reject(new Error('boom'))],
  [
    'a generator, before its first chunk',
    function* (_environ, startResponse: StartResponse) {
      startResponse('200 OK', []);
      yield '';
      throw new Error('boom');
    },
  ],
  [
    'an async generator, before its first chunk',
    async function* (_environ, startResponse: StartResponse) {
      startResponse('200 OK', []);
      yield await Promise.resolve('');
      throw new Error('boom');
    },
  ],
];

test.each(throwing)(
  '%s that throws is 500, onError is told, and the connection lives',
  async (_what, app) => {
    const { address, errors } = await serving(app);
    const peer = await dial(address);
    await peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n' + requestOf('GET /again'));
    const text = await untilEnd(peer);
    expect(text.match(/HTTP\/1\.1 500 Internal Server Error/g)).toHaveLength(2);
    expect(text).not.toContain('boom');
    expect(errors).toMatchObject([{ message: 'boom' }, { message: 'boom' }]);
  },
);

test('a body that throws after the head ends the connection: the client sees a body without its end', async () => {
  const failed = gate<Chunk>();
  const body = new CountedBody('first', failed.promise);
  const { address, errors } = await serving(returning(() => body));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  const begun = await until(peer, 'first\r\n');
  failed.fail(new Error('boom'));
  expect(begun + (await untilEnd(peer))).toMatch(/Transfer-Encoding: chunked\r\n[^]*\r\n5\r\nfirst\r\n$/);
  expect(errors).toMatchObject([{ message: 'boom' }]);
  expect(body.ending).toEqual({ returns: 0, closes: 1 });
});

test('a chunk of a wrong type half-way does the same, and the iterator is told to return', async () => {
  const second = gate<Chunk>();
  const body = new CountedBody('first', second.promise);
  const { address, errors } = await serving(returning(() => body));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'first\r\n');
  second.open({} as string);
  expect(await untilEnd(peer)).toBe('');
  expect(errors).toMatchObject([{ code: 'BAD_BODY' }]);
  expect(body.ending).toEqual({ returns: 1, closes: 1 });
});

test('an iterator that throws a GatewayUsageError of its own is over, and not told to return', async () => {
  const body = new CountedBody();
  const { address, errors } = await serving((_environ, startResponse) => {
    startResponse('200 OK', []);
    body.next = () => {
      startResponse('200 OK', []);
      return Promise.reject(new Error('unreachable'));
    };
    return body;
  });
  expect((await ask(address, 'GET /')).status).toBe(500);
  expect(errors).toMatchObject([{ code: 'STARTED_TWICE' }]);
  expect(body.ending).toEqual({ returns: 0, closes: 1 });
});

// close() and return(), in every ending.

test.each([
  ['complete', 'GET /', '200 OK', ['a', 'b'], { returns: 0, closes: 1 }],
  ['complete, without a chunk', 'GET /', '200 OK', [], { returns: 0, closes: 1 }],
  ['HEAD', 'HEAD /', '200 OK', ['a', 'b'], { returns: 1, closes: 1 }],
  ['304', 'GET /', '304 Not Modified', ['a', 'b'], { returns: 1, closes: 1 }],
  ['204', 'GET /', '204 No Content', ['a', 'b'], { returns: 1, closes: 1 }],
  ['an error at once', 'GET /', '200 OK', [new Error('boom')], { returns: 0, closes: 1 }],
  ['a wrong chunk at once', 'GET /', '200 OK', [5 as never], { returns: 1, closes: 1 }],
] as const)('close() and return(): %s', async (_what, request, status, chunks, ending) => {
  for (const isAsync of [false, true]) {
    const body = new CountedBody(...chunks);
    const app = returning(() => body, status);
    const { address } = await serving(isAsync ? (...args) => Promise.resolve(app(...args)) : app);
    const reply = await ask(address, request);
    expect(reply.isComplete).toBe(true);
    expect(body.ending).toEqual(ending);
  }
});

test('the application returned a body without startResponse: it is closed', async () => {
  const body = new CountedBody('x');
  const { address } = await serving(() => body);
  expect((await ask(address, 'GET /')).status).toBe(500);
  expect(body.ending).toEqual({ returns: 1, closes: 1 });
});

test('the client leaves between two chunks', async () => {
  const body = new CountedBody(...Array.from({ length: 10_000 }, () => 'x'.repeat(65_536)));
  const { address, errors } = await serving(returning(() => body));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'xxx');
  peer.abort();
  await turnsUntil(() => body.closes > 0);
  await turn();
  expect(body.ending).toEqual({ returns: 1, closes: 1 });
  expect(body.nexts).toBeLessThan(10_000);
  expect(errors).toEqual([]);
});

test('the client leaves while next() is pending, and nothing that comes later is sent or asked for', async () => {
  const second = gate<Chunk>();
  const body = new CountedBody('first', second.promise, 'third');
  const { address, errors } = await serving(returning(() => body));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'first');
  peer.abort();
  await turnsUntil(() => body.closes > 0);
  second.open('second');
  await turn();
  expect(body.ending).toEqual({ returns: 1, closes: 1 });
  expect(body.nexts).toBe(2);
  expect(errors).toEqual([]);
});

test('the client leaves while next() is pending, which then fails: onError is told, and nothing more happens', async () => {
  const second = gate<Chunk>();
  const body = new CountedBody('first', second.promise);
  const { address, errors } = await serving(returning(() => body));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'first');
  peer.abort();
  await turnsUntil(() => body.closes > 0);
  second.fail(new Error('boom'));
  await turnsUntil(() => errors.length > 0);
  await turn();
  expect(body.ending).toEqual({ returns: 1, closes: 1 });
  expect(errors).toMatchObject([{ message: 'boom' }]);
});

test('the client leaves before the application has returned: its body is closed, and never begun', async () => {
  const body = new CountedBody('x');
  const more = gate();
  let signal: AbortSignal | undefined;
  const { address } = await serving(async (environ, startResponse) => {
    signal = environ['wirestack.signal'];
    startResponse('200 OK', []);
    await more.promise;
    return Object.assign(['one', 'two'], { close: () => body.closes++ }) as never;
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await turnsUntil(() => signal !== undefined);
  peer.abort();
  await once(signal as unknown as EventTarget, 'abort');
  more.open();
  await turnsUntil(() => body.closes > 0);
  await turn();
  expect(body.closes).toBe(1);
});

test('a generator’s finally runs once when the client leaves, and what it yields then goes nowhere', async () => {
  let ends = 0;
  let isAskedAgain = false;
  const { address, errors } = await serving(async function* (environ, startResponse: StartResponse) {
    startResponse('200 OK', []);
    try {
      yield 'first';
      await once(environ['wirestack.signal'] as unknown as EventTarget, 'abort');
      yield 'second';
    } finally {
      ends++;
      yield 'late';
      isAskedAgain = true;
    }
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'first');
  peer.abort();
  await turnsUntil(() => ends > 0);
  await turn();
  expect([ends, isAskedAgain]).toEqual([1, false]);
  expect(errors).toEqual([]);
});

test('an application that never ends learns by wirestack.signal that its client left', async () => {
  const left = gate<unknown>();
  const begun = gate();
  const { address, errors } = await serving((environ) => {
    const signal = environ['wirestack.signal'];
    begun.open();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        left.open(signal.reason);
        reject(signal.reason as Error);
      });
    });
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await begun.promise;
  peer.abort();
  expect(await left.promise).toBeInstanceOf(Error);
  await turn();
  expect(errors).toEqual([]);
});

test('the signal stays quiet where the client got its response', async () => {
  let signal: AbortSignal | undefined;
  const { address } = await serving((environ, startResponse) => {
    signal = environ['wirestack.signal'];
    startResponse('200 OK', []);
    return ['x', 'y'];
  });
  expect((await ask(address, 'GET /')).body).toBe('xy');
  expect(signal?.aborted).toBe(false);
});

test('an error in close() after a body without a chunk is 500', async () => {
  const body = new CountedBody();
  body.closeError = new Error('close');
  const { address, errors } = await serving(returning(() => body));
  expect((await ask(address, 'GET /')).status).toBe(500);
  expect(errors).toEqual([body.closeError]);
  expect(body.closes).toBe(1);
});

test('an error in close() after a body ends the connection, and onError is told', async () => {
  const body = new CountedBody('a');
  body.closeError = new Error('close');
  const { address, errors } = await serving(returning(() => body));
  expect((await ask(address, 'GET /')).isComplete).toBe(false);
  expect(errors).toEqual([body.closeError]);
  expect(body.closes).toBe(1);
});

test('an error in close() does not hide the one before it', async () => {
  const first = new CountedBody(new Error('boom'));
  const second = new CountedBody('a', new Error('boom'));
  for (const body of [first, second]) {
    body.closeError = new Error('close');
    const { address, errors } = await serving(returning(() => body));
    await ask(address, 'GET /');
    expect(errors).toMatchObject([{ message: 'boom' }]);
    expect(body.closes).toBe(1);
  }
});

test('an error in close() when the client has left ends nothing else', async () => {
  const second = gate<Chunk>();
  const body = new CountedBody('first', second.promise);
  body.closeError = new Error('close');
  const { address } = await serving(returning(() => body));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'first');
  peer.abort();
  await turnsUntil(() => body.closes > 0);
  await turn();
  expect((await ask(address, 'GET /', 'Connection: close')).status).toBe(500);
});

test('a generator that throws when it is told to return is still closed', async () => {
  let closes = 0;
  const chunks = (function* () {
    try {
      for (;;) yield 'x'.repeat(65_536);
    } finally {
      // eslint-disable-next-line no-unsafe-finally -- what an application may do
      throw new Error('in finally');
    }
  })();
  const body = Object.assign(chunks, { close: () => void closes++ });
  const { address } = await serving(returning(() => body));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'xxx');
  peer.abort();
  await turnsUntil(() => closes > 0);
  await turn();
  expect(closes).toBe(1);
});

test('HEAD has the head that GET has', async () => {
  const { address } = await serving(returning(() => ['hello\n']));
  const [get, head] = await Promise.all([ask(address, 'GET /'), ask(address, 'HEAD /')]);
  expect(head.headers).toEqual(get.headers);
  expect(head.body).toBe('');
});

test('a body may read the request while it answers', async () => {
  const { address } = await serving(async function* (environ, startResponse: StartResponse) {
    startResponse('200 OK', []);
    for await (const chunk of environ['wsgi.input']) yield Buffer.from(chunk).toString().toUpperCase();
  });
  if (!('port' in address)) throw new Error('unreachable');
  const request = httpRequest({ port: address.port, method: 'POST' });
  request.write('one ');
  const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
  request.end('two');
  let text = '';
  for await (const chunk of response) text += chunk.toString();
  expect(text).toBe('ONE TWO');
});
