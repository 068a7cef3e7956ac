import { describe, expect, it } from 'vitest';
import {
  FileWrapper,
  run,
  setupTestingDefaults,
  type Application,
  type Chunk,
  type Environ,
} from '@wirestack/gateway';
import { ManualClock } from '@wirestack/http/testing';
import { accessLog, type AccessLogEntry, type AccessLogOptions } from '../../src/middleware/access-log.ts';
import { requestId } from '../../src/middleware/request-id.ts';
import { router } from '../../src/middleware/router.ts';
import { mount } from '../../src/mount.ts';
import { dial, requestOf, serving, turn, turnsUntil, until } from '../peer.ts';

const at = Date.UTC(2026, 10, 21, 17, 52, 1);

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', []);
  return ['hello'];
};

/** The lines of one request, its body read to its end. */
async function linesOf(
  app: Application,
  environ: Partial<Environ> = {},
  options: AccessLogOptions = {},
): Promise<string> {
  let text = '';
  const clock = new ManualClock(at);
  const write = (lines: string): void => void (text += lines);
  const logged = accessLog({ write, clock, ...options })(app);
  try {
    const response = await run(logged, setupTestingDefaults(environ));
    const { body } = response;
    if (body instanceof FileWrapper) await body.close();
    else if (typeof body !== 'string')
      for await (const piece of body as AsyncIterable<Chunk>) clock.advance(piece.length);
  } catch {
    // The server would answer 500.
  }
  await turn();
  return text;
}

async function entryOf(app: Application, environ: Partial<Environ> = {}): Promise<AccessLogEntry> {
  let seen: AccessLogEntry | undefined;
  await linesOf(app, environ, { format: (entry) => ((seen = entry), 'x') });
  return seen!;
}

describe('formats', () => {
  const environ = { REQUEST_URI: '/a?b', HTTP_REFERER: 'http://x/', HTTP_USER_AGENT: 'curl "8"\n' };

  it('are those of the server, with the user', async () => {
    expect(await linesOf(hello, environ, { format: 'common' })).toBe(
      '127.0.0.1 - - [21/Nov/2026:17:52:01 +0000] "GET /a?b HTTP/1.1" 200 5\n',
    );
    expect(await linesOf(hello, { ...environ, REMOTE_USER: 'ada b"\n€' })).toBe(
      '127.0.0.1 - ada\\x20b\\x22\\x0A\\xE2\\x82\\xAC [21/Nov/2026:17:52:01 +0000] "GET /a?b HTTP/1.1" 200 5 ' +
        '"http://x/" "curl \\x228\\x22\\x0A"\n',
    );
  });

  it('are JSON', async () => {
    const app = requestId({ generate: () => 'id-1' })(router().get('/', hello));
    const line = await linesOf(app, { ...environ, REMOTE_USER: 'ada' }, { format: 'json' });
    expect(JSON.parse(line)).toEqual({
      time: '2026-11-21T17:52:01.000Z',
      durationMs: 0,
      client: '127.0.0.1',
      user: 'ada',
      method: 'GET',
      scheme: 'http',
      authority: '127.0.0.1',
      target: '/a?b',
      version: '1.1',
      status: 200,
      bytes: 5,
      aborted: false,
      requestId: 'id-1',
      route: '/',
      referer: 'http://x/',
      userAgent: 'curl "8"\n',
    });
  });

  it.each([
    'common',
    'combined',
    'json',
    (entry: AccessLogEntry) => JSON.stringify(entry) + entry.userAgent,
  ] as const)('%s: no request can write a line of its own, or one that a terminal obeys', async (format) => {
    for (let code = 0; code < 256; code++) {
      const evil = `x${String.fromCharCode(code)}y`;
      const text = await linesOf(
        hello,
        {
          HTTP_USER_AGENT: evil,
          REMOTE_USER: evil,
          REQUEST_URI: evil,
          HTTP_REFERER: evil,
          REMOTE_ADDR: evil,
        },
        { format },
      );
      // eslint-disable-next-line no-control-regex -- none of them may be in a line
      expect(text).toMatch(/^[^\u0000-\u001f\u007f-\u009f]+\n$/);
    }
  });

  it('come together for one turn, each with its own user', async () => {
    const batches: string[] = [];
    const app = accessLog({ format: 'common', write: (lines) => batches.push(lines) })(hello);
    for (const REMOTE_USER of ['a', '', 'c']) void run(app, setupTestingDefaults({ REMOTE_USER }));
    await turn();
    expect(batches).toHaveLength(1);
    expect(batches[0]!.split('\n').map((line) => line.split(' ')[2])).toEqual(['a', '-', 'c', undefined]);
  });
});

describe('an entry', () => {
  it('waits for the end of the body', async () => {
    const entry = await entryOf((_environ, startResponse) => {
      startResponse('201 Created', []);
      return (async function* () {
        yield 'äb';
        yield new Uint8Array(4);
      })();
    });
    expect(entry).toMatchObject({ status: 201, bytes: 7, aborted: false, durationMs: 6 });
  });

  it('counts what is written', async () => {
    const entry = await entryOf(async (_environ, startResponse) => {
      const write = startResponse('200 OK', []);
      void write('abc');
      return ['d'];
    });
    expect(entry).toMatchObject({ status: 200, bytes: 4 });
  });

  it('has no bytes for HEAD, and the length of a file', async () => {
    expect(await entryOf(hello, { REQUEST_METHOD: 'HEAD' })).toMatchObject({
      method: 'HEAD',
      bytes: 0,
      aborted: false,
    });
    const file = { close: async () => undefined } as never;
    const sent = await entryOf((_environ, startResponse) => {
      startResponse('200 OK', []);
      return new FileWrapper(file, 1234);
    });
    expect(sent).toMatchObject({ bytes: 1234, aborted: false });
  });

  it.each<[string, Application]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'fails before the first byte',
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        return (async function* () {
          yield '';
          throw new Error('no');
        })();
      },
    ],
  ])('is 500 for an application that %s', async (_name, app) => {
    expect(await entryOf(app)).toMatchObject({ status: 500, bytes: 0, aborted: false });
  });

  it('is aborted where the application fails under way', async () => {
    const entry = await entryOf((_environ, startResponse) => {
      startResponse('200 OK', []);
      return (async function* () {
        yield 'a';
        throw new Error('no');
      })();
    });
    expect(entry).toMatchObject({ status: 200, bytes: 1, aborted: true });
  });

  it('has the status that counts, once', async () => {
    const text = await linesOf(
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        startResponse('409 Conflict', [], new Error('changed my mind'));
        return ['x'];
      },
      {},
      { format: ({ status }) => String(status) },
    );
    expect(text).toBe('409\n');
  });

  it('has the method that came, and the route below mounts', async () => {
    const inner = router().get('/x/{id}', hello);
    const app: Application = (environ, startResponse) => {
      environ.REQUEST_METHOD = 'GET';
      return mount({ '/m': inner })(environ, startResponse);
    };
    const entry = await entryOf(app, { REQUEST_METHOD: 'POST', PATH_INFO: '/m/x/1' });
    expect(entry).toMatchObject({ method: 'POST', route: '/m/x/{id}' });
  });
});

describe('accessLog', () => {
  it('makes no promise', () => {
    expect(run(accessLog({ write: () => undefined })(hello), setupTestingDefaults())).toMatchObject({
      body: 'hello',
    });
  });

  it('does not let a format harm the response', async () => {
    let complaints = '';
    const environ = setupTestingDefaults({
      'wsgi.errors': { write: (text) => void (complaints += text), flush: () => undefined },
    });
    const app = accessLog({
      format: () => {
        throw new Error('bad format');
      },
    })(hello);
    expect(await run(app, environ)).toMatchObject({ status: 200 });
    expect(complaints).toBe('Error: bad format\n');
  });

  it('refuses options that are none', () => {
    for (const options of [{ format: 'x' }, { format: 5 }, { write: 'x' }]) {
      expect(() => accessLog(options as object)).toThrow(TypeError);
    }
  });

  it('sees a client leave', async () => {
    const entries: AccessLogEntry[] = [];
    const log = accessLog({ format: (entry) => (entries.push(entry), ''), write: () => undefined });
    const { address } = await serving(
      log((environ, startResponse) => {
        startResponse('200 OK', []);
        return (async function* () {
          yield 'first';
          await new Promise((resolve) => {
            environ['wirestack.signal'].addEventListener('abort', resolve);
          });
        })();
      }),
    );
    const peer = await dial(address);
    await peer.write(requestOf('GET /'));
    await until(peer, 'first');
    peer.abort();
    await turnsUntil(() => entries.length > 0);
    expect(entries).toMatchObject([{ status: 200, bytes: 5, aborted: true }]);
  });
});
