import { describe, expect, it } from 'vitest';
import { FileWrapper, run, type Application, type Environ } from '@wirestack/gateway';
import { conditionalGet, type ConditionalGetOptions } from '../../src/middleware/conditional-get.ts';
import { compression } from '../../src/middleware/compression.ts';
import { setupTestingDefaults } from '../../src/testing-defaults.ts';
import { validator } from '../../src/validator/validator.ts';
import { ask, serving } from '../peer.ts';
import { call, Pieces, saying, type Called } from './called.ts';

const type = ['Content-Type', 'text/plain'] as const;
/** Of `hello`, by `printf hello | openssl sha1 -binary | base64`. */
const hello = '"qvTGHdzF6KLavt4PO0gs2a6pQ00"';
const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
const later = 'Sun, 06 Nov 1994 08:49:38 GMT';

function ask200(
  app: Application,
  environ: Partial<Environ> = {},
  options?: ConditionalGetOptions,
): Promise<Called> {
  return call(validator(conditionalGet(options)(app)), environ);
}

describe('the tag of a body', () => {
  it.each([
    ['text', 'hello'],
    ['bytes', Buffer.from('hello')],
  ])('is of its bytes: %s', async (_what, body) => {
    const reply = await ask200(saying(body));
    expect(reply.headers).toEqual([type, ['ETag', hello]]);
    expect(reply.text).toBe('hello');
  });

  it('is the same in pieces', async () => {
    expect((await ask200(saying(() => ['hel', Buffer.from('l'), 'o']))).header('etag')).toBe(hello);
  });

  it('may be weak, or not be', async () => {
    expect((await ask200(saying('hello'), {}, { etag: 'weak' })).header('etag')).toBe(`W/${hello}`);
    expect((await ask200(saying('hello'), {}, { etag: false })).header('etag')).toBeUndefined();
  });

  it.each<[string, Application, Partial<Environ>]>([
    ['POST', saying('hello'), { REQUEST_METHOD: 'POST' }],
    ['404', saying('hello', [type], '404 Not Found'), {}],
    ['no-store', saying('hello', [type, ['Cache-Control', 'no-store']]), {}],
    ['a stream', saying(() => new Pieces('hello')), {}],
    ['an empty body to HEAD', saying(''), { REQUEST_METHOD: 'HEAD' }],
  ])('is not made for %s', async (_what, app, environ) => {
    const reply = await ask200(app, { HTTP_IF_NONE_MATCH: hello, ...environ });
    expect(reply.header('etag')).toBeUndefined();
    expect(reply.status).not.toBe(304);
  });

  it('of the application is left as it is', async () => {
    const app = saying('hello', [type, ['etag', 'W/"v1"']]);
    expect((await ask200(app)).all('etag')).toEqual(['W/"v1"']);
  });
});

describe('what a client has already', () => {
  it.each(['*', hello, `W/${hello}`, `"other", ${hello}`])('is 304 by If-None-Match: %s', async (wanted) => {
    for (const REQUEST_METHOD of ['GET', 'HEAD']) {
      const reply = await ask200(saying('hello'), { REQUEST_METHOD, HTTP_IF_NONE_MATCH: wanted });
      expect(reply.status).toBe(304);
      expect(reply.headers).toEqual([['ETag', hello]]);
      expect(reply.text).toBe('');
    }
  });

  it.each(['"other"', 'qvTGHdzF6KLavt4PO0gs2a6pQ00', '""', ''])('is not it by %j', async (wanted) => {
    const reply = await ask200(saying('hello'), { HTTP_IF_NONE_MATCH: wanted });
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('hello');
  });

  it.each([
    [date, 304],
    [later, 304],
    ['Sun, 06 Nov 1994 08:49:36 GMT', 200],
    ['yesterday', 200],
  ])('by If-Modified-Since: %s is %d', async (since, status) => {
    const app = saying('hello', [type, ['Last-Modified', date]]);
    const reply = await ask200(app, { HTTP_IF_MODIFIED_SINCE: since }, { etag: false });
    expect(reply.status).toBe(status);
    expect(reply.header('last-modified')).toBe(date);
  });

  it('is not judged by its date where there is a tag', async () => {
    const app = saying('hello', [type, ['Last-Modified', date]]);
    const environ = { HTTP_IF_MODIFIED_SINCE: later, HTTP_IF_NONE_MATCH: '"other"' };
    expect((await ask200(app, environ)).status).toBe(200);
  });

  it.each([
    [{ HTTP_IF_MATCH: '"other"' }, 412],
    [{ HTTP_IF_MATCH: hello }, 200],
    [{ HTTP_IF_UNMODIFIED_SINCE: 'Sun, 06 Nov 1994 08:49:36 GMT' }, 412],
    [{ HTTP_IF_UNMODIFIED_SINCE: date }, 200],
  ])('%j is %d', async (environ, status) => {
    const app = saying('hello', [type, ['Last-Modified', date]]);
    expect((await ask200(app, environ)).status).toBe(status);
  });

  it('does not matter to POST', async () => {
    const environ = { REQUEST_METHOD: 'POST', HTTP_IF_NONE_MATCH: '*' };
    expect((await ask200(saying('hello'), environ)).text).toBe('hello');
  });

  it('does not matter to errors', async () => {
    const app = saying('hello', [type, ['ETag', '"a"']], '404 Not Found');
    expect((await ask200(app, { HTTP_IF_NONE_MATCH: '"a"' })).status).toBe(404);
  });
});

it('304 has what is not of the content', async () => {
  const kept = [
    ['Cache-Control', 'max-age=5'],
    ['Content-Location', '/a'],
    ['Date', date],
    ['ETag', '"a"'],
    ['Expires', date],
    ['Vary', 'Cookie'],
    ['Set-Cookie', 'a=b'],
    ['Content-Security-Policy', "default-src 'self'"],
  ] as const;
  const dropped = [
    type,
    ['Content-Length', '5'],
    ['content-language', 'en'],
    ['Content-Encoding', 'identity'],
    ['Last-Modified', date],
  ] as const;
  const reply = await ask200(saying('hello', [...dropped, ...kept]), { HTTP_IF_NONE_MATCH: '"a"' });
  expect(reply.status).toBe(304);
  expect(reply.headers).toEqual(kept);
});

describe('a stream', () => {
  const tagged = [type, ['ETag', '"a"']] as const;

  it('that a client has is closed, and read no further than to its head', async () => {
    const body = new Pieces('hel', 'lo');
    const reply = await ask200(validator(saying(() => body, tagged)), { HTTP_IF_NONE_MATCH: '"a"' });
    expect(reply.status).toBe(304);
    expect(body.closes).toBe(1);
    expect(body.pulled).toBe(1);
  });

  it('that it has not is sent', async () => {
    const body = new Pieces('hel', 'lo');
    const reply = await ask200(validator(saying(() => body, tagged)), { HTTP_IF_NONE_MATCH: '"b"' });
    expect(reply.text).toBe('hello');
    expect(body.closes).toBe(1);
  });

  it('that is a file stays one, or is closed', async () => {
    let closes = 0;
    const file = new FileWrapper({ close: async () => void closes++ } as never, 5);
    const app = conditionalGet()(saying(() => file, tagged));
    expect((await run(app, setupTestingDefaults())).body).toBe(file);
    expect(closes).toBe(0);
    const reply = await call(app, { HTTP_IF_NONE_MATCH: '"a"' });
    expect(reply.status).toBe(304);
    expect(closes).toBe(1);
  });
});

it('an application that answers at once still does', () => {
  const environ = setupTestingDefaults({ HTTP_IF_NONE_MATCH: hello });
  const write = () => Promise.resolve();
  expect(conditionalGet()(saying('hello'))(environ, () => write)).toEqual([]);
  expect(conditionalGet()(saying('hello'))(setupTestingDefaults(), () => write)).toEqual(['hello']);
});

it('a second startResponse, with an error, has the last word', async () => {
  const app: Application = (_environ, startResponse) => {
    startResponse('200 OK', [['ETag', '"a"']]);
    startResponse('500 Oh No', [type], new Error('late'));
    return ['sorry'];
  };
  const reply = await ask200(app, { HTTP_IF_NONE_MATCH: '"a"' });
  expect([reply.status, reply.text]).toEqual([500, 'sorry']);
});

it('inside of compression it answers whatever coding the client had', async () => {
  const long = 'words '.repeat(1000);
  const { address } = await serving(compression()(conditionalGet()(saying(long))));
  const first = await ask(address, 'GET /', 'Accept-Encoding: gzip');
  const etag = String(first.header('etag'));
  expect(etag).toMatch(/^W\/"/);
  const again = await ask(address, 'GET /', 'Accept-Encoding: gzip', `If-None-Match: ${etag}`);
  expect(again.raw).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n/);
  expect(again.body).toBe('');
});

it('another etag is refused', () => {
  expect(() => conditionalGet({ etag: 'strong' as never })).toThrow(TypeError);
});
