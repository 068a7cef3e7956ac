/**
 * The values of header fields, as types: `parse…` reads what a peer sent and answers `undefined` where it is malformed, for that is what
 * RFC 9110 asks of recipients (where a file says so, something safer); `format…` writes, and throws `HttpUsageError` `BAD_FIELD` for what
 * cannot be written. No I/O, no state; runs anywhere. Values are text of one character an octet, as `HeaderFields` gives them.
 * In reading order:
 *
 * - `cursor.ts` `list.ts` `quoted-string.ts` `parameters.ts`   what the others are made of (RFC 9110 5.6)
 * - `date.ts`   `Date`, `Last-Modified`, `Expires`
 * - `media-type.ts` `compressible.ts`   `Content-Type`, and whether a coding is worth its while
 * - `weighted.ts` `accept.ts`   `Accept`, `Accept-Encoding`, `Accept-Language`, `TE`, and what to choose for them
 * - `entity-tag.ts` `preconditions.ts`   `ETag`, `If-Match` and the rest, and what they decide
 * - `range.ts` `content-range.ts`   `Range`, `Content-Range`
 * - `cache-control.ts`   `Cache-Control`
 * - `content-disposition.ts` `extended-value.ts`   `Content-Disposition` with names in any script
 * - `cookies.ts`   `Cookie`
 * - `forwarded.ts` `forwarded-node.ts` `ip-address.ts`   `Forwarded`, `X-Forwarded-For`
 * - `structured/`   Lists, Dictionaries and Items of RFC 9651, which newer fields are made of
 */
export { formatList, parseList } from './list.ts';
export { formatQuotedString, parseQuotedString } from './quoted-string.ts';
export { formatParameters, parseParameters, type ParameterList, type Parameters } from './parameters.ts';
export { formatHttpDate, parseHttpDate } from './date.ts';
export { isCompressible } from './compressible.ts';
export { formatMediaType, parseMediaType, type MediaType } from './media-type.ts';
export { parseWeighted, type Weighted } from './weighted.ts';
export {
  mediaTypeQuality,
  negotiateEncoding,
  negotiateLanguage,
  negotiateMediaType,
  parseAccept,
  type MediaRange,
} from './accept.ts';
export {
  formatEntityTag,
  isStrongMatch,
  isWeakMatch,
  parseEntityTag,
  parseIfMatch,
  parseIfRange,
  type EntityTag,
} from './entity-tag.ts';
export {
  evaluatePreconditions,
  isRangeApplicable,
  type RequestFields,
  type Validators,
} from './preconditions.ts';
export {
  parseRange,
  resolveRanges,
  type ByteRange,
  type ByteSlice,
  type RangeLimits,
  type SliceOptions,
} from './range.ts';
export {
  formatContentRange,
  parseContentRange,
  type PartialRange,
  type UnsatisfiedRange,
} from './content-range.ts';
export { formatCacheControl, parseCacheControl, type CacheControl } from './cache-control.ts';
export {
  formatContentDisposition,
  parseContentDisposition,
  type ContentDisposition,
} from './content-disposition.ts';
export { formatExtendedValue, parseExtendedValue } from './extended-value.ts';
export { formatCookies, parseCookies } from './cookies.ts';
export {
  formatForwarded,
  parseForwarded,
  parseXForwardedFor,
  type ForwardedElement,
  type WritableElement,
} from './forwarded.ts';
export {
  formatForwardedNode,
  parseForwardedNode,
  type AddressNode,
  type ForwardedNode,
  type ObfuscatedNode,
  type UnknownNode,
} from './forwarded-node.ts';
export { parseStructuredDictionary, parseStructuredItem, parseStructuredList } from './structured/parser.ts';
export {
  formatStructuredDictionary,
  formatStructuredItem,
  formatStructuredList,
} from './structured/serializer.ts';
export type {
  BareItem,
  InnerList,
  Item,
  ItemParameters,
  Member,
  WritableItem,
  WritableMember,
} from './structured/values.ts';
export { HttpUsageError } from '../errors.ts';
