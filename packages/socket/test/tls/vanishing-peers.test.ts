import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  connect,
  formatAddress,
  listen,
  serve,
  type SocketError,
  type SocketStream,
} from '@wirestack/socket';
import { loaderArgv } from '../server/concurrency/serving.ts';
import { disposed, gone, scratchPath, textUntilEnd, turnsUntil } from '../scratch.ts';
import { pem } from './certificates.ts';

const tls = { ca: pem.authority, servername: 'localhost' };

/** Sockets of TCP that are open in this process. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}

async function turns(count: number): Promise<void> {
  let left = count;
  await turnsUntil(() => left-- === 0);
}

describe('a client that resets as soon as the handshake is over', () => {
  const handlers: Record<string, (stream: SocketStream) => Promise<unknown>> = {
    'that greets and closes': (stream) => stream.write('hello'),
    'that reads first': (stream) => stream.read(),
    'that half-closes and reads': async (stream) => {
      await stream.write('hello');
      await stream.shutdown('write');
      await gone(stream);
    },
  };

  test.each(Object.entries(handlers))('leaves nothing behind in a server %s', async (_what, handler) => {
    const before = openSockets();
    const server = disposed(
      await serve('tcp://127.0.0.1:0', handler, { tls: pem.server, onError: () => undefined }),
    );
    for (let round = 0; round < 5; round++) {
      const clients = Array.from({ length: 8 }, async (_, index) => {
        const client = await connect(server.address, { tls });
        if (index % 2 === 0) void client.write('x');
        if (index > 3) await turns(round);
        client.abort();
      });
      await Promise.all(clients);
    }
    await turnsUntil(() => server.connections === 0 && openSockets() === before);
  });

  test('nor over a Unix path, where it closes', async () => {
    const server = disposed(
      await serve(scratchPath(), (stream) => stream.write('hello'), {
        tls: { ...pem.server, handshakeTimeoutMs: 500 },
        onError: () => undefined,
      }),
    );
    for (let round = 0; round < 10; round++) (await connect(server.address, { tls })).abort();
    await turnsUntil(() => server.connections === 0);
  });
});

test('a connect given up in any turn of its handshake leaves no connection', async () => {
  const server = disposed(
    await serve('tcp://127.0.0.1:0', textUntilEnd, { tls: pem.server, onError: () => undefined }),
  );
  const before = openSockets();
  for (let turn = 0; turn < 40; turn++) {
    const giveUp = new AbortController();
    const opening = connect(server.address, { tls, signal: giveUp.signal });
    void turns(turn).then(() => giveUp.abort());
    await opening.then(
      (stream) => stream.abort(),
      (error: unknown) => expect(error).toMatchObject({ code: 'ABORTED' }),
    );
  }
  await turnsUntil(() => server.connections === 0 && openSockets() === before);
});

test.each(['', '\x16\x03\x01\x02\0\x01\0'])(
  'a client that finishes after %j of its handshake is refused at once',
  async (beginning) => {
    let refuse: (error: SocketError) => void;
    const refused = new Promise<SocketError>((resolve) => (refuse = resolve));
    const listener = disposed(
      await listen('tcp://127.0.0.1:0', {
        tls: { ...pem.server, handshakeTimeoutMs: 1e9 },
        onRefused: (error) => refuse(error),
      }),
    );
    const client = await connect(listener.address);
    await client.write(beginning, { encoding: 'latin1' });
    await client.shutdown('write');
    expect(await refused).toMatchObject({ code: 'RESET' });
    await gone(client);
  },
);

test('a listener closed in any turn of a handshake hands nothing over', async () => {
  for (let turn = 0; turn < 30; turn++) {
    let isClosed = false;
    const late: SocketStream[] = [];
    const server = await serve(
      'tcp://127.0.0.1:0',
      (stream) => {
        if (isClosed) late.push(stream);
        stream.abort();
      },
      { tls: pem.server },
    );
    const connecting = connect(server.address, { tls }).then(gone, () => undefined);
    await turns(turn);
    isClosed = true;
    await server.close();
    await connecting;
    expect(late).toEqual([]);
  }
});

test('many handshakes on their way are no cause for a warning', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));
  const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: pem.server }));
  const silent = await Promise.all(Array.from({ length: 20 }, () => connect(listener.address)));
  const [last, accepted] = await Promise.all([connect(listener.address, { tls }), listener.accept()]);
  expect(warnings).toEqual([]);
  for (const stream of [...silent, last, accepted]) stream.abort();
});

test('a peer that resets while TLS is loaded for the first time does not end the process', async () => {
  const listener = disposed(await listen('tcp://127.0.0.1:0'));
  const program = fileURLToPath(new URL('./first-connect-child.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [...loaderArgv, program, `tls://${formatAddress(listener.address)}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise((resolve) => child.once('close', resolve));
  (await listener.accept()).abort();
  expect(await ended).toBe(0);
  expect(said).toBe('RESET');
});
