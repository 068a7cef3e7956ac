import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer as createUnixServer } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { mount, staticFiles, type Application } from '@wirestack/gateway';
import { ask, dial, exchange, requestOf, serving, turnsUntil, until, untilEnd, type Reply } from '../peer.ts';
import { openUnder, scratch } from '../scratch.ts';

const secret = 'SECRET outside of the root';

/**
 * `/root` with files in it, and beside it what must not be reached:
 *
 *     outside.txt   rootX/secret.txt
 *     root/  index.html  a.txt  ä b.txt  %2e%2e  .hidden  .git/config  c:\d  dir/index.html  dir/x.txt  empty/
 */
function site(): { outside: string; root: string } {
  const outside = scratch();
  const root = `${outside}/root`;
  for (const path of [
    'root/dir',
    'root/empty',
    'root/.git',
    'root/index',
    'root/index/index.html',
    'rootX',
  ]) {
    mkdirSync(`${outside}/${path}`, { recursive: true });
  }
  for (const path of ['outside.txt', 'rootX/secret.txt', 'root/.hidden', 'root/.git/config', 'root/a\\b']) {
    writeFileSync(`${outside}/${path}`, secret);
  }
  writeFileSync(`${root}/index.html`, 'the index');
  writeFileSync(`${root}/a.txt`, 'a text\n');
  writeFileSync(`${root}/ä b.txt`, 'umlaut');
  writeFileSync(`${root}/%2e%2e`, 'a strange name');
  writeFileSync(`${root}/dir/index.html`, 'the index of dir');
  writeFileSync(`${root}/dir/x.txt`, 'x');
  return { outside, root };
}

async function get(root: string, target: string, ...fields: string[]): Promise<Reply> {
  const { address, errors } = await serving(staticFiles(root));
  const reply = await ask(address, `GET ${target}`, ...fields);
  expect(errors).toEqual([]);
  await turnsUntil(() => openUnder(root) === 0);
  return reply;
}

test.each([
  ['/a.txt', 'a text\n'],
  ['/a.txt?query', 'a text\n'],
  ['/%61.txt', 'a text\n'],
  ['/%C3%A4%20b.txt', 'umlaut'],
  ['/dir/x.txt', 'x'],
  ['/dir%2Fx.txt', 'x'],
  ['/', 'the index'],
  ['/index.html', 'the index'],
  ['/dir/', 'the index of dir'],
  ['http://test/a.txt', 'a text\n'],
])('%s is %j', async (target, body) => {
  expect(await get(site().root, target)).toMatchObject({ status: 200, body, isComplete: true });
});

test.each([
  '/nothing',
  '/../outside.txt',
  '/..',
  '/../',
  '/./a.txt',
  '/dir/../a.txt',
  '/dir/../../outside.txt',
  '/%2e%2e/outside.txt',
  '/%2E%2E/outside.txt',
  '/.%2e/outside.txt',
  '/..%2foutside.txt',
  '/%2e%2e%2foutside.txt',
  '/dir/%2e%2e%2f%2e%2e%2foutside.txt',
  '/%2fetc/passwd',
  '/%2Fetc%2Fpasswd',
  '//etc/passwd',
  '///etc/passwd',
  '/..%5coutside.txt',
  '/%5c..%5coutside.txt',
  '/..\\outside.txt',
  '/a%5Cb',
  '/%252e%252e/outside.txt',
  '/..%252foutside.txt',
  '/..%c0%af..%c0%afoutside.txt',
  '/%c0%ae%c0%ae/outside.txt',
  '/..;/outside.txt',
  '/..%00/outside.txt',
  '/a.txt%00',
  '/a.txt%00.html',
  '/%00',
  '/../rootX/secret.txt',
  '/%2e%2e/rootX/secret.txt',
  'X/secret.txt',
  '/.hidden',
  '/%2ehidden',
  '/.git/config',
  '/.git/',
  '/.git',
  '/dir/.',
  '/dir/./x.txt',
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
])('%s is not found', async (target) => {
  const { root, outside } = site();
  const reply = target.startsWith('/') ? await get(root, target) : await get(root, `/..${target}`);
  expect(reply).toMatchObject({ status: 404, body: '404 Not Found\n' });
  expect(reply.raw).not.toContain(outside);
});

test('a file whose name is %2e%2e is found by its name, encoded', async () => {
  expect(await get(site().root, '/%252e%252e')).toMatchObject({ status: 200, body: 'a strange name' });
});

test('the prefix of a mount does not leak into its siblings', async () => {
  const { outside } = site();
  const { address } = await serving(mount({ '/root': staticFiles(`${outside}/root`) }));
  expect((await ask(address, 'GET /root/a.txt')).status).toBe(200);
  expect((await ask(address, 'GET /rootX/secret.txt')).status).toBe(404);
  expect((await ask(address, 'GET /root/../rootX/secret.txt')).status).toBe(404);
});

test('links: inside the root they are followed, out of it they are not', async () => {
  const { root, outside } = site();
  symlinkSync('a.txt', `${root}/inside`);
  symlinkSync(`${root}/dir`, `${root}/inside-dir`);
  symlinkSync(`${outside}/outside.txt`, `${root}/out`);
  symlinkSync('../outside.txt', `${root}/out-relative`);
  symlinkSync(outside, `${root}/out-dir`);
  symlinkSync(`${outside}/rootX`, `${root}/beside`);
  symlinkSync('nowhere', `${root}/broken`);
  symlinkSync('loop', `${root}/loop`);
  symlinkSync('b', `${root}/a`);
  symlinkSync('a', `${root}/b`);
  expect((await get(root, '/inside')).body).toBe('a text\n');
  expect((await get(root, '/inside-dir/x.txt')).body).toBe('x');
  for (const path of [
    'out',
    'out-relative',
    'out-dir/outside.txt',
    'out-dir/',
    'beside/secret.txt',
    'broken',
    'loop',
    'a',
    'a/x',
  ]) {
    expect((await get(root, `/${path}`)).body).toBe('404 Not Found\n');
  }
});

test('an index that is a link out of the root, or a directory, is not found', async () => {
  const { root, outside } = site();
  symlinkSync(`${outside}/outside.txt`, `${root}/empty/index.html`);
  expect((await get(root, '/empty/')).status).toBe(404);
  expect((await get(root, '/index/')).status).toBe(404);
});

test('the root itself may be a link, and may appear later', async () => {
  const { root, outside } = site();
  symlinkSync(root, `${outside}/link`);
  expect((await get(`${outside}/link`, '/a.txt')).body).toBe('a text\n');
  expect((await get(`${outside}/link/`, '/a.txt')).body).toBe('a text\n');
  const later = `${outside}/later`;
  const { address } = await serving(staticFiles(later));
  expect((await ask(address, 'GET /a.txt')).status).toBe(404);
  mkdirSync(later);
  writeFileSync(`${later}/a.txt`, 'now');
  expect((await ask(address, 'GET /a.txt')).body).toBe('now');
});

test('a FIFO, a socket and a device are not found, at once', async () => {
  const { root } = site();
  execFileSync('mkfifo', [`${root}/fifo`]);
  const listener = createUnixServer().listen(`${root}/socket`);
  await once(listener, 'listening');
  onTestFinished(() => void listener.close());
  symlinkSync('/dev/zero', `${root}/device`);
  for (const path of ['fifo', 'socket', 'device']) expect((await get(root, `/${path}`)).status).toBe(404);
});

test.each([
  ['a name of 256 bytes', `/${'a'.repeat(256)}`],
  ['a path of 5,000 bytes', '/a'.repeat(2500)],
])('%s is not found', async (_what, target) => {
  expect((await get(site().root, target)).status).toBe(404);
});

// Methods.

test('HEAD has the fields of GET', async () => {
  const { root } = site();
  const { address } = await serving(staticFiles(root));
  const [whole, head] = await Promise.all([ask(address, 'GET /a.txt'), ask(address, 'HEAD /a.txt')]);
  expect(head).toMatchObject({ status: 200, body: '' });
  expect(head.headers).toEqual(whole.headers);
  expect(head.header('content-length')).toBe('7');
  expect((await ask(address, 'HEAD /nothing')).status).toBe(404);
  await turnsUntil(() => openUnder(root) === 0);
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'])(
  '%s is 405, with Allow',
  async (method) => {
    const { address } = await serving(staticFiles(site().root));
    for (const path of ['/a.txt', '/nothing', '/../outside.txt']) {
      const reply = await ask(address, `${method} ${path}`);
      expect(reply.status).toBe(405);
      expect(reply.header('allow')).toBe('GET, HEAD, OPTIONS');
    }
  },
);

test('OPTIONS tells what there is', async () => {
  const { address } = await serving(staticFiles(site().root));
  const reply = await ask(address, 'OPTIONS /a.txt');
  expect([reply.status, reply.header('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
});

// Conditional requests.

const modified = new Date('2024-02-29T12:00:00.750Z');

async function validators(): Promise<{ root: string; etag: string; date: string }> {
  const { root } = site();
  utimesSync(`${root}/a.txt`, modified, modified);
  const reply = await get(root, '/a.txt');
  return { root, etag: reply.header('etag') ?? '', date: reply.header('last-modified') ?? '' };
}

test('Last-Modified is the date of the file, and the ETag is strong', async () => {
  const { etag, date } = await validators();
  expect(date).toBe('Thu, 29 Feb 2024 12:00:00 GMT');
  expect(etag).toMatch(/^"[^"]+"$/);
});

const future = 'Fri, 01 Mar 2024 00:00:00 GMT';
const past = 'Thu, 29 Feb 2024 11:59:59 GMT';

test.each<[number, string, (etag: string, date: string) => string[]]>([
  [304, 'its ETag', (etag) => [`If-None-Match: ${etag}`]],
  [304, 'its ETag, weak', (etag) => [`If-None-Match: W/${etag}`]],
  [304, 'its ETag among others', (etag) => [`If-None-Match: "a", ${etag} ,W/"b"`]],
  [304, 'its ETag on the second line', (etag) => ['If-None-Match: "a"', `If-None-Match: ${etag}`]],
  [304, 'any ETag', () => ['If-None-Match: *']],
  [200, 'another ETag', () => ['If-None-Match: W/"a"']],
  [200, 'its ETag without quotes', (etag) => [`If-None-Match: ${etag.slice(1, -1)}`]],
  [200, 'an empty list', () => ['If-None-Match:']],
  [304, 'its date', (_etag, date) => [`If-Modified-Since: ${date}`]],
  [304, 'a later date', () => [`If-Modified-Since: ${future}`]],
  [200, 'an earlier date', () => [`If-Modified-Since: ${past}`]],
  [200, 'no date', () => ['If-Modified-Since: yesterday']],
  [
    200,
    'another ETag, whatever the date',
    (_etag, date) => ['If-None-Match: "a"', `If-Modified-Since: ${date}`],
  ],
  [304, 'its ETag, whatever the date', (etag) => [`If-None-Match: ${etag}`, `If-Modified-Since: ${past}`]],
])('%i for a client that has %s', async (status, _what, fields) => {
  const { root, etag, date } = await validators();
  const reply = await get(root, '/a.txt', ...fields(etag, date));
  expect(reply.status).toBe(status);
  expect(reply.body).toBe(status === 304 ? '' : 'a text\n');
  expect([reply.header('etag'), reply.header('last-modified')]).toEqual([etag, date]);
});

test('HEAD is 304 as GET is', async () => {
  const { root, etag } = await validators();
  const { address } = await serving(staticFiles(root));
  expect((await ask(address, 'HEAD /a.txt', `If-None-Match: ${etag}`)).status).toBe(304);
});

test('contents of one size and one date have two ETags', async () => {
  const { root } = site();
  const etags = new Set<unknown>();
  for (const content of ['one', 'two']) {
    writeFileSync(`${root}/a.txt`, content);
    utimesSync(`${root}/a.txt`, 1000, 1000);
    etags.add((await get(root, '/a.txt')).header('etag'));
  }
  expect(etags.size).toBe(2);
});

// Directories.

test.each([
  ['/dir', '/dir/'],
  ['/dir?a=b&c=%20', '/dir/?a=b&c=%20'],
  ['/%64ir', '/dir/'],
])('%s is sent to %s', async (target, location) => {
  const reply = await get(site().root, target);
  expect([reply.status, reply.header('location')]).toEqual([301, location]);
});

test('below a mount the redirect has the whole path, encoded', async () => {
  const { root } = site();
  mkdirSync(`${root}/ö?#%`);
  writeFileSync(`${root}/ö?#%/index.html`, 'odd');
  const { address } = await serving(mount({ '/s t': staticFiles(root) }));
  expect((await ask(address, 'GET /s%20t')).header('location')).toBe('/s%20t/');
  const location = (await ask(address, 'GET /s%20t/%C3%B6%3F%23%25')).header('location');
  expect(location).toBe('/s%20t/%C3%B6%3F%23%25/');
  expect((await ask(address, `GET ${location ?? ''}`)).body).toBe('odd');
});

test.each([
  '//evil.example/dir',
  '///dir',
  '//dir',
  '/%2fdir',
  '/%5cdir',
  '/\\dir',
  '//dir/..',
  '/%5c%5cevil.example',
])('%s does not lead to another host (CVE-2015-1164)', async (target) => {
  const { root } = site();
  mkdirSync(`${root}/evil.example/dir`, { recursive: true });
  writeFileSync(`${root}/evil.example/dir/index.html`, 'x');
  const reply = await get(root, target);
  expect([reply.status, reply.header('location')]).toEqual([404, undefined]);
});

test('mounted by an application that leaves two slashes, the redirect still stays on this host', async () => {
  const inner = staticFiles(site().root);
  const app: Application = (environ, startResponse) =>
    inner({ ...environ, SCRIPT_NAME: '//evil.example' }, startResponse);
  const { address } = await serving(app);
  expect((await ask(address, 'GET /dir')).header('location')).toBe('/evil.example/dir/');
});

test('another index', async () => {
  const { root } = site();
  const { address } = await serving(staticFiles(root, { index: 'x.txt' }));
  expect((await ask(address, 'GET /dir/')).body).toBe('x');
  expect((await ask(address, 'GET /')).status).toBe(404);
});

// Ranges, codings, listings: what `@wirestack/http/static` does has its tests there, and here that it comes through.

test.each([
  ['short', 7],
  ['long', 3_000_000],
])('parts of a file that is %s', async (_what, length) => {
  const { root } = site();
  const content = 'abcdefghij'.repeat(300_000).slice(0, length);
  writeFileSync(`${root}/b.txt`, content);
  const one = await get(root, '/b.txt', 'Range: bytes=2-4');
  expect(one).toMatchObject({ status: 206, body: 'cde' });
  expect(one.header('content-range')).toBe(`bytes 2-4/${String(length)}`);
  const end = await get(root, '/b.txt', `Range: bytes=${String(length - 2)}-`);
  expect([end.body, end.header('content-length')]).toEqual([content.slice(-2), '2']);
  const beyond = await get(root, '/b.txt', `Range: bytes=${String(length)}-`);
  expect([beyond.status, beyond.header('content-range')]).toEqual([416, `bytes */${String(length)}`]);
  expect((await get(root, '/b.txt', 'Range: bytes=2-4', 'If-Range: "a"')).body).toBe(content);
});

test('several parts of a file come as multipart/byteranges', async () => {
  const { root } = site();
  writeFileSync(`${root}/b.txt`, 'x'.repeat(3_000_000));
  const reply = await get(root, '/b.txt', 'Range: bytes=0-1,1000-1002');
  expect(reply.header('content-type')).toMatch(/^multipart\/byteranges; boundary=/);
  expect(reply.header('content-length')).toBe(String(reply.body.length));
  expect(reply.body).toContain('Content-Range: bytes 1000-1002/3000000\r\n\r\nxxx\r\n--');
});

test('a file beside it in another coding', async () => {
  const { root } = site();
  writeFileSync(`${root}/a.txt.br`, 'as br');
  const reply = await get(root, '/a.txt', 'Accept-Encoding: gzip, br');
  expect([reply.body, reply.header('content-encoding')]).toEqual(['as br', 'br']);
  expect(reply.header('vary')).toBe('Accept-Encoding');
});

test('a listing, below a mount', async () => {
  const { root } = site();
  const { address } = await serving(mount({ '/s t': staticFiles(root, { listing: true, index: false }) }));
  const reply = await ask(address, 'GET /s%20t/dir/', 'Accept: application/json');
  expect(JSON.parse(reply.body)).toMatchObject({
    path: '/s%20t/dir/',
    entries: [{ name: 'index.html' }, { name: 'x.txt' }],
  });
  const page = await ask(address, 'GET /s%20t/dir/?sort=size');
  expect(page.header('content-security-policy')).toContain("default-src 'none'");
  expect(page.body).toContain('<title>/s t/dir/</title>');
  expect(page).toMatchObject({ status: 200, isComplete: true });
});

test.each(['', 'Range: bytes=0-9,100-200'])(
  'an application around it that drops the body closes the file: %j',
  async (field) => {
    const { root } = site();
    writeFileSync(`${root}/b.txt`, 'x'.repeat(3_000_000));
    const inner = staticFiles(root);
    const app: Application = async (environ, startResponse) => {
      const body = await inner(environ, () => async () => undefined);
      await body.close?.();
      startResponse('200 OK', []);
      return ['another'];
    };
    const { address } = await serving(app);
    expect((await ask(address, 'GET /b.txt', ...(field === '' ? [] : [field]))).body).toBe('another');
    expect(openUnder(root)).toBe(0);
  },
);

test('a path with half of a surrogate pair is not found', async () => {
  const inner = staticFiles(site().root);
  const { address } = await serving((environ, startResponse) =>
    inner({ ...environ, PATH_INFO: '/\ud800' }, startResponse),
  );
  expect((await ask(address, 'GET /')).status).toBe(404);
});

// Files that change, and clients that leave.

const size = 64 * 1024 * 1024;

/** A file too large for the buffers on the way, and a client that has the beginning of it. */
async function downloading(): Promise<{
  root: string;
  file: string;
  peer: Awaited<ReturnType<typeof dial>>;
  errors: unknown[];
}> {
  const { root } = site();
  const file = `${root}/large`;
  writeFileSync(file, '');
  truncateSync(file, size);
  const { address, errors } = await serving(staticFiles(root));
  const peer = await dial(address);
  await peer.write(requestOf('GET /large'));
  expect(await until(peer, '\r\n\r\n')).toContain(`Content-Length: ${String(size)}\r\n`);
  return { root, file, peer, errors };
}

test('a file that shrinks while it is sent ends the connection, short of its Content-Length', async () => {
  const { root, file, peer, errors } = await downloading();
  truncateSync(file, 1000);
  const rest = await untilEnd(peer);
  expect(rest.length).toBeLessThan(size);
  expect(rest).not.toContain('HTTP/1.1');
  expect(errors).toMatchObject([{ code: 'BAD_BODY' }]);
  await turnsUntil(() => openUnder(root) === 0);
});

test('a file that grows while it is sent is sent as long as it was', async () => {
  const { root } = site();
  const { address, errors } = await serving(staticFiles(root));
  const file = `${root}/large`;
  writeFileSync(file, '');
  truncateSync(file, size);
  const peer = await dial(address);
  await peer.write(requestOf('GET /large'));
  let received = 0;
  const first = await peer.read();
  appendFileSync(file, 'more');
  received += first?.length ?? 0;
  const headBytes = Buffer.from(first ?? []).indexOf('\r\n\r\n') + 4;
  for await (const chunk of peer) received += chunk.length;
  expect(received - headBytes).toBe(size);
  expect(errors).toEqual([]);
});

test('clients that leave half-way leave no descriptor open', async () => {
  const { root, file } = await downloading().then(async (first) => {
    first.peer.abort();
    await turnsUntil(() => openUnder(first.root) === 0);
    return first;
  });
  const { address } = await serving(staticFiles(root));
  const peers = await Promise.all(Array.from({ length: 20 }, () => dial(address)));
  await Promise.all(peers.map((peer) => peer.write(requestOf('GET /large'))));
  await Promise.all(peers.map((peer) => until(peer, '\r\n\r\n')));
  expect(openUnder(root)).toBeGreaterThan(0);
  for (const [i, peer] of peers.entries()) {
    if (i % 2 === 0) peer.abort();
    else await peer.close();
  }
  await turnsUntil(() => openUnder(root) === 0);
  expect(file).toContain(root);
});

test('clients that leave before the answer leave no descriptor open', async () => {
  const { root } = site();
  const app = staticFiles(root);
  let begun = 0;
  let ended = 0;
  const { address } = await serving(async (environ, startResponse) => {
    begun++;
    const body = await app(environ, startResponse);
    ended++;
    return body;
  });
  for (let i = 0; i < 20; i++) {
    const peer = await dial(address);
    await peer.write('GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(5));
    await turnsUntil(() => begun > 5 * i);
    peer.abort();
  }
  await turnsUntil(() => begun === ended && openUnder(root) === 0);
  expect(begun).toBeGreaterThan(0);
});

test('a pipeline of files is answered in order', async () => {
  const { address } = await serving(staticFiles(site().root));
  const one = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const { raw } = await exchange(
    address,
    one('/a.txt') + one('/nothing') + one('/dir/x.txt') + requestOf('GET /'),
  );
  expect(raw.match(/\r\n\r\n[^\r]*?(?=HTTP|$)/g)).toEqual([
    '\r\n\r\na text\n',
    '\r\n\r\n404 Not Found\n',
    '\r\n\r\nx',
    '\r\n\r\nthe index',
  ]);
});
