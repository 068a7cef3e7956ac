import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { connect, listen, type SocketError } from '@wirestack/socket';
import { plain } from '../../src/listening/inbound.ts';
import { ListeningPort } from '../../src/listening/port.ts';
import { disposed, turnsUntil } from '../scratch.ts';

/** Connects, and resets: SO_LINGER with a time of zero. */
const connectAndReset = `
import socket, struct, sys
for _ in range(int(sys.argv[2])):
    peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    peer.close()
`;

test('connections reset before they were accepted are counted and reported, and the next is served', async () => {
  const refused: SocketError[] = [];
  const onRefused = (error: SocketError): void => void refused.push(error);
  const listener = disposed(await listen('tcp://127.0.0.1:0', { onRefused }));
  const { port } = listener.address as { port: number };
  // This process is busy meanwhile: the kernel takes them, and nobody accepts.
  execFileSync('python3', ['-c', connectAndReset, String(port), '3']);
  const client = await connect(listener.address);
  const served = await listener.accept();
  expect(served.remoteAddress).toEqual(client.localAddress);
  expect(refused.map(({ code }) => code)).toEqual(['RESET', 'RESET', 'RESET']);
  expect(listener.dropped).toBe(3);
  client.abort();
  served.abort();
});

test('those that went while they waited for a place are, too', async () => {
  const refused: SocketError[] = [];
  const listener = disposed(
    await listen('tcp://127.0.0.1:0', {
      maxConnections: 1,
      whenFull: 'wait',
      onRefused: (error) => void refused.push(error),
    }),
  );
  const first = await connect(listener.address);
  const served = await listener.accept();
  const { port } = listener.address as { port: number };
  execFileSync('python3', ['-c', connectAndReset, String(port), '2']);
  const last = await connect(listener.address);
  served.abort();
  const next = await listener.accept();
  expect(next.remoteAddress).toEqual(last.localAddress);
  expect(refused.map(({ code }) => code)).toEqual(['RESET', 'RESET']);
  expect(listener.dropped).toBe(2);
  for (const stream of [first, last, next]) stream.abort();
});

test('a failing accept ends nothing: it is counted and reported', async () => {
  const refused: SocketError[] = [];
  const server = createServer();
  const port = new ListeningPort(
    server,
    plain,
    { onRefused: (error) => void refused.push(error) },
    undefined,
    () => undefined,
  );
  server.listen(0, '127.0.0.1');
  await turnsUntil(() => server.listening);
  server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  expect(refused).toEqual([expect.objectContaining({ code: 'TOO_MANY_FILES' })]);
  expect(port.dropped).toBe(1);
  await port.close();
});
