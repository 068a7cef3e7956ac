import { parseHttpDate } from '../../fields/date.ts';

/**
 * Milliseconds that `Retry-After` (RFC 9110 10.2.3) asks to wait: seconds, or a date; 0 for one that is past. `undefined` where there is none, or it is malformed.
 *
 * @param now Milliseconds since 1970.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = parseHttpDate(value, now);
  return date === undefined ? undefined : Math.max(0, date.getTime() - now);
}
