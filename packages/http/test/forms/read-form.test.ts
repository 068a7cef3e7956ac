import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readForm, type FormError, type Part } from '@wirestack/http/forms';
import { bytesOf } from './events.ts';
import { field, file, last, multipartType, sourceOf, StuckBody, urlEncodedType, watched } from './sources.ts';

const failed = (code: string, status: number): Error =>
  expect.objectContaining({ name: 'FormError', code, status }) as Error;
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');

describe('readForm', () => {
  it.each([1, 7, 100, 10_000])('reads fields and files of multipart, in chunks of %i bytes', async (size) => {
    const body = watched(
      `${field('a', '1')}${file('f', '../b.txt', '\r\ndata', 'text/css')}${field('a', '\xc3\xbc')}${file('f', '', '')}${last}`,
      size,
    );
    const form = await readForm(sourceOf(multipartType, body));
    expect([...form.fields]).toEqual([
      ['a', '1'],
      ['a', 'ü'],
    ]);
    expect(form.files.names()).toEqual(['f']);
    const [first, second] = form.files.getAll('f');
    expect(first).toMatchObject({
      name: 'f',
      filename: '../b.txt',
      safeName: 'b.txt',
      type: 'text/css',
      size: 6,
    });
    expect(text(first?.stored)).toBe('\r\ndata');
    expect(first?.headers.get('content-type')).toBe('text/css');
    expect(second).toMatchObject({ filename: '', safeName: 'file', size: 0 });
    expect(body.isCancelled).toBe(false);
  });

  it('reads pairs', async () => {
    const form = await readForm(sourceOf(`${urlEncodedType}; charset=UTF-8`, watched('a=1&b=%C3%BC&a=+', 2)));
    expect([...form.fields]).toEqual([
      ['a', '1'],
      ['b', 'ü'],
      ['a', ' '],
    ]);
    expect(form.files.length).toBe(0);
  });

  it('reads pairs in the charset of the type', async () => {
    const form = await readForm(
      sourceOf('application/x-www-form-urlencoded;charset=iso-8859-1', watched('a=%FC')),
    );
    expect(form.fields.get('a')).toBe('ü');
  });

  it('reads text in the charset that its part, the form or the caller says', async () => {
    const latin =
      '--x\r\nContent-Disposition: form-data; name="b"\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n\xfc\r\n';
    const body = `${field('a', '\xc3\xbc')}${latin}${field('_charset_', 'windows-1252')}${field('c', '\x80')}${last}`;
    const { fields } = await readForm(sourceOf(multipartType, watched(body, 5)));
    expect([...fields]).toEqual([
      ['a', 'ü'],
      ['b', 'ü'],
      ['_charset_', 'windows-1252'],
      ['c', '€'],
    ]);
    const told = await readForm(sourceOf(multipartType, watched(`${field('a', '\xfc')}${last}`)), {
      charset: 'latin1',
    });
    expect(told.fields.get('a')).toBe('ü');
  });

  it.each(['nonsense', 'utf-7', 'a'.repeat(1000)])('refuses the charset %s', async (label) => {
    const body = watched(`${field('_charset_', label)}${field('a', '1')}${last}`, 20);
    await expect(readForm(sourceOf(multipartType, body))).rejects.toThrow(failed('UNSUPPORTED_CHARSET', 415));
    expect(body.isCancelled).toBe(true);
  });

  it.each([
    undefined,
    '',
    'text/plain',
    'multipart/mixed; boundary=x',
    'multipart/form-data; boundary=x, text/plain',
    'form-data',
  ])('refuses the type %s without reading', async (type) => {
    const body = watched('');
    await expect(readForm(sourceOf(type, body))).rejects.toThrow(failed('UNSUPPORTED_TYPE', 415));
    expect(body.asked).toBe(0);
  });

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${'a'.repeat(71)}`,
    'multipart/form-data; boundary="a "',
  ])('refuses the boundary of %s', async (type) => {
    await expect(readForm(sourceOf(type, watched('')))).rejects.toThrow(failed('BAD_BOUNDARY', 400));
  });

  it('refuses a Content-Encoding, and a Content-Length above the limit, without reading', async () => {
    const body = watched(last);
    await expect(readForm(sourceOf(multipartType, body, { 'content-encoding': 'gzip' }))).rejects.toThrow(
      failed('UNSUPPORTED_ENCODING', 415),
    );
    await expect(
      readForm(sourceOf(multipartType, body, { 'content-length': '101' }), { maxFormBytes: 100 }),
    ).rejects.toThrow(failed('FORM_TOO_LARGE', 413));
    expect(body.asked).toBe(0);
    expect(
      await readForm(
        sourceOf(multipartType, body, { 'content-encoding': 'identity', 'content-length': '7' }),
      ),
    ).toMatchObject({ fields: { length: 0 } });
  });

  it.each([null, undefined])('says TRUNCATED of a body that is %s', async (body) => {
    await expect(readForm(sourceOf(multipartType, body))).rejects.toThrow(failed('TRUNCATED', 400));
    expect((await readForm(sourceOf(urlEncodedType, body))).fields.length).toBe(0);
  });

  it('rejects with what the body throws', async () => {
    const body = (async function* () {
      yield bytesOf(field('a', '1'));
      throw new Error('the client left');
    })();
    await expect(readForm(sourceOf(multipartType, body))).rejects.toThrow('the client left');
  });

  it('gives up the body where the form is wrong', async () => {
    const body = watched(`${field('a', '1')}--xy\r\n${'a'.repeat(1000)}`, 100);
    await expect(readForm(sourceOf(multipartType, body))).rejects.toThrow(failed('BAD_BOUNDARY', 400));
    expect(body.isCancelled).toBe(true);
    expect(body.asked).toBe(1);
  });

  it('reads a Request and a Response of the web', async () => {
    const data = new FormData();
    data.append('a', 'ü');
    data.append('f', new File(['content'], 'f.txt', { type: 'text/plain' }));
    const request = new Request('http://localhost/', { method: 'POST', body: data });
    const form = await readForm(request);
    expect(form.fields.get('a')).toBe('ü');
    expect(text(form.files.get('f')?.stored)).toBe('content');
    const pairs = await readForm(new Response(new URLSearchParams([['a', 'b c']])));
    expect([...pairs.fields]).toEqual([['a', 'b c']]);
  });

  it('reads a stream that can only be read by a reader', async () => {
    const chunks = [bytesOf(field('a', '1')), bytesOf(last)];
    const body = {
      getReader: () => ({
        read: async () => ({ done: chunks.length === 0, value: chunks.shift() }),
        cancel: async () => {},
      }),
    };
    expect((await readForm(sourceOf(multipartType, body))).fields.get('a')).toBe('1');
  });

  it('refuses what is no body', async () => {
    await expect(readForm(sourceOf(multipartType, {} as AsyncIterable<Uint8Array>))).rejects.toThrow(
      expect.objectContaining({ code: 'BAD_BODY' }) as Error,
    );
  });

  it.each([
    ['multipart', multipartType, field('a', '1')],
    ['pairs', urlEncodedType, 'a=1&b'],
  ])('is cancelled by its signal while it waits: %s', async (_, type, start) => {
    const body = new StuckBody([bytesOf(start)]);
    const cancel = new AbortController();
    const reading = readForm(sourceOf(type, body), { signal: cancel.signal });
    const reason = new Error('enough');
    setImmediate(() => {
      cancel.abort(reason);
    });
    await expect(reading).rejects.toBe(reason);
    expect(body.isCancelled).toBe(true);
  });

  it('reads nothing where its signal is aborted before', async () => {
    const body = watched(last);
    await expect(
      readForm(sourceOf(multipartType, body), { signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
    expect(body.asked).toBe(0);
  });
});

describe('a sink', () => {
  const two = `${file('f', 'a', 'first')}${field('n', '1')}${file('g', 'b', 'second')}${last}`;

  it('gets each file, and the form what it answers', async () => {
    const form = await readForm(sourceOf(multipartType, watched(two, 3)), {
      files: async (part: Part) => (await part.text()).toUpperCase(),
    });
    expect(form.files.values().map(({ name, size, stored }) => [name, size, stored])).toEqual([
      ['f', 5, 'FIRST'],
      ['g', 6, 'SECOND'],
    ]);
  });

  it('need not read a file', async () => {
    const form = await readForm(sourceOf(multipartType, watched(two, 3)), { files: () => undefined });
    expect(form.files.values().map(({ size }) => size)).toEqual([5, 6]);
  });

  it('may leave a file half-way', async () => {
    const form = await readForm(sourceOf(multipartType, watched(two, 1)), {
      files: async (part) => {
        for await (const chunk of part.body) return text(chunk);
        return '';
      },
    });
    expect(form.files.values().map(({ stored, size }) => [stored, size])).toEqual([
      ['f', 5],
      ['s', 6],
    ]);
  });

  it('is never asked for more than it takes: back-pressure reaches the body', async () => {
    const body = watched(`${file('f', 'f', 'a'.repeat(1000))}${last}`, 100);
    let isOpen = false;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let started: () => void = () => undefined;
    const hasStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const reading = readForm(sourceOf(multipartType, body), {
      files: async (part) => {
        for await (const chunk of part.body) {
          expect(chunk.length).toBeGreaterThan(0);
          if (isOpen) continue;
          started();
          await gate;
          isOpen = true;
        }
      },
    });
    await hasStarted;
    const { asked } = body;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(body.asked).toBe(asked);
    expect(asked).toBeLessThanOrEqual(2);
    open();
    await reading;
    expect(body.asked).toBeGreaterThan(10);
  });

  it('that throws ends the form, and what others stored is disposed of', async () => {
    const disposed: string[] = [];
    const body = watched(`${two}${' '.repeat(500)}`, 50);
    const reading = readForm(sourceOf(multipartType, body), {
      files: async (part) => {
        if (part.name === 'g') throw new Error('the disk is full');
        await part.bytes();
        return { [Symbol.asyncDispose]: async () => void disposed.push(part.name) };
      },
    });
    await expect(reading).rejects.toThrow('the disk is full');
    expect(disposed).toEqual(['f']);
    expect(body.isCancelled).toBe(true);
  });

  it('whose clean-up fails has both errors told', async () => {
    const reading = readForm(sourceOf(multipartType, watched(`${file('f', 'a', '1')}--xy`)), {
      files: () => ({ [Symbol.asyncDispose]: () => Promise.reject(new Error('cannot remove')) }),
    });
    const error: unknown = await reading.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    const [cause, failure] = (error as AggregateError).errors as [FormError, AggregateError];
    expect(cause).toMatchObject({ code: 'BAD_BOUNDARY' });
    expect(failure.errors).toMatchObject([{ message: 'cannot remove' }]);
  });

  it('may answer a stream of node, which is written to one chunk at a time', async () => {
    const written: string[] = [];
    let inWork = 0;
    let mostInWork = 0;
    const streams = new Map<string, Writable>();
    const form = await readForm(sourceOf(multipartType, watched(two, 2)), {
      files: (part) => {
        const stream = new Writable({
          write: (chunk: Buffer, _, done) => {
            mostInWork = Math.max(mostInWork, ++inWork);
            setImmediate(() => {
              inWork--;
              written.push(`${part.name}${chunk.toString()}`);
              done();
            });
          },
        });
        streams.set(part.name, stream);
        return stream;
      },
    });
    expect(written.join('')).toMatch(/^(f[first]{1,2}){3,}(g[second]{1,2}){3,}$/);
    expect(mostInWork).toBe(1);
    expect(form.files.get('g')?.stored).toBe(streams.get('g'));
    expect(streams.get('g')?.writableFinished).toBe(true);
  });

  it('may answer a stream of node that fails, or is closed', async () => {
    const fails = (stream: () => Writable): Promise<unknown> =>
      readForm(sourceOf(multipartType, watched(two, 2)), { files: stream });
    await expect(
      fails(() => new Writable({ write: (_, __, done) => done(new Error('full')) })),
    ).rejects.toThrow('full');
    await expect(
      fails(
        () =>
          new Writable({
            write() {
              this.destroy();
            },
          }),
      ),
    ).rejects.toThrow(/closed before its end/);
    await expect(
      fails(
        () =>
          new Writable({ write: (_, __, done) => done(), final: (done) => done(new Error('not flushed')) }),
      ),
    ).rejects.toThrow('not flushed');
  });

  it('has its stream destroyed where the form fails', async () => {
    const stream = new Writable({ write: (_, __, done) => done() });
    await expect(
      readForm(sourceOf(multipartType, watched(file('f', 'f', 'abc'), 4)), { files: () => stream }),
    ).rejects.toThrow(failed('TRUNCATED', 400));
    expect(stream.destroyed).toBe(true);
    expect(stream.writableFinished).toBe(false);
  });

  it('may answer a stream of the web', async () => {
    let content = '';
    let isClosed = false;
    const stream = (): WritableStream<Uint8Array> =>
      new WritableStream({
        write: (chunk) => void (content += text(chunk)),
        close: () => void (isClosed = true),
      });
    await readForm(sourceOf(multipartType, watched(two, 3)), { files: stream });
    expect([content, isClosed]).toEqual(['firstsecond', true]);
    let reason: unknown;
    const aborted = new WritableStream<Uint8Array>({ abort: (why) => void (reason = why) });
    await expect(
      readForm(sourceOf(multipartType, watched(file('f', 'f', 'abc'), 4)), { files: () => aborted }),
    ).rejects.toThrow(failed('TRUNCATED', 400));
    expect(reason).toMatchObject({ code: 'TRUNCATED' });
  });
});
