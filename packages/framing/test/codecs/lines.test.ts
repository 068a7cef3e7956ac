import { describe, expect, test } from 'vitest';
import {
  encodeAll,
  FramingError,
  FramingUsageError,
  lines,
  type LineEnding,
  type LinesOptions,
} from '../../src/codecs/index.ts';
import { decodeAll, drain, hex, keepsContract, pieces, text, utf8 } from '../bytes.ts';

const endings: LineEnding[] = ['lf-or-crlf', 'lf', 'crlf', 'strict-crlf', 'any'];

keepsContract({
  name: 'lines()',
  codec: lines({ maxBytes: 6 }),
  frames: ['one', '', 'zwölf', '日本', 'a\rb', '🙂'],
  bytes: utf8('one\n\nzwölf\n日本\na\rb\n🙂\n'),
  closeTerminated: true,
  malformed: [
    { bytes: utf8('ok\n1234567'), code: 'TOO_LARGE' },
    { bytes: utf8('ok\n12345ü\n'), code: 'TOO_LARGE' },
    { bytes: hex('6f 6b 0a 6f 6b 0a c3 0a 6f 6b 0a'), code: 'MALFORMED' },
    { bytes: hex('6f 6b 0a c3 28 0a'), code: 'MALFORMED' },
    { bytes: hex('ed a0 80 0a'), code: 'MALFORMED' },
  ],
  limit: { bytes: utf8('123456\r\n'), tooLarge: utf8('1234567\r\n'), maxBufferedBytes: 7 },
});

keepsContract({
  name: "unterminated: 'error'",
  codec: lines({ unterminated: 'error', ending: 'lf' }),
  frames: ['one', '\r', 'two\r'],
  bytes: utf8('one\n\r\ntwo\r\n'),
  malformed: [{ bytes: utf8('one\ntwo'), code: 'TRUNCATED' }],
});

keepsContract({
  name: "ending: 'crlf'",
  codec: lines({ unterminated: 'error', ending: 'crlf', maxBytes: 5 }),
  frames: ['a\nb', '', '\n\r', '\r', 'c'],
  bytes: utf8('a\nb\r\n\r\n\n\r\r\n\r\r\nc\r\n'),
  malformed: [{ bytes: utf8('ok\r\n12345\n\r\n'), code: 'TOO_LARGE' }],
  limit: { bytes: utf8('1234\r\r\n'), tooLarge: utf8('12345\r\r\n'), maxBufferedBytes: 6 },
});

keepsContract({
  name: "ending: 'strict-crlf'",
  codec: lines({ unterminated: 'error', ending: 'strict-crlf', maxBytes: 5 }),
  frames: ['one', '', 'zwei'],
  bytes: utf8('one\r\n\r\nzwei\r\n'),
  malformed: [
    { bytes: utf8('ok\r\na\nb\r\n'), code: 'MALFORMED' },
    { bytes: utf8('ok\r\na\rb\r\n'), code: 'MALFORMED' },
    { bytes: utf8('ok\r\n\n'), code: 'MALFORMED' },
    { bytes: utf8('ok\r\n\r\r\n'), code: 'MALFORMED' },
    { bytes: utf8('ok\r\n12345\n'), code: 'MALFORMED' },
    { bytes: utf8('ok\r\n123456\n'), code: 'TOO_LARGE' },
    { bytes: utf8('ok\r\none\r'), code: 'TRUNCATED' },
  ],
  limit: { bytes: utf8('12345\r\n'), tooLarge: utf8('123456\r\n'), maxBufferedBytes: 6 },
});

keepsContract({
  name: "ending: 'any'",
  codec: lines({ unterminated: 'error', ending: 'any', maxBytes: 5 }),
  frames: ['one', '', 'zwei'],
  bytes: utf8('one\n\nzwei\n'),
  malformed: [{ bytes: utf8('ok\r123456'), code: 'TOO_LARGE' }],
  limit: { bytes: utf8('12345\r\n'), tooLarge: utf8('123456\r\n'), maxBufferedBytes: 5 },
});

keepsContract({
  name: "encoding: 'latin1'",
  codec: lines({ encoding: 'latin1', maxBytes: 4 }),
  frames: ['\u00e4\u0080', '\u0000\u00ff', 'ok', ''],
  bytes: hex('e4 80 0a 00 ff 0a 6f 6b 0a 0a'),
  closeTerminated: true,
  limit: { bytes: hex('e4 e4 e4 e4 0a'), tooLarge: hex('e4 e4 e4 e4 e4 0a'), maxBufferedBytes: 5 },
});

describe('what ends a line', () => {
  const input = 'a\nb\r\nc\rd\r\r\n\n\re\n\r\nf';
  const wanted: Record<Exclude<LineEnding, 'strict-crlf'>, string[]> = {
    'lf-or-crlf': ['a', 'b', 'c\rd\r', '', '\re', '', 'f'],
    lf: ['a', 'b\r', 'c\rd\r\r', '', '\re', '\r', 'f'],
    crlf: ['a\nb', 'c\rd\r', '\n\re\n', 'f'],
    any: ['a', 'b', 'c', 'd', '', '', '', 'e', '', 'f'],
  };

  test.each(Object.entries(wanted))('%s, at every pair of splits', (ending, frames) => {
    const bytes = utf8(input);
    const codec = lines({ ending: ending as LineEnding });
    for (let at = 0; at <= bytes.length; at++) {
      for (let to = at; to <= bytes.length; to++) {
        const cut = [bytes.slice(0, at), bytes.slice(at, to), bytes.slice(to)];
        expect(decodeAll(codec, cut)).toEqual(frames);
      }
    }
    expect(decodeAll(codec, pieces(bytes, 1))).toEqual(frames);
  });

  test("with 'any', a line that CR ends is given at once, and nothing for the LF behind it", () => {
    const decoder = lines({ ending: 'any' }).decoder();
    decoder.push(utf8('one\r'));
    expect(drain(decoder)).toEqual(['one']);
    decoder.push(utf8('\n'));
    expect(drain(decoder)).toEqual([]);
    expect(decoder.bufferedBytes).toBe(0);
    decoder.push(utf8('\n'));
    expect(drain(decoder)).toEqual(['']);
  });

  test('an ending or encoding that there is not is refused', () => {
    for (const options of [{ ending: 'cr' }, { ending: 'toString' }, { encoding: 'utf-16' }]) {
      expect(() => lines(options as unknown as LinesOptions)).toThrow(FramingUsageError);
    }
    for (const maxBytes of [0, -1, 2.5, Number.NaN])
      expect(() => lines({ maxBytes })).toThrow(FramingUsageError);
  });
});

describe('the end of input', () => {
  test('text without an end is a last line, whatever it ends with', () => {
    expect(decodeAll(lines(), [utf8('one\ntwo')])).toEqual(['one', 'two']);
    expect(decodeAll(lines(), [utf8('one\ntwo\r')])).toEqual(['one', 'two\r']);
    expect(decodeAll(lines({ ending: 'crlf' }), [utf8('one\r\ntwo\r')])).toEqual(['one', 'two\r']);
    expect(decodeAll(lines({ ending: 'any' }), [utf8('one\r\ntwo\r')])).toEqual(['one', 'two']);
    expect(decodeAll(lines(), [])).toEqual([]);
  });

  test("with 'strict-crlf', a CR at the end stands alone", () => {
    const decoder = lines({ ending: 'strict-crlf' }).decoder();
    decoder.push(utf8('one\r'));
    expect(decoder.next()).toBeUndefined();
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
    expect(decodeAll(lines({ ending: 'strict-crlf' }), [utf8('one\r\ntwo')])).toEqual(['one', 'two']);
  });

  test.each([
    ['62 e2 82', 'TRUNCATED'],
    ['f0 9f 99', 'TRUNCATED'],
    ['62 82', 'MALFORMED'],
    ['ff e2 82', 'MALFORMED'],
  ])('text that is no UTF-8 (%s) is %s there', (bytes, code) => {
    const decoder = lines().decoder();
    decoder.push(hex(`61 0a ${bytes}`));
    expect(drain(decoder)).toEqual(['a']);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code }));
  });

  test('with fatal: false, half a character is U+FFFD', () => {
    expect(decodeAll(lines({ fatal: false }), [hex('61 0a 62 e2 82')])).toEqual(['a', 'b\ufffd']);
  });
});

describe('lines of one chunk, which are decoded together', () => {
  const many = Array.from({ length: 3000 }, (_, index) => `${String(index)} ${'ä€🙂x'.repeat(index % 40)}`);

  test.each([1, 7, 100, 8191, 8192, 8193, 65_536, 10_000_000])(
    'come out whole in pieces of %i bytes',
    (size) => {
      for (const ending of endings) {
        const some = size < 50 ? many.slice(0, 300) : many;
        expect(decodeAll(lines({ ending }), pieces(encodeAll(lines({ ending }), some), size))).toEqual(some);
      }
    },
  );

  test('are given up to the one that is no UTF-8', () => {
    for (const before of [0, 1, 50, 2000]) {
      const wire = Uint8Array.of(...utf8('fine\n'.repeat(before)), 0xff, ...utf8('\nfine\n'));
      const decoder = lines().decoder();
      decoder.push(wire);
      for (let count = 0; count < before; count++) expect(decoder.next()).toBe('fine');
      expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
      expect(decoder.bufferedBytes).toBe(0);
    }
  });

  test('with fatal: false, what is no UTF-8 is U+FFFD, and the other lines are as they were', () => {
    const wire = Uint8Array.of(...utf8('ä\n'), 0xff, 0xc3, ...utf8('\nb\n\ufffd\n'));
    expect(decodeAll(lines({ fatal: false }), [wire])).toEqual(['ä', '\ufffd\ufffd', 'b', '\ufffd']);
  });

  test('are refused behind those before it where an end is none', () => {
    for (const wrong of ['a\nb', 'a\rb', '\r', '\n']) {
      const decoder = lines({ ending: 'strict-crlf' }).decoder();
      decoder.push(utf8(`one\r\ntwo\r\n${wrong}\r\nthree\r\n`));
      expect([decoder.next(), decoder.next()]).toEqual(['one', 'two']);
      expect(() => decoder.next(), JSON.stringify(wrong)).toThrow(
        expect.objectContaining({ code: 'MALFORMED' }),
      );
      expect(decoder.bufferedBytes).toBe(0);
    }
  });

  test('count as bytes held until they are given', () => {
    const wire = utf8('eins\nzwölf\n日本\n🙂\nrest');
    for (const fatal of [true, false]) {
      const decoder = lines({ fatal }).decoder();
      decoder.push(wire);
      const held = [decoder.bufferedBytes];
      while (decoder.next() !== undefined) held.push(decoder.bufferedBytes);
      expect(held).toEqual([wire.length, wire.length - 5, wire.length - 12, 9, 4]);
    }
  });

  test('are given back as bytes where another codec follows', () => {
    for (const [ending, wanted] of [
      ['lf-or-crlf', 'zwölf\r\n\r\n🙂\nrest'],
      ['any', 'zwölf\r\n\r\n🙂\nrest'],
    ] as const) {
      const decoder = lines({ ending }).decoder() as ReturnType<ReturnType<typeof lines>['decoder']> & {
        rest(): Uint8Array;
      };
      decoder.push(utf8('eins\r\nzwölf\r\n\r\n🙂\nrest'));
      expect(decoder.next()).toBe('eins');
      expect(text(decoder.rest())).toBe(wanted);
      expect(decoder.bufferedBytes).toBe(0);
      decoder.push(utf8('more\n'));
      expect(drain(decoder)).toEqual(['more']);
    }
  });

  test('are no text yet where only the first is: what follows may be anything', () => {
    const decoder = lines().decoder() as ReturnType<ReturnType<typeof lines>['decoder']> & {
      rest(): Uint8Array;
    };
    decoder.push(Uint8Array.of(...utf8('HELLO\n'), 0xff, 10, 0xfe, 10));
    expect(decoder.next()).toBe('HELLO');
    expect(decoder.rest()).toEqual(hex('ff 0a fe 0a'));
  });

  test("the LF of a CR LF goes with its line where another codec follows one that 'any' ends", () => {
    const decoder = lines({ ending: 'any' }).decoder() as ReturnType<ReturnType<typeof lines>['decoder']> & {
      rest(): Uint8Array;
    };
    decoder.push(utf8('HELLO\r\nrest'));
    expect(decoder.next()).toBe('HELLO');
    expect(text(decoder.rest())).toBe('rest');
  });
});

test('a byte order mark is text, in the first line and in any other, however the input is cut', () => {
  const wire = utf8('\ufeffa\n\ufeffb\n\ufeff\n');
  for (let at = 0; at <= wire.length; at++) {
    expect(decodeAll(lines(), [wire.slice(0, at), wire.slice(at)])).toEqual(['\ufeffa', '\ufeffb', '\ufeff']);
  }
});

describe("onOversize: 'skip'", () => {
  test.each(endings)('%s: finds the next line, and tells what was dropped, at every split', (ending) => {
    const end = ending.endsWith('crlf') ? '\r\n' : '\n';
    const wire = utf8(['ab', 'zu lang', '', 'äöü', 'c', '1234', 'xyz', ''].join(end));
    for (let at = 0; at <= wire.length; at++) {
      const skipped: number[] = [];
      const codec = lines({
        ending,
        maxBytes: 3,
        onOversize: 'skip',
        onSkip: (bytes) => skipped.push(bytes),
      });
      expect(decodeAll(codec, [wire.slice(0, at), wire.slice(at)]), String(at)).toEqual([
        'ab',
        '',
        'c',
        'xyz',
      ]);
      expect(skipped).toEqual([7, 6, 4]);
    }
  });

  test("with 'any', the LF of a dropped line's CR LF is no line, at every split", () => {
    const wire = utf8('abcdef\r\nok\r\rabcdef\n\r\nok');
    for (let at = 0; at <= wire.length; at++) {
      const codec = lines({ ending: 'any', maxBytes: 3, onOversize: 'skip' });
      expect(decodeAll(codec, [wire.slice(0, at), wire.slice(at)]), String(at)).toEqual(['ok', '', '', 'ok']);
    }
  });

  test("with 'strict-crlf', an end that is none is MALFORMED in a dropped line, too, at every split", () => {
    const wire = utf8('ab\r\nabcdef\nx\r\nok\r\n');
    for (let at = 0; at <= wire.length; at++) {
      const decoder = lines({ ending: 'strict-crlf', maxBytes: 3, onOversize: 'skip' }).decoder();
      const given: string[] = [];
      expect(() => {
        for (const piece of [wire.slice(0, at), wire.slice(at)]) {
          decoder.push(piece);
          given.push(...drain(decoder));
        }
      }, String(at)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
      expect(given.length).toBeLessThanOrEqual(1);
    }
  });

  test('holds nothing of a line that it skips', () => {
    const skipped: number[] = [];
    const decoder = lines({
      maxBytes: 10,
      onOversize: 'skip',
      onSkip: (bytes) => skipped.push(bytes),
    }).decoder();
    const chunk = new Uint8Array(65_536).fill(0xff);
    for (let count = 0; count < 100; count++) {
      decoder.push(chunk);
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(0);
    }
    decoder.push(utf8('\nnext\n'));
    expect(drain(decoder)).toEqual(['next']);
    expect(skipped).toEqual([6_553_600]);
  });
});

describe('the encoder', () => {
  test.each<[LineEnding, string]>([
    ['lf-or-crlf', 'one\n\n日本\n'],
    ['lf', 'one\n\n日本\n'],
    ['crlf', 'one\r\n\r\n日本\r\n'],
    ['strict-crlf', 'one\r\n\r\n日本\r\n'],
    ['any', 'one\n\n日本\n'],
  ])('%s: ends each line', (ending, wanted) => {
    expect(text(encodeAll(lines({ ending }), ['one', '', '日本']))).toBe(wanted);
  });

  test.each<[LineEnding, string[]]>([
    ['lf-or-crlf', ['a\nb', '\n', 'a\r', '\r\n']],
    ['lf', ['a\nb', '\n']],
    ['crlf', ['a\r\nb', '\r\n']],
    ['strict-crlf', ['a\nb', 'a\rb', '\r', '\n']],
    ['any', ['a\nb', 'a\rb', '\r', '\n']],
  ])('%s: refuses a line that would not come back', (ending, refused) => {
    for (const line of refused) {
      expect(() => encodeAll(lines({ ending }), [line]), JSON.stringify(line)).toThrow(FramingUsageError);
    }
  });

  test('refuses what the encoding cannot carry, short or long', () => {
    for (const line of ['\ud800', 'a\udc00b', `${'x'.repeat(3000)}\ud83d`]) {
      expect(() => encodeAll(lines(), [line])).toThrow(FramingUsageError);
    }
    expect(() => encodeAll(lines({ encoding: 'latin1' }), ['\u0100'])).toThrow(FramingUsageError);
  });

  test('refuses a line above the limit, counted in bytes', () => {
    expect(encodeAll(lines({ maxBytes: 3 }), ['日'])).toEqual(hex('e6 97 a5 0a'));
    expect(() => encodeAll(lines({ maxBytes: 3 }), ['ää'])).toThrow(FramingUsageError);
    expect(() => encodeAll(lines({ maxBytes: 3, encoding: 'latin1' }), ['ääää'])).toThrow(FramingUsageError);
    expect(() => encodeAll(lines(), ['x'.repeat(65_537)])).toThrow(FramingUsageError);
    expect(encodeAll(lines(), ['x'.repeat(65_536)]).length).toBe(65_537);
  });
});

test('the default limit is 65,536 bytes', () => {
  const line = 'x'.repeat(65_536);
  expect(decodeAll(lines(), [utf8(`${line}\n`)])).toEqual([line]);
  expect(() => decodeAll(lines(), [utf8(`${line}x\n`)])).toThrow(FramingError);
});

test('4 MB a byte at a time come out whole, as one line and as many', { timeout: 60_000 }, () => {
  const size = 4 * 1024 * 1024;
  const one = new Uint8Array(size).fill(97);
  expect(decodeAll(lines({ maxBytes: size }), pieces(one, 1)).map((line) => line.length)).toEqual([size]);

  const decoder = lines().decoder();
  let count = 0;
  for (const piece of pieces(
    one.map((byte, index) => (index % 64 === 63 ? 10 : byte)),
    1,
  )) {
    decoder.push(piece);
    while (decoder.next() !== undefined) count++;
  }
  expect(count).toBe(size / 64);
});

test('a million empty lines do not grow the stack', { timeout: 60_000 }, () => {
  for (const ending of ['lf-or-crlf', 'any'] as const) {
    const decoder = lines({ ending }).decoder();
    decoder.push(new Uint8Array(1_000_000).fill(10));
    let count = 0;
    for (let line; (line = decoder.next()) !== undefined; count++)
      if (line !== '') throw new Error('not empty');
    expect(count).toBe(1_000_000);
  }
});
