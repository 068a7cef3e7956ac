import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteBuffer, encodeAll } from '../src/byte-sink.ts';
import { fixedLength } from '../src/codecs/index.ts';
import { hex } from './bytes.ts';

function joined(chunks: Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

test('small pieces leave as one chunk', () => {
  const buffer = new ByteBuffer();
  buffer.append(hex('01 02'));
  buffer.reserve(2).set(hex('03 04'));
  buffer.append(hex('05'));
  expect(buffer.length).toBe(5);
  expect(buffer.take()).toEqual([hex('01 02 03 04 05')]);
  expect(buffer.length).toBe(0);
  expect(buffer.take()).toEqual([]);
});

test('a large piece is kept by reference, in its place', () => {
  const buffer = new ByteBuffer();
  const large = new Uint8Array(5000).fill(7);
  buffer.append(hex('01'));
  buffer.append(large);
  buffer.append(hex('02'));
  const chunks = buffer.take();
  expect(chunks.map((chunk) => chunk.length)).toEqual([1, 5000, 1]);
  expect(chunks[1]).toBe(large);
});

test('what was taken does not change when more is written', () => {
  const buffer = new ByteBuffer();
  buffer.append(hex('01 02'));
  const taken = buffer.take();
  buffer.append(hex('03 04'));
  expect(taken).toEqual([hex('01 02')]);
  expect(buffer.take()).toEqual([hex('03 04')]);
});

test('room larger than a block is given whole', () => {
  const buffer = new ByteBuffer();
  buffer.reserve(100_000).fill(1);
  expect(buffer.take().map((chunk) => chunk.length)).toEqual([100_000]);
});

test('nothing is lost or reordered, whatever is appended, reserved and taken (model)', () => {
  const step = fc.record({
    how: fc.constantFrom('append' as const, 'reserve' as const, 'take' as const),
    size: fc.oneof(fc.nat(20), fc.constantFrom(4095, 4096, 16_384, 20_000)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const buffer = new ByteBuffer();
      const out: Uint8Array[] = [];
      const model: number[] = [];
      for (const [index, { how, size }] of steps.entries()) {
        if (how === 'take') {
          out.push(...buffer.take());
          expect(buffer.length).toBe(0);
          continue;
        }
        if (how === 'append') buffer.append(new Uint8Array(size).fill(index));
        else buffer.reserve(size).fill(index);
        for (let count = 0; count < size; count++) model.push(index);
      }
      out.push(...buffer.take());
      expect(Buffer.compare(joined(out), Uint8Array.from(model))).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('encodeAll() gives the bytes of all frames in one array', () => {
  expect(encodeAll(fixedLength(2), [hex('01 02'), hex('03 04')])).toEqual(hex('01 02 03 04'));
  expect(encodeAll(fixedLength(2), [])).toEqual(new Uint8Array(0));
});
