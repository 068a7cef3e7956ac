import { describe, expect, it } from 'vitest';
import { HttpProtocolError } from '@wirestack/http';
import { InputStream, run, setupTestingDefaults, type Application, type Environ } from '@wirestack/gateway';
import { bodyLimit } from '../../src/middleware/body-limit.ts';
import { errorPages } from '../../src/middleware/error-pages.ts';
import { dial, exchange, serving, untilEnd } from '../peer.ts';

const echo: Application = async (environ, startResponse) => {
  const body = await environ['wsgi.input'].read();
  startResponse('200 OK', []);
  return [body];
};

/** A body of chunks whose length nobody has said. */
function chunked(...chunks: string[]): Environ {
  const read = async (): Promise<Uint8Array | undefined> => {
    const next = chunks.shift();
    return next === undefined ? undefined : Buffer.from(next);
  };
  return setupTestingDefaults({ REQUEST_METHOD: 'POST', 'wsgi.input': new InputStream({ body: { read } }) });
}

describe('bodyLimit', () => {
  it.each([
    [5, 'hello', 200],
    [4, 'hello', 413],
    [0, 'x', 413],
    [Infinity, 'hello', 200],
  ])('%i: %j by its Content-Length → %i', async (limit, body, status) => {
    const response = await run(bodyLimit(limit)(echo), setupTestingDefaults({}, body));
    expect(response.status).toBe(status);
  });

  it('refuses a length before it calls the application', () => {
    const app = bodyLimit(10)(() => {
      throw new Error('called');
    });
    expect(run(app, setupTestingDefaults({ CONTENT_LENGTH: '11' }))).toMatchObject({ status: 413 });
    expect(run(app, setupTestingDefaults({ CONTENT_LENGTH: 'x' }))).toMatchObject({ status: 413 });
  });

  it('counts chunks', async () => {
    expect(await run(bodyLimit(5)(echo), chunked('he', 'l', 'lo'))).toMatchObject({ status: 200 });
    const failed = run(bodyLimit(5)(echo), chunked('he', 'l', 'lo', '!'));
    await expect(failed).rejects.toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 });
    await expect(failed).rejects.toBeInstanceOf(HttpProtocolError);
  });

  it('gives no byte past the limit, however often it is asked', async () => {
    const seen: (string | number)[] = [];
    const app: Application = async (environ, startResponse) => {
      for (let time = 0; time < 4; time++) {
        const read = environ['wsgi.input'].read(3);
        seen.push(await read.then(String, (error: unknown) => (error as HttpProtocolError).status));
      }
      startResponse('200 OK', []);
      return [];
    };
    await run(bodyLimit(6)(app), chunked('abc', 'def', 'ghi', 'jkl'));
    expect(seen).toEqual(['abc', 'def', 413, 413]);
  });

  it('makes no promise, and refuses what is no count', () => {
    const app = bodyLimit(5)((_environ, startResponse) => {
      startResponse('200 OK', []);
      return ['x'];
    });
    expect(run(app, setupTestingDefaults())).toMatchObject({ body: 'x' });
    for (const bytes of [-1, NaN, '5', undefined])
      expect(() => bodyLimit(bytes as number)).toThrow(TypeError);
  });

  it('answers on the wire, by errorPages for chunks', async () => {
    const { address } = await serving(errorPages()(bodyLimit(5)(echo)));
    const post = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
    const chunks = `${post}Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n`;
    expect((await exchange(address, chunks)).status).toBe(413);
    const peer = await dial(address);
    await peer.write(`${post}Expect: 100-continue\r\nContent-Length: 6\r\n\r\n`);
    expect(await untilEnd(peer)).toMatch(/^HTTP\/1\.1 413 /);
  });
});
