import { SocketError } from '@wirestack/socket';
import { expect, test } from 'vitest';
import { HttpProtocolError, HttpUsageError, type HttpRequest, type HttpResponse } from '@wirestack/http';
import { gate, pump, serving, standstill, turn, turnsUntil } from './harness.ts';
import { get, post, postChunks } from './raw-client.ts';

async function echo(request: HttpRequest): Promise<HttpResponse> {
  return { status: 200, body: `${request.target} ${await request.text()}` };
}

function code(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

const expecting = 'Expect: 100-continue\r\n';
const megabyte = Buffer.alloc(1_048_576, 'm');

test('a body arrives whole, with Content-Length or in chunks, and the next request is read behind it', async () => {
  const { client } = await serving(echo);
  const peer = await client();
  await peer.send(
    post('one', '', '/1') +
      postChunks(['t', 'wo', '!'], '', '/2') +
      post('', '', '/3') +
      postChunks([], '', '/4') +
      get('/5'),
  );
  expect((await peer.answers(5)).map(({ body }) => body)).toEqual(['/1 one', '/2 two!', '/3 ', '/4 ', '/5 ']);
});

test('a body arrives whole wherever it is cut', async () => {
  const { client } = await serving(echo);
  const peer = await client();
  for (const message of [post('body', '', '/'), postChunks(['bo', 'dy'], 'T: 1\r\n', '/')]) {
    for (let cut = 1; cut < message.length; cut++) {
      await peer.send(message.slice(0, cut));
      await turn();
      await peer.send(message.slice(cut));
      expect((await peer.response()).body).toBe('/ body');
    }
  }
});

test('text is UTF-8, bytes are as they came, and json is parsed', async () => {
  const seen: unknown[] = [];
  const { client } = await serving(async (request) => {
    if (request.path === '/text') seen.push(await request.text());
    else if (request.path === '/bytes') seen.push(Array.from(await request.bytes()));
    else seen.push(await request.json());
    return { status: 204 };
  });
  const peer = await client();
  const json = Buffer.from('{"a":["é",1]}').toString('latin1');
  await peer.send(
    post('\xc3\xa9', '', '/text') + post('\x00\xff\x80', '', '/bytes') + postChunks([json], '', '/json'),
  );
  expect((await peer.answers(3)).map(({ status }) => status)).toEqual([204, 204, 204]);
  expect(seen).toEqual(['é', [0, 255, 128], { a: ['é', 1] }]);
});

test('what is no JSON is a SyntaxError of the handler', async () => {
  const { client, errors } = await serving(async (request) => ({
    status: 200,
    body: typeof (await request.json()),
  }));
  const peer = await client();
  await peer.send(post('{') + post('{}'));
  expect((await peer.answers(2)).map(({ status }) => status)).toEqual([500, 200]);
  expect(errors.splice(0)).toEqual([expect.any(SyntaxError)]);
});

test.each(['text', 'json', 'bytes'] as const)(
  '%s takes a body of exactly its limit, and answers 413 one above',
  async (how) => {
    const { client } = await serving(async (request) => {
      await request[how](4);
      return { status: 204 };
    });
    for (const message of [post('1234'), postChunks(['12', '34'])]) {
      const peer = await client();
      await peer.send(message);
      expect((await peer.response()).status).toBe(204);
    }
    for (const message of [post('12345'), postChunks(['1234', '5'])]) {
      const peer = await client();
      await peer.send(message);
      const { status, headers } = await peer.response();
      expect([status, headers['connection']]).toEqual([413, 'close']);
      await peer.ended();
    }
  },
);

test('a body above maxBodyBytes is answered 413: before the handler where it is announced, in its read where it is not', async () => {
  let failure: unknown;
  const { client, server } = await serving(
    async (request) => {
      await request.text().catch((error: unknown) => (failure = error));
      return { status: 200 };
    },
    { maxBodyBytes: 4 },
  );
  for (const message of [post('12345'), postChunks(['123', '45'])]) {
    const peer = await client();
    await peer.send(message + get('/smuggled'));
    expect((await peer.response()).status).toBe(413);
    await peer.ended();
  }
  expect(code(failure)).toBe('BODY_TOO_LARGE');
  expect(server.stats.requests).toBeLessThanOrEqual(2);
});

test('a body is an async iterable of its bytes as they arrive', async () => {
  const pieces: string[] = [];
  const { client } = await serving(async (request) => {
    for await (const piece of request.body) pieces.push(Buffer.from(piece).toString());
    return { status: 200, body: pieces.join('|') };
  });
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n');
  for (const piece of ['ab', 'cd', 'ef']) {
    const before = pieces.length;
    await peer.send(piece);
    await turnsUntil(() => pieces.length > before);
    expect(pieces.at(-1)).toBe(piece);
  }
  expect((await peer.response()).body).toBe('ab|cd|ef');
});

test('a handler that does not read holds the client back, and one that begins to read lets it go', async () => {
  const { opened, open } = gate();
  const { client } = await serving(async (request) => {
    await opened;
    let length = 0;
    for await (const piece of request.body) length += piece.length;
    return { status: 200, body: String(length) };
  });
  const peer = await client();
  const total = 64 * megabyte.length;
  await peer.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(total)}\r\n\r\n`);
  const upload = pump(peer, megabyte, total);
  expect(await standstill(() => upload.accepted)).toBeLessThan(total / 2);
  open();
  await upload.done;
  expect((await peer.response()).body).toBe(String(total));
});

test('a short body that nobody reads is dropped, and the connection goes on', async () => {
  for (const wait of [false, true]) {
    const { client } = await serving(({ target }) => {
      const response = { status: 200, body: target };
      return wait ? turn().then(() => response) : response;
    });
    const peer = await client();
    const body = 'x'.repeat(200_000);
    await peer.send(post(body, '', '/1') + postChunks([body], '', '/2') + get('/3'));
    for (const target of ['/1', '/2', '/3']) {
      const { headers, body } = await peer.response();
      expect([body, headers['connection']]).toEqual([target, undefined]);
    }
  }
});

test('the answer to an unread body that was held back goes before that of the request behind it', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(({ target }) => {
    const response = { status: 200, body: target };
    return target === '/1' ? opened.then(() => response) : response;
  });
  for (let length = 65_536; length < 66_000; length += 50) {
    const peer = await client();
    const before = server.stats.requests;
    await peer.send(post('x'.repeat(length), '', '/1') + get('/2'));
    await turnsUntil(() => server.stats.requests > before);
    await standstill(() => server.stats.requests);
    open();
    expect((await peer.answers(2)).map(({ body }) => body)).toEqual(['/1', '/2']);
    break;
  }
});

test('a long body that nobody reads ends the connection, which the answer says where the length is announced', async () => {
  const { client, server } = await serving(() => ({ status: 200, body: 'unread' }));
  const peer = await client();
  await peer.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(8 * megabyte.length)}\r\n\r\n`);
  const { headers, body } = await peer.response();
  expect([body, headers['connection']]).toEqual(['unread', 'close']);
  await peer.ended();
  peer.stream.abort();

  const chunking = await client();
  await chunking.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  await chunking.send(`80000\r\n${'x'.repeat(0x80000)}\r\n`);
  expect((await chunking.response()).body).toBe('unread');
  await chunking.ended();
  await chunking.stream.close();
  await turnsUntil(() => server.stats.connections === 0);
  expect(server.stats.requests).toBe(2);
});

test('a body left in the middle of a loop is dropped like one that nobody reads', async () => {
  const { client } = await serving(async ({ body, target }) => {
    for await (const piece of body) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    return { status: 200, body: target };
  });
  const peer = await client();
  await peer.send(post('x'.repeat(250_000), '', '/1') + get('/2'));
  expect((await peer.answers(2)).map(({ body }) => body)).toEqual(['/1', '/2']);
});

test('a request body can be the response body: an echo, as it arrives', async () => {
  const { client } = await serving(({ body }) => ({ status: 200, body }));
  const peer = await client();
  await peer.send(
    post('short') + postChunks(['in ', 'chunks']) + 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n',
  );
  expect((await peer.answers(2)).map(({ body }) => body)).toEqual(['short', 'in chunks']);
  expect(await peer.take('HTTP/1.1 200 OK\r\n'.length)).toBe('HTTP/1.1 200 OK\r\n');
  await peer.send('abc');
  let line = '';
  while (!line.endsWith('abc')) line += await peer.take(1);
  await peer.send('def');
  expect(await peer.take('\r\n3\r\ndef\r\n0\r\n\r\n'.length)).toBe('\r\n3\r\ndef\r\n0\r\n\r\n');
  await peer.send(post('kept alive'));
  expect((await peer.response()).body).toBe('kept alive');
});

test('100 Continue is sent at the first read, once', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(async (request) => {
    await opened;
    return echo(request);
  });
  const peer = await client();
  await peer.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n${expecting}\r\n`);
  await turnsUntil(() => server.stats.requests === 1);
  let isTold = false;
  const told = peer.response().then((response) => {
    isTold = true;
    return response;
  });
  await standstill(() => Number(isTold));
  expect(isTold).toBe(false);
  open();
  expect(await told).toMatchObject({ status: 100, headers: {} });
  await peer.send('bo');
  await turn();
  await peer.send('dy');
  expect(await peer.response()).toMatchObject({ status: 200, body: '/ body' });
  await peer.send(get());
  expect((await peer.response()).body).toBe('/ ');
});

test('a body that was not asked for is not waited for: the answer ends the connection', async () => {
  const { client, server } = await serving(() => ({ status: 403 }));
  const peer = await client();
  await peer.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n${expecting}\r\n`);
  const { status, headers } = await peer.response();
  expect([status, headers['connection']]).toEqual([403, 'close']);
  await peer.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').catch(() => undefined);
  await peer.ended();
  expect(server.stats.requests).toBe(1);
});

test('a client of HTTP/1.0 is never told to continue', async () => {
  const { client } = await serving(echo);
  const peer = await client();
  await peer.send(`POST / HTTP/1.0\r\nContent-Length: 4\r\n${expecting}\r\nbody`);
  expect(await peer.response()).toMatchObject({ status: 200, body: '/ body' });
  await peer.ended();
});

test('100 Continue waits for its turn behind an answer in work', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(async (request) => {
    if (request.target === '/1') await opened;
    return echo(request);
  });
  const peer = await client();
  await peer.send(get('/1') + get('/2', `${expecting}Content-Length: 4\r\n`));
  await turnsUntil(() => server.stats.requests > 0);
  await standstill(() => server.stats.requests);
  open();
  expect((await peer.response()).body).toBe('/1 ');
  expect((await peer.response()).status).toBe(100);
  await peer.send('body');
  expect((await peer.response()).body).toBe('/2 body');
});

test('an unknown expectation is answered 417', async () => {
  const { client, server } = await serving(echo);
  const peer = await client();
  await peer.send(post('body', 'Expect: the-unexpected\r\n'));
  expect((await peer.response()).status).toBe(417);
  await peer.ended();
  expect(server.stats.requests).toBe(0);
});

test('trailers are there once the body is read, and undefined where there are none', async () => {
  const { client } = await serving(async (request) => {
    const before = request.body.trailers;
    await request.text();
    return {
      status: 200,
      body: `${before === undefined ? 'undefined' : 'early'} ${String(request.body.trailers?.get('x-sum'))}`,
    };
  });
  const peer = await client();
  await peer.send(postChunks(['a'], 'X-Sum: 1\r\nX-Sum: 2\r\n') + postChunks(['a']) + post('a') + get());
  expect((await peer.answers(4)).map(({ body }) => body)).toEqual([
    'undefined 1, 2',
    'undefined undefined',
    'undefined undefined',
    'undefined undefined',
  ]);
});

test('a body read twice is BODY_USED, however it is read', async () => {
  const errors: unknown[] = [];
  const { client } = await serving(async (request) => {
    await request.text();
    await request.text().catch((error: unknown) => errors.push(error));
    await request.json().catch((error: unknown) => errors.push(error));
    try {
      request.body[Symbol.asyncIterator]();
    } catch (error) {
      errors.push(error);
    }
    return { status: 200 };
  });
  const peer = await client();
  await peer.send(post('1') + get());
  await peer.answers(2);
  expect(errors).toHaveLength(6);
  for (const error of errors) {
    expect(error).toBeInstanceOf(HttpUsageError);
    expect(code(error)).toBe('BODY_USED');
  }
});

test('a body that ends half-way rejects TRUNCATED, and the client is told 400', async () => {
  for (const message of [
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  ]) {
    const failures: unknown[] = [];
    const { client, server } = await serving(async (request) => {
      await request.text().catch((error: unknown) => failures.push(error));
      return { status: 200 };
    });
    const peer = await client();
    await peer.send(message);
    await turnsUntil(() => server.stats.requests === 1);
    await peer.stream.shutdown('write');
    expect((await peer.response()).status).toBe(400);
    await peer.ended();
    await turnsUntil(() => failures.length > 0);
    expect(failures).toEqual([expect.any(HttpProtocolError)]);
    expect(code(failures[0])).toBe('TRUNCATED');
  }
});

test('a body that breaks after its answer fails a reader that goes on, and no second answer is sent', async () => {
  const failures: unknown[] = [];
  const { client, server } = await serving((request) => {
    request.text().catch((error: unknown) => failures.push(error));
    return { status: 202 };
  });
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n');
  expect((await peer.response()).status).toBe(202);
  await peer.send('halfbroken\r\n');
  await peer.ended();
  await turnsUntil(() => failures.length > 0);
  expect(code(failures[0])).toBe('BAD_CHUNK');
  expect(server.stats.requests).toBe(1);
});

test('a client that leaves in its body rejects the read with a SocketError and aborts the signal', async () => {
  for (const isWaiting of [true, false]) {
    const failures: unknown[] = [];
    const { opened, open } = gate();
    const { client, server } = await serving(async (request) => {
      request.signal.addEventListener('abort', () => open());
      if (!isWaiting) await opened;
      await request.text().catch((error: unknown) => failures.push(error));
      failures.push(request.signal.reason);
      return { status: 200 };
    });
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf');
    await turnsUntil(() => server.stats.requests === 1);
    peer.stream.abort();
    await turnsUntil(() => failures.length === 2 && server.stats.connections === 0);
    expect(failures).toEqual([expect.any(SocketError), expect.any(SocketError)]);
  }
});

test('the signal is aborted for who asks after the client left, and never where the answer was complete', async () => {
  const { opened, open } = gate();
  const signals: AbortSignal[] = [];
  const { client, server } = await serving(async (request) => {
    if (request.target === '/late') await opened;
    signals.push(request.signal);
    return { status: 200 };
  });
  const peer = await client();
  await peer.send(get('/complete'));
  await peer.response();
  await peer.send(get('/late'));
  await turnsUntil(() => server.stats.requests === 2);
  peer.stream.abort();
  await turnsUntil(() => server.stats.connections === 0);
  open();
  await turnsUntil(() => signals.length === 2);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
});
