import { afterEach, expect, test, vi } from 'vitest';
import { serving, standstill, turnsUntil } from './harness.ts';
import { field, get } from './raw-client.ts';

const ok = { status: 200, body: 'ok' };

afterEach(() => {
  vi.useRealTimers();
});

test('a connection without a request has a second for it, which is its last', async () => {
  const { server, client } = await serving(({ target }) => ({ status: 200, body: target }));
  const peer = await client();
  await turnsUntil(() => server.stats.connections === 1);
  const drained = server.drain();
  await standstill(() => server.stats.connections);
  await peer.send(get('/first') + get('/second'));
  const answer = await peer.answer();
  expect(answer.body).toBe('/first');
  expect(field(answer.head, 'Connection')).toBe('close');
  await peer.ended();
  await peer.stream.close();
  await drained;
  expect(server.stats.requests).toBe(1);
});

test.each([
  ['1 s by default', {}, 1000],
  ['firstRequestMs', { firstRequestMs: 300 }, 300],
])('the wait for a first request is %s, and not a millisecond more', async (_name, options, limitMs) => {
  const { server, client } = await serving(() => ok, options);
  const [unused, begun] = [await client(), await client()];
  await turnsUntil(() => server.stats.connections === 2);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const drained = server.drain();
  await turnsUntil(() => vi.getTimerCount() === 2);
  await begun.send(get().slice(0, 5));
  vi.advanceTimersByTime(limitMs - 1);
  await standstill(() => server.stats.connections);
  expect(server.stats.connections).toBe(2);
  vi.advanceTimersByTime(1);
  await unused.ended();
  await unused.stream.close();
  // A head that has begun meanwhile is served.
  await begun.send(get().slice(5));
  expect(await begun.answer()).toMatchObject({ status: 200 });
  await begun.ended();
  await begun.stream.close();
  await drained;
  expect(vi.getTimerCount()).toBe(0);
});

test('the deadline of the drain counts for the first request, too', async () => {
  const { server, client } = await serving(() => ok);
  const peer = await client();
  await turnsUntil(() => server.stats.connections === 1);
  await server.drain({ signal: AbortSignal.abort() });
  expect(await peer.ending()).toBe('RESET');
});
