import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ManualClock, standstill, turn, turnsUntil } from './harness.ts';
import { numbers, observed } from './observed.ts';
import { get, post } from './raw-client.ts';

const neverEnds = (): Promise<never> => new Promise(() => undefined);

describe('a client that leaves', () => {
  test('before the answers: each request ends once, with status 0', async () => {
    const { client, events, outcomes, server } = await observed(neverEnds);
    const peer = await client();
    await peer.send(get('/1') + get('/2') + post('half').slice(0, -2));
    await turnsUntil(() => server.stats.requests === 2);
    peer.stream.abort();
    await turnsUntil(() => server.stats.connections === 0);
    await standstill(() => events.length);
    expect(events).toEqual([
      'opened 0',
      'started GET /1',
      'started GET /2',
      'ended GET /1',
      'ended GET /2',
      'closed 3 broken',
    ]);
    expect(outcomes.map(numbers)).toEqual([
      [0, 0, 0, false],
      [0, 0, 0, false],
    ]);
  });

  test('in the midst of its request: what had arrived is counted', async () => {
    const { client, outcomes, server } = await observed(async (request) => {
      await request.text().catch(() => undefined);
      return { status: 200 };
    });
    const peer = await client();
    await peer.send(post('half a body').slice(0, -4));
    await turnsUntil(() => server.stats.requests === 1);
    await standstill(() => 0);
    peer.stream.abort();
    await turnsUntil(() => server.stats.connections === 0);
    await turn();
    expect(outcomes.map(numbers)).toEqual([[0, 0, 7, false]]);
  });

  test.each(['pieces', 'a file', 'whole'])(
    'in the midst of an answer, %s: its status, and as much as was handed over',
    async (how) => {
      const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
      onTestFinished(() => rm(directory, { recursive: true }));
      const length = 30_000_000;
      await writeFile(join(directory, 'file'), Buffer.alloc(length));
      const { client, events, outcomes, server } = await observed(async () => {
        if (how === 'whole') return { status: 200, body: Buffer.alloc(length) };
        if (how === 'a file')
          return { status: 200, body: { file: await open(join(directory, 'file')), length } };
        return { status: 200, body: Array.from({ length: 300 }, () => Buffer.alloc(100_000)) };
      });
      const peer = await client();
      await peer.send(get());
      const head = 300;
      await peer.take(head + 100_000);
      peer.stream.abort();
      await turnsUntil(() => server.stats.connections === 0);
      await standstill(() => events.length);
      expect(events).toEqual(['opened 0', 'started GET /', 'ended GET /', 'closed 1 broken']);
      const [outcome] = outcomes;
      expect(outcome).toMatchObject({ status: 200, isComplete: false, receivedBytes: 0 });
      expect(outcome?.sentBytes).toBeGreaterThanOrEqual(100_000);
      expect(outcome?.sentBytes).toBeLessThan(length);
    },
  );

  test('while a body gives no piece: the request ends all the same', async () => {
    const { client, outcomes, server } = await observed(() => ({
      status: 200,
      body: (async function* () {
        yield 'one piece';
        await neverEnds();
      })(),
    }));
    const peer = await client();
    await peer.send(get());
    await peer.take(90);
    peer.stream.abort();
    await turnsUntil(() => server.stats.connections === 0);
    expect(outcomes.map(numbers)).toEqual([[200, 9, 0, false]]);
  });
});

describe('a client that breaks the protocol', () => {
  test('between requests: no request of it', async () => {
    const { client, events, outcomes } = await observed(() => ({ status: 200, body: 'ok' }));
    const peer = await client();
    await peer.send(`${get()}GET / HTTP/9.9\r\n\r\n`);
    expect((await peer.answers(2)).map(({ status }) => status)).toEqual([200, 505]);
    await peer.ended();
    expect(events).toEqual(['opened 0', 'started GET /', 'ended GET /', 'error UNSUPPORTED_VERSION']);
    expect(outcomes.map(numbers)).toEqual([[200, 2, 0, true]]);
  });

  test('in a body: the request ends with the status of the error', async () => {
    const { client, events, outcomes } = await observed(async (request) => ({
      status: 200,
      body: await request.text(),
    }));
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n');
    expect((await peer.answer()).status).toBe(400);
    await peer.ended();
    expect(events).toEqual(['opened 0', 'started POST /', 'error BAD_CHUNK', 'ended POST /']);
    expect(outcomes.map(numbers)).toEqual([[400, 0, 2, false]]);
  });

  test('in a body whose answer has begun: the status that was sent', async () => {
    const { client, events, outcomes, server } = await observed((request) => ({
      status: 200,
      body: (async function* () {
        yield 'begun';
        for await (const chunk of request.body) yield chunk;
      })(),
    }));
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    await peer.take(50);
    await peer.send('zz\r\n');
    await peer.untilCut();
    await turnsUntil(() => server.stats.connections === 0);
    expect(events.slice(0, 4)).toEqual(['opened 0', 'started POST /', 'error BAD_CHUNK', 'ended POST /']);
    expect(events).toHaveLength(5);
    expect(outcomes.map(numbers)).toEqual([[200, 5, 0, false]]);
  });

  test('a body above the limit of its reader is an answer as any', async () => {
    const { client, events, outcomes } = await observed(async (request) => ({
      status: 200,
      body: await request.text(3),
    }));
    const peer = await client();
    await peer.send(post('hello'));
    expect((await peer.answer()).status).toBe(413);
    expect(events).toEqual(['opened 0', 'started POST /', 'ended POST /']);
    expect(outcomes[0]).toMatchObject({ status: 413, receivedBytes: 5, isComplete: true });
  });
});

describe('deadlines', () => {
  test('of a head', async () => {
    const clock = new ManualClock();
    const { client, events, server } = await observed(() => ({ status: 200 }), { clock });
    const peer = await client();
    await peer.send('GET ');
    await turnsUntil(() => server.stats.connections === 1);
    await standstill(() => 0);
    clock.pass(15);
    expect((await peer.answer()).status).toBe(408);
    expect(events).toEqual(['opened 0', 'error HEAD_TIMEOUT']);
  });

  test('of a body', async () => {
    const clock = new ManualClock();
    const { client, events, outcomes, server } = await observed(
      async (request) => ({ status: 200, body: await request.text() }),
      { clock },
    );
    const peer = await client();
    await peer.send(post('half').slice(0, -2));
    await turnsUntil(() => server.stats.requests === 1);
    await standstill(() => 0);
    clock.pass(30);
    expect((await peer.answer()).status).toBe(408);
    expect(events).toEqual(['opened 0', 'started POST /', 'error BODY_TIMEOUT', 'ended POST /']);
    expect(outcomes.map(numbers)).toEqual([[408, 0, 2, false]]);
    expect(outcomes[0]?.durationMs).toBe(30_000);
  });

  test('of an answer that nobody takes', async () => {
    const clock = new ManualClock();
    const { client, events, outcomes, server } = await observed(
      () => ({
        status: 200,
        body: (function* () {
          for (;;) yield Buffer.alloc(65_536);
        })(),
      }),
      { clock },
    );
    const peer = await client();
    await peer.send(get());
    await turnsUntil(() => server.stats.requests === 1);
    await standstill(() => 0);
    clock.pass(31);
    await turnsUntil(() => server.stats.connections === 0);
    await standstill(() => events.length);
    expect(events).toEqual(['opened 0', 'started GET /', 'ended GET /', 'closed 1 broken']);
    expect(outcomes[0]).toMatchObject({ status: 200, isComplete: false });
  });

  test('of a drain', async () => {
    const { client, events, outcomes, server } = await observed(neverEnds);
    const peer = await client();
    await peer.send(get());
    await turnsUntil(() => server.stats.requests === 1);
    await server.drain({ timeoutMs: 0 });
    expect(events).toEqual(['opened 0', 'started GET /', 'ended GET /', 'closed 1 broken']);
    expect(outcomes.map(numbers)).toEqual([[0, 0, 0, false]]);
  });
});

test('a body that throws half-way: status and bytes that were sent, and onError told', async () => {
  const { client, events, outcomes, errors, server } = await observed(() => ({
    status: 200,
    body: (function* () {
      yield 'one piece';
      throw new Error('no more');
    })(),
  }));
  const peer = await client();
  await peer.send(get());
  await peer.untilCut();
  await turnsUntil(() => server.stats.connections === 0);
  expect(events).toEqual(['opened 0', 'started GET /', 'ended GET /', 'closed 1 broken']);
  expect(outcomes.map(numbers)).toEqual([[200, 9, 0, false]]);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ message: 'no more' })]);
});

test('a body shorter than its Content-Length is not complete', async () => {
  const { client, outcomes, errors, server } = await observed(() => ({
    status: 200,
    headers: [['Content-Length', '100']],
    body: ['short'],
  }));
  const peer = await client();
  await peer.send(get());
  await peer.untilCut();
  await turnsUntil(() => server.stats.connections === 0);
  expect(outcomes.map(numbers)).toEqual([[200, 5, 0, false]]);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_BODY' })]);
});
