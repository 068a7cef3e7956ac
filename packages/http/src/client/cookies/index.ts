/**
 * `@wirestack/http/cookies`: cookies for the client, apart from it because of the list of public suffixes that they need. In reading order:
 *
 * - `cookies.ts`   the interceptor
 * - `cookie-jar.ts`   what may be set, and what is sent where
 * - `set-cookie.ts` `cookie-date.ts`   what a server says
 * - `cookie-scope.ts`   domains, paths, public suffixes
 * - `cookie-store.ts` `cookie-json.ts`   what is kept, and for how long
 */
export { cookies } from './cookies.ts';
export { CookieJar, type CookieJarOptions } from './cookie-jar.ts';
export type { Cookie } from './cookie-store.ts';
export type { SameSite } from './set-cookie.ts';
