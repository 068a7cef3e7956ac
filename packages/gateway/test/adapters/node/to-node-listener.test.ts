import { once } from 'node:events';
import { createServer, get as httpGet, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import express from 'express';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application, Body, Chunk, Environ } from '@wirestack/gateway';
import { withLifespan } from '../../../src/lifespan.ts';
import { fromNodeListener, toNodeListener } from '../../../src/adapters/node/index.ts';
import { CountedBody } from '../../counted-body.ts';
import { ask, dial, gate, requestOf, serving, turn, turnsUntil, until, untilEnd } from '../../peer.ts';

/** Serves `app` by a server of `node:http` for as long as the test runs. */
async function onNode(app: Application) {
  const errors: unknown[] = [];
  const listener = toNodeListener(app, { onError: (error) => errors.push(error) });
  const server = createServer(listener).on('checkContinue', listener.checkContinue);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: { family: 'ipv4', host: '127.0.0.1', port } as const,
    url: `http://127.0.0.1:${String(port)}`,
    errors,
  };
}

const answering =
  (body: () => Body | Promise<Body>, ...headers: [string, string][]): Application =>
  (_, startResponse) => {
    startResponse('200 OK', headers);
    return body();
  };

describe('an application in a server of Node', () => {
  const bodies: [string, () => Body | Promise<Body>, string, boolean][] = [
    ['text', () => ['hällo'], 'hällo', true],
    ['bytes', () => [Uint8Array.of(104, 105)], 'hi', true],
    ['nothing', () => [], '', true],
    ['a promise', async () => ['later'], 'later', true],
    ['several chunks', () => ['a', '', 'b', Buffer.from('c')], 'abc', false],
    [
      'a generator',
      async function* () {
        yield 'x';
        await turn();
        yield 'y';
      },
      'xy',
      false,
    ],
  ];
  test.each(bodies)('answers with %s', async (_name, body, text, isWhole) => {
    const { address } = await onNode(answering(body));
    const reply = await ask(address, 'GET /');
    expect(Buffer.from(reply.body, 'latin1').toString()).toBe(text);
    expect(reply.header('content-length')).toBe(isWhole ? String(Buffer.byteLength(text)) : undefined);
    expect(reply.isComplete).toBe(true);
  });

  test('says status, reason, and every field, repeated ones too', async () => {
    const { address } = await onNode((_, startResponse) => {
      startResponse('404 Not Here', [
        ['Set-Cookie', 'a=1'],
        ['X-A', 'é'],
        ['set-cookie', 'b=2'],
      ]);
      return ['x'];
    });
    const reply = await ask(address, 'GET /');
    expect(reply.statusLine).toBe('HTTP/1.1 404 Not Here');
    expect(reply.headers.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value)).toEqual([
      'a=1',
      'b=2',
    ]);
    expect(reply.header('X-A')).toBe('é');
  });

  test('gets an environ as on our server', async () => {
    const seen: Partial<Environ>[] = [];
    const app: Application = (environ, startResponse) => {
      const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI, REMOTE_ADDR } = environ;
      const { SERVER_NAME, SERVER_PROTOCOL, HTTP_X_A, HTTP_COOKIE, HTTP_HOST, HTTP_PROXY } = environ;
      seen.push({
        ...{ REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI, REMOTE_ADDR },
        ...{ SERVER_NAME, SERVER_PROTOCOL, HTTP_X_A, HTTP_COOKIE, HTTP_HOST, HTTP_PROXY },
        'wsgi.url_scheme': environ['wsgi.url_scheme'],
        'wirestack.raw_headers': environ['wirestack.raw_headers'],
      });
      startResponse('200 OK', []);
      return [];
    };
    for (const { address } of [await onNode(app), await serving(app)]) {
      await ask(
        address,
        'GET /a%20b?x=%31',
        ...['X-A: 1', 'x-a: 2', 'Cookie: a', 'Cookie: b', 'Proxy: x', 'X_A: y'],
      );
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toMatchObject({ PATH_INFO: '/a b', HTTP_X_A: '1, 2', HTTP_COOKIE: 'a; b' });
  });

  test('HEAD, 204 and 304 have no body, and it is closed', async () => {
    for (const [request, status] of [
      ['HEAD /', '200 OK'],
      ['GET /', '204 No Content'],
      ['GET /', '304 Not Modified'],
    ] as const) {
      const body = new CountedBody('x', 'y');
      const { address } = await onNode((_, startResponse) => {
        startResponse(status, [['X-A', 'b']]);
        return body;
      });
      const reply = await ask(address, request);
      expect([reply.body, reply.header('x-a')]).toEqual(['', 'b']);
      expect([body.returns, body.closes]).toEqual([1, 1]);
    }
    const { address } = await onNode(answering(() => ['hello']));
    expect((await ask(address, 'HEAD /')).header('content-length')).toBe('5');
  });

  test('reads the body of the request as it comes, and its trailers', async () => {
    const { address } = await onNode(async (environ, startResponse) => {
      let text = '';
      for await (const chunk of environ['wsgi.input']) text += Buffer.from(chunk).toString();
      startResponse('200 OK', []);
      return [`${text} ${JSON.stringify(environ['wirestack.trailers'])}`];
    });
    const peer = await dial(address);
    await peer.write(requestOf('POST /', 'Transfer-Encoding: chunked'));
    await peer.write('3\r\none\r\n');
    await turn();
    await peer.write('3\r\ntwo\r\n0\r\nX-Sum: 2\r\n\r\n');
    expect(await untilEnd(peer)).toContain('onetwo [["X-Sum","2"]]');
  });

  test('100 Continue is sent by the first read; a client that was not told to send is not trusted with another request', async () => {
    const { address } = await onNode(async (environ, startResponse) => {
      const read = environ.PATH_INFO === '/' ? await environ['wsgi.input'].read() : 'unread';
      startResponse('200 OK', []);
      return [read];
    });
    const fields = ['Host: a', 'Content-Length: 2', 'Expect: 100-continue', '', ''].join('\r\n');
    const peer = await dial(address);
    await peer.write(`POST / HTTP/1.1\r\n${fields}`);
    expect(await until(peer, '\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await peer.write('hi');
    expect(await until(peer, 'hi')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const other = await dial(address);
    await other.write(`POST /unread HTTP/1.1\r\n${fields}`);
    expect(await untilEnd(other)).toMatch(/^HTTP\/1\.1 200 OK[^]*Connection: close[^]*unread$/);
  });

  test('sends early hints', async () => {
    const { address } = await onNode((environ, startResponse) => {
      const hint = environ['wirestack.early_hints'];
      hint([['Link', '</a.css>; rel=preload']]);
      expect(() => {
        hint([['Link', '</a>\r\nX: y']]);
      }).toThrow(TypeError);
      startResponse('200 OK', []);
      return ['x'];
    });
    const { raw } = await ask(address, 'GET /');
    expect(raw).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 /i,
    );
    expect(raw).not.toContain('X: y');
  });

  test('write() goes out at once', async () => {
    const rest = gate();
    const { address } = await onNode(async (_, startResponse) => {
      const write = startResponse('200 OK', []);
      await write('first');
      await rest.promise;
      return ['second'];
    });
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, 'first');
    rest.open();
    expect(await untilEnd(peer)).toContain('second');
  });

  test('a file goes out with its length, and is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wirestack-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    writeFileSync(join(folder, 'file'), '0123456789');
    const file = await open(join(folder, 'file'));
    const { address } = await onNode((environ, startResponse) => {
      startResponse('200 OK', []);
      return new environ['wsgi.file_wrapper'](file, 4, 3);
    });
    const reply = await ask(address, 'GET /');
    expect([reply.header('content-length'), reply.body]).toEqual(['4', '3456']);
    await turnsUntil(() => file.fd === -1);
  });

  test('a body of another length than it promised ends the connection', async () => {
    for (const length of ['2', '9']) {
      const body = new CountedBody('abc', 'def');
      const { address, errors } = await onNode(answering(() => body, ['Content-Length', length]));
      const reply = await ask(address, 'GET /');
      expect(reply.isComplete && reply.status === 200).toBe(false);
      expect(errors).toHaveLength(1);
      expect(body.closes).toBe(1);
    }
  });

  test('a client that takes nothing stops the body', async () => {
    let made = 0;
    const { address } = await onNode(
      answering(async function* () {
        for (; made < 400; made++) yield Buffer.alloc(65_536);
      }),
    );
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, '\r\n\r\n');
    let before = -1;
    while (before !== made) {
      before = made;
      for (let i = 0; i < 50; i++) await turn();
    }
    expect(made).toBeLessThan(400);
    await untilEnd(peer);
    expect(made).toBe(400);
  });

  test('when the client leaves, the signal is aborted and the body closed, once', async () => {
    const body = new CountedBody('some', new Promise<Chunk>(() => undefined));
    let signal: AbortSignal | undefined;
    const { address, errors } = await onNode((environ, startResponse) => {
      signal = environ['wirestack.signal'];
      startResponse('200 OK', []);
      return body;
    });
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, 'some');
    expect(signal?.aborted).toBe(false);
    peer.abort();
    await turnsUntil(() => body.closes > 0);
    expect(signal?.aborted).toBe(true);
    for (let i = 0; i < 20; i++) await turn();
    expect([body.returns, body.closes]).toEqual([1, 1]);
    expect(errors).toEqual([]);
  });

  test('a body that comes after the client has left is closed', async () => {
    const body = new CountedBody('x');
    const working = gate();
    const { address } = await onNode(async (environ, startResponse) => {
      working.open();
      await once(environ['wirestack.signal'], 'abort');
      startResponse('200 OK', []);
      return body;
    });
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await working.promise;
    peer.abort();
    await turnsUntil(() => body.closes > 0);
    expect(body.closes).toBe(1);
  });

  test('one that throws is 500, or the end of the connection where the head is out', async () => {
    const failing: [Application, number][] = [
      [
        () => {
          throw new Error('thrown');
        },
        500,
      ],
      [async () => Promise.reject(new Error('thrown')), 500],
      [answering(() => new CountedBody(new Error('thrown'))), 500],
      [
        answering(
          () =>
            new CountedBody(
              'some',
              turn().then(() => Promise.reject(new Error('thrown'))),
            ),
        ),
        200,
      ],
    ];
    for (const [app, status] of failing) {
      const { address, errors } = await onNode(app);
      const reply = await ask(address, 'GET /');
      expect([reply.status, reply.isComplete]).toEqual([status, status === 500]);
      expect(errors.map(String)).toEqual(['Error: thrown']);
    }
  });

  test('a field with a line break is refused', async () => {
    const { address, errors } = await onNode(answering(() => ['x'], ['X-A', 'a\r\nSet-Cookie: b']));
    const { status, raw } = await ask(address, 'GET /');
    expect([status, raw.includes('Set-Cookie')]).toEqual([500, false]);
    expect(errors).toMatchObject([{ code: 'BAD_HEADER' }]);
  });

  test('what it leaves unread is no obstacle to the next request', async () => {
    const { address } = await onNode(async (environ, startResponse) => {
      if (environ.PATH_INFO === '/some') await environ['wsgi.input'].read(1);
      startResponse('200 OK', []);
      return [environ.PATH_INFO];
    });
    for (const path of ['/none', '/some']) {
      const peer = await dial(address);
      const body = 'x'.repeat(300_000);
      void peer.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n${body}`);
      await until(peer, path);
      await peer.write(requestOf('GET /next'));
      expect(await untilEnd(peer)).toContain('/next');
    }
  });

  test('its lifespan starts with the first request, once, and again after it failed', async () => {
    let starts = 0;
    const app = withLifespan(
      answering(() => ['x']),
      {
        start: () => {
          starts++;
          if (starts === 1) throw new Error('not yet');
        },
      },
    );
    const { url, errors } = await onNode(app);
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(url)).status);
    expect(statuses).toEqual([500, 200, 200]);
    expect(starts).toBe(2);
    expect(errors.map(String)).toEqual(['Error: not yet']);
  });

  test('Express mounts it', async () => {
    const app = express();
    app.use(
      '/ab',
      toNodeListener((environ, startResponse) => {
        startResponse('200 OK', []);
        return [[environ.SCRIPT_NAME, environ.PATH_INFO, environ.REQUEST_URI].join(' | ')];
      }),
    );
    const { url } = await serving(fromNodeListener(app));
    expect(await (await fetch(`${url}/ab/c%2Fd?e`)).text()).toBe('/ab | /c/d | /ab/c%2Fd?e');
  });

  test('works with HTTP/2: fields, cookies, both bodies, and a failure of one stream alone', async () => {
    const seen: unknown[] = [];
    const listener = toNodeListener(
      async (environ, startResponse) => {
        if (environ.PATH_INFO === '/fail')
          return answering(() => new CountedBody('x', new Error('no')))(environ, startResponse);
        seen.push([environ.SERVER_PROTOCOL, environ['HTTP_HOST'], environ['wirestack.raw_headers'].length]);
        const sent = Buffer.from(await environ['wsgi.input'].read()).toString();
        startResponse('200 OK', [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ]);
        return [sent, ' back'];
      },
      { onError: () => undefined },
    );
    const server = createHttp2Server(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const client = connectHttp2(origin);
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    const failing = client.request({ ':path': '/fail' });
    failing.resume();
    await expect(once(failing, 'end')).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    const stream = client.request({ ':method': 'POST', ':path': '/x', 'x-a': '1' });
    stream.end('sent');
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('sent back');
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(seen).toEqual([['HTTP/2.0', origin.slice('http://'.length), 1]]);
  });

  test('works for a client of Node', async () => {
    const { url } = await onNode(answering(() => ['x', 'y']));
    const request = httpGet(url);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(text).toBe('xy');
  });

  test('what is no application is refused at once', () => {
    expect(() => toNodeListener(undefined as unknown as Application)).toThrow(TypeError);
  });
});
