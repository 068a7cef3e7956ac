import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  checksum,
  crc32,
  delimiter,
  encodeAll,
  FramingUsageError,
  handover,
  lengthPrefix,
  untilClose,
  type ChecksumAlgorithm,
  type ChecksumOptions,
} from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, drain, hex, keepsContract, pieces } from '../bytes.ts';

const one = lengthPrefix({ bytes: 1, maxBytes: 16 });
/** The low byte of the sum of all bytes: Intel HEX without its complement. */
const byteSum: ChecksumAlgorithm = {
  name: 'byte sum',
  bytes: 1,
  sum: (bytes) => bytes.reduce((sum, byte) => (sum + byte) % 256, 0),
};
const wide: ChecksumAlgorithm = {
  name: 'wide',
  bytes: 8,
  sum: (bytes) => 0xfe00_0000_0000_0000n + BigInt(byteSum.sum(bytes)),
};
const three: ChecksumAlgorithm = {
  name: 'three',
  bytes: 3,
  sum: (bytes) => 0xabcd00 + Number(byteSum.sum(bytes)),
};

/** Options, and what "Hi" looks like. */
const pictures: readonly (readonly [name: string, options: ChecksumOptions, wire: string])[] = [
  ['crc32, the default', {}, '06 48 69 4d 17 0e 0e'],
  ['little endian', { endian: 'little' }, '06 48 69 0e 0e 17 4d'],
  ['at the start', { at: 'start' }, '06 4d 17 0e 0e 48 69'],
  ['crc32c', { algorithm: 'crc32c' }, '06 48 69 8a 16 3a c0'],
  ['adler32', { algorithm: 'adler32' }, '06 48 69 00 fb 00 b2'],
  ['one byte', { algorithm: byteSum }, '03 48 69 b1'],
  ['three bytes, little endian', { algorithm: three, endian: 'little' }, '05 48 69 b1 cd ab'],
  ['eight bytes', { algorithm: wide }, '0a 48 69 fe 00 00 00 00 00 00 b1'],
];

for (const [name, options, wire] of pictures) {
  keepsContract({
    name,
    codec: checksum(one, options),
    frames: [hex('48 69'), hex('48 69')],
    bytes: hex(`${wire} ${wire}`),
    malformed: [
      { bytes: hex(wire.replace('48', '49')), code: 'MALFORMED' },
      { bytes: hex(wire.replace('69', '68')), code: 'MALFORMED' },
      { bytes: hex('00'), code: 'MALFORMED' },
      { bytes: hex(`${wire} 11`), code: 'TOO_LARGE' },
      { bytes: hex(`${wire} 05 01`), code: 'TRUNCATED' },
    ],
  });
}

test('the frame may be the whole input', () => {
  const codec = checksum(untilClose({ maxBytes: 8 }));
  const wire = hex('61 62 63 64 ed 82 cd 11');
  expect(encodeAll(codec, [hex('61 62 63 64')])).toEqual(wire);
  expect(decodeAll(codec, pieces(wire, 3))).toEqual([hex('61 62 63 64')]);
  expect(() => decodeAll(codec, [wire.subarray(1)])).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
});

describe('a checksum', () => {
  test('of any frame, cut anywhere, comes back without it', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2000 })), cuts, (frames, sizes) => {
        const codec = checksum(lengthPrefix());
        expect(decodeAll(codec, cutBy(encodeAll(codec, frames), sizes))).toEqual(frames);
      }),
    );
  });

  test('finds every change of one bit', () => {
    const wire = encodeAll(checksum(one), [hex('01 02 03')]);
    for (let bit = 8; bit < 8 * wire.length; bit++) {
      const damaged = wire.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeAll(checksum(one), [damaged])).toThrow(
        expect.objectContaining({ code: 'MALFORMED' }),
      );
    }
  });

  test('is the running sum of its parts: what follows a frame may be computed as it is sent', () => {
    const [frame = hex('')] = decodeAll(one, [encodeAll(checksum(one), [hex('61 62 63')])]);
    const sum = crc32(hex('62 63'), crc32(hex('61')));
    expect(new DataView(frame.buffer, frame.byteOffset).getUint32(3)).toBe(sum);
  });
});

describe("onMismatch: 'skip'", () => {
  test('drops damaged frames and ones too short, tells of each, and goes on', () => {
    const onSkip = vi.fn();
    const codec = checksum(one, { onMismatch: 'skip', onSkip });
    const wire = hex(
      '06 48 69 4d 17 0e 0e  06 48 68 4d 17 0e 0e  01 00  00  06 48 69 4d 17 0e 0e'.replace(/ +/g, ' '),
    );
    expect(decodeAll(codec, pieces(wire, 1))).toEqual([hex('48 69'), hex('48 69')]);
    expect(onSkip.mock.calls).toEqual([[6], [1], [0]]);
  });

  test('needs nobody to tell', () => {
    expect(decodeAll(checksum(one, { onMismatch: 'skip' }), [hex('01 00')])).toEqual([]);
  });

  test('is not for what the codec inside refuses', () => {
    const decoder = checksum(one, { onMismatch: 'skip' }).decoder();
    decoder.push(hex('11'));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });
});

test('another format may follow in mid-stream', () => {
  const codec = handover(checksum(one), { received: () => delimiter(',') });
  expect(decodeAll(codec, [hex('06 48 69 4d 17 0e 0e 41 42 2c')])).toEqual([hex('48 69'), hex('41 42')]);
  const failed = checksum(one).decoder() as ReturnType<typeof one.decoder> & { rest(): Uint8Array };
  failed.push(hex('00 01'));
  expect(() => drain(failed)).toThrow();
  expect(failed.rest()).toEqual(hex(''));
});

describe('the caller is told', () => {
  test('of an algorithm that does not exist', () => {
    expect(() => checksum(one, { algorithm: 'md5' as 'crc32' })).toThrow(FramingUsageError);
    expect(() => checksum(one, { algorithm: { ...byteSum, bytes: 5 as 1 } })).toThrow(FramingUsageError);
  });

  test.each([256, -1, 1.5, NaN, Infinity, 2n ** 64n, -1n])(
    'of a sum of %s, which one byte cannot hold',
    (sum) => {
      const codec = checksum(one, { algorithm: { name: 'wrong', bytes: 1, sum: () => sum } });
      expect(() => encodeAll(codec, [hex('01')])).toThrow(FramingUsageError);
      expect(() => decodeAll(codec, [hex('02 01 00')])).toThrow(FramingUsageError);
    },
  );

  test('of a frame that is too long with its sum', () => {
    expect(() => encodeAll(checksum(one), [new Uint8Array(13)])).toThrow(FramingUsageError);
    expect(encodeAll(checksum(one), [new Uint8Array(12)]).length).toBe(17);
  });
});
