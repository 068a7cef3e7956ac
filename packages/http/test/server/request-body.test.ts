import { expect, test } from 'vitest';
import { HttpProtocolError, type HttpRequest } from '@wirestack/http';
import { gate, pump, serving, standstill, turn, turnsUntil } from './harness.ts';
import { field, get, post, postChunks } from './raw-client.ts';

async function echo(request: HttpRequest): Promise<{ status: number; body: Uint8Array }> {
  return { status: 200, body: await request.bytes() };
}

test('a body by Content-Length and one in chunks are read alike, and the connection goes on', async () => {
  const { client } = await serving(echo);
  const peer = await client();
  await peer.send(
    post('hello') + postChunks(['he', 'l', 'lo']) + post('') + get() + postChunks([]) + post('last'),
  );
  expect((await peer.answers(6)).map(({ body }) => body)).toEqual(['hello', 'hello', '', '', '', 'last']);
});

test('text is UTF-8, json is parsed, and what is no JSON is the handler’s to answer for', async () => {
  const { client, errors } = await serving(async (request) => {
    if (request.path === '/text') return { status: 200, body: await request.text() };
    return { status: 200, body: JSON.stringify({ got: await request.json() }) };
  });
  const peer = await client();
  const utf8 = Buffer.from('grüße, 世界').toString('latin1');
  await peer.send(post(utf8, '', '/text') + post(`{"a":["${utf8}"]}`, '', '/json') + post('{', '', '/json'));
  expect((await peer.answer()).body).toBe(utf8);
  expect((await peer.answer()).body).toBe(`{"got":{"a":["${utf8}"]}}`);
  expect((await peer.answer()).status).toBe(500);
  expect(errors.splice(0)).toEqual([expect.any(SyntaxError)]);
});

test('the limit of text, json and bytes is answered with 413', async () => {
  const { client } = await serving(async (request) => {
    const limit = Number(request.query || 4);
    if (request.path === '/text') await request.text(limit);
    else if (request.path === '/json') await request.json(limit);
    else await request.bytes(limit);
    return { status: 200 };
  });
  for (const path of ['/text', '/json', '/bytes']) {
    const within = await client();
    await within.send(post('1234', '', path));
    expect((await within.answer()).status).toBe(200);
    for (const request of [post('12345', '', path), postChunks(['123', '45'], '', path)]) {
      const peer = await client();
      await peer.send(request + get());
      const answer = await peer.answer();
      expect(answer.status).toBe(413);
      expect(field(answer.head, 'Connection')).toBe('close');
      expect(await peer.rest()).toBe('');
    }
  }
});

test('the default limit is 1 MiB', async () => {
  const { client } = await serving(echo);
  for (const [length, status] of [
    [1_048_576, 200],
    [1_048_577, 413],
  ] as const) {
    const peer = await client();
    void peer.send(post('x'.repeat(length)));
    expect((await peer.answer()).status).toBe(status);
  }
});

test('maxBodyBytes is answered with 413: by the head where it says so, else at the chunk', async () => {
  const reasons: unknown[] = [];
  const { client, server } = await serving(
    (request) =>
      request.bytes().then(
        (body) => ({ status: 200, body }),
        (error: unknown) => (reasons.push(error), { status: 200 }),
      ),
    { maxBodyBytes: 10 },
  );
  const peer = await client();
  await peer.send(post('x'.repeat(10)) + postChunks(['12345', '67890']) + post('x'.repeat(11)));
  expect((await peer.answers(3)).map(({ status }) => status)).toEqual([200, 200, 413]);
  expect(await peer.rest()).toBe('');
  expect(server.stats.requests).toBe(2);

  const chunks = await client();
  await chunks.send(postChunks(['12345', '678901']));
  expect((await chunks.answer()).status).toBe(413);
  expect(await chunks.rest()).toBe('');
  expect(reasons).toEqual([expect.objectContaining({ code: 'BODY_TOO_LARGE' })]);
});

test('trailers are there once the body is read, and forbidden ones end the connection', async () => {
  const { client } = await serving(async (request) => {
    const before = request.body.trailers;
    await request.bytes();
    return { status: 200, body: JSON.stringify([before ?? null, [...(request.body.trailers ?? [])]]) };
  });
  const peer = await client();
  await peer.send(
    postChunks(['x'], 'X-Sum: 1\r\nX-Sum: 2\r\n') +
      postChunks(['x']) +
      postChunks(['x'], 'Content-Length: 3\r\n'),
  );
  expect((await peer.answer()).body).toBe('[null,[["X-Sum","1"],["X-Sum","2"]]]');
  expect((await peer.answer()).body).toBe('[null,[]]');
  expect((await peer.answer()).status).toBe(400);
  expect(await peer.rest()).toBe('');
});

test('the body is an async iterable that gives bytes as they come', async () => {
  const { client } = await serving((request) => ({
    status: 200,
    // The answer is made while the request is still arriving.
    body: (async function* () {
      for await (const chunk of request.body) yield `<${Buffer.from(chunk).toString()}>`;
    })(),
  }));
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab');
  expect(await peer.take('HTTP/1.1 200 OK'.length)).toBe('HTTP/1.1 200 OK');
  await turn();
  await peer.send('cd');
  await turn();
  await peer.send('ef' + get());
  const rest = await peer.answer().then(({ body }) => body);
  expect(rest.replaceAll('><', '')).toBe('<abcdef>');
  expect((await peer.answer()).status).toBe(200);
});

test('the body itself may be the body of the answer', async () => {
  const { client } = await serving((request) => ({ status: 200, body: request.body }));
  const peer = await client();
  const large = 'x'.repeat(600_000);
  void peer.send(post('small') + post(large) + post('after'));
  expect((await peer.answers(2)).map(({ body }) => body.length)).toEqual([5, large.length]);
  expect((await peer.answer()).body).toBe('after');
});

test('a body is read once, and reads are one at a time', async () => {
  const codes: unknown[] = [];
  const { client } = await serving(async (request) => {
    const code = (error: unknown): void => void codes.push((error as HttpProtocolError).code);
    await request.text();
    await request.text().catch(code);
    return { status: 200 };
  });
  const peer = await client();
  await peer.send(post('x'));
  expect((await peer.answer()).status).toBe(200);
  expect(codes).toEqual(['BODY_USED']);
});

test('an upload to a handler that does not read stops at the client', async () => {
  const total = 20 * 1024 * 1024;
  const { opened, open } = gate();
  let received = 0;
  const { client } = await serving(async (request) => {
    for await (const chunk of request.body) {
      received += chunk.length;
      if (received === chunk.length) await opened;
    }
    return { status: 200, body: String(received) };
  });
  const peer = await client();
  await peer.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(total)}\r\n\r\n`);
  const upload = pump(peer, Buffer.alloc(65_536, 'x'), total);
  // What the kernel's buffers of both ends hold, and one high-water mark of ours.
  expect(await standstill(() => upload.accepted)).toBeLessThan(total / 2);
  expect(peer.stream.needsDrain).toBe(true);
  expect(received).toBeLessThanOrEqual(65_536);
  open();
  expect((await peer.answer()).body).toBe(String(total));
  expect(upload.accepted).toBe(total);
});

test('a body in tiny chunks is held back long before its bookkeeping outgrows it', async () => {
  // It neither reads nor answers while the client is there.
  const { client } = await serving(
    ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ status: 200 }));
      }),
  );
  const peer = await client();
  const chunks = Buffer.from('1\r\nx\r\n'.repeat(10_000));
  await peer.send('PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const before = process.memoryUsage().heapUsed;
  const upload = pump(peer, chunks, 400 * chunks.length);
  await standstill(() => upload.accepted);
  expect(peer.stream.needsDrain).toBe(true);
  // 65,536 views of one byte would take more than 10 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(6_000_000);
  peer.stream.abort();
});

test('reading rejects where the client ends inside the body', async () => {
  const reasons: unknown[] = [];
  const { client } = await serving(async (request) => {
    await request.bytes().catch((error: unknown) => reasons.push(error));
    return { status: 200 };
  });
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  await turn();
  await peer.stream.shutdown('write');
  expect((await peer.answer()).status).toBe(400);
  expect(await peer.rest()).toBe('');
  expect(reasons).toEqual([expect.objectContaining({ code: 'TRUNCATED' })]);
  expect(reasons[0]).toBeInstanceOf(HttpProtocolError);
});

test('reading rejects where the body breaks the protocol', async () => {
  const reasons: unknown[] = [];
  const { client, server } = await serving(async (request) => {
    await request.bytes().catch((error: unknown) => reasons.push(error));
    return { status: 200 };
  });
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n' + get());
  expect((await peer.answer()).status).toBe(400);
  expect(await peer.rest()).toBe('');
  expect(server.stats.requests).toBe(1);
  await turnsUntil(() => reasons.length > 0);
  expect(reasons).toEqual([expect.objectContaining({ code: 'BAD_CHUNK' })]);
});
