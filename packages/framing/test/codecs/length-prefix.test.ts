import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  encodeAll,
  FramingUsageError,
  lengthPrefix,
  type Codec,
  type LengthPrefixOptions,
} from '../../src/codecs/index.ts';
import { countWork, cutBy, cuts, decodeAll, drain, hex, keepsContract, pieces, utf8 } from '../bytes.ts';

const hello = '48 45 4c 4c 4f';
const helloWorld = '48 45 4c 4c 4f 2c 20 57 4f 52 4c 44';

/** Options, bytes on the wire, and the frame they are. */
type Picture = readonly [name: string, options: LengthPrefixOptions, wire: string, frame: string];

const documented: Picture[] = [
  ['{}', { bytes: 2 }, `00 05 ${hello}`, hello],
  ['little endian', { bytes: 2, endian: 'little' }, `05 00 ${hello}`, hello],
  ['strip: 0', { bytes: 2, strip: 0 }, `00 05 ${hello}`, `00 05 ${hello}`],
  ['the length of the whole message', { bytes: 2, adjustment: -2 }, `00 07 ${hello}`, hello],
  ['a type first', { bytes: 2, offset: 1, strip: 0 }, `ca 00 05 ${hello}`, `ca 00 05 ${hello}`],
  ['a flag after', { bytes: 2, adjustment: 1, strip: 0 }, `00 05 ca ${hello}`, `00 05 ca ${hello}`],
  ['varint', { bytes: 'varint' }, `05 ${hello}`, hello],
];

/** The pictures of Netty's `LengthFieldBasedFrameDecoder`, in their order, where the encoder can follow. */
const netty: Picture[] = [
  ['field at 0, header kept', { bytes: 2, strip: 0 }, `00 0c ${helloWorld}`, `00 0c ${helloWorld}`],
  ['field at 0, header stripped', { bytes: 2, strip: 2 }, `00 0c ${helloWorld}`, helloWorld],
  ['length of all', { bytes: 2, adjustment: -2, strip: 0 }, `00 0e ${helloWorld}`, `00 0e ${helloWorld}`],
  ['the same', { bytes: 2, includesHeader: true, strip: 0 }, `00 0e ${helloWorld}`, `00 0e ${helloWorld}`],
  [
    '3 bytes at the end of 5',
    { bytes: 3, offset: 2, strip: 0 },
    `ca fe 00 00 0c ${helloWorld}`,
    `ca fe 00 00 0c ${helloWorld}`,
  ],
  [
    '3 bytes at the start of 5',
    { bytes: 3, adjustment: 2, strip: 0 },
    `00 00 0c ca fe ${helloWorld}`,
    `00 00 0c ca fe ${helloWorld}`,
  ],
];

/** Those that strip what an encoder would have to know. */
const nettyDecodeOnly: Picture[] = [
  [
    'in the middle',
    { bytes: 2, offset: 1, adjustment: 1, strip: 3 },
    `ca 00 0c fe ${helloWorld}`,
    `fe ${helloWorld}`,
  ],
  [
    'in the middle, of all',
    { bytes: 2, offset: 1, adjustment: -3, strip: 3 },
    `ca 00 10 fe ${helloWorld}`,
    `fe ${helloWorld}`,
  ],
  [
    'the same, in the middle',
    { bytes: 2, offset: 1, includesHeader: true, strip: 3 },
    `ca 00 10 fe ${helloWorld}`,
    `fe ${helloWorld}`,
  ],
];

const sizes: Picture[] = [
  ['1 byte', { bytes: 1 }, `05 ${hello}`, hello],
  ['3 bytes', { bytes: 3 }, `00 00 05 ${hello}`, hello],
  ['3 bytes, little endian', { bytes: 3, endian: 'little' }, `05 00 00 ${hello}`, hello],
  ['4 bytes, the default', {}, `00 00 00 05 ${hello}`, hello],
  ['4 bytes, little endian', { endian: 'little' }, `05 00 00 00 ${hello}`, hello],
  ['8 bytes', { bytes: 8 }, `00 00 00 00 00 00 00 05 ${hello}`, hello],
  ['1 byte, signed', { bytes: 1, signed: true }, `05 ${hello}`, hello],
  ['4 bytes, signed', { signed: true }, `00 00 00 05 ${hello}`, hello],
  ['4 bytes, signed, little endian', { signed: true, endian: 'little' }, `05 00 00 00 ${hello}`, hello],
  ['8 bytes, signed', { bytes: 8, signed: true }, `00 00 00 00 00 00 00 05 ${hello}`, hello],
  ['a varint, signed', { bytes: 'varint', signed: true }, `05 ${hello}`, hello],
  ['a length of all but a part', { bytes: 1, includesHeader: true, adjustment: 2 }, `04 ${hello}`, hello],
  ['8 bytes, little endian', { bytes: 8, endian: 'little' }, `05 00 00 00 00 00 00 00 ${hello}`, hello],
];

for (const [name, options, wire, frame] of [...documented, ...netty, ...sizes]) {
  keepsContract({
    name,
    codec: lengthPrefix(options),
    frames: [hex(frame), hex(frame)],
    bytes: hex(`${wire} ${wire}`),
  });
}

for (const [name, options, wire, frame] of nettyDecodeOnly) {
  const codec = lengthPrefix(options);
  const recorded: Codec<Uint8Array> = {
    name: codec.name,
    decoder: () => codec.decoder(),
    encoder: () => ({
      encode: (_, into) => {
        into.append(hex(wire));
      },
    }),
  };
  keepsContract({ name, codec: recorded, frames: [hex(frame), hex(frame)], bytes: hex(`${wire} ${wire}`) });

  test(`${name}: no encoder, as it could not restore what was stripped`, () => {
    expect(() => codec.encoder()).toThrow(FramingUsageError);
  });
}

keepsContract({
  name: 'a limit, and headers that claim too much',
  codec: lengthPrefix({ maxBytes: 5 }),
  frames: [hex('01'), hex(''), hex('02 03')],
  bytes: hex('00 00 00 01 01 00 00 00 00 00 00 00 02 02 03'),
  malformed: [
    { bytes: hex('00 00 00 06'), code: 'TOO_LARGE' },
    { bytes: hex('00 00 00 01 aa 80 00 00 00'), code: 'TOO_LARGE' },
    { bytes: hex('ff ff ff ff 01'), code: 'TOO_LARGE' },
    { bytes: hex('00 00 00 01 aa 00 00'), code: 'TRUNCATED' },
  ],
  limit: {
    bytes: hex(`00 00 00 05 ${hello}`),
    tooLarge: hex(`00 00 00 06 ${hello} 21`),
    maxBufferedBytes: 8,
  },
});

keepsContract({
  name: 'a limit of 8 MiB, and a header that claims 2 GiB',
  codec: lengthPrefix(),
  frames: [hex(hello)],
  bytes: hex(`00 00 00 05 ${hello}`),
  malformed: [
    { bytes: hex('7f ff ff ff 00'), code: 'TOO_LARGE' },
    { bytes: hex('00 80 00 01 00'), code: 'TOO_LARGE' },
  ],
});

keepsContract({
  name: 'an empty body is the only one allowed where the limit is 0',
  codec: lengthPrefix({ bytes: 1, maxBytes: 0 }),
  frames: [hex(''), hex('')],
  bytes: hex('00 00'),
  limit: { bytes: hex('00'), tooLarge: hex('01 01'), maxBufferedBytes: 0 },
});

keepsContract({
  name: '8 bytes, over 2^53',
  codec: lengthPrefix({ bytes: 8, onOversize: 'skip' }),
  frames: [],
  bytes: hex(''),
  malformed: [
    { bytes: hex('00 20 00 00 00 00 00 00'), code: 'TOO_LARGE' },
    { bytes: hex('ff ff ff ff ff ff ff ff'), code: 'TOO_LARGE' },
  ],
});

keepsContract({
  name: 'an adjustment that makes the length negative',
  codec: lengthPrefix({ bytes: 2, adjustment: -2 }),
  frames: [hex(''), hex('01')],
  bytes: hex('00 02 00 03 01'),
  malformed: [
    { bytes: hex('00 01'), code: 'MALFORMED' },
    { bytes: hex('00 03 01 00 00'), code: 'MALFORMED' },
  ],
});

keepsContract({
  name: 'varints of one byte and two',
  codec: lengthPrefix({ bytes: 'varint', maxBytes: 300 }),
  frames: [
    hex('01'),
    hex(''),
    new Uint8Array(127).fill(2),
    new Uint8Array(128).fill(3),
    new Uint8Array(300).fill(4),
  ],
  bytes: Uint8Array.of(
    ...hex('01 01 00 7f'),
    ...new Uint8Array(127).fill(2),
    ...hex('80 01'),
    ...new Uint8Array(128).fill(3),
    ...hex('ac 02'),
    ...new Uint8Array(300).fill(4),
  ),
  malformed: [
    { bytes: hex('ff ff ff ff ff ff ff ff ff ff 01'), code: 'MALFORMED' },
    { bytes: hex('80 80 80 80 80 80 80 80 80 80 00'), code: 'MALFORMED' },
    { bytes: hex('80 80 80 80 80 80 80 80 80 80'), code: 'MALFORMED' },
    { bytes: hex('ff ff ff ff ff ff ff ff ff 01'), code: 'TOO_LARGE' },
    { bytes: hex('80 80 80 80 80 80 80 10'), code: 'TOO_LARGE' },
    { bytes: hex('ad 02'), code: 'TOO_LARGE' },
    { bytes: hex('ac'), code: 'TRUNCATED' },
  ],
  limit: {
    bytes: Uint8Array.of(0xac, 2, ...new Uint8Array(300)),
    tooLarge: Uint8Array.of(0xad, 2, ...new Uint8Array(301)),
    maxBufferedBytes: 301,
  },
});

for (const [name, options, below, above] of [
  ['1 byte', { bytes: 1 }, 'ff', '7f'],
  ['2 bytes', { bytes: 2 }, '80 00', '7f ff'],
  ['2 bytes, little endian', { bytes: 2, endian: 'little' }, '00 80', 'ff 7f'],
  ['3 bytes', { bytes: 3 }, 'ff ff ff', '7f ff ff'],
  ['4 bytes', {}, 'ff ff ff ff', '7f ff ff ff'],
  ['8 bytes', { bytes: 8 }, '80 00 00 00 00 00 00 00', '7f ff ff ff ff ff ff ff'],
  [
    '8 bytes, little endian',
    { bytes: 8, endian: 'little' },
    '00 00 00 00 00 00 00 80',
    'ff ff ff ff ff ff ff 7f',
  ],
  // -1 as Protocol Buffers write it, and the greatest 64-bit number.
  ['a varint', { bytes: 'varint' }, 'ff ff ff ff ff ff ff ff ff 01', 'ff ff ff ff ff ff ff ff 7f'],
  ['behind other bytes', { bytes: 2, offset: 2, strip: 0 }, 'ca fe ff ff', 'ca fe 7f ff'],
] satisfies [string, LengthPrefixOptions, string, string][]) {
  keepsContract({
    name: `a signed length below zero: ${name}`,
    codec: lengthPrefix({ ...options, signed: true, maxBytes: 100, onOversize: 'error' }),
    frames: [],
    bytes: hex(''),
    malformed: [
      { bytes: hex(below), code: 'MALFORMED' },
      { bytes: hex(above), code: 'TOO_LARGE' },
    ],
  });
}

test('a signed length below zero is not skipped as if it were a great one', () => {
  const codec = lengthPrefix({ bytes: 1, signed: true, maxBytes: 1, onOversize: 'skip' });
  expect(() => decodeAll(codec, [hex('ff 00 00')])).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
  expect(decodeAll(codec, [hex('02 61 62 01 2a')])).toEqual([hex('2a')]);
});

test('a signed field says half as much', () => {
  expect(encodeAll(lengthPrefix({ bytes: 1, signed: true }), [new Uint8Array(127)])[0]).toBe(127);
  expect(() => encodeAll(lengthPrefix({ bytes: 1, signed: true }), [new Uint8Array(128)])).toThrow(
    FramingUsageError,
  );
  expect(encodeAll(lengthPrefix({ bytes: 'varint', signed: true }), [new Uint8Array(300)]).length).toBe(302);
});

test('a length that includes its header is never less than that', () => {
  const codec = lengthPrefix({ bytes: 2, offset: 1, strip: 0, includesHeader: true });
  expect(decodeAll(codec, [hex('ca 00 03')])).toEqual([hex('ca 00 03')]);
  expect(() => decodeAll(codec, [hex('ca 00 02')])).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
});

test('a varint that says more than it must is taken, as Protocol Buffers take it', () => {
  expect(decodeAll(lengthPrefix({ bytes: 'varint' }), [hex('81 80 00 2a')])).toEqual([hex('2a')]);
});

test('a varint may stand behind other bytes, which stay', () => {
  const codec = lengthPrefix({ bytes: 'varint', offset: 2, strip: 0 });
  expect(decodeAll(codec, pieces(hex('ca fe 01 2a ca fe 00'), 1))).toEqual([
    hex('ca fe 01 2a'),
    hex('ca fe 00'),
  ]);
  expect(() => codec.encoder()).toThrow(FramingUsageError);
});

describe('a header that claims 2 GiB', () => {
  test('reserves nothing, and what follows is not kept', () => {
    const decoder = lengthPrefix({ maxBytes: 2 ** 31 }).decoder();
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(hex('7f ff ff ff 00'));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(5);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);

    const limited = lengthPrefix().decoder();
    limited.push(hex('7f ff ff ff 00'));
    expect(() => limited.next()).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
    for (let count = 0; count < 100; count++) limited.push(new Uint8Array(65_536));
    expect(limited.bufferedBytes).toBe(0);
  });
});

describe("onOversize: 'skip'", () => {
  const wire = hex('00 01 01 00 03 61 62 63 00 02 02 02 00 04 61 62 63 64');

  test('drops the longer frames, tells of each, and finds the next one, at every split', () => {
    for (let at = 0; at <= wire.length; at++) {
      const onSkip = vi.fn();
      const codec = lengthPrefix({ bytes: 2, maxBytes: 2, onOversize: 'skip', onSkip });
      const frames = decodeAll(codec, [wire.slice(0, at), wire.slice(at)]);
      expect(frames).toEqual([hex('01'), hex('02 02')]);
      expect(onSkip.mock.calls).toEqual([[3], [4]]);
    }
  });

  test('holds nothing of a frame that it skips, and tells of it once its header is read', () => {
    const onSkip = vi.fn();
    const decoder = lengthPrefix({ maxBytes: 10, onOversize: 'skip', onSkip }).decoder();
    decoder.push(hex('40 00 00 00'));
    expect(decoder.next()).toBeUndefined();
    expect(onSkip).toHaveBeenCalledExactlyOnceWith(2 ** 30);
    for (let left = 2 ** 30; left > 0; left -= 2 ** 22) {
      decoder.push(new Uint8Array(chunk4M.buffer));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(0);
    }
    decoder.push(hex('00 00 00 01 2a'));
    expect(drain(decoder)).toEqual([hex('2a')]);
  });
  const chunk4M = new Uint8Array(2 ** 22);

  test('an input that ends inside a skipped frame is TRUNCATED; one that ends behind it is whole', () => {
    const codec = lengthPrefix({ bytes: 1, maxBytes: 1, onOversize: 'skip' });
    const decoder = codec.decoder();
    decoder.push(hex('03 61 62'));
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
    expect(decodeAll(codec, [hex('03 61 62 63')])).toEqual([]);
  });

  test('goes on after an onSkip that throws', () => {
    const codec = lengthPrefix({
      bytes: 1,
      maxBytes: 1,
      onOversize: 'skip',
      onSkip: () => {
        throw new Error('told');
      },
    });
    const decoder = codec.decoder();
    decoder.push(hex('02 61 62 01 2a'));
    expect(() => decoder.next()).toThrow('told');
    expect(drain(decoder)).toEqual([hex('2a')]);
  });

  test('skips varint frames too', () => {
    const codec = lengthPrefix({ bytes: 'varint', maxBytes: 1, onOversize: 'skip' });
    expect(decodeAll(codec, pieces(hex('01 2a 02 61 62 00'), 1))).toEqual([hex('2a'), hex('')]);
  });
});

describe('the encoder', () => {
  test('refuses a frame above the limit, or above what the field can say', () => {
    expect(() => encodeAll(lengthPrefix({ maxBytes: 2 }), [hex('01 02 03')])).toThrow(FramingUsageError);
    expect(() => encodeAll(lengthPrefix({ bytes: 1 }), [new Uint8Array(256)])).toThrow(FramingUsageError);
    expect(() => encodeAll(lengthPrefix({ bytes: 2 }), [new Uint8Array(65_536)])).toThrow(FramingUsageError);
    expect(encodeAll(lengthPrefix({ bytes: 1 }), [new Uint8Array(255)])[0]).toBe(255);
  });

  test('refuses a frame that an adjustment leaves no length for', () => {
    expect(() => encodeAll(lengthPrefix({ bytes: 1, adjustment: 2 }), [hex('01')])).toThrow(
      FramingUsageError,
    );
    expect(() => encodeAll(lengthPrefix({ bytes: 1, adjustment: -2 }), [new Uint8Array(254)])).toThrow(
      FramingUsageError,
    );
  });

  test('overwrites the field inside a frame that keeps its header, in a copy', () => {
    const frame = hex('ca ff ff 01 02');
    expect(encodeAll(lengthPrefix({ bytes: 2, offset: 1, strip: 0 }), [frame])).toEqual(
      hex('ca 00 02 01 02'),
    );
    expect(frame).toEqual(hex('ca ff ff 01 02'));
  });

  test('refuses such a frame where it is shorter than its header', () => {
    expect(() => encodeAll(lengthPrefix({ bytes: 2, offset: 1, strip: 0 }), [hex('ca 00')])).toThrow(
      FramingUsageError,
    );
  });
});

describe('options that fit no format are refused', () => {
  test.each<[string, object]>([
    ['bytes: 5', { bytes: 5 }],
    ['offset: -1', { offset: -1 }],
    ['offset: 0.5', { offset: 0.5 }],
    ['maxBytes: -1', { maxBytes: -1 }],
    ['maxBytes: NaN', { maxBytes: Number.NaN }],
    ['maxBytes: Infinity', { maxBytes: Infinity }],
    ['adjustment: 1.5', { adjustment: 1.5 }],
    ['strip past the header', { bytes: 2, offset: 1, strip: 4 }],
    ['strip of a varint', { bytes: 'varint', strip: 1 }],
    ['a varint that includes itself', { bytes: 'varint', includesHeader: true }],
  ])('%s', (_, options) => {
    expect(() => lengthPrefix(options)).toThrow(FramingUsageError);
  });
});

const formats = fc.record(
  {
    bytes: fc.constantFrom<(1 | 2 | 3 | 4 | 8 | 'varint')[]>(1, 2, 3, 4, 8, 'varint'),
    endian: fc.constantFrom<('big' | 'little')[]>('big', 'little'),
    adjustment: fc.constantFrom(0, 0, -1, -4),
  },
  { requiredKeys: ['bytes'] },
);

test('random frames, in a random format, cut at random, come back (model)', () => {
  fc.assert(
    fc.property(
      formats,
      fc.array(fc.uint8Array({ maxLength: 250 }), { maxLength: 30 }),
      cuts,
      (format, frames, cut) => {
        const codec = lengthPrefix(format);
        expect(decodeAll(codec, cutBy(encodeAll(codec, frames), cut))).toEqual(frames);
      },
    ),
    { numRuns: 300 },
  );
});

test('the field agrees with DataView (model)', () => {
  const field = fc.record({
    endian: fc.constantFrom<('big' | 'little')[]>('big', 'little'),
    length: fc.nat(70_000),
  });
  fc.assert(
    fc.property(field, ({ endian, length }) => {
      const frame = new Uint8Array(length);
      const four = encodeAll(lengthPrefix({ endian }), [frame]);
      expect(new DataView(four.buffer).getUint32(0, endian === 'little')).toBe(length);
      const eight = encodeAll(lengthPrefix({ bytes: 8, endian }), [frame]);
      expect(new DataView(eight.buffer).getBigUint64(0, endian === 'little')).toBe(BigInt(length));
    }),
    { numRuns: 20 },
  );
});

test('random bytes are decoded the same however they are cut (model)', () => {
  const outcome = (codec: Codec<Uint8Array>, input: Iterable<Uint8Array>): unknown => {
    const decoder = codec.decoder();
    const frames: Uint8Array[] = [];
    try {
      for (const piece of input) {
        decoder.push(piece);
        for (let frame; (frame = decoder.next()) !== undefined;) frames.push(frame);
      }
      for (let frame; (frame = decoder.end()) !== undefined;) frames.push(frame);
      return { frames };
    } catch (error) {
      return { frames, error };
    }
  };
  const options = fc.record({
    bytes: fc.constantFrom<(1 | 2 | 'varint')[]>(1, 2, 'varint'),
    offset: fc.nat(2),
    adjustment: fc.integer({ min: -3, max: 3 }),
    maxBytes: fc.nat(200),
    onOversize: fc.constantFrom<('error' | 'skip')[]>('error', 'skip'),
  });
  fc.assert(
    fc.property(options, fc.uint8Array({ maxLength: 600 }), cuts, (format, input, cut) => {
      const codec = lengthPrefix(format);
      expect(outcome(codec, cutBy(input, cut))).toEqual(outcome(codec, [input]));
    }),
    { numRuns: 500 },
  );
});

describe('4 MB a byte at a time', { timeout: 60_000 }, () => {
  test.each([
    ['tiny frames', 1],
    ['frames of 100 bytes', 100],
    ['one frame', 4 * 1024 * 1024],
  ])('%s: copied a bounded number of times', (_, size) => {
    const codec = lengthPrefix();
    const wire = encodeAll(
      codec,
      Array.from({ length: (4 * 1024 * 1024) / (size + 4) || 1 }, () => new Uint8Array(size)),
    );
    const work = countWork(() => {
      const decoder = codec.decoder();
      let bytes = 0;
      for (const piece of pieces(wire, 1)) {
        decoder.push(piece);
        for (let frame; (frame = decoder.next()) !== undefined;) bytes += frame.length + 4;
      }
      expect(bytes).toBe(wire.length);
    });
    expect(work.copied).toBeLessThanOrEqual(3 * wire.length);
  });
});

test('a million empty frames do not grow the stack, in one chunk or at the end', { timeout: 60_000 }, () => {
  for (const method of ['next', 'end'] as const) {
    const decoder = lengthPrefix({ bytes: 1 }).decoder();
    decoder.push(new Uint8Array(1_000_000));
    let count = 0;
    for (let frame; (frame = decoder[method]()) !== undefined; count++)
      if (frame.length > 0) throw new Error('not empty');
    expect(count).toBe(1_000_000);
  }
});

test('a million skipped frames do not grow the stack', { timeout: 60_000 }, () => {
  const decoder = lengthPrefix({ bytes: 1, maxBytes: 0, onOversize: 'skip' }).decoder();
  decoder.push(new Uint8Array(2_000_000).fill(1));
  expect(decoder.next()).toBeUndefined();
  expect(decoder.bufferedBytes).toBe(0);
});

test('a frame inside one chunk is a view of it', () => {
  const chunk = encodeAll(lengthPrefix(), [utf8('HELLO')]);
  expect(decodeAll(lengthPrefix(), [chunk])[0]?.buffer).toBe(chunk.buffer);
});
