import { describe, expect, it } from 'vitest';
import type { Interceptor } from '../../../src/client/client-request.ts';
import {
  basicAuth,
  compose,
  decompression,
  redirects,
  retries,
} from '../../../src/client/interceptors/index.ts';
import { MockTransport } from '../../../src/testing/index.ts';
import { answerOf, rejection, requestOf } from './scripted.ts';

describe('compose', () => {
  it('puts the first one outermost', async () => {
    const log: string[] = [];
    const named =
      (name: string): Interceptor =>
      async (request, next) => {
        log.push(`${name} asks`);
        const response = await next(request);
        log.push(`${name} has it`);
        return response;
      };
    await compose(named('a'), named('b'))(async ({ url }) => answerOf(url, 200))(requestOf('http://a/'));
    expect(log).toEqual(['a asks', 'b asks', 'b has it', 'a has it']);
  });

  it('of nothing is the transport itself', async () => {
    const { send } = new MockTransport();
    expect(compose()(send)).toBe(send);
  });

  it('rejects with what an interceptor throws', async () => {
    const fault = new Error('a bug');
    const send = compose(redirects(), () => {
      throw fault;
    })(new MockTransport().send);
    expect(await rejection(send(requestOf('http://a/')))).toBe(fault);
    const badUrl = compose(basicAuth('u', 'p'))(new MockTransport().send)(requestOf('no URL'));
    expect(await rejection(badUrl)).toMatchObject({ name: 'HttpUsageError', code: 'BAD_REQUEST' });
  });

  it('lets a plain answer through untouched, as the same object', async () => {
    const answer = answerOf('http://a/', 200, [['Content-Type', 'text/plain']], 'hello');
    const send = compose(redirects(), retries(), basicAuth('u', 'p'), decompression())(async () => answer);
    expect(await send(requestOf('http://a/'))).toBe(answer);
  });

  it('carries credentials to the first origin alone, wherever redirects stand', async () => {
    for (const order of [
      [redirects(), basicAuth('u', 'p')],
      [basicAuth('u', 'p'), redirects()],
    ]) {
      const mock = new MockTransport()
        .on('GET', 'http://a/', { status: 302, headers: { Location: 'http://b/' } })
        .on('GET', 'http://b/', { status: 302, headers: { Location: 'http://a/end' } })
        .on('GET', 'http://a/end', 'the end');
      const response = await compose(...order)(mock.send)(requestOf('http://a/'));
      expect(await response.text()).toBe('the end');
      expect(response.redirectedFrom).toEqual(['http://a/', 'http://b/']);
      const seen = mock.calls.map(({ url, headers }) => [url, headers.has('authorization')]);
      expect(seen.slice(0, 2)).toEqual([
        ['http://a/', true],
        ['http://b/', false],
      ]);
    }
  });
});
