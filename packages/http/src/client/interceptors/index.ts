/**
 * What stands between a caller and the wire, each by itself and none that knows of another. In reading order:
 *
 * - `compose.ts`   several as one
 * - `redirects.ts` `redirected-request.ts`   3xx
 * - `retries.ts` `retry-after.ts` `waiting.ts`   what may pass the second time
 * - `decompression.ts` `content-codings.ts` `decoded-body.ts`   Content-Encoding
 * - `basic-auth.ts` `bearer-auth.ts` `digest-auth.ts` `digest-response.ts` `challenges.ts` `credential-origins.ts`   who the caller is, and who may know
 * - `status-errors.ts` `observe.ts`   4xx and 5xx as errors; logs
 * - `replay.ts` `leave-behind.ts`   what those share that ask again
 *
 * Cookies are in `../cookies/`, for they bring a list of all public suffixes.
 */
export { compose } from './compose.ts';
export { redirects, type RedirectOptions } from './redirects.ts';
export { retries, type Retry, type RetryOptions } from './retries.ts';
export type { WaitClock } from './waiting.ts';
export { decompression, type DecompressionOptions } from './decompression.ts';
export type { ContentCoding } from './content-codings.ts';
export { basicAuth } from './basic-auth.ts';
export { bearerAuth } from './bearer-auth.ts';
export { digestAuth, type DigestOptions } from './digest-auth.ts';
export type { DigestAlgorithm } from './digest-response.ts';
export type { CredentialOptions } from './credential-origins.ts';
export { parseChallenges, type Challenge } from './challenges.ts';
export { HttpStatusError, statusErrors } from './status-errors.ts';
export { observe, type ClientObserver } from './observe.ts';
