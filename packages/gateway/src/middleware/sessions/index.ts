/**
 * Sessions: `@wirestack/gateway/sessions`. In reading order:
 *
 * - `sessions.ts`   the middleware, and when what is kept
 * - `session.ts`   what an application gets
 * - `session-cookie.ts` `seal.ts`   the cookie, and how it is known to be ours
 * - `session-store.ts`   where data is that is not in the cookie
 * - `session-error.ts`   what an application can do wrong
 */
export { sessions, sessionOf, type SessionsOptions } from './sessions.ts';
export type { Session } from './session.ts';
export type { SessionCookieOptions } from './session-cookie.ts';
export { memoryStore, type MemoryStoreOptions, type SessionStore } from './session-store.ts';
export { SessionError, type SessionErrorCode } from './session-error.ts';
