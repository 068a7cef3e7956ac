import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cobs, cobsDecode, cobsEncode, encodeAll, FramingUsageError } from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, drain, hex, keepsContract, pieces } from '../bytes.ts';

/** 01 02 03 … */
function run(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** Published examples (Wikipedia, "Consistent Overhead Byte Stuffing"), each with the zero behind it. */
const published: [frame: Uint8Array, wire: Uint8Array][] = [
  [hex('00'), hex('01 01 00')],
  [hex('00 00'), hex('01 01 01 00')],
  [hex('00 11 00'), hex('01 02 11 01 00')],
  [hex('11 22 00 33'), hex('03 11 22 02 33 00')],
  [hex('11 22 33 44'), hex('05 11 22 33 44 00')],
  [hex('11 00 00 00'), hex('02 11 01 01 01 00')],
  [run(1, 254), Uint8Array.of(0xff, ...run(1, 254), 0)],
  [Uint8Array.of(0, ...run(1, 254)), Uint8Array.of(1, 0xff, ...run(1, 254), 0)],
  [run(1, 255), Uint8Array.of(0xff, ...run(1, 254), 2, 0xff, 0)],
  [Uint8Array.of(...run(2, 255), 0), Uint8Array.of(0xff, ...run(2, 255), 1, 1, 0)],
  [Uint8Array.of(...run(3, 255), 0, 1), Uint8Array.of(0xfe, ...run(3, 255), 2, 1, 0)],
];

keepsContract({
  name: 'cobs()',
  codec: cobs(),
  frames: published.map(([frame]) => frame),
  bytes: Uint8Array.from(published.flatMap(([, wire]) => [...wire])),
});

keepsContract({
  name: 'a limit, and blocks that are none',
  codec: cobs({ maxBytes: 4 }),
  frames: ['', '00', '01 02 03 04', '00 00 00 00'].map(hex),
  bytes: hex('01 00 01 01 00 05 01 02 03 04 00 01 01 01 01 01 00'),
  malformed: [
    { bytes: hex('02 07 00 03 07 00'), code: 'MALFORMED' },
    { bytes: hex('02 07 00 02 07 03 00'), code: 'MALFORMED' },
    { bytes: hex('02 07 00 ff 01 00'), code: 'MALFORMED' },
    { bytes: hex('02 07 00 06 01 02 03 04 05 00'), code: 'TOO_LARGE' },
    { bytes: hex('02 07 00 01 01 01 01 01 01 00'), code: 'TOO_LARGE' },
    { bytes: hex('02 07 00 02 07'), code: 'TRUNCATED' },
  ],
  limit: { bytes: hex('01 01 01 01 01 00'), tooLarge: hex('01 01 01 01 01 01 00'), maxBufferedBytes: 5 },
});

describe('one block', () => {
  test.each(published)('%#: encodes and decodes as published', (frame, wire) => {
    expect(cobsEncode(frame)).toEqual(wire.subarray(0, -1));
    expect(cobsDecode(wire.subarray(0, -1))).toEqual(frame);
  });

  test('a full block at the end may be followed by one of nothing, as other encoders write it', () => {
    expect(cobsDecode(Uint8Array.of(0xff, ...run(1, 254), 1))).toEqual(run(1, 254));
  });

  test.each(['', '00', '02', '03 07', '02 00', '02 07 00', '01 00 01', '05 01 00 02 03'])(
    '%j is none',
    (block) => {
      expect(() => cobsDecode(hex(block))).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
    },
  );
});

test('nothing between two zeros is no frame, however many there are', () => {
  const wire = hex('00 00 02 07 00 00 00 01 00 00');
  for (let at = 0; at <= wire.length; at++) {
    expect(decodeAll(cobs(), [wire.slice(0, at), wire.slice(at)])).toEqual([hex('07'), hex('')]);
  }
  const decoder = cobs().decoder();
  decoder.push(new Uint8Array(1_000_000));
  expect(decoder.next()).toBeUndefined();
});

describe("onOversize: 'skip'", () => {
  test('finds the next frame, and tells the bytes dropped as they came, at every split', () => {
    const wire = hex('02 07 00 04 01 02 03 00 01 01 01 01 00 03 08 09 00');
    for (let at = 0; at <= wire.length; at++) {
      const skipped: number[] = [];
      const codec = cobs({ maxBytes: 2, onOversize: 'skip', onSkip: (bytes) => skipped.push(bytes) });
      const frames = decodeAll(codec, [wire.slice(0, at), wire.slice(at)]);
      expect(frames).toEqual([hex('07'), hex('08 09')]);
      expect(skipped).toEqual([4, 4]);
    }
  });

  // 256 bytes on the wire are 254 or 255: only the codes say which.
  test('drops a frame that only its codes show to be too long', () => {
    const skipped: number[] = [];
    const codec = cobs({ maxBytes: 254, onOversize: 'skip', onSkip: (bytes) => skipped.push(bytes) });
    const fits = Uint8Array.of(0xff, ...run(1, 254), 1, 0);
    const tooLong = Uint8Array.of(2, ...run(1, 1), 0xfe, ...run(1, 253), 0);
    const wire = Uint8Array.of(...fits, ...tooLong, ...fits);
    for (const size of [1, 100, 1000]) {
      expect(decodeAll(codec, pieces(wire, size)).map((frame) => frame.length)).toEqual([254, 254]);
    }
    expect(skipped).toEqual([256, 256, 256]);
    expect(() => decodeAll(cobs({ maxBytes: 254 }), [tooLong])).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  test('holds nothing of a frame that it skips', () => {
    const decoder = cobs({ maxBytes: 10, onOversize: 'skip' }).decoder();
    for (const byte of [1, 2, 3]) {
      decoder.push(new Uint8Array(65_536).fill(byte));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(0);
    }
    decoder.push(hex('00 02 07 00'));
    expect(drain(decoder)).toEqual([hex('07')]);
  });
});

test('the default limit is 65,536 bytes, as they were', () => {
  const most = Buffer.alloc(65_536, 7);
  expect(decodeAll(cobs(), [encodeAll(cobs(), [most])]).map((frame) => most.equals(frame))).toEqual([true]);
  const more = encodeAll(cobs({ maxBytes: 65_537 }), [new Uint8Array(65_537)]);
  expect(() => decodeAll(cobs(), [more])).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
});

test('the encoder refuses a frame above the limit, and a limit that is none is refused', () => {
  expect(() => encodeAll(cobs({ maxBytes: 1 }), [hex('01 02')])).toThrow(FramingUsageError);
  for (const maxBytes of [0, -1, Number.NaN]) expect(() => cobs({ maxBytes })).toThrow(FramingUsageError);
});

test('a frame without zeros inside one chunk is a view of it', () => {
  const chunk = hex('03 01 02 00');
  expect(decodeAll(cobs(), [chunk])[0]?.buffer).toBe(chunk.buffer);
});

/** Split at the zeros, each part cut into 254s: what the paper describes, without its one pass. */
function naive(frame: Uint8Array): number[] {
  const block: number[] = [];
  const parts: number[][] = [[]];
  for (const byte of frame) {
    if (byte === 0) parts.push([]);
    else parts.at(-1)?.push(byte);
  }
  for (const [index, part] of parts.entries()) {
    let at = 0;
    for (; at + 254 <= part.length; at += 254) block.push(255, ...part.slice(at, at + 254));
    const saysAll = index === parts.length - 1 && at === part.length && at > 0;
    if (!saysAll) block.push(part.length - at + 1, ...part.slice(at));
  }
  return block;
}

const frames = fc.array(
  fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constant(hex('00')),
        fc.integer({ min: 252, max: 256 }).map((size) => new Uint8Array(size).fill(7)),
      ),
      { maxLength: 6 },
    )
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part]))),
  { maxLength: 8 },
);

test('random frames come back, cut at random, with one byte in 254 more at most and no zero inside (model)', () => {
  fc.assert(
    fc.property(frames, cuts, (sent, sizes) => {
      const wire = encodeAll(cobs(), sent);
      expect(decodeAll(cobs(), cutBy(wire, sizes))).toEqual(sent);
      for (const frame of sent) {
        const block = cobsEncode(frame);
        expect(block.includes(0)).toBe(false);
        expect(block.length).toBeLessThanOrEqual(frame.length + 1 + Math.floor(frame.length / 254));
        expect(Buffer.from(block).equals(Buffer.from(naive(frame)))).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test('any bytes give the same frames and the same failure, however they are cut (model)', () => {
  const outcome = (
    maxBytes: number,
    onOversize: 'error' | 'skip',
    input: Iterable<Uint8Array>,
  ): unknown[] => {
    const given: unknown[] = [];
    const decoder = cobs({ maxBytes, onOversize, onSkip: (bytes) => given.push(bytes) }).decoder();
    try {
      for (const piece of input) {
        decoder.push(piece);
        for (let frame; (frame = decoder.next()) !== undefined;) given.push([...frame]);
      }
      return given;
    } catch (error) {
      return [...given, (error as { code: unknown }).code];
    }
  };
  const noise = fc.array(fc.constantFrom('00', '01', '02 07', '03 07 08', '07'), { maxLength: 60 });
  fc.assert(
    fc.property(
      noise,
      cuts,
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      (parts, sizes, maxBytes, skips) => {
        const wire = hex(parts.join(' '));
        const onOversize = skips ? 'skip' : 'error';
        const whole = outcome(maxBytes, onOversize, [wire]);
        expect(outcome(maxBytes, onOversize, cutBy(wire, sizes))).toEqual(whole);
        expect(outcome(maxBytes, onOversize, pieces(wire, 1))).toEqual(whole);
      },
    ),
    { numRuns: 500 },
  );
});

test('4 MB a byte at a time come out whole', { timeout: 60_000 }, () => {
  const size = 4 * 1024 * 1024;
  const frame = new Uint8Array(size).map((_, at) => at % 1000);
  const codec = cobs({ maxBytes: size });
  expect(decodeAll(codec, pieces(encodeAll(codec, [frame]), 1)).map(({ length }) => length)).toEqual([size]);
});
