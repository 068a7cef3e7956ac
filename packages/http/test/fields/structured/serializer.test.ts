import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatStructuredDictionary,
  formatStructuredItem,
  formatStructuredList,
  parseStructuredDictionary,
  parseStructuredItem,
  parseStructuredList,
  type BareItem,
  type InnerList,
  type Item,
  type ItemParameters,
  type Member,
} from '@wirestack/http/fields';
import { expectRefused, nearly, unwritableTexts } from '../text.ts';
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
} from './vectors.ts';

const wholeNumber = fc.oneof(
  fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
  fc.integer({ min: -20, max: 20 }),
);
const key = fc.tuple(fc.constantFrom(...'az*'), nearly('az09_-.*')).map(([first, rest]) => first + rest);
const bareItem: fc.Arbitrary<BareItem> = fc.oneof(
  wholeNumber.map(integer),
  wholeNumber.map((thousandths) => decimal(thousandths / 1000)),
  fc.string({ unit: 'grapheme-ascii' }).map(string),
  fc
    .tuple(fc.constantFrom(...'aZ*'), nearly("aZ09!#$%&'*+-.^_`|~:/"))
    .map(([first, rest]) => tokenItem(first + rest)),
  fc.uint8Array({ maxLength: 20 }).map((value) => bytes(...value)),
  fc.boolean().map(boolean),
  wholeNumber.map(date),
  fc.string({ unit: 'binary' }).map(display),
);
const itemParameters: fc.Arbitrary<ItemParameters> = fc
  .uniqueArray(fc.tuple(key, bareItem), { selector: ([name]) => name, maxLength: 3 })
  .map((pairs) => new Map(pairs));
const anyItem: fc.Arbitrary<Item> = fc
  .tuple(bareItem, itemParameters)
  .map(([bare, parameters]): Item => ({ ...bare, parameters }));
const innerList: fc.Arbitrary<InnerList> = fc
  .tuple(fc.array(anyItem, { maxLength: 3 }), itemParameters)
  .map(([value, parameters]): InnerList => ({ type: 'inner-list', value, parameters }));
const member: fc.Arbitrary<Member> = fc.oneof(anyItem, innerList);

describe('formatStructuredItem', () => {
  it.each<[BareItem, string]>([
    [integer(-0), '0'],
    [integer(999_999_999_999_999), '999999999999999'],
    [decimal(1), '1.0'],
    [decimal(-0), '0.0'],
    [decimal(-1.5), '-1.5'],
    [decimal(0.1), '0.1'],
    [decimal(0.12), '0.12'],
    [decimal(1.1234), '1.123'],
    [decimal(1.1236), '1.124'],
    [decimal(0.0015), '0.002'],
    [decimal(0.0025), '0.002'],
    [decimal(-0.0015), '-0.002'],
    [decimal(-0.0025), '-0.002'],
    [decimal(0.00250001), '0.003'],
    [decimal(0.0005), '0.0'],
    [decimal(-0.0005), '0.0'],
    [decimal(0.00051), '0.001'],
    [decimal(1e-7), '0.0'],
    [decimal(5e-324), '0.0'],
    [decimal(9.9995), '10.0'],
    [decimal(999_999_999_999.999), '999999999999.999'],
    [string('a "b" \\c'), '"a \\"b\\" \\\\c"'],
    [tokenItem('a/b:c'), 'a/b:c'],
    [bytes(), '::'],
    [bytes(0xff, 0xe0, 0x21), ':/+Ah:'],
    [bytes(104, 101, 108, 108, 111), ':aGVsbG8=:'],
    [bytes(0), ':AA==:'],
    [boolean(true), '?1'],
    [boolean(false), '?0'],
    [date(-1), '@-1'],
    [display('füü "%" \n \\ 😀'), '%"f%c3%bc%c3%bc %22%25%22 %0a \\ %f0%9f%98%80"'],
  ])('of %j', (bare, text) => {
    expect(formatStructuredItem(bare)).toBe(text);
    expect(formatStructuredItem(item(bare))).toBe(text);
  });

  it('writes true parameters by their key alone', () => {
    const parameters = new Map([
      ['a', boolean(true)],
      ['b', boolean(false)],
      ['*c', tokenItem('d')],
    ]);
    expect(formatStructuredItem({ type: 'boolean', value: true, parameters })).toBe('?1;a;b=?0;*c=d');
  });

  it.each<BareItem>([
    integer(1e15),
    integer(-1e15),
    integer(1.5),
    integer(NaN),
    integer(Infinity),
    integer('1' as unknown as number),
    decimal(1e12),
    decimal(-1e12),
    decimal(999_999_999_999.9999),
    decimal(NaN),
    decimal(-Infinity),
    decimal('1.5\r\n' as unknown as number),
    string('é'),
    string('\t'),
    string(undefined as unknown as string),
    tokenItem(''),
    tokenItem('1a'),
    tokenItem('a b'),
    tokenItem('a,b'),
    tokenItem('é'),
    tokenItem(['a'] as unknown as string),
    date(1.5),
    date(1e15),
    display('\ud800'),
    display('a\udc00'),
    display(5 as unknown as string),
    { type: 'other', value: 1 } as unknown as BareItem,
  ])('refuses %j', (bare) => {
    expectRefused(() => formatStructuredItem(bare));
    expectRefused(() => formatStructuredItem(item(integer(1), [['a', bare]])));
  });

  it.each(unwritableTexts)('refuses %j but in a display string', (text) => {
    expectRefused(() => formatStructuredItem(string(text)));
    expectRefused(() => formatStructuredItem(tokenItem(text)));
    expectRefused(() => formatStructuredItem(item(integer(1), [[text, integer(1)]])));
    expectRefused(() => formatStructuredDictionary(new Map([[text, integer(1)]])));
    if (text !== '\ud800') expect(formatStructuredItem(display(text))).toMatch(/^[ -~]+$/);
  });

  it.each(['', 'A', '1', '_', '-', '.a', 'aB', 'a b', 'a=', 'é'])('refuses the key %j', (name) => {
    expectRefused(() => formatStructuredItem(item(integer(1), [[name, integer(1)]])));
    expectRefused(() => formatStructuredDictionary(new Map([[name, integer(1)]])));
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyItem, (model) => {
        expect(parseStructuredItem(formatStructuredItem(model))).toEqual(model);
      }),
    );
  });
});

describe('formatStructuredList', () => {
  it('writes members with one blank between them', () => {
    const members = [
      tokenItem('a'),
      inner([item(integer(1)), item(integer(2))], [['q', decimal(0.5)]]),
      inner([]),
    ];
    expect(formatStructuredList(members)).toBe('a, (1 2);q=0.5, ()');
  });

  it('takes inner lists without parameters', () => {
    expect(formatStructuredList([{ type: 'inner-list', value: [string('a')] }])).toBe('("a")');
  });

  it('is undefined for no members, for then no field is sent', () => {
    expect(formatStructuredList([])).toBeUndefined();
    expect(formatStructuredDictionary(new Map())).toBeUndefined();
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 5 }), (model) => {
        expect(parseStructuredList(formatStructuredList(model) ?? '')).toEqual(model);
      }),
    );
  });
});

describe('formatStructuredDictionary', () => {
  it('writes true by its key alone, with its parameters', () => {
    const members = new Map<string, Member>([
      ['a', item(boolean(false))],
      ['b', item(boolean(true), [['x', integer(1)]])],
      ['c', inner([item(tokenItem('d'))])],
    ]);
    expect(formatStructuredDictionary(members)).toBe('a=?0, b;x=1, c=(d)');
  });

  it('is read as it was written, in the same order', () => {
    const dictionary = fc.uniqueArray(fc.tuple(key, member), { selector: ([name]) => name, maxLength: 5 });
    fc.assert(
      fc.property(dictionary, (pairs) => {
        const text = formatStructuredDictionary(new Map(pairs)) ?? '';
        expect([...(parseStructuredDictionary(text) ?? [])]).toEqual(pairs);
      }),
    );
  });
});

describe('what was read', () => {
  it('can be written, and is read as the same again', () => {
    const text = nearly('a1"\\:%?@;=(), -.*cb3Z');
    fc.assert(
      fc.property(text, (value) => {
        const list = parseStructuredList(value);
        if (list) expect(parseStructuredList(formatStructuredList(list) ?? '')).toEqual(list);
        const dictionary = parseStructuredDictionary(value);
        if (dictionary) {
          expect(parseStructuredDictionary(formatStructuredDictionary(dictionary) ?? '')).toEqual(dictionary);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
