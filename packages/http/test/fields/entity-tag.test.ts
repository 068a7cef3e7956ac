import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatEntityTag,
  isStrongMatch,
  isWeakMatch,
  parseEntityTag,
  parseIfMatch,
  parseIfRange,
  type EntityTag,
} from '@wirestack/http/fields';
import { expectRefused, unwritableTexts } from './text.ts';

const tagText = fc.string({
  unit: fc
    .integer({ min: 0x21, max: 0xff })
    .map((code) => (code === 0x22 || code === 0x7f ? '\\' : String.fromCharCode(code))),
  maxLength: 8,
});
const entityTag: fc.Arbitrary<EntityTag> = fc.record({ tag: tagText, weak: fc.boolean() });

describe('parseEntityTag', () => {
  it.each([
    ['"xyzzy"', 'xyzzy', false],
    ['W/"xyzzy"', 'xyzzy', true],
    ['""', '', false],
    [' "a" ', 'a', false],
    ['"a\\"', 'a\\', false],
    ['"a,b"', 'a,b', false],
    ['"!#\'\xff"', "!#'\xff", false],
  ])('of %j', (value, tag, weak) => {
    expect(parseEntityTag(value)).toEqual({ tag, weak });
  });

  it.each([
    '',
    'xyzzy',
    '"',
    'W/',
    'w/"a"',
    'W/a',
    'W "a"',
    'W/ "a"',
    "'a'",
    '"a',
    'a"',
    '"a"b',
    '"a", "b"',
    '"a b"',
    '"a\tb"',
    '"\x7f"',
    '"\0"',
    '"\u0100"',
    '"a\\"b"',
    '*',
  ])('refuses %j', (value) => {
    expect(parseEntityTag(value)).toBeUndefined();
  });

  it('is what formatEntityTag wrote', () => {
    fc.assert(
      fc.property(entityTag, (tag) => {
        expect(parseEntityTag(formatEntityTag(tag))).toEqual(tag);
      }),
    );
  });
});

describe('formatEntityTag', () => {
  it('writes strong and weak tags', () => {
    expect(formatEntityTag({ tag: 'a' })).toBe('"a"');
    expect(formatEntityTag({ tag: '', weak: true })).toBe('W/""');
  });

  it.each([...unwritableTexts, '"', 'a"b', 'a b', '\t'])('refuses %j', (tag) => {
    expectRefused(() => formatEntityTag({ tag }));
    expectRefused(() => formatEntityTag({ tag, weak: true }));
  });
});

describe('matching', () => {
  it.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ])('%s and %s as the table of RFC 9110 8.8.3.2 says', (one, other, strong, weak) => {
    const [a, b] = [parseEntityTag(one)!, parseEntityTag(other)!];
    expect(isStrongMatch(a, b)).toBe(strong);
    expect(isStrongMatch(b, a)).toBe(strong);
    expect(isWeakMatch(a, b)).toBe(weak);
    expect(isWeakMatch(b, a)).toBe(weak);
  });
});

describe('parseIfMatch', () => {
  it('reads *', () => {
    expect(parseIfMatch('*')).toBe('*');
    expect(parseIfMatch(' * ')).toBe('*');
  });

  it('reads a list, commas and backslashes within tags included', () => {
    expect(parseIfMatch('"xyzzy", W/"r2d2xxxx",, "c3,\\"')).toEqual([
      { tag: 'xyzzy', weak: false },
      { tag: 'r2d2xxxx', weak: true },
      { tag: 'c3,\\', weak: false },
    ]);
  });

  it.each(['', ',', '*, "a"', '"a", *', '"a" "b"', '"a", b', '"a', 'a', '**'])('refuses %j', (value) => {
    expect(parseIfMatch(value)).toBeUndefined();
  });

  it('is the list of tags that were written', () => {
    fc.assert(
      fc.property(fc.array(entityTag, { minLength: 1 }), (tags) => {
        expect(parseIfMatch(tags.map(formatEntityTag).join(', '))).toEqual(tags);
      }),
    );
  });
});

describe('parseIfRange', () => {
  it('reads a tag or a date', () => {
    expect(parseIfRange('"a"')).toEqual({ tag: 'a', weak: false });
    expect(parseIfRange('W/"a"')).toEqual({ tag: 'a', weak: true });
    expect(parseIfRange('Sun, 06 Nov 1994 08:49:37 GMT')).toEqual(new Date(784_111_777_000));
    expect(parseIfRange('Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(2026, 0))).toEqual(
      new Date(784_111_777_000),
    );
  });

  it.each(['', 'a', '*', '"a", "b"', 'Sun, 31 Feb 2026 08:49:37 GMT'])('refuses %j', (value) => {
    expect(parseIfRange(value)).toBeUndefined();
  });
});
