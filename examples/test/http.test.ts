import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { python, scratch, serve } from './running.ts';

describe('16-page-image-form', () => {
  test("serves Python's urllib the page, the image, and the form escaped", async () => {
    const { address } = await serve('16-page-image-form/server.js');
    const client = `
import html, sys
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

site = 'http://' + sys.argv[1]
page = urlopen(site + '/', timeout=20).read().decode()
assert '<img src="picture.png">' in page and '<p>Wow, a server</p>' in page, page

picture = urlopen(site + '/picture.png', timeout=20)
assert picture.headers['Content-Type'] == 'image/png'
assert picture.read()[:8] == b'\\x89PNG\\r\\n\\x1a\\n'

for name in ('Zoë', '<script>alert(1)</script>', '''"&'='''):
    page = urlopen(site + '/', urlencode({'firstname': name}).encode(), timeout=20).read().decode()
    assert '<script' not in page, page
    assert '<p>' + name + '</p>' in html.unescape(page), page

try:
    urlopen(site + '/missing', timeout=20)
    raise AssertionError('found')
except HTTPError as error:
    assert error.code == 404
print('ok')
`;
    expect(await python(client, address)).toBe('ok\n');
  });
});

describe('18-http-server', () => {
  test("answers as Python's http.server does for the same directory, but escapes nobody from it", async () => {
    const directory = await scratch();
    await mkdir(join(directory, 'site/sub'), { recursive: true });
    await writeFile(join(directory, 'secret.txt'), 'secret');
    await writeFile(join(directory, 'site/a & b.txt'), 'text');
    await writeFile(join(directory, 'site/large.bin'), Buffer.alloc(3_000_000, 'x'));
    await writeFile(join(directory, 'site/sub/index.html'), '<p>index</p>');
    await symlink(join(directory, 'secret.txt'), join(directory, 'site/link.txt'));
    const { server, port } = await serve('18-http-server/server.js', '127.0.0.1:0', join(directory, 'site'));
    // A file that was written a moment ago has no Last-Modified yet: this one is older.
    const older = fileURLToPath(new URL('../16-page-image-form', import.meta.url));
    const { port: olderPort } = await serve('18-http-server/server.js', '127.0.0.1:0', older);
    const client = `
import sys
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from functools import partial
from threading import Thread

class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

def ask(port, method, path, headers={}):
    connection = HTTPConnection('127.0.0.1', port, timeout=20)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    result = response.status, (response.headers['Content-Type'] or '').split(';')[0], response.headers['Content-Length'], response.read(), response.headers['Last-Modified']
    connection.close()
    return result

httpd = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=sys.argv[2]))
Thread(target=httpd.serve_forever, daemon=True).start()
ours, theirs = int(sys.argv[1]), httpd.server_port
for method, path in (('GET', '/a%20%26%20b.txt'), ('HEAD', '/a%20%26%20b.txt'), ('GET', '/large.bin'), ('GET', '/sub/'), ('HEAD', '/large.bin')):
    assert ask(ours, method, path)[:4] == ask(theirs, method, path)[:4], (path, ask(ours, method, path)[:3], ask(theirs, method, path)[:3])
assert ask(ours, 'GET', '/sub')[0] == ask(theirs, 'GET', '/sub')[0] == 301
older = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=sys.argv[4]))
Thread(target=older.serve_forever, daemon=True).start()
ours_older, theirs_older = int(sys.argv[3]), older.server_port
assert ask(ours_older, 'GET', '/picture.png') == ask(theirs_older, 'GET', '/picture.png')
since = {'If-Modified-Since': ask(ours_older, 'GET', '/picture.png')[4]}
assert ask(ours_older, 'GET', '/picture.png', since)[0] == ask(theirs_older, 'GET', '/picture.png', since)[0] == 304
listing = ask(ours, 'GET', '/')[3].decode()
assert 'href="a%20%26%20b.txt"' in listing and 'a &#38; b.txt' in listing and 'href="sub/"' in listing, listing
for path in ('/missing', '/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/link.txt', '/%00', '/%', '/' + 300 * 'x', '/large.bin/x'):
    status, _, _, body, _ = ask(ours, 'GET', path)
    assert status in (400, 404) and body != b'secret', (path, status, body)
assert ask(ours, 'PUT', '/new')[0] == 405
print('ok')
`;
    expect(await python(client, port, join(directory, 'site'), olderPort, older)).toBe('ok\n');
    await server.says(/"GET \/\.\.%2fsecret\.txt HTTP\/1\.1" 404 14/);
  });
});

describe('22-wsgi-hello', () => {
  test('answers as the same application does on wsgiref', async () => {
    const { port } = await serve('22-wsgi-hello/server.js');
    const client = `
import sys
from http.client import HTTPConnection
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

def application(environ, start_response):
    if environ['REQUEST_METHOD'] == 'GET' and environ['PATH_INFO'] == '/':
        start_response('200 OK', [('Content-Type', 'text/html')])
        return [b'<h1>Hello, web!</h1>']
    start_response('404 Not Found', [('Content-Type', 'text/html')])
    return [b'<h1>Not Found</h1>']

class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass

def answers(port):
    for method, path in (('GET', '/'), ('GET', '/?x=1'), ('GET', '/missing'), ('GET', '/%2F'), ('POST', '/')):
        connection = HTTPConnection('127.0.0.1', port, timeout=20)
        connection.request(method, path)
        response = connection.getresponse()
        fields = [response.headers[name] for name in ('Content-Type', 'Content-Length')]
        yield method, path, response.status, response.reason, fields, response.read()
        connection.close()

httpd = make_server('127.0.0.1', 0, application, handler_class=Quiet)
Thread(target=httpd.serve_forever, daemon=True).start()
ours, theirs = list(answers(int(sys.argv[1]))), list(answers(httpd.server_port))
assert ours == theirs, (ours, theirs)
assert ours[0][-1] == b'<h1>Hello, web!</h1>', ours
print('ok')
`;
    expect(await python(client, port)).toBe('ok\n');
  });
});
