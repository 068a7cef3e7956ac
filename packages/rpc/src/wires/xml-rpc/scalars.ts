/**
 * The text of a scalar → its value, or `undefined` where it is none. Blanks around a value are refused, as the specification has it,
 * digits are ASCII's. Below, values → text.
 */
import { zero } from './characters.ts';

/** `-12`, `+012`; `bits` 64 answers a bigint where a number is not exact. */
export function parseInteger(text: string, bits: 8 | 16 | 32 | 64): number | bigint | undefined {
  // "Leading zeros are collapsed." Nineteen digits hold every i8: a longer text is never made a bigint.
  const found = /^([+-]?)0*([0-9]{1,19})$/.exec(text);
  if (found === null) return undefined;
  const digits = found[2] as string;
  const isNegative = found[1] === '-';
  const limit = 2n ** BigInt(bits - 1);
  const exact = isNegative ? -BigInt(digits) : BigInt(digits);
  if (exact < -limit || exact >= limit) return undefined;
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact;
}

/** The specification's `-12.53`, and the exponent that every peer writes: `1e+300`. No NaN, no infinity, however it is spelt. */
export function parseDouble(text: string): number | undefined {
  if (!/^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * `19980717T14:08:55`, as UTC. Also `1998-07-17T14:08:55`, a `Z` behind, and a fraction, of which milliseconds are kept: peers write all
 * of them. A day that no calendar has is refused, and so is an offset from UTC.
 */
export function parseDateTime(text: string): Date | undefined {
  const compact = compactDateTime(text);
  return compact === undefined
    ? undefined
    : compactTime(Buffer.from(compact, 'latin1'), 0, milliseconds(text));
}

/** The seventeen bytes of the specification, `19980717T14:08:55`. */
export function compactTime(bytes: Uint8Array, at: number, milliseconds: number = 0): Date | undefined {
  if (bytes[at + 8] !== 0x54 || bytes[at + 11] !== colon || bytes[at + 14] !== colon) return undefined;
  const year = digits(bytes, at) * 100 + digits(bytes, at + 2);
  const month = digits(bytes, at + 4);
  const day = digits(bytes, at + 6);
  const hour = digits(bytes, at + 9);
  const minute = digits(bytes, at + 12);
  const second = digits(bytes, at + 15);
  // Comparisons with NaN are false: what has no digits fails here too.
  if (!(year >= 0 && month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59))
    return undefined;
  // Four hundred years later, the period of the calendar: Date.UTC takes the years 0 to 99 for those of the last century.
  const later = Date.UTC(year + 400, month - 1, day, hour, minute, second, milliseconds);
  const date = new Date(later - 146_097 * 86_400_000);
  return date.getUTCDate() === day ? date : undefined;
}

/** The seventeen characters of the specification from any of the other ways to write them. */
function compactDateTime(text: string): string | undefined {
  const found = /^([0-9]{4})(-?)([0-9]{2})\2([0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?Z?$/.exec(
    text,
  );
  return found === null ? undefined : `${String(found[1])}${String(found[3])}${String(found[4])}`;
}

function milliseconds(text: string): number {
  const point = text.length > 17 ? text.indexOf('.') : -1;
  return point < 0 ? 0 : Math.trunc(Number.parseFloat(`0${text.slice(point)}`) * 1000);
}

/** Two digits; NaN for anything else. */
function digits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - zero;
  const ones = (bytes[at + 1] as number) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

const colon = 0x3a;

/** RFC 2045's base64: blanks anywhere, padding at the end. */
export function parseBase64(text: string): Uint8Array | undefined {
  const digits = /[\t\n\r ]/.test(text) ? text.replace(/[\t\n\r ]+/g, '') : text;
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  const padding = digits.endsWith('==') ? 2 : digits.endsWith('=') ? 1 : 0;
  // Memory of its own: a Buffer's may be shared with others.
  const bytes = new Uint8Array((digits.length / 4) * 3 - padding);
  Buffer.from(bytes.buffer).write(digits, 'base64');
  return bytes;
}

/** `1.5`, `3.0`, `1e+300`: the shortest text that reads back as the same number, which Python and all others take. */
export function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  // From here on String() writes an exponent.
  const hasPoint = !Number.isInteger(value) || Math.abs(value) >= 1e21;
  return hasPoint ? String(value) : `${String(value)}.0`;
}
