import { inspect } from 'node:util';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { deleteCookie, setCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { streamSSE, streamText } from 'hono/streaming';
import { mount, run, setupTestingDefaults, type Environ } from '@wirestack/gateway';
import { fromFetch, installLightGlobals, type FetchHandler } from '../../../src/adapters/fetch/index.ts';
import { ask, dial, gate, requestOf, serving, turn, turnsUntil, until, untilEnd } from '../../peer.ts';

const platform = { Response, Request, fetch };

/** What holds with the platform's own `Response` holds with the light one. */
const responses: [string, () => () => void][] = [
  ['the platform’s Response', () => () => undefined],
  ['the light Response', installLightGlobals],
];

describe.each(responses)('a handler of the fetch standard, with %s', (_name, install) => {
  let undo = (): void => undefined;
  afterEach(() => {
    undo();
    expect({ Response, Request, fetch }).toEqual(platform);
  });
  const start = async (handler: FetchHandler) => {
    undo = install();
    return serving(fromFetch(handler));
  };
  const answerOf = async (handler: FetchHandler, methodAndTarget = 'GET /', ...fields: string[]) =>
    ask((await start(handler)).address, methodAndTarget, ...fields);

  const bytes = new TextEncoder().encode('bytes');
  const streamOf = (...chunks: string[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    });
  const bodies: [string, () => Response | Promise<Response>, string, string | undefined][] = [
    ['text', () => new Response('hällo'), 'hällo', 'text/plain;charset=UTF-8'],
    ['bytes', () => new Response(bytes), 'bytes', undefined],
    ['a buffer', () => new Response(bytes.buffer), 'bytes', undefined],
    ['nothing', () => new Response(), '', undefined],
    ['an empty text', () => new Response(''), '', 'text/plain;charset=UTF-8'],
    ['JSON', () => Response.json({ a: [1] }), '{"a":[1]}', 'application/json'],
    ['a Blob', () => new Response(new Blob(['blob'], { type: 'text/css' })), 'blob', 'text/css'],
    [
      'parameters',
      () => new Response(new URLSearchParams({ a: 'b c' })),
      'a=b+c',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a stream of one chunk', () => new Response(streamOf('one')), 'one', undefined],
    ['a stream of none', () => new Response(streamOf()), '', undefined],
    ['a promise', async () => new Response('later'), 'later', 'text/plain;charset=UTF-8'],
    ['the body of another', () => new Response(new Response('other').body), 'other', undefined],
    ['a clone', () => new Response('clone').clone(), 'clone', 'text/plain;charset=UTF-8'],
  ];
  test.each(bodies)('answers with %s, and its length', async (_case, handler, text, type) => {
    const reply = await answerOf(handler);
    expect(Buffer.from(reply.body, 'latin1').toString()).toBe(text);
    expect(reply.header('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(reply.header('content-type')).toBe(type);
  });

  test('streams what comes in several chunks, as it comes', async () => {
    const second = gate();
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(bytes);
        await second.promise;
        controller.enqueue(bytes);
        controller.close();
      },
    });
    const { address } = await start(() => new Response(body));
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, 'bytes\r\n');
    second.open();
    expect(await untilEnd(peer)).toBe('5\r\nbytes\r\n0\r\n\r\n');
  });

  test('says status, reason and fields; each Set-Cookie by itself, none of the connection', async () => {
    const headers = new Headers({ 'X-A': 'é', Connection: 'close', 'Keep-Alive': 'x', TE: 'trailers' });
    headers.append('Set-Cookie', 'a=1; Expires=Wed, 01 Jan 2025 00:00:00 GMT');
    headers.append('Set-Cookie', 'b=2');
    const reply = await answerOf(() => new Response('x', { status: 404, statusText: 'Not Here', headers }));
    expect(reply.statusLine).toBe('HTTP/1.1 404 Not Here');
    expect(reply.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual([
      'a=1; Expires=Wed, 01 Jan 2025 00:00:00 GMT',
      'b=2',
    ]);
    expect([reply.header('x-a'), reply.header('keep-alive'), reply.header('te')]).toEqual([
      'é',
      undefined,
      undefined,
    ]);
  });

  test.each([204, 205, 304])('answers %i without a body', async (status) => {
    const reply = await answerOf(() => new Response(null, { status }));
    expect([reply.status, reply.body]).toEqual([status, '']);
  });

  test('answers HEAD with the length it knows, and cancels a stream', async () => {
    expect((await answerOf(() => new Response('hello'), 'HEAD /')).header('content-length')).toBe('5');
    undo();
    const none = await answerOf(() => new Response(null), 'HEAD /');
    expect([none.header('content-length'), none.body]).toEqual([undefined, '']);
    undo();
    const cancelled = gate<unknown>();
    const body = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(bytes);
      },
      cancel: cancelled.open,
    });
    expect((await answerOf(() => new Response(body), 'HEAD /')).body).toBe('');
    await cancelled.promise;
  });

  test('what a client may not do to a field, a handler may not', async () => {
    const { address, errors } = await start(() => {
      const headers = { 'X-A': 'a\r\nSet-Cookie: b' };
      expect(() => new Response('x', { headers })).toThrow(TypeError);
      expect(() => new Response('x', { statusText: 'a\r\nb' })).toThrow(TypeError);
      expect(() => new Response('x', { status: 99 })).toThrow(RangeError);
      expect(() => new Response('x', { status: 204 })).toThrow(TypeError);
      expect(() => Response.json(undefined)).toThrow(TypeError);
      return new Response('refused');
    });
    expect((await ask(address, 'GET /')).body).toBe('refused');
    expect(errors).toEqual([]);
  });

  test('one that throws, or returns what is none, is a 500 of the server', async () => {
    const used = async () => {
      const response = new Response('x');
      await response.text();
      return response;
    };
    const failing: [FetchHandler, RegExp][] = [
      [() => Promise.reject(new Error('thrown')), /thrown/],
      [
        () => {
          throw new Error('thrown');
        },
        /thrown/,
      ],
      [() => undefined as unknown as Response, /no Response/],
      [used, /read before/],
      [() => Response.error(), /final status/],
    ];
    for (const [handler, message] of failing) {
      const { address, errors } = await start(handler);
      expect((await ask(address, 'GET /')).status).toBe(500);
      expect(errors.map(String)).toEqual([expect.stringMatching(message)]);
      undo();
    }
  });

  test('a stream that fails ends the connection', async () => {
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(bytes);
        await turn();
        await turn();
        controller.error(new Error('late'));
      },
    });
    const { address, errors } = await start(() => new Response(body));
    expect((await ask(address, 'GET /')).isComplete).toBe(false);
    expect(errors.map(String)).toEqual(['Error: late']);
  });

  test('a client that leaves aborts the signal and cancels the body, once', async () => {
    const cancels: unknown[] = [];
    let signal: AbortSignal | undefined;
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(bytes);
      },
      cancel: (reason) => void cancels.push(reason),
    });
    const { address } = await start((request) => {
      ({ signal } = request);
      return new Response(body);
    });
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, 'bytes');
    expect(signal?.aborted).toBe(false);
    peer.abort();
    await turnsUntil(() => cancels.length > 0);
    for (let i = 0; i < 10; i++) await turn();
    expect(cancels).toEqual([expect.objectContaining({ name: 'AbortError' })]);
    expect(signal?.aborted).toBe(true);
  });

  test('a client that leaves before the answer has its body cancelled', async () => {
    const working = gate();
    const cancelled = gate<unknown>();
    const { address } = await start(async (request) => {
      working.open();
      await once(request.signal, 'abort');
      return new Response(new ReadableStream({ cancel: cancelled.open, pull: (c) => c.enqueue(bytes) }));
    });
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await working.promise;
    peer.abort();
    await cancelled.promise;
  });

  test('a client that takes nothing stops the stream', async () => {
    let made = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (made++ < 400) controller.enqueue(new Uint8Array(65_536));
        else controller.close();
      },
    });
    const { address } = await start(() => new Response(body));
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, '\r\n\r\n');
    let before = -1;
    while (before !== made) {
      before = made;
      for (let i = 0; i < 50; i++) await turn();
    }
    expect(made).toBeLessThan(400);
    expect((await untilEnd(peer)).length).toBeGreaterThan(399 * 65_536);
  });

  test('passes on what it has fetched, decoded', async () => {
    const upstream = await serving((_, startResponse) => {
      startResponse('200 OK', [
        ['Content-Encoding', 'gzip'],
        ['Content-Length', '29'],
        ['X-Up', 'stream'],
      ]);
      return [Buffer.from('H4sIAAAAAAAAA0tMSk4EAFt5Zu4EAAAA', 'base64').subarray(0, 24), new Uint8Array(5)];
    });
    const { address } = await start(async () => {
      const response = await fetch(upstream.url, { method: 'HEAD' });
      return response;
    });
    const reply = await ask(address, 'HEAD /');
    expect([reply.header('content-encoding'), reply.header('x-up')]).toEqual([undefined, 'stream']);
  });

  describe('Hono', () => {
    const hono = async () => {
      undo = install();
      const app = new Hono<{ Bindings: { environ: Environ } }>();
      app.use('/cors/*', cors({ origin: 'https://a.example' }));
      app.use('/etag/*', etag());
      app.use('/packed/*', compress());
      app.get('/hello/:name', (c) => c.text(`hello ${c.req.param('name')} ${c.req.query('q') ?? ''}`));
      app.get('/where', (c) => c.json([c.req.url, c.req.header('x-a'), c.env.environ.REMOTE_ADDR]));
      app.get('/all', (c) => c.json(c.req.header()));
      app.post('/sum', async (c) => {
        const { a, b } = await c.req.json<{ a: number; b: number }>();
        return c.json({ sum: a + b }, 201);
      });
      app.post('/upload', async (c) => {
        const { file, note } = await c.req.parseBody();
        if (!(file instanceof File) || typeof note !== 'string') return c.text('no form', 400);
        return c.text(`${file.name} ${String(file.size)} ${note}`);
      });
      app.get('/cookies', (c) => {
        setCookie(c, 'a', '1');
        setCookie(c, 'b', '2', { httpOnly: true });
        deleteCookie(c, 'c');
        return c.text('set');
      });
      app.get('/move', (c) => c.redirect('/hello/you'));
      app.get('/fail', () => {
        throw new Error('in Hono');
      });
      app.onError((error, c) => c.text(error.message, 500));
      app.get('/cors/x', (c) => c.text('shared'));
      app.get('/etag/x', (c) => c.text('tagged'));
      app.get('/packed/x', (c) => c.text('long '.repeat(1000)));
      app.get('/stream', (c) =>
        streamText(c, async (stream) => {
          await stream.write('one ');
          await turn();
          await stream.write('two');
        }),
      );
      app.get('/events', (c) =>
        streamSSE(c, (stream) => stream.writeSSE({ data: 'x', event: 'e', id: '1' })),
      );
      app.post('/echo', (c) => new Response(c.req.raw.body));
      return serving(
        mount({ '/': fromFetch(app.fetch), '/inner': fromFetch(new Hono().route('/inner', app).fetch) }),
      );
    };
    const get = async (path: string, init?: RequestInit) => {
      const { url } = await hono();
      return platform.fetch(url + path, init);
    };

    test('routes, with parameters and query', async () => {
      expect(await (await get('/hello/w%C3%B6rld?q=%26')).text()).toBe('hello wörld &');
    });

    test('knows URL, fields, and the environ', async () => {
      const { url } = await hono();
      const { host } = new URL(url);
      const reply = await platform.fetch(`${url}/where?a=b`, { headers: { 'X-A': 'b' } });
      expect(await reply.json()).toEqual([`http://${host}/where?a=b`, 'b', '127.0.0.1']);
      const all = (await (await platform.fetch(`${url}/all`)).json()) as Record<string, string>;
      expect(all['host']).toBe(host);
      expect(Object.keys(all)).toContain('user-agent');
    });

    test('reads JSON, and says 404 and what failed', async () => {
      const body = '{"a":1,"b":2}';
      const reply = await get('/sum', { method: 'POST', body });
      expect([reply.status, await reply.json()]).toEqual([201, { sum: 3 }]);
      undo();
      expect((await get('/sum', { method: 'POST', body: '{' })).status).toBe(500);
      undo();
      expect((await get('/nowhere')).status).toBe(404);
      undo();
      expect(await (await get('/fail')).text()).toBe('in Hono');
    });

    test('reads a form with a file', async () => {
      const body = new FormData();
      body.append('note', 'a note');
      body.append('file', new File([new Uint8Array(100_000)], 'a file.bin'));
      expect(await (await get('/upload', { method: 'POST', body })).text()).toBe('a file.bin 100000 a note');
    });

    test('sets cookies, redirects, and shares', async () => {
      const cookies = (await get('/cookies')).headers.getSetCookie();
      expect(cookies.map((one) => one.split(';')[0])).toEqual(['a=1', 'b=2', 'c=']);
      undo();
      const moved = await get('/move', { redirect: 'manual' });
      expect([moved.status, moved.headers.get('location')]).toEqual([302, '/hello/you']);
      undo();
      const shared = await get('/cors/x', { headers: { Origin: 'https://a.example' } });
      expect([shared.headers.get('access-control-allow-origin'), await shared.text()]).toEqual([
        'https://a.example',
        'shared',
      ]);
    });

    test('tags and packs', async () => {
      const tagged = await get('/etag/x');
      const tag = tagged.headers.get('etag') ?? '';
      expect([tag, await tagged.text()]).toEqual([expect.stringMatching(/^"/), 'tagged']);
      undo();
      const { address } = await hono();
      expect((await ask(address, 'GET /etag/x', `If-None-Match: ${tag}`)).status).toBe(304);
      undo();
      const packed = await get('/packed/x');
      expect(packed.headers.get('content-encoding')).toBe('gzip');
      expect(await packed.text()).toBe('long '.repeat(1000));
    });

    test('streams text, events, and back what it gets', async () => {
      expect(await (await get('/stream')).text()).toBe('one two');
      undo();
      expect(await (await get('/events')).text()).toBe('event: e\ndata: x\nid: 1\n\n');
      undo();
      const body = Buffer.alloc(1_000_000, 'abc');
      const echoed = await get('/echo', { method: 'POST', body });
      expect(Buffer.from(await echoed.arrayBuffer()).equals(body)).toBe(true);
    });

    test('answers HEAD, and routes below where it is mounted', async () => {
      expect(await (await get('/inner/hello/you')).text()).toBe('hello you ');
      undo();
      const head = await get('/hello/you', { method: 'HEAD' });
      expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
        200,
        expect.stringMatching(/^text\/plain/),
        '',
      ]);
    });
  });
});

describe('the request', () => {
  const requestOfEnviron = (given: Partial<Environ> = {}, body: string | Uint8Array = ''): Request => {
    let seen: Request | undefined;
    const app = fromFetch((request) => {
      seen = request;
      return new Response();
    });
    void run(app, setupTestingDefaults(given, body));
    return seen as Request;
  };
  const post = (body: string | Uint8Array = 'sent', type = 'text/plain') =>
    requestOfEnviron({ CONTENT_TYPE: type, REQUEST_METHOD: 'POST' }, body);

  test('is one', () => {
    const request = requestOfEnviron({ REQUEST_METHOD: 'PUT', HTTP_X_A: 'b' });
    expect(request).toBeInstanceOf(Request);
    expect(request.headers).toBeInstanceOf(Headers);
    expect([request.method, request.url]).toEqual(['PUT', 'http://127.0.0.1/']);
    expect([request.redirect, request.mode, request.cache]).toEqual(['follow', 'cors', 'default']);
    expect([request.body, request.bodyUsed]).toEqual([null, false]);
    expect(inspect(request)).toContain('http://127.0.0.1/');
  });

  test('reads its body in every way, once', async () => {
    expect(await post('\ufeffhällo').text()).toBe('hällo');
    expect(await post('{"a":1}').json()).toEqual({ a: 1 });
    expect(new Uint8Array(await post(Uint8Array.of(0, 255)).arrayBuffer())).toEqual(Uint8Array.of(0, 255));
    const blob = await post('blob').blob();
    expect([blob.type, await blob.text()]).toEqual(['text/plain', 'blob']);
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- programs ask for it, and the standard has no other
    const form = await post('a=b+c', 'application/x-www-form-urlencoded').formData();
    expect(form.get('a')).toBe('b c');
    const request = post();
    await request.text();
    expect(request.bodyUsed).toBe(true);
    await expect(request.text()).rejects.toThrow(TypeError);
    expect(() => request.clone()).toThrow(TypeError);
    expect(() => new Request(request)).toThrow(TypeError);
  });

  test('has a body that streams, and is cancelled', async () => {
    const request = post('streamed');
    const reader = request.body!.getReader();
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('streamed');
    expect(request.bodyUsed).toBe(true);
    await reader.cancel();
    await expect(request.text()).rejects.toThrow(TypeError);
  });

  test('has no body where the fetch standard knows none', async () => {
    for (const REQUEST_METHOD of ['GET', 'HEAD']) {
      const request = requestOfEnviron({ REQUEST_METHOD }, 'sent all the same');
      expect([request.body, await request.text()]).toEqual([null, '']);
    }
  });

  test('can be cloned, wrapped and changed', async () => {
    const first = post();
    const clone = first.clone();
    expect([await clone.text(), await first.text()]).toEqual(['sent', 'sent']);
    const wrapped = new Request(post());
    expect([wrapped.url, wrapped.method, wrapped.headers.get('content-type')]).toEqual([
      'http://127.0.0.1/',
      'POST',
      'text/plain',
    ]);
    expect(await wrapped.text()).toBe('sent');
    const changed = new Request(post(), { headers: { 'X-A': 'b' }, method: 'PUT' });
    expect([changed.method, changed.headers.get('x-a'), changed.headers.get('content-type')]).toEqual([
      'PUT',
      'b',
      null,
    ]);
    expect(await changed.text()).toBe('sent');
    const moved = new Request('http://other/', post());
    expect([moved.url, moved.method, await moved.text()]).toEqual(['http://other/', 'POST', 'sent']);
  });

  test('can be fetched', async () => {
    const upstream = await serving(async (environ, startResponse) => {
      startResponse('200 OK', []);
      return [environ.REQUEST_METHOD, ' ', await environ['wsgi.input'].read()];
    });
    const { host } = new URL(upstream.url);
    const request = requestOfEnviron({ REQUEST_METHOD: 'POST', HTTP_HOST: host }, 'proxied');
    expect(await (await fetch(request)).text()).toBe('POST proxied');
  });

  test('has the fields of the environ, whoever has put them there', () => {
    const { headers } = requestOfEnviron({
      HTTP_X_A: '1, 2',
      HTTP_COOKIE: 'a=b; c=d',
      CONTENT_TYPE: 'text/css',
      HTTP_HOST: 'a.example',
    });
    expect([headers.get('x-a'), headers.get('X-A'), headers.get('cookie')]).toEqual([
      '1, 2',
      '1, 2',
      'a=b; c=d',
    ]);
    expect([headers.get('content-type'), headers.get('x_a'), headers.has('x-b')]).toEqual([
      'text/css',
      null,
      false,
    ]);
    expect(() => headers.get('no name')).toThrow(TypeError);
    expect([...headers]).toEqual([
      ['content-type', 'text/css'],
      ['cookie', 'a=b; c=d'],
      ['host', 'a.example'],
      ['x-a', '1, 2'],
    ]);
    headers.set('X-A', 'changed');
    headers.append('x-c', 'd');
    headers.delete('cookie');
    expect([
      headers.get('x-a'),
      headers.has('cookie'),
      [...headers.keys()],
      [...headers.values()].length,
    ]).toEqual(['changed', false, ['content-type', 'host', 'x-a', 'x-c'], 4]);
    const seen: string[] = [];
    headers.forEach((value, name, all) => seen.push(`${name} ${value} ${String(all === headers)}`));
    expect(seen[3]).toBe('x-c d true');
    expect(new Headers(headers).get('x-c')).toBe('d');
    expect(headers.getSetCookie()).toEqual([]);
  });
});

describe('the URL', () => {
  const urlOf = (given: Partial<Environ>): string | undefined => {
    let url: string | undefined;
    const app = fromFetch((request) => {
      ({ url } = request);
      return new Response();
    });
    void run(app, setupTestingDefaults(given));
    return url;
  };
  const sent = (target: string, more: Partial<Environ> = {}) =>
    urlOf({
      REQUEST_URI: target,
      PATH_INFO: decodeURIComponent(target.split('?')[0]!),
      QUERY_STRING: target.split('?')[1] ?? '',
      ...more,
    });

  test.each([
    ['/', 'http://127.0.0.1/'],
    ['/a%20b/%2F?x=%31&y', 'http://127.0.0.1/a%20b/%2F?x=%31&y'],
    ['//twice', 'http://127.0.0.1//twice'],
    ['/.well-known/x', 'http://127.0.0.1/.well-known/x'],
    ["/a'b|c?d'e", "http://127.0.0.1/a'b|c?d%27e"],
  ])('%s is %s, as the client has escaped it', (target, url) => {
    expect(sent(target)).toBe(url);
    expect(new URL(url).href).toBe(url);
  });

  test('has the mount point in it', () => {
    const moved = {
      SCRIPT_NAME: '/a b',
      PATH_INFO: '/c/d',
      REQUEST_URI: '/a%20b/c%2Fd?q',
      QUERY_STRING: 'q',
    };
    expect(urlOf(moved)).toBe('http://127.0.0.1/a%20b/c%2Fd?q');
  });

  test('is made of the environ where somebody has changed that', () => {
    const changed = { PATH_INFO: '/new ä?', REQUEST_URI: '/old', QUERY_STRING: 'x=y' };
    expect(urlOf(changed)).toBe('http://127.0.0.1/new%20%C3%A4%3F?x=y');
  });

  test.each([
    ['a.example:8080', 'http://a.example:8080/'],
    ['A.Example:80', 'http://a.example/'],
    ['[::1]:8080', 'http://[::1]:8080/'],
    ['', 'http://127.0.0.1/'],
  ])('has Host %j as %s', (HTTP_HOST, url) => {
    expect(urlOf({ HTTP_HOST })).toBe(url);
  });

  test('has the name of the server where there is no Host', () => {
    const named = {
      HTTP_HOST: undefined,
      SERVER_NAME: '::1',
      SERVER_PORT: '443',
      'wsgi.url_scheme': 'https',
    };
    expect(urlOf(named)).toBe('https://[::1]/');
  });

  test.each(['a/b', 'a@b', 'a b', 'a?b', 'a#b', 'a:b', 'a:99999', '[::g]', 'a\\b', ':80', 'a, b'])(
    'Host %j is answered with 400',
    (HTTP_HOST) => {
      const response = run(
        fromFetch(() => new Response()),
        setupTestingDefaults({ HTTP_HOST }),
      );
      expect(response).toMatchObject({ status: 400 });
    },
  );

  test.each(['/a/../b', '/..', '/a/%2e%2E/b', '/./a', '/a\\b', '/a#b'])(
    'a path that a URL would not keep is answered with 400: %s',
    (REQUEST_URI) => {
      const environ = setupTestingDefaults({ REQUEST_URI, PATH_INFO: decodeURIComponent(REQUEST_URI) });
      expect(
        run(
          fromFetch(() => new Response()),
          environ,
        ),
      ).toMatchObject({ status: 400 });
    },
  );

  test.each(['CONNECT', 'TRACE', 'TRACK'])('%s is answered with 501', (REQUEST_METHOD) => {
    const environ = setupTestingDefaults({ REQUEST_METHOD });
    expect(
      run(
        fromFetch(() => new Response()),
        environ,
      ),
    ).toMatchObject({ status: 501 });
  });
});

test('a handler that is none is refused at once', () => {
  expect(() => fromFetch({ fetch: () => new Response() } as unknown as FetchHandler)).toThrow(TypeError);
});
