import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseMediaType } from '@wirestack/http/fields';
import {
  formParts,
  FormError,
  multipartBody,
  readForm,
  safeFilename,
  UrlEncodedDecoder,
  type FormLimits,
  type OutgoingPart,
} from '@wirestack/http/forms';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInstalled, output } from '../support/program.ts';
import { multipartCases, urlEncodedCases, type BusboyLimits } from './forms-busboy.ts';

async function* bodyOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** As they come, and a byte at a time. */
function slicings(source: readonly (string | Buffer)[]): Uint8Array[][] {
  const chunks = source.map((piece) => Buffer.from(piece));
  return [chunks, Array.from(Buffer.concat(chunks), (byte) => Uint8Array.of(byte))];
}

function limitsOf({
  parts,
  fields,
  fileSize,
  fieldSize,
  fieldNameSize,
}: BusboyLimits = {}): Partial<FormLimits> {
  const limits = {
    maxParts: parts ?? fields,
    maxFileBytes: fileSize,
    maxFieldBytes: fieldSize,
    maxNameBytes: fieldNameSize,
  };
  return Object.fromEntries(
    Object.entries(limits).filter(([, value]) => value !== undefined && value !== Infinity),
  );
}

/** The expectations of busboy's tests, and each case in which we differ on purpose: what comes before the error, and why. */
describe("busboy's tests of multipart", () => {
  const truncates =
    'busboy cuts values and drops what is past a limit, and says so in a flag or an event that programs overlook; here the form is refused';
  const skips =
    'busboy drops the part; a part without a name is no part of a form (RFC 7578 4.2), and dropping what was sent loses it';
  const differences: Readonly<
    Record<string, { readonly error?: string; readonly first: number; readonly why: string }>
  > = {
    'Fields and files (limits)': { error: 'FIELD_TOO_LARGE', first: 0, why: truncates },
    'Parts limit': { error: 'TOO_MANY_PARTS', first: 1, why: truncates },
    'Fields limit': { error: 'TOO_MANY_PARTS', first: 1, why: truncates },
    'Files limit': { first: 1, why: 'there is one limit, of all parts' },
    'Fields and files (limits: 0 files)': { first: 1, why: 'there is one limit, of all parts' },
    'Empty content-type and empty content-disposition': { error: 'BAD_PART_HEAD', first: 1, why: skips },
    'No Content-Disposition': { error: 'BAD_PART_HEAD', first: 0, why: skips },
    'Oversized part header': { error: 'PART_HEAD_TOO_LARGE', first: 0, why: truncates },
  };
  const cases = multipartCases();

  test('are those that are known', () => {
    expect(cases.length).toBe(26);
    const names = cases.map(({ what }) => what);
    for (const name of Object.keys(differences)) expect(names).toContain(name);
  });

  test.each(cases.map((one) => [one.what, one] as const))('%s', async (what, one) => {
    const difference = differences[what];
    for (const chunks of slicings(one.source)) {
      const seen: unknown[] = [];
      let error: string | undefined;
      try {
        const headers = new Map([['content-type', `multipart/form-data; boundary=${one.boundary}`]]);
        for await (const part of formParts({ headers, body: bodyOf(chunks) }, limitsOf(one.limits))) {
          const data: Uint8Array[] = [];
          const { name, filename } = part;
          const mimeType = parseMediaType(part.type)?.essence;
          const result = { type: part.isFile ? 'file' : 'field', name, filename, mimeType, data: '' };
          seen.push(result);
          try {
            for await (const chunk of part.body) data.push(chunk);
          } finally {
            result.data = Buffer.concat(data).toString();
          }
        }
      } catch (thrown) {
        if (!(thrown instanceof FormError)) throw thrown;
        error = thrown.code;
      }
      const expected = one.expected.flatMap((result): object[] => {
        if (typeof result === 'string' || 'error' in result) return [];
        const { type, name, info } = result;
        if (type === 'field')
          return [{ type, name, filename: undefined, mimeType: info.mimeType, data: result.val }];
        return [
          { type, name, filename: info.filename, mimeType: info.mimeType, data: result.data.toString() },
        ];
      });
      const shown = (seen as { type: string; filename: string | undefined }[])
        .filter(({ type }) => one.events === undefined || one.events.includes(type))
        .map((part) => {
          // busboy takes the last segment for the name; here the name is kept as it was sent, and another is offered.
          const isPath = one.preservePath !== true && /[/\\]/.test(part.filename ?? '');
          return isPath ? { ...part, filename: safeFilename(part.filename ?? '') } : part;
        });
      if (difference === undefined) {
        expect(shown).toEqual(expected);
        expect(error === undefined).toBe(
          !one.expected.some((result) => typeof result === 'object' && 'error' in result),
        );
      } else {
        expect(error).toBe(difference.error);
        expect(shown.slice(0, difference.first)).toEqual(expected.slice(0, difference.first));
        expect({ shown, error }).not.toEqual({ shown: expected, error: undefined });
      }
    }
  });
});

describe("busboy's tests of pairs", () => {
  /** All for one reason: busboy cuts names and values and drops pairs that are past a limit, here the form is refused. */
  const differences: Readonly<Record<string, string>> = {
    'Limits: zero fields': 'TOO_MANY_PARTS',
    'Limits: one field': 'TOO_MANY_PARTS',
    'Limits: truncated field name': 'NAME_TOO_LONG',
    'Limits: truncated field value': 'FIELD_TOO_LARGE',
    'Limits: truncated field name and value': 'NAME_TOO_LONG',
    'Limits: truncated field name and zero value limit': 'NAME_TOO_LONG',
    'Limits: truncated zero field name and zero value limit': 'NAME_TOO_LONG',
  };
  const cases = urlEncodedCases();

  test('are those that are known', () => {
    expect(cases.length).toBe(25);
    const names = cases.map(({ what }) => what);
    for (const name of Object.keys(differences)) expect(names).toContain(name);
  });

  test.each(cases.map((one) => [one.what, one] as const))('%s', (what, one) => {
    for (const chunks of slicings(one.source)) {
      const seen: unknown[] = [];
      let error: string | undefined;
      try {
        const decoder = new UrlEncodedDecoder({ ...limitsOf(one.limits), charset: one.charset ?? 'utf-8' });
        for (const chunk of chunks) decoder.push(chunk);
        for (let pair; (pair = decoder.end()) !== undefined;) seen.push(pair);
      } catch (thrown) {
        if (!(thrown instanceof FormError)) throw thrown;
        error = thrown.code;
      }
      expect(error).toBe(differences[what]);
      if (error === undefined) expect(seen).toEqual(one.expected.map(([name, value]) => [name, value]));
    }
  });
});

describe.skipIf(!isInstalled('python3'))("Python's mail package", () => {
  const script = fileURLToPath(new URL('forms_email.py', import.meta.url));
  const python = async (work: readonly object[]): Promise<unknown[]> =>
    JSON.parse(
      await output('python3', ['-I', script], { input: JSON.stringify(work), timeoutMs: 60_000 }),
    ) as unknown[];
  const text = fc
    .string({ unit: fc.constantFrom(...'abcXYZ019 .-_()'), minLength: 1, maxLength: 30 })
    .map((name) => name.trim() || 'a');
  const content = fc.array(
    fc.oneof(
      fc.constantFrom('\r\n', '\r\n--', '--', '\r\n\r\n', 'boundary'),
      fc.uint8Array({ maxLength: 30 }),
    ),
    { maxLength: 10 },
  );

  /** Text, and bytes without CR or LF where `isTame`: Python makes CR LF of either. */
  const bytes = (isTame: boolean): fc.Arbitrary<Buffer> =>
    content.map((pieces) =>
      Buffer.concat(
        pieces.map((piece) =>
          typeof piece === 'string'
            ? Buffer.from(piece)
            : Buffer.from(isTame ? piece.filter((byte) => byte !== 10 && byte !== 13) : piece),
        ),
      ),
    );

  test('reads what multipartBody writes', async () => {
    const part = fc.record({
      name: text,
      filename: fc.option(text, { nil: undefined }),
      type: fc.constantFrom('application/octet-stream', 'image/png'),
      content: bytes(false),
    });
    const forms = fc.sample(fc.array(part, { minLength: 1, maxLength: 5 }), 200) as OutgoingPart[][];
    const work = await Promise.all(
      forms.map(async (parts) => {
        const { contentType, body } = multipartBody(parts);
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        return { do: 'read', type: contentType, body: Buffer.concat(chunks).toString('base64') };
      }),
    );
    const read = await python(work);
    expect(read).toEqual(
      forms.map((parts) => ({
        defects: [],
        parts: parts.map(({ name, filename, type, content }) => ({
          name,
          filename: filename ?? null,
          type,
          content: (content as Buffer).toString('base64'),
        })),
      })),
    );
  });

  test('writes what is read here: folded heads, escaped quotes, filename* and all', async () => {
    const filename = fc.option(
      fc.oneof(
        text,
        fc.constantFrom('a "b" \\ c.txt', 'Übersicht € 😀.pdf', '"', `${'very '.repeat(30)}long`),
      ),
      { nil: null },
    );
    const part = fc.record({
      name: text,
      filename,
      type: fc.constantFrom('text/plain', 'application/x-thing'),
      content: bytes(true),
    });
    const form = fc.record({
      do: fc.constant('write'),
      fold: fc.constantFrom(78, 1000),
      parts: fc.array(part, { minLength: 1, maxLength: 5 }),
    });
    const forms = fc.sample(form, 200);
    // Names in other scripts, and those that are longer than a line, become `filename*0*`, `filename*1*` (RFC 2231 3), which no form may have and which is refused.
    const foldOf = (fold: number, parts: readonly { filename: string | null }[]): number =>
      parts.some(({ filename: one }) => /^(?:Ü|very)/.test(one ?? '')) ? 1000 : fold;
    const work = forms.map(({ parts, fold, ...rest }) => ({
      ...rest,
      fold: foldOf(fold, parts),
      parts: parts.map((one) => ({ ...one, content: one.content.toString('base64') })),
    }));
    const written = (await python(work)) as { type: string; body: string }[];
    for (const [index, { type, body }] of written.entries()) {
      const seen = [];
      const headers = new Map([['content-type', type]]);
      for await (const one of formParts({ headers, body: bodyOf([Buffer.from(body, 'base64')]) })) {
        seen.push({
          name: one.name,
          filename: one.filename ?? null,
          type: parseMediaType(one.type)?.essence,
          content: Buffer.from(await one.bytes()),
        });
      }
      expect(seen).toEqual(forms[index]?.parts.map((one) => ({ ...one, filename: one.filename })));
    }
  });
});

describe("node's own FormData", () => {
  const awkward = [
    'a',
    'ü €😀',
    'a"b',
    'a\\b',
    'a\\',
    'a;b="c"',
    "a'b",
    'a%b',
    ' a ',
    '__proto__',
    '',
    'a\tb',
  ];

  test('reads what multipartBody writes', async () => {
    for (const name of awkward) {
      const form = multipartBody([
        [name, `value of ${name}`],
        { name, filename: name, content: new Uint8Array([0, 13, 10, 255]) },
      ]);
      const headers = { 'content-type': form.contentType };
      // Deprecated for servers; here it is the oracle.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      const data = await new Response(Readable.from(form.body), { headers }).formData();
      const [value, file] = data.getAll(name);
      expect(value).toBe(`value of ${name}`);
      if (typeof file !== 'object') expect.fail(`${name} is no file`);
      expect(file.name).toBe(name);
      expect(new Uint8Array(await file.arrayBuffer())).toEqual(new Uint8Array([0, 13, 10, 255]));
    }
  });

  test('writes what is read here', async () => {
    const data = new FormData();
    // Of a file without a name node says no filename at all: that is a field.
    const named = awkward.filter((name) => name !== '');
    for (const name of named) {
      data.append(name, `value of ${name}`);
      data.append(name, new File([name], name));
    }
    const form = await readForm(new Response(data));
    for (const name of named) {
      expect(form.fields.getAll(name)).toEqual([`value of ${name}`]);
      expect(form.files.getAll(name).map(({ filename }) => filename)).toEqual([name]);
      expect(Buffer.from(form.files.get(name)?.stored ?? []).toString()).toBe(name);
    }
  });
});
