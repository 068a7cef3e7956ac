import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scanner, type Entry } from '../../../src/records/presentation/scanner.ts';
import { expectZoneFileError, type ExpectedFault } from './fault.ts';

function scan(text: string, maxLength: number = text.length): Entry[] {
  const scanner = new Scanner(text, maxLength);
  const entries: Entry[] = [];
  for (let entry = scanner.next(); entry !== undefined; entry = scanner.next()) entries.push(entry);
  return entries;
}

/** `text@line:column`, quoted tokens in quotes, with `+` where one stands right behind another. */
function shown(text: string): string[] {
  return scan(text).map(({ startsBlank, tokens, end }) =>
    [
      ...(startsBlank ? ['_'] : []),
      ...tokens.map(({ text, isQuoted, isAdjacent, line, column }) => {
        const found = isQuoted ? `"${text}"` : text;
        return `${isAdjacent ? '+' : ''}${found}@${String(line)}:${String(column)}`;
      }),
      `end@${String(end.line)}:${String(end.column)}`,
    ].join(' '),
  );
}

describe('entries and tokens', () => {
  it('are lines and what white space parts, each with its place', () => {
    expect(shown('a  b\tc\n\n d')).toEqual(['a@1:1 b@1:4 c@1:6 end@1:7', '_ d@3:2 end@3:3']);
  });

  it('end in LF or CR LF', () => {
    expect(shown('a\r\n b "c"\r\n')).toEqual(['a@1:1 end@1:2', '_ b@2:2 "c"@2:4 end@2:7']);
  });

  it('go on over lines between parentheses, nested ones as well', () => {
    expect(shown('a(b\n(c\n) ;)\n d)e\nf')).toEqual([
      'a@1:1 b@1:3 c@2:2 d@4:2 e@4:4 end@4:5',
      'f@5:1 end@5:2',
    ]);
  });

  it('end where a comment begins', () => {
    expect(shown('a;b "(\n;\n ; c\nd')).toEqual(['a@1:1 end@1:7', 'd@4:1 end@4:2']);
  });

  it('keep quotes, parentheses and semicolons in quotes and behind backslashes', () => {
    expect(shown('"a;(\\"b" c\\;\\(\\"\\ d \\\\')).toEqual([
      '"a;(\\"b"@1:1 c\\;\\(\\"\\ d@1:10 \\\\@1:21 end@1:23',
    ]);
  });

  it('may stand side by side where one is quoted', () => {
    expect(shown('a="b""c"d "" e')).toEqual(['a=@1:1 +"b"@1:3 +"c"@1:6 +d@1:9 ""@1:11 e@1:14 end@1:15']);
  });

  it('begin behind a byte order mark', () => {
    expect(shown('\ufeffa')).toEqual(['a@1:1 end@1:2']);
    expect(shown('\ufeff')).toEqual([]);
  });

  it('keep every character of any words', () => {
    const word = fc.stringMatching(/^[a-z0-9!#$%é😀]{1,8}$/u);
    fc.assert(
      fc.property(fc.array(fc.array(word, { minLength: 1 }), { maxLength: 5 }), (lines) => {
        const text = lines.map((words) => words.join(' ')).join('\n');
        expect(scan(text).map(({ tokens }) => tokens.map((token) => token.text))).toEqual(lines);
      }),
    );
  });
});

describe('text that is none', () => {
  it.each<[string, ExpectedFault]>([
    ['a\n b "c\n', { code: 'UNTERMINATED_STRING', line: 2, column: 4, reason: '"\\"c"' }],
    ['a "c\r\n"', { code: 'UNTERMINATED_STRING', line: 1, column: 3, reason: '"\\"c"' }],
    ['"', { code: 'UNTERMINATED_STRING', line: 1, column: 1 }],
    ['"a\\', { code: 'UNTERMINATED_STRING', line: 1, column: 1 }],
    ['"a\\\n"', { code: 'UNTERMINATED_STRING', line: 1, column: 1 }],
    ['"a\\"', { code: 'UNTERMINATED_STRING', line: 1, column: 1 }],
    ['a\\', { code: 'BAD_ESCAPE', line: 1, column: 1 }],
    ['b a\\\nc', { code: 'BAD_ESCAPE', line: 1, column: 3 }],
    ['b a\\\r\nc', { code: 'BAD_ESCAPE', line: 1, column: 3 }],
    ['a (\nb (c)\n', { code: 'UNBALANCED_PARENTHESES', line: 1, column: 3, reason: '"("' }],
    ['(a)\n(b))', { code: 'UNBALANCED_PARENTHESES', line: 2, column: 4, reason: '")"' }],
    ['a b\x01c', { code: 'BAD_CHARACTER', line: 1, column: 4, reason: '\\001' }],
    ['a\n"b\x7fc"', { code: 'BAD_CHARACTER', line: 2, column: 3, reason: '\\127' }],
    ['"b\\\x00c"', { code: 'BAD_CHARACTER', line: 1, column: 4, reason: '\\000' }],
    ['b\\\x0bc', { code: 'BAD_CHARACTER', line: 1, column: 3, reason: '\\011' }],
    // A lone CR might show a line's end as another line.
    ['a\rb', { code: 'BAD_CHARACTER', line: 1, column: 2, reason: '\\013' }],
  ])('%j', (text, fault) => {
    expectZoneFileError(() => scan(text), fault);
  });

  it('is a line over the limit, its comments and the lines in its parentheses counted', () => {
    expect(scan('aaaa bbbbb\naaaa bbbbb', 10)).toHaveLength(2);
    const fault = { code: 'LINE_TOO_LONG', reason: '10 characters' } as const;
    expectZoneFileError(() => scan('aaaa bbbbbb\n', 10), { ...fault, line: 1, column: 12 });
    expectZoneFileError(() => scan('\na (\n\n\n\n\n\n\n\n)', 10), { ...fault, line: 10, column: 1 });
    expectZoneFileError(() => scan('a ;bbbbbbbb\n', 10), { ...fault, line: 1, column: 12 });
  });
});
