import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../../src/client/client.ts';
import { createFetch } from '../../../src/client/fetch.ts';
import { FetchServer } from './fetch-server.ts';

/** What the echo saw. */
interface Echo {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly url: string;
}

let server: FetchServer;
const client = new Client();

beforeAll(async () => {
  server = await FetchServer.start();
});
afterAll(async () => {
  client.abort();
  await server.close();
});

/** How a call ends, told by what both must agree on. */
async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}

async function* letters(...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** A web stream of these pieces; says when it was cancelled. */
function streamOf(...pieces: readonly string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from<Uint8Array>(letters(...pieces));
}

describe.each([
  ['the runtime’s', globalThis.fetch],
  ['ours', createFetch(client)],
])('fetch, %s', (_, fetch) => {
  const echo = async (input: string | Request, init?: RequestInit): Promise<Echo> => {
    const response = await fetch(typeof input === 'string' ? server.url + input : input, init);
    return (await response.json()) as Echo;
  };

  describe('the request', () => {
    it.each([
      [undefined, 'GET'],
      ['get', 'GET'],
      ['Post', 'POST'],
      ['pUt', 'PUT'],
      ['delete', 'DELETE'],
      ['options', 'OPTIONS'],
      ['PATCH', 'PATCH'],
      ['REPORT', 'REPORT'],
    ])('method %s is sent as %s', async (method, sent) => {
      expect((await echo('/echo', method === undefined ? {} : { method })).method).toBe(sent);
    });

    it.each([
      ['a forbidden method', '/echo', { method: 'CONNECT' }],
      ['another one', '/echo', { method: 'trace' }],
      ['no method', '/echo', { method: 'A B' }],
      ['GET with a body', '/echo', { body: 'x' }],
      ['HEAD with a body', '/echo', { method: 'HEAD', body: 'x' }],
      ['a stream without duplex', '/echo', { method: 'POST', body: streamOf('x') }],
      ['no header name', '/echo', { headers: { 'a b': 'c' } }],
      ['no header value', '/echo', { headers: { a: 'b\r\nc: d' } }],
      ['no redirect mode', '/echo', { redirect: 'sometimes' as 'error' }],
      ['no signal', '/echo', { signal: 'x' as unknown as AbortSignal }],
    ])('rejects %s with a TypeError', async (_name, path, init) => {
      expect(await failure(fetch(server.url + path, init))).toBeInstanceOf(TypeError);
    });

    it.each([
      '/relative',
      'http://',
      'http://user:secret@127.0.0.1/',
      'ftp://127.0.0.1/',
      'about:blank',
      'x:y',
    ])('rejects the URL %s with a TypeError', async (url) => {
      expect(await failure(fetch(url))).toBeInstanceOf(TypeError);
    });

    it('takes a URL and a Request', async () => {
      const url = new URL('/echo?q=1#part', server.url);
      expect(((await (await fetch(url)).json()) as Echo).url).toBe('/echo?q=1');
      const request = new Request(url, { method: 'PUT', headers: { 'X-A': 'b' }, body: 'text' });
      expect(await echo(request)).toMatchObject({
        method: 'PUT',
        body: 'text',
        headers: { 'x-a': 'b', 'content-length': '4' },
      });
      expect(request.bodyUsed).toBe(true);
    });

    it('lets init speak before the Request', async () => {
      const request = new Request(`${server.url}/echo`, {
        method: 'PUT',
        headers: { 'X-A': 'b' },
        body: 'text',
      });
      expect(await echo(request, { method: 'POST', headers: { 'X-B': 'c' }, body: 'other' })).toMatchObject({
        method: 'POST',
        body: 'other',
        headers: { 'x-b': 'c' },
      });
    });

    it('refuses a Request whose body was used', async () => {
      const request = new Request(`${server.url}/echo`, { method: 'PUT', body: 'text' });
      await request.text();
      expect(await failure(fetch(request))).toBeInstanceOf(TypeError);
    });

    it.each([
      ['no-store', 'no-cache', 'no-cache'],
      ['reload', 'no-cache', 'no-cache'],
      ['no-cache', 'max-age=0', undefined],
      ['default', undefined, undefined],
    ] as const)('tells caches of %s', async (cache, cacheControl, pragma) => {
      const { headers } = await echo('/echo', { cache } as RequestInit);
      expect([headers['cache-control'], headers['pragma']]).toEqual([cacheControl, pragma]);
    });

    it('accepts everything', async () => {
      expect((await echo('/echo')).headers['accept']).toBe('*/*');
      expect((await echo('/echo', { headers: { Accept: 'a/b' } })).headers['accept']).toBe('a/b');
    });
  });

  describe('the body of a request', () => {
    const bytes = new TextEncoder().encode('x text y');
    it.each([
      ['a string', () => 'text', 'text', 'text/plain;charset=UTF-8', '4'],
      ['an empty string', () => '', '', 'text/plain;charset=UTF-8', '0'],
      ['a string beyond ASCII', () => '\u00e4\u20ac', '\u00e4\u20ac', 'text/plain;charset=UTF-8', '5'],
      ['half a pair', () => '\ud800', '\ufffd', 'text/plain;charset=UTF-8', '3'],
      [
        'URLSearchParams',
        () => new URLSearchParams({ a: 'b c' }),
        'a=b+c',
        'application/x-www-form-urlencoded;charset=UTF-8',
        '5',
      ],
      ['a Blob', () => new Blob(['te', 'xt'], { type: 'a/b' }), 'text', 'a/b', '4'],
      ['a Blob without type', () => new Blob(['text']), 'text', undefined, '4'],
      ['an ArrayBuffer', () => bytes.slice(2, 6).buffer, 'text', undefined, '4'],
      ['a view', () => bytes.subarray(2, 6), 'text', undefined, '4'],
      ['a DataView', () => new DataView(bytes.buffer, 2, 4), 'text', undefined, '4'],
    ])('%s', async (_name, body, text, type, length) => {
      expect(await echo('/echo', { method: 'POST', body: body() })).toMatchObject({ body: text });
      const { headers } = await echo('/echo', { method: 'POST', body: body() });
      expect([headers['content-type'], headers['content-length']]).toEqual([type, length]);
      const named = await echo('/echo', { method: 'POST', body: body(), headers: { 'Content-Type': 'x/y' } });
      expect(named.headers['content-type']).toBe('x/y');
    });

    it('a stream goes in chunks', async () => {
      const init = { method: 'POST', body: streamOf('te', 'xt'), duplex: 'half' as const };
      const { body, headers } = await echo('/echo', init);
      expect([body, headers['content-length'], headers['content-type']]).toEqual([
        'text',
        undefined,
        undefined,
      ]);
    });

    it('a FormData goes as multipart', async () => {
      const form = new FormData();
      form.append('a', 'b');
      form.append('f', new Blob(['data'], { type: 'c/d' }), 'name.txt');
      const { body, headers } = await echo('/echo', { method: 'POST', body: form });
      const boundary = /^multipart\/form-data; ?boundary="?([^"]+)"?$/.exec(
        headers['content-type'] ?? '',
      )?.[1];
      expect(boundary).toBeDefined();
      const parts = body.split(`--${boundary!}`).slice(1, -1);
      expect(parts).toHaveLength(2);
      expect(parts[0]).toMatch(/name="a"\r\n(?:[^]+\r\n)?\r\nb\r\n$/i);
      expect(parts[1]).toMatch(/name="f"; filename="name.txt"\r\nContent-Type: c\/d\r\n\r\ndata\r\n$/i);
    });

    it('none is sent as no byte', async () => {
      const { body, headers } = await echo('/echo', { method: 'POST' });
      expect([body, headers['content-length']]).toEqual(['', '0']);
      expect((await echo('/echo', { method: 'POST', body: null })).headers['content-length']).toBe('0');
    });

    it('is what it was at the call', async () => {
      const body = Buffer.from('before');
      const pending = echo('/echo', { method: 'POST', body });
      body.fill('x');
      expect((await pending).body).toBe('before');
    });

    it('rejects with what its stream throws', async () => {
      const fault = new Error('no more');
      const body = ReadableStream.from(
        (async function* () {
          yield Buffer.from('x');
          throw fault;
        })(),
      ) as ReadableStream<Uint8Array>;
      const error = await failure(fetch(`${server.url}/echo`, { method: 'POST', body, duplex: 'half' }));
      expect(error).toBeInstanceOf(TypeError);
    });
  });

  describe('the answer', () => {
    it.each([200, 201, 206, 400, 404, 500, 503, 999])('%i', async (code) => {
      const response = await fetch(`${server.url}/status?code=${String(code)}&reason=So&body=text`);
      expect([response.status, response.ok, response.statusText]).toEqual([code, code < 300, 'So']);
      expect(await response.text()).toBe('text');
    });

    it.each([204, 205, 304])('%i has no body', async (code) => {
      const response = await fetch(`${server.url}/status?code=${String(code)}`);
      expect([response.status, response.body]).toEqual([code, null]);
      expect(await response.text()).toBe('');
    });

    it('to HEAD has no text', async () => {
      const response = await fetch(`${server.url}/echo`, { method: 'HEAD' });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    });

    it('is a Response, of the place it came from', async () => {
      const response = await fetch(`${server.url}/status?code=200#part`);
      expect(response).toBeInstanceOf(Response);
      expect([response.url, response.type, response.redirected, response.bodyUsed]).toEqual([
        `${server.url}/status?code=200`,
        'basic',
        false,
        false,
      ]);
      await response.text();
      expect(response.bodyUsed).toBe(true);
    });

    it('has all fields, each Set-Cookie by itself', async () => {
      const { headers } = await fetch(`${server.url}/cookies`);
      expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      expect(headers.get('x-latin')).toBe('caf\xe9');
    });

    it('is read once', async () => {
      const response = await fetch(`${server.url}/pieces`);
      expect(await response.text()).toBe('one two');
      expect(await failure(response.text())).toBeInstanceOf(TypeError);
    });

    it('is cloned with all that it is', async () => {
      const response = await fetch(`${server.url}/redirect?to=/pieces`);
      const clone = response.clone();
      const again = clone.clone();
      for (const one of [response, clone, again]) {
        expect([one.url, one.redirected, one.type, one.status]).toEqual([
          `${server.url}/pieces`,
          true,
          'basic',
          200,
        ]);
        expect(await one.text()).toBe('one two');
      }
    });

    it('is read in pieces, and into a buffer of the reader’s', async () => {
      const text: string[] = [];
      for await (const piece of (await fetch(`${server.url}/pieces`)).body!)
        text.push(Buffer.from(piece).toString());
      expect(text.join('')).toBe('one two');
      const reader = (await fetch(`${server.url}/pieces`)).body!.getReader({ mode: 'byob' });
      let read = '';
      for (
        let step = await reader.read(new Uint8Array(3));
        !step.done;
        step = await reader.read(new Uint8Array(3))
      ) {
        read += Buffer.from(step.value).toString();
      }
      expect(read).toBe('one two');
    });

    it('is read as whatever it is', async () => {
      const response = (body: string) =>
        fetch(`${server.url}/status?code=200&body=${encodeURIComponent(body)}`);
      expect(await (await response('{"a":1}')).json()).toEqual({ a: 1 });
      expect(await failure((await response('{')).json())).toBeInstanceOf(SyntaxError);
      expect(Buffer.from(await (await response('text')).arrayBuffer()).toString()).toBe('text');
      expect(await (await (await response('text')).blob()).text()).toBe('text');
    });

    it('is decompressed', async () => {
      expect(await (await fetch(`${server.url}/gzip`)).text()).toBe('unzipped');
    });

    it('ends with the reader: the server notices', async () => {
      const response = await fetch(`${server.url}/endless`);
      const reader = response.body!.getReader();
      expect((await reader.read()).done).toBe(false);
      await reader.cancel('enough');
      await server.left.get('/endless');
    });

    it('that is cut off rejects its readers with a TypeError', async () => {
      const response = await fetch(`${server.url}/broken`);
      expect(await failure(response.text())).toBeInstanceOf(TypeError);
    });
  });

  describe('redirects', () => {
    it.each([
      [301, 'POST', 'GET', ''],
      [302, 'POST', 'GET', ''],
      [303, 'POST', 'GET', ''],
      [303, 'PUT', 'GET', ''],
      [302, 'PUT', 'PUT', 'text'],
      [307, 'POST', 'POST', 'text'],
      [308, 'PUT', 'PUT', 'text'],
    ])('%i makes of %s %s', async (code, method, after, body) => {
      const {
        method: sent,
        body: text,
        headers,
      } = await echo(`/redirect?code=${String(code)}`, { method, body: 'text' });
      expect([sent, text, headers['content-type'] !== undefined]).toEqual([after, body, body !== '']);
    });

    it.each([
      ['a string', () => 'text'],
      ['URLSearchParams', () => new URLSearchParams('text')],
      ['a Blob', () => new Blob(['text'])],
    ])('send %s again', async (_name, body) => {
      expect((await echo('/redirect?code=307', { method: 'POST', body: body() })).body).toMatch(/^text=?$/);
    });

    it('send a FormData again, and the body of a Request', async () => {
      const form = new FormData();
      form.append('a', 'the value');
      expect((await echo('/redirect?code=307', { method: 'POST', body: form })).body).toContain('the value');
      const request = new Request(`${server.url}/redirect?code=307`, { method: 'POST', body: 'text' });
      expect((await echo(request)).body).toBe('text');
    });

    it('do not send a stream again', async () => {
      const init = { method: 'POST', body: streamOf('x'), duplex: 'half' as const };
      expect(await failure(fetch(`${server.url}/redirect?code=307`, init))).toBeInstanceOf(TypeError);
    });

    it('drop a stream with 303', async () => {
      const init = { method: 'POST', body: streamOf('x'), duplex: 'half' as const };
      expect(await echo('/redirect?code=303', init)).toMatchObject({ method: 'GET', body: '' });
    });

    it('are followed twenty times', async () => {
      const response = await fetch(`${server.url}/redirect?count=20`);
      expect([response.status, response.redirected, response.url]).toEqual([200, true, `${server.url}/echo`]);
      expect(await failure(fetch(`${server.url}/redirect?count=21`))).toBeInstanceOf(TypeError);
    });

    it('are the answer where the mode is manual', async () => {
      const response = await fetch(`${server.url}/redirect`, { redirect: 'manual' });
      expect([response.status, response.headers.get('location'), response.redirected]).toEqual([
        302,
        '/echo',
        false,
      ]);
      expect(await response.text()).toBe('elsewhere');
    });

    it('are refused where the mode is error, with Location or without', async () => {
      for (const path of ['/redirect', '/status?code=302']) {
        expect(await failure(fetch(server.url + path, { redirect: 'error' }))).toBeInstanceOf(TypeError);
      }
    });

    it('without Location are the answer', async () => {
      expect((await fetch(`${server.url}/status?code=302`)).status).toBe(302);
    });

    it.each(['data:text/plain,x', 'ftp://127.0.0.1/', 'http://'])('do not lead to %s', async (to) => {
      const url = `${server.url}/redirect?to=${encodeURIComponent(to)}`;
      expect(await failure(fetch(url))).toBeInstanceOf(TypeError);
    });

    it('carry Authorization within an origin, and not beyond', async () => {
      const headers = { Authorization: 'Basic x' };
      expect((await echo('/redirect', { headers })).headers['authorization']).toBe('Basic x');
      const beyond = `${server.url.replace('127.0.0.1', 'localhost')}/echo`;
      const path = `/redirect?to=${encodeURIComponent(beyond)}`;
      expect((await echo(path, { headers })).headers['authorization']).toBeUndefined();
    });
  });

  describe('errors', () => {
    it('of the network are a TypeError with a cause', async () => {
      const error = await failure(fetch(`${server.url}/vanish`));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ message: 'fetch failed', cause: { name: expect.any(String) as string } });
    });

    it('of a signal that was aborted before are its reason, and nothing is sent', async () => {
      const reason = { not: 'even an error' };
      expect(await failure(fetch(`${server.url}/never-asked`, { signal: AbortSignal.abort(reason) }))).toBe(
        reason,
      );
      expect(server.left.has('/never-asked')).toBe(false);
      expect(await failure(fetch(`${server.url}/echo`, { signal: AbortSignal.abort() }))).toMatchObject({
        name: 'AbortError',
      });
    });

    it('of a signal are its reason while the answer is waited for, and the server is left', async () => {
      server.left.delete('/silent');
      const controller = new AbortController();
      const pending = failure(fetch(`${server.url}/silent`, { signal: controller.signal }));
      while (!server.left.has('/silent')) await new Promise((resolve) => setImmediate(resolve));
      const reason = new Error('no time');
      controller.abort(reason);
      expect(await pending).toBe(reason);
      await server.left.get('/silent');
    });

    it('of a signal are its reason while the body is read', async () => {
      const controller = new AbortController();
      const response = await fetch(`${server.url}/endless`, { signal: controller.signal });
      const reader = response.body!.getReader();
      await reader.read();
      const reason = new Error('no time');
      const pending = failure(reader.read());
      controller.abort(reason);
      expect(await pending).toBe(reason);
      await server.left.get('/endless');
    });

    it('of the signal of a Request are its reason, too', async () => {
      const controller = new AbortController();
      const request = new Request(`${server.url}/silent`, { signal: controller.signal });
      const pending = failure(fetch(request));
      controller.abort('why');
      expect(await pending).toBe('why');
    });

    it('of a signal that init takes away are none', async () => {
      const request = new Request(`${server.url}/echo`, { signal: AbortSignal.abort() });
      expect((await echo(request, { signal: null })).method).toBe('GET');
    });
  });

  it('reads data: and blob: URLs', async () => {
    const response = await fetch('data:text/plain;base64,aGk=');
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['text/plain', 'hi']);
    const url = URL.createObjectURL(new Blob(['blob']));
    expect(await (await fetch(url)).text()).toBe('blob');
    URL.revokeObjectURL(url);
  });
});
