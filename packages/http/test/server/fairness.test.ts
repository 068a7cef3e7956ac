import { expect, test } from 'vitest';
import { pump, serving, standstill, turn, turnsUntil } from './harness.ts';
import { get } from './raw-client.ts';

const ok = { status: 200, body: 'ok' };

test('a connection that pipelines 20,000 requests does not keep the single request of another waiting for its end', async () => {
  const total = 20_000;
  const { client, server } = await serving(() => ok);
  const [flooding, single] = [await client(), await client()];
  // Both are connected and known to the server before it begins.
  await single.send(get());
  await single.answer();
  const flood = flooding.send(get().repeat(total));
  const answered = flooding.answers(total);
  await turnsUntil(() => server.stats.requests > 1);
  await single.send(get('/single'));
  await single.answer();
  expect(server.stats.requests).toBeLessThan(total);
  await flood;
  expect(await answered).toHaveLength(total);
  expect(server.stats.requests).toBe(total + 2);
});

test('a turn of the event loop is for all: no connection has more than its share of one', async () => {
  const perTurn: number[] = [];
  let inTurn = 0;
  const { client } = await serving(() => {
    if (inTurn++ === 0) {
      setImmediate(() => {
        perTurn.push(inTurn);
        inTurn = 0;
      });
    }
    return ok;
  });
  const peer = await client();
  void peer.send(get().repeat(5000));
  await peer.answers(5000);
  await turn();
  expect(perTurn.reduce((sum, count) => sum + count, 0)).toBe(5000);
  // 128 a turn; the immediate that counts may come behind the one that goes on.
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(256);
});

test.each([
  ['with short answers', 10],
  ['with long answers', 100_000],
])(
  'a client that pipelines and never reads %s is not read any more, and others are served',
  async (_name, length) => {
    const body = 'x'.repeat(length);
    const { client, server } = await serving(({ path }) => ({
      status: 200,
      body: path === '/other' ? 'other' : body,
    }));
    const [flooding, other] = [await client(), await client()];
    const batch = Buffer.from(get().repeat(1000));
    const total = 4000 * batch.length;
    const flood = pump(flooding, batch, total);
    const accepted = await standstill(() => flood.accepted + server.stats.requests);
    expect(flooding.stream.needsDrain).toBe(true);
    expect(flood.accepted).toBeLessThan(total / 2);
    // Bounded on the side of the server, too: it has answered what fits the kernel's buffers, and little more.
    expect(server.stats.requests * length).toBeLessThan(60_000_000);
    await other.send(get('/other'));
    expect((await other.answer()).body).toBe('other');
    expect(await standstill(() => flood.accepted + server.stats.requests)).toBe(accepted + 1);
    flooding.stream.abort();
    await turnsUntil(() => server.stats.connections === 1);
  },
);

test('a client that comes back to reading gets every answer', async () => {
  const { client } = await serving(({ target }) => ({ status: 200, body: `${target}${'x'.repeat(1000)}` }));
  const peer = await client();
  const total = 20_000;
  const requests = Buffer.from(Array.from({ length: total }, (_, i) => get(`/${String(i)}.`)).join(''));
  const sent = peer.send(requests);
  await standstill(() => 0);
  for (let i = 0; i < total; i++) {
    const { body } = await peer.answer();
    if (!body.startsWith(`/${String(i)}.`)) expect(body.slice(0, 10)).toBe(`/${String(i)}.`);
  }
  await sent;
});

test('two hundred clients that stall in large answers leave room for others', async () => {
  const { client, server } = await serving(({ path }) =>
    path === '/large' ? { status: 200, body: pieces() } : ok,
  );
  let pulled = 0;
  function* pieces(): Generator<Uint8Array> {
    for (let i = 0; i < 1600; i++) {
      pulled++;
      yield shared;
    }
  }
  const shared = Buffer.alloc(65_536);
  const stalled = await Promise.all(Array.from({ length: 200 }, client));
  await Promise.all(stalled.map((peer) => peer.send(get('/large'))));
  await turnsUntil(() => server.stats.requests === 200);
  await standstill(() => pulled);
  expect(pulled).toBeLessThan((200 * 1600) / 4);
  const other = await client();
  await other.send(get());
  expect((await other.answer()).body).toBe('ok');
  for (const peer of stalled) peer.stream.abort();
  await turnsUntil(() => server.stats.connections === 1);
});
