import { describe, expect, it } from 'vitest';
import { staticFiles, type StaticOptions } from '@wirestack/http/static';
import { ask, later, openUnder, put, site } from './site.ts';

describe('Content-Type', () => {
  const typeOf = async (name: string, options?: StaticOptions): Promise<string | undefined> => {
    const reply = await ask(staticFiles(site({ [name]: 'x' }), options), `/${name}`);
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    return reply.headers['content-type'];
  };

  it.each([
    ['a.html', 'text/html; charset=utf-8'],
    ['A.HTML', 'text/html; charset=utf-8'],
    ['a.css', 'text/css; charset=utf-8'],
    ['a.js', 'text/javascript; charset=utf-8'],
    ['a.min.mjs', 'text/javascript; charset=utf-8'],
    ['a.txt', 'text/plain; charset=utf-8'],
    ['a.md', 'text/markdown; charset=utf-8'],
    ['a.json', 'application/json'],
    ['a.map', 'application/json'],
    ['a.webmanifest', 'application/manifest+json'],
    ['a.svg', 'image/svg+xml'],
    ['a.png', 'image/png'],
    ['a.avif', 'image/avif'],
    ['a.wasm', 'application/wasm'],
    ['a.woff2', 'font/woff2'],
    ['a.mp4', 'video/mp4'],
    ['a.pdf', 'application/pdf'],
    ['a.unknown', 'application/octet-stream'],
    ['README', 'application/octet-stream'],
    ['a.', 'application/octet-stream'],
    ['html', 'application/octet-stream'],
    ['a.__proto__', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['dir.html/file', 'application/octet-stream'],
  ])('of %s is %s', async (name, type) => {
    expect(await typeOf(name)).toBe(type);
  });

  it('is what the options say', async () => {
    expect(await typeOf('a.mdx', { types: { '.mdx': 'text/markdown' } })).toBe(
      'text/markdown; charset=utf-8',
    );
    expect(await typeOf('a.MDX', { types: { mdx: 'text/markdown; charset=latin1' } })).toBe(
      'text/markdown; charset=latin1',
    );
    expect(await typeOf('a.html', { charset: 'iso-8859-1' })).toBe('text/html; charset=iso-8859-1');
    expect(await typeOf('a.html', { charset: false })).toBe('text/html');
    expect(await typeOf('README', { defaultType: 'text/plain' })).toBe('text/plain; charset=utf-8');
    expect(await typeOf('a.html', { headers: () => [['content-type', 'text/x-own']] })).toBe('text/x-own');
  });
});

describe('Cache-Control', () => {
  const controlOf = async (path: string, options: StaticOptions): Promise<string | undefined> =>
    (await ask(staticFiles(site({ [path]: 'x' }), options), `/${path}`)).headers['cache-control'];

  it('is no-cache, what is told for all, or what is told for the path', async () => {
    expect(await controlOf('a.js', {})).toBe('no-cache');
    expect(await controlOf('a.js', { cacheControl: 'max-age=60' })).toBe('max-age=60');
    expect(await controlOf('a.js', { cacheControl: false })).toBeUndefined();
    const byPath = (path: string): string | undefined => (path === '/d/a.js' ? 'private' : undefined);
    expect(await controlOf('d/a.js', { cacheControl: byPath })).toBe('private');
    expect(await controlOf('a.js', { cacheControl: byPath })).toBeUndefined();
    expect(await controlOf('a.js', { headers: () => [['Cache-Control', 'no-store']] })).toBe('no-store');
  });

  it('is for ever where the name says so', async () => {
    const immutable = /-[\w-]{8}\.\w+$/g;
    const forEver = 'public, max-age=31536000, immutable';
    for (let i = 0; i < 2; i++) expect(await controlOf('app-3fA91_bc.js', { immutable })).toBe(forEver);
    expect(await controlOf('app.js', { immutable })).toBe('no-cache');
    expect(await controlOf('assets/x.js', { immutable: (path) => path.startsWith('/assets/') })).toBe(
      forEver,
    );
  });
});

describe('fields of the program', () => {
  it('are added, by the path of the file, and those that a 304 needs are there, too', async () => {
    const root = site({ 'd/index.html': 'x' });
    later();
    const paths: string[] = [];
    const handler = staticFiles(root, {
      headers: (path) => {
        paths.push(path);
        return [
          ['X-Own', 'yes'],
          ['Vary', 'Cookie'],
          ['Expires', 'never'],
        ];
      },
    });
    const { headers } = await ask(handler, '/d/');
    expect(headers).toMatchObject({ 'x-own': 'yes', vary: 'Cookie, Accept-Encoding', expires: 'never' });
    const unchanged = await ask(handler, '/d/', { 'if-none-match': headers['etag']! });
    expect(unchanged.headers).toMatchObject({ vary: 'Cookie, Accept-Encoding', expires: 'never' });
    expect(unchanged.headers['x-own']).toBeUndefined();
    expect(paths).toEqual(['/d/index.html']);
  });
});

describe('a fallback', () => {
  const page = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };
  const world = (): string => {
    const root = site({ 'index.html': 'the app', 'a.js': 'script' });
    later();
    return root;
  };

  it('is for a browser that goes to a page that is not there', async () => {
    const handler = staticFiles(world(), { fallback: '/index.html' });
    for (const target of ['/users/7', '/users/7/', '/deep/er?x=1', '/a.js/x']) {
      for (let i = 0; i < 2; i++) {
        const reply = await ask(handler, target, page);
        expect([reply.status, reply.body, reply.headers['content-type']]).toEqual([
          ...[200, 'the app', 'text/html; charset=utf-8'],
        ]);
        expect(reply.headers['vary']).toBe('Accept-Encoding, Accept, Sec-Fetch-Mode');
      }
    }
    expect((await ask(handler, '/a.js', page)).body).toBe('script');
    const { headers } = await ask(handler, '/users/8', page);
    expect((await ask(handler, '/users/9', { ...page, 'if-none-match': headers['etag']! })).status).toBe(304);
    expect((await ask(handler, '/users/9', page, 'HEAD')).headers['content-length']).toBe('7');
  });

  it('is for nobody else', async () => {
    const handler = staticFiles(world(), { fallback: 'index.html' });
    for (const headers of [
      {},
      { accept: '*/*' },
      { accept: 'application/json' },
      { accept: 'text/html;q=0, */*' },
    ]) {
      const reply = await ask(handler, '/missing.js', headers);
      expect([reply.status, reply.headers['vary']]).toEqual([404, 'Accept, Sec-Fetch-Mode']);
    }
    expect((await ask(handler, '/x', { ...page, 'sec-fetch-mode': 'cors' })).status).toBe(404);
    expect((await ask(handler, '/x', { ...page, 'sec-fetch-mode': 'navigate' })).status).toBe(200);
    expect((await ask(handler, '/x', page, 'POST')).status).toBe(405);
    for (const hidden of ['/.env', '/../x', '/%2e%2e/x'])
      expect((await ask(handler, hidden, page)).status).toBe(404);
    expect((await ask(handler, '/%zz', page)).status).toBe(400);
  });

  it('is what it is now', async () => {
    const root = world();
    const handler = staticFiles(root, { fallback: 'index.html' });
    expect((await ask(handler, '/x', page)).body).toBe('the app');
    put(root, 'index.html', 'another app');
    expect((await ask(handler, '/x', page)).body).toBe('another app');
    expect(openUnder(root)).toBe(0);
  });

  it('that is not there is 404', async () => {
    expect((await ask(staticFiles(site(), { fallback: 'index.html' }), '/x', page)).status).toBe(404);
  });
});

describe('a handler for what is not found', () => {
  it('answers in place of 404', async () => {
    const handler = staticFiles(site({ a: 'x' }), {
      notFound: async ({ path }) => ({ status: 404, body: `no ${path}` }),
    });
    for (const target of ['/b', '/.env', '/../x', '/d/']) {
      expect(await ask(handler, target)).toMatchObject({ status: 404, body: `no ${target}` });
    }
    expect((await ask(handler, '/a')).body).toBe('x');
  });
});

describe('options that cannot be', () => {
  it.each<[string, StaticOptions]>([
    ['index', { index: '../index.html' }],
    ['index', { index: ['a/b'] }],
    ['extensions', { extensions: ['html'] }],
    ['fallback', { fallback: '/../x' }],
    ['fallback', { fallback: '' }],
    ['base', { base: 'assets' }],
    ['base', { base: '/assets/' }],
    ['dotfiles', { dotfiles: 'ignore' as 'hide' }],
    ['symlinks', { symlinks: true as unknown as 'deny' }],
    ['cacheBytes', { cacheBytes: -1 }],
    ['cacheFileBytes', { cacheFileBytes: 1.5 }],
    ['revalidateMs', { revalidateMs: NaN }],
    ['maxRanges', { maxRanges: Infinity }],
    ['gzipLevel', { compress: { gzipLevel: 10 } }],
    ['brotliQuality', { compress: { brotliQuality: 12 } }],
    ['maxEntries', { listing: { maxEntries: -1 } }],
  ])('are refused at once: %s', (name, options) => {
    expect(() => staticFiles('/root', options)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(name) as string }),
    );
  });

  it.each(['', 'a\0b', 1 as unknown as string])('are refused at once: the root %j', (root) => {
    expect(() => staticFiles(root)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
