import { expect, test } from 'vitest';
import { GatewayUsageError, run, type Application, type StartResponse } from '@wirestack/gateway';
import { ask, dial, environOf, gate, requestOf, serving, until, untilEnd } from './peer.ts';

/** What `startResponse` throws for these arguments: its code, or what else there is. */
function refusal(...args: unknown[]): unknown {
  let thrown: unknown;
  const app: Application = (_environ, startResponse) => {
    try {
      (startResponse as (...args: unknown[]) => void)(...args);
    } catch (error) {
      thrown = error;
      throw error;
    }
    return [];
  };
  try {
    void run(app, {} as never);
  } catch (error) {
    expect(error).toBe(thrown);
  }
  return thrown instanceof GatewayUsageError ? thrown.code : thrown;
}

test.each(['200 OK', '404 Nicht gefunden', '299 \x80\xff\t', '999 x', '204 '])('%j is a status', (status) => {
  expect(refusal(status, [])).toBeUndefined();
});

test.each([
  ['no reason and no space', '200'],
  ['nothing', ''],
  ['two digits', '20 OK'],
  ['four digits', '2000 OK'],
  ['a sign', '+20 OK'],
  ['space before', ' 200 OK'],
  ['words', 'OK'],
  ['an informational status', '100 Continue'],
  ['CR LF', '200 OK\r\nX: y'],
  ['LF', '200 OK\n'],
  ['CR', '200 O\rK'],
  ['NUL', '200 O\0K'],
  ['DEL', '200 \x7f'],
  ['what no byte holds', '200 \u0100'],
  ['a number', 200],
  ['nothing at all', undefined],
])('a status with %s is refused: BAD_STATUS', (_what, status) => {
  expect(refusal(status, [])).toBe('BAD_STATUS');
});

test.each([
  ['CR LF in a value', 'X', 'a\r\nY: b'],
  ['LF in a value', 'X', 'a\nb'],
  ['CR in a value', 'X', 'a\rb'],
  ['NUL in a value', 'X', 'a\0'],
  ['ESC in a value', 'X', '\x1b[31m'],
  ['what no byte holds in a value', 'X', '\u20ac'],
  ['CR LF in a name', 'X\r\nY', 'a'],
  ['a space in a name', 'X Y', 'a'],
  ['a colon in a name', 'X:', 'a'],
  ['an empty name', '', 'a'],
  ['a letter outside ASCII in a name', 'Ä', 'a'],
  ['a number for a value', 'Content-Length', 5],
  ['an object for a value, whose text would be two lines', 'X', { toString: () => 'a\r\nY: b' }],
  ['no value', 'X', undefined],
  ['a number for a name', 5, 'a'],
])('a header with %s is refused: BAD_HEADER', (_what, name, value) => {
  expect(
    refusal('200 OK', [
      ['A', 'b'],
      [name, value],
    ]),
  ).toBe('BAD_HEADER');
});

test.each([
  'Connection',
  'connection',
  'KEEP-ALIVE',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'TE',
  'Trailer',
  'Trailers',
  'Transfer-Encoding',
  'Upgrade',
])('%s belongs to the server: HOP_BY_HOP', (name) => {
  expect(refusal('200 OK', [[name, 'close']])).toBe('HOP_BY_HOP');
  expect(refusal('200 OK', [[name, 'close']])).toBe('HOP_BY_HOP');
});

test('what is like fields that were right is looked at where it differs', () => {
  const good = [
    ['X-A', '1'],
    ['X-B', '2'],
    ['Content-Length', '3'],
  ] as const;
  expect(refusal('200 OK', good)).toBeUndefined();
  for (let place = 0; place < good.length; place++) {
    for (const bad of [
      ['X-A', 'a\r\nb'],
      ['Transfer-Encoding', 'chunked'],
      ['é', 'x'],
      ['X', 5],
    ] as const) {
      expect(
        refusal(
          '200 OK',
          good.map((field, i) => (i === place ? bad : field)),
        ),
        `${String(place)} ${bad[0]}`,
      ).toMatch(/^(?:BAD_HEADER|HOP_BY_HOP)$/);
    }
  }
  expect(refusal('200 OK', [['X-A', 'other'], ...good.slice(1)])).toBeUndefined();
});

test('an application that is refused is answered by 500, and nothing that it said is sent', async () => {
  const { address, errors } = await serving((_environ, startResponse) => {
    startResponse('200 OK', [['X-Injected', 'a\r\nSet-Cookie: b']]);
    return ['x'];
  });
  const reply = await ask(address, 'GET /');
  expect(reply.status).toBe(500);
  expect(reply.raw).not.toContain('Set-Cookie');
  expect(errors).toMatchObject([{ code: 'BAD_HEADER' }]);
});

test('an application that catches the refusal can still answer', async () => {
  const { address, errors } = await serving((_environ, startResponse) => {
    try {
      startResponse('200\r\n' as '200 ', []);
    } catch {
      startResponse('400 Bad Request', []);
    }
    return ['caught'];
  });
  expect(await ask(address, 'GET /')).toMatchObject({ status: 400, body: 'caught' });
  expect(errors).toEqual([]);
});

test('status, reason and headers arrive as they were given, in order', async () => {
  const { address } = await serving((_environ, startResponse) => {
    startResponse('299 Very fine', [
      ['X-b', '1'],
      ['x-A', '\xe4'],
      ['X-b', '2'],
    ]);
    return ['x'];
  });
  const { statusLine, headers } = await ask(address, 'GET /');
  expect(statusLine).toBe('HTTP/1.1 299 Very fine');
  expect(headers.filter(([name]) => name.toLowerCase().startsWith('x-'))).toEqual([
    ['X-b', '1'],
    ['x-A', '\xe4'],
    ['X-b', '2'],
  ]);
});

test('more statuses and names than are remembered are still sent', async () => {
  const { url } = await serving((environ, startResponse) => {
    const n = environ.PATH_INFO.slice(1);
    startResponse(
      `200 n${n}`,
      Array.from({ length: 5 }, (_, i) => [`X-${n}-${String(i)}`, n]),
    );
    return [];
  });
  for (let n = 0; n < 300; n++) {
    const reply = await fetch(`${url}/${String(n)}`);
    expect(reply.statusText).toBe(`n${String(n)}`);
    expect(reply.headers.get(`X-${String(n)}-4`)).toBe(String(n));
  }
});

test('a second call without an error is STARTED_TWICE', async () => {
  const { address, errors } = await serving((_environ, startResponse) => {
    startResponse('200 OK', []);
    startResponse('201 Created', []);
    return [];
  });
  expect((await ask(address, 'GET /')).status).toBe(500);
  expect(errors).toMatchObject([{ code: 'STARTED_TWICE' }]);
});

test('a second call with an error replaces a head that was not sent', async () => {
  const { address, errors } = await serving((_environ, startResponse) => {
    startResponse('200 OK', [['X-Old', '1']]);
    startResponse('503 Service Unavailable', [['X-New', '1']], new Error('no database'));
    return ['sorry'];
  });
  const reply = await ask(address, 'GET /');
  expect(reply).toMatchObject({ status: 503, body: 'sorry' });
  expect(reply.header('x-old')).toBeUndefined();
  expect(reply.header('x-new')).toBe('1');
  expect(errors).toEqual([]);
});

test('a refused replacement leaves the first head in place', async () => {
  const { address } = await serving((_environ, startResponse) => {
    startResponse('200 OK', []);
    expect(() => startResponse('5 ', [], new Error('x'))).toThrow(GatewayUsageError);
    return ['x'];
  });
  expect((await ask(address, 'GET /')).status).toBe(200);
});

test('in a generator the head can be replaced until the first chunk that is not empty', async () => {
  const { address } = await serving(function* (_environ, startResponse: StartResponse) {
    startResponse('200 OK', []);
    yield '';
    yield new Uint8Array(0);
    startResponse('500 Oh', [], new Error('x'));
    yield 'oh';
  });
  expect(await ask(address, 'GET /')).toMatchObject({ statusLine: 'HTTP/1.1 500 Oh', body: 'oh' });
});

test('after the head is sent the call throws the error it was given, and the connection ends', async () => {
  const failed = gate();
  const reason = new Error('half-way');
  let thrown: unknown;
  const { address, errors } = await serving(async function* (_environ, startResponse: StartResponse) {
    startResponse('200 OK', []);
    yield 'first';
    await failed.promise;
    try {
      startResponse('500 Oh', [], reason);
    } catch (error) {
      thrown = error;
      throw error;
    }
    yield 'never';
  });
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  const begun = await until(peer, 'first\r\n');
  failed.open();
  expect(begun + (await untilEnd(peer))).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n5\r\nfirst\r\n$/);
  expect(thrown).toBe(reason);
  expect(errors).toEqual([reason]);
});

test('a non-empty write() sends the head, so that it can not be replaced', async () => {
  const reason = new Error('half-way');
  const environ = await environOf(requestOf('GET /'));
  expect(() =>
    run((_environ, startResponse) => {
      void startResponse('200 OK', [])('first');
      startResponse('500 Oh', [], reason);
      return ['second'];
    }, environ),
  ).toThrow(reason);
});

test('an empty write() does not', async () => {
  const { address } = await serving(async (_environ, startResponse) => {
    const write = startResponse('200 OK', []);
    await write('');
    await write(new Uint8Array(0));
    startResponse('500 Oh', [], new Error('x'));
    return ['oh'];
  });
  expect(await ask(address, 'GET /')).toMatchObject({ statusLine: 'HTTP/1.1 500 Oh', body: 'oh' });
});

const silent: [string, Application][] = [
  ['an array', () => ['x']],
  ['an empty array', () => []],
  ['two strings', () => ['x', 'y']],
  ['an empty generator', function* () {}],
  ['an async application', () => Promise.resolve(['x'])],
  ['an async application, two strings', () => Promise.resolve(['x', 'y'])],
  [
    'an async generator',
    async function* () {
      yield await Promise.resolve('x');
    },
  ],
];

test.each(silent)('startResponse never called, %s: 500 and NOT_STARTED', async (_what, app) => {
  const { address, errors } = await serving(app);
  const reply = await ask(address, 'GET /');
  expect(reply.status).toBe(500);
  expect(errors).toMatchObject([{ code: 'NOT_STARTED' }]);
});

test('a generator may call it as late as before its first chunk', async () => {
  const { address } = await serving(function* (_environ, startResponse: StartResponse) {
    yield '';
    startResponse('200 OK', []);
    yield 'x';
  });
  expect(await ask(address, 'GET /')).toMatchObject({ status: 200, body: 'x' });
});
