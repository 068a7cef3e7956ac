import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodeAll,
  FramingUsageError,
  lines,
  type FramingError,
  type LineEnding,
  type LinesOptions,
} from '../../src/codecs/index.ts';
import { cutBy, cuts, decodeAll, hex, pieces } from '../bytes.ts';

const endings: LineEnding[] = ['lf-or-crlf', 'lf', 'crlf', 'strict-crlf', 'any'];

test('whatever the encoder takes comes back, cut at random (model)', () => {
  const unit = fc.constantFrom('a', '\r', '\n', ' ', 'é', '日', '🙂', '\ufeff', '\u0085', '\u2028', '\0');
  const settings = fc.record({
    ending: fc.constantFrom(...endings),
    fatal: fc.boolean(),
    maxBytes: fc.constantFrom(20, 65_536),
  });
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit, maxLength: 12 }), { maxLength: 40 }),
      settings,
      cuts,
      (candidates, options, sizes) => {
        const codec = lines(options);
        const sent = candidates.filter((line) => {
          try {
            return encodeAll(codec, [line]).length > 0;
          } catch (error) {
            expect(error).toBeInstanceOf(FramingUsageError);
            return false;
          }
        });
        expect(decodeAll(codec, cutBy(encodeAll(codec, sent), sizes))).toEqual(sent);
      },
    ),
    { numRuns: 500 },
  );
});

test('any bytes give the same lines, or the same failure behind them, however they are cut (model)', () => {
  const outcome = (options: LinesOptions, input: Iterable<Uint8Array>): unknown => {
    const given: unknown[] = [];
    const decoder = lines({ ...options, onSkip: (bytes) => given.push(bytes) }).decoder();
    try {
      for (const piece of input) {
        decoder.push(piece);
        for (let line; (line = decoder.next()) !== undefined;) given.push(line);
      }
      for (let line; (line = decoder.end()) !== undefined;) given.push(line);
      return given;
    } catch (error) {
      return [...given, (error as FramingError).code];
    }
  };
  const options = fc.record({
    ending: fc.constantFrom(...endings),
    encoding: fc.constantFrom<('utf8' | 'latin1')[]>('utf8', 'latin1'),
    fatal: fc.boolean(),
    unterminated: fc.constantFrom<('frame' | 'error')[]>('frame', 'error'),
    onOversize: fc.constantFrom<('error' | 'skip')[]>('error', 'skip'),
    maxBytes: fc.constantFrom(3, 8, 1000),
  });
  fc.assert(
    fc.property(options, noise, cuts, (format, input, sizes) => {
      expect(outcome(format, cutBy(input, sizes))).toEqual(outcome(format, pieces(input, 1)));
      expect(outcome(format, [input])).toEqual(outcome(format, pieces(input, 1)));
    }),
    { numRuns: 1000 },
  );
});

/** Ends of lines, text of one to four bytes a character, and bytes that are no text. */
const noise: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.constantFrom(
      '61',
      '0a',
      '0d',
      '0d 0a',
      'c3 a9',
      'e2 82 ac',
      'f0 9f 99 82',
      'c3',
      'e2 82',
      'ff',
      'ed a0 80',
      '80',
    ),
    { maxLength: 60 },
  )
  .map((parts) => hex(parts.join(' ')));

/** `asyncio.StreamReader` and `io.TextIOWrapper` on the same bytes: an array of lines for each case, and "error" behind them. */
const python = `
import asyncio, io, json, sys

async def with_asyncio(data):
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    lines = []
    while True:
        try:
            line = await reader.readuntil(b'\\n')
            line = line[:-2] if line.endswith(b'\\r\\n') else line[:-1]
        except asyncio.IncompleteReadError as end:
            if not end.partial: return lines
            line = end.partial
        try:
            lines.append(line.decode('utf-8'))
        except UnicodeDecodeError:
            return lines + ['error']

def with_io(data, newline, encoding):
    lines = io.TextIOWrapper(io.BytesIO(data), encoding, 'replace', newline).readlines()
    end = newline or '\\n'
    return [line[:-len(end)] if line.endswith(end) else line for line in lines]

def lines(data):
    return {
        'asyncio': asyncio.run(with_asyncio(data)),
        'lf': with_io(data, '\\n', 'utf-8'),
        'crlf': with_io(data, '\\r\\n', 'utf-8'),
        'any': with_io(data, None, 'utf-8'),
        'latin1': with_io(data, None, 'latin-1'),
    }

json.dump([lines(bytes.fromhex(data)) for data in json.load(sys.stdin)], sys.stdout)
`;

test("gives the lines that Python's asyncio and io give, of any bytes", { timeout: 60_000 }, () => {
  const inputs = fc.sample(noise, 400);
  const asked = JSON.stringify(inputs.map((bytes) => Buffer.from(bytes).toString('hex')));
  const answers = JSON.parse(
    execFileSync('python3', ['-c', python], { input: asked, encoding: 'utf8' }),
  ) as Record<'asyncio' | 'lf' | 'crlf' | 'any' | 'latin1', string[]>[];
  expect(answers.length).toBe(inputs.length);
  for (const [index, wanted] of answers.entries()) {
    const bytes = inputs[index] as Uint8Array;
    const given = (options: LinesOptions): string[] =>
      decodeAll(lines(options), pieces(bytes, 1 + (index % 50)));
    const shown = Buffer.from(bytes).toString('hex');
    for (const ending of ['lf', 'crlf', 'any'] as const) {
      expect(given({ ending, fatal: false }), `${ending} ${shown}`).toEqual(wanted[ending]);
    }
    expect(given({ ending: 'any', encoding: 'latin1' }), shown).toEqual(wanted.latin1);

    const decoder = lines().decoder();
    const strict: string[] = [];
    try {
      decoder.push(bytes);
      for (let line; (line = decoder.end()) !== undefined;) strict.push(line);
    } catch (error) {
      expect(['MALFORMED', 'TRUNCATED']).toContain((error as FramingError).code);
      strict.push('error');
    }
    expect(strict, shown).toEqual(wanted.asyncio);
  }
});
