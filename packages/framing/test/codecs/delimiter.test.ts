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

keepsContract({
  name: 'several marks, one the end of the other',
  codec: delimiter(['\n', '\r\n'], { maxBytes: 6 }),
  frames: ['one', '', 'a\rb', 'x'].map(utf8),
  bytes: utf8('one\n\na\rb\nx\n'),
  malformed: [
    { bytes: utf8('one\r\n1234567'), code: 'TOO_LARGE' },
    { bytes: utf8('one\r\n\r'), code: 'TRUNCATED' },
  ],
  limit: { bytes: utf8('123456\r\n'), tooLarge: utf8('1234567\r\n'), maxBufferedBytes: 7 },
});

keepsContract({
  name: 'several marks, kept',
  codec: delimiter(['end', '.', 'END.'], { maxBytes: 5, keepDelimiter: true }),
  frames: ['aend', 'b.', 'eEND.', 'enEN.', '.'].map(utf8),
  bytes: utf8('aendb.eEND.enEN..'),
  limit: { bytes: utf8('12345END.'), tooLarge: utf8('123456END.'), maxBufferedBytes: 8 },
});

keepsContract({
  name: "onOversize: 'skip'",
  codec: delimiter(';', { maxBytes: 3, onOversize: 'skip' }),
  frames: ['abc', '', 'd'].map(utf8),
  bytes: utf8('abc;;d;'),
  malformed: [
    { bytes: utf8('abc;abcd'), code: 'TRUNCATED' },
    { bytes: utf8('abcdefgh;a'), code: 'TRUNCATED' },
  ],
});

describe('several marks', () => {
  const split = (marks: readonly string[], input: string): string[] => {
    const codec = delimiter(marks, { unterminated: 'frame' });
    return decodeAll(codec, pieces(utf8(input), 1)).map(text);
  };

  test('the one that ends first ends the frame', () => {
    expect(split(['\n', '\r\n'], 'a\r\nb\nc\r')).toEqual(['a', 'b', 'c\r']);
    expect(split(['\r', '\r\n'], 'a\r\nb')).toEqual(['a', '\nb']);
    expect(split(['abcd', 'bc'], 'xabcdy')).toEqual(['xa', 'dy']);
  });

  test('of those that end at the same place, the longest does', () => {
    expect(split(['b', 'ab', 'aab'], 'aaab')).toEqual(['a']);
    expect(split(['aab', 'b'], 'aabxb')).toEqual(['', 'x']);
  });

  test('a list of one, and the same mark twice, are that mark', () => {
    expect(split([','], 'a,b')).toEqual(['a', 'b']);
    expect(split([',', ','], 'a,b')).toEqual(['a', 'b']);
  });

  test('the encoder writes the first, and refuses all of them', () => {
    const codec = delimiter(['\n', '\r\n', '\0']);
    expect(text(encodeAll(codec, ['a', 'b\rc'].map(utf8)))).toBe('a\nb\rc\n');
    for (const frame of ['a\n', 'a\0b', 'a\r\nb', 'a\r']) {
      expect(() => encodeAll(codec, [utf8(frame)]), frame).toThrow(FramingUsageError);
    }
  });

  test('frames end where a naive search finds the first end, cut at random (model)', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 100 });
    const mark = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(mark, { minLength: 1, maxLength: 4 }), letters, cuts, (marks, input, sizes) => {
        const wanted: string[] = [];
        let start = 0;
        for (let end = 1; end <= input.length; end++) {
          const ended = marks.filter((one) => input.slice(start, end).endsWith(one));
          if (ended.length === 0) continue;
          wanted.push(input.slice(start, end - Math.max(...ended.map((one) => one.length))));
          start = end;
        }
        if (start < input.length) wanted.push(input.slice(start));
        const codec = delimiter(marks, { unterminated: 'frame' });
        expect(decodeAll(codec, cutBy(utf8(input), sizes)).map(text)).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });

  test('each byte of a long frame is looked at, whatever the marks begin with', () => {
    for (const marks of [
      ['\n', '\r\n'],
      ['x', 'y', 'z'],
    ]) {
      const long = new Uint8Array(100_003).fill(97);
      const wire = Uint8Array.of(...utf8('a'), ...utf8(marks[0] ?? ''), ...long, ...utf8(marks[1] ?? ''), 98);
      const frames = decodeAll(delimiter(marks, { maxBytes: 200_000, unterminated: 'frame' }), [wire]);
      expect(frames.map((frame) => frame.length)).toEqual([1, long.length, 1]);
    }
  });
});

describe("onOversize: 'skip'", () => {
  const wire = utf8('ab,abcdefg,,c,1234,xyz,');

  test('drops the longer frames, tells of each, and finds the next one, at every pair of splits', () => {
    for (let at = 0; at <= wire.length; at++) {
      for (let to = at; to <= wire.length; to++) {
        const skipped: number[] = [];
        const codec = delimiter(',', {
          maxBytes: 3,
          onOversize: 'skip',
          onSkip: (bytes) => skipped.push(bytes),
        });
        const frames = decodeAll(codec, [wire.slice(0, at), wire.slice(at, to), wire.slice(to)]);
        expect(frames.map(text)).toEqual(['ab', '', 'c', 'xyz']);
        expect(skipped).toEqual([7, 4]);
      }
    }
  });

  test('finds a mark of several bytes that is cut, and does not count it', () => {
    const input = utf8('abcdef--end-end--ok--end--');
    for (let at = 0; at <= input.length; at++) {
      const skipped: number[] = [];
      const codec = delimiter('--end--', {
        maxBytes: 2,
        onOversize: 'skip',
        onSkip: (bytes) => skipped.push(bytes),
      });
      expect(decodeAll(codec, [input.slice(0, at), input.slice(at)]).map(text), String(at)).toEqual([]);
      expect(skipped).toEqual([input.length - 7]);
    }
    const short = delimiter('--end--', { maxBytes: 2, onOversize: 'skip' });
    expect(decodeAll(short, pieces(utf8('abc--end--ok--end--'), 1)).map(text)).toEqual(['ok']);
  });

  test('holds nothing of a frame that it skips', () => {
    const skipped: number[] = [];
    const decoder = delimiter('\n', {
      maxBytes: 10,
      onOversize: 'skip',
      onSkip: (bytes) => skipped.push(bytes),
    }).decoder();
    const chunk = new Uint8Array(65_536);
    for (let count = 0; count < 1000; count++) {
      decoder.push(chunk);
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(0);
    }
    expect(skipped).toEqual([]);
    decoder.push(utf8('\nnext\n'));
    expect(drain(decoder).map(text)).toEqual(['next']);
    expect(skipped).toEqual([65_536_000]);
  });

  test('goes on after an onSkip that throws', () => {
    const codec = delimiter(',', {
      maxBytes: 1,
      onOversize: 'skip',
      onSkip: () => {
        throw new Error('told');
      },
    });
    const decoder = codec.decoder();
    decoder.push(utf8('ab,c,'));
    expect(() => decoder.next()).toThrow('told');
    expect(drain(decoder).map(text)).toEqual(['c']);
  });

  test('a last frame that is too long is told of at the end', () => {
    for (const [input, wanted] of [
      ['a\r\nbcd', []],
      ['a\r\nbc\r', [3]],
      ['a\r\nbcdefg', [6]],
    ] as const) {
      const skipped: number[] = [];
      const codec = delimiter('\r\n', {
        maxBytes: wanted.length === 0 ? 3 : 2,
        onOversize: 'skip',
        unterminated: 'frame',
        onSkip: (bytes) => skipped.push(bytes),
      });
      const frames = decodeAll(codec, pieces(utf8(input), 2)).map(text);
      expect([frames, skipped], input).toEqual([wanted.length === 0 ? ['a', 'bcd'] : ['a'], wanted]);
    }
  });

  test('what is given, and what is told of, is the same however the input is cut (model)', () => {
    const inputs = fc.string({ unit: fc.constantFrom('a', ',', ';'), maxLength: 200 });
    const options = fc.record({ maxBytes: fc.integer({ min: 1, max: 8 }), keepDelimiter: fc.boolean() });
    fc.assert(
      fc.property(fc.constantFrom(',', ',;', ',,'), inputs, cuts, options, (mark, input, sizes, limits) => {
        const parts = input.split(mark);
        const last = parts.pop() ?? '';
        if (last !== '') parts.push(last);
        const skipped: number[] = [];
        const codec = delimiter(mark, {
          ...limits,
          onOversize: 'skip',
          unterminated: 'frame',
          onSkip: (bytes) => skipped.push(bytes),
        });
        const kept = (part: string): boolean => part.length <= limits.maxBytes;
        const whole = parts.map((part, index) =>
          limits.keepDelimiter && (last === '' || index < parts.length - 1) ? part + mark : part,
        );
        const frames = decodeAll(codec, cutBy(utf8(input), sizes)).map(text);
        expect(frames).toEqual(whole.filter((_, index) => kept(parts[index] ?? '')));
        expect(skipped).toEqual(parts.filter((part) => !kept(part)).map((part) => part.length));
      }),
      { numRuns: 500 },
    );
  });
});

describe('frames of one long chunk', () => {
  test.each([false, true])('are views of it, with keepDelimiter: %s', (keepDelimiter) => {
    const parts = Array.from({ length: 300 }, (_, index) => 'x'.repeat((index * 7) % 400));
    const chunk = Buffer.from(`-${parts.join('\n')}\n`, 'latin1').subarray(1);
    const frames = decodeAll(delimiter('\n', { keepDelimiter }), [chunk]);
    expect(frames.map(text)).toEqual(parts.map((part) => part + (keepDelimiter ? '\n' : '')));
    expect(frames.every((frame) => frame.buffer === chunk.buffer)).toBe(true);
  });

  test('end where a naive search finds the first end, wherever the chunk is cut (model)', () => {
    const marks = fc.constantFrom(
      ['\n'],
      ['\r\n'],
      ['\r\n', '\n'],
      ['\n\n'],
      ['\n', '\r\n', 'a\r\n'],
      ['aa\n', 'ab\n'],
    );
    const parts = fc.array(fc.constantFrom('a', 'b', '\r', '\n', '\r\n', 'b'.repeat(40)), { maxLength: 400 });
    const options = fc.record({ keepDelimiter: fc.boolean(), maxBytes: fc.constantFrom(30, 65_536) });
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(marks, parts, options, sizes, (list, texts, { keepDelimiter, maxBytes }, cut) => {
        const input = `${texts.join('')}${'b'.repeat(3000)}\n${texts.join('')}`;
        const wanted: string[] = [];
        const dropped: number[] = [];
        let start = 0;
        for (let end = 1; end <= input.length; end++) {
          if (input[end - 1] !== '\n') continue;
          const lengths = list
            .filter((mark) => input.slice(start, end).endsWith(mark))
            .map((mark) => mark.length);
          if (lengths.length === 0) continue;
          const frame = input.slice(start, end - Math.max(...lengths));
          if (frame.length > maxBytes) dropped.push(frame.length);
          else wanted.push(keepDelimiter ? input.slice(start, end) : frame);
          start = end;
        }
        const skipped: number[] = [];
        const codec = delimiter(list, {
          keepDelimiter,
          maxBytes,
          onOversize: 'skip',
          onSkip: (bytes) => skipped.push(bytes),
        });
        const decoder = codec.decoder();
        const given: string[] = [];
        for (const piece of cutBy(utf8(input), cut)) {
          decoder.push(piece);
          given.push(...drain(decoder).map(text));
        }
        expect(given).toEqual(wanted);
        expect(skipped).toEqual(dropped);
      }),
      { numRuns: 300 },
    );
  });

  test('may begin and end in others', () => {
    const bytes = new Uint8Array(100_000).fill(97).map((byte, index) => (index % 1777 === 1776 ? 10 : byte));
    const whole = decodeAll(delimiter('\n', { unterminated: 'frame' }), [bytes]).map(text);
    expect(whole.map((frame) => frame.length).join(' ')).toBe(`${'1776 '.repeat(56)}488`);
    for (const size of [1500, 4096, 5000]) {
      const cut = decodeAll(delimiter('\n', { unterminated: 'frame' }), pieces(bytes, size));
      expect(cut.map(text)).toEqual(whole);
    }
  });

  test('a longer one than the limit is refused behind those before it', () => {
    const chunk = utf8(`${'ab\n'.repeat(500)}abc\n${'ab\n'.repeat(500)}`);
    const decoder = delimiter('\n', { maxBytes: 2 }).decoder();
    decoder.push(chunk);
    for (let count = 0; count < 500; count++) expect(decoder.next()?.length).toBe(2);
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));

    const skipped: number[] = [];
    const skipping = delimiter('\n', {
      maxBytes: 2,
      onOversize: 'skip',
      onSkip: (bytes) => skipped.push(bytes),
    });
    expect(decodeAll(skipping, [chunk]).length).toBe(1000);
    expect(skipped).toEqual([3]);
  });
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
