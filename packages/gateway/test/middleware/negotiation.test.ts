import { describe, expect, it } from 'vitest';
import type { Application, Environ } from '@wirestack/gateway';
import { accepts, negotiation, type NegotiationOptions } from '../../src/middleware/negotiation.ts';
import { setupTestingDefaults } from '../../src/testing-defaults.ts';
import { validator } from '../../src/validator/validator.ts';
import { call, saying } from './called.ts';

const chosen: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  const keys = ['media_type', 'language', 'encoding', 'charset'] as const;
  return [keys.map((key) => String(environ[`wirestack.${key}`])).join(' ')];
};

async function choice(options: NegotiationOptions, environ: Partial<Environ>): Promise<string> {
  const reply = await call(validator(negotiation(options)(validator(chosen))), environ);
  return reply.status === 200 ? reply.text : String(reply.status);
}

const types = ['text/html', 'application/json'];

describe('a media type', () => {
  it.each([
    [undefined, 'text/html'],
    ['*/*', 'text/html'],
    ['application/json', 'application/json'],
    ['text/html;q=0.1, application/*', 'application/json'],
    ['text/html;q=0, */*', 'application/json'],
    ['text/html;q=x', 'text/html'],
    ['image/png', undefined],
    ['text/html;q=0, application/json;q=0', undefined],
  ])('for %j is %j', async (accept, type) => {
    const environ = accept === undefined ? {} : { HTTP_ACCEPT: accept };
    expect(await choice({ types }, environ)).toBe(
      type === undefined ? '406' : `${type} undefined undefined undefined`,
    );
    expect(accepts(setupTestingDefaults(environ), types)).toBe(type);
  });

  it('that is not there is 406, with what is', async () => {
    const reply = await call(negotiation({ types })(chosen), { HTTP_ACCEPT: 'image/png' });
    expect(reply.text).toBe('406 Not Acceptable\n\nThere is:\ntext/html\napplication/json\n');
    expect(reply.header('vary')).toBe('Accept');
  });

  it('may be the first all the same', async () => {
    const options = { types, whenNone: 'first' } as const;
    expect(await choice(options, { HTTP_ACCEPT: 'image/png' })).toMatch(/^text\/html /);
  });
});

it.each([
  [{}, 'en', 'identity', 'utf-8'],
  [{ HTTP_ACCEPT_LANGUAGE: 'de-CH, de;q=0.5, en;q=0.1' }, 'de', 'identity', 'utf-8'],
  [{ HTTP_ACCEPT_LANGUAGE: 'fr' }, 'en', 'identity', 'utf-8'],
  [{ HTTP_ACCEPT_ENCODING: 'gzip' }, 'en', 'gzip', 'utf-8'],
  [{ HTTP_ACCEPT_ENCODING: 'identity;q=0, br' }, 'en', 'identity', 'utf-8'],
  [{ HTTP_ACCEPT_CHARSET: 'ISO-8859-1, *;q=0.5' }, 'en', 'identity', 'iso-8859-1'],
  [{ HTTP_ACCEPT_CHARSET: '*' }, 'en', 'identity', 'utf-8'],
  [{ HTTP_ACCEPT_CHARSET: 'koi8-r' }, 'en', 'identity', 'utf-8'],
  [{ HTTP_ACCEPT_CHARSET: ';;' }, 'en', 'identity', 'utf-8'],
])('%j is %s, %s, %s, and nothing is refused', async (environ, language, encoding, charset) => {
  const options = { languages: ['en', 'de'], encodings: ['gzip'], charsets: ['utf-8', 'iso-8859-1'] };
  expect(await choice(options, environ)).toBe(`undefined ${language} ${encoding} ${charset}`);
});

it('Vary names what was looked at, and keeps what was there', async () => {
  const app = saying('x', [['Vary', 'Cookie, accept']]);
  const vary = async (options: NegotiationOptions): Promise<string | undefined> =>
    (await call(negotiation(options)(app))).header('vary');
  expect(await vary({})).toBe('Cookie, accept');
  expect(await vary({ types })).toBe('Cookie, accept');
  expect(await vary({ types, languages: ['en'], encodings: ['br'], charsets: ['utf-8'] })).toBe(
    'Cookie, accept, Accept-Language, Accept-Encoding, Accept-Charset',
  );
});

it('an application that answers at once still does', () => {
  const app = negotiation({ types })(chosen);
  expect(app(setupTestingDefaults(), () => () => Promise.resolve())).toEqual([
    'text/html undefined undefined undefined',
  ]);
});

it.each([[{ types: [] }], [{ languages: [] }], [{ types: ['html'] }]])('%j is refused', (options) => {
  expect(() => negotiation(options)).toThrow(TypeError);
});
