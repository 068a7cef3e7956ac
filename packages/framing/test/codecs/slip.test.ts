import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAll, FramingUsageError, slip } from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, drain, hex, keepsContract, pieces } from '../bytes.ts';

keepsContract({
  name: 'slip({ leadingEnd: false })',
  codec: slip({ leadingEnd: false, maxBytes: 4 }),
  frames: ['01 02', 'c0', 'db', 'c0 db c0 db', 'dc dd'].map(hex),
  bytes: hex('01 02 c0 db dc c0 db dd c0 db dc db dd db dc db dd c0 dc dd c0'),
  malformed: [
    { bytes: hex('01 c0 01 db 02 c0'), code: 'MALFORMED' },
    { bytes: hex('01 c0 db c0'), code: 'MALFORMED' },
    { bytes: hex('01 c0 db db dc c0'), code: 'MALFORMED' },
    { bytes: hex('01 c0 01 02 03 04 05'), code: 'TOO_LARGE' },
    { bytes: hex('01 c0 01 02 03 04 db dc'), code: 'TOO_LARGE' },
    { bytes: hex('01 c0 01 02 03 04 db 00'), code: 'MALFORMED' },
    { bytes: hex('01 c0 02'), code: 'TRUNCATED' },
    { bytes: hex('01 c0 db'), code: 'TRUNCATED' },
  ],
  // Four bytes may be eight on the wire.
  limit: {
    bytes: hex('db dc db dd db dc db dd c0'),
    tooLarge: hex('db dc db dd db dc db dd db dc c0'),
    maxBufferedBytes: 9,
  },
});

keepsContract({
  name: 'slip()',
  codec: slip(),
  frames: ['01 02', 'c0', '03'].map(hex),
  bytes: hex('c0 01 02 c0 c0 db dc c0 c0 03 c0'),
  // An END alone is no frame begun.
  closeTerminated: true,
});

test('nothing between two ENDs is no frame, however many there are', () => {
  const wire = hex('c0 c0 c0 01 c0 c0 02 c0 c0');
  for (let at = 0; at <= wire.length; at++) {
    expect(decodeAll(slip(), [wire.slice(0, at), wire.slice(at)])).toEqual([hex('01'), hex('02')]);
  }
  const decoder = slip().decoder();
  decoder.push(new Uint8Array(1_000_000).fill(0xc0));
  expect(decoder.next()).toBeUndefined();
  expect(decoder.bufferedBytes).toBe(0);
});

describe("badEscape: 'keep'", () => {
  // RFC 1055's receiver: after ESC, whatever comes is stored, END and ESC included.
  test.each([
    ['01 db 02 c0', ['01 02']],
    ['db db 03 c0', ['db 03']],
    ['db db dc c0', ['db dc']],
    ['db c0 04 c0', ['c0 04']],
    ['db dc db dd c0', ['c0 db']],
  ])('%s is %j, at every split', (wire, wanted) => {
    const bytes = hex(wire);
    for (let at = 0; at <= bytes.length; at++) {
      const frames = decodeAll(slip({ badEscape: 'keep' }), [bytes.slice(0, at), bytes.slice(at)]);
      expect(frames).toEqual(wanted.map(hex));
    }
  });
});

describe("onOversize: 'skip'", () => {
  test('finds the next frame, and tells the bytes dropped as they came, at every split', () => {
    const wire = hex('01 c0 01 02 03 c0 db dc db dc c0 db dc db dc db dc c0 02 c0');
    for (let at = 0; at <= wire.length; at++) {
      const skipped: number[] = [];
      const codec = slip({ maxBytes: 2, onOversize: 'skip', onSkip: (bytes) => skipped.push(bytes) });
      const frames = decodeAll(codec, [wire.slice(0, at), wire.slice(at)]);
      expect(frames).toEqual([hex('01'), hex('c0 c0'), hex('02')]);
      expect(skipped).toEqual([3, 6]);
    }
  });

  test('a bad escape is MALFORMED in a dropped frame, too', () => {
    for (const piece of [1, 10]) {
      expect(() =>
        decodeAll(slip({ maxBytes: 2, onOversize: 'skip' }), pieces(hex('01 02 03 04 db 05 c0'), piece)),
      ).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
    }
  });

  test('holds nothing of a frame that it skips', () => {
    const decoder = slip({ maxBytes: 10, onOversize: 'skip' }).decoder();
    for (const byte of [1, 2, 3]) {
      decoder.push(new Uint8Array(65_536).fill(byte));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(0);
    }
    decoder.push(hex('c0 07 c0'));
    expect(drain(decoder)).toEqual([hex('07')]);
  });
});

test('the default limit is 65,536 bytes, unescaped', () => {
  const most = Buffer.alloc(65_536, 0xc0);
  expect(decodeAll(slip(), [encodeAll(slip(), [most])]).map((frame) => most.equals(frame))).toEqual([true]);
  const more = encodeAll(slip({ maxBytes: 65_537 }), [new Uint8Array(65_537).fill(0xdb)]);
  expect(() => decodeAll(slip(), [more])).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
});

test('the encoder refuses an empty frame, and one above the limit', () => {
  expect(() => encodeAll(slip(), [hex('')])).toThrow(FramingUsageError);
  expect(() => encodeAll(slip({ maxBytes: 1 }), [hex('01 02')])).toThrow(FramingUsageError);
  for (const maxBytes of [0, -1, Number.NaN]) expect(() => slip({ maxBytes })).toThrow(FramingUsageError);
});

test('a frame without escapes inside one chunk is a view of it', () => {
  const chunk = hex('c0 01 02 c0');
  expect(decodeAll(slip(), [chunk])[0]?.buffer).toBe(chunk.buffer);
});

/** RFC 1055's receiver, byte by byte. */
function receive(wire: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let frame: number[] = [];
  for (let at = 0; at < wire.length; at++) {
    let byte = wire[at] as number;
    if (byte === 0xc0) {
      if (frame.length > 0) frames.push(Uint8Array.from(frame));
      frame = [];
      continue;
    }
    if (byte === 0xdb) {
      byte = wire[++at] ?? -1;
      if (byte === 0xdc) byte = 0xc0;
      else if (byte === 0xdd) byte = 0xdb;
    }
    if (byte >= 0) frame.push(byte);
  }
  return frames;
}

test("any bytes are what RFC 1055's receiver makes of them, cut at random (model)", () => {
  const noise = fc.array(fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd, 0, 1, 0x5b, 0x40), { maxLength: 300 });
  fc.assert(
    fc.property(noise, cuts, (bytes, sizes) => {
      // Two ENDs behind them: the first may be escaped.
      const wire = Uint8Array.of(...bytes, 0xc0, 0xc0);
      expect(decodeAll(slip({ badEscape: 'keep' }), cutBy(wire, sizes))).toEqual(receive(wire));
    }),
    { numRuns: 500 },
  );
});

test('any bytes give the same frames and the same failure, however they are cut (model)', () => {
  const outcome = (
    maxBytes: number,
    onOversize: 'error' | 'skip',
    input: Iterable<Uint8Array>,
  ): unknown[] => {
    const given: unknown[] = [];
    const decoder = slip({ maxBytes, onOversize, onSkip: (bytes) => given.push(bytes) }).decoder();
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
  const noise = fc.array(fc.constantFrom('c0', 'db dc', 'db dd', '01', '02', '03', '04', 'db'), {
    maxLength: 60,
  });
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

test('random frames come back, cut at random (model)', () => {
  const frame = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 50 }),
    fc.uint8Array({ min: 0xc0, max: 0xdd, minLength: 1, maxLength: 800 }),
  );
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), fc.boolean(), cuts, (frames, leadingEnd, sizes) => {
      const wire = encodeAll(slip({ leadingEnd }), frames);
      expect(decodeAll(slip(), cutBy(wire, sizes))).toEqual(frames);
    }),
    { numRuns: 200 },
  );
});

test('4 MB a byte at a time come out whole', { timeout: 60_000 }, () => {
  const size = 4 * 1024 * 1024;
  const frame = new Uint8Array(size).map((_, at) => (at % 100 === 0 ? 0xdb : 1));
  const codec = slip({ maxBytes: size });
  expect(decodeAll(codec, pieces(encodeAll(codec, [frame]), 1)).map(({ length }) => length)).toEqual([size]);
});
