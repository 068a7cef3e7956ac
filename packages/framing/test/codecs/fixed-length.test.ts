import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeAll, fixedLength, FramingUsageError } from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, hex, keepsContract, pieces } from '../bytes.ts';

keepsContract({
  name: 'fixedLength(3)',
  codec: fixedLength(3),
  frames: [hex('41 42 43'), hex('44 45 46'), hex('00 00 00')],
  bytes: hex('41 42 43 44 45 46 00 00 00'),
  malformed: [{ bytes: hex('41 42 43 44'), code: 'TRUNCATED' }],
});

keepsContract({
  name: 'fixedLength(1)',
  codec: fixedLength(1),
  frames: [hex('01'), hex('02')],
  bytes: hex('01 02'),
});

test.each([0, -1, 1.5, Number.NaN, Infinity, 2 ** 53])('a size of %d is refused', (size) => {
  expect(() => fixedLength(size)).toThrow(FramingUsageError);
});

test('the encoder refuses a frame of another length, and writes nothing', () => {
  for (const frame of [hex('01 02'), hex('01 02 03 04'), hex('')]) {
    expect(() => encodeAll(fixedLength(3), [frame])).toThrow('the format 3');
  }
});

test('random frames, cut at random, come back (model)', () => {
  const input = fc
    .integer({ min: 1, max: 40 })
    .chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.array(fc.uint8Array({ minLength: size, maxLength: size }), { maxLength: 40 }),
      ),
    );
  fc.assert(
    fc.property(input, cuts, ([size, frames], sizes) => {
      const codec = fixedLength(size);
      expect(decodeAll(codec, cutBy(encodeAll(codec, frames), sizes))).toEqual(frames);
    }),
  );
});

test('4 MB a byte at a time', { timeout: 60_000 }, () => {
  const bytes = new Uint8Array(4 * 1024 * 1024);
  const decoder = fixedLength(1000).decoder();
  let count = 0;
  for (const piece of pieces(bytes, 1)) {
    decoder.push(piece);
    while (decoder.next() !== undefined) count++;
  }
  expect(count).toBe(4194);
  expect(decoder.bufferedBytes).toBe(304);
});
