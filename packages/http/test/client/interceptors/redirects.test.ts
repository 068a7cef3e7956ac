import { describe, expect, it, vi } from 'vitest';
import type { ClientRequest } from '../../../src/client/client-request.ts';
import { redirects, type RedirectOptions } from '../../../src/client/interceptors/index.ts';
import { MockTransport } from '../../../src/testing/index.ts';
import { answerOf, rejection, requestOf, through } from './scripted.ts';

/** Sends a request to http://a/, which redirects to `location`, and gives what was asked there. */
async function redirected(
  status: number,
  location: string,
  parts: Partial<Omit<ClientRequest, 'url'>> = {},
  from = 'http://a/dir/page',
  options: RedirectOptions = {},
) {
  const mock = new MockTransport()
    .on('*', from, { status, headers: { Location: location }, body: 'gone' }, { times: 1 })
    .on('*', /./, 'there');
  const response = await through(redirects(options), mock.send)(requestOf(from, parts));
  return { response, call: mock.calls[1]!, mock };
}

describe('redirects: the method and the body', () => {
  it.each([
    [301, 'GET', 'GET', false],
    [301, 'HEAD', 'HEAD', false],
    [301, 'POST', 'GET', false],
    [301, 'PUT', 'PUT', true],
    [301, 'DELETE', 'DELETE', true],
    [302, 'POST', 'GET', false],
    [302, 'PATCH', 'PATCH', true],
    [302, 'post', 'post', true],
    [303, 'GET', 'GET', false],
    [303, 'HEAD', 'HEAD', false],
    [303, 'POST', 'GET', false],
    [303, 'PUT', 'GET', false],
    [303, 'DELETE', 'GET', false],
    [307, 'POST', 'POST', true],
    [308, 'POST', 'POST', true],
    [307, 'GET', 'GET', false],
    [308, 'HEAD', 'HEAD', false],
  ])('%i makes of %s %s', async (status, method, after, hasBody) => {
    const body = method === 'GET' || method === 'HEAD' ? undefined : 'data';
    const headers = body === undefined ? [] : ([['Content-Type', 'text/plain']] as const);
    const { call } = await redirected(status, '/next', { method, body, headers });
    expect(call.method).toBe(after);
    expect(call.text).toBe(hasBody ? 'data' : '');
    expect(call.headers.has('content-type')).toBe(hasBody);
  });

  it('drops all that describes a body with the body, and nothing else', async () => {
    const { call } = await redirected(303, '/next', {
      method: 'POST',
      body: 'data',
      headers: [
        ['Content-Type', 'a/b'],
        ['content-length', '4'],
        ['Content-Encoding', 'identity'],
        ['Content-Digest', 'x'],
        ['Transfer-Encoding', 'chunked'],
        ['Trailer', 'x'],
        ['Expect', '100-continue'],
        ['Accept', 'a/b'],
        ['X-Content', 'y'],
      ],
    });
    expect(Array.from(call.headers)).toEqual([
      ['Accept', 'a/b'],
      ['X-Content', 'y'],
    ]);
  });

  it.each([
    ['a string', () => 'data'],
    ['bytes', () => Buffer.from('data')],
    ['a function', () => () => ['da', 'ta']],
  ])('sends %s again', async (_, make) => {
    const { call, mock } = await redirected(307, '/next', { method: 'PUT', body: make() });
    expect(mock.calls.map(({ text }) => text)).toEqual(['data', 'data']);
    expect(call.url).toBe('http://a/next');
  });

  it.each([307, 308, 301, 302])('refuses to send an iterable again behind %i', async (status) => {
    const body = ['da', 'ta'].values();
    const error = await rejection(redirected(status, '/next', { method: 'PUT', body }));
    expect(error).toMatchObject({ name: 'HttpClientError', code: 'BAD_REDIRECT' });
  });

  it('refuses to send a file again: it is closed by then', async () => {
    const file = { read: async () => ({ bytesRead: 0 }), close: async () => {} } as never;
    const error = await rejection(
      redirected(307, '/next', {
        method: 'PUT',
        body: { file, length: 0 },
        options: { expectContinue: true },
      }),
    );
    expect(error).toMatchObject({ code: 'BAD_REDIRECT' });
  });

  it('drops an iterable with 303', async () => {
    const { call } = await redirected(303, '/next', { method: 'PUT', body: ['da', 'ta'].values() });
    expect([call.method, call.text]).toEqual(['GET', '']);
  });

  it('sends an iterable that the first server did not ask for', async () => {
    const asked: (string | undefined)[] = [];
    let isFirst = true;
    const send = through(redirects(), async ({ url, body }) => {
      asked.push(url);
      if (isFirst) {
        isFirst = false;
        // As the transport does where 100 Continue does not come.
        await (body as AsyncIterable<string>)[Symbol.asyncIterator]().return?.();
        return answerOf(url, 307, [['Location', '/next']]);
      }
      let text = '';
      for await (const piece of body as AsyncIterable<string>) text += piece;
      return answerOf(url, 200, [], text);
    });
    const body = (function* () {
      yield 'da';
      yield 'ta';
    })();
    const response = await send(
      requestOf('http://a/', { method: 'PUT', body, options: { expectContinue: true } }),
    );
    expect(await response.text()).toBe('data');
    expect(asked).toEqual(['http://a/', 'http://a/next']);
  });

  it('does not send an iterable again whose first piece was taken, asked for or not', async () => {
    const send = through(redirects(), async ({ url, body }) => {
      const pieces = (body as AsyncIterable<string>)[Symbol.asyncIterator]();
      await pieces.next();
      await pieces.return?.();
      return answerOf(url, 307, [['Location', '/next']]);
    });
    const body = ['da', 'ta'].values();
    const request = requestOf('http://a/', { method: 'PUT', body, options: { expectContinue: true } });
    expect(await rejection(send(request))).toMatchObject({ code: 'BAD_REDIRECT' });
  });
});

describe('redirects: the place', () => {
  it.each([
    ['http://b/x', 'http://b/x'],
    ['//b/x', 'http://b/x'],
    ['/x?y', 'http://a/x?y'],
    ['x', 'http://a/dir/x'],
    ['../x', 'http://a/x'],
    ['?q', 'http://a/dir/page?q'],
    ['', 'http://a/dir/page'],
    ['https://a/', 'https://a/'],
    ['http://b:8080/', 'http://b:8080/'],
    ['/with space', 'http://a/with%20space'],
    ['/caf\xc3\xa9', 'http://a/caf%C3%A9'],
    ['http://user:secret@b/x', 'http://b/x'],
    ['http://user:secret@a/x', 'http://a/x'],
    ['http://user@b/x', 'http://b/x'],
  ])('%j leads to %s', async (location, url) => {
    const { call, response } = await redirected(302, location);
    expect(call.request.url).toBe(url);
    expect(response.url).toBe(url);
    expect(response.redirectedFrom).toEqual(['http://a/dir/page']);
  });

  it('keeps the credentials of the caller’s URL within its origin only', async () => {
    const from = 'http://user:secret@a/dir/page';
    expect((await redirected(302, '/x', {}, from)).call.request.url).toBe('http://user:secret@a/x');
    expect((await redirected(302, 'http://eve:x@a/x', {}, from)).call.request.url).toBe(
      'http://user:secret@a/x',
    );
    expect((await redirected(302, 'http://b/x', {}, from)).call.request.url).toBe('http://b/x');
  });

  it.each([
    ['/x', 'http://a/x#part'],
    ['/x#other', 'http://a/x#other'],
  ])('inherits the fragment, unless Location has one: %s', async (location, url) => {
    expect((await redirected(302, location, {}, 'http://a/dir/page#part')).call.request.url).toBe(url);
  });

  it.each([
    'file:///etc/passwd',
    'data:text/plain,x',
    'ftp://a/',
    'javascript:alert(1)',
    'http://',
    'http://a:x/',
  ])('refuses %s', async (location) => {
    expect(await rejection(redirected(302, location))).toMatchObject({ code: 'BAD_REDIRECT' });
  });

  it('refuses two places, and takes one that is said twice', async () => {
    const twice = (second: string) =>
      through(redirects(), async ({ url }) =>
        url === 'http://a/'
          ? answerOf(url, 302, [
              ['Location', '/x'],
              ['location', second],
            ])
          : answerOf(url, 200),
      )(requestOf('http://a/'));
    expect(await rejection(twice('/y'))).toMatchObject({ code: 'BAD_REDIRECT' });
    expect((await twice('/x')).url).toBe('http://a/x');
  });

  it('refuses to go from https to http, unless it is allowed', async () => {
    const from = 'https://a/';
    expect(await rejection(redirected(302, 'http://a/', {}, from))).toMatchObject({ code: 'BAD_REDIRECT' });
    const { call } = await redirected(302, 'http://a/', {}, from, { allowDowngrade: true });
    expect(call.url).toBe('http://a/');
  });

  it.each([200, 201, 300, 304, 305, 306, 309, 400])('does not follow %i', async (status) => {
    const send = through(redirects(), async ({ url }) => answerOf(url, status, [['Location', '/x']]));
    const response = await send(requestOf('http://a/'));
    expect([response.status, response.redirectedFrom]).toEqual([status, []]);
  });

  it('gives an answer without Location as it is', async () => {
    const send = through(redirects(), async ({ url }) => answerOf(url, 302, [], 'look elsewhere'));
    const response = await send(requestOf('http://a/'));
    expect([response.status, await response.text()]).toEqual([302, 'look elsewhere']);
  });
});

describe('redirects: what goes along', () => {
  const headers = [
    ['Authorization', 'Basic x'],
    ['cookie', 'a=b'],
    ['Proxy-Authorization', 'Basic y'],
    ['Host', 'virtual'],
    ['X-Api-Key', 'k'],
    ['Referer', 'http://r/'],
    ['Accept', 'a/b'],
  ] as const;
  const names = ({ headers: fields }: { headers: Iterable<[string, string]> }) =>
    Array.from(fields, ([name]) => name.toLowerCase());

  it('keeps everything within an origin', async () => {
    const { call } = await redirected(302, '/x', { headers });
    expect(Array.from(call.headers)).toEqual(headers);
  });

  it.each(['http://b/', 'https://a/', 'http://a:81/', 'http://sub.a/'])(
    'drops credentials on the way to %s',
    async (location) => {
      const { call } = await redirected(302, location, { headers });
      expect(names(call)).toEqual(['x-api-key', 'referer', 'accept']);
    },
  );

  it('drops what the caller named besides', async () => {
    const { call } = await redirected(302, 'http://b/', { headers }, undefined, {
      originFields: ['x-API-key'],
    });
    expect(names(call)).toEqual(['referer', 'accept']);
  });

  it('does not take credentials up again on the way back', async () => {
    const mock = new MockTransport()
      .on('GET', 'http://a/1', { status: 302, headers: { Location: 'http://b/' } })
      .on('GET', 'http://b/', { status: 302, headers: { Location: 'http://a/2' } })
      .on('GET', 'http://a/2', 'back');
    await through(redirects(), mock.send)(requestOf('http://a/1', { headers }));
    expect(names(mock.calls[2]!)).toEqual(['x-api-key', 'referer', 'accept']);
  });

  it('invents no Referer', async () => {
    expect(names((await redirected(302, '/x')).call)).toEqual([]);
  });
});

describe('redirects: where they end', () => {
  const chain = (length: number) =>
    new MockTransport().on('GET', /./, ({ url }) => {
      const step = Number(new URL(url).pathname.slice(1));
      return step < length ? { status: 302, headers: { Location: `/${String(step + 1)}` } } : 'end';
    });

  it.each([
    [10, undefined],
    [3, 3],
    [0, 0],
  ])('follows %i where max is %s, and not one more', async (length, max) => {
    const options = max === undefined ? {} : { max };
    const response = await through(redirects(options), chain(length).send)(requestOf('http://a/0'));
    expect(response.redirectedFrom).toHaveLength(length);
    expect(await response.text()).toBe('end');
    const mock = chain(length + 1);
    expect(await rejection(through(redirects(options), mock.send)(requestOf('http://a/0')))).toMatchObject({
      code: 'TOO_MANY_REDIRECTS',
    });
    expect(mock.calls).toHaveLength(length + 1);
  });

  it('notices a circle before the limit', async () => {
    const mock = new MockTransport().on('GET', /./, { status: 302, headers: { Location: '/' } });
    const error = await rejection(through(redirects({ max: 1000 }), mock.send)(requestOf('http://a/')));
    expect(error).toMatchObject({ code: 'TOO_MANY_REDIRECTS' });
    expect(mock.calls).toHaveLength(5);
  });

  it('comes back to where a cookie was missing', async () => {
    const mock = new MockTransport()
      .on('GET', 'http://a/', { status: 302, headers: { Location: '/' } }, { times: 1 })
      .on('GET', 'http://a/', 'welcome');
    const response = await through(redirects(), mock.send)(requestOf('http://a/'));
    expect(await response.text()).toBe('welcome');
  });

  it('answers with the redirect where the caller wants it', async () => {
    const { send } = new MockTransport().on('GET', /./, { status: 302, headers: { Location: '/x' } });
    const response = await through(
      redirects(),
      send,
    )(requestOf('http://a/', { options: { redirect: 'manual' } }));
    expect([response.status, response.headers.get('location')]).toEqual([302, '/x']);
  });

  it('rejects any redirect where the caller wants none', async () => {
    const options = { redirect: 'error' } as const;
    expect(await rejection(redirected(302, '/x', { options }))).toMatchObject({ code: 'BAD_REDIRECT' });
  });
});

describe('redirects: the answer left behind', () => {
  it('is read before the next request, where it has arrived', async () => {
    const log: string[] = [];
    const body = (function* () {
      yield 'go ';
      yield 'on';
      log.push('read to its end');
    })();
    const send = through(redirects(), async ({ url }) => {
      log.push(url);
      return url === 'http://a/' ? answerOf(url, 302, [['Location', '/x']], body) : answerOf(url, 200);
    });
    await send(requestOf('http://a/'));
    expect(log).toEqual(['http://a/', 'read to its end', 'http://a/x']);
  });

  it('is not waited for where it never ends', async () => {
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const send = through(redirects(), async ({ url }) =>
      url === 'http://a/' ? answerOf(url, 302, [['Location', '/x']], never) : answerOf(url, 200),
    );
    expect((await send(requestOf('http://a/'))).url).toBe('http://a/x');
  });

  it('is given up where the redirect is refused', async () => {
    const first = answerOf('http://a/', 302, [['Location', 'ftp://a/']], 'x');
    const discard = vi.spyOn(first.body, 'discard');
    await rejection(through(redirects(), async () => first)(requestOf('http://a/')));
    expect(discard).toHaveBeenCalledOnce();
  });
});
