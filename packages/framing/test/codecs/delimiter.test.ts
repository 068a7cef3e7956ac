import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { PatternSearch } from '../../src/byte-queue.ts';
import { delimiter, encodeAll, FramingError, FramingUsageError } from '../../src/codecs/index.ts';
import {
  countWork,
  cutBy,
  cuts,
  decodeAll,
  drain,
  hex,
  keepsContract,
  pieces,
  text,
  utf8,
} from '../bytes.ts';

keepsContract({
  name: "delimiter(',')",
  codec: delimiter(',', { maxBytes: 8 }),
  frames: ['Hi', '', 'you', 'a b c'].map(utf8),
  bytes: utf8('Hi,,you,a b c,'),
  malformed: [
    { bytes: utf8('ok,123456789'), code: 'TOO_LARGE' },
    { bytes: utf8('ok,123456789,'), code: 'TOO_LARGE' },
    { bytes: utf8('ok,left over'.slice(0, 8)), code: 'TRUNCATED' },
  ],
  limit: { bytes: utf8('12345678,'), tooLarge: utf8('123456789,'), maxBufferedBytes: 8 },
});

keepsContract({
  name: 'a delimiter of several bytes that begins like itself',
  codec: delimiter('\r\n\r\n', { maxBytes: 12 }),
  frames: ['a\r\nb', '\n\r', 'x', ''].map(utf8),
  bytes: utf8('a\r\nb\r\n\r\n' + '\n\r\r\n\r\n' + 'x\r\n\r\n' + '\r\n\r\n'),
  // Three bytes that may be the delimiter's are not counted as the frame's yet.
  limit: {
    bytes: utf8('123456789012\r\n\r\n'),
    tooLarge: utf8('1234567890123\r\n\r\n'),
    maxBufferedBytes: 15,
  },
});

keepsContract({
  name: 'keepDelimiter',
  codec: delimiter('\r\n', { maxBytes: 4, keepDelimiter: true }),
  frames: ['one\r\n', '\r\n', 'a\rb\r\n'.slice(0, 5)].map(utf8),
  bytes: utf8('one\r\n\r\na\rb\r\n'),
  malformed: [{ bytes: utf8('\r\n\r'), code: 'TRUNCATED' }],
  limit: { bytes: utf8('1234\r\n'), tooLarge: utf8('12345\r\n'), maxBufferedBytes: 5 },
});

keepsContract({
  name: "unterminated: 'frame'",
  codec: delimiter('\n', { unterminated: 'frame', maxBytes: 5 }),
  frames: ['a', 'bc'].map(utf8),
  bytes: utf8('a\nbc\n'),
  closeTerminated: true,
  limit: { bytes: utf8('12345'), tooLarge: utf8('123456'), maxBufferedBytes: 5 },
});

describe('a delimiter that overlaps itself', () => {
  test("'aab' ends 'aaab' behind its first a, at every split", () => {
    const bytes = utf8('aaab');
    for (let at = 0; at <= bytes.length; at++) {
      expect(decodeAll(delimiter('aab'), [bytes.slice(0, at), bytes.slice(at)]).map(text)).toEqual(['a']);
    }
  });

  test('the encoder refuses a frame whose end would complete the delimiter early', () => {
    // 'x\r\n' + '\r\n\r\n': a reader finds the mark two bytes early.
    for (const [mark, frame] of [
      ['\r\n\r\n', 'x\r\n'],
      ['aa', 'xa'],
      ['abab', 'ab'],
    ] as const) {
      expect(() => encodeAll(delimiter(mark), [utf8(frame)]), mark).toThrow(FramingUsageError);
    }
    expect(decodeAll(delimiter('aab'), [encodeAll(delimiter('aab'), [utf8('a')])]).map(text)).toEqual(['a']);
  });
});

describe('the end of input', () => {
  test("with unterminated: 'frame' what is left is a last frame", () => {
    const codec = delimiter('\r\n', { unterminated: 'frame' });
    expect(decodeAll(codec, [utf8('one\r\ntwo')]).map(text)).toEqual(['one', 'two']);
    expect(decodeAll(codec, [utf8('one\r\n')]).map(text)).toEqual(['one']);
    expect(decodeAll(codec, [utf8('one\r')]).map(text)).toEqual(['one\r']);
    expect(decodeAll(codec, [])).toEqual([]);
  });

  test('part of a delimiter counts as the frame once no more can come', () => {
    const decoder = delimiter('\r\n', { unterminated: 'frame', maxBytes: 3 }).decoder();
    decoder.push(utf8('one\r'));
    expect(decoder.next()).toBeUndefined();
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });

  test('by default it is TRUNCATED', () => {
    const decoder = delimiter(',').decoder();
    decoder.push(utf8('one,two'));
    expect(drain(decoder).map(text)).toEqual(['one']);
    expect(() => decoder.end()).toThrow(FramingError);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
  });
});

test('frames before an overlong one are given first', () => {
  const decoder = delimiter(',', { maxBytes: 3 }).decoder();
  decoder.push(utf8('a,b,cccc'));
  expect(text(decoder.next() ?? hex(''))).toBe('a');
  expect(text(decoder.next() ?? hex(''))).toBe('b');
  expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
});

test('the default limit is 65,536 bytes', () => {
  const bytes = new Uint8Array(65_537).fill(97);
  bytes[65_536] = 0x2c;
  expect(decodeAll(delimiter(','), [bytes]).map((frame) => frame.length)).toEqual([65_536]);
  const decoder = delimiter(',').decoder();
  decoder.push(new Uint8Array(65_537));
  expect(() => decoder.next()).toThrow('65536');
});

test('the mark may be bytes, and a later change of them changes nothing', () => {
  const mark = hex('00 ff');
  const codec = delimiter(mark);
  mark.fill(1);
  expect(decodeAll(codec, [hex('05 00 00 ff')])).toEqual([hex('05 00')]);
});

test('an empty mark and an empty limit are refused', () => {
  expect(() => delimiter('')).toThrow(FramingUsageError);
  expect(() => delimiter([',', ''])).toThrow(FramingUsageError);
  expect(() => delimiter([])).toThrow(FramingUsageError);
  for (const maxBytes of [0, -1, 1.5, Number.NaN])
    expect(() => delimiter(',', { maxBytes })).toThrow(FramingUsageError);
});

test('the encoder refuses what would not come back as one frame', () => {
  const refused = (codec: ReturnType<typeof delimiter>, frame: string): void => {
    expect(() => encodeAll(codec, [utf8(frame)]), frame).toThrow(FramingUsageError);
  };
  refused(delimiter(','), 'a,b');
  refused(delimiter(','), 'a,');
  refused(delimiter(',', { maxBytes: 3 }), 'abcd');
  const keeping = delimiter('\n', { keepDelimiter: true, maxBytes: 3 });
  refused(keeping, 'ab');
  refused(keeping, '');
  refused(keeping, 'a\nb\n');
  refused(keeping, 'abcd\n');
  expect(encodeAll(keeping, [utf8('abc\n')])).toEqual(utf8('abc\n'));
});

test('whatever the encoder takes comes back, cut at random (model)', () => {
  const letters = fc.uint8Array({ min: 97, max: 98, maxLength: 12 });
  const mark = fc.uint8Array({ min: 97, max: 98, minLength: 1, maxLength: 4 });
  const settings = fc.record({ keepDelimiter: fc.boolean() });
  fc.assert(
    fc.property(
      mark,
      fc.array(letters, { maxLength: 30 }),
      cuts,
      settings,
      (pattern, candidates, sizes, options) => {
        const codec = delimiter(pattern, options);
        const frames = candidates
          .map((frame) => (options.keepDelimiter ? Uint8Array.of(...frame, ...pattern) : frame))
          .filter((frame) => {
            try {
              return encodeAll(codec, [frame]).length > 0;
            } catch (error) {
              expect(error).toBeInstanceOf(FramingUsageError);
              return false;
            }
          });
        expect(decodeAll(codec, cutBy(encodeAll(codec, frames), sizes))).toEqual(frames);
      },
    ),
    { numRuns: 300 },
  );
});

test('any input splits as String.split does, cut at random (model)', () => {
  const inputs = fc.string({ unit: fc.constantFrom('a', ',', ';'), maxLength: 80 });
  fc.assert(
    fc.property(fc.constantFrom(',', ',;', ',,', ';,;'), inputs, cuts, (mark, input, sizes) => {
      const parts = input.split(mark);
      const rest = parts.pop() ?? '';
      const frames = decodeAll(delimiter(mark, { unterminated: 'frame' }), cutBy(utf8(input), sizes));
      expect(frames.map(text)).toEqual(rest === '' ? parts : [...parts, rest]);
    }),
    { numRuns: 300 },
  );
});

describe('4 MB a byte at a time', { timeout: 60_000 }, () => {
  const bytes = new Uint8Array(4 * 1024 * 1024).fill(97);

  test('without a delimiter, each byte is looked at once', () => {
    const codec = delimiter('\r\n', { maxBytes: bytes.length, unterminated: 'frame' });
    const work = countWork(() => {
      expect(decodeAll(codec, pieces(bytes, 1)).map((frame) => frame.length)).toEqual([bytes.length]);
    });
    expect(work.scanned).toBe(bytes.length);
    expect(work.copied).toBeLessThanOrEqual(3 * bytes.length);
  });

  test('in short lines, it comes out whole', () => {
    const lines = bytes.map((byte, index) => (index % 16 === 15 ? 10 : byte));
    let count = 0;
    const decoder = delimiter('\n').decoder();
    for (const piece of pieces(lines, 1)) {
      decoder.push(piece);
      while (decoder.next() !== undefined) count++;
    }
    expect(count).toBe(lines.length / 16);
  });
});

test('input made of beginnings of the delimiter is stepped through once', () => {
  const step = vi.spyOn(PatternSearch.prototype, 'step');
  const input = utf8('aaaaaaab'.repeat(2000));
  decodeAll(delimiter('aaaaaaaac', { unterminated: 'frame' }), pieces(input, 3));
  expect(step.mock.calls.length).toBeLessThanOrEqual(input.length);
  step.mockRestore();
});

test('a million empty frames do not grow the stack', { timeout: 60_000 }, () => {
  const decoder = delimiter(',').decoder();
  decoder.push(new Uint8Array(1_000_000).fill(0x2c));
  let count = 0;
  for (let frame; (frame = decoder.next()) !== undefined; count++) {
    if (frame.length > 0) throw new Error('not empty');
  }
  expect(count).toBe(1_000_000);
});
