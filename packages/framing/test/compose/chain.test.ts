import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chain,
  delimiter,
  encodeAll,
  FramingError,
  FramingUsageError,
  json,
  lengthPrefix,
  utf8,
  type Codec,
  type Transform,
} from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, hex, keepsContract, utf8 as bytesOf } from '../bytes.ts';

/** Text in which every letter is the next one of the alphabet; "!" makes no sense. */
const shifted: Transform<string, string> = {
  name: 'shifted',
  decode: (text) => shift(text, 1),
  encode: (text) => shift(text, -1),
};

function shift(text: string, by: number): string {
  if (text.includes('!')) throw new RangeError('no exclamations');
  return String.fromCodePoint(...Array.from(text, (letter) => (letter.codePointAt(0) ?? 0) + by));
}

keepsContract({
  name: 'chain(lengthPrefix, utf8)',
  codec: chain(lengthPrefix({ bytes: 1, maxBytes: 8 }), utf8()),
  frames: ['Hi', '', 'é€'],
  bytes: hex('02 48 69 00 05 c3 a9 e2 82 ac'),
  malformed: [
    { bytes: hex('02 48 69 02 c3 28'), code: 'MALFORMED' },
    { bytes: hex('01 61 09'), code: 'TOO_LARGE' },
    { bytes: hex('02 48'), code: 'TRUNCATED' },
  ],
  limit: {
    bytes: hex('08 61 61 61 61 61 61 61 61'),
    tooLarge: hex('09 61 61 61 61 61 61 61 61 61'),
    maxBufferedBytes: 9,
  },
});

keepsContract({
  name: 'chain(lengthPrefix, utf8, json)',
  codec: chain(lengthPrefix({ bytes: 2 }), utf8(), json({ text: true, maxDepth: 3 })),
  frames: [{ a: [1] }, null, 'x', [[[]]]],
  bytes: Uint8Array.of(
    ...[0, 9, ...bytesOf('{"a":[1]}')],
    ...[0, 4, ...bytesOf('null')],
    ...[0, 3, ...bytesOf('"x"')],
    ...[0, 6, ...bytesOf('[[[]]]')],
  ),
  malformed: [
    { bytes: Uint8Array.of(0, 2, ...bytesOf('{]')), code: 'MALFORMED' },
    { bytes: Uint8Array.of(0, 1, 0xff), code: 'MALFORMED' },
    { bytes: Uint8Array.of(0, 1, ...bytesOf('1'), 0, 8, ...bytesOf('[[[[]]]]')), code: 'TOO_LARGE' },
  ],
});

keepsContract({
  name: 'chain(delimiter, utf8, a transform of one’s own)',
  codec: chain(delimiter(';', { unterminated: 'frame' }), utf8(), shifted),
  closeTerminated: true,
  frames: ['IBM', ''],
  bytes: bytesOf('HAL;;'),
  malformed: [{ bytes: bytesOf('HAL;!;'), code: 'MALFORMED' }],
});

keepsContract({
  name: 'chain of nothing',
  codec: chain(lengthPrefix({ bytes: 1 })),
  frames: [hex('61'), hex('')],
  bytes: hex('01 61 00'),
});

describe('what a transform throws', () => {
  const codec = chain(delimiter(';'), utf8(), shifted);

  test('at decoding is MALFORMED with it as the cause, and the decoder stays failed and holds nothing', () => {
    const decoder = codec.decoder();
    decoder.push(bytesOf('H;!;more'));
    expect(decoder.next()).toBe('I');
    for (const method of ['next', 'end', 'next'] as const) {
      expect(() => decoder[method]()).toThrow(
        expect.objectContaining({
          name: 'FramingError',
          code: 'MALFORMED',
          message: 'shifted: no exclamations',
          cause: new RangeError('no exclamations'),
        }),
      );
    }
    expect(decoder.bufferedBytes).toBe(0);
  });

  test('at encoding is FramingUsageError with it as the cause, and nothing is sent', () => {
    expect(() => encodeAll(codec, ['no!'])).toThrow(
      expect.objectContaining({
        name: 'FramingUsageError',
        message: 'shifted: no exclamations',
        cause: new RangeError('no exclamations'),
      }),
    );
    const encoder = codec.encoder();
    const sink = { append: () => expect.fail('something was sent'), reserve: () => expect.fail('sent') };
    expect(() => {
      encoder.encode('no!', sink);
    }).toThrow(FramingUsageError);
  });

  test('stays what it is where it is a FramingError or a FramingUsageError', () => {
    const strict = chain(delimiter(';'), {
      name: 'strict',
      decode: (): never => {
        throw new FramingError('TOO_LARGE', 'by the transform');
      },
      encode: (): never => {
        throw new FramingUsageError('by the transform');
      },
    });
    expect(() => decodeAll(strict, [bytesOf('x;')])).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE', message: 'by the transform' }),
    );
    expect(() => encodeAll(strict, [hex('')])).toThrow('by the transform');
  });

  test('that is no Error is said, too', () => {
    const odd = chain(delimiter(';'), {
      name: 'odd',
      decode: (): never => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what others throw
        throw 'a string';
      },
      encode: (frame: Uint8Array) => frame,
    });
    expect(() => decodeAll(odd, [bytesOf('x;')])).toThrow(
      expect.objectContaining({ message: 'odd: a string', cause: 'a string' }),
    );
  });
});

test('a transform that answers undefined is at fault: it would be taken for "need more"', () => {
  const broken = chain(delimiter(';'), {
    name: 'broken',
    decode: (): unknown => undefined,
    encode: () => hex('61'),
  });
  expect(() => decodeAll(broken, [bytesOf('x;')])).toThrow(
    expect.objectContaining({ code: 'MALFORMED', message: 'broken made nothing of the message' }),
  );
});

test('is named after its parts', () => {
  expect(chain(lengthPrefix(), utf8(), json({ text: true })).name).toBe('lengthPrefix(4) > utf8 > json');
});

test('what is received may be another type than what is sent', () => {
  const counted: Codec<number, string> = chain(delimiter(';'), utf8(), {
    name: 'counted',
    decode: (text: string) => text.length,
    encode: (text: string) => text,
  });
  expect(decodeAll(counted, [encodeAll(counted, ['abc', ''])])).toEqual([3, 0]);
});

test('values come back as they were, however the bytes are cut (property)', () => {
  const codec = chain(lengthPrefix({ bytes: 'varint' }), json());
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 10 }), { maxLength: 5 }), cuts, (values, sizes) => {
      const wanted = values.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
      expect(decodeAll(codec, cutBy(encodeAll(codec, values), sizes))).toEqual(wanted);
    }),
  );
});
