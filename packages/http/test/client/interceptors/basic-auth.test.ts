import { describe, expect, it } from 'vitest';
import { basicAuth, bearerAuth } from '../../../src/client/interceptors/index.ts';
import type { Interceptor } from '../../../src/client/client-request.ts';
import { MockTransport } from '../../../src/testing/index.ts';
import { rejection, requestOf, through } from './scripted.ts';

/** What Authorization said at each of the URLs. */
async function authorizations(interceptor: Interceptor, ...urls: readonly string[]): Promise<string[][]> {
  const mock = new MockTransport().on('GET', /./, 'x');
  const send = through(interceptor, mock.send);
  for (const url of urls) await send(requestOf(url));
  return mock.calls.map(({ headers }) => headers.getAll('authorization'));
}

const usageError = expect.objectContaining({ name: 'HttpUsageError', code: 'BAD_OPTION' }) as Error;

describe('basicAuth', () => {
  it.each([
    // RFC 7617 2 and 2.1.
    ['Aladdin', 'open sesame', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['test', '123£', 'Basic dGVzdDoxMjPCow=='],
    ['', '', 'Basic Og=='],
    ['a', 'b:c', 'Basic YTpiOmM='],
  ])('says who %j is', async (user, password, value) => {
    expect(await authorizations(basicAuth(user, password), 'http://a/')).toEqual([[value]]);
  });

  it.each([
    ['a:b', 'c'],
    ['a\n', 'b'],
    ['a', 'b\0'],
    ['a', '\x7f'],
  ])('refuses %j with %j', (user, password) => {
    expect(() => basicAuth(user, password)).toThrow(usageError);
  });

  it('leaves an Authorization as the caller has it', async () => {
    const mock = new MockTransport().on('GET', /./, 'x');
    const headers = [['authorization', 'mine']] as const;
    await through(basicAuth('a', 'b'), mock.send)(requestOf('http://a/', { headers }));
    expect(mock.calls[0]!.headers.getAll('authorization')).toEqual(['mine']);
  });
});

describe('credentials', () => {
  const value = 'Basic YTpi';

  it('go to the origin of the first request, and to no other', async () => {
    const urls = [
      'http://a/1',
      'http://b/',
      'https://a/',
      'http://a:81/',
      'http://a.b/',
      'http://a:80/2',
      'http://x@a/3',
    ];
    const seen = await authorizations(basicAuth('a', 'b'), ...urls);
    expect(seen.map(({ length }) => length)).toEqual([1, 0, 0, 0, 0, 1, 1]);
  });

  it('go to the origins they are for, whoever comes first', async () => {
    const auth = basicAuth('a', 'b', { origins: ['https://a', 'http://b:81/'] });
    const seen = await authorizations(
      auth,
      'http://c/',
      'https://a/x',
      'http://b:81/',
      'http://b/',
      'http://a/',
    );
    expect(seen).toEqual([[], [value], [value], [], []]);
  });

  it.each(['http://a/path', 'http://a/?q', 'a', 'ftp://a'])('are for no such origin as %s', (origin) => {
    expect(() => basicAuth('a', 'b', { origins: [origin] })).toThrow(
      expect.objectContaining({ name: 'HttpUsageError' }),
    );
  });
});

describe('bearerAuth', () => {
  it('says a token', async () => {
    expect(await authorizations(bearerAuth('mF_9.B5f-4.1JqM=='), 'http://a/', 'http://b/')).toEqual([
      ['Bearer mF_9.B5f-4.1JqM=='],
      [],
    ]);
  });

  it('asks for the token each time, and only where it is for', async () => {
    let asked = 0;
    const auth = bearerAuth(() => `t${String(++asked)}`);
    expect(await authorizations(auth, 'http://a/', 'http://b/', 'http://a/')).toEqual([
      ['Bearer t1'],
      [],
      ['Bearer t2'],
    ]);
    expect(
      await authorizations(
        bearerAuth(async () => 'later'),
        'http://a/',
      ),
    ).toEqual([['Bearer later']]);
  });

  it.each(['', 'a b', 'a\r\nX: y', 'a,b', '=', 'ü'])('refuses %j, and does not show it', async (token) => {
    expect(() => bearerAuth(token)).toThrow(usageError);
    const error = await rejection(
      authorizations(
        bearerAuth(() => token),
        'http://a/',
      ),
    );
    expect(error).toMatchObject({
      name: 'HttpUsageError',
      code: 'BAD_OPTION',
      message: 'the bearer token is no token68',
    });
  });

  it('rejects with what gives no token', async () => {
    const fault = new Error('the vault is closed');
    for (const token of [
      () => {
        throw fault;
      },
      async () => Promise.reject(fault),
    ]) {
      expect(await rejection(authorizations(bearerAuth(token), 'http://a/'))).toBe(fault);
    }
  });
});
