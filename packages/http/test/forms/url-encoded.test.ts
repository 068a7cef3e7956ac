import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUrlEncoded, parseQuery, parseUrlEncoded, UrlEncodedDecoder } from '@wirestack/http/forms';
import { bytesOf, cutAt, pieces } from './events.ts';

function pairsOf(chunks: readonly Uint8Array[], charset?: string): (readonly [string, string])[] {
  const decoder = new UrlEncodedDecoder(charset === undefined ? {} : { charset });
  const pairs: (readonly [string, string])[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let pair; (pair = decoder.next()) !== undefined;) pairs.push(pair);
  }
  for (let pair; (pair = decoder.end()) !== undefined;) pairs.push(pair);
  expect(decoder.bufferedBytes).toBe(0);
  return pairs;
}

describe('UrlEncodedDecoder', () => {
  it.each([
    ['', []],
    ['&', []],
    ['&&a&&', [['a', '']]],
    ['a', [['a', '']]],
    ['=', [['', '']]],
    ['=a', [['', 'a']]],
    ['a=', [['a', '']]],
    ['a==b=', [['a', '=b=']]],
    ['a+b=c+d', [['a b', 'c d']]],
    ['a%2Bb=%26%3D', [['a+b', '&=']]],
    ['%C3%BC=%e2%82%ac', [['ü', '€']]],
    ['\xc3\xbc=\xe2\x82\xac', [['ü', '€']]],
    ['a=%ff', [['a', '\ufffd']]],
    ['a=%', [['a', '%']]],
    [
      'a=%4&b=%zz&c=%%41',
      [
        ['a', '%4'],
        ['b', '%zz'],
        ['c', '%A'],
      ],
    ],
    ['a=1;b=2', [['a', '1;b=2']]],
    [
      'a=1&a=2&__proto__=3',
      [
        ['a', '1'],
        ['a', '2'],
        ['__proto__', '3'],
      ],
    ],
    ['%EF%BB%BFa=1', [['\ufeffa', '1']]],
    ['a=%00\0', [['a', '\0\0']]],
  ])('reads %j, wherever it is cut', (text, expected) => {
    const bytes = bytesOf(text);
    for (let at = 0; at <= bytes.length; at++) expect(pairsOf(cutAt(bytes, at))).toEqual(expected);
    expect(pairsOf(pieces(bytes, 1))).toEqual(expected);
  });

  it('reads anything as URLSearchParams does', () => {
    const crumbs = fc.array(
      fc.oneof(fc.constantFrom('&', '=', '+', '%', '%4', '%41', '%C3%BC', '%ff', 'a', ' '), fc.string()),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(crumbs, fc.integer({ min: 1, max: 10 }), (texts, size) => {
        const text = Buffer.from(texts.join('')).toString();
        // A leading question mark is dropped there.
        const expected = [...new URLSearchParams(`?${text}`)];
        expect(pairsOf(pieces(Buffer.from(text), size))).toEqual(expected);
        expect([...parseUrlEncoded(text)]).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads what follows _charset_ in that charset, and what has none in the one it is told', () => {
    expect(pairsOf([bytesOf('a=%FC&_charset_=iso-8859-1&%FC=%FC&c=\xfc')])).toEqual([
      ['a', '\ufffd'],
      ['_charset_', 'iso-8859-1'],
      ['ü', 'ü'],
      ['c', 'ü'],
    ]);
    expect(pairsOf([bytesOf('a=%82%a0')], 'shift_jis')).toEqual([['a', 'あ']]);
    expect(pairsOf([bytesOf('_charset_=&a=%C3%BC')])).toEqual([
      ['_charset_', ''],
      ['a', 'ü'],
    ]);
  });

  it.each(['utf-7', 'base64', 'nonsense'])('refuses the charset %s', (label) => {
    const refused = expect.objectContaining({ code: 'UNSUPPORTED_CHARSET', status: 415 }) as Error;
    expect(() => new UrlEncodedDecoder({ charset: label })).toThrow(refused);
    const decoder = new UrlEncodedDecoder();
    decoder.push(bytesOf(`_charset_=${label}&a=1`));
    expect(() => decoder.next()).toThrow(refused);
    expect(() => decoder.end()).toThrow(refused);
  });

  it('holds the pair that is not complete, and nothing else', () => {
    const decoder = new UrlEncodedDecoder();
    decoder.push(bytesOf('a=1&b=2'));
    expect(decoder.next()).toEqual(['a', '1']);
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(3);
    decoder.push(bytesOf('3&'));
    expect(decoder.next()).toEqual(['b', '23']);
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(0);
  });
});

describe('parseQuery', () => {
  it('reads a query with its question mark or without', () => {
    expect([...parseQuery('?a=1&b')]).toEqual([
      ['a', '1'],
      ['b', ''],
    ]);
    expect([...parseQuery('a=1&b')]).toEqual([
      ['a', '1'],
      ['b', ''],
    ]);
    expect([...parseQuery('??a')]).toEqual([['?a', '']]);
    expect(parseQuery('').length).toBe(0);
  });
});

describe('formatUrlEncoded', () => {
  it('writes what URLSearchParams writes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))),
        (pairs) => {
          expect(formatUrlEncoded(pairs)).toBe(new URLSearchParams(pairs).toString());
        },
      ),
    );
  });

  it('writes what is read again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))),
        (pairs) => {
          expect([...parseUrlEncoded(formatUrlEncoded(pairs))]).toEqual(pairs);
        },
      ),
    );
  });

  it('takes FormValues', () => {
    expect(formatUrlEncoded(parseUrlEncoded('a=1&b=%26'))).toBe('a=1&b=%26');
  });
});
