import { open, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SocketError, type ByteStream } from '@wirestack/socket';
import { ForwardingStream } from '../../src/streams/forwarding-stream.ts';
import { sendFile } from '../../src/streams/send-file.ts';
import { readAll } from '../../src/streams/stream-reader.ts';
import { disposed, gone, scratchPath, turnsUntil } from '../scratch.ts';
import { memoryPair, tcpPair } from './contract.ts';

/** One large read, and one small, which a transfer makes do with where many are going on. */
const bufferBytes = 1_048_576;
const smallBytes = 262_144;
const sizes = [
  0,
  1,
  smallBytes - 1,
  smallBytes,
  smallBytes + 1,
  bufferBytes - 1,
  bufferBytes,
  bufferBytes + 1,
  2 * bufferBytes,
  5 * bufferBytes + 17,
];

const patterned = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => index * 7 + (index >> 8));

async function fileOf(bytes: Uint8Array): Promise<FileHandle> {
  const path = scratchPath('data');
  await writeFile(path, bytes);
  const file = await open(path, 'r');
  onTestFinished(() => file.close());
  return file;
}

async function connected(over: 'TCP' | 'memory'): Promise<[ByteStream, ByteStream]> {
  if (over === 'memory') return memoryPair();
  const { a, b, close } = await tcpPair();
  await close();
  return [disposed(a), disposed(b)];
}

/** Sends, ends, and gives what arrived. */
async function sent(over: 'TCP' | 'memory', ...args: Tail<Parameters<typeof sendFile>>): Promise<Uint8Array> {
  const [a, b] = await connected(over);
  const sending = sendFile(a, ...args).then(async (count) => {
    await a.shutdown('write');
    return count;
  });
  const [arrived, count] = await Promise.all([readAll(b, 100_000_000), sending]);
  expect(count).toBe(arrived.length);
  return arrived;
}

type Tail<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never;

describe.each(['TCP', 'memory'] as const)('sendFile over %s', (over) => {
  test.each(sizes)('sends a whole file of %i bytes', async (size) => {
    const bytes = patterned(size);
    expect(Buffer.compare(await sent(over, await fileOf(bytes)), bytes)).toBe(0);
  });

  test('sends what slice would give of the range, and leaves the position of the file alone', async () => {
    const bytes = patterned(600_000);
    const file = await fileOf(bytes);
    const head = Buffer.alloc(10);
    await file.read(head, 0, 5, null);
    const offsets = fc.integer({ min: 0, max: 600_000 });
    await fc.assert(
      fc.asyncProperty(offsets, offsets, async (one, other) => {
        const start = Math.min(one, other);
        const end = Math.max(one, other);
        const arrived = await sent(over, file, { start, end });
        expect(Buffer.compare(arrived, bytes.subarray(start, end))).toBe(0);
      }),
      {
        numRuns: 15,
        examples: [
          [0, 0],
          [0, 600_000],
          [600_000, 600_000],
          [262_143, 524_289],
        ],
      },
    );
    expect(Buffer.compare(await sent(over, file, { start: 599_990 }), bytes.subarray(599_990))).toBe(0);
    await file.read(head, 5, 5, null);
    expect(Buffer.compare(head, bytes.subarray(0, 10))).toBe(0);
  });

  test('a file shorter than the range is TRUNCATED once what there was has left', async () => {
    const bytes = patterned(300_000);
    const [a, b] = await connected(over);
    const sending = sendFile(a, await fileOf(bytes), { end: 300_001 });
    const outcome = expect(sending).rejects.toMatchObject({ name: 'SocketError', code: 'TRUNCATED' });
    const arrived = readAll(b, 1_000_000);
    await outcome;
    await a.shutdown('write');
    expect(Buffer.compare(await arrived, bytes)).toBe(0);
    const beyond = sendFile(b, await fileOf(bytes), { start: 300_001 });
    await expect(beyond).rejects.toMatchObject({ code: 'TRUNCATED' });
  });

  test('a file that shrinks while it is sent is TRUNCATED', async () => {
    const path = scratchPath('shrinking');
    await writeFile(path, new Uint8Array(64 * 1024 * 1024));
    const file = await open(path, 'r');
    onTestFinished(() => file.close());
    const [a, b] = await connected(over);
    const sending = sendFile(a, file);
    const outcome = expect(sending).rejects.toMatchObject({ name: 'SocketError', code: 'TRUNCATED' });
    await b.read();
    await truncate(path, 100_000);
    const rest = gone(b);
    await outcome;
    a.abort();
    await rest;
  });

  test('a file that grows while it is sent is cut where it ended', async () => {
    const path = scratchPath('growing');
    await writeFile(path, new Uint8Array(1_000_000).fill(1));
    const file = await open(path, 'r+');
    onTestFinished(() => file.close());
    const [a, b] = await connected(over);
    const sending = sendFile(a, file);
    const first = await b.read();
    await file.write(new Uint8Array(500_000).fill(2), 0, 500_000, 1_000_000);
    const rest = readAll(b, 2_000_000);
    expect(await sending).toBe(1_000_000);
    await a.shutdown('write');
    expect((first?.length ?? 0) + (await rest).length).toBe(1_000_000);
    expect((await rest).every((byte) => byte === 1)).toBe(true);
  });

  test('refuses what is no range with BAD_ARGUMENT, and sends nothing', async () => {
    const [a, b] = await connected(over);
    const file = await fileOf(patterned(10));
    const refused = { name: 'SocketUsageError', code: 'BAD_ARGUMENT' };
    for (const range of [
      { start: -1 },
      { start: 0.5 },
      { start: NaN },
      { end: -1 },
      { start: 5, end: 4 },
      { end: Infinity },
    ]) {
      await expect(sendFile(a, file, range)).rejects.toMatchObject(refused);
    }
    await expect(sendFile(a, file, {}, { timeoutMs: NaN })).rejects.toMatchObject(refused);
    await a.shutdown('write');
    expect(await b.read()).toBeUndefined();
  });

  test('aborted in the middle it rejects with the reason, and the stream is aborted', async () => {
    const [a, b] = await connected(over);
    const controller = new AbortController();
    const reason = new Error('enough');
    const file = await fileOf(new Uint8Array(32 * 1024 * 1024));
    const sending = sendFile(a, file, {}, { signal: controller.signal });
    await b.read();
    await turnsUntil(() => a.needsDrain);
    controller.abort(reason);
    await expect(sending).rejects.toMatchObject({ name: 'SocketError', code: 'ABORTED', cause: reason });
    await expect(a.closed).rejects.toMatchObject({ code: 'ABORTED' });
    await gone(b);
  });

  test('with a deadline that has passed it sends nothing', async () => {
    const [a, b] = await connected(over);
    const sending = sendFile(a, await fileOf(patterned(10)), {}, { signal: AbortSignal.abort('late') });
    await expect(sending).rejects.toMatchObject({ code: 'ABORTED', cause: 'late' });
    await expect(a.closed).rejects.toMatchObject({ code: 'ABORTED' });
    await gone(b);
  });

  test('a peer that goes in the middle fails it', async () => {
    const [a, b] = await connected(over);
    const sending = sendFile(a, await fileOf(new Uint8Array(32 * 1024 * 1024)));
    await b.read();
    b.abort();
    await expect(sending).rejects.toMatchObject({ name: 'SocketError' });
    await expect(sendFile(a, await fileOf(patterned(10)))).rejects.toMatchObject({ name: 'SocketError' });
  });

  test('a peer that goes while the last of it is on its way fails it', async () => {
    const [a, b] = await connected(over);
    void a.write(new Uint8Array(64 * 1024 * 1024));
    const sending = sendFile(a, await fileOf(patterned(10)));
    await turnsUntil(() => a.needsDrain);
    b.abort();
    await expect(sending).rejects.toMatchObject({ name: 'SocketError' });
  });

  test('a file that cannot be read fails it with the reason as cause', async () => {
    const [a] = await connected(over);
    const file = await open(scratchPath('write-only'), 'w');
    onTestFinished(() => file.close());
    await file.write('abc');
    const sending = sendFile(a, file);
    await expect(sending).rejects.toMatchObject({
      name: 'SocketError',
      code: 'OTHER',
      cause: { code: 'EBADF' },
    });
  });
});

describe('sendFile through lend()', () => {
  test('uses two buffers alternately, and not one again before it has left', async () => {
    const stream = new Lending();
    const sending = sendFile(stream, await fileOf(patterned(5 * bufferBytes)));
    for (let round = 0; round < 4; round++) {
      await turnsUntil(() => stream.lent.length === 2);
      expect(stream.lent[0]?.memory).not.toBe(stream.lent[1]?.memory);
      stream.release();
    }
    await turnsUntil(() => stream.lent.length === 1);
    stream.release();
    expect(await sending).toBe(5 * bufferBytes);
    expect(stream.memories.size).toBe(2);
    expect(Buffer.compare(Buffer.concat(stream.copies), patterned(5 * bufferBytes))).toBe(0);
  });

  /** Twenty at a time: more than there are large buffers for. */
  async function sendTwenty(
    file: FileHandle,
  ): Promise<{ copies: Buffer[]; memories: Set<ArrayBufferLike>[] }> {
    const streams = Array.from({ length: 20 }, () => new Lending());
    let left = streams.length;
    const sendings = streams.map((stream) => sendFile(stream, file).finally(() => left--));
    // All have begun, and hold what they have.
    await turnsUntil(() => streams.every(({ lent }) => lent.length === 2));
    await turnsUntil(() => {
      for (const stream of streams) while (stream.lent.length > 0) stream.release();
      return left === 0;
    });
    await Promise.all(sendings);
    return {
      copies: streams.map(({ copies }) => Buffer.concat(copies)),
      memories: streams.map(({ memories }) => memories),
    };
  }

  test('gives its buffers to the next call, and keeps no more than a few of many calls', async () => {
    const content = patterned(2 * bufferBytes);
    const file = await fileOf(content);
    const first = await sendTwenty(file);
    expect(first.memories.map(({ size }) => size)).toEqual(first.memories.map(() => 2));
    for (const copy of first.copies) expect(Buffer.compare(copy, content)).toBe(0);
    const used = new Set(first.memories.flatMap((memories) => [...memories]));
    expect(used.size).toBe(40);
    const sizes = Array.from(used, ({ byteLength }) => byteLength);
    expect(sizes.filter((size) => size === bufferBytes)).toHaveLength(16);
    expect(sizes.filter((size) => size === smallBytes)).toHaveLength(24);
    const later = await sendTwenty(file);
    const again = later.memories.flatMap((memories) => [...memories]).filter((memory) => used.has(memory));
    expect(again.filter(({ byteLength }) => byteLength === bufferBytes)).toHaveLength(2);
    expect(again.filter(({ byteLength }) => byteLength === smallBytes)).toHaveLength(8);
  });

  test('a buffer that is still lent when it fails is not given to anybody else', async () => {
    const file = await fileOf(patterned(2 * bufferBytes));
    const failing = new Lending();
    const controller = new AbortController();
    const sending = sendFile(failing, file, {}, { signal: controller.signal });
    await turnsUntil(() => failing.lent.length === 2);
    controller.abort();
    await expect(sending).rejects.toMatchObject({ code: 'ABORTED' });
    const next = new Lending();
    const other = sendFile(next, file);
    await turnsUntil(() => next.lent.length === 2);
    expect([...next.memories].some((memory) => failing.memories.has(memory))).toBe(false);
    for (const stream of [next, failing]) while (stream.lent.length > 0) stream.release();
    await other;
  });

  test('a short file takes one buffer', async () => {
    const stream = new Lending();
    const sending = sendFile(stream, await fileOf(patterned(100)));
    await turnsUntil(() => stream.lent.length === 1);
    stream.release();
    expect(await sending).toBe(100);
    expect(stream.memories.size).toBe(1);
  });
});

/** A stream whose lent memory leaves when the test says so. */
class Lending extends ForwardingStream {
  readonly lent: { memory: ArrayBufferLike; done: () => void }[] = [];
  readonly memories = new Set<ArrayBufferLike>();
  readonly copies: Uint8Array[] = [];

  constructor() {
    super(memoryPair()[0]);
  }

  lend(data: Uint8Array): Promise<void> {
    if (this.lent.some(({ memory }) => memory === data.buffer)) throw new SocketError('OTHER', 'lent twice');
    this.memories.add(data.buffer);
    return new Promise((resolve) => {
      const done = (): void => {
        this.copies.push(Uint8Array.from(data));
        resolve();
      };
      this.lent.push({ memory: data.buffer, done });
    });
  }

  /** The first that was lent has left, its bytes as they are now. */
  release(): void {
    this.lent.shift()?.done();
  }
}
