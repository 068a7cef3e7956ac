import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { observers, type Handler, type ServerObserver } from '@wirestack/http';
import { gate, ManualClock, serving, standstill, turnsUntil } from './harness.ts';
import { numbers, observed, watching } from './observed.ts';
import { get, post, postChunks } from './raw-client.ts';

async function scratchFile(length: number): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  await writeFile(path, Buffer.alloc(length, 'x'));
  return path;
}

const fileLength = 1_000_000;

describe('what is told of a request that is answered', () => {
  test.each([
    ['a text', get('/text'), [200, 6, 0, true]],
    ['bytes', get('/bytes'), [200, 300, 0, true]],
    ['more than goes out in one piece', get('/large'), [200, 700_000, 0, true]],
    ['no body', get('/empty'), [200, 0, 0, true]],
    ['a body in pieces', get('/pieces'), [200, 7, 0, true]],
    ['a body in pieces, by its length', get('/length'), [200, 7, 0, true]],
    ['a long file', get('/file'), [200, fileLength, 0, true]],
    ['a short file', get('/short'), [200, 100, 0, true]],
    ['HEAD of a text', get('/text').replace('GET', 'HEAD'), [200, 0, 0, true]],
    ['HEAD of pieces', get('/pieces').replace('GET', 'HEAD'), [200, 0, 0, true]],
    ['HEAD of a file', get('/file').replace('GET', 'HEAD'), [200, 0, 0, true]],
    ['204', get('/204'), [204, 0, 0, true]],
    ['304 with a file that does not go out', get('/304'), [304, 0, 0, true]],
    ['a body that is read', post('hello', '', '/echo'), [200, 5, 5, true]],
    ['chunks that are read', postChunks(['he', 'llo'], '', '/echo'), [200, 5, 5, true]],
    ['a handler that throws', get('/throws'), [500, 22, 0, true]],
    ['a response that is none', get('/wrong'), [500, 22, 0, true]],
  ] as const)('%s', async (_name, request, expected) => {
    const path = await scratchFile(fileLength);
    const file = async (
      length: number,
    ): Promise<{ file: Awaited<ReturnType<typeof open>>; length: number }> => ({
      file: await open(path),
      length,
    });
    const handler: Handler = async (received) => {
      switch (received.path) {
        case '/text':
          return { status: 200, body: 'naïve' };
        case '/bytes':
          return { status: 200, body: Buffer.alloc(300) };
        case '/large':
          return { status: 200, body: Buffer.alloc(700_000) };
        case '/pieces':
          return { status: 200, body: ['one', 'four'] };
        case '/length':
          return { status: 200, headers: [['Content-Length', '7']], body: ['one', 'four'] };
        case '/file':
          return { status: 200, body: await file(fileLength) };
        case '/short':
          return { status: 200, body: await file(100) };
        case '/204':
          return { status: 204 };
        case '/304':
          return { status: 304, body: await file(fileLength) };
        case '/echo':
          return { status: 200, body: await received.bytes() };
        case '/throws':
          throw new Error('a fault');
        case '/wrong':
          return { status: 99 };
        default:
          return { status: 200 };
      }
    };
    const { client, events, outcomes, errors, server, connections } = await observed(handler);
    const peer = await client();
    await peer.send(request);
    const method = request.slice(0, request.indexOf(' '));
    const target = request.split(' ')[1] ?? '';
    await peer.answer(method);
    await turnsUntil(() => outcomes.length === 1);
    await peer.stream.close();
    await turnsUntil(() => server.stats.connections === 0);
    expect(events).toEqual([
      'opened 0',
      `started ${method} ${target}`,
      `ended ${method} ${target}`,
      'closed 1',
    ]);
    expect(outcomes.map(numbers)).toEqual([expected]);
    expect(connections.size).toBe(1);
    expect(errors.splice(0)).toHaveLength(expected[0] === 500 ? 1 : 0);
  });
});

test('pipelined requests: each begins as it is taken, and ends in order', async () => {
  const { opened, open: answer } = gate();
  const { client, events } = await observed(async ({ path }) => {
    if (path === '/1') await opened;
    return { status: 200, body: path === '/2' ? ['pie', 'ces'] : path };
  });
  const peer = await client();
  await peer.send(get('/1') + get('/2') + get('/3'));
  await turnsUntil(() => events.length === 4);
  expect(events).toEqual(['opened 0', 'started GET /1', 'started GET /2', 'started GET /3']);
  answer();
  await peer.answers(3);
  await turnsUntil(() => events.length === 7);
  expect(events.slice(4)).toEqual(['ended GET /1', 'ended GET /2', 'ended GET /3']);
});

test('times are those of the clock: when the head was complete, and how long it took to the end', async () => {
  const clock = new ManualClock();
  const began = clock.now();
  const { opened, open: answer } = gate();
  const { client, outcomes, server } = await observed(
    async () => {
      await opened;
      return { status: 200, body: ['x'] };
    },
    { clock },
  );
  const peer = await client();
  clock.pass(2);
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  clock.pass(3);
  answer();
  await peer.answer();
  expect(outcomes).toEqual([
    {
      status: 200,
      sentBytes: 1,
      receivedBytes: 0,
      startedAt: began + 2000,
      durationMs: 3000,
      isComplete: true,
    },
  ]);
});

test('an upgrade ends the request, and the connection when it ends', async () => {
  const { client, events, outcomes, server } = await observed(() => ({
    status: 101,
    headers: [['Upgrade', 'echo']],
    upgrade: async (stream) => {
      for await (const chunk of stream) await stream.write(chunk);
    },
  }));
  const peer = await client();
  await peer.send(get('/', 'Connection: Upgrade\r\nUpgrade: echo\r\n'));
  await peer.answer();
  expect(events).toEqual(['opened 0', 'started GET /', 'ended GET /']);
  expect(outcomes.map(numbers)).toEqual([[101, 0, 0, true]]);
  await peer.stream.close();
  await turnsUntil(() => server.stats.connections === 0);
  expect(events.slice(3)).toEqual(['closed 1']);
});

describe('an observer that throws', () => {
  const failing: ServerObserver = {
    connectionOpened: fails('opened'),
    connectionClosed: fails('closed'),
    requestStarted: fails('started'),
    requestEnded: fails('ended'),
    protocolError: fails('error'),
  };

  function fails(what: string): () => never {
    return () => {
      throw new Error(what);
    };
  }

  const messages = (errors: unknown[]): string[] => errors.splice(0).map((error) => (error as Error).message);

  test('goes to onError, each time, without a request, and harms nothing', async () => {
    const told: unknown[][] = [];
    const { client, server } = await serving(() => ({ status: 200, body: 'ok' }), {
      observe: failing,
      onError: (...all) => told.push(all),
    });
    const peer = await client();
    await peer.send(`${get()}${get()}broken\r\n\r\n`);
    expect((await peer.answers(3)).map(({ status }) => status)).toEqual([200, 200, 400]);
    await peer.ended();
    await peer.stream.close();
    await turnsUntil(() => server.stats.connections === 0);
    expect(told.map(([error]) => (error as Error).message)).toEqual([
      'opened',
      'started',
      'ended',
      'started',
      'ended',
      'error',
      'closed',
    ]);
    expect(told.every(([, request]) => request === undefined)).toBe(true);
  });

  test('of several, the others are told all the same', async () => {
    const [before, after] = [watching(), watching()];
    const { client, errors, server } = await serving(() => ({ status: 200, body: 'ok' }), {
      observe: observers(before.observe, failing, {}, after.observe),
    });
    const peer = await client();
    await peer.send(`${get()}broken\r\n\r\n`);
    await peer.answers(2);
    await peer.stream.close();
    await turnsUntil(() => server.stats.connections === 0);
    expect(before.events).toEqual([
      'opened 0',
      'started GET /',
      'ended GET /',
      'error BAD_METHOD',
      'closed 1',
    ]);
    expect(after.events).toEqual(before.events);
    expect(after.outcomes).toEqual(before.outcomes);
    expect(messages(errors)).toEqual(['opened', 'started', 'ended', 'error', 'closed']);
    await standstill(() => errors.length);
    expect(errors).toEqual([]);
  });
});
