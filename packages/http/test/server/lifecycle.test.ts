import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createServer, HttpUsageError } from '@wirestack/http';
import { connect } from '@wirestack/socket';
import { gate, ManualClock, serving, standstill, turn, turnsUntil } from './harness.ts';
import { field, get, post, RawClient } from './raw-client.ts';

const ok = { status: 200, body: 'ok' };

test('drain closes idle connections at once, with FIN', async () => {
  const { client, server } = await serving(() => ok);
  const idle = [await client(), await client()];
  await idle[0]!.send(get());
  await idle[0]!.answer();
  await turnsUntil(() => server.stats.connections === 2);
  const drained = server.drain();
  for (const peer of idle) {
    expect(await peer.rest()).toBe('');
    await peer.stream.close();
  }
  await drained;
  expect(server.stats.connections).toBe(0);
  await expect(connect(server.address)).rejects.toMatchObject({ code: 'REFUSED' });
});

test('drain waits for what is in work, and answers it with Connection: close', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(async (request) => {
    await opened;
    return { status: 200, body: request.path + (await request.text()) };
  });
  const [pipelining, uploading] = [await client(), await client()];
  await pipelining.send(get('/1') + get('/2'));
  await uploading.send('POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo');
  await turnsUntil(() => server.stats.requests === 3);
  let isDrained = false;
  const drained = server.drain().then(() => (isDrained = true));
  await standstill(() => Number(isDrained));
  expect(isDrained).toBe(false);
  open();
  const answers = await pipelining.answers(2);
  expect(answers.map(({ body }) => body)).toEqual(['/1', '/2']);
  expect(answers.map(({ head }) => field(head, 'Connection'))).toEqual([undefined, 'close']);
  expect(await pipelining.rest()).toBe('');
  await uploading.send('dy' + get('/late'));
  const upload = await uploading.answer();
  expect(upload.body).toBe('/3body');
  expect(field(upload.head, 'Connection')).toBe('close');
  expect(await uploading.rest()).toBe('');
  await Promise.all([pipelining.stream.close(), uploading.stream.close()]);
  await drained;
  expect(server.stats).toMatchObject({ connections: 0, requests: 3 });
});

test('drain serves a request whose head has begun', async () => {
  const { client, server } = await serving(() => ok);
  const peer = await client();
  const request = get();
  await peer.send(request.slice(0, 10));
  await turnsUntil(() => server.stats.connections === 1);
  await standstill(() => 0);
  const drained = server.drain();
  await turn();
  await peer.send(request.slice(10) + get());
  const answer = await peer.answer();
  expect(answer.body).toBe('ok');
  expect(field(answer.head, 'Connection')).toBe('close');
  expect(await peer.rest()).toBe('');
  await peer.stream.close();
  await drained;
  expect(server.stats.requests).toBe(1);
});

test('drain lets a body in pieces come to its end', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(() => ({
    status: 200,
    body: (async function* () {
      yield 'begun, ';
      await opened;
      yield 'ended';
    })(),
  }));
  const peer = await client();
  await peer.send(get());
  const answer = peer.answer();
  await turnsUntil(() => server.stats.requests === 1);
  await turn();
  const drained = server.drain();
  open();
  expect((await answer).body).toBe('begun, ended');
  expect(await peer.rest()).toBe('');
  await peer.stream.close();
  await drained;
});

test('what the deadline finds is aborted, whichever way it comes', async () => {
  for (const how of ['signal', 'timeoutMs'] as const) {
    const signals: AbortSignal[] = [];
    const { client, server } = await serving(({ signal }) => {
      signals.push(signal);
      return new Promise<never>(() => undefined);
    });
    const peer = await client();
    await peer.send(get());
    await turnsUntil(() => server.stats.requests === 1);
    await server.drain(how === 'signal' ? { signal: AbortSignal.abort() } : { timeoutMs: 1 });
    expect(server.stats.connections).toBe(0);
    expect(await peer.ending()).toBe('RESET');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  }
});

test('drains beside each other all come to an end, and close() ends them', async () => {
  const { client, server } = await serving(() => new Promise<never>(() => undefined));
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  const drains = [server.drain({}), server.drain({})];
  await turn();
  await server.close();
  await Promise.all(drains);
  expect(server.stats.connections).toBe(0);
});

test('a deadline that is no duration is refused', async () => {
  const { client, server } = await serving(() => ok);
  await client();
  await turnsUntil(() => server.stats.connections === 1);
  await expect(server.drain({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});

test('close aborts every connection and stops the clock', async () => {
  const clock = new ManualClock();
  const { client, server } = await serving(() => new Promise<never>(() => undefined), { clock });
  const peers = [await client(), await client()];
  await peers[0]!.send(get());
  await turnsUntil(() => server.stats.connections === 2 && server.stats.requests === 1);
  expect(clock.isStopped).toBe(false);
  await server.close();
  expect(server.stats.connections).toBe(0);
  expect(clock.isStopped).toBe(true);
  for (const peer of peers) expect(await peer.ending()).toBe('RESET');
  await server.close();
});

test('`await using` closes', async () => {
  const server = createServer(() => ok);
  await server.listen('127.0.0.1:0');
  const { address } = server;
  await server[Symbol.asyncDispose]();
  await expect(connect(address)).rejects.toMatchObject({ code: 'REFUSED' });
});

test('a server listens once, and has no address before', async () => {
  const server = createServer(() => ok);
  expect(() => server.address).toThrow(HttpUsageError);
  expect(server.stats).toEqual({ connections: 0, requests: 0, dropped: 0 });
  await server.listen('127.0.0.1:0');
  onTestFinished(() => server.close());
  await expect(server.listen('127.0.0.1:0')).rejects.toMatchObject({
    name: 'HttpUsageError',
    code: 'BAD_STATE',
  });
});

test('a listen that failed may be tried again', async () => {
  const { server: other } = await serving(() => ok);
  const server = createServer(() => ok);
  onTestFinished(() => server.close());
  await expect(server.listen(other.address)).rejects.toMatchObject({ code: 'IN_USE' });
  await server.listen('127.0.0.1:0');
  expect(server.address).toMatchObject({ family: 'ipv4' });
});

test('it serves a Unix path, with the permission bits asked for', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'http.sock');
  const server = createServer(({ remoteAddress }) => ({ status: 200, body: remoteAddress.family }), {
    mode: 0o600,
  });
  onTestFinished(() => server.close());
  await server.listen(`unix:${path}`);
  expect(server.address).toEqual({ family: 'unix', path });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const peer = await RawClient.to(server.address);
  await peer.send(get() + post('body'));
  expect((await peer.answers(2)).map(({ body }) => body)).toEqual(['unix', 'unix']);
  await peer.stream.close();
  await turnsUntil(() => server.stats.connections === 0);
});

test('one connection above maxConnections is dropped and counted, and there is room again when one leaves', async () => {
  const { client, server } = await serving(() => ok, { maxConnections: 2 });
  const peers = [await client(), await client()];
  await turnsUntil(() => server.stats.connections === 2);
  const third = await client();
  expect(await third.rest().catch(() => '')).toBe('');
  expect(server.stats).toEqual({ connections: 2, requests: 0, dropped: 1 });
  for (const peer of peers) {
    await peer.send(get());
    expect((await peer.answer()).body).toBe('ok');
  }
  await peers[0]!.stream.close();
  await turnsUntil(() => server.stats.connections === 1);
  const fourth = await client();
  await fourth.send(get());
  expect((await fourth.answer()).body).toBe('ok');
});
