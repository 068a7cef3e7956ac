import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { python, pythonServer, scratch, serve, start } from './running.ts';

describe('01-tcp-echo', () => {
  test("the server answers the seed's client", async () => {
    const { server, port } = await serve('01-tcp-echo/server.js');
    const client = `
from socket import socket, AF_INET, SOCK_STREAM
import sys

s = socket(AF_INET, SOCK_STREAM)
s.connect(('localhost', int(sys.argv[1])))
s.send(b'Hello')
content = s.recv(8192)
print(content.decode())
s.close()
`;
    expect(await python(client, port)).toBe('Hello\n');
    await server.says(/^Got connection from 127\.0\.0\.1:\d+$/m);
  });

  test("the client is answered by the seed's server", async () => {
    const { address } = await pythonServer(`
from socket import socket, AF_INET, SOCK_STREAM

def echo_handler(address, client_sock):
    while True:
        msg = client_sock.recv(8192)
        if not msg:
            break
        client_sock.sendall(msg)
    client_sock.close()

sock = socket(AF_INET, SOCK_STREAM)
sock.bind(('127.0.0.1', 0))
sock.listen(5)
print('%s:%d' % sock.getsockname())
while True:
    client_sock, client_addr = sock.accept()
    echo_handler(client_addr, client_sock)
`);
    expect(await start('01-tcp-echo/client.js', address).ended()).toMatchObject({
      code: 0,
      stdout: 'Hello\n',
      stderr: '',
    });
  });

  test('client and server understand each other', async () => {
    const { address } = await serve('01-tcp-echo/server.js');
    expect(await start('01-tcp-echo/client.js', address).ended()).toMatchObject({
      code: 0,
      stdout: 'Hello\n',
      stderr: '',
    });
  });
});

describe('04-udp-time', () => {
  test("the time server answers the seed's client", async () => {
    const { server, port } = await serve('04-udp-time/server.js');
    const client = `
from socket import socket, AF_INET, SOCK_DGRAM
import sys, time

s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(20)
s.sendto(b'', ('127.0.0.1', int(sys.argv[1])))
content, address = s.recvfrom(8192)
told = time.mktime(time.strptime(content.decode('ascii')[:24], '%a %b %d %Y %H:%M:%S'))
assert abs(told - time.time()) < 60, content
print(address[1])
s.close()
`;
    expect(await python(client, port)).toBe(`${port}\n`);
    await server.says(/^Got message from 127\.0\.0\.1:\d+$/m);
  });

  test("the client is answered by the seed's time server", async () => {
    const { address } = await pythonServer(`
from socket import socket, AF_INET, SOCK_DGRAM
import time

sock = socket(AF_INET, SOCK_DGRAM)
sock.bind(('127.0.0.1', 0))
print('%s:%d' % sock.getsockname())
while True:
    msg, addr = sock.recvfrom(8192)
    assert msg == b'', msg
    sock.sendto(time.ctime().encode('ascii'), addr)
`);
    const { code, stdout } = await start('04-udp-time/client.js', address).ended();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} 127\.0\.0\.1:\d+\n$/);
    expect(stdout).toContain(address);
  });

  test("the greeting server answers the seed's client", async () => {
    const { port } = await serve('04-udp-time/greeting-server.js');
    const client = `
import socket, sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
for data in [b'a', b'b', b'c']:
    s.sendto(data, ('127.0.0.1', int(sys.argv[1])))
    print(s.recv(1024).decode('utf-8'))
s.close()
`;
    expect(await python(client, port)).toBe('Hello, a\nHello, b\nHello, c\n');
  });

  test("the greeting client is answered by the seed's server, and hears nobody else", async () => {
    const { address } = await pythonServer(`
import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print('%s:%d' % s.getsockname())
while True:
    data, addr = s.recvfrom(1024)
    other.sendto(b'promiscuous', addr)
    s.sendto(b'Hello, %s' % data, addr)
`);
    const client = start('04-udp-time/greeting-client.js', address);
    expect(await client.ended()).toMatchObject({
      code: 0,
      stdout: 'Hello, a\nHello, b\nHello, c\n',
      stderr: '',
    });
  });
});

describe('07-unix-echo', () => {
  const client = `
import socket, sys

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
    sock.settimeout(20)
    sock.connect(sys.argv[1])
    sock.sendall(bytes(' '.join(sys.argv[2:]) + '\\n', 'utf-8'))
    print(str(sock.recv(1024), 'utf-8'))
`;

  async function freshPath(): Promise<string> {
    return join(await scratch(), 'test.sock');
  }

  test("the server answers the seed's client in capitals, and lets only its owner in", async () => {
    const path = await freshPath();
    const { server } = await serve('07-unix-echo/server.js', path);
    expect(await python(client, path, 'hello', 'unix')).toBe('HELLO UNIX\n');
    await server.says(/^hello unix$/m);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('the server takes over the path of one that died, and not of one that lives', async () => {
    const path = await freshPath();
    const { server } = await serve('07-unix-echo/server.js', path);
    const second = await start('07-unix-echo/server.js', path).ended();
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('IN_USE');
    expect(await python(client, path, 'still', 'there')).toBe('STILL THERE\n');

    await server.stop('SIGKILL');
    expect((await stat(path)).isSocket()).toBe(true);
    await serve('07-unix-echo/server.js', path);
    expect(await python(client, path, 'here', 'again')).toBe('HERE AGAIN\n');
  });

  test("the client is answered by Python's UnixStreamServer", async () => {
    const path = await freshPath();
    const { address } = await pythonServer(`
import socketserver

class MyHandler(socketserver.BaseRequestHandler):
    def handle(self):
        self.data = self.request.recv(1024).strip()
        self.request.sendall(self.data.upper())

with socketserver.UnixStreamServer(${JSON.stringify(path)}, MyHandler) as server:
    print(server.server_address)
    server.serve_forever()
`);
    const { code, stdout } = await start('07-unix-echo/client.js', address, 'hello', 'python').ended();
    expect([code, stdout]).toEqual([0, 'HELLO PYTHON\n']);
  });
});
