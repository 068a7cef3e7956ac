import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  framed,
  resp,
  RespAttributed,
  RespBigNumber,
  respCommand,
  RespDouble,
  RespError,
  RespMap,
  RespNull,
  RespPush,
  RespSet,
  RespVerbatim,
  type RespValue,
} from '@wirestack/framing';
import { serve } from '@wirestack/socket';
import fc from 'fast-check';
import { output } from '../support/program.ts';
import { RedisClient, RedisServer } from './redis-server.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server[Symbol.asyncDispose]());

/** A client of this test. At its end, what redis sent must be what the codec makes of the frames. */
async function client(version: 2 | 3): Promise<RedisClient> {
  const opened = await RedisClient.connect(server, version);
  onTestFinished(async () => {
    await opened[Symbol.asyncDispose]();
    const { received, encodedAgain } = opened.bytes();
    expect(encodedAgain.equals(received)).toBe(true);
  });
  return opened;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe.each([2, 3] as const)('redis-server, RESP%i', (version) => {
  test('answers strings, integers and nulls', async () => {
    const redis = await client(version);
    expect(await redis.ask('PING')).toBe('PONG');
    expect(await redis.ask('SET', 'text', 'déjà vu')).toBe('OK');
    expect(await redis.ask('GET', 'text')).toEqual(bytes('déjà vu'));
    expect(await redis.ask('GET', 'nothing')).toBeNull();
    expect(await redis.ask('SET', 'empty', '')).toBe('OK');
    expect(await redis.ask('GET', 'empty')).toEqual(new Uint8Array(0));
    expect(await redis.ask('STRLEN', 'text')).toBe(9);
    expect(await redis.ask('MGET', 'text', 'nothing')).toEqual([bytes('déjà vu'), null]);
  });

  test('counts to the last of 64 bits', async () => {
    const redis = await client(version);
    await redis.ask('SET', 'n', 2n ** 63n - 2n);
    expect(await redis.ask('INCR', 'n')).toBe(2n ** 63n - 1n);
    expect(await redis.ask('INCR', 'n')).toMatchObject({ code: 'ERR' });
    await redis.ask('SET', 'n', -(2n ** 63n) + 1n);
    expect(await redis.ask('DECR', 'n')).toBe(-(2n ** 63n));
    await redis.ask('SET', 'n', 2n ** 53n - 1n);
    expect([await redis.ask('INCRBY', 'n', 0), await redis.ask('INCR', 'n')]).toEqual([
      2 ** 53 - 1,
      2n ** 53n,
    ]);
  });

  test('gives back any bytes, in a pipeline of a thousand', async () => {
    const redis = await client(version);
    const words = fc.sample(fc.uint8Array({ maxLength: 300 }), { numRuns: 1000, seed: 11 });
    await redis.send(words.map((word) => respCommand('ECHO', word)));
    for (const word of words) expect(await redis.next()).toEqual(word);
  });

  test('gives back 20 MB', async () => {
    const redis = await client(version);
    const large = new Uint8Array(20_000_000).fill(0x0d);
    await redis.ask('SET', 'large', large);
    const back = await redis.ask('GET', 'large');
    expect(Buffer.from(large).equals(back as Uint8Array)).toBe(true);
  });

  test('answers a pipeline of 20,000 commands in order', async () => {
    const redis = await client(version);
    await redis.ask('DEL', 'count');
    await redis.send(
      Array.from({ length: 20_000 }, (_, i) => respCommand(...(i % 2 === 0 ? ['INCR', 'count'] : ['PING']))),
    );
    for (let i = 0; i < 20_000; i++) expect(await redis.next()).toBe(i % 2 === 0 ? 1 + i / 2 : 'PONG');
  });

  test('reports errors, of whatever bytes', async () => {
    const redis = await client(version);
    await redis.ask('SET', 'text', 'x');
    const wrongType = await redis.ask('LPUSH', 'text', 'y');
    expect(wrongType).toBeInstanceOf(RespError);
    expect(wrongType).toMatchObject({ code: 'WRONGTYPE', isBlob: false });
    const unknown = await redis.ask(Uint8Array.of(0x6e, 0x6f, 0xff, 0xfe));
    expect(unknown).toMatchObject({ code: 'ERR' });
    expect((unknown as RespError).bytes).toContain(0xff);
  });

  test('answers aggregates in one another, and the largest that it has', async () => {
    const redis = await client(version);
    await redis.ask('DEL', 'list');
    await redis.ask('RPUSH', 'list', 'a', 'b', 'c');
    expect(await redis.ask('LRANGE', 'list', 0, -1)).toEqual(['a', 'b', 'c'].map(bytes));
    expect(
      await redis.ask(
        'EVAL',
        'return {1,{2,{3,{}}},redis.status_reply("fine"),redis.error_reply("BAD x")}',
        0,
      ),
    ).toEqual([1, [2, [3, []]], 'fine', new RespError('BAD x')]);
    const commands = await redis.ask('COMMAND');
    expect((commands as RespValue[]).length).toBeGreaterThan(200);
    const documents = await redis.ask('COMMAND', 'DOCS');
    expect(version === 3 ? (documents as RespMap).size : (documents as RespValue[]).length / 2).toBe(
      (commands as RespValue[]).length,
    );
  });

  test('tells a transaction that was not made from one that was', async () => {
    const redis = await client(version);
    const other = await client(version);
    await redis.ask('WATCH', 'guarded');
    await other.ask('SET', 'guarded', 1);
    expect(await redis.ask('MULTI')).toBe('OK');
    expect(await redis.ask('PING')).toBe('QUEUED');
    expect(await redis.ask('EXEC')).toEqual(version === 2 ? new RespNull('array') : null);
    await redis.ask('MULTI');
    await redis.ask('PING');
    expect(await redis.ask('EXEC')).toEqual(['PONG']);
  });
});

describe('redis-server, RESP2', () => {
  test('has no other types: all that DEBUG PROTOCOL makes arrives as those', async () => {
    const redis = await client(2);
    const answers: RespValue[] = [];
    for (const type of ['double', 'set', 'map', 'bignum', 'verbatim', 'true', 'false', 'null']) {
      answers.push(await redis.ask('DEBUG', 'PROTOCOL', type));
    }
    expect(answers).toEqual([
      bytes('3.141'),
      [0, 1, 2],
      [0, 0, 1, 1, 2, 0],
      bytes('1234567999999999999999999999999999999'),
      bytes('This is a verbatim\nstring'),
      1,
      0,
      null,
    ]);
  });

  test('speaks RESP3 to who says HELLO 3, with the same decoder', async () => {
    const redis = await client(3);
    const hello = redis.received[0] as RespMap;
    expect(hello).toBeInstanceOf(RespMap);
    expect(hello.get('server')).toEqual(bytes('redis'));
    expect(hello.get('proto')).toBe(3);
    expect(await redis.ask('HELLO', 2)).toEqual(expect.arrayContaining([bytes('proto'), 2]));
    expect(await redis.ask('GET', 'nothing')).toEqual(new RespNull('bulk'));
    expect(await redis.ask('HELLO', 4)).toMatchObject({ code: 'NOPROTO' });
  });
});

describe('redis-server, RESP3', () => {
  test('has every type, and each arrives as itself', async () => {
    const redis = await client(3);
    const protocol = (type: string): Promise<RespValue> => redis.ask('DEBUG', 'PROTOCOL', type);
    expect(await protocol('string')).toEqual(bytes('Hello World'));
    expect(await protocol('integer')).toBe(12_345);
    expect(await protocol('double')).toEqual(new RespDouble(3.141));
    expect(await protocol('null')).toBeNull();
    expect(await protocol('array')).toEqual([0, 1, 2]);
    expect(await protocol('set')).toEqual(new RespSet([0, 1, 2]));
    expect(await protocol('map')).toEqual(new RespMap([0, false, 1, true, 2, false]));
    expect(await protocol('bignum')).toEqual(new RespBigNumber(1234567999999999999999999999999999999n));
    expect(await protocol('verbatim')).toEqual(new RespVerbatim('txt', 'This is a verbatim\nstring'));
    expect(await protocol('true')).toBe(true);
    expect(await protocol('false')).toBe(false);
    expect(await protocol('attrib')).toEqual(
      new RespAttributed(
        new RespMap([bytes('key-popularity'), [bytes('key:123'), 90]]),
        bytes('Some real reply following the attribute'),
      ),
    );
    expect(await protocol('push')).toEqual(new RespPush([bytes('server-cpu-usage'), 42]));
    expect(await redis.next()).toEqual(bytes('Some real reply following the push reply'));
  });

  test('answers commands with them', async () => {
    const redis = await client(3);
    await redis.ask('DEL', 'hash', 'set', 'ranks');
    await redis.ask('HSET', 'hash', 'a', 1, 'b', 2);
    await redis.ask('SADD', 'set', 'x');
    await redis.ask('ZADD', 'ranks', 3.1, 'pi', 'inf', 'top', '-inf', 'bottom', 1e300, 'far');
    const hash = (await redis.ask('HGETALL', 'hash')) as RespMap;
    expect([hash.get('a'), hash.get('b')]).toEqual([bytes('1'), bytes('2')]);
    expect(await redis.ask('SMEMBERS', 'set')).toEqual(new RespSet([bytes('x')]));
    const scores = (await redis.ask('ZRANGE', 'ranks', 0, -1, 'WITHSCORES')) as [Uint8Array, RespDouble][];
    expect(scores.map(([, score]) => score.value)).toEqual([-Infinity, 3.1, 1e300, Infinity]);
    expect(await redis.ask('INFO', 'server')).toBeInstanceOf(RespVerbatim);
  });

  test('pushes messages and invalidations between answers', async () => {
    const redis = await client(3);
    const other = await client(3);
    expect(await redis.ask('SUBSCRIBE', 'news')).toEqual(
      new RespPush([bytes('subscribe'), bytes('news'), 1]),
    );
    expect(await other.ask('PUBLISH', 'news', 'hello')).toBe(1);
    expect(await redis.next()).toEqual(new RespPush([bytes('message'), bytes('news'), bytes('hello')]));
    expect(await redis.ask('CLIENT', 'TRACKING', 'ON')).toBe('OK');
    expect(await redis.ask('GET', 'tracked')).toBeNull();
    await other.ask('SET', 'tracked', 1);
    const push = (await redis.next()) as RespPush;
    expect([push.kind, push.items]).toEqual(['invalidate', [bytes('invalidate'), [bytes('tracked')]]]);
    expect(await redis.ask('PING')).toBe('PONG');
  });
});

describe('redis-cli', () => {
  /** Not a big number, which redis-cli 7.0 does not know. */
  const replies: Readonly<Record<string, RespValue>> = {
    simple: 'fine',
    integer: -42,
    wide: 2n ** 63n - 1n,
    bulk: bytes('two\nlines'),
    list: [1, [bytes('x')], null],
    error: new RespError('BAD thing'),
    missing: null,
    boolean: true,
    double: new RespDouble(2.5),
    map: new RespMap(['a', 1]),
    set: new RespSet([1, 2]),
    report: new RespVerbatim('txt', 'as it is'),
  };
  const printed: Readonly<Record<string, string>> = {
    simple: 'fine',
    integer: '(integer) -42',
    wide: '(integer) 9223372036854775807',
    bulk: String.raw`"two\nlines"`,
    list: '1) (integer) 1\n2) 1) "x"\n3) (nil)',
    error: '(error) BAD thing',
    missing: '(nil)',
    boolean: '(true)',
    double: '(double) 2.5',
    map: '1# a => (integer) 1',
    set: '1~ (integer) 1\n2~ (integer) 2',
    report: 'as it is',
  };

  test('understands each type that a server of ours sends', async () => {
    await using ours = await serve('tcp://127.0.0.1:0', async (stream) => {
      const commands = framed(stream, resp({ version: 3 }));
      for await (const command of commands) {
        const [name = '', word = ''] = (command as Uint8Array[]).map((part) => Buffer.from(part).toString());
        await commands.send(
          name.toUpperCase() === 'HELLO' ? new RespMap(['proto', 3]) : (replies[word] as RespValue),
        );
      }
    });
    const { port } = ours.address as { port: number };
    for (const [word, expected] of Object.entries(printed)) {
      const said = await output('redis-cli', [
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-3',
        '--no-raw',
        'SAY',
        word,
      ]);
      expect(said.trimEnd()).toBe(expected);
    }
  });
});
