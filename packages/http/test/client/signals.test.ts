import { describe, expect, it } from 'vitest';
import { standstill, turnsUntil } from '../server/harness.ts';
import { asking, transport } from './support/asking.ts';
import { ok, ScriptedServer } from './support/scripted-server.ts';
import { watchedBody } from './support/watched-body.ts';
import { WatchedSignal } from './support/watched-signal.ts';

const reason = new Error('enough');
const aborted = { name: 'HttpClientError', code: 'ABORTED', cause: reason };

describe('a signal that aborts', () => {
  it('before the call: nothing is connected to', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const watched = new WatchedSignal();
    watched.abort(reason);
    await expect(pool.send(asking(server.url, { signal: watched.signal }))).rejects.toMatchObject(aborted);
    expect(watched.listeners).toBe(0);
    expect(pool.stats.origins).toBe(0);
    expect(server.peers).toHaveLength(0);
  });

  it('while the connection is opened', async () => {
    const server = await ScriptedServer.start();
    const watched = new WatchedSignal();
    const pool = transport();
    const asked = pool.send(asking(server.url, { signal: watched.signal }));
    watched.abort(reason);
    await expect(asked).rejects.toMatchObject(aborted);
    expect(watched.listeners).toBe(0);
    const peer = await server.accept();
    expect(await standstill(() => peer.unread.length)).toBe(0);
  });

  it('in the queue', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 1 });
    const first = pool.send(asking(server.url));
    const peer = await server.accept();
    await peer.head();
    const watched = new WatchedSignal();
    const asked = pool.send(asking(server.url, { signal: watched.signal }));
    watched.abort(reason);
    await expect(asked).rejects.toMatchObject(aborted);
    expect(watched.listeners).toBe(0);
    expect(pool.stats.waiting).toBe(0);
    peer.send(ok('first'));
    expect(await (await first).text()).toBe('first');
    expect(await standstill(() => peer.unread.length)).toBe(0);
  });

  it('while the request is sent', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const watched = new WatchedSignal();
    const body = watchedBody(undefined);
    const asked = pool.send(asking(server.url, { body, signal: watched.signal }));
    const peer = await server.accept();
    await peer.head();
    watched.abort(reason);
    await expect(asked).rejects.toMatchObject(aborted);
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(body.returned).toBe(1);
    expect(watched.listeners).toBe(0);
    expect(pool.stats.connections).toBe(0);
  });

  it('before the head of the answer', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const watched = new WatchedSignal();
    const asked = pool.send(asking(server.url, { signal: watched.signal }));
    const peer = await server.accept();
    await peer.head();
    await peer.sent('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n');
    await standstill(() => peer.socket.bytesWritten);
    watched.abort(reason);
    await expect(asked).rejects.toMatchObject(aborted);
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(watched.listeners).toBe(0);
    expect(pool.stats.connections).toBe(0);
  });

  it('in the body: what has arrived is dropped, too', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const watched = new WatchedSignal();
    const asked = pool.send(asking(server.url, { signal: watched.signal }));
    const peer = await server.accept();
    await peer.head();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    const { body } = await asked;
    expect((await body.read())?.length).toBe(3);
    await peer.sent('def');
    await standstill(() => peer.socket.bytesWritten);
    watched.abort(reason);
    await expect(body.read()).rejects.toMatchObject(aborted);
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(watched.listeners).toBe(0);
    expect(pool.stats.connections).toBe(0);
  });

  it('in the body, while it is waited for', async () => {
    const server = await ScriptedServer.start();
    const watched = new WatchedSignal();
    const asked = transport().send(asking(server.url, { signal: watched.signal }));
    const peer = await server.accept();
    await peer.head();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
    const text = (await asked).text();
    watched.abort(reason);
    await expect(text).rejects.toMatchObject(aborted);
  });

  it('behind the end of the answer changes nothing', async () => {
    const server = await ScriptedServer.answering(() => ok('all'));
    const pool = transport();
    const watched = new WatchedSignal();
    const response = await pool.send(asking(server.url, { signal: watched.signal }));
    await turnsUntil(() => pool.stats.idle === 1);
    expect(watched.listeners).toBe(0);
    watched.abort(reason);
    expect(await response.text()).toBe('all');
    expect(pool.stats.idle).toBe(1);
  });

  it('for many requests ends all of them', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 2 });
    const watched = new WatchedSignal();
    const asked = Array.from({ length: 5 }, () => pool.send(asking(server.url, { signal: watched.signal })));
    for (let i = 0; i < 2; i++) await (await server.accept()).head();
    watched.abort(reason);
    for (const each of asked) await expect(each).rejects.toMatchObject(aborted);
    expect(watched.listeners).toBe(0);
    await turnsUntil(() => pool.stats.origins === 0);
  });
});

it.each([
  ['an answer without a body', 'HTTP/1.1 204 No Content\r\n\r\n', 'fulfilled'],
  ['a body', ok('x'), 'fulfilled'],
  ['an error', 'nonsense\r\n\r\n', 'rejected'],
  ['a connection that ends', '', 'rejected'],
])('no listener is left on a signal behind %s', async (_, wire, outcome) => {
  const server = await ScriptedServer.start();
  const watched = new WatchedSignal();
  const pool = transport();
  const asked = pool.send(asking(server.url, { signal: watched.signal }));
  const peer = await server.accept();
  await peer.head();
  expect(watched.listeners).toBe(1);
  peer.send(wire);
  if (wire === '') peer.fin();
  const [settled] = await Promise.allSettled([asked.then((response) => response.text())]);
  expect(settled.status).toBe(outcome);
  expect(watched.listeners).toBe(0);
});
