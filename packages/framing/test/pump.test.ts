import { setImmediate as turn } from 'node:timers/promises';
import { socketPair, type ByteStream } from '@wirestack/socket';
import { faultStream } from '@wirestack/socket/testing';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  chain,
  delimiter,
  encodeAll,
  framed,
  FramingUsageError,
  lengthPrefix,
  pump,
  utf8 as utf8Text,
  type Framed,
} from '../src/index.ts';
import { cutBy, cuts, text } from './bytes.ts';
import { kinds } from './streams.ts';

const comma = chain(delimiter(','), utf8Text());
const lines = chain(delimiter('\n'), utf8Text());

/** `source → from ⇒ to → drain`: the two framed ends of a pump, and the bare streams beyond them. */
function plumbed(highWaterBytes = 65_536): {
  source: ByteStream;
  from: Framed<string>;
  to: Framed<string>;
  drain: ByteStream;
} {
  const [a, source] = socketPair();
  const [b, drain] = socketPair({ highWaterBytes });
  return { source, from: framed(a, comma), to: framed(b, lines), drain };
}

async function readAll(stream: ByteStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += text(chunk);
  return all;
}

describe.each(kinds)('pump, %s', (_, makePair) => {
  test('moves messages from one format to another until the end, and half-closes', async () => {
    const [[a, source], [b, drain]] = await Promise.all([makePair(), makePair()]);
    const from = framed(a, comma);
    const to = framed(b, lines);
    void source.write('one,two,three,');
    void source.shutdown('write');
    expect(await pump(from, to)).toBe(3);
    expect(await readAll(drain)).toBe('one\ntwo\nthree\n');
    await drain.write('the other way is open\n');
    expect(await to.receive()).toBe('the other way is open');
    await Promise.all([a, source, b, drain].map((stream) => stream.close()));
  });
});

describe('pump', () => {
  test('puts each message through map, and leaves out what becomes undefined', async () => {
    const { source, from, to, drain } = plumbed();
    await source.write('1,2,3,4,');
    await source.shutdown('write');
    const even = (message: string): string | undefined =>
      Number(message) % 2 === 0 ? `${message} is even` : undefined;
    expect(await pump(from, to, even)).toBe(2);
    expect(await readAll(drain)).toBe('2 is even\n4 is even\n');
  });

  test('sends what came together in one write', async () => {
    const { source, from, to } = plumbed();
    const writes = vi.spyOn(to.stream, 'write');
    await source.write('a,b,c,');
    await source.write('d,');
    await source.shutdown('write');
    expect(await pump(from, to)).toBe(4);
    expect(writes.mock.calls.map(([bytes]) => text(bytes as Uint8Array))).toEqual(['a\nb\nc\n', 'd\n']);
  });

  test('leaves the other open with end: false, and can go on from there', async () => {
    const { source, from, to, drain } = plumbed();
    await source.write('a,');
    await source.shutdown('write');
    expect(await pump(from, to, undefined, { end: false })).toBe(1);
    await to.send('b');
    await to.end();
    expect(await readAll(drain)).toBe('a\nb\n');
  });

  test('reads no more while the other takes no more', async () => {
    const { source, from, to, drain } = plumbed(8);
    const reads = vi.spyOn(from.stream, 'read');
    await source.write('more than eight bytes,');
    const pumping = pump(from, to);
    await turn();
    expect(to.stream.needsDrain).toBe(true);
    const before = reads.mock.calls.length;
    await source.write('later,');
    await source.shutdown('write');
    await turn();
    expect(reads.mock.calls.length).toBe(before);
    expect(await readAll(drain)).toBe('more than eight bytes\nlater\n');
    expect(await pumping).toBe(2);
  });

  test('at its deadline leaves both as they are, and loses no message', async () => {
    for (const code of ['TIMED_OUT', 'ABORTED']) {
      const { source, from, to, drain } = plumbed();
      await source.write('a,b');
      const cancel = new AbortController();
      const options = code === 'ABORTED' ? { signal: cancel.signal } : { timeoutMs: 20 };
      const pumping = pump(from, to, undefined, options);
      await turn();
      cancel.abort();
      await expect(pumping).rejects.toMatchObject({ name: 'FramedError', code });
      await source.write('c,d,');
      expect(await from.receive()).toBe('bc');
      await to.send('e');
      await to.end();
      expect(await readAll(drain)).toBe('a\ne\n');
    }
  });

  test('at a deadline under back-pressure takes no message more than it sends', async () => {
    const { source, from, to, drain } = plumbed(8);
    await source.write('more than eight bytes,');
    await expect(pump(from, to, undefined, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await source.write('still here,');
    expect(text((await drain.read())!)).toBe('more than eight bytes\n');
    await turn();
    expect(await from.receive()).toBe('still here');
  });

  test('rejects where the source fails, and has sent what came before', async () => {
    const { source, from, to, drain } = plumbed();
    await source.write('a,b');
    await source.shutdown('write');
    await expect(pump(from, to)).rejects.toMatchObject({ name: 'FramingError', code: 'TRUNCATED' });
    await to.end();
    expect(await readAll(drain)).toBe('a\n');

    const reset = plumbed();
    await reset.source.write('a,');
    const pumping = pump(reset.from, reset.to);
    await turn();
    reset.source.abort();
    await expect(pumping).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  test('rejects where the other goes while nothing comes: it does not hang, and the source goes on', async () => {
    for (const [end, error] of [
      [(drain: ByteStream): unknown => drain.abort(), { name: 'SocketError', code: 'RESET' }],
      [(_: ByteStream, to: ByteStream): unknown => to.abort(), { name: 'SocketError', code: 'ABORTED' }],
      [(_: ByteStream, to: ByteStream): unknown => to.close(), { name: 'FramedError', code: 'CLOSED' }],
    ] as const) {
      const { source, from, to, drain } = plumbed();
      const pumping = pump(from, to);
      await turn();
      end(drain, to.stream);
      await expect(pumping).rejects.toMatchObject(error);
      await source.write('for somebody else,');
      expect(await from.receive()).toBe('for somebody else');
    }
  });

  test('what map throws, and what the format cannot carry, ends it; the messages behind can be received', async () => {
    const { source, from, to, drain } = plumbed();
    await source.write('a,b,c,');
    const failing = pump(from, to, (message) => {
      if (message === 'b') throw new RangeError('not b');
      return message;
    });
    await expect(failing).rejects.toThrow('not b');
    expect(await from.receive()).toBe('c');
    await source.write('d,two\nlines,e,');
    await expect(pump(from, to)).rejects.toThrow(FramingUsageError);
    expect(await from.receive()).toBe('e');
    await to.end();
    expect(await readAll(drain)).toBe('a\nd\n');
  });

  test('many pumps into one stream leave nothing behind on it', async () => {
    const [b, drain] = socketPair();
    const closed = vi.spyOn(b, 'closed', 'get');
    const to = framed(b, lines);
    for (let count = 0; count < 20; count++) {
      const [a, source] = socketPair();
      void source.write('x,');
      void source.shutdown('write');
      await pump(framed(a, comma), to, undefined, { end: false });
    }
    expect(closed).toHaveBeenCalledTimes(1);
    for (let count = 0; count < 20; count++) expect(text((await drain.read())!)).toBe('x\n');
    const aborts = vi.spyOn(AbortController.prototype, 'abort');
    b.abort();
    await turn();
    expect(aborts).not.toHaveBeenCalled();
    aborts.mockRestore();
  });
});

test('through any number of pumps, cut anyhow, all messages come in order (model)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }),
      cuts,
      fc.nat(),
      async (messages, sizes, seed) => {
        const [a, source] = socketPair();
        const [b, c] = socketPair({ highWaterBytes: 64 });
        const [d, e] = socketPair({ highWaterBytes: 16 });
        const wide = lengthPrefix();
        const narrow = lengthPrefix({ bytes: 1 });
        const pumping = Promise.all([
          pump(framed(faultStream(a, { seed }), wide), framed(b, narrow)),
          pump(framed(faultStream(c, { seed: seed + 1 }), narrow), framed(d, wide)),
        ]);
        for (const piece of cutBy(encodeAll(wide, messages), sizes)) void source.write(piece);
        void source.shutdown('write');
        const seen: Uint8Array[] = [];
        for await (const message of framed(e, wide)) seen.push(message);
        expect(seen).toEqual(messages);
        expect(await pumping).toEqual([messages.length, messages.length]);
      },
    ),
    { numRuns: 50 },
  );
});
