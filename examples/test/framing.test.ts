import { describe, expect, test } from 'vitest';
import { python, pythonServer, serve, start } from './running.ts';

describe('03-delimited', () => {
  test("the server answers the seed's client, item by item however they are sent", async () => {
    const { server, port } = await serve('03-delimited/server.js');
    const client = `
import socket, sys

s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for piece in (b'par', b'tial,', b'two,items,', b'rest'):
    s.sendall(piece)
s.shutdown(socket.SHUT_WR)
received = b''
while data := s.recv(128):
    received += data
print(received.decode())
`;
    expect(await python(client, port)).toBe('Hello,World,Bye,Bye,Yingxuanpartial,two,items,rest,\n');
    await server.says(/^get data partial\nget data two\nget data items\nget data rest$/m);
  });

  test("the client sends back what a server of the seed's kind sends it", async () => {
    const { server, address } = await pythonServer(`
import socket

ss = socket.create_server(('127.0.0.1', 0))
print('%s:%d' % ss.getsockname())
client_socket, addr = ss.accept()
client_socket.settimeout(20)
client_socket.send(b'Hello,Wo')
assert client_socket.recv(128) == b'Hello,'
client_socket.send(b'rld,')
assert client_socket.recv(128) == b'World,'
client_socket.shutdown(socket.SHUT_WR)
assert client_socket.recv(128) == b''
print('done')
`);
    const client = await start('03-delimited/client.js', address).ended();
    expect(client).toMatchObject({ code: 0, stdout: 'get data Hello\nget data World\n', stderr: '' });
    expect((await server.ended()).stdout).toContain('done\n');
  });
});

describe('09-message-structures', () => {
  async function addresses(): Promise<Map<string, string>> {
    const server = start('09-message-structures/server.js');
    await server.says(/^close .*\n/m);
    return new Map(
      Array.from(server.stdout.matchAll(/^(\w+) (\S+)$/gm), ([, name, address]) => [
        String(name),
        String(address),
      ]),
    );
  }

  test("Python's struct agrees with each of them, byte by byte", async () => {
    const ports = Array.from(
      await addresses(),
      ([name, address]) => `${name}:${address.split(':')[1] ?? ''}`,
    );
    const client = `
import socket, struct, sys

def exchange(port, data):
    s = socket.create_connection(('127.0.0.1', port), timeout=20)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in data:
        s.send(bytes([byte]))
    s.shutdown(socket.SHUT_WR)
    received = b''
    while piece := s.recv(1024):
        received += piece
    return received

def header(*messages):
    return b''.join(struct.pack('!I%ds' % len(m), len(m), m) for m in messages)

port = {name: int(number) for name, number in (a.split(':') for a in sys.argv[1:])}
assert exchange(port['fixed'], struct.pack('5s5s', b'hello', b'world')) == b'HELLOWORLD'
assert exchange(port['delimiter'], b'hello\\n\\nworld\\n') == b'HELLO\\n\\nWORLD\\n'
assert exchange(port['header'], header(b'hello', b'', b'w' * 300)) == header(b'HELLO', b'', b'W' * 300)
assert exchange(port['close'], b'hello world') == b'HELLO WORLD'
print('ok')
`;
    expect(await python(client, ...ports)).toBe('ok\n');
  });

  test('client and server understand each other in each of them', async () => {
    for (const [name, address] of await addresses()) {
      const { code, stdout } = await start(
        '09-message-structures/client.js',
        name,
        address,
        'hello',
        'world',
      ).ended();
      expect([name, code, stdout]).toEqual([name, 0, name === 'close' ? 'HELLOWORLD\n' : 'HELLO\nWORLD\n']);
    }
  });

  test('the client names the structures where it is given none', async () => {
    const { code, stderr } = await start('09-message-structures/client.js', 'toString').ended();
    expect(code).toBe(1);
    expect(stderr).toContain('fixed, delimiter, header, close');
  });
});
