import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Nginx } from '../../conformance/support/nginx.ts';
import { output } from '../../conformance/support/program.ts';
import { python, serve, startProgram } from './running.ts';

const curl = (...args: readonly string[]): Promise<string> =>
  output('curl', ['--disable', '--silent', '--show-error', '--max-time', '20', ...args]);

describe('20-cgi', () => {
  const client = `
import html, sys
from urllib.parse import urlencode
from urllib.request import urlopen

site = 'http://127.0.0.1:' + sys.argv[1]
for name in ('Zoë', '<script>alert(1)</script>', '''"&'='''):
    form = urlencode({'firstname': name})
    for request in ((site + '/cgi-bin/post.py', form.encode()), (site + '/cgi-bin/post.py?' + form,)):
        page = urlopen(*request, timeout=20).read().decode()
        assert '<script' not in page, page
        assert page.startswith('<p>Hello world!</p>') and '<p>' + name + '</p>' in html.unescape(page), page
for request, begin in ((site + '/cgi-bin/hello.js/a%20b?name=Zo%C3%AB',), 'GET'), ((site + '/cgi-bin/hello.js/a%20b', 'name=Zo%C3%AB'.encode()), 'POST'):
    text = urlopen(*request, timeout=20).read().decode()
    assert text == begin + ' /a b: hello, Zoë\\n', text
print('ok')
`;

  test('runs its programs for GET and POST', async () => {
    const { address, port } = await serve('20-cgi/server.js');
    expect(await curl(`http://${address}/`)).toContain('action="cgi-bin/post.py"');
    expect(await python(client, port)).toBe('ok\n');
  });

  test("has programs that Python's own CGI server runs as well", async () => {
    const program = `
import http.server, os, sys
http.server.nobody = os.getuid()
os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.CGIHTTPRequestHandler)
print(server.server_port, flush=True)
server.serve_forever()
`;
    const directory = fileURLToPath(new URL('../20-cgi', import.meta.url));
    const server = startProgram('python3', ['-I', '-W', 'ignore', '-c', program, directory]);
    const [, port = ''] = await server.says(/^(\d+)$/m);
    expect(await python(client, port)).toBe('ok\n');
  });
});

describe('21-fastcgi-scgi', () => {
  test('answers nginx by FastCGI and by SCGI, with its nginx.conf', async () => {
    const { server, address } = await serve('21-fastcgi-scgi/server.js', '127.0.0.1:0', '127.0.0.1:0');
    const [, scgi = ''] = await server.says(/^SCGI on (\S+)$/m);
    const config = readFileSync(new URL('../21-fastcgi-scgi/nginx.conf', import.meta.url), 'utf8');
    const nginx = await Nginx.start(
      '',
      config.replace('127.0.0.1:9000', address).replace('127.0.0.1:9001', scgi),
    );
    onTestFinished(() => nginx.stop());
    for (const name of ['fastcgi', 'scgi']) {
      const site = ['--unix-socket', nginx.socketPath, `http://localhost/${name}/a%20b?c=d`];
      expect(await curl(...site)).toBe(`GET /${name} /a b c=d\n`);
      expect(await curl('--data', 'posted', ...site)).toBe(`POST /${name} /a b c=d\nposted`);
    }
    expect(nginx.complaints).toEqual([]);
  });

  test("answers cgi-fcgi, FastCGI's own client", async () => {
    const { address } = await serve('21-fastcgi-scgi/server.js', '127.0.0.1:0', '127.0.0.1:0');
    const env = {
      PATH: process.env['PATH'],
      ...{ REQUEST_METHOD: 'POST', REQUEST_URI: '/fastcgi/x?y', QUERY_STRING: 'y', CONTENT_LENGTH: '6' },
    };
    const answer = await output('cgi-fcgi', ['-bind', '-connect', address], { env, input: 'posted' });
    expect(answer).toMatch(/^Status: 200 OK\r\n[^]*\r\n\r\nPOST \/fastcgi \/x y\nposted$/);
  });
});

describe('24-rest', () => {
  test('answers with a status of each class', async () => {
    const { address } = await serve('24-rest/server.js');
    const site = `http://${address}`;
    /** The lines of the body, then the status and Location. */
    const ask = async (path: string, ...args: string[]): Promise<string[]> => {
      const format = '\n%{http_code} %header{location}';
      const text = await curl('--write-out', format, ...args, site + path);
      return text.split('\n');
    };
    const send = (method: string, path: string, data: string): Promise<string[]> =>
      ask(path, '-X', method, '-H', 'Content-Type: application/json', '--data', data);

    expect(await ask('/books')).toEqual(['[{"id":1,"title":"TCP/IP Illustrated"}]', '', '200 ']);
    expect(await send('POST', '/books', '{"title":"HTTP"}')).toEqual([
      '{"id":2,"title":"HTTP"}',
      '',
      `201 ${site}/books/2`,
    ]);
    expect(await send('PUT', '/books/2', '{"title":"HTTP/2"}')).toEqual([
      '{"id":2,"title":"HTTP/2"}',
      '',
      '200 ',
    ]);
    expect(await ask('/books/2')).toEqual(['{"id":2,"title":"HTTP/2"}', '', '200 ']);
    expect(await ask('/books/2', '-X', 'DELETE')).toEqual(['', '204 ']);

    expect((await ask('/library')).at(-1)).toBe('301 /books');
    expect((await ask('/books/1/')).at(-1)).toBe('308 /books/1');

    expect((await send('POST', '/books', '{"title":')).at(-1)).toBe('400 ');
    expect((await ask('/books/2')).at(-1)).toBe('404 ');
    expect((await ask('/books/1', '-X', 'PATCH')).at(-1)).toBe('405 ');
    expect((await ask('/books', '--data', 'title=HTTP')).at(-1)).toBe('415 ');
    expect((await send('POST', '/books', '{"name":"HTTP"}')).at(-1)).toBe('422 ');
    expect((await send('POST', '/books', JSON.stringify({ title: 'x'.repeat(10_000) }))).at(-1)).toBe('413 ');

    const broken = await ask('/broken', '-H', 'Accept: text/plain');
    expect(broken.at(-1)).toBe('500 ');
    expect(broken.join()).not.toContain('asked to');
  });

  test('says 100 before it takes a body, what is allowed, and what has not changed', async () => {
    const { address } = await serve('24-rest/server.js');
    const books = `http://${address}/books`;
    const json = ['-H', 'Content-Type: application/json', '--data', '{"title":"HTTP"}'];
    expect(await curl('--include', '-H', 'Expect: 100-continue', ...json, books)).toMatch(
      /^HTTP\/1\.1 100 [^]*HTTP\/1\.1 201 Created\r\n/,
    );
    expect(await curl('--include', '-X', 'DELETE', books)).toMatch(/\r\nAllow: GET, HEAD, POST, OPTIONS\r\n/);
    const first = await curl('--include', `${books}/1`);
    const [, tag = ''] = /\r\nETag: (.*)\r\n/.exec(first) ?? [];
    expect(await curl('--include', '-H', `If-None-Match: ${tag}`, `${books}/1`)).toMatch(/^HTTP\/1\.1 304 /);
  });
});
