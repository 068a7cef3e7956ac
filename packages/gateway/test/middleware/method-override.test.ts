import { describe, expect, it } from 'vitest';
import { InputStream, run, setupTestingDefaults, type Application, type Environ } from '@wirestack/gateway';
import { methodOverride, type MethodOverrideOptions } from '../../src/middleware/method-override.ts';

const form = 'application/x-www-form-urlencoded';

const shown: Application = async (environ, startResponse) => {
  const body = await environ['wsgi.input'].read();
  startResponse('200 OK', []);
  const before = environ['wirestack.original_method'] as string | undefined;
  const original = before === undefined ? '' : `, was ${before}`;
  return [`${environ.REQUEST_METHOD}${original}: ${Buffer.from(body).toString('latin1')}`];
};

async function ask(
  environ: Partial<Environ>,
  body: string,
  options: MethodOverrideOptions = {},
): Promise<string> {
  const response = await run(methodOverride(options)(shown), setupTestingDefaults(environ, body));
  return response.body as string;
}

describe('a header', () => {
  it.each([
    ['POST', 'PUT', 'PUT, was POST'],
    ['POST', 'patch', 'PATCH, was POST'],
    ['POST', ' DELETE ', 'DELETE, was POST'],
    ['POST', 'GET', 'POST'],
    ['POST', 'CONNECT', 'POST'],
    ['POST', 'PUT, DELETE', 'POST'],
    ['POST', '', 'POST'],
    ['GET', 'DELETE', 'GET'],
    ['HEAD', 'DELETE', 'HEAD'],
    ['PUT', 'DELETE', 'PUT'],
    ['post', 'DELETE', 'post'],
  ])('%s with %j is %s', async (method, override, expected) => {
    const environ = { REQUEST_METHOD: method, HTTP_X_HTTP_METHOD_OVERRIDE: override };
    expect(await ask(environ, 'x')).toBe(`${expected}: x`);
  });

  it('comes before the form, and makes no promise', () => {
    const app = methodOverride()((environ, startResponse) => {
      startResponse('200 OK', []);
      return [environ.REQUEST_METHOD];
    });
    const environ = setupTestingDefaults(
      { HTTP_X_HTTP_METHOD_OVERRIDE: 'PUT', CONTENT_TYPE: form },
      '_method=DELETE',
    );
    expect(run(app, environ)).toMatchObject({ body: 'PUT' });
    expect(run(app, setupTestingDefaults({}, 'x'))).toMatchObject({ body: 'POST' });
  });

  it('is another, or none', async () => {
    const environ = { HTTP_X_METHOD: 'PUT', HTTP_X_HTTP_METHOD_OVERRIDE: 'DELETE' };
    expect(await ask(environ, 'x', { header: 'X-Method' })).toBe('PUT, was POST: x');
    expect(await ask(environ, 'x', { header: false })).toBe('POST: x');
  });
});

describe('a form', () => {
  it.each([
    ['_method=DELETE', form, 'DELETE, was POST'],
    ['a=1&_method=put&b=2', `${form}; charset=utf-8`, 'PUT, was POST'],
    ['%5Fmethod=P%55T', 'Application/X-WWW-Form-Urlencoded', 'PUT, was POST'],
    ['_method=GET', form, 'POST'],
    ['_method=PUT&_method=DELETE', form, 'POST'],
    ['a=_method=PUT', form, 'POST'],
    ['', form, 'POST'],
    ['_method=PUT', 'text/plain', 'POST'],
    [`${'a=1&'.repeat(1001)}_method=PUT`, form, 'POST'],
  ])('%.30s as %s is %s, and its body whole', async (body, CONTENT_TYPE, expected) => {
    expect(await ask({ REQUEST_METHOD: 'POST', CONTENT_TYPE }, body)).toBe(`${expected}: ${body}`);
  });

  it('is not looked at in other methods, codings, or where it must not be', async () => {
    const body = '_method=PUT';
    expect(await ask({ REQUEST_METHOD: 'GET', CONTENT_TYPE: form }, body)).toBe(`GET: ${body}`);
    expect(await ask({ CONTENT_TYPE: form, HTTP_CONTENT_ENCODING: 'gzip' }, body)).toBe(`POST: ${body}`);
    expect(await ask({ CONTENT_TYPE: form }, body, { field: false })).toBe(`POST: ${body}`);
    expect(await ask({ CONTENT_TYPE: form }, 'verb=PUT', { field: 'verb' })).toBe('PUT, was POST: verb=PUT');
    expect(await ask({ CONTENT_TYPE: form }, '_method=LOCK', { methods: ['LOCK'] })).toBe(
      'LOCK, was POST: _method=LOCK',
    );
  });

  it('past the limit stays a POST, its body whole, whether it says its length or not', async () => {
    const body = '_method=PUT&a=123456789';
    expect(await ask({ CONTENT_TYPE: form }, body, { limitBytes: body.length })).toBe(
      `PUT, was POST: ${body}`,
    );
    expect(await ask({ CONTENT_TYPE: form }, body, { limitBytes: body.length - 1 })).toBe(`POST: ${body}`);
    for (let limitBytes = 0; limitBytes <= body.length; limitBytes++) {
      for (let cut = 0; cut <= body.length; cut++) {
        const chunks = [body.slice(0, cut), body.slice(cut)].filter((chunk) => chunk !== '');
        const read = async (): Promise<Uint8Array | undefined> => {
          const chunk = chunks.shift();
          return chunk === undefined ? undefined : Buffer.from(chunk);
        };
        const environ = {
          REQUEST_METHOD: 'POST',
          CONTENT_TYPE: form,
          'wsgi.input': new InputStream({ body: { read } }),
        };
        const expected = limitBytes < body.length ? 'POST' : 'PUT, was POST';
        expect(await ask(environ, '', { limitBytes })).toBe(`${expected}: ${body}`);
      }
    }
  });

  it('that does not come fails as its body does', async () => {
    const body = { read: () => Promise.reject(new Error('the client left')) };
    const environ = { REQUEST_METHOD: 'POST', CONTENT_TYPE: form, 'wsgi.input': new InputStream({ body }) };
    await expect(ask(environ, '')).rejects.toThrow('the client left');
  });
});

it('never makes a POST a safe method, and refuses options that are none', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'a b', '']) {
    expect(() => methodOverride({ methods: [method] })).toThrow(`a POST must not become "${method}"`);
  }
  for (const options of [{ field: '' }, { field: 5 }, { header: 'Proxy' }, { limitBytes: -1 }]) {
    expect(() => methodOverride(options as object)).toThrow(TypeError);
  }
});
