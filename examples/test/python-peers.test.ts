import { describe, expect, test } from 'vitest';
import { python, pythonServer, serve, start, startProgram } from './running.ts';

/** Ten connections on one loop, each with texts of its own to send and to get back, by `selectors`. */
const selectorsClient = `
import selectors, socket, sys

sel = selectors.DefaultSelector()
expected = {}
for number in range(10):
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    s.setblocking(False)
    text = (b'%d ' % number) * 20000 + b'\\n'
    expected[s] = text
    sel.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE, [memoryview(text), b''])
while sel.get_map():
    events = sel.select(20)
    assert events, 'nothing happened'
    for key, mask in events:
        s, data = key.fileobj, key.data
        if mask & selectors.EVENT_WRITE:
            data[0] = data[0][s.send(data[0][:10000]):]
            if not data[0]:
                sel.modify(s, selectors.EVENT_READ, data)
        elif mask & selectors.EVENT_READ:
            chunk = s.recv(10000)
            assert chunk, 'ended too early'
            data[1] += chunk
            if len(data[1]) == len(expected[s]):
                sel.unregister(s)
                assert data[1] == expected[s]
                s.close()
print('ten echoes')
`;

describe('servers of the examples and clients nobody here wrote', () => {
  test('01-tcp-echo answers netcat', async () => {
    const { port } = await serve('01-tcp-echo/server.js');
    const netcat = startProgram('nc', ['-N', '127.0.0.1', port], { input: 'Hello netcat\n' });
    expect(await netcat.ended()).toMatchObject({ code: 0, stdout: 'Hello netcat\n' });
  });

  test.each([
    ['01-tcp-echo/server.js', []],
    ['11-socketserver/server.js', []],
    ['11-socketserver/server.js', ['threads']],
    ['14-selectors/server.js', []],
  ])('%s %j echoes to ten connections of one Python program', async (file, args) => {
    const { port } = await serve(file, '127.0.0.1:0', ...args);
    expect(await python(selectorsClient, port)).toBe('ten echoes\n');
  });

  test.each([
    ['server.js', 'SOCK_STREAM'],
    ['udp-server.js', 'SOCK_DGRAM'],
  ])("11-socketserver/%s answers seed 004's client over %s", async (file, kind) => {
    const { port } = await serve(`11-socketserver/${file}`);
    const client = `
import socket
import sys

HOST, PORT = '127.0.0.1', int(sys.argv[1])
data = ' '.join(sys.argv[2:])

with socket.socket(socket.AF_INET, socket.${kind}) as sock:
    sock.settimeout(20)
    sock.connect((HOST, PORT))
    sock.sendall(bytes(data + '\\n', 'utf-8'))
    received = str(sock.recv(1024), 'utf-8')

print('Sent:     {}'.format(data))
print('Received: {}'.format(received.rstrip()))
`;
    expect(await python(client, port, 'hello', 'Yingxuan')).toBe(
      'Sent:     hello Yingxuan\nReceived: HELLO YINGXUAN\n',
    );
  });
});

describe('clients of the examples and servers of Python', () => {
  test("01-tcp-echo is answered by seed 004's ThreadingTCPServer, in capitals", async () => {
    const { server, address } = await pythonServer(`
import socketserver

class MyHandler(socketserver.BaseRequestHandler):
    def handle(self):
        self.data = self.request.recv(1024).strip()
        print('{} wrote:'.format(self.client_address[0]))
        print(self.data)
        self.request.sendall(self.data.upper())

with socketserver.ThreadingTCPServer(('127.0.0.1', 0), MyHandler) as server:
    print('%s:%d' % server.server_address)
    server.serve_forever()
`);
    const ended = await start('01-tcp-echo/client.js', address).ended();
    expect(ended).toMatchObject({ code: 0, stdout: 'HELLO\n', stderr: '' });
    await server.says(/^127\.0\.0\.1 wrote:\nb'Hello'$/m);
  });

  test("04-udp-time is answered by seed 004's UDPServer", async () => {
    const { address } = await pythonServer(`
import socketserver

class MyHandler(socketserver.BaseRequestHandler):
    def handle(self):
        data = self.request[0].strip()
        self.request[1].sendto(b'Hello, ' + data.upper(), self.client_address)

with socketserver.ThreadingUDPServer(('127.0.0.1', 0), MyHandler) as server:
    print('%s:%d' % server.server_address)
    server.serve_forever()
`);
    const ended = await start('04-udp-time/greeting-client.js', address).ended();
    expect(ended).toMatchObject({ code: 0, stdout: 'Hello, A\nHello, B\nHello, C\n', stderr: '' });
  });

  test("01-tcp-echo is answered by seed 004's server on selectors", async () => {
    const { server, address } = await pythonServer(`
import selectors
import socket

sel = selectors.DefaultSelector()

def accept(sock, mask):
    conn, addr = sock.accept()
    conn.setblocking(False)
    sel.register(conn, selectors.EVENT_READ, read)

def read(conn, mask):
    data = conn.recv(1000)
    if data:
        print('echoing', repr(data))
        conn.send(data)
    else:
        print('closing')
        sel.unregister(conn)
        conn.close()

sock = socket.socket()
sock.bind(('127.0.0.1', 0))
sock.listen(100)
sock.setblocking(False)
sel.register(sock, selectors.EVENT_READ, accept)
print('%s:%d' % sock.getsockname())

while True:
    events = sel.select()
    for key, mask in events:
        callback = key.data
        callback(key.fileobj, mask)
`);
    const ended = await start('01-tcp-echo/client.js', address).ended();
    expect(ended).toMatchObject({ code: 0, stdout: 'Hello\n', stderr: '' });
    await server.says(/^echoing b'Hello'\nclosing$/m);
  });
});
