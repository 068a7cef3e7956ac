import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mediaTypeQuality,
  negotiateEncoding,
  negotiateLanguage,
  negotiateMediaType,
  parseAccept,
  parseMediaType,
  parseWeighted,
} from '@wirestack/http/fields';
import { lowerToken, nearly } from './text.ts';

function weights(value: string): [value: string, q: number][] | undefined {
  return parseWeighted(value)?.map((one) => [one.value, one.q]);
}

function quality(accept: string, mediaType: string): number {
  return mediaTypeQuality(parseAccept(accept)!, parseMediaType(mediaType)!);
}

describe('parseWeighted', () => {
  it.each<[string, [string, number][]]>([
    ['', []],
    [
      'compress, gzip',
      [
        ['compress', 1],
        ['gzip', 1],
      ],
    ],
    ['*', [['*', 1]]],
    [
      'compress;q=0.5, gzip;q=1.0',
      [
        ['gzip', 1],
        ['compress', 0.5],
      ],
    ],
    [
      'gzip;q=1.0, identity; q=0.5, *;q=0',
      [
        ['gzip', 1],
        ['identity', 0.5],
        ['*', 0],
      ],
    ],
    [
      'da, en-gb;q=0.8, en;q=0.7',
      [
        ['da', 1],
        ['en-gb', 0.8],
        ['en', 0.7],
      ],
    ],
    [
      'a;q=0.001,b;Q=0.999,,C',
      [
        ['c', 1],
        ['b', 0.999],
        ['a', 0.001],
      ],
    ],
    [
      'a;q=0, b;q=0., c;q=1., d;q=1.000, e;q=0.000',
      [
        ['c', 1],
        ['d', 1],
        ['a', 0],
        ['b', 0],
        ['e', 0],
      ],
    ],
    [
      'x;q=0.5, y;q=0.5, z;q=0.5',
      [
        ['x', 0.5],
        ['y', 0.5],
        ['z', 0.5],
      ],
    ],
  ])('of %j', (value, expected) => {
    expect(weights(value)).toEqual(expected);
  });

  it.each([
    'a;q=1.1',
    'a;q=2',
    'a;q=-0',
    'a;q=.5',
    'a;q=0.1234',
    'a;q=1.0000',
    'a;q=1.001',
    'a;q=',
    'a;q',
    'a;q=1e0',
    'a;q=0x1',
    'a;q=0.5;q=0.4',
  ])('refuses the weight of %j', (value) => {
    expect(parseWeighted(value)).toBeUndefined();
  });

  it.each(['a b', 'a/b', '"a"', 'ok, a b', 'é', ';q=1'])('refuses %j', (value) => {
    expect(parseWeighted(value)).toBeUndefined();
  });

  it('reads transfer codings with their parameters', () => {
    expect(parseWeighted('trailers, x;a="b c";q=0.5')).toEqual([
      { value: 'trailers', q: 1, parameters: new Map() },
      { value: 'x', q: 0.5, parameters: new Map([['a', 'b c']]) },
    ]);
  });

  it('sorts as a model does, and loses nothing', () => {
    const element = fc.tuple(lowerToken, fc.integer({ min: 0, max: 1000 }));
    fc.assert(
      fc.property(fc.array(element), (elements) => {
        const value = elements.map(([name, q]) => `${name};q=${(q / 1000).toFixed(3)}`).join(', ');
        const model = elements
          .map(([name, q], place) => ({ name, q, place }))
          .sort((one, other) => other.q - one.q || one.place - other.place)
          .map(({ name, q }) => [name, q / 1000]);
        expect(weights(value)).toEqual(model);
      }),
    );
  });
});

describe('parseAccept', () => {
  it.each([
    '*',
    'text',
    '*/html',
    'text/*/*',
    'text/html;q=2',
    'text/html, *; q=.2, */*; q=.2',
    'text/html; level',
  ])('refuses %j', (value) => {
    expect(parseAccept(value)).toBeUndefined();
  });

  it('reads the example of RFC 9110 12.5.1, best first', () => {
    expect(
      parseAccept('text/plain; q=0.5, text/html, text/x-dvi; q=0.8, text/x-c')?.map(({ subtype, q }) => [
        subtype,
        q,
      ]),
    ).toEqual([
      ['html', 1],
      ['x-c', 1],
      ['x-dvi', 0.8],
      ['plain', 0.5],
    ]);
  });

  it('takes q for the weight wherever it stands, and the rest for parameters of the type', () => {
    expect(parseAccept('Text/HTML;q=0.5;Level=1')).toEqual([
      { type: 'text', subtype: 'html', q: 0.5, parameters: new Map([['level', '1']]) },
    ]);
  });
});

describe('mediaTypeQuality', () => {
  const table =
    'text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5';

  it.each([
    ['text/plain;format=flowed', 1],
    ['text/plain', 0.7],
    ['text/html', 0.3],
    ['image/jpeg', 0.5],
    ['text/plain;format=fixed', 0.4],
    ['text/html;level=3', 0.3],
  ])('of %s is %d, as the table of RFC 9110 12.5.1 says', (mediaType, q) => {
    expect(quality(table, mediaType)).toBe(q);
  });

  it('is 0 for what no range matches, and for what one excludes', () => {
    expect(quality('text/*', 'image/png')).toBe(0);
    expect(quality('*/*, image/png;q=0', 'image/png')).toBe(0);
    expect(quality('', 'image/png')).toBe(0);
  });

  it('counts names before parameters', () => {
    expect(quality('*/*;a=1;b=2;q=0.1, text/*;q=0.2, text/plain;q=0.3', 'text/plain;a=1;b=2')).toBe(0.3);
    expect(quality('*/*;a=1;q=0.1, text/*;q=0.2', 'image/png;a=1')).toBe(0.1);
  });

  it('compares charsets without case, other values with', () => {
    expect(quality('text/plain;charset=UTF-8', 'text/plain;charset=utf-8')).toBe(1);
    expect(quality('text/plain;format=Flowed', 'text/plain;format=flowed')).toBe(0);
  });
});

describe('negotiateMediaType', () => {
  const offered = ['text/html', 'application/json'];

  it.each([
    [undefined, 'text/html'],
    ['', 'text/html'],
    ['*/*', 'text/html'],
    ['application/json', 'application/json'],
    ['application/*, text/*;q=0.9', 'application/json'],
    ['text/html;q=0.5, application/json;q=0.5', 'text/html'],
    ['image/png', undefined],
    ['*/*;q=0', undefined],
    ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'text/html'],
    ['not an accept field', 'text/html'],
  ])('for %j answers %j', (accept, expected) => {
    expect(negotiateMediaType(accept, offered)).toBe(expected);
  });

  it('never answers with what is no media type', () => {
    expect(negotiateMediaType('*/*', ['text', 'text/html'])).toBe('text/html');
  });

  it('answers undefined where nothing is offered', () => {
    expect(negotiateMediaType(undefined, [])).toBeUndefined();
    expect(negotiateMediaType('*/*', [])).toBeUndefined();
  });

  it('answers with one of what is offered, whatever is asked', () => {
    fc.assert(
      fc.property(nearly('ae/*;q=01., tx'), (accept) => {
        expect([...offered, undefined]).toContain(negotiateMediaType(accept, offered));
      }),
    );
  });
});

describe('negotiateEncoding', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip, br', 'br'],
    ['br;q=0.5, gzip', 'gzip'],
    ['*', 'br'],
    ['*, br;q=0', 'gzip'],
    ['gzip;q=0.5', 'gzip'],
    ['identity, gzip;q=0.5', 'identity'],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['identity;q=0.2, gzip;q=0.5', 'gzip'],
    ['compress', 'identity'],
    ['gzip;q=0', 'identity'],
    ['identity;q=0', undefined],
    ['*;q=0', undefined],
    ['identity;q=0, gzip', 'gzip'],
    ['*;q=0, identity', 'identity'],
    ['*;q=0, gzip', 'gzip'],
    ['gzip;q=bad', 'identity'],
  ])('for %j answers %j', (acceptEncoding, expected) => {
    expect(negotiateEncoding(acceptEncoding, ['br', 'gzip'])).toBe(expected);
  });
});

describe('negotiateLanguage', () => {
  const offered = ['en', 'en-GB', 'de-CH', 'da'];

  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['da, en-gb;q=0.8, en;q=0.7', 'da'],
    ['en-gb', 'en-GB'],
    ['en-GB, en;q=0.7', 'en-GB'],
    ['de', 'de-CH'],
    ['d', undefined],
    ['de-ch-1996', undefined],
    ['*', 'en'],
    ['*;q=0.5, da', 'da'],
    ['en;q=0, *', 'de-CH'],
    ['fr', undefined],
    ['en;q=0.5, en-gb;q=0.6', 'en-GB'],
    ['**', undefined],
  ])('for %j answers %j', (acceptLanguage, expected) => {
    expect(negotiateLanguage(acceptLanguage, offered)).toBe(expected);
  });
});
