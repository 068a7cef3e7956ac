import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCookieDate } from '../../../src/client/cookies/cookie-date.ts';
import { longShapes, nearly } from '../../fields/text.ts';

const iso = (text: string): string | undefined => {
  const at = parseCookieDate(text);
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 19);
};

describe('parseCookieDate', () => {
  it.each([
    ['Wed, 09 Jun 2021 10:18:14 GMT', '2021-06-09T10:18:14'],
    ['Wednesday, 09-Jun-21 10:18:14 GMT', '2021-06-09T10:18:14'],
    ['Wed Jun  9 10:18:14 2021', '2021-06-09T10:18:14'],
    ['Wed, 09 Jun 2021 10:18:14 +0200', '2021-06-09T10:18:14'],
    ['10:18:14 9 june 21', '2021-06-09T10:18:14'],
    ['2021 jun 9 1:2:3', '2021-06-09T01:02:03'],
    ['009 Jun 21 10:18:14', '2009-06-21T10:18:14'],
    ['9 2021 jun 1:2:3', '2021-06-09T01:02:03'],
    ['09Jun2021 10:18:14', undefined],
    ['9th June 2021, 10:18:14am', '2021-06-09T10:18:14'],
    ['Thu, 01 Jan 1970 00:00:00 GMT', '1970-01-01T00:00:00'],
    ['Thu, 01-Jan-69 00:00:00 GMT', '2069-01-01T00:00:00'],
    ['Thu, 01-Jan-70 00:00:00 GMT', '1970-01-01T00:00:00'],
    ['Thu, 01-Jan-99 00:00:00 GMT', '1999-01-01T00:00:00'],
    ['Mon, 29 Feb 2020 00:00:00 GMT', '2020-02-29T00:00:00'],
    ['01 Jan 1601 00:00:00', '1601-01-01T00:00:00'],
    ['31 Dec 9999 23:59:59', '9999-12-31T23:59:59'],
    ['1 JAN 2030 00:00:00', '2030-01-01T00:00:00'],
    ['1/jan/2030;00:00:00', '2030-01-01T00:00:00'],
    ['Mon, 10-Dec-2007 17:02:24 GMT', '2007-12-10T17:02:24'],
    ['Thu, 10-Dec-2009 13:57:2 GMT', '2009-12-10T13:57:02'],
    ['01 Jan 2030 00:00:00junk', '2030-01-01T00:00:00'],
    ['01x Jan 2030y 00:00:00', '2030-01-01T00:00:00'],
  ])('of %j is %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it.each([
    '',
    'tomorrow',
    'Jun 2021 10:18:14',
    '9 Jun 10:18:14',
    '9 2021 10:18:14',
    '9 Jun 2021',
    '9 Jun 2021 10:18',
    '9 Jun 2021 10:18:145',
    '9 Jun 2021 101:18:14',
    '9 Jun 2021 24:00:00',
    '9 Jun 2021 10:60:00',
    '9 Jun 2021 10:18:60',
    '0 Jun 2021 10:18:14',
    '31 Jun 2021 10:18:14',
    '29 Feb 2021 10:18:14',
    '9 Jun 20211 10:18:14',
    '9 Jun 1600 10:18:14',
    '9 Jun 1 10:18:14',
    '9 Jux 2021 10:18:14',
    '-1 Jan',
  ])('of %j is none', (text) => {
    expect(parseCookieDate(text)).toBeUndefined();
  });

  it('reads what Date writes, with any delimiters and in any case', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(1601, 0), max: Date.UTC(9999, 11, 31) }),
        fc.string({ unit: fc.constantFrom(...'\t !"/;@[`{~,-'), minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (at, delimiter, isUpper) => {
          const seconds = Math.floor(at / 1000) * 1000;
          const text = new Date(seconds).toUTCString().replace(/[, ]+/g, delimiter);
          expect(parseCookieDate(isUpper ? text.toUpperCase() : text.toLowerCase())).toBe(seconds);
        },
      ),
    );
  });

  it('gives only dates that a calendar has', () => {
    fc.assert(
      fc.property(nearly('0123459: ,-janFeb'), (text) => {
        const at = parseCookieDate(text);
        if (at !== undefined)
          expect(Number.isSafeInteger(at) && new Date(at).getUTCFullYear() >= 1601).toBe(true);
      }),
    );
  });

  it('finds no date in long shapes of any kind', () => {
    for (const shape of longShapes) expect(parseCookieDate(shape)).toBeUndefined();
  });
});
