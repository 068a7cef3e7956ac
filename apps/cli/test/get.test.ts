import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer, type Handler } from '@wirestack/http';
import { staticFiles } from '@wirestack/http/static';
import { readForm } from '@wirestack/http/forms';
import { runToEnd, start } from './console.ts';
import { scratch } from './scratch.ts';

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function served(handler: Handler): Promise<string> {
  const server = await createServer(handler).listen('127.0.0.1:0');
  closing.push(() => void server.close());
  return `http://127.0.0.1:${String((server.address as { port: number }).port)}`;
}

/** Says what it was asked. */
const echo: Handler = async (request) => ({
  status: 200,
  headers: [['X-Method', request.method]],
  body: JSON.stringify({
    method: request.method,
    target: request.target,
    headers: Object.fromEntries([...request.headers].map(([name, value]) => [name.toLowerCase(), value])),
    body: await request.text(),
  }),
});

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function asked(args: readonly string[]): Promise<Asked> {
  const url = await served(echo);
  const { code, out } = await runToEnd(['get', `${url}/a?b=c`, ...args]);
  expect(code).toBe(0);
  return JSON.parse(out) as Asked;
}

describe('get', () => {
  it('writes the body to standard output, and no more, where nobody looks', async () => {
    const url = await served(() => ({ status: 200, body: 'hello\n' }));
    expect(await runToEnd(['get', url])).toEqual({ code: 0, out: 'hello\n', err: '' });
  });

  it('tells head and phases on a terminal, in colour', async () => {
    const url = await served(() => ({ status: 200, headers: [['X-A', '1']], body: 'hello\n' }));
    const { out, err } = await runToEnd(['get', url], { terminal: 'all' });
    expect(out).toBe('hello\n');
    expect(err).toContain('\x1b[32mHTTP/1.1 200 OK\x1b[39m\n');
    expect(err).toContain('\x1b[36mX-A\x1b[39m: 1\n');
    expect(err).toMatch(
      /\n6 B in [\d.]+ ms, [\d.]+ k?B\/s: connect [\d.]+ ms, answer [\d.]+ ms, body [\d.]+ ms\n$/,
    );
  });

  it('without colour where NO_COLOR asks for that, and with -v where standard error is no terminal', async () => {
    const url = await served(() => ({ status: 404, headers: [['X-A', '\u009b2J']], body: 'no\n' }));
    const plain = await runToEnd(['get', url], { terminal: 'stderr', env: { NO_COLOR: '1' } });
    expect(plain.code).toBe(8);
    expect(plain.err).toContain('HTTP/1.1 404 Not Found\n');
    // What a server sends is no order to the terminal.
    expect(plain.err).toContain('X-A: \\x9b2J\n');
    const verbose = await runToEnd(['get', '-v', url]);
    expect(verbose.err).toContain('HTTP/1.1 404 Not Found\n');
    const quiet = await runToEnd(['get', '-q', url], { terminal: 'all' });
    expect(quiet).toEqual({ code: 8, out: 'no\n', err: '' });
  });

  it('-i and -I put the head on standard output', async () => {
    const url = await served(() => ({ status: 200, headers: [['X-A', '1']], body: 'hello\n' }));
    expect((await runToEnd(['get', '-i', url])).out).toMatch(
      /^HTTP\/1\.1 200 OK\n[^]*X-A: 1\n[^]*\n\nhello\n$/,
    );
    expect((await runToEnd(['get', '-I', url])).out).toMatch(
      /^HTTP\/1\.1 200 OK\n[^]*Content-Length: 6\n\n$/,
    );
  });

  it('needs no scheme', async () => {
    const url = await served(() => ({ status: 200, body: 'hello\n' }));
    expect((await runToEnd(['get', url.slice('http://'.length)])).out).toBe('hello\n');
  });

  it('sends fields, data, JSON, files, and other methods', async () => {
    const file = join(await scratch(), 'f.txt');
    await writeFile(file, 'from a file');
    expect(await asked([])).toMatchObject({ method: 'GET', target: '/a?b=c', body: '' });
    expect(await asked(['-H', 'X-A:  1 ', '-H', 'User-Agent: me'])).toMatchObject({
      headers: { 'x-a': '1', 'user-agent': 'me' },
    });
    expect(await asked(['-d', 'a=1&b=2'])).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '7' },
      body: 'a=1&b=2',
    });
    expect(await asked(['--json', '{"a":1}'])).toMatchObject({
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    });
    expect(await asked(['--data', `@${file}`, '-X', 'PATCH'])).toMatchObject({
      method: 'PATCH',
      body: 'from a file',
    });
    expect(await asked(['-T', file])).toMatchObject({
      method: 'PUT',
      headers: { 'content-length': '11' },
      body: 'from a file',
    });
    expect(await asked(['-u', 'me:secret'])).toMatchObject({
      headers: { authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` },
    });
  });

  it('uploads forms', async () => {
    const file = join(await scratch(), 'f.txt');
    await writeFile(file, 'from a file');
    const url = await served(async (request) => {
      const form = await readForm(request);
      const files = [...form.files].map(([name, file]) => [
        name,
        file.filename,
        Buffer.from(file.stored).toString(),
      ]);
      return { status: 200, body: JSON.stringify({ fields: [...form.fields], files }) };
    });
    const { out } = await runToEnd(['get', url, '-F', 'a=1', '-F', `f=@${file}`]);
    expect(JSON.parse(out)).toEqual({ fields: [['a', '1']], files: [['f', 'f.txt', 'from a file']] });
  });

  it('follows redirects, or shows them', async () => {
    const url = await served((request) =>
      request.path === '/'
        ? { status: 302, headers: [['Location', '/b']] }
        : { status: 200, body: request.path },
    );
    expect((await runToEnd(['get', url])).out).toBe('/b');
    const shown = await runToEnd(['get', url, '--no-redirect', '-i']);
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.out).toContain('Location: /b\n');
    expect((await runToEnd(['get', url, '-v'])).err).toContain(`${url} led on\n`);
  });

  it('tries again where it is told to', async () => {
    let times = 0;
    const url = await served(() =>
      ++times < 3 ? { status: 503, headers: [['Retry-After', '0']] } : { status: 200, body: 'at last' },
    );
    expect(await runToEnd(['get', url, '--retry', '2'])).toMatchObject({ code: 0, out: 'at last' });
    expect(times).toBe(3);
  });

  it('takes a proxy from the environment, or not', async () => {
    const proxy = await served((request) => ({ status: 200, body: `proxied ${request.target}` }));
    const env = { http_proxy: proxy };
    expect((await runToEnd(['get', 'http://example.invalid/x'], { env })).out).toBe(
      'proxied http://example.invalid/x',
    );
    const url = await served(() => ({ status: 200, body: 'straight' }));
    expect((await runToEnd(['get', url, '--no-proxy'], { env })).out).toBe('straight');
  });

  it.each([['http://127.0.0.1:1/']])('no answer from %s: 4, and why', async (url) => {
    const { code, out, err } = await runToEnd(['get', url]);
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(err).toContain('ECONNREFUSED');
  });

  it('a deadline that passes: 4', async () => {
    const url = await served(() => new Promise(() => undefined));
    const { code } = await runToEnd(['get', url, '--max-time', '0.05']);
    expect(code).toBe(4);
  });

  it('binary data does not go to a terminal', async () => {
    const url = await served(() => ({ status: 200, body: Uint8Array.of(1, 0, 2) }));
    const { code, out, err } = await runToEnd(['get', url], { terminal: 'all' });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('--output FILE');
    expect((await runToEnd(['get', url])).code).toBe(0);
  });
});

describe('get into a file', () => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255));

  it('writes it whole, with the time it has there, and nothing else', async () => {
    const [from, to] = [await scratch(), await scratch()];
    await writeFile(join(from, 'big.bin'), content);
    await utimes(join(from, 'big.bin'), 1_000_000_000, 1_000_000_000);
    const url = await served(staticFiles(from));
    const target = join(to, 'out.bin');
    expect(await runToEnd(['get', `${url}/big.bin`, '-o', target])).toEqual({ code: 0, out: '', err: '' });
    expect((await readFile(target)).equals(content)).toBe(true);
    expect((await stat(target)).mtimeMs).toBe(1_000_000_000_000);
    await expect(stat(`${target}.part`)).rejects.toThrow('ENOENT');
  });

  it('an answer of 400 or more does not take the place of a file', async () => {
    const target = join(await scratch(), 'out');
    await writeFile(target, 'old');
    const url = await served(() => ({ status: 500, body: 'oops' }));
    expect(await runToEnd(['get', url, '-o', target])).toMatchObject({ code: 8, out: 'oops' });
    expect(await readFile(target, 'utf8')).toBe('old');
  });

  it('one that is cut short stays as a part, and is continued', async () => {
    const [from, to] = [await scratch(), await scratch()];
    await writeFile(join(from, 'big.bin'), content);
    const whole = staticFiles(from);
    let cut = true;
    const ranges: (string | undefined)[] = [];
    const url = await served(async (request) => {
      ranges.push(request.headers.get('range'));
      const response = await whole(request);
      if (!cut) return response;
      const headers = (response.headers ?? []).filter(([name]) => name.toLowerCase() !== 'content-length');
      return {
        ...response,
        headers: [...headers, ['Content-Length', String(content.length)]],
        body: (function* () {
          yield content.subarray(0, 100_000);
          throw new Error('cut');
        })(),
      };
    });
    const target = join(to, 'out.bin');
    const first = await runToEnd(['get', `${url}/big.bin`, '-o', target]);
    expect(first.code).toBe(4);
    expect(first.err).toContain('--continue goes on from there');
    const { size } = await stat(`${target}.part`);
    expect(size).toBeLessThanOrEqual(100_000);
    expect(size).toBeGreaterThan(0);
    cut = false;
    expect(await runToEnd(['get', `${url}/big.bin`, '-o', target, '-C'])).toMatchObject({ code: 0 });
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(ranges).toEqual([undefined, `bytes=${String(size)}-`]);
  });

  it('begins anew where the file has changed meanwhile', async () => {
    const [from, to] = [await scratch(), await scratch()];
    await writeFile(join(from, 'f'), content);
    const url = await served(staticFiles(from));
    const target = join(to, 'out');
    await writeFile(`${target}.part`, 'of another version');
    await utimes(`${target}.part`, 1_000_000_000, 1_000_000_000);
    expect(await runToEnd(['get', `${url}/f`, '-o', target, '-C'])).toMatchObject({ code: 0 });
    expect((await readFile(target)).equals(content)).toBe(true);
  });

  it('a part that is the whole is taken as that', async () => {
    const [from, to] = [await scratch(), await scratch()];
    await writeFile(join(from, 'f'), content);
    await utimes(join(from, 'f'), 1_000_000_000, 1_000_000_000);
    const url = await served(staticFiles(from));
    const target = join(to, 'out');
    await writeFile(`${target}.part`, content);
    await utimes(`${target}.part`, 1_000_000_000, 1_000_000_000);
    expect(await runToEnd(['get', `${url}/f`, '-o', target, '-C'])).toMatchObject({ code: 0 });
    expect((await readFile(target)).equals(content)).toBe(true);
  });

  it('a file that cannot be written: 1', async () => {
    const url = await served(() => ({ status: 200, body: 'x' }));
    const { code, err } = await runToEnd(['get', url, '-o', join(await scratch(), 'no', 'such', 'folder')]);
    expect(code).toBe(1);
    expect(err).toContain('ENOENT');
  });

  it('draws progress on a terminal, and takes it away', async () => {
    const url = await served(() => ({ status: 200, body: content }));
    const { code, err } = await runToEnd(['get', url, '-o', join(await scratch(), 'f')], {
      terminal: 'all',
      env: { NO_COLOR: '1' },
    });
    expect(code).toBe(0);
    expect(err).toMatch(/.*%.*of 300 kB/);
    expect(err).toContain('\r\x1b[K\n300 kB in ');
  });

  it('Ctrl-C ends it, and keeps what is there', async () => {
    const url = await served(() => ({
      status: 200,
      body: (async function* () {
        yield content;
        await new Promise(() => undefined);
      })(),
    }));
    const target = join(await scratch(), 'f');
    const run = start(['get', url, '-o', target], { terminal: 'stderr' });
    await run.stderr.match(/received/);
    run.stop();
    expect(await run.code).toBe(4);
    expect(run.stderr.text).toContain('--continue');
  });
});
