import fc from 'fast-check';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { encodeAll, FramingUsageError, struct, structHeader, type Codec } from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, drain, hex, keepsContract, pieces } from '../bytes.ts';

keepsContract({
  name: 'version, type, length',
  codec: structHeader(struct('!BBI'), { length: 2, maxBytes: 4 }),
  frames: [
    { header: [2, 7, 2], body: hex('68 69') },
    { header: [2, 8, 0], body: hex('') },
  ],
  bytes: hex('02 07 00 00 00 02 68 69 02 08 00 00 00 00'),
  malformed: [
    { bytes: hex('02 07 00 00 00 05'), code: 'TOO_LARGE' },
    { bytes: hex('02 07 00 00 00 00 02 07 7f ff ff ff 00'), code: 'TOO_LARGE' },
    { bytes: hex('02 07 00 00 00 02 68'), code: 'TRUNCATED' },
    { bytes: hex('02 07 00 00 00'), code: 'TRUNCATED' },
    { bytes: hex('02 07 00 00 00 02'), code: 'TRUNCATED' },
  ],
  limit: {
    bytes: hex('02 07 00 00 00 04 01 02 03 04'),
    tooLarge: hex('02 07 00 00 00 05 01 02 03 04 05'),
    maxBufferedBytes: 9,
  },
});

keepsContract({
  name: 'a signed length first that counts everything, little endian',
  codec: structHeader(struct('<ix2s'), { length: 0, adjustment: -7 }),
  frames: [{ header: [8, hex('61 62')], body: hex('2a') }],
  bytes: hex('08 00 00 00 00 61 62 2a'),
  malformed: [
    { bytes: hex('06 00 00 00 00 61 62'), code: 'MALFORMED' },
    { bytes: hex('ff ff ff ff 00 61 62'), code: 'MALFORMED' },
    { bytes: hex('ff ff ff 7f 00 61 62'), code: 'TOO_LARGE' },
  ],
});

keepsContract({
  name: 'a length of 64 bits among others',
  codec: structHeader(struct('>2HQ?'), { length: 2 }),
  frames: [{ header: [1, 2, 1n, true], body: hex('2a') }],
  bytes: hex('00 01 00 02 00 00 00 00 00 00 00 01 01 2a'),
  malformed: [
    { bytes: hex('00 01 00 02 00 20 00 00 00 00 00 00 01'), code: 'TOO_LARGE' },
    { bytes: hex('00 01 00 02 ff ff ff ff ff ff ff ff 01'), code: 'TOO_LARGE' },
  ],
});

describe('structHeader', () => {
  test('has the type of its header', () => {
    expectTypeOf(structHeader(struct('!BI'), { length: 1 })).toExtend<
      Codec<{ readonly header: [number, number]; readonly body: Uint8Array }>
    >();
  });

  test('writes the right length, whatever the header says', () => {
    const codec = structHeader(struct('>HB'), { length: 0, adjustment: 1 });
    expect(encodeAll(codec, [{ header: [999, 1], body: hex('01 02 03') }])).toEqual(hex('00 02 01 01 02 03'));
    const wide = structHeader(struct('>Q'), { length: 0 });
    expect(encodeAll(wide, [{ header: [0n], body: hex('01') }])).toEqual(hex('00 00 00 00 00 00 00 01 01'));
  });

  test('decodes what it encodes, cut anywhere', () => {
    const codec = structHeader(struct('<BhI'), { length: 2 });
    const frame = fc
      .tuple(fc.nat(255), fc.integer({ min: -32_768, max: 32_767 }), fc.uint8Array({ maxLength: 3000 }))
      .map(([kind, delta, body]) => ({
        header: [kind, delta, body.length] as [number, number, number],
        body,
      }));
    fc.assert(
      fc.property(fc.array(frame), cuts, (frames, sizes) => {
        expect(decodeAll(codec, cutBy(encodeAll(codec, frames), sizes))).toEqual(frames);
      }),
    );
  });

  test("onOversize: 'skip' drops what is too long, and reads on", () => {
    const onSkip = vi.fn();
    const codec = structHeader(struct('BB'), { length: 1, maxBytes: 2, onOversize: 'skip', onSkip });
    const wire = hex('01 02 61 62 02 03 61 62 63 03 00 04 ff');
    const decoder = codec.decoder();
    const frames = [...pieces(wire, 1)].flatMap((piece) => {
      decoder.push(piece);
      return drain(decoder);
    });
    expect(frames.map(({ header }) => header)).toEqual([
      [1, 2],
      [3, 0],
    ]);
    expect(onSkip.mock.calls).toEqual([[3], [255]]);
    expect(decoder.bufferedBytes).toBe(0);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
  });

  test('a header that claims 2^31 reserves nothing', () => {
    const decoder = structHeader(struct('>I'), { length: 0, maxBytes: 2 ** 31 }).decoder();
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(hex('80 00 00 00 2a'));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(5);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  test.each([
    ['!BI', 2],
    ['!BI', -1],
    ['!BI', 0.5],
    ['!Bf', 1],
    ['!B?', 1],
    ['!4s', 0],
    ['!c', 0],
    ['!x', 0],
  ])('%s has no length at %s', (format, length) => {
    expect(() => structHeader(struct(format), { length })).toThrow(FramingUsageError);
  });

  test('refuses limits and adjustments that are no whole numbers', () => {
    expect(() => structHeader(struct('!I'), { length: 0, maxBytes: -1 })).toThrow(FramingUsageError);
    expect(() => structHeader(struct('!I'), { length: 0, adjustment: 0.5 })).toThrow(FramingUsageError);
  });

  test('refuses to send a body past the limit, the field, or without a length', () => {
    const encode = (options: { adjustment?: number; maxBytes?: number }, bytes: number): unknown =>
      encodeAll(structHeader(struct('!B'), { length: 0, ...options }), [
        { header: [0], body: new Uint8Array(bytes) },
      ]);
    expect(() => encode({ maxBytes: 2 }, 3)).toThrow(FramingUsageError);
    expect(() => encode({}, 256)).toThrow(FramingUsageError);
    expect(() => encode({ adjustment: 2 }, 1)).toThrow(FramingUsageError);
    expect(encode({}, 255)).toHaveLength(256);
  });
});
