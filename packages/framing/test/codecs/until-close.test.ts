import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeAll, FramingUsageError, untilClose } from '../../src/codecs/index.ts';
import { countWork, cutBy, cuts, decodeAll, hex, keepsContract, pieces } from '../bytes.ts';

keepsContract({
  name: 'untilClose()',
  codec: untilClose({ maxBytes: 6 }),
  frames: [hex('68 65 6c 6c 6f')],
  bytes: hex('68 65 6c 6c 6f'),
  closeTerminated: true,
  malformed: [{ bytes: hex('01 02 03 04 05 06 07'), code: 'TOO_LARGE' }],
  limit: { bytes: new Uint8Array(6), tooLarge: new Uint8Array(7), maxBufferedBytes: 6 },
});

keepsContract({
  name: 'untilClose() of nothing',
  codec: untilClose(),
  frames: [],
  bytes: hex(''),
  closeTerminated: true,
});

test('the message comes once, from end()', () => {
  const decoder = untilClose().decoder();
  decoder.push(hex('01'));
  expect(decoder.next()).toBeUndefined();
  decoder.push(hex('02'));
  expect(decoder.bufferedBytes).toBe(2);
  expect(decoder.end()).toEqual(hex('01 02'));
  expect(decoder.end()).toBeUndefined();
});

test('the default limit is 8 MiB', () => {
  const decoder = untilClose().decoder();
  decoder.push(new Uint8Array(8 * 1024 * 1024));
  expect(decoder.next()).toBeUndefined();
  decoder.push(hex('00'));
  expect(() => decoder.next()).toThrow('8388608');
});

test.each([0, -1, Number.NaN])('a limit of %d is refused', (maxBytes) => {
  expect(() => untilClose({ maxBytes })).toThrow(FramingUsageError);
});

test('the encoder refuses a frame above the limit', () => {
  expect(() => encodeAll(untilClose({ maxBytes: 2 }), [hex('01 02 03')])).toThrow(FramingUsageError);
});

test('random input, cut at random, comes back whole (model)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8000 }), cuts, (message, sizes) => {
      expect(decodeAll(untilClose(), cutBy(message, sizes))).toEqual(message.length === 0 ? [] : [message]);
    }),
  );
});

test('4 MB a byte at a time is copied a bounded number of times', { timeout: 60_000 }, () => {
  const bytes = new Uint8Array(4 * 1024 * 1024).fill(3);
  const work = countWork(() => {
    const frames = decodeAll(untilClose(), pieces(bytes, 1));
    expect(frames.map((frame) => frame.length)).toEqual([bytes.length]);
  });
  expect(work.copied).toBeLessThanOrEqual(3 * bytes.length);
});
