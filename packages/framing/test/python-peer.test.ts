import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { serve, type ByteStream } from '@wirestack/socket';
import { describe, expect, test } from 'vitest';
import { delimiter, framed, lengthPrefix } from '../src/index.ts';
import { text, utf8 } from './bytes.ts';

const run = promisify(execFile);

/** Serves one Python program, which finds the port in `sys.argv[1]`; answers what it printed. */
async function talkToPython(
  program: string,
  handler: (stream: ByteStream) => Promise<unknown>,
): Promise<string> {
  const failures: unknown[] = [];
  const server = await serve('tcp://127.0.0.1:0', handler, {
    onError: (error) => {
      failures.push(error);
    },
  });
  const { address } = server;
  if (address.family !== 'ipv4') throw new Error(`listening on ${address.family}`);
  try {
    const { stdout } = await run('python3', ['-c', program, String(address.port)], { timeout: 50_000 });
    await server.drain();
    expect(failures).toEqual([]);
    return stdout;
  } finally {
    await server.close();
  }
}

const connectToServer = `
import socket, struct, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))

def recv_exactly(count):
    data = b''
    while len(data) < count:
        part = s.recv(count - len(data))
        if not part: raise EOFError
        data += part
    return data
`;

describe('a Python peer', { timeout: 60_000 }, () => {
  test("speaks struct.pack('>I') both ways, whatever the slices", async () => {
    const printed = await talkToPython(
      `${connectToServer}
bodies = [b'', b'a', b'x' * 100, bytes(range(256)) * 300]
wire = b''.join(struct.pack('>I', len(b)) + b for b in bodies)
for start, stop in [(0, 2), (2, 7), (7, 8), (8, 20000), (20000, len(wire))]:
    s.sendall(wire[start:stop])
s.shutdown(socket.SHUT_WR)
for body in bodies:
    length, = struct.unpack('>I', recv_exactly(4))
    assert recv_exactly(length) == body[::-1]
assert s.recv(1) == b''
print('done')
`,
      async (stream) => {
        const messages = framed(stream, lengthPrefix());
        for await (const body of messages) await messages.send(body.toReversed());
        await messages.end();
      },
    );
    expect(printed.trim()).toBe('done');
  });

  // Seed 000's client of a header: the command goes bare, the answer comes as struct.pack('<i', length) and the bytes.
  test("reads little-endian struct.pack('i') answers as the seed's client does", async () => {
    const printed = await talkToPython(
      `${connectToServer}
s.send(b'greet')
length = struct.unpack('<i', s.recv(4))[0]
data = b''
while len(data) < length:
    data += s.recv(1024)
print(length, data.decode('utf-8')[:5], data.decode('utf-8')[-5:])
`,
      async (stream) => {
        expect(text((await stream.read()) ?? utf8(''))).toBe('greet');
        const answers = framed(stream, lengthPrefix({ bytes: 4, endian: 'little' }));
        await answers.send(utf8(`hello${'.'.repeat(9990)}world`));
        await answers.end();
      },
    );
    expect(printed.trim()).toBe('10000 hello world');
  });

  // Seed 004's client: it answers each comma-ended message with the same, and keeps what has no comma yet.
  test("is echoed by the seed's comma-delimited client", async () => {
    const echoed: string[] = [];
    const sent = ['Hello', 'World', 'Bye', '', 'Bye', 'x'.repeat(500), 'Yingxuan'];
    await talkToPython(
      `${connectToServer}
buffer = b''

def try_read(socket, data):
    global buffer
    buffer = buffer + data
    l = buffer.split(sep=b',')
    if len(l) > 1:
        for i in range(len(l) - 1):
            socket.send(l[i] + b',')
        buffer = l[-1]

while True:
    receive_data = s.recv(128)
    if not receive_data: break
    try_read(s, receive_data)
s.close()
`,
      async (stream) => {
        const messages = framed(stream, delimiter(','));
        for (const message of sent) await messages.send(utf8(message));
        await messages.end();
        for await (const message of messages) echoed.push(text(message));
      },
    );
    expect(echoed).toEqual(sent);
  });
});
