import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { connect, readAll, type Address } from '@wirestack/socket';
import { Program } from '../support/program.ts';

const server = fileURLToPath(new URL('./inherited-server.js', import.meta.url));

/** What systemd does for a unit with a socket: opens it as descriptor 3, names it, and becomes the program. */
const activation = `
import os, socket, sys

sock = socket.create_server(('127.0.0.1', 0))
os.dup2(sock.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='web')
os.execvp(sys.argv[1], sys.argv[1:])
`;

test('a server takes the socket that its starter opened (LISTEN_FDS)', async () => {
  const program = new Program('python3', ['-I', '-c', activation, process.execPath, server]);
  const [line] = await program.says(/^\{.*\}$/m);
  const { name, address } = JSON.parse(line) as { name: string; address: Address };
  expect(name).toBe('web');
  const client = await connect(address);
  expect(new TextDecoder().decode(await readAll(client, 100))).toBe('activated');
  await client.close();
  expect(await program.ended()).toMatchObject({ code: 0, stderr: '' });
});
