import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { staticFiles } from '@wirestack/http/static';
import { ask, change, later, put, site, type Reply } from './site.ts';

const modified = new Date('2024-02-29T12:00:00.750Z');
const past = 'Thu, 29 Feb 2024 11:59:59 GMT';
const future = 'Fri, 01 Mar 2024 00:00:00 GMT';

type Ask = (headers?: Record<string, string>, method?: string) => Promise<Reply>;

/** A file of so many bytes with the same date always, asked for twice each time: from the disk, and from memory where it may be kept. */
async function dated(size = 7): Promise<{ etag: string; date: string; ask: Ask }> {
  const root = site({ 'a.txt': 'x'.repeat(size) });
  utimesSync(join(root, 'a.txt'), modified, modified);
  later();
  const handler = staticFiles(root);
  const twice: Ask = async (headers, method) => {
    const cold = await ask(staticFiles(root), '/a.txt', headers, method);
    await ask(handler, '/a.txt');
    expect(await ask(handler, '/a.txt', headers, method)).toEqual(cold);
    return cold;
  };
  const { headers } = await twice();
  return { etag: headers['etag']!, date: headers['last-modified']!, ask: twice };
}

describe.each([
  ['short', 7],
  ['read from memory, its ETag of its version', 300_000],
  ['sent from the disk', 2_000_000],
])('a file that is %s', (_what, size) => {
  it('has a strong ETag and the date of the file', async () => {
    const { etag, date } = await dated(size);
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(date).toBe('Thu, 29 Feb 2024 12:00:00 GMT');
  });

  it.each<[number, string, (etag: string, date: string) => Record<string, string>]>([
    [304, 'its ETag', (etag) => ({ 'if-none-match': etag })],
    [304, 'its ETag, weak', (etag) => ({ 'if-none-match': `W/${etag}` })],
    [304, 'its ETag among others', (etag) => ({ 'if-none-match': `"a", ${etag} ,W/"b"` })],
    [304, 'any ETag', () => ({ 'if-none-match': '*' })],
    [200, 'another ETag', () => ({ 'if-none-match': '"a"' })],
    [200, 'its ETag without quotes', (etag) => ({ 'if-none-match': etag.slice(1, -1) })],
    [200, 'an empty list', () => ({ 'if-none-match': '' })],
    [304, 'its date', (_etag, date) => ({ 'if-modified-since': date })],
    [304, 'a later date', () => ({ 'if-modified-since': future })],
    [200, 'an earlier date', () => ({ 'if-modified-since': past })],
    [200, 'no date', () => ({ 'if-modified-since': 'yesterday' })],
    [
      200,
      'another ETag, whatever the date',
      (_etag, date) => ({ 'if-none-match': '"a"', 'if-modified-since': date }),
    ],
    [304, 'its ETag, whatever the date', (etag) => ({ 'if-none-match': etag, 'if-modified-since': past })],
    [200, 'its ETag to match', (etag) => ({ 'if-match': etag })],
    [200, 'any to match', () => ({ 'if-match': '*' })],
    [412, 'another ETag to match', () => ({ 'if-match': '"a"' })],
    [412, 'its ETag to match, but weak', (etag) => ({ 'if-match': `W/${etag}` })],
    [412, 'what is no ETag to match', () => ({ 'if-match': 'a' })],
    [200, 'its date not to be modified since', (_etag, date) => ({ 'if-unmodified-since': date })],
    [412, 'an earlier one', () => ({ 'if-unmodified-since': past })],
    [
      200,
      'its ETag to match, whatever the date',
      (etag) => ({ 'if-match': etag, 'if-unmodified-since': past }),
    ],
    [
      412,
      'another to match, though its own is known',
      (etag) => ({ 'if-match': '"a"', 'if-none-match': etag }),
    ],
    [304, 'its own to match and known', (etag) => ({ 'if-match': etag, 'if-none-match': etag })],
    [
      412,
      'an old one, though its tag is known',
      (etag) => ({ 'if-unmodified-since': past, 'if-none-match': etag }),
    ],
  ])('is %i for a client that has %s', async (status, _what, fields) => {
    const { etag, date, ask: twice } = await dated(size);
    const reply = await twice(fields(etag, date));
    expect(reply.status).toBe(status);
    expect(reply.body.length).toBe(status === 200 ? size : status === 304 ? 0 : 24);
    const validators = [reply.headers['etag'], reply.headers['last-modified']];
    expect(validators).toEqual(status === 412 ? [undefined, undefined] : [etag, date]);
    expect((await twice(fields(etag, date), 'HEAD')).status).toBe(status);
  });

  it('has the fields of 200 that 304 needs', async () => {
    const { etag, ask: twice } = await dated(size);
    expect((await twice({ 'if-none-match': etag })).headers).toEqual({
      etag,
      'last-modified': 'Thu, 29 Feb 2024 12:00:00 GMT',
      'cache-control': 'no-cache',
      vary: 'Accept-Encoding',
    });
  });
});

describe('HEAD', () => {
  it('has the fields of GET, with the length, and no body', async () => {
    const { ask: twice } = await dated();
    const whole = await twice();
    const head = await twice({}, 'HEAD');
    expect(head).toEqual({ status: 200, headers: { ...whole.headers, 'content-length': '7' }, body: '' });
  });
});

describe('methods', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT', 'PROPFIND', 'get'])(
    '%s is 405, with Allow',
    async (method) => {
      const handler = staticFiles(site({ a: 'x' }));
      for (const path of ['/a', '/nothing', '/../outside', '*']) {
        const reply = await ask(handler, path, {}, method);
        expect([reply.status, reply.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
      }
    },
  );

  it('OPTIONS tells what there is', async () => {
    for (const path of ['/a', '*']) {
      const reply = await ask(staticFiles(site()), path, {}, 'OPTIONS');
      expect(reply).toEqual({ status: 204, headers: { allow: 'GET, HEAD, OPTIONS' }, body: '' });
    }
  });
});

describe('an ETag', () => {
  const etagOf = async (root: string, path = '/a'): Promise<string> =>
    (await ask(staticFiles(root), path)).headers['etag']!;

  it('of a short file is of its content: the same for the same, wherever and whenever it was put there', async () => {
    const [one, other] = [site({ a: 'content' }), site({ b: 'content' })];
    utimesSync(join(one, 'a'), modified, modified);
    expect(await etagOf(one)).toBe(await etagOf(other, '/b'));
  });

  it.each([10, 300_000, 2_000_000])('differs for contents of one size (%i) and one date', async (size) => {
    const root = site({ a: 'x'.repeat(size) });
    const path = join(root, 'a');
    utimesSync(path, modified, modified);
    later();
    const before = await etagOf(root);
    change(root, 'a', 'y'.repeat(size), modified);
    expect(await etagOf(root)).not.toBe(before);
  });

  it('of a long file is weak and given once, while a write could go unseen', async () => {
    const root = site({ a: 'x'.repeat(2_000_000) });
    const handler = staticFiles(root);
    const first = await ask(handler, '/a');
    const again = await ask(handler, '/a', { 'if-none-match': first.headers['etag']! });
    expect(first.headers['etag']).toMatch(/^W\/"[\w-]{22}"$/);
    expect(again.status).toBe(200);
    expect(again.headers['etag']).not.toBe(first.headers['etag']);
    later();
    const settled = await etagOf(root);
    expect(settled).toMatch(/^"/);
    expect(await etagOf(root)).toBe(settled);
  });

  it('of a short file is strong at once, for it was read', async () => {
    const root = site({ a: 'one' });
    const handler = staticFiles(root);
    const first = (await ask(handler, '/a')).headers['etag']!;
    expect(first).toMatch(/^"/);
    put(root, 'a', 'two');
    const second = await ask(handler, '/a', { 'if-none-match': first });
    expect([second.status, second.body]).toEqual([200, 'two']);
  });

  it('does not tell inode numbers or dates', async () => {
    const root = site({ a: 'x'.repeat(2_000_000) });
    later();
    const tags = [await etagOf(root), await etagOf(root)];
    expect(new Set(tags).size).toBe(1);
    expect(tags[0]).toMatch(/^"[\w-]{22}"$/);
  });
});

describe('Last-Modified', () => {
  it('is left out while its second is not over, and for a file from the future', async () => {
    const root = site({ a: 'x', b: 'y' });
    utimesSync(join(root, 'b'), modified, new Date(Date.now() + 86_400_000));
    expect((await ask(staticFiles(root), '/a')).headers['last-modified']).toBeUndefined();
    later();
    expect((await ask(staticFiles(root), '/a')).headers['last-modified']).toBeDefined();
    expect((await ask(staticFiles(root), '/b')).headers['last-modified']).toBeUndefined();
  });
});
