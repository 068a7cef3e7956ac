import { Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { SocketError } from '@wirestack/socket';
import { serving, standstill, turn, turnsUntil } from './harness.ts';
import { get } from './raw-client.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** An iterator that counts what is asked of it. */
function endless(
  piece: Uint8Array,
  isAsync: boolean,
): { body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>; counts: { pulled: number; returned: number } } {
  const counts = { pulled: 0, returned: 0 };
  const next = (): IteratorResult<Uint8Array> => {
    counts.pulled++;
    return { done: false, value: piece };
  };
  const end = (): IteratorResult<Uint8Array> => {
    counts.returned++;
    return { done: true as const, value: undefined };
  };
  return {
    counts,
    body: isAsync
      ? { [Symbol.asyncIterator]: () => ({ next: async () => next(), return: async () => end() }) }
      : { [Symbol.iterator]: () => ({ next, return: end }) },
  };
}

test.each([
  ['sync', false],
  ['async', true],
])(
  'a %s iterable is pulled only as the client reads, and returned once when it leaves',
  async (_name, isAsync) => {
    const piece = Buffer.alloc(65_536, 'x');
    const { body, counts } = endless(piece, isAsync);
    const { server, client, errors } = await serving(() => ({ status: 200, body }));
    const peer = await client();
    await peer.send(get());
    // The kernel's buffers of both ends, 4 MB and what it grants the reader: nothing like endless.
    const atFirst = await standstill(() => counts.pulled);
    expect(atFirst).toBeLessThan(400);
    await peer.take(20_000_000);
    await turnsUntil(() => counts.pulled > 20_000_000 / piece.length);
    const later = await standstill(() => counts.pulled);
    expect(later).toBeLessThan(atFirst + 20_000_000 / piece.length + 600);
    expect(counts.returned).toBe(0);
    peer.stream.abort();
    await turnsUntil(() => server.stats.connections === 0);
    await turn();
    expect(counts.returned).toBe(1);
    expect(errors).toEqual([]);
    expect(await standstill(() => counts.pulled)).toBeLessThan(later + 400);
  },
);

test('return() is called once where the client leaves while a piece is being made', async () => {
  let isMaking = false;
  let returned = 0;
  let make!: (result: IteratorResult<string>) => void;
  const { server, client, errors } = await serving(() => ({
    status: 200,
    body: {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          isMaking = true;
          return new Promise<IteratorResult<string>>((resolve) => (make = resolve));
        },
        return: async () => {
          returned++;
          return { done: true as const, value: undefined };
        },
      }),
    },
  }));
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => isMaking);
  peer.stream.abort();
  await turnsUntil(() => server.stats.connections === 0);
  make({ done: false, value: 'too late' });
  await standstill(() => returned);
  expect(returned).toBe(1);
  expect(errors).toEqual([]);
});

test('return() is not called on an iterable that came to its end, or threw', async () => {
  const returned: string[] = [];
  const { client, errors } = await serving(({ path }) => ({
    status: 200,
    body: {
      [Symbol.iterator]: () => ({
        next: () => {
          if (path === '/throws') throw new Error('from next');
          return { done: true as const, value: undefined };
        },
        return: () => {
          returned.push(path);
          return { done: true as const, value: undefined };
        },
      }),
    },
  }));
  const peer = await client();
  await peer.send(get('/ends') + get('/throws'));
  expect((await peer.answer()).body).toBe('');
  expect(await peer.untilCut()).toMatch(/chunked\r\n\r\n$/);
  expect(errors.splice(0)).toEqual([new Error('from next')]);
  expect(returned).toEqual([]);
});

test('a body whose head cannot be sent is returned once', async () => {
  let returned = 0;
  const { client, errors } = await serving(() => {
    const iterator: IterableIterator<string> = {
      next: () => ({ done: false, value: 'x' }),
      return: () => {
        returned++;
        return { done: true as const, value: undefined };
      },
      [Symbol.iterator]: () => iterator,
    };
    return { status: 200, headers: [['Bad\nName', '']], body: iterator };
  });
  const peer = await client();
  await peer.send(get());
  expect((await peer.answer()).status).toBe(500);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_FIELD' })]);
  expect(returned).toBe(1);
});

test('a body for HEAD is not pulled, and returned once', async () => {
  const { body, counts } = endless(Buffer.from('x'), false);
  const { client } = await serving(() => ({ status: 200, body }));
  const peer = await client();
  await peer.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect((await peer.answer('HEAD')).status).toBe(200);
  expect(counts).toEqual({ pulled: 0, returned: 1 });
});

test('a piece that is neither text nor bytes aborts the connection', async () => {
  const { client, errors } = await serving(() => ({ status: 200, body: ['fine', 5] as unknown as string[] }));
  const peer = await client();
  await peer.send(get());
  expect(await peer.untilCut()).toMatch(/\r\n4\r\nfine\r\n$/);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_BODY' })]);
});

test('an answer that comes between the end of a connection and the word of it is not poured into the void', async () => {
  const { body, counts } = endless(Buffer.from('x'), false);
  let respond!: () => void;
  const { server, client } = await serving(
    () =>
      new Promise((resolve) => {
        respond = () => {
          resolve({ status: 200, body });
        };
      }),
  );
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  // The socket is destroyed now and tells so in a later turn; the answer comes before it.
  const closing = server.close();
  await Promise.resolve().then(respond);
  await closing;
  await turnsUntil(() => server.stats.connections === 0);
  expect(counts.pulled).toBeLessThan(10);
  expect(counts.returned).toBeLessThanOrEqual(1);
});

test('a failure of the source is reported although it is a SocketError, the leaving of the client is not', async () => {
  const refused = new SocketError('REFUSED', 'the backend is down');
  const { client, errors } = await serving(async ({ path, signal }) => {
    if (path === '/backend') throw refused;
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
    return { status: 200 };
  });
  const peer = await client();
  await peer.send(get('/backend'));
  expect((await peer.answer()).status).toBe(500);
  expect(errors.splice(0)).toEqual([refused]);
  await peer.send(get('/wait'));
  await turn();
  peer.stream.abort();
  await standstill(() => errors.length);
  expect(errors).toEqual([]);
});

test('small pieces join their framing in one buffer, large ones are not copied', async () => {
  const bytes = Buffer.alloc(5000, 'y');
  const { client } = await serving(() => ({ status: 200, body: ['small', bytes] }));
  const peer = await client();
  const writes = vi.spyOn(Socket.prototype, 'write');
  await peer.send(get());
  await peer.answer();
  const written = writes.mock.calls.slice(1).map(([data]) => data as unknown);
  expect(written).toContain('5\r\nsmall\r\n');
  expect(written).toContain(bytes);
});
