import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatContentDisposition,
  formatExtendedValue,
  parseContentDisposition,
  parseExtendedValue,
} from '@wirestack/http/fields';
import { expectRefused, unwritableTexts } from './text.ts';

const controls = ['a\r\nb', '\r', '\n', '\0', '\t', '\x1f', '\x7f', '\x85', '\x9f'];
const name = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((text) => !Array.from(text).some((character) => /\p{Cc}/u.test(character)));

describe('parseContentDisposition', () => {
  it.each([
    ['Attachment; filename=example.html', 'attachment', 'example.html'],
    ['INLINE; FILENAME="an example.html"', 'inline', 'an example.html'],
    ["attachment; filename*=UTF-8''%e2%82%ac%20rates", 'attachment', '€ rates'],
    ['attachment; filename="EURO rates"; filename*=utf-8\'\'%e2%82%ac%20rates', 'attachment', '€ rates'],
    ["attachment; filename*=utf-8'en'a; filename=b", 'attachment', 'a'],
    ["attachment; filename*=iso-8859-1'en'%A3%20rates", 'attachment', '£ rates'],
    ['attachment; filename="\\"quoting\\" tested.html"', 'attachment', '"quoting" tested.html'],
    ['attachment; filename="foo-%41.html"', 'attachment', 'foo-%41.html'],
    ['attachment; filename="foo-\xe4.html"', 'attachment', 'foo-\xe4.html'],
    ['attachment; filename=foo;', 'attachment', 'foo'],
    ['attachment; filename=""', 'attachment', ''],
    ['attachment', 'attachment', undefined],
    ['foobar; filename=x', 'foobar', 'x'],
    ['attachment; filename="../../etc/passwd"', 'attachment', '../../etc/passwd'],
  ])('of %j', (value, type, filename) => {
    const parsed = parseContentDisposition(value);
    expect([parsed?.type, parsed?.filename]).toEqual([type, filename]);
  });

  it.each([
    ['no octets after %', "UTF-8''%"],
    ['half an octet', "UTF-8''%e"],
    ['no hexadecimal digit', "UTF-8''%zz"],
    ['what is no UTF-8', "UTF-8''%ff"],
    ['an overlong form', "UTF-8''%c0%af"],
    ['a surrogate', "UTF-8''%ed%a0%80"],
    ['an unknown charset', "utf-16''%00%61"],
    ['no charset', "''a"],
    ['no quotes', 'a'],
    ['one quote', "UTF-8'a"],
    ['three quotes', "UTF-8''a'b"],
    ['a line end', "UTF-8''a%0d%0ab"],
    ['a NUL', "UTF-8''a%00"],
  ])('passes over a filename* with %s', (_, extended) => {
    expect(parseContentDisposition(`attachment; filename=plain; filename*=${extended}`)?.filename).toBe(
      'plain',
    );
    expect(parseContentDisposition(`attachment; filename*=${extended}`)).not.toHaveProperty('filename');
  });

  it('has all parameters as they were sent', () => {
    expect(
      parseContentDisposition("attachment; Foo=bar; filename*=UTF-8''a; __proto__=x")?.parameters,
    ).toEqual(
      new Map([
        ['foo', 'bar'],
        ['filename*', "UTF-8''a"],
        ['__proto__', 'x'],
      ]),
    );
  });

  it.each([
    '',
    '"attachment"',
    'filename=foo.html',
    '; filename=foo.html',
    'attachment; filename',
    'attachment; filename=',
    'attachment; filename=foo bar.html',
    'attachment; filename=foo[1](2).html',
    'attachment; filename="foo.html"bar',
    'attachment; filename="foo',
    'attachment; filename=a; filename=b',
    'attachment; filename*=a; filename*=b',
    'attachment filename=bar',
    'attachment, inline',
    'attachment; filename =a',
    'attachment; filename=\xe4',
  ])('refuses %j', (value) => {
    expect(parseContentDisposition(value)).toBeUndefined();
  });

  it('has the name that formatContentDisposition was given', () => {
    fc.assert(
      fc.property(name, (filename) => {
        const value = formatContentDisposition('attachment', filename);
        expect(parseContentDisposition(value)?.filename).toBe(filename);
        expect(value).toMatch(/^[ -~]*$/);
      }),
    );
  });
});

describe('formatContentDisposition', () => {
  it.each([
    [undefined, 'attachment'],
    ['a.txt', 'attachment; filename="a.txt"'],
    ['a b;c.txt', 'attachment; filename="a b;c.txt"'],
    ['€ rates', 'attachment; filename="_ rates"; filename*=UTF-8\'\'%E2%82%AC%20rates'],
    ['ä.txt', 'attachment; filename="_.txt"; filename*=UTF-8\'\'%C3%A4.txt'],
    ['😀', 'attachment; filename="_"; filename*=UTF-8\'\'%F0%9F%98%80'],
    ['100%25', 'attachment; filename="100_25"; filename*=UTF-8\'\'100%2525'],
    ['a"b\\c', 'attachment; filename="a_b_c"; filename*=UTF-8\'\'a%22b%5Cc'],
  ])('of %j', (filename, value) => {
    expect(formatContentDisposition('attachment', filename)).toBe(value);
  });

  it('writes further parameters behind the name', () => {
    expect(formatContentDisposition('inline', 'a', new Map([['size', '1 2']]))).toBe(
      'inline; filename="a"; size="1 2"',
    );
  });

  it('takes parameters that can be read only once', () => {
    const once = new Map([['a', 'b']]).entries();
    expect(formatContentDisposition('inline', undefined, once)).toBe('inline; a=b');
    expectRefused(() => formatContentDisposition('inline', 'x', new Map([['Filename', 'y']]).entries()));
  });

  it.each([...controls, '\ud800', 'a\udc00b'])('refuses the name %j', (filename) => {
    expectRefused(() => formatContentDisposition('attachment', filename));
  });

  it.each([...unwritableTexts, '', 'a b', 'a;'])('refuses the type %j', (type) => {
    expectRefused(() => formatContentDisposition(type));
  });

  it.each(unwritableTexts)('refuses %j in a parameter', (text) => {
    expectRefused(() => formatContentDisposition('inline', undefined, [['a', text]]));
    expectRefused(() => formatContentDisposition('inline', undefined, [[text, 'a']]));
  });

  it('refuses a second filename among the parameters', () => {
    expectRefused(() => formatContentDisposition('inline', 'a', [['filename', 'b']]));
    expectRefused(() => formatContentDisposition('inline', 'a', [['FileName*', "UTF-8''b"]]));
  });
});

describe('extended values', () => {
  it.each([
    ["iso-8859-1'en'%A3%20rates", '£ rates'],
    ["UTF-8''%c2%a3%20and%20%e2%82%ac%20rates", '£ and € rates'],
    ["utf-8'de-CH-1996'", ''],
    ["UTF-8''%EF%BB%BFa", '\ufeffa'],
  ])('%j is the text %j (RFC 8187 3.2.3)', (value, text) => {
    expect(parseExtendedValue(value)).toBe(text);
  });

  it.each(["UTF-8'e n'a", "UTF-8''a b", "UTF-8''a*", "UTF-8''\xe4", '', "'", "''"])('refuses %j', (value) => {
    expect(parseExtendedValue(value)).toBeUndefined();
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(parseExtendedValue(formatExtendedValue(text))).toBe(text);
      }),
    );
  });

  it.each([...controls, '\ud800', '\udc00\ud800'])('refuse to hold %j', (text) => {
    expectRefused(() => formatExtendedValue(text));
  });

  it('leave attr-char alone, and nothing else', () => {
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
    const plain = formatExtendedValue(ascii)
      .slice(7)
      .replace(/%[0-9A-F]{2}/g, '');
    expect(plain).toBe('!#$&+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~');
  });
});
