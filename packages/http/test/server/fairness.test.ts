import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { pump, serving, standstill, turnsUntil } from './harness.ts';
import { get, post, type RawClient } from './raw-client.ts';

const ok = { status: 200, body: 'ok' };

/** The server's ends of the connections that this test opens, in the order they were accepted. */
function serverSockets(): Socket[] {
  const sockets: Socket[] = [];
  const note = (message: unknown): void => {
    sockets.push((message as { socket: Socket }).socket);
  };
  subscribe('net.server.socket', note);
  onTestFinished(() => {
    unsubscribe('net.server.socket', note);
  });
  return sockets;
}

async function ask(peer: RawClient, target: string): Promise<string> {
  await peer.send(get(target));
  return (await peer.answer()).body;
}

test('20,000 pipelined requests of one connection keep no other waiting: no round of the event loop is theirs alone', async () => {
  let inTurn = 0;
  let most = 0;
  let flooded = 0;
  const { client } = await serving(({ path }) => {
    if (path === '/flood') {
      flooded++;
      // Counts from one check phase to the next: the end of what was read before, then the beginning of what is read after.
      if (inTurn++ === 0) {
        setImmediate(() => {
          inTurn = 0;
        });
      }
      most = Math.max(most, inTurn);
    }
    return { status: 200, body: String(flooded) };
  });
  const [flood, other] = [await client(), await client()];
  expect(await ask(other, '/')).toBe('0');
  void flood.send(get('/flood').repeat(20_000));
  const all = flood.answers(20_000);
  await turnsUntil(() => flooded > 0);
  const seen = [];
  for (let i = 0; i < 5; i++) seen.push(Number(await ask(other, '/')));
  // Each of five requests in turn is answered before the flood has all its answers.
  expect(Math.max(...seen)).toBeLessThan(20_000);
  expect(Math.min(...seen)).toBeGreaterThan(0);
  expect((await all).map(({ body }) => Number(body))).toEqual(
    Array.from({ length: 20_000 }, (_, i) => i + 1),
  );
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(2 * 128);
});

test('a client that pipelines and never reads is not read any more, what waits for it is bounded, and others are served', async () => {
  const sockets = serverSockets();
  const body = 'x'.repeat(1000);
  let answered = 0;
  let mostBuffered = 0;
  const { client } = await serving(({ path }) => {
    if (path !== '/flood') return { status: 200, body: path };
    mostBuffered = Math.max(mostBuffered, sockets[0]?.writableLength ?? Infinity);
    return { status: 200, body: `${String(answered++)} ${body}` };
  });
  const deaf = await client();
  const other = await client();
  // 100 MB of requests would get 3 GB of answers.
  const batch = Buffer.from(get('/flood').repeat(1000));
  const writing = pump(deaf, batch, 100_000_000);
  await turnsUntil(() => deaf.stream.needsDrain);
  await standstill(() => answered + writing.accepted);
  const stoodAt = answered;
  expect(deaf.stream.needsDrain).toBe(true);
  expect(writing.accepted).toBeLessThan(100_000_000);
  const server = sockets[0]!;
  expect(server.isPaused()).toBe(true);
  expect(Math.max(mostBuffered, server.writableLength)).toBeLessThan(2 * 65_536 + 2 * body.length);
  for (let i = 0; i < 50; i++) expect(await ask(other, `/${String(i)}`)).toBe(`/${String(i)}`);
  expect(answered).toBe(stoodAt);
  expect(deaf.stream.needsDrain).toBe(true);
  // Once it reads, it gets what it asked for, from the first on.
  for (let i = 0; i < stoodAt + 1000; i++) {
    expect((await deaf.answer()).body).toBe(`${String(i)} ${body}`);
  }
  expect(answered).toBeGreaterThan(stoodAt);
});

test('a client that takes nothing of a streamed body has it pulled no further, and others are served', async () => {
  const sockets = serverSockets();
  let pulled = 0;
  const { client } = await serving(({ path }) => ({
    status: 200,
    body:
      path === '/'
        ? path
        : (function* () {
            for (;;) yield Buffer.alloc(10_000, pulled++);
          })(),
  }));
  const deaf = await client();
  const other = await client();
  await deaf.send(get('/endless'));
  await turnsUntil(() => sockets[0]?.writableNeedDrain === true);
  const stoodAt = await standstill(() => pulled);
  expect(stoodAt).toBeGreaterThan(1);
  expect(sockets[0]!.writableLength).toBeLessThan(65_536);
  for (let i = 0; i < 50; i++) expect(await ask(other, '/')).toBe('/');
  expect(pulled).toBe(stoodAt);
});

test('an upload that is not read makes its client wait, and nobody else', async () => {
  const sockets = serverSockets();
  let read: (() => void) | undefined;
  const { client } = await serving(async (request) => {
    if (request.method === 'GET') return { status: 200, body: request.path };
    await new Promise<void>((resolve) => {
      read = resolve;
    });
    let length = 0;
    for await (const chunk of request.body) length += chunk.length;
    return { status: 200, body: String(length) };
  });
  const slow = await client();
  const other = await client();
  const size = 30_000_000;
  await slow.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(size)}\r\n\r\n`);
  const upload = pump(slow, Buffer.alloc(100_000), size);
  await turnsUntil(() => slow.stream.needsDrain && read !== undefined);
  await standstill(() => upload.accepted + (sockets[0]?.bytesRead ?? 0));
  expect(upload.accepted).toBeLessThan(size);
  // The high-water mark, the chunk that passed it, and one that was on its way.
  expect(sockets[0]!.bytesRead).toBeLessThan(3 * 65_536 + 100);
  for (let i = 0; i < 50; i++) expect(await ask(other, '/x')).toBe('/x');
  read!();
  expect((await slow.answer()).body).toBe(String(size));
  await upload.done;
});

test('a client that sends a byte at a time is served rightly, with another served after every byte', async () => {
  const sockets = serverSockets();
  const { client, server } = await serving(async (request) => ({
    status: 200,
    body: `${request.target} ${await request.text()}`,
  }));
  const slow = await client();
  const other = await client();
  const chunked =
    'PUT /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n';
  const text = post('hello', 'X-Y: z\r\n', '/1') + chunked + get('/3');
  let sent = 0;
  for (const byte of text) {
    await slow.send(byte);
    sent++;
    // The server has it, and it alone: so it came as a piece of its own.
    await turnsUntil(() => sockets[0]!.bytesRead === sent);
    expect(await ask(other, `/${String(sent)}`)).toBe(`/${String(sent)} `);
  }
  const answers = await slow.answers(3);
  expect(answers.map(({ body }) => body)).toEqual(['/1 hello', '/2 abcde', '/3 ']);
  expect(server.stats.requests).toBe(text.length + 3);
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
