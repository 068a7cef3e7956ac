import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeaderFields, RequestParser, type RequestHead } from '@wirestack/http/protocol';

/** The fields of a request with these lines. */
function fieldsOf(lines: string): HeaderFields {
  const parser = new RequestParser();
  parser.push(Buffer.from(`GET / HTTP/1.0\r\n${lines}\r\n`, 'latin1'));
  return (parser.next() as RequestHead).headers;
}

describe('HeaderFields', () => {
  test('keeps order and case', () => {
    const fields = fieldsOf('B: 1\r\na: 2\r\nb: 3\r\n');
    expect([...fields]).toEqual([
      ['B', '1'],
      ['a', '2'],
      ['b', '3'],
    ]);
    expect(fields.flat()).toEqual(['B', '1', 'a', '2', 'b', '3']);
    expect(fields).toHaveLength(3);
  });

  test('is empty where there are none', () => {
    const fields = fieldsOf('');
    expect(fields).toHaveLength(0);
    expect([...fields]).toEqual([]);
    expect(fields.get('a')).toBeUndefined();
    expect(fields.getAll('a')).toEqual([]);
    expect(fields.has('a')).toBe(false);
  });

  test('finds a name in any case', () => {
    const fields = fieldsOf('Content-Type: text/plain\r\n');
    for (const name of ['Content-Type', 'content-type', 'CONTENT-TYPE']) {
      expect(fields.get(name)).toBe('text/plain');
      expect(fields.getAll(name)).toEqual(['text/plain']);
      expect(fields.has(name)).toBe(true);
    }
    for (const name of ['Content-Typ', 'Content-Types', 'content_type', ''])
      expect(fields.has(name)).toBe(false);
  });

  test('joins the lines of a name by comma, those of Cookie by semicolon', () => {
    const fields = fieldsOf('A: 1\r\nCookie: a=b\r\na: 2, 3\r\ncookie: c=d\r\nA:\r\n');
    expect(fields.get('a')).toBe('1, 2, 3, ');
    expect(fields.get('COOKIE')).toBe('a=b; c=d');
    expect(fields.getAll('a')).toEqual(['1', '2, 3', '']);
    expect(fields.getAll('Cookie')).toEqual(['a=b', 'c=d']);
  });

  test('has() is true for an empty value', () => {
    expect(fieldsOf('a:\r\n').has('a')).toBe(true);
    expect(fieldsOf('a:\r\n').get('a')).toBe('');
  });

  test('knows no names but those that were sent', () => {
    const fields = fieldsOf('X: y\r\n');
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '0']) {
      expect(fields.get(name)).toBeUndefined();
      expect(fields.getAll(name)).toEqual([]);
      expect(fields.has(name)).toBe(false);
    }
  });

  test('takes __proto__ and constructor for names like any other', () => {
    const fields = fieldsOf('__proto__: a\r\nconstructor: b\r\n__PROTO__: c\r\n');
    expect(fields.get('__proto__')).toBe('a, c');
    expect(fields.get('constructor')).toBe('b');
    expect(Object.getPrototypeOf(fields)).toBe(HeaderFields.prototype);
  });

  test('takes blanks and tabs off a value, and nothing else', () => {
    expect(fieldsOf('a: \t b\tc \t\r\n').get('a')).toBe('b\tc');
    expect(fieldsOf('a:\xa0b\xa0\r\n').get('a')).toBe('\xa0b\xa0');
    expect(fieldsOf('a: \t\r\n').get('a')).toBe('');
  });

  test('gives octets as the characters of latin1', () => {
    const high = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 128 + i));
    expect(fieldsOf(`a: ${high}\r\n`).get('a')).toBe(high);
    expect(fieldsOf('a: \xe9\r\n').get('a')).toBe('é');
  });

  test('more names than are remembered, and names that are nearly the same, are kept apart', () => {
    const names = Array.from({ length: 3000 }, (_, i) => `X-${i.toString(36)}-${String(i % 7)}`);
    const alike = [
      'abcd',
      'acbd',
      'Abcd',
      'abcD',
      'aBcd',
      'x'.repeat(64),
      `${'x'.repeat(63)}y`,
      'x'.repeat(65),
      `xy${'x'.repeat(63)}`,
    ];
    for (let at = 0; at < names.length; at += 50) {
      const sent = [...names.slice(at, at + 50), ...alike];
      const fields = fieldsOf(sent.map((name) => `${name}: v\r\n`).join(''));
      expect([...fields].map(([name]) => name)).toEqual(sent);
    }
  });

  test('values short and long, alone and in long sections, are read the same', () => {
    for (let size = 0; size < 200; size++) {
      const value = String.fromCharCode(...Array.from({ length: size }, (_, i) => 161 + ((i + size) % 94)));
      expect([...fieldsOf(`a:\t${value} \r\nb: 1\r\n`)]).toEqual([
        ['a', value],
        ['b', '1'],
      ]);
    }
  });

  test('answers the same each time, though it reads only once', () => {
    const fields = fieldsOf('a: 1\r\nb: 2\r\n');
    const first = fields.flat();
    expect(fields.flat()).toBe(first);
    expect([...fields]).toEqual([...fields]);
    expect(fields.get('b')).toBe('2');
  });

  test('agrees with a list for whatever fields are sent', () => {
    const token = fc.string({ unit: fc.constantFrom(...'aAbB-_`'), minLength: 1, maxLength: 3 });
    const value = fc.string({ unit: fc.constantFrom(...'aé ,;:"\t'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(token, value), { maxLength: 8 }), token, (sent, wanted) => {
        const fields = fieldsOf(sent.map(([name, text]) => `${name}:${text}\r\n`).join(''));
        const model = sent.map(([name, text]): [string, string] => [
          name,
          text.replace(/^[ \t]+|[ \t]+$/g, ''),
        ]);
        const found = model
          .filter(([name]) => name.toLowerCase() === wanted.toLowerCase())
          .map(([, text]) => text);
        expect([...fields]).toEqual(model);
        expect(fields.getAll(wanted)).toEqual(found);
        expect(fields.get(wanted)).toBe(found.length === 0 ? undefined : found.join(', '));
        expect(fields.has(wanted)).toBe(found.length > 0);
      }),
    );
  });
});
