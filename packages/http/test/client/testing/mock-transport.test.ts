import { describe, expect, it } from 'vitest';
import { SocketError } from '@wirestack/socket';
import { Client } from '../../../src/client/client.ts';
import { ManualClock, MockTransport } from '../../../src/testing/index.ts';
import { rejection, requestOf } from '../interceptors/scripted.ts';

const usageError = (code: string) => expect.objectContaining({ name: 'HttpUsageError', code }) as Error;

describe('MockTransport: which route', () => {
  it.each([
    ['a string', 'http://a/x?y=1'],
    ['a URL', new URL('http://a/x?y=1#part')],
    ['another way to write it', 'HTTP://A:80/./x?y=1'],
    ['an expression', /x\?y=\d$/],
    ['one that remembers', /x/g],
    ['a function', (url: string) => new URL(url).searchParams.has('y')],
  ])('is found by %s', async (_, pattern) => {
    const mock = new MockTransport().on('GET', pattern, 'found');
    for (let i = 0; i < 2; i++)
      expect(await (await mock.send(requestOf('http://a/x?y=1#part'))).text()).toBe('found');
    for (const url of ['http://a/', 'http://a/z?q=1']) {
      expect(await rejection(mock.send(requestOf(url)))).toMatchObject({ code: 'BAD_REQUEST' });
    }
  });

  it('is found by the method, or by none', async () => {
    const mock = new MockTransport().on('PUT', 'http://a/', 'put').on('*', 'http://a/', 'any');
    const answer = async (method: string) => (await mock.send(requestOf('http://a/', { method }))).text();
    expect([await answer('PUT'), await answer('put'), await answer('GET')]).toEqual(['put', 'any', 'any']);
  });

  it('is the first with answers left', async () => {
    const mock = new MockTransport()
      .on('GET', 'http://a/', 'one', { times: 1 })
      .on('GET', 'http://a/', 'two', { times: 2 })
      .on('GET', 'http://a/', 'more');
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await (await mock.send(requestOf('http://a/'))).text());
    expect(answers).toEqual(['one', 'two', 'two', 'more', 'more']);
  });

  it('is none: the error says what there is', async () => {
    const mock = new MockTransport();
    expect(await rejection(mock.send(requestOf('http://a/')))).toMatchObject({
      message: 'nothing answers GET http://a/; there is: no route at all',
    });
    const isNice = (): boolean => false;
    mock.on('PUT', 'http://a/', 'x').on('*', /b/, 'x', { times: 2 }).on('GET', isNice, 'x');
    await mock.send(requestOf('http://b/'));
    const error = await rejection(mock.send(requestOf('http://a/')));
    expect(error).toEqual(usageError('BAD_REQUEST'));
    expect((error as Error).message).toBe(
      'nothing answers GET http://a/; there is:\n' +
        '  PUT http://a/ (asked for 0 times)\n' +
        '  * /b/ (asked for 1 of 2 times)\n' +
        '  GET (isNice) (asked for 0 times)',
    );
    expect(mock.calls).toHaveLength(3);
  });

  it('is no route where it could not be one', () => {
    const mock = new MockTransport();
    expect(() => mock.on('GET', '/relative', 'x')).toThrow(usageError('BAD_REQUEST'));
    expect(() => mock.on('GET', 'ftp://a/', 'x')).toThrow(usageError('BAD_REQUEST'));
    for (const times of [0, -1, NaN]) {
      expect(() => mock.on('GET', 'http://a/', 'x', { times })).toThrow(usageError('BAD_OPTION'));
    }
  });
});

describe('MockTransport: the answer', () => {
  const answer = (reply: Parameters<MockTransport['on']>[2], method = 'GET') =>
    new MockTransport().on('*', 'http://a/', reply).send(requestOf('http://a/', { method }));

  it('is a text, with its length', async () => {
    const response = await answer('\u00e4');
    expect([response.status, response.url, response.version]).toEqual([200, 'http://a/', '1.1']);
    expect(Array.from(response.headers)).toEqual([['Content-Length', '2']]);
    expect(await response.text()).toBe('\u00e4');
  });

  it('is made of parts', async () => {
    const response = await answer({
      status: 418,
      reason: 'Teapot',
      version: '1.0',
      headers: [
        ['X-A', '1'],
        ['X-A', '2'],
      ],
      body: Buffer.from('short'),
    });
    expect([response.status, response.reason, response.version]).toEqual([418, 'Teapot', '1.0']);
    expect(response.headers.getAll('x-a')).toEqual(['1', '2']);
    expect(await response.text()).toBe('short');
  });

  it('is JSON', async () => {
    const response = await answer({ json: { a: [1] } });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ a: [1] });
    expect(await (await answer({ json: null })).json()).toBeNull();
    const typed = await answer({ json: {}, headers: { 'content-type': 'application/problem+json' } });
    expect(typed.headers.getAll('content-type')).toEqual(['application/problem+json']);
  });

  it('comes in pieces, with trailers behind them, and without a length', async () => {
    const response = await answer({ body: ['one ', Buffer.from('two')], trailers: [['Digest', 'x']] });
    expect(response.headers.length).toBe(0);
    const pieces = [];
    for await (const piece of response.body) pieces.push(Buffer.from(piece).toString());
    expect(pieces).toEqual(['one ', 'two']);
    expect(response.trailers?.get('digest')).toBe('x');
  });

  it('breaks off where its body throws', async () => {
    const error = new SocketError('RESET', 'reset');
    const response = await answer({
      body: (async function* () {
        yield 'half';
        throw error;
      })(),
    });
    expect(await rejection(response.text())).toBe(error);
  });

  it('is made anew each time, where a function makes its body', async () => {
    const mock = new MockTransport().on('GET', 'http://a/', { body: () => ['a', 'b'].values() });
    for (let i = 0; i < 2; i++) expect(await (await mock.send(requestOf('http://a/'))).text()).toBe('ab');
  });

  it.each([
    ['to HEAD', 'HEAD', 200],
    ['with 204', 'GET', 204],
    ['with 304', 'GET', 304],
  ])('%s has no body', async (_, method, status) => {
    const response = await answer({ status, body: 'text' }, method);
    expect([response.headers.get('content-length'), await response.text()]).toEqual(['4', '']);
  });

  it('is an error', async () => {
    const error = new SocketError('REFUSED', 'nobody there');
    expect(await rejection(answer(error))).toBe(error);
    expect(await rejection(answer(() => error))).toBe(error);
    expect(await rejection(answer(async () => Promise.reject(error)))).toBe(error);
  });

  it('is what a function says of the request', async () => {
    const mock = new MockTransport().on('POST', /./, async ({ method, url, headers, text }) => ({
      json: { method, url, type: headers.get('content-type'), text },
    }));
    const response = await mock.send(
      requestOf('http://a/?x', { method: 'POST', headers: [['Content-Type', 'a/b']], body: 'hello' }),
    );
    expect(await response.json()).toEqual({ method: 'POST', url: 'http://a/?x', type: 'a/b', text: 'hello' });
  });
});

describe('MockTransport: time and signals', () => {
  it('answers after a delay of the clock', async () => {
    const clock = new ManualClock();
    const mock = new MockTransport({ clock }).on('GET', 'http://a/', 'late', { delayMs: 500 });
    let isThere = false;
    const pending = mock.send(requestOf('http://a/')).then((response) => {
      isThere = true;
      return response.text();
    });
    await clock.timers();
    clock.advance(499);
    await Promise.resolve();
    expect([isThere, mock.calls.length]).toEqual([false, 1]);
    clock.advance(1);
    expect(await pending).toBe('late');
  });

  it('is left with the signal: before, in between, and while the body is read', async () => {
    const clock = new ManualClock();
    const mock = new MockTransport({ clock }).on('GET', 'http://a/', { body: ['a', 'b'] }, { delayMs: 500 });
    const aborted = requestOf('http://a/', { options: { signal: AbortSignal.abort('why') } });
    expect(await rejection(mock.send(aborted))).toMatchObject({ code: 'ABORTED', cause: 'why' });
    expect(mock.calls).toEqual([]);

    const waiting = new AbortController();
    const pending = rejection(mock.send(requestOf('http://a/', { options: { signal: waiting.signal } })));
    await clock.timers();
    waiting.abort('why');
    expect(await pending).toMatchObject({ code: 'ABORTED', cause: 'why' });
    expect(clock.pendingMs).toEqual([]);

    const reading = new AbortController();
    const answer = mock.send(requestOf('http://a/', { options: { signal: reading.signal } }));
    await clock.timers();
    clock.advance(500);
    const { body } = await answer;
    await body.read();
    reading.abort('why');
    expect(await rejection(body.read())).toMatchObject({ code: 'ABORTED', cause: 'why' });
  });
});

describe('MockTransport: what was asked', () => {
  it.each([
    ['nothing', undefined, ''],
    ['text', 'text', 'text'],
    ['bytes', Buffer.from('bytes'), 'bytes'],
    ['an iterable', ['it', Buffer.from('er')], 'iter'],
    [
      'an async iterable',
      (async function* () {
        yield 'async';
      })(),
      'async',
    ],
    ['a function', () => ['made'], 'made'],
  ])('is kept with its body: %s', async (_, body, text) => {
    const mock = new MockTransport().on('*', /./, 'x');
    const request = requestOf('http://a/#part', { method: 'POST', headers: [['X-A', 'b']], body });
    await mock.send(request);
    const [call] = mock.calls;
    expect(call).toMatchObject({ method: 'POST', url: 'http://a/', text, request });
    expect(Buffer.from(call!.body).toString()).toBe(text);
    expect(call!.headers.get('x-a')).toBe('b');
  });

  it('is what the file held, and the file is closed', async () => {
    let isClosed = false;
    const file = {
      read: async (buffer: Buffer, _at: number, _length: number, position: number) => ({
        bytesRead: buffer.write('0123456789'.slice(position)),
        buffer,
      }),
      close: async () => {
        isClosed = true;
      },
    };
    const mock = new MockTransport().on('*', /./, 'x');
    const body = { file: file as never, start: 4, length: 6 };
    await mock.send(requestOf('http://a/', { method: 'PUT', body }));
    expect([mock.calls[0]!.text, isClosed]).toEqual(['456789', true]);
  });

  it('is all that should have been', async () => {
    const mock = new MockTransport().on('GET', 'http://a/', 'x').on('GET', 'http://b/', 'x', { times: 2 });
    expect(() => mock.assertDone()).toThrow(usageError('BAD_STATE'));
    await mock.send(requestOf('http://a/'));
    await mock.send(requestOf('http://b/'));
    expect(() => mock.assertDone()).toThrow('not asked for:\n  GET http://b/ (asked for 1 of 2 times)');
    await mock.send(requestOf('http://b/'));
    expect(() => mock.assertDone()).not.toThrow();
    mock.reset();
    expect(mock.calls).toEqual([]);
    expect(await rejection(mock.send(requestOf('http://a/')))).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('comes from a Client that has the mock for a transport', async () => {
    const mock = new MockTransport()
      .on('POST', 'http://a/things', { status: 303, headers: { Location: '/things/7' } })
      .on('GET', 'http://a/things/7', { json: { id: 7 } });
    const client = new Client({ transport: mock.send, baseUrl: 'http://a/' });
    const response = await client.request('/things', { json: { name: 'x' } });
    expect(await response.json()).toEqual({ id: 7 });
    expect(response.redirectedFrom).toEqual(['http://a/things']);
    expect(mock.calls[0]).toMatchObject({ method: 'POST', text: '{"name":"x"}' });
    mock.assertDone();
  });
});
