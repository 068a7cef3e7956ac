import { describe, expect, it } from 'vitest';
import { formParts } from '@wirestack/http/forms';
import { bytesOf } from './events.ts';
import { field, file, last, multipartType, sourceOf, StuckBody, urlEncodedType, watched } from './sources.ts';

const form = `${field('a', '1')}${file('f', 'b.txt', 'content of a file')}${field('c', '\xc3\xbc')}${last}`;

describe('formParts', () => {
  it.each([1, 10, 1000])('gives each part as it arrives, in chunks of %i bytes', async (size) => {
    const seen: unknown[] = [];
    for await (const part of formParts(sourceOf(multipartType, watched(form, size)))) {
      seen.push([
        part.name,
        part.filename,
        part.safeName,
        part.isFile,
        part.type,
        await part.text(),
        part.size,
      ]);
    }
    expect(seen).toEqual([
      ['a', undefined, undefined, false, 'text/plain', '1', 1],
      ['f', 'b.txt', 'b.txt', true, 'text/plain', 'content of a file', 17],
      ['c', undefined, undefined, false, 'text/plain', 'ü', 2],
    ]);
  });

  it('gives a part before the rest of the form has come', async () => {
    const body = new StuckBody([bytesOf(field('a', '1').slice(0, -1))]);
    const parts = formParts(sourceOf(multipartType, body));
    const { value } = await parts.next();
    expect(value?.name).toBe('a');
    const chunk = await value?.body[Symbol.asyncIterator]().next();
    expect(Buffer.from((chunk?.value ?? []) as Uint8Array).toString()).toBe('1');
  });

  it('skips what is not read, wholly or half-way', async () => {
    const names: string[] = [];
    for await (const part of formParts(sourceOf(multipartType, watched(form, 5)))) {
      names.push(part.name);
      if (part.name !== 'f') continue;
      for await (const chunk of part.body) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
    }
    expect(names).toEqual(['a', 'f', 'c']);
  });

  it('gives the bytes of a part once', async () => {
    for await (const part of formParts(sourceOf(multipartType, watched(form)))) {
      await part.bytes();
      const used = expect.objectContaining({ code: 'BODY_USED' }) as Error;
      await expect(part.text()).rejects.toThrow(used);
      expect(() => part.body[Symbol.asyncIterator]()).toThrow(used);
    }
  });

  it('gives nothing of a part once the next was asked for', async () => {
    const parts = formParts(sourceOf(multipartType, watched(form, 3)));
    const first = await parts.next();
    const second = await parts.next();
    await expect(first.value?.bytes()).rejects.toThrow(
      expect.objectContaining({ code: 'BODY_USED' }) as Error,
    );
    expect(await second.value?.text()).toBe('content of a file');
  });

  it('never mixes two parts that are read at the same time', async () => {
    const parts = formParts(sourceOf(multipartType, watched(form, 1)));
    const first = await parts.next();
    const iterator = first.value?.body[Symbol.asyncIterator]();
    const pending = Promise.allSettled([iterator?.next(), iterator?.next()]);
    const second = await parts.next();
    expect(await second.value?.text()).toBe('content of a file');
    for (const outcome of await pending) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'BODY_USED' });
      else expect(Buffer.from(outcome.value?.value ?? []).toString()).toMatch(/^1?$/);
    }
  });

  it('is asked for one part at a time', async () => {
    const parts = formParts(sourceOf(multipartType, watched(form, 3)));
    const first = parts.next();
    await expect(parts.next()).rejects.toThrow(expect.objectContaining({ code: 'BAD_STATE' }) as Error);
    expect((await first).value?.name).toBe('a');
  });

  it('gives up the body where the loop is left', async () => {
    const body = watched(form, 10);
    for await (const part of formParts(sourceOf(multipartType, body))) {
      expect(part.name).toBe('a');
      break;
    }
    expect(body.isCancelled).toBe(true);
    expect(body.asked).toBeLessThan(10);
  });

  it('gives up nothing where it was read to its end', async () => {
    const body = watched(form, 10);
    let count = 0;
    for await (const { name } of formParts(sourceOf(multipartType, body))) count += name.length;
    expect([count, body.isCancelled]).toEqual([3, false]);
  });

  it('is cancelled by its signal, in a part as between two', async () => {
    for (const start of [field('a', '1').slice(0, -2), field('a', '1')]) {
      const body = new StuckBody([bytesOf(start)]);
      const cancel = new AbortController();
      const reason = new Error('enough');
      const read = async (): Promise<void> => {
        for await (const part of formParts(sourceOf(multipartType, body), { signal: cancel.signal }))
          await part.bytes();
      };
      setImmediate(() => {
        cancel.abort(reason);
      });
      await expect(read()).rejects.toBe(reason);
      expect(body.isCancelled).toBe(true);
    }
  });

  it('throws where the form is wrong, out of the part and out of the loop', async () => {
    const body = watched(file('f', 'b', 'abc'), 8);
    const errors: unknown[] = [];
    try {
      for await (const part of formParts(sourceOf(multipartType, body))) {
        await part.bytes().catch((error: unknown) => errors.push(error));
      }
    } catch (error) {
      errors.push(error);
    }
    expect(errors).toMatchObject([{ code: 'TRUNCATED' }, { code: 'TRUNCATED' }]);
  });

  it('throws for what is no form when it is iterated over', async () => {
    await expect(formParts(sourceOf('text/plain', watched(''))).next()).rejects.toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_TYPE' }) as Error,
    );
  });

  it('gives pairs as parts', async () => {
    const seen: unknown[] = [];
    for await (const part of formParts(sourceOf(urlEncodedType, watched('a=1&b=%C3%BC&skipped=x&c', 2)))) {
      if (part.name !== 'skipped') seen.push([part.name, part.filename, await part.text()]);
    }
    expect(seen).toEqual([
      ['a', undefined, '1'],
      ['b', undefined, 'ü'],
      ['c', undefined, ''],
    ]);
  });
});
