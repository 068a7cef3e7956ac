import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mount, type Application, type Environ } from '@wirestack/gateway';
import { httpsRedirect, redirect, type RedirectOptions } from '../../src/applications/redirect.ts';
import { validator } from '../../src/validator/validator.ts';
import { call, saying } from '../middleware/called.ts';
import { ask, serving } from '../peer.ts';

async function location(app: Application, environ: Partial<Environ> = {}): Promise<string> {
  const reply = await call(validator(app), environ);
  return reply.header('location') ?? String(reply.status);
}

describe('a target', () => {
  it.each([
    ['/new', '/new'],
    ['/', '/'],
    ['/a b"<>\\^`{|}', '/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D'],
    ['/\u00e4\u20ac\u{1f600}', '/%C3%A4%E2%82%AC%F0%9F%98%80'],
    ['/\ud800', '/%EF%BF%BD'],
    ['/100%', '/100%25'],
    ['/%41%zz', '/%41%25zz'],
    ['/a?b=c&d#e', '/a?b=c&d#e'],
    ['https://new.example/a?b', 'https://new.example/a?b'],
    ['http://[::1]:8000/', 'http://[::1]:8000/'],
  ])('%j goes to %s', async (to, expected) => {
    expect(await location(redirect(to))).toBe(expected);
    expect(await location(redirect(() => to, { hosts: ['new.example', '[::1]:8000'] }))).toBe(expected);
  });

  const hostile = [
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\0',
    ' //evil.example',
    'evil.example',
    '',
    'javascript:alert(1)',
    'data:text/html,x',
    'https:/evil.example',
    'https:\\\\evil.example',
    'https:///evil.example',
    'https://',
    'https://user@new.example/',
    'https://new.example@evil.example/',
    'ftp://new.example/',
  ];

  it.each(hostile)('%j is none', async (to) => {
    expect(() => redirect(to)).toThrow(TypeError);
    expect(await location(redirect(() => to, { hosts: ['new.example'] }))).toBe('400');
  });

  it.each([
    'https://evil.example/',
    'https://new.example.evil/',
    'https://new.example:8443/',
    'HTTPS://EVIL.example',
  ])('%j is none where the request made it', async (to) => {
    expect(await location(redirect(() => to, { hosts: ['New.example'] }))).toBe('400');
    expect(await location(redirect(() => to))).toBe('400');
  });

  it('made of a request stays on its host, whatever that says', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'/\\.:@?#% \t\n\0aehlpst\u00e4') });
    await fc.assert(
      fc.asyncProperty(text, text, async (wanted, path) => {
        const app = redirect((environ) => environ.QUERY_STRING, { keepPath: true });
        const found = await location(app, { QUERY_STRING: `/${wanted}`, PATH_INFO: `/${path}` });
        if (found === '400') return;
        expect(new URL(found, 'https://here.example/a/b').host).toBe('here.example');
        expect(found).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is kept', () => {
  const kept = (
    to: string,
    options: RedirectOptions,
    PATH_INFO: string,
    QUERY_STRING = '',
  ): Promise<string> => location(redirect(to, options), { PATH_INFO, QUERY_STRING, SCRIPT_NAME: '' });

  it.each([
    ['https://a.example/x', '/b/c', 'https://a.example/x/b/c'],
    ['https://a.example/x/', '/b/', 'https://a.example/x/b/'],
    ['https://a.example', '/b', 'https://a.example/b'],
    ['https://a.example', '', 'https://a.example'],
    ['/x', '/', '/x/'],
    ['/', '//evil.example', '/evil.example'],
    ['/', '/\\evil.example', '/evil.example'],
    ['/', '/a/../b?c#d', '/a/../b%3Fc%23d'],
    ['/', '/\u00e4 \n', '/%C3%A4%20%0A'],
    ['/x?y#z', '/b', '/x/b?y#z'],
  ])('of the path: %s and %j is %s', async (to, path, expected) => {
    expect(await kept(to, { keepPath: true }, path)).toBe(expected);
  });

  it.each([
    ['/x', 'a=b', '/x?a=b'],
    ['/x', '', '/x'],
    ['/x?y=1', 'a=b', '/x?y=1&a=b'],
    ['/x#z', 'a=b#c "', '/x?a=b%23c%20%22#z'],
  ])('of the query: %s and %j is %s', async (to, query, expected) => {
    expect(await kept(to, { keepQuery: true }, '/b', query)).toBe(expected);
  });

  it('nothing unless asked', async () => {
    expect(await kept('/x', {}, '/b', 'a=b')).toBe('/x');
  });

  it('of what is behind a mount', async () => {
    const app = mount({ '/old': redirect('/new', { keepPath: true }) });
    expect(await location(app, { PATH_INFO: '/old/a' })).toBe('/new/a');
    expect(await location(app, { PATH_INFO: '/old' })).toBe('/new');
  });
});

it.each([
  [301, '301 Moved Permanently'],
  [302, '302 Found'],
  [303, '303 See Other'],
  [307, '307 Temporary Redirect'],
  [308, '308 Permanent Redirect'],
] as const)('%d says so on the wire', async (status, line) => {
  const { address } = await serving(redirect("/a?b=1&c='", { status }));
  const reply = await ask(address, 'GET /');
  expect(reply.statusLine).toBe(`HTTP/1.1 ${line}`);
  expect(reply.header('location')).toBe("/a?b=1&c='");
  expect(reply.body).toContain('<a href="/a?b=1&amp;c=&#39;">/a?b=1&amp;c=&#39;</a>');
});

it('308 is the default', async () => {
  expect((await call(redirect('/a'))).status).toBe(308);
});

it.each([200, 300, 304, 305])('%d is no redirect', (status) => {
  expect(() => redirect('/', { status: status as never })).toThrow(TypeError);
  expect(() => httpsRedirect({ status: status as never })).toThrow(TypeError);
});

describe('httpsRedirect', () => {
  const app = httpsRedirect()(saying('safe'));
  const place = { PATH_INFO: '/a b', QUERY_STRING: 'c=d', SCRIPT_NAME: '/x' };

  it('sends http to https, and lets https through', async () => {
    expect(await location(app, { ...place, HTTP_HOST: 'A.example:8000' })).toBe(
      'https://a.example/x/a%20b?c=d',
    );
    expect((await call(app, { 'wsgi.url_scheme': 'https' })).text).toBe('safe');
  });

  it('has another port, and another status', async () => {
    const other = httpsRedirect({ port: 8443, status: 301 })(saying('safe'));
    expect(await location(other, { HTTP_HOST: '[::1]:80' })).toBe('https://[::1]:8443/');
    expect((await call(other)).status).toBe(301);
  });

  it('knows only its hosts, where they are named', async () => {
    const named = httpsRedirect({ hosts: ['WWW.example'] })(saying('safe'));
    expect(await location(named, { HTTP_HOST: 'www.Example' })).toBe('https://www.example/');
    expect(await location(named, { HTTP_HOST: 'evil.example' })).toBe('400');
  });

  it.each(['a/b', 'a@b', 'a b', 'a?b', '', 'a,b', '::1', 'a:b', '\u00e4'])('Host %j is 400', async (host) => {
    expect(await location(app, { HTTP_HOST: host })).toBe('400');
  });

  it.each(['//evil.example', '/\\evil.example'])('%j stays a path', async (path) => {
    expect(new URL(await location(app, { HTTP_HOST: 'a.example', PATH_INFO: path })).host).toBe('a.example');
  });

  it('asks for the whole server by /', async () => {
    const environ = { HTTP_HOST: 'a.example', PATH_INFO: '*', REQUEST_METHOD: 'OPTIONS' };
    expect(await location(app, environ)).toBe('https://a.example/');
  });

  it.each([0, 65_536, 1.5])('port %d is refused', (port) => {
    expect(() => httpsRedirect({ port })).toThrow(TypeError);
  });
});
