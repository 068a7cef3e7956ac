import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  delimiter,
  delimiterParts,
  encodeAll,
  FramingUsageError,
  type FramePart,
} from '../../src/codecs/index.ts';
import { countWork, cutBy, cuts, decodeAll, drain, finish, hex, keepsContract, utf8 } from '../bytes.ts';
import { told, whole } from './whole.ts';

keepsContract({
  name: 'delimiterParts(","), put together',
  codec: whole(delimiterParts(',')),
  frames: [utf8('Hi'), utf8(''), utf8('you')],
  bytes: utf8('Hi,,you,'),
  malformed: [{ bytes: utf8('Hi,yo'), code: 'TRUNCATED' }],
});

keepsContract({
  name: 'delimiterParts("\\r\\n"), put together',
  codec: whole(delimiterParts('\r\n', { maxBytes: 6 })),
  frames: [utf8('a\rb\n'), utf8('\n')],
  bytes: utf8('a\rb\n\r\n\n\r\n'),
  limit: {
    bytes: utf8('sixsix\r\n'),
    tooLarge: utf8('sevense\r\n'),
    maxBufferedBytes: 8,
  },
  malformed: [
    { bytes: utf8('a\r\nsevense'), code: 'TOO_LARGE' },
    { bytes: utf8('a\r\nb\r'), code: 'TRUNCATED' },
  ],
});

keepsContract({
  name: 'delimiterParts with a mark that begins like itself, put together',
  codec: whole(delimiterParts('aab')),
  frames: [utf8('xaa'.slice(0, 1)), utf8('aa'.repeat(3) + 'c')],
  bytes: utf8('xaabaaaaaacaab'),
});

keepsContract({
  name: 'delimiterParts whose last frame may end with the input, put together',
  codec: whole(delimiterParts('\r\n', { unterminated: 'frame' })),
  closeTerminated: true,
  frames: [utf8('a'), utf8('b\r')],
  bytes: utf8('a\r\nb\r\r\n'),
});

describe('delimiterParts', () => {
  test('gives at once what cannot be the mark any more, and holds back the rest', () => {
    const decoder = delimiterParts('\r\n').decoder();
    const given = (chunk: string): string[] => {
      decoder.push(utf8(chunk));
      return told(drain(decoder));
    };
    expect(given('Hi\r')).toEqual(['begin undefined', 'data Hi']);
    expect(decoder.bufferedBytes).toBe(1);
    expect(given('\r')).toEqual(['data \r']);
    expect(decoder.bufferedBytes).toBe(1);
    expect(given('\nyou')).toEqual(['end', 'begin undefined', 'data you']);
    expect(decoder.bufferedBytes).toBe(0);
    expect(given('\r\n\r')).toEqual(['end', 'begin undefined']);
  });

  test('gives the held back bytes, too, where the last frame may end with the input', () => {
    const decoder = delimiterParts('\r\n\r\n', { unterminated: 'frame' }).decoder();
    decoder.push(utf8('Hi\r\n'));
    decoder.push(utf8('\r'));
    expect(told(drain(decoder))).toEqual(['begin undefined', 'data Hi']);
    const last = told(finish(decoder));
    expect(last.at(-1)).toBe('end');
    expect(
      last
        .slice(0, -1)
        .map((part) => part.slice('data '.length))
        .join(''),
    ).toBe('\r\n\r');
  });

  test('holds fewer bytes than the mark has, however long the frame is and however it is cut', () => {
    const wire = utf8(`${'-'.repeat(50)}${'-=-'.repeat(3000)}-=-=end`);
    for (const size of [1, 3, 1000]) {
      const decoder = delimiterParts('-=-=').decoder();
      for (const piece of cutBy(wire, [size])) {
        decoder.push(piece);
        drain(decoder);
        expect(decoder.bufferedBytes).toBeLessThan(4);
      }
    }
  });

  test('looks at each byte once and copies none, however the input is cut', () => {
    const wire = utf8(`${'x'.repeat(100_000)}\r\n`.repeat(2));
    for (const size of [1, 7, 1000, 65_536]) {
      const work = countWork(() => {
        const decoder = delimiterParts('\r\n').decoder();
        for (let at = 0; at < wire.length; at += size) {
          decoder.push(wire.subarray(at, at + size));
          drain(decoder);
        }
      });
      expect(work.scanned).toBeLessThanOrEqual(wire.length);
      expect(work.copied).toBeLessThanOrEqual(4);
    }
  });

  test('put together, the frames are those of delimiter (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', '\r', '\n', '\r\n'), { maxLength: 60 }),
        cuts,
        fc.constantFrom('\r\n', 'ab', 'aab', 'abab', '\n'),
        (letters, sizes, mark) => {
          const wire = utf8(`${letters.join('')}${mark}`);
          const once = [...cutBy(wire, sizes)];
          const wanted = decodeAll(delimiter(mark, { unterminated: 'frame' }), once);
          expect(decodeAll(whole(delimiterParts(mark, { unterminated: 'frame' })), once)).toEqual(wanted);
        },
      ),
    );
  });

  test.each([
    ['the mark', '\r\n', ['a\r\nb']],
    ['the mark, cut in two', '\r\n', ['a\r', '\nb']],
    ['the beginning of the mark at its end', '\r\n\r\n', ['x\r\n']],
    ['more than the limit', '\r\n', ['abcdef', 'ghijk']],
  ])('refuses to encode a frame with %s', (_, mark, chunks) => {
    const parts: FramePart[] = [
      { type: 'begin', bytes: undefined },
      ...chunks.map((chunk) => ({ type: 'data' as const, data: utf8(chunk) })),
      { type: 'end' },
    ];
    expect(() => encodeAll(delimiterParts(mark, { maxBytes: 10 }), parts)).toThrow(FramingUsageError);
  });

  test('a part that is refused leaves the frame as it was', () => {
    const encoder = delimiterParts('\r\n').encoder();
    const sent: number[] = [];
    const sink = {
      append: (bytes: Uint8Array) => sent.push(...bytes),
      reserve: () => expect.fail('reserved'),
    };
    encoder.encode({ type: 'begin', bytes: undefined }, sink);
    encoder.encode({ type: 'data', data: utf8('a\r') }, sink);
    expect(() => {
      encoder.encode({ type: 'data', data: utf8('\nb') }, sink);
    }).toThrow(FramingUsageError);
    encoder.encode({ type: 'data', data: utf8('\rb') }, sink);
    encoder.encode({ type: 'end' }, sink);
    expect(sent).toEqual([...utf8('a\r\rb\r\n')]);
  });

  test('what is refused is not taken for the beginning of a mark', () => {
    const encoder = delimiterParts('abab').encoder();
    const sent: number[] = [];
    const sink = {
      append: (bytes: Uint8Array) => sent.push(...bytes),
      reserve: () => expect.fail('reserved'),
    };
    const encode = (part: FramePart): void => {
      encoder.encode(part, sink);
    };
    encode({ type: 'begin', bytes: undefined });
    expect(() => {
      encode({ type: 'data', data: utf8('abab') });
    }).toThrow(FramingUsageError);
    encode({ type: 'data', data: utf8('ab') });
    expect(() => {
      encode({ type: 'end' });
    }).toThrow(FramingUsageError);
    encode({ type: 'data', data: utf8('x') });
    encode({ type: 'end' });
    expect(sent).toEqual([...utf8('abxabab')]);
  });

  test.each([
    ['a frame within a frame', ['begin', 'begin']],
    ['an end without a frame', ['end']],
    ['data without a frame', ['data']],
  ])('refuses to encode %s', (_, types) => {
    const parts = types.map((type) => ({ type, bytes: undefined, data: utf8('x') }) as FramePart);
    expect(() => encodeAll(delimiterParts(','), parts)).toThrow(FramingUsageError);
  });

  test('an empty mark or limit is refused', () => {
    expect(() => delimiterParts('')).toThrow(FramingUsageError);
    expect(() => delimiterParts(hex(''))).toThrow(FramingUsageError);
    expect(() => delimiterParts(',', { maxBytes: 0 })).toThrow(FramingUsageError);
  });
});
