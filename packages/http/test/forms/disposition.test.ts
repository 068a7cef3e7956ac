import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, hasControls } from './events.ts';
import { formatFormDisposition, parseFormDisposition } from '../../src/forms/disposition.ts';

describe('parseFormDisposition', () => {
  const read: readonly (readonly [value: string, name: string, filename: string | undefined])[] = [
    ['form-data; name="a"', 'a', undefined],
    ['form-data; name=""', '', undefined],
    ['form-data;name=a', 'a', undefined],
    ['FORM-DATA ; NAME="a" ; FileName="b" ;', 'a', 'b'],
    ['form-data; filename="b"; name="a"', 'a', 'b'],
    ['form-data; name="a"; filename=""', 'a', ''],
    ['form-data; name="a"; other="b"; filename=c.txt', 'a', 'c.txt'],
    ['form-data; name="a; filename=b"', 'a; filename=b', undefined],
    // What browsers escape, and what they do not.
    ['form-data; name="a%22b%0D%0Ac"', 'a"b\r\nc', undefined],
    ['form-data; name="%41%0d%0a%"', '%41%0d%0a%', undefined],
    ['form-data; name="\xc3\xbc\xe2\x82\xac"', 'ü€', undefined],
    ['form-data; name="\xff"', '\ufffd', undefined],
    ['form-data; name="a\\b\\\\c"', 'a\\b\\\\c', undefined],
    ['form-data; name="a"; filename="C:\\dir\\b.txt"', 'a', 'C:\\dir\\b.txt'],
    ['form-data; name="a\\"; filename="b\\"', 'a\\', 'b\\'],
    // Those who escape by backslashes show it by a quote that ends nothing.
    ['form-data; name="a\\"b\\\\c"', 'a"b\\c', undefined],
    ['form-data; name="\\"a\\""; filename="b"', '"a"', 'b'],
    // RFC 5987, in whatever order.
    ['form-data; name="a"; filename*=UTF-8\'\'%e2%82%ac%20rates', 'a', '€ rates'],
    ['form-data; name="a"; filename*=utf-8\'en\'%C3%BC; filename="u"', 'a', 'ü'],
    ['form-data; name="a"; filename="u"; filename*=ISO-8859-1\'\'%FC', 'a', 'ü'],
    ['form-data; name="a"; filename="u"; filename*=UTF-8\'\'%ff', 'a', 'u'],
    ['form-data; name="a"; filename="u"; filename*=UTF-8\'\'a%00b', 'a', 'u'],
    ['form-data; name="a"; filename*=UTF-16\'\'a', 'a', ''],
  ];

  it.each(read)('%s', (value, name, filename) => {
    const found = parseFormDisposition(value);
    expect([found?.name, found?.filename]).toEqual([name, filename]);
  });

  it.each([
    '',
    'form-data',
    'form-data;',
    'form-data; filename="a"',
    'attachment; name="a"',
    'form-data name="a"',
    'form-data; name',
    'form-data; name=',
    'form-data; name="a',
    'form-data; name="a\\"b',
    'form-data; name="a" x',
    'form-data; name="a"b"',
    'form-data; name="a"; name="a"',
    'form-data; name="a"; NAME=a',
    'form-data; name="a"; filename="b"; filename="b"',
    "form-data; name=\"a\"; filename*=UTF-8''a; filename*=UTF-8''b",
    'form-data; name="a"; filename*0*=UTF-8\'\'b; filename*1=c',
    'form-data; name=a b',
    'form-data; name = "a"',
    'form-data, form-data; name="a"',
  ])('refuses %j', (value) => {
    expect(parseFormDisposition(value)).toBeUndefined();
  });

  it('reads a backslash in front of the last quote as the character it is', () => {
    expect(parseFormDisposition('form-data; name="a\\"')?.name).toBe('a\\');
  });

  it('is linear in a value made of escapes and blanks', () => {
    // As long as a head may be, and a thousand times over: it would not end if it were not.
    const value = `form-data; name="${`\\"${' '.repeat(30)}`.repeat(500)}x`;
    for (let turn = 0; turn < 1000; turn++) expect(parseFormDisposition(value) === undefined).toBe(true);
  });
});

describe('formatFormDisposition', () => {
  it('writes names as browsers do', () => {
    expect(formatFormDisposition('a')).toBe('form-data; name="a"');
    expect(formatFormDisposition('a"\r\n\\ü%', 'b;"')).toBe(
      'form-data; name="a%22%0D%0A\\ü%"; filename="b;%22"',
    );
  });

  it.each(['\0', 'a\x1fb', '\x7f', '\ud800', 'a\udc00b'])('refuses %j, which no field can hold', (name) => {
    expect(() => formatFormDisposition(name)).toThrow(expect.objectContaining({ code: 'BAD_FIELD' }));
    expect(() => formatFormDisposition('a', name)).toThrow(expect.objectContaining({ code: 'BAD_FIELD' }));
  });

  it('refuses what is no text', () => {
    expect(() => formatFormDisposition(1 as unknown as string)).toThrow(
      expect.objectContaining({ code: 'BAD_FIELD' }),
    );
  });

  it('is what is read again, but for the three escapes that browsers do not escape', () => {
    const name = fc
      .string({
        unit: fc.oneof(
          fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
          fc.constantFrom('"', '\\', ';', '\r', '\n', ' ', '%'),
        ),
      })
      .filter((text) => !/%(?:22|0[AD])/.test(text) && !/[\ud800-\udfff]/u.test(text) && !hasControls(text));
    fc.assert(
      fc.property(name, fc.option(name, { nil: undefined }), (text, filename) => {
        const value = Buffer.from(formatFormDisposition(text, filename)).toString('latin1');
        expect(parseFormDisposition(value)).toMatchObject({ name: text, filename });
        const form = `--x\r\nContent-Disposition: ${value}\r\n\r\n\r\n--x--`;
        expect(decodeText(form, { limits: { maxNameBytes: Infinity } }).parts).toMatchObject([
          { name: text, filename },
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});
