import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { python, pythonServer, scratch, serve, start } from './running.ts';

/** Runs an example, which must succeed; answers its lines. */
async function linesOf(file: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await start(file, ...args).ended();
  expect([code, stderr]).toEqual([0, '']);
  return stdout.split('\n');
}

/** What the same calls print in Python. */
async function linesOfPython(program: string, ...args: string[]): Promise<string[]> {
  return (await python(program, ...args)).split('\n');
}

describe('12-socket-api', () => {
  test('pair.js prints what Python prints', async () => {
    const twin = `
import socket

def something(s):
    s.setblocking(False)
    try:
        return 'true' if s.recv(1, socket.MSG_PEEK) else 'false'
    except BlockingIOError:
        return 'false'

a, b = socket.socketpair()
print('b is the peer of a:', 'true' if a.getpeername() == b.getsockname() else 'false')
print('something to read:', something(b))
a.send(b'xxx\\n')
print('something to read:', something(b))
print('received:', b.recv(10).decode())
b.close()
print('the end:', a.recv(10) or 'undefined')
`;
    expect(await linesOf('12-socket-api/pair.js')).toEqual(await linesOfPython(twin));
  });

  test('shutdown.js prints what Python prints', async () => {
    const twin = `
import socket

listener = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()

client.sendall(b'request')
client.shutdown(socket.SHUT_WR)
print('all of the request:', server.makefile('rb').read().decode())
server.sendall(b'answer')
print('the answer still comes:', client.recv(1024).decode())

server.shutdown(socket.SHUT_RD)
print('after SHUT_RD:', server.recv(1024).decode())
server.sendall(b'more')
print('the other direction goes on:', client.recv(1024).decode())

server.shutdown(socket.SHUT_RDWR)
print('after SHUT_RDWR:', client.recv(1024).decode())
`;
    expect(await linesOf('12-socket-api/shutdown.js')).toEqual(await linesOfPython(twin));
  });

  test('errors.js has a code for each exception of Python', async () => {
    const twin = `
import errno, socket, struct

codes = {
    TimeoutError: 'TIMED_OUT',
    ConnectionResetError: 'RESET',
    socket.gaierror: 'NOT_FOUND',
    ConnectionRefusedError: 'REFUSED',
    FileNotFoundError: 'NOT_FOUND',
    errno.EADDRINUSE: 'IN_USE',
    errno.EADDRNOTAVAIL: 'UNAVAILABLE',
    errno.EBADF: 'CLOSED',
}

def attempt(what, call, *args):
    try:
        call(*args)
        print(what, 'fine')
    except OSError as error:
        print(what, codes.get(type(error)) or codes[error.errno])

listener = socket.create_server(('127.0.0.1', 0))
listener.settimeout(0.05)
attempt('nobody comes:', listener.accept)
stream = socket.create_connection(listener.getsockname(), timeout=5)
peer, _ = listener.accept()
stream.settimeout(0.05)
attempt('nothing comes:', stream.recv, 10)
stream.settimeout(None)
peer.sendall(b'late')
attempt('nothing is lost:', stream.recv, 10)
peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
peer.close()
attempt('the peer reset it:', stream.recv, 10)

# As bytes: Python refuses the text by itself.
attempt('no such name:', socket.create_connection, (b'a..b', 80))
attempt('nobody listens:', socket.create_connection, ('127.0.0.1', 1))
attempt('no such path:', socket.socket(socket.AF_UNIX).connect, '/nowhere/test.sock')
attempt('the address is taken:', socket.create_server, listener.getsockname())
attempt('the address is not of this machine:', socket.create_server, ('192.0.2.1', 0))
listener.close()
attempt('it is closed:', listener.accept)
`;
    expect(await linesOf('12-socket-api/errors.js')).toEqual(await linesOfPython(twin));
  });

  test('create-server.js prints what Python prints, and says where SO_REUSEPORT is not to be had', async () => {
    const twin = `
import socket

def port(s):
    return s.getsockname()[1]

dual = socket.create_server(('::', 0), family=socket.AF_INET6, backlog=5, dualstack_ipv6=True)
port_of_dual = port(dual)
for host in ('127.0.0.1', '::1'):
    client = socket.create_connection((host, port(dual)))
    server, address = dual.accept()
    print('dual-stack:', 'ipv4' if address[0].startswith('::ffff:') else 'ipv6')
    server.close()
    client.close()
dual.close()
again = socket.create_server(('::', port_of_dual), family=socket.AF_INET6, dualstack_ipv6=True)
print('SO_REUSEADDR:', 'true' if port(again) == port_of_dual else 'false')
again.close()

only = socket.create_server(('::', 0), family=socket.AF_INET6)
try:
    socket.create_connection(('127.0.0.1', port(only)))
except ConnectionRefusedError:
    print('of IPv6 only: REFUSED')
only.close()

first = socket.create_server(('127.0.0.1', 0), reuse_port=True)
second = socket.create_server(first.getsockname(), reuse_port=True)
print('SO_REUSEPORT:', 'true' if port(first) == port(second) else 'false')
`;
    const lines = await linesOf('12-socket-api/create-server.js');
    const expected = await linesOfPython(twin);
    if (!hasReusePort()) {
      const { node } = process.versions;
      expected[4] = `SO_REUSEPORT: UNSUPPORTED reusePort needs node 22.12 or 23.1, this is ${node}`;
    }
    expect(lines).toEqual(expected);
  });

  test('options.js and Python say the same addresses, and the kernel asks a silent peer as long as they want', async () => {
    // What the kernel's timer of the other end of a connection is for: 2 is keep-alive, 1 means that an acknowledgement is awaited yet.
    const { server, address } = await pythonServer(`
import socket, struct

def timer(address):
    host, = struct.unpack('=I', socket.inet_aton(address[0]))
    wanted = '%08X:%04X' % (host, address[1])
    for line in open('/proc/net/tcp'):
        fields = line.split()
        if fields[1] == wanted:
            return int(fields[5].split(':')[0])

sock = socket.create_server(('127.0.0.1', 0))
print('%s:%d' % sock.getsockname())
while True:
    conn, address = sock.accept()
    while data := conn.recv(1024):
        while (what := timer(address)) == 1:
            pass
        print(data.decode(), 'asked' if what == 2 else 'not asked')
        conn.sendall(data)
`);
    const twin = `
import socket, sys

host, port = sys.argv[1].split(':')
s = socket.create_connection((host, int(port)), timeout=5, source_address=('127.0.0.2', 0))
s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
print('getsockname: %s:PORT' % s.getsockname()[0])
print('getpeername: %s:%d' % s.getpeername())

s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
s.sendall(b'alive')
print('with SO_KEEPALIVE:', s.recv(1024).decode())

s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
s.sendall(b'silent')
print('without:', s.recv(1024).decode())
`;
    const lines = await linesOf('12-socket-api/options.js', address, '127.0.0.2');
    expect(lines).toEqual(await linesOfPython(twin, address));
    await server.says(/\n(alive asked\nsilent not asked\n){2}$/);
  });

  const text = 'one two\nthree\nfour';
  const sixBytes = text.slice(3, 9);

  async function textFile(): Promise<string> {
    const path = join(await scratch(), 'text');
    await writeFile(path, text);
    return path;
  }

  const pythonClient = `
import socket, sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20) as s, s.makefile('rb') as f:
    s.sendall(b'3 9\\n0\\n')
    s.shutdown(socket.SHUT_WR)
    print('six bytes:', f.read(6).decode())
    print('first line:', f.readline().decode().rstrip())
    for line in f:
        print('line:', line.decode().rstrip())
`;
  const printed = `six bytes: ${sixBytes}\nfirst line: one two\nline: three\nline: four\n`;

  test("send-file.js sends what Python's client asks for, a part and the whole", async () => {
    const { server, port } = await serve('12-socket-api/send-file.js', '127.0.0.1:0', await textFile());
    expect(await python(pythonClient, port)).toBe(printed);
    await server.says(/^sent 6\nsent 18$/m);
  });

  test('send-file.js sends a file that does not fit any buffer', async () => {
    const path = join(await scratch(), 'large');
    const line = `${'0123456789'.repeat(10)}\n`;
    await writeFile(path, line.repeat(100_000));
    const { server, port } = await serve('12-socket-api/send-file.js', '127.0.0.1:0', path);
    const client = `
import hashlib, socket, sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20) as s, s.makefile('rb') as f:
    s.sendall(b'0\\n')
    s.shutdown(socket.SHUT_WR)
    received = f.read()
print(received == open(sys.argv[2], 'rb').read(), len(received))
`;
    expect(await python(client, port, path)).toBe('True 10100000\n');
    await server.says(/^sent 10100000$/m);
  });

  test("make-file.js reads from Python's sendfile what Python's makefile reads", async () => {
    const path = await textFile();
    const { address } = await pythonServer(`
import socket

with socket.create_server(('127.0.0.1', 0)) as sock:
    print('%s:%d' % sock.getsockname())
    while True:
        conn, _ = sock.accept()
        with conn, conn.makefile('rb') as requests, open(${JSON.stringify(path)}, 'rb') as file:
            for line in requests:
                start, *end = map(int, line.split())
                conn.sendfile(file, start, end[0] - start if end else None)
`);
    const port = address.split(':')[1] ?? '';
    const lines = await linesOf('12-socket-api/make-file.js', address);
    expect(lines).toEqual(await linesOfPython(pythonClient, port));
    expect(lines.join('\n')).toBe(printed);
  });

  test('make-file.js and send-file.js understand each other', async () => {
    const { address } = await serve('12-socket-api/send-file.js', '127.0.0.1:0', await textFile());
    expect((await linesOf('12-socket-api/make-file.js', address)).join('\n')).toBe(printed);
  });
});

/** From 22.12 and 23.1 on. */
function hasReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 ? minor >= 1 : major === 22 && minor >= 12);
}
