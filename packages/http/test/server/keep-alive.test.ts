import { expect, test } from 'vitest';
import { serving, ManualClock, turnsUntil } from './harness.ts';
import { field, get, post } from './raw-client.ts';

const ok = { status: 200, body: 'ok' };

test('a connection of HTTP/1.1 serves one request after the other', async () => {
  const { server, client } = await serving((request) => ({ status: 200, body: request.target }));
  const peer = await client();
  for (const target of ['/one', '/two', '/three']) {
    await peer.send(get(target));
    const answer = await peer.answer();
    expect(answer.body).toBe(target);
    expect(field(answer.head, 'Connection')).toBeUndefined();
  }
  expect(server.stats).toEqual({ connections: 1, requests: 3, dropped: 0 });
});

test('a request gives its parts to the handler', async () => {
  const { client } = await serving((request) => ({
    status: 200,
    body: JSON.stringify([
      request.method,
      request.target,
      request.path,
      request.query,
      request.version,
      request.headers.get('X-A'),
      request.remoteAddress.family,
      request.localAddress.family,
    ]),
  }));
  const peer = await client();
  const rows = [
    ['/a%20b?c=d?e', '/a%20b', 'c=d?e'],
    ['http://a/x/?y', '/x/', 'y'],
    ['http://a?y', '/', 'y'],
    ['http://a', '/', ''],
  ];
  for (const [target = '', path, query] of rows) {
    await peer.send(get(target, 'X-A: 1\r\nx-a: 2\r\n'));
    const parts: unknown = JSON.parse((await peer.answer()).body);
    expect(parts).toEqual(['GET', target, path, query, '1.1', '1, 2', 'ipv4', 'ipv4']);
  }
});

test('`OPTIONS *` has the path `*`', async () => {
  const { client } = await serving((request) => ({ status: 200, body: `${request.path}|${request.query}` }));
  const peer = await client();
  await peer.send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
  expect((await peer.answer()).body).toBe('*|');
});

test('a request with Connection: close gets the last answer, and nothing behind it is read', async () => {
  const { server, client } = await serving(() => ok);
  const peer = await client();
  await peer.send(get('/', 'Connection: close\r\n') + get('/second'));
  const answer = await peer.answer();
  expect(field(answer.head, 'Connection')).toBe('close');
  expect(await peer.rest()).toBe('');
  expect(server.stats.requests).toBe(1);
});

test('an answer with Connection: close ends the connection, whichever way the body goes', async () => {
  for (const body of ['text', [Buffer.from('pie'), 'ce']]) {
    const { client } = await serving(() => ({ status: 200, headers: [['connection', 'close']], body }));
    const peer = await client();
    await peer.send(get() + get());
    const answer = await peer.answer();
    expect(field(answer.head, 'Connection')).toBe('close');
    expect(answer.body).toBe(typeof body === 'string' ? 'text' : 'piece');
    expect(await peer.rest()).toBe('');
  }
});

test('HTTP/1.0 ends after the answer, unless it asks for keep-alive', async () => {
  const { server, client } = await serving(() => ok);
  const once = await client();
  await once.send('GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n');
  const answer = await once.answer();
  expect(field(answer.head, 'Connection')).toBe('close');
  expect(await once.rest()).toBe('');

  const kept = await client();
  for (let i = 0; i < 2; i++) {
    await kept.send('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n');
    expect(field((await kept.answer()).head, 'Connection')).toBe('keep-alive');
  }
  expect(server.stats.requests).toBe(3);
});

test('HTTP/1.0 gets a body of unknown length until the end of the connection, keep-alive or not', async () => {
  const { client } = await serving(() => ({ status: 200, body: ['a', 'b'] }));
  const peer = await client();
  await peer.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  const answer = await peer.answer();
  expect(field(answer.head, 'Transfer-Encoding')).toBeUndefined();
  expect(field(answer.head, 'Connection')).toBe('close');
  expect(answer.body).toBe('ab');
});

test('HEAD gets the head of the GET, and no body', async () => {
  const { client } = await serving(({ path }) => ({
    status: 200,
    body: path === '/text' ? 'hello' : ['hel', 'lo'],
  }));
  const peer = await client();
  await peer.send(
    'HEAD /text HTTP/1.1\r\nHost: a\r\n\r\nHEAD /pieces HTTP/1.1\r\nHost: a\r\n\r\n' + get('/text'),
  );
  expect(field((await peer.answer('HEAD')).head, 'Content-Length')).toBe('5');
  expect(field((await peer.answer('HEAD')).head, 'Transfer-Encoding')).toBe('chunked');
  expect((await peer.answer()).body).toBe('hello');
});

test('204 and 304 have no body, whatever the handler gives', async () => {
  const { client } = await serving(({ path }) => ({
    status: Number(path.slice(1, 4)),
    headers: path.endsWith('l') ? [['Content-Length', '7']] : [],
    body: path.includes('p') ? ['a', 'b'] : 'text',
  }));
  const peer = await client();
  for (const target of ['/204', '/204p', '/304', '/304p', '/304pl']) {
    await peer.send(get(target));
    const { head } = await peer.answer();
    expect(field(head, 'Content-Length')).toBe(target.endsWith('l') ? '7' : undefined);
    expect(field(head, 'Transfer-Encoding')).toBeUndefined();
  }
  await peer.send(get('/200'));
  expect((await peer.answer()).body).toBe('text');
});

test('Date is the time of the last tick, and the one of the handler where it gives one', async () => {
  const clock = new ManualClock();
  const { client } = await serving(
    ({ path }) => ({
      status: 200,
      headers: path === '/own' ? [['date', 'Thu, 01 Jan 1970 00:00:00 GMT']] : [],
    }),
    { clock },
  );
  const peer = await client();
  const date = async (path = '/'): Promise<string | undefined> => {
    await peer.send(get(path));
    return field((await peer.answer()).head, 'Date');
  };
  expect(await date()).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
  clock.pass(2);
  expect(await date()).toBe('Thu, 01 Jan 2026 00:00:02 GMT');
  expect(await date('/own')).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
  await peer.send('no request\r\n\r\n');
  expect(field((await peer.answer()).head, 'Date')).toBe('Thu, 01 Jan 2026 00:00:02 GMT');
});

test('the reason is the registered phrase, or the one of the handler', async () => {
  const { client } = await serving(({ path }) =>
    path === '/own' ? { status: 404, reason: 'Gone fishing' } : { status: 404 },
  );
  const peer = await client();
  await peer.send(get('/') + get('/own'));
  expect((await peer.answer()).head).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  expect((await peer.answer()).head).toMatch(/^HTTP\/1\.1 404 Gone fishing\r\n/);
});

test('a client that half-closes gets the answers to all it sent, sync and async, then FIN', async () => {
  for (const wait of [false, true]) {
    const { server, client } = await serving((request) => {
      const response = { status: 200, body: request.target };
      return wait ? Promise.resolve(response) : response;
    });
    const peer = await client();
    await peer.send(get('/1') + post('body', '', '/2') + get('/3'));
    await peer.stream.shutdown('write');
    expect((await peer.answers(3)).map(({ body }) => body)).toEqual(['/1', '/2', '/3']);
    expect(await peer.rest()).toBe('');
    await turnsUntil(() => server.stats.connections === 0);
  }
});

test('a client that half-closes without a request is closed in turn', async () => {
  const { server, client } = await serving(() => ok);
  const peer = await client();
  await peer.stream.shutdown('write');
  expect(await peer.rest()).toBe('');
  await turnsUntil(() => server.stats.connections === 0);
});
