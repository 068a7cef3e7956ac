import { expect, test } from 'vitest';
import { type Application, type Body, type StartResponse, type Write } from '@wirestack/gateway';
import { ask, dial, gate, requestOf, serving, turn, turnsUntil, until, untilEnd } from './peer.ts';

test('what a function writes goes before the body that it returns', async () => {
  const { address, errors } = await serving((_environ, startResponse) => {
    const write = startResponse('200 OK', []);
    void write('a');
    void write('');
    void write(Uint8Array.of(0x62));
    return ['c', 'd'];
  });
  expect(await ask(address, 'GET /')).toMatchObject({ status: 200, body: 'abcd', isComplete: true });
  expect(errors).toEqual([]);
});

test('what is written and nothing else: the body may be empty', async () => {
  const { address } = await serving((_environ, startResponse) => {
    void startResponse('200 OK', [])('all');
    return [];
  });
  expect(await ask(address, 'GET /')).toMatchObject({ body: 'all', isComplete: true });
});

test('an async function streams before it returns', async () => {
  const more = gate();
  const { address } = await serving(async (_environ, startResponse) => {
    const write = startResponse('200 OK', []);
    await write('one');
    await more.promise;
    await write('two');
    return ['three'];
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  expect(await until(peer, 'one\r\n')).toContain('Transfer-Encoding: chunked');
  more.open();
  expect(await untilEnd(peer)).toBe('3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n');
});

test('an async function that wrote before its first await streams as well', async () => {
  const more = gate();
  const { address } = await serving(async (_environ, startResponse) => {
    void startResponse('200 OK', [])('one');
    await more.promise;
    return ['two'];
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'one\r\n');
  more.open();
  expect(await untilEnd(peer)).toBe('3\r\ntwo\r\n0\r\n\r\n');
});

test('an async function that throws after it wrote ends the connection', async () => {
  const failed = gate();
  const { address, errors } = await serving(async (_environ, startResponse) => {
    await startResponse('200 OK', [])('one');
    await failed.promise;
    return [];
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'one\r\n');
  failed.fail(new Error('boom'));
  expect(await untilEnd(peer)).toBe('');
  expect(errors).toMatchObject([{ message: 'boom' }]);
});

test('a function that throws after it wrote is 500: nothing was sent yet', async () => {
  const { address, errors } = await serving((_environ, startResponse) => {
    void startResponse('200 OK', [])('one');
    throw new Error('boom');
  });
  const reply = await ask(address, 'GET /');
  expect(reply.status).toBe(500);
  expect(reply.raw).not.toContain('one');
  expect(errors).toMatchObject([{ message: 'boom' }]);
});

test('write() waits while the client does not read', async () => {
  let written = 0;
  const { address } = await serving(async (environ, startResponse) => {
    const write = startResponse('200 OK', []);
    while (!environ['wirestack.signal'].aborted && written < 1000) {
      await write('x'.repeat(1_000_000));
      written++;
    }
    return [];
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'xxx');
  // However long we look, no more than the kernel's buffers take is gone: a gigabyte would need no more turns than this.
  for (let turns = 0; turns < 3000; turns++) await turn();
  expect(written).toBeLessThan(100);
});

const afterwards: [
  string,
  (startResponse: StartResponse, keep: (write: Write) => void) => Body | Promise<Body>,
][] = [
  [
    'a function',
    (startResponse, keep) => {
      keep(startResponse('200 OK', []));
      return ['x'];
    },
  ],
  [
    'a function that wrote before',
    (startResponse, keep) => {
      const write = startResponse('200 OK', []);
      keep(write);
      void write('x');
      return [];
    },
  ],
  [
    'an async function',
    async (startResponse, keep) => {
      keep(startResponse('200 OK', []));
      await turn();
      return ['x'];
    },
  ],
  [
    'an async function that wrote before',
    async (startResponse, keep) => {
      const write = startResponse('200 OK', []);
      keep(write);
      await write('x');
      return [];
    },
  ],
];

test.each(afterwards)('write() after %s has returned is FINISHED', async (_what, app) => {
  let write: Write | undefined;
  const { address } = await serving((_environ, startResponse) =>
    app(startResponse, (kept) => (write = kept)),
  );
  expect((await ask(address, 'GET /')).body).toBe('x');
  expect(() => write?.('late')).toThrow(expect.objectContaining({ code: 'FINISHED' }) as Error);
});

test('a generator that writes from within its body is FINISHED, and does not hang', async () => {
  const { address, errors } = await serving(function* (_environ, startResponse: StartResponse) {
    const write = startResponse('200 OK', []);
    void write('in the middle');
    yield 'x';
  });
  expect((await ask(address, 'GET /')).status).toBe(500);
  expect(errors).toMatchObject([{ code: 'FINISHED' }]);
});

test.each([5, undefined, null, {}, ['x']])('write(%j) is BAD_BODY', async (chunk) => {
  const { address, errors } = await serving((_environ, startResponse) => {
    void startResponse('200 OK', [])(chunk as string);
    return [];
  });
  expect((await ask(address, 'GET /')).status).toBe(500);
  expect(errors).toMatchObject([{ code: 'BAD_BODY' }]);
});

/** Writes without end, and says what became of that. */
function endless(ended: (error: unknown) => void, close: () => void = () => undefined): Application {
  return async (_environ, startResponse) => {
    const write = startResponse('200 OK', []);
    try {
      for (;;) await write('x'.repeat(65_536));
    } catch (error) {
      ended(error);
    }
    return Object.assign(['never sent'], { close });
  };
}

test('when the client leaves, write() rejects: whoever writes without end goes on, and its body is closed', async () => {
  const ended = gate<unknown>();
  const closed = gate();
  const { address, errors } = await serving(endless(ended.open, closed.open));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'xxx');
  peer.abort();
  expect(await ended.promise).toMatchObject({ name: 'ClientGoneError', code: 'PEER_CLOSED' });
  await closed.promise;
  expect(errors).toEqual([]);
});

test('HEAD: what is written is not wanted, which write() says in the same way', async () => {
  const ended = gate<unknown>();
  const { address, errors } = await serving(endless(ended.open));
  expect(await ask(address, 'HEAD /')).toMatchObject({ status: 200, body: '' });
  expect(await ended.promise).toMatchObject({ code: 'PEER_CLOSED' });
  expect(errors).toEqual([]);
});

test('a write that nobody awaits never ends the process', async () => {
  const left = gate();
  const { address } = await serving(async (environ, startResponse) => {
    const write = startResponse('200 OK', []);
    await write('first');
    environ['wirestack.signal'].addEventListener('abort', () => {
      left.open();
    });
    for (let i = 0; i < 100; i++) void write('x'.repeat(1_000_000));
    await left.promise;
    void write('more');
    return [];
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'first');
  peer.abort();
  await left.promise;
  await turn();
  expect((await ask(address, 'HEAD /')).status).toBe(200);
});

test('the client leaves, then the application returns: its body is closed once and not asked for a chunk', async () => {
  const more = gate();
  let closes = 0;
  let nexts = 0;
  let signal: AbortSignal | undefined;
  const { address } = await serving(async (environ, startResponse) => {
    signal = environ['wirestack.signal'];
    await startResponse('200 OK', [])('first');
    await more.promise;
    return {
      *[Symbol.iterator]() {
        nexts++;
        yield 'x';
      },
      close: () => void closes++,
    };
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'first');
  peer.abort();
  await turnsUntil(() => signal?.aborted === true);
  more.open();
  await turnsUntil(() => closes > 0);
  await turn();
  expect([closes, nexts]).toEqual([1, 0]);
});

test('the client leaves, the application returns, and close() fails: that ends nothing else', async () => {
  const more = gate();
  let closes = 0;
  let signal: AbortSignal | undefined;
  const { address } = await serving(async (environ, startResponse) => {
    signal = environ['wirestack.signal'];
    await startResponse('200 OK', [])('first');
    await more.promise;
    return Object.assign(['x'], {
      close: () => {
        closes++;
        throw new Error('close');
      },
    });
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'first');
  peer.abort();
  await turnsUntil(() => signal?.aborted === true);
  more.open();
  await turnsUntil(() => closes > 0);
  await turn();
  expect(closes).toBe(1);
});
