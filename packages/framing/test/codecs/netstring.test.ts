import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAll, FramingUsageError, netstring } from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, drain, hex, keepsContract, pieces, text, utf8 } from '../bytes.ts';

keepsContract({
  name: 'netstring()',
  codec: netstring({ maxBytes: 12 }),
  // The example of the specification, and its empty string.
  frames: ['hello world!', '', 'a', ',5:,'].map(utf8),
  bytes: Uint8Array.of(
    ...hex('31 32 3a 68 65 6c 6c 6f 20 77 6f 72 6c 64 21 2c'),
    ...hex('30 3a 2c'),
    ...utf8('1:a,4:,5:,,'),
  ),
  malformed: [
    { bytes: utf8('1:a,13'), code: 'TOO_LARGE' },
    { bytes: utf8('999999999999999999999999'), code: 'TOO_LARGE' },
    { bytes: utf8('1:a,00:,'), code: 'MALFORMED' },
    { bytes: utf8('1:a,01:b,'), code: 'MALFORMED' },
    { bytes: utf8('1:a,:b,'), code: 'MALFORMED' },
    ...['-1:a,', '+1:a,', ' 1:a,', '1 :a,', '0x1:a,', '1e1:a,', '1.0:a,', 'a', '\n1:a,', '１:a,'].map(
      (wrong) => ({
        bytes: utf8(`1:a,${wrong}`),
        code: 'MALFORMED' as const,
      }),
    ),
    { bytes: utf8('1:a,3:abcd'), code: 'MALFORMED' },
    { bytes: utf8('1:a,3:abc;'), code: 'MALFORMED' },
    { bytes: utf8('1:a,0:;'), code: 'MALFORMED' },
    { bytes: utf8('1:a,3'), code: 'TRUNCATED' },
    { bytes: utf8('1:a,3:'), code: 'TRUNCATED' },
    { bytes: utf8('1:a,3:abc'), code: 'TRUNCATED' },
    { bytes: utf8('1:a,0:'), code: 'TRUNCATED' },
  ],
  limit: { bytes: utf8('12:123456789012,'), tooLarge: utf8('13:1234567890123,'), maxBufferedBytes: 12 },
});

keepsContract({
  name: 'an empty string is the only one allowed where the limit is 0',
  codec: netstring({ maxBytes: 0 }),
  frames: ['', ''].map(utf8),
  bytes: utf8('0:,0:,'),
  limit: { bytes: utf8('0:,'), tooLarge: utf8('1:a,'), maxBufferedBytes: 1 },
});

keepsContract({
  name: "onOversize: 'skip'",
  codec: netstring({ maxBytes: 2, onOversize: 'skip' }),
  frames: ['ab', ''].map(utf8),
  bytes: utf8('2:ab,0:,'),
  malformed: [
    { bytes: utf8('3:abc;2:ab,'), code: 'MALFORMED' },
    { bytes: utf8('3:abcd'), code: 'MALFORMED' },
    { bytes: utf8('3:abc'), code: 'TRUNCATED' },
    { bytes: utf8('1000000000000000:'), code: 'TOO_LARGE' },
  ],
});

describe("onOversize: 'skip'", () => {
  test('drops the longer strings, tells of each once its length is read, and goes on, at every split', () => {
    const wire = utf8('1:a,5:hello,0:,3:1,2,2:ok,');
    for (let at = 0; at <= wire.length; at++) {
      const skipped: number[] = [];
      const codec = netstring({ maxBytes: 2, onOversize: 'skip', onSkip: (bytes) => skipped.push(bytes) });
      expect(decodeAll(codec, [wire.slice(0, at), wire.slice(at)]).map(text)).toEqual(['a', '', 'ok']);
      expect(skipped).toEqual([5, 3]);
    }
  });

  test('holds nothing of a string that it skips', () => {
    const skipped: number[] = [];
    const decoder = netstring({
      maxBytes: 10,
      onOversize: 'skip',
      onSkip: (bytes) => skipped.push(bytes),
    }).decoder();
    decoder.push(utf8('65536000:'));
    expect(decoder.next()).toBeUndefined();
    expect(skipped).toEqual([65_536_000]);
    const chunk = new Uint8Array(65_536);
    for (let count = 0; count < 1000; count++) {
      decoder.push(chunk);
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(0);
    }
    decoder.push(utf8(',4:next,'));
    expect(drain(decoder).map(text)).toEqual(['next']);
  });

  test('goes on after an onSkip that throws', () => {
    const decoder = netstring({
      maxBytes: 1,
      onOversize: 'skip',
      onSkip: () => {
        throw new Error('told');
      },
    }).decoder();
    decoder.push(utf8('2:ab,1:c,'));
    expect(() => decoder.next()).toThrow('told');
    expect(drain(decoder).map(text)).toEqual(['c']);
  });
});

test('the default limit is 8 MiB, and 2 GB are refused at the digit that passes it', () => {
  const decoder = netstring().decoder();
  decoder.push(utf8('2000000'));
  expect(decoder.next()).toBeUndefined();
  decoder.push(utf8('0'));
  expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  const most = 8 * 1024 * 1024;
  expect(decodeAll(netstring(), [utf8(`${String(most)}:`), new Uint8Array(most), utf8(',')])[0]?.length).toBe(
    most,
  );
});

test('the encoder refuses a frame above the limit, and a limit that is none is refused', () => {
  expect(() => encodeAll(netstring({ maxBytes: 2 }), [utf8('abc')])).toThrow(FramingUsageError);
  for (const maxBytes of [-1, 0.5, Number.NaN])
    expect(() => netstring({ maxBytes })).toThrow(FramingUsageError);
});

test('a frame inside one chunk is a view of it', () => {
  const chunk = utf8('5:hello,');
  expect(decodeAll(netstring(), [chunk])[0]?.buffer).toBe(chunk.buffer);
});

test('random frames come back, cut at random, and are what the naive writer writes (model)', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 1200 }), { maxLength: 20 });
  fc.assert(
    fc.property(frames, cuts, (sent, sizes) => {
      const wire = encodeAll(netstring(), sent);
      const naive = sent.flatMap((frame) => [...utf8(`${String(frame.length)}:`), ...frame, 0x2c]);
      expect(Buffer.from(wire).equals(Buffer.from(naive))).toBe(true);
      expect(decodeAll(netstring(), cutBy(wire, sizes))).toEqual(sent);
    }),
    { numRuns: 200 },
  );
});

test('4 MB a byte at a time come out whole', { timeout: 60_000 }, () => {
  const body = new Uint8Array(4 * 1024 * 1024).fill(97);
  const wire = encodeAll(netstring(), [body]);
  expect(decodeAll(netstring(), pieces(wire, 1)).map((frame) => frame.length)).toEqual([body.length]);
});

test('a million empty strings, given or skipped, do not grow the stack', { timeout: 60_000 }, () => {
  const decoder = netstring().decoder();
  decoder.push(utf8('0:,'.repeat(1_000_000)));
  let count = 0;
  for (let frame; (frame = decoder.next()) !== undefined; count++)
    if (frame.length > 0) throw new Error('not empty');
  expect(count).toBe(1_000_000);

  const skipping = netstring({ maxBytes: 0, onOversize: 'skip' }).decoder();
  skipping.push(utf8('1:a,'.repeat(1_000_000)));
  expect(skipping.next()).toBeUndefined();
  expect(skipping.bufferedBytes).toBe(0);
});
