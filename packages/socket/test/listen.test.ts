import { execFileSync } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { connect, listen, type ByteStream } from '@wirestack/socket';
import { disposed, gone, scratchPath, textUntilEnd } from './scratch.ts';

const derive = promisify(pbkdf2);
const anyPort = 'tcp://127.0.0.1:0';

describe('accept', () => {
  test('answers connections in the order they came, also those that came before it was called', async () => {
    const listener = disposed(await listen(anyPort));
    const clients: ByteStream[] = [];
    for (let index = 0; index < 5; index++) {
      const client = await connect(listener.address);
      await client.write(String(index));
      await client.shutdown('write');
      clients.push(client);
    }
    for (let index = 0; index < 5; index++) {
      const stream = await listener.accept();
      expect(await textUntilEnd(stream)).toBe(String(index));
      await stream.close();
    }
    await Promise.all(clients.map((client) => client.close()));
  });

  test('`for await` takes one after the other, and ends when the listener is closed', async () => {
    const listener = await listen(anyPort);
    const clients = await Promise.all([1, 2, 3].map(() => connect(listener.address)));
    let accepted = 0;
    for await (const stream of listener) {
      await stream.close();
      if (++accepted === clients.length) await listener.close();
    }
    expect(accepted).toBe(3);
    await Promise.all(clients.map(gone));
  });

  test('leaving the loop early keeps the listener open', async () => {
    const listener = disposed(await listen(anyPort));
    const clients = [await connect(listener.address), await connect(listener.address)];
    for await (const stream of listener) {
      stream.abort();
      break;
    }
    (await listener.accept()).abort();
    await Promise.all(clients.map(gone));
  });

  test('a cancelled accept loses no connection', async () => {
    const listener = disposed(await listen(anyPort));
    const controller = new AbortController();
    const accepting = listener.accept({ signal: controller.signal });
    controller.abort('later');
    await expect(accepting).rejects.toMatchObject({ code: 'ABORTED', cause: 'later' });
    await expect(listener.accept({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await expect(listener.accept({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(listener.accept({ timeoutMs: NaN })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    const client = await connect(listener.address);
    await client.write('still here');
    await client.close();
    expect(await textUntilEnd(await listener.accept({ timeoutMs: 60_000 }))).toBe('still here');
  });

  test('a second outstanding accept is refused with BUSY', async () => {
    const listener = disposed(await listen(anyPort));
    const first = listener.accept();
    await expect(listener.accept()).rejects.toMatchObject({ name: 'SocketUsageError', code: 'BUSY' });
    const client = await connect(listener.address);
    (await first).abort();
    await gone(client);
  });
});

describe('close', () => {
  test('rejects the outstanding accept and later ones with CLOSED, and frees the address', async () => {
    const listener = await listen(anyPort);
    const accepting = listener.accept();
    await Promise.all([listener.close(), expect(accepting).rejects.toMatchObject({ code: 'CLOSED' })]);
    await listener.close();
    await expect(listener.accept()).rejects.toMatchObject({ name: 'SocketError', code: 'CLOSED' });
    await expect(connect(listener.address)).rejects.toMatchObject({ code: 'REFUSED' });
    await (await listen(listener.address)).close();
  });

  test('aborts what nobody accepted; accepted streams live on', async () => {
    const listener = await listen(anyPort);
    const kept = await connect(listener.address);
    const accepted = await listener.accept();
    const waiting = await connect(listener.address);
    const behindIt = await connect(listener.address);
    const marker = await connect(listener.address);
    await marker.close();
    await listener.close();
    await Promise.all([gone(waiting), gone(behindIt)]);
    await accepted.write('alive');
    await accepted.close();
    expect(await textUntilEnd(kept)).toBe('alive');
    await kept.close();
  });

  test('removes the Unix path', async () => {
    const path = scratchPath();
    const listener = await listen(path);
    expect(existsSync(path)).toBe(true);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });
});

describe('drain', () => {
  test('stops accepting and waits for the open streams', async () => {
    const listener = await listen(anyPort);
    const [client, stream] = await Promise.all([connect(listener.address), listener.accept()]);
    let isDrained = false;
    const draining = listener.drain().then(() => (isDrained = true));
    await expect(connect(listener.address)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(isDrained).toBe(false);
    await stream.write('last');
    await stream.close();
    expect(await textUntilEnd(client)).toBe('last');
    await draining;
    await client.close();
  });

  test('aborts what is left when the deadline passes', async () => {
    const listener = await listen(anyPort);
    const [client, stream] = await Promise.all([connect(listener.address), listener.accept()]);
    await listener.drain({ timeoutMs: 1 });
    await expect(stream.closed).rejects.toMatchObject({ code: 'ABORTED', cause: { code: 'TIMED_OUT' } });
    await gone(client);
  });

  test('a stream that is flushing to a peer that never reads does not outlive the deadline', async () => {
    const listener = await listen(anyPort);
    const [client, stream] = await Promise.all([connect(listener.address), listener.accept()]);
    void stream.write(new Uint8Array(64 * 1024 * 1024));
    void stream.close();
    await listener.drain({ signal: AbortSignal.abort() });
    client.abort();
  });

  test('refuses a timeoutMs that is no duration without waiting', async () => {
    const listener = await listen(anyPort);
    const [client, stream] = await Promise.all([connect(listener.address), listener.accept()]);
    await expect(listener.drain({ timeoutMs: NaN })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    stream.abort();
    await gone(client);
  });
});

describe('limits', () => {
  test('above maxConnections a connection is dropped and counted', async () => {
    const listener = disposed(await listen(anyPort, { maxConnections: 1 }));
    const [first, accepted] = await Promise.all([connect(listener.address), listener.accept()]);
    const second = await connect(listener.address);
    await gone(second);
    expect(listener.dropped).toBe(1);
    await Promise.all([first.close(), gone(accepted).then(() => accepted.close())]);
    const third = await connect(listener.address);
    (await listener.accept()).abort();
    await gone(third);
    expect(listener.dropped).toBe(1);
  });

  test.each([0, -1, NaN])('maxConnections %d is refused with BAD_ARGUMENT', async (maxConnections) => {
    await expect(listen(anyPort, { maxConnections })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test(
    'past 1,024 connections that nobody accepts, more are turned away and counted',
    { timeout: 30_000 },
    async () => {
      const listener = disposed(await listen(scratchPath()));
      const clients: ByteStream[] = [];
      for (let index = 0; index < 1_030; index++) clients.push(await connect(listener.address));
      await Promise.all(clients.slice(1_024).map(gone));
      expect(listener.dropped).toBe(6);
      for (const client of clients) client.abort();
    },
  );
});

describe('addresses', () => {
  test('an address in use rejects IN_USE and names it', async () => {
    const listener = disposed(await listen(anyPort));
    const { port } = listener.address as { port: number };
    await expect(listen(listener.address)).rejects.toMatchObject({
      name: 'SocketError',
      code: 'IN_USE',
      address: `127.0.0.1:${String(port)}`,
    });
  });

  test('an address that is not of this machine rejects UNAVAILABLE', async () => {
    await expect(listen('tcp://192.0.2.1:0')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('a path in a directory that does not exist is reported', async () => {
    await expect(listen(scratchPath('no/such/x.sock'))).rejects.toMatchObject({ name: 'SocketError' });
  });

  test('a Unix path that somebody listens on rejects IN_USE, and the listener lives', async () => {
    const path = scratchPath();
    const listener = disposed(await listen(path));
    await expect(listen(path)).rejects.toMatchObject({ code: 'IN_USE', address: `unix:${path}` });
    (await listener.accept()).abort();
    const [client, stream] = await Promise.all([connect(path), listener.accept()]);
    expect(stream.localAddress).toEqual({ family: 'unix', path });
    stream.abort();
    await gone(client);
  });

  test('a Unix path left by a process that died is replaced', async () => {
    const path = scratchPath();
    leaveSocketAt(path);
    expect(statSync(path).isSocket()).toBe(true);
    const listener = disposed(await listen(path));
    const [client, stream] = await Promise.all([connect(path), listener.accept()]);
    stream.abort();
    await gone(client);
  });

  test('a regular file at the path is never removed', async () => {
    const path = scratchPath('precious.txt');
    writeFileSync(path, 'precious');
    await expect(listen(path)).rejects.toMatchObject({ code: 'IN_USE' });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  test('mode sets the permissions of the path', async () => {
    const path = scratchPath();
    disposed(await listen(path, { mode: 0o600 }));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('a client that comes while the permissions are set is not lost', async () => {
    const path = scratchPath();
    // Busy threads: work handed to them, as a chmod might be, ends later than a connection takes to arrive.
    const busy = Array.from({ length: 16 }, () => derive('x', 'y', 20_000, 64, 'sha512'));
    const listening = listen(path, { mode: 0o600 });
    const client = await connect(path);
    await client.write('early');
    await client.close();
    const listener = disposed(await listening);
    expect(await textUntilEnd(await listener.accept())).toBe('early');
    await Promise.all(busy);
  });

  test.each([-1, NaN, 0o10000])('mode %d is refused with BAD_ARGUMENT, and nobody listens', async (mode) => {
    const path = scratchPath();
    await expect(listen(path, { mode })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(existsSync(path)).toBe(false);
  });
});

function leaveSocketAt(path: string): void {
  const script = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
  execFileSync('python3', ['-c', script, path]);
}
