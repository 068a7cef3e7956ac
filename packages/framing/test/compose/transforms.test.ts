import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chain, FramingUsageError, json, lengthPrefix, schema, utf8 } from '../../src/codecs/index.ts';
import { decodeAll, hex, utf8 as bytesOf } from '../bytes.ts';

describe('utf8', () => {
  test.each(['c0 80', 'ed a0 80', 'f4 90 80 80', 'c3', '80', 'f8 88 80 80 80'])(
    'refuses %s, which is no UTF-8; with fatal: false it is U+FFFD',
    (bytes) => {
      expect(() => utf8().decode(hex(bytes))).toThrow();
      expect(utf8({ fatal: false }).decode(hex(bytes))).toMatch(/^\uFFFD+$/);
    },
  );

  test('keeps a byte order mark: it is text like any other, and comes back', () => {
    expect(utf8().decode(hex('ef bb bf 61'))).toBe('\uFEFFa');
    expect(utf8().encode('\uFEFFa')).toEqual(hex('ef bb bf 61'));
  });

  test('refuses to send half a surrogate pair; with fatal: false it is U+FFFD', () => {
    for (const half of ['\uD800', 'a\uDC00b', '\uDE00\uD83D']) {
      expect(() => utf8().encode(half)).toThrow(FramingUsageError);
    }
    expect(utf8().encode('\u{1F600}')).toEqual(hex('f0 9f 98 80'));
    expect(utf8({ fatal: false }).encode('\uD800')).toEqual(hex('ef bf bd'));
  });

  test('refuses to send what is no text, where no compiler does', () => {
    expect(() => utf8().encode(hex('61 62') as never)).toThrow(FramingUsageError);
  });

  test('any text comes back (property)', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, (any) => {
        expect(utf8().decode(utf8().encode(any))).toBe(any);
      }),
    );
  });
});

describe('json', () => {
  const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const text = json({ text: true });

  test('takes 64 levels by default, not 65', () => {
    expect(JSON.stringify(text.decode(deep(64)))).toBe(deep(64));
    expect(() => text.decode(deep(65))).toThrow(
      expect.objectContaining({ name: 'FramingError', code: 'TOO_LARGE' }),
    );
  });

  test('refuses 200,000 levels before a tree is built, and does not overflow the stack', () => {
    const original = JSON.parse;
    let parsed = 0;
    JSON.parse = (...args) => {
      parsed++;
      return original(...args) as unknown;
    };
    try {
      for (const open of ['[', '{"a":', '[{"a":[']) {
        expect(() => text.decode(open.repeat(200_000))).toThrow(
          expect.objectContaining({ code: 'TOO_LARGE' }),
        );
      }
      expect(parsed).toBe(0);
    } finally {
      JSON.parse = original;
    }
  });

  test('counts levels, not brackets: those of strings do not count, nor those that are closed', () => {
    const shallow = json({ text: true, maxDepth: 2 });
    for (const source of [
      '["[[[[", {}]',
      '["\\"[[[[", []]',
      '["\\\\", "[[[["]',
      '[[],[],[],{},{}]',
      '{"[[[[":["]]]]"]}',
    ]) {
      expect(shallow.decode(source)).toEqual(JSON.parse(source));
    }
    for (const source of ['[[[]]]', '["\\\\",[[]]]', '["\\"",{"a":[]}]', '[[],[[]]]']) {
      expect(() => shallow.decode(source)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
    }
  });

  test('agrees with a walk over the value (property)', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map((member) => depthOf(member)))
        : 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 1, max: 7 }), (value, maxDepth) => {
        const source = JSON.stringify(value);
        const transform = json({ text: true, maxDepth });
        if (depthOf(value) <= maxDepth) expect(transform.decode(source)).toEqual(JSON.parse(source));
        else expect(() => transform.decode(source)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
      }),
    );
  });

  test.each(['', ' ', '{', '{]', '"', '"\\', 'undefined', "{'a':1}", '[1,]', '1 2', '\uFEFF1'])(
    'refuses %j, which is no JSON',
    (source) => {
      const codec = chain(lengthPrefix({ bytes: 1 }), utf8(), text);
      const bytes = bytesOf(source);
      expect(() => decodeAll(codec, [Uint8Array.of(bytes.length, ...bytes)])).toThrow(
        expect.objectContaining({ name: 'FramingError', code: 'MALFORMED' }),
      );
    },
  );

  test('refuses bytes that are no UTF-8', () => {
    expect(() => json().decode(hex('22 ff 22'))).toThrow();
  });

  test('takes __proto__ for a member like any other', () => {
    const value = json().decode(bytesOf('{"__proto__":{"polluted":true}}')) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect('polluted' in {}).toBe(false);
  });

  test('refuses to send what JSON cannot say, and what the peer would refuse', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const codec = chain(lengthPrefix(), json());
    const sink = { append: () => expect.fail('sent'), reserve: () => expect.fail('sent') };
    for (const value of [undefined, () => 1, Symbol('s'), 1n, cycle, JSON.parse(deep(65))]) {
      expect(() => {
        codec.encoder().encode(value, sink);
      }).toThrow(FramingUsageError);
    }
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])('a depth of %d is refused', (maxDepth) => {
    expect(() => json({ maxDepth })).toThrow(FramingUsageError);
  });
});

describe('schema', () => {
  const even = schema((value) => {
    if (typeof value !== 'number' || value % 2 !== 0) throw new TypeError('not even');
    return value;
  });
  const codec = chain(lengthPrefix({ bytes: 1 }), json(), even);

  test('gives what parse answers, and refuses what it throws at', () => {
    expect(decodeAll(codec, [Uint8Array.of(1, ...bytesOf('4'))])).toEqual([4]);
    expect(() => decodeAll(codec, [Uint8Array.of(1, ...bytesOf('3'))])).toThrow(
      expect.objectContaining({ code: 'MALFORMED', cause: new TypeError('not even') }),
    );
  });
});
