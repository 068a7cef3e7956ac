import { open, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ByteBuffer } from '@wirestack/framing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formParts,
  multipartBody,
  MultipartEncoder,
  readForm,
  type MultipartBody,
  type OutgoingMultipart,
  type OutgoingPart,
} from '@wirestack/http/forms';
import { bytesOf, decodeForm, hasControls, lines, pieces } from './events.ts';
import { sourceOf } from './sources.ts';

async function textOf({ body }: Pick<MultipartBody, 'body'>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString('latin1');
  return text;
}

async function* comes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytesOf(text);
}

const refused = (code: string): unknown => expect.objectContaining({ name: 'HttpUsageError', code });

describe('multipartBody', () => {
  it('writes fields and files as browsers do', async () => {
    const form = multipartBody(
      [
        { name: 'a', content: 'ü' },
        { name: 'b"\r\n', content: bytesOf('\xff'), filename: '"c".bin' },
        {
          name: 'd',
          content: 'x',
          filename: 'd.txt',
          type: 'text/plain; charset=utf-8',
          headers: [['X-More', 'y']],
        },
        ['e', '1'],
      ],
      { boundary: 'x' },
    );
    const text = lines(
      '--x',
      'Content-Disposition: form-data; name="a"',
      '',
      '\xc3\xbc',
      '--x',
      'Content-Disposition: form-data; name="b%22%0D%0A"; filename="%22c%22.bin"',
      'Content-Type: application/octet-stream',
      '',
      '\xff',
      '--x',
      'Content-Disposition: form-data; name="d"; filename="d.txt"',
      'Content-Type: text/plain; charset=utf-8',
      'X-More: y',
      '',
      'x',
      '--x',
      'Content-Disposition: form-data; name="e"',
      '',
      '1',
      '--x--',
      '',
    );
    expect(await textOf(form)).toBe(text);
    expect(form).toMatchObject({
      contentType: 'multipart/form-data; boundary=x',
      contentLength: text.length,
      isReplayable: true,
    });
    expect(await textOf(form)).toBe(text);
  });

  it('writes a form without parts', async () => {
    const form = multipartBody([], { boundary: 'x' });
    expect(await textOf(form)).toBe('--x--\r\n');
    expect(form.contentLength).toBe(7);
  });

  it('takes FormData, and the names and types of its files', async () => {
    const data = new FormData();
    data.append('a', '1');
    data.append('f', new File(['content'], 'ü.txt', { type: 'text/plain' }));
    data.append('g', new Blob(['content']));
    const form = await readForm(sourceFrom(multipartBody(data as Iterable<[string, string]>)));
    expect([...form.fields]).toEqual([['a', '1']]);
    expect(form.files.values().map(({ filename, type, size }) => [filename, type, size])).toEqual([
      ['ü.txt', 'text/plain', 7],
      ['blob', 'application/octet-stream', 7],
    ]);
  });

  it('draws another boundary each time, which needs no quotes', () => {
    const types = new Set(Array.from({ length: 100 }, () => multipartBody([]).contentType));
    expect(types.size).toBe(100);
    for (const type of types)
      expect(type).toMatch(/^multipart\/form-data; boundary=----wirestack[-_A-Za-z0-9]{32}$/);
  });

  it('quotes the boundary of the caller where it must', () => {
    expect(multipartBody([], { boundary: 'a b:c' }).contentType).toBe(
      'multipart/form-data; boundary="a b:c"',
    );
  });

  it.each(['', 'a'.repeat(71), 'a ', 'a\r\nb', 'ä', '"'])('refuses the boundary %j', (boundary) => {
    expect(() => multipartBody([], { boundary })).toThrow(refused('BAD_OPTION'));
    expect(() => new MultipartEncoder(boundary)).toThrow(refused('BAD_OPTION'));
  });

  it.each([
    [{ name: 'a\0', content: '' }, 'BAD_FIELD'],
    [{ name: '\ud800', content: '' }, 'BAD_FIELD'],
    [{ name: 'a', filename: 'a\x07', content: '' }, 'BAD_FIELD'],
    [{ name: 'a', content: '', type: 'text/plain\r\nX: y' }, 'BAD_FIELD'],
    [{ name: 'a', content: '', type: '' }, 'BAD_FIELD'],
    [{ name: 'a', content: '', headers: [['X', 'y\r\nZ: z']] }, 'BAD_FIELD'],
    [{ name: 'a', content: '', headers: [['X: y\r\nZ', 'z']] }, 'BAD_FIELD'],
    [{ name: 'a', content: '', headers: [['content-disposition', 'form-data; name="b"']] }, 'BAD_FIELD'],
    [{ name: 'a', content: '', headers: [['Content-Transfer-Encoding', 'base64']] }, 'BAD_FIELD'],
    [{ name: 'a', content: null }, 'BAD_BODY'],
    [{ name: 'a', content: 5 }, 'BAD_BODY'],
    [{ name: 'a', content: {} }, 'BAD_BODY'],
    [{ name: 'a', content: 'abc', length: 4 }, 'BAD_BODY'],
    [{ name: 'a', content: comes(), length: -1 }, 'BAD_OPTION'],
    [{ name: 'a', content: comes(), length: 0.5 }, 'BAD_OPTION'],
  ])('refuses the part %j at once', (part, code) => {
    expect(() => multipartBody([part as unknown as OutgoingPart])).toThrow(refused(code));
  });

  it('knows its length where it knows those of its parts', () => {
    expect(multipartBody([{ name: 'a', content: comes('abc') }]).contentLength).toBeUndefined();
    const known = multipartBody([{ name: 'a', content: comes('abc'), length: 3 }]);
    expect(known.contentLength).toBe(multipartBody([['a', 'abc']]).contentLength);
    expect(known.isReplayable).toBe(false);
  });

  it.each([
    ['abc', 2],
    ['abc', 4],
    ['', 1],
  ])('rejects where %j was to have %i bytes', async (text, length) => {
    const form = multipartBody([{ name: 'a', content: comes(...text), length }, ['b', '']]);
    await expect(textOf(form)).rejects.toThrow(refused('BAD_BODY'));
  });

  it('rejects what is not made of bytes', async () => {
    const texts = (): AsyncIterable<Uint8Array> =>
      Readable.from(['text']) as AsyncIterable<unknown> as AsyncIterable<Uint8Array>;
    const form = multipartBody([{ name: 'a', content: texts }]);
    await expect(textOf(form)).rejects.toThrow(refused('BAD_BODY'));
  });

  it('can be sent again where its parts can, and only there', async () => {
    const again = multipartBody(
      [
        { name: 'a', content: () => comes('1', '2') },
        { name: 'b', content: new Blob(['3']) },
      ],
      { boundary: 'x' },
    );
    expect(again.isReplayable).toBe(true);
    expect(await textOf(again)).toBe(await textOf(again));
    const once = multipartBody([{ name: 'a', content: comes('1') }]);
    await textOf(once);
    await expect(textOf(once)).rejects.toThrow(refused('BODY_USED'));
  });

  it('sends a range of a file, again and again, and leaves the file open', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'wirestack-forms-'));
    try {
      const path = join(directory, 'f');
      const content = Buffer.alloc(600_000, 'abcdefghij');
      await writeFile(path, content);
      const file = await open(path);
      const form = multipartBody([
        { name: 'f', filename: 'f', content: { file, start: 5, length: 599_990 } },
      ]);
      for (let turn = 0; turn < 2; turn++) {
        const received = await readForm(sourceFrom(form));
        expect(Buffer.from(received.files.get('f')?.stored ?? []).equals(content.subarray(5, 599_995))).toBe(
          true,
        );
      }
      await expect(
        textOf(multipartBody([{ name: 'f', content: { file, start: 5, length: 600_000 } }])),
      ).rejects.toThrow(refused('BAD_BODY'));
      await file.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('sends small parts together, and large chunks as they are', async () => {
    const large = new Uint8Array(10_000);
    const chunks: Uint8Array[] = [];
    const small = Array.from({ length: 10 }, (_, index): [string, string] => [`a${String(index)}`, 'x']);
    for await (const chunk of multipartBody([...small, { name: 'b', content: large }, ...small]).body)
      chunks.push(chunk);
    expect(chunks).toHaveLength(3);
    expect(chunks[1]).toBe(large);
  });

  it('pulls no more of a part than is taken, and ends it where the loop is left', async () => {
    let pulled = 0;
    let isEnded = false;
    const content = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          pulled++;
          yield new Uint8Array(8192);
        }
      } finally {
        isEnded = true;
      }
    };
    let taken = 0;
    for await (const chunk of multipartBody([{ name: 'a', content }]).body) {
      if (chunk.length === 8192 && ++taken === 3) break;
    }
    expect(pulled).toBe(3);
    expect(isEnded).toBe(true);
  });

  it.each([[['--x']], [['a\r\n--x']], [['a\r\n-', '-x', 'y']], [['a\r', '\n', '--', 'x']]])(
    'refuses content %j that contains the boundary of the caller',
    async (texts) => {
      const form = multipartBody([['z', '1'], { name: 'a', content: comes(...texts) }], { boundary: 'x' });
      await expect(textOf(form)).rejects.toThrow(refused('BAD_BODY'));
    },
  );

  it('is what is read again, whatever it is made of and however it is cut', async () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((name) => !/%(?:22|0[AD])/.test(name) && !hasControls(name));
    const part = fc.record({
      name: text,
      filename: fc.option(text, { nil: undefined }),
      content: fc.uint8Array({ maxLength: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 6 }),
        fc.integer({ min: 1, max: 100 }),
        async (parts, size) => {
          const form = multipartBody(parts);
          const bytes = bytesOf(await textOf(form));
          expect(bytes.length).toBe(form.contentLength);
          const seen = [];
          for await (const one of formParts(sourceOf(form.contentType, fromArray(pieces(bytes, size))))) {
            seen.push({ name: one.name, filename: one.filename, content: new Uint8Array(await one.bytes()) });
          }
          expect(seen).toEqual(
            parts.map(({ name, filename, content }) => ({
              name,
              filename,
              content: new Uint8Array(content),
            })),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('MultipartEncoder', () => {
  const encode = (...events: OutgoingMultipart[]): string => {
    const buffer = new ByteBuffer();
    const encoder = new MultipartEncoder('x');
    for (const event of events) encoder.encode(event, buffer);
    return Buffer.concat(buffer.take()).toString('latin1');
  };
  const part = (name: string): OutgoingMultipart => ({ type: 'part', head: { name } });
  const data = (text: string): OutgoingMultipart => ({ type: 'data', bytes: bytesOf(text) });

  it('writes the events of a form', () => {
    const text = encode(
      part('a'),
      data('1'),
      data('2'),
      { type: 'part-end' },
      part('b'),
      { type: 'part-end' },
      { type: 'end' },
    );
    expect(decodeForm([bytesOf(text)])).toMatchObject({
      isComplete: true,
      parts: [
        { name: 'a', data: '12' },
        { name: 'b', data: '' },
      ],
    });
  });

  it.each<[string, OutgoingMultipart[]]>([
    ['data outside a part', [data('1')]],
    ['the end of no part', [{ type: 'part-end' }]],
    ['a part in a part', [part('a'), part('b')]],
    ['the end in a part', [part('a'), { type: 'end' }]],
    ['a part behind the end', [{ type: 'end' }, part('a')]],
    ['two ends', [{ type: 'end' }, { type: 'end' }]],
  ])('refuses %s', (_, events) => {
    expect(() => encode(...events)).toThrow(refused('BAD_STATE'));
  });

  it('refuses data that contain the boundary, in however many pieces', () => {
    expect(() => encode(part('a'), data('1\r\n-'), data('-x'))).toThrow(refused('BAD_BODY'));
    expect(() => encode(part('a'), data('--x'))).toThrow(refused('BAD_BODY'));
    expect(encode(part('a'), data('1\r\n-'), data('-y'))).toContain('1\r\n--y');
  });
});

async function* fromArray(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function sourceFrom(form: MultipartBody): ReturnType<typeof sourceOf> {
  return sourceOf(form.contentType, form.body);
}
