import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { socketPair, type ByteStream, type Deadline } from '@wirestack/socket';
import { ForwardingStream } from '../../src/streams/forwarding-stream.ts';
import { PatternSearch } from '../../src/streams/read-buffer.ts';
import { readAll, StreamReader, type StreamReaderOptions } from '../../src/streams/stream-reader.ts';
import { turnsUntil } from '../scratch.ts';
import { memoryPair } from './contract.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const truncated = { name: 'SocketError', code: 'TRUNCATED' };
const tooLong = { name: 'SocketError', code: 'TOO_LONG' };
const busy = { name: 'SocketUsageError', code: 'BUSY' };
const badArgument = { name: 'SocketUsageError', code: 'BAD_ARGUMENT' };

/** A reader, and its peer. */
function pair(options?: StreamReaderOptions): { reader: StreamReader; stream: ByteStream; peer: ByteStream } {
  const [stream, peer] = memoryPair();
  return { reader: new StreamReader(stream, options), stream, peer };
}

/** A reader whose peer writes these chunks and, where told, ends. */
function fed(
  chunks: readonly (string | Uint8Array)[],
  options?: StreamReaderOptions & { end?: boolean },
): StreamReader {
  const { reader, peer } = pair(options);
  for (const chunk of chunks) void peer.write(chunk);
  if (options?.end === true) void peer.shutdown('write');
  return reader;
}

describe('readExactly', () => {
  test.each([1, 2, 3, 5, 8])(
    'gives exactly the bytes asked for, whatever chunks of %i they come in',
    async (size) => {
      const bytes = Uint8Array.from({ length: 40 }, (_, index) => index);
      const reader = fed(slices(bytes, size), { end: true });
      expect(await reader.readExactly(0)).toEqual(new Uint8Array(0));
      expect(await reader.readExactly(1)).toEqual(bytes.subarray(0, 1));
      expect(await reader.readExactly(7)).toEqual(bytes.subarray(1, 8));
      expect(await reader.readExactly(32)).toEqual(bytes.subarray(8));
      expect(reader.bufferedBytes).toBe(0);
      await expect(reader.readExactly(1)).rejects.toMatchObject(truncated);
    },
  );

  test('a peer that ends inside is TRUNCATED at every length, and what came is still there', async () => {
    for (let length = 0; length < 8; length++) {
      const reader = fed(['abcdefgh'.slice(0, length)], { end: true });
      await expect(reader.readExactly(8)).rejects.toMatchObject(truncated);
      expect(reader.bufferedBytes).toBe(length);
      expect(textOf(await reader.readAll(8))).toBe('abcdefgh'.slice(0, length));
    }
  });

  test('a count of 2 GB reserves nothing', async () => {
    const reader = fed(['few'], { end: true });
    const before = process.memoryUsage().arrayBuffers;
    await expect(reader.readExactly(2 ** 31)).rejects.toMatchObject(truncated);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  test.each([-1, 0.5, NaN, Infinity])('refuses a count of %d with BAD_ARGUMENT', async (count) => {
    const reader = fed(['abc']);
    await expect(reader.readExactly(count)).rejects.toMatchObject(badArgument);
    expect(textOf(await reader.readExactly(3))).toBe('abc');
  });

  test('passes the error of the stream on, and keeps what came before it', async () => {
    const { reader, peer } = pair();
    void peer.write('ab');
    const read = reader.readExactly(3);
    await turnsUntil(() => reader.bufferedBytes === 2);
    peer.abort();
    await expect(read).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
    expect(textOf(await reader.read())).toBe('ab');
    await expect(reader.read()).rejects.toMatchObject({ code: 'RESET' });
  });
});

describe('readUntil', () => {
  test('finds a delimiter of several bytes split at every point', async () => {
    const input = 'one\r\n\r\ntwo\r\r\n\r\n';
    for (let first = 0; first <= input.length; first++) {
      for (let second = first; second <= input.length; second++) {
        const reader = fed([input.slice(0, first), input.slice(first, second), input.slice(second)], {
          end: true,
        });
        expect(textOf(await reader.readUntil('\r\n\r\n'))).toBe('one\r\n\r\n');
        expect(textOf(await reader.readUntil(ascii('\r\n\r\n')))).toBe('two\r\r\n\r\n');
        await expect(reader.readUntil('\r\n\r\n')).rejects.toMatchObject(truncated);
      }
    }
  });

  test('answers what indexOf would, for any bytes, delimiter and slicing', async () => {
    const bytes = fc
      .array(fc.constantFrom(0x61, 0x62), { maxLength: 60 })
      .map((list) => Uint8Array.from(list));
    const delimiter = fc.array(fc.constantFrom(0x61, 0x62), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(bytes, delimiter, fc.integer({ min: 1, max: 9 }), async (input, pattern, size) => {
        const reader = fed(slices(input, size), { end: true });
        let rest = Buffer.from(input);
        for (;;) {
          const at = rest.indexOf(Buffer.from(pattern));
          if (at < 0) break;
          expect(Buffer.from(await reader.readUntil(Uint8Array.from(pattern)))).toEqual(
            rest.subarray(0, at + pattern.length),
          );
          rest = rest.subarray(at + pattern.length);
        }
        await expect(reader.readUntil(Uint8Array.from(pattern))).rejects.toMatchObject(truncated);
        expect(Buffer.from(await reader.readAll(60))).toEqual(rest);
      }),
    );
  });

  test('a peer that ends before the delimiter is TRUNCATED, and what came is still there', async () => {
    const reader = fed(['half a line'], { end: true });
    await expect(reader.readUntil('\n')).rejects.toMatchObject(truncated);
    expect(reader.bufferedBytes).toBe(11);
    expect(textOf(await reader.read())).toBe('half a line');
    await expect(reader.readUntil('\n')).rejects.toMatchObject(truncated);
    expect(reader.bufferedBytes).toBe(0);
  });

  test('the limit counts the delimiter: at it, and one byte past it', async () => {
    expect(textOf(await fed(['abcd\n'], { maxBytes: 5 }).readUntil('\n'))).toBe('abcd\n');
    const reader = fed(['abcde\nrest'], { maxBytes: 5 });
    await expect(reader.readUntil('\n')).rejects.toMatchObject(tooLong);
    expect(textOf(await reader.readUntil('\n', { maxBytes: 6 }))).toBe('abcde\n');
    expect(reader.bufferedBytes).toBe(4);
  });

  test('refuses as soon as no delimiter can come in time, with no more than the limit and a chunk buffered', async () => {
    const { reader, peer } = pair({ maxBytes: 10_000 });
    const flood = (async () => {
      for (;;) await peer.write(new Uint8Array(3_000));
    })();
    await expect(reader.readUntil('\r\n')).rejects.toMatchObject(tooLong);
    expect(reader.bufferedBytes).toBe(12_000);
    peer.abort();
    await expect(flood).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await reader.readExactly(12_000)).length).toBe(12_000);
  });

  test('exactly the limit without a delimiter is refused without waiting for more', async () => {
    await expect(fed(['abcde'], { maxBytes: 5 }).readUntil('\n')).rejects.toMatchObject(tooLong);
  });

  test('refuses an empty delimiter and a limit below 1 with BAD_ARGUMENT', async () => {
    const reader = fed(['a\n']);
    await expect(reader.readUntil('')).rejects.toMatchObject(badArgument);
    await expect(reader.readUntil('\n', { maxBytes: 0 })).rejects.toMatchObject(badArgument);
    expect(() => pair({ maxBytes: NaN })).toThrow(expect.objectContaining(badArgument));
    expect(textOf(await reader.readUntil('\n'))).toBe('a\n');
  });

  test('looks at each byte once, also when it is fed a byte at a time and asked in vain again and again', async () => {
    const scan = vi.spyOn(PatternSearch.prototype, 'scan');
    const set = vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array, 'set');
    const reader = new StreamReader(new Chunks(Array.from({ length: 3_000 }, () => Uint8Array.of(0x61))));
    try {
      await expect(reader.readUntil('\r\n', { maxBytes: 1_000 })).rejects.toMatchObject(tooLong);
      await expect(reader.readUntil('\r\n', { maxBytes: 2_000 })).rejects.toMatchObject(tooLong);
      await expect(reader.readUntil('\r\n', { maxBytes: 4_000 })).rejects.toMatchObject(truncated);
      expect((await reader.readAll(3_000)).length).toBe(3_000);
      const scanned = scan.mock.calls.reduce((sum, [chunk, at]) => sum + chunk.length - at, 0);
      const copied = set.mock.calls.reduce((sum, [source]) => sum + source.length, 0);
      expect(scanned).toBe(3_000);
      expect(copied).toBeGreaterThanOrEqual(3_000);
      expect(copied).toBeLessThanOrEqual(2 * 3_000);
    } finally {
      scan.mockRestore();
      set.mockRestore();
    }
  });
});

describe('readLine and lines', () => {
  test('give text without its line end, and the last line that has none', async () => {
    const reader = fed(['one\ntwo\r', '\n\n\r\nfour\r\rfive\r'], { end: true });
    const lines: string[] = [];
    for await (const line of reader.lines()) lines.push(line);
    expect(lines).toEqual(['one', 'two', '', '', 'four\r\rfive\r']);
    expect(await reader.readLine()).toBeUndefined();
  });

  test('a character split anywhere is put together; bytes that are no UTF-8 become U+FFFD; a BOM stays', async () => {
    const bytes = Buffer.concat([Buffer.from('\ufeffh\u00e9 \u20ac \u{1f600}\n'), Buffer.from([0xff, 0x0a])]);
    for (let size = 1; size < bytes.length; size++) {
      const reader = fed(slices(bytes, size), { end: true });
      expect(await reader.readLine()).toBe('\ufeffh\u00e9 \u20ac \u{1f600}');
      expect(await reader.readLine()).toBe('\ufffd');
    }
  });

  test('the limit counts the line end; a last line without one may have it all', async () => {
    expect(await fed(['abcd\n'], { maxBytes: 5 }).readLine()).toBe('abcd');
    expect(await fed(['abcde'], { maxBytes: 5, end: true }).readLine()).toBe('abcde');
    await expect(fed(['abcde\n'], { maxBytes: 5 }).readLine()).rejects.toMatchObject(tooLong);
    await expect(fed(['abcdef'], { maxBytes: 5 }).readLine()).rejects.toMatchObject(tooLong);
  });

  test('leaving the loop leaves the rest readable', async () => {
    const reader = fed(['one\ntwo\nthree'], { end: true });
    for await (const line of reader.lines()) {
      expect(line).toBe('one');
      break;
    }
    expect(textOf(await reader.readAll(100))).toBe('two\nthree');
  });
});

describe('read, readAll and iteration', () => {
  test('read gives what is there, chunk by chunk, and undefined at the end again and again', async () => {
    const reader = fed(['one', 'two'], { end: true });
    expect(textOf(await reader.read())).toBe('one');
    expect(textOf(await reader.readExactly(1))).toBe('t');
    expect(textOf(await reader.read())).toBe('wo');
    expect(await reader.read()).toBeUndefined();
    expect(await reader.read()).toBeUndefined();
  });

  test('readAll takes exactly its limit and refuses one byte more, which stays readable', async () => {
    expect(textOf(await fed(['abc', 'de'], { end: true }).readAll(5))).toBe('abcde');
    const reader = fed(['abc', 'def'], { end: true });
    await expect(reader.readAll(5)).rejects.toMatchObject(tooLong);
    expect(textOf(await reader.readAll(6))).toBe('abcdef');
    expect(await fed([], { end: true }).readAll(0)).toEqual(new Uint8Array(0));
  });

  test('an endless peer is refused with the limit and a chunk buffered', async () => {
    const { reader, peer } = pair();
    const flood = (async () => {
      for (;;) await peer.write(new Uint8Array(3_000));
    })();
    await expect(reader.readAll(10_000)).rejects.toMatchObject(tooLong);
    expect(reader.bufferedBytes).toBe(12_000);
    peer.abort();
    await expect(flood).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('iteration gives the chunks until the end', async () => {
    let text = '';
    for await (const chunk of fed(['one ', 'two'], { end: true })) text += textOf(chunk);
    expect(text).toBe('one two');
  });

  test('the free readAll reads a stream whole, within its limit', async () => {
    const [a, b] = memoryPair();
    void b.write('every');
    void b.write('thing');
    void b.shutdown('write');
    expect(textOf(await readAll(a, 10))).toBe('everything');
    await expect(readAll(b, NaN)).rejects.toMatchObject(badArgument);
    void a.write('too much');
    await expect(readAll(b, 7)).rejects.toMatchObject(tooLong);
  });

  test('bytes that come one at a time are gathered, and come out as they went in', async () => {
    const chunks = Array.from({ length: 200_000 }, (_, index) => Uint8Array.of(index));
    const reader = new StreamReader(new Chunks(chunks));
    await expect(reader.readExactly(200_001)).rejects.toMatchObject(truncated);
    let count = 0;
    let at = 0;
    for await (const chunk of reader) {
      count++;
      expect(chunk.every((byte, index) => byte === ((at + index) & 0xff))).toBe(true);
      at += chunk.length;
    }
    expect(at).toBe(200_000);
    expect(count).toBeLessThan(20);
  });
});

describe('one operation at a time', () => {
  test('a second is refused with BUSY and the first is unharmed', async () => {
    const { reader, peer } = pair();
    const first = reader.readExactly(4);
    await expect(reader.readLine()).rejects.toMatchObject(busy);
    await expect(reader.read()).rejects.toMatchObject(busy);
    await expect(reader.readAll(1)).rejects.toMatchObject(busy);
    expect(() => reader.release()).toThrow(expect.objectContaining(busy));
    await peer.write('four');
    expect(textOf(await first)).toBe('four');
  });

  test('after release() the reader is refused with BUSY', async () => {
    const { reader } = pair();
    reader.release();
    await expect(reader.read()).rejects.toMatchObject(busy);
    expect(() => reader.release()).toThrow(expect.objectContaining(busy));
  });
});

describe('deadlines', () => {
  const operations: Readonly<Record<string, (reader: StreamReader, options: Deadline) => Promise<unknown>>> =
    {
      readExactly: (reader, options) => reader.readExactly(100, options),
      readUntil: (reader, options) => reader.readUntil('\n', options),
      readLine: (reader, options) => reader.readLine(options),
      readAll: (reader, options) => reader.readAll(100, options),
    };

  test.each(Object.entries(operations))('an aborted %s loses nothing', async (_, operation) => {
    const { reader, peer } = pair();
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const aborted = operation(reader, { signal: controller.signal });
    void peer.write('kept ');
    await turnsUntil(() => reader.bufferedBytes === 5);
    controller.abort(reason);
    await expect(aborted).rejects.toMatchObject({ name: 'SocketError', code: 'ABORTED', cause: reason });
    void peer.write('whole\n');
    expect(await reader.readLine()).toBe('kept whole');
  });

  test.each(Object.entries(operations))('a timed-out %s loses nothing', async (_, operation) => {
    const { reader, peer } = pair();
    void peer.write('kept ');
    await expect(operation(reader, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    void peer.write('whole\n');
    expect(await reader.readLine()).toBe('kept whole');
  });

  test('a peer that sends all the time does not win more of it', async () => {
    const endless = new Chunks(
      (function* () {
        for (;;) yield Uint8Array.of(0x61);
      })(),
    );
    const reader = new StreamReader(endless);
    const read = reader.readAll(Infinity, { timeoutMs: 1 });
    await expect(read).rejects.toMatchObject({ name: 'SocketError', code: 'TIMED_OUT' });
  });

  test('one that has passed refuses even what is buffered, and loses nothing', async () => {
    const reader = fed(['ab']);
    await reader.readExactly(1);
    await expect(reader.readExactly(1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await expect(reader.readExactly(1, { timeoutMs: NaN })).rejects.toMatchObject(badArgument);
    expect(textOf(await reader.readExactly(1))).toBe('b');
  });
});

function slices(bytes: Uint8Array, size: number): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) all.push(bytes.slice(at, at + size));
  return all;
}

/** A stream of which only `read` is used: these chunks, then the end. */
class Chunks extends ForwardingStream {
  readonly #chunks: Iterator<Uint8Array, unknown>;

  constructor(chunks: Iterable<Uint8Array>) {
    super(socketPair()[0]);
    this.#chunks = chunks[Symbol.iterator]();
  }

  override async read(): Promise<Uint8Array | undefined> {
    const next = this.#chunks.next();
    return next.done === true ? undefined : next.value;
  }
}
