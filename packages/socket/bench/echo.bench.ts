import { once } from 'node:events';
import { connect as netConnect, createServer, type AddressInfo, type Socket } from 'node:net';
import { bench, describe } from 'vitest';
import { connect, serve, type ByteStream } from '@wirestack/socket';

/** Bytes echoed an iteration, in chunks of 64 KiB, over loopback in one process. */
const totalBytes = 16 * 1024 * 1024;
const chunk = new Uint8Array(65_536);

const raw = createServer({ noDelay: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
await once(raw, 'listening');
const rawSocket: Socket = netConnect({
  port: (raw.address() as AddressInfo).port,
  host: '127.0.0.1',
  noDelay: true,
});
await once(rawSocket, 'connect');

const pulling = await serve('tcp://127.0.0.1:0', async (stream) => {
  for await (const bytes of stream) await stream.write(bytes);
});
const pushing = await serve('tcp://127.0.0.1:0', (stream) => {
  stream.attach({
    data: (bytes) => {
      void stream.write(bytes);
      if (stream.needsDrain) stream.pause();
    },
    end: () => void stream.close(),
    closed: () => undefined,
    drain: () => {
      stream.resume();
    },
  });
  return undefined;
});
const pullClient = await connect(pulling.address);
const pushClient = await connect(pushing.address);

describe('echo of 16 MiB over TCP loopback', () => {
  bench('node:net, pipe and data events', () => echoRaw(rawSocket));
  bench('ByteStream, push mode', () => echoPush(pushClient));
  bench('ByteStream, pull mode', () => echoPull(pullClient));
});

async function echoRaw(socket: Socket): Promise<void> {
  let received = 0;
  const done = new Promise<void>((resolve) => {
    const onData = (bytes: Uint8Array): void => {
      received += bytes.length;
      if (received < totalBytes) return;
      socket.off('data', onData);
      resolve();
    };
    socket.on('data', onData);
  });
  for (let sent = 0; sent < totalBytes; sent += chunk.length) {
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
  await done;
}

async function echoPush(stream: ByteStream): Promise<void> {
  let received = 0;
  const done = new Promise<void>((resolve) => {
    stream.attach({
      data: (bytes) => {
        received += bytes.length;
        if (received >= totalBytes) resolve();
      },
      end: () => undefined,
      closed: () => undefined,
      drain: () => undefined,
    });
  });
  for (let sent = 0; sent < totalBytes; sent += chunk.length) await stream.write(chunk);
  await done;
}

async function echoPull(stream: ByteStream): Promise<void> {
  const reading = (async () => {
    for (let received = 0; received < totalBytes;) received += (await stream.read())?.length ?? totalBytes;
  })();
  for (let sent = 0; sent < totalBytes; sent += chunk.length) await stream.write(chunk);
  await reading;
}
