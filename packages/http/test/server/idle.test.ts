import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ManualClock, serving, turnsUntil } from './harness.ts';
import { get } from './raw-client.ts';

/** What this process may open. */
function descriptorLimit(): number {
  const report = process.report.getReport() as unknown as {
    userLimits?: { open_files?: { soft: number | string } };
  };
  const soft = Number(report.userLimits?.open_files?.soft);
  return Number.isNaN(soft) ? Infinity : soft;
}

/** Both ends live in this process; 100 descriptors are for the rest of it. */
const count = Math.min(10_000, Math.floor((descriptorLimit() - 100) / 2));

/** Connects and has its first request answered. */
function open(port: number, target: string): Promise<{ socket: Socket; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      ask(socket, target).then((body) => {
        resolve({ socket, body });
      }, reject);
    });
    socket.once('error', reject);
  });
}

/** The body of the answer, which is to come in one piece, for it is that short. */
function ask(socket: Socket, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => {
      reject(new Error(`the server closed the connection instead of answering ${target}`));
    };
    socket.once('data', (chunk: Buffer) => {
      socket.off('close', onClose);
      const [head = '', body = ''] = chunk.toString('latin1').split('\r\n\r\n');
      if (head.startsWith('HTTP/1.1 200 OK\r\n')) resolve(body);
      else reject(new Error(`the answer to ${target} is ${head}`));
    });
    socket.once('close', onClose);
    socket.write(get(target));
  });
}

test(
  `${String(count)} connections are each served, held idle, and each served again`,
  { timeout: 180_000 },
  async () => {
    const clock = new ManualClock();
    const targets: string[] = [];
    const { server } = await serving(
      ({ target }) => {
        targets.push(target);
        return { status: 200, body: target };
      },
      { clock },
    );
    const { address } = server;
    if (!('port' in address)) throw new Error('the server is not on a port');
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    // As many at a time as the backlog holds.
    while (sockets.length < count) {
      const start = sockets.length;
      const batch = Array.from({ length: Math.min(500, count - start) }, (_, i) => `/1/${String(start + i)}`);
      const opened = await Promise.all(batch.map((target) => open(address.port, target)));
      expect(opened.map(({ body }) => body)).toEqual(batch);
      for (const { socket } of opened) sockets.push(socket);
    }
    expect(server.stats).toEqual({ connections: count, requests: count, dropped: 0 });

    clock.pass(64);
    expect(server.stats.connections).toBe(count);
    targets.length = 0;
    const wanted = sockets.map((_, i) => `/2/${String(i)}`);
    const bodies = [];
    for (const [i, socket] of sockets.entries()) bodies.push(await ask(socket, wanted[i]!));
    expect(bodies).toEqual(wanted);
    expect(targets).toEqual(wanted);
    clock.pass(64);
    expect(server.stats).toEqual({ connections: count, requests: 2 * count, dropped: 0 });

    for (const socket of sockets) socket.destroy();
    await turnsUntil(() => server.stats.connections === 0);
    expect(server.stats).toEqual({ connections: 0, requests: 2 * count, dropped: 0 });
  },
);
