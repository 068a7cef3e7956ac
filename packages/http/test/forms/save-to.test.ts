import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readForm, saveTo, type FormOptions } from '@wirestack/http/forms';
import { bytesOf } from './events.ts';
import { file, last, multipartType, sourceOf, StuckBody, watched } from './sources.ts';

describe('saveTo', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wirestack-forms-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });
  const read = (
    body: string,
    options: FormOptions = {},
    size = 7,
  ): ReturnType<typeof readForm<Awaited<ReturnType<ReturnType<typeof saveTo>>>>> =>
    readForm(sourceOf(multipartType, watched(body, size)), { ...options, files: saveTo(`${directory}/`) });

  it('saves each file by a name of its own, for this user alone', async () => {
    const form = await read(
      `${file('f', '../../../etc/passwd', 'first')}${file('f', '/abs\\\\x', 'second')}${last}`,
    );
    const names = await readdir(directory);
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{48}$/);
    const [first, second] = form.files.getAll('f');
    expect(await readFile(first?.stored.path ?? '', 'utf8')).toBe('first');
    expect(await readFile(second?.stored.path ?? '', 'utf8')).toBe('second');
    expect(first).toMatchObject({ filename: '../../../etc/passwd', safeName: 'passwd' });
    expect((await stat(first?.stored.path ?? '')).mode & 0o777).toBe(0o600);
  });

  it('removes the files when the form is disposed of, but for those that were moved', async () => {
    const form = await read(`${file('f', 'a', '1')}${file('g', 'b', '2')}${last}`);
    await rename(form.files.get('f')?.stored.path ?? '', join(directory, 'kept'));
    await form[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual(['kept']);
    await form.dispose();
  });

  it.each<[string, string, FormOptions, string]>([
    [
      'is cut short',
      `${file('f', 'a', '1')}--x\r\nContent-Disposition: form-data; name="g"; filename="b"\r\n\r\nabc`,
      {},
      'TRUNCATED',
    ],
    [
      'has a file above the limit',
      `${file('f', 'a', '1')}${file('g', 'b', '12345')}${last}`,
      { maxFileBytes: 4 },
      'FILE_TOO_LARGE',
    ],
    ['is malformed behind a file', `${file('f', 'a', '1')}--xy`, {}, 'BAD_BOUNDARY'],
    ['is malformed behind its end', `${file('f', 'a', '1')}--x--y`, {}, 'BAD_BOUNDARY'],
    ['is too large', `${file('f', 'a', '1'.repeat(1000))}${last}`, { maxFormBytes: 500 }, 'FORM_TOO_LARGE'],
  ])('leaves nothing of a form that %s', async (_, body, options, code) => {
    for (const size of [1, 10, 10_000]) {
      await expect(read(body, options, size)).rejects.toThrow(expect.objectContaining({ code }) as Error);
      expect(await readdir(directory)).toEqual([]);
    }
  });

  it('leaves nothing of a form that is cancelled in the middle of a file', async () => {
    const body = new StuckBody([bytesOf(`${file('f', 'a', '1')}${file('g', 'b', '12345').slice(0, -4)}`)]);
    const cancel = new AbortController();
    const reading = readForm(sourceOf(multipartType, body), {
      files: saveTo(directory),
      signal: cancel.signal,
    });
    // Both files are there, the second one open.
    while ((await readdir(directory)).length < 2) await new Promise((resolve) => setImmediate(resolve));
    cancel.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(await readdir(directory)).toEqual([]);
    expect(body.isCancelled).toBe(true);
  });

  it('rejects where there is no such directory', async () => {
    const body = watched(`${file('f', 'a', '1')}${last}`, 5);
    await expect(
      readForm(sourceOf(multipartType, body), { files: saveTo(join(directory, 'none')) }),
    ).rejects.toThrow(/ENOENT/);
    expect(body.isCancelled).toBe(true);
  });
});
