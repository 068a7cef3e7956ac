/**
 * `@wirestack/http`: HTTP/1.1.
 *
 * - `protocol/`   the protocol without I/O: also as `@wirestack/http/protocol`, for browsers and other transports
 * - `server/`   a server on it: also as `@wirestack/http/server`
 * - `headers.ts` `errors.ts`   what both speak
 */
export * from './protocol/index.ts';
export * from './server/index.ts';
