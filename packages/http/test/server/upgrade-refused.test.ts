import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatAddress } from '@wirestack/socket';
import type { HttpResponse } from '@wirestack/http';
import { gate, pump, serving, standstill, turn, turnsUntil } from './harness.ts';
import { run } from './processes.ts';
import { field, get, post, postChunks } from './raw-client.ts';

const fields = 'Connection: Upgrade\r\nUpgrade: echo\r\n';
const never: NonNullable<HttpResponse['upgrade']> = () => {
  throw new Error('the connection was taken over');
};
const switching: HttpResponse = { status: 101, headers: [['Upgrade', 'echo']], upgrade: never };

/** What curl sends with `--http2` to a server it does not know. */
const h2c =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';

describe('an answer that cannot change the protocol is a 500, told to onError, and the connection goes on', () => {
  test.each([
    ['101 to a request without Upgrade', get(), switching, 'BAD_STATE'],
    [
      '101 to an Upgrade that Connection does not name',
      get('/', 'Upgrade: echo\r\n'),
      switching,
      'BAD_STATE',
    ],
    ['upgrade with 200 to GET', get('/', fields), { status: 200, upgrade: never }, 'BAD_STATUS'],
    ['upgrade with 200 to a plain GET', get(), { status: 200, upgrade: never }, 'BAD_STATE'],
    ['101 without an Upgrade field', get('/', fields), { status: 101, upgrade: never }, 'BAD_FIELD'],
    ['101 and no upgrade', get('/', fields), { status: 101, headers: [['Upgrade', 'echo']] }, 'BAD_STATUS'],
    [
      'a body announced behind 101',
      get('/', fields),
      {
        ...switching,
        headers: [
          ['Upgrade', 'echo'],
          ['Content-Length', '3'],
        ],
      },
      'BAD_FIELD',
    ],
    ['101 to CONNECT', 'CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n', switching, 'BAD_STATUS'],
    [
      '404 and upgrade to CONNECT',
      'CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n',
      { status: 404, upgrade: never },
      'BAD_STATUS',
    ],
  ] as [string, string, HttpResponse, string][])('%s', async (_name, request, response, code) => {
    for (const isLate of [false, true]) {
      const { client, errors } = await serving(({ path }) => {
        if (path === '/next') return { status: 200, body: 'next' };
        return isLate ? Promise.resolve(response) : response;
      });
      const peer = await client();
      await peer.send(request + get('/next'));
      expect((await peer.answers(2)).map(({ status }) => status)).toEqual([500, 200]);
      expect(errors.splice(0)).toEqual([expect.objectContaining({ name: 'HttpUsageError', code })]);
    }
  });
});

test('HTTP/1.0 has no Upgrade: the wish is not heard, and a 101 to it is a 500', async () => {
  const wishes: boolean[] = [];
  const { client, errors } = await serving((request) => {
    wishes.push(request.wantsUpgrade);
    return switching;
  });
  const peer = await client();
  await peer.send(`GET / HTTP/1.0\r\n${fields}\r\nbehind`);
  expect((await peer.answer()).status).toBe(500);
  expect(await peer.rest()).toBe('');
  expect(wishes).toEqual([false]);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_STATE' })]);
});

test('an upgrade before the body of its request is there is a 500; what comes of the body is no request', async () => {
  const { client, errors, server } = await serving(({ path }) =>
    path === '/' ? switching : { status: 200, body: 'next' },
  );
  const peer = await client();
  const body = get('/smuggled');
  await peer.send(`POST / HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: ${String(body.length)}\r\n\r\n`);
  expect((await peer.answer()).status).toBe(500);
  await peer.send(body + get('/next'));
  expect((await peer.answer()).body).toBe('next');
  expect(server.stats.requests).toBe(2);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_STATE' })]);
});

test('an upgrade instead of 100 Continue is a 500 and the end: whether the body comes nobody knows', async () => {
  const { client, errors, server } = await serving(() => switching);
  const peer = await client();
  await peer.send(
    `POST / HTTP/1.1\r\nHost: a\r\n${fields}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`,
  );
  const answer = await peer.answer();
  expect(answer.status).toBe(500);
  expect(field(answer.head, 'Connection')).toBe('close');
  await peer.send(get());
  expect(await peer.rest()).toBe('');
  expect(server.stats.requests).toBe(1);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_STATE' })]);
});

describe('an Upgrade that is not taken is as if it were not there', () => {
  test.each([
    ['GET', get('/1', h2c)],
    ['a body by its length', post('body', h2c, '/1')],
    ['a body in chunks', postChunks(['bo', 'dy'], 'T: x\r\n', '/1').replace('\r\n', `\r\n${h2c}`)],
  ])('%s, pipelining and keep-alive go on at every split point', async (_name, request) => {
    const { client } = await serving(({ path }) => Promise.resolve({ status: 200, body: path }));
    const bytes = get('/0') + request + get('/2', h2c) + get('/3');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const peer = await client();
      await peer.send(bytes.slice(0, cut));
      await turn();
      await turn();
      await peer.send(bytes.slice(cut));
      expect((await peer.answers(4)).map(({ body }) => body)).toEqual(['/0', '/1', '/2', '/3']);
      peer.stream.abort();
    }
  });

  test('its body is read as any', async () => {
    const { client } = await serving(async (request) => ({ status: 200, body: await request.text() }));
    const peer = await client();
    await peer.send(post('one', h2c) + postChunks(['t', 'wo']).replace('\r\n', `\r\n${h2c}`) + get());
    expect((await peer.answers(3)).map(({ body }) => body)).toEqual(['one', 'two', '']);
  });

  test('curl --http2 asks, is answered in HTTP/1.1, and asks again over the same connection', async () => {
    const { server } = await serving(async (request) => {
      const body = await request.text();
      return { status: 200, body: `${request.headers.get('upgrade') ?? 'none'} ${body}\n` };
    });
    const base = `http://${formatAddress(server.address).replace(/^\w+:\/\//, '')}`;
    const told = await run('curl', [
      ...['-q', '-sS', '--max-time', '50', '--http2', '-w', '%{http_version} %{num_connects}\n'],
      ...['-d', 'body', `${base}/1`, `${base}/2`],
    ]);
    expect(told).toBe('h2c body\n1.1 1\nh2c body\n1.1 0\n');
  });
});

test('requests behind an Upgrade wait until it is answered', async () => {
  const { opened, open } = gate();
  const targets: string[] = [];
  const { client } = await serving(async ({ path, wantsUpgrade }) => {
    targets.push(path);
    if (wantsUpgrade) await opened;
    return { status: 200, body: path };
  });
  const peer = await client();
  await peer.send(get('/1') + get('/2', fields) + get('/3'));
  await peer.send(get('/4'));
  await standstill(() => targets.length);
  expect(targets).toEqual(['/1', '/2']);
  open();
  expect((await peer.answers(4)).map(({ body }) => body)).toEqual(['/1', '/2', '/3', '/4']);
});

test('a CONNECT that is refused with a body: the connection goes on', async () => {
  const { client } = await serving(({ method }) => ({
    status: method === 'CONNECT' ? 405 : 200,
    body: method,
  }));
  const peer = await client();
  await peer.send(`CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n${get()}`);
  expect((await peer.answers(2)).map(({ status, body }) => [status, body])).toEqual([
    [405, 'CONNECT'],
    [200, 'GET'],
  ]);
});

test('what comes behind an Upgrade without an answer is held up, and read once it has one', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(async (request) => {
    if (request.wantsUpgrade) {
      await opened;
      return { status: 200, body: 'no' };
    }
    return { status: 200, body: String((await request.bytes(20_000_000)).length) };
  });
  const peer = await client();
  await peer.send(`${get('/', fields)}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10485760\r\n\r\n`);
  const upload = pump(peer, Buffer.alloc(65_536), 10_485_760);
  await turnsUntil(() => server.stats.requests === 1);
  // What the kernel's buffers take, and some that was read before it was clear.
  expect(await standstill(() => upload.accepted)).toBeLessThan(9_000_000);
  open();
  expect((await peer.answers(2)).map(({ body }) => body)).toEqual(['no', '10485760']);
});

test('on a Unix socket, too', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const { client } = await serving(
    () => ({
      status: 101,
      headers: [['Upgrade', 'echo']],
      upgrade: async (stream) => {
        for await (const chunk of stream) await stream.write(chunk);
      },
    }),
    {},
    `unix:${join(directory, 'http.sock')}`,
  );
  const peer = await client();
  await peer.send(`${get('/', fields)}early`);
  await peer.stream.shutdown('write');
  expect((await peer.rest()).endsWith('\r\n\r\nearly')).toBe(true);
});
