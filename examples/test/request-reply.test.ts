import { describe, expect, test } from 'vitest';
import { python, pythonServer, serve, start } from './running.ts';

describe('02-request-reply', () => {
  test("the server has a task for each of the seed's clients, who take turns", async () => {
    const { server, port } = await serve('02-request-reply/server.js');
    const client = `
import socket, sys

def connect():
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20)
    print(s.recv(1024).decode('utf-8'))
    return s

def ask(s, data):
    s.send(data)
    print(s.recv(1024).decode('utf-8'))

first, second = connect(), connect()
ask(second, b'Tracy')
ask(first, b'Michael')
ask(second, b'Sarah')
for s in (first, second):
    s.send(b'exit')
    assert s.recv(1024) == b''
    s.close()
`;
    expect(await python(client, port)).toBe(
      'Success!\nSuccess!\nHello, Tracy\nHello, Michael\nHello, Sarah\n',
    );
    await server.says(
      /^Accept new connection from (127\.0\.0\.1:\d+)\n(?:.*\n)*Connection from \1 closed\.$/m,
    );
  });

  test("the client is answered by the seed's server", async () => {
    const { server, address } = await pythonServer(`
import socket, threading

def tcplink(sock, addr):
    sock.send(b'Success!')
    while True:
        data = sock.recv(1024)
        if not data or data.decode('utf-8') == 'exit':
            break
        sock.send(('Hello, %s' % data.decode('utf-8')).encode('utf-8'))
    sock.close()
    print('closed after', data)

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind(('127.0.0.1', 0))
s.listen(5)
print('%s:%d' % s.getsockname())
while True:
    sock, addr = s.accept()
    threading.Thread(target=tcplink, args=(sock, addr)).start()
`);
    const client = start('02-request-reply/client.js', address, 'Michael', 'Tracy');
    expect(await client.ended()).toMatchObject({
      code: 0,
      stdout: 'Success!\nHello, Michael\nHello, Tracy\n',
      stderr: '',
    });
    await server.says(/^closed after b'exit'$/m);
  });

  test('client and server understand each other', async () => {
    const { address } = await serve('02-request-reply/server.js');
    const client = start('02-request-reply/client.js', address, 'Sarah');
    expect(await client.ended()).toMatchObject({ code: 0, stdout: 'Success!\nHello, Sarah\n', stderr: '' });
  });
});
