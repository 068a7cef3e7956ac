import { fileURLToPath } from 'node:url';
import { connect, StreamReader } from '@wirestack/socket';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Program } from '../../conformance/support/program.ts';
import { python, pythonServer, serve, start, startProgram } from './running.ts';

describe('08-sticky-packets', () => {
  /** Seed 000's echo server, of any kind: what it reads goes back. */
  const echo = `
import socket

sock = socket.create_server(('127.0.0.1', 0))
print('%s:%d' % sock.getsockname())
client_sock, client_addr = sock.accept()
client_sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while msg := client_sock.recv(8192):
    client_sock.sendall(msg)
`;

  describe.each([
    ['of 01-tcp-echo', async () => (await serve('01-tcp-echo/server.js')).address],
    ['in Python', async () => (await pythonServer(echo)).address],
  ])('with the echo server %s', (_, listen) => {
    test('two sends are read as one', async () => {
      const client = await start('08-sticky-packets/two-sends.js', await listen()).ended();
      expect(client).toMatchObject({ code: 0, stdout: "I'm Lyon\n", stderr: '' });
    });

    test('one send is read in pieces', async () => {
      const client = await start('08-sticky-packets/in-pieces.js', await listen()).ended();
      expect(client).toMatchObject({ code: 0, stdout: "data1: I\ndata2: 'm\ndata3: Lyon\n", stderr: '' });
    });

    test('with a codec, each send is one message', async () => {
      const client = await start('08-sticky-packets/with-a-codec.js', await listen()).ended();
      expect(client).toMatchObject({
        code: 0,
        stdout: "message 1: I'm \nmessage 2: Lyon\nmessage 3: 1000000 bytes\n",
        stderr: '',
      });
    });
  });

  test("the seed's own clients read the same from the server of 01-tcp-echo", async () => {
    const { port } = await serve('01-tcp-echo/server.js');
    const client = `
import sys
from socket import socket, AF_INET, SOCK_STREAM

s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
s.send(b"I'm")
data1 = s.recv(1)
print("data1:", data1)
s.send(b"Lyon")
data2 = s.recv(2)
print("data2:", data2)
data3 = s.recv(7)
print("data3:", data3)
`;
    expect(await python(client, port)).toBe(`data1: b'I'\ndata2: b"'m"\ndata3: b'Lyon'\n`);
  });
});

test('09-message-structures: the client understands what Python makes of each of them', async () => {
  const servers = `
import socket, struct
from threading import Thread

def until(s, size):
    data = b''
    while size is None or len(data) < size:
        piece = s.recv(65536 if size is None else size - len(data))
        if not piece:
            break
        data += piece
    return data

def fixed(s):
    while data := until(s, 5):
        s.sendall(struct.pack('5s', data.upper()))

def delimiter(s):
    file = s.makefile('rwb')
    for line in file:
        file.write(line.upper())
        file.flush()

def header(s):
    while data := until(s, 4):
        size, = struct.unpack('!I', data)
        s.sendall(struct.pack('!I%ds' % size, size, until(s, size).upper()))

def close(s):
    s.sendall(until(s, None).upper())

def serve(structure, listener):
    while True:
        s, _ = listener.accept()
        s.settimeout(20)
        structure(s)
        s.close()

listeners = [(structure, socket.create_server(('127.0.0.1', 0))) for structure in (fixed, delimiter, header, close)]
for structure, listener in listeners:
    Thread(target=serve, args=(structure, listener)).start()
print(','.join('%s=127.0.0.1:%d' % (structure.__name__, l.getsockname()[1]) for structure, l in listeners))
`;
  const { address } = await pythonServer(servers);
  for (const [name = '', port = ''] of address.split(',').map((server) => server.split('='))) {
    const client = await start('09-message-structures/client.js', name, port, 'hello', 'world').ended();
    expect([name, client]).toEqual([
      name,
      { code: 0, stdout: name === 'close' ? 'HELLOWORLD\n' : 'HELLO\nWORLD\n', stderr: '' },
    ]);
  }
});

// ── Row 10 ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What differs between the two variants: how an answer comes to the seed's client and goes from its server. */
const variants = {
  low: {
    receive: `
    length = int(sock.recv(1024).decode('utf-8'))
    sock.send(b'OK')`,
    send: `
        client_sock.send(str(len(res)).encode('utf-8'))
        ready = client_sock.recv(1024)
        if ready == b'OK':
            client_sock.sendall(res)`,
  },
  header: {
    receive: `
    length = struct.unpack('i', sock.recv(4, socket.MSG_WAITALL))[0]`,
    send: `
        client_sock.send(struct.pack('i', len(res)))
        client_sock.sendall(res)`,
  },
};

describe.each(['low', 'header'] as const)('10-remote-command, %s', (variant) => {
  /** The seed's client. Of its bytes, those it has are counted once. */
  const seedClient = `
import socket, struct, sys

sock = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=60)
for cmd in sys.argv[2:]:
    sock.send(cmd.encode('utf-8'))${variants[variant].receive}
    data = b''
    while len(data) < length:
        recvdata = sock.recv(1024)
        assert recvdata, 'ended after %d of %d bytes' % (len(data), length)
        data += recvdata
    print(data.decode('utf-8'))
sock.close()
`;

  /** The seed's server, with an argument list in place of the shell. */
  const seedServer = `
import shlex, socket, struct, subprocess

def echo_handler(address, client_sock):
    while True:
        msg = client_sock.recv(8192)
        if not msg:
            print('Client is disconnected...')
            break
        data = subprocess.Popen(shlex.split(msg.decode()), shell=False,
                                stdout=subprocess.PIPE,
                                stdin=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        out, err = data.communicate()
        res = err if err else out${variants[variant].send}
    client_sock.close()

sock = socket.create_server(('127.0.0.1', 0))
print('%s:%d' % sock.getsockname())
echo_handler(*reversed(sock.accept()))
`;

  const serverFile = `10-remote-command/${variant}-server.js`;

  /** The example's client, which is told what to ask. */
  function client(address: string, commands: string): Program {
    const file = fileURLToPath(new URL(`../10-remote-command/${variant}-client.js`, import.meta.url));
    return startProgram(process.execPath, [file, address], { input: commands });
  }

  test("the server answers the seed's client, one command after the other", async () => {
    const { server, port } = await serve(serverFile);
    expect(await python(seedClient, port, 'echo hello  world', 'seq 3', 'seq 100000')).toBe(
      `hello world\n\n1\n2\n3\n\n${Array.from({ length: 100_000 }, (_, i) => `${String(i + 1)}\n`).join('')}\n`,
    );
    await server.says(/^Client is disconnected\.\.\.$/m);
  });

  test("the client asks the seed's server", async () => {
    const { server, address } = await pythonServer(seedServer);
    const asked = client(address, 'echo hello world\n\n  seq 20000\nls /nowhere\nexit\necho never\n');
    const { code, stdout, stderr } = await asked.ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.startsWith('hello world\n\n1\n2\n')).toBe(true);
    expect(stdout).toContain('\n20000\n\n');
    expect(stdout).toMatch(/ls: .*nowhere.*: No such file or directory\n\n$/);
    expect((await server.ended()).stdout).toContain('Client is disconnected...');
  });

  test('client and server understand each other', async () => {
    const { address } = await serve(serverFile);
    const { code, stdout } = await client(address, 'echo 日本語\ndate\nls /nowhere\n').ended();
    expect(code).toBe(0);
    const [echoed, , date, , complaint] = Buffer.from(stdout, 'latin1').toString().split('\n');
    expect(echoed).toBe('日本語');
    expect(date).toMatch(/ UTC /);
    expect(complaint).toMatch(/nowhere.*: No such file or directory/);
  });

  test('a program that is not on the list is not run', async () => {
    const { port } = await serve(serverFile);
    const commands = [
      'cat /etc/passwd',
      '/bin/echo hello',
      '../bin/ls',
      'constructor',
      'toString x',
      '__proto__',
    ];
    const answers = (await python(seedClient, port, ...commands)).split('\n\n');
    expect(answers.slice(0, -1)).toEqual(
      commands.map(
        (command) => `${String(command.split(' ')[0])}: not on the list: date, echo, ls, seq, sleep`,
      ),
    );
  });

  test('what means something to a shell is an argument like any other', async () => {
    const { port } = await serve(serverFile);
    const words = [
      '$(id)',
      '`id`',
      '; id',
      '| id',
      '&& id',
      '> /tmp/wirestack-never',
      '* ? ~ $HOME',
      '\'a" \\',
    ];
    const printed = await python(seedClient, port, ...words.map((word) => `echo ${word}`));
    expect(printed).toBe(words.map((word) => `${word}\n\n`).join(''));
    expect(await python(seedClient, port, 'date; id', 'ls --version', 'ls -la')).toMatch(
      /^date;: not on the list.*\n\nls: .*'--version': No such.*\n\nls: .*'-la': No such.*\n\n$/,
    );
  });

  test('a NUL, which no argument can hold, parts words', async () => {
    const { address } = await serve(serverFile);
    const stream = await connect(address);
    onTestFinished(() => {
      stream.abort();
    });
    await stream.write('echo a\0b');
    expect(await new StreamReader(stream).readExactly(1)).toEqual(
      variant === 'low' ? new Uint8Array(Buffer.from('4')) : Uint8Array.of(4),
    );
  });

  test('a program that prints 900 MB is killed, and the next is served', async () => {
    const { port } = await serve(serverFile);
    const printed = await python(seedClient, port, 'seq 100000000', 'echo next');
    expect(printed).toBe('seq: stdout maxBuffer length exceeded\n\nnext\n\n');
  });

  test('a program that never ends is killed, and meanwhile others are served', async () => {
    const { port } = await serve(serverFile);
    const hanging = python(seedClient, port, 'sleep infinity', 'echo next');
    let isOver = false;
    void hanging.then(() => (isOver = true));
    expect(await python(seedClient, port, 'echo others')).toBe('others\n\n');
    expect(isOver).toBe(false);
    expect(await hanging).toBe('sleep: killed after 2000 ms\n\nnext\n\n');
  });

  test('a client that leaves while its program runs takes nobody along', async () => {
    const { address, port } = await serve(serverFile);
    const leaving = await connect(address);
    await leaving.write('seq 1000000000');
    leaving.abort();
    const silent = await connect(address);
    onTestFinished(() => {
      silent.abort();
    });
    expect(await python(seedClient, port, 'echo others')).toBe('others\n\n');
  });
});

test('10-remote-command, low: nothing is sent to a client that does not say OK', async () => {
  const { address } = await serve('10-remote-command/low-server.js');
  const stream = await connect(address);
  const reader = new StreamReader(stream);
  await stream.write('echo hello');
  expect(new TextDecoder().decode(await reader.read())).toBe('6');
  await stream.write('NO');
  await stream.shutdown('write');
  expect(await reader.readAll(100)).toHaveLength(0);
  await stream.close();
});
