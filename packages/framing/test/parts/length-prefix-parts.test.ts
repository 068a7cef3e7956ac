import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeAll,
  FramingUsageError,
  lengthPrefix,
  lengthPrefixParts,
  type FramePart,
} from '../../src/codecs/index.ts';
import { countWork, cutBy, cuts, decodeAll, drain, hex, keepsContract, utf8 } from '../bytes.ts';
import { told, whole } from './whole.ts';

const hello = '48 45 4c 4c 4f';

for (const [name, options, wire] of [
  ['{}', {}, `00 00 00 05 ${hello}`],
  ['1 byte', { bytes: 1 }, `05 ${hello}`],
  ['2 bytes, little-endian', { bytes: 2, endian: 'little' }, `05 00 ${hello}`],
  ['3 bytes', { bytes: 3 }, `00 00 05 ${hello}`],
  ['8 bytes', { bytes: 8 }, `00 00 00 00 00 00 00 05 ${hello}`],
  ['8 bytes, little-endian', { bytes: 8, endian: 'little' }, `05 00 00 00 00 00 00 00 ${hello}`],
  ['varint', { bytes: 'varint' }, `05 ${hello}`],
  ['the length of all', { bytes: 2, adjustment: -2 }, `00 07 ${hello}`],
] as const) {
  keepsContract({
    name: `lengthPrefixParts(${name}), put together`,
    codec: whole(lengthPrefixParts(options)),
    frames: [hex(hello)],
    bytes: hex(wire),
    malformed: [{ bytes: hex(wire).slice(0, -1), code: 'TRUNCATED' }],
  });
}

keepsContract({
  name: 'lengthPrefixParts with a limit, put together',
  codec: whole(lengthPrefixParts({ bytes: 'varint', maxBytes: 200 })),
  frames: [new Uint8Array(200).fill(7), hex(''), hex('61')],
  bytes: Uint8Array.of(0xc8, 0x01, ...new Uint8Array(200).fill(7), 0, 1, 0x61),
  limit: {
    bytes: Uint8Array.of(0xc8, 0x01, ...new Uint8Array(200)),
    tooLarge: Uint8Array.of(0xc9, 0x01, ...new Uint8Array(201)),
    maxBufferedBytes: 200,
  },
  malformed: [
    { bytes: hex('01 61 ff ff ff ff ff ff ff ff ff ff 01'), code: 'MALFORMED' },
    { bytes: hex('01 61 c9 01'), code: 'TOO_LARGE' },
  ],
});

keepsContract({
  name: 'lengthPrefixParts whose length goes below zero',
  codec: whole(lengthPrefixParts({ bytes: 1, adjustment: -1 })),
  frames: [hex('61'), hex('')],
  bytes: hex('02 61 01'),
  malformed: [{ bytes: hex('02 61 00'), code: 'MALFORMED' }],
});

describe('lengthPrefixParts', () => {
  test('gives what has come at once, as views of the chunks', () => {
    const decoder = lengthPrefixParts({ bytes: 1 }).decoder();
    expect(decoder.next()).toBeUndefined();
    const chunk = utf8('\x05hel');
    decoder.push(chunk);
    const parts = drain(decoder);
    expect(told(parts)).toEqual(['begin 5', 'data hel']);
    expect(parts[1]).toHaveProperty('data.buffer', chunk.buffer);
    decoder.push(utf8('lo\x00\x01'));
    expect(told(drain(decoder))).toEqual(['data lo', 'end', 'begin 0', 'end', 'begin 1']);
    expect(decoder.bufferedBytes).toBe(0);
  });

  test('holds no more than a chunk of a frame of 10 GB, and counts it to the last byte', () => {
    const size = 10_000_000_000;
    const codec = lengthPrefixParts({ bytes: 8 });
    const decoder = codec.decoder();
    decoder.push(encodeAll(codec, [{ type: 'begin', bytes: size }]));
    expect(decoder.next()).toEqual({ type: 'begin', bytes: size });
    // A stand-in for the chunks of the whole frame: each claims to be 1 GB, and there is no memory behind it.
    const giga = 1_000_000_000;
    class Claimed extends Uint8Array {
      override get length(): number {
        return giga;
      }
      override subarray(): never {
        return this as never;
      }
    }
    let seen = 0;
    for (let chunk = 0; chunk < 10; chunk++) {
      decoder.push(new Claimed());
      expect(decoder.bufferedBytes).toBe(giga);
      for (const part of drain(decoder)) if (part.type === 'data') seen += part.data.length;
      expect(decoder.bufferedBytes).toBe(0);
    }
    expect(seen).toBe(size);
    decoder.push(utf8('\x00'));
    expect(decoder.bufferedBytes).toBe(1);
    expect(decoder.next()).toBeUndefined();
  });

  test('copies no data however the input is cut, and counts every byte once', () => {
    const wire = encodeAll(lengthPrefix(), [new Uint8Array(100_000).fill(1), new Uint8Array(50)]);
    for (const size of [1, 7, 1000, 65_536]) {
      let data = 0;
      const work = countWork(() => {
        const decoder = lengthPrefixParts().decoder();
        for (let at = 0; at < wire.length; at += size) {
          decoder.push(wire.subarray(at, at + size));
          for (const part of drain(decoder)) if (part.type === 'data') data += part.data.length;
        }
      });
      expect(data).toBe(100_050);
      expect(work.copied).toBeLessThanOrEqual(16);
    }
  });

  test('2⁵³ bytes and more are TOO_LARGE: no number could count them', () => {
    for (const header of ['00 20 00 00 00 00 00 00', 'ff ff ff ff ff ff ff ff']) {
      expect(() => decodeAll(lengthPrefixParts({ bytes: 8 }), [hex(header)])).toThrow(
        expect.objectContaining({ code: 'TOO_LARGE' }),
      );
    }
    expect(drain(decoderOf(hex('00 1f ff ff ff ff ff ff')))).toEqual([{ type: 'begin', bytes: 2 ** 53 - 1 }]);
  });

  test('joined, the data is what lengthPrefix gives, in the same frames (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }), cuts, (frames, sizes) => {
        const wire = encodeAll(lengthPrefix({ bytes: 'varint' }), frames);
        expect(decodeAll(whole(lengthPrefixParts({ bytes: 'varint' })), cutBy(wire, sizes))).toEqual(frames);
        expect(encodeAll(whole(lengthPrefixParts({ bytes: 'varint' })), frames)).toEqual(wire);
      }),
    );
  });

  test.each([
    ['a frame within a frame', ['begin 1', 'begin 1']],
    ['data without a frame', ['data a']],
    ['too much data', ['begin 1', 'data ab']],
    ['too little data', ['begin 2', 'data a', 'end']],
    ['an end without a frame', ['end']],
    ['an unknown length', ['begin undefined']],
    ['a length the field has no room for', ['begin 256']],
    ['a length that is none', ['begin -1']],
    ['half a byte', ['begin 0.5']],
  ])('refuses to encode %s', (_, parts) => {
    const encoder = lengthPrefixParts({ bytes: 1 }).encoder();
    const sent: Uint8Array[] = [];
    const sink = {
      append: (bytes: Uint8Array) => sent.push(bytes),
      reserve: (size: number) => new Uint8Array(size),
    };
    expect(() => {
      for (const part of parts) encoder.encode(parsed(part), sink);
    }).toThrow(FramingUsageError);
  });

  test('a part that is refused leaves the frame as it was', () => {
    const codec = lengthPrefixParts({ bytes: 1 });
    const encoder = codec.encoder();
    const sent: number[] = [];
    const sink = {
      append: (bytes: Uint8Array) => sent.push(...bytes),
      reserve: (size: number) => new Uint8Array(size),
    };
    encoder.encode(parsed('begin 2'), sink);
    for (const wrong of ['data abc', 'end', 'begin 1']) {
      expect(() => {
        encoder.encode(parsed(wrong), sink);
      }).toThrow(FramingUsageError);
    }
    encoder.encode(parsed('data ab'), sink);
    encoder.encode(parsed('end'), sink);
    expect(sent).toEqual([0x61, 0x62]);
  });

  test.each([{ bytes: 5 }, { maxBytes: -1 }, { maxBytes: 1.5 }, { adjustment: 0.5 }])(
    '%j is refused',
    (options) => {
      expect(() => lengthPrefixParts(options as never)).toThrow(FramingUsageError);
    },
  );
});

function decoderOf(bytes: Uint8Array): ReturnType<ReturnType<typeof lengthPrefixParts>['decoder']> {
  const decoder = lengthPrefixParts({ bytes: 8 }).decoder();
  decoder.push(bytes);
  return decoder;
}

function parsed(part: string): FramePart {
  const [type, value = ''] = part.split(' ');
  if (type === 'begin') return { type, bytes: value === 'undefined' ? undefined : Number(value) };
  return type === 'data' ? { type, data: utf8(value) } : { type: 'end' };
}
