import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteScanner } from '../src/byte-scanner.ts';

/** Long enough that words are compared, short enough that every offset is tried. */
const sizes = [0, 1, 31, 33, 511, 512, 700];

test.each([
  [0, 0],
  [10, 10],
  [0x80, 0x80],
  [0xff, 0xff],
  [10, 13],
  [0xc0, 0xdb],
  [0, 0xff],
])('finds %i or %i at every offset, and nowhere else', (first, second) => {
  for (const size of sizes) {
    // Next to what is looked for: one below, one above, its top bit changed.
    const chunk = Uint8Array.from({ length: size }, (_, at) =>
      at % 3 === 0 ? first - 1 : at % 3 === 1 ? first + 1 : first ^ 0x80,
    );
    const others = chunk.filter((byte) => byte !== first && byte !== second);
    expect(new ByteScanner(first, second).indexIn(others, 0, others.length)).toBe(-1);
    for (let at = 0; at < others.length; at += 1 + (at >> 5)) {
      const byte = others[at] as number;
      for (const wanted of [first, second]) {
        others[at] = wanted;
        const scanner = new ByteScanner(first, second);
        expect(scanner.indexIn(others, 0, others.length)).toBe(at);
        expect(scanner.indexIn(others, at, others.length)).toBe(at);
        expect(scanner.indexIn(others, at + 1, others.length)).toBe(-1);
        expect(scanner.indexIn(others, 0, at)).toBe(-1);
      }
      others[at] = byte;
    }
  }
});

test('finds all that a loop finds, in chunks that begin anywhere in their buffer (model)', () => {
  const bytes = fc.uint8Array({ min: 8, max: 14, minLength: 500, maxLength: 1200 });
  fc.assert(
    fc.property(bytes, fc.nat(9), fc.nat(40), fc.boolean(), (whole, offset, cut, asBuffer) => {
      const part = whole.subarray(offset);
      const chunk = asBuffer ? Buffer.from(part.buffer, part.byteOffset, part.length) : part;
      const end = chunk.length - cut;
      for (const [first, second] of [
        [10, 10],
        [10, 13],
      ] as const) {
        const wanted: number[] = [];
        chunk.forEach((byte, at) => {
          if (at < end && (byte === first || byte === second)) wanted.push(at);
        });
        const scanner = new ByteScanner(first, second);
        const found: number[] = [];
        for (let at = 0; (at = scanner.indexIn(chunk, at, end)) >= 0; at++) found.push(at);
        expect(found).toEqual(wanted);
      }
    }),
    { numRuns: 200 },
  );
});
