import { describe, expect, it, vi } from 'vitest';
import { standstill, turn, turnsUntil } from '../server/harness.ts';
import { asking, client, failure, transport } from './support/asking.ts';
import { ok, ScriptedServer, type Peer } from './support/scripted-server.ts';
import { TestClock } from './support/test-clock.ts';
import { watchedBody } from './support/watched-body.ts';

type Pool = ReturnType<typeof transport>;

const times = {
  connectTimeoutMs: 1,
  headTimeoutMs: 1000,
  bodyTimeoutMs: 500,
  unreadTimeoutMs: 9000,
} as const;

interface Timed {
  readonly pool: Pool;
  readonly clock: TestClock;
  readonly peer: Peer;
  readonly answer: ReturnType<Pool['send']>;
}

/** A request whose head the server has read. */
async function timed(options: Parameters<typeof asking>[1] = {}): Promise<Timed> {
  const clock = new TestClock();
  const pool = transport({ ...times, connectTimeoutMs: 10_000, clock });
  const server = await ScriptedServer.start();
  const answer = pool.send(asking(server.url, options));
  answer.catch(() => undefined);
  const peer = await server.accept();
  await peer.head();
  return { pool, clock, peer, answer };
}

/** Nothing is left of a request but its error. */
async function isOver({ pool, clock, peer }: Timed): Promise<void> {
  expect(await peer.ended()).toMatch(/FIN|RST/);
  expect(pool.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
  expect(clock.timers).toBe(0);
}

/** Part of an answer that the client has taken. */
async function takes(peer: Peer, bytes: string): Promise<void> {
  await peer.sent(bytes);
  await standstill(() => peer.socket.bytesWritten);
}

describe('the head of an answer', () => {
  it('is waited for from the end of the request on', async () => {
    const all = await timed();
    all.clock.pass(999);
    await turn();
    expect(all.pool.stats.connections).toBe(1);
    all.clock.pass(1);
    expect(await failure(all.answer)).toBe('TIMED_OUT head');
    await isOver(all);
  });

  it('in part does not put the deadline off', async () => {
    const all = await timed();
    all.clock.pass(900);
    await takes(all.peer, 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX: ');
    all.clock.pass(100);
    expect(await failure(all.answer)).toBe('TIMED_OUT head');
    await isOver(all);
  });

  it('has the time that the request says', async () => {
    const all = await timed({ headTimeoutMs: 5 });
    all.clock.pass(5);
    await expect(all.answer).rejects.toMatchObject({
      code: 'TIMED_OUT',
      phase: 'head',
      message: expect.stringContaining('5 ms') as string,
    });
    await isOver(all);
  });

  it('may take for ever with Infinity', async () => {
    const all = await timed({ headTimeoutMs: Infinity });
    all.clock.pass(1e12);
    all.peer.send(ok('late'));
    expect(await (await all.answer).text()).toBe('late');
  });
});

describe('the body of an answer', () => {
  it('is waited for from piece to piece', async () => {
    const all = await timed();
    await takes(all.peer, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
    const { body } = await all.answer;
    for (let i = 0; i < 5; i++) {
      all.clock.pass(400);
      const read = body.read();
      all.peer.send('x');
      expect((await read)?.length).toBe(1);
    }
    const late = failure(body.read());
    all.clock.pass(499);
    expect(all.pool.stats.connections).toBe(1);
    all.clock.pass(1);
    expect(await late).toBe('TIMED_OUT body');
    await isOver(all);
  });

  it('that arrived before its time was up can still be read', async () => {
    const all = await timed({ bodyTimeoutMs: 10 });
    await takes(all.peer, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    const { body } = await all.answer;
    expect((await body.read())?.length).toBe(3);
    await takes(all.peer, 'de');
    // There is something to read: it is the program that is waited for.
    all.clock.pass(10);
    expect((await body.read())?.length).toBe(2);
    all.clock.pass(10);
    expect(await failure(body.read())).toBe('TIMED_OUT body');
    await isOver(all);
  });

  it('keeps its connection for unreadTimeoutMs where nobody reads', async () => {
    const all = await timed();
    await takes(all.peer, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    const { body } = await all.answer;
    all.clock.pass(8999);
    expect(all.pool.stats.connections).toBe(1);
    all.clock.pass(1);
    await isOver(all);
    expect((await body.read())?.length).toBe(3);
    expect(await failure(body.read())).toBe('TIMED_OUT unread');
  });

  it('that is paused keeps it no longer', async () => {
    const all = await timed();
    all.peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n`);
    all.peer.send(Buffer.alloc(20_000_000));
    const { body } = await all.answer;
    await standstill(() => all.peer.socket.writableLength);
    all.clock.pass(9000);
    await isOver(all);
    expect(await failure(body.bytes())).toBe('TIMED_OUT unread');
  });

  it('is kept by each read of a slow program, also while there is more to read', async () => {
    const all = await timed();
    all.peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    all.peer.send(`10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(20));
    const { body } = await all.answer;
    await standstill(() => all.peer.socket.writableLength);
    for (let i = 0; i < 10; i++) {
      all.clock.pass(8000);
      expect((await body.read())?.length).toBeGreaterThan(0);
      await standstill(() => all.peer.socket.writableLength);
    }
    body.cancel();
  });

  it('has its own time behind each read of a slow program', async () => {
    const all = await timed();
    const bytes = Buffer.alloc(2_000_000);
    all.peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${String(bytes.length)}\r\n\r\n`);
    all.peer.send(bytes);
    const { body } = await all.answer;
    let length = 0;
    await standstill(() => all.peer.socket.writableLength);
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) {
      length += chunk.length;
      await turn();
      if (all.pool.stats.idle === 1) continue;
      await standstill(() => all.peer.socket.writableLength);
      all.clock.pass(450);
    }
    expect(length).toBe(bytes.length);
  });
});

describe('a request', () => {
  it('that the server does not take is given up', async () => {
    const server = await ScriptedServer.start();
    const clock = new TestClock();
    const pool = transport({ ...times, connectTimeoutMs: 10_000, clock });
    const body = watchedBody(undefined, Buffer.alloc(100_000));
    let uploaded = 0;
    const answer = pool.send(asking(server.url, { body, onUpload: (bytes) => (uploaded = bytes) }));
    answer.catch(() => undefined);
    const peer = await server.accept();
    peer.stall();
    body.go();
    await standstill(() => uploaded);
    clock.pass(499);
    expect(pool.stats.connections).toBe(1);
    clock.pass(1);
    expect(await failure(answer)).toBe('TIMED_OUT send');
    expect(body.returned).toBe(1);
    expect(pool.stats.connections).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('of 50 MB known as a whole is not waited for as if it had left at once', async () => {
    const server = await ScriptedServer.start();
    const clock = new TestClock();
    const pool = transport({ ...times, connectTimeoutMs: 10_000, bodyTimeoutMs: 5000, clock });
    let uploaded = 0;
    const answer = pool.send(
      asking(server.url, { body: Buffer.alloc(50_000_000), onUpload: (bytes) => (uploaded = bytes) }),
    );
    const peer = await server.accept();
    peer.stall();
    await standstill(() => uploaded);
    clock.pass(4000);
    peer.socket.setEncoding('latin1').resume();
    await turnsUntil(() => {
      peer.unread = '';
      return uploaded === 50_000_000;
    });
    clock.pass(999);
    peer.send(ok('taken'));
    expect(await (await answer).text()).toBe('taken');
  });

  it('is not hurried where it is the program that is slow', async () => {
    const all = await timed({ body: watchedBody(undefined) });
    all.clock.pass(1_000_000);
    expect(all.pool.stats.connections).toBe(1);
    all.peer.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n');
    expect((await all.answer).status).toBe(413);
  });

  it('is not hurried behind an early answer, either', async () => {
    const body = watchedBody(undefined);
    const all = await timed({ body });
    await takes(all.peer, ok('early'));
    expect(await (await all.answer).text()).toBe('early');
    all.clock.pass(1_000_000);
    expect(all.pool.stats.connections).toBe(1);
    expect(body.returned).toBe(0);
  });
});

describe('a connection', () => {
  it('that is not agreed on in time is given up: TLS', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ connectTimeoutMs: 30 });
    const answer = pool.send(asking(server.url.replace('http:', 'https:')));
    await expect(answer).rejects.toMatchObject({
      name: 'HttpClientError',
      code: 'TIMED_OUT',
      phase: 'connect',
    });
    for (const peer of server.peers) expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(pool.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
  });

  it('has the time of the request that it is opened for', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ connectTimeoutMs: 60_000 });
    const url = server.url.replace('http:', 'https:');
    const abort = new AbortController();
    const patient = failure(pool.send(asking(url, { signal: abort.signal })));
    const hasty = failure(pool.send(asking(url, { connectTimeoutMs: 30 })));
    expect(await hasty).toBe('TIMED_OUT connect');
    abort.abort();
    expect(await patient).toBe('ABORTED');
  });

  it('is waited for by those it is opened for, who do not count as queued', async () => {
    const server = await ScriptedServer.start();
    const clock = new TestClock();
    const pool = transport({ connectTimeoutMs: 30, queueTimeoutMs: 10, clock });
    const answer = failure(pool.send(asking(server.url.replace('http:', 'https:'))));
    clock.pass(10);
    expect(await answer).toBe('TIMED_OUT connect');
  });
});

describe('timeoutMs', () => {
  it('is for all of it up to the head', async () => {
    const server = await ScriptedServer.start();
    const asked = client({ connectTimeoutMs: 10_000 });
    const answer = asked.request(server.url, { timeoutMs: 30 });
    answer.catch(() => undefined);
    const peer = await server.accept();
    await expect(answer).rejects.toMatchObject({ code: 'TIMED_OUT', phase: 'total' });
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(asked.stats.connections).toBe(0);
  });

  it('of Infinity is none', async () => {
    const server = await ScriptedServer.start();
    // Node takes a delay that is too long for a timer as 1 ms.
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const answer = client().request(server.url, { timeoutMs: Infinity });
    const peer = await server.accept();
    await peer.head();
    const delays = timers.mock.calls.map(([, delayMs]) => delayMs ?? 0);
    timers.mockRestore();
    expect(delays.filter((delayMs) => delayMs > 2 ** 31 - 1)).toEqual([]);
    peer.send(ok('late'));
    expect(await (await answer).text()).toBe('late');
  });

  it('does not cut a body that is read later', async () => {
    const server = await ScriptedServer.start();
    const answer = client().request(server.url, { timeoutMs: 60_000 });
    const peer = await server.accept();
    await peer.head();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na');
    const { body } = await answer;
    expect((await body.read())?.length).toBe(1);
    peer.send('b');
    expect((await body.read())?.length).toBe(1);
  });
});

describe('100-continue', () => {
  const expecting = { body: 'body', method: 'PUT', expectContinue: true } as const;

  it('waits for the server’s word', async () => {
    const { peer, answer } = await timed(expecting);
    expect(await standstill(() => peer.unread.length)).toBe(0);
    peer.send('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await peer.take(4)).toBe('body');
    peer.send(ok('taken'));
    expect(await (await answer).text()).toBe('taken');
  });

  it('says that it expects it, once, with the length', async () => {
    const server = await ScriptedServer.start();
    const answer = transport().send(asking(server.url, expecting));
    const peer = await server.accept();
    expect(await peer.head()).toMatch(
      /\r\nContent-Length: 4\r\nExpect: 100-continue\r\n|\r\nExpect: 100-continue\r\nContent-Length: 4\r\n/,
    );
    peer.send('HTTP/1.1 100 Continue\r\n\r\n');
    await peer.take(4);
    peer.send(ok());
    await answer;
  });

  it('waits for no more than continueTimeoutMs, and then for the head', async () => {
    const all = await timed(expecting);
    all.clock.pass(999);
    expect(await standstill(() => all.peer.unread.length)).toBe(0);
    all.clock.pass(1);
    expect(await all.peer.take(4)).toBe('body');
    await standstill(() => all.peer.unread.length);
    all.clock.pass(1000);
    expect(await failure(all.answer)).toBe('TIMED_OUT head');
    await isOver(all);
  });

  it.each([417, 413, 401, 307])(
    'is answered with %i: no body is sent, and the connection ends',
    async (status) => {
      const body = watchedBody(['never']);
      const all = await timed({ ...expecting, body });
      all.peer.send(`HTTP/1.1 ${String(status)} No\r\nContent-Length: 2\r\n\r\nno`);
      const response = await all.answer;
      expect([response.status, await response.text()]).toEqual([status, 'no']);
      expect(await all.peer.ended()).toBe('FIN');
      expect(all.peer.unread).toBe('');
      expect(body.asked).toBe(0);
      await isOver(all);
    },
  );

  it('is answered with 200 at once: the body is sent all the same, for the connection goes on', async () => {
    const all = await timed(expecting);
    all.peer.send(ok('whatever'));
    expect(await (await all.answer).text()).toBe('whatever');
    expect(await all.peer.take(4)).toBe('body');
    await turnsUntil(() => all.pool.stats.idle === 1);
  });

  it('is no matter of a request without a body', async () => {
    const server = await ScriptedServer.answering(({ head }) => ok(head));
    const head = await (await transport().send(asking(server.url, { expectContinue: true }))).text();
    expect(head).not.toMatch(/expect|content-length/i);
  });

  it('is aborted while it waits', async () => {
    const abort = new AbortController();
    const all = await timed({ ...expecting, signal: abort.signal });
    abort.abort();
    expect(await failure(all.answer)).toBe('ABORTED');
    await isOver(all);
  });
});
