import { expect, test } from 'vitest';
import { serving } from './harness.ts';
import { describeRequest } from './peer-application.ts';
import { run } from './processes.ts';

/** Runs Python's standard library against the server; `host` and `port` are set. */
async function python(
  program: string,
): Promise<{ printed: string[]; connections: number; requests: number }> {
  let connections = 0;
  const known = new Set<string>();
  const { server } = await serving((request) => {
    const { remoteAddress } = request;
    known.add(JSON.stringify(remoteAddress));
    connections = known.size;
    return describeRequest(request);
  });
  const { address } = server;
  if (address.family === 'unix' || address.family === 'memory') throw new Error('not TCP');
  const printed = await run('python3', [
    '-c',
    `import sys\nhost, port = '${address.host}', ${String(address.port)}\n${program}`,
  ]);
  return { printed: printed.trimEnd().split('\n'), connections, requests: server.stats.requests };
}

test('http.client: one connection, GET, POST, HEAD, chunks, large and empty bodies', async () => {
  const { printed, connections, requests } = await python(`
import http.client, json
c = http.client.HTTPConnection(host, port)
def ask(*args, **kw):
    c.request(*args, **kw)
    r = c.getresponse()
    body = r.read()
    print(r.status, r.version, r.getheader('Connection'), r.getheader('Content-Length'), len(body), body[:60].decode())
    return r
ask('GET', '/x?y')
ask('POST', '/', body=b'x' * 70000)
ask('POST', '/', body=iter([b'one', b'two', b'y' * 70000]), encode_chunked=True, headers={'Transfer-Encoding': 'chunked'})
ask('HEAD', '/large')
ask('GET', '/large')
ask('GET', '/empty')
ask('GET', '/pieces')
ask('DELETE', '/z')
print(ask('GET', '/').getheader('X-Twice'))
c.close()
`);
  expect(printed).toEqual([
    '200 11 None 43 43 {"method":"GET","target":"/x?y","length":0}',
    '200 11 None 45 45 {"method":"POST","target":"/","length":70000}',
    '200 11 None 45 45 {"method":"POST","target":"/","length":70006}',
    '200 11 None 3000000 0 ',
    `200 11 None 3000000 3000000 ${'large '.repeat(10)}`,
    '204 11 None None 0 ',
    '200 11 None None 13 one two three',
    '200 11 None 44 44 {"method":"DELETE","target":"/z","length":0}',
    '200 11 None 40 40 {"method":"GET","target":"/","length":0}',
    'a, b',
  ]);
  expect({ connections, requests }).toEqual({ connections: 1, requests: 9 });
});

test('http.client in HTTP/1.0: kept alive where it asks for it, and a body of unknown length ends with the connection', async () => {
  const { printed, connections } = await python(`
import http.client
class Old(http.client.HTTPConnection):
    _http_vsn, _http_vsn_str = 10, 'HTTP/1.0'
c = Old(host, port)
for path in '/', '/large', '/pieces':
    c.request('GET', path, headers={'Connection': 'keep-alive'})
    r = c.getresponse()
    print(len(r.read()), r.getheader('Connection'), r.getheader('Transfer-Encoding'), c.sock is None)
c = Old(host, port)
c.request('GET', '/')
r = c.getresponse()
print(len(r.read()), r.getheader('Connection'))
`);
  expect(printed).toEqual([
    '40 keep-alive None False',
    '3000000 keep-alive None False',
    '13 close None True',
    '40 close',
  ]);
  expect(connections).toBe(2);
});

test('urllib: GET, POST, a status that is an error', async () => {
  const { printed } = await python(`
import urllib.request, json
base = 'http://%s:%d' % (host, port)
print(json.load(urllib.request.urlopen(base + '/a%20b?c')))
print(json.load(urllib.request.urlopen(base, data=b'a=b&c=d')))
print(len(urllib.request.urlopen(base + '/large').read()))
print(urllib.request.urlopen(base + '/pieces').read())
try:
    urllib.request.urlopen(urllib.request.Request(base, headers={'X-Long': 'x' * 20000}))
except urllib.error.HTTPError as error:
    print(error.code, error.reason)
`);
  expect(printed).toEqual([
    "{'method': 'GET', 'target': '/a%20b?c', 'length': 0}",
    "{'method': 'POST', 'target': '/', 'length': 7}",
    '3000000',
    "b'one two three'",
    '431 Request Header Fields Too Large',
  ]);
});

test('a socket that pipelines and half-closes', async () => {
  const { printed } = await python(`
import socket
s = socket.create_connection((host, port))
s.sendall(b'GET /1 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' * 50)
s.shutdown(socket.SHUT_WR)
got = b''
while data := s.recv(65536):
    got += data
print(got.count(b'HTTP/1.1 200 OK'), got.count(b'"target":"/1"'))
`);
  expect(printed).toEqual(['50 50']);
});
