import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { delimiter } from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, drain, keepsContract, pieces, text, utf8 } from '../bytes.ts';

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
