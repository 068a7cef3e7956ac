import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { delimiter } from '../../src/codecs/index.ts';
import { cutBy, decodeAll, drain, pieces, text, utf8 } from '../bytes.ts';

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
