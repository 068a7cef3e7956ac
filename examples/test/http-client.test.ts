import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { output, type Program } from '../../conformance/support/program.ts';
import { pythonServer, scratch, serve, start } from './running.ts';

const pythonHttpServer = (directory: string): string => `
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
httpd = ThreadingHTTPServer(('127.0.0.1', 0), partial(SimpleHTTPRequestHandler, directory=${JSON.stringify(directory)}))
print('127.0.0.1:%d' % httpd.server_port)
httpd.serve_forever()
`;

/** What a program ended with, and printed, which is UTF-8. */
async function textOf(program: Program): Promise<{ code: number | null; stdout: string }> {
  const { code, stdout } = await program.ended();
  return { code, stdout: utf8(stdout) };
}

function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}

describe('17-http-client', () => {
  test("raw.js shows request and answer of Python's http.server as they are", async () => {
    const directory = await scratch();
    await writeFile(join(directory, 'a.txt'), 'hello\n');
    const { address } = await pythonServer(pythonHttpServer(directory));
    const client = start('17-http-client/raw.js', address, '/a.txt');
    const { code, stdout } = await textOf(client);
    expect(code).toBe(0);
    expect(stdout).toContain(`> GET /a.txt HTTP/1.1\n> Host: ${address}\n`);
    expect(stdout).toMatch(/^< 200 OK$/m);
    expect(stdout).toMatch(/^< Content-Length: 6$/im);
    expect(stdout).toContain('(the body ends by: length)\nhello\n(end)\n');
  });

  test('get.js is `requests.get`', async () => {
    const directory = await scratch();
    await writeFile(join(directory, 'index.html'), '<p>hello');
    const { address } = await pythonServer(pythonHttpServer(directory));
    const { code, stdout } = await textOf(start('17-http-client/get.js', `http://${address}/`));
    expect({ code, stdout }).toEqual({ code: 0, stdout: '200 text/html\n<p>hello\n' });
  });
});

describe('19-form-page', () => {
  test('shows back what is posted, escaped', async () => {
    const { address } = await serve('19-form-page/server.js');
    const url = `http://${address}/`;
    expect(await (await fetch(url)).text()).toContain('<input name="firstname">');
    const posted = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ firstname: '<script>alert("Zoë")</script>' }),
    });
    expect(await posted.text()).toContain(
      '<dt>firstname</dt><dd>&#60;script&#62;alert(&#34;Zoë&#34;)&#60;/script&#62;</dd>',
    );
    const refused = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    expect(refused.status).toBe(415);
  });
});

describe('23-form-parts', () => {
  test('tells pairs and parts, of its own client and of curl', async () => {
    const { address } = await serve('23-form-parts/server.js');
    const file = join(await scratch(), 'picture.png');
    await writeFile(file, Buffer.alloc(100_000, 1));
    const { code, stdout } = await textOf(start('23-form-parts/client.js', `http://${address}/`, file));
    const told = 'name is "Zoë"\nfile is the file "picture.png", application/octet-stream, 100000 bytes\n';
    expect({ code, stdout }).toEqual({ code: 0, stdout: `name is "Zoë"\ncity is "Zürich & Bern"\n${told}` });
    const curl = await output('curl', [
      '-sS',
      '-F',
      'name=Zoë',
      '-F',
      `file=@${file};type=image/png`,
      address,
    ]);
    expect(utf8(curl)).toBe(told.replace('application/octet-stream', 'image/png'));
    expect(utf8(await output('curl', ['-sS', '--data-urlencode', 'name=Zoë', address]))).toBe(
      'name is "Zoë"\n',
    );
  });
});

describe('31-crawler', () => {
  test('visits each page of a site once, and leaves it nowhere', async () => {
    const directory = await scratch();
    await mkdir(join(directory, 'sub'));
    const page = (title: string, ...links: string[]): string =>
      `<!doctype html><title>${title}</title>${links.map((link) => `<a href="${link}">x</a>`).join('')}`;
    await writeFile(
      join(directory, 'index.html'),
      page(
        'Home',
        'a.html',
        './a.html#part',
        'sub/',
        'http://127.0.0.1:1/elsewhere',
        'mailto:x@example.invalid',
        'missing',
      ),
    );
    await writeFile(join(directory, 'a.html'), page('A &amp; B', '/', 'picture.png'));
    await writeFile(join(directory, 'sub/index.html'), page('Sub', '../a.html'));
    await writeFile(join(directory, 'picture.png'), 'png');
    const { address } = await pythonServer(pythonHttpServer(directory));
    const { code, stdout } = await textOf(start('31-crawler/crawler.js', `http://${address}/`));
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1).toSorted()).toEqual(
      [
        `200 http://${address}/ "Home"`,
        `200 http://${address}/a.html "A & B"`,
        `200 http://${address}/sub/ "Sub"`,
        `200 http://${address}/picture.png`,
        `404 http://${address}/missing`,
      ].toSorted(),
    );
    expect(lines.at(-1)).toBe('5 pages');
  });
});
