import { STATUS_CODES } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkFields, HttpProtocolError, HttpUsageError, reasonPhrase } from '@wirestack/http/protocol';
import { writeHead } from '../../src/protocol/writer.ts';

describe('checkFields', () => {
  test('lets good fields through', () => {
    expect(() => {
      checkFields([
        ['X-A', ''],
        ['x', 'é\t \xff'],
        ["!#$%&'*+-.^_`|~", 'a: b'],
        ['__proto__', 'x'],
      ]);
    }).not.toThrow();
  });

  test.each([
    ['', 'x'],
    ['a b', 'x'],
    ['a\r\nb', 'x'],
    ['é', 'x'],
    ['a', '\r\nb: c'],
    ['a', '\0'],
    ['a', '€'],
  ])('refuses %j: %j, each time', (name, value) => {
    for (let i = 0; i < 2; i++) {
      expect(() => {
        checkFields([
          ['ok', 'ok'],
          [name, value],
        ]);
      }).toThrow(expect.objectContaining({ name: 'HttpUsageError', code: 'BAD_FIELD' }) as HttpUsageError);
    }
  });

  test('more names than are remembered change nothing', () => {
    const names = Array.from({ length: 3000 }, (_, i) => `X-${String(i)}`);
    expect(() => {
      checkFields(names.map((name) => [name, 'x'] as const));
      checkFields(names.map((name) => [name, 'x'] as const));
    }).not.toThrow();
    expect(() => {
      checkFields([['X-\n', 'x']]);
    }).toThrow(HttpUsageError);
  });
});

describe('reasonPhrase', () => {
  test('agrees with the platform, but where RFC 9110 renamed what it knows and where nothing is registered', () => {
    const differing = Object.entries(STATUS_CODES).filter(
      ([code, phrase]) => reasonPhrase(Number(code)) !== phrase,
    );
    const phrases = differing.map(([code, phrase = '']) => [code, phrase, reasonPhrase(Number(code))]);
    const allowed = [
      ['413', 'Payload Too Large', 'Content Too Large'],
      ['422', 'Unprocessable Entity', 'Unprocessable Content'],
      ['509', 'Bandwidth Limit Exceeded', ''],
      ['510', 'Not Extended', ''],
    ];
    expect(allowed).toEqual(expect.arrayContaining(phrases));
  });

  test('is empty for what nobody registered', () => {
    for (const status of [0, 99, 299, 799, NaN]) expect(reasonPhrase(status)).toBe('');
  });
});

describe('errors', () => {
  test('a protocol error has the status to answer with', () => {
    const error = new HttpProtocolError('TARGET_TOO_LONG', 'long');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'HttpProtocolError',
      code: 'TARGET_TOO_LONG',
      status: 414,
      message: 'long',
    });
  });

  test('a usage error is a TypeError', () => {
    const error = new HttpUsageError('BAD_STATE', 'no');
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ name: 'HttpUsageError', code: 'BAD_STATE', message: 'no' });
  });
});

describe('a head that is like one before', () => {
  const names = [
    'X-Request-Id',
    'x-count',
    'Content-Type',
    'Set-Cookie',
    'Date',
    'Connection',
    'Content-Length',
  ];
  const values = ['1', '2', 'text/plain', 'close', '', 'a b', 'é', 'a\r\nb', '€'];
  const head = fc.record({
    status: fc.constantFrom(200, 404, 99),
    reason: fc.constantFrom(undefined, 'Fine'),
    dateLine: fc.constantFrom('Date: a\r\n', 'Date: b\r\n'),
    fields: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...values)), { maxLength: 7 }),
  });
  type Head = typeof head extends fc.Arbitrary<infer T> ? T : never;

  /** What RFC 9112 4 makes of it, without any memory; `undefined` for what cannot be sent. */
  function plain({ status, reason, dateLine, fields }: Head): string | undefined {
    const lengths = fields.filter(([name]) => name === 'Content-Length').map(([, value]) => value);
    const isBad =
      status < 200 ||
      fields.some(([, value]) => /[\r\n€]/.test(value)) ||
      lengths.length > 1 ||
      lengths.some((value) => !/^\d+$/.test(value));
    if (isBad) return undefined;
    const phrase = reason ?? reasonPhrase(status);
    const date = fields.some(([name]) => name === 'Date') ? '' : dateLine;
    const lines = fields
      .filter(([name]) => name !== 'Content-Length')
      .map(([name, value]) => `${name}: ${value}\r\n`);
    return `HTTP/1.1 ${String(status)} ${phrase}\r\n${date}${lines.join('')}`;
  }

  test('is written as if it were the first', () => {
    fc.assert(
      fc.property(fc.array(head, { minLength: 1, maxLength: 30 }), (heads) => {
        for (const one of heads) {
          const expected = plain(one);
          const write = (): string => writeHead(one.status, one.reason, one.fields, one.dateLine).text;
          if (expected === undefined) expect(write).toThrow(HttpUsageError);
          else expect(write()).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('has its own values where those of a few fields change each time', () => {
    for (let i = 0; i < 20; i++) {
      const fields = [
        ['Content-Type', 'text/plain'],
        ['X-Request-Id', `id-${String(i)}`],
        ['Content-Length', '5'],
        ['X-Count', String(i % 3)],
      ] as const;
      const { text, contentLength } = writeHead(200, undefined, fields, 'Date: x\r\n');
      expect(text).toBe(
        `HTTP/1.1 200 OK\r\nDate: x\r\nContent-Type: text/plain\r\nX-Request-Id: id-${String(i)}\r\nX-Count: ${String(i % 3)}\r\n`,
      );
      expect(contentLength).toBe(5);
    }
  });
});
