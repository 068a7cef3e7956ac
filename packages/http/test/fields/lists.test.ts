import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatList,
  formatParameters,
  formatQuotedString,
  parseList,
  parseParameters,
  parseQuotedString,
} from '@wirestack/http/fields';
import { expectRefused, fieldText, longShapes, nearly, parameters, token, unwritableTexts } from './text.ts';

describe('parseList', () => {
  it.each([
    ['foo ,bar,', ['foo', 'bar']],
    ['foo , ,bar,charlie', ['foo', 'bar', 'charlie']],
    ['', []],
    [',', []],
    [',   ,', []],
    ['\ta\t,\tb c\t', ['a', 'b c']],
    ['"a,b", c', ['"a,b"', 'c']],
    ['a="x,\\",y";b, c', ['a="x,\\",y";b', 'c']],
    ['"a\\\\", b', ['"a\\\\"', 'b']],
    ['a\\,b', ['a\\', 'b']],
    ['\xa0a\xa0,b', ['\xa0a\xa0', 'b']],
  ])('of %j is %j', (value, elements) => {
    expect(parseList(value)).toEqual(elements);
  });

  it('gives the rest to a quoted string without an end', () => {
    expect(parseList('a, "b, c')).toEqual(['a', '"b, c']);
    expect(parseList('a, "b\\')).toEqual(['a', '"b\\']);
    expect(parseList('a, "b\\", c')).toEqual(['a', '"b\\", c']);
  });

  it('is what formatList wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(token, fieldText.map(formatQuotedString))), (elements) => {
        expect(parseList(formatList(elements))).toEqual(elements);
      }),
    );
  });

  it('agrees with a model that reads character by character', () => {
    fc.assert(
      fc.property(nearly('ab,,""\\ \t'), (value) => {
        expect(parseList(value)).toEqual(modelList(value));
      }),
    );
  });

  it('keeps all that is no comma or blank, however it is made', () => {
    for (const value of longShapes) {
      const kept = parseList(value).join('');
      expect(kept.replace(/[, \t]/g, '')).toBe(value.replace(/[, \t]/g, ''));
    }
  });
});

describe('formatList', () => {
  it('joins', () => {
    expect(formatList([])).toBe('');
    expect(formatList(['a', '"b, c"', 'd e'])).toBe('a, "b, c", d e');
  });

  it.each([...unwritableTexts, '', ' a', 'a ', 'a\t', 'a,b', ',', '"', 'a"b', '"a\\"', '"a", b'])(
    'refuses %j',
    (element) => {
      expectRefused(() => formatList(['x', element]));
    },
  );
});

describe('parseQuotedString', () => {
  it.each([
    ['""', ''],
    ['"a"', 'a'],
    ['"a b\tc"', 'a b\tc'],
    ['"\\""', '"'],
    ['"\\\\"', '\\'],
    ['"\\a\\ \\\t"', 'a \t'],
    ['"\xe9\\\xff"', '\xe9\xff'],
  ])('of %j is %j', (text, value) => {
    expect(parseQuotedString(text)).toBe(value);
  });

  it.each([
    '',
    '"',
    '"a',
    'a"',
    'a',
    '"a"b',
    ' "a"',
    '"a" ',
    '"\\"',
    '"a\\',
    '"\0"',
    '"\\\0"',
    '"\r\n"',
    '"\x7f"',
    '"\u0100"',
    "'a'",
  ])('refuses %j', (text) => {
    expect(parseQuotedString(text)).toBeUndefined();
  });

  it('is what formatQuotedString wrote', () => {
    fc.assert(
      fc.property(fieldText, (text) => {
        expect(parseQuotedString(formatQuotedString(text))).toBe(text);
      }),
    );
  });

  it('is undefined for every part of a quoted string that lacks its end', () => {
    const whole = '"a\\"b\\\\c"';
    expect(parseQuotedString(whole)).toBe('a"b\\c');
    for (let length = 0; length < whole.length; length++) {
      expect(parseQuotedString(whole.slice(0, length))).toBeUndefined();
    }
  });
});

describe('formatQuotedString', () => {
  it('escapes quotes and backslashes, and nothing else', () => {
    expect(formatQuotedString('a"b\\c d\té')).toBe('"a\\"b\\\\c d\té"');
  });

  it.each(unwritableTexts)('refuses %j', (text) => {
    expectRefused(() => formatQuotedString(text));
  });

  it('refuses what is no string, for it could become another text when it is sent', () => {
    expectRefused(() => formatQuotedString({ length: 1, charCodeAt: () => 97 } as unknown as string));
    expectRefused(() => formatQuotedString(undefined as unknown as string));
  });
});

describe('parseParameters', () => {
  it.each<[string, [string, string][]]>([
    ['', []],
    [';', []],
    [' ; ; ', []],
    [';a=b', [['a', 'b']]],
    ['\t;\tA=b', [['a', 'b']]],
    [
      '; a="b;c, d"; e=f',
      [
        ['a', 'b;c, d'],
        ['e', 'f'],
      ],
    ],
    [';;a=""; ', [['a', '']]],
    [
      '; __proto__=x; constructor=y',
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    ],
  ])('of %j are %j', (text, pairs) => {
    expect([...(parseParameters(text) ?? [['none', '']])]).toEqual(pairs);
  });

  it.each([
    'a=b',
    '; a',
    '; a=',
    '; =b',
    '; a =b',
    '; a= b',
    '; a=b c',
    '; a="b',
    '; a="b"c',
    '; a=b; a=c',
    '; a=b; A=b',
    '; a=b,',
    '; a=é',
  ])('refuses %j', (text) => {
    expect(parseParameters(text)).toBeUndefined();
  });

  it('are what formatParameters wrote', () => {
    fc.assert(
      fc.property(parameters, (model) => {
        expect(parseParameters(formatParameters(model))).toEqual(model);
      }),
    );
  });
});

describe('formatParameters', () => {
  it('quotes what is no token', () => {
    expect(
      formatParameters([
        ['a', 'b'],
        ['c', 'd e'],
        ['f', ''],
      ]),
    ).toBe('; a=b; c="d e"; f=""');
  });

  it.each(unwritableTexts)('refuses the value %j', (value) => {
    expectRefused(() => formatParameters([['a', value]]));
  });

  it.each([...unwritableTexts, '', 'a b', 'a=', 'é'])('refuses the name %j', (name) => {
    expectRefused(() => formatParameters([[name, 'b']]));
  });

  it('refuses a name that stands twice, in whatever case', () => {
    expectRefused(() =>
      formatParameters([
        ['a', '1'],
        ['A', '2'],
      ]),
    );
  });
});

function modelList(value: string): string[] {
  const elements: string[] = [];
  let element = '';
  let isQuoted = false;
  let isEscaped = false;
  for (const character of `${value}\n`) {
    const isEnd = character === '\n' || (character === ',' && !isQuoted);
    if (isEnd) elements.push(element.replace(/^[ \t]+|[ \t]+$/g, ''));
    element = isEnd ? '' : element + character;
    if (isEscaped) isEscaped = false;
    else if (character === '"') isQuoted = !isQuoted;
    else isEscaped = isQuoted && character === '\\';
  }
  return elements.filter((one) => one !== '');
}
