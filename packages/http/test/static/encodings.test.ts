import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { staticFiles, type StaticOptions } from '@wirestack/http/static';
import { ask, change, later, openUnder, put, requestOf, site, type Reply } from './site.ts';

const text = 'A line that comes again and again.\n'.repeat(200);
const bytesOf = ({ body }: Reply): Buffer => Buffer.from(body, 'latin1');
const withoutCompress: StaticOptions = { compress: false };

/** `a.js` with siblings that tell themselves apart: whether they hold what they should is not the server's business. */
function world(): string {
  const root = site({
    'a.js': text,
    'a.js.br': 'BR',
    'a.js.zst': 'ZSTD',
    'a.js.gz': 'GZ',
    'b.js': text,
    'c.png': 'PNG',
    'c.png.gz': 'PNGGZ',
  });
  later();
  return root;
}

const br = 'br';
describe('siblings in other codings', () => {
  it.each([
    [undefined, undefined, text],
    ['', undefined, text],
    ['gzip', 'gzip', 'GZ'],
    ['x-gzip', 'gzip', 'GZ'],
    ['gzip, deflate, br', 'br', 'BR'],
    ['gzip, deflate, br, zstd', 'br', 'BR'],
    ['zstd, gzip', 'zstd', 'ZSTD'],
    ['BR;q=0.5, gzip', 'gzip', 'GZ'],
    ['br;q=0, zstd;q=0, *', 'gzip', 'GZ'],
    ['*', 'br', 'BR'],
    ['deflate', undefined, text],
    ['identity', undefined, text],
    ['identity, gzip;q=0.5', undefined, text],
    ['identity;q=0.5, gzip;q=0.5', 'gzip', 'GZ'],
    ['gzip;q=0', undefined, text],
    ['gzip;q=2', undefined, text],
    ['identity;q=0, gzip', 'gzip', 'GZ'],
    ['gzip;q=0.001, *;q=0', 'gzip', 'GZ'],
  ])('for %j it is %s', async (acceptEncoding, coding, body) => {
    const handler = staticFiles(world(), withoutCompress);
    const headers: Record<string, string> =
      acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding };
    for (let i = 0; i < 2; i++) {
      const reply = await ask(handler, '/a.js', headers);
      expect([reply.status, reply.headers['content-encoding'], reply.body]).toEqual([200, coding, body]);
      expect(reply.headers['vary']).toBe('Accept-Encoding');
      expect(reply.headers['content-type']).toBe('text/javascript; charset=utf-8');
    }
  });

  it.each(['identity;q=0', '*;q=0', 'identity;q=0, compress'])(
    '406 where %s leaves nothing',
    async (value) => {
      const root = world();
      const reply = await ask(staticFiles(root, withoutCompress), '/b.js', { 'accept-encoding': value });
      expect([reply.status, reply.headers['vary']]).toEqual([406, 'Accept-Encoding']);
      expect(openUnder(root)).toBe(0);
    },
  );

  it('have ETags of their own, and a 304 for each', async () => {
    const handler = staticFiles(world(), withoutCompress);
    const tags = await Promise.all(
      ['identity', 'br', 'zstd', 'gzip'].map(
        async (coding) => (await ask(handler, '/a.js', { 'accept-encoding': coding })).headers['etag']!,
      ),
    );
    expect(new Set(tags).size).toBe(4);
    const statusFor = async (coding: string, etag: string): Promise<number> =>
      (await ask(handler, '/a.js', { 'accept-encoding': coding, 'if-none-match': etag })).status;
    expect(await statusFor('br', tags[1]!)).toBe(304);
    expect(await statusFor('br', tags[0]!)).toBe(200);
    expect(await statusFor('gzip', tags[1]!)).toBe(200);
  });

  it('give ranges of their own bytes', async () => {
    const handler = staticFiles(world(), withoutCompress);
    const reply = await ask(handler, '/a.js', { 'accept-encoding': 'zstd', range: 'bytes=1-2' });
    expect(reply).toMatchObject({ status: 206, body: 'ST' });
    expect([reply.headers['content-range'], reply.headers['content-encoding']]).toEqual([
      'bytes 1-2/4',
      'zstd',
    ]);
    expect((await ask(handler, '/a.js', { 'accept-encoding': 'zstd', range: 'bytes=4-' })).status).toBe(416);
  });

  it('may be long', async () => {
    const long = Buffer.alloc(2_000_000, 'z');
    const root = site({ 'a.js': text, 'a.js.gz': long });
    later();
    const handler = staticFiles(root, withoutCompress);
    for (let i = 0; i < 2; i++) {
      const reply = await ask(handler, '/a.js', { 'accept-encoding': 'gzip' });
      expect([reply.headers['content-encoding'], reply.body.length]).toEqual(['gzip', long.length]);
    }
    const { status, body } = await ask(handler, '/a.js', {
      'accept-encoding': 'gzip',
      range: 'bytes=0-0,-1',
    });
    expect(status).toBe(206);
    expect(body).toContain('Content-Range: bytes 1999999-1999999/2000000');
    expect(openUnder(root)).toBe(0);
  });

  it('are used for images too, where somebody put them there, with Vary', async () => {
    const handler = staticFiles(world(), withoutCompress);
    expect((await ask(handler, '/c.png', { 'accept-encoding': 'gzip' })).body).toBe('PNGGZ');
    expect((await ask(handler, '/c.png')).headers['vary']).toBe('Accept-Encoding');
  });

  it('are themselves files', async () => {
    const reply = await ask(staticFiles(world()), '/a.js.gz', { 'accept-encoding': 'gzip' });
    expect([reply.headers['content-type'], reply.headers['content-encoding'], reply.body]).toEqual([
      ...['application/gzip', undefined, 'GZ'],
    ]);
  });

  it('that are older than the file are not used', async () => {
    const root = world();
    utimesSync(join(root, 'a.js.br'), 1, 1);
    const handler = staticFiles(root, withoutCompress);
    expect((await ask(handler, '/a.js', { 'accept-encoding': 'br, gzip;q=0.5' })).body).toBe('GZ');
  });

  it('come, change and go, and the next request knows', async () => {
    const root = site({ 'a.js': text });
    later();
    const handler = staticFiles(root, withoutCompress);
    const bodyNow = async (): Promise<string> =>
      (await ask(handler, '/a.js', { 'accept-encoding': br })).body;
    expect(await bodyNow()).toBe(text);
    put(root, 'a.js.br', 'one');
    expect(await bodyNow()).toBe('one');
    expect(await bodyNow()).toBe('one');
    change(root, 'a.js.br', 'two');
    expect(await bodyNow()).toBe('two');
    change(root, 'a.js.br', 'six');
    expect(await bodyNow()).toBe('six');
    rmSync(join(root, 'a.js.br'));
    expect(await bodyNow()).toBe(text);
  });

  it('are not looked for where that is off', async () => {
    const handler = staticFiles(world(), { precompressed: false, compress: false });
    const reply = await ask(handler, '/a.js', { 'accept-encoding': 'br' });
    expect([reply.body, reply.headers['vary']]).toEqual([text, undefined]);
  });
});

describe('compressing as it is asked for', () => {
  const decode = new Map<string | undefined, (bytes: Buffer) => Buffer>([
    ['br', (bytes) => brotliDecompressSync(bytes)],
    ['gzip', (bytes) => gunzipSync(bytes)],
    [undefined, (bytes) => bytes],
  ]);

  it.each([
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['gzip;q=1, br;q=0.1', 'gzip'],
    ['identity;q=0, gzip', 'gzip'],
    ['zstd', undefined],
    ['identity', undefined],
  ])('for %s is %s', async (value, coding) => {
    const handler = staticFiles(world());
    for (let i = 0; i < 2; i++) {
      const reply = await ask(handler, '/b.js', { 'accept-encoding': value });
      expect(reply.headers['content-encoding']).toBe(coding);
      expect(decode.get(coding)!(bytesOf(reply)).toString()).toBe(text);
      expect(reply.headers['vary']).toBe('Accept-Encoding');
      if (coding !== undefined) expect(reply.body.length).toBeLessThan(500);
    }
  });

  it('is done once for all who ask at the same time', async () => {
    const handler = staticFiles(world());
    await ask(handler, '/b.js');
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => ask(handler, '/b.js', { 'accept-encoding': 'br' })),
    );
    expect(new Set(replies.map(({ headers }) => headers['etag'])).size).toBe(1);
    // The same answer, not one that is equal.
    const again = (): unknown => handler(requestOf('/b.js', { 'accept-encoding': 'br' }));
    expect(again()).toMatchObject({ status: 200 });
    expect(again()).toBe(again());
  });

  it('gives way to what somebody has compressed better', async () => {
    const reply = await ask(staticFiles(world()), '/c.png', { 'accept-encoding': 'br, gzip' });
    expect(reply.body).toBe('PNGGZ');
    expect((await ask(staticFiles(world()), '/a.js', { 'accept-encoding': 'br' })).body).toBe('BR');
  });

  it.each([
    ['an image', 'a.png', 5000],
    ['a short text', 'a.txt', 500],
    ['a very long text', 'a.txt', 3_000_000],
  ])('is not for %s', async (_what, name, size) => {
    const root = site({ [name]: 'x'.repeat(size) });
    later();
    const reply = await ask(staticFiles(root), `/${name}`, { 'accept-encoding': 'br, gzip' });
    expect([reply.headers['content-encoding'], reply.body.length]).toEqual([undefined, size]);
  });

  it('reaches text that is too long to be kept as it is', async () => {
    const root = site({ 'a.txt': text.repeat(200) });
    later();
    const handler = staticFiles(root);
    const reply = await ask(handler, '/a.txt', { 'accept-encoding': 'gzip' });
    expect(gunzipSync(bytesOf(reply)).toString()).toBe(text.repeat(200));
    expect(openUnder(root)).toBe(0);
  });

  it('is not for what cannot be kept: a file that was just written, or without a cache', async () => {
    const root = site({ 'a.js': text });
    expect(
      (await ask(staticFiles(root), '/a.js', { 'accept-encoding': 'br' })).headers['content-encoding'],
    ).toBeUndefined();
    later();
    const withoutCache = staticFiles(root, { cacheBytes: 0 });
    expect(
      (await ask(withoutCache, '/a.js', { 'accept-encoding': 'br' })).headers['content-encoding'],
    ).toBeUndefined();
    expect(
      (await ask(staticFiles(root), '/a.js', { 'accept-encoding': 'br' })).headers['content-encoding'],
    ).toBe('br');
  });

  it('gives what the file is now, once it has changed', async () => {
    const root = site({ 'a.js': text });
    later();
    const handler = staticFiles(root);
    const now = async (): Promise<Reply> => ask(handler, '/a.js', { 'accept-encoding': 'gzip' });
    const before = await now();
    const changed = text.toUpperCase();
    change(root, 'a.js', changed);
    const after = await now();
    expect(gunzipSync(bytesOf(after)).toString()).toBe(changed);
    expect(after.headers['etag']).not.toBe(before.headers['etag']);
  });

  it('takes the level it is told', async () => {
    const root = site({ 'a.js': text });
    later();
    const handler = staticFiles(root, { compress: { gzipLevel: 1, brotliQuality: 1 } });
    const gzip = await ask(handler, '/a.js', { 'accept-encoding': 'gzip' });
    expect(bytesOf(gzip)).toEqual(gzipSync(text, { level: 1 }));
    const brotli = await ask(handler, '/a.js', { 'accept-encoding': 'br' });
    expect(bytesOf(brotli).equals(brotliCompressSync(text))).toBe(false);
  });

  it('answers HEAD with the fields of GET', async () => {
    const handler = staticFiles(world());
    const whole = await ask(handler, '/b.js', { 'accept-encoding': 'br' });
    const head = await ask(handler, '/b.js', { 'accept-encoding': 'br' }, 'HEAD');
    expect(head.headers).toEqual({ ...whole.headers, 'content-length': String(whole.body.length) });
  });
});
