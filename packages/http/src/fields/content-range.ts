import { HttpUsageError } from '../errors.ts';
import { SP } from '../protocol/octets.ts';
import { Cursor, DIGIT } from './cursor.ts';
import type { ByteSlice } from './range.ts';

/** The bytes `[start, end)` of a representation, of `size` bytes where that is known. */
export interface PartialRange extends ByteSlice {
  readonly size?: number;
}

/** No range of the representation, which has `size` bytes: with 416. */
export interface UnsatisfiedRange {
  readonly size: number;
}

/**
 * `Content-Range` (RFC 9110 14.4) in bytes: `bytes 0-499/1234`; the size may be `*`, unknown, and so may the range, unsatisfied, if not both.
 * `undefined` for all else: another unit, a range that is backward or beyond the size, a number beyond 2^53 − 1. Then the part must not
 * be joined with others.
 */
export function parseContentRange(value: string): PartialRange | UnsatisfiedRange | undefined {
  const cursor = new Cursor(value);
  if (cursor.token()?.toLowerCase() !== 'bytes' || !cursor.take(SP)) return undefined;
  const isUnsatisfied = cursor.take(STAR);
  const slice = isUnsatisfied ? undefined : readSlice(cursor);
  if (!cursor.take(SLASH)) return undefined;
  const size = cursor.take(STAR) ? undefined : Number(cursor.run(DIGIT) ?? NaN);
  if (!cursor.isAtEnd()) return undefined;
  if (isUnsatisfied) return size !== undefined && isCount(size) ? { size } : undefined;
  const range = slice && { ...slice, ...(size !== undefined && { size }) };
  return range && isPartial(range) ? range : undefined;
}

/**
 * `bytes 0-499/1234` for `{ start: 0, end: 500, size: 1234 }`; without `start` and `end` a `*` stands in their place, as 416 has it.
 *
 * @throws HttpUsageError `BAD_FIELD` for numbers that are no counts, an empty range, or one beyond the size.
 */
export function formatContentRange(range: PartialRange | UnsatisfiedRange): string {
  if ('start' in range) {
    if (!isPartial(range)) throw new HttpUsageError('BAD_FIELD', 'no range of bytes for Content-Range');
    return `bytes ${String(range.start)}-${String(range.end - 1)}/${String(range.size ?? '*')}`;
  }
  if (!isCount(range.size)) throw new HttpUsageError('BAD_FIELD', 'no size for Content-Range');
  return `bytes */${String(range.size)}`;
}

/** `first-pos "-" last-pos` */
function readSlice(cursor: Cursor): ByteSlice | undefined {
  const first = cursor.run(DIGIT);
  const last = cursor.take(DASH) ? cursor.run(DIGIT) : undefined;
  return first === undefined || last === undefined
    ? undefined
    : { start: Number(first), end: Number(last) + 1 };
}

function isPartial({ start, end, size = Number.MAX_SAFE_INTEGER }: PartialRange): boolean {
  return isCount(start) && isCount(end) && isCount(size) && start < end && end <= size;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

const STAR = 0x2a;
const DASH = 0x2d;
const SLASH = 0x2f;
