import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { deriveEnviron, FileWrapper, InputStream, type Environ } from '@wirestack/gateway';
import { connect } from '@wirestack/socket';
import { ask, environOf, exchange, keeping, parseReply, requestOf, serving, untilEnd } from './peer.ts';

const get = (target: string, ...fields: string[]): Promise<Environ> =>
  environOf(requestOf(`GET ${target}`, ...fields));

test('a request has every key of PEP 3333 and CGI, with its value', async () => {
  let environ: Environ | undefined;
  const { address } = await serving(keeping((seen) => (environ = seen)));
  await exchange(
    address,
    'POST /a%20b/c?x=1&y=%202 HTTP/1.1\r\nHost: example.org:81\r\nContent-Type: text/plain\r\n' +
      'Content-Length: 2\r\nUser-Agent: t\r\nConnection: close\r\n\r\nhi',
  );
  if (!('port' in address)) throw new Error('unreachable');
  expect({ ...environ, 'wirestack.request': undefined }).toEqual({
    REQUEST_METHOD: 'POST',
    SCRIPT_NAME: '',
    PATH_INFO: '/a b/c',
    QUERY_STRING: 'x=1&y=%202',
    CONTENT_TYPE: 'text/plain',
    CONTENT_LENGTH: '2',
    SERVER_NAME: '127.0.0.1',
    SERVER_PORT: String(address.port),
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '127.0.0.1',
    REQUEST_URI: '/a%20b/c?x=1&y=%202',
    HTTP_HOST: 'example.org:81',
    HTTP_USER_AGENT: 't',
    HTTP_CONNECTION: 'close',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': 'http',
    'wsgi.input': expect.any(InputStream) as unknown,
    'wsgi.errors': { write: expect.any(Function) as unknown, flush: expect.any(Function) as unknown },
    'wsgi.multithread': false,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': FileWrapper,
    'wirestack.request': undefined,
  });
});

test('what our server adds can be read', async () => {
  const environ = await get('/', 'x-a: 1', 'X-A: 2');
  expect(environ['wirestack.signal']).toBeInstanceOf(AbortSignal);
  expect(environ['wirestack.raw_headers']).toEqual([
    ['Host', 'test'],
    ['Connection', 'close'],
    ['x-a', '1'],
    ['X-A', '2'],
  ]);
  expect(environ['wirestack.trailers']).toEqual([]);
  expect(environ['wirestack.early_hints']).toBeTypeOf('function');
});

test('a request without a body has neither CONTENT_TYPE nor CONTENT_LENGTH', async () => {
  const environ = await get('/');
  expect('CONTENT_TYPE' in environ || 'CONTENT_LENGTH' in environ).toBe(false);
});

test.each([
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a%2Fb', '/a/b'],
  ['/a%2fb%3Fc%23', '/a/b?c#'],
  ['/%C3%A4%20+', '/ä +'],
  ['/%F0%9F%98%80', '/😀'],
  ['/%zz', '/%zz'],
  ['/%', '/%'],
  ['/%4', '/%4'],
  ['/%zz%41', '/%zzA'],
  ['/%FF', '/\uFFFD'],
  ['/a%C3', '/a\uFFFD'],
  ['/%C0%AF', '/\uFFFD\uFFFD'],
  ['/%ED%A0%80x', '/\uFFFD\uFFFD\uFFFDx'],
  ['/%252e%252e', '/%2e%2e'],
  ['/%2e%2e/x', '/../x'],
  ['/%00%0d%0a', '/\0\r\n'],
  ['/%EF%BB%BFa', '/\uFEFFa'],
  ['/%EF%BB%BFa%zz', '/\uFEFFa%zz'],
  ['//double//slash', '//double//slash'],
])('the path %s is decoded once, to %j, and REQUEST_URI keeps it', async (target, path) => {
  const environ = await get(target);
  expect(environ.PATH_INFO).toBe(path);
  expect(environ.REQUEST_URI).toBe(target);
});

test.each([
  ['/p', ''],
  ['/p?', ''],
  ['/p?a=b', 'a=b'],
  ['/p?a?b=%3F+%zz', 'a?b=%3F+%zz'],
])('the query of %s is %j, nothing decoded', async (target, query) => {
  expect(await get(target)).toMatchObject({ PATH_INFO: '/p', QUERY_STRING: query });
});

test.each([
  ['http://test/a%20b?q', '/a b', 'q'],
  ['http://test', '/', ''],
  ['http://test?q', '/', 'q'],
])('of the absolute target %s the path and query are taken', async (target, path, query) => {
  const environ = await get(target);
  expect(environ).toMatchObject({ PATH_INFO: path, QUERY_STRING: query, REQUEST_URI: target });
});

test('OPTIONS * has the path *', async () => {
  expect(await environOf(requestOf('OPTIONS *'))).toMatchObject({
    REQUEST_METHOD: 'OPTIONS',
    PATH_INFO: '*',
  });
});

test('HTTP/1.0 is told, without a Host', async () => {
  const environ = await environOf('GET / HTTP/1.0\r\n\r\n');
  expect(environ.SERVER_PROTOCOL).toBe('HTTP/1.0');
  expect('HTTP_HOST' in environ).toBe(false);
});

test('repeated fields are joined by a comma, Cookie by a semicolon, whatever their case', async () => {
  const environ = await get('/', 'X-A: 1', 'cookie: a=1', 'x-a: 2', 'COOKIE: b=2', 'X-a:');
  expect(environ['HTTP_X_A']).toBe('1, 2, ');
  expect(environ['HTTP_COOKIE']).toBe('a=1; b=2');
});

test('CONTENT_TYPE has no HTTP_ twin, in any case', async () => {
  const environ = await get('/', 'content-TYPE: text/x', 'content-length: 0');
  expect(environ).toMatchObject({ CONTENT_TYPE: 'text/x', CONTENT_LENGTH: '0' });
  expect(Object.keys(environ).filter((key) => key.startsWith('HTTP_CONTENT'))).toEqual([]);
});

test('names with an underscore are dropped: they could pass for others (CVE-2015-0219)', async () => {
  const environ = await get('/', 'X-Real-IP: 1', 'X_Real_IP: 2', 'X-Real_IP: 3', 'Content_Length: 4', '_: 5');
  expect(environ['HTTP_X_REAL_IP']).toBe('1');
  expect('CONTENT_LENGTH' in environ || 'HTTP__' in environ).toBe(false);
});

test.each(['Proxy', 'proxy', 'PROXY'])('%s never becomes HTTP_PROXY (CVE-2016-5385)', async (name) => {
  const environ = await get('/', `${name}: http://evil`);
  expect('HTTP_PROXY' in environ).toBe(false);
  expect(JSON.stringify(Object.values(environ).filter((value) => typeof value === 'string'))).not.toContain(
    'evil',
  );
});

test.each(['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'then', 'wsgi.input'])(
  'a field named %s changes nothing but its own key',
  async (name) => {
    const plain = await get('/');
    const environ = await get('/', `${name}: evil`);
    const added = Object.keys(environ).filter((key) => !(key in plain));
    expect(added).toEqual(name === '__proto__' ? [] : [`HTTP_${name.toUpperCase()}`]);
    expect(Object.getPrototypeOf(environ)).toBe(Object.getPrototypeOf(plain));
    expect(environ['wsgi.input']).toBeInstanceOf(InputStream);
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  },
);

test('values are latin1, one character a byte, and their outer white space is gone', async () => {
  expect((await get('/', 'X-A: \t\xe4 b\t '))['HTTP_X_A']).toBe('\xe4 b');
});

test('on a Unix socket there is no remote address, and SERVER_NAME still makes a URL', async () => {
  const { makeServer } = await import('@wirestack/gateway');
  const { mkdtemp, rm } = await import('node:fs/promises');
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  let environ: Environ | undefined;
  const server = await makeServer(
    `unix:${directory}/s`,
    keeping((seen) => (environ = seen)),
  );
  try {
    const peer = await connect(server.address);
    await peer.write(requestOf('GET /u'));
    expect(parseReply(await untilEnd(peer)).body).toBe('kept');
  } finally {
    await server.close();
    await rm(directory, { recursive: true });
  }
  expect(environ).toMatchObject({
    PATH_INFO: '/u',
    REMOTE_ADDR: '',
    SERVER_NAME: 'localhost',
    SERVER_PORT: '80',
  });
});

test('PEP 3333’s keys are own and enumerable: keys, spread and in work as on a dict', async () => {
  const environ = await get('/?q', 'X-A: 1');
  const copy = { ...environ };
  for (const key of [
    'REQUEST_METHOD',
    'SCRIPT_NAME',
    'PATH_INFO',
    'QUERY_STRING',
    'SERVER_NAME',
    'SERVER_PORT',
  ]) {
    expect(Object.keys(environ)).toContain(key);
    expect(copy[key]).toBe(environ[key]);
  }
  expect(Object.keys(copy)).toContain('HTTP_X_A');
  expect('wsgi.input' in copy && 'wirestack.signal' in environ).toBe(true);
  expect('HTTP_X_B' in environ).toBe(false);
});

test('middleware adds, changes and deletes keys', async () => {
  const environ = await get('/', 'X-A: 1');
  environ['my.key'] = { any: 'thing' };
  environ.PATH_INFO = '/other';
  delete environ['HTTP_X_A'];
  expect(environ).toMatchObject({ 'my.key': { any: 'thing' }, PATH_INFO: '/other' });
  expect('HTTP_X_A' in environ).toBe(false);
});

test('deriveEnviron changes a copy, and what is lazy stays there', async () => {
  const environ = await get('/a', 'X-A: 1');
  environ['my.key'] = 1;
  const derived = deriveEnviron(environ, { PATH_INFO: '/b', 'my.key': 2 });
  expect(derived).toMatchObject({ PATH_INFO: '/b', 'my.key': 2, HTTP_X_A: '1' });
  expect(environ).toMatchObject({ PATH_INFO: '/a', 'my.key': 1 });
  expect(derived['wirestack.raw_headers']).toEqual(environ['wirestack.raw_headers']);
  expect(derived['wirestack.signal']).toBe(environ['wirestack.signal']);
  expect(derived['wirestack.trailers']).toEqual([]);
  expect(derived['wsgi.input']).toBe(environ['wsgi.input']);
});

test('a lazy key can be replaced as well: by middleware with a deadline of its own, say', async () => {
  const environ = await get('/');
  const { signal } = new AbortController();
  const derived = deriveEnviron(environ, { 'wirestack.signal': signal });
  const again = deriveEnviron(derived, { PATH_INFO: '/c' });
  expect(derived['wirestack.signal']).toBe(signal);
  expect(again['wirestack.signal']).toBe(signal);
  expect(again.PATH_INFO).toBe('/c');
  expect(environ['wirestack.signal']).not.toBe(signal);
  (environ as Record<string, unknown>)['wirestack.signal'] = signal;
  expect(environ['wirestack.signal']).toBe(signal);
});

test('more names than are remembered are still read right', async () => {
  const { address } = await serving((environ, startResponse) => {
    startResponse('200 OK', []);
    return [
      Object.entries(environ)
        .flatMap(([key, value]) => (key.startsWith('HTTP_N') ? [key, String(value)] : []))
        .join(),
    ];
  });
  for (let round = 0; round < 16; round++) {
    const numbers = Array.from({ length: 90 }, (_, i) => String(round * 90 + i));
    const { body } = await ask(address, 'GET /', ...numbers.map((n) => `N-${n}: ${n}`));
    expect(body).toBe(numbers.flatMap((n) => [`HTTP_N_${n}`, n]).join());
  }
});

test.each(['wirestack.signal', 'wirestack.raw_headers', 'wirestack.trailers', 'wirestack.early_hints'])(
  '%s, once replaced, is a key like any other',
  async (key) => {
    const environ = await get('/');
    const value = {};
    (environ as Record<string, unknown>)[key] = value;
    expect({ ...environ }[key]).toBe(value);
    expect(deriveEnviron(environ, {})[key]).toBe(value);
  },
);
