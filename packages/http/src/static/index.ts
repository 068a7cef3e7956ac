/**
 * Static files: `@wirestack/http/static`. In reading order:
 *
 * - `options.ts`   what can be set, and what a request has to have
 * - `static-files.ts`   the way of a request: from memory, or looked for, or refused
 * - `request-path.ts` `dotfiles.ts`   what a path may name; `find-file.ts` `open-file.ts` what is opened for it, inside the root
 * - `stored-file.ts` `identity.ts` `answer-cache.ts`   a version of a file, how it is told from others, and where it is kept
 * - `representation.ts` `file-fields.ts` `content-type.ts`   its answers; `siblings.ts` `compressor.ts` the same in other codings
 * - `plan.ts` `send.ts` `byte-ranges.ts` `held-bytes.ts`   conditions and ranges, and the bodies for them
 * - `listing.ts` `directory.ts` `listing-order.ts` `listing-page.ts` `listing-style.ts`   directories
 * - `fallback.ts` `plain-answers.ts`   what is not there; `turns.ts` few things at a time
 */
export { staticFiles } from './static-files.ts';
export type {
  CompressOptions,
  ListingOptions,
  StaticHandler,
  StaticOptions,
  StaticRequest,
} from './options.ts';
