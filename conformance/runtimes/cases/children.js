// @ts-check
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { childStream, connect, portStream, readAll } from '@wirestack/socket';
import { rejects, text, textUntilEnd } from '../talking.js';

/** @typedef {import('../case.js').Context} Context */

const at = (/** @type {string} */ name) => fileURLToPath(new URL(`../far/${name}`, import.meta.url));

/** What stands before a program to run it by the runtime that runs this one. */
const runs = 'Deno' in globalThis ? ['run', '-A', '--quiet', '--no-lock'] : [];

/** What systemd does for a unit with a socket: opens it as descriptor 3, names it, and becomes the program. */
const activation = `
import os, socket, sys

sock = socket.create_server(('127.0.0.1', 0))
os.dup2(sock.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='web')
os.execvp(sys.argv[1], sys.argv[1:])
`;

/** @type {import('../case.js').Case[]} */
export const children = [
  {
    name: 'a filter is ended by half-close, and answers',
    run: async (context) => {
      const stream = childStream(context.own(spawn('rev', [], { stdio: ['pipe', 'pipe', 'inherit'] })));
      await stream.write('drawer\n');
      await stream.shutdown('write');
      assert.equal(text(await readAll(stream, 100)), 'reward\n');
      await stream.closed;
    },
  },
  {
    name: 'all that a child wrote before it exited is read',
    run: async (context) => {
      const child = context.own(
        spawn('head', ['-c', '3000000', '/dev/zero'], { stdio: ['pipe', 'pipe', 'inherit'] }),
      );
      assert.equal((await readAll(childStream(child), 3_000_000)).length, 3_000_000);
    },
  },
  {
    name: 'what a child wrote is there for a reader who comes after its exit',
    run: async (context) => {
      const child = context.own(spawn('printf', ['late'], { stdio: ['pipe', 'pipe', 'inherit'] }));
      const stream = childStream(child);
      await once(child, 'exit');
      assert.equal(text(await readAll(stream, 10)), 'late');
    },
  },
  {
    name: 'a child that goes without reading fails the writer',
    run: async (context) => {
      const stream = childStream(context.own(spawn('true', [], { stdio: ['pipe', 'pipe', 'inherit'] })));
      const error = await stream.write(new Uint8Array(4_000_000)).catch((reason) => reason);
      assert.equal(error?.name, 'SocketError');
    },
  },
  {
    name: 'a program that is not there is NOT_FOUND',
    run: async () => {
      const stream = childStream(spawn('/nonexistent/program', { stdio: ['pipe', 'pipe', 'inherit'] }));
      await rejects(stream.read(), 'NOT_FOUND');
      await rejects(stream.closed, 'NOT_FOUND');
    },
  },
  {
    name: 'stdioStream talks to who started the program',
    run: async (context) => {
      const child = spawn(process.execPath, [...runs, at('stdio.js')], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const stream = childStream(context.own(child));
      await stream.write('drawer');
      assert.equal(text(await stream.read()), 'reward');
      await stream.shutdown('write');
      assert.equal(text(await readAll(stream, 100)), 'bye');
      await stream.closed;
    },
  },
  {
    name: 'a stream to a worker echoes, half-close included',
    run: async (context) => {
      const stream = far(context, 'echo').stream;
      await stream.write('hello');
      await stream.shutdown('write');
      assert.equal(await textUntilEnd(stream), 'hello and the end');
      await stream.closed;
    },
  },
  {
    name: 'a worker that does not read exerts back-pressure, and its end is a reset',
    run: async (context) => {
      const { stream, worker } = far(context, 'deaf');
      assert.equal(text(await stream.read()), 'here');
      while (!stream.needsDrain) void stream.write(new Uint8Array(4096));
      const reading = stream.read();
      void worker.terminate();
      await rejects(reading, 'RESET');
    },
  },
  {
    name: 'a server takes the socket that its starter opened (LISTEN_FDS)',
    run: async (context) => {
      const args = ['-I', '-c', activation, process.execPath, ...runs, at('inherited.js')];
      const child = context.own(spawn('python3', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
      const told = childStream(child);
      const { name, address } = JSON.parse(text(await told.read()));
      assert.equal(name, 'web');
      const client = await connect(address);
      assert.equal(text(await readAll(client, 100)), 'activated');
      await client.close();
      await once(child, 'exit');
    },
  },
];

/**
 * @param {Context} context
 * @param {string} role
 */
function far(context, role) {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('../far/worker.js', import.meta.url), {
    workerData: { role, port: port2 },
    transferList: [port2],
  });
  context.defer(() => worker.terminate());
  return { worker, stream: context.own(portStream(port1)) };
}
