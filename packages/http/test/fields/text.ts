import fc from 'fast-check';
import { expect } from 'vitest';
import { HttpUsageError } from '@wirestack/http/fields';

/** What no field may hold, at any place of a text: CR, LF, NUL and their like, and what a byte cannot say. */
export const unwritableTexts: readonly string[] = [
  'a\r\nSet-Cookie: b=c',
  'a\rb',
  'a\nb',
  '\n',
  'a\0',
  '\x1b[0m',
  'a\x7f',
  'a\u0100',
  '\u010a',
  '\u560a\u560d',
  '€',
  '😀',
  '\ud800',
];

/** Expects a `format…` to refuse what it was given. */
export function expectRefused(format: () => unknown): void {
  let thrown: unknown;
  try {
    thrown = format();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(HttpUsageError);
  expect(thrown).toMatchObject({ code: 'BAD_FIELD' });
}

const tokenCharacters = "abcxyzABCXYZ0189!#$%&'*+-.^_`|~";

export const token: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...tokenCharacters),
  minLength: 1,
  maxLength: 6,
});

/** Names that make trouble for objects, among others. */
export const lowerToken: fc.Arbitrary<string> = fc.oneof(
  token.map((text) => text.toLowerCase()),
  fc.constantFrom('__proto__', 'constructor', 'tostring'),
);

/** What a field value can hold: HTAB, and all octets but the controls. */
export const fieldText: fc.Arbitrary<string> = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .map((code) => (code === 0x7f ? '\t' : String.fromCharCode(code))),
  maxLength: 12,
});

export const parameters: fc.Arbitrary<ReadonlyMap<string, string>> = fc
  .uniqueArray(fc.tuple(lowerToken, fieldText), { selector: ([name]) => name, maxLength: 4 })
  .map((pairs) => new Map(pairs));

/** Text made of what the grammars of fields are made of: finds what random text does not. */
export function nearly(characters: string): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), maxLength: 24 });
}

/** 8 KiB of shapes that make a backtracking reader look at a character again and again: there each step would become thousands. */
export const longShapes: readonly string[] = [
  '"',
  '"\\',
  '\\"',
  ',',
  ' ,',
  ';',
  '; ',
  ';a',
  'a=',
  'a="',
  ' ',
  '\t',
  '=',
  "'",
  "''",
  '%',
  '(',
  '-',
  '0',
  'a',
  'a,',
  '1-,',
  'W/',
  '/',
  ':',
  '[',
  '*',
].map((unit) => unit.repeat(Math.ceil(8192 / unit.length)));
