import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteQueue, PatternSearch } from '../src/byte-queue.ts';
import { countWork, cutBy, cuts, hex, pieces, utf8 } from './bytes.ts';

describe('ByteQueue', () => {
  test('takes a frame inside one chunk as a view of it', () => {
    const queue = new ByteQueue();
    const chunk = hex('01 02 03 04');
    queue.push(chunk);
    queue.skip(1);
    const frame = queue.take(2);
    expect(frame).toEqual(hex('02 03'));
    expect(frame.buffer).toBe(chunk.buffer);
    expect(queue.length).toBe(1);
  });

  test('copies one that spans chunks', () => {
    const queue = new ByteQueue();
    queue.push(hex('01 02'));
    queue.push(hex('03 04'));
    queue.push(hex('05'));
    expect(queue.take(3)).toEqual(hex('01 02 03'));
    expect(queue.take(2)).toEqual(hex('04 05'));
    expect(queue.length).toBe(0);
  });

  test('cuts bytes out of the middle of those that it removes, across chunks and within one', () => {
    const input = Uint8Array.from({ length: 12 }, (_, index) => index);
    for (let at = 0; at <= input.length; at++) {
      for (let to = at; to <= input.length; to++) {
        const queue = new ByteQueue();
        for (const piece of [input.slice(0, at), input.slice(at, to), input.slice(to)]) queue.push(piece);
        expect(Array.from(queue.cut(1, 3, 2))).toEqual([1, 2, 3]);
        expect(Array.from(queue.cut(2, 0, 1))).toEqual([]);
        expect(queue.length).toBe(3);
        expect(() => queue.cut(1, 2, 1)).toThrow(RangeError);
        expect(Array.from(queue.cut(0, 3, 0))).toEqual([9, 10, 11]);
      }
    }
  });

  test('gives a chunk that is taken whole as it came', () => {
    const queue = new ByteQueue();
    const chunk = Buffer.from('whole');
    queue.push(chunk);
    expect(queue.take(5)).toBe(chunk);
  });

  test('puts what comes in crumbs together in one place, frame behind frame', () => {
    const queue = new ByteQueue();
    const taken: Uint8Array[] = [];
    for (let value = 0; value < 250; value++) {
      queue.push(Uint8Array.of(value));
      if (value % 10 === 9) taken.push(queue.take(10));
    }
    expect(taken.map((bytes) => Array.from(bytes))).toEqual(
      Array.from({ length: 25 }, (_, frame) => Array.from({ length: 10 }, (_, byte) => frame * 10 + byte)),
    );
    // The first buffer has 64 bytes, and each is twice as long as the one before.
    expect(new Set(taken.map((bytes) => bytes.buffer)).size).toBe(3);
  });

  test('keeps no large gathering buffer once nothing waits', () => {
    const queue = new ByteQueue();
    const byte = Uint8Array.of(1);
    for (const waiting of [1, 100, 5000, 20_000, 200_000]) {
      for (let count = 0; count < waiting; count++) queue.push(byte);
      queue.skip(waiting);
      expect(queue.length).toBe(0);
      expect(queue.head.length).toBeLessThanOrEqual(4096);
    }
  });

  test('looks, in a head that is gathered, no further than what has come', () => {
    const queue = new ByteQueue();
    for (const value of [7, 7, 7]) queue.push(Uint8Array.of(value));
    expect(queue.head.length).toBeGreaterThan(queue.end);
    expect(queue.end - queue.start).toBe(queue.length);
    expect(queue.find(new PatternSearch(Uint8Array.of(0)))).toBe(-1);
    expect(() => queue.at(3)).toThrow(RangeError);
    expect(() => queue.take(4)).toThrow(RangeError);
  });

  test('gives the byte at an index across chunks', () => {
    const queue = new ByteQueue();
    queue.push(hex('ff 01'));
    queue.skip(1);
    queue.push(new Uint8Array(2000).fill(2));
    queue.push(hex('03'));
    expect([0, 1, 2000, 2001].map((index) => queue.at(index))).toEqual([1, 2, 2, 3]);
    expect(() => queue.at(2002)).toThrow(RangeError);
  });

  test('refuses to take or skip more than it holds, and goes on', () => {
    const queue = new ByteQueue();
    queue.push(hex('01 02'));
    expect(() => queue.take(3)).toThrow(RangeError);
    expect(() => {
      queue.skip(3);
    }).toThrow(RangeError);
    expect(queue.take(2)).toEqual(hex('01 02'));
  });

  test('takes nothing from an empty queue, and ignores an empty chunk', () => {
    const queue = new ByteQueue();
    queue.push(new Uint8Array(0));
    expect(queue.take(0)).toEqual(new Uint8Array(0));
    queue.push(hex('01'));
    expect(queue.take(0)).toEqual(new Uint8Array(0));
    expect(queue.take(1)).toEqual(hex('01'));
  });

  test('is empty after clear()', () => {
    const queue = new ByteQueue();
    for (const piece of pieces(new Uint8Array(5000), 700)) queue.push(piece);
    queue.clear();
    expect(queue.length).toBe(0);
    queue.push(hex('07'));
    expect(queue.take(1)).toEqual(hex('07'));
  });

  test('never changes bytes it gave away while it gathers more', () => {
    const queue = new ByteQueue();
    const taken: Uint8Array[] = [];
    for (let value = 0; value < 60; value++) {
      queue.push(Uint8Array.of(value));
      if (value % 7 === 6) taken.push(queue.take(5));
    }
    expect(taken.map((bytes) => bytes[0])).toEqual([0, 5, 10, 15, 20, 25, 30, 35]);
    taken.forEach((bytes, index) => {
      expect([...bytes]).toEqual([0, 1, 2, 3, 4].map((step) => index * 5 + step));
    });
  });

  test('holds what is pushed a byte at a time in a small multiple of its size', () => {
    const before = process.memoryUsage().arrayBuffers;
    const queues = Array.from({ length: 200 }, () => new ByteQueue());
    const byte = Uint8Array.of(1);
    for (const queue of queues) for (let count = 0; count < 20; count++) queue.push(byte);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1024);
  });

  test('holds small chunks between large ones in a small multiple of their size', () => {
    const before = process.memoryUsage().arrayBuffers;
    const queue = new ByteQueue();
    const large = new Uint8Array(1024);
    const small = Uint8Array.of(1);
    for (let count = 0; count < 1000; count++) {
      queue.push(large);
      queue.push(small);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(queue.length);
  });

  test('behaves as one array, whatever is pushed, taken and skipped (model)', () => {
    const step = fc.record({
      push: fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 4 }),
      how: fc.constantFrom('take' as const, 'skip' as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const queue = new ByteQueue();
        let model: number[] = [];
        const taken: [Uint8Array, number[]][] = [];
        for (const { push, how, part } of steps) {
          for (const chunk of push) {
            queue.push(chunk.slice());
            model.push(...chunk);
          }
          expect(queue.length).toBe(model.length);
          const count = Math.floor(part * model.length);
          if (count < model.length) expect(queue.at(count)).toBe(model[count]);
          if (how === 'take') taken.push([queue.take(count), model.slice(0, count)]);
          else queue.skip(count);
          model = model.slice(count);
        }
        for (const [bytes, wanted] of taken) expect([...bytes]).toEqual(wanted);
      }),
    );
  });
});

describe('find', () => {
  function findAll(pattern: Uint8Array, input: Iterable<Uint8Array>): number[] {
    const queue = new ByteQueue();
    const search = new PatternSearch(pattern);
    const ends: number[] = [];
    let base = 0;
    for (const piece of input) {
      queue.push(piece);
      for (let end; (end = queue.find(search)) >= 0;) {
        queue.skip(end);
        search.restart();
        base += end;
        ends.push(base);
      }
    }
    return ends;
  }

  test.each([
    ['aab', 'aaab', [4]],
    ['\r\n\r\n', 'a\r\n\r\r\n\r\n\r\n', [8]],
    ['abab', 'abaababab', [7]],
    ['aa', 'aaaaa', [2, 4]],
    ['abcabd', 'abcabcabd', [9]],
    ['x', 'axxb', [2, 3]],
  ])('finds %j in %j at every split', (pattern, input, ends) => {
    const bytes = utf8(input);
    for (let at = 0; at <= bytes.length; at++) {
      for (let to = at; to <= bytes.length; to++) {
        const cut = [bytes.slice(0, at), bytes.slice(at, to), bytes.slice(to)];
        expect(findAll(utf8(pattern), cut)).toEqual(ends);
      }
    }
  });

  test('agrees with a naive search, whatever the pattern and the slicing (model)', () => {
    const few = fc.uint8Array({ min: 0, max: 1, maxLength: 60 });
    const short = fc.uint8Array({ min: 0, max: 1, minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(short, few, cuts, (pattern, input, sizes) => {
        const wanted: number[] = [];
        for (let from = 0, at = 0; at + pattern.length <= input.length; at++) {
          if (at >= from && pattern.every((byte, index) => input[at + index] === byte)) {
            from = at + pattern.length;
            wanted.push(from);
          }
        }
        expect(findAll(pattern, cutBy(input, sizes))).toEqual(wanted);
      }),
    );
  });

  test('looks at a byte once, however many chunks wait', () => {
    const queue = new ByteQueue();
    const search = new PatternSearch(utf8('\n'));
    let chunksLookedAt = 0;
    /** Counts how often its length is asked for: the work that walking over old chunks would cost. */
    class Counting extends Uint8Array {
      override get length(): number {
        chunksLookedAt++;
        return 1024;
      }
    }

    const work = countWork(() => {
      for (let count = 0; count < 2000; count++) {
        queue.push(new Counting(1024));
        expect(queue.find(search)).toBe(-1);
      }
    });
    expect(work.scanned).toBe(queue.length);
    expect(chunksLookedAt).toBeLessThan(10 * 2000);
  });
});
