import { describe, expect, it } from 'vitest';
import type { Application } from '@wirestack/gateway';
import { basicAuth, hashPassword, type BasicAuthOptions } from '../../src/middleware/basic-auth.ts';
import { setupTestingDefaults } from '../../src/testing-defaults.ts';
import { validator } from '../../src/validator/validator.ts';
import { ask, serving } from '../peer.ts';
import { call, saying } from './called.ts';

const whoami: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [
    [environ['REMOTE_USER'], environ['AUTH_TYPE'], environ['HTTP_AUTHORIZATION']].map(String).join(' '),
  ];
};

const base64 = (text: string | Uint8Array): string => Buffer.from(text as string).toString('base64');
const users = { ann: 'secret', 'bj\u00f6rn': 'gr\u00fc\u00df', '': '', 'a b': 'x:y' };

async function answer(options: Partial<BasicAuthOptions>, authorization?: string): Promise<string> {
  const app = validator(basicAuth({ realm: 'staff', ...options })(validator(whoami)));
  const reply = await call(app, authorization === undefined ? {} : { HTTP_AUTHORIZATION: authorization });
  return reply.status === 200 ? reply.text : String(reply.status);
}

describe('who is let in', () => {
  it.each([
    ['ann:secret', 'ann'],
    ['bj\u00f6rn:gr\u00fc\u00df', 'bj\u00f6rn'],
    ['bjo\u0308rn:gru\u0308\u00df', 'bj\u00f6rn'],
    [':', ''],
    ['a b:x:y', 'a b'],
  ])('%j is %j', async (pair, user) => {
    expect(await answer({ users }, `Basic ${base64(pair)}`)).toBe(`${user} Basic undefined`);
    expect(await answer({ users }, `bAsIc   ${base64(pair)}`)).toBe(`${user} Basic undefined`);
    expect(await answer({ users }, `Basic ${base64(pair).replace(/=+$/, '')}`)).toBe(
      `${user} Basic undefined`,
    );
  });
});

describe('who is not', () => {
  it.each([
    undefined,
    '',
    'Basic',
    'Basic ',
    'Bearer YW5uOnNlY3JldA==',
    'YW5uOnNlY3JldA==',
    'Basic YW5uOnNlY3JldA===',
    'Basic YW5uOnNlY3JldA== x',
    'Basic YW5uOnNlY3JldA==, Basic YW5uOnNlY3JldA==',
    'Basic YW5u-nNlY3JldA==',
    'Basic A',
    `Basic ${base64('ann')}`,
    `Basic ${base64('ann:')}`,
    `Basic ${base64('ann:Secret')}`,
    `Basic ${base64('ann:secret ')}`,
    `Basic ${base64('bob:secret')}`,
    `Basic ${base64('__proto__:secret')}`,
    `Basic ${base64('toString:secret')}`,
    `Basic ${base64('ann\0:secret')}`,
    `Basic ${base64('ann:secret\n')}`,
    `Basic ${base64(Buffer.from('bj\u00f6rn:gr\u00fc\u00df', 'latin1'))}`,
    `Basic ${base64(`ann:${'x'.repeat(5000)}`)}`,
  ])('%j is 401', async (authorization) => {
    expect(await answer({ users }, authorization)).toBe('401');
  });

  it('nobody without users', async () => {
    expect(await answer({ users: {} }, `Basic ${base64('ann:secret')}`)).toBe('401');
  });

  it('is told how, and does not reach the application', async () => {
    const unreached: Application = () => {
      throw new Error('reached');
    };
    const reply = await call(basicAuth({ realm: 'a "b" \\ c', users })(unreached));
    expect(reply.status).toBe(401);
    expect(reply.all('www-authenticate')).toEqual([String.raw`Basic realm="a \"b\" \\ c", charset="UTF-8"`]);
  });
});

describe('hashes', () => {
  const quick = '$scrypt$ln=4,r=1,p=1$c2FsdHNhbHRzYWx0$';
  /** By Python: `hashlib.scrypt('gr\u00fcn'.encode(), salt=b'saltsaltsalt', n=16, r=1, p=1, dklen=32)` */
  const green = `${quick}1SurRGIh3ejiV8wsjEIYDyi/IamdlHpTDgJbkDsZ7Ak`;

  it('let in who has the password, and nobody else, each time', async () => {
    const app = basicAuth({ realm: 'staff', users: { ann: green } })(whoami);
    const status = async (pair: string): Promise<number> =>
      (await call(app, { HTTP_AUTHORIZATION: `Basic ${base64(pair)}` })).status;
    for (const [pair, expected] of [
      ['ann:green', 401],
      ['ann:gr\u00fcn', 200],
      ['ann:gru\u0308n', 200],
      ['ann:green', 401],
      ['bob:gr\u00fcn', 401],
      ['ann:gr\u00fcn', 200],
    ] as const) {
      expect([pair, await status(pair)]).toEqual([pair, expected]);
    }
  });

  it('are made of a password with salt, and accepted', async () => {
    const hash = await hashPassword('gru\u0308n');
    expect(hash).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z\d+/]{22}\$[A-Za-z\d+/]{43}$/);
    const salts = new Set([hash, await hashPassword('gru\u0308n')].map((one) => one.split('$')[3]));
    expect(salts.size).toBe(2);
    expect(await answer({ users: { ann: hash } }, `Basic ${base64('ann:gr\u00fcn')}`)).toMatch(/^ann /);
  });

  it('known before are known at once', async () => {
    const app = basicAuth({ realm: 'staff', users: { ann: green } })(whoami);
    const environ = () => setupTestingDefaults({ HTTP_AUTHORIZATION: `Basic ${base64('ann:gr\u00fcn')}` });
    const start = () => () => Promise.resolve();
    const first = app(environ(), start);
    expect(first).toBeInstanceOf(Promise);
    await first;
    expect(app(environ(), start)).not.toBeInstanceOf(Promise);
  });

  it.each([
    '$scrypt$',
    quick,
    `${quick}AA`,
    '$scrypt$ln=4,r=1,p=1$AA$c2FsdHNhbHRzYWx0c2FsdHNhbHQ',
    '$scrypt$ln=40,r=8,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ',
    '$scrypt$ln=0,r=8,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ',
  ])('%j is refused', (hash) => {
    expect(() => basicAuth({ realm: 'a', users: { ann: hash } })).toThrow(TypeError);
  });
});

describe('a check', () => {
  const authorization = `Basic ${base64('bjo\u0308rn:pass')}`;

  it.each([
    ['at once', (yes: boolean) => yes],
    ['later', (yes: boolean) => Promise.resolve(yes)],
  ])('says yes or no, %s, and knows the request', async (_when, when) => {
    const seen: unknown[] = [];
    for (const yes of [true, false]) {
      const text = await answer(
        {
          check: (user, password, environ) => {
            seen.push([user, password, environ.PATH_INFO]);
            return when(yes);
          },
        },
        authorization,
      );
      expect(text).toBe(yes ? 'bj\u00f6rn Basic undefined' : '401');
    }
    expect(seen).toEqual(Array.from({ length: 2 }, () => ['bj\u00f6rn', 'pass', '/']));
  });

  it('that says something else lets nobody in', async () => {
    expect(await answer({ check: (() => Promise.resolve('yes')) as never }, authorization)).toBe('401');
    expect(await answer({ check: (() => undefined) as never }, authorization)).toBe('401');
  });

  it('that fails is an error of the server', async () => {
    const check = () => Promise.reject(new Error('no database'));
    await expect(answer({ check }, authorization)).rejects.toThrow('no database');
  });

  it('is not asked about what is malformed', async () => {
    const check = (): boolean => {
      throw new Error('asked');
    };
    expect(await answer({ check }, 'Basic !')).toBe('401');
  });
});

it('over a wire a browser is asked, and let in', async () => {
  const { address, errors } = await serving(basicAuth({ realm: 'st\u00e4ff', users })(saying('in')));
  const refused = await ask(address, 'GET /');
  expect(refused.status).toBe(401);
  expect(refused.header('www-authenticate')).toBe('Basic realm="st\u00e4ff", charset="UTF-8"');
  const reply = await ask(address, 'GET /', `Authorization: Basic ${base64('ann:secret')}`);
  expect([reply.status, reply.body]).toEqual([200, 'in']);
  expect(errors).toEqual([]);
});

it.each<[string, BasicAuthOptions]>([
  ['a realm with a line end', { realm: 'a\r\nb', users }],
  ['an empty realm', { realm: '', users }],
  ['a realm that no field holds', { realm: '\u20ac', users }],
  ['neither users nor check', { realm: 'a' }],
  ['both', { realm: 'a', users, check: () => true }],
  ['a user with a colon', { realm: 'a', users: { 'a:b': 'c' } }],
  [
    'passwords and hashes',
    { realm: 'a', users: { a: 'b', c: '$scrypt$ln=4,r=1,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ' } },
  ],
])('%s is refused', (_what, options) => {
  expect(() => basicAuth(options)).toThrow(TypeError);
});
