import { expect, test } from 'vitest';
import type { HttpRequest } from '@wirestack/http';
import { gate, ManualClock, pump, serving, standstill, turnsUntil } from './harness.ts';
import { field, get, post, postChunks } from './raw-client.ts';

const refuse = { status: 403, body: 'no' };

test('a short body that nobody reads is drained, and the connection used again', async () => {
  const { server, client } = await serving(() => refuse);
  const peer = await client();
  for (const length of [2, 65_536, 262_144]) {
    void peer.send(
      post('x'.repeat(length)) + postChunks(['x'.repeat(length / 2), 'x'.repeat(length / 2)]) + get(),
    );
    for (const answer of await peer.answers(3)) expect(field(answer.head, 'Connection')).toBeUndefined();
  }
  expect(server.stats).toMatchObject({ connections: 1, requests: 9 });
});

test('a long one ends the connection: the answer says so, FIN follows, and the rest is no second request', async () => {
  const { server, client } = await serving(() => refuse);
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 262145\r\n\r\n' + get('/smuggled'));
  const answer = await peer.answer();
  expect(answer.status).toBe(403);
  expect(field(answer.head, 'Connection')).toBe('close');
  expect(await peer.rest()).toBe('');
  expect(server.stats.requests).toBe(1);
});

test('a body in chunks that turns out long is ended by FIN, not by a reset that may take the answer with it', async () => {
  const { server, client } = await serving(() => refuse);
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 'x'), Buffer.from('\r\n')]);
  await pump(peer, chunk, 6 * chunk.length).done;
  await peer.send('0\r\n\r\n' + get('/second'));
  expect(await peer.ending()).toBe('FIN');
  expect(server.stats.requests).toBe(1);
});

test('the answer to an unread body never goes to the request behind it', async () => {
  const { opened, open } = gate();
  const { server, client } = await serving((request) =>
    request.method === 'GET'
      ? { status: 200, body: 'second' }
      : opened.then(() => ({ status: 200, body: 'first' })),
  );
  const peer = await client();
  // More than is held for a reader, so that the connection waits inside the body; the GET is in the bytes that wait.
  const body = 'x'.repeat(100_000);
  const bytes = Buffer.from(post(body) + get());
  await peer.send(bytes.subarray(0, 60_000));
  await turnsUntil(() => server.stats.requests === 1);
  await standstill(() => 0);
  await peer.send(bytes.subarray(60_000));
  await standstill(() => 0);
  open();
  expect((await peer.answers(2)).map((answer) => answer.body)).toEqual(['first', 'second']);
});

test.each([
  [
    'breaks out of its loop',
    async (request: HttpRequest) => {
      for await (const chunk of request.body) if (chunk.length > 0) break;
      return { status: 200, body: 'enough' };
    },
  ],
  [
    'catches the limit',
    (request: HttpRequest) =>
      request.text(10).then(
        (body) => ({ status: 200, body }),
        () => ({ status: 200, body: 'enough' }),
      ),
  ],
])('a handler that %s leaves a connection that goes on', async (_name, handler) => {
  const { client } = await serving(handler);
  const peer = await client();
  void peer.send(post('x'.repeat(250_000)) + get());
  expect((await peer.answers(2)).map(({ body }) => body)).toEqual(['enough', expect.any(String)]);
});

test('who begins to read after the answer is told that the body is gone', async () => {
  const { opened, open } = gate();
  let late: Promise<string> | undefined;
  const { client } = await serving((request) => {
    late = opened.then(() => request.text());
    return { status: 200 };
  });
  const peer = await client();
  await peer.send(post('x'));
  await peer.answer();
  open();
  await expect(late).rejects.toMatchObject({ code: 'BODY_USED' });
});

test('a client that still sends reads the 413 first', async () => {
  const { server, client } = await serving(() => refuse, { maxBodyBytes: 1000 });
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n');
  await pump(peer, Buffer.alloc(65_536, 'x'), 900_000).done;
  // It has written all of it before it reads: closing at once would have reset the connection.
  expect((await peer.answer()).status).toBe(413);
  expect(await peer.rest()).toBe('');
  await peer.stream.close();
  await turnsUntil(() => server.stats.connections === 0);
});

test('a client that sends on and does not read is held up, then reset', async () => {
  const clock = new ManualClock();
  const { server, client } = await serving(() => refuse, { maxBodyBytes: 1000, clock });
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99000000\r\n\r\n');
  const upload = pump(peer, Buffer.alloc(65_536, 'x'), 99_000_000);
  expect(await standstill(() => upload.accepted)).toBeLessThan(50_000_000);
  clock.pass(3);
  await expect(upload.done).rejects.toMatchObject({
    code: expect.stringMatching(/RESET|PEER_CLOSED/) as string,
  });
  await turnsUntil(() => server.stats.connections === 0);
  expect(server.stats.requests).toBe(0);
});
