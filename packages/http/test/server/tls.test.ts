import { connect as netConnect, createServer } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Handler, HttpRequest, ServerOptions } from '@wirestack/http';
import { authority, authorityPath, serverPem } from './certificates.ts';
import { gate, pump, serving, standstill, turnsUntil, type Served } from './harness.ts';
import { run } from './processes.ts';
import { get, post, type RawClient } from './raw-client.ts';

const tls = { ...serverPem, alpn: ['http/1.1'] };
const trusting = { tls: { ca: authority, servername: 'localhost', alpn: ['http/1.1'] } };

interface Secure extends Served {
  readonly port: number;
  peer(): Promise<RawClient>;
}

async function secure(handler: Handler, options: ServerOptions = {}): Promise<Secure> {
  const served = await serving(handler, { tls, ...options }, 'tls://127.0.0.1:0');
  const { address } = served.server;
  if (!('port' in address)) throw new Error('the server has no port');
  return { ...served, port: address.port, peer: () => served.client(trusting) };
}

const plain: Handler = ({ path }) => ({ status: 200, body: path });

test('a request over TLS tells what was agreed on, and is https', async () => {
  let seen: HttpRequest | undefined;
  const { peer } = await secure((request) => {
    seen = request;
    return { status: 200, body: request.scheme };
  });
  const one = await peer();
  await one.send(get('/', 'X: y\r\n'));
  expect((await one.answer()).body).toBe('https');
  expect(seen?.tls).toMatchObject({ protocol: 'TLSv1.3', alpn: 'http/1.1', servername: 'localhost' });
  expect(seen).toMatchObject({ clientAddress: '127.0.0.1', authority: 'a' });
});

test('without TLS a request has none, and is http', async () => {
  const { client } = await serving(({ scheme, tls: info }) => ({
    status: 200,
    body: `${scheme} ${typeof info}`,
  }));
  const one = await client();
  await one.send(get());
  expect((await one.answer()).body).toBe('http undefined');
});

test('tls:// without a certificate is refused', async () => {
  await expect(serving(plain, {}, 'tls://127.0.0.1:0')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});

test('requests follow each other over one connection, pipelined and one by one', async () => {
  const { peer, server } = await secure(plain);
  const one = await peer();
  await one.send(get('/1') + get('/2') + post('body', '', '/3'));
  expect((await one.answers(3)).map(({ body }) => body)).toEqual(['/1', '/2', '/3']);
  for (const path of ['/4', '/5']) {
    for (const byte of get(path)) await one.send(byte);
    expect((await one.answer()).body).toBe(path);
  }
  await one.send(get('/6', 'Connection: close\r\n'));
  expect((await one.answer()).body).toBe('/6');
  await one.ended();
  await one.stream.close();
  await turnsUntil(() => server.stats.connections === 0);
  expect(server.stats).toEqual({ connections: 0, requests: 6, dropped: 0 });
});

test('large bodies are whole, up and down, in every way a body is sent', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const bytes = Buffer.alloc(3_000_000);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31) >> 7;
  await writeFile(join(directory, 'file'), bytes);
  const { peer } = await secure(async (request) => {
    if (request.path === '/up') {
      return { status: 200, body: await request.bytes(5_000_000) };
    }
    if (request.path === '/whole') return { status: 200, body: bytes };
    if (request.path === '/pieces')
      return { status: 200, body: [bytes.subarray(0, 1000), bytes.subarray(1000)] };
    return { status: 200, body: { file: await open(join(directory, 'file')), length: bytes.length } };
  });
  const one = await peer();
  const expected = bytes.toString('latin1');
  for (const path of ['/whole', '/pieces', '/file']) {
    await one.send(get(path));
    expect((await one.answer()).body === expected).toBe(true);
  }
  void one.send(post(expected, '', '/up'));
  expect((await one.answer()).body === expected).toBe(true);
});

test('a body that its handler does not read is held up by back-pressure', async () => {
  const { opened, open: begin } = gate();
  const { peer, server } = await secure(async (request) => {
    await opened;
    return { status: 200, body: String((await request.bytes(40_000_000)).length) };
  });
  const one = await peer();
  await one.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20971520\r\n\r\n');
  const upload = pump(one, Buffer.alloc(65_536), 20_971_520);
  await turnsUntil(() => server.stats.requests === 1);
  expect(await standstill(() => upload.accepted)).toBeLessThan(15_000_000);
  begin();
  expect((await one.answer()).body).toBe('20971520');
});

test('an upgrade over TLS', async () => {
  const { peer } = await secure(() => ({
    status: 101,
    headers: [['Upgrade', 'echo']],
    upgrade: async (stream) => {
      for await (const chunk of stream) await stream.write(chunk);
    },
  }));
  const one = await peer();
  await one.send(`${get('/', 'Connection: Upgrade\r\nUpgrade: echo\r\n')}early`);
  expect((await one.answer()).status).toBe(101);
  await one.send(' late');
  await one.stream.shutdown('write');
  expect(await one.rest()).toBe('early late');
});

test('clients that leave in the handshake, at any length of it, are counted and harm nobody', async () => {
  const refused: unknown[] = [];
  const { peer, port, server } = await secure(plain, { onRefused: (error) => refused.push(error.code) });
  const hello = await clientHello();
  const lengths = [1, 2, 5, 6, 50, hello.length - 1, hello.length];
  for (const length of lengths) {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const socket = netConnect(port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      await new Promise((resolve) => socket.write(hello.subarray(0, length), resolve));
      await standstill(() => server.stats.dropped);
      socket[leave]();
    }
  }
  await turnsUntil(() => server.stats.dropped === 2 * lengths.length);
  expect(refused).toHaveLength(2 * lengths.length);
  expect(server.stats.connections).toBe(0);
  const one = await peer();
  await one.send(get('/on'));
  expect((await one.answer()).body).toBe('/on');
});

/** What a client says first: caught from one, by a server that is none. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const catcher = createServer((socket) => {
      socket.once('data', (bytes) => {
        resolve(bytes);
        socket.destroy();
        catcher.close();
      });
    });
    catcher.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = catcher.address() as { port: number };
      tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => undefined);
    });
  });
}

test('a request in clear, and a protocol that is not offered, do not get through the handshake', async () => {
  const { client, peer, server } = await secure(plain);
  const clear = await client();
  await clear.send(get());
  expect(await clear.untilCut()).not.toContain('HTTP/1.1');
  await expect(client({ tls: { ...trusting.tls, alpn: ['h2'] } })).rejects.toMatchObject({ code: 'TLS' });
  await turnsUntil(() => server.stats.dropped === 2);
  const one = await peer();
  await one.send(get('/on'));
  expect((await one.answer()).body).toBe('/on');
});

test('clients that leave in the midst of a request or an answer leave nothing behind', async () => {
  const { peer, server, errors } = await secure(async (request) => {
    await request.text().catch(() => undefined);
    return { status: 200, body: ['x'.repeat(3_000_000)] };
  });
  const bytes = post('body');
  for (const length of [1, 20, bytes.length - 2, bytes.length]) {
    for (const leave of [
      (one: RawClient) => one.stream.abort(),
      (one: RawClient) => void one.stream.close(),
    ]) {
      const one = await peer();
      await one.send(bytes.slice(0, length));
      if (length === bytes.length) await one.take(100_000);
      leave(one);
    }
  }
  await turnsUntil(() => server.stats.connections === 0);
  expect(errors).toEqual([]);
});

test('drain() ends an idle connection in order', async () => {
  const { peer, server } = await secure(plain);
  const one = await peer();
  await one.send(get());
  await one.answer();
  await Promise.all([server.drain(), one.ended().then(() => one.stream.close())]);
  expect(server.stats.connections).toBe(0);
});

test('curl over https: the certificate is verified, the connection kept, a large upload taken', async () => {
  const { port } = await secure(async (request) => ({
    status: 200,
    body: `${request.scheme} ${request.path} ${String((await request.bytes(9_000_000)).length)}\n`,
  }));
  const base = `https://localhost:${String(port)}`;
  const common = ['-q', '-sS', '--max-time', '50', '--resolve', `localhost:${String(port)}:127.0.0.1`];
  const told = await run(
    'curl',
    [...common, '--cacert', authorityPath, '-w', '%{http_version} %{num_connects}\n', '-H', 'Expect:']
      .concat(['--data-binary', '@-', `${base}/1`, '--next'])
      .concat([...common, '--cacert', authorityPath, '-w', '%{http_version} %{num_connects}\n', `${base}/2`]),
    'x'.repeat(5_000_000),
  );
  expect(told).toBe('https /1 5000000\n1.1 1\nhttps /2 0\n1.1 0\n');
  await expect(run('curl', [...common, `${base}/`])).rejects.toThrow('curl ended with 60');
});
