import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeProxyHeader } from '@wirestack/socket/proxy-protocol';
import type { Address } from '@wirestack/socket';
import type { Handler } from '@wirestack/http';
import { AddressLimit } from '../../src/server/address-limit.ts';
import { serving, standstill, turnsUntil, type Served } from './harness.ts';
import { field, get, post, RawClient } from './raw-client.ts';

const ok: Handler = ({ path }) => ({ status: 200, body: path });

/** A client that the server has taken, and answered. */
async function taken({ client }: Served): Promise<RawClient> {
  const peer = await client();
  await peer.send(get());
  expect((await peer.answer()).status).toBe(200);
  return peer;
}

/** A client that the server turns away: perhaps before the connection is open here. */
async function turnedAway({ client }: Pick<Served, 'client'>): Promise<void> {
  let peer;
  try {
    peer = await client();
  } catch {
    return;
  }
  await peer.send(get()).catch(() => undefined);
  expect(await peer.untilCut()).toBe('');
}

const from = (host: string): Address => ({ family: host.includes(':') ? 'ipv6' : 'ipv4', host, port: 1 });

describe('AddressLimit', () => {
  test.each([
    // These count as one …
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['::ffff:192.0.2.1', '::FFFF:c000:0201', true],
    ['2001:db8::1', '2001:db8::ffff:ffff:ffff:ffff', true],
    ['2001:db8:0:1::', '2001:0db8:0000:0001:ffff::1', true],
    ['fe80::1%lo', 'fe80::2', true],
    // … and these as two.
    ['192.0.2.1', '192.0.2.2', false],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['::1', '::ffff:0.0.0.1', false],
    ['::1', '127.0.0.1', false],
  ])('%s and %s are one: %s', (one, other, isOne) => {
    const limit = new AddressLimit(1);
    expect(limit.enter(from(one))).toBe(true);
    expect(limit.enter(from(other))).toBe(!isOne);
    limit.leave(from(one));
    expect(limit.enter(from(one))).toBe(true);
  });

  test('Unix sockets and streams in memory are not counted', () => {
    const limit = new AddressLimit(1);
    for (const address of [
      { family: 'unix', path: '' },
      { family: 'memory', name: 'a' },
    ] as const) {
      expect([limit.enter(address), limit.enter(address), limit.enter(address)]).toEqual([true, true, true]);
      limit.leave(address);
    }
  });

  test('a limit that is infinite refuses nobody', () => {
    const limit = new AddressLimit(Infinity);
    for (let i = 0; i < 1000; i++) expect(limit.enter(from('192.0.2.1'))).toBe(true);
    limit.leave(from('192.0.2.1'));
  });

  test('holds for any order of coming and going', () => {
    const hosts = ['192.0.2.1', '192.0.2.2', '2001:db8::1'];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ host: fc.constantFrom(...hosts), isComing: fc.boolean() })),
        (max, steps) => {
          const limit = new AddressLimit(max);
          const counts: Record<string, number> = {};
          for (const { host, isComing } of steps) {
            const count = counts[host] ?? 0;
            if (isComing) {
              expect(limit.enter(from(host))).toBe(count < max);
              counts[host] = Math.min(count + 1, max);
            } else if (count > 0) {
              limit.leave(from(host));
              counts[host] = count - 1;
            }
          }
        },
      ),
    );
  });
});

describe('maxConnectionsPerAddress', () => {
  test('one more is turned away, and counted, until one ends, in whatever way', async () => {
    const served = await serving(ok, { maxConnectionsPerAddress: 2 });
    const ends: ((peer: RawClient) => unknown)[] = [
      (peer) => peer.stream.close(),
      (peer) => {
        peer.stream.abort();
      },
      async (peer) => {
        await peer.send(get('/', 'Connection: close\r\n'));
        await peer.answer();
        await peer.ended();
        await peer.stream.close();
      },
      async (peer) => {
        await peer.send('broken\r\n\r\n');
        await peer.answer();
        await peer.stream.close();
      },
    ];
    await taken(served);
    for (const [round, end] of ends.entries()) {
      const peer = await taken(served);
      await turnedAway(served);
      expect(served.server.stats).toMatchObject({ connections: 2, dropped: round + 1 });
      await end(peer);
      await turnsUntil(() => served.server.stats.connections === 1);
    }
    await taken(served);
  });

  test('an upgraded connection counts until it ends', async () => {
    const served = await serving(
      ({ wantsUpgrade }) =>
        wantsUpgrade
          ? {
              status: 101,
              headers: [['Upgrade', 'echo']],
              upgrade: async (stream) => {
                while ((await stream.read()) !== undefined);
              },
            }
          : { status: 200, body: '' },
      { maxConnectionsPerAddress: 1 },
    );
    for (const leave of [
      (peer: RawClient) => void peer.stream.close(),
      (peer: RawClient) => peer.stream.abort(),
    ]) {
      const peer = await served.client();
      await peer.send(get('/', 'Connection: Upgrade\r\nUpgrade: echo\r\n'));
      expect((await peer.answer()).status).toBe(101);
      await turnedAway(served);
      leave(peer);
      await turnsUntil(() => served.server.stats.connections === 0);
      const next = await taken(served);
      next.stream.abort();
      await turnsUntil(() => served.server.stats.connections === 0);
    }
    expect(served.server.stats.dropped).toBe(2);
  });

  test('IPv4 on a server of both families', async () => {
    const served = await serving(ok, { maxConnectionsPerAddress: 1 }, '[::]:0');
    const { address } = served.server;
    const port = 'port' in address ? String(address.port) : '';
    const one = await RawClient.to(`127.0.0.1:${port}`);
    await one.send(get());
    await one.answer();
    await turnedAway({ client: () => RawClient.to(`127.0.0.1:${port}`) });
    expect(served.server.stats.dropped).toBe(1);
    // Of another family: another one.
    const three = await RawClient.to(`[::1]:${port}`);
    await three.send(get());
    expect((await three.answer()).status).toBe(200);
    for (const peer of [one, three]) peer.stream.abort();
  });

  test('Unix sockets are not counted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const served = await serving(ok, { maxConnectionsPerAddress: 1 }, `unix:${join(directory, 'http.sock')}`);
    for (let i = 0; i < 5; i++) await taken(served);
    expect(served.server.stats).toMatchObject({ connections: 5, dropped: 0 });
  });

  test('behind a proxy the clients count that it names', async () => {
    const served = await serving(ok, {
      maxConnectionsPerAddress: 1,
      proxyProtocol: { trusted: ['127.0.0.1'] },
    });
    const destination = from('198.51.100.1');
    const hello = (host: string): Uint8Array =>
      encodeProxyHeader({
        version: 2,
        command: 'PROXY',
        transport: 'stream',
        source: from(host),
        destination,
        extensions: [],
      });
    for (const host of ['192.0.2.1', '192.0.2.2']) {
      const peer = await served.client();
      await peer.send(hello(host));
      await peer.send(get());
      expect((await peer.answer()).status).toBe(200);
    }
    const third = await served.client();
    await third.send(hello('192.0.2.1'));
    await third.send(get()).catch(() => undefined);
    expect(await third.untilCut()).toBe('');
    expect(served.server.stats).toMatchObject({ connections: 2, dropped: 1 });
  });

  test('maxConnections drops, too, and both are counted', async () => {
    const served = await serving(ok, { maxConnections: 2, maxConnectionsPerAddress: 1 });
    await taken(served);
    await turnedAway(served);
    await turnsUntil(() => served.server.stats.dropped === 1);
    expect(served.server.stats.connections).toBe(1);
  });
});

describe('maxRequestsPerConnection', () => {
  test('the last answer says close, and ends the connection', async () => {
    const { client, server } = await serving(ok, { maxRequestsPerConnection: 3 });
    const peer = await client();
    for (const path of ['/1', '/2', '/3']) {
      await peer.send(get(path));
      const { head, body } = await peer.answer();
      expect(body).toBe(path);
      expect(field(head, 'Connection')).toBe(path === '/3' ? 'close' : undefined);
    }
    await peer.ended();
    await peer.stream.close();
    await turnsUntil(() => server.stats.connections === 0);
  });

  test.each([
    ['at once', () => Promise.resolve()],
    ['later', () => standstill(() => 0)],
  ] as [string, () => Promise<unknown>][])(
    'pipelined ones behind are not answered: %s',
    async (_name, wait) => {
      const { client, server } = await serving(
        async ({ path }) => {
          await wait();
          return { status: 200, body: path };
        },
        { maxRequestsPerConnection: 2 },
      );
      const peer = await client();
      await peer.send(get('/1') + post('body', '', '/2') + get('/3') + get('/4'));
      expect((await peer.answers(2)).map(({ body }) => body)).toEqual(['/1', '/2']);
      await peer.ended();
      expect(server.stats.requests).toBe(2);
    },
  );

  test('of one: every connection carries one request', async () => {
    const { client } = await serving(ok, { maxRequestsPerConnection: 1 });
    for (const path of ['/1', '/2']) {
      const peer = await client();
      await peer.send(get(path) + get('/behind'));
      const { head, body } = await peer.answer();
      expect([field(head, 'Connection'), body]).toEqual(['close', path]);
      await peer.ended();
    }
  });

  test('the last one may still upgrade', async () => {
    const { client } = await serving(
      () => ({
        status: 101,
        headers: [['Upgrade', 'echo']],
        upgrade: async (stream) => {
          for await (const chunk of stream) await stream.write(chunk);
        },
      }),
      { maxRequestsPerConnection: 1 },
    );
    const peer = await client();
    await peer.send(`${get('/', 'Connection: Upgrade\r\nUpgrade: echo\r\n')}early`);
    expect((await peer.answer()).status).toBe(101);
    await peer.stream.shutdown('write');
    expect(await peer.rest()).toBe('early');
  });
});

test('a limit of nothing is refused', async () => {
  for (const options of [
    { maxConnectionsPerAddress: 0 },
    { maxRequestsPerConnection: 0 },
    { maxConnectionsPerAddress: NaN },
    { minBodyBytesPerSecond: -1 },
  ]) {
    await expect(serving(ok, options)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  }
});
