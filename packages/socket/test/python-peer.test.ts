import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bind, connect, connectDatagram, formatAddress, serve, type ByteStream } from '@wirestack/socket';
import { disposed, scratchPath, textUntilEnd } from './scratch.ts';

/** The peers here are Python's standard library: nobody of this project wrote them. */
describe('against Python', () => {
  test.each(['tcp', 'unix'])('a socketserver echoes over %s', async (transport) => {
    const path = scratchPath();
    const [address] = await python(
      `
import os, socketserver, sys
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)
if sys.argv[1] == 'unix':
    server = socketserver.ThreadingUnixStreamServer(sys.argv[2], Echo)
    print('unix:' + server.server_address, flush=True)
else:
    server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Echo)
    print('tcp://%s:%d' % server.server_address, flush=True)
server.serve_forever()
`,
      [transport, path],
    );
    const stream = await connect(address);
    const sent = Buffer.alloc(3_000_000, 'what goes out comes back ');
    const echoed = collect(stream);
    await stream.write(sent);
    await stream.shutdown('write');
    expect((await echoed).equals(sent)).toBe(true);
    await stream.close();
  });

  test.each(['tcp', 'unix'])('socket.create_connection talks to serve() over %s', async (transport) => {
    const server = disposed(
      await serve(transport === 'tcp' ? 'tcp://127.0.0.1:0' : scratchPath(), async (stream) => {
        for await (const chunk of stream) await stream.write(chunk);
      }),
    );
    const where = server.address.family === 'unix' ? server.address.path : formatAddress(server.address);
    const [line, done] = await python(
      `
import socket, sys, threading
where = sys.argv[1]
if where.startswith('/'):
    s = socket.socket(socket.AF_UNIX); s.connect(where)
else:
    host, port = where.rsplit(':', 1); s = socket.create_connection((host, int(port)))
sent = b'x' * 3000000
def send():
    s.sendall(sent); s.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
got = b''
while data := s.recv(65536):
    got += data
s.close()
print(got == sent, flush=True)
`,
      [where],
    );
    expect(line).toBe('True');
    await done;
    await server.drain();
  });

  test('a peer that resets the connection is a SocketError, not a crash', async () => {
    const [address] = await python(`
import socket, struct
listener = socket.create_server(('127.0.0.1', 0))
print('tcp://%s:%d' % listener.getsockname(), flush=True)
s, _ = listener.accept()
s.recv(1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
s.close()
`);
    const stream = await connect(address);
    await stream.write('x');
    await expect(stream.read()).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
    await expect(stream.closed).rejects.toMatchObject({ code: 'RESET' });
  });

  test('half-close: Python sends on after our end', async () => {
    const [address] = await python(`
import socket
listener = socket.create_server(('127.0.0.1', 0))
print('tcp://%s:%d' % listener.getsockname(), flush=True)
s, _ = listener.accept()
question = s.makefile('rb').read()
s.sendall(b'you said ' + question)
s.close()
`);
    const stream = await connect(address);
    await stream.write('hello');
    await stream.shutdown('write');
    expect(await textUntilEnd(stream)).toBe('you said hello');
    await stream.closed;
  });

  test('UDP packets go both ways', async () => {
    const [address] = await python(`
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('udp://%s:%d' % s.getsockname(), flush=True)
while True:
    data, peer = s.recvfrom(65536)
    s.sendto(data[::-1], peer)
`);
    const open = disposed(await bind('udp://127.0.0.1:0'));
    await open.send('abc', address);
    const answer = await open.receive();
    expect(Buffer.from(answer.data).toString()).toBe('cba');
    expect(`udp://${formatAddress(answer.from)}`).toBe(address);
    const connected = disposed(await connectDatagram(address));
    await connected.send('12345');
    expect(Buffer.from((await connected.receive()).data).toString()).toBe('54321');
  });
});

/** Runs a script; answers its first line, and the promise of its exit. It is killed with the test. */
async function python(script: string, args: readonly string[] = []): Promise<[string, Promise<void>]> {
  const child: ChildProcess = spawn('python3', ['-c', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  if (child.stdout === null) throw new Error('no stdout');
  for await (const line of createInterface(child.stdout)) return [line, exited];
  throw new Error('python3 said nothing');
}

async function collect(stream: ByteStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
