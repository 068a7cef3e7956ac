import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application, Environ } from '@wirestack/gateway';
import {
  clientKey,
  memoryStore,
  rateLimit,
  redisStore,
  type RateLimitOptions,
  type RateLimitStore,
  type SendCommand,
} from '../../src/middleware/rate-limit/index.ts';
import { setupTestingDefaults } from '../../src/testing-defaults.ts';
import { validator } from '../../src/validator/validator.ts';
import { ask, serving, turn } from '../peer.ts';
import { call, saying, type Called } from './called.ts';

/** A clock that stands still. */
class Clock {
  nowMs = 1_000_000;
  readonly read = (): number => this.nowMs;
}

function limited(options: Partial<RateLimitOptions>, app: Application = saying('ok')) {
  const clock = new Clock();
  const wrapped = validator(
    rateLimit({ limit: 3, windowMs: 3000, clock: clock.read, ...options })(validator(app)),
  );
  const ask = (environ: Partial<Environ> = {}): Promise<Called> => call(wrapped, environ);
  const statuses = async (count: number, environ: Partial<Environ> = {}): Promise<number[]> => {
    const seen = [];
    for (let round = 0; round < count; round++) seen.push((await ask(environ)).status);
    return seen;
  };
  return { clock, ask, statuses };
}

describe('a client', () => {
  it('has its limit at once, and then one an interval', async () => {
    const { clock, statuses } = limited({});
    expect(await statuses(5)).toEqual([200, 200, 200, 429, 429]);
    clock.nowMs += 999;
    expect(await statuses(1)).toEqual([429]);
    clock.nowMs += 1;
    expect(await statuses(2)).toEqual([200, 429]);
    clock.nowMs += 2000;
    expect(await statuses(3)).toEqual([200, 200, 429]);
    clock.nowMs += 1_000_000;
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  it('is told how it stands', async () => {
    const { clock, ask } = limited({});
    const stands = async (): Promise<(string | undefined)[]> => {
      const reply = await ask();
      return [reply.header('ratelimit'), reply.header('retry-after')];
    };
    expect((await ask()).headers).toEqual([
      ['Content-Type', 'text/plain'],
      ['RateLimit-Policy', '"default";q=3;w=3'],
      ['RateLimit', '"default";r=2;t=1'],
    ]);
    expect(await stands()).toEqual(['"default";r=1;t=2', undefined]);
    expect(await stands()).toEqual(['"default";r=0;t=3', undefined]);
    expect(await stands()).toEqual(['"default";r=0;t=3', '1']);
    clock.nowMs += 1500;
    expect(await stands()).toEqual(['"default";r=0;t=3', undefined]);
  });

  it('does not reach the application above it', async () => {
    let calls = 0;
    const { statuses } = limited({}, (_environ, startResponse) => {
      calls++;
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [];
    });
    await statuses(10);
    expect(calls).toBe(3);
  });

  it('is one address of IPv4, or 64 bits of IPv6', async () => {
    const { statuses } = limited({ limit: 1 });
    expect(await statuses(2, { REMOTE_ADDR: '192.0.2.1' })).toEqual([200, 429]);
    expect(await statuses(2, { REMOTE_ADDR: '192.0.2.2' })).toEqual([200, 429]);
    expect(await statuses(1, { REMOTE_ADDR: '2001:db8::1' })).toEqual([200]);
    expect(await statuses(1, { REMOTE_ADDR: '2001:db8::ffff:1' })).toEqual([429]);
    expect(await statuses(1, { REMOTE_ADDR: '2001:db8:0:1::1' })).toEqual([200]);
  });

  it('may be somebody else, or not be counted', async () => {
    const { statuses } = limited({ limit: 1, key: (environ) => environ['HTTP_X_KEY'] });
    expect(await statuses(2, { HTTP_X_KEY: 'a' })).toEqual([200, 429]);
    expect(await statuses(1, { HTTP_X_KEY: 'b' })).toEqual([200]);
    expect(await statuses(3)).toEqual([200, 200, 200]);
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::', '0:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:DB8:0:00ff::1', '2001:db8:0:ff::/64'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
  ['1:2:3::7:8', '1:2:3:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['unix:', 'unix:'],
  ['1:2:3:4:5:6:7', '1:2:3:4:5:6:7'],
  ['1:2:3:4:5:6:7:8::', '1:2:3:4:5:6:7:8::'],
  ['1::2::3', '1::2::3'],
  ['1::g', '1::g'],
  ['12345::', '12345::'],
  ['', ''],
])('%j is %j', (REMOTE_ADDR, key) => {
  expect(clientKey({ REMOTE_ADDR })).toBe(key);
});

it('an error page is counted and told once', async () => {
  const { ask } = limited({}, (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    startResponse('500 Oh No', [['Content-Type', 'text/plain']], new Error('late'));
    return ['sorry'];
  });
  const reply = await ask();
  expect(reply.status).toBe(500);
  expect(reply.all('ratelimit')).toEqual(['"default";r=2;t=1']);
});

it('two limits stand side by side', async () => {
  const inner = rateLimit({ limit: 5, windowMs: 60_000, name: 'minute' })(saying('ok'));
  const reply = await call(rateLimit({ limit: 2, windowMs: 1000, name: 'second' })(inner));
  expect(reply.all('ratelimit-policy')).toEqual(['"minute";q=5;w=60', '"second";q=2;w=1']);
});

it('limits of other names in one store do not meet', async () => {
  const store = memoryStore();
  const one = rateLimit({ limit: 1, windowMs: 60_000, name: 'a', store })(saying('ok'));
  const other = rateLimit({ limit: 1, windowMs: 60_000, name: 'b', store })(saying('ok'));
  const statuses = [];
  for (const app of [one, one, other, other]) statuses.push((await call(app)).status);
  expect(statuses).toEqual([200, 429, 200, 429]);
});

it('says nothing of limits where it is not to', async () => {
  const { ask } = limited({ headers: false, limit: 1 });
  expect((await ask()).headers).toEqual([['Content-Type', 'text/plain']]);
  expect((await ask()).headers).toEqual([
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Retry-After', '3'],
  ]);
});

it('an application that answers at once still does', () => {
  const app = rateLimit({ limit: 1, windowMs: 1000 })(saying('ok'));
  const start = () => () => Promise.resolve();
  expect(app(setupTestingDefaults(), start)).toEqual(['ok']);
  expect(app(setupTestingDefaults(), start)).toEqual(['429 Too Many Requests\n']);
});

describe('a store that fails', () => {
  const failing: [string, RateLimitStore['take']][] = [
    [
      'throws',
      () => {
        throw new Error('gone');
      },
    ],
    ['rejects', () => Promise.reject(new Error('gone'))],
    ['never answers', () => new Promise(() => undefined)],
  ];

  it.each(failing)('and %s lets all in, and somebody knows', async (_what, take) => {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const { ask } = limited({ store: { take }, storeTimeoutMs: 1, onError });
    const reply = await ask();
    expect([reply.status, reply.header('ratelimit')]).toEqual([200, undefined]);
    expect(errors).toHaveLength(1);
    expect(String(errors[0])).toMatch(/gone|longer than 1 ms/);
  });

  it.each(failing)('and %s may keep all out', async (_what, take) => {
    let complaint = '';
    const { ask } = limited({ store: { take }, storeTimeoutMs: 1, onStoreError: 'deny' });
    const reply = await ask({
      'wsgi.errors': { write: (text) => (complaint += text), flush: () => undefined },
    });
    expect(reply.status).toBe(503);
    expect(complaint).toMatch(/^rateLimit default: Error: .*\n$/);
  });

  it('is not blamed for the application', async () => {
    const errors: unknown[] = [];
    const store = {
      take: () => Promise.resolve({ isAllowed: true, remaining: 1, retryAfterMs: 0, resetMs: 0 }),
    };
    const app: Application = () => {
      throw new Error('of the application');
    };
    const { ask } = limited({ store, onError: (error) => void errors.push(error) }, app);
    await expect(ask()).rejects.toThrow('of the application');
    expect(errors).toEqual([]);
  });
});

describe('memoryStore', () => {
  const quota = { limit: 1, windowMs: 1000 };
  const isAllowed = (store: RateLimitStore, key: string, nowMs: number): boolean =>
    (store.take(key, quota, nowMs) as { isAllowed: boolean }).isAllowed;

  it('forgets what was not seen for longest, and no more than it must', () => {
    const store = memoryStore({ maxKeys: 2 });
    expect(isAllowed(store, 'a', 0)).toBe(true);
    expect(isAllowed(store, 'b', 0)).toBe(true);
    expect(isAllowed(store, 'a', 0)).toBe(false);
    expect(isAllowed(store, 'c', 0)).toBe(true);
    expect(isAllowed(store, 'a', 0)).toBe(false);
    expect(isAllowed(store, 'b', 0)).toBe(true);
  });

  it('never lets in more than the model of a bucket', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat({ max: 700 })), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (asked, limit) => {
        const store = memoryStore();
        const windowMs = 1000;
        const buckets = new Map<string, { tokens: number; at: number }>();
        let now = 0;
        for (const [key, pauseMs] of asked) {
          now += pauseMs;
          const bucket = buckets.get(key) ?? { tokens: limit, at: now };
          const tokens = Math.min(limit, bucket.tokens + ((now - bucket.at) * limit) / windowMs);
          const isIn = tokens >= 1 - 1e-6;
          buckets.set(key, { tokens: isIn ? tokens - 1 : tokens, at: now });
          const taken = store.take(key, { limit, windowMs }, now) as Awaited<ReturnType<typeof store.take>>;
          expect(taken.isAllowed).toBe(isIn);
          expect(taken.remaining).toBe(Math.max(0, Math.floor((isIn ? tokens - 1 : tokens) + 1e-3)));
        }
      }),
    );
  });

  it.each([0, 1.5, -1])('refuses %d keys', (maxKeys) => {
    expect(() => memoryStore({ maxKeys })).toThrow(TypeError);
  });
});

it.each([
  [{ limit: 0 }],
  [{ limit: 1.5 }],
  [{ windowMs: 0 }],
  [{ windowMs: Infinity }],
  [{ name: 'a b' }],
  [{ name: '"' }],
  [{ storeTimeoutMs: 0 }],
  [{ onStoreError: 'panic' as never }],
])('%j is refused', (options) => {
  expect(() => rateLimit({ limit: 1, windowMs: 1000, ...options })).toThrow(TypeError);
});

it('over a wire the third of two gets 429', async () => {
  const { address } = await serving(rateLimit({ limit: 2, windowMs: 60_000 })(saying('ok')));
  const replies = [await ask(address, 'GET /'), await ask(address, 'GET /'), await ask(address, 'GET /')];
  expect(replies.map(({ statusLine }) => statusLine)).toEqual([
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200 OK',
    'HTTP/1.1 429 Too Many Requests',
  ]);
  expect(replies[2]?.header('retry-after')).toBe('30');
});

describe('redisStore', () => {
  it('sends the name of its script, and the script where it is not known', async () => {
    const commands: string[][] = [];
    const send: SendCommand = (command) => {
      commands.push(command);
      if (command[0] === 'EVALSHA') return Promise.reject(new Error('NOSCRIPT No matching script.'));
      return Promise.resolve(['1', 0, 20_000_000]);
    };
    const taken = await redisStore(send, { prefix: 'p:' }).take('k', { limit: 3, windowMs: 60_000 }, 0);
    expect(taken).toEqual({ isAllowed: true, remaining: 2, retryAfterMs: 0, resetMs: 20_000 });
    expect(commands.map(([name]) => name)).toEqual(['EVALSHA', 'EVAL']);
    for (const command of commands) expect(command.slice(2)).toEqual(['1', 'p:k', '20000000', '60000000']);
  });

  it.each([[null], ['OK'], [[1]], [[1, 0, 'x']]])(
    'an answer of something else is an error: %j',
    async (reply) => {
      const store = redisStore(() => Promise.resolve(reply));
      await expect(store.take('k', { limit: 3, windowMs: 60_000 }, 0)).rejects.toThrow('something else');
    },
  );

  it('other errors are errors', async () => {
    const store = redisStore(() => Promise.reject(new Error('LOADING')));
    await expect(store.take('k', { limit: 3, windowMs: 60_000 }, 0)).rejects.toThrow('LOADING');
  });
});

describe('redisStore, with Redis', () => {
  let directory: string;
  let stop: () => Promise<void>;
  let send: SendCommand;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gateway-redis-'));
    const path = join(directory, 'redis.sock');
    const args = [
      '--port',
      '0',
      '--unixsocket',
      path,
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      directory,
    ];
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    stop = async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    };
    let said = '';
    for await (const chunk of child.stdout) {
      said += String(chunk);
      if (/ready to accept connections/i.test(said)) break;
    }
    send = await redisClient(path);
  });

  afterAll(async () => {
    await stop();
    await rm(directory, { recursive: true });
  });

  it('counts as the memory does, whoever asks', async () => {
    const quota = { limit: 3, windowMs: 3_600_000 };
    const stores = [redisStore(send), redisStore(send)];
    const seen = [];
    for (let round = 0; round < 4; round++) {
      const { isAllowed, remaining, retryAfterMs, resetMs } = await stores[round % 2]!.take(
        'count',
        quota,
        0,
      );
      // To the minute: the hour's third is twenty of them.
      seen.push([isAllowed, remaining, Math.ceil(retryAfterMs / 60_000), Math.ceil(resetMs / 60_000)]);
    }
    expect(seen).toEqual([
      [true, 2, 0, 20],
      [true, 1, 0, 40],
      [true, 0, 0, 60],
      [false, 0, 20, 60],
    ]);
  });

  it('lets in as many as there are, of all at once', async () => {
    const store = redisStore(send);
    const all = await Promise.all(
      Array.from({ length: 50 }, async () => store.take('rush', { limit: 7, windowMs: 3_600_000 }, 0)),
    );
    expect(all.filter(({ isAllowed }) => isAllowed)).toHaveLength(7);
  });

  it('gives back what time brings, and its keys go by themselves', async () => {
    const store = redisStore(send, { prefix: 'short:' });
    const quota = { limit: 1, windowMs: 20 };
    expect((await store.take('k', quota, 0)).isAllowed).toBe(true);
    while ((await send(['EXISTS', 'short:k'])) === 1) await turn();
    expect((await store.take('k', quota, 0)).isAllowed).toBe(true);
  });

  it('finds its script again after it was lost', async () => {
    const store = redisStore(send);
    const quota = { limit: 2, windowMs: 3_600_000 };
    expect((await store.take('flush', quota, 0)).remaining).toBe(1);
    await send(['SCRIPT', 'FLUSH']);
    expect((await store.take('flush', quota, 0)).remaining).toBe(0);
  });

  it('limits an application', async () => {
    const { statuses } = limited({ store: redisStore(send), name: 'site', windowMs: 3_600_000 });
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  it('lets all in when Redis is gone', async () => {
    const errors: unknown[] = [];
    const lost: SendCommand = () => Promise.reject(new Error('ECONNREFUSED'));
    const { statuses } = limited({ store: redisStore(lost), onError: (error) => void errors.push(error) });
    expect(await statuses(4)).toEqual([200, 200, 200, 200]);
    expect(errors).toHaveLength(4);
  });
});

/** As much of RESP as the script's answers need. */
async function redisClient(path: string): Promise<SendCommand> {
  const socket: Socket = connect(path);
  await once(socket, 'connect');
  socket.unref();
  const waiting: ((reply: unknown) => void)[] = [];
  let buffered = '';
  socket.on('data', (bytes) => {
    buffered += bytes.toString();
    for (let found = readReply(buffered); found !== undefined; found = readReply(buffered)) {
      buffered = buffered.slice(found.length);
      waiting.shift()?.(found.value);
    }
  });
  return (command) =>
    new Promise((resolve, reject) => {
      waiting.push((reply) => {
        if (reply instanceof Error) reject(reply);
        else resolve(reply);
      });
      const parts = command.map((part) => `$${String(Buffer.byteLength(part))}\r\n${part}\r\n`);
      socket.write(`*${String(command.length)}\r\n${parts.join('')}`);
    });
}

/** `+OK`, `-ERR …`, `:1`, `*2` of those. */
function readReply(text: string): { value: unknown; length: number } | undefined {
  const end = text.indexOf('\r\n');
  if (end < 0) return undefined;
  const rest = text.slice(1, end);
  let length = end + 2;
  if (text.startsWith('-')) return { value: new Error(rest), length };
  if (text.startsWith(':')) return { value: Number(rest), length };
  if (text.startsWith('+')) return { value: rest, length };
  const items: unknown[] = [];
  for (let count = 0; count < Number(rest); count++) {
    const item = readReply(text.slice(length));
    if (item === undefined) return undefined;
    items.push(item.value);
    length += item.length;
  }
  return { value: items, length };
}
