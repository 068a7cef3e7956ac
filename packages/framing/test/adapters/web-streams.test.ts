import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  chain,
  decoderStream,
  delimiter,
  encodeAll,
  encoderStream,
  FramingUsageError,
  json,
  lengthPrefix,
  untilClose,
  utf8 as utf8Text,
  type Codec,
} from '../../src/codecs/index.ts';
import { cutBy, cuts, text, utf8 } from '../bytes.ts';

const comma = chain(delimiter(',', { maxBytes: 10 }), utf8Text());

function from<T>(items: Iterable<T>): ReadableStream<T> {
  const iterator = items[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const next = iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
  });
}

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of stream) seen.push(item);
  return seen;
}

describe('decoderStream', () => {
  test('decodes what is piped through it', async () => {
    const input = from(['one,tw', 'o,', ',three,'].map(utf8));
    expect(await all(input.pipeThrough(decoderStream(comma)))).toEqual(['one', 'two', '', 'three']);
  });

  test('gives the last message of a format that ends with the input', async () => {
    const messages = await all(from(['all of ', 'it'].map(utf8)).pipeThrough(decoderStream(untilClose())));
    expect(messages.map(text)).toEqual(['all of it']);
  });

  test('carries null, which is a message', async () => {
    const codec = chain(delimiter('\n'), json());
    expect(await all(from([utf8('null\n0\nfalse\n')]).pipeThrough(decoderStream(codec)))).toEqual([
      null,
      0,
      false,
    ]);
  });

  test('fails with FramingError after the messages before it, at both ends', async () => {
    for (const [input, code] of [
      ['a,b,much too long', 'TOO_LARGE'],
      ['a,b,c', 'TRUNCATED'],
    ] as const) {
      const { readable, writable } = decoderStream(comma);
      const piping = from([utf8(input)]).pipeTo(writable);
      const failed = expect(piping).rejects.toMatchObject({ name: 'FramingError', code });
      const reader = readable.getReader();
      await turn();
      expect((await reader.read()).value).toBe('a');
      expect((await reader.read()).value).toBe('b');
      await expect(reader.read()).rejects.toMatchObject({ name: 'FramingError', code });
      await failed;
    }
  });

  test('decodes no more than is read: a chunk of a thousand messages is no thousand objects', async () => {
    const decoded = vi.fn();
    const counting: Codec<string> = chain(comma, {
      name: 'counting',
      decode: (message: string) => {
        decoded();
        return message;
      },
      encode: (message: string) => message,
    });
    const { readable, writable } = decoderStream(counting, { highWaterMark: 4 });
    const writer = writable.getWriter();
    const written = vi.fn();
    const writing = writer.write(utf8('x,'.repeat(1000))).then(written);
    await turn();
    expect(decoded).toHaveBeenCalledTimes(4);
    const reader = readable.getReader();
    for (let count = 0; count < 10; count++) await reader.read();
    await turn();
    expect(decoded.mock.calls.length).toBeLessThanOrEqual(15);
    expect(written).not.toHaveBeenCalled();
    for (let count = 10; count < 1000; count++) await reader.read();
    await writing;
    expect(written).toHaveBeenCalledTimes(1);
  });

  test('works without any queue, too', async () => {
    const through = decoderStream(comma, { highWaterMark: 0 });
    expect(await all(from([utf8('a,b,'), utf8('c,')]).pipeThrough(through))).toEqual(['a', 'b', 'c']);
  });

  test('cancelled, stops the writer at once, though it waits', async () => {
    const { readable, writable } = decoderStream(comma, { highWaterMark: 1 });
    const writer = writable.getWriter();
    const writing = writer.write(utf8('a,b,c,'));
    const reason = new Error('enough');
    await readable.cancel(reason);
    await expect(writing).rejects.toBe(reason);
    await expect(writer.closed).rejects.toBe(reason);
  });

  test('aborted, fails the reader at once, though the writer waits', async () => {
    const { readable, writable } = decoderStream(comma, { highWaterMark: 1 });
    const writer = writable.getWriter();
    const writing = writer.write(utf8('a,b,c,')).catch((error: unknown) => error);
    await turn();
    const reason = new Error('broken');
    await writer.abort(reason);
    await expect(readable.getReader().read()).rejects.toBe(reason);
    expect(await writing).toBe(reason);
  });

  test('passes the error of what is piped into it on', async () => {
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.error(new RangeError('source'));
      },
    });
    await expect(all(failing.pipeThrough(decoderStream(comma)))).rejects.toThrow('source');
  });

  test('a mark below 0 is refused', () => {
    for (const highWaterMark of [-1, Number.NaN]) {
      expect(() => decoderStream(comma, { highWaterMark })).toThrow(FramingUsageError);
      expect(() => encoderStream(comma, { highWaterMark })).toThrow(FramingUsageError);
    }
  });
});

describe('encoderStream', () => {
  test('encodes what is piped through it', async () => {
    const bytes = await all(from(['one', 'two']).pipeThrough(encoderStream(comma)));
    expect(bytes.map(text).join('')).toBe('one,two,');
  });

  test('gives what waits as one chunk, and holds the writer up beyond its mark', async () => {
    const { readable, writable } = encoderStream(comma, { highWaterMark: 6 });
    const writer = writable.getWriter();
    const done: string[] = [];
    const writing = ['aa', 'bb', 'cc'].map((message) => writer.write(message).then(() => done.push(message)));
    await turn();
    expect(done).toEqual(['aa']);
    const reader = readable.getReader();
    expect(text((await reader.read()).value!)).toBe('aa,bb,');
    expect(text((await reader.read()).value!)).toBe('cc,');
    await Promise.all(writing);
    const closing = writer.close();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    await closing;
  });

  test('fails with FramingUsageError for what the format cannot carry, after the messages before', async () => {
    const { readable, writable } = encoderStream(comma);
    const writer = writable.getWriter();
    const outcomes = ['a', 'b,c', 'd'].map((message) =>
      writer.write(message).then(
        () => 'written',
        (error: unknown) => (error as Error).name,
      ),
    );
    expect(await Promise.all(outcomes)).toEqual(['written', 'FramingUsageError', 'FramingUsageError']);
    const reader = readable.getReader();
    expect(text((await reader.read()).value!)).toBe('a,');
    await expect(reader.read()).rejects.toThrow(FramingUsageError);
  });

  test('gives bytes that may be transferred: what is encoded later is not harmed', async () => {
    const { readable, writable } = encoderStream(lengthPrefix({ bytes: 1 }));
    const writer = writable.getWriter();
    const reader = readable.getReader();
    for (const message of ['one', 'two', 'three']) {
      const reading = reader.read();
      await writer.write(utf8(message));
      const { value } = await reading;
      expect(text(value!.subarray(1))).toBe(message);
      structuredClone(value, { transfer: [value!.buffer as ArrayBuffer] });
    }
  });
});

test('through both, whatever is sent comes out again (property)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue({ maxDepth: 5 }), { maxLength: 8 }),
      cuts,
      fc.nat(20),
      async (values, sizes, highWaterMark) => {
        const codec = chain(lengthPrefix(), json());
        const wanted = values.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
        const cut = new TransformStream<Uint8Array, Uint8Array>({
          transform: (chunk, controller) => {
            for (const piece of cutBy(chunk, sizes)) controller.enqueue(piece);
          },
        });
        const out = from(wanted)
          .pipeThrough(encoderStream(codec, { highWaterMark }))
          .pipeThrough(cut)
          .pipeThrough(decoderStream(codec, { highWaterMark }));
        expect(await all(out)).toEqual(wanted);
        expect(encodeAll(codec, wanted).length).toBeGreaterThanOrEqual(4 * wanted.length);
      },
    ),
    { numRuns: 60 },
  );
});
