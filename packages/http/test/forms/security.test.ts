import { describe, expect, it } from 'vitest';
import {
  FormValues,
  MultipartDecoder,
  parseUrlEncoded,
  readForm,
  safeFilename,
  UrlEncodedDecoder,
} from '@wirestack/http/forms';
import { DelimiterSearch } from '../../src/forms/delimiter-search.ts';
import { bytesOf, decodeForm, pieces } from './events.ts';

/** Bytes that count how often one of them is looked at. */
function counted(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly looks: () => number } {
  let looks = 0;
  const proxy = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks++;
      const value: unknown = Reflect.get(target, key, target);
      return value;
    },
  });
  return { bytes: proxy, looks: () => looks };
}

describe('floods cost a few looks a byte at most (CVE-2023-25577, CVE-2024-53981)', () => {
  const boundary = 'b'.repeat(70);
  const delimiter = `\r\n--${boundary}`;
  const floods: readonly (readonly [string, string])[] = [
    ['CR', '\r'],
    ['LF', '\n'],
    ['CR LF', '\r\n'],
    ['CR LF and hyphens', '\r\n--'],
    ['all but the last byte of a delimiter', delimiter.slice(0, -1)],
    ['all but the last byte, and a CR', `${delimiter.slice(0, -1)}\r`],
    ['the boundary', boundary],
    ['the last byte of the boundary', 'b'],
    ['a CR for each length of the delimiter', `\r${'b'.repeat(73)}`],
    ['a CR in front of the last byte', `\r${'b'.repeat(72)}`],
  ];

  it.each(floods)('%s', (_, unit) => {
    const { bytes, looks } = counted(bytesOf(unit.repeat(Math.ceil(20_000 / unit.length))));
    const search = new DelimiterSearch(bytesOf(delimiter));
    expect(search.find(bytes, 0, bytes.length)).toBe(-1);
    expect(looks()).toBeLessThan(3 * bytes.length);
  });

  it.each(floods)('%s, a byte at a time', (_, unit) => {
    const { bytes, looks } = counted(bytesOf(unit.repeat(Math.ceil(20_000 / unit.length))));
    const search = new DelimiterSearch(bytesOf(delimiter));
    for (let at = 0; at < bytes.length; at++) expect(search.find(bytes, at, at + 1)).toBe(-1);
    expect(looks()).toBeLessThan(3 * bytes.length);
  });

  it('and text in which nothing resembles a delimiter costs less than a look for ten bytes', () => {
    const { bytes, looks } = counted(bytesOf('lorem ipsum dolor sit amet '.repeat(1000)));
    const search = new DelimiterSearch(bytesOf(delimiter));
    expect(search.find(bytes, 0, bytes.length)).toBe(-1);
    expect(looks()).toBeLessThan(bytes.length / 10);
  });

  it('also in a head that does not end', () => {
    const { bytes, looks } = counted(bytesOf(`--x\r\nX: ${'\r'.repeat(16_000)}`));
    const decoder = new MultipartDecoder('x');
    decoder.push(bytes);
    expect(decoder.next()).toBeUndefined();
    const once = looks();
    expect(once).toBeLessThan(3 * bytes.length);
    expect(decoder.next()).toBeUndefined();
    expect(looks() - once).toBeLessThan(10);
  });

  it('also in pairs that do not end', () => {
    const { bytes, looks } = counted(bytesOf(`a=${'%'.repeat(16_000)}`));
    const decoder = new UrlEncodedDecoder();
    decoder.push(bytes);
    for (let again = 0; again < 10; again++) expect(decoder.next()).toBeUndefined();
    expect(looks()).toBeLessThan(2 * bytes.length);
  });
});

describe('a form that will not end', () => {
  it('with one head: refused at the limit, however it comes', () => {
    const start = '--x\r\nContent-Disposition: form-data; name="';
    for (const size of [1, 1000, 65_536]) {
      const seen = decodeForm(pieces(bytesOf(start + 'a'.repeat(100_000)), size));
      expect(seen).toMatchObject({ error: 'PART_HEAD_TOO_LARGE', parts: [] });
      expect(seen.mostBuffered).toBeLessThanOrEqual(16_384 + 4);
    }
  });

  it('with thousands of header fields', () => {
    const seen = decodeForm([bytesOf(`--x\r\n${'a:\r\n'.repeat(4000)}\r\n`)]);
    expect(seen).toMatchObject({ error: 'PART_HEAD_TOO_LARGE', parts: [] });
  });

  it('with thousands of parts', () => {
    const part = '--x\r\nContent-Disposition: form-data; name=""\r\n\r\n\r\n';
    const seen = decodeForm([bytesOf(`${part.repeat(50_000)}--x--`)]);
    expect(seen.error).toBe('TOO_MANY_PARTS');
    expect(seen.parts).toHaveLength(1000);
  });

  it('with millions of pairs', () => {
    expect(() => parseUrlEncoded('a&'.repeat(1_000_000))).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_PARTS' }),
    );
    expect(parseUrlEncoded('&'.repeat(1_000_000)).length).toBe(0);
  });

  it('with a preamble', () => {
    expect(decodeForm([bytesOf('a'.repeat(2000))]).error).toBe('PREAMBLE_TOO_LARGE');
  });

  it('with an epilogue: dropped, and counted', () => {
    const seen = decodeForm([bytesOf(`--x--\r\n${'a'.repeat(1000)}`)], { limits: { maxFormBytes: 500 } });
    expect(seen).toMatchObject({ error: 'FORM_TOO_LARGE', isComplete: true, mostBuffered: 0 });
  });
});

describe('names', () => {
  it.each([
    '__proto__',
    'constructor',
    'toString',
    'then',
    'hasOwnProperty',
    '',
    '__proto__[a]',
    'a[b][c]',
    'a[]',
  ])('such as %j are names like any other', async (name) => {
    const body = `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n1\r\n--x--`;
    const headers = new Map([['content-type', 'multipart/form-data; boundary=x']]);
    const { fields } = await readForm({
      headers,
      body: (async function* () {
        yield bytesOf(body);
      })(),
    });
    expect([...fields]).toEqual([[name, '1']]);
    expect(fields.get(name)).toBe('1');
    expect(fields.names()).toEqual([name]);
    expect(Object.keys(fields)).toEqual([]);
    expect(parseUrlEncoded(`${encodeURIComponent(name)}=1`).getAll(name)).toEqual(['1']);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  it('that nobody sent have no values', () => {
    const values = new FormValues([['a', '1']]);
    for (const name of ['__proto__', 'constructor', 'toString', 'length', 'get']) {
      expect(values.get(name)).toBeUndefined();
      expect(values.getAll(name)).toEqual([]);
      expect(values.has(name)).toBe(false);
    }
  });
});

describe('safeFilename', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['Übersicht 2024.pdf', 'Übersicht 2024.pdf'],
    ['/etc/passwd', 'passwd'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\win.ini', 'win.ini'],
    ['C:\\a\\b.txt', 'b.txt'],
    ['C:b.txt', 'C_b.txt'],
    ['a/..', 'file'],
    ['..', 'file'],
    ['.', 'file'],
    ['', 'file'],
    ['/', 'file'],
    ['...', 'file'],
    [' . . ', 'file'],
    ['.htaccess', 'htaccess'],
    ['a.txt\0.jpg', 'a.txt.jpg'],
    ['a\r\nb', 'ab'],
    ['\u202egpj.exe', 'gpj.exe'],
    ['a.txt::$DATA', 'a.txt__$DATA'],
    ['a<b>|?*".txt', 'a_b_____.txt'],
    ['a.txt. .', 'a.txt'],
    ['con', '_con'],
    ['NUL.txt', '_NUL.txt'],
    ['COM1 .txt', '_COM1 .txt'],
    ['console.txt', 'console.txt'],
    ['e\u0301.txt', 'é.txt'],
    ['a\ud800b', 'ab'],
  ])('makes of %j %j', (filename, safe) => {
    expect(safeFilename(filename)).toBe(safe);
    expect(safeFilename(safe)).toBe(safe);
  });

  it('cuts a long name in front of its extension, and never through a character', () => {
    expect(safeFilename(`${'a'.repeat(300)}.txt`)).toBe(`${'a'.repeat(196)}.txt`);
    expect(safeFilename(`${'😀'.repeat(300)}.txt`)).toBe(`${'😀'.repeat(49)}.txt`);
    expect(safeFilename(`a.${'b'.repeat(300)}`)).toBe(`a.${'b'.repeat(198)}`);
  });
});
