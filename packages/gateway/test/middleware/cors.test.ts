import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Application, Environ } from '@wirestack/gateway';
import { cors, type CorsOptions } from '../../src/middleware/cors.ts';
import { validator } from '../../src/validator/validator.ts';
import { ask, serving } from '../peer.ts';
import { call, saying, type Called } from './called.ts';

const ours = 'https://app.example';
const type = ['Content-Type', 'text/plain'] as const;

function get(options: CorsOptions, origin?: string, app: Application = saying('x')): Promise<Called> {
  return call(validator(cors(options)(validator(app))), origin === undefined ? {} : { HTTP_ORIGIN: origin });
}

function preflight(options: CorsOptions, origin: string, environ: Partial<Environ> = {}): Promise<Called> {
  const unreached: Application = () => {
    throw new Error('a preflight reached the application');
  };
  return call(validator(cors(options)(unreached)), {
    REQUEST_METHOD: 'OPTIONS',
    HTTP_ORIGIN: origin,
    HTTP_ACCESS_CONTROL_REQUEST_METHOD: 'PUT',
    ...environ,
  });
}

describe('a request', () => {
  it('of an origin that is allowed may be read by it', async () => {
    const reply = await get({ origin: [ours], credentials: true, exposedHeaders: ['X-A', 'X-B'] }, ours);
    expect(reply.headers).toEqual([
      type,
      ['Vary', 'Origin'],
      ['Access-Control-Allow-Origin', ours],
      ['Access-Control-Allow-Credentials', 'true'],
      ['Access-Control-Expose-Headers', 'X-A, X-B'],
    ]);
  });

  it.each([undefined, 'https://evil.example', 'null', 'https://app.example.evil', 'HTTPS://app.example', ''])(
    'of %j gets the answer without the fields, and a cache knows why',
    async (origin) => {
      const reply = await get({ origin: ours, credentials: true }, origin);
      expect(reply.headers).toEqual([type, ['Vary', 'Origin']]);
      expect(reply.text).toBe('x');
    },
  );

  it.each([undefined, ours, 'null', 'anything\u00ff'])(
    'to all is answered for %j as for all',
    async (origin) => {
      const reply = await get({ origin: '*' }, origin);
      expect(reply.headers).toEqual(
        origin === undefined ? [type] : [type, ['Access-Control-Allow-Origin', '*']],
      );
    },
  );

  it('keeps what the application says, and merges Vary', async () => {
    const app = saying('x', [type, ['Access-Control-Allow-Origin', '*'], ['vary', 'Cookie']]);
    const reply = await get({ origin: ours, credentials: true }, ours, app);
    expect(reply.headers).toEqual([type, ['Access-Control-Allow-Origin', '*'], ['Vary', 'Cookie, Origin']]);
  });

  it('that ends in an error page may be read, too, once', async () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', [type]);
      startResponse('500 Oh No', [type], new Error('late'));
      return ['sorry'];
    };
    const reply = await get({ origin: ours }, ours, app);
    expect(reply.status).toBe(500);
    expect(reply.all('access-control-allow-origin')).toEqual([ours]);
    expect(reply.all('vary')).toEqual(['Origin']);
  });

  it('of OPTIONS that is no preflight reaches the application', async () => {
    const app = cors({ origin: ours })(saying('options'));
    expect((await call(app, { REQUEST_METHOD: 'OPTIONS', HTTP_ORIGIN: ours })).text).toBe('options');
    const method = { HTTP_ACCESS_CONTROL_REQUEST_METHOD: 'PUT' };
    expect((await call(app, { REQUEST_METHOD: 'OPTIONS', ...method })).text).toBe('options');
    expect((await call(app, { REQUEST_METHOD: 'GET', HTTP_ORIGIN: ours, ...method })).text).toBe('options');
  });
});

describe('a preflight', () => {
  const vary = ['Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'] as const;

  it('of an origin that is allowed is 204 with what it may', async () => {
    const reply = await preflight(
      { origin: ours, methods: ['PUT'], allowedHeaders: ['X-A'], credentials: true, maxAgeSeconds: 600 },
      ours,
      { HTTP_ACCESS_CONTROL_REQUEST_HEADERS: 'x-b' },
    );
    expect(reply.status).toBe(204);
    expect(reply.text).toBe('');
    expect(reply.headers).toEqual([
      vary,
      ['Access-Control-Allow-Origin', ours],
      ['Access-Control-Allow-Credentials', 'true'],
      ['Access-Control-Allow-Methods', 'PUT'],
      ['Access-Control-Max-Age', '600'],
      ['Access-Control-Allow-Headers', 'X-A'],
    ]);
  });

  it.each(['https://evil.example', 'null', `${ours}, https://evil.example`])(
    'of %j is told nothing',
    async (origin) => {
      const reply = await preflight({ origin: ours, maxAgeSeconds: 600 }, origin);
      expect(reply.status).toBe(204);
      expect(reply.headers).toEqual([vary]);
    },
  );

  it.each([
    ['x-a,  Content-Type', 'x-a, Content-Type'],
    ['', undefined],
    [undefined, undefined],
    ['x-a, b c', undefined],
    ['x-a, "b"', undefined],
    ['x-a, b\u00e4', undefined],
    ['a'.repeat(4097), undefined],
  ])('may send what it asks for, if that is names: %j', async (asked, expected) => {
    const environ = asked === undefined ? {} : { HTTP_ACCESS_CONTROL_REQUEST_HEADERS: asked };
    const reply = await preflight({ origin: '*' }, ours, environ);
    expect(reply.header('access-control-allow-headers')).toBe(expected);
    expect(reply.header('access-control-allow-methods')).toBe('GET, HEAD, PUT, PATCH, POST, DELETE');
    expect(reply.header('vary')).toBe('Access-Control-Request-Method, Access-Control-Request-Headers');
  });

  it('from the public network is let in only where it may', async () => {
    const environ = { HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK: 'true' };
    const name = 'access-control-allow-private-network';
    expect((await preflight({ origin: ours, privateNetwork: true }, ours, environ)).header(name)).toBe(
      'true',
    );
    expect((await preflight({ origin: ours, privateNetwork: true }, ours)).header(name)).toBeUndefined();
    expect((await preflight({ origin: ours }, ours, environ)).header(name)).toBeUndefined();
    const evil = await preflight({ origin: ours, privateNetwork: true }, 'https://evil.example', environ);
    expect(evil.header(name)).toBeUndefined();
  });
});

describe('origins', () => {
  const isAllowed = async (options: CorsOptions, origin: string): Promise<boolean> =>
    (await get(options, origin)).header('access-control-allow-origin') === origin;

  it('match a pattern as a whole', async () => {
    for (const pattern of [/https:\/\/\w+\.a\.example/, /https:\/\/\w+\.a\.example/gmy]) {
      for (let round = 0; round < 2; round++) {
        expect(await isAllowed({ origin: pattern }, 'https://x.a.example')).toBe(true);
        expect(await isAllowed({ origin: pattern }, 'https://x.a.example.evil')).toBe(false);
        expect(await isAllowed({ origin: pattern }, 'https://evil.example?https://x.a.example')).toBe(false);
      }
    }
    expect(await isAllowed({ origin: /a|https:\/\/b/ }, 'https://b.evil')).toBe(false);
  });

  it('are asked about with their request', async () => {
    const seen: unknown[] = [];
    const origin = (given: string, environ: Environ): boolean => {
      seen.push([given, environ.PATH_INFO]);
      return given.endsWith('.example');
    };
    expect(await isAllowed({ origin }, ours)).toBe(true);
    expect(await isAllowed({ origin }, 'chrome-extension://abcdef.example')).toBe(true);
    expect(await isAllowed({ origin }, 'https://evil.test')).toBe(false);
    expect(seen).toEqual([
      [ours, '/'],
      ['chrome-extension://abcdef.example', '/'],
      ['https://evil.test', '/'],
    ]);
  });

  it('null is allowed by its name only', async () => {
    expect(await isAllowed({ origin: ['null'] }, 'null')).toBe(true);
    expect(await isAllowed({ origin: /.*/ }, 'null')).toBe(false);
    expect(await isAllowed({ origin: () => true }, 'null')).toBe(false);
  });

  it('that are none are never sent back, whatever the test says', async () => {
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'https://a.b:1[]@?#,;"<> \\\xe4\t') }),
      fc.webUrl(),
      fc.constantFrom('https://a, https://b', 'https://a b', 'https://a/', 'https://a:x', 'https://a\\b'),
    );
    await fc.assert(
      fc.asyncProperty(value, async (origin) => {
        const echoed = (await get({ origin: () => true }, origin)).header('access-control-allow-origin');
        if (echoed === undefined) return;
        expect(echoed).toBe(origin);
        expect(origin).toMatch(/^[a-z][a-z\d+.-]*:\/\/[^/?#@,;"<>\\\s]+$/);
        expect(origin.length).toBeLessThanOrEqual(512);
      }),
    );
  });
});

it('over a wire a page of another origin gets its answer', async () => {
  const { address } = await serving(cors({ origin: ours })(saying('x')));
  const reply = await ask(address, 'OPTIONS /', `Origin: ${ours}`, 'Access-Control-Request-Method: PUT');
  expect(reply.status).toBe(204);
  expect(reply.header('access-control-allow-origin')).toBe(ours);
  expect((await ask(address, 'GET /', `Origin: ${ours}`)).header('access-control-allow-origin')).toBe(ours);
});

it.each([
  [{ origin: '*', credentials: true }],
  [{ origin: ['null'], credentials: true }],
  [{ origin: 'https://a.example/' }],
  [{ origin: 'a.example' }],
  [{ origin: ['https://a.example', '*'] }],
  [{ origin: 'https://A.example' }],
  [{ origin: '*', methods: ['GET, PUT'] }],
  [{ origin: '*', allowedHeaders: ['X A'] }],
  [{ origin: '*', exposedHeaders: ['X\r\nA'] }],
  [{ origin: '*', maxAgeSeconds: -1 }],
])('%j is refused', (options) => {
  expect(() => cors(options)).toThrow(TypeError);
});
