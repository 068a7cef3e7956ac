import { describe, expect, it } from 'vitest';
import type { OutgoingBody } from '../../src/client/client-request.ts';
import { turnsUntil } from '../server/harness.ts';
import { asking, failure, transport } from './support/asking.ts';
import { ok, ScriptedServer, type Peer } from './support/scripted-server.ts';

const endings = ['fin', 'reset'] as const;

/** A connection that has carried one request, and stands idle. */
async function used(server: ScriptedServer, pool: ReturnType<typeof transport>): Promise<Peer> {
  const asked = pool.send(asking(`${server.url}/first`));
  const peer = await server.accept();
  await peer.request();
  peer.send(ok('first'));
  expect(await (await asked).text()).toBe('first');
  return peer;
}

describe.each(endings)('a connection used before that the server ends by %s without a word', (how) => {
  it('loses no GET: it goes over a fresh one', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    const asked = pool.send(asking(`${server.url}/again`));
    await stale.request();
    stale[how]();
    const fresh = await server.accept();
    expect((await fresh.request()).target).toBe('/again');
    expect(pool.stats).toEqual({ origins: 1, connections: 1, idle: 0, waiting: 0 });
    fresh.send(ok('again'));
    const response = await asked;
    expect(await response.text()).toBe('again');
    expect(response.timing?.isReused).toBe(false);
    expect(fresh.unread + stale.unread).toBe('');
    expect(server.peers).toHaveLength(2);
  });

  it('loses a POST, which may have been done', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    const asked = failure(pool.send(asking(server.url, { body: 'pay' })));
    await stale.request();
    stale[how]();
    expect(await asked).toBe('DISCONNECTED');
    expect(server.peers).toHaveLength(1);
    expect(pool.stats.origins).toBe(0);
  });

  const bodies: [name: string, body: OutgoingBody][] = [
    ['text', 'body'],
    ['bytes', Buffer.from('body')],
    ['a function', () => ['bo', 'dy']],
  ];
  it.each(bodies)('loses no POST that is idempotent and has %s', async (_, body) => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    const asked = pool.send(asking(server.url, { body, idempotent: true }));
    expect((await stale.request()).body).toBe('body');
    stale[how]();
    const fresh = await server.accept();
    expect((await fresh.request()).body).toBe('body');
    fresh.send(ok('paid once'));
    expect(await (await asked).text()).toBe('paid once');
  });

  it('loses a PUT whose body can be sent only once', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    const asked = failure(pool.send(asking(server.url, { method: 'PUT', body: ['bo', 'dy'] })));
    await stale.request();
    stale[how]();
    expect(await asked).toBe('DISCONNECTED');
    expect(server.peers).toHaveLength(1);
  });

  it('loses a GET that was said not to be idempotent', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    const asked = failure(pool.send(asking(server.url, { idempotent: false })));
    await stale.request();
    stale[how]();
    expect(await asked).toBe('DISCONNECTED');
  });

  it('does not ask for the continuation of an upload that it cut', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    let made = 0;
    let returned = 0;
    const body = (): AsyncIterable<string> => {
      made++;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            made === 1 ? new Promise(() => undefined) : Promise.resolve({ done: true, value: undefined }),
          return: () => {
            returned++;
            return Promise.resolve({ done: true, value: undefined });
          },
        }),
      };
    };
    const asked = pool.send(asking(server.url, { method: 'PUT', body }));
    await stale.head();
    stale[how]();
    const fresh = await server.accept();
    expect((await fresh.request()).body).toBe('');
    fresh.send(ok());
    expect((await asked).status).toBe(200);
    expect([made, returned]).toEqual([2, 1]);
  });
});

describe('no request goes again', () => {
  it.each(endings)('where the first connection ends at once by %s', async (how) => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const asked = failure(pool.send(asking(server.url)));
    const peer = await server.accept();
    await peer.request();
    peer[how]();
    expect(await asked).toBe('DISCONNECTED');
    expect(server.peers).toHaveLength(1);
  });

  it.each([
    'H',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n',
  ])('where %j of an answer has come', async (beginning) => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const peer = await used(server, pool);
    const asked = failure(pool.send(asking(server.url)).then((response) => response.text()));
    await peer.request();
    peer.send(beginning);
    peer.fin();
    expect(await asked).toBe('TRUNCATED');
    expect(server.peers).toHaveLength(1);
  });

  it('once the program does not want it any more', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    const abort = new AbortController();
    const asked = failure(pool.send(asking(server.url, { signal: abort.signal })));
    await stale.request();
    abort.abort();
    expect(await asked).toBe('ABORTED');
    expect(await stale.ended()).toMatch(/FIN|RST/);
    await turnsUntil(() => pool.stats.origins === 0);
    expect(server.peers).toHaveLength(1);
  });
});

describe('a request that goes again', () => {
  it('takes no connection that stood idle: that may be as old', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const asked = [1, 2].map((i) => pool.send(asking(`${server.url}/${String(i)}`)));
    const peers = [await server.accept(), await server.accept()];
    for (const peer of peers) {
      await peer.request();
      peer.send(ok());
    }
    await Promise.all(asked);
    await turnsUntil(() => pool.stats.idle === 2);
    const again = pool.send(asking(`${server.url}/again`));
    await Promise.race(peers.map((peer) => peer.request()));
    for (const peer of peers) if (peer.socket.bytesRead > 100) peer.fin();
    const [stale] = [...peers].sort((a, b) => b.socket.bytesRead - a.socket.bytesRead) as [Peer];
    stale.fin();
    const fresh = await server.accept();
    expect((await fresh.request()).target).toBe('/again');
    fresh.send(ok('fresh'));
    expect(await (await again).text()).toBe('fresh');
  });

  it('fails as a first one does where the fresh connection ends, too', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    const asked = failure(pool.send(asking(server.url)));
    await stale.request();
    stale.fin();
    const fresh = await server.accept();
    await fresh.request();
    fresh.fin();
    expect(await asked).toBe('DISCONNECTED');
    expect(server.peers).toHaveLength(2);
    expect(pool.stats.origins).toBe(0);
  });

  it('is one that close() waits for, and abort() ends', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const stale = await used(server, pool);
    const asked = pool.send(asking(server.url));
    await stale.request();
    let isClosed = false;
    const closed = pool.close().then(() => (isClosed = true));
    stale.fin();
    const fresh = await server.accept();
    await fresh.request();
    expect(isClosed).toBe(false);
    pool.abort();
    expect(await failure(asked)).toBe('CLOSED');
    await closed;
  });

  it('does not wait for an idle connection to grow old where no more may be opened', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 2 });
    const asked = [1, 2].map((i) => pool.send(asking(`${server.url}/${String(i)}`)));
    const [one, other] = [await server.accept(), await server.accept()];
    await one.request();
    await other.request();
    one.send(ok());
    other.send(ok());
    await Promise.all(asked);
    await turnsUntil(() => pool.stats.idle === 2);
    const again = [3, 4].map((i) => pool.send(asking(`${server.url}/${String(i)}`)));
    await one.request();
    await other.request();
    // Two want a fresh one; one of those that are opened is lost, and what becomes idle meanwhile has to make room.
    one.fin();
    const fresh = await server.accept();
    const later = pool.send(asking(`${server.url}/later`));
    other.send(ok('other'));
    expect(await Promise.race(again.map(async (each) => (await each).text()))).toBe('other');
    await fresh.request();
    fresh.send(ok('fresh'));
    expect((await other.request()).target).toBe('/later');
    other.send(ok('later'));
    expect(await (await later).text()).toBe('later');
    await Promise.all(again);
  });

  it('comes before those that wait, and has the next connection that is opened', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 1 });
    const stale = await used(server, pool);
    const again = pool.send(asking(`${server.url}/again`));
    const waiting = pool.send(asking(`${server.url}/waiting`));
    await stale.request();
    stale.fin();
    const fresh = await server.accept();
    expect((await fresh.request()).target).toBe('/again');
    fresh.send(ok('again'));
    expect(await (await again).text()).toBe('again');
    expect((await fresh.request()).target).toBe('/waiting');
    fresh.send(ok('waited'));
    expect(await (await waiting).text()).toBe('waited');
  });
});
