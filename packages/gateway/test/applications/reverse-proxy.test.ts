import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  deriveEnviron,
  mount,
  run,
  setupTestingDefaults,
  startApplication,
  textResponse,
  type Application,
  type Environ,
} from '@wirestack/gateway';
import { reverseProxy, type ReverseProxyOptions } from '@wirestack/gateway/reverse-proxy';
import { ask, dial, exchange, gate, serving, turnsUntil, until, untilEnd, type Served } from '../peer.ts';

/** A proxy in front of an application, and what that saw. */
async function behind(
  app: Application,
  options: ReverseProxyOptions = {},
  base = '',
): Promise<{ proxy: Served; upstream: Served; seen: Environ[] }> {
  const seen: Environ[] = [];
  const upstream = await serving((environ, startResponse) => {
    seen.push(environ);
    return app(environ, startResponse);
  });
  const proxy = await serving(reverseProxy(upstream.url + base, { onError: () => undefined, ...options }));
  return { proxy, upstream, seen };
}

const ok: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return ['ok'];
};

/** A server that says what it likes, byte by byte; the function gets each connection. */
async function hostile(handle: (socket: Socket, request: string) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createNetServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      const request = text;
      text = '';
      handle(socket, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as { port: number }).port)}`;
}

/** A port where nobody listens. */
async function nobody(): Promise<string> {
  const server = createNetServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${String(port)}`;
}

describe('a request', () => {
  it('goes on with its method, its target as it was sent, and its fields in order', async () => {
    const { proxy, seen } = await behind(ok, {}, '/base');
    const reply = await ask(proxy.address, 'PURGE /a%2Fb//c?q=1&q=%20', 'X-B: 2', 'x-b: 3', 'Accept: a/b');
    expect(reply.body).toBe('ok');
    expect(seen[0]).toMatchObject({ REQUEST_METHOD: 'PURGE', REQUEST_URI: '/base/a%2Fb//c?q=1&q=%20' });
    const fields = seen[0]!['wirestack.raw_headers'];
    expect(fields.filter(([name]) => /^x-b$/i.test(name))).toEqual([
      ['X-B', '2'],
      ['x-b', '3'],
    ]);
  });

  it('is put behind where it is mounted', async () => {
    const { upstream, seen } = await behind(ok);
    const { address } = await serving(mount({ '/api': reverseProxy(`${upstream.url}/v1/`) }));
    for (const target of ['/api/x%2Fy?z', '/api', '/api/']) await ask(address, `GET ${target}`);
    expect(seen.map(({ REQUEST_URI }) => REQUEST_URI)).toEqual(['/v1/x%2Fy?z', '/v1', '/v1/']);
  });

  it('goes where middleware has sent it', async () => {
    const { upstream, seen } = await behind(ok);
    const proxy = reverseProxy(upstream.url);
    const { address } = await serving((environ, startResponse) =>
      proxy(deriveEnviron(environ, { PATH_INFO: '/b c/ü' }), startResponse),
    );
    await ask(address, 'GET /a');
    expect(seen[0]?.REQUEST_URI).toBe('/b%20c/%C3%BC');
  });

  it.each(['/a/../b', '/..', '/%2e%2E/etc', '/a/.%2e/b', '/./a', '/a/..'])(
    'for %s is refused: in a URL it would be another path',
    async (target) => {
      const { proxy, seen } = await behind(ok, {}, '/base');
      expect((await ask(proxy.address, `GET ${target}`)).status).toBe(400);
      expect(seen).toEqual([]);
    },
  );

  it('has no fields of the connection, none that are named by it, and none that pass for others', async () => {
    const { proxy, seen } = await behind(ok);
    await exchange(
      proxy.address,
      [
        'GET / HTTP/1.1',
        'Host: shop.example',
        'Connection: close, X-Hop, Cookie',
        'Keep-Alive: timeout=5',
        'TE: trailers',
        'Proxy-Authorization: Basic eDp5',
        'Proxy: http://evil',
        'X_Real_IP: 1.2.3.4',
        'X-Hop: secret',
        'Cookie: a=1',
        'X-Forwarded-For: 6.6.6.6',
        'X-Forwarded-Proto: https',
        'Forwarded: for=6.6.6.6',
        'X-Real-IP: 6.6.6.6',
        '',
        '',
      ].join('\r\n'),
    );
    const fields = seen[0]!['wirestack.raw_headers'];
    expect(fields.map(([name]) => name).sort()).toEqual([
      'Cookie',
      'Forwarded',
      'Host',
      'Via',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
    ]);
    expect(seen[0]).toMatchObject({
      HTTP_COOKIE: 'a=1',
      HTTP_FORWARDED: 'for=127.0.0.1;host=shop.example;proto=http',
      HTTP_X_FORWARDED_FOR: '127.0.0.1',
      HTTP_X_FORWARDED_PROTO: 'http',
      HTTP_X_FORWARDED_HOST: 'shop.example',
      HTTP_VIA: '1.1 wirestack',
    });
    expect(seen[0]).toMatchObject({ HTTP_HOST: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string });
  });

  it('keeps what a proxy in front has said, where that is believed', async () => {
    const { proxy, seen } = await behind(ok, { forwarded: 'append', preserveHost: true });
    await ask(
      proxy.address,
      'GET /',
      'X-Forwarded-For: 192.0.2.1',
      'X-Forwarded-Proto: https',
      'Forwarded: for=192.0.2.1',
      'Via: 1.0 edge',
    );
    expect(seen[0]).toMatchObject({
      HTTP_X_FORWARDED_FOR: '192.0.2.1, 127.0.0.1',
      HTTP_X_FORWARDED_PROTO: 'https',
      HTTP_FORWARDED: 'for=192.0.2.1, for=127.0.0.1;host=test;proto=http',
      HTTP_VIA: '1.0 edge, 1.1 wirestack',
      HTTP_HOST: 'test',
    });
  });

  it('says nothing of the client where that is off', async () => {
    const { proxy, seen } = await behind(ok, { forwarded: 'off' });
    await ask(proxy.address, 'GET /', 'X-Forwarded-For: 192.0.2.1');
    expect(seen[0]).toMatchObject({ HTTP_X_FORWARDED_FOR: '192.0.2.1' });
    expect(seen[0]).not.toHaveProperty('HTTP_FORWARDED');
  });

  it('that comes round again is a loop: 508', async () => {
    const { proxy, seen } = await behind(ok);
    expect((await ask(proxy.address, 'GET /', 'Via: 1.1 a, 1.1 wirestack (x)')).status).toBe(508);
    expect((await ask(proxy.address, 'GET /', 'Via: 1.1 wirestack2')).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  it.each(['TRACE /', 'CONNECT a:1'])('with %s is not passed on: 501', async (line) => {
    const { proxy, seen } = await behind(ok);
    expect(
      (await exchange(proxy.address, `${line} HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n`)).status,
    ).toBe(501);
    expect(seen).toEqual([]);
  });

  it('has its body streamed, with its length or in chunks', async () => {
    const { proxy, seen } = await behind(async (environ, startResponse) => {
      const hash = createHash('sha256');
      for await (const chunk of environ['wsgi.input']) hash.update(chunk);
      startResponse('200 OK', []);
      return [`${String(environ.CONTENT_LENGTH)} ${hash.digest('hex')}`];
    });
    const body = Buffer.alloc(3_000_000, 'wire');
    const digest = createHash('sha256').update(body).digest('hex');
    const whole = await fetch(proxy.url, { method: 'POST', body });
    expect(await whole.text()).toBe(`3000000 ${digest}`);
    const pieces = await fetch(proxy.url, {
      method: 'PUT',
      body: new Blob([body]).stream(),
      duplex: 'half',
    });
    expect(await pieces.text()).toBe(`undefined ${digest}`);
    expect(seen).toHaveLength(2);
  });

  it('gets 100 Continue where the server reads its body', async () => {
    const { proxy } = await behind(async (environ, startResponse) => {
      const body = await environ['wsgi.input'].read();
      startResponse('200 OK', []);
      return [body];
    });
    const peer = await dial(proxy.address);
    await peer.write(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n',
    );
    await until(peer, '100 Continue\r\n\r\n');
    await peer.write('body');
    expect(await untilEnd(peer)).toMatch(/\r\n\r\n(?:4\r\n)?body/);
  });

  it('is given up when its client leaves', async () => {
    const arrived = gate();
    const left = gate();
    const { proxy } = await behind((environ) => {
      environ['wirestack.signal'].addEventListener('abort', () => {
        left.open();
      });
      arrived.open();
      return new Promise(() => undefined);
    });
    const peer = await dial(proxy.address);
    await peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await arrived.promise;
    peer.abort();
    await left.promise;
  });
});

describe('an answer', () => {
  it('comes back with its status, reason and fields, without those of the connection', async () => {
    const url = await hostile((socket) => {
      socket.end(
        'HTTP/1.1 299 Quite Fine\r\nConnection: close, X-Hop\r\nKeep-Alive: 5\r\nX-Hop: 1\r\n' +
          'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer: other\r\nContent-Length: 4\r\n\r\nfine',
      );
    });
    const { address } = await serving(reverseProxy(url));
    const reply = await ask(address, 'GET /');
    expect(reply.statusLine).toBe('HTTP/1.1 299 Quite Fine');
    expect(reply.headers.map(([name]) => name).sort()).toEqual([
      'Connection',
      'Content-Length',
      'Date',
      'Server',
      'Set-Cookie',
      'Set-Cookie',
    ]);
    expect(reply.body).toBe('fine');
  });

  it('streams: the first piece is here before the second is made', async () => {
    const next = gate();
    const { proxy } = await behind((_environ, startResponse) => {
      startResponse('200 OK', []);
      return (async function* () {
        yield 'first';
        await next.promise;
        yield 'second';
      })();
    });
    const peer = await dial(proxy.address);
    await peer.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await until(peer, 'first');
    next.open();
    expect(await untilEnd(peer)).toContain('second');
  });

  it('to HEAD has its length and no body; 204 and 304 have none', async () => {
    const { proxy } = await behind((environ, startResponse) => {
      startResponse(environ.PATH_INFO === '/204' ? '204 No Content' : '200 OK', [['ETag', '"a"']]);
      return [environ.PATH_INFO === '/204' ? '' : 'body'];
    });
    const head = await ask(proxy.address, 'HEAD /');
    expect([head.status, head.header('content-length'), head.body]).toEqual([200, '4', '']);
    const empty = await ask(proxy.address, 'GET /204');
    expect([empty.status, empty.header('etag'), empty.body]).toEqual([204, '"a"', '']);
  });

  it('has its early hints passed on', async () => {
    const { proxy } = await behind((environ, startResponse) => {
      environ['wirestack.early_hints']([['Link', '</style.css>; rel=preload']]);
      return ok(environ, startResponse);
    });
    const reply = await ask(proxy.address, 'GET /');
    expect(reply.raw).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/style\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/,
    );
  });

  it('that breaks off is no complete answer for the client', async () => {
    const url = await hostile((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
      setImmediate(() => socket.destroy());
    });
    const { address } = await serving(reverseProxy(url));
    const reply = await ask(address, 'GET /').catch((error: unknown) => error);
    if (!(reply instanceof Error)) expect(reply).toMatchObject({ isComplete: false });
  });

  it('whose client leaves is given up: the server is told', async () => {
    const closed = gate();
    const { proxy } = await behind((_environ, startResponse) => {
      startResponse('200 OK', []);
      const chunk = Buffer.alloc(65_536);
      return {
        *[Symbol.iterator]() {
          for (;;) yield chunk;
        },
        close: () => {
          closed.open();
        },
      };
    });
    const peer = await dial(proxy.address);
    await peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(peer, '200 OK');
    peer.abort();
    await closed.promise;
  });

  it('that is no HTTP is 502, and where none comes in time 504', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const cases: [string | ((socket: Socket) => void), number][] = [
      ['SSH-2.0-OpenSSH\r\n\r\n', 502],
      ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', 502],
      ['HTTP/1.1 200 OK\r\nX: a\nb\0\r\n\r\n', 502],
      [(socket) => socket.destroy(), 502],
      [() => undefined, 504],
    ];
    for (const [what, status] of cases) {
      const url = await hostile((socket) => {
        if (typeof what === 'string') socket.end(what, 'latin1');
        else what(socket);
      });
      const { address } = await serving(reverseProxy(url, { onError, headTimeoutMs: 200 }));
      const reply = await ask(address, 'GET /');
      expect(reply.status, String(what)).toBe(status);
      expect(reply.body).not.toContain('SSH');
    }
    expect(errors).toHaveLength(cases.length);
  });
});

describe('a change of the protocol', () => {
  const echo: Application = (environ, startResponse) => {
    startResponse('101 Switching Protocols', [
      ['Upgrade', 'echo'],
      ['X-Accept', 'yes'],
    ]);
    return environ['wirestack.upgrade']!(async (stream) => {
      for await (const chunk of stream) await stream.write(chunk);
    });
  };
  const request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

  it('passes, with the bytes behind it, both ways and each half on its own', async () => {
    const { proxy } = await behind(echo);
    const peer = await dial(proxy.address);
    await peer.write(`${request}early`);
    const text = await until(peer, 'early');
    expect(text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(text).toContain('Upgrade: echo\r\n');
    expect(text).toContain('X-Accept: yes\r\n');
    await peer.write('more');
    await until(peer, 'more');
    await peer.shutdown('write');
    expect(await peer.read()).toBeUndefined();
  });

  it('that the server does not want is an ordinary answer', async () => {
    const { proxy } = await behind(ok);
    const peer = await dial(proxy.address);
    await peer.write(request);
    expect(await until(peer, 'ok')).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('ends for the server where the client goes, and the other way round', async () => {
    const over = gate();
    const began = gate();
    const { proxy } = await behind((environ, startResponse) => {
      startResponse('101 Switching Protocols', [['Upgrade', 'echo']]);
      return environ['wirestack.upgrade']!(async (stream) => {
        began.open();
        await stream.read().catch(() => undefined);
        over.open();
      });
    });
    const peer = await dial(proxy.address);
    await peer.write(request);
    await began.promise;
    peer.abort();
    await over.promise;

    const other = await behind((environ, startResponse) => {
      startResponse('101 Switching Protocols', [['Upgrade', 'echo']]);
      return environ['wirestack.upgrade']!((stream) => {
        stream.abort();
        return Promise.resolve();
      });
    });
    const second = await dial(other.proxy.address);
    await second.write(request);
    await untilEnd(second).catch(() => undefined);
  });

  it('is cut where nothing comes for long', async () => {
    const { proxy } = await behind(echo, { tunnelIdleTimeoutMs: 50 });
    const peer = await dial(proxy.address);
    await peer.write(request);
    await untilEnd(peer).catch(() => undefined);
  });
});

describe('several servers', () => {
  const named =
    (name: string): Application =>
    (_environ, startResponse) => {
      startResponse('200 OK', []);
      return [name];
    };

  it('take turns', async () => {
    const urls = await Promise.all(['a', 'b', 'c'].map(async (name) => (await serving(named(name))).url));
    const { address } = await serving(reverseProxy(urls));
    const bodies: string[] = [];
    for (let i = 0; i < 6; i++) bodies.push((await ask(address, 'GET /')).body);
    expect(bodies.sort().join('')).toBe('aabbcc');
  });

  it('are chosen by how little they have to do', async () => {
    const hold = gate();
    const slow = await serving(async (environ, startResponse) => {
      await hold.promise;
      return named('slow')(environ, startResponse);
    });
    const quick = await serving(named('quick'));
    const { address } = await serving(reverseProxy([slow.url, quick.url]));
    const first = ask(address, 'GET /');
    const bodies: string[] = [];
    for (let i = 0; i < 4; i++) bodies.push((await ask(address, 'GET /')).body);
    hold.open();
    expect(bodies).toEqual(['quick', 'quick', 'quick', 'quick']);
    expect((await first).body).toBe('slow');
  });

  it('stand in for one that refuses connections, for POST too; it is left out then, and asked again where there is no other', async () => {
    const told: unknown[] = [];
    const alive = await serving(named('alive'));
    const dead = await nobody();
    const options: ReverseProxyOptions = {
      maxFailures: 2,
      onHealth: (url, isHealthy) => void told.push([url, isHealthy]),
      onError: () => undefined,
    };
    const { address } = await serving(reverseProxy([dead, alive.url], options));
    for (let i = 0; i < 6; i++)
      expect((await ask(address, `${i % 2 === 0 ? 'GET' : 'POST'} /`)).body).toBe('alive');
    expect(told).toEqual([[dead, false]]);
    const alone = await serving(reverseProxy(dead, options));
    for (let i = 0; i < 4; i++) expect((await ask(alone.address, 'GET /')).status).toBe(502);
  });

  it('get a request again that was lost, if it may be sent twice', async () => {
    let lost = 0;
    const breaking = await hostile((socket) => {
      lost++;
      socket.destroy();
    });
    const alive = await serving(named('alive'));
    const app = reverseProxy([breaking, alive.url], { maxFailures: 100, onError: () => undefined });
    const { address } = await serving(app);
    const gets = [await ask(address, 'GET /'), await ask(address, 'GET /')];
    expect(gets.map(({ body }) => body)).toEqual(['alive', 'alive']);
    const posts = [await ask(address, 'POST /'), await ask(address, 'POST /')];
    expect(posts.map(({ status }) => status).sort()).toEqual([200, 502]);
    expect(lost).toBeGreaterThanOrEqual(2);
  });

  it('that say they are ill get nothing, until they say they are well', async () => {
    let isReady = true;
    const changes: [string, boolean][] = [];
    let changed = gate();
    const sick = await serving((environ, startResponse) => {
      if (environ.PATH_INFO === '/ready')
        return textResponse(startResponse, isReady ? '200 OK' : '503 Service Unavailable');
      return named('sick')(environ, startResponse);
    });
    const well = await serving(named('well'));
    const proxy = await serving(
      reverseProxy([sick.url, well.url], {
        health: { path: '/ready', intervalMs: 5, unhealthyAfter: 2 },
        onHealth: (url, isHealthy) => {
          changes.push([url, isHealthy]);
          changed.open();
        },
      }),
    );
    isReady = false;
    await changed.promise;
    const bodies = [await ask(proxy.address, 'GET /'), await ask(proxy.address, 'GET /')];
    expect(bodies.map(({ body }) => body)).toEqual(['well', 'well']);
    changed = gate();
    isReady = true;
    await changed.promise;
    expect(changes).toEqual([
      [sick.url, false],
      [sick.url, true],
    ]);
  });

  it('that are all ill: 503', async () => {
    const ill = gate();
    const sick = await serving((_environ, startResponse) =>
      textResponse(startResponse, '500 Internal Server Error'),
    );
    const { address } = await serving(
      reverseProxy(sick.url, { health: { intervalMs: 5 }, onHealth: () => void ill.open() }),
    );
    await ill.promise;
    const reply = await ask(address, 'GET /');
    expect([reply.status, reply.header('retry-after')]).toEqual([503, '5']);
  });
});

describe('the lifespan', () => {
  it('closes the connections to the servers, and ends the checks', async () => {
    let checks = 0;
    const upstream = await serving((environ, startResponse) => {
      checks++;
      return ok(environ, startResponse);
    });
    const stop = await startApplication(reverseProxy(upstream.url, { health: { intervalMs: 1 } }));
    await turnsUntil(() => checks >= 3);
    await stop();
    const before = checks;
    await ask(upstream.address, 'GET /');
    expect(checks).toBe(before + 1);
  });
});

describe('what is no server', () => {
  it.each([[[]], ['ftp://a'], ['http://a/?q'], ['http://u:p@a'], ['nowhere']])('%s: TypeError', (url) => {
    expect(() => reverseProxy(url as string)).toThrow(TypeError);
  });
});

it('works on servers that say less: without raw fields, and with a Host that is none', async () => {
  const { upstream, seen } = await behind(ok);
  const environ = setupTestingDefaults({ HTTP_HOST: 'a b', REMOTE_ADDR: '', REQUEST_URI: '' });
  const response = await run(reverseProxy(upstream.url), environ);
  expect(response.status).toBe(200);
  expect(seen[0]).toMatchObject({
    HTTP_FORWARDED: 'for=unknown;proto=http',
    HTTP_X_FORWARDED_FOR: 'unknown',
  });
});
