import { evaluatePreconditions, isRangeApplicable } from '../fields/preconditions.ts';
import { formatContentRange } from '../fields/content-range.ts';
import { parseRange, resolveRanges, type ByteSlice } from '../fields/range.ts';
import type { HttpResponse } from '../server/response.ts';
import type { StaticRequest } from './options.ts';
import { plainAnswer } from './plain-answers.ts';
import type { Representation } from './representation.ts';

/** What to answer: all of the representation, parts of it, or nothing of it. */
export type Plan = 'whole' | readonly ByteSlice[] | HttpResponse;

/** Conditions first, then ranges, in the order of RFC 9110 13.2.2. */
export function planFor(request: StaticRequest, representation: Representation, maxRanges: number): Plan {
  const { method, headers } = request;
  const ifNoneMatch = headers.get('if-none-match') ?? undefined;
  const isConditional =
    ifNoneMatch !== undefined ||
    isThere(headers.get('if-modified-since')) ||
    isThere(headers.get('if-match')) ||
    isThere(headers.get('if-unmodified-since'));
  if (isConditional) {
    // Nearly always it is the tag that was sent before: no need to take it apart.
    const isKnown =
      ifNoneMatch === representation.etagText &&
      !isThere(headers.get('if-match')) &&
      !isThere(headers.get('if-unmodified-since'));
    const verdict = isKnown ? 304 : evaluatePreconditions(method, headers, validatorsOf(representation));
    if (verdict === 304) return representation.notModified;
    if (verdict === 412) return plainAnswer(412);
  }
  const range = headers.get('range') ?? undefined;
  if (range === undefined || !isRangeApplicable(method, headers, validatorsOf(representation)))
    return 'whole';
  const wanted = parseRange(range, { maxRanges });
  if (wanted === undefined) return 'whole';
  const slices = resolveRanges(wanted.ranges, representation.size);
  if (slices !== 'unsatisfiable') return slices;
  return plainAnswer(416, [['Content-Range', formatContentRange({ size: representation.size })]]);
}

export function isPlanned(plan: Plan): plan is HttpResponse {
  return typeof plan === 'object' && 'status' in plan;
}

function validatorsOf({ etag, lastModified }: Representation): {
  etag: Representation['etag'];
  lastModified?: Date;
} {
  return lastModified === undefined ? { etag } : { etag, lastModified };
}

function isThere(value: string | null | undefined): boolean {
  return typeof value === 'string';
}
