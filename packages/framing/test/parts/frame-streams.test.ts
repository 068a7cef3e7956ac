import { setImmediate as turn } from 'node:timers/promises';
import { socketPair, type ByteStream } from '@wirestack/socket';
import { faultStream } from '@wirestack/socket/testing';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  delimiterParts,
  encodeAll,
  frameStreams,
  FramingUsageError,
  lengthPrefix,
  lengthPrefixParts,
  type FrameStream,
  type FrameStreams,
  type FrameStreamsOptions,
} from '../../src/index.ts';
import { text, utf8 } from '../bytes.ts';
import { kinds } from '../streams.ts';

const byte = lengthPrefixParts({ bytes: 1 });

function connected(options?: FrameStreamsOptions): { here: FrameStreams; peer: ByteStream } {
  const [a, peer] = socketPair();
  return { here: frameStreams(a, byte, options), peer };
}

async function next(from: FrameStreams): Promise<FrameStream> {
  const frame = await from.receive();
  if (frame === undefined) throw new Error('the peer has ended');
  return frame;
}

async function all(frame: FrameStream): Promise<string> {
  let seen = '';
  for await (const chunk of frame) seen += text(chunk);
  return seen;
}

/** Whatever has been written to `stream`. */
async function read(stream: ByteStream): Promise<string> {
  return text((await stream.read()) ?? new Uint8Array(0));
}

describe.each(kinds)('frameStreams, %s', (_, makePair) => {
  test('carry frames both ways, each a stream of its own', async () => {
    const [a, b] = await makePair();
    const client = frameStreams(a, lengthPrefixParts());
    const server = frameStreams(b, lengthPrefixParts());
    const echoing = (async () => {
      for await (const frame of server) await server.send(frame.bytes, frame);
      await server.end();
    })();
    const large = new Uint8Array(300_000).map((_unused, index) => index);
    const chunks = [large.subarray(0, 1), large.subarray(1, 100_000), large.subarray(100_000)];
    const sending = Promise.all([
      client.send(large.length, chunks),
      client.send(0, []),
      client.send(2, new Set([utf8('Hi')])),
      client.end(),
    ]);
    const first = await next(client);
    expect(first.bytes).toBe(300_000);
    const echoed = await first.readAll(300_000);
    expect(Buffer.compare(echoed, large)).toBe(0);
    expect((await (await next(client)).readAll(0)).length).toBe(0);
    expect(await all(await next(client))).toBe('Hi');
    expect(await client.receive()).toBeUndefined();
    await Promise.all([sending, echoing]);
    await Promise.all([a.close(), b.close()]);
  });

  test('a frame that nobody reads holds its sender up, and takes no more memory than the stream does', async () => {
    const [a, b] = await makePair();
    const sender = frameStreams(a, lengthPrefixParts());
    const receiver = frameStreams(b, lengthPrefixParts());
    const chunk = new Uint8Array(64 * 1024);
    const total = 1000;
    let taken = 0;
    const sending = sender.send(
      total * chunk.length,
      function* () {
        for (; taken < total; taken++) yield chunk;
      }.call(undefined),
    );
    const frame = await next(receiver);
    // Until nothing moves any more: as many turns without a chunk taken as there are chunks that the kernel may still swallow.
    for (let still = 0; still < 50;) {
      const before = taken;
      await turn();
      still = taken === before ? still + 1 : 0;
    }
    expect(taken).toBeLessThan(total / 2);
    await frame.skip();
    await sending;
    expect(taken).toBe(total);
    await Promise.all([a.close(), b.close()]);
  });
});

describe('a frame', () => {
  test('is given as soon as it begins, and its bytes as they come', async () => {
    const { here, peer } = connected();
    await peer.write('\x05');
    const frame = await next(here);
    expect(frame.bytes).toBe(5);
    await peer.write('he');
    expect(text((await frame.read())!)).toBe('he');
    await peer.write('llo\x01x');
    expect(text((await frame.read())!)).toBe('llo');
    expect(await frame.read()).toBeUndefined();
    expect(await frame.read()).toBeUndefined();
    expect(await all(await next(here))).toBe('x');
  });

  test('loses nothing to a read, a receive or a skip that is cancelled', async () => {
    const { here, peer } = connected();
    const aborted = { name: 'SocketError', code: 'ABORTED' };
    const receive = new AbortController();
    const receiving = here.receive({ signal: receive.signal });
    await turn();
    receive.abort();
    await expect(receiving).rejects.toMatchObject(aborted);

    await peer.write('\x06ab');
    const frame = await next(here);
    expect(text((await frame.read())!)).toBe('ab');
    await expect(frame.read({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await expect(frame.read({ signal: AbortSignal.abort() })).rejects.toMatchObject(aborted);
    await peer.write('cd');
    expect(text((await frame.read())!)).toBe('cd');

    const skip = new AbortController();
    const skipping = here.receive({ signal: skip.signal });
    await peer.write('e');
    await turn();
    skip.abort();
    await expect(skipping).rejects.toMatchObject(aborted);
    await peer.write('f\x01g');
    expect(await all(await next(here))).toBe('g');
  });

  test('left in the middle of its loop can be read on', async () => {
    const { here, peer } = connected();
    await peer.write('\x03a');
    const frame = await next(here);
    for await (const chunk of frame) {
      expect(text(chunk)).toBe('a');
      break;
    }
    await peer.write('bc');
    expect(await all(frame)).toBe('bc');
  });

  test('rejects with TRUNCATED where the peer ends inside it, again and again', async () => {
    const { here, peer } = connected();
    await peer.write('\x03a');
    await peer.shutdown('write');
    const frame = await next(here);
    expect(text((await frame.read())!)).toBe('a');
    const truncated = { name: 'FramingError', code: 'TRUNCATED' };
    await expect(frame.read()).rejects.toMatchObject(truncated);
    await expect(frame.readAll(10)).rejects.toMatchObject(truncated);
    await expect(here.receive()).rejects.toMatchObject(truncated);
  });

  test('rejects with SocketError where the peer resets, after what came before', async () => {
    const { here, peer } = connected();
    await peer.write('\x03a');
    const frame = await next(here);
    peer.abort();
    expect(text((await frame.read())!)).toBe('a');
    await expect(frame.read()).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  test('is read by one at a time', async () => {
    const { here, peer } = connected();
    await peer.write('\x02');
    const frame = await next(here);
    const reading = frame.read();
    await expect(frame.read()).rejects.toThrow(FramingUsageError);
    await expect(frame.skip()).rejects.toThrow(FramingUsageError);
    await expect(frame.readAll(5)).rejects.toThrow(FramingUsageError);
    await expect(here.receive()).rejects.toThrow(FramingUsageError);
    await peer.write('ab\x01c');
    expect(text((await reading)!)).toBe('ab');
    expect(await all(await next(here))).toBe('c');
  });
});

describe('readAll', () => {
  test('loses nothing where it is cancelled, or the frame is larger than allowed', async () => {
    const { here, peer } = connected();
    await peer.write('\x06ab');
    const frame = await next(here);
    const cancel = new AbortController();
    const reading = frame.readAll(10, { signal: cancel.signal });
    await turn();
    await peer.write('cd');
    await turn();
    cancel.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
    const tooLarge = { name: 'FramingError', code: 'TOO_LARGE' };
    await expect(frame.readAll(3)).rejects.toMatchObject(tooLarge);
    await peer.write('ef');
    await expect(frame.readAll(5)).rejects.toMatchObject(tooLarge);
    expect(text((await frame.read())!)).toBe('ab');
    expect(text(await frame.readAll(4))).toBe('cdef');
    expect(await frame.read()).toBeUndefined();
  });

  test('reads nothing of a frame that says in advance that it is too large', async () => {
    const { here, peer } = connected();
    await peer.write('\x06');
    const frame = await next(here);
    await expect(frame.readAll(5)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await peer.write('abcdef');
    expect(text((await frame.read())!)).toBe('abcdef');
  });

  test('stops at the limit in a frame that does not say', async () => {
    const [a, peer] = socketPair();
    const here = frameStreams(a, delimiterParts(','));
    await peer.write('abc');
    const frame = await next(here);
    const reading = frame.readAll(5);
    await turn();
    await peer.write('def');
    await expect(reading).rejects.toMatchObject({ name: 'FramingError', code: 'TOO_LARGE' });
    await peer.write('g,');
    expect(text(await frame.readAll(7))).toBe('abcdefg');
  });
});

describe('a frame that was not read', () => {
  test("is skipped for the next by default, and can't be read any more", async () => {
    const { here, peer } = connected();
    await peer.write('\x03abc\x02de\x00\x01f');
    const [first, second] = [await next(here), await next(here)];
    expect(text((await second.read())!)).toBe('de');
    await expect(first.read()).rejects.toThrow('skipped');
    await expect(first.readAll(5)).rejects.toThrow('skipped');
    await first.skip();
    const third = await next(here);
    expect(await all(await next(here))).toBe('f');
    expect(await third.read()).toBeUndefined();
    expect(await second.read()).toBeUndefined();
  });

  test("holds the next up with unread: 'wait', until somebody has read or skipped it", async () => {
    for (const finish of [
      async (frame: FrameStream) => expect(await all(frame)).toBe('abc'),
      async (frame: FrameStream) => frame.skip(),
    ]) {
      const { here, peer } = connected({ unread: 'wait' });
      await peer.write('\x03abc\x02de');
      const first = await next(here);
      const receiving = next(here);
      const isHere = vi.fn();
      void receiving.then(isHere);
      await turn();
      expect(isHere).not.toHaveBeenCalled();
      await finish(first);
      expect(await all(await receiving)).toBe('de');
    }
  });

  test("with 'wait' the wait has a deadline, and ends with an error where the frame cannot come to its end", async () => {
    const { here, peer } = connected({ unread: 'wait' });
    await peer.write('\x03a');
    const first = await next(here);
    await expect(here.receive({ timeoutMs: 1 })).rejects.toMatchObject({
      name: 'FramedError',
      code: 'TIMED_OUT',
    });
    const receiving = here.receive();
    await expect(here.receive()).rejects.toThrow(FramingUsageError);
    await peer.shutdown('write');
    await expect(first.readAll(3)).rejects.toMatchObject({ code: 'TRUNCATED' });
    await expect(receiving).rejects.toMatchObject({ code: 'TRUNCATED' });

    const reset = connected({ unread: 'wait' });
    await reset.peer.write('\x03a');
    const frame = await next(reset.here);
    const waiting = reset.here.receive();
    await expect(frame.readAll(3, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    reset.peer.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });
});

describe('send', () => {
  test('takes a chunk only when the stream takes more', async () => {
    const [a, peer] = socketPair({ highWaterBytes: 4 });
    const here = frameStreams(a, byte);
    let taken = 0;
    const sending = here.send(
      12,
      function* () {
        for (; taken < 3; taken++) yield utf8('four');
      }.call(undefined),
    );
    await turn();
    expect(taken).toBe(0);
    expect(await read(peer)).toBe('\x0cfour');
    await turn();
    expect(taken).toBe(1);
    for (let chunk = 0; chunk < 2; chunk++) await read(peer);
    await sending;
    expect(taken).toBe(3);
  });

  test('of two at once the second waits for the first', async () => {
    const { here, peer } = connected();
    let go: (() => void) | undefined;
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield utf8('a');
      await new Promise<void>((resolve) => (go = resolve));
      yield utf8('b');
    };
    const sending = [here.send(2, slow()), here.send(1, [utf8('c')])];
    expect(await read(peer)).toBe('\x02a');
    await turn();
    go!();
    await Promise.all(sending);
    await here.end();
    let rest = '';
    for await (const chunk of peer) rest += text(chunk);
    expect(rest).toBe('b\x01c');
  });

  test('of unknown length, where the format has it', async () => {
    const [a, peer] = socketPair();
    const here = frameStreams(a, delimiterParts('\r\n'));
    await here.send(undefined, [utf8('some '), utf8(''), utf8('text')]);
    await here.end();
    let seen = '';
    for await (const chunk of peer) seen += text(chunk);
    expect(seen).toBe('some text\r\n');
  });

  test.each([
    ['too many bytes', 3, ['ab', 'cd'], 'FramingUsageError'],
    ['too few', 5, ['ab', 'cd'], 'FramingUsageError'],
  ])('%s of chunks are FramingUsageError, and the stream is aborted', async (_, bytes, chunks, name) => {
    const { here, peer } = connected();
    await expect(here.send(bytes, chunks.map(utf8))).rejects.toMatchObject({ name });
    await expect(peer.closed).rejects.toMatchObject({ code: 'RESET' });
    await expect(here.send(1, [utf8('a')])).rejects.toMatchObject({ name: 'SocketError', code: 'ABORTED' });
  });

  test('a failure before anything was sent leaves the stream as it was, and lets go of the chunks', async () => {
    const { here, peer } = connected();
    const released = vi.fn();
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      await turn();
      throw new RangeError('no file');
      yield utf8('a');
    };
    const longer = function* (): Generator<Uint8Array> {
      try {
        yield utf8('too long');
      } finally {
        released();
      }
    };
    await expect(here.send(5, failing())).rejects.toThrow('no file');
    await expect(here.send(5, longer())).rejects.toThrow(FramingUsageError);
    await expect(here.send(256, longer())).rejects.toThrow(FramingUsageError);
    await turn();
    expect(released).toHaveBeenCalledTimes(2);
    await here.send(1, [utf8('x')]);
    expect(await read(peer)).toBe('\x01x');
  });

  test('a failure of the chunks in the middle of the frame aborts the stream', async () => {
    const { here, peer } = connected();
    const failing = function* (): Generator<Uint8Array> {
      yield utf8('a');
      throw new RangeError('no more');
    };
    await expect(here.send(5, failing())).rejects.toThrow('no more');
    await expect(peer.closed).rejects.toMatchObject({ code: 'RESET' });
  });

  describe('at its deadline', () => {
    const hanging = async function* (first: string, released: () => void): AsyncGenerator<Uint8Array> {
      try {
        if (first !== '') yield utf8(first);
        await new Promise(() => undefined);
      } finally {
        released();
      }
    };

    test('in the middle of the frame the stream is aborted', async () => {
      const { here, peer } = connected();
      await expect(
        here.send(
          5,
          hanging('a', () => undefined),
          { timeoutMs: 1 },
        ),
      ).rejects.toMatchObject({
        name: 'FramedError',
        code: 'TIMED_OUT',
      });
      await expect(peer.closed).rejects.toMatchObject({ code: 'RESET' });

      const [a, slow] = socketPair({ highWaterBytes: 4 });
      await expect(
        frameStreams(a, byte).send(9, [utf8('not read!')], { timeoutMs: 1 }),
      ).rejects.toMatchObject({ name: 'FramedError', code: 'TIMED_OUT' });
      await expect(slow.closed).rejects.toMatchObject({ code: 'RESET' });
    });

    test('before the first chunk, or in the queue, nothing was sent and the stream goes on', async () => {
      const { here, peer } = connected();
      const cancel = new AbortController();
      const first = here.send(
        5,
        hanging('', () => undefined),
        { signal: cancel.signal },
      );
      const second = here.send(1, [utf8('b')], { timeoutMs: 1 });
      const third = here.send(1, [utf8('c')]);
      await expect(second).rejects.toMatchObject({ code: 'TIMED_OUT' });
      cancel.abort();
      await expect(first).rejects.toMatchObject({ code: 'ABORTED' });
      await third;
      expect(await read(peer)).toBe('\x01c');
    });

    test('that has passed already lets go of the chunks', async () => {
      const { here } = connected();
      const source = { next: vi.fn(), return: vi.fn(() => ({ done: true, value: undefined })) };
      const chunks = { [Symbol.iterator]: () => source } as unknown as Iterable<Uint8Array>;
      await expect(here.send(5, chunks, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'ABORTED',
      });
      await turn();
      expect(source.next).not.toHaveBeenCalled();
      expect(source.return).toHaveBeenCalledTimes(1);
    });
  });

  test('rejects where the peer goes, and does not hang', async () => {
    const [a, peer] = socketPair({ highWaterBytes: 4 });
    const sending = frameStreams(a, byte).send(12, ['four', 'four', 'four'].map(utf8));
    await turn();
    peer.abort();
    await expect(sending).rejects.toMatchObject({ name: 'SocketError' });
  });

  test('a deadline of end() aborts the stream', async () => {
    const { here, peer } = connected();
    const sending = here.send(
      2,
      (async function* () {
        yield utf8('a');
        await new Promise(() => undefined);
      })(),
    );
    await expect(here.end({ timeoutMs: 1 })).rejects.toMatchObject({
      name: 'FramedError',
      code: 'TIMED_OUT',
    });
    await expect(peer.closed).rejects.toMatchObject({ code: 'RESET' });
    sending.catch(() => undefined);
  });
});

test.each([0, -1, 1.5])('a batch limit of %d is refused', (batchLimit) => {
  expect(() => connected({ batchLimit })).toThrow(FramingUsageError);
});

test('whatever is read, skipped and left, every frame begins where it should (model)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          bytes: fc.uint8Array({ maxLength: 200 }),
          use: fc.constantFrom('read', 'skip', 'leave', 'readAll', 'read one'),
        }),
        { maxLength: 10 },
      ),
      fc.nat(),
      async (plan, seed) => {
        const [a, b] = socketPair();
        const here = frameStreams(faultStream(a, { seed }), lengthPrefixParts({ bytes: 'varint' }));
        void b.write(
          encodeAll(
            lengthPrefix({ bytes: 'varint' }),
            plan.map(({ bytes }) => bytes),
          ),
        );
        void b.shutdown('write');
        let index = 0;
        for await (const frame of here) {
          const { bytes, use } = plan[index++]!;
          expect(frame.bytes).toBe(bytes.length);
          if (use === 'read') {
            const seen: number[] = [];
            for await (const chunk of frame) seen.push(...chunk);
            expect(seen).toEqual([...bytes]);
          } else if (use === 'readAll') expect([...(await frame.readAll(200))]).toEqual([...bytes]);
          else if (use === 'skip') await frame.skip();
          else if (use === 'read one') {
            const chunk = (await frame.read()) ?? new Uint8Array(0);
            expect([...chunk]).toEqual([...bytes.subarray(0, chunk.length)]);
          }
        }
        expect(index).toBe(plan.length);
      },
    ),
    { numRuns: 60 },
  );
});
