import { describe, expect, it } from 'vitest';
import { CookieJar, cookies } from '../../../src/client/cookies/index.ts';
import { compose, redirects } from '../../../src/client/interceptors/index.ts';
import { MockTransport } from '../../../src/testing/index.ts';
import { requestOf, through } from '../interceptors/scripted.ts';

describe('cookies', () => {
  const login = {
    headers: [
      ['Set-Cookie', 'session=1; HttpOnly'],
      ['set-cookie', 'theme=dark; Max-Age=60'],
    ],
  } as const;

  it('keeps what an answer sets, and sends it along', async () => {
    const mock = new MockTransport().on('*', 'http://a/login', login).on('*', /./, 'x');
    const jar = new CookieJar();
    const send = through(cookies(jar), mock.send);
    for (const url of ['http://a/login', 'http://a/', 'http://b/']) await send(requestOf(url));
    expect(mock.calls.map(({ headers }) => headers.get('cookie'))).toEqual([
      undefined,
      'session=1; theme=dark',
      undefined,
    ]);
  });

  it('keeps what a redirect sets, for the next request already', async () => {
    const mock = new MockTransport()
      .on('GET', 'http://a/login', { status: 303, headers: [['Location', '/home'], ...login.headers] })
      .on('GET', 'http://a/home', { status: 302, headers: { Location: 'http://b/' } })
      .on('GET', 'http://b/', 'x');
    await compose(redirects(), cookies(new CookieJar()))(mock.send)(requestOf('http://a/login'));
    expect(mock.calls.map(({ headers }) => headers.has('cookie'))).toEqual([false, true, false]);
  });

  it('puts the caller’s own before them, in one field, and leaves out what they name', async () => {
    const mock = new MockTransport().on('*', 'http://a/login', login).on('*', /./, 'x');
    const send = through(cookies(new CookieJar()), mock.send);
    await send(requestOf('http://a/login'));
    await send(
      requestOf('http://a/', {
        headers: [
          ['cookie', 'theme=light; x=y'],
          ['Accept', 'a/b'],
        ],
      }),
    );
    expect(Array.from(mock.calls[1]!.headers)).toEqual([
      ['Accept', 'a/b'],
      ['Cookie', 'theme=light; x=y; session=1'],
    ]);
  });

  it('changes neither a request nor an answer that has none', async () => {
    const mock = new MockTransport().on('*', /./, 'x');
    const request = requestOf('http://a/');
    await through(cookies(new CookieJar()), mock.send)(request);
    expect(mock.calls[0]!.request).toBe(request);
  });
});
