import { describe, expect, test } from 'vitest';
import { python, serve } from './running.ts';

/** Seed 004's client: says something, half-closes, prints what comes. */
const client = `
import socket, sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as sock:
    sock.sendall(sys.argv[2].encode())
    sock.shutdown(socket.SHUT_WR)
    received = b''
    while chunk := sock.recv(1024):
        received += chunk
print(received.decode(), end='')
`;

describe('11-socketserver', () => {
  test.each(['concurrent', 'threads'])("answers the seed's client, %s", async (how) => {
    const { server, port } = await serve('11-socketserver/server.js', '127.0.0.1:0', how);
    const answers = ['hello\nworld\n', 'and again'].map((text) => python(client, port, text));
    expect(await Promise.all(answers)).toEqual(['HELLO\nWORLD\n', 'AND AGAIN\n']);
    await server.says(/^connection from 127\.0\.0\.1:\d+$/m);
  });

  test("answers the seed's UDP client", async () => {
    const { port } = await serve('11-socketserver/udp-server.js');
    const udp = `
import socket, sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(20)
sock.sendto(b'hello\\n', ('127.0.0.1', int(sys.argv[1])))
print(sock.recv(1024).decode(), end='')
`;
    expect(await python(udp, port)).toBe('HELLO\n');
  });
});

describe('14-selectors', () => {
  test('echoes to several clients from one loop', async () => {
    const { server, port } = await serve('14-selectors/server.js');
    const texts = ['one', 'two', 'x'.repeat(100_000)];
    expect(await Promise.all(texts.map((text) => python(client, port, text)))).toEqual(texts);
    await server.says(/^closing 127\.0\.0\.1:\d+$/m);
  });
});
