/**
 * `@wirestack/gateway/fetch`: programs of the fetch standard as applications, and applications as such programs. Runs anywhere. In reading order:
 *
 * - `from-fetch.ts`   a handler of `Request` and `Response` as an application: Hono, itty-router, whatever has `fetch(request)`
 * - `lazy-request.ts` `lazy-headers.ts` `request-url.ts` `input-body.ts`   its request, made of the environ as far as it is asked for
 * - `response-body.ts` `response-source.ts` `light-response.ts` `light-globals.ts`   its response, and one that costs little, for those who want it
 * - `to-fetch.ts` `request-environ.ts`   the other way: an application for Bun, Deno, Workers, Next
 */
export { fromFetch, type FetchContext, type FetchHandler } from './from-fetch.ts';
export { installLightGlobals } from './light-globals.ts';
export { toFetch, type FetchApplication, type ToFetchOptions } from './to-fetch.ts';
