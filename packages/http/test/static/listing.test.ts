import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { staticFiles, type StaticOptions } from '@wirestack/http/static';
import { readableSize } from '../../src/static/listing-page.ts';
import { serving, turn } from '../server/harness.ts';
import { field, get } from '../server/raw-client.ts';
import { ask, openUnder, requestOf, site } from './site.ts';

const listed: StaticOptions = { listing: true };
const asJson = { accept: 'application/json' };

interface Entry {
  readonly name: string;
  readonly href: string;
  readonly type: string;
  readonly size?: number;
  readonly modified: string;
}

interface Listing {
  readonly path: string;
  readonly complete: boolean;
  readonly entries: readonly Entry[];
}

async function list(root: string, target = '/', options = listed): Promise<Listing> {
  const { status, headers, body } = await ask(staticFiles(root, options), target, asJson);
  expect([status, headers['content-type']]).toEqual([200, 'application/json']);
  expect(openUnder(root)).toBe(0);
  return JSON.parse(Buffer.from(body, 'latin1').toString()) as Listing;
}

const namesOf = ({ entries }: Listing): string[] => entries.map(({ name }) => name);

describe('a directory without index', () => {
  it('is 404, unless listings are asked for', async () => {
    const root = site({ 'd/a': 'x' });
    for (const target of ['/', '/d/', '/d']) expect((await ask(staticFiles(root), target)).status).toBe(404);
    expect((await ask(staticFiles(root, listed), '/d/')).status).toBe(200);
    expect((await ask(staticFiles(root, listed), '/d')).headers['location']).toBe('/d/');
    expect((await ask(staticFiles(root, listed), '/e/')).status).toBe(404);
    expect((await ask(staticFiles(root, listed), '/d/a/')).status).toBe(404);
    expect(openUnder(root)).toBe(0);
  });

  it('with one has its index', async () => {
    expect((await ask(staticFiles(site({ 'index.html': 'index' }), listed), '/')).body).toBe('index');
  });

  it('answers HEAD with the fields and without body', async () => {
    const root = site({ a: 'x' });
    const head = await ask(staticFiles(root, listed), '/', {}, 'HEAD');
    expect([head.status, head.body, head.headers['content-type']]).toEqual([
      200,
      '',
      'text/html; charset=utf-8',
    ]);
  });
});

describe('the names', () => {
  it('are those that a request would be answered with', async () => {
    const outside = site({
      'secret.txt': 'SECRET',
      'root/a.txt': 'text',
      'root/d/x': 'x',
      'root/.env': 'x',
      'root/a\\b': 'x',
    });
    const root = join(outside, 'root');
    symlinkSync('a.txt', join(root, 'inside'));
    symlinkSync('d', join(root, 'inside-dir'));
    symlinkSync('../secret.txt', join(root, 'out'));
    symlinkSync(outside, join(root, 'out-dir'));
    symlinkSync('nowhere', join(root, 'broken'));
    symlinkSync('loop', join(root, 'loop'));
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const handler = staticFiles(root, listed);
    const listing = await list(root);
    expect(namesOf(listing)).toEqual(['d', 'inside-dir', 'a.txt', 'inside']);
    for (const { href } of listing.entries) expect((await ask(handler, `/${href}`)).status).toBe(200);
    expect(namesOf(await list(root, '/', { ...listed, dotfiles: 'serve' }))).toContain('.env');
    expect(namesOf(await list(root, '/', { ...listed, symlinks: 'deny' }))).toEqual(['d', 'a.txt']);
    expect(namesOf(await list(root, '/', { ...listed, symlinks: 'follow' }))).toEqual([
      ...['d', 'inside-dir', 'out-dir', 'a.txt', 'inside', 'out'],
    ]);
  });

  it('are linked so that they are found, whatever is in them', async () => {
    const names = [
      ...[
        'a b',
        '#',
        '?x=1',
        '%41',
        'a:b',
        'javascript:alert(1)',
        '"quotes"',
        "it's",
        '<script>alert(1)<',
        '&amp;',
        '🎉',
        'ä',
      ],
      ...['العربية', 'line\nfeed', '\u202egpj.exe', 'x'.repeat(255), '~', ';', '+', 'a,b', '-'],
    ];
    const root = site(Object.fromEntries(names.map((name) => [name, name])));
    const handler = staticFiles(root, listed);
    const { entries } = await list(root);
    expect(entries.map(({ name }) => name).sort()).toEqual([...names].sort());
    const page = Buffer.from((await ask(handler, '/')).body, 'latin1').toString();
    const hrefs = Array.from(page.matchAll(/<th scope="row"><a href="([^"]*)"/g), ([, href]) =>
      unescaped(href!),
    );
    expect(hrefs).toEqual(entries.map(({ href }) => href));
    for (const { href, name } of entries) {
      // As a browser would resolve it.
      const { pathname, search, hash } = new URL(href, 'http://host/');
      expect([search, hash]).toEqual(['', '']);
      expect(Buffer.from((await ask(handler, pathname)).body, 'latin1').toString()).toBe(name);
    }
  });

  it.skipIf(process.platform !== 'linux')('may be no UTF-8, also of directories', async () => {
    const root = site();
    const directory = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x64, 0xff])]);
    mkdirSync(directory);
    writeFileSync(Buffer.concat([directory, Buffer.from('/'), Buffer.from([0xfe])]), 'odd');
    writeFileSync(Buffer.concat([directory, Buffer.from('/ä')]), 'odd, too');
    symlinkSync(Buffer.from([0xfe]), Buffer.concat([directory, Buffer.from('/link')]));
    const top = await list(root);
    expect(top.entries).toMatchObject([{ name: 'd\ufffd', href: 'd%FF/', type: 'directory' }]);
    const below = await list(root, `/${top.entries[0]!.href}`);
    expect(below.path).toBe('/d%FF/');
    expect(below.entries.map(({ href }) => href).sort()).toEqual(['%C3%A4', '%FE', 'link']);
    const handler = staticFiles(root, listed);
    for (const { href } of below.entries)
      expect((await ask(handler, `${below.path}${href}`)).body).toMatch(/^odd/);
    expect((await ask(handler, '/d%FF')).headers['location']).toBe('/d%FF/');
    const page = await ask(handler, '/d%FF/');
    expect(Buffer.from(page.body, 'latin1').toString()).toContain('<bdi>d\ufffd</bdi></h1>');
  });

  it('cannot become markup, and cannot pass for others', async () => {
    const evil = '"><img src=x onerror=alert(1)><!--';
    const root = site({
      [`${evil}/${evil}`]: 'x',
      [`${evil}/\u202egpj.exe`]: 'x',
      [`${evil}/a\u0000b`.replace('\0', '\u0001')]: 'x',
    });
    const page = await ask(staticFiles(root, listed), `/${encodeURIComponent(evil)}/`);
    expect(page.status).toBe(200);
    const text = Buffer.from(page.body, 'latin1').toString();
    expect(text).not.toContain('<img');
    expect(text).not.toContain('<!--');
    expect(text.includes('\u0001') || text.includes('\u202e')).toBe(false);
    expect(text).toContain('<bdi>\ufffdgpj.exe</bdi>');
  });
});

describe('a directory that is swapped for a link out of the root meanwhile', () => {
  it('is never listed as what the link leads to', async () => {
    const outside = site({ 'root/d/inside': 'x', 'elsewhere/SECRET': 'x' });
    const root = join(outside, 'root');
    symlinkSync(join(outside, 'elsewhere'), join(root, 'link'));
    const handler = staticFiles(root, listed);
    let isOver = false;
    const swap = async (): Promise<void> => {
      while (!isOver) {
        renameSync(join(root, 'd'), join(root, 'kept'));
        renameSync(join(root, 'link'), join(root, 'd'));
        await turn();
        renameSync(join(root, 'd'), join(root, 'link'));
        renameSync(join(root, 'kept'), join(root, 'd'));
        for (let turns = 0; turns < 50; turns++) await turn();
      }
    };
    const ends = swap();
    const seen = new Set<string>();
    const read = async (): Promise<void> => {
      for (let i = 0; i < 150; i++) {
        const { status, body } = await ask(handler, '/d/', asJson);
        seen.add(status === 200 ? namesOf(JSON.parse(body) as Listing).join() : String(status));
      }
    };
    await Promise.all([read(), read(), read(), read()]);
    isOver = true;
    await ends;
    expect(seen.has('inside')).toBe(true);
    // Empty, where its files were on their way while they were looked at.
    for (const names of seen) expect(['inside', '', '404']).toContain(names);
  });
});

const unescaped = (text: string): string =>
  text.replace(/&#(\d+);/g, (_escape, code: string) => String.fromCharCode(Number(code)));

describe('the order', () => {
  const world = (): string => {
    const root = site({ 'file 10': '1', 'file 9': '333', b: '22', 'z/x': '', 'y/x': '' });
    ['b', 'file 9', 'file 10', 'y', 'z'].forEach((name, i) => {
      utimesSync(join(root, name), 1000 + i, 1000 + i);
    });
    return root;
  };

  it.each([
    ['', 'y z b file 9 file 10'],
    ['?sort=name&order=asc', 'y z b file 9 file 10'],
    ['?order=desc', 'z y file 10 file 9 b'],
    ['?sort=size', 'y z file 10 b file 9'],
    ['?sort=size&order=desc', 'z y file 9 b file 10'],
    ['?sort=date', 'y z b file 9 file 10'],
    ['?sort=date&order=desc', 'z y file 10 file 9 b'],
    ['?sort=__proto__&order=constructor', 'y z b file 9 file 10'],
    [`?${'x'.repeat(200)}&sort=size`, 'y z b file 9 file 10'],
    ['?sort=%', 'y z b file 9 file 10'],
  ])('for %j is %s', async (query, names) => {
    expect(namesOf(await list(world(), `/${query}`)).join(' ')).toBe(names);
  });

  it('is told to those who cannot see it, and can be turned round', async () => {
    const cellsFor = async (query: string): Promise<string[]> => {
      const { body } = await ask(staticFiles(world(), listed), `/${query}`);
      return Array.from(
        body.matchAll(/<th scope="col"[^>]*>/g),
        ([cell]) => /aria-sort="(\w+)"/.exec(cell)?.[1] ?? '',
      );
    };
    expect(await cellsFor('')).toEqual(['ascending', '', '']);
    expect(await cellsFor('?sort=size&order=desc')).toEqual(['', 'descending', '']);
    const { body } = await ask(staticFiles(world(), listed), '/?sort=size');
    expect(body).toContain('<a href="?sort=size&amp;order=desc">');
    expect(body).toContain('<a href="?sort=name&amp;order=asc">');
  });
});

describe('the page', () => {
  it('carries its own style and nothing else: no script, no image, no form', async () => {
    const { headers, body } = await ask(staticFiles(site({ a: 'x' }), listed), '/');
    const style = /<style>([^]*)<\/style>/.exec(body)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
      vary: 'Accept',
    });
    expect(body).not.toMatch(/<script|style="|src=|url\(/i);
    expect(body).toContain('prefers-color-scheme');
  });

  it('leads up to where something is to be seen, and not above it', async () => {
    const root = site({ 'a/b c/x': 'x' });
    const pageAt = async (target: string, mount?: string): Promise<string> => {
      const response = await staticFiles(
        root,
        listed,
      )({ ...requestOf(target), ...(mount !== undefined && { mount }) });
      return [...(response.body as Iterable<string>)].join('');
    };
    expect(await pageAt('/')).not.toContain('../');
    const below = await pageAt('/a/b%20c/');
    expect(below).toContain('<a href="../">Parent directory</a>');
    expect(below).toMatch(
      /<h1><a href="\.\.\/\.\.\/"><bdi>Index<\/bdi><\/a>.*<a href="\.\.\/"><bdi>a<\/bdi><\/a>.*<bdi>b c<\/bdi><\/h1>/,
    );
    expect(below).toContain('<title>/a/b c/</title>');
    const mounted = await pageAt('/', '/files/here');
    expect(mounted).toContain('<h1><bdi>files/here</bdi></h1>');
    expect(mounted).not.toContain('../');
  });

  it('says how many there are, how long and of when', async () => {
    const root = site({ a: 'x'.repeat(1_234_567), 'd/x': '' });
    utimesSync(join(root, 'a'), 1_700_000_000, 1_700_000_000);
    const { body } = await ask(staticFiles(root, listed), '/');
    expect(body).toContain('<p>1 directory, 1 file</p>');
    expect(body).toContain('<td class="n" title="1,234,567 bytes">1.2 MB</td>');
    expect(body).toContain(
      '<time datetime="2023-11-14T22:13:20Z">2023-11-14<span class="t"> 22:13</span></time>',
    );
    expect((await ask(staticFiles(site(), listed), '/')).body).toContain('<p>Empty</p>');
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9949, '9.9 kB'],
    [9950, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1_234_567, '1.2 MB'],
    [5e9, '5.0 GB'],
    [2 ** 53 - 1, '9.0 PB'],
  ])('has %i bytes as %s', (bytes, text) => {
    expect(readableSize(bytes)).toBe(text);
  });
});

describe('JSON', () => {
  it('is for those who prefer it', async () => {
    const handler = staticFiles(site({ a: 'x' }), listed);
    const typeFor = async (accept: string): Promise<string | undefined> =>
      (await ask(handler, '/', { accept })).headers['content-type'];
    const html = 'text/html; charset=utf-8';
    expect(await typeFor('application/json')).toBe('application/json');
    expect(await typeFor('application/json, text/html;q=0.9')).toBe('application/json');
    expect(await typeFor('text/html, application/json;q=0.9')).toBe(html);
    expect(await typeFor('*/*')).toBe(html);
    expect(await typeFor('image/png')).toBe(html);
  });

  it('has what the page has', async () => {
    const root = site({ 'd e/a b': 'four', 'd e/f/x': '' });
    utimesSync(join(root, 'd e/a b'), 1_700_000_000, 1_700_000_000);
    utimesSync(join(root, 'd e/f'), 1_700_000_001, 1_700_000_001);
    expect(await list(root, '/d%20e/')).toEqual({
      path: '/d%20e/',
      complete: true,
      entries: [
        { name: 'f', href: 'f/', type: 'directory', modified: '2023-11-14T22:13:21Z' },
        { name: 'a b', href: 'a%20b', type: 'file', size: 4, modified: '2023-11-14T22:13:20Z' },
      ],
    });
    expect(await list(site())).toEqual({ path: '/', complete: true, entries: [] });
  });
});

describe('a directory with very many names', () => {
  it('is cut where the limit is, and says so', async () => {
    const root = site(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${String(i)}`, ''])));
    const cut = await list(root, '/', { listing: { maxEntries: 200 } });
    expect([cut.entries.length, cut.complete]).toEqual([200, false]);
    const whole = await list(root, '/', { listing: { maxEntries: 300 } });
    expect([whole.entries.length, whole.complete]).toEqual([300, true]);
    const page = await ask(staticFiles(root, { listing: { maxEntries: 200 } }), '/');
    expect(page.body).toContain('There are more names than are read: 200 files of them');
    expect(page.body.match(/<tr class="f">/g)).toHaveLength(200);
  });

  it('goes out in pieces, complete', async () => {
    const root = site(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`file ${String(i)}`, 'x'])));
    const { client } = await serving(staticFiles(root, listed));
    const peer = await client();
    await peer.send(get('/'));
    const { head, body } = await peer.answer();
    expect(field(head, 'Transfer-Encoding')).toBe('chunked');
    expect(body.match(/<tr class="f">/g)).toHaveLength(1000);
    expect(body.endsWith('</html>\n')).toBe(true);
  });

  it('is no longer read for a client that has left', async () => {
    const root = site({ a: 'x', b: 'y' });
    const leaving = new AbortController();
    leaving.abort(new Error('gone'));
    const request = { ...requestOf('/'), signal: leaving.signal };
    await expect((async () => staticFiles(root, listed)(request))()).rejects.toThrow('gone');
    expect(openUnder(root)).toBe(0);
  });
});
