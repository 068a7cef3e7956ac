import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  run,
  setupTestingDefaults,
  textResponse,
  validator,
  type Application,
  type Environ,
} from '@wirestack/gateway';
import { withLifespan } from '../../src/lifespan.ts';
import { mount } from '../../src/mount.ts';
import { matchedRoute } from '../../src/middleware/router/matched-route.ts';
import { router, type RouteHandler, type Router } from '../../src/middleware/router.ts';
import { ask, exchange, serving } from '../peer.ts';

/** Answers its route and its parameters. */
const shown: Application = (environ, startResponse) => {
  startResponse('200 OK', []);
  return [`${String(environ['wirestack.route'])} ${JSON.stringify(environ['wirestack.params'])}`];
};

const named =
  (name: string): Application =>
  (_environ, startResponse) => {
    startResponse('200 OK', []);
    return [name];
  };

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
}

function answer(app: Application, method: string, path: string, more: Partial<Environ> = {}): Answer {
  const environ = setupTestingDefaults({ REQUEST_METHOD: method, PATH_INFO: path, ...more });
  const response = run(app, environ);
  if (response instanceof Promise) throw new Error('a router makes no promise of its own');
  const { status, headers, body } = response;
  return { status, text: body as string, fields: Object.fromEntries(headers) };
}

function get(app: Application, path: string): string {
  const { status, text } = answer(app, 'GET', path);
  return status === 200 ? text : String(status);
}

describe('patterns', () => {
  const app = router({ converters: { hex: hexadecimal() } })
    .get('/', shown)
    .get('/users/{id:int}', shown)
    .get('/users/{id:int}/files/{path:path}', shown)
    .get('/by/{key:uuid}', shown)
    .get('/at/{x:float}', shown)
    .get('/color/{value:hex}', shown)
    .get('/pages/{title}', shown)
    .get('/feed.{format}', shown)
    .get('/@{user}/{post:int}.html', shown)
    .get('/wiki/{page:path}/edit', shown)
    .get('/wiki/{page:path}/raw/{version:int}', shown)
    .get('/wiki/{page:path}', shown)
    .get('/ä b', shown);

  const uuid = '0190163D-8694-739b-aea5-966c26f8ad91';
  it.each([
    ['/', '/ {}'],
    ['/users/5', '/users/{id:int} {"id":5}'],
    ['/users/007', '/users/{id:int} {"id":7}'],
    ['/users/9007199254740991', '/users/{id:int} {"id":9007199254740991}'],
    ['/users/9007199254740992', '404'],
    ['/users/-5', '404'],
    ['/users/5.0', '404'],
    ['/users/٣', '404'],
    ['/users/0x5', '404'],
    ['/users/ 5', '404'],
    ['/users', '404'],
    ['/users//files/x', '404'],
    ['/users/5/files/', '/users/{id:int}/files/{path:path} {"id":5,"path":""}'],
    ['/users/5/files/a/b//c', '/users/{id:int}/files/{path:path} {"id":5,"path":"a/b//c"}'],
    [`/by/${uuid}`, `/by/{key:uuid} {"key":"${uuid.toLowerCase()}"}`],
    [`/by/${uuid}0`, '404'],
    [`/by/{${uuid.slice(2)}}`, '404'],
    ['/at/1.50', '/at/{x:float} {"x":1.5}'],
    ['/at/15', '/at/{x:float} {"x":15}'],
    ['/at/.5', '404'],
    ['/at/5.', '404'],
    ['/at/1e5', '404'],
    ['/at/Infinity', '404'],
    [`/at/${'9'.repeat(400)}`, '404'],
    ['/color/ff', '/color/{value:hex} {"value":255}'],
    ['/color/fg', '404'],
    ['/pages/a b', '/pages/{title} {"title":"a b"}'],
    ['/pages/__proto__', '/pages/{title} {"title":"__proto__"}'],
    ['/pages/a/b', '404'],
    ['/feed.json', '/feed.{format} {"format":"json"}'],
    ['/feed.', '404'],
    ['/feed', '404'],
    ['/@ada/7.html', '/@{user}/{post:int}.html {"user":"ada","post":7}'],
    ['/@/7.html', '404'],
    ['/@ada/7.htm', '404'],
    ['/wiki/a/b', '/wiki/{page:path} {"page":"a/b"}'],
    ['/wiki/a/b/edit', '/wiki/{page:path}/edit {"page":"a/b"}'],
    ['/wiki//edit', '/wiki/{page:path}/edit {"page":""}'],
    ['/wiki/edit', '/wiki/{page:path} {"page":"edit"}'],
    ['/wiki/a/raw/7', '/wiki/{page:path}/raw/{version:int} {"page":"a","version":7}'],
    ['/wiki/a/raw/x', '/wiki/{page:path} {"page":"a/raw/x"}'],
    ['/wiki/a/raw/7/edit', '/wiki/{page:path}/edit {"page":"a/raw/7"}'],
    ['/ä b', '/ä b {}'],
    ['', '/ {}'],
    ['users/5', '404'],
  ])('%s → %s', (path, expected) => {
    expect(get(app, path)).toBe(expected);
  });

  it.each([
    ['users', /begins with a slash/],
    ['', /begins with a slash/],
    ['//users', /a segment is empty/],
    ['/a//b', /a segment is empty/],
    ['/{', /no text with one/],
    ['/}', /no text with one/],
    ['/{}', /no text with one/],
    ['/{a', /no text with one/],
    ['/{a}}', /no text with one/],
    ['/{{a}}', /no text with one/],
    ['/{a b}', /no text with one/],
    ['/{a:}', /no text with one/],
    ['/{1a}', /no text with one/],
    ['/{a}{b}', /no text with one/],
    ['/{a/b}', /no text with one/],
    ['/{a}/{a}', /a stands twice/],
    ['/{a:none}', /there is no converter none/],
    ['/{a:path}.txt', /slashes on both sides/],
    ['/{a:path}/x/{b:path}', /more than one path/],
    ['/{__proto__}', /that name/],
  ])('%j is refused when it is defined', (pattern, message) => {
    expect(() => router().get(pattern, shown)).toThrow(message);
    expect(() => router().get(pattern, shown)).toThrow(TypeError);
  });

  it('are refused twice for a method, and with other names at the same place', () => {
    const twice = router().get('/users/{id}', shown).post('/users/{id}', shown);
    expect(() => twice.get('/users/{id}', shown)).toThrow('GET /users/{id} is defined twice');
    for (const other of ['/users/{name}', '/users/{id:str}']) {
      expect(() => twice.put(other, shown)).toThrow('matches the same paths as "/users/{id}"');
    }
    expect(get(twice.get('/users/{name}/x', shown), '/users/a/x')).toBe('/users/{name}/x {"name":"a"}');
  });

  it.each([
    ['/p', '/p', /mounted there already/],
    ['/p/{a}', '/p/{b}', /matches the same paths/],
    ['/p/', '', /does not end with a slash/],
    ['p', '', /begins with a slash/],
    ['/p/{a:path}', '', /has no end/],
  ])('of mounts at %s and %s are refused', (first, second, message) => {
    expect(() => {
      const one = router().mount(first, shown);
      one.mount(second, shown);
    }).toThrow(message);
  });
});

function hexadecimal(): {
  pattern: RegExp;
  parse: (text: string) => number;
  format: (value: number) => string;
} {
  return {
    pattern: /[\da-f]+/g,
    parse: (text: string) => Number.parseInt(text, 16),
    format: (value: number) => value.toString(16),
  };
}

describe('parameters', () => {
  it('have the types that the pattern says', () => {
    router({ converters: { hex: hexadecimal() } })
      .get('/users/{id:int}/files/{path:path}', (environ, startResponse, params) => {
        expectTypeOf(params).toEqualTypeOf<{ readonly id: number; readonly path: string }>();
        expectTypeOf(environ).toEqualTypeOf<Environ>();
        return textResponse(startResponse, '200 OK');
      })
      .post('/{a}/{b:float}/{c:uuid}/{d:hex}.txt', (_environ, startResponse, params) => {
        expectTypeOf(params).toEqualTypeOf<{
          readonly a: string;
          readonly b: number;
          readonly c: string;
          readonly d: number;
        }>();
        return textResponse(startResponse, '200 OK');
      })
      .on(['PUT', 'QUERY'], '/{id:int}', (_environ, startResponse, { id }) => {
        expectTypeOf(id).toEqualTypeOf<number>();
        return textResponse(startResponse, '200 OK');
      })
      .get('/none', (_environ, startResponse, params) => {
        expectTypeOf(Object.keys(params) as (keyof typeof params)[]).toEqualTypeOf<never[]>();
        return textResponse(startResponse, '200 OK');
      })
      .get('/wrong/' + '{x}', (_environ, startResponse, params) => {
        expectTypeOf(params).toEqualTypeOf<Record<string, unknown>>();
        return textResponse(startResponse, '200 OK');
      });
    // @ts-expect-error -- A handler of text is none of numbers.
    router().get('/{id:int}', ((): never => undefined as never) as RouteHandler<{ id: string }>);
    expectTypeOf(router()).toExtend<Application>();
  });

  it('reach the handler, and the environ', () => {
    let seen: unknown;
    const app = router().get('/{a}/{n:int}', (environ, startResponse, params) => {
      seen = params;
      expect(environ['wirestack.params']).toBe(params);
      return textResponse(startResponse, '200 OK');
    });
    expect(answer(app, 'GET', '/x/5').status).toBe(200);
    expect(seen).toEqual({ a: 'x', n: 5 });
  });

  it('are not given to an application, which has two', () => {
    const counted: number[] = [];
    const strict: Application = validator((_environ, startResponse) => {
      startResponse('200 OK', []);
      return ['strict'];
    });
    const app = router()
      .get('/strict', (environ, startResponse) => strict(environ, startResponse))
      .get('/{any}', function (_environ, startResponse) {
        // What it was called with is the point.
        counted.push(arguments.length);
        return textResponse(startResponse, '200 OK');
      })
      .post('/{any}', (...all) => {
        counted.push(all.length);
        return textResponse(all[1], '200 OK');
      });
    answer(app, 'GET', '/x');
    answer(app, 'POST', '/x');
    expect(counted).toEqual([2, 3]);
  });
});

describe('precedence', () => {
  const patterns = [
    '/a/b',
    '/a/{x}.json',
    '/a/{x:int}',
    '/a/{x:float}',
    '/a/{x:uuid}',
    '/a/{x:hex}',
    '/a/{x}',
    '/a/{x:path}',
    '/{y}/b',
    '/{y:path}/b',
    '/{y:path}',
  ];
  const expected: Readonly<Record<string, string>> = {
    '/a/b': '/a/b',
    '/a/5.json': '/a/{x}.json',
    '/a/5': '/a/{x:int}',
    '/a/5.5': '/a/{x:float}',
    '/a/0190163d-8694-739b-aea5-966c26f8ad91': '/a/{x:uuid}',
    '/a/ff': '/a/{x:hex}',
    '/a/x': '/a/{x}',
    '/a/x/b': '/a/{x:path}',
    '/c/b': '/{y}/b',
    '/c/d/b': '/{y:path}/b',
    '/c/d': '/{y:path}',
  };

  it('does not depend on the order of definition', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(patterns, { minLength: patterns.length }), (order) => {
        const app = router({ converters: { hex: hexadecimal() } });
        for (const pattern of order) app.get(pattern, named(pattern));
        for (const [path, pattern] of Object.entries(expected)) expect(get(app, path)).toBe(pattern);
      }),
      { numRuns: 50 },
    );
  });

  it('goes back where a more specific beginning leads nowhere', () => {
    const app = router()
      .get('/a/b/c', named('literal'))
      .get('/a/{x}/d', named('one'))
      .get('/{x}/b/e', named('two'))
      .get('/{x}/{y}/{z:int}', shown);
    expect(get(app, '/a/b/c')).toBe('literal');
    expect(get(app, '/a/b/d')).toBe('one');
    expect(get(app, '/a/b/e')).toBe('two');
    expect(get(app, '/a/b/5')).toBe('/{x}/{y}/{z:int} {"x":"a","y":"b","z":5}');
    expect(get(app, '/a/b/f')).toBe('404');
  });

  it('goes on to a pattern that has the method', () => {
    const app = router().get('/users/me', named('me')).post('/users/{name}', shown);
    expect(answer(app, 'POST', '/users/me').text).toBe('/users/{name} {"name":"me"}');
  });

  it('agrees with a model that tries every pattern', () => {
    const segment = fc.constantFrom('a', 'b', '5', '{p}', '{p:int}');
    const pattern = fc
      .array(segment, { minLength: 1, maxLength: 3 })
      .map((all) => `/${all.map((one, place) => one.replace('p', `p${String(place)}`)).join('/')}`);
    const path = fc
      .array(fc.constantFrom('a', 'b', '5', 'x', ''), { minLength: 1, maxLength: 3 })
      .map((all) => `/${all.join('/')}`);
    fc.assert(
      fc.property(fc.uniqueArray(pattern, { maxLength: 12 }), path, (all, asked) => {
        const app = router({ trailingSlash: 'strict' });
        for (const one of all) app.get(one, named(one));
        expect(get(app, asked)).toBe(bestOf(all, asked) ?? '404');
      }),
    );
  });
});

/** Segment by segment the most specific of those that match. */
function bestOf(patterns: readonly string[], path: string): string | undefined {
  const ranked = patterns.flatMap((pattern) => {
    const parts = pattern.split('/');
    const given = path.split('/');
    if (parts.length !== given.length) return [];
    const ranks = parts.map((part, place) => rankOf(part, given[place]!));
    return ranks.includes(9) ? [] : [{ pattern, ranks: ranks.join('') }];
  });
  return ranked.sort((a, b) => (a.ranks < b.ranks ? -1 : 1))[0]?.pattern;
}

function rankOf(part: string, given: string): number {
  if (part === given) return 0;
  if (part.endsWith(':int}')) return /^\d+$/.test(given) ? 1 : 9;
  return part.startsWith('{') && given !== '' ? 2 : 9;
}

describe('methods', () => {
  const app = router()
    .post('/x', named('post'))
    .get('/x', named('get'))
    .on(['PATCH', 'QUERY'], '/x', named('several'))
    .get('/own/{id:int}', named('get'))
    .options('/own/{id:int}', named('options'))
    .delete('/own/{any}', named('delete'))
    .head('/head', named('head'));

  it.each([
    ['GET', '/x', 200, 'get'],
    ['HEAD', '/x', 200, 'get'],
    ['POST', '/x', 200, 'post'],
    ['QUERY', '/x', 200, 'several'],
    ['OPTIONS', '/own/5', 200, 'options'],
    ['HEAD', '/head', 200, 'head'],
    ['DELETE', '/own/5', 200, 'delete'],
    ['DELETE', '/none', 404, '404 Not Found\n'],
    ['OPTIONS', '/none', 404, '404 Not Found\n'],
    ['GET', '/head', 405, '405 Method Not Allowed\n'],
    ['get', '/x', 405, '405 Method Not Allowed\n'],
  ])('%s %s → %i', (method, path, status, text) => {
    expect(answer(app, method, path)).toMatchObject({ status, text });
  });

  it.each([
    ['PUT', '/x', 405, 'POST, GET, HEAD, PATCH, QUERY, OPTIONS'],
    ['OPTIONS', '/x', 204, 'POST, GET, HEAD, PATCH, QUERY, OPTIONS'],
    ['PUT', '/own/5', 405, 'GET, HEAD, OPTIONS, DELETE'],
    ['OPTIONS', '/own/x', 204, 'DELETE, OPTIONS'],
    ['OPTIONS', '*', 204, 'POST, GET, HEAD, PATCH, QUERY, OPTIONS, DELETE'],
    ['GET', '/head', 405, 'HEAD, OPTIONS'],
  ])('%s %s → %i, Allow: %s', (method, path, status, allowed) => {
    expect(answer(app, method, path)).toMatchObject({ status, fields: { Allow: allowed } });
  });

  it('are names of HTTP', () => {
    expect(() => router().on('GET POST', '/', shown)).toThrow('no method');
    expect(() => router().on([], '/', shown)).toThrow('there is no method');
    expect(() => router().get('/', undefined as unknown as Application)).toThrow('no function');
  });
});

describe('a slash at the end', () => {
  const app = router()
    .get('/users', named('users'))
    .post('/posts/', named('posts'))
    .get('/w/{p:path}/edit', shown);

  it.each([
    ['GET', '/users/', '/users'],
    ['HEAD', '/users/', '/users'],
    ['POST', '/posts', '/posts/'],
    ['GET', '/w/ä?#/edit/', '/w/%C3%A4%3F%23/edit'],
  ])('%s %s → 308 to %s', (method, path, location) => {
    expect(answer(app, method, path)).toMatchObject({ status: 308, fields: { Location: location } });
  });

  it('keeps the query and the mount', () => {
    const place = { SCRIPT_NAME: '/ü', QUERY_STRING: 'a=%20b&c' };
    expect(answer(app, 'GET', '/users/', place).fields).toMatchObject({ Location: '/%C3%BC/users?a=%20b&c' });
    const root = router().get('/', named('root'));
    expect(answer(root, 'GET', '', place).fields).toMatchObject({ Location: '/%C3%BC/?a=%20b&c' });
  });

  it.each([
    ['POST', '/users/'],
    ['GET', '/users//'],
    ['GET', '/none/'],
  ])('%s %s is 404: the other is no route for it', (method, path) => {
    expect(answer(app, method, path).status).toBe(404);
  });

  it('never leads to another host', () => {
    const open = router().get('/{p:path}/edit', shown);
    for (const path of ['//evil.test/edit/', '///evil.test/edit/', '//evil.test//edit/']) {
      expect(answer(open, 'GET', path).status).toBe(404);
    }
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '\\', '\t', '\n', 'e', '@', ':', '%', '\ud800') }),
        (junk) => {
          const { status, fields } = answer(open, 'GET', `/${junk}/edit/`);
          if (status !== 308) return;
          const { host, pathname } = new URL(fields['Location']!, 'http://here.test/');
          expect(host).toBe('here.test');
          expect(pathname.endsWith('/edit')).toBe(true);
          expect(fields['Location']).toMatch(/^\/[!-~]*$/);
        },
      ),
    );
  });

  it('matters where the router is strict', () => {
    const strict = router({ trailingSlash: 'strict' }).get('/users', named('users'));
    expect(answer(strict, 'GET', '/users/').status).toBe(404);
    expect(get(strict, '/users')).toBe('users');
  });
});

describe('mounts', () => {
  const placed: Application = (environ, startResponse) => {
    startResponse('200 OK', []);
    return [`${environ.SCRIPT_NAME}|${environ.PATH_INFO} ${JSON.stringify(environ['wirestack.params'])}`];
  };
  const inner = router().get('/', shown).get('/{id:int}', shown).post('/{id:int}', shown);
  const app = router()
    .mount('/static', placed)
    .mount('/teams/{team}', placed)
    .mount('/teams/{team}/users', inner)
    .get('/static/special', named('special'));

  it.each([
    ['/static', '/static| {}'],
    ['/static/', '/static|/ {}'],
    ['/static/a//b', '/static|/a//b {}'],
    ['/static/special', 'special'],
    ['/staticx', '404'],
    ['/teams/a', '/teams/a| {"team":"a"}'],
    ['/teams/a/x', '/teams/a|/x {"team":"a"}'],
    ['/teams/', '404'],
    ['/teams/a/users/5', '/teams/{team}/users/{id:int} {"team":"a","id":5}'],
    ['/teams/a/users/', '/teams/{team}/users/ {"team":"a"}'],
    ['/teams/a/users', '308'],
    ['/teams/a/users/x', '404'],
  ])('%s → %s', (path, expected) => {
    expect(get(app, path)).toBe(expected);
  });

  it('at the root take what no route takes', () => {
    const all = router().mount('/', placed).get('/x', named('x'));
    expect([get(all, '/x'), get(all, '/y/z'), get(all, '/')]).toEqual(['x', '|/y/z {}', '|/ {}']);
    expect(answer(all, 'POST', '/x').text).toBe('|/x {}');
  });

  it('leave the environ of those outside as it is, but for the route', async () => {
    const environ = setupTestingDefaults({ PATH_INFO: '/teams/a/users/5' });
    await run(app, environ);
    expect(environ.PATH_INFO).toBe('/teams/a/users/5');
    expect(environ['wirestack.route']).toBe('/teams/{team}/users');
  });

  it('tell the whole route to those outside who asked', async () => {
    const environ = setupTestingDefaults({ PATH_INFO: '/base/teams/a/users/5' });
    const matched = matchedRoute(environ);
    await run(mount({ '/base': app }), environ);
    expect(matched.route).toBe('/base/teams/{team}/users/{id:int}');
  });
});

describe('url', () => {
  const app = router({ converters: { hex: hexadecimal() } })
    .get('/', shown)
    .get('/users/{id:int}/files/{path:path}', shown, { name: 'file' })
    .get('/c/{value:hex}', shown)
    .get('/f/{x:float}', shown)
    .get('/u/{key:uuid}', shown)
    .get('/p/{title}.html', shown, { name: 'page' });

  it('is made of a pattern or a name', () => {
    expect(app.url('/')).toBe('/');
    expect(app.url('/users/{id:int}/files/{path:path}', { id: 5, path: 'a b/ü?#%' })).toBe(
      '/users/5/files/a%20b/%C3%BC%3F%23%25',
    );
    expect(app.url('file', { id: 5, path: '' })).toBe('/users/5/files/');
    expect(app.url('/c/{value:hex}', { value: 255 })).toBe('/c/ff');
    expect(app.url('/f/{x:float}', { x: 1e-7 })).toBe('/f/0.0000001');
    expect(app.url('page', { title: "a;b=c'\ud800" })).toBe("/p/a;b=c'%EF%BF%BD.html");
  });

  it.each([
    ['/users/{id:int}/files/{path:path}', { id: -1, path: '' }],
    ['/users/{id:int}/files/{path:path}', { id: 1.5, path: '' }],
    ['/users/{id:int}/files/{path:path}', { id: 2 ** 53, path: '' }],
    ['/users/{id:int}/files/{path:path}', { id: 1 }],
    ['/f/{x:float}', { x: NaN }],
    ['/f/{x:float}', { x: -1 }],
    ['/u/{key:uuid}', { key: 'x' }],
    ['/p/{title}.html', { title: '' }],
    ['/p/{title}.html', { title: 'a/b' }],
    ['/p/{title}.html', {}],
    ['/c/{value:hex}', { value: -1 }],
    ['/none', {}],
    ['none', {}],
  ])('of %s with %o is refused', (pattern, params) => {
    const anyUrl = (app as Router).url as (name: string, params: object) => string;
    expect(() => anyUrl(pattern, params)).toThrow(TypeError);
  });

  it('is checked by its types', () => {
    const check = (): void => {
      // @ts-expect-error -- a number
      app.url('/users/{id:int}/files/{path:path}', { id: '5', path: '' });
      // @ts-expect-error -- one is missing
      app.url('/users/{id:int}/files/{path:path}', { id: 5 });
      // @ts-expect-error -- all are missing
      app.url('/users/{id:int}/files/{path:path}');
    };
    expect(check).toThrow(TypeError);
  });

  it('leads back to its parameters', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('/')),
        fc.double({ min: 0, noDefaultInfinity: true, noNaN: true }).filter((x) => !Object.is(x, -0)),
        (id, text, x) => {
          const one = router().get('/{id:int}/{text}/{x:float}/{path:path}', shown);
          const path = `${text}/${text}`;
          const url = one.url('/{id:int}/{text}/{x:float}/{path:path}', { id, text, x, path });
          expect(get(one, decodeURIComponent(url))).toBe(
            `/{id:int}/{text}/{x:float}/{path:path} ${JSON.stringify({ id, text, x, path })}`,
          );
        },
      ),
    );
  });

  it('knows a name once', () => {
    expect(() => app.get('/other', shown, { name: 'file' })).toThrow('name file is that of');
    expect(() => app.get('/other', shown, { name: '/other' })).toThrow('does not begin with a slash');
  });
});

describe('a router', () => {
  it('takes options that are some', () => {
    const bad = [
      { notFound: 'x' },
      { trailingSlash: 'x' },
      { converters: { int: hexadecimal() } },
      { converters: { 'a b': hexadecimal() } },
      { converters: { x: { pattern: /x/ } } },
      { converters: { x: { ...hexadecimal(), pattern: '(' } } },
      { converters: { x: { ...hexadecimal(), pattern: 5 } } },
    ];
    for (const options of bad) expect(() => router(options as object)).toThrow(TypeError);
  });

  it('asks another application where nothing is found', () => {
    const app = router({ notFound: named('other') }).get('/x', shown);
    expect(get(app, '/y')).toBe('other');
  });

  it('starts and stops what it is made of, what was added late, too', async () => {
    const events: string[] = [];
    const living = (name: string): Application =>
      withLifespan(named(name), {
        start: () => void events.push(`${name} starts`),
        stop: () => void events.push(`${name} stops`),
      });
    const handler = living('handler');
    const app = router({ notFound: living('rest') })
      .get('/a', handler)
      .get('/b', handler);
    const { lifespan } = app;
    app.mount('/m', router().get('/', living('inner')));
    await lifespan?.start?.();
    await lifespan?.stop?.();
    const names = ['rest', 'handler', 'inner'];
    expect(events).toEqual([
      ...names.map((name) => `${name} starts`),
      ...names.reverse().map((name) => `${name} stops`),
    ]);
  });

  it('does not look at what is behind its deepest pattern', () => {
    const app = router().get('/a/{x}/{y}/c', shown).get('/a/{p:path}/d', shown);
    const long = `/a/${'b/'.repeat(500_000)}`;
    expect(get(app, `${long}x`)).toBe('404');
    expect(get(app, `${long}d`)).toBe(`/a/{p:path}/d ${JSON.stringify({ p: long.slice(3, -1) })}`);
    expect(get(app, `/a/${'x'.repeat(1_000_000)}`)).toBe('404');
  });

  it('answers on the wire', async () => {
    const { address } = await serving(router().get('/users/{id:int}', shown).post('/users/', named('new')));
    expect((await ask(address, 'GET /users/%35')).body).toBe('/users/{id:int} {"id":5}');
    const head = await ask(address, 'HEAD /users/5');
    expect([head.status, head.body]).toEqual([200, '']);
    expect((await ask(address, 'PUT /users/5', 'Content-Length: 0')).header('allow')).toBe(
      'GET, HEAD, OPTIONS',
    );
    const moved = await ask(address, 'POST /users?a=b', 'Content-Length: 0');
    expect([moved.status, moved.header('location')]).toEqual([308, '/users/?a=b']);
    const all = await exchange(address, 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect([all.status, all.header('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
    const { body, status } = await ask(address, 'GET //evil.test/..');
    expect([status, body]).toEqual([404, '404 Not Found\n']);
  });
});
