import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeServer, toHandler, type Application, type StartResponse } from '@wirestack/gateway';
import { createServer } from '@wirestack/http';
import { ask, dial, exchange, gate, keeping, requestOf, serving, until, untilEnd } from './peer.ts';

const hello: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [`hello ${environ.PATH_INFO}\n`];
};

test('makeServer listens when it resolves, and answers fetch', async () => {
  const { url } = await serving(hello);
  const response = await fetch(`${url}/you`);
  expect(response.headers.get('content-length')).toBe('11');
  expect(await response.text()).toBe('hello /you\n');
});

test('curl, whom nobody here wrote, posts and gets its bytes back', async () => {
  const { url } = await serving(async function* (environ, startResponse: StartResponse) {
    startResponse('200 OK', []);
    yield* environ['wsgi.input'];
  });
  const body = 'x'.repeat(500_000);
  const curl = spawn('curl', ['-sS', '--data-binary', '@-', '-H', 'Transfer-Encoding: chunked', url]);
  let text = '';
  curl.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  curl.stdin.end(body);
  const [code] = (await once(curl, 'close')) as [number];
  expect(code).toBe(0);
  expect(text).toBe(body);
});

test('an address in use is an error of makeServer', async () => {
  const { address } = await serving(hello);
  await expect(makeServer(address, hello)).rejects.toMatchObject({ name: 'SocketError', code: 'IN_USE' });
  await expect(makeServer('127.0.0.1:0', hello, { headTimeoutMs: -1 })).rejects.toMatchObject({
    code: 'BAD_OPTION',
  });
});

test('toHandler takes SERVER_NAME and SERVER_PORT from the connection, at each of its addresses', async () => {
  const handler = toHandler(({ SERVER_NAME: name, SERVER_PORT: port }, startResponse) => {
    startResponse('200 OK', []);
    return [`${name} ${port}`];
  });
  const composed = createServer((request) =>
    request.path === '/own' ? { status: 200, body: 'own' } : handler(request),
  );
  const servers = [composed, createServer(handler)] as const;
  const [one, other] = servers;
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  await one.listen('127.0.0.1:0');
  await other.listen('127.0.0.2:0');
  expect((await ask(one.address, 'GET /own')).body).toBe('own');
  for (const { address } of [one, other, one, one, other]) {
    if (!('port' in address)) throw new Error('a port was asked for');
    const { host, port } = address;
    const reply = await fetch(`http://${host}:${String(port)}/`);
    expect(await reply.text()).toBe(`${host} ${String(port)}`);
  }
});

test('early hints go before the response, more than once, and not after the head', async () => {
  const { address } = await serving(async function* (environ, startResponse: StartResponse) {
    const hint = environ['wirestack.early_hints'];
    hint([['Link', '<a>']]);
    hint([['Link', '<b>']]);
    startResponse('200 OK', []);
    yield await Promise.resolve('x');
    hint([['Link', '<late>']]);
    yield 'y';
  });
  const { raw } = await ask(address, 'GET /');
  expect(raw).toMatch(
    /^HTTP\/1\.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nLink: <b>\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
  );
  expect(raw).not.toContain('late');
});

test('a client of HTTP/1.0 gets no early hints', async () => {
  const { address } = await serving((environ, startResponse) => {
    environ['wirestack.early_hints']([['Link', '<a>']]);
    startResponse('200 OK', []);
    return ['x'];
  });
  expect((await exchange(address, 'GET / HTTP/1.0\r\n\r\n')).raw).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test('early hints that would break the message are refused', async () => {
  const { address } = await serving((environ, startResponse) => {
    expect(() => {
      environ['wirestack.early_hints']([['Link', 'a\r\nX: y']]);
    }).toThrow(TypeError);
    startResponse('200 OK', []);
    return ['x'];
  });
  expect((await ask(address, 'GET /')).raw).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test('raw_headers keeps order, case and repetition, and what the environ drops', async () => {
  const { address } = await serving((environ, startResponse) => {
    startResponse('200 OK', []);
    return [JSON.stringify(environ['wirestack.raw_headers'].slice(2))];
  });
  const { body } = await ask(address, 'GET /', 'x-B: 1', 'X_a: 2', 'Proxy: 3', 'X-b:4 ');
  expect(JSON.parse(body)).toEqual([
    ['x-B', '1'],
    ['X_a', '2'],
    ['Proxy', '3'],
    ['X-b', '4'],
  ]);
});

test('wsgi.errors is stderr', async () => {
  const { address } = await serving((environ, startResponse) => {
    environ['wsgi.errors'].write('a complaint\n');
    environ['wsgi.errors'].flush();
    startResponse('200 OK', []);
    return [];
  });
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await ask(address, 'GET /');
    expect(written.mock.calls).toContainEqual(['a complaint\n']);
  } finally {
    written.mockRestore();
  }
});

test('pipelined requests are answered in order, whichever application is ready first', async () => {
  const slow = gate();
  const { address } = await serving(async (environ, startResponse) => {
    if (environ.PATH_INFO === '/slow') await slow.promise;
    else slow.open();
    startResponse('200 OK', []);
    return [environ.PATH_INFO];
  });
  const peer = await dial(address);
  await peer.write(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${requestOf('GET /fast')}`);
  const text = await untilEnd(peer);
  expect(text.indexOf('/slow')).toBeGreaterThan(0);
  expect(text.indexOf('/fast')).toBeGreaterThan(text.indexOf('/slow'));
});

test('what is no HTTP never reaches the application', async () => {
  let calls = 0;
  const { address } = await serving(keeping(() => calls++));
  expect((await exchange(address, 'GET /\r\n\r\n')).status).toBe(400);
  expect(
    (
      await exchange(
        address,
        'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      )
    ).status,
  ).toBe(400);
  expect(calls).toBe(0);
});

test('drain() lets a streaming application finish', async () => {
  const more = gate();
  const server = await makeServer(
    'tcp://127.0.0.1:0',
    async function* (_environ, startResponse: StartResponse) {
      startResponse('200 OK', []);
      yield 'one';
      await more.promise;
      yield 'two';
    },
  );
  const peer = await dial(server.address);
  await peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(peer, 'one\r\n');
  const drained = server.drain();
  more.open();
  expect(await untilEnd(peer)).toBe('3\r\ntwo\r\n0\r\n\r\n');
  await peer.close();
  await drained;
});
