import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FormError, saveTo, type SavedFile } from '@wirestack/http/forms';
import { run, setupTestingDefaults, type Application, type Environ } from '@wirestack/gateway';
import { withLifespan } from '../../src/lifespan.ts';
import { errorPages } from '../../src/middleware/error-pages.ts';
import { formOf, forms } from '../../src/middleware/forms.ts';
import { exchange, serving, turnsUntil } from '../peer.ts';
import { scratch } from '../scratch.ts';

const urlEncoded = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data; boundary=B';
const upload =
  '--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nholidays\r\n' +
  '--B\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\ncontent\r\n--B--\r\n';

function post(type: string, body: string, more: Partial<Environ> = {}): Environ {
  return setupTestingDefaults({ REQUEST_METHOD: 'POST', CONTENT_TYPE: type, ...more }, body);
}

const shown: Application = async (environ, startResponse) => {
  const { fields, files } = await formOf(environ);
  startResponse('200 OK', []);
  const stored = [...files.values()].map((file) => `${file.filename}=${String(file.stored)}`);
  return [JSON.stringify([[...fields.entries()], stored])];
};

describe('formOf', () => {
  it('reads what a browser sends', async () => {
    const encoded = await run(forms()(shown), post(urlEncoded, 'a=1&b=%C3%A4'));
    expect(encoded.body).toBe('[[["a","1"],["b","ä"]],[]]');
    const parts = await run(forms()(shown), post(multipart, upload));
    expect(parts.body).toMatch(/^\[\[\["title","holidays"\]\],\["a\.txt=/);
  });

  it('reads once, however often it is asked', async () => {
    const app = forms()(async (environ, startResponse) => {
      const first = await formOf(environ);
      startResponse('200 OK', []);
      return [String(first === (await formOf(environ))), String(first.fields.get('a'))];
    });
    const { body } = await run(app, post(urlEncoded, 'a=1'));
    const pieces = [];
    for await (const piece of body as AsyncIterable<string>) pieces.push(piece);
    expect(pieces).toEqual(['true', '1']);
  });

  it.each([
    ['text/plain', 'x', 415, 'UNSUPPORTED_TYPE'],
    ['multipart/form-data', 'x', 400, 'BAD_BOUNDARY'],
    [multipart, 'x', 400, 'TRUNCATED'],
    [urlEncoded, 'a=1&b=2&c=3', 413, 'TOO_MANY_PARTS'],
  ])('of %s %j fails with %i', async (type, body, status, code) => {
    let seen: unknown;
    const app = forms({ maxParts: 2 })(async (environ, startResponse) => {
      await formOf(environ).catch((error: unknown) => (seen = error));
      return shown(environ, startResponse);
    });
    expect((await run(errorPages()(app), post(type, body))).status).toBe(status);
    expect(seen).toBeInstanceOf(FormError);
    expect(seen).toMatchObject({ status, code });
  });

  it('of a request without a body is 415, and without forms() a mistake', async () => {
    expect((await run(errorPages()(forms()(shown)), setupTestingDefaults())).status).toBe(415);
    await expect(formOf(setupTestingDefaults())).rejects.toThrow('forms() is not around');
  });

  it('is given up when the client leaves', async () => {
    const left = new Error('left');
    const environ = post(urlEncoded, 'a=1', { 'wirestack.signal': AbortSignal.abort(left) });
    await expect(run(forms()(shown), environ)).rejects.toBe(left);
  });
});

describe('files', () => {
  it('are there for the application, and gone with the response', async () => {
    const directory = scratch();
    let path = '';
    const app = forms({ files: saveTo(directory) })(async (environ, startResponse) => {
      const form = await formOf<SavedFile>(environ);
      path = form.files.get('f')!.stored.path;
      startResponse('200 OK', []);
      return (async function* () {
        yield String(existsSync(path));
        yield String(existsSync(path));
      })();
    });
    const { body } = await run(app, post(multipart, upload));
    const pieces = [];
    for await (const piece of body as AsyncIterable<string>) pieces.push(piece);
    expect(pieces).toEqual(['true', 'true']);
    await turnsUntil(() => !existsSync(path));
  });

  it.each<[string, Application]>([
    [
      'in an array',
      async (environ, startResponse) => {
        await formOf(environ);
        startResponse('200 OK', []);
        return ['x'];
      },
    ],
    [
      'that fails',
      async (environ) => {
        await formOf(environ);
        throw new Error('no');
      },
    ],
    [
      'that did not wait for the form',
      (environ, startResponse) => {
        formOf(environ).catch(() => undefined);
        startResponse('200 OK', []);
        return ['x'];
      },
    ],
    [
      'that throws before the form is read',
      (environ) => {
        formOf(environ).catch(() => undefined);
        throw new Error('no');
      },
    ],
    [
      'that asks in its body',
      (environ, startResponse) => {
        startResponse('200 OK', []);
        return (async function* () {
          await formOf(environ);
          yield 'x';
        })();
      },
    ],
  ])('go with a response %s', async (_name, app) => {
    const directory = scratch();
    let isStored = false;
    const save = saveTo(directory);
    const counted = forms({
      files: async (part) => {
        const stored = await save(part);
        isStored = true;
        return stored;
      },
    })(app);
    try {
      const { body } = await run(counted, post(multipart, upload));
      if (typeof body !== 'string')
        for await (const piece of body as AsyncIterable<string>) expect(piece).toBe('x');
    } catch (error) {
      expect(error).toMatchObject({ message: 'no' });
    }
    await turnsUntil(() => isStored && readdirSync(directory).length === 0);
    expect(isStored).toBe(true);
  });

  it('that cannot be removed are a complaint', async () => {
    let complaints = '';
    const environ = post(multipart, upload, {
      'wsgi.errors': { write: (text) => void (complaints += text), flush: () => undefined },
    });
    const stuck = {
      [Symbol.asyncDispose]: () => Promise.reject(new Error('stuck')),
    };
    await run(forms({ files: () => stuck })(shown), environ);
    await turnsUntil(() => complaints !== '');
    expect(complaints).toBe('AggregateError: files of a form could not be removed\n');
  });
});

describe('forms', () => {
  it('reads nothing where nobody asks, and makes no promise', async () => {
    const environ = post(urlEncoded, 'a=1');
    const app = forms()((_environ, startResponse) => {
      startResponse('200 OK', []);
      return ['x'];
    });
    expect(run(app, environ)).toMatchObject({ body: 'x' });
    expect(Buffer.from(await environ['wsgi.input'].read()).toString()).toBe('a=1');
    await expect(formOf(environ)).rejects.toThrow('the response is over');
  });

  it('keeps the lifespan, and refuses files that are no function', () => {
    const living = withLifespan(shown, {});
    expect(forms()(living).lifespan).toBe(living.lifespan);
    expect(() => forms({ files: 'x' } as object)).toThrow(TypeError);
  });

  it('works over the wire', async () => {
    const { address } = await serving(errorPages()(forms()(shown)));
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
    const sent = await exchange(
      address,
      `${head}Content-Type: ${urlEncoded}\r\nContent-Length: 3\r\n\r\na=1`,
    );
    expect(sent.body).toBe('[[["a","1"]],[]]');
    const wrong = await exchange(address, `${head}Content-Type: text/plain\r\nContent-Length: 3\r\n\r\na=1`);
    expect(wrong.status).toBe(415);
  });
});
