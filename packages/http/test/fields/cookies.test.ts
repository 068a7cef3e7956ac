import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCookies, parseCookies } from '@wirestack/http/fields';
import { expectRefused, token, unwritableTexts } from './text.ts';

describe('parseCookies', () => {
  it.each<[string, [string, string][]]>([
    ['', []],
    ['SID=31d4d96e407aad42', [['SID', '31d4d96e407aad42']]],
    [
      'SID=31d4d96e407aad42; lang=en-US',
      [
        ['SID', '31d4d96e407aad42'],
        ['lang', 'en-US'],
      ],
    ],
    [
      'a=b;c=d;  e=f\t',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    ['a = b ', [['a', 'b']]],
    ['a=', [['a', '']]],
    ['a=b=c==', [['a', 'b=c==']]],
    ['a="b c"', [['a', '"b c"']]],
    ['a="b;c"', [['a', '"b']]],
    ['a=%20+', [['a', '%20+']]],
    ['a; =b; ; c=d; ==', [['c', 'd']]],
    [
      'a=1; A=2',
      [
        ['a', '1'],
        ['A', '2'],
      ],
    ],
    [
      'a=1; b=2; a=3',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a[b]=1; $Version=1',
      [
        ['a[b]', '1'],
        ['$Version', '1'],
      ],
    ],
    [
      '__proto__=1; constructor=2; toString=3',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
        ['toString', '3'],
      ],
    ],
    ['a=\xa0b\xa0', [['a', '\xa0b\xa0']]],
    ['a=1, b=2', [['a', '1, b=2']]],
  ])('of %j', (value, pairs) => {
    expect([...parseCookies(value)]).toEqual(pairs);
  });

  it('knows no cookies but those that were sent', () => {
    const cookies = parseCookies('a=b');
    for (const name of ['__proto__', 'constructor', 'toString', 'size'])
      expect(cookies.get(name)).toBeUndefined();
  });

  it('are what formatCookies wrote', () => {
    const value = fc.string({ unit: fc.constantFrom(..."aZ09!#%&'()*+-./:<=>?@[]^_`{|}~"), maxLength: 8 });
    const pair = fc.tuple(
      token,
      fc.oneof(
        value,
        value.map((text) => `"${text}"`),
      ),
    );
    fc.assert(
      fc.property(fc.uniqueArray(pair, { selector: ([name]) => name }), (pairs) => {
        expect([...parseCookies(formatCookies(pairs))]).toEqual(pairs);
      }),
    );
  });
});

describe('formatCookies', () => {
  it('joins pairs', () => {
    expect(formatCookies([])).toBe('');
    expect(
      formatCookies(
        new Map([
          ['a', 'b'],
          ['c', '"d"'],
        ]),
      ),
    ).toBe('a=b; c="d"');
  });

  it.each([...unwritableTexts, 'a b', 'a"', '"', 'a,b', 'a;b', 'a\\b', '"a"b"', 'é'])(
    'refuses %j',
    (text) => {
      expectRefused(() => formatCookies([['a', text]]));
      expectRefused(() => formatCookies([[text, 'a']]));
    },
  );

  it('refuses what is no string', () => {
    expectRefused(() => formatCookies([['a', 1 as unknown as string]]));
    expectRefused(() => formatCookies([[['a'] as unknown as string, 'b']]));
  });

  it('refuses a cookie without a name', () => {
    expectRefused(() => formatCookies([['', 'a']]));
    expectRefused(() => formatCookies([['a=b', 'c']]));
  });
});
