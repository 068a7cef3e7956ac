import { describe, expect, it } from 'vitest';
import { standstill, turn, turnsUntil } from '../server/harness.ts';
import { asking, descriptors, failure, transport } from './support/asking.ts';
import { ok, ScriptedServer, type Peer } from './support/scripted-server.ts';
import { TestClock } from './support/test-clock.ts';

const echoing = (): Promise<ScriptedServer> => ScriptedServer.answering(({ target }) => ok(target));

/** As many connections as are wanted, each with a request that waits for its answer. */
async function busy(
  server: ScriptedServer,
  { send }: ReturnType<typeof transport>,
  count: number,
): Promise<{ peers: Peer[]; asked: Promise<string>[] }> {
  const asked = Array.from({ length: count }, async (_, i) =>
    (await send(asking(`${server.url}/busy/${String(i)}`))).text(),
  );
  const peers = [];
  for (let i = 0; i < count; i++) {
    const peer = await server.accept();
    await peer.head();
    peers.push(peer);
  }
  return { peers, asked };
}

describe('connections', () => {
  it('carry one request after the other', async () => {
    const server = await echoing();
    const { send } = transport();
    for (let i = 0; i < 20; i++) {
      const response = await send(asking(`${server.url}/${String(i)}`));
      expect(await response.text()).toBe(`/${String(i)}`);
      expect(response.timing?.isReused).toBe(i > 0);
    }
    expect(server.peers).toHaveLength(1);
  });

  it('are taken the last one first', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const { peers, asked } = await busy(server, pool, 3);
    const order = [1, 2, 0].map((at) => peers[at] as Peer);
    for (const [i, peer] of order.entries()) {
      peer.send(ok());
      await turnsUntil(() => pool.stats.idle === i + 1);
    }
    await Promise.all(asked);
    for (const peer of order.reverse()) {
      void pool.send(asking(`${server.url}/again`)).catch(() => undefined);
      expect((await peer.request()).target).toBe('/again');
    }
  });

  it('are no more than maxConnectionsPerOrigin, and requests wait for them in their order', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 2 });
    const { peers, asked } = await busy(server, pool, 2);
    const order: number[] = [];
    const waiting = [0, 1, 2, 3].map((i) =>
      pool.send(asking(`${server.url}/${String(i)}`)).then((response) => {
        order.push(i);
        return response.text();
      }),
    );
    expect(pool.stats).toEqual({ origins: 1, connections: 2, idle: 0, waiting: 4 });
    const [first, second] = peers as [Peer, Peer];
    first.send(ok());
    expect((await first.request()).target).toBe('/0');
    second.send(ok());
    expect((await second.request()).target).toBe('/1');
    second.send(ok('1'));
    expect((await second.request()).target).toBe('/2');
    first.send(ok('0'));
    expect((await first.request()).target).toBe('/3');
    first.send(ok('3'));
    second.send(ok('2'));
    expect(await Promise.all(waiting)).toEqual(['0', '1', '2', '3']);
    expect(order.slice(0, 2)).toEqual([1, 0]);
    await Promise.all(asked);
    expect(server.peers).toHaveLength(2);
    expect(pool.stats).toEqual({ origins: 1, connections: 2, idle: 2, waiting: 0 });
  });

  it('to different origins are separate', async () => {
    const [one, other] = [await echoing(), await echoing()];
    const pool = transport({ maxConnectionsPerOrigin: 1 });
    const responses = await Promise.all([one, other].map(({ url }) => pool.send(asking(url))));
    expect(await Promise.all(responses.map((response) => response.text()))).toEqual(['/', '/']);
    expect([one.peers.length, other.peers.length]).toEqual([1, 1]);
    expect(pool.stats).toEqual({ origins: 2, connections: 2, idle: 2, waiting: 0 });
  });

  it('are the same for two names of one address only where the URL says the same', async () => {
    const server = await echoing();
    const pool = transport();
    await (await pool.send(asking(server.url))).text();
    await (await pool.send(asking(server.url.replace('127.0.0.1', 'localhost')))).text();
    expect(pool.stats.origins).toBe(2);
    expect(server.peers).toHaveLength(2);
  });

  it('that cannot be opened fail a request each, and the next one is tried anew', async () => {
    const server = await echoing();
    const { port, url } = server;
    await server.stop();
    const pool = transport();
    const codes = await Promise.all([1, 2, 3].map(() => failure(pool.send(asking(url)))));
    expect(codes).toEqual(['REFUSED', 'REFUSED', 'REFUSED']);
    expect(pool.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
    expect(port).toBeGreaterThan(0);
  });
});

describe('the queue', () => {
  it('refuses a request more than maxQueued with QUEUE_FULL', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 1, maxQueued: 1 });
    const { peers, asked } = await busy(server, pool, 1);
    const queued = pool.send(asking(server.url));
    expect(await failure(pool.send(asking(server.url)))).toBe('QUEUE_FULL');
    peers[0]?.send(ok());
    await Promise.all(asked);
    peers[0]?.send(ok('later'));
    expect(await (await queued).text()).toBe('later');
  });

  it('of length 0 still lets a connection be opened', async () => {
    const server = await echoing();
    const { send } = transport({ maxQueued: 0, maxConnectionsPerOrigin: 1 });
    expect(await (await send(asking(`${server.url}/a`))).text()).toBe('/a');
    expect(await (await send(asking(`${server.url}/b`))).text()).toBe('/b');
  });

  it('is left after queueTimeoutMs, each request after its own time', async () => {
    const server = await ScriptedServer.start();
    const clock = new TestClock();
    const pool = transport({ maxConnectionsPerOrigin: 1, queueTimeoutMs: 100, clock });
    const { peers, asked } = await busy(server, pool, 1);
    const early = failure(pool.send(asking(server.url)));
    clock.pass(60);
    const late = failure(pool.send(asking(server.url)));
    clock.pass(39);
    expect(pool.stats.waiting).toBe(2);
    clock.pass(1);
    expect(await early).toBe('TIMED_OUT queue');
    expect(pool.stats.waiting).toBe(1);
    clock.pass(60);
    expect(await late).toBe('TIMED_OUT queue');
    peers[0]?.send(ok('in time'));
    expect(await asked[0]).toBe('in time');
    expect(peers[0]?.unread).toBe('');
  });

  it('is left by a request whose signal aborts it, and the others stay', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 1 });
    const { peers, asked } = await busy(server, pool, 1);
    const abort = new AbortController();
    const leaving = pool.send(asking(`${server.url}/leaving`, { signal: abort.signal }));
    const staying = pool.send(asking(`${server.url}/staying`));
    abort.abort('enough');
    await expect(leaving).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    peers[0]?.send(ok());
    await Promise.all(asked);
    expect((await peers[0]?.request())?.target).toBe('/staying');
    peers[0]?.send(ok('stayed'));
    expect(await (await staying).text()).toBe('stayed');
  });
});

describe('an idle connection', () => {
  it('is closed after idleTimeoutMs', async () => {
    const server = await echoing();
    const clock = new TestClock();
    const pool = transport({ idleTimeoutMs: 500, clock });
    await (await pool.send(asking(server.url))).text();
    clock.pass(499);
    expect(pool.stats.idle).toBe(1);
    clock.pass(1);
    expect(pool.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
    expect(await server.peers[0]?.ended()).toBe('FIN');
    expect(clock.timers).toBe(0);
  });

  it('counts its time anew behind each request', async () => {
    const server = await echoing();
    const clock = new TestClock();
    const pool = transport({ idleTimeoutMs: 500, clock });
    for (let i = 0; i < 5; i++) {
      await (await pool.send(asking(server.url))).text();
      clock.pass(400);
    }
    expect(server.peers).toHaveLength(1);
  });

  it('is kept as long as Keep-Alive says, less a second, and not by a timer’s grace', async () => {
    const server = await ScriptedServer.answering(() => ok('', 'Keep-Alive: timeout=20, max=7\r\n'));
    const clock = new TestClock();
    const pool = transport({ idleTimeoutMs: 500, clock });
    await (await pool.send(asking(server.url))).text();
    clock.pass(18_999);
    await (await pool.send(asking(server.url))).text();
    expect(server.peers).toHaveLength(1);
    clock.pass(19_000);
    expect(pool.stats.connections).toBe(0);
  });

  it('is not used for longer than Keep-Alive says where that is less than idleTimeoutMs', async () => {
    const server = await ScriptedServer.answering(() => ok('', 'keep-alive: timeout=2\r\n'));
    const clock = new TestClock();
    const pool = transport({ idleTimeoutMs: 4000, clock });
    await (await pool.send(asking(server.url))).text();
    clock.pass(999);
    await (await pool.send(asking(server.url))).text();
    expect(server.peers).toHaveLength(1);
    clock.pass(1000);
    await (await pool.send(asking(server.url))).text();
    expect(server.peers).toHaveLength(2);
    expect(pool.stats).toEqual({ origins: 1, connections: 1, idle: 1, waiting: 0 });
    await pool.close();
    expect(pool.stats.connections).toBe(0);
  });

  it('is one of maxIdleConnections, and the one that was idle for longest is closed', async () => {
    const [one, other] = [await ScriptedServer.start(), await echoing()];
    const clock = new TestClock();
    const pool = transport({ maxIdleConnections: 2, clock });
    const { peers, asked } = await busy(one, pool, 1);
    await (await pool.send(asking(other.url))).text();
    clock.pass(10);
    peers[0]?.send(ok());
    await Promise.all(asked);
    await turnsUntil(() => pool.stats.idle === 2);
    clock.pass(10);
    const third = await echoing();
    await (await pool.send(asking(third.url))).text();
    await turnsUntil(() => pool.stats.connections === 2);
    // Asked second, and idle for longest.
    expect(await other.peers[0]?.ended()).toBe('FIN');
    expect(peers[0]?.isClosed).toBe(false);
    expect(pool.stats).toEqual({ origins: 2, connections: 2, idle: 2, waiting: 0 });
  });

  it('is none with maxIdleConnections 0', async () => {
    const server = await echoing();
    const pool = transport({ maxIdleConnections: 0 });
    await (await pool.send(asking(server.url))).text();
    await (await pool.send(asking(server.url))).text();
    expect(server.peers).toHaveLength(2);
    expect(pool.stats.connections).toBe(0);
  });

  it.each(['fin', 'reset'] as const)('that the server ended with %s is never used', async (how) => {
    const server = await echoing();
    const pool = transport();
    for (let i = 1; i <= 3; i++) {
      const response = await pool.send(asking(`${server.url}/x`, { method: 'POST', body: 'once' }));
      expect(await response.text()).toBe('/x');
      server.peers[i - 1]?.[how]();
      await turnsUntil(() => pool.stats.connections === 0);
      expect(server.peers).toHaveLength(i);
    }
  });

  it.each([
    ['a 408', 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'],
    ['a forged answer', ok('forged')],
    ['an empty line', '\r\n'],
    ['a single byte', 'H'],
    ['an informational answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('on which %s arrives ends, and that answers nothing', async (_, forged) => {
    const server = await echoing();
    const pool = transport();
    expect(await (await pool.send(asking(`${server.url}/1`))).text()).toBe('/1');
    server.peers[0]?.send(forged);
    await turnsUntil(() => pool.stats.connections === 0);
    expect(await (await pool.send(asking(`${server.url}/2`))).text()).toBe('/2');
    expect(server.peers).toHaveLength(2);
  });

  it('never begins where bytes came behind the answer', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const asked = pool.send(asking(server.url));
    const peer = await server.accept();
    await peer.head();
    peer.send(ok('mine') + ok('forged'));
    expect(await (await asked).text()).toBe('mine');
    expect(pool.stats.connections).toBe(0);
    expect(await peer.ended()).toMatch(/FIN|RST/);
  });
});

describe('what ends a connection behind its answer', () => {
  const answers: [name: string, answer: string, isKept: boolean][] = [
    ['HTTP/1.1', ok('x'), true],
    ['HTTP/1.1 with Connection: close', ok('x', 'Connection: close\r\n'), false],
    ['HTTP/1.1 with Connection: x, CLOSE', ok('x', 'Connection: x, CLOSE\r\n'), false],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', false],
    [
      'HTTP/1.0 with Connection: keep-alive',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx',
      true,
    ],
  ];
  it.each(answers)('%s', async (_, answer, isKept) => {
    const server = await ScriptedServer.answering(() => answer);
    const pool = transport();
    expect(await (await pool.send(asking(server.url))).text()).toBe('x');
    expect(pool.stats.connections).toBe(isKept ? 1 : 0);
    expect(await (await pool.send(asking(server.url))).text()).toBe('x');
    expect(server.peers).toHaveLength(isKept ? 1 : 2);
  });

  it('Connection: close of the request', async () => {
    const server = await echoing();
    const pool = transport();
    await (await pool.send(asking(server.url, { headers: [['Connection', 'close']] }))).text();
    expect(pool.stats.connections).toBe(0);
    expect(await server.peers[0]?.ended()).toBe('FIN');
  });
});

describe('the end of a transport', () => {
  it('close() closes idle connections, waits for requests under way and in the queue, and takes no more', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 1 });
    const { peers, asked } = await busy(server, pool, 1);
    const queued = pool.send(asking(`${server.url}/queued`));
    let isClosed = false;
    const closed = pool.close().then(() => (isClosed = true));
    expect(await failure(pool.send(asking(server.url)))).toBe('CLOSED');
    peers[0]?.send(ok('under way'));
    expect(await asked[0]).toBe('under way');
    expect((await peers[0]?.request())?.target).toBe('/queued');
    expect(isClosed).toBe(false);
    peers[0]?.send(ok('queued'));
    expect(await (await queued).text()).toBe('queued');
    await closed;
    expect(await peers[0]?.ended()).toBe('FIN');
    expect(pool.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
  });

  it('close() waits for a body that is still read', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const asked = pool.send(asking(server.url));
    const peer = await server.accept();
    await peer.head();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
    const { body } = await asked;
    let isClosed = false;
    const closed = pool.close().then(() => (isClosed = true));
    expect(Buffer.from((await body.read()) ?? []).toString()).toBe('ab');
    expect(isClosed).toBe(false);
    peer.send('cd');
    expect(Buffer.from((await body.read()) ?? []).toString()).toBe('cd');
    await closed;
  });

  it('close() of a transport that did nothing resolves, twice', async () => {
    const pool = transport();
    await pool.close();
    await pool.close();
    expect(await failure(pool.send(asking('http://127.0.0.1:1/')))).toBe('CLOSED');
  });

  it('close() resolves where a request was aborted before it was sent', async () => {
    const pool = transport();
    expect(await failure(pool.send(asking('http://127.0.0.1:1/', { signal: AbortSignal.abort() })))).toBe(
      'ABORTED',
    );
    expect(pool.stats.origins).toBe(0);
    await pool.close();
  });

  it('abort() rejects what waits, what connects, what is under way and the bodies', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 2 });
    const { peers, asked } = await busy(server, pool, 2);
    peers[0]?.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab');
    const queued = failure(pool.send(asking(server.url)));
    const silent = await ScriptedServer.start();
    const connecting = failure(pool.send(asking(silent.url)));
    const codes = asked.map(failure);
    await turnsUntil(() => (peers[0]?.socket.bytesWritten ?? 0) > 40);
    await turn();
    pool.abort('over');
    expect(await Promise.all([...codes, queued, connecting])).toEqual([
      'CLOSED',
      'CLOSED',
      'CLOSED',
      'CLOSED',
    ]);
    expect(await peers[0]?.ended()).toMatch(/FIN|RST/);
    expect(await peers[1]?.ended()).toMatch(/FIN|RST/);
    expect(pool.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
    expect(await failure(pool.send(asking(server.url)))).toBe('CLOSED');
    await pool.close();
  });
});

describe('a request that nobody wants any more while its connection is opened', () => {
  it('leaves that connection to the next one', async () => {
    const server = await echoing();
    const pool = transport();
    const abort = new AbortController();
    const unwanted = failure(pool.send(asking(server.url, { signal: abort.signal })));
    abort.abort();
    expect(await unwanted).toBe('ABORTED');
    await turnsUntil(() => pool.stats.idle === 1);
    expect(await (await pool.send(asking(`${server.url}/next`))).text()).toBe('/next');
    expect(server.peers).toHaveLength(1);
  });
});

it('leaves no descriptor open, whatever became of its connections', async () => {
  const server = await ScriptedServer.answering(({ target }, peer) => {
    if (target === '/fin') peer.fin();
    else if (target === '/reset') peer.reset();
    else if (target === '/half') return 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';
    else if (target === '/bad') return 'no HTTP at all\r\n\r\n';
    else if (target !== '/never') return ok(target);
    return undefined;
  });
  const before = descriptors();
  const pool = transport({ headTimeoutMs: 30, bodyTimeoutMs: 30 });
  const paths = ['/fin', '/reset', '/half', '/bad', '/never', '/fine'];
  await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      try {
        await (await pool.send(asking(server.url + (paths[i % paths.length] as string)))).text();
      } catch {
        // Five of six come to nothing.
      }
    }),
  );
  await pool.close();
  expect(pool.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
  await turnsUntil(() => server.open === 0);
  await standstill(descriptors);
  expect(descriptors()).toBeLessThanOrEqual(before);
});
