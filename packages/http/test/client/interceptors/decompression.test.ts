import { constants, brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { decompression, type DecompressionOptions } from '../../../src/client/interceptors/index.ts';
import { MadeBody } from '../../../src/client/incoming-body.ts';
import { HttpProtocolError } from '../../../src/errors.ts';
import { HeaderFields, type HeaderList } from '../../../src/headers.ts';
import { MockTransport } from '../../../src/testing/index.ts';
import { answerOf, rejection, requestOf, through } from './scripted.ts';

const text = 'The same procedure as last year, Madam? '.repeat(40);
const coders: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  'x-gzip': (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  'deflate without its wrapping': (bytes) => deflateRawSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
};
const codings = Object.keys(coders);

const nameOf = (coding: string): string => coding.split(' ')[0]!;
const coded = (coding: string, plain: string | Uint8Array = text): Buffer =>
  coders[coding]!(Buffer.from(plain));

/** The answer to a GET with such a body. */
function answered(
  encoding: string,
  body: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: DecompressionOptions = {},
  headers: HeaderList = [],
) {
  const send = through(decompression(options), async ({ url }) =>
    answerOf(url, 200, [['Content-Encoding', encoding], ...headers], body),
  );
  return send(requestOf('http://a/'));
}

async function readError(
  encoding: string,
  body: Uint8Array | Iterable<Uint8Array>,
  options: DecompressionOptions = {},
) {
  const response = await answered(encoding, body, options);
  return rejection(response.bytes());
}

describe('decompression', () => {
  it.each(codings)('reads %s', async (coding) => {
    const response = await answered(nameOf(coding), coded(coding), {}, [
      ['Content-Length', '77'],
      ['Content-Type', 'text/plain'],
      ['ETag', '"x"'],
    ]);
    expect(Array.from(response.headers)).toEqual([
      ['Content-Type', 'text/plain'],
      ['ETag', '"x"'],
    ]);
    expect(await response.text()).toBe(text);
  });

  it.each(codings)('reads %s however it is cut', async (coding) => {
    const body = coded(coding, 'ab'.repeat(50));
    for (let at = 0; at <= body.length; at++) {
      const response = await answered(nameOf(coding), [body.subarray(0, at), body.subarray(at)]);
      expect(await response.text()).toBe('ab'.repeat(50));
    }
    const response = await answered(
      nameOf(coding),
      Array.from(body, (byte) => Uint8Array.of(byte)),
    );
    expect(await response.text()).toBe('ab'.repeat(50));
  });

  it('reads what was written, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...codings),
        fc.uint8Array({ maxLength: 3000, size: 'max' }),
        fc.integer({ min: 20, max: 5000 }),
        async (coding, plain, step) => {
          const body = coded(coding, plain);
          const chunks = [];
          for (let at = 0; at < body.length; at += step) chunks.push(body.subarray(at, at + step));
          const response = await answered(nameOf(coding), chunks);
          expect(Buffer.compare(await response.bytes(), plain)).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('undoes several codings, the last one first', async () => {
    const body = coded('br', coded('deflate', coded('gzip')));
    expect(await (await answered('gzip, deflate, br', body)).text()).toBe(text);
    const send = through(decompression(), async ({ url }) =>
      answerOf(
        url,
        200,
        [
          ['Content-Encoding', 'gzip'],
          ['content-encoding', 'identity, BR ,'],
        ],
        coded('br', coded('gzip')),
      ),
    );
    expect(await (await send(requestOf('http://a/'))).text()).toBe(text);
  });

  it('refuses more codings than it is told', async () => {
    const body = new MadeBody('x');
    const cancel = vi.spyOn(body, 'cancel');
    const send = (options: DecompressionOptions, encoding: string) =>
      through(decompression(options), async ({ url }) =>
        answerOf(url, 200, [['Content-Encoding', encoding]]).with({ body }),
      )(requestOf('http://a/'));
    expect(await rejection(send({}, 'gzip, gzip, gzip, gzip'))).toMatchObject({ code: 'BAD_ENCODING' });
    expect(cancel).toHaveBeenCalledOnce();
    expect(await rejection(send({ maxEncodings: 1 }, 'br, gzip'))).toMatchObject({ code: 'BAD_ENCODING' });
    expect((await send({}, 'gzip, gzip, gzip')).status).toBe(200);
  });

  it('reads the members of a gzip body one after the other', async () => {
    const body = Buffer.concat([coded('gzip', 'one '), coded('gzip', 'two')]);
    expect(await (await answered('gzip', body)).text()).toBe('one two');
  });

  it('makes nothing of nothing', async () => {
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, br']) {
      expect(await (await answered(encoding, new Uint8Array(0))).text()).toBe('');
      expect(await (await answered(encoding, [])).text()).toBe('');
    }
  });

  it('gives the trailers behind the body', async () => {
    const trailers = HeaderFields.from([['Digest', 'x']]);
    const body = new MadeBody(coded('gzip'), { trailers: () => trailers });
    const send = through(decompression(), async ({ url }) =>
      answerOf(url, 200, [['Content-Encoding', 'gzip']]).with({ body }),
    );
    const response = await send(requestOf('http://a/'));
    expect(response.trailers).toBeUndefined();
    await response.bytes();
    expect(response.trailers).toBe(trailers);
  });
});

describe('decompression: what is left as it is', () => {
  const left = async (status: number, headers: HeaderList, parts: Parameters<typeof requestOf>[1] = {}) => {
    const answer = answerOf('http://a/', status, headers, coded('gzip'));
    return (await through(decompression(), async () => answer)(requestOf('http://a/', parts))) === answer;
  };
  const gzip: HeaderList = [['Content-Encoding', 'gzip']];

  it.each([
    ['an answer without coding', 200, [], {}],
    ['identity', 200, [['Content-Encoding', 'identity']], {}],
    ['nothing', 200, [['Content-Encoding', '']], {}],
    ['an unknown coding', 200, [['Content-Encoding', 'compress']], {}],
    ['an unknown coding over a known one', 200, [['Content-Encoding', 'gzip, aes128gcm']], {}],
    ['an answer to HEAD', 200, gzip, { method: 'HEAD' }],
    ['204', 204, gzip, {}],
    ['206', 206, gzip, {}],
    ['304', 304, gzip, {}],
    ['what the caller wants so', 200, gzip, { options: { decompress: false } }],
  ] as const)('%s', async (_, status, headers, parts) => {
    expect(await left(status, headers, parts)).toBe(true);
  });

  it('is a coding that is not among those it was told', async () => {
    const response = await answered('br', coded('br'), { encodings: ['gzip'] });
    expect(response.headers.get('content-encoding')).toBe('br');
    expect(Buffer.compare(await response.bytes(), coded('br'))).toBe(0);
  });

  it('is nothing else: an error page of a server is read, too', async () => {
    expect(await left(404, gzip)).toBe(false);
  });
});

describe('decompression: what is asked for', () => {
  const asked = async (
    parts: Parameters<typeof requestOf>[1],
    options?: DecompressionOptions,
  ): Promise<string[]> => {
    const mock = new MockTransport().on('*', /./, 'x');
    await through(decompression(options), mock.send)(requestOf('http://a/', parts));
    return mock.calls[0]!.headers.getAll('accept-encoding');
  };
  const known = 'zstd' in process.versions ? 'gzip, deflate, br, zstd' : 'gzip, deflate, br';

  it.each([
    ['nothing else', {}, undefined, [known]],
    ['one coding', {}, { encodings: ['gzip'] }, ['gzip']],
    ['no coding', {}, { encodings: [] }, ['identity']],
    ['a range', { headers: [['range', 'bytes=0-9']] }, undefined, ['identity']],
    ['what the caller says', { headers: [['accept-encoding', 'br;q=0.5']] }, undefined, ['br;q=0.5']],
    ['nothing, where the body stays as it is', { options: { decompress: false } }, undefined, []],
  ] as const)('%s', async (_, parts, options, expected) => {
    expect(await asked(parts, options)).toEqual(expected);
  });

  it('is refused where this runtime has no means to undo it', () => {
    const make = () => decompression({ encodings: ['compress' as 'gzip'] });
    expect(make).toThrow(expect.objectContaining({ name: 'HttpUsageError', code: 'BAD_OPTION' }));
  });
});

describe('decompression of broken bodies', () => {
  it.each(codings)('rejects %s that ends early, at every length', async (coding) => {
    const body = coded(coding, 'ab'.repeat(50));
    for (let length = 1; length < body.length; length++) {
      expect(await readError(nameOf(coding), body.subarray(0, length))).toMatchObject({
        name: 'HttpClientError',
        code: 'BAD_ENCODING',
      });
    }
  });

  it.each(codings)('rejects %s with something behind it, in one piece or in two', async (coding) => {
    const body = coded(coding);
    const junk = Buffer.from('junk');
    const zeros = Buffer.alloc(3);
    for (const chunks of [
      [Buffer.concat([body, junk])],
      [body, junk],
      [body, zeros, junk],
      [body, junk, zeros, zeros],
    ]) {
      expect(await readError(nameOf(coding), chunks)).toMatchObject({ code: 'BAD_ENCODING' });
    }
  });

  it.each(codings)('takes zeros behind %s for padding, however they are cut', async (coding) => {
    const body = coded(coding);
    const zeros = Buffer.alloc(700);
    for (const chunks of [[Buffer.concat([body, zeros])], [body, zeros], [body, zeros, zeros]]) {
      expect(await (await answered(nameOf(coding), chunks)).text()).toBe(text);
    }
  });

  it('rejects what is no such coding', async () => {
    for (const encoding of ['gzip', 'deflate', 'br']) {
      const error = await readError(encoding, Buffer.from('<html>not at all compressed</html>'));
      expect(error).toMatchObject({ code: 'BAD_ENCODING', cause: { name: 'Error' } });
    }
  });

  it('rejects a gzip body whose checksum is wrong', async () => {
    const body = coded('gzip');
    body[body.length - 6]! ^= 1;
    expect(await readError('gzip', body)).toMatchObject({ code: 'BAD_ENCODING' });
  });

  it('passes on what breaks the body itself', async () => {
    const truncated = new HttpProtocolError('TRUNCATED', 'the server left');
    const response = await answered(
      'gzip',
      (function* () {
        yield coded('gzip').subarray(0, 10);
        throw truncated;
      })(),
    );
    expect(await rejection(response.bytes())).toBe(truncated);
  });

  it('notices that the body was cut behind the end of what was coded', async () => {
    const truncated = new HttpProtocolError('TRUNCATED', 'the server left');
    const response = await answered(
      'br',
      (function* () {
        yield coded('br');
        throw truncated;
      })(),
    );
    expect(await rejection(response.bytes())).toBe(truncated);
  });
});

describe('decompression of bombs', () => {
  const limit = 100_000;
  const zeros = (length: number) => new Uint8Array(length);

  it.each(codings)('reads what %s makes up to the limit, and not one byte more', async (coding) => {
    const response = await answered(nameOf(coding), coded(coding, zeros(limit)), { maxBytes: limit });
    expect((await response.bytes()).length).toBe(limit);
    expect(
      await readError(nameOf(coding), coded(coding, zeros(limit + 1)), { maxBytes: limit }),
    ).toMatchObject({
      name: 'HttpClientError',
      code: 'BODY_TOO_LARGE',
    });
  });

  it('counts what each of several codings makes', async () => {
    const hidden = Buffer.concat(Array.from({ length: 200 }, () => coded('gzip', '')));
    const error = await readError('gzip, gzip', coded('gzip', hidden), { maxBytes: 2000 });
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('counts padding, too', async () => {
    const padded = Array.from({ length: 11 }, (_, i) => (i === 0 ? coded('gzip') : zeros(10_000)));
    expect(await readError('gzip', padded, { maxBytes: limit })).toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('gives up the rest of the body, and asks for no more of it', async () => {
    let isReturned = false;
    const bomb = coded('gzip', zeros(3_000_000));
    const chunks = {
      at: 0,
      next() {
        const value = bomb.subarray(this.at, this.at + 100);
        this.at += 100;
        return value.length > 0 ? { done: false as const, value } : { done: true as const, value: undefined };
      },
      return() {
        isReturned = true;
        return { done: true as const, value: undefined };
      },
    };
    const response = await answered('gzip', { [Symbol.iterator]: () => chunks }, { maxBytes: limit });
    await rejection(response.bytes());
    expect(isReturned).toBe(true);
    expect(chunks.at).toBeLessThan(bomb.length / 2);
  });

  it('makes no more than is asked for', async () => {
    const gzip = createGzip({ level: constants.Z_BEST_COMPRESSION });
    gzip.end(zeros(5_000_000));
    const bomb: Buffer[] = [];
    for await (const chunk of gzip) bomb.push(chunk as Buffer);
    const response = await answered('gzip', bomb);
    let largest = 0;
    let length = 0;
    for await (const piece of response.body) {
      length += piece.length;
      largest = Math.max(largest, piece.length);
    }
    expect(length).toBe(5_000_000);
    expect(largest).toBeLessThanOrEqual(65_536);
  });
});

describe('decompression: giving up', () => {
  it('gives up what it reads from, and says why', async () => {
    const source = new MadeBody(coded('gzip'));
    const cancel = vi.spyOn(source, 'cancel');
    const send = through(decompression(), async ({ url }) =>
      answerOf(url, 200, [['Content-Encoding', 'gzip']]).with({ body: source }),
    );
    const response = await send(requestOf('http://a/'));
    const reason = new Error('no time');
    response.body.cancel(reason);
    expect(cancel).toHaveBeenCalledWith(reason);
    expect(await rejection(response.body.read())).toMatchObject({ code: 'ABORTED', cause: reason });
  });

  it('ends a read that waits for the server', async () => {
    let reject: (error: Error) => void = () => {};
    const silent = new MadeBody(
      {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            new Promise<never>((_, no) => {
              reject = no;
            }),
        }),
      },
      { onCancel: (reason) => reject(reason as Error) },
    );
    const send = through(decompression(), async ({ url }) =>
      answerOf(url, 200, [['Content-Encoding', 'gzip']]).with({ body: silent }),
    );
    const response = await send(requestOf('http://a/'));
    const reading = rejection(response.body.read());
    response.body.cancel(new Error('no time'));
    expect(await reading).toBeInstanceOf(Error);
  });

  it('leaves a loop that was left early at its end', async () => {
    const source = new MadeBody([coded('gzip'), coded('gzip')]);
    const send = through(decompression(), async ({ url }) =>
      answerOf(url, 200, [['Content-Encoding', 'gzip']]).with({ body: source }),
    );
    for await (const piece of (await send(requestOf('http://a/'))).body) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(await rejection(source.read())).toMatchObject({ code: 'ABORTED' });
  });
});
