import { describe, expect, test } from 'vitest';
import { gate, serving, turn, turnsUntil } from './harness.ts';
import { field, get, post } from './raw-client.ts';

/** What an attacker would have read as a second request. */
const smuggled = get('/smuggled');
const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

const faults: [string, string, number][] = [
  [
    'Transfer-Encoding and Content-Length',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\nabc', 400],
  ['a length with a sign', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello', 400],
  [
    'a length beyond all numbers',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\nhello',
    400,
  ],
  ['xchunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', 400],
  [
    'a coding besides chunked',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    501,
  ],
  ['chunked on HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['a chunk size of 0x5', `${chunked}0x5\r\nhello\r\n0\r\n\r\n`, 400],
  ['a chunk longer than its size', `${chunked}3\r\nhello\r\n0\r\n\r\n`, 400],
  ['a bare LF behind a chunk size', `${chunked}5\nhello\r\n0\r\n\r\n`, 400],
  ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', 400],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello', 400],
  ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n', 400],
  ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', 400],
  ['NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400],
  ['a fragment in the target', 'GET /#x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['HTTP/0.9', 'GET /\r\n', 400],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['a method in lower case', 'get / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
  ['a method without end', `${'A'.repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`, 501],
  ['a target too long', `GET /${'x'.repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ['a head too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(16_384)}\r\n\r\n`, 431],
  ['too many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(100)}\r\n`, 431],
  ['chunk extensions too large', `${chunked}1;${'x'.repeat(5000)}\r\na\r\n0\r\n\r\n`, 413],
  ['trailers too large', `${chunked}0\r\nX: ${'x'.repeat(9000)}\r\n\r\n`, 431],
];

describe.each(faults)('%s', (_name, bytes, status) => {
  test('is answered once, then FIN; the rest is no second request', async () => {
    const targets: string[] = [];
    const { client } = await serving(async (request) => {
      targets.push(request.target);
      return { status: 200, body: await request.text() };
    });
    const peer = await client();
    await peer.send(bytes + smuggled);
    const answer = await peer.answer();
    expect(answer.status).toBe(status);
    expect(field(answer.head, 'Connection')).toBe('close');
    expect(field(answer.head, 'Date')).toBeDefined();
    expect(field(answer.head, 'Content-Type')).toBe('text/plain; charset=utf-8');
    expect(await peer.rest()).toBe('');
    await peer.send(smuggled).catch(() => undefined);
    await turn();
    expect(targets.filter((target) => target !== '/')).toEqual([]);
  });

  test('is answered after the requests before it, and in full', async () => {
    const { opened, open } = gate();
    const large = 'x'.repeat(300_000);
    const { client, server } = await serving(async (request) => {
      if (request.path === '/1') await opened;
      return { status: 200, body: request.path === '/2' ? [large] : request.path };
    });
    const peer = await client();
    await peer.send(get('/1') + get('/2') + get('/3') + bytes + smuggled);
    await turnsUntil(() => server.stats.requests >= 3);
    await turn();
    open();
    const answers = await peer.answers(3);
    expect(answers.map(({ body }) => body.length)).toEqual([2, large.length, 2]);
    const refused = await peer.answer();
    expect(refused.status).toBe(status);
    expect(await peer.rest()).toBe('');
  });
});

test('a HEAD whose body breaks is answered without a body', async () => {
  const { client } = await serving(async (request) => ({ status: 200, body: await request.text() }));
  const peer = await client();
  await peer.send(`${chunked.replace('POST', 'HEAD')}x`);
  expect((await peer.answer('HEAD')).status).toBe(400);
  expect(await peer.rest()).toBe('');
});

test('a body that breaks while its answer is sent cuts that answer off, for nothing else may follow', async () => {
  const { client, server } = await serving(({ signal }) => ({
    status: 200,
    body: (async function* () {
      yield 'begun';
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    })(),
  }));
  const peer = await client();
  await peer.send(chunked);
  await peer.take('HTTP/1.1 200 OK'.length);
  await peer.send('broken');
  expect(await peer.untilCut()).not.toContain('0\r\n\r\n');
  await turnsUntil(() => server.stats.connections === 0);
});

test('a body that breaks behind its answer ends the connection without a second answer', async () => {
  const { client, server } = await serving(() => ({ status: 200, body: 'done' }));
  const peer = await client();
  await peer.send(chunked);
  expect((await peer.answer()).body).toBe('done');
  await peer.send(`broken\r\n${smuggled}`);
  expect(await peer.rest()).toBe('');
  expect(server.stats.requests).toBe(1);
});

test('nothing behind an error is read, however much comes', async () => {
  const { client, server } = await serving(() => ({ status: 200 }));
  const peer = await client();
  await peer.send('nonsense\r\n');
  for (let i = 0; i < 50; i++) await peer.send(get() + post('x')).catch(() => undefined);
  expect((await peer.answer()).status).toBe(400);
  expect(server.stats.requests).toBe(0);
});
