import { describe, expect, it } from 'vitest';
import {
  parseStructuredDictionary,
  parseStructuredItem,
  parseStructuredList,
  type BareItem,
  type Member,
} from '@wirestack/http/fields';
import {
  boolean,
  bytes,
  date,
  decimal,
  display,
  inner,
  integer,
  item,
  string,
  tokenItem,
  type Pairs,
} from './vectors.ts';

const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');

describe('parseStructuredItem', () => {
  it.each<[string, BareItem]>([
    ['42', integer(42)],
    ['0', integer(0)],
    ['-0', integer(0)],
    ['00042', integer(42)],
    ['-42', integer(-42)],
    ['999999999999999', integer(999_999_999_999_999)],
    ['-999999999999999', integer(-999_999_999_999_999)],
    ['  1  ', integer(1)],
    ['4.5', decimal(4.5)],
    ['1.0', decimal(1)],
    ['-0.0', decimal(0)],
    ['-1.25', decimal(-1.25)],
    ['000000000001.000', decimal(1)],
    ['999999999999.999', decimal(999_999_999_999.999)],
    ['""', string('')],
    ['"hello world"', string('hello world')],
    ['"a\\"b\\\\c"', string('a"b\\c')],
    [`"${printable.replace(/["\\]/g, '\\$&')}"`, string(printable)],
    ['foo123/456', tokenItem('foo123/456')],
    ['*', tokenItem('*')],
    ["a!#$%&'*+-.^_`|~:/1", tokenItem("a!#$%&'*+-.^_`|~:/1")],
    ['::', bytes()],
    [
      ':cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:',
      bytes(...Buffer.from('pretend this is binary content.')),
    ],
    [':/+Ah:', bytes(0xff, 0xe0, 0x21)],
    [':aGVsbG8:', bytes(...Buffer.from('hello'))],
    [':iZ==:', bytes(0x89)],
    ['?1', boolean(true)],
    ['?0', boolean(false)],
    ['@1659578233', date(1_659_578_233)],
    ['@-1', date(-1)],
    ['@999999999999999', date(999_999_999_999_999)],
    ['%""', display('')],
    ['%"This is intended for display to %c3%bcsers."', display('This is intended for display to üsers.')],
    ['%"%22 %25 \\ %00 %f0%9f%98%80"', display('" % \\ \0 😀')],
    ['%"BOM %ef%bb%bf%ef%bb%bf"', display('BOM \ufeff\ufeff')],
    ['%"%ef%bb%bf"', display('\ufeff')],
  ])('of %j', (value, expected) => {
    expect(parseStructuredItem(value)).toEqual(item(expected));
  });

  it('makes no negative zero', () => {
    for (const value of ['-0', '-00', '-0.0', '-0.000', '@-0']) {
      expect(Object.is(parseStructuredItem(value)?.value, 0)).toBe(true);
    }
  });

  it.each([
    ['nothing', ['', ' ', '   ']],
    ['tabs around it', ['\t1', '1\t']],
    ['more than one', ['1 2', '1, 2', 'a b', '""""', '1,']],
    [
      'numbers that are none',
      ['-', '--1', '-a', '1-', '+1', '4-2', '1e3', '0x1', '.1', '1.', '-.1', '1..2', '1.2.3', '1.a'],
    ],
    [
      'numbers that are too long',
      [
        '1000000000000000',
        '0000000000000001',
        '-1000000000000000',
        '1000000000000.0',
        '1.0000',
        '0.1234',
        '0000000000001.0',
      ],
    ],
    ['strings without an end', ['"', '"a', '"a\\', '"a\\"', 'a"']],
    ['strings that escape what needs it not', ['"\\a"', '"\\ "', '"\\\\\\a"']],
    ['strings with what they cannot hold', ['"\t"', '"\0"', '"\r\n"', '"\x7f"', '"é"', '"€"', "'a'"]],
    ['tokens that begin wrongly', ['!a', '/a', '_a', '.a', 'ä', 'a\0', 'a,', 'a=b', 'a(', 'a"']],
    ['bytes without an end', [':', ':aGVsbG8=', ':aGVsbG8= ']],
    [
      'bytes that are no base64',
      [
        ':=:',
        ':====:',
        ':a:',
        ':aGVsbA===:',
        ':=aGVsbG8=:',
        ':a=GVsbG8=:',
        ':aGVs bG8=:',
        ':aGVsbG8=!:',
        ':_-Ah:',
        ':aGVsbG8.:',
        ':aGVsbG8=aGVs:',
        ':é:',
        ':aGVsbG8=a:',
      ],
    ],
    ['booleans that are none', ['?', '?2', '?T', '?10', '? 1', '?true']],
    ['dates that are none', ['@', '@1.0', '@a', '@ 1', '@"1"', '@1000000000000000']],
    ['display strings without an end', ['%', '%"', '%"a', '%a"', "%'a'", '%foo', '%"%', '%"%a', '%"%c3%bc']],
    [
      'display strings that are no UTF-8',
      [
        '%"%ff"',
        '%"%c3"',
        '%"%c3%28"',
        '%"%a0%a1"',
        '%"%e2%28%a1"',
        '%"%ed%a0%80"',
        '%"%c0%af"',
        '%"%f4%90%80%80"',
      ],
    ],
    [
      'display strings with what they cannot hold',
      ['%"\t"', '%"\n"', '%"é"', '%"%C3%BC"', '%"%c3%bC"', '%"%zz"', '%"%a"', '%"%"', '%"%%"'],
    ],
    ['lists and dictionaries', ['(1)', '()', 'a=1']],
    ['characters that begin nothing', ['{', '[', ')', ';', ',', '=', '&', '#', '\0', '\ud800', '\uff11']],
  ])('refuses %s', (_, values) => {
    for (const value of values) expect([value, parseStructuredItem(value)]).toEqual([value, undefined]);
  });

  it.each<[string, Pairs]>([
    ['1;a', [['a', boolean(true)]]],
    ['1;a=?1', [['a', boolean(true)]]],
    ['1;a=?0', [['a', boolean(false)]]],
    [
      '1; a; b=?0',
      [
        ['a', boolean(true)],
        ['b', boolean(false)],
      ],
    ],
    [
      '1;   abc_123=2;*x.-y="z"',
      [
        ['abc_123', integer(2)],
        ['*x.-y', string('z')],
      ],
    ],
    [
      '1;a=1;b=2;a=3',
      [
        ['a', integer(3)],
        ['b', integer(2)],
      ],
    ],
    ['1;*__proto__=2', [['*__proto__', integer(2)]]],
    ['1;constructor=2', [['constructor', integer(2)]]],
    [
      '1;a=%"%c3%bc";b=@1;c=:AA==:',
      [
        ['a', display('ü')],
        ['b', date(1)],
        ['c', bytes(0)],
      ],
    ],
  ])('reads the parameters of %j', (value, parameters) => {
    const parsed = parseStructuredItem(value);
    expect(parsed).toEqual(item(integer(1), parameters));
    expect([...(parsed?.parameters ?? [])]).toEqual(parameters);
  });

  it.each([
    '1;',
    '1; ',
    '1;A',
    '1;1',
    '1;_a',
    '1;-a',
    '1;"a"',
    '1;a=',
    '1;a=;b',
    '1;a= 1',
    '1;a =1',
    '1 ;a',
    '1;\ta',
    '1;;a',
    '1;a;',
    '1;a=(1)',
    '1;aB',
    '1;é',
  ])('refuses the parameters of %j', (value) => {
    expect(parseStructuredItem(value)).toBeUndefined();
  });

  it('refuses every part of an item that lacks its end', () => {
    for (const value of ['"a\\"b"', ':aGVsbG8=:', '%"%c3%bc"', '?1']) {
      expect(parseStructuredItem(value)).toBeDefined();
      for (let length = 0; length < value.length; length++) {
        expect(parseStructuredItem(value.slice(0, length))).toBeUndefined();
      }
    }
  });
});

describe('parseStructuredList', () => {
  it.each<[string, Member[]]>([
    ['', []],
    ['   ', []],
    ['sugar, tea, rum', [item(tokenItem('sugar')), item(tokenItem('tea')), item(tokenItem('rum'))]],
    ['1,42', [item(integer(1)), item(integer(42))]],
    ['1 ,\t42 ', [item(integer(1)), item(integer(42))]],
    ['1,42\t', [item(integer(1)), item(integer(42))]],
    [
      '("foo" "bar"), ("baz"), ("bat" "one"), ()',
      [
        inner([item(string('foo')), item(string('bar'))]),
        inner([item(string('baz'))]),
        inner([item(string('bat')), item(string('one'))]),
        inner([]),
      ],
    ],
    [
      '("foo"; a=1;b=2);lvl=5, ("bar" "baz");lvl=1',
      [
        inner(
          [
            item(string('foo'), [
              ['a', integer(1)],
              ['b', integer(2)],
            ]),
          ],
          [['lvl', integer(5)]],
        ),
        inner([item(string('bar')), item(string('baz'))], [['lvl', integer(1)]]),
      ],
    ],
    ['(  1   42  )', [inner([item(integer(1)), item(integer(42))])]],
    [
      'abc;a=1;b=2; cde_456, (ghi;jk=4 l);q="9";r=w',
      [
        item(tokenItem('abc'), [
          ['a', integer(1)],
          ['b', integer(2)],
          ['cde_456', boolean(true)],
        ]),
        inner(
          [item(tokenItem('ghi'), [['jk', integer(4)]]), item(tokenItem('l'))],
          [
            ['q', string('9')],
            ['r', tokenItem('w')],
          ],
        ),
      ],
    ],
  ])('of %j', (value, members) => {
    expect(parseStructuredList(value)).toEqual(members);
  });

  it.each([
    ',',
    '1,',
    '1, ',
    ',1',
    '1,,2',
    '1 2',
    '1;a=1,',
    '\t1',
    '(',
    '(1',
    '(1 ',
    '(1,2)',
    '(1)(2)',
    '(1"a")',
    '((1))',
    '(1\t2)',
    '(\t1)',
    '(1);',
    '1 (2)',
    ')',
    '()a',
    '("a""b")',
    'a, b=1',
    '1, €',
  ])('refuses %j', (value) => {
    expect(parseStructuredList(value)).toBeUndefined();
  });
});

describe('parseStructuredDictionary', () => {
  it.each<[string, [string, Member][]]>([
    ['', []],
    [
      'en="Applepie", da=:w4ZibGV0w6ZydGU=:',
      [
        ['en', item(string('Applepie'))],
        ['da', item(bytes(...Buffer.from('Æbletærte')))],
      ],
    ],
    [
      'a=?0, b, c; foo=bar',
      [
        ['a', item(boolean(false))],
        ['b', item(boolean(true))],
        ['c', item(boolean(true), [['foo', tokenItem('bar')]])],
      ],
    ],
    [
      'rating=1.5, feelings=(joy sadness)',
      [
        ['rating', item(decimal(1.5))],
        ['feelings', inner([item(tokenItem('joy')), item(tokenItem('sadness'))])],
      ],
    ],
    [
      'a=(1 2), b=3, c=4;aa=bb, d=(5 6);valid',
      [
        ['a', inner([item(integer(1)), item(integer(2))])],
        ['b', item(integer(3))],
        ['c', item(integer(4), [['aa', tokenItem('bb')]])],
        ['d', inner([item(integer(5)), item(integer(6))], [['valid', boolean(true)]])],
      ],
    ],
    [
      'a=1 ,\t b=2',
      [
        ['a', item(integer(1))],
        ['b', item(integer(2))],
      ],
    ],
    [
      'a=1,b=2,a=3',
      [
        ['a', item(integer(3))],
        ['b', item(integer(2))],
      ],
    ],
    ['a=1,a', [['a', item(boolean(true))]]],
    [
      '*-._0a=1, constructor',
      [
        ['*-._0a', item(integer(1))],
        ['constructor', item(boolean(true))],
      ],
    ],
  ])('of %j', (value, members) => {
    expect([...(parseStructuredDictionary(value) ?? [['none', undefined]])]).toEqual(members);
  });

  it.each([
    ',',
    'a=',
    'a=1,',
    'a=,b=1',
    'a =1',
    'a= 1',
    'a=1,,b=2',
    'a=1 b=2',
    'A=1',
    '1=1',
    '"a"=1',
    '_a=1',
    'a=1;',
    'a;',
    'a=(1',
    '=1',
    'a,b,',
    '\ta',
    'a==1',
    'aB=1',
    'a=1, é=2',
  ])('refuses %j', (value) => {
    expect(parseStructuredDictionary(value)).toBeUndefined();
  });
});
