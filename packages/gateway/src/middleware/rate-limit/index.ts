/**
 * Limits of requests: `@wirestack/gateway/rate-limit`. In reading order:
 *
 * - `rate-limit.ts`   the middleware
 * - `rate-limit-store.ts`   what keeps count, and the algorithm; `memory-store.ts` in this process, `redis-store.ts` for many
 * - `client-key.ts`   who is one client
 */
export { rateLimit, type RateLimitOptions } from './rate-limit.ts';
export type { Quota, RateLimitStore, Taken } from './rate-limit-store.ts';
export { memoryStore, type MemoryStoreOptions } from './memory-store.ts';
export { redisStore, type RedisStoreOptions, type SendCommand } from './redis-store.ts';
export { clientKey } from './client-key.ts';
