import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsUsageError } from '../../src/errors.ts';
import { formatRecord } from '../../src/records/presentation/record-text.ts';
import { parseZone, type ParseZoneOptions } from '../../src/zone/master-file.ts';
import { anyRecord } from '../records/presentation/arbitrary.ts';
import { expectZoneFileError, type ExpectedFault } from '../records/presentation/fault.ts';
import { lines } from './text.ts';

const origin = 'example.com';

function parse(text: string, options: Partial<ParseZoneOptions> = {}): string[] {
  return lines(parseZone(text, { origin, ...options }));
}

/** Files by their names; the one called `main` is where reading begins. */
function parseFiles(
  files: Readonly<Record<string, string>>,
  options: Partial<ParseZoneOptions> = {},
): string[] {
  const include = (file: string): string => {
    const text = files[file];
    if (text === undefined) throw new Error(`no file ${file}`);
    return text;
  };
  return parse(files['main'] as string, { include, ...options });
}

describe('a master file', () => {
  it('is read as RFC 1035 5.3 shows it', () => {
    const text = `
@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103

VENERA  A       10.1.0.52
        A       128.9.0.32

$INCLUDE <SUBSYS>ISI-MAILBOXES.TXT`;
    const include = (file: string): string => {
      expect(file).toBe('<SUBSYS>ISI-MAILBOXES.TXT');
      return 'MOE\tTYPE7\t\\# 11 01 41 03 495349 03 454455 00\n';
    };
    expect(lines(parseZone(text, { origin: 'ISI.EDU', include }))).toEqual([
      'ISI.EDU. 60 SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60',
      'ISI.EDU. 60 NS A.ISI.EDU.',
      'ISI.EDU. 60 NS VENERA.ISI.EDU.',
      'ISI.EDU. 60 MX 10 VENERA.ISI.EDU.',
      'ISI.EDU. 60 MX 20 VAXA.ISI.EDU.',
      'A.ISI.EDU. 60 A 26.3.0.103',
      'VENERA.ISI.EDU. 60 A 10.1.0.52',
      'VENERA.ISI.EDU. 60 A 128.9.0.32',
      'MOE.ISI.EDU. 60 TYPE7 \\# 11 0141034953490345445500',
    ]);
  });

  it('may be empty', () => {
    expect(parse('')).toEqual([]);
    expect(parse(' \n; nothing\r\n\t( ; )\n )')).toEqual([]);
  });

  it('gives the records back that were written into it, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 5 }), (records) => {
        expect(parseZone(records.map(formatRecord).join('\n'), { origin: 'other.example' })).toEqual(records);
      }),
    );
  });

  it('takes the owner of the line before where a line begins with white space', () => {
    expect(parse('$TTL 1\na TXT 1\n TXT 2\n$ORIGIN b\n\tTXT 3\n( c ) TXT 4\n TXT 5')).toEqual([
      'a.example.com. 1 TXT "1"',
      'a.example.com. 1 TXT "2"',
      'a.example.com. 1 TXT "3"',
      'c.b.example.com. 1 TXT "4"',
      'c.b.example.com. 1 TXT "5"',
    ]);
  });

  it('takes the class of the line before', () => {
    const records = parseZone('a 1 CH TXT x\nb 1 TXT x\nc 1 IN TXT x\nd 1 TXT x', { origin });
    expect(records.map((record) => record.class)).toEqual(['CH', 'CH', 'IN', 'IN']);
  });
});

describe('TTLs', () => {
  it('are those of $TTL from there on, whatever others were stated (RFC 2308 4)', () => {
    expect(parse('$TTL 1h\na TXT x\nb 5 TXT x\nc TXT x\n$ttl 7\nd TXT x')).toEqual([
      'a.example.com. 3600 TXT "x"',
      'b.example.com. 5 TXT "x"',
      'c.example.com. 3600 TXT "x"',
      'd.example.com. 7 TXT "x"',
    ]);
  });

  it('are the last one stated where there is no $TTL (RFC 1035 5.1)', () => {
    expect(parse('a 5 TXT x\nb TXT x\nc 6 TXT x\nd TXT x')).toEqual([
      'a.example.com. 5 TXT "x"',
      'b.example.com. 5 TXT "x"',
      'c.example.com. 6 TXT "x"',
      'd.example.com. 6 TXT "x"',
    ]);
  });

  it('are the minimum of an SOA record that comes first and says none', () => {
    expect(parse('@ SOA a b 1 2 3 4 50\nc TXT x\nd 6 TXT x\ne TXT x')).toEqual([
      'example.com. 50 SOA a.example.com. b.example.com. 1 2 3 4 50',
      'c.example.com. 50 TXT "x"',
      'd.example.com. 6 TXT "x"',
      'e.example.com. 50 TXT "x"',
    ]);
    expect(parse('@ SOA a b 1 2 3 4 4294967295')[0]).toContain(' 2147483647 SOA ');
  });

  it('are the one that the caller gave, until $TTL', () => {
    expect(parse('a TXT x\n$TTL 8\nb TXT x', { defaultTtl: 0 })).toEqual([
      'a.example.com. 0 TXT "x"',
      'b.example.com. 8 TXT "x"',
    ]);
  });
});

describe('$ORIGIN', () => {
  it('is what later names are relative to, and may be relative itself', () => {
    expect(
      parse('$TTL 1\n$ORIGIN b\na NS @\n$ORIGIN c\na NS a\n$ORIGIN .\na NS @\n$origin b.\na NS a'),
    ).toEqual([
      'a.b.example.com. 1 NS b.example.com.',
      'a.c.b.example.com. 1 NS a.c.b.example.com.',
      'a. 1 NS .',
      'a.b. 1 NS a.b.',
    ]);
  });
});

describe('$INCLUDE', () => {
  it('reads the file in its place, and goes back to origin and owner', () => {
    const files = {
      main: '$TTL 1\na TXT 1\n$INCLUDE sub b\n TXT 2\nc TXT 3\n$INCLUDE "sub"',
      sub: '@ TXT 4\n$ORIGIN d\ne TXT 5',
    };
    expect(parseFiles(files)).toEqual([
      'a.example.com. 1 TXT "1"',
      'b.example.com. 1 TXT "4"',
      'e.d.b.example.com. 1 TXT "5"',
      'a.example.com. 1 TXT "2"',
      'c.example.com. 1 TXT "3"',
      'example.com. 1 TXT "4"',
      'e.d.example.com. 1 TXT "5"',
    ]);
  });

  it('has a $TTL in the file go on to count', () => {
    expect(parseFiles({ main: '$INCLUDE ttl\na TXT x', ttl: '$TTL 7' })).toEqual([
      'a.example.com. 7 TXT "x"',
    ]);
  });

  it('gives the name as it stands and the origin: what may be read is for the caller to say', () => {
    const asked: [string, string][] = [];
    const include = (file: string, from: { toString(): string }): string => {
      asked.push([file, from.toString()]);
      return '';
    };
    parse('$INCLUDE ../../etc/passwd\n$INCLUDE "/a b\\\\c\\233" d\n$INCLUDE é .', { include });
    expect(asked).toEqual([
      ['../../etc/passwd', 'example.com.'],
      ['/a b\\c\ufffd', 'd.example.com.'],
      ['é', '.'],
    ]);
  });

  it('is refused where the caller gave no function', () => {
    expectZoneFileError(() => parse('\n$INCLUDE /etc/passwd'), {
      code: 'INCLUDE_REFUSED',
      line: 2,
      column: 1,
      reason: '"/etc/passwd"',
    });
  });

  it('is refused for a file that is being read, at the place in the file that asks for it', () => {
    const fault = { code: 'INCLUDE_LOOP', line: 2, column: 10 } as const;
    const files = { main: '$INCLUDE a', a: '$INCLUDE b', b: '\n$INCLUDE a', c: '\n$INCLUDE c' };
    expectZoneFileError(() => parseFiles(files), { ...fault, file: 'b', reason: '"a" includes itself' });
    expectZoneFileError(() => parseFiles({ ...files, main: '$INCLUDE c' }), { ...fault, file: 'c' });
  });

  it('is refused ten files deep, whatever they are called', () => {
    const include = (file: string): string => `x 1 TXT y\n$INCLUDE ${String(Number(file) + 1)}`;
    const fault = { code: 'INCLUDE_LIMIT', line: 2, column: 10, file: '10' } as const;
    expectZoneFileError(() => parse('$INCLUDE 1', { include }), { ...fault, reason: 'nested 10 deep' });
    const limits = { maxIncludeDepth: 3 };
    expectZoneFileError(() => parse('$INCLUDE 1', { include, limits }), { ...fault, file: '3' });
    const files = { main: '$INCLUDE 1', 1: '$INCLUDE 2', 2: '$INCLUDE 3', 3: 'a 1 TXT x' };
    expect(parseFiles(files, { limits })).toEqual(['a.example.com. 1 TXT "x"']);
  });

  it('is refused the thousand and first time: files that include files multiply', () => {
    let calls = 0;
    // Three levels, a hundred includes in each file of the first three: a million in all.
    const include = (file: string): string => {
      calls++;
      return file.length < 4 ? `$INCLUDE ${file}0\n`.repeat(100) : '';
    };
    // "0", "00", nine times "000" with a hundred files each, one more "000", and 88 files of it.
    expectZoneFileError(() => parse('$INCLUDE 0', { include }), {
      code: 'INCLUDE_LIMIT',
      line: 89,
      column: 10,
      file: '000',
      reason: 'more than 1000 files',
    });
    expect(calls).toBe(1000);
  });

  it('says which file could not be had, and why', () => {
    const run = (): unknown => parseFiles({ main: '$INCLUDE a', a: '\n$INCLUDE  "b c"' });
    expectZoneFileError(run, {
      code: 'INCLUDE_FAILED',
      line: 2,
      column: 11,
      file: 'a',
      reason: 'no file b c',
    });
    expect(run).toThrow(expect.objectContaining({ cause: new Error('no file b c') }));
    expect(() => parse('$INCLUDE a', { include: () => undefined as unknown as string })).toThrow(
      DnsUsageError,
    );
  });

  it('says of every error in a file which file it is in, and of one behind it none', () => {
    const files = { main: '$TTL 1\n$INCLUDE a\nb A x', a: 'c TXT x', d: ' TXT x', e: 'a TXT "' };
    expectZoneFileError(() => parseFiles(files), { code: 'BAD_RDATA', line: 3, column: 5 });
    expectZoneFileError(() => parseFiles({ ...files, main: '$INCLUDE e' }), {
      code: 'UNTERMINATED_STRING',
      line: 1,
      column: 7,
      file: 'e',
    });
    // An included file has no owner to take over.
    expectZoneFileError(() => parseFiles({ ...files, main: 'a 1 TXT x\n$INCLUDE d' }), {
      code: 'NO_OWNER',
      line: 1,
      column: 2,
      file: 'd',
    });
  });
});

describe('errors', () => {
  it.each<[string, ExpectedFault]>([
    ['$TTL', { code: 'MISSING_FIELD', line: 1, column: 5, reason: 'a TTL' }],
    ['$TTL x', { code: 'BAD_TTL', line: 1, column: 6, reason: '"x"' }],
    ['$TTL "1"', { code: 'BAD_TTL', line: 1, column: 6, reason: '"1"' }],
    ['$TTL 2147483648', { code: 'BAD_TTL', line: 1, column: 6, reason: '"2147483648"' }],
    ['$TTL 1 2', { code: 'EXTRA_FIELD', line: 1, column: 8, reason: '"2"' }],
    ['$ORIGIN', { code: 'MISSING_FIELD', line: 1, column: 8, reason: 'an origin' }],
    ['$ORIGIN a..b', { code: 'BAD_NAME', line: 1, column: 9, reason: '"a..b"' }],
    ['$ORIGIN a b', { code: 'EXTRA_FIELD', line: 1, column: 11, reason: '"b"' }],
    ['$INCLUDE', { code: 'MISSING_FIELD', line: 1, column: 9, reason: 'a file name' }],
    ['$INCLUDE a b c', { code: 'EXTRA_FIELD', line: 1, column: 14, reason: '"c"' }],
    ['$INCLUDE a\\300', { code: 'BAD_ESCAPE', line: 1, column: 10, reason: '\\300' }],
    ['$FOO 1', { code: 'UNKNOWN_DIRECTIVE', line: 1, column: 1, reason: '"$FOO"' }],
    ['$', { code: 'UNKNOWN_DIRECTIVE', line: 1, column: 1, reason: '"$"' }],
    [' $TTL 1', { code: 'NO_OWNER', line: 1, column: 2 }],
    [' A 1.2.3.4', { code: 'NO_OWNER', line: 1, column: 2 }],
    ['a 1 A 1.2.3.4\n $TTL 1', { code: 'UNKNOWN_TYPE', line: 2, column: 2, reason: '"$TTL"' }],
    ['a A 1.2.3.4', { code: 'NO_TTL', line: 1, column: 3 }],
    [
      'a 1 A 1.2.3.4\n  1h IN\tMX ( 10\n  mail ) x',
      { code: 'EXTRA_FIELD', line: 3, column: 10, reason: '"x"' },
    ],
    ['a 1 A (\n 1.2.3.4', { code: 'UNBALANCED_PARENTHESES', line: 1, column: 7 }],
    ['a 1 A 1.2.3.4 )', { code: 'UNBALANCED_PARENTHESES', line: 1, column: 15 }],
    ['a 1 TXT "x\n"', { code: 'UNTERMINATED_STRING', line: 1, column: 9 }],
  ])('%j', (text, fault) => {
    const include = (): string => '';
    expectZoneFileError(() => parse(text, { include }), fault);
  });

  it('come at the first record over the limit', () => {
    const limits = { maxRecords: 2 };
    expect(parse('a 1 TXT x\nb 1 TXT x\n', { limits })).toHaveLength(2);
    expectZoneFileError(() => parse('a 1 TXT x\nb 1 TXT x\n\nc 1 TXT x', { limits }), {
      code: 'TOO_MANY_RECORDS',
      line: 4,
      column: 1,
      reason: '2 records',
    });
  });

  it('come where a line is over the limit', () => {
    const limits = { maxLineLength: 20 };
    expectZoneFileError(() => parse('a 1 TXT (\nx x x x x x x x )', { limits }), {
      code: 'LINE_TOO_LONG',
      line: 2,
      column: 12,
    });
  });

  it('are the caller’s for options that are none', () => {
    expect(() => parse('', { defaultTtl: 2 ** 31 })).toThrow(DnsUsageError);
    expect(() => parse('', { defaultTtl: 0.5 })).toThrow(DnsUsageError);
    expect(() => parseZone('', { origin: 'a..b' })).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
  });

  it('show where, whatever is left off the end of a file', () => {
    const text = '$TTL 1h\n@ IN SOA a b ( 1 2 3\n4 5 )\n NS ns\n$GENERATE 1-3 a$ A 1.2.3.$\nb TXT "x y" z\n';
    const whole = parse(text);
    for (let length = 0; length < text.length; length++) {
      const head = text.slice(0, length);
      try {
        expect(parse(head).length).toBeLessThanOrEqual(whole.length);
      } catch (error) {
        const { line, column } = error as { line: number; column: number };
        expect((error as Error).name).toBe('ZoneFileError');
        const rows = head.split('\n');
        expect(line).toBeLessThanOrEqual(rows.length);
        expect(column).toBeLessThanOrEqual((rows[line - 1] as string).length + 1);
      }
    }
  });
});
