import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '@wirestack/socket';
import { createServer } from '@wirestack/http';
import { gate, ManualClock, serving, standstill, turn, turnsUntil } from './harness.ts';
import { field, get, openClient, post, type RawClient } from './raw-client.ts';

const ok = { status: 200, body: 'ok' };

afterEach(() => {
  vi.useRealTimers();
});

function bodies(answers: readonly { readonly body: string }[]): string[] {
  return answers.map(({ body }) => body);
}

/** One request, answered: the connection is known to the server, and idle. */
async function idle(peer: RawClient): Promise<void> {
  await peer.send(get());
  await peer.answer();
}

test.each([
  ['with firstRequestMs 0 unused ones, too', 0],
  ['those that were used', undefined],
])('a drain closes idle connections at once, without a word: %s', async (_name, firstRequestMs) => {
  const { server, client } = await serving(() => ok, firstRequestMs === undefined ? {} : { firstRequestMs });
  const peers = [await client(), await client()] as const;
  for (const peer of firstRequestMs === 0 ? peers.slice(1) : peers) await idle(peer);
  await turnsUntil(() => server.stats.connections === 2);
  const drained = server.drain();
  for (const peer of peers) await peer.ended();
  await Promise.all([...peers.map(({ stream }) => stream.close()), drained]);
  expect(server.stats).toMatchObject({ connections: 0, dropped: 0 });
});

test('a drain of a server without connections is over at once, and stops its clock', async () => {
  const clock = new ManualClock();
  const { server } = await serving(() => ok, { clock });
  expect(clock.isStopped).toBe(false);
  await server.drain();
  expect(clock.isStopped).toBe(true);
});

test('a request in work is answered with Connection: close, and the drain waits for it', async () => {
  const { opened, open } = gate();
  const { server, client } = await serving(() => opened.then(() => ok));
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  let isDrained = false;
  const drained = server.drain().then(() => {
    isDrained = true;
  });
  await standstill(() => server.stats.connections);
  expect(isDrained).toBe(false);
  open();
  const answer = await peer.answer();
  expect(answer).toMatchObject({ status: 200, body: 'ok' });
  expect(field(answer.head, 'Connection')).toBe('close');
  await peer.ended();
  await peer.stream.close();
  await drained;
});

test('a head that has begun is served, then the connection ends', async () => {
  const { server, client } = await serving(({ target }) => ({ status: 200, body: target }));
  const peer = await client();
  await idle(peer);
  await peer.send(get('/late').slice(0, 9));
  await standstill(() => server.stats.requests);
  const drained = server.drain();
  await standstill(() => server.stats.requests);
  await peer.send(get('/late').slice(9) + get('/too-late'));
  const answer = await peer.answer();
  expect(answer.body).toBe('/late');
  expect(field(answer.head, 'Connection')).toBe('close');
  await peer.ended();
  await peer.stream.close();
  await drained;
  expect(server.stats.requests).toBe(2);
});

test('a head that has begun and does not end is answered 408 in its time, also in a drain', async () => {
  const clock = new ManualClock();
  const { server, client } = await serving(() => ok, { clock });
  const peer = await client();
  await peer.send('GET');
  await turnsUntil(() => server.stats.connections === 1);
  await standstill(() => 0);
  const drained = server.drain();
  await standstill(() => 0);
  clock.pass(15);
  expect((await peer.answer()).status).toBe(408);
  await peer.ended();
  await peer.stream.close();
  await drained;
});

test('pipelined requests in work are all answered, in order, and only the last answer says close', async () => {
  const { opened, open } = gate();
  const { server, client } = await serving(async ({ target }) => {
    await opened;
    return { status: 200, body: target };
  });
  const peer = await client();
  // The POST has to wait for the GETs, and has not been given to the handler when the drain begins.
  await peer.send(get('/1') + get('/2') + get('/3') + post('x', '', '/4'));
  await turnsUntil(() => server.stats.requests === 3);
  await standstill(() => server.stats.requests);
  const drained = server.drain();
  await standstill(() => server.stats.requests);
  expect(server.stats.requests).toBe(3);
  open();
  const answers = await peer.answers(4);
  expect(bodies(answers)).toEqual(['/1', '/2', '/3', '/4']);
  expect(answers.map(({ head }) => field(head, 'Connection'))).toEqual([
    undefined,
    undefined,
    undefined,
    'close',
  ]);
  await peer.ended();
  await peer.stream.close();
  await drained;
});

test('requests that nobody has looked at yet are left, and those taken from the same flood are answered whole', async () => {
  const { server, client } = await serving(({ target }) => ({ status: 200, body: target }));
  const peer = await client();
  const flood = Array.from({ length: 20_000 }, (_, i) => get(`/${String(i)}`)).join('');
  void peer.send(flood);
  await turnsUntil(() => server.stats.requests > 0);
  const drained = server.drain();
  const text = await peer.rest();
  const taken = server.stats.requests;
  expect(taken).toBeLessThan(20_000);
  const answered = Array.from(text.matchAll(/\r\n\r\n\/(\d+)(?=HTTP|$)/g), ([, i]) => Number(i));
  expect(answered).toEqual(Array.from({ length: taken }, (_, i) => i));
  await peer.stream.close();
  await drained;
});

test('a request body under way is received to its end', async () => {
  const { server, client } = await serving(async (request) => ({ status: 200, body: await request.text() }));
  const peer = await client();
  const request = post('hello world');
  await peer.send(request.slice(0, -5));
  await turnsUntil(() => server.stats.requests === 1);
  const drained = server.drain();
  await standstill(() => server.stats.requests);
  await peer.send(request.slice(-5));
  const answer = await peer.answer();
  expect(answer.body).toBe('hello world');
  expect(field(answer.head, 'Connection')).toBe('close');
  await peer.ended();
  await peer.stream.close();
  await drained;
});

test('a response body under way is sent to its end, then the connection ends though its head did not say so', async () => {
  const { opened, open } = gate();
  const { server, client } = await serving(() => ({
    status: 200,
    body: (async function* () {
      yield 'one';
      await opened;
      yield 'two';
    })(),
  }));
  const peer = await client();
  await peer.send(get());
  const answer = peer.answer();
  await turnsUntil(() => server.stats.requests === 1);
  await standstill(() => 0);
  const drained = server.drain();
  await standstill(() => 0);
  open();
  const { head, body } = await answer;
  expect(body).toBe('onetwo');
  expect(field(head, 'Connection')).toBeUndefined();
  await peer.ended();
  await peer.stream.close();
  await drained;
});

test('what is left when the signal aborts is reset, and its requests are told; the drain resolves', async () => {
  const { server, client } = await serving(
    ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          resolve(ok);
        });
      }),
  );
  const reasons: unknown[] = [];
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  const controller = new AbortController();
  const drained = server.drain({ signal: controller.signal });
  await standstill(() => 0);
  expect(server.stats.connections).toBe(1);
  controller.abort();
  await drained;
  expect(server.stats.connections).toBe(0);
  expect(await peer.ending()).toBe('RESET');
  expect(reasons).toEqual([expect.objectContaining({ code: 'ABORTED' })]);
});

test.each([
  ['30 s by default', undefined, 30_000],
  ['timeoutMs', { timeoutMs: 700 }, 700],
])('the deadline of a drain is %s, and not a millisecond less', async (_name, options, limitMs) => {
  const { server, client } = await serving(() => gate<typeof ok>().opened);
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const drained = server.drain(options);
  await turnsUntil(() => vi.getTimerCount() === 1);
  vi.advanceTimersByTime(limitMs - 1);
  await standstill(() => server.stats.connections);
  expect(server.stats.connections).toBe(1);
  vi.advanceTimersByTime(1);
  await drained;
  expect(server.stats.connections).toBe(0);
  expect(await peer.ending()).toBe('RESET');
});

test('a second drain may cut the first one short', async () => {
  const { server, client } = await serving(() => gate<typeof ok>().opened);
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  const first = server.drain();
  await server.drain({ signal: AbortSignal.abort() });
  await first;
  expect(await peer.ending()).toBe('RESET');
});

test('while a server drains, nobody new is let in', async () => {
  const { opened, open } = gate();
  const { server, client } = await serving(() => opened.then(() => ok));
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  const { address } = server;
  const drained = server.drain();
  await turn();
  await expect(connect(address)).rejects.toMatchObject({ code: 'REFUSED' });
  open();
  await peer.answer();
  await peer.stream.close();
  await drained;
  expect(server.stats).toEqual({ connections: 0, requests: 1, dropped: 0 });
});

test('close() resets every connection, idle or in work, and refuses new ones', async () => {
  const clock = new ManualClock();
  const { server, client } = await serving(({ path }) => (path === '/' ? ok : gate<typeof ok>().opened), {
    clock,
  });
  const [resting, working] = [await client(), await client()];
  await idle(resting);
  await working.send(get('/work'));
  await turnsUntil(() => server.stats.requests === 2);
  const { address } = server;
  await server.close();
  expect(server.stats).toEqual({ connections: 0, requests: 2, dropped: 0 });
  expect(await resting.ending()).toBe('RESET');
  expect(await working.ending()).toBe('RESET');
  expect(clock.isStopped).toBe(true);
  await expect(connect(address)).rejects.toMatchObject({ code: 'REFUSED' });
  await server.close();
});

test('`await using` closes the server', async () => {
  let address;
  {
    await using server = await createServer(() => ok).listen('127.0.0.1:0');
    ({ address } = server);
    await idle(await openClient(server));
  }
  await expect(connect(address)).rejects.toMatchObject({ code: 'REFUSED' });
});

test('a server has no address before it listens, and listens once', async () => {
  const server = createServer(() => ok);
  expect(() => server.address).toThrow(expect.objectContaining({ code: 'BAD_STATE' }));
  expect(server.stats).toEqual({ connections: 0, requests: 0, dropped: 0 });
  const listening = server.listen('127.0.0.1:0');
  await expect(server.listen('127.0.0.1:0')).rejects.toMatchObject({ code: 'BAD_STATE' });
  expect(await listening).toBe(server);
  expect(server.address).toEqual({ family: 'ipv4', host: '127.0.0.1', port: expect.any(Number) as number });
  await expect(server.listen('127.0.0.1:0')).rejects.toMatchObject({ code: 'BAD_STATE' });
  await server.close();
});

test('a server that could not bind may try again', async () => {
  const { server: other } = await serving(() => ok);
  const server = createServer(() => ok);
  await expect(server.listen(other.address)).rejects.toMatchObject({ code: 'IN_USE' });
  await server.listen('127.0.0.1:0');
  await idle(await openClient(server));
  await server.close();
});

test.each(['drain', 'close'] as const)(
  '%s before the address is bound leaves no listener behind',
  async (end) => {
    const clock = new ManualClock();
    const server = createServer(() => ok, { clock });
    onTestFinished(() => server.close());
    const listening = server.listen('127.0.0.1:0');
    await server[end]();
    await expect(listening).rejects.toMatchObject({ code: 'BAD_STATE' });
    expect(clock.isStopped).toBe(true);
    expect(() => server.address).toThrow(expect.objectContaining({ code: 'BAD_STATE' }));
  },
);

test('a Unix path is served, with the mode that was asked for, and is gone afterwards', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'http.sock');
  const server = createServer(({ remoteAddress }) => ({ status: 200, body: remoteAddress.family }), {
    mode: 0o620,
  });
  await server.listen(`unix:${path}`);
  expect(statSync(path).mode & 0o777).toBe(0o620);
  const peer = await openClient(server);
  await peer.send(get());
  expect((await peer.answer()).body).toBe('unix');
  const drained = server.drain();
  await peer.ended();
  await peer.stream.close();
  await drained;
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test('a connection above maxConnections is turned away and counted; the others are served, and a place may free', async () => {
  const { server, client } = await serving(() => ok, { maxConnections: 2 });
  const [first, second] = [await client(), await client()];
  await idle(first);
  await idle(second);
  const third = await client();
  expect(await third.untilCut()).toBe('');
  expect(server.stats).toEqual({ connections: 2, requests: 2, dropped: 1 });
  await idle(first);
  await first.stream.close();
  await turnsUntil(() => server.stats.connections === 1);
  const fourth = await client();
  await idle(fourth);
  expect(server.stats).toEqual({ connections: 2, requests: 4, dropped: 1 });
});
