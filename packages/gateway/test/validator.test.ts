import { open } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  FileWrapper,
  run,
  setupTestingDefaults,
  ValidationError,
  validator,
  type Application,
  type Body,
  type Chunk,
  type Environ,
  type StartResponse,
} from '@wirestack/gateway';
import { ask, serving } from './peer.ts';

const plain = [['Content-Type', 'text/plain']] as const;

/** What an application answers when it is run as servers run it; what it throws. */
async function outcome(app: Application, environ: Partial<Environ> = {}): Promise<string> {
  const { body } = await run(validator(app), setupTestingDefaults(environ));
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const pieces: string[] = [];
  for await (const chunk of body) pieces.push(Buffer.from(chunk).toString());
  return pieces.join('');
}

const breaks = (by: string, rule: RegExp | string): unknown =>
  expect.objectContaining({
    name: 'ValidationError',
    by,
    rule: expect.stringMatching(rule) as string,
  }) as unknown;

describe('an application that keeps the rules', () => {
  const good: Readonly<Record<string, Application>> = {
    'one chunk': (_, start) => {
      start('200 OK', plain);
      return ['hello'];
    },
    'pieces, and their length': async function (_, start) {
      start('200 OK', [...plain, ['Content-Length', '5']]);
      await Promise.resolve();
      return (function* () {
        yield 'he';
        yield Buffer.from('llo');
      })();
    },
    written: async (_, start) => {
      const write = start('200 OK', plain);
      await write('hel');
      await write('lo');
      return [];
    },
    'another head, with an error, before anything was sent': (_, start) => {
      start('200 OK', plain);
      start('500 Oops', plain, new Error('x'));
      return ['hello'];
    },
    'what it read': async (environ, start) => {
      const all = await environ['wsgi.input'].read();
      start('200 OK', plain);
      return [all];
    },
  };
  test.each(Object.entries(good))('%s', async (name, app) => {
    expect(await outcome(app, name === 'what it read' ? setupTestingDefaults({}, 'hello') : {})).toBe(
      'hello',
    );
  });

  test('a file stays a file, for servers know what to do with one', async () => {
    const file = await open(import.meta.filename);
    try {
      const { body } = await run(
        validator((_, start) => {
          start('200 OK', [...plain, ['Content-Length', '10']]);
          return new FileWrapper(file, 10);
        }),
        setupTestingDefaults(),
      );
      expect(body).toBeInstanceOf(FileWrapper);
    } finally {
      await file.close();
    }
  });

  test('answers through a server as without it', async () => {
    const { address, errors } = await serving(validator(good['pieces, and their length'] as Application));
    expect(await ask(address, 'GET /')).toMatchObject({ status: 200, body: 'hello', isComplete: true });
    expect(errors).toEqual([]);
  });
});

describe('an application is told', () => {
  const answering =
    (status: unknown, headers: unknown = plain): Application =>
    (_, start) => {
      (start as (...args: unknown[]) => unknown)(status, headers);
      return ['x'];
    };

  test.each([
    [200, plain, /three digits/],
    ['200', plain, /three digits/],
    ['100 Continue', plain, /three digits/],
    ['20 OK', plain, /three digits/],
    ['200 O\nK', plain, /control characters/],
    ['200 OK', { 'Content-Type': 'a/b' }, /array of pairs/],
    ['200 OK', null, /array of pairs/],
    ['200 OK', ['Content-Type: a/b'], /is a pair/],
    ['200 OK', [['A']], /is a pair/],
    ['200 OK', [[1, 'x']], /name of a header is text/],
    ['200 OK', [['A', 1]], /value of a header is text/],
    ['200 OK', [['A B', 'x']], /is a token/],
    ['200 OK', [['A:', 'x']], /is a token/],
    ['200 OK', [['Status', '200']], /Status is no header/],
    ['200 OK', [['A-', 'x']], /ends in - or _/],
    ['200 OK', [['Connection', 'close']], /the server’s/],
    ['200 OK', [['A', 'x\r\nB: y']], /no control characters/],
    ['200 OK', [['A', '€']], /above U\+00FF/],
    ['200 OK', [['Content-Length', '-1']], /number of bytes/],
    ['204 No Content', plain, /has no Content-Type/],
    ['304 Not Modified', plain, /has no Content-Type/],
  ])('of a head %j %j', async (status, headers, rule) => {
    await expect(outcome(answering(status, headers))).rejects.toEqual(breaks('application', rule));
  });

  const bad: Readonly<Record<string, readonly [RegExp, Application]>> = {
    'that it called startResponse twice': [
      /called once/,
      (_, start) => {
        start('200 OK', plain);
        start('200 OK', plain);
        return [];
      },
    ],
    'that it gave it more than three arguments': [
      /takes a status, headers/,
      (_, start) => {
        (start as (...args: unknown[]) => unknown)('200 OK', plain, undefined, 1);
        return [];
      },
    ],
    'that it never called it': [/before the first chunk/, () => ['x']],
    'that it never called it, without a chunk': [/before the body ends/, () => []],
    'that text is an iterable of letters': [
      /is an iterable of chunks/,
      (_, start) => {
        start('200 OK', plain);
        return 'text';
      },
    ],
    'that bytes are one of numbers': [
      /is an iterable of chunks/,
      (_, start) => {
        start('200 OK', plain);
        return Uint8Array.of(1) as unknown as Body;
      },
    ],
    'that nothing is none': [
      /is an iterable of chunks/,
      (_, start) => {
        start('200 OK', plain);
        return undefined as unknown as Body;
      },
    ],
    'that a number is no chunk': [
      /text or bytes/,
      (_, start) => {
        start('200 OK', plain);
        return [1 as unknown as Chunk];
      },
    ],
    'that the body is longer than it said': [
      /as long as its Content-Length/,
      (_, start) => {
        start('200 OK', [...plain, ['Content-Length', '3']]);
        return ['ab', 'cd'];
      },
    ],
    'that it is shorter': [
      /as long as its Content-Length/,
      (_, start) => {
        start('200 OK', [...plain, ['Content-Length', '5']]);
        return ['ab', 'cd'];
      },
    ],
    'that text has more bytes than letters': [
      /as long as its Content-Length/,
      (_, start) => {
        start('200 OK', [...plain, ['Content-Length', '1']]);
        return ['ü'];
      },
    ],
    'that 204 has no body': [
      /has no body/,
      (_, start) => {
        start('204 No Content', []);
        return ['x'];
      },
    ],
    'that it wrote without awaiting': [
      /every write is awaited/,
      async (_, start) => {
        const write = start('200 OK', plain);
        void write('a').catch(() => undefined);
        await write('b');
        return [];
      },
    ],
    'that it wrote behind its return': [
      /nothing is written once/,
      (_, start) => {
        const write = start('200 OK', plain);
        return (async function* () {
          await write('late');
          yield 'x';
        })();
      },
    ],
    'that it read twice at a time': [
      /one read of wsgi.input at a time/,
      async (environ, start) => {
        start('200 OK', plain);
        await Promise.all([environ['wsgi.input'].read(1), environ['wsgi.input'].read(1)]);
        return [];
      },
    ],
    'that read takes one argument': [
      /one argument at most/,
      async (environ, start) => {
        start('200 OK', plain);
        await (environ['wsgi.input'].read as (...args: unknown[]) => Promise<unknown>)(1, 2);
        return [];
      },
    ],
  };
  test.each(Object.entries(bad))('%s', async (_, [rule, app]) => {
    await expect(outcome(app)).rejects.toEqual(breaks('application', rule));
  });

  test('that it read once the response was over', async () => {
    let environ: Environ | undefined;
    await outcome((given, start) => {
      environ = given;
      start('200 OK', plain);
      return ['x', 'y'];
    });
    await expect(environ?.['wsgi.input'].read()).rejects.toEqual(
      breaks('application', /once the response is over/),
    );
  });

  test('through a server: the client sees 500, and onError the rule', async () => {
    const { address, errors } = await serving(validator(answering('200 OK', [['Connection', 'close']])));
    expect((await ask(address, 'GET /')).status).toBe(500);
    expect(errors).toEqual([breaks('application', /the server’s/)]);
  });
});

describe('a server is told', () => {
  const start: StartResponse = () => () => Promise.resolve();
  const app = validator((_, startResponse) => {
    startResponse('200 OK', plain);
    return ['a', 'b'];
  });

  test.each([
    ['REQUEST_METHOD', undefined, /REQUEST_METHOD is text/],
    ['REQUEST_METHOD', 'GE T', /is a token/],
    ['SCRIPT_NAME', '/', /is not \//],
    ['SCRIPT_NAME', 'app', /begins with a slash/],
    ['PATH_INFO', 'a', /begins with a slash/],
    ['CONTENT_LENGTH', 'x', /number of bytes/],
    ['CONTENT_LENGTH', 5, /variables of CGI are text/],
    ['HTTP_ACCEPT', ['a'], /variables of CGI are text/],
    ['HTTP_CONTENT_TYPE', 'a/b', /has no HTTP_CONTENT_TYPE/],
    ['HTTP_PROXY', 'x', /has no HTTP_PROXY/],
    ['wsgi.version', '1.0', /is a pair/],
    ['wsgi.url_scheme', 'ftp', /is http or https/],
    ['wsgi.multithread', 0, /is true or false/],
    ['wsgi.input', {}, /wsgi.input has read/],
    ['wsgi.errors', { write: () => undefined }, /wsgi.errors has flush/],
    ['wirestack.signal', undefined, /is an AbortSignal/],
  ])('of an environ whose %s is %j', (key, value, rule) => {
    const environ = { ...setupTestingDefaults(), [key]: value } as Environ;
    expect(() => app(environ, start)).toThrow(breaks('server', rule));
  });

  test('that an application has two arguments, the second a function', () => {
    const loose = app as (...args: unknown[]) => unknown;
    expect(() => loose(setupTestingDefaults(), start, 1)).toThrow(ValidationError);
    expect(() => loose(setupTestingDefaults())).toThrow(breaks('server', /is a function/));
    expect(() => loose(undefined, start)).toThrow(breaks('server', /is an object/));
  });

  test('that a body is read once, not behind its close, and closed once', async () => {
    const body = (await app(setupTestingDefaults(), start)) as AsyncIterable<Chunk> & {
      close(): Promise<void>;
    };
    const read: Chunk[] = [];
    for await (const chunk of body) read.push(chunk);
    expect(read).toEqual(['a', 'b']);
    await expect(body[Symbol.asyncIterator]().next()).rejects.toEqual(breaks('server', /iterated over once/));
    await body.close();
    await expect(body.close()).rejects.toEqual(breaks('server', /called once/));
    const other = (await app(setupTestingDefaults(), start)) as typeof body;
    await other.close();
    await expect(other[Symbol.asyncIterator]().next()).rejects.toEqual(breaks('server', /once it is closed/));
  });
});
