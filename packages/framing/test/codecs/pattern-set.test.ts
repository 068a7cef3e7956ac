import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { delimiter, encodeAll, FramingUsageError } from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, keepsContract, pieces, text, utf8 } from '../bytes.ts';

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
