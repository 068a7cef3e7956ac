import { STATUS_CODES } from 'node:http';
import { describe, expect, test } from 'vitest';
import { checkFields, HttpProtocolError, HttpUsageError, reasonPhrase } from '@wirestack/http/protocol';

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
