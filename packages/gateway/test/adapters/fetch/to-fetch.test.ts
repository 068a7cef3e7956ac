import { describe, expect, test } from 'vitest';
import type { Application, Body, Chunk, Environ } from '@wirestack/gateway';
import { withLifespan } from '../../../src/lifespan.ts';
import { fromFetch, toFetch } from '../../../src/adapters/fetch/index.ts';
import { CountedBody } from '../../counted-body.ts';
import { gate, keeping, turn, turnsUntil } from '../../peer.ts';

const answering =
  (body: () => Body | Promise<Body>, status: `${number} ${string}` = '200 OK'): Application =>
  (_, startResponse) => {
    startResponse(status, [['X-A', 'b']]);
    return body();
  };

async function environOf(request: Request, ...platform: unknown[]): Promise<Environ> {
  let seen: Environ | undefined;
  await toFetch(
    keeping((environ) => (seen = environ)),
    { remoteAddress: (one) => one.headers.get('x-ip') ?? '' },
  )(request, ...platform);
  return seen as Environ;
}

/** Of an application as it is, and of one that went there and back: what holds for one holds for the other. */
const ways: [string, (app: Application) => Application][] = [
  ['toFetch', (app) => app],
  ['toFetch(fromFetch(toFetch))', (app) => fromFetch(toFetch(app, { onError: () => undefined }))],
];

describe.each(ways)('an application by %s', (_way, pass) => {
  const fetchOf = (app: Application, onError: (error: unknown) => void = () => undefined) =>
    toFetch(pass(app), { onError });
  const get = (app: Application, init: RequestInit = {}, path = '/') =>
    fetchOf(app)(new Request(`http://host${path}`, init));

  const bodies: [string, () => Body | Promise<Body>, string][] = [
    ['text', () => ['hällo'], 'hällo'],
    ['bytes', () => [Uint8Array.of(104, 105)], 'hi'],
    ['nothing', () => [], ''],
    ['a promise', async () => ['later'], 'later'],
    ['several chunks', () => ['a', '', 'b', Uint8Array.of(99)], 'abc'],
    [
      'a generator',
      async function* () {
        yield 'x';
        await turn();
        yield 'y';
      },
      'xy',
    ],
  ];
  test.each(bodies)('answers with %s', async (_name, body, text) => {
    const response = await get(answering(body));
    expect([response.status, response.statusText, response.headers.get('x-a')]).toEqual([200, 'OK', 'b']);
    expect(await response.text()).toBe(text);
  });

  test('keeps each Set-Cookie, the reason, and what write() wrote', async () => {
    const response = await get(async (_, startResponse) => {
      const write = startResponse('404 Not Here', [
        ['Set-Cookie', 'a=1, x'],
        ['Set-Cookie', 'b=2'],
      ]);
      void write('written ');
      await turn();
      return ['returned'];
    });
    expect(response.headers.getSetCookie()).toEqual(['a=1, x', 'b=2']);
    expect([response.status, response.statusText]).toEqual([404, 'Not Here']);
    expect(await response.text()).toBe('written returned');
  });

  test.each([
    ['HEAD', '200 OK'],
    ['GET', '204 No Content'],
    ['GET', '205 Reset Content'],
    ['GET', '304 Not Modified'],
  ] as const)('has no body for %s and %s, and closes it', async (method, status) => {
    const body = new CountedBody('x', 'y');
    const response = await get(
      answering(() => body, status),
      { method },
    );
    expect([response.body, response.headers.get('x-a')]).toEqual([null, 'b']);
    await turnsUntil(() => body.closes > 0);
    expect(body.ending).toEqual({ returns: 1, closes: 1 });
  });

  test('reads the body of the request, in pieces', async () => {
    const pieces = ['one ', 'two ', 'three'];
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await turn();
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(piece));
      },
    });
    const echo: Application = async function* (environ, startResponse) {
      startResponse('200 OK', []);
      yield* environ['wsgi.input'];
    } as Application;
    const response = await get(echo, { method: 'POST', body, duplex: 'half' });
    expect(await response.text()).toBe('one two three');
  });

  test('pulls a piece when it is asked for', async () => {
    const body = new CountedBody('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const response = await get(answering(() => body));
    for (let i = 0; i < 20; i++) await turn();
    // A stream in between reads one ahead.
    expect(body.nexts).toBeLessThanOrEqual(4);
    expect(await response.text()).toBe('abcdefgh');
    expect(body.ending).toEqual({ returns: 0, closes: 1 });
  });

  test('closes the body and aborts the signal when the response is cancelled, once', async () => {
    let signal: AbortSignal | undefined;
    const body = new CountedBody('some', new Promise<Chunk>(() => undefined));
    const response = await get((environ, startResponse) => {
      signal = environ['wirestack.signal'];
      startResponse('200 OK', []);
      return body;
    });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel('enough');
    await turnsUntil(() => body.closes > 0);
    for (let i = 0; i < 10; i++) await turn();
    expect(body.ending).toEqual({ returns: 1, closes: 1 });
    expect(signal?.aborted).toBe(true);
  });

  test('closes the body and aborts the signal when the request is aborted, once', async () => {
    let signal: AbortSignal | undefined;
    const client = new AbortController();
    const body = new CountedBody('some', new Promise<Chunk>(() => undefined));
    const response = await get(
      (environ, startResponse) => {
        signal = environ['wirestack.signal'];
        startResponse('200 OK', []);
        return body;
      },
      { signal: client.signal },
    );
    const reading = response.text();
    client.abort(new Error('left'));
    await expect(reading).rejects.toThrow();
    await turnsUntil(() => body.closes > 0);
    for (let i = 0; i < 10; i++) await turn();
    expect(body.ending).toEqual({ returns: 1, closes: 1 });
    expect(signal?.aborted).toBe(true);
  });

  test('answers 500 where the application throws before its head is out', async () => {
    const failing: Application[] = [
      () => {
        throw new Error('thrown');
      },
      async () => Promise.reject(new Error('thrown')),
      answering(() => new CountedBody(new Error('thrown'))),
      (_, startResponse) => {
        startResponse('200 OK', [['X', 'a\r\nb: c']]);
        return [];
      },
    ];
    for (const app of failing) {
      const response = await get(app);
      expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error\n']);
    }
  });

  test('fails the stream where the body throws later, and closes it', async () => {
    const body = new CountedBody('some', 'more', 'and more', new Error('thrown'));
    const response = await get(answering(() => body));
    await expect(response.text()).rejects.toThrow('thrown');
    expect(body.ending).toEqual({ returns: 0, closes: 1 });
  });
});

describe('toFetch', () => {
  test('makes an environ of a request', async () => {
    const request = new Request('https://[::1]:8443/a%20b/%C3%A4?x=%31#part', {
      method: 'POST',
      headers: { 'X-IP': '10.0.0.1', 'Content-Type': 'text/plain', 'X-A': 'b', Cookie: 'c=d' },
      body: 'sent',
    });
    expect(await environOf(request)).toMatchObject({
      REQUEST_METHOD: 'POST',
      SCRIPT_NAME: '',
      PATH_INFO: '/a b/ä',
      QUERY_STRING: 'x=%31',
      REQUEST_URI: '/a%20b/%C3%A4?x=%31',
      SERVER_NAME: '::1',
      SERVER_PORT: '8443',
      SERVER_PROTOCOL: 'HTTP/1.1',
      REMOTE_ADDR: '10.0.0.1',
      HTTP_HOST: '[::1]:8443',
      HTTP_X_A: 'b',
      HTTP_TRANSFER_ENCODING: 'chunked',
      CONTENT_TYPE: 'text/plain',
      'wsgi.url_scheme': 'https',
      'wsgi.input_terminated': true,
    });
    expect(await environOf(new Request('http://host/'))).toMatchObject({ SERVER_PORT: '80' });
    expect(await environOf(new Request('https://host/'))).toMatchObject({ SERVER_PORT: '443' });
  });

  test('hands on what the platform gives', async () => {
    const environ = await environOf(new Request('http://host/'), { KV: 1 }, 'context');
    expect(environ['wirestack.fetch']).toMatchObject({ platform: [{ KV: 1 }, 'context'] });
  });

  test('tells of errors, by default on the console', async () => {
    const errors: unknown[] = [];
    const late = new CountedBody('x', new Error('late'));
    const tell = { onError: (error: unknown) => errors.push(error) };
    await (
      await toFetch(
        answering(() => late),
        tell,
      )(new Request('http://host/'))
    )
      .text()
      .catch(() => undefined);
    await toFetch(() => {
      throw new Error('early');
    }, tell)(new Request('http://host/'));
    expect(errors.map(String)).toEqual(['Error: late', 'Error: early']);
  });

  test('takes no more of the request than the application reads', async () => {
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          controller.enqueue(new Uint8Array(10));
        },
        cancel: () => {
          isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const response = await toFetch(async (environ, startResponse) => {
      const { length } = await environ['wsgi.input'].read(5);
      startResponse('200 OK', []);
      return [String(length)];
    })(new Request('http://host/', init));
    expect(await response.text()).toBe('5');
    await turnsUntil(() => isCancelled);
    expect(isCancelled).toBe(true);
  });

  test('starts the lifespan with the first request, once', async () => {
    const opened = gate();
    let starts = 0;
    const app = withLifespan(
      answering(() => ['x']),
      {
        start: async () => {
          starts++;
          await opened.promise;
        },
      },
    );
    const fetcher = toFetch(app);
    const both = [fetcher(new Request('http://host/')), fetcher(new Request('http://host/'))];
    opened.open();
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(starts).toBe(1);
  });

  test('refuses what is no application', () => {
    expect(() => toFetch('app' as unknown as Application)).toThrow(TypeError);
  });
});
