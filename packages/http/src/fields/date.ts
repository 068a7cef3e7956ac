import { HttpUsageError } from '../errors.ts';

/**
 * The instant that an HTTP-date (RFC 9110 5.6.7) names, in any of its three forms; `undefined` for all else, for a recipient ignores what
 * is no date (13.1.3, 13.1.4).
 *
 * ```
 * Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate, what senders write
 * Sunday, 06-Nov-94 08:49:37 GMT    RFC 850
 * Sun Nov  6 08:49:37 1994          asctime()
 * ```
 *
 * The grammar is held to the letter: case, digits, zone. A day that no calendar has (31 Feb) is no date, and neither is one with the
 * wrong weekday: one of the two is a mistake, and a date that is ignored costs a full answer, a wrong one a stale answer. 23:59:60, a leap
 * second, is the second after it.
 *
 * @param now Milliseconds since 1970: a year of two digits is the last such year that does not put the date more than 50 years ahead of it.
 */
export function parseHttpDate(text: string, now: number = Date.now()): Date | undefined {
  const comma = text.indexOf(',');
  if (comma === 3) return parseFixdate(text);
  if (comma > 3) return parseRfc850(text, comma, now);
  return parseAsctime(text);
}

/**
 * The IMF-fixdate of `date`: `Sun, 06 Nov 1994 08:49:37 GMT`. Milliseconds are dropped.
 *
 * @throws HttpUsageError `BAD_FIELD` for an invalid date, or a year outside 0–9999, which four digits cannot say.
 */
export function formatHttpDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new HttpUsageError('BAD_FIELD', 'no date that HTTP can write');
  return date.toUTCString();
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const shortWeekdays = weekdays.map((name) => name.slice(0, 3));
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const maxAheadYears = 50;

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
function parseFixdate(text: string): Date | undefined {
  if (text.length !== 29 || !hasAt(text, 4, ' ') || !hasAt(text, 7, ' ')) return undefined;
  if (!hasAt(text, 11, ' ') || !hasAt(text, 16, ' ') || !text.endsWith(' GMT')) return undefined;
  const weekday = shortWeekdays.indexOf(text.slice(0, 3));
  return instant(weekday, digits(text, 12, 4), month(text, 8), digits(text, 5, 2), text.slice(17, 25));
}

/** `Sunday, 06-Nov-94 08:49:37 GMT`: places count from the comma. */
function parseRfc850(text: string, comma: number, now: number): Date | undefined {
  if (text.length !== comma + 24 || !hasAt(text, comma + 1, ' ') || !hasAt(text, comma + 4, '-'))
    return undefined;
  if (!hasAt(text, comma + 8, '-') || !hasAt(text, comma + 11, ' ') || !text.endsWith(' GMT'))
    return undefined;
  const weekday = weekdays.indexOf(text.slice(0, comma));
  const monthIndex = month(text, comma + 5);
  const day = digits(text, comma + 2, 2);
  const time = text.slice(comma + 12, comma + 20);
  const horizon = new Date(now);
  horizon.setUTCFullYear(horizon.getUTCFullYear() + maxAheadYears);
  const lastYear = horizon.getUTCFullYear();
  const year = lastYear - ((((lastYear - digits(text, comma + 9, 2)) % 100) + 100) % 100);
  const isBeyond = Date.UTC(year, monthIndex, day, ...clock(time)) > horizon.getTime();
  return instant(weekday, isBeyond ? year - 100 : year, monthIndex, day, time);
}

/** `Sun Nov  6 08:49:37 1994`: a day of one digit has a blank before it. */
function parseAsctime(text: string): Date | undefined {
  if (text.length !== 24 || !hasAt(text, 3, ' ') || !hasAt(text, 7, ' ')) return undefined;
  if (!hasAt(text, 10, ' ') || !hasAt(text, 19, ' ')) return undefined;
  const weekday = shortWeekdays.indexOf(text.slice(0, 3));
  const day = hasAt(text, 8, ' ') ? digits(text, 9, 1) : digits(text, 8, 2);
  return instant(weekday, digits(text, 20, 4), month(text, 4), day, text.slice(11, 19));
}

/** `undefined` where a part is NaN or -1, out of its range, or at odds with another. */
function instant(
  weekday: number,
  year: number,
  monthIndex: number,
  day: number,
  time: string,
): Date | undefined {
  const [hour, minute, second] = clock(time);
  const isLeapSecond = hour === 23 && minute === 59 && second === 60;
  if (!(hour < 24 && minute < 60 && (second < 60 || isLeapSecond))) return undefined;
  const date = new Date(0);
  // Date.UTC() takes years below 100 for the twentieth century's.
  date.setUTCFullYear(year, monthIndex, day);
  // A day that the month does not have has moved into another month.
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== day || date.getUTCDay() !== weekday) {
    return undefined;
  }
  date.setUTCHours(hour, minute, second);
  return date;
}

/** `08:49:37`; NaN in place of what is malformed. */
function clock(time: string): [hour: number, minute: number, second: number] {
  if (!hasAt(time, 2, ':') || !hasAt(time, 5, ':')) return [NaN, NaN, NaN];
  return [digits(time, 0, 2), digits(time, 3, 2), digits(time, 6, 2)];
}

function month(text: string, at: number): number {
  return months.indexOf(text.slice(at, at + 3));
}

/** The number that exactly so many digits from `at` make, or NaN. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function hasAt(text: string, at: number, character: string): boolean {
  return text[at] === character;
}
