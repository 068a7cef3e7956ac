/**
 * The instant that `Expires` of a cookie names, in milliseconds since 1970, by the algorithm of RFC 6265 5.1.1, which takes what servers have ever written: the parts in any
 * order, with anything between them. `undefined` where one of the four is missing, or no calendar has it.
 *
 * ```
 * Wed, 09 Jun 2021 10:18:14 GMT     Wednesday, 09-Jun-21 10:18:14 GMT     10:18:14 9 june 21
 * ```
 *
 * The zone is not looked at: it is GMT. Years of two digits are 1970–2069.
 */
export function parseCookieDate(text: string): number | undefined {
  let time: readonly [number, number, number] | undefined;
  let day: number | undefined;
  let month: number | undefined;
  let year: number | undefined;
  for (const word of text.split(delimiters)) {
    // The order decides what "10" is: the first number is the day, the next one the year.
    if (time === undefined && (time = timeOf(word)) !== undefined) continue;
    if (day === undefined && (day = leadingNumber(word, 1, 2)) !== undefined) continue;
    if (month === undefined && (month = monthOf(word)) !== undefined) continue;
    year ??= leadingNumber(word, 2, 4);
  }
  if (time === undefined || day === undefined || month === undefined || year === undefined) return undefined;
  return instant(year < 70 ? year + 2000 : year < 100 ? year + 1900 : year, month, day, time);
}

/** `delimiter = %x09 / %x20-2F / %x3B-40 / %x5B-60 / %x7B-7E`. A colon is none, nor is what is beyond ASCII. */
const delimiters = /[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/;

/** `1*2DIGIT ":" 1*2DIGIT ":" 1*2DIGIT`, and behind that anything but a digit. */
function timeOf(word: string): readonly [number, number, number] | undefined {
  const [, hour, minute, second] = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/.exec(word) ?? [];
  return hour === undefined ? undefined : [Number(hour), Number(minute), Number(second)];
}

/** So many digits, and behind them anything but a digit. */
function leadingNumber(word: string, min: number, max: number): number | undefined {
  const digits = /^\d+/.exec(word)?.[0];
  return digits === undefined || digits.length < min || digits.length > max ? undefined : Number(digits);
}

function monthOf(word: string): number | undefined {
  const month = months.indexOf(word.slice(0, 3).toLowerCase());
  return month < 0 ? undefined : month;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function instant(
  year: number,
  month: number,
  day: number,
  [hour, minute, second]: readonly [number, number, number],
): number | undefined {
  if (year < 1601 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(Date.UTC(year, month, day, hour, minute, second));
  // A day that the month does not have has moved into the next.
  return date.getUTCDate() === day ? date.getTime() : undefined;
}
