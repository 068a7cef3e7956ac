// Synchronous, once: the name of the script has to be known before the first request.
import { createHash } from 'node:crypto';
import { takenOf, type Quota, type RateLimitStore, type Taken } from './rate-limit-store.ts';

/** Sends one command, and resolves to its reply: `(command) => client.sendCommand(command)` of node-redis, `([name, ...rest]) => client.call(name, ...rest)` of ioredis. */
export type SendCommand = (command: string[]) => Promise<unknown>;

export interface RedisStoreOptions {
  /** Before the keys. Default `ratelimit:`. */
  readonly prefix?: string;
}

/**
 * Counts in Redis (or Valkey), for any number of processes: one script a request, which Redis runs as one step, by its own clock, so that those of the hosts may differ. A
 * key goes by itself when its quota is whole again.
 *
 * @param send rejects with Redis's error, its message first: `NOSCRIPT …` is answered by sending the script itself.
 */
export function redisStore(
  send: SendCommand,
  { prefix = 'ratelimit:' }: RedisStoreOptions = {},
): RateLimitStore {
  return {
    take: async (key, quota) => {
      const { limit, windowMs } = quota;
      const rest = ['1', prefix + key, String((windowMs * 1000) / limit), String(windowMs * 1000)];
      let reply;
      try {
        reply = await send(['EVALSHA', digest, ...rest]);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        reply = await send(['EVAL', script, ...rest]);
      }
      return readReply(reply, quota);
    },
  };
}

function readReply(reply: unknown, quota: Quota): Taken {
  const [isAllowed, waitUs, aheadUs] = Array.isArray(reply) ? reply.map(Number) : [];
  if (isAllowed === undefined || waitUs === undefined || aheadUs === undefined || Number.isNaN(aheadUs))
    throw new Error('Redis answered something else than the script does');
  return takenOf(isAllowed === 1, waitUs / 1000, aheadUs / 1000, quota);
}

/** `takeOne` in microseconds. A number is written by `%.0f`: Lua's own way keeps 14 digits of the 16. */
const script = `local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = before + interval
local wait = after - window - now
if wait > 1 then return {0, math.ceil(wait), math.ceil(before - now)} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, 0, math.floor(after - now)}`;

const digest = createHash('sha1').update(script).digest('hex');
