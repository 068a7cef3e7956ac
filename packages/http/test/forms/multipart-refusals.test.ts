import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MultipartDecoder } from '@wirestack/http/forms';
import { bytesOf, cutAt, decodeForm, decodeText, lines, pieces } from './events.ts';

const fieldHead = 'Content-Disposition: form-data; name="a"';

describe('what is refused', () => {
  const bad: readonly (readonly [what: string, text: string, code: string])[] = [
    [
      'a line that begins with the boundary and goes on',
      lines('--x', fieldHead, '', 'a', '--xy', ''),
      'BAD_BOUNDARY',
    ],
    ['the same before the first part', '--xy\r\n', 'BAD_BOUNDARY'],
    ['one hyphen behind a boundary', lines('--x', fieldHead, '', 'a', '--x-', ''), 'BAD_BOUNDARY'],
    ['bytes behind padding', '--x y\r\n', 'BAD_BOUNDARY'],
    ['bytes behind the last boundary, in its line', '--x--y', 'BAD_BOUNDARY'],
    ['endless padding', `--x${' '.repeat(300)}`, 'BAD_BOUNDARY'],
    ['endless padding behind the last', `--x--${'\t'.repeat(300)}`, 'BAD_BOUNDARY'],
    ['LF alone behind a boundary', `--x\n${fieldHead}\n\na\n--x--\n`, 'BAD_LINE_END'],
    ['CR alone behind a boundary', `--x\r${fieldHead}\r\r`, 'BAD_LINE_END'],
    ['LF alone behind the last boundary', '--x--\n', 'BAD_LINE_END'],
    ['LF alone in a head', `--x\r\n${fieldHead}\nContent-Type: a/b\r\n\r\n`, 'BAD_LINE_END'],
    ['CR alone in a head', `--x\r\n${fieldHead}\rContent-Type: a/b\r\n\r\n`, 'BAD_LINE_END'],
    ['a head without fields', '--x\r\n\r\na\r\n--x--', 'BAD_PART_HEAD'],
    ['a line without a colon', `--x\r\n${fieldHead}\r\nnonsense\r\n\r\n`, 'BAD_PART_HEAD'],
    ['a blank before a colon', '--x\r\nContent-Disposition : form-data; name=a\r\n\r\n', 'BAD_PART_HEAD'],
    ['NUL in a head', '--x\r\nContent-Disposition: form-data; name="a\0"\r\n\r\n', 'BAD_PART_HEAD'],
    [
      'NUL in a filename',
      '--x\r\nContent-Disposition: form-data; name="a"; filename="a\0.txt"\r\n\r\n',
      'BAD_PART_HEAD',
    ],
    ['a fold without a line before it', `--x\r\n ${fieldHead}\r\n\r\n`, 'BAD_PART_HEAD'],
    ['no Content-Disposition', '--x\r\nContent-Type: text/plain\r\n\r\n', 'BAD_PART_HEAD'],
    ['an empty Content-Disposition', '--x\r\nContent-Disposition: \r\n\r\n', 'BAD_PART_HEAD'],
    ['another disposition', '--x\r\nContent-Disposition: attachment; name="a"\r\n\r\n', 'BAD_PART_HEAD'],
    ['no name', '--x\r\nContent-Disposition: form-data; filename="a"\r\n\r\n', 'BAD_PART_HEAD'],
    ['two names', '--x\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\n', 'BAD_PART_HEAD'],
    ['two filenames', `--x\r\n${fieldHead}; filename="a"; filename="b"\r\n\r\n`, 'BAD_PART_HEAD'],
    ['two Content-Dispositions', `--x\r\n${fieldHead}\r\n${fieldHead}\r\n\r\n`, 'BAD_PART_HEAD'],
    [
      'two Content-Types',
      `--x\r\n${fieldHead}\r\nContent-Type: a/b\r\ncontent-type: a/b\r\n\r\n`,
      'BAD_PART_HEAD',
    ],
    ['base64', `--x\r\n${fieldHead}\r\nContent-Transfer-Encoding: base64\r\n\r\n`, 'UNSUPPORTED_ENCODING'],
    [
      'quoted-printable, folded',
      `--x\r\n${fieldHead}\r\nContent-Transfer-Encoding:\r\n quoted-printable\r\n\r\n`,
      'UNSUPPORTED_ENCODING',
    ],
    [
      'lines that end with LF only',
      '\n--x\nContent-Disposition: form-data; name="a"\n\na\n--x--\n',
      'TRUNCATED',
    ],
  ];

  it.each(bad)('%s', (_, text, code) => {
    const bytes = bytesOf(text);
    const whole = decodeForm([bytes]);
    expect(whole.error).toBe(code);
    for (let at = 0; at <= bytes.length; at++)
      expect(decodeForm(cutAt(bytes, at))).toEqual({ ...whole, mostBuffered: expect.any(Number) as number });
    expect(decodeForm(pieces(bytes, 1)).error).toBe(code);
  });

  it('is told by its offset', () => {
    const text = lines('--x', fieldHead, '', 'a', '--xy', '');
    for (const chunks of [[bytesOf(text)], pieces(bytesOf(text), 1), pieces(bytesOf(text), 5)]) {
      const decoder = new MultipartDecoder('x');
      let thrown: unknown;
      try {
        for (const chunk of chunks) {
          decoder.push(chunk);
          while (decoder.next() !== undefined);
        }
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({
        name: 'FormError',
        code: 'BAD_BOUNDARY',
        status: 400,
        offset: text.indexOf('y\r'),
      });
    }
  });

  it.each(['7bit', '8BIT', 'binary', ''])(
    'but not the transfer encoding %j, which changes nothing',
    (encoding) => {
      const text = lines('--x', fieldHead, `Content-Transfer-Encoding: ${encoding}`, '', 'a', '--x--');
      expect(decodeText(text)).toMatchObject({ isComplete: true, parts: [{ data: 'a' }] });
    },
  );
});

describe('whatever comes', () => {
  const crumbs = fc.array(
    fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\r',
        '\n',
        '--x',
        '--x\r\n',
        '--x--',
        '\r\n--x\r\n',
        `${fieldHead}\r\n`,
        '\r\n\r\n',
        ' ',
        '-',
        ':',
        '"',
        'a',
      ),
      fc.string({ maxLength: 5, unit: 'binary-ascii' }),
    ),
    { maxLength: 30 },
  );
  const limits = {
    maxParts: 3,
    maxPartHeadBytes: 80,
    maxNameBytes: 8,
    maxFieldBytes: 10,
    maxFormBytes: 300,
    maxPreambleBytes: 20,
  };

  it('is read in the same way however it is cut, within its limits', () => {
    fc.assert(
      fc.property(
        crumbs,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
        (texts, sizes) => {
          const bytes = bytesOf(texts.join(''));
          const whole = decodeForm([bytes], { limits });
          const cut: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            cut.push(bytes.slice(at, at + size));
            at += size;
          }
          for (const seen of [decodeForm(cut, { limits }), decodeForm(pieces(bytes, 1), { limits })]) {
            expect({ ...seen, mostBuffered: 0 }).toEqual({ ...whole, mostBuffered: 0 });
            expect(seen.mostBuffered).toBeLessThanOrEqual(86);
            expect(seen.parts.length).toBeLessThanOrEqual(3);
            for (const { data, filename } of seen.parts)
              if (filename === undefined) expect(data.length).toBeLessThanOrEqual(10);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('is read in the same way where it is bytes of any kind behind the head of a part', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (random, size) => {
        const bytes = Buffer.concat([bytesOf(lines('--x', fieldHead, '', '')), random, bytesOf('\r\n--x--')]);
        const whole = decodeForm([bytes]);
        const cut = decodeForm(pieces(bytes, size));
        expect({ ...cut, mostBuffered: 0 }).toEqual({ ...whole, mostBuffered: 0 });
        if (!Buffer.from(random).includes('--x'))
          expect(whole.parts[0]?.data).toBe(Buffer.from(random).toString('latin1'));
      }),
      { numRuns: 1000 },
    );
  });
});
