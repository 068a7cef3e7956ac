import { afterEach, beforeEach, expect, test } from 'vitest';
import { gate, serving, standstill, turn, turnsUntil, type Served } from './harness.ts';
import { get, post, postChunks } from './raw-client.ts';

const unhandled: unknown[] = [];
const remember = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', remember);
});

afterEach(() => {
  process.off('unhandledRejection', remember);
});

async function allGone({ server }: Served): Promise<void> {
  await turnsUntil(() => server.stats.connections === 0);
  await turn();
  await turn();
  expect(unhandled).toEqual([]);
}

test.each([
  ['reset', (stream: { abort(): void }) => stream.abort()],
  ['close', (stream: { close(): Promise<void> }) => void stream.close()],
])(
  'a client that leaves by %s after any prefix of its requests leaves nothing behind',
  async (_name, leave) => {
    const served = await serving(async (request) => {
      const body = await request.text().catch(() => 'broken');
      return { status: 200, body: request.path === '/pieces' ? [body, 'x'.repeat(100_000)] : body };
    });
    const bytes = post('body', '', '/pieces') + postChunks(['b', 'ody'], 'T: x\r\n') + get();
    for (let length = 0; length <= bytes.length; length++) {
      const peer = await served.client();
      await peer.send(bytes.slice(0, length));
      if (length % 2 === 0) await turn();
      leave(peer.stream);
    }
    await allGone(served);
    served.errors.length = 0;
    const peer = await served.client();
    await peer.send(get());
    expect((await peer.answer()).status).toBe(200);
  },
);

test('a client that leaves while its handler works: the answer is dropped, whatever it is', async () => {
  for (const body of ['text', Buffer.alloc(1_000_000), ['a', 'b'], undefined]) {
    for (const isFailing of [false, true]) {
      const { opened, open } = gate();
      const served = await serving(async () => {
        await opened;
        if (isFailing) throw new Error('nobody is there to be told');
        return { status: 200, ...(body === undefined ? {} : { body }) };
      });
      const peer = await served.client();
      await peer.send(get() + get());
      await turnsUntil(() => served.server.stats.requests === 2);
      peer.stream.abort();
      await allGone(served);
      open();
      await standstill(() => served.errors.length);
      await allGone(served);
      served.errors.length = 0;
    }
  }
});

test('a client that leaves while its handler reads: the read rejects', async () => {
  const failures: unknown[] = [];
  const served = await serving(async (request) => {
    for await (const chunk of request.body) expect(chunk.length).toBeGreaterThan(0);
    return { status: 200 };
  });
  const original = served.errors;
  const peer = await served.client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf');
  await turnsUntil(() => served.server.stats.requests === 1);
  await turn();
  peer.stream.abort();
  await allGone(served);
  // That the client left is no fault of the handler.
  expect([...original, ...failures]).toEqual([]);
});

test('a client that leaves in the midst of a body, by any length of it read', async () => {
  const served = await serving(({ path }) => ({
    status: 200,
    body: path === '/sync' ? Array.from({ length: 50 }, () => Buffer.alloc(65_536)) : slow(),
  }));
  async function* slow(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 50; i++) {
      await turn();
      yield Buffer.alloc(65_536);
    }
  }
  for (const path of ['/sync', '/async']) {
    for (let taken = 0; taken < 3_000_000; taken += 300_000) {
      const peer = await served.client();
      await peer.send(get(path));
      await peer.take(taken);
      peer.stream.abort();
    }
  }
  await allGone(served);
  expect(served.errors).toEqual([]);
});

test('a client that leaves while it waits for 100 Continue, or after', async () => {
  const served = await serving(async (request) => ({ status: 200, body: await request.text() }));
  for (const isTold of [false, true]) {
    const peer = await served.client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n');
    if (isTold) expect((await peer.answer()).status).toBe(100);
    peer.stream.abort();
  }
  await allGone(served);
  expect(served.errors).toEqual([]);
});

test('a thousand clients that leave at once, each in another state', async () => {
  const served = await serving(async (request) => {
    await turn();
    return { status: 200, body: [await request.text().catch(() => '')] };
  });
  const bytes = post('body') + get() + postChunks(['x']);
  const peers = await Promise.all(Array.from({ length: 1000 }, () => served.client()));
  await Promise.all(peers.map((peer, i) => peer.send(bytes.slice(0, i % bytes.length))));
  for (const peer of peers) peer.stream.abort();
  await allGone(served);
  served.errors.length = 0;
});
