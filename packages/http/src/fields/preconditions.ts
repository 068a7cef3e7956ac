import { parseHttpDate } from './date.ts';
import { isStrongMatch, isWeakMatch, parseIfMatch, parseIfRange, type EntityTag } from './entity-tag.ts';

/** The fields of a request: `HeaderFields`, or the `Headers` of the web. */
export interface RequestFields {
  get(name: string): string | null | undefined;
}

/** What is known of the representation that the request is about. */
export interface Validators {
  readonly etag?: EntityTag;
  /** Fractions of a second are dropped, as in `Last-Modified`. */
  readonly lastModified?: Date;
}

/**
 * What the preconditions of a request ask an origin server for, in the order of RFC 9110 13.2.2: to `proceed`, or to answer 304 or 412
 * instead. Call
 * it when the answer would be 2xx without them (13.2.1); `Range` comes after it ({@link isRangeApplicable}).
 *
 * A date that is malformed is ignored, and so is one for a representation without a date (13.1.3, 13.1.4). Of entity tags the RFC does
 * not say
 * it: an `If-Match` that is malformed holds for nothing, 412, for to ignore it could lose an update; an `If-None-Match` matches nothing
 * with GET and HEAD, and answers 412 to all else.
 *
 * @param method As it was sent. Conditions do not apply to CONNECT, OPTIONS and TRACE (13.2.1).
 * @param current `undefined` where there is no representation yet: `If-None-Match: *` is true then, `If-Match` never.
 */
export function evaluatePreconditions(
  method: string,
  fields: RequestFields,
  current: Validators | undefined,
): 'proceed' | 304 | 412 {
  if (method === 'CONNECT' || method === 'OPTIONS' || method === 'TRACE') return 'proceed';
  const isRead = method === 'GET' || method === 'HEAD';
  const ifMatch = fields.get('if-match') ?? undefined;
  const ifNoneMatch = fields.get('if-none-match') ?? undefined;

  if (ifMatch !== undefined) {
    if (!matchesAny(ifMatch, current, isStrongMatch)) return 412;
  } else if (compareDate(fields.get('if-unmodified-since'), current) === 'modified') return 412;

  if (ifNoneMatch !== undefined) {
    const matches = matchesAny(ifNoneMatch, current, isWeakMatch);
    if (isRead) return matches === true ? 304 : 'proceed';
    return matches === false ? 'proceed' : 412;
  }
  if (isRead && compareDate(fields.get('if-modified-since'), current) === 'unmodified') return 304;
  return 'proceed';
}

/**
 * Whether `Range` counts (RFC 9110 13.1.5, 13.2.2 step 5): there is no `If-Range`, or it names the current representation. Tags are
 * compared strongly. A date must be exactly the current one; that it is a strong validator is the client's to know (8.8.2.2).
 * A malformed `If-Range` names nothing: then all is sent. Only GET has ranges (14.2).
 */
export function isRangeApplicable(method: string, fields: RequestFields, current: Validators): boolean {
  if (method !== 'GET') return false;
  const value = fields.get('if-range') ?? undefined;
  if (value === undefined) return true;
  const validator = parseIfRange(value);
  if (validator === undefined) return false;
  if (validator instanceof Date) return secondOf(current.lastModified) === secondOf(validator);
  return current.etag !== undefined && isStrongMatch(validator, current.etag);
}

/** `undefined` where the field is malformed. */
function matchesAny(
  value: string,
  current: Validators | undefined,
  isMatch: (one: EntityTag, other: EntityTag) => boolean,
): boolean | undefined {
  const wanted = parseIfMatch(value);
  if (wanted === undefined) return undefined;
  if (wanted === '*') return current !== undefined;
  const etag = current?.etag;
  return etag !== undefined && wanted.some((tag) => isMatch(tag, etag));
}

/** `undefined` where either date is not there. */
function compareDate(
  value: string | null | undefined,
  current: Validators | undefined,
): 'modified' | 'unmodified' | undefined {
  const since = secondOf(typeof value === 'string' ? parseHttpDate(value) : undefined);
  const lastModified = secondOf(current?.lastModified);
  if (since === undefined || lastModified === undefined) return undefined;
  return lastModified > since ? 'modified' : 'unmodified';
}

function secondOf(date: Date | undefined): number | undefined {
  const second = date && Math.floor(date.getTime() / 1000);
  return Number.isNaN(second) ? undefined : second;
}
