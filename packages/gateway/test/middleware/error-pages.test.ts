import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpProtocolError } from '@wirestack/http';
import {
  FileWrapper,
  run,
  setupTestingDefaults,
  validator,
  type Application,
  type Environ,
} from '@wirestack/gateway';
import { withLifespan } from '../../src/lifespan.ts';
import { errorPages, type ErrorPagesOptions } from '../../src/middleware/error-pages.ts';
import { parseStack } from '../../src/middleware/error-pages/source-excerpt.ts';
import { requestId } from '../../src/middleware/request-id.ts';
import { ask as askServer, serving } from '../peer.ts';

/** With the message that must not be seen. */
const secret = 'password of the database: hunter2';

const fails =
  (error: unknown = new Error(secret)): Application =>
  () => {
    throw error;
  };

interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly complaints: string;
}

async function ask(
  app: Application,
  options: ErrorPagesOptions = {},
  environ: Partial<Environ> = {},
): Promise<Page> {
  let complaints = '';
  const errors = { write: (text: string) => void (complaints += text), flush: () => undefined };
  const response = await run(
    errorPages(options)(app),
    setupTestingDefaults({ 'wsgi.errors': errors, ...environ }),
  );
  let text = '';
  if (typeof response.body === 'string') text = response.body;
  else for await (const piece of response.body as AsyncIterable<string>) text += piece;
  return { status: response.status, headers: Object.fromEntries(response.headers), text, complaints };
}

describe('an application that fails', () => {
  it.each<[string, Application]>([
    ['throws', fails()],
    ['rejects', () => Promise.reject(new Error(secret))],
    [
      'throws after startResponse',
      (_environ, startResponse) => {
        startResponse('200 OK', [['Set-Cookie', 'a=b']]);
        throw new Error(secret);
      },
    ],
    [
      'fails at the first piece of its body',
      (_environ, startResponse) => {
        startResponse('200 OK', [['Content-Length', '5']]);
        return (async function* () {
          yield '';
          throw new Error(secret);
        })();
      },
    ],
    [
      'fails in a generator that is not asynchronous',
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        return (function* () {
          yield '';
          throw new Error(secret);
        })();
      },
    ],
    [
      'says a header that is none',
      (_environ, startResponse) => {
        startResponse('200 OK', [['a b', '']]);
        return [];
      },
    ],
  ])('and %s is answered for with 500', async (_name, app) => {
    const { status, headers, text, complaints } = await ask(app);
    expect([status, text]).toEqual([500, '500 Internal Server Error\n']);
    expect(headers).toMatchObject({
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('Set-Cookie');
    expect(complaints).toMatch(/Error: [^]*\n +at /);
  });

  it.each([
    undefined,
    null,
    0,
    'text',
    {},
    { status: 'x' },
    { status: 200 },
    { status: 600 },
    { status: 404.5 },
  ])('and throws %o, too', async (thrown) => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- Anything can be thrown.
      throw thrown;
    };
    expect((await ask(app)).status).toBe(500);
  });

  it('after the head was sent is not: the error goes on', async () => {
    const errors: unknown[] = [];
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return (async function* () {
        yield 'begun';
        throw new Error('late');
      })();
    };
    await expect(ask(app, { onError: (error) => errors.push(error) })).rejects.toThrow('late');
    expect(errors).toMatchObject([{ message: 'late' }]);
    const { address } = await serving(errorPages({ onError: () => undefined })(app));
    const reply = await askServer(address, 'GET /');
    expect([reply.status, reply.body, reply.isComplete]).toEqual([200, 'begun', false]);
  });

  it.each([
    [new HttpProtocolError('BODY_TOO_LARGE', secret), 413, 'Content Too Large'],
    [Object.assign(new Error(secret), { statusCode: 404 }), 404, 'Not Found'],
    [Object.assign(new Error(secret), { status: 418 }), 418, ''],
    [{ status: 403 }, 403, 'Forbidden'],
  ])('with %o has its status, and is no complaint', async (error, status, reason) => {
    const page = await ask(fails(error));
    expect([page.status, page.complaints]).toEqual([status, '']);
    expect(page.text).toContain(`${String(status)} ${reason}`);
    expect(page.text).not.toContain('hunter2');
  });

  it('of a response that the application asked for is 502, and a complaint', async () => {
    const error = new HttpProtocolError('BODY_TOO_LARGE', secret, undefined, 'response');
    const page = await ask(fails(error));
    expect([page.status, page.text]).toEqual([502, '502 Bad Gateway\n']);
    expect(page.complaints).toContain(secret);
  });

  it('with 503 has it, and is a complaint', async () => {
    const page = await ask(fails(Object.assign(new Error('busy'), { status: 503 })));
    expect([page.status, page.text]).toEqual([503, '503 Service Unavailable\n']);
    expect(page.complaints).toContain('Error: busy');
  });

  it('shows the message of an error that is meant for clients', async () => {
    const error = Object.assign(new Error('there is no <user> 5'), { status: 404, expose: true });
    expect((await ask(fails(error))).text).toBe('404 Not Found\nthere is no <user> 5\n');
    expect((await ask(fails(error), {}, { HTTP_ACCEPT: 'text/html' })).text).toContain(
      'there is no &#60;user&#62; 5',
    );
  });
});

describe('a page', () => {
  it.each([
    [undefined, 'text/plain; charset=utf-8'],
    ['*/*', 'text/plain; charset=utf-8'],
    ['image/png', 'text/plain; charset=utf-8'],
    ['bad accept', 'text/plain; charset=utf-8'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
    ['application/json', 'application/json'],
    ['application/problem+json, application/json;q=0.5', 'application/problem+json'],
  ])('for Accept: %s is %s', async (accept, type) => {
    const { headers, text } = await ask(fails(), {}, accept === undefined ? {} : { HTTP_ACCEPT: accept });
    expect(headers['Content-Type']).toBe(type);
    expect(text).toContain('Internal Server Error');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('.ts');
  });

  it('has the id of the request', async () => {
    const app = requestId({ generate: () => 'id-7' })(errorPages({ onError: () => undefined })(fails()));
    const bodies = [];
    for (const HTTP_ACCEPT of ['text/plain', 'text/html', 'application/json']) {
      bodies.push((await run(app, setupTestingDefaults({ HTTP_ACCEPT }))).body as string);
    }
    expect(bodies[0]).toBe('500 Internal Server Error\nRequest id-7\n');
    expect(bodies[1]).toContain('<p>Request id-7</p>');
    expect(JSON.parse(bodies[2]!)).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      requestId: 'id-7',
    });
  });

  it('is your own, unless it fails, or is none', async () => {
    const page: ErrorPagesOptions['page'] = ({ status, mediaType }, environ) => {
      if (environ.PATH_INFO === '/broken') throw new Error('the page is broken, too');
      if (environ.PATH_INFO === '/none') return undefined;
      return { type: 'text/x', body: `${String(status)} ${mediaType} ${environ.PATH_INFO}` };
    };
    const own = await ask(fails(), { page });
    expect([own.headers['Content-Type'], own.text]).toEqual(['text/x', '500 text/plain /']);
    expect((await ask(fails(), { page }, { PATH_INFO: '/none' })).text).toBe('500 Internal Server Error\n');
    const broken = await ask(fails(), { page }, { PATH_INFO: '/broken' });
    expect(broken.text).toBe('500 Internal Server Error\n');
    expect(broken.complaints).toContain('the page is broken, too');
  });

  it('comes even if nobody can be told', async () => {
    const onError = (): never => {
      throw new Error('no log');
    };
    const { status, complaints } = await ask(fails(), { onError });
    expect([status, complaints]).toEqual([500, 'Error: no log\n']);
  });
});

/** Put together, for the page shows the source of these tests. */
const hidden = ['ta', 'sty'].join('');
const account = ['root', 'x', '0'].join(':');

describe('in development a page', () => {
  const environ = {
    HTTP_ACCEPT: 'text/html',
    QUERY_STRING: 'q=<script>alert(1)</script>',
    HTTP_COOKIE: `sid=${hidden}`,
    HTTP_AUTHORIZATION: `Bearer ${hidden}`,
    HTTP_X_API_KEY: hidden,
    HTTP_X_CSRF_TOKEN: hidden,
  };
  const cause = new TypeError('the <b>cause</b>');
  const error = new Error('it <i>failed</i>', { cause }); // The marked line.

  it('shows the error, its cause, the source and the request', async () => {
    const { text, status } = await ask(fails(error), { development: true }, environ);
    expect(status).toBe(500);
    expect(text).toContain('<h2>Error: it &#60;i&#62;failed&#60;/i&#62;</h2>');
    expect(text).toContain('<h2>TypeError: the &#60;b&#62;cause&#60;/b&#62;</h2>');
    expect(text).toMatch(/<mark> +\d+ {4}const error = new Error\(.*The marked line\.<\/mark>/);
    expect(text).toContain('q=&#60;script&#62;alert(1)&#60;/script&#62;');
    expect(text).toContain('<th>HTTP_COOKIE</th><td>•••</td>');
    expect(text).not.toContain(hidden);
    expect(text).not.toMatch(/<(?:script|i|b)>/);
  });

  it('says the same in text and JSON', async () => {
    for (const HTTP_ACCEPT of ['text/plain', 'application/json']) {
      const { text } = await ask(fails(error), { development: true }, { ...environ, HTTP_ACCEPT });
      expect(text).toContain('it <i>failed</i>');
      expect(text).toContain('the <b>cause</b>');
      expect(text).toContain('error-pages.test.ts');
      expect(text).not.toContain(hidden);
    }
  });

  it('copes with whatever was thrown', async () => {
    const circle: Error & { cause?: unknown } = new Error('circle');
    circle.cause = circle;
    const odd = Object.assign(new Error('odd'), { stack: 5 });
    const foreign = Object.assign(new Error('foreign'), {
      stack: 'at (/etc/passwd:1:1)\n at x (/none.js:1:1)',
    });
    for (const one of [undefined, null, 'text', Symbol('s'), circle, odd, foreign, Object.create(null)]) {
      const { status, text } = await ask(fails(one), { development: true }, environ);
      expect(status).toBe(500);
      expect(text).not.toContain(account);
    }
  });

  it('escapes any text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'x', '\n') }),
        async (junk) => {
          const { text } = await ask(
            fails(new Error(`<x${junk}`)),
            { development: true },
            { HTTP_ACCEPT: 'text/html', HTTP_X: `<x${junk}` },
          );
          expect(text).not.toContain('<x');
        },
      ),
      { numRuns: 30 },
    );
  });

  it('must be asked for', async () => {
    expect((await ask(fails(error), {}, environ)).text).not.toContain('failed');
    expect(() => errorPages({ development: 'development' } as object)).toThrow(TypeError);
  });
});

it.each([
  ['at f (file:///a/b%20c.ts:1:2)', '/a/b c.ts', 1],
  ['at async f (/a/b.js:12:3)', '/a/b.js', 12],
  ['at /a/b.js:12:3', '/a/b.js', 12],
  ['at async file:///a/b.js:12:3', '/a/b.js', 12],
  [String.raw`at f (C:\a\b.js:12:3)`, String.raw`C:\a\b.js`, 12],
  ['at node:internal/main:5:1', undefined, NaN],
  ['at new Promise (<anonymous>)', undefined, NaN],
  ['at f (file://host/%:1:2)', undefined, NaN],
])('of a stack %s is line %s %i', (text, file, line) => {
  const [frame] = parseStack(`Error: x\n    ${text}`);
  expect(frame?.file).toBe(file);
  if (file !== undefined) expect(frame?.line).toBe(line);
});

describe('errorPages', () => {
  it('leaves what does not fail as it is', async () => {
    const file = new FileWrapper({} as never, 5);
    const bodies = [['x'], file];
    for (const body of bodies) {
      const app = errorPages()((_environ, startResponse) => {
        startResponse('200 OK', []);
        return body;
      });
      expect(run(app, setupTestingDefaults())).toMatchObject({
        status: 200,
        body: body === file ? file : 'x',
      });
    }
  });

  it('closes a body once, keeps to the interface and the lifespan', async () => {
    let closes = 0;
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return Object.assign(new Set(['a', 'b']), { close: () => void closes++ });
    };
    const response = await run(validator(errorPages()(validator(app))), setupTestingDefaults());
    let text = '';
    for await (const piece of response.body as AsyncIterable<string>) text += piece;
    expect([text, closes]).toEqual(['ab', 1]);
    const living = withLifespan(app, {});
    expect(errorPages()(living).lifespan).toBe(living.lifespan);
  });

  it('refuses options that are none', () => {
    for (const options of [{ page: 'x' }, { onError: 5 }, { development: 1 }]) {
      expect(() => errorPages(options as object)).toThrow(TypeError);
    }
  });
});
