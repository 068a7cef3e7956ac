import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { staticFiles, type StaticHandler } from '@wirestack/http/static';
import type { HttpResponse } from '@wirestack/http';
import { ask, change, later, openUnder, put, requestOf, site } from './site.ts';

const bodyOf = async (handler: StaticHandler, target: string): Promise<string | number> => {
  const { status, body } = await ask(handler, target);
  return status === 200 ? body : status;
};

/** What the handler returns, as it returns it. */
const at = (
  handler: StaticHandler,
  target: string,
  headers?: Record<string, string>,
): HttpResponse | Promise<HttpResponse> => handler(requestOf(target, headers));

describe('a file that was asked for before', () => {
  it('is answered at once, with the same answer', async () => {
    const root = site({ a: 'content', 'b c': 'encoded' });
    later();
    const handler = staticFiles(root);
    for (const target of ['/a', '/b%20c']) {
      const first = await at(handler, target);
      const second = at(handler, target);
      expect(second).not.toBeInstanceOf(Promise);
      expect(second).toBe(first);
      const etag = first.headers!.find(([name]) => name === 'ETag')![1];
      const unchanged = at(handler, target, { 'if-none-match': etag });
      expect(unchanged).toMatchObject({ status: 304 });
      expect(at(handler, target, { 'if-none-match': etag })).toBe(unchanged);
    }
  });

  it('is read again where it was just written: the next write could go unseen', async () => {
    const root = site({ a: 'content' });
    const handler = staticFiles(root);
    await at(handler, '/a');
    expect(at(handler, '/a')).toBeInstanceOf(Promise);
    await at(handler, '/a');
  });

  it('is read again for each request where there is no cache', async () => {
    const root = site({ a: 'content' });
    later();
    const handler = staticFiles(root, { cacheBytes: 0 });
    expect(await bodyOf(handler, '/a')).toBe('content');
    const second = at(handler, '/a');
    expect(second).toBeInstanceOf(Promise);
    expect((await second).status).toBe(200);
    expect(openUnder(root)).toBe(0);
  });

  it.each([10, 300_000, 2_000_000])(
    'is what it is now, once it was written to, at %i bytes',
    async (size) => {
      const root = site({ a: 'x'.repeat(size) });
      later();
      const handler = staticFiles(root);
      for (const letter of 'xyz') {
        change(root, 'a', letter.repeat(size));
        for (let i = 0; i < 2; i++)
          expect((await ask(handler, '/a')).body === letter.repeat(size)).toBe(true);
      }
      change(root, 'a', 'short');
      expect(await bodyOf(handler, '/a')).toBe('short');
      expect(openUnder(root)).toBe(0);
    },
  );

  it('is the file that was put in its place, deployed as it is done well: written beside it and renamed', async () => {
    const root = site({ a: 'one' });
    later();
    const handler = staticFiles(root);
    expect(await bodyOf(handler, '/a')).toBe('one');
    put(root, 'new', 'two');
    renameSync(join(root, 'new'), join(root, 'a'));
    expect(await bodyOf(handler, '/a')).toBe('two');
  });

  it('is 404 once it is gone, and there again once it is', async () => {
    const root = site({ a: 'one' });
    later();
    const handler = staticFiles(root);
    expect(await bodyOf(handler, '/a')).toBe('one');
    unlinkSync(join(root, 'a'));
    expect(await bodyOf(handler, '/a')).toBe(404);
    put(root, 'a', 'two');
    expect(await bodyOf(handler, '/a')).toBe('two');
  });

  it('is a directory now', async () => {
    const root = site({ a: 'one' });
    later();
    const handler = staticFiles(root);
    expect(await bodyOf(handler, '/a')).toBe('one');
    unlinkSync(join(root, 'a'));
    put(root, 'a/index.html', 'index');
    expect(await bodyOf(handler, '/a')).toBe(301);
    expect(await bodyOf(handler, '/a/')).toBe('index');
  });

  it('is not served through a link out of the root that has come into its path', async () => {
    const outside = site({ 'root/d/a': 'inside', 'elsewhere/a': 'SECRET' });
    const root = join(outside, 'root');
    later();
    const handler = staticFiles(root);
    expect(await bodyOf(handler, '/d/a')).toBe('inside');
    renameSync(join(root, 'd'), join(root, 'old'));
    symlinkSync(join(outside, 'elsewhere'), join(root, 'd'));
    expect(await bodyOf(handler, '/d/a')).toBe(404);
    expect(await bodyOf(handler, '/old/a')).toBe('inside');
  });

  it('is the one of the version that the root leads to now', async () => {
    const outside = site({ 'v1/a': 'one', 'v2/a': 'two' });
    symlinkSync('v1', join(outside, 'current'));
    later();
    const handler = staticFiles(join(outside, 'current'));
    expect(await bodyOf(handler, '/a')).toBe('one');
    symlinkSync('v2', join(outside, 'next'));
    renameSync(join(outside, 'next'), join(outside, 'current'));
    expect(await bodyOf(handler, '/a')).toBe('two');
  });

  it('gives way to one that comes before it: the name itself, and an earlier index', async () => {
    const root = site({ 'about.html': 'with', 'd/index.htm': 'htm' });
    later();
    const handler = staticFiles(root, { extensions: ['.html'], index: ['index.html', 'index.htm'] });
    expect(await bodyOf(handler, '/about')).toBe('with');
    expect(at(handler, '/about')).not.toBeInstanceOf(Promise);
    expect(await bodyOf(handler, '/d/')).toBe('htm');
    put(root, 'about', 'without');
    put(root, 'd/index.html', 'html');
    expect(await bodyOf(handler, '/about')).toBe('without');
    expect(await bodyOf(handler, '/d/')).toBe('html');
  });

  it('is good without a look for as long as it is told', async () => {
    const root = site({ a: 'one' });
    later();
    const handler = staticFiles(root, { revalidateMs: 1000 });
    expect(await bodyOf(handler, '/a')).toBe('one');
    change(root, 'a', 'two');
    expect(await bodyOf(handler, '/a')).toBe('one');
    vi.setSystemTime(Date.now() + 1001);
    expect(await bodyOf(handler, '/a')).toBe('two');
  });
});

describe('memory', () => {
  it('is bounded: what was not used lately goes first', async () => {
    const root = site(
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(i), 'x'.repeat(10_000)])),
    );
    later();
    const handler = staticFiles(root, { cacheBytes: 100_000 });
    const isKept = (i: number): boolean => {
      const answer = at(handler, `/${String(i)}`);
      return !(answer instanceof Promise);
    };
    for (let i = 0; i < 20; i++) {
      await at(handler, `/${String(i)}`);
      // The first one is in use all the time.
      await at(handler, '/0');
    }
    expect(isKept(0)).toBe(true);
    expect(isKept(19)).toBe(true);
    const kept = Array.from({ length: 20 }, (_, i) => i).filter(isKept);
    expect(kept.length).toBeGreaterThan(4);
    expect(kept.length).toBeLessThan(9);
  });

  it('counts other codings, too', async () => {
    const noise = Buffer.from(Array.from({ length: 40_000 }, () => Math.floor(Math.random() * 256))).toString(
      'base64',
    );
    const root = site({ 'a.txt': noise, 'b.txt': noise });
    later();
    // Both fit, but not with what the first one becomes.
    const handler = staticFiles(root, { cacheBytes: 180_000 });
    await at(handler, '/b.txt');
    await at(handler, '/a.txt');
    const areKept = (): boolean[] =>
      ['/a.txt', '/b.txt'].map((target) => !(at(handler, target) instanceof Promise));
    expect(areKept()).toEqual([true, true]);
    for (const coding of ['br', 'gzip']) {
      expect((await ask(handler, '/a.txt', { 'accept-encoding': coding })).headers['content-encoding']).toBe(
        coding,
      );
    }
    expect(areKept().filter(Boolean).length).toBeLessThan(2);
  });

  it('is not taken by many ways to write one path', async () => {
    const root = site({ abc: 'x' });
    later();
    const handler = staticFiles(root);
    await at(handler, '/abc');
    for (const path of ['/%61bc', '/a%62c', '/%61%62c']) {
      await at(handler, path);
      const again = at(handler, path);
      expect(again).toBeInstanceOf(Promise);
      expect((await again).status).toBe(200);
    }
    expect(at(handler, '/abc')).not.toBeInstanceOf(Promise);
  });
});

describe('requests at the same time as changes', () => {
  it('each get a version as a whole: what the ETag says, with the length that is announced', async () => {
    const versions = ['a', 'b', 'c'].map((letter, i) => letter.repeat(50_000 * (i + 1)));
    const root = site({ 'file.txt': versions[0]! });
    later();
    const handler = staticFiles(root);
    const seen = new Map<string, string>();
    const read = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        const { status, body, headers } = await ask(handler, '/file.txt');
        expect(status).toBe(200);
        expect(versions.includes(body)).toBe(true);
        const known = seen.get(headers['etag']!) ?? body;
        expect(known === body).toBe(true);
        seen.set(headers['etag']!, body);
      }
    };
    const write = async (): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        put(root, 'next', versions[i % 3]!);
        renameSync(join(root, 'next'), join(root, 'file.txt'));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all([read(), read(), read(), write()]);
    expect(openUnder(root)).toBe(0);
  });

  it('find a directory that is swapped for a link out of the root, and never what is there', async () => {
    const outside = site({
      'root/d/a.txt': 'inside',
      'elsewhere/a.txt': 'SECRET',
      'elsewhere/index.html': 'SECRET',
    });
    const root = join(outside, 'root');
    mkdirSync(join(root, 'spare'));
    symlinkSync(join(outside, 'elsewhere'), join(root, 'link'));
    const handler = staticFiles(root);
    let isOver = false;
    const swap = async (): Promise<void> => {
      while (!isOver) {
        renameSync(join(root, 'd'), join(root, 'kept'));
        renameSync(join(root, 'link'), join(root, 'd'));
        await new Promise((resolve) => setImmediate(resolve));
        renameSync(join(root, 'd'), join(root, 'link'));
        renameSync(join(root, 'kept'), join(root, 'd'));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const ends = swap();
    const bodies = new Set<string>();
    const read = async (): Promise<void> => {
      for (let i = 0; i < 300; i++) bodies.add((await ask(handler, i % 3 === 0 ? '/d/' : '/d/a.txt')).body);
    };
    await Promise.all(Array.from({ length: 8 }, read));
    isOver = true;
    await ends;
    expect(bodies).toEqual(new Set(['inside', '404 Not Found\n']));
    expect(openUnder(outside)).toBe(0);
    rmSync(join(root, 'link'));
  });
});
