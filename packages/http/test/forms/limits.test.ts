import { describe, expect, it } from 'vitest';
import {
  FormError,
  MultipartDecoder,
  parseUrlEncoded,
  UrlEncodedDecoder,
  type FormLimits,
} from '@wirestack/http/forms';
import { bytesOf, decodeForm, lines, pieces, type Seen } from './events.ts';

const field = (name: string, value: string): string =>
  `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (content: string): string =>
  `--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n${content}\r\n`;

/** The same outcome, whole and in crumbs. */
function decode(text: string, limits: Partial<FormLimits>): Seen {
  const whole = decodeForm([bytesOf(text)], { limits });
  for (const size of [1, 3, 100]) {
    const cut = decodeForm(pieces(bytesOf(text), size), { limits });
    expect({ ...cut, mostBuffered: 0 }).toEqual({ ...whole, mostBuffered: 0 });
  }
  return whole;
}

describe('a limit of a multipart form holds at its value, and is passed by one more', () => {
  it('maxParts', () => {
    const three = field('a', '1').repeat(3) + '--x--';
    expect(decode(three, { maxParts: 3 })).toMatchObject({ isComplete: true });
    expect(decode(three, { maxParts: 2 })).toMatchObject({
      error: 'TOO_MANY_PARTS',
      parts: [{ data: '1' }, { data: '1' }],
    });
    expect(decode('--x--', { maxParts: 0 })).toMatchObject({ isComplete: true });
  });

  it('maxPartHeadBytes', () => {
    const head = 'Content-Disposition: form-data; name="a"\r\nX: ';
    const text = (length: number): string => `--x\r\n${head.padEnd(length - 2, 'y')}\r\n\r\n1\r\n--x--`;
    expect(decode(text(100), { maxPartHeadBytes: 100 })).toMatchObject({ isComplete: true });
    expect(decode(text(101), { maxPartHeadBytes: 100 })).toMatchObject({
      error: 'PART_HEAD_TOO_LARGE',
      parts: [],
    });
  });

  it('maxPartHeadFields', () => {
    const text = (count: number): string =>
      `--x\r\n${'X: y\r\n'.repeat(count - 1)}Content-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--`;
    expect(decode(text(5), { maxPartHeadFields: 5 })).toMatchObject({ isComplete: true });
    expect(decode(text(6), { maxPartHeadFields: 5 })).toMatchObject({ error: 'PART_HEAD_TOO_LARGE' });
  });

  it('maxNameBytes, of which a letter may be several', () => {
    expect(decode(`${field('\xc3\xbc', '')}--x--`, { maxNameBytes: 2 })).toMatchObject({
      parts: [{ name: 'ü' }],
    });
    expect(decode(`${field('a\xc3\xbc', '')}--x--`, { maxNameBytes: 2 })).toMatchObject({
      error: 'NAME_TOO_LONG',
    });
  });

  it('maxFieldBytes, which is not that of files', () => {
    const limits = { maxFieldBytes: 5, maxFileBytes: 10 };
    expect(decode(`${field('a', '12345')}${file('1234567890')}--x--`, limits)).toMatchObject({
      isComplete: true,
    });
    expect(decode(`${field('a', '123456')}--x--`, limits)).toMatchObject({
      error: 'FIELD_TOO_LARGE',
      parts: [{ data: '12345', isOpen: true }],
    });
    expect(decode(`${field('a', '12345\r\n--')}--x--`, limits)).toMatchObject({ error: 'FIELD_TOO_LARGE' });
  });

  it('maxFileBytes', () => {
    expect(decode(`${file('12345')}--x--`, { maxFileBytes: 5 })).toMatchObject({ isComplete: true });
    expect(decode(`${file('123456')}--x--`, { maxFileBytes: 5 })).toMatchObject({
      error: 'FILE_TOO_LARGE',
      parts: [{ data: '12345', isOpen: true }],
    });
    expect(decode(`${file('')}--x--`, { maxFileBytes: 0 })).toMatchObject({ isComplete: true });
    expect(decode(`${file('1')}--x--`, { maxFileBytes: 0 })).toMatchObject({ error: 'FILE_TOO_LARGE' });
  });

  it('maxFormBytes, of all there is', () => {
    const text = `${field('a', '1')}--x--\r\nepilogue`;
    expect(decode(text, { maxFormBytes: text.length })).toMatchObject({ isComplete: true, error: undefined });
    expect(decode(text, { maxFormBytes: text.length - 1 })).toMatchObject({
      isComplete: true,
      error: 'FORM_TOO_LARGE',
    });
    expect(decode(text, { maxFormBytes: 20 })).toMatchObject({ parts: [], error: 'FORM_TOO_LARGE' });
    expect(decode(text, { maxFormBytes: 0 })).toMatchObject({ error: 'FORM_TOO_LARGE' });
  });

  it('maxPreambleBytes', () => {
    const text = (preamble: string): string => `${preamble}\r\n${field('a', '1')}--x--`;
    expect(decode(text('12345'), { maxPreambleBytes: 5 })).toMatchObject({ isComplete: true });
    expect(decode(text('123456'), { maxPreambleBytes: 5 })).toMatchObject({ error: 'PREAMBLE_TOO_LARGE' });
    expect(decode(text(''), { maxPreambleBytes: 0 })).toMatchObject({ isComplete: true });
    expect(decode(text('\r\n--'), { maxPreambleBytes: 4 })).toMatchObject({ isComplete: true });
    expect(decode('123456', { maxPreambleBytes: 5 })).toMatchObject({ error: 'PREAMBLE_TOO_LARGE' });
  });
});

describe('a limit of pairs holds at its value, and is passed by one more', () => {
  const codeOf = (text: string, limits: Partial<FormLimits>): string => {
    const codes = [text.length || 1, 1, 3].map((size) => {
      const decoder = new UrlEncodedDecoder(limits);
      const most = (limits.maxNameBytes ?? 1024) + (limits.maxFieldBytes ?? 1_048_576) + 1;
      try {
        for (const piece of pieces(bytesOf(text), size)) {
          decoder.push(piece);
          while (decoder.next() !== undefined);
          expect(decoder.bufferedBytes).toBeLessThanOrEqual(most);
        }
        while (decoder.end() !== undefined);
        return 'none';
      } catch (error) {
        if (!(error instanceof FormError)) throw error;
        expect(() => decoder.next()).toThrow(error);
        expect(decoder.bufferedBytes).toBe(0);
        return `${error.code} ${String(error.offset)}`;
      }
    });
    expect(new Set(codes).size).toBe(1);
    return codes[0] ?? '';
  };

  it.each([
    ['a=1&b=2', { maxParts: 2 }, 'none'],
    ['a=1&&&b=2&', { maxParts: 2 }, 'none'],
    ['a=1&b=2&c', { maxParts: 2 }, 'TOO_MANY_PARTS 8'],
    ['abc=1', { maxNameBytes: 3 }, 'none'],
    ['abcd=1', { maxNameBytes: 3 }, 'NAME_TOO_LONG 3'],
    ['a&abcd', { maxNameBytes: 3 }, 'NAME_TOO_LONG 5'],
    ['%61bc=1', { maxNameBytes: 3 }, 'NAME_TOO_LONG 3'],
    ['abcd', { maxNameBytes: 3 }, 'NAME_TOO_LONG 3'],
    ['a=123', { maxFieldBytes: 3 }, 'none'],
    ['a=1234', { maxFieldBytes: 3 }, 'FIELD_TOO_LARGE 5'],
    ['a=1&b=1234&c=1', { maxFieldBytes: 3 }, 'FIELD_TOO_LARGE 9'],
    ['a=1&b=2', { maxFormBytes: 7 }, 'none'],
    ['a=1&b=2', { maxFormBytes: 6 }, 'FORM_TOO_LARGE 6'],
    ['', { maxFormBytes: 0 }, 'none'],
  ])('%s with %j: %s', (text, limits, code) => {
    expect(codeOf(text, limits)).toBe(code);
  });

  it('is kept by parseUrlEncoded too', () => {
    expect(() => parseUrlEncoded('a&b', { maxParts: 1 })).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_PARTS', status: 413 }),
    );
  });
});

it.each([NaN, -1, '5', null, true])('a limit of %j is refused', (value) => {
  const limits = { maxParts: value as number };
  expect(() => new MultipartDecoder('x', limits)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  expect(() => new UrlEncodedDecoder(limits)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});

it('the defaults let through what browsers send, and no more than 32 MiB', () => {
  const big = 'a'.repeat(1_048_576);
  expect(decodeForm([bytesOf(`${field('a', big)}--x--`)])).toMatchObject({ isComplete: true });
  expect(decodeForm([bytesOf(`${field('a', `${big}a`)}--x--`)])).toMatchObject({ error: 'FIELD_TOO_LARGE' });
  expect(decodeForm([bytesOf(lines(`${field('a', '1').repeat(1001)}--x--`))])).toMatchObject({
    error: 'TOO_MANY_PARTS',
  });
});
