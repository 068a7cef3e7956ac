import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { portStream, type PortStreamOptions } from '../../src/streams/message-port.ts';
import { streamContract } from '../../src/testing/check-stream.ts';
import { textUntilEnd, turnsUntil } from '../scratch.ts';

const workers = new Set<Worker>();
afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.terminate()));
  workers.clear();
});

describe('ByteStream over a MessageChannel', () => {
  for (const { name, run } of streamContract) {
    test(name, { timeout: 30_000 }, () => run(() => Promise.resolve(portPair())));
  }
});

describe('ByteStream through a worker that relays between two channels', () => {
  // Whoever relays takes a write whole, as a proxy takes what its buffers hold: these want it to stay with the writer.
  const ofNeighbours = new Set([
    'a blocked write rejects when the peer aborts',
    'a blocked write rejects when the peer closes',
    'a blocked write whose time is over aborts the stream',
    'the peer of a paused stream feels back-pressure',
    'drain() follows back-pressure, once more may be written',
  ]);
  let worker: Worker;
  beforeAll(() => {
    worker = start('tunnel', new MessageChannel().port1);
    workers.delete(worker);
  });
  afterAll(() => worker.terminate());

  for (const { name, run } of streamContract.filter((sentence) => !ofNeighbours.has(sentence.name))) {
    test(name, { timeout: 30_000 }, () =>
      run(() => {
        const [left, right] = [new MessageChannel(), new MessageChannel()];
        const ports = [left.port2, right.port2];
        worker.postMessage(ports, ports);
        return Promise.resolve({ a: portStream(left.port1), b: portStream(right.port1) });
      }),
    );
  }
});

describe('portStream', () => {
  test('half-close and echo, with the other end in a worker', async () => {
    const { stream } = far('echo');
    await stream.write('hello');
    await stream.shutdown('write');
    expect(await textUntilEnd(stream)).toBe('hello and the end');
    await stream.closed;
  });

  test('a worker that does not read exerts back-pressure; terminating it is a reset', async () => {
    const { stream, worker } = far('deaf');
    expect(await stream.read()).toEqual(new TextEncoder().encode('here'));
    let written = 0;
    while (!stream.needsDrain) {
      void stream.write(new Uint8Array(4096));
      written += 4096;
    }
    expect(written).toBe(65_536);
    const blocked = stream.write('more');
    await worker.terminate();
    await expect(blocked).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
    await expect(stream.read()).rejects.toMatchObject({ code: 'RESET' });
    await expect(stream.closed).rejects.toMatchObject({ code: 'RESET' });
  });

  test('a worker that exits is a reset', async () => {
    const { stream } = far('exit');
    await stream.write('go');
    await expect(stream.read()).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  test('an abort reaches the worker, which then ends by itself', async () => {
    const { stream, worker } = far('echo');
    await stream.write('x');
    await stream.read();
    const exited = new Promise((resolve) => worker.once('error', resolve));
    stream.abort();
    expect(await exited).toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  test('a port that closes without a word is a reset, after what had arrived', async () => {
    const { port1, port2 } = new MessageChannel();
    const stream = portStream(port1);
    port2.postMessage(new Uint8Array([0x61]).buffer);
    port2.close();
    await turnsUntil(() => stream.isReadable);
    expect([...((await stream.read()) ?? [])]).toEqual([0x61]);
    await expect(stream.read()).rejects.toMatchObject({ code: 'RESET' });
  });

  test.each([
    ['null', null],
    ['an object', { data: 'x' }],
    ['an unknown word', 'hello'],
    ['no bytes', new ArrayBuffer()],
    ['memory that stays shared', new SharedArrayBuffer(4)],
    ['an array, and not its memory', new Uint8Array(4)],
    ['credit for more than was sent', 5],
    ['credit for nothing', 0],
    ['negative credit', -1],
    ['half a byte of credit', 0.5],
    ['NaN', NaN],
    ['closed before the end', 'closed'],
  ])('%s on the port is OTHER here and a reset there', async (_what, message) => {
    const { port1, port2 } = new MessageChannel();
    const stream = portStream(port1);
    const answers: unknown[] = [];
    port2.on('message', (answer) =>
      answers.push(answer instanceof ArrayBuffer ? [...new Uint8Array(answer)] : answer),
    );
    await stream.write('abcd');
    port2.postMessage(message);
    await expect(stream.closed).rejects.toMatchObject({ name: 'SocketError', code: 'OTHER' });
    await expect(stream.read()).rejects.toMatchObject({ code: 'OTHER' });
    await turnsUntil(() => answers.length === 2);
    expect(answers).toEqual([[0x61, 0x62, 0x63, 0x64], 'reset']);
  });

  test.each(['end', new Uint8Array([1]).buffer])('%s after the end is OTHER', async (message) => {
    const { port1, port2 } = new MessageChannel();
    const stream = portStream(port1);
    port2.postMessage('end');
    port2.postMessage(message);
    await expect(stream.closed).rejects.toMatchObject({ code: 'OTHER' });
  });

  test('a message that cannot be read is OTHER', async () => {
    const { port1, port2 } = new MessageChannel();
    const stream = portStream(port1);
    port1.emit('messageerror', new Error('deserialisation'));
    await expect(stream.closed).rejects.toMatchObject({ code: 'OTHER' });
    port2.close();
  });

  test('credit goes back in steps, and all of it before the end', async () => {
    const { port1, port2 } = new MessageChannel();
    const stream = portStream(port1);
    const answers: unknown[] = [];
    port2.on('message', (answer) => answers.push(answer));
    for (const size of [16_383, 1, 5]) {
      port2.postMessage(new ArrayBuffer(size));
      await stream.read();
    }
    await stream.close();
    await turnsUntil(() => answers.length === 4);
    expect(answers).toEqual([16_384, 'end', 5, 'closed']);
  });

  test('a pair that is over leaves both ports closed, so that a thread can end', async () => {
    const { port1, port2 } = new MessageChannel();
    const closed = Promise.all(
      [port1, port2].map((port) => new Promise((resolve) => port.once('close', resolve))),
    );
    const [a, b] = [portStream(port1), portStream(port2)];
    await a.shutdown('write');
    await b.shutdown('write');
    await closed;
  });
});

describe('memory', () => {
  test('what is written stays the writer’s', async () => {
    const { a, b } = portPair();
    const bytes = new Uint8Array([1, 2, 3]);
    await a.write(bytes);
    await a.write(bytes);
    expect(bytes).toEqual(new Uint8Array([1, 2, 3]));
    expect([...((await b.read()) ?? [])]).toEqual([1, 2, 3]);
  });

  test('with `transfer` a whole buffer moves, and is empty here', async () => {
    const { a, b } = portPair({ transfer: true });
    const bytes = new Uint8Array([1, 2, 3]);
    await a.write(bytes);
    expect(bytes.length).toBe(0);
    expect([...((await b.read()) ?? [])]).toEqual([1, 2, 3]);
  });

  test.each([
    ['a view of a part', () => new Uint8Array([0, 1, 2, 3, 0]).subarray(1, 4)],
    ['a buffer of the pool', () => Buffer.from([1, 2, 3])],
    ['shared memory', () => new Uint8Array(new SharedArrayBuffer(3)).fill(7)],
    ['memory that cannot move', wholeWasmMemory],
  ])('with `transfer` %s is copied', async (_what, make) => {
    const { a, b } = portPair({ transfer: true });
    const bytes = make();
    const before = [...bytes];
    void a.write(bytes);
    expect([...bytes]).toEqual(before);
    await a.shutdown('write');
    const parts: number[] = [];
    for await (const chunk of b) parts.push(...chunk);
    expect(parts).toEqual(before);
  });
});

/** A page of it: its buffer is pinned. */
function wholeWasmMemory(): Uint8Array {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (descriptor: { initial: number }) => { buffer: ArrayBuffer } };
  };
  return new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer).fill(7);
}

function portPair(options?: PortStreamOptions): {
  a: ReturnType<typeof portStream>;
  b: ReturnType<typeof portStream>;
} {
  const { port1, port2 } = new MessageChannel();
  return { a: portStream(port1, options), b: portStream(port2, options) };
}

function far(role: string): { stream: ReturnType<typeof portStream>; worker: Worker } {
  const { port1, port2 } = new MessageChannel();
  return { stream: portStream(port1), worker: start(role, port2) };
}

function start(role: string, port: MessagePort): Worker {
  const loader = new URL('../server/concurrency/loader/register.js', import.meta.url);
  const worker = new Worker(new URL('./port-worker.ts', import.meta.url), {
    workerData: { role, port },
    transferList: [port],
    execArgv: ['--import', loader.href],
  });
  workers.add(worker);
  return worker;
}
