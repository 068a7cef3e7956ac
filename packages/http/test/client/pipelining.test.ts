import { describe, expect, it } from 'vitest';
import { standstill, turnsUntil } from '../server/harness.ts';
import { asking, failure, transport } from './support/asking.ts';
import { ok, ScriptedServer, type Peer } from './support/scripted-server.ts';

type Pool = ReturnType<typeof transport>;

const pipelining = (maxPipelined = 10): Pool => transport({ maxConnectionsPerOrigin: 1, maxPipelined });

/** `count` requests under way on one connection, which the server has read. */
async function underWay(
  server: ScriptedServer,
  { send }: Pool,
  count: number,
  options: Parameters<typeof asking>[1] = {},
): Promise<{ peer: Peer; asked: Promise<string>[] }> {
  const asked = Array.from({ length: count }, async (_, i) =>
    (await send(asking(`${server.url}/${String(i)}`, options))).text(),
  );
  for (const each of asked) each.catch(() => undefined);
  const peer = await server.accept();
  for (let i = 0; i < count; i++) expect((await peer.request()).target).toBe(`/${String(i)}`);
  return { peer, asked };
}

describe('pipelined requests', () => {
  it('are sent before the answers come, also those that waited for the connection', async () => {
    const server = await ScriptedServer.start();
    const { peer, asked } = await underWay(server, pipelining(), 10);
    peer.send(Array.from({ length: 10 }, (_, i) => ok(String(i))).join(''));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 10 }, (_, i) => String(i)));
    expect(server.peers).toHaveLength(1);
  });

  it('are no more than maxPipelined', async () => {
    const server = await ScriptedServer.start();
    const pool = pipelining(3);
    const asked = Array.from({ length: 5 }, async (_, i) =>
      (await pool.send(asking(`${server.url}/${String(i)}`))).text(),
    );
    const peer = await server.accept();
    for (let i = 0; i < 3; i++) await peer.request();
    expect(await standstill(() => peer.unread.length)).toBe(0);
    expect(pool.stats.waiting).toBe(2);
    peer.send(ok('0'));
    expect((await peer.request()).target).toBe('/3');
    expect(await standstill(() => peer.unread.length)).toBe(0);
    for (let i = 1; i < 4; i++) peer.send(ok(String(i)));
    expect((await peer.request()).target).toBe('/4');
    peer.send(ok('4'));
    expect(await Promise.all(asked)).toEqual(['0', '1', '2', '3', '4']);
  });

  it('are answered in order whatever the answers look like', async () => {
    const server = await ScriptedServer.start();
    const { peer, asked } = await underWay(server, pipelining(), 4);
    peer.send(
      'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    );
    peer.send('HTTP/1.1 204 No Content\r\n\r\n');
    peer.send(ok('c'));
    peer.send('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n');
    expect(await Promise.all(asked)).toEqual(['a', '', 'c', '']);
  });

  it('use a connection each as long as there may be more', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 2, maxPipelined: 2 });
    const asked = Array.from({ length: 4 }, (_, i) => pool.send(asking(`${server.url}/${String(i)}`)));
    const peers = [await server.accept(), await server.accept()];
    const targets = [];
    for (const peer of peers) targets.push([(await peer.request()).target, (await peer.request()).target]);
    expect(targets.flat().sort()).toEqual(['/0', '/1', '/2', '/3']);
    for (const peer of peers) peer.send(ok() + ok());
    await Promise.all(asked);
  });

  it.each([
    ['a POST', { method: 'POST', body: 'x' }],
    ['a body in pieces', { method: 'PUT', body: ['x'] }],
    ['one that waits for 100 Continue', { method: 'PUT', body: 'x', expectContinue: true }],
    ['one that is not idempotent', { idempotent: false }],
  ] as const)('are not joined by %s, and not sent behind it', async (_, options) => {
    const server = await ScriptedServer.start();
    const pool = pipelining();
    const { peer, asked } = await underWay(server, pool, 1);
    const alone = pool.send(asking(`${server.url}/alone`, options));
    const behind = pool.send(asking(`${server.url}/behind`));
    expect(await standstill(() => peer.unread.length)).toBe(0);
    peer.send(ok('0'));
    expect(await asked[0]).toBe('0');
    const head = await peer.head();
    expect(head).toContain(' /alone ');
    if (head.includes('Expect')) peer.send('HTTP/1.1 100 Continue\r\n\r\n');
    await turnsUntil(() => peer.unread.includes('x') || !('body' in options));
    await standstill(() => peer.unread.length);
    expect(peer.unread).not.toContain('/behind');
    peer.unread = '';
    peer.send(ok('alone'));
    expect(await (await alone).text()).toBe('alone');
    expect((await peer.request()).target).toBe('/behind');
    peer.send(ok('behind'));
    expect(await (await behind).text()).toBe('behind');
  });
});

describe('an error in the middle of a pipeline', () => {
  it('fails the answer it is in, and the rest goes again', async () => {
    const server = await ScriptedServer.start();
    const { peer, asked } = await underWay(server, pipelining(), 4);
    peer.send(ok('0') + 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    expect(await asked[0]).toBe('0');
    peer.fin();
    expect(await failure(asked[1] as Promise<string>)).toBe('TRUNCATED');
    const fresh = await server.accept();
    expect((await fresh.request()).target).toBe('/2');
    fresh.send(ok('2'));
    expect((await fresh.request()).target).toBe('/3');
    fresh.send(ok('3'));
    expect(await Promise.all(asked.slice(2))).toEqual(['2', '3']);
  });

  it('that is no HTTP fails one, and the rest goes again', async () => {
    const server = await ScriptedServer.start();
    const { peer, asked } = await underWay(server, pipelining(), 3);
    peer.send(ok('0') + 'garbage\r\n\r\n' + ok('forged'));
    expect(await asked[0]).toBe('0');
    await expect(asked[1]).rejects.toMatchObject({ name: 'HttpProtocolError' });
    const fresh = await server.accept();
    expect((await fresh.request()).target).toBe('/2');
    fresh.send(ok('2'));
    expect(await asked[2]).toBe('2');
  });

  it('that is Connection: close ends the connection behind that answer, and the rest goes again', async () => {
    const server = await ScriptedServer.start();
    const { peer, asked } = await underWay(server, pipelining(), 3);
    peer.send(ok('0') + ok('1', 'Connection: close\r\n') + ok('forged'));
    expect(await Promise.all(asked.slice(0, 2))).toEqual(['0', '1']);
    const fresh = await server.accept();
    expect((await fresh.request()).target).toBe('/2');
    fresh.send(ok('2'));
    expect(await asked[2]).toBe('2');
  });

  it('costs the first of those that were sent its answer; the third time each has a connection of its own', async () => {
    const server = await ScriptedServer.start();
    const pool = pipelining();
    const asked = Array.from({ length: 5 }, (_, i) =>
      failure(pool.send(asking(`${server.url}/${String(i)}`))),
    );
    for (let lost = 0; lost < 5; lost++) {
      const peer = await server.accept();
      for (let i = lost; i < (lost < 2 ? 5 : lost + 1); i++)
        expect((await peer.request()).target).toBe(`/${String(i)}`);
      peer.fin();
      expect(await asked[lost]).toBe('DISCONNECTED');
    }
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 5 }, () => 'DISCONNECTED'));
    expect(server.peers).toHaveLength(5);
    expect(pool.stats.origins).toBe(0);
  });
});

it('a request that wants a connection of its own has one where no more may be opened: another makes room', async () => {
  const server = await ScriptedServer.start();
  const pool = pipelining();
  const asked = Array.from({ length: 5 }, (_, i) => pool.send(asking(`${server.url}/${String(i)}`)));
  for (const each of asked) each.catch(() => undefined);
  for (let lost = 0; lost < 2; lost++) {
    const peer = await server.accept();
    for (let i = lost; i < 5; i++) await peer.request();
    peer.fin();
  }
  for (let i = 2; i < 5; i++) {
    const peer = await server.accept();
    expect((await peer.request()).target).toBe(`/${String(i)}`);
    peer.send(ok(String(i)));
    expect(await (await (asked[i] as (typeof asked)[0])).text()).toBe(String(i));
  }
  expect(pool.stats).toEqual({ origins: 1, connections: 1, idle: 1, waiting: 0 });
});

describe('a pipelined request that is aborted', () => {
  it('leaves those before it alone; those behind it go again', async () => {
    const server = await ScriptedServer.start();
    const pool = pipelining();
    const first = pool.send(asking(`${server.url}/0`));
    const abort = new AbortController();
    const second = failure(pool.send(asking(`${server.url}/1`, { signal: abort.signal })));
    const third = pool.send(asking(`${server.url}/2`));
    const peer = await server.accept();
    for (let i = 0; i < 3; i++) await peer.request();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    const { body } = await first;
    abort.abort();
    expect(await second).toBe('ABORTED');
    peer.send('def');
    expect(Buffer.from(await body.bytes()).toString()).toBe('abcdef');
    const fresh = await server.accept();
    expect((await fresh.request()).target).toBe('/2');
    fresh.send(ok('2'));
    expect(await (await third).text()).toBe('2');
  });

  it('ends the connection where its answer is due', async () => {
    const server = await ScriptedServer.start();
    const pool = pipelining();
    const abort = new AbortController();
    const first = failure(pool.send(asking(`${server.url}/0`, { signal: abort.signal })));
    const second = pool.send(asking(`${server.url}/1`));
    const peer = await server.accept();
    for (let i = 0; i < 2; i++) await peer.request();
    abort.abort();
    expect(await first).toBe('ABORTED');
    const fresh = await server.accept();
    expect((await fresh.request()).target).toBe('/1');
    fresh.send(ok('1'));
    expect(await (await second).text()).toBe('1');
  });
});
