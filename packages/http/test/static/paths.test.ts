import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { staticFiles } from '@wirestack/http/static';
import { encodePath, readPath } from '../../src/static/request-path.ts';
import { serving } from '../server/harness.ts';
import { field, get } from '../server/raw-client.ts';
import { ask, openUnder, site } from './site.ts';

const secret = 'SECRET outside of the root';

/**
 *     outside.txt   rootX/secret.txt
 *     root/  index.html  a.txt  ä b.txt  %2e%2e  c:d  a\b  .hidden  .well-known/x  dir/index.html  dir/x.txt  empty/  index/index.html/
 */
function world(): { outside: string; root: string } {
  const outside = site({
    'outside.txt': secret,
    'rootX/secret.txt': secret,
    'root/index.html': 'the index',
    'root/a.txt': 'a text\n',
    'root/ä b.txt': 'umlaut',
    'root/%2e%2e': 'a strange name',
    'root/c:d': 'a colon',
    'root/a\\b': secret,
    'root/dir/index.html': 'the index of dir',
    'root/dir/x.txt': 'x',
  });
  mkdirSync(join(outside, 'root/empty'));
  mkdirSync(join(outside, 'root/index/index.html'), { recursive: true });
  return { outside, root: join(outside, 'root') };
}

describe('a path that names a file', () => {
  it.each([
    ['/a.txt', 'a text\n'],
    ['/a.txt?query', 'a text\n'],
    ['/%61.txt', 'a text\n'],
    ['/%C3%A4%20b.txt', 'umlaut'],
    ['/%c3%a4%20b.txt', 'umlaut'],
    ['/%252e%252e', 'a strange name'],
    ['/c:d', 'a colon'],
    ['/c%3Ad', 'a colon'],
    ['/dir/x.txt', 'x'],
    ['/', 'the index'],
    ['/index.html', 'the index'],
    ['/dir/', 'the index of dir'],
  ])('%s is answered with %j', async (target, body) => {
    const { root } = world();
    expect(await ask(staticFiles(root), target)).toMatchObject({ status: 200, body });
    expect(openUnder(root)).toBe(0);
  });

  it('is decoded once, whatever the name', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter(
        (text) => !/[/\\\0]/.test(text) && Buffer.from(text).toString() === text && !text.startsWith('.'),
      );
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const root = site({ [text]: text });
        const { status, body } = await ask(staticFiles(root), encodePath({ names: [text] }));
        expect([status, Buffer.from(body, 'latin1').toString()]).toEqual([200, text]);
      }),
      { numRuns: 50 },
    );
  });

  it.skipIf(process.platform !== 'linux')('may have bytes in it that are no UTF-8', async () => {
    const root = site();
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x41])]), 'odd');
    expect(await ask(staticFiles(root), '/%FFA')).toMatchObject({ status: 200, body: 'odd' });
    expect((await ask(staticFiles(root), '/%EF%BF%BDA')).status).toBe(404);
  });
});

const climbing = [
  '/nothing',
  '/../outside.txt',
  '/..',
  '/../',
  '/./a.txt',
  '/.',
  '/dir/../a.txt',
  '/dir/../../outside.txt',
  '/%2e%2e/outside.txt',
  '/%2E%2E/outside.txt',
  '/.%2e/outside.txt',
  '/..%2foutside.txt',
  '/%2e%2e%2foutside.txt',
  '/dir%2Fx.txt',
  '/dir/%2e%2e%2f%2e%2e%2foutside.txt',
  '/%2fetc/passwd',
  '//etc/passwd',
  '///etc/passwd',
  '/..%5coutside.txt',
  '/%5c..%5coutside.txt',
  '/..\\outside.txt',
  '/a%5Cb',
  '/a\\b',
  '/%252e%252e/outside.txt',
  '/..%252foutside.txt',
  '/..%c0%af..%c0%afoutside.txt',
  '/%c0%ae%c0%ae/outside.txt',
  '/%ff%fe',
  '/..;/outside.txt',
  '/..%00/outside.txt',
  '/a.txt%00',
  '/a.txt%00.html',
  '/%00',
  '/../rootX/secret.txt',
  '/%2e%2e/rootX/secret.txt',
  '/dir//x.txt',
  '/dir//',
  '//',
  '/a.txt/',
  '/a.txt/x',
  '/index/',
  '/index',
  '/empty',
  '/empty/',
  '/A.TXT',
  '/a.txt%20',
  '/a.txt.',
  '/a.txt::$DATA',
  '/con',
  '/~root',
  '/a.txt%E2%80%AE',
  `/${'a'.repeat(256)}`,
  '/a'.repeat(2500),
];

describe('a path that names nothing', () => {
  it.each(climbing)('%s is 404, and says nothing of the host', async (target) => {
    const { root, outside } = world();
    const reply = await ask(staticFiles(root), target);
    expect(reply).toMatchObject({ status: 404, body: '404 Not Found\n' });
    expect(JSON.stringify(reply)).not.toContain(outside);
    expect(openUnder(outside)).toBe(0);
  });

  it.each(['/%', '/%2', '/%zz', '/a%', '/%u002e', '/a b', '/ä', '/a\u0000', '/%c3%a4%'])(
    '%j has an escape or an octet that cannot be: 400',
    async (target) => {
      expect(await ask(staticFiles(world().root), target)).toMatchObject({
        status: 400,
        body: '400 Bad Request\n',
      });
    },
  );

  it('never leaves the root, whatever is put together', async () => {
    const { root } = world();
    const handler = staticFiles(root, {
      dotfiles: 'serve',
      listing: true,
      extensions: ['.txt'],
      index: false,
    });
    const piece = fc.constantFrom(
      ...[
        '/',
        '..',
        '.',
        '%2e',
        '%2E%2e',
        '%2f',
        '\\',
        '%5c',
        '%00',
        'dir',
        'rootX',
        'root',
        'outside',
        '.txt',
        '%25',
      ],
      ...['%c0%ae', '%ff', ':', '~', 'a', 'secret', '%20', '?', '//'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const reply = await ask(handler, `/${pieces.join('')}`);
        expect([200, 301, 400, 404]).toContain(reply.status);
        expect(reply.body).not.toContain('SECRET');
        expect(reply.body).not.toContain('secret.txt');
        expect(reply.headers['location'] ?? '/x').toMatch(/^\/(?![/\\])/);
      }),
      { numRuns: 500 },
    );
    expect(openUnder(root)).toBe(0);
  });
});

describe('on Windows', () => {
  it.each([
    '/a.txt::$DATA',
    '/a.txt:stream',
    '/c:/windows',
    '/con',
    '/CON.txt',
    '/nul',
    '/dir/aux.html',
    '/com1',
    '/lpt9.x',
    '/com%C2%B9',
    '/conin$',
    '/nul%20.txt',
    '/a.txt.',
    '/a.txt%20',
    '/GIT~1/config',
    '/a%3Fb',
    '/a%2Ab',
    '/%FF',
  ])('%s does not reach the file system', (path) => {
    expect(readPath(path, 'win32')).toBe('hidden');
  });

  it.each(['/console', '/a.txt', '/com', '/com10', '/~a', '/nulled.txt'])('%s does', (path) => {
    expect(readPath(path, 'win32')).toMatchObject({ names: [path.slice(1)] });
  });
});

describe('a directory without its slash', () => {
  it.each([
    ['/dir', '/dir/'],
    ['/dir?a=b&c=%20//', '/dir/?a=b&c=%20//'],
    ['/%64ir', '/dir/'],
  ])('%s is sent to %s', async (target, location) => {
    const reply = await ask(staticFiles(world().root), target);
    expect([reply.status, reply.headers['location']]).toEqual([301, location]);
  });

  it('is sent on to where its name is encoded', async () => {
    const root = site({ 'ö?#%/index.html': 'odd' });
    const { headers } = await ask(staticFiles(root), '/%C3%B6%3F%23%25');
    expect(headers['location']).toBe('/%C3%B6%3F%23%25/');
    expect((await ask(staticFiles(root), headers['location']!)).body).toBe('odd');
  });

  it('has what the request was mounted at in front', async () => {
    const { root } = world();
    const at = async (mount: string, path: string): Promise<string | undefined> => {
      const response = await staticFiles(root)({
        method: 'GET',
        path,
        query: '',
        headers: new Headers(),
        mount,
      });
      return response.headers?.find(([name]) => name === 'Location')?.[1];
    };
    expect(await at('/s%20t', '/dir')).toBe('/s%20t/dir/');
    expect(await at('/s%20t', '')).toBe('/s%20t/');
    expect(await at('//evil.example', '/dir')).toBe('/evil.example/dir/');
    expect(await at('/\\evil.example', '/dir')).toBe('/evil.example/dir/');
  });

  it.each([
    '//evil.example/dir',
    '///dir',
    '//dir',
    '/%2fdir',
    '/%5cdir',
    '/\\dir',
    '//dir/..',
    '/%5c%5cevil.example',
  ])('%s does not lead to another host (CVE-2015-1164)', async (target) => {
    const root = site({ 'evil.example/dir/index.html': 'x', 'dir/index.html': 'x' });
    const reply = await ask(staticFiles(root), target);
    expect([reply.status, reply.headers['location']]).toEqual([404, undefined]);
  });
});

describe('a base', () => {
  it('is taken off, and what does not begin with it is not there', async () => {
    const handler = staticFiles(world().root, { base: '/assets' });
    expect((await ask(handler, '/assets/a.txt')).body).toBe('a text\n');
    expect((await ask(handler, '/assets/')).body).toBe('the index');
    for (const target of [
      '/a.txt',
      '/assetsa.txt',
      '/assets2/a.txt',
      '/',
      '/Assets/a.txt',
      '/assets/../a.txt',
    ]) {
      expect((await ask(handler, target)).status).toBe(404);
    }
    expect((await ask(handler, '/assets')).headers['location']).toBe('/assets/');
    expect((await ask(handler, '/assets/dir?a')).headers['location']).toBe('/assets/dir/?a');
  });
});

describe('clean URLs', () => {
  it('are answered with the file that has the extension, unless one has the name itself', async () => {
    const root = site({
      'about.html': 'about',
      both: 'without',
      'both.html': 'with',
      'dir.html': 'beside',
      'dir/index.html': 'in',
    });
    const handler = staticFiles(root, { extensions: ['.html', '.htm'] });
    const bodies = ['/about', '/about.html', '/both', '/dir', '/dir/', '/about/', '/index'];
    const replies = await Promise.all(bodies.map((target) => ask(handler, target)));
    expect(replies.map(({ status, body }) => (status === 200 ? body : status))).toEqual([
      ...['about', 'about', 'without', 'beside', 'in', 404, 404],
    ]);
    expect(replies[0]?.headers['content-type']).toBe('text/html; charset=utf-8');
  });
});

describe('the index', () => {
  it('is the first that is there', async () => {
    const root = site({ 'a/index.htm': 'htm', 'b/index.html': 'html', 'b/index.htm': 'htm' });
    const handler = staticFiles(root, { index: ['index.html', 'index.htm'] });
    expect((await ask(handler, '/a/')).body).toBe('htm');
    expect((await ask(handler, '/b/')).body).toBe('html');
    expect((await ask(staticFiles(root, { index: false }), '/a/')).status).toBe(404);
    expect((await ask(staticFiles(root, { index: false }), '/a')).status).toBe(404);
  });
});

describe('the root', () => {
  it('may appear later', async () => {
    const outside = site();
    const handler = staticFiles(join(outside, 'later'));
    expect((await ask(handler, '/a.txt')).status).toBe(404);
    mkdirSync(join(outside, 'later'));
    writeFileSync(join(outside, 'later/a.txt'), 'now');
    expect((await ask(handler, '/a.txt')).body).toBe('now');
  });
});

describe('over a connection', () => {
  it('gives 200 for what is there and one and the same 404 for what is not', async () => {
    const { root, outside } = world();
    const { client } = await serving(staticFiles(root));
    const peer = await client();
    await peer.send(get('/a.txt') + get('/nothing') + get('http://a/dir/x.txt') + get('/%2e%2e/outside.txt'));
    const answers = await peer.answers(4);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, 'a text\n'],
      [404, '404 Not Found\n'],
      [200, 'x'],
      [404, '404 Not Found\n'],
    ]);
    for (const { head } of answers) {
      expect(field(head, 'X-Content-Type-Options')).toBe('nosniff');
      expect(head).not.toContain(outside);
    }
  });
});
