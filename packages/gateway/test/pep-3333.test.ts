/**
 * The examples of PEP 3333, "The Application/Framework Side" and "Middleware: Components that Play Both Sides", in TypeScript and running.
 */
import { expect, test } from 'vitest';
import type { Application, Body, Chunk, Environ, Middleware, StartResponse } from '@wirestack/gateway';
import { ask, dial, gate, requestOf, serving, turnsUntil, until, untilEnd } from './peer.ts';

const helloWorld = 'Hello world!\n';

/** Simplest possible application object. */
const simpleApp: Application = (_environ, startResponse) => {
  const status = '200 OK';
  const responseHeaders = [['Content-type', 'text/plain']] as const;
  startResponse(status, responseHeaders);
  return [helloWorld];
};

test('simple_app: a function', async () => {
  const { address } = await serving(simpleApp);
  const reply = await ask(address, 'GET /');
  expect(reply).toMatchObject({ status: 200, body: helloWorld, isComplete: true });
  expect(reply.header('Content-type')).toBe('text/plain');
  expect(reply.header('content-length')).toBe('13');
});

/** Produce the same output, but using a class: an instance is the iterable that the application returns. */
class AppClass implements Iterable<string> {
  readonly environ: Environ;
  readonly start: StartResponse;

  constructor(environ: Environ, startResponse: StartResponse) {
    this.environ = environ;
    this.start = startResponse;
  }

  *[Symbol.iterator](): Generator<string, void, undefined> {
    this.start('200 OK', [['Content-type', 'text/plain']]);
    yield helloWorld;
    yield this.environ.PATH_INFO;
  }
}

test('AppClass: an object that calls start_response when it is first iterated', async () => {
  const { address } = await serving((environ, startResponse) => new AppClass(environ, startResponse));
  expect(await ask(address, 'GET /path')).toMatchObject({
    status: 200,
    body: `${helloWorld}/path`,
    isComplete: true,
  });
});

test('and as a generator function, which is an application by itself', async () => {
  const { address } = await serving(function* (_environ, startResponse: StartResponse) {
    startResponse('200 OK', [['Content-type', 'text/plain']]);
    yield helloWorld;
  });
  expect(await ask(address, 'GET /')).toMatchObject({ status: 200, body: helloWorld });
});

function piglatin(text: string): string {
  return text.replace(/[a-z]+/gi, (word) => {
    const at = word.search(/[aeiou]/i);
    if (at < 0) return word;
    return at === 0 ? `${word}way` : `${word.slice(at)}${word.slice(0, at)}ay`;
  });
}

/**
 * Transform iterated output to piglatin, if it's okay to do so. Note that the "okayness" can change until the application yields its
 * first non-empty string, so 'transformOk' has to be a mutable truth value.
 */
class LatinIter implements AsyncIterable<Chunk> {
  readonly #result: Body;
  readonly #transformOk: boolean[];
  readonly close?: () => void | Promise<void>;

  constructor(result: Body, transformOk: boolean[]) {
    if ('close' in result) this.close = () => result.close?.();
    this.#result = result;
    this.#transformOk = transformOk;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, undefined> {
    for await (const chunk of this.#result) {
      yield this.#transformOk.length > 0 ? piglatin(Buffer.from(chunk).toString()) : chunk;
    }
  }
}

const latinator: Middleware = (application) => async (environ, startResponse) => {
  const transformOk: boolean[] = [];

  const startLatin: StartResponse = (status, responseHeaders, error) => {
    // Reset ok flag, in case this is a repeat call.
    transformOk.length = 0;
    for (const [name, value] of responseHeaders) {
      if (name.toLowerCase() === 'content-type' && value === 'text/plain') {
        transformOk.push(true);
        // Strip content-length if present, else it'll be wrong.
        responseHeaders = responseHeaders.filter(([other]) => other.toLowerCase() !== 'content-length');
        break;
      }
    }
    const write = startResponse(status, responseHeaders, error);
    if (transformOk.length === 0) return write;
    return (data) => write(piglatin(Buffer.from(data).toString()));
  };

  return new LatinIter(await application(environ, startLatin), transformOk);
};

const typed =
  (type: string, body: () => Body): Application =>
  (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', type]]);
    return body();
  };

test.each<[string, Application, string]>([
  ['a list', simpleApp, 'elloHay orldway!\n'],
  ['a generator', typed('text/plain', () => new Set(['hello ', 'world'])), 'ellohay orldway'],
  [
    'an async generator',
    typed('text/plain', async function* () {
      yield await Promise.resolve('hello');
    }),
    'ellohay',
  ],
  [
    'what is written',
    (_environ, startResponse) => {
      void startResponse('200 OK', [['Content-Type', 'text/plain']])('hello ');
      return ['world'];
    },
    'ellohay orldway',
  ],
  ['another type, which it leaves alone', typed('text/html', () => ['hello']), 'hello'],
  [
    'a type that an error changes',
    function* (_environ, startResponse: StartResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      yield '';
      startResponse('500 Oh', [['Content-Type', 'text/html']], new Error('oh'));
      yield 'hello';
    },
    'hello',
  ],
])('Latinator transforms %s', async (_what, app, expected) => {
  const { address, errors } = await serving(latinator(app));
  expect(await ask(address, 'GET /')).toMatchObject({ body: expected, isComplete: true });
  expect(errors).toEqual([]);
});

test('Latinator drops a Content-Length that would be wrong', async () => {
  const { address } = await serving(
    latinator((_environ, startResponse) => {
      startResponse('200 OK', [
        ['Content-Length', '5'],
        ['Content-Type', 'text/plain'],
      ]);
      return ['hello'];
    }),
  );
  expect(await ask(address, 'GET /')).toMatchObject({ status: 200, body: 'ellohay', isComplete: true });
});

test('middleware passes close() on: to the end, on HEAD, and when the client leaves', async () => {
  let closes = 0;
  let ends = 0;
  const more = gate();
  const app = typed('text/plain', () =>
    Object.assign(
      (async function* () {
        try {
          yield 'hello';
          await more.promise;
          yield 'world';
        } finally {
          ends++;
        }
      })(),
      { close: () => void closes++ },
    ),
  );
  const { address } = await serving(latinator(app));
  const peer = await dial(address);
  await peer.write(requestOf('GET /'));
  await until(peer, 'ellohay');
  peer.abort();
  await turnsUntil(() => closes === 1);
  more.open();
  await turnsUntil(() => ends === 1);
  expect((await ask(address, 'HEAD /')).status).toBe(200);
  await turnsUntil(() => closes === 2 && ends === 2);
  const again = await dial(address);
  await again.write(requestOf('GET /'));
  expect(await untilEnd(again)).toMatch(/ellohay[^]*orldway\r\n0\r\n\r\n$/);
  expect([closes, ends]).toEqual([3, 3]);
});

test('“Error Handling”: an application answers its own trouble, or lets it abort', async () => {
  const { address, errors } = await serving((environ, startResponse) => {
    try {
      startResponse('200 Froody', [['Content-Type', 'text/plain']]);
      if (environ.PATH_INFO === '/fails') throw new Error('trouble');
      return ['normal body goes here'];
    } catch (error) {
      startResponse('500 Oops', [['Content-Type', 'text/plain']], error);
      return ['error body goes here'];
    }
  });
  expect(await ask(address, 'GET /')).toMatchObject({
    statusLine: 'HTTP/1.1 200 Froody',
    body: 'normal body goes here',
  });
  expect(await ask(address, 'GET /fails')).toMatchObject({
    statusLine: 'HTTP/1.1 500 Oops',
    body: 'error body goes here',
  });
  expect(errors).toEqual([]);
});

/** “URL Reconstruction”. */
function urlOf(environ: Environ): string {
  const scheme = environ['wsgi.url_scheme'];
  let url = `${scheme}://`;
  if (environ['HTTP_HOST'] !== undefined && environ['HTTP_HOST'] !== '') {
    url += environ['HTTP_HOST'];
  } else {
    url += environ.SERVER_NAME;
    if (environ.SERVER_PORT !== (scheme === 'https' ? '443' : '80')) url += `:${environ.SERVER_PORT}`;
  }
  url += encodeURI(environ.SCRIPT_NAME) + encodeURI(environ.PATH_INFO);
  return environ.QUERY_STRING === '' ? url : `${url}?${environ.QUERY_STRING}`;
}

test('“URL Reconstruction” gives the URL that was asked for', async () => {
  const { address, url } = await serving((environ, startResponse) => {
    startResponse('200 OK', []);
    return [urlOf(environ)];
  });
  const response = await fetch(`${url}/%C3%A4%20b?x=%20`);
  expect(await response.text()).toBe(`${url}/%C3%A4%20b?x=%20`);
  const peer = await dial(address);
  await peer.write('GET /a HTTP/1.0\r\n\r\n');
  expect(await untilEnd(peer)).toContain(`\r\n\r\n${url}/a`);
});
