import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import { mount, run, setupTestingDefaults, type Application } from '@wirestack/gateway';
import { fromNodeListener, type NodeProgram } from '../../../src/adapters/node/index.ts';
import { ask, dial, gate, requestOf, serving, turn, turnsUntil, until, untilEnd } from '../../peer.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What a client gets of a listener, on our server. */
async function answerOf(listener: Listener, methodAndTarget = 'GET /', ...fields: string[]) {
  const { address } = await serving(fromNodeListener(listener));
  return ask(address, methodAndTarget, ...fields);
}

describe('a listener of Node', () => {
  const answers: [string, Listener, string][] = [
    ['ends with text', (_, response) => response.end('hällo'), 'hällo'],
    ['ends with bytes', (_, response) => response.end(Buffer.from('bytes')), 'bytes'],
    ['ends with another encoding', (_, response) => response.end('6869', 'hex'), 'hi'],
    ['ends without a body', (_, response) => response.end(), ''],
    [
      'writes twice, and ends',
      (_, response) => {
        response.write('a');
        response.write(Buffer.from('b'));
        response.end('c');
      },
      'abc',
    ],
    [
      'ends later',
      async (_, response) => {
        await turn();
        response.end('later');
      },
      'later',
    ],
    [
      'is corked',
      (_, response) => {
        response.cork();
        response.write('a');
        response.write('b');
        response.uncork();
        response.end();
      },
      'ab',
    ],
  ];
  test.each(answers)('that %s is answered as a whole, with its length', async (_name, listener, body) => {
    const reply = await answerOf(listener);
    expect(Buffer.from(reply.body, 'latin1').toString()).toBe(body);
    expect(reply.status).toBe(200);
    expect(reply.header('content-length')).toBe(String(Buffer.byteLength(body)));
  });

  test('answers at once where it does: no promise', () => {
    const listener: Listener = (_, response) => response.writeHead(201, { 'X-A': 'b' }).end('made');
    expect(run(fromNodeListener(listener), setupTestingDefaults())).toEqual({
      status: 201,
      reason: undefined,
      headers: [['X-A', 'b']],
      body: 'made',
    });
  });

  test('that writes in two turns streams', async () => {
    const second = gate();
    const { address } = await serving(
      fromNodeListener(async (_, response) => {
        response.write('first');
        await second.promise;
        response.end('second');
      }),
    );
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, 'first\r\n');
    second.open();
    expect(await untilEnd(peer)).toBe('6\r\nsecond\r\n0\r\n\r\n');
  });

  test('says status, reason and fields as it likes; those of the connection are the server’s', async () => {
    const reply = await answerOf((_, response) => {
      response.setHeader('X-One', '1');
      response.appendHeader('Set-Cookie', 'a=1');
      response.appendHeader('Set-Cookie', 'b=2');
      response.setHeader('Connection', 'keep-alive');
      response.writeHead(404, 'Not Here', { 'Keep-Alive': 'timeout=5', 'X-Two': 'é' });
      expect(response.headersSent).toBe(true);
      response.end('no');
      expect(response.writableEnded).toBe(true);
    });
    expect(reply.statusLine).toBe('HTTP/1.1 404 Not Here');
    expect(reply.headers.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value)).toEqual([
      'a=1',
      'b=2',
    ]);
    expect(reply.header('x-one')).toBe('1');
    expect(reply.header('x-two')).toBe('é');
    expect(reply.header('keep-alive')).toBeUndefined();
  });

  test('that frames its body itself has that done by the server', async () => {
    const reply = await answerOf(async (_, response) => {
      response.writeHead(200, { 'Transfer-Encoding': 'chunked' });
      response.write('part');
      await turn();
      response.end('rest');
    });
    expect(reply.chunks).toEqual(['part', 'rest']);
    expect(reply.isComplete).toBe(true);
  });

  test('a field with a line break is refused', async () => {
    const reply = await answerOf((_, response) => {
      expect(() => response.setHeader('X', 'a\r\nSet-Cookie: b')).toThrow(TypeError);
      expect(() => response.writeHead(200, { 'X\n': 'b' })).toThrow(TypeError);
      response.end('refused');
    });
    expect(reply.body).toBe('refused');
    expect(reply.header('set-cookie')).toBeUndefined();
  });

  test('HEAD has the fields and no body', async () => {
    const said = await answerOf((_, response) => response.setHeader('Content-Length', 5).end(), 'HEAD /');
    expect(said.header('content-length')).toBe('5');
    // Node does not say it here either.
    const whole = await answerOf((_, response) => response.end('hello'), 'HEAD /');
    expect(whole.header('content-length')).toBeUndefined();
    expect(whole.body).toBe('');
    const streamed = await answerOf(async (_, response) => {
      response.write('a');
      await turn();
      response.end('b');
    }, 'HEAD /');
    expect(streamed.header('content-length')).toBeUndefined();
    expect(streamed.body).toBe('');
  });

  test.each([204, 304])('a %i has no body', async (status) => {
    const reply = await answerOf((_, response) => response.writeHead(status).end());
    expect(reply.status).toBe(status);
    expect(reply.header('content-length')).toBeUndefined();
    expect(reply.body).toBe('');
  });

  test('gets the request as a server of Node gives it', async () => {
    let seen: unknown;
    await answerOf(
      (request, response) => {
        const { method, url, httpVersion, headers, rawHeaders, socket } = request;
        const { remoteAddress, localAddress } = socket;
        seen = { method, url, httpVersion, headers, raw: rawHeaders.slice(4), remoteAddress, localAddress };
        response.end();
      },
      'GET /a%20b/%2F?x=%201',
      'X-A: 1',
      'x-a: 2',
      'Cookie: a=b',
      'Cookie: c=d',
      'Accept: */*',
    );
    expect(seen).toEqual({
      method: 'GET',
      url: '/a%20b/%2F?x=%201',
      httpVersion: '1.1',
      headers: { host: 'test', connection: 'close', 'x-a': '1, 2', cookie: 'a=b; c=d', accept: '*/*' },
      raw: ['X-A', '1', 'x-a', '2', 'Cookie', 'a=b', 'Cookie', 'c=d', 'Accept', '*/*'],
      remoteAddress: '127.0.0.1',
      localAddress: '127.0.0.1',
    });
  });

  test('sees the fields that middleware has changed', () => {
    let seen: unknown;
    const environ = setupTestingDefaults({
      HTTP_X_ADDED: 'new',
      'wirestack.raw_headers': [
        ['X-Removed', 'old'],
        ['Host', '127.0.0.1'],
      ],
    });
    void run(
      fromNodeListener((request, response) => {
        seen = request.rawHeaders;
        response.end();
      }),
      environ,
    );
    expect(seen).toEqual(['Host', '127.0.0.1', 'x-added', 'new']);
  });

  test('reads a body in pieces, with its trailers', async () => {
    const { address } = await serving(
      fromNodeListener(async (request, response) => {
        let text = '';
        for await (const chunk of request) text += String(chunk);
        response.end(`${text} ${String(request.complete)} ${JSON.stringify(request.trailers)}`);
      }),
    );
    const peer = await dial(address);
    await peer.write(requestOf('POST /', 'Transfer-Encoding: chunked'));
    for (const piece of ['one ', 'two ', 'three']) {
      await peer.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      await turn();
    }
    await peer.write('0\r\nX-Sum: 3\r\n\r\n');
    expect(await untilEnd(peer)).toContain('\r\n\r\none two three true {"x-sum":"3"}');
  });

  test('echoes more than fits anywhere by pipe, which waits for the client', async () => {
    const { url } = await serving(fromNodeListener((request, response) => request.pipe(response)));
    const sent = Buffer.alloc(3_000_000, 'abcdefg');
    const reply = await fetch(url, { method: 'POST', body: sent });
    expect(Buffer.from(await reply.arrayBuffer()).equals(sent)).toBe(true);
  });

  test('a client that takes nothing stops the writer, and lets it go on', async () => {
    let written = 0;
    let isDone = false;
    const { address } = await serving(
      fromNodeListener(async (_, response) => {
        const chunk = Buffer.alloc(65_536, 'x');
        for (; written < 400; written++) {
          if (!response.write(chunk)) await once(response, 'drain');
          expect(response.writableNeedDrain).toBe(false);
        }
        response.end();
        isDone = true;
      }),
    );
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, '\r\n\r\n');
    let before = -1;
    while (before !== written) {
      before = written;
      for (let i = 0; i < 50; i++) await turn();
    }
    expect(isDone).toBe(false);
    expect((await untilEnd(peer)).length).toBeGreaterThan(400 * 65_536 - 100_000);
    expect(isDone).toBe(true);
  });

  test('100 Continue is sent by the first read', async () => {
    const { address } = await serving(
      fromNodeListener(async (request, response) => {
        if (request.url === '/no') return response.writeHead(417).end();
        if (request.url === '/early') response.writeContinue();
        for await (const chunk of request) response.write(chunk);
        return response.end();
      }),
    );
    for (const path of ['/', '/early']) {
      const peer = await dial(address);
      await peer.write(requestOf(`POST ${path}`, 'Content-Length: 2', 'Expect: 100-continue'));
      expect(await until(peer, '\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      await peer.write('hi');
      expect(await untilEnd(peer)).toMatch(/^HTTP\/1\.1 200 OK[^]*hi/);
    }
    const refused = await dial(address);
    await refused.write(requestOf('POST /no', 'Content-Length: 2', 'Expect: 100-continue'));
    expect(await untilEnd(refused)).toMatch(/^HTTP\/1\.1 417 /);
  });

  test('early hints go before the response', async () => {
    const reply = await answerOf((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.writeProcessing();
      response.end('x');
    });
    expect(reply.raw).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
  });

  test('finish and close come once each, in order', async () => {
    const events: string[] = [];
    await answerOf((request, response) => {
      for (const event of ['prefinish', 'finish', 'close'])
        response.on(event, () => events.push(`response ${event}`));
      for (const event of ['end', 'aborted', 'error', 'close'])
        request.on(event, () => events.push(`request ${event}`));
      response.end('x');
    });
    await turnsUntil(() => events.includes('request close'));
    expect(events.filter((one) => one.startsWith('response'))).toEqual([
      'response prefinish',
      'response finish',
      'response close',
    ]);
    expect(events.filter((one) => one.startsWith('request'))).toEqual(['request end', 'request close']);
  });

  test.each(['before it answers', 'in the middle'])('a client that leaves %s is told of', async (when) => {
    const events: string[] = [];
    const begun = gate();
    const { address, errors } = await serving(
      fromNodeListener((request, response) => {
        if (when === 'in the middle') response.write('some');
        request.on('aborted', () => events.push('aborted'));
        request.on('close', () => events.push('request close'));
        response.on('close', () => events.push(`response close ${String(response.writableFinished)}`));
        response.on('finish', () => events.push('finish'));
        request.resume();
        begun.open();
      }),
    );
    const peer = await dial(address);
    await peer.write(requestOf('POST /', 'Content-Length: 10') + 'abc');
    await begun.promise;
    if (when === 'in the middle') await until(peer, 'some');
    peer.abort();
    await turnsUntil(() => events.length >= 3);
    expect(events.sort()).toEqual(['aborted', 'request close', 'response close false']);
    expect(errors.filter((error) => !/aborted|left|reset|closed/i.test(String(error)))).toEqual([]);
  });

  test('one that throws, rejects or gives up before it answers is a 500 of the server', async () => {
    const failing: Listener[] = [
      () => {
        throw new Error('thrown');
      },
      async () => Promise.reject(new Error('thrown')),
      (_, response) => response.destroy(new Error('thrown')),
    ];
    for (const listener of failing) {
      const { address, errors } = await serving(fromNodeListener(listener));
      expect((await ask(address, 'GET /')).status).toBe(500);
      expect(errors.map(String)).toEqual(['Error: thrown']);
    }
  });

  test('one that fails in the middle ends the connection', async () => {
    const { address, errors } = await serving(
      fromNodeListener(async (_, response) => {
        response.write('some');
        await turn();
        throw new Error('late');
      }),
    );
    expect((await ask(address, 'GET /')).isComplete).toBe(false);
    expect(errors.map(String)).toEqual(['Error: late']);
  });

  test('a body that nobody reads is no obstacle to the next request', async () => {
    const { address } = await serving(fromNodeListener((request, response) => response.end(request.url)));
    const peer = await dial(address);
    const body = 'x'.repeat(100_000);
    await peer.write(`POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`);
    await until(peer, '/1');
    await peer.write(requestOf('GET /2'));
    expect(await untilEnd(peer)).toContain('/2');
  });

  test('a stream of Node ends in it', async () => {
    const { url } = await serving(
      fromNodeListener(async (request, response) => {
        await pipeline(request, response);
      }),
    );
    expect(await (await fetch(url, { method: 'POST', body: 'piped' })).text()).toBe('piped');
  });

  test('may be a server that does not listen', async () => {
    const server = createServer((_, response) => response.end('of a server'));
    const { url } = await serving(fromNodeListener(server));
    expect(await (await fetch(url)).text()).toBe('of a server');
    expect((await ask((await serving(fromNodeListener(createServer()))).address, 'GET /')).status).toBe(500);
  });

  test('anything else is refused at once', () => {
    for (const wrong of [undefined, 'express', {}, { callback: 1 }])
      expect(() => fromNodeListener(wrong as NodeProgram)).toThrow(TypeError);
    expect(() => fromNodeListener(() => undefined, { wholeBytes: -1 })).toThrow(RangeError);
  });
});

/** One set of routes, by three frameworks. */
const frameworks: [string, () => NodeProgram][] = [
  ['Express', expressRoutes],
  ['Fastify', fastifyRoutes],
  ['Koa', koaRoutes],
];

function expressRoutes(): NodeProgram {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());
  app.get('/hello/:name', (request, response) => void response.send(`hello ${request.params.name}`));
  app.post('/sum', (request, response) => {
    const { a, b } = request.body as { a: number; b: number };
    response.json({ sum: a + b });
  });
  app.get('/cookies', (_, response) => void response.cookie('a', '1').cookie('b', '2').send('set'));
  app.get('/move', (_, response) => {
    response.redirect('/hello/you');
  });
  app.get('/fail', () => {
    throw Object.assign(new Error('teapot'), { status: 418 });
  });
  app.get('/stream', async (_, response) => {
    response.write('one ');
    await turn();
    response.end('two');
  });
  return app;
}

function fastifyRoutes(): NodeProgram {
  const app = fastify();
  app.get('/hello/:name', (request) => `hello ${(request.params as { name: string }).name}`);
  const schema = {
    body: {
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { type: 'number' }, b: { type: 'number' } },
    },
  };
  app.post('/sum', { schema }, (request) => {
    const { a, b } = request.body as { a: number; b: number };
    return { sum: a + b };
  });
  app.get('/cookies', (_, reply) =>
    reply.header('Set-Cookie', 'a=1').header('Set-Cookie', 'b=2').send('set'),
  );
  app.get('/move', (_, reply) => reply.redirect('/hello/you'));
  app.get('/fail', () => {
    throw Object.assign(new Error('teapot'), { statusCode: 418 });
  });
  app.get('/stream', (_, reply) => {
    reply.hijack();
    reply.raw.write('one ');
    setImmediate(() => reply.raw.end('two'));
  });
  return app;
}

function koaRoutes(): NodeProgram {
  const app = new Koa();
  app.silent = true;
  app.use(async (context) => {
    const { path, method } = context;
    const [, name] = /^\/hello\/(.+)$/.exec(path) ?? [];
    if (name !== undefined) context.body = `hello ${decodeURIComponent(name)}`;
    else if (path === '/sum' && method === 'POST') {
      let text = '';
      for await (const chunk of context.req) text += String(chunk);
      if (!/^\{.*\}$/.test(text)) context.throw(400, 'no JSON');
      const sent = JSON.parse(text) as { a: number; b: number };
      context.body = { sum: sent.a + sent.b };
    } else if (path === '/cookies') {
      context.cookies.set('a', '1');
      context.cookies.set('b', '2');
      context.body = 'set';
    } else if (path === '/move') context.redirect('/hello/you');
    else if (path === '/fail') context.throw(418, 'teapot');
    else if (path === '/stream') {
      context.respond = false;
      context.res.statusCode = 200;
      context.res.write('one ');
      setImmediate(() => context.res.end('two'));
    }
  });
  return app;
}

describe.each(frameworks)('%s', (_name, routes) => {
  const start = async (): Promise<string> => (await serving(fromNodeListener(routes()))).url;

  test('routes with parameters', async () => {
    const reply = await fetch(`${await start()}/hello/w%C3%B6rld`);
    expect([reply.status, await reply.text()]).toEqual([200, 'hello wörld']);
  });

  test('reads JSON and answers it; what is none is 400', async () => {
    const url = await start();
    const post = (body: string) =>
      fetch(`${url}/sum`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
    const reply = await post('{"a":1,"b":2}');
    expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await reply.json()).toEqual({ sum: 3 });
    expect((await post('{"a":')).status).toBe(400);
  });

  test('sets two cookies', async () => {
    const { headers } = await fetch(`${await start()}/cookies`);
    expect(headers.getSetCookie().map((cookie) => cookie.split(';')[0])).toEqual(['a=1', 'b=2']);
  });

  test('answers what it does not know, redirects and fails in its own way', async () => {
    const url = await start();
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    const moved = await fetch(`${url}/move`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/hello/you']);
    const failed = await fetch(`${url}/fail`);
    expect(failed.status).toBe(418);
    expect(await failed.text()).toContain('teapot');
  });

  test('streams', async () => {
    const reply = await fetch(`${await start()}/stream`);
    expect(reply.headers.get('content-length')).toBeNull();
    expect(await reply.text()).toBe('one two');
  });

  test('answers HEAD with the fields of GET', async () => {
    const url = await start();
    const [head, get] = await Promise.all([
      fetch(`${url}/hello/you`, { method: 'HEAD' }),
      fetch(`${url}/hello/you`),
    ]);
    const fields = ({ headers }: Response) => [headers.get('content-length'), headers.get('content-type')];
    expect(fields(head)).toEqual(fields(get));
  });

  test('answers many at once, and pipelined', async () => {
    const url = await start();
    const replies = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => (await fetch(`${url}/hello/${String(i)}`)).text()),
    );
    expect(replies).toEqual(Array.from({ length: 30 }, (_, i) => `hello ${String(i)}`));
  });
});

describe('Express', () => {
  test('knows where it is mounted', async () => {
    const app = express();
    const router = express.Router();
    router.get('/where', (request, response) => {
      const { url, baseUrl, originalUrl, path } = request;
      response.json({ url, baseUrl, originalUrl, path });
    });
    app.use('/inner', router);
    const { url } = await serving(mount({ '/a b': fromNodeListener(app) }));
    expect(await (await fetch(`${url}/a%20b/inner/where?q=%31`)).json()).toEqual({
      url: '/where?q=%31',
      baseUrl: '/a%20b/inner',
      originalUrl: '/a%20b/inner/where?q=%31',
      path: '/where',
    });
  });

  test('sends files, parts of them, and what has not changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wirestack-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const text = 'line\n'.repeat(50_000);
    writeFileSync(join(folder, 'file.txt'), text);
    const app = express();
    app.get('/file', (_, response) => {
      response.sendFile('file.txt', { root: folder });
    });
    app.use('/static', express.static(folder));
    const { url, address } = await serving(fromNodeListener(app));
    const whole = await fetch(`${url}/file`);
    expect(whole.headers.get('content-length')).toBe(String(text.length));
    expect(await whole.text()).toBe(text);
    const part = await fetch(`${url}/static/file.txt`, { headers: { Range: 'bytes=5-13' } });
    expect([part.status, await part.text()]).toEqual([206, 'line\nline']);
    const etag = whole.headers.get('etag') ?? '';
    const same = await ask(address, 'GET /file', `If-None-Match: ${etag}`);
    expect([same.status, same.body]).toEqual([304, '']);
  });

  test('takes uploads as bytes', async () => {
    const app = express();
    app.post('/upload', express.raw({ type: '*/*', limit: '5mb' }), (request, response) => {
      response.send(String((request.body as Buffer).length));
    });
    const { url } = await serving(fromNodeListener(app));
    const upload = (length: number) =>
      fetch(`${url}/upload`, {
        method: 'POST',
        body: Buffer.alloc(length, 1),
        headers: { 'Content-Type': 'application/octet-stream' },
      });
    expect(await (await upload(3_000_000)).text()).toBe('3000000');
    expect((await upload(6_000_000)).status).toBe(413);
  });

  test('answers an error that nobody handles, and its handlers', async () => {
    const app = express();
    app.set('env', 'test');
    app.get('/sync', () => {
      throw new Error('sync');
    });
    app.get('/async', async () => {
      await turn();
      throw new Error('async');
    });
    const { url } = await serving(fromNodeListener(app));
    for (const path of ['/sync', '/async']) expect((await fetch(url + path)).status).toBe(500);
  });
});

describe('Fastify', () => {
  test('validates, and says what is wrong', async () => {
    const { url } = await serving(fromNodeListener(fastifyRoutes()));
    const headers = { 'Content-Type': 'application/json' };
    const reply = await fetch(`${url}/sum`, { method: 'POST', body: '{"a":1}', headers });
    expect(reply.status).toBe(400);
    expect(((await reply.json()) as { message: string }).message).toContain("required property 'b'");
  });

  test('is made ready and closed by the lifespan', async () => {
    const calls: string[] = [];
    const app = fastify();
    app.addHook('onReady', async () => void calls.push('ready'));
    app.addHook('onClose', async () => void calls.push('closed'));
    app.get('/', () => 'served');
    const { lifespan, ...rest } = { lifespan: fromNodeListener(app).lifespan };
    expect(rest).toEqual({});
    await lifespan?.start?.();
    expect(calls).toEqual(['ready']);
    await lifespan?.stop?.();
    expect(calls).toEqual(['ready', 'closed']);
  });
});

describe('the gateway’s side', () => {
  test('close of a streamed body ends the request of the listener, once', async () => {
    const events: string[] = [];
    const app: Application = fromNodeListener((_, response) => {
      response.on('close', () => events.push('close'));
      response.write('x');
    });
    const response = await run(app, setupTestingDefaults());
    const iterator = (response.body as AsyncIterable<string>)[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe('x');
    await iterator.return?.();
    await iterator.return?.();
    await turnsUntil(() => events.length > 0);
    expect(events).toEqual(['close']);
  });
});
