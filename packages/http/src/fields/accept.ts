import { parseEach } from './list.ts';
import { parseMediaType, readEssence, type MediaType } from './media-type.ts';
import type { Parameters } from './parameters.ts';
import { byWeight, parseWeighted, readWeight, type Weighted } from './weighted.ts';

/** An element of `Accept`: a media type, or a range of them. */
export interface MediaRange {
  /** In lower case; `*` for any. */
  readonly type: string;
  /** In lower case; `*` for any. */
  readonly subtype: string;
  /** Parameters that the media type must have, without `q`. */
  readonly parameters: Parameters;
  /** 0 (never) to 1 (the default). */
  readonly q: number;
}

/**
 * The media ranges of `Accept` (RFC 9110 12.5.1), the best first, equals in the order they came in. `undefined` where one is
 * malformed, with the reason of `parseWeighted`.
 */
export function parseAccept(value: string): MediaRange[] | undefined {
  const ranges = parseEach(value, (cursor) => {
    const names = readEssence(cursor);
    if (names === undefined || (names.type === '*' && names.subtype !== '*')) return undefined;
    const weight = readWeight(cursor);
    return weight && { ...names, ...weight };
  });
  return ranges?.sort(byWeight);
}

/**
 * How much `Accept` wants a media type, 0 to 1: the weight of the most specific range that it matches (RFC 9110 12.5.1), 0 if it matches none.
 *
 * ```
 * Accept: text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed
 * text/plain;format=flowed 1   text/plain 0.7   text/html 0.3   image/jpeg 0
 * ```
 */
export function mediaTypeQuality(ranges: readonly MediaRange[], mediaType: MediaType): number {
  let best = -1;
  let q = 0;
  for (const range of ranges) {
    const specificity = specificityOf(range, mediaType);
    // Of two ranges that say the same thing the better weight counts: they come sorted.
    if (specificity > best) {
      best = specificity;
      q = range.q;
    }
  }
  return q;
}

/**
 * Which of the `offered` media types to send for this `Accept`: the one it wants most, of equals the one offered first. `undefined` if it
 * accepts none (406, or send the first all the same: 12.5.1 allows both). An `Accept` that is absent or malformed accepts all.
 */
export function negotiateMediaType(
  accept: string | undefined,
  offered: readonly string[],
): string | undefined {
  const ranges = accept === undefined ? undefined : parseAccept(accept);
  // An empty Accept says nothing, as an absent one.
  if (ranges === undefined || ranges.length === 0) return offered[0];
  return bestOf(offered, (one) => {
    const mediaType = parseMediaType(one);
    return mediaType === undefined ? 0 : mediaTypeQuality(ranges, mediaType);
  });
}

/**
 * Which of the `offered` content codings to use for this `Accept-Encoding` (RFC 9110 12.5.3): the one it wants most, of equals the one
 * offered first. `identity` is always among them, last; it is acceptable unless it is excluded by name or by `*;q=0`. `undefined` if nothing is
 * acceptable. A field that is absent or malformed answers `identity`: it allows any coding, and asks for none.
 */
export function negotiateEncoding(
  acceptEncoding: string | undefined,
  offered: readonly string[],
): string | undefined {
  const accepted = acceptEncoding === undefined ? undefined : parseWeighted(acceptEncoding);
  if (accepted === undefined) return 'identity';
  const find = (coding: string): Weighted | undefined =>
    accepted.find(({ value }) => (codingAliases.get(value) ?? value) === coding);
  const qualityOf = (coding: string): number | undefined => (find(coding) ?? find('*'))?.q;
  const best = bestOf(
    offered.filter((coding) => coding !== 'identity'),
    (coding) => qualityOf(coding) ?? 0,
  );
  const named = find('identity')?.q;
  // Without a word about it, identity is the way out, not a rival: `gzip;q=0.5` means gzip.
  const isPreferred = best === undefined || (named ?? 0) > (qualityOf(best) ?? 0);
  if (!isPreferred) return best;
  return (qualityOf('identity') ?? 1) > 0 ? 'identity' : undefined;
}

/**
 * Which of the `offered` language tags to send for this `Accept-Language`, by basic filtering (RFC 4647 3.3.1): `de` matches `de-CH`, and
 * of the ranges that match the longest counts. Of equals the one offered first. `undefined` if none is wanted: 12.5.4 advises to send some
 * language rather than 406. A field that is absent, malformed or empty accepts all.
 */
export function negotiateLanguage(
  acceptLanguage: string | undefined,
  offered: readonly string[],
): string | undefined {
  const ranges = acceptLanguage === undefined ? undefined : parseWeighted(acceptLanguage);
  if (ranges === undefined || ranges.length === 0) return offered[0];
  return bestOf(offered, (tag) => languageQuality(ranges, tag.toLowerCase()));
}

/** RFC 9110 8.4.1.3: `x-gzip` is `gzip`; and 8.4.1.1 says the same of `x-compress`. */
const codingAliases: ReadonlyMap<string, string> = new Map([
  ['x-gzip', 'gzip'],
  ['x-compress', 'compress'],
]);

function languageQuality(ranges: readonly Weighted[], tag: string): number {
  let longest = -1;
  let q = 0;
  for (const range of ranges) {
    const { value } = range;
    const isAny = value === '*';
    if (!isAny && tag !== value && !tag.startsWith(`${value}-`)) continue;
    const length = isAny ? 0 : value.length;
    if (length > longest) {
      longest = length;
      q = range.q;
    }
  }
  return q;
}

/** -1 where they do not match; the names count before the parameters, however many. */
function specificityOf(range: MediaRange, mediaType: MediaType): number {
  const isType = range.type === mediaType.type;
  const isSubtype = range.subtype === mediaType.subtype;
  if ((!isType && range.type !== '*') || (!isSubtype && range.subtype !== '*')) return -1;
  for (const [name, value] of range.parameters) {
    const found = mediaType.parameters.get(name);
    if (found === undefined) return -1;
    // A charset is a name in any case (RFC 9110 8.3.2); of other parameters only their definition knows.
    const isSame = name === 'charset' ? found.toLowerCase() === value.toLowerCase() : found === value;
    if (!isSame) return -1;
  }
  return (Number(isType) + Number(isSubtype)) * 65_536 + range.parameters.size;
}

function bestOf(offered: readonly string[], qualityOf: (one: string) => number): string | undefined {
  let best: string | undefined;
  let quality = 0;
  for (const one of offered) {
    const q = qualityOf(one);
    if (q > quality) {
      best = one;
      quality = q;
    }
  }
  return best;
}
