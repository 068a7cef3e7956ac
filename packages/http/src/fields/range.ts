import { HttpUsageError } from '../errors.ts';
import { Cursor, DIGIT, EQUALS } from './cursor.ts';
import { parseEach } from './list.ts';

/** From `first` on, up to and with `last` if there is one; or the last `suffix` bytes. Beyond 2^53 − 1 all numbers are that. */
export type ByteRange = { readonly first: number; readonly last?: number } | { readonly suffix: number };

/** The bytes `[start, end)` of a representation, as in `slice(start, end)`. */
export interface ByteSlice {
  readonly start: number;
  readonly end: number;
}

export interface RangeLimits {
  /** Above this the field is ignored. Default 100 (Apache 200, nginx no limit): no player or viewer asks for as many. */
  readonly maxRanges?: number;
}

export interface SliceOptions {
  /** Ranges with no more bytes than this between them are joined. Default 80: what a part's own head takes (RFC 9110 15.3.7.2). */
  readonly maxGapBytes?: number;
}

/**
 * `Range` (RFC 9110 14.2). `undefined` where it is to be ignored, and all of the representation sent: another unit than bytes, a
 * malformed or backward range (14.1.1), more ranges than the limit.
 *
 * @throws HttpUsageError `BAD_OPTION` for a limit that is no count.
 */
export function parseRange(
  value: string,
  { maxRanges = 100 }: RangeLimits = {},
): { unit: 'bytes'; ranges: ByteRange[] } | undefined {
  requireCount('maxRanges', maxRanges);
  const cursor = new Cursor(value);
  // Names of units have no case (14.1).
  if (cursor.token()?.toLowerCase() !== 'bytes' || !cursor.take(EQUALS)) return undefined;
  let count = 0;
  const ranges = parseEach(value.slice(cursor.at), (each) =>
    ++count > maxRanges ? undefined : readRange(each),
  );
  return ranges === undefined || ranges.length === 0 ? undefined : { unit: 'bytes', ranges };
}

/**
 * What to send of a representation of `size` bytes: slices that neither overlap nor touch, in the order of the request; one slice is a 206
 * with `Content-Range`, several are `multipart/byteranges`. `unsatisfiable` asks for 416; `whole` for all of it with 200, where there
 * is nothing
 * to take a range of: a `Content-Range` cannot name part of no bytes, and clients that ask for `bytes=0-` mean no harm.
 *
 * Ranges that overlap, in whatever order, are joined before anything is sent (RFC 9110 14.2, 15.3.7.2, 17.15): the slices together are
 * never more
 * than `size`, nor more than the ranges were. That is the answer to CVE-2011-3192 (many overlapping ranges, each a copy) and
 * CVE-2017-7529 (a suffix that overflows). Time: n log n in the ranges, which {@link parseRange} limits.
 *
 * @throws HttpUsageError `BAD_OPTION` for a size or option that is no count.
 */
export function resolveRanges(
  ranges: readonly ByteRange[],
  size: number,
  { maxGapBytes = 80 }: SliceOptions = {},
): ByteSlice[] | 'unsatisfiable' | 'whole' {
  requireCount('size', size);
  requireCount('maxGapBytes', maxGapBytes);
  if (size === 0) return 'whole';
  const slices: (ByteSlice & { place: number })[] = [];
  ranges.forEach((range, place) => {
    const slice = sliceOf(range, size);
    if (slice.start < slice.end) slices.push({ ...slice, place });
  });
  if (slices.length === 0) return 'unsatisfiable';
  slices.sort((one, other) => one.start - other.start);
  const joined: { start: number; end: number; place: number }[] = [];
  for (const slice of slices) {
    const last = joined.at(-1);
    if (last !== undefined && slice.start - last.end <= maxGapBytes) {
      last.end = Math.max(last.end, slice.end);
      last.place = Math.min(last.place, slice.place);
    } else joined.push({ ...slice });
  }
  return joined.sort((one, other) => one.place - other.place).map(({ start, end }) => ({ start, end }));
}

/** Empty, or `start` not below `end`, where the range is beyond the representation. */
function sliceOf(range: ByteRange, size: number): ByteSlice {
  if ('suffix' in range) return { start: Math.max(0, size - range.suffix), end: size };
  const { first, last = Infinity } = range;
  return { start: first, end: last >= size ? size : last + 1 };
}

/** `first "-" [ last ]`, or `"-" suffix`. */
function readRange(cursor: Cursor): ByteRange | undefined {
  const first = cursor.run(DIGIT);
  if (!cursor.take(DASH)) return undefined;
  const last = cursor.run(DIGIT);
  if (first === undefined) return last === undefined ? undefined : { suffix: saturated(last) };
  if (last === undefined) return { first: saturated(first) };
  return isBelow(last, first) ? undefined : { first: saturated(first), last: saturated(last) };
}

/** No representation is longer than 2^53 − 1 bytes here, so that a larger number means the same as that. */
function saturated(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/** Compares digits, however many, as numbers. */
function isBelow(one: string, other: string): boolean {
  const [a, b] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')];
  return a.length === b.length ? a < b : a.length < b.length;
}

function requireCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new HttpUsageError('BAD_OPTION', `${what} is ${String(value)}, expected a count`);
}

const DASH = 0x2d;
