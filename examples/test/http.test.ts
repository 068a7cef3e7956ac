import { describe, expect, test } from 'vitest';
import { python, serve } from './running.ts';

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
