import { brotliDecompressSync, createBrotliDecompress, createGunzip, Gzip, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  FileWrapper,
  run,
  UpgradeBody,
  type Application,
  type Chunk,
  type Environ,
  type StartResponse,
} from '@wirestack/gateway';
import { compression } from '../../src/middleware/compression.ts';
import { setupTestingDefaults } from '../../src/testing-defaults.ts';
import { validator } from '../../src/validator/validator.ts';
import { ask, dial, gate, requestOf, serving, until } from '../peer.ts';
import { call, Pieces, saying } from './called.ts';

const long = 'the same words again and again. '.repeat(100);
const gzip = { HTTP_ACCEPT_ENCODING: 'gzip' };

describe('what is chosen', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['br, gzip', 'br'],
    ['gzip, br', 'br'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0, gzip;q=0.1', 'gzip'],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['identity;q=0, gzip;q=0.1', 'gzip'],
    ['identity;q=0, compress', undefined],
    ['identity, gzip;q=0.5', undefined],
    ['gzip;q=2', undefined],
    ['\0', undefined],
  ])('%j → %j', async (wanted, coding) => {
    const app = validator(compression({ encodings: ['br', 'gzip'] })(validator(saying(long))));
    const environ = wanted === undefined ? {} : { HTTP_ACCEPT_ENCODING: wanted };
    // A second time: choices are remembered.
    for (let round = 0; round < 2; round++) {
      const reply = await call(app, environ);
      expect(reply.header('content-encoding')).toBe(coding);
      expect(reply.header('vary')).toBe('Accept-Encoding');
      const { bytes } = reply;
      const text =
        coding === 'br' ? brotliDecompressSync(bytes) : coding === 'gzip' ? gunzipSync(bytes) : bytes;
      expect(text.toString()).toBe(long);
      expect(reply.all('content-length')).toEqual([]);
    }
  });

  it('takes the first on offer of those that are wanted equally', async () => {
    const app = compression({ encodings: ['gzip', 'br'] })(saying(long));
    expect((await call(app, { HTTP_ACCEPT_ENCODING: 'br, gzip' })).header('content-encoding')).toBe('gzip');
  });

  it.each([
    ['text/html', true],
    ['TEXT/HTML; charset=utf-8', true],
    ['application/json', true],
    ['application/problem+json', true],
    ['image/svg+xml', true],
    ['application/javascript', true],
    ['text/event-stream', true],
    ['image/png', false],
    ['application/zip', false],
    ['', false],
  ])('%j is compressed: %j', async (type, isCompressed) => {
    const reply = await call(compression()(saying(long, [['Content-Type', type]])), gzip);
    expect(reply.header('content-encoding')).toBe(isCompressed ? 'gzip' : undefined);
    expect(reply.header('vary')).toBe(isCompressed ? 'Accept-Encoding' : undefined);
  });

  it('has the types it is given', async () => {
    const isOf = async (types: readonly string[] | ((type: string) => boolean), type: string) =>
      (await call(compression({ types })(saying(long, [['Content-Type', type]])), gzip)).header('vary');
    expect(await isOf(['Image/PNG', 'font/*'], 'image/png; a=b')).toBe('Accept-Encoding');
    expect(await isOf(['image/png', 'font/*'], 'font/ttf')).toBe('Accept-Encoding');
    expect(await isOf(['image/png', 'font/*'], 'text/html')).toBeUndefined();
    expect(await isOf((type) => type === 'x/y', 'x/y')).toBe('Accept-Encoding');
    expect(await isOf((type) => type === 'x/y', 'text/html')).toBeUndefined();
  });
});

describe('what is left alone', () => {
  const type = ['Content-Type', 'text/plain'] as const;

  it.each<[string, Application]>([
    ['a Content-Encoding', saying(long, [type, ['Content-Encoding', 'br']])],
    ['no-transform', saying(long, [type, ['Cache-Control', 'max-age=3, No-Transform']])],
    ['a digest of the bytes', saying(long, [type, ['Content-Digest', 'sha-256=:AA==:']])],
    ['a part', saying(long, [type, ['Content-Range', 'bytes 0-3199/5000']], '206 Partial Content')],
    ['a Content-Range elsewhere', saying(long, [type, ['Content-Range', 'bytes */5']], '416 No')],
    ['204', saying('', [], '204 No Content')],
    ['304', saying('', [type], '304 Not Modified')],
    ['a short body', saying('x'.repeat(1023))],
    ['a short stream that says so', saying(() => new Pieces('abc'), [type, ['Content-Length', '3']])],
    ['an empty body', saying(() => [])],
  ])('%s', async (_what, app) => {
    const plain = await call(app);
    const reply = await call(compression()(app), gzip);
    expect(reply.headers).toEqual(plain.headers);
    expect(reply.bytes).toEqual(plain.bytes);
    expect(reply.status).toBe(plain.status);
  });

  it('HEAD, but for Vary', async () => {
    const reply = await call(compression()(saying(long, [type, ['ETag', '"a"']])), {
      ...gzip,
      REQUEST_METHOD: 'HEAD',
    });
    expect(reply.headers).toEqual([type, ['ETag', '"a"'], ['Vary', 'Accept-Encoding']]);
  });

  it('a file, which stays one', async () => {
    const file = new FileWrapper({ close: () => Promise.resolve() } as never, 5000);
    const start = setupTestingDefaults(gzip);
    const response = await run(compression()(saying(() => file)), start);
    expect(response.body).toBe(file);
    expect(response.headers).toEqual([type]);
  });

  it('an upgrade, which is closed once', async () => {
    let closes = 0;
    const body = new UpgradeBody(() => Promise.resolve());
    body.close = async () => void closes++;
    const app = compression()(saying(() => body, [['Upgrade', 'echo']], '101 Switching Protocols'));
    const response = await run(app, setupTestingDefaults(gzip));
    expect(response.status).toBe(101);
    await response.upgrade?.(undefined as never);
    expect(closes).toBe(1);
  });
});

describe('one byte less than minBytes is left alone, minBytes are not', () => {
  it.each(['x', 'ä', '€', '😀'])('of %s', async (character) => {
    const app = (text: string): Application => compression({ minBytes: 240 })(saying(text));
    const unit = Buffer.byteLength(character);
    const text = character.repeat(240 / unit);
    expect((await call(app(text), gzip)).header('content-encoding')).toBe('gzip');
    expect((await call(app(text.slice(0, -character.length)), gzip)).header('vary')).toBeUndefined();
    const bytes = saying(() => [Buffer.from(text)]);
    expect((await call(compression({ minBytes: 240 })(bytes), gzip)).header('content-encoding')).toBe('gzip');
  });
});

describe('fields', () => {
  it('of the bytes that were are dropped or weakened', async () => {
    const app = saying(long, [
      ['Content-Type', 'text/plain'],
      ['content-length', String(long.length)],
      ['Accept-Ranges', 'bytes'],
      ['etag', '"v1"'],
      ['Vary', 'Origin, accept-encoding'],
    ]);
    const reply = await call(validator(compression()(app)), gzip);
    expect(reply.headers).toEqual([
      ['Content-Type', 'text/plain'],
      ['etag', 'W/"v1"'],
      ['Vary', 'Origin, accept-encoding'],
      ['Content-Encoding', 'gzip'],
    ]);
    expect((await call(compression()(app))).header('etag')).toBe('"v1"');
  });

  it('weak tags stay', async () => {
    const app = saying(long, [
      ['Content-Type', 'text/plain'],
      ['ETag', 'W/"v1"'],
    ]);
    expect((await call(compression()(app), gzip)).header('etag')).toBe('W/"v1"');
  });
});

describe('an application that answers at once', () => {
  it.each([
    ['one piece', [long]],
    ['several', [long, Buffer.from(long), '']],
    ['none', []],
  ])('does so still: %s', (_what, body) => {
    const environ = setupTestingDefaults(gzip);
    expect(compression()(saying(() => body))(environ, () => () => Promise.resolve())).not.toBeInstanceOf(
      Promise,
    );
  });

  it('joins its pieces', async () => {
    const reply = await call(compression()(saying(() => [long, Buffer.from(long), 'ä'])), gzip);
    expect(gunzipSync(reply.bytes).toString()).toBe(`${long}${long}ä`);
    expect(reply.pieces).toHaveLength(1);
  });

  it.each(['br', 'gzip'])('with more than is compressed at once goes to the threads: %s', async (coding) => {
    const text = long.repeat(20);
    const reply = await call(compression()(saying(text)), { HTTP_ACCEPT_ENCODING: coding });
    const bytes = coding === 'br' ? brotliDecompressSync(reply.bytes) : gunzipSync(reply.bytes);
    expect(bytes.toString()).toBe(text);
  });
});

describe('streams', () => {
  it.each(['br', 'gzip'] as const)('arrive piece by piece, whatever is behind: %s', async (coding) => {
    const inflater = coding === 'br' ? createBrotliDecompress() : createGunzip();
    let seen = '';
    inflater.on('data', (bytes: Buffer) => (seen += bytes.toString()));
    const app = async function* (_environ: Environ, startResponse: StartResponse) {
      startResponse('200 OK', [['Content-Type', 'text/event-stream']]);
      for (let count = 1; count <= 3; count++) {
        yield `data: ${String(count)}\n\n`;
        // Asked for the next, it has said all that it was given before.
        expect(seen).toBe(Array.from({ length: count }, (_, at) => `data: ${String(at + 1)}\n\n`).join(''));
      }
    };
    const response = await run(compression()(app), setupTestingDefaults({ HTTP_ACCEPT_ENCODING: coding }));
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      await new Promise<void>((resolve) => {
        inflater.write(chunk, () => {
          resolve();
        });
      });
      while (inflater.read() !== null);
    }
    expect(seen).toContain('data: 3');
  });

  it('are what they were, however they are cut, written or yielded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 300 })), { maxLength: 6 }),
        fc.array(fc.string(), { maxLength: 3 }),
        fc.constantFrom('br', 'gzip'),
        async (yielded, written, coding) => {
          const app: Application = async (_environ, startResponse) => {
            const write = startResponse('200 OK', [['Content-Type', 'text/plain']]);
            for (const chunk of written) await write(chunk);
            return new Pieces(...yielded);
          };
          const reply = await call(compression({ minBytes: 0 })(validator(app)), {
            HTTP_ACCEPT_ENCODING: coding,
          });
          const expected = Buffer.concat(
            [...written, ...yielded].map((chunk) => Buffer.from(chunk as Uint8Array)),
          );
          const bytes = coding === 'br' ? brotliDecompressSync(reply.bytes) : gunzipSync(reply.bytes);
          expect(bytes).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('with pieces longer than any buffer come whole', async () => {
    const piece = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * 7919) % 251));
    const body = new Pieces(piece, piece);
    const reply = await call(compression()(saying(() => body)), gzip);
    expect(gunzipSync(reply.bytes).equals(Buffer.concat([piece, piece]))).toBe(true);
    expect(body.closes).toBe(1);
  });

  it('ask for a piece when the last was taken', async () => {
    const body = new Pieces('a', 'b', 'c');
    const response = await run(compression()(saying(() => body)), setupTestingDefaults(gzip));
    expect(body.pulled).toBe(1);
    const iterator = (response.body as AsyncIterable<Chunk>)[Symbol.asyncIterator]();
    await iterator.next();
    expect(body.pulled).toBe(1);
    await iterator.next();
    expect(body.pulled).toBe(2);
    await iterator.return?.();
    expect(body.closes).toBe(1);
    expect(body.pulled).toBe(2);
  });

  it('that fail fail, and are closed once', async () => {
    const body = new Pieces('a', new Error('broken'));
    await expect(call(compression()(saying(() => body)), gzip)).rejects.toThrow('broken');
    expect(body.closes).toBe(1);
  });

  it.each(['goes on', 'waits for an event'])(
    'of a client that leaves are closed, and the compressor with them, while the application %s',
    async (what) => {
      const destroyed = vi.spyOn(Gzip.prototype, 'destroy');
      onTestFinished(() => destroyed.mockRestore());
      let closes = 0;
      const left = gate();
      const body = {
        async *[Symbol.asyncIterator]() {
          yield 'event 1\n\n';
          if (what === 'waits for an event') await new Promise(() => undefined);
          for (;;) yield await Promise.resolve('x'.repeat(1000));
        },
        close: () => {
          closes++;
          left.open();
        },
      };
      const { address } = await serving(compression()(saying(() => body)));
      const peer = await dial(address);
      await peer.write(requestOf('GET /', 'Accept-Encoding: gzip'));
      await until(peer, '\r\n\r\n');
      expect(destroyed).not.toHaveBeenCalled();
      peer.abort();
      await left.promise;
      expect(closes).toBe(1);
      expect(destroyed).toHaveBeenCalled();
    },
  );
});

it('a second startResponse, with an error, is compressed as it says', async () => {
  const app: Application = (_environ, startResponse) => {
    startResponse('200 OK', [
      ['Content-Type', 'text/plain'],
      ['ETag', '"a"'],
    ]);
    startResponse('500 Oh No', [['Content-Type', 'text/html']], new Error('late'));
    return [long];
  };
  const reply = await call(compression()(app), gzip);
  expect(reply.status).toBe(500);
  expect(reply.headers).toEqual([
    ['Content-Type', 'text/html'],
    ['Vary', 'Accept-Encoding'],
    ['Content-Encoding', 'gzip'],
  ]);
});

it('over a wire, to HTTP/1.1, a body has the length it was compressed to', async () => {
  const { address } = await serving(compression()(saying(long)));
  const reply = await ask(address, 'GET /', 'Accept-Encoding: gzip');
  const bytes = Buffer.from(reply.body, 'latin1');
  expect(reply.header('content-length')).toBe(String(bytes.length));
  expect(gunzipSync(bytes).toString()).toBe(long);
});

it.each([
  [{ encodings: ['deflate'] }, 'encodings'],
  [{ minBytes: -1 }, 'minBytes'],
  [{ minBytes: 1.5 }, 'minBytes'],
  [{ types: ['text'] }, 'types'],
  [{ types: ['*/*'] }, 'types'],
  [{ level: { br: 12 } }, 'level.br'],
  [{ level: { gzip: 0 } }, 'level.gzip'],
])('%j is refused', (options, option) => {
  expect(() => compression(options as never)).toThrow(new RegExp(`^${option}`));
  expect(() => compression(options as never)).toThrow(TypeError);
});
