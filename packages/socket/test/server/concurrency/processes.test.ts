import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ByteStream } from '../../../src/byte-stream.ts';
import { connect } from '../../../src/connect.ts';
import type { Concurrency, WorkerExit } from '../../../src/server/concurrency/concurrency.ts';
import { moduleHandler } from '../../../src/server/concurrency/module-handler.ts';
import { processes } from '../../../src/server/concurrency/processes.ts';
import { gone, scratchPath, textUntilEnd, turnsUntil } from '../../scratch.ts';
import { handlerNamed, loaderArgv } from './serving.ts';

const child = { execArgv: [...loaderArgv] };

describe.each([
  ['a pool', (): Concurrency => processes({ size: 2, child })],
  ['a process for each connection', (): Concurrency => processes({ perConnection: true, child })],
])('%s', (_kind, make) => {
  test('serves connections, each with half-close', async () => {
    const { client, errors } = await handingOver(make(), 'countAtEnd');
    const clients = await Promise.all([client(), client(), client()]);
    const texts = ['', 'four', 'x'.repeat(100_000)];
    for (const [index, text] of texts.entries()) {
      void clients[index]?.write(text);
      await clients[index]?.shutdown('write');
    }
    expect(await Promise.all(clients.map(textUntilEnd))).toEqual(['0', '4', '100000']);
    expect(errors).toEqual([]);
  });

  test('serves a Unix socket', async () => {
    const { client } = await handingOver(make(), 'countAtEnd', scratchPath());
    const stream = await client();
    await stream.write('over a path');
    await stream.shutdown('write');
    expect(await textUntilEnd(stream)).toBe('11');
  });

  test('what the client said before the child had the socket is not lost', async () => {
    const { client } = await handingOver(make(), 'default');
    const stream = await client();
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => index * 7 + (index >> 9));
    void stream.write(bytes);
    void stream.shutdown('write');
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  test('handlers that compute run at the same time', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'wirestack-meet-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const { client } = await handingOver(make(), 'meetInFiles');
    const [first, second] = await Promise.all([client(), client()]);
    await first.write([join(directory, 'a'), join(directory, 'b')].join('\n'));
    await second.write([join(directory, 'b'), join(directory, 'a')].join('\n'));
    expect(await Promise.all([first, second].map(textUntilEnd))).toEqual(['met', 'met']);
    expect(existsSync(join(directory, 'a'))).toBe(true);
  });

  test('a handler that fails ends its connection, and the server hears of it', async () => {
    const { client, errors } = await handingOver(make(), 'obey');
    const stream = await client();
    await stream.write('fail');
    await gone(stream);
    await turnsUntil(() => errors.length > 0);
    expect(errors).toMatchObject([{ name: 'RangeError', message: 'the handler failed' }]);
  });

  test('a process that dies takes its connection with it, and others are served', async () => {
    const { client, errors } = await handingOver(make(), 'obey');
    const stream = await talking(client);
    await stream.write('exit');
    await gone(stream);
    await (await talking(client)).close();
    await turnsUntil(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ name: 'WorkerExitError', exitCode: 3 });
  });

  test('stop() waits for the connections that are open, and takes no more', async () => {
    const concurrency = make();
    const { client } = await handingOver(concurrency, 'obey');
    const stream = await talking(client);
    const stopped = concurrency.stop();
    await stream.write('last words');
    await stream.shutdown('write');
    expect(await textUntilEnd(stream)).toBe('last words');
    await stopped;
    await gone(await client());
  });

  test('stop() kills at the deadline what hangs', async () => {
    const concurrency = make();
    const { client, errors } = await handingOver(concurrency, 'obey');
    const stream = await talking(client);
    await stream.write('hang');
    await stream.read();
    await concurrency.stop({ timeoutMs: 0 });
    await gone(stream);
    await turnsUntil(() => errors.length > 0);
    expect(errors).toMatchObject([{ name: 'WorkerExitError', exitCode: undefined }]);
  });

  test('a function is refused with BAD_ARGUMENT: it cannot cross to a process', async () => {
    const refused = make().start?.({ handler: () => undefined, onError: never });
    await expect(refused).rejects.toMatchObject({ name: 'SocketUsageError', code: 'BAD_ARGUMENT' });
  });

  test('a request before start() is refused with BAD_ARGUMENT, one without a socket with UNSUPPORTED', async () => {
    await expect(make().run({ run: never })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    const concurrency = make();
    await concurrency.start?.({ handler: handlerNamed(), onError: never });
    await expect(concurrency.run({ run: never })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await concurrency.stop();
  });
});

describe('a pool of processes', () => {
  test('replaces one that dies, and tells', async () => {
    const exits = vi.fn<(exit: WorkerExit) => void>();
    const { client } = await handingOver(processes({ size: 1, onWorkerExit: exits, child }), 'obey');
    const pids = new Set<number | undefined>();
    for (let round = 1; round <= 2; round++) {
      const [stream, other] = await Promise.all([talking(client), talking(client)]);
      await stream.write('exit');
      await Promise.all([gone(stream), gone(other)]);
      await turnsUntil(() => exits.mock.calls.length === round);
      const exit = exits.mock.lastCall?.[0];
      expect(exit).toMatchObject({ exitCode: 3, signal: undefined, requests: 2 });
      pids.add(exit?.id);
    }
    expect(pids.size).toBe(2);
  });

  test('a module that does not load is what start() rejects with', async () => {
    const handler = moduleHandler(new URL('./handlers/broken.ts', import.meta.url));
    const started = processes({ size: 1, child }).start?.({ handler, onError: never });
    await expect(started).rejects.toThrow('this module does not load');
  });

  test.each([{ size: 0 }, { maxPerProcess: 0.5 }])('%j is refused with BAD_ARGUMENT', (options) => {
    expect(() => processes(options)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error);
  });
});

describe('a process for each connection', () => {
  test('beyond max connections wait in order', async () => {
    const { client } = await handingOver(processes({ perConnection: true, max: 1, child }), 'tellPid');
    const first = await client();
    const pid = Buffer.from((await first.read()) ?? []).toString();
    const second = await client();
    const answer = second.read();
    await first.close();
    const secondPid = Buffer.from((await answer) ?? []).toString();
    expect(Number(secondPid)).toBeGreaterThan(0);
    expect(secondPid).not.toBe(pid);
    await second.close();
  });

  test('a module that does not load fails each connection', async () => {
    const { client, errors } = await handingOver(
      processes({ perConnection: true, child }),
      moduleHandler(new URL('./handlers/broken.ts', import.meta.url)),
    );
    await gone(await client());
    await turnsUntil(() => errors.length > 0);
    expect(errors).toMatchObject([{ message: 'this module does not load' }]);
  });

  test('a max below 1 is refused with BAD_ARGUMENT', () => {
    expect(() => processes({ perConnection: true, max: 0 })).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error,
    );
  });
});

interface HandingOver {
  readonly errors: unknown[];
  client(): Promise<ByteStream>;
}

/** A server that makes no streams but hands each socket on; all of it ends with the test. */
async function handingOver(
  concurrency: Concurrency,
  named: string | ReturnType<typeof handlerNamed>,
  path?: string,
): Promise<HandingOver> {
  const handler = typeof named === 'string' ? handlerNamed(named) : named;
  const errors: unknown[] = [];
  await concurrency.start?.({ handler, onError: (error) => errors.push(error) });
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    concurrency.run({ run: never, takeSocket: () => socket }).catch((error: unknown) => {
      socket.destroy();
      errors.push(error);
    });
  });
  onTestFinished(async () => {
    server.close();
    await concurrency.stop({ timeoutMs: 0 });
  });
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  const address = path ?? `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return { errors, client: () => connect(address) };
}

/** A client whose handler has answered: its child has the socket now. */
async function talking(client: HandingOver['client']): Promise<ByteStream> {
  const stream = await client();
  await stream.write('hello');
  expect(Buffer.from((await stream.read()) ?? []).toString()).toBe('hello');
  return stream;
}

function never(): never {
  throw new Error('not called');
}
