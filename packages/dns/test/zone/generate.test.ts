import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseZone, type ZoneFileLimits } from '../../src/zone/master-file.ts';
import { expectZoneFileError, type ExpectedFault } from '../records/presentation/fault.ts';
import { lines } from './text.ts';

function parse(text: string, limits: Partial<ZoneFileLimits> = {}): string[] {
  return lines(parseZone(`$TTL 1\n${text}`, { origin: 'z', limits }));
}

describe('$GENERATE', () => {
  it('makes a record for each number', () => {
    expect(parse('$GENERATE 1-3 host$ A 192.0.2.$')).toEqual([
      'host1.z. 1 A 192.0.2.1',
      'host2.z. 1 A 192.0.2.2',
      'host3.z. 1 A 192.0.2.3',
    ]);
  });

  it('steps, and takes TTL and class, and data in quotes', () => {
    expect(parse('$generate 0-5/2 h$ 1h IN MX "1$ mail-$.a\\$."')).toEqual([
      'h0.z. 3600 MX 10 mail-0.a\\$.',
      'h2.z. 3600 MX 12 mail-2.a\\$.',
      'h4.z. 3600 MX 14 mail-4.a\\$.',
    ]);
  });

  it('takes data of several fields without quotes, and quotes within quotes', () => {
    expect(parse('$GENERATE 7-7 @ SRV 0 $ 8$ host$')).toEqual(['z. 1 SRV 0 7 87 host7.z.']);
    expect(parse('$GENERATE 7-7 $$ TXT "\\"a $\\" \\065\\\\"')).toEqual(['\\$.z. 1 TXT "a 7" "A\\\\"']);
  });

  it.each([
    ['${0}', 10, '10'],
    ['${5}', 10, '15'],
    ['${-3}', 10, '7'],
    ['${+1,5}', 10, '00011'],
    ['${0,0,o}', 10, '12'],
    ['${0,4,x}', 255, '00ff'],
    ['${0,4,X}', 255, '00FF'],
    ['${0,1,d}', 255, '255'],
    ['${0,0,n}', 0x1f, 'f.1'],
    ['${0,1,n}', 0, '0'],
    ['${0,5,n}', 0x1f, 'f.1.0'],
    ['${0,8,N}', 0xabc, 'C.B.A.0.'],
    ['a$b$', 1, 'a1b1'],
    ['\\$$', 1, '\\$1'],
    ['$$$', 1, '\\$1'],
  ])('writes %s for %d as %s', (template, value, expected) => {
    const [line] = parse(`$GENERATE ${String(value)}-${String(value)} a${template}x TXT y`);
    expect(line).toBe(`a${expected}x.z. 1 TXT "y"`);
  });

  it('leaves owner and TTL as they were for the next line', () => {
    expect(parse('a TXT x\n$GENERATE 1-1 b 9 TXT y\n TXT z')).toEqual([
      'a.z. 1 TXT "x"',
      'b.z. 9 TXT "y"',
      'a.z. 1 TXT "z"',
    ]);
    expectZoneFileError(() => parseZone('$GENERATE 1-1 b 9 TXT y\nc TXT y', { origin: 'z' }), {
      code: 'NO_TTL',
      line: 2,
      column: 3,
    });
  });

  it('makes as many records as the range has', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.integer({ min: 1, max: 60 }), (first, more, step) => {
        const range = `${String(first)}-${String(first + more)}/${String(step)}`;
        const expected: string[] = [];
        for (let value = first; value <= first + more; value += step)
          expected.push(`${String(value)}.z. 1 TXT "x"`);
        expect(parse(`$GENERATE ${range} $ TXT x`)).toEqual(expected);
      }),
    );
  });

  it('is refused above 65,536 records, before the first is made', () => {
    const fault = { code: 'GENERATE_LIMIT', line: 2, column: 11 } as const;
    expectZoneFileError(() => parse('$GENERATE 0-65536 $ bad bad'), { ...fault, reason: '65537 records' });
    expectZoneFileError(() => parse('$GENERATE 0-2147483647 $ A 1.2.3.4'), fault);
    expectZoneFileError(() => parse('$GENERATE 1-4 $ A 1.2.3.4', { maxGenerated: 3 }), fault);
    expect(parse('$GENERATE 1-3 $ A 1.2.3.4', { maxGenerated: 3 })).toHaveLength(3);
    expect(parse('$GENERATE 0-2147483647/2147483647 $ A 1.2.3.4')).toHaveLength(2);
  });

  it('counts towards the limit of records', () => {
    const run = (): unknown => parse('$GENERATE 1-60000 $ A 1.2.3.4\n'.repeat(3), { maxRecords: 5 });
    expectZoneFileError(run, { code: 'TOO_MANY_RECORDS', line: 2, column: 1 });
  });

  it('is refused for templates that grow', () => {
    const fault = { code: 'GENERATE_LIMIT', line: 2, reason: 'characters' } as const;
    expectZoneFileError(() => parse(`$GENERATE 1-60000 a TXT "${'$ '.repeat(3000)}"`), {
      ...fault,
      column: 25,
    });
    expectZoneFileError(() => parse(`$GENERATE 1-2 a TXT ${'${0,999}'.repeat(5)}`), { ...fault, column: 21 });
  });

  it.each<[string, ExpectedFault]>([
    ['$GENERATE', { code: 'MISSING_FIELD', line: 2, column: 10, reason: 'a range' }],
    ['$GENERATE 1', { code: 'BAD_GENERATE', line: 2, column: 11, reason: '"1"' }],
    ['$GENERATE 2-1 $ A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 11, reason: '"2-1"' }],
    ['$GENERATE 1-2/0 $ A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 11, reason: '"1-2/0"' }],
    ['$GENERATE -1-2 $ A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 11 }],
    ['$GENERATE 0-2147483648 $ A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 11 }],
    ['$GENERATE "1-2" $ A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 11 }],
    ['$GENERATE 1-2', { code: 'MISSING_FIELD', line: 2, column: 14, reason: 'an owner name' }],
    ['$GENERATE 1-2 $ A', { code: 'MISSING_FIELD', line: 2, column: 18, reason: 'data' }],
    ['$GENERATE 1-2 $ MX "1" a', { code: 'EXTRA_FIELD', line: 2, column: 20 }],
    ['$GENERATE 1-2 ${x} A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 15, reason: '"${x}"' }],
    ['$GENERATE 1-2 ${0,1,z} A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 15 }],
    ['$GENERATE 1-2 ${0,99999} A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 15 }],
    ['$GENERATE 1-2 ${-2} A 1.2.3.4', { code: 'BAD_GENERATE', line: 2, column: 15, reason: '-1' }],
    ['$GENERATE 1-2 a..$ A 1.2.3.4', { code: 'BAD_NAME', line: 2, column: 15, reason: '"a..1 A 1.2.3.4"' }],
    ['$GENERATE 1-2 $ B 1.2.3.4', { code: 'UNKNOWN_TYPE', line: 2, column: 17, reason: '"B"' }],
    [
      '$GENERATE 254-256 $ A 1.2.3.$',
      { code: 'BAD_RDATA', line: 2, column: 23, reason: '"256 A 1.2.3.256"' },
    ],
    ['$GENERATE 1-2 $ MX "1 (a"', { code: 'UNBALANCED_PARENTHESES', line: 2, column: 20 }],
    ['$GENERATE 1-2 $ A ";x"', { code: 'MISSING_FIELD', line: 2, column: 19 }],
    ['$GENERATE 1-2 \\$ A "1.2.3.4\n"', { code: 'UNTERMINATED_STRING', line: 2, column: 20 }],
  ])('%j', (text, fault) => {
    expectZoneFileError(() => parse(text), fault);
  });
});
