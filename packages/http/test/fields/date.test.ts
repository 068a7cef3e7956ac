import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHttpDate, parseHttpDate } from '@wirestack/http/fields';
import { expectRefused } from './text.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);

function iso(text: string, at: number = now): string | undefined {
  return parseHttpDate(text, at)?.toISOString();
}

describe('parseHttpDate', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads the example %j of RFC 9110 5.6.7',
    (text) => {
      expect(iso(text)).toBe('1994-11-06T08:49:37.000Z');
    },
  );

  it.each([
    ['Thu, 01 Jan 1970 00:00:00 GMT', '1970-01-01T00:00:00.000Z'],
    ['Sat, 01 Jan 0000 00:00:00 GMT', '0000-01-01T00:00:00.000Z'],
    ['Sat, 01 Jan 0050 00:00:00 GMT', '0050-01-01T00:00:00.000Z'],
    ['Fri, 31 Dec 9999 23:59:59 GMT', '9999-12-31T23:59:59.000Z'],
    ['Thu, 29 Feb 2024 12:00:00 GMT', '2024-02-29T12:00:00.000Z'],
    ['Tue, 29 Feb 2000 12:00:00 GMT', '2000-02-29T12:00:00.000Z'],
    ['Sat, 31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00.000Z'],
    ['Wed Nov 16 08:49:37 1994', '1994-11-16T08:49:37.000Z'],
  ])('of %j is %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it('reads every weekday and month in each form', () => {
    for (let day = 0; day < 366; day++) {
      const date = new Date(Date.UTC(2024, 0, 1 + day, 1, 2, 3));
      const [weekday, number, month] = date.toUTCString().slice(0, 11).replace(',', '').split(' ');
      const full = date.toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' });
      expect(parseHttpDate(`${weekday!}, ${number!} ${month!} 2024 01:02:03 GMT`)).toEqual(date);
      expect(parseHttpDate(`${full}, ${number!}-${month!}-24 01:02:03 GMT`, now)).toEqual(date);
      expect(
        parseHttpDate(`${weekday!} ${month!} ${String(Number(number)).padStart(2)} 01:02:03 2024`),
      ).toEqual(date);
    }
  });

  it.each([
    ['a day that the month does not have', 'Fri, 31 Feb 2025 08:49:37 GMT'],
    ['29 February of a common year', 'Sat, 29 Feb 2025 08:49:37 GMT'],
    ['29 February of 1900', 'Thu, 29 Feb 1900 08:49:37 GMT'],
    ['day 0', 'Mon, 00 Nov 1994 08:49:37 GMT'],
    ['day 32', 'Fri, 32 Dec 1994 08:49:37 GMT'],
    ['the wrong weekday', 'Mon, 06 Nov 1994 08:49:37 GMT'],
    ['the wrong weekday of RFC 850', 'Monday, 06-Nov-94 08:49:37 GMT'],
    ['the wrong weekday of asctime', 'Mon Nov  6 08:49:37 1994'],
    ['hour 24', 'Sun, 06 Nov 1994 24:00:00 GMT'],
    ['minute 60', 'Sun, 06 Nov 1994 08:60:37 GMT'],
    ['second 60 where no leap second can be', 'Sun, 06 Nov 1994 08:49:60 GMT'],
    ['second 61', 'Sat, 31 Dec 2016 23:59:61 GMT'],
    ['another zone', 'Sun, 06 Nov 1994 08:49:37 UTC'],
    ['an offset', 'Sun, 06 Nov 1994 08:49:37 +0000'],
    ['no zone', 'Sun, 06 Nov 1994 08:49:37'],
    ['lower case', 'sun, 06 nov 1994 08:49:37 gmt'],
    ['upper case', 'SUN, 06 NOV 1994 08:49:37 GMT'],
    ['a day of one digit', 'Sun, 6 Nov 1994 08:49:37 GMT'],
    ['a day with a blank', 'Sun,  6 Nov 1994 08:49:37 GMT'],
    ['an asctime day with a zero is fine, one without anything is not', 'Sun Nov 6 08:49:37 1994'],
    ['a year of two digits in a fixdate', 'Sun, 06 Nov 94 08:49:37 GMT'],
    ['a year of four digits in RFC 850', 'Sunday, 06-Nov-1994 08:49:37 GMT'],
    ['a sign', 'Sun, 06 Nov -994 08:49:37 GMT'],
    ['digits of another script', 'Sun, ٠٦ Nov 1994 08:49:37 GMT'],
    ['a blank before', ' Sun, 06 Nov 1994 08:49:37 GMT'],
    ['a blank behind', 'Sun, 06 Nov 1994 08:49:37 GMT '],
    ['two dates', 'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT'],
    ['a short weekday in RFC 850', 'Sun, 06-Nov-94 08:49:37 GMT'],
    ['an ISO date', '1994-11-06T08:49:37Z'],
    ['a number', '0'],
    ['nothing', ''],
    ['a comma', ','],
  ])('refuses %s: %j', (_, text) => {
    expect(parseHttpDate(text, now)).toBeUndefined();
  });

  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'refuses %j with any character left out, or changed into another kind',
    (text) => {
      for (let at = 0; at < text.length; at++) {
        expect(parseHttpDate(text.slice(0, at) + text.slice(at + 1), now)).toBeUndefined();
        expect(parseHttpDate(`${text.slice(0, at)}\0${text.slice(at + 1)}`, now)).toBeUndefined();
      }
    },
  );

  it('takes two digits for the last such year that is at most 50 years ahead', () => {
    expect(iso('Saturday, 21-Nov-76 12:00:00 GMT')).toBe('2076-11-21T12:00:00.000Z');
    // One second further, the year is one that has been: 1976, whose 21 November is a Sunday.
    expect(iso('Saturday, 21-Nov-76 12:00:01 GMT')).toBeUndefined();
    expect(iso('Sunday, 21-Nov-76 12:00:01 GMT')).toBe('1976-11-21T12:00:01.000Z');
    expect(iso('Tuesday, 01-Jan-74 00:00:00 GMT', Date.UTC(2000, 0, 1))).toBe('1974-01-01T00:00:00.000Z');
    expect(iso('Friday, 01-Jan-10 00:00:00 GMT', Date.UTC(1995, 0, 1))).toBe('2010-01-01T00:00:00.000Z');
    expect(iso('Saturday, 01-Jan-00 00:00:00 GMT', Date.UTC(1999, 11, 31))).toBe('2000-01-01T00:00:00.000Z');
  });

  it('is what formatHttpDate wrote, to the second', () => {
    const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 999 }), (second, rest) => {
        const date = new Date(second * 1000 + rest);
        expect(parseHttpDate(formatHttpDate(date))?.getTime()).toBe(second * 1000);
      }),
    );
  });

  it('agrees with the platform on whatever parts a date is made of', () => {
    const upTo = (max: number): fc.Arbitrary<string> =>
      fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, '0'));
    // The platform knows no leap seconds.
    const second = upTo(61).filter((text) => text !== '60');
    const name = fc.constantFrom('Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat');
    const month = fc.constantFrom('Jan', 'Feb', 'Apr', 'Jun', 'Dec', 'Foo');
    fc.assert(
      fc.property(
        name,
        upTo(32),
        month,
        upTo(99),
        upTo(24),
        upTo(60),
        second,
        (weekday, day, mon, year, hour, minute, seconds) => {
          const text = `${weekday}, ${day} ${mon} 20${year} ${hour}:${minute}:${seconds} GMT`;
          const platform = new Date(text);
          // What the platform writes back unchanged is a date; it reads much more than that.
          const isDate = !Number.isNaN(platform.getTime()) && platform.toUTCString() === text;
          expect(parseHttpDate(text)?.getTime()).toBe(isDate ? platform.getTime() : undefined);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('formatHttpDate', () => {
  it('writes an IMF-fixdate, milliseconds dropped', () => {
    expect(formatHttpDate(new Date(784_111_777_999))).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
    expect(formatHttpDate(new Date(Date.UTC(2026, 0, 1)))).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
  });

  it('refuses what four digits of a year cannot say', () => {
    expectRefused(() => formatHttpDate(new Date(NaN)));
    expectRefused(() => formatHttpDate(new Date(253_402_300_800_000)));
    expectRefused(() => formatHttpDate(new Date(-62_167_219_200_001)));
  });
});
