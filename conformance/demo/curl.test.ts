import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoProcess } from '../support/demo.ts';
import { isInstalled, output, Program } from '../support/program.ts';

const picture = fileURLToPath(new URL('../../apps/demo/public/mark.png', import.meta.url));

describe.skipIf(!isInstalled('curl'))('curl', () => {
  let demo: DemoProcess;
  let scratch: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'wirestack-curl-'));
    demo = await DemoProcess.start();
  });

  afterAll(async () => {
    await demo.stop();
    await rm(scratch, { recursive: true });
  });

  /** Head and body of the last response, as they came. */
  async function curl(...args: string[]): Promise<{ head: string; body: string; info: string }> {
    const headFile = join(scratch, 'head');
    const bodyFile = join(scratch, 'body');
    await writeFile(bodyFile, '');
    const fixed = [
      '--silent',
      '--show-error',
      '--max-time',
      '20',
      '--dump-header',
      headFile,
      '--output',
      bodyFile,
    ];
    const info = await output('curl', ['--disable', ...fixed, ...args]);
    return { head: await readFile(headFile, 'latin1'), body: await readFile(bodyFile, 'latin1'), info };
  }

  test('gets the page, with its length, its date and no script allowed', async () => {
    const { head, body } = await curl(`${demo.site}/`);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toContain(`Content-Length: ${String(body.length)}\r\n`);
    expect(head).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    expect(head).toContain("Content-Security-Policy: default-src 'none';");
    expect(body).toContain('<h1>wirestack</h1>');
  });

  test('gets a picture byte for byte', async () => {
    const { head, body } = await curl(`${demo.site}/static/mark.png`);
    expect(head).toContain('Content-Type: image/png\r\n');
    expect(body).toBe(await readFile(picture, 'latin1'));
  });

  test.each(['/', '/static/mark.png', '/hello', '/missing', '/static/missing', '/stream'])(
    'gets for HEAD of %s what GET begins with, and not a byte more',
    async (path) => {
      const url = demo.site + path;
      const get = await curl(url);
      expect(get.body.length).toBeGreaterThan(0);
      // curl would close a connection on which bytes come that it did not ask for.
      const { head, info } = await curl(
        '--head',
        '--write-out',
        '%{num_connects} ',
        url,
        '--output',
        '/dev/null',
        url,
      );
      expect(info).toBe('1 0 ');
      expect(withoutDate(head)).toBe(withoutDate(get.head).repeat(2));
    },
  );

  test('speaks HTTP/1.0: the body ends with the connection or its length', async () => {
    const page = await curl('--http1.0', `${demo.site}/`);
    expect(page.head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(page.body).toContain('</html>');
    const stream = await curl('--http1.0', `${demo.site}/stream`);
    expect(stream.head).not.toMatch(/Transfer-Encoding/i);
    expect(stream.body).toContain('part 10 of 10');
    expect(stream.body).toMatch(/<\/html>\s*$/);
  });

  test('keeps one connection for several requests, whatever their answers', async () => {
    const urls = ['/', '/static/mark.png', '/missing', '/hello', '/static/style.css'];
    const args = urls.flatMap((path) => ['--output', '/dev/null', demo.site + path]);
    const write = ['--write-out', '%{http_code} %{num_connects}\n'];
    const codes = await output('curl', ['--disable', '--silent', '--max-time', '20', ...write, ...args]);
    expect(codes).toBe('200 1\n200 0\n404 0\n200 0\n200 0\n');
  });

  test('posts the form', async () => {
    const { body } = await curl('--data-urlencode', 'firstname=Zoë & <b>Co</b>', `${demo.site}/`);
    expect(body).toContain(latin1('<strong>Zoë &amp; &lt;b&gt;Co&lt;/b&gt;</strong>'));
  });

  test('uploads in chunks', async () => {
    const form = join(scratch, 'form');
    await writeFile(form, `firstname=${'chunk'.repeat(600)}`);
    const { body, info } = await curl(
      ...['--header', 'Transfer-Encoding: chunked', '--header', 'Expect:', '--data-binary', `@${form}`],
      ...['--write-out', '%{size_upload}', `${demo.site}/`],
    );
    expect(body).toContain(`<strong>${'chunk'.repeat(600)}</strong>`);
    expect(Number(info)).toBeGreaterThan(3000);
  });

  test('waits for 100 Continue, and gets it', async () => {
    const { head, body } = await curl(
      ...[
        '--header',
        'Expect: 100-continue',
        '--expect100-timeout',
        '15',
        '--data',
        'firstname=patient',
        `${demo.site}/`,
      ],
    );
    expect(head).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(body).toContain('<strong>patient</strong>');
  });

  test('is spared the body where it is not wanted', async () => {
    const upload = join(scratch, 'upload');
    await writeFile(upload, Buffer.alloc(2_000_000));
    const { head, info } = await curl(
      ...['--header', 'Expect: 100-continue', '--expect100-timeout', '15', '--data-binary', `@${upload}`],
      ...[
        '--header',
        'Content-Type: application/octet-stream',
        '--write-out',
        '%{size_upload}',
        `${demo.site}/`,
      ],
    );
    expect(head).toMatch(/^HTTP\/1\.1 415 /);
    expect(info).toBe('0');
  });

  test('gets 304 for what it has, by its own means', async () => {
    const url = `${demo.site}/static/layers.svg`;
    const etag = join(scratch, 'etag');
    const first = await curl('--etag-save', etag, url);
    expect(first.head).toMatch(/^HTTP\/1\.1 200 /);
    const second = await curl('--etag-compare', etag, url);
    expect(second.head).toMatch(/^HTTP\/1\.1 304 /);
    expect(second.body).toBe('');
    const modified = /Last-Modified: (.*)\r\n/.exec(first.head)?.[1] ?? '';
    expect((await curl('--time-cond', modified, url)).head).toMatch(/^HTTP\/1\.1 304 /);
    expect((await curl('--time-cond', 'Sat, 01 Jan 2000 00:00:00 GMT', url)).head).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });

  test('gets the part of a file that it asks for, and all of it behind a part that it has', async () => {
    const url = `${demo.site}/static/mark.png`;
    const whole = await readFile(picture, 'latin1');
    const { head, body } = await curl('--range', '1-3', url);
    expect(head).toMatch(/^HTTP\/1\.1 206 /);
    expect(head).toContain(`Content-Range: bytes 1-3/${String(whole.length)}\r\n`);
    expect(body).toBe(whole.slice(1, 4));
    expect((await curl('--range', '4-', url)).body).toBe(whole.slice(4));
  });

  test('gets nothing from outside the files', async () => {
    for (const path of [
      '../package.json',
      '..%2fpackage.json',
      '%2e%2e/package.json',
      '%00',
      '.hidden',
      '..%5cpackage.json',
    ]) {
      expect((await curl('--path-as-is', `${demo.site}/static/${path}`)).head).toMatch(/^HTTP\/1\.1 404 /);
    }
  });

  test('gets 405 with what is allowed', async () => {
    const { head } = await curl('--request', 'DELETE', `${demo.site}/static/mark.png`);
    expect(head).toMatch(/^HTTP\/1\.1 405 /);
    expect(head).toContain('Allow: GET, HEAD, OPTIONS\r\n');
  });

  test('reaches the site behind its path', async () => {
    const { body } = await curl('--unix-socket', demo.path('proxy'), 'http://localhost/hello');
    expect(body).toBe('<h1>Hello, web!</h1>');
  });

  test('may leave in the middle of the stream', async () => {
    const leaving = new Program('curl', ['--disable', '--silent', '--no-buffer', `${demo.site}/stream`]);
    await leaving.says(/part 2 of 10/);
    expect((await leaving.stop()).stdout).not.toContain('part 10 of 10');
    expect((await curl(`${demo.site}/hello`)).head).toMatch(/^HTTP\/1\.1 200 /);
  });
});

function withoutDate(head: string): string {
  return head.replace(/^Date: .*\r\n/gm, '');
}

/** As {@link run} gives the bytes of UTF-8 text. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
