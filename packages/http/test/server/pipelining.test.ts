import { Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { HttpRequest, HttpResponse } from '@wirestack/http';
import { gate, serving, standstill, turn, turnsUntil } from './harness.ts';
import { field, get, post } from './raw-client.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function bodies(answers: readonly { readonly body: string }[]): string[] {
  return answers.map(({ body }) => body);
}

/** A handler that keeps its requests waiting until they are answered by their target. */
function byHand(): {
  handler: (request: HttpRequest) => Promise<HttpResponse>;
  started: string[];
  answer: (target: string, more?: Partial<HttpResponse>) => void;
} {
  const waiting = new Map<string, (response: HttpResponse) => void>();
  const started: string[] = [];
  return {
    started,
    handler: ({ target }) => {
      started.push(target);
      const { opened, open } = gate<HttpResponse>();
      waiting.set(target, open);
      return opened;
    },
    answer: (target, more = {}) => {
      waiting.get(target)!({ status: 200, body: target, ...more });
    },
  };
}

test('a batch of pipelined requests is answered in order, in one write', async () => {
  const { client } = await serving(({ target }) => ({ status: 200, body: target }));
  const peer = await client();
  const writes = vi.spyOn(Socket.prototype, 'write');
  const targets = Array.from({ length: 30 }, (_, i) => `/${String(i)}`);
  await peer.send(targets.map((target) => get(target)).join(''));
  expect(bodies(await peer.answers(30))).toEqual(targets);
  const answers = writes.mock.calls.map(([data]) => String(data)).filter((data) => data.startsWith('HTTP/'));
  expect(answers).toHaveLength(1);
});

test('async answers of one turn leave in one write, too', async () => {
  const { opened, open } = gate();
  const { server, client } = await serving(async ({ target }) => {
    await opened;
    return { status: 200, body: target };
  });
  const peer = await client();
  await peer.send(get('/1') + get('/2') + get('/3'));
  await turnsUntil(() => server.stats.requests === 3);
  const writes = vi.spyOn(Socket.prototype, 'write');
  open();
  expect(bodies(await peer.answers(3))).toEqual(['/1', '/2', '/3']);
  expect(writes.mock.calls).toHaveLength(1);
});

test('async answers wait for their turn, whatever the order they come in', async () => {
  const { handler, started, answer } = byHand();
  const { client } = await serving(handler);
  const peer = await client();
  await peer.send(get('/1') + get('/2') + get('/3'));
  await turnsUntil(() => started.length === 3);
  answer('/3');
  answer('/2');
  await turn();
  answer('/1');
  expect(bodies(await peer.answers(3))).toEqual(['/1', '/2', '/3']);
});

test('sync and async answers keep the order of the requests', async () => {
  const { handler, started, answer } = byHand();
  const { client } = await serving((request) =>
    request.target.startsWith('/async') ? handler(request) : { status: 200, body: request.target },
  );
  const peer = await client();
  const targets = ['/a', '/async1', '/b', '/async2', '/c', '/d'];
  await peer.send(targets.map((target) => get(target)).join(''));
  expect(bodies(await peer.answers(1))).toEqual(['/a']);
  await turnsUntil(() => started.length === 2);
  answer('/async2');
  answer('/async1');
  expect(bodies(await peer.answers(5))).toEqual(targets.slice(1));
});

test('an answer in pieces is sent whole before the next', async () => {
  const { client } = await serving(({ target }) => ({
    status: 200,
    body:
      target === '/pieces'
        ? (async function* () {
            yield 'one ';
            await turn();
            yield 'two';
          })()
        : target,
  }));
  const peer = await client();
  await peer.send(get('/pieces') + get('/2') + get('/pieces') + get('/4'));
  expect(bodies(await peer.answers(4))).toEqual(['one two', '/2', 'one two', '/4']);
});

test('an unsafe method is not worked on beside others', async () => {
  const { handler, started, answer } = byHand();
  const { client } = await serving(handler);
  const peer = await client();
  await peer.send(get('/1') + get('/2') + post('x', '', '/3') + get('/4'));
  await standstill(() => started.length);
  expect(started).toEqual(['/1', '/2']);
  answer('/1');
  await standstill(() => started.length);
  expect(started).toEqual(['/1', '/2']);
  answer('/2');
  await standstill(() => started.length);
  expect(started).toEqual(['/1', '/2', '/3']);
  answer('/3');
  await turnsUntil(() => started.length === 4);
  answer('/4');
  expect(bodies(await peer.answers(4))).toEqual(['/1', '/2', '/3', '/4']);
});

test('no more than maxPipelined requests of a connection are in work', async () => {
  let inWork = 0;
  let most = 0;
  const { client } = await serving(
    async ({ target }) => {
      most = Math.max(most, ++inWork);
      await turn();
      inWork--;
      return { status: 200, body: target };
    },
    { maxPipelined: 4 },
  );
  const peer = await client();
  const targets = Array.from({ length: 50 }, (_, i) => `/${String(i)}`);
  await peer.send(targets.map((target) => get(target)).join(''));
  expect(bodies(await peer.answers(50))).toEqual(targets);
  expect(most).toBe(4);
});

test('the answers do not depend on how the bytes were cut', async () => {
  const { client } = await serving(async (request) => ({
    status: 200,
    body: request.target + (await request.text()),
  }));
  const bytes = get('/1') + post('body', '', '/2') + get('/3');
  for (let cut = 1; cut < bytes.length; cut++) {
    const peer = await client();
    await peer.send(bytes.slice(0, cut));
    await turn();
    await peer.send(bytes.slice(cut));
    expect(bodies(await peer.answers(3))).toEqual(['/1', '/2body', '/3']);
    peer.stream.abort();
  }
});

test('an answer that ends the connection is delivered although the next one is ready', async () => {
  const { handler, started, answer } = byHand();
  const { client } = await serving(handler);
  const peer = await client();
  await peer.send(get('/1') + get('/2') + get('/3'));
  await turnsUntil(() => started.length === 3);
  let returned = 0;
  answer('/2', {
    body: {
      [Symbol.iterator]: () => ({
        next: () => ({ done: true as const, value: undefined }),
        return: () => (returned++, { done: true as const, value: undefined }),
      }),
    },
  });
  await turn();
  answer('/1', { headers: [['Connection', 'close']] });
  const first = await peer.answer();
  expect(first.body).toBe('/1');
  expect(field(first.head, 'Connection')).toBe('close');
  expect(await peer.ending()).toBe('FIN');
  answer('/3');
  peer.stream.abort();
  await turnsUntil(() => returned > 0);
  expect(returned).toBe(1);
});

test('a request that waits for its turn is not run where the answer before it ends the connection', async () => {
  const { handler, started, answer } = byHand();
  const { client } = await serving(handler);
  const peer = await client();
  await peer.send(get('/1') + post('', '', '/2'));
  await turnsUntil(() => started.length === 1);
  await standstill(() => started.length);
  answer('/1', { headers: [['Connection', 'close']] });
  expect((await peer.answer()).body).toBe('/1');
  expect(await peer.ending()).toBe('FIN');
  expect(started).toEqual(['/1']);
});

test('answers that wait for an earlier one are given up when the client leaves', async () => {
  const { handler, started, answer } = byHand();
  const { server, client } = await serving(handler);
  const peer = await client();
  await peer.send(get('/1') + get('/2'));
  await turnsUntil(() => started.length === 2);
  const returned = vi.fn(() => ({ done: true as const, value: undefined }));
  answer('/2', {
    body: { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 'x' }), return: returned }) },
  });
  await turn();
  peer.stream.abort();
  await turnsUntil(() => server.stats.connections === 0);
  expect(returned).toHaveBeenCalledTimes(1);
});
