import { describe, expect, test } from 'vitest';
import { python, pythonServer, serve, start } from './running.ts';

describe('05-udp-backoff', () => {
  /** Seed 002's client. */
  const client = `
import socket, sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
delay, sent = 0.1, 0
while True:
    s.send(b'This is another message')
    sent += 1
    s.settimeout(delay)
    try:
        data = s.recv(65535)
    except socket.timeout:
        delay *= 2
        if delay > 2.0:
            print('I think the server is down', sent)
            break
    else:
        print('The server says', data.decode())
        break
`;
  const answer = 'The server says Your data was 23 bytes';

  test.each([
    { seed: '17', lost: 2 },
    { seed: '1', lost: 0 },
  ])(
    "the server loses the same packets for seed $seed each time, and the seed's client asks until it is answered",
    async ({ seed, lost }) => {
      const { server, port } = await serve('05-udp-backoff/server.js', '127.0.0.1:0', '0.5', seed);
      expect(await python(client, port)).toBe(`${answer}\n`);
      const dropped = 'Pretending to drop packet from 127\\.0\\.0\\.1:\\d+\n'.repeat(lost);
      await server.says(
        new RegExp(`^listening on .*\n${dropped}The client at .* says: This is another message\n`),
      );
    },
  );

  test("the client asks the seed's server until it is answered", async () => {
    const { server, address } = await pythonServer(`
import random, socket

random.seed(1) # loses two, and not the third
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('%s:%d' % s.getsockname())
while True:
    data, address = s.recvfrom(65535)
    if random.randint(0, 1):
        print('The client says:', repr(data))
        s.sendto(b'Your data was %d bytes' % len(data), address)
    else:
        print('Pretending to drop packet')
`);
    const { code, stdout, stderr } = await start('05-udp-backoff/client.js', address).ended();
    expect([code, stderr]).toEqual([0, '']);
    // Where this machine is slow, one packet more.
    const waits =
      'Waiting up to 0.1 seconds for a reply\nWaiting up to 0.2 .*\nWaiting up to 0.4 .*\n(Waiting up to 0.8 .*\n)?';
    expect(stdout).toMatch(new RegExp(`^Client socket name is 127.0.0.1:\\d+\n${waits}${answer}\n$`));
    await server.says(/\n(Pretending to drop packet\n){2}The client says: b'This is another message'\n/);
  });

  test("client and the seed's client give up after five packets", async () => {
    const { server, address, port } = await serve('05-udp-backoff/server.js', '127.0.0.1:0', '1');
    const [ours, theirs] = await Promise.all([
      start('05-udp-backoff/client.js', address).ended(),
      python(client, port),
    ]);
    expect(theirs).toBe('I think the server is down 5\n');
    expect(ours.code).toBe(1);
    expect(ours.stderr).toContain('Error: I think the server is down');
    expect(ours.stderr).toContain("code: 'TIMED_OUT'");
    expect(ours.stderr).toContain('5 packets sent');
    await server.says(/\n(Pretending to drop packet from 127\.0\.0\.1:\d+\n){10}$/);
  });
});

describe('06-connected-udp', () => {
  /** Seed 002's server, with somebody beside it who is quicker to answer. */
  const serverWithStranger = `
import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stranger.bind(('127.0.0.1', 0))
print('%s:%d' % s.getsockname())
print('stranger %s:%d' % stranger.getsockname())
while True:
    data, address = s.recvfrom(65535)
    stranger.sendto(b'whatever you want to hear', address)
    s.sendto(b'Your data was %d bytes' % len(data), address)
`;

  test("the server answers the seed's clients, connected or not", async () => {
    const { server, port } = await serve('06-connected-udp/server.js');
    const client = `
import socket, sys

PORT = int(sys.argv[1])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.sendto(b'This is my message', ('127.0.0.1', PORT))
data, address = s.recvfrom(65535)
assert address == ('127.0.0.1', PORT)
print(data.decode())
s.connect(('127.0.0.1', PORT))
s.send(b'This is another message')
print(s.recv(65535).decode())
`;
    expect(await python(client, port)).toBe('Your data was 18 bytes\nYour data was 23 bytes\n');
    await server.says(/^The client at 127\.0\.0\.1:\d+ says This is my message$/m);
  });

  test('the promiscuous client believes a stranger', async () => {
    const { server, address } = await pythonServer(serverWithStranger);
    const [, stranger = ''] = await server.says(/^stranger (\S+)$/m);
    const { code, stdout, stderr } = await start('06-connected-udp/promiscuous-client.js', address).ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Address before sending: 0\.0\.0\.0:\d+\n/);
    expect(stdout).toContain(`The server ${stranger} says whatever you want to hear\n`);
  });

  test('the connected client hears its server only', async () => {
    const { address } = await pythonServer(serverWithStranger);
    const { code, stdout, stderr } = await start('06-connected-udp/client.js', address).ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Client socket name is 127\.0\.0\.1:\d+\n/);
    expect(stdout).toContain(`The server ${address} says Your data was 23 bytes\n`);
  });

  test('the connected client is told that nobody listens, as Python is', async () => {
    const client = `
import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.connect(('127.0.0.1', 1))
s.send(b'This is another message')
try:
    s.recv(65535)
except ConnectionRefusedError as error:
    print(error.strerror)
`;
    const { code, stderr } = await start('06-connected-udp/client.js', '127.0.0.1:1').ended();
    expect(await python(client)).toBe('Connection refused\n');
    expect(code).toBe(1);
    expect(stderr).toContain("code: 'REFUSED'");
  });
});
