import { describe, expect, test, vi } from 'vitest';
import { SocketUsageError } from '../../../src/errors.ts';
import type { WorkerExit } from '../../../src/server/concurrency/concurrency.ts';
import { moduleHandler } from '../../../src/server/concurrency/module-handler.ts';
import { threads, type ThreadsOptions } from '../../../src/server/concurrency/threads.ts';
import { socketPair } from '../../../src/streams/memory-pair.ts';
import { textUntilEnd, turnsUntil } from '../../scratch.ts';
import { handlerNamed, loaderArgv, serving, type Serving } from './serving.ts';

const reset = { name: 'SocketError', code: 'RESET' };

describe('threads', () => {
  test('serve connections, each with half-close', async () => {
    const { client, errors } = await inThreads('countAtEnd', { size: 2 });
    const clients = await Promise.all([client(), client(), client()]);
    const texts = ['', 'four', 'x'.repeat(100_000)];
    for (const [index, text] of texts.entries()) {
      void clients[index]?.write(text);
      await clients[index]?.shutdown('write');
    }
    expect(await Promise.all(clients.map(textUntilEnd))).toEqual(['0', '4', '100000']);
    expect(errors).toEqual([]);
  });

  test('bytes of every amount come back as they were', async () => {
    const { client } = await inThreads('default', { size: 1 });
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, index) => index * 7 + (index >> 9));
    const stream = await client();
    void stream.write(bytes);
    void stream.shutdown('write');
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  test('handlers that compute run at the same time', async () => {
    const workerData = new SharedArrayBuffer(4);
    const { client } = await inThreads('meet', { size: 2, worker: { workerData } });
    const clients = await Promise.all([client(), client()]);
    expect(await Promise.all(clients.map(textUntilEnd))).toEqual(['met', 'met']);
  });

  test('a handler knows whom it serves', async () => {
    const { client, server } = await inThreads('tellAddresses', { size: 1 });
    const stream = await client();
    expect(JSON.parse(await textUntilEnd(stream))).toEqual([
      stream.localAddress,
      stream.localAddress,
      server.address,
    ]);
  });

  test('a class is made for each connection: setup, handle, finish', async () => {
    const { client, server } = await inThreads('Conversation', { size: 1 });
    const stream = await client();
    const [made, ...calls] = (await textUntilEnd(stream)).split('\n');
    expect(JSON.parse(made ?? '')).toEqual([stream.localAddress, { address: server.address }]);
    expect(calls).toEqual(['setup', 'handle', 'finish']);
  });

  test('a handler that returns nothing has taken the stream over', async () => {
    const { client } = await inThreads('takeOver', { size: 1 });
    const stream = await client();
    await stream.write('echo');
    await stream.shutdown('write');
    expect(await textUntilEnd(stream)).toBe('echo');
  });

  test('an answer is whole where the client says more than the handler reads', async () => {
    const concurrency = await started('answerFirst', { size: 1 });
    const [near, far] = socketPair();
    const served = concurrency.run({ stream: far, run: never }).then(() => far.shutdown('write'));
    await near.write('question');
    let got = 0;
    for await (const chunk of near) {
      got += chunk.length;
      void near.write('and another thing').catch(() => undefined);
    }
    expect(got).toBe(1_000_000);
    await served;
    await concurrency.stop();
  });

  test('a client that does not read stops the handler that writes', async () => {
    const cells = new Int32Array(new SharedArrayBuffer(4));
    const concurrency = await started('pour', { size: 1, worker: { workerData: cells.buffer } });
    const [near, far] = socketPair();
    const served = concurrency.run({ stream: far, run: never }).then(() => far.close());
    await turnsUntil(() => far.needsDrain);
    for (let turn = 0; turn < 300; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(Atomics.load(cells, 0)).toBeLessThan(10);
    let got = 0;
    for await (const chunk of near) got += chunk.length;
    expect(got).toBe(6_553_600);
    await near.close();
    await served;
    await concurrency.stop();
  });

  test('a handler that does not read stops the client that writes', async () => {
    const cells = new Int32Array(new SharedArrayBuffer(4));
    const concurrency = await started('readLater', { size: 1, worker: { workerData: cells.buffer } });
    const [near, far] = socketPair();
    const served = concurrency.run({ stream: far, run: never }).then(() => far.close());
    let written = 0;
    for (let idle = 0; idle < 300;) {
      if (!near.needsDrain) {
        void near.write(new Uint8Array(16_384));
        written += 16_384;
        idle = 0;
      } else idle++;
      await new Promise<void>((resolve) => void setImmediate(resolve));
      expect(written).toBeLessThan(1_000_000);
    }
    Atomics.store(cells, 0, 1);
    await near.shutdown('write');
    expect(await textUntilEnd(near)).toBe(String(written));
    await served;
    await concurrency.stop();
  });

  test('the thread with fewest connections gets the next', async () => {
    const { client } = await inThreads('obey', { size: 2 });
    const [first, second] = await Promise.all([talking(client), talking(client)]);
    await first.write('exit');
    await expect(textUntilEnd(first)).rejects.toMatchObject(reset);
    await second.write('still here');
    expect(Buffer.from((await second.read()) ?? []).toString()).toBe('still here');
  });

  test('beyond maxPerThread connections wait in order', async () => {
    const concurrency = await started('obey', { size: 1, maxPerThread: 1 });
    const ends = ['1', '2', '3'].map((text) => {
      const [near, far] = socketPair();
      void concurrency.run({ stream: far, run: never }).then(() => far.close());
      void near.write(text);
      return near;
    });
    for (const [index, end] of ends.entries()) {
      expect(Buffer.from((await end.read()) ?? []).toString()).toBe(String(index + 1));
      expect(ends.slice(index + 1).some(({ isReadable }) => isReadable)).toBe(false);
      await end.close();
    }
    await concurrency.stop();
  });
});

describe('a handler that fails', () => {
  test('resets its connection, and the server hears of it by name and message', async () => {
    const { client, errors } = await inThreads('obey', { size: 1 });
    const stream = await client();
    await stream.write('fail');
    await expect(textUntilEnd(stream)).rejects.toMatchObject(reset);
    await turnsUntil(() => errors.length > 0);
    expect(errors).toMatchObject([{ name: 'RangeError', message: 'the handler failed' }]);
    expect((errors[0] as Error).stack).toContain('handlers.ts');
  });

  test('because its client went away is a SocketError for the server too', async () => {
    const { client, errors } = await inThreads('obey', { size: 1 });
    const stream = await talking(client);
    stream.abort();
    await turnsUntil(() => errors.length === 1);
    expect(errors).toMatchObject([reset]);
  });

  test('that aborts on purpose resets, and has not failed', async () => {
    const { client, errors, server } = await inThreads('obey', { size: 1 });
    const stream = await client();
    await stream.write('abort');
    await expect(textUntilEnd(stream)).rejects.toMatchObject(reset);
    await server.drain();
    expect(errors).toEqual([]);
  });
});

describe('a thread that dies', () => {
  const exits = vi.fn<(exit: WorkerExit) => void>();

  test.each([
    ['exit', { exitCode: 3, error: undefined }, {}],
    ['throw', { exitCode: 1, error: { message: 'outside the handler' } }, {}],
    [
      'eat',
      { error: { code: 'ERR_WORKER_OUT_OF_MEMORY' } },
      { resourceLimits: { maxOldGenerationSizeMb: 24 } },
    ],
  ])('by %s resets its own connections, and is replaced', async (command, exit, worker) => {
    exits.mockClear();
    const { client, errors } = await inThreads('obey', { size: 1, onWorkerExit: exits, worker });
    const [first, second] = await Promise.all([talking(client), talking(client)]);
    await first.write(command);
    await expect(textUntilEnd(first)).rejects.toMatchObject(reset);
    await expect(textUntilEnd(second)).rejects.toMatchObject(reset);
    const replacement = await talking(client);
    await replacement.close();
    expect(exits).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ requests: 2 }));
    expect(exits.mock.calls[0]?.[0]).toMatchObject(exit);
    expect(errors).toHaveLength(3);
    for (const error of errors) expect(error).toMatchObject({ name: 'WorkerExitError' });
  });

  test('over and over is replaced all the same', async () => {
    const { client } = await inThreads('obey', { size: 1 });
    for (let round = 0; round < 3; round++) {
      const stream = await talking(client);
      await stream.write('exit');
      await expect(textUntilEnd(stream)).rejects.toMatchObject(reset);
    }
  });
});

describe('starting', () => {
  test('a function is refused with BAD_ARGUMENT: it cannot cross to a thread', async () => {
    const refused = threads().start?.({ handler: () => undefined, onError: never });
    await expect(refused).rejects.toMatchObject({ name: 'SocketUsageError', code: 'BAD_ARGUMENT' });
    await expect(refused).rejects.toThrow(/moduleHandler\(new URL/);
  });

  test.each([
    ['throws as it loads', './handlers/broken.ts', 'default', 'this module does not load'],
    ['has no such export', './handlers/handlers.ts', 'absent', 'exports no function or class as absent'],
    [
      'exports no function',
      './handlers/handlers.ts',
      'notAHandler',
      'exports no function or class as notAHandler',
    ],
    ['does not exist', './handlers/none.ts', 'default', 'none.ts'],
  ])('a module that %s is what start() rejects with', async (_what, path, name, message) => {
    const handler = moduleHandler(new URL(path, import.meta.url), name);
    const concurrency = threads({ size: 2, worker: { execArgv: [...loaderArgv] } });
    await expect(concurrency.start?.({ handler, onError: never })).rejects.toThrow(message);
  });

  test.each([{ size: 0 }, { size: 1.5 }, { maxPerThread: 0 }, { maxPerThread: NaN }])(
    '%j is refused with BAD_ARGUMENT',
    (options) => {
      expect(() => threads(options)).toThrow(SocketUsageError);
    },
  );

  test('a request before start() is refused', async () => {
    await expect(threads().run({ run: never })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('a packet is refused with UNSUPPORTED', async () => {
    const concurrency = await started('default', { size: 1 });
    await expect(concurrency.run({ run: never })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await concurrency.stop();
  });
});

describe('stop()', () => {
  test('waits for the connections that are open, and takes no more', async () => {
    const concurrency = await started('obey', { size: 1 });
    const [near, far] = socketPair();
    const served = concurrency.run({ stream: far, run: never }).then(() => far.close());
    await near.write('last words');
    const stopped = concurrency.stop();
    await expect(concurrency.run({ run: never })).rejects.toMatchObject({ code: 'CLOSED' });
    await near.shutdown('write');
    expect(await textUntilEnd(near)).toBe('last words');
    await Promise.all([served, stopped]);
  });

  test('cuts at the deadline what hangs, and what waits', async () => {
    const concurrency = await started('obey', { size: 1, maxPerThread: 1 });
    const [near, far] = socketPair();
    const [, waiting] = socketPair();
    const hanging = concurrency.run({ stream: far, run: never });
    const queued = concurrency.run({ stream: waiting, run: never });
    await near.write('hang');
    await near.read();
    const [first, second] = await Promise.allSettled([hanging, queued, concurrency.stop({ timeoutMs: 0 })]);
    expect(first).toMatchObject({ status: 'rejected' });
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'TIMED_OUT' } });
    await expect(near.closed).rejects.toMatchObject(reset);
  });
});

function inThreads(exportName: string, options: ThreadsOptions): Promise<Serving> {
  return serving(loaded(options), exportName);
}

async function started(exportName: string, options: ThreadsOptions): Promise<ReturnType<typeof threads>> {
  const concurrency = loaded(options);
  await concurrency.start?.({ handler: handlerNamed(exportName), onError: never });
  return concurrency;
}

function loaded(options: ThreadsOptions): ReturnType<typeof threads> {
  return threads({ ...options, worker: { execArgv: [...loaderArgv], ...options.worker } });
}

/** A client whose handler has answered: it runs in a thread now. */
async function talking(client: Serving['client']): ReturnType<Serving['client']> {
  const stream = await client();
  await stream.write('hello');
  expect(Buffer.from((await stream.read()) ?? []).toString()).toBe('hello');
  return stream;
}

function never(): never {
  throw new Error('not called');
}
