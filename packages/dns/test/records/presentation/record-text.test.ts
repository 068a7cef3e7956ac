import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsUsageError } from '../../../src/errors.ts';
import { Name } from '../../../src/name.ts';
import { formatRecord, parseRecord } from '../../../src/records/presentation/record-text.ts';
import { ZoneFileError, type ZoneFileErrorCode } from '../../../src/records/presentation/zone-file-error.ts';
import type { ResourceRecord } from '../../../src/records/record.ts';
import { hex } from '../../bytes.ts';
import { expectZoneFileError } from './fault.ts';
import { anyName, anyRecord } from './arbitrary.ts';

const options = { origin: 'example.com', defaultTtl: 60 } as const;

/** What stands behind owner, TTL and class when the line is read and written again. */
function data(text: string): string {
  const formatted = formatRecord(parseRecord(`a ${text}`, options));
  expect(formatted.startsWith('a.example.com. 60 IN ')).toBe(true);
  return formatted.slice('a.example.com. 60 IN '.length);
}

function expectFault(text: string, code: ZoneFileErrorCode, column: number, reason: string): void {
  expectZoneFileError(() => parseRecord(text, options), { code, line: 1, column, reason });
}

describe('round trips', () => {
  it('reads any record back from its text', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(parseRecord(formatRecord(record))).toEqual(record);
      }),
      { numRuns: 1000 },
    );
  });

  it('writes nothing but printable ASCII in one line', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(formatRecord(record)).toMatch(/^[ -~]+$/);
      }),
    );
  });

  it('reads names relative to any origin as they were meant', () => {
    fc.assert(
      fc.property(anyName, anyName, (owner, origin) => {
        fc.pre(owner.labelCount > 0 && owner.byteLength + origin.byteLength <= 256);
        const relative = owner.toString().slice(0, -1);
        const { name } = parseRecord(`${relative} 1 A 192.0.2.1`, { origin });
        expect(name).toEqual(Name.fromLabels([...owner, ...origin]));
      }),
    );
  });
});

describe('owner, TTL, class and type', () => {
  it('take TTL and class in any order, and do without the class', () => {
    for (const text of ['3600 IN A', 'IN 3600 A', '3600 A', '1h in a', 'CLASS1 0h60m TYPE1']) {
      expect(formatRecord(parseRecord(`www.example.com. ${text} 192.0.2.1`))).toBe(
        'www.example.com. 3600 IN A 192.0.2.1',
      );
    }
  });

  it('take the origin for @, which an escape makes an ordinary name', () => {
    expect(formatRecord(parseRecord('@ CNAME \\@', options))).toBe(
      'example.com. 60 IN CNAME \\@.example.com.',
    );
  });

  it('know a final dot that is escaped as part of the name', () => {
    expect(formatRecord(parseRecord('a\\. CNAME a\\\\.', options))).toBe(
      'a\\..example.com. 60 IN CNAME a\\\\.',
    );
  });

  it('let names be the root', () => {
    expect(formatRecord(parseRecord('. NS a', { origin: '.', defaultTtl: 0 }))).toBe('. 0 IN NS a.');
  });

  it('let an owner be called like a type or a class', () => {
    expect(formatRecord(parseRecord('IN CNAME MX', options))).toBe(
      'IN.example.com. 60 IN CNAME MX.example.com.',
    );
  });

  it('join lines by parentheses and leave comments out', () => {
    const text = '; before\n\nwww ( 5 ; TTL (\n CH\tTXT "a;b" ) ; after\n ; end';
    expect(formatRecord(parseRecord(text, options))).toBe('www.example.com. 5 CH TXT "a;b"');
  });

  it('keep the largest TTL and refuse the next', () => {
    expect(parseRecord('a 2147483647 A 192.0.2.1', options).ttl).toBe(2 ** 31 - 1);
    expectFault('a 2147483648 A 192.0.2.1', 'BAD_TTL', 3, '"2147483648"');
  });
});

describe('data', () => {
  it.each([
    ['A 192.0.2.1', 'A 192.0.2.1'],
    ['AAAA 2001:DB8:0:0:0:0:0:1', 'AAAA 2001:db8::1'],
    ['AAAA ::ffff:192.0.2.1', 'AAAA ::ffff:192.0.2.1'],
    ['AAAA 1:0:0:2:0:0:0:3', 'AAAA 1:0:0:2::3'],
    ['AAAA 1:0:2:3:4:5:6:7', 'AAAA 1:0:2:3:4:5:6:7'],
    ['AAAA ::', 'AAAA ::'],
    ['NS ns', 'NS ns.example.com.'],
    ['PTR .', 'PTR .'],
    ['DNAME b.', 'DNAME b.'],
    [
      'SOA ns host\\.master 1 2h 15M 1w3d 0',
      'SOA ns.example.com. host\\.master.example.com. 1 7200 900 864000 0',
    ],
    ['MX 0 .', 'MX 0 .'],
    ['SRV 65535 0 443 @', 'SRV 65535 0 443 example.com.'],
    ['TXT a "b c" ""', 'TXT "a" "b c" ""'],
    ['TXT "a""b"', 'TXT "a" "b"'],
    ['TXT \\"\\065\\\\ "\\"\\;(;)\\255"', 'TXT "\\"A\\\\" "\\";(;)\\255"'],
    ['TXT "\ttab"', 'TXT "\\009tab"'],
    ['TXT é "😀"', 'TXT "\\195\\169" "\\240\\159\\152\\128"'],
    ['CAA 128 issue "ca.example.net; account=1"', 'CAA 128 issue "ca.example.net; account=1"'],
    ['CAA 0 tbs Unknown', 'CAA 0 tbs "Unknown"'],
    [
      'DS 60485 5 1 2BB183AF5F22588179A53B0A ( 98631FAD1A292118 )',
      'DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118',
    ],
    ['DS 1 RSASHA256 2 ab', 'DS 1 8 2 AB'],
    ['DNSKEY 256 3 ecdsap256sha256 ( AQ\nPB Aw== )', 'DNSKEY 256 3 13 AQPBAw=='],
    [
      'RRSIG A 5 3 86400 20030322173103 ( 1045762263 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQ== )',
      'RRSIG A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQ==',
    ],
    ['NSEC host MX A RRSIG TYPE1234 NSEC A TYPE1', 'NSEC host.example.com. A MX RRSIG NSEC TYPE1234'],
    ['NSEC b A cds NSEC3PARAM ANY', 'NSEC b.example.com. A TYPE51 TYPE59 TYPE255'],
    ['NSEC \\000.a', 'NSEC \\000.a.example.com.'],
    ['TYPE65280 \\# 3 ab CD 0e', 'TYPE65280 \\# 3 ABCD0E'],
    ['TYPE65280 \\# 0', 'TYPE65280 \\# 0'],
    ['hinfo \\# 2 0000', 'TYPE13 \\# 2 0000'],
    // RFC 3597 5: the generic form of types that are known.
    ['A \\# 4 c0000201', 'A 192.0.2.1'],
    ['TYPE15 \\# 5 000a 01 62 00', 'MX 10 b.'],
    ['TYPE15 10 b.', 'MX 10 b.'],
    ['TXT "\\#" 4', 'TXT "#" "4"'],
  ])('reads %s', (text, expected) => {
    expect(data(text)).toBe(expected);
  });

  it('has times of RRSIG wrap around with the field, before 1970 and from 2106', () => {
    const { data: found } = parseRecord('a RRSIG A 5 3 60 21060207062816 19691231235959 1 . AA==', options);
    expect(found).toMatchObject({ expiration: 0, inception: 0xffff_ffff });
  });

  it('keeps the case of names', () => {
    expect(data('NS Ns.Example.COM.')).toBe('NS Ns.Example.COM.');
  });

  it('reads address types only in class IN, and the bytes in others (RFC 3597 2)', () => {
    const record = parseRecord('a CH A \\# 4 01020304', options);
    expect(record).toMatchObject({ type: 'TYPE1', class: 'CH', data: { bytes: hex('01 02 03 04') } });
    expect(formatRecord(record)).toBe('a.example.com. 60 CH TYPE1 \\# 4 01020304');
    expect(parseRecord(formatRecord(record))).toEqual(record);
    expectFault('a CH A 1.2.3.4', 'BAD_RDATA', 8, 'class IN');
  });

  it('takes strings of 255 bytes and data of 65,535', () => {
    expect(data(`TXT ${'a'.repeat(255)}`)).toBe(`TXT "${'a'.repeat(255)}"`);
    const strings = `"${'a'.repeat(255)}" `.repeat(255);
    expect(data(`TXT ${strings} ${'b'.repeat(254)}`)).toHaveLength(4 + 258 * 255 + 256);
    expectFault(`a TXT ${strings} ${'b'.repeat(255)}`, 'BAD_RDATA', 7, '65,535');
  });
});

describe('what is no record', () => {
  it.each<[string, ZoneFileErrorCode, number, string]>([
    ['', 'MISSING_FIELD', 1, 'expected a record'],
    ['; nothing', 'MISSING_FIELD', 1, 'expected a record'],
    ['$TTL 3600', 'UNKNOWN_DIRECTIVE', 1, '"$TTL"'],
    ['a', 'MISSING_FIELD', 2, 'a type'],
    ['a 60 IN', 'MISSING_FIELD', 8, 'a type'],
    ['a 60 60 A 1.2.3.4', 'UNKNOWN_TYPE', 6, '"60"'],
    ['a IN CH A 1.2.3.4', 'UNKNOWN_TYPE', 6, '"CH"'],
    ['a ANY A 1.2.3.4', 'UNKNOWN_TYPE', 3, '"ANY"'],
    ['a NONE A 1.2.3.4', 'UNKNOWN_TYPE', 3, '"NONE"'],
    ['a AXFR', 'UNKNOWN_TYPE', 3, '"AXFR"'],
    ['a TYPE65536 \\# 0', 'UNKNOWN_TYPE', 3, '"TYPE65536"'],
    ['a SINKHOLE x y', 'UNKNOWN_TYPE', 3, 'TYPE123'],
    ['a HINFO x y', 'BAD_RDATA', 9, 'data of TYPE13 can only be given as'],
    ['a "A" 1.2.3.4', 'UNKNOWN_TYPE', 3, 'the string "A"'],
    ['"a" A 1.2.3.4', 'BAD_NAME', 1, 'the string "a"'],
    ['a TYPE13 "x"', 'BAD_RDATA', 10, '\\# length hexadecimal'],
    ['a A', 'MISSING_FIELD', 4, 'an IPv4 address'],
    ['a A 1.2.3', 'BAD_RDATA', 5, '"1.2.3"'],
    ['a A 1.2.3.256', 'BAD_RDATA', 5, '"1.2.3.256"'],
    ['a A 01.2.3.4', 'BAD_RDATA', 5, '"01.2.3.4"'],
    ['a A "1.2.3.4"', 'BAD_RDATA', 5, 'the string'],
    ['a A 1.2.3.4 5', 'EXTRA_FIELD', 13, '"5"'],
    ['a AAAA 1.2.3.4', 'BAD_RDATA', 8, 'IPv6'],
    ['a AAAA fe80::1%eth0', 'BAD_RDATA', 8, 'IPv6'],
    ['a MX mail 10', 'BAD_RDATA', 6, 'the preference, a number of 0 to 65535, found "mail"'],
    ['a MX 65536 mail', 'BAD_RDATA', 6, '"65536"'],
    ['a MX -1 mail', 'BAD_RDATA', 6, '"-1"'],
    ['a MX 10', 'MISSING_FIELD', 8, 'a mail exchange'],
    ['a NS a..b', 'BAD_NAME', 6, 'empty label'],
    [`a NS ${'x'.repeat(64)}`, 'BAD_NAME', 6, '63'],
    [`a NS ${'x.'.repeat(124)}x`, 'BAD_NAME', 6, '255'],
    ['a NS \\256', 'BAD_NAME', 6, 'escape'],
    ['a NS é', 'BAD_NAME', 6, 'é'],
    ['a SOA b c 1 2 3 4', 'MISSING_FIELD', 18, 'the minimum TTL'],
    ['a SOA b c 1h 2 3 4 5', 'BAD_RDATA', 11, 'the serial'],
    ['a SOA b c 1 2y 3 4 5', 'BAD_RDATA', 13, 'the refresh interval'],
    ['a TXT', 'MISSING_FIELD', 6, 'a string'],
    ['a TXT "\\25"', 'BAD_ESCAPE', 7, '\\25'],
    ['a TXT \\256', 'BAD_ESCAPE', 7, '\\256'],
    ['a TXT \ud800', 'BAD_CHARACTER', 7, 'surrogate'],
    [`a TXT ${'x'.repeat(256)}`, 'BAD_RDATA', 7, '256 bytes'],
    ['a CAA 0 is-sue x', 'BAD_RDATA', 9, '"is-sue"'],
    ['a CAA 256 issue x', 'BAD_RDATA', 7, 'the flags'],
    ['a DS 1 8 2 abc', 'BAD_RDATA', 12, 'hexadecimal'],
    ['a DS 1 8 2 ab c!', 'BAD_RDATA', 15, '"c!"'],
    ['a DS 1 8 2', 'MISSING_FIELD', 11, 'the digest'],
    ['a DS 1 RSA 2 ab', 'BAD_RDATA', 8, 'the algorithm'],
    ['a DNSKEY 256 3 8 AQ=', 'BAD_RDATA', 18, 'base 64'],
    ['a DNSKEY 256 3 8 AQ==AQ==', 'BAD_RDATA', 18, 'base 64'],
    ['a DNSKEY 256 3 8 AR==', 'BAD_RDATA', 18, 'base 64'],
    ['a RRSIG A 8 1 60 20260230000000 1 1 . AA==', 'BAD_RDATA', 18, '"20260230000000"'],
    ['a RRSIG A 8 1 60 2026010100000 1 1 . AA==', 'BAD_RDATA', 18, 'the expiration'],
    ['a RRSIG A 8 1 60 2026010100000x 1 1 . AA==', 'BAD_RDATA', 18, '"2026010100000x"'],
    ['a RRSIG IN 8 1 60 1 1 1 . AA==', 'BAD_RDATA', 9, '"IN"'],
    ['a NSEC b A B', 'BAD_RDATA', 12, '"B"'],
    ['a TYPE300 \\#', 'MISSING_FIELD', 13, 'the length'],
    ['a TYPE300 \\# x', 'BAD_RDATA', 14, 'the length'],
    ['a TYPE300 \\# 2 ab', 'BAD_RDATA', 14, 'a length of 2, but 1 bytes'],
    ['a TYPE300 \\# 1 a', 'BAD_RDATA', 16, 'hexadecimal'],
    ['a TYPE300 \\# 1', 'BAD_RDATA', 14, 'a length of 1'],
    ['a A \\# 3 010203', 'BAD_RDATA', 10, 'no data of A'],
    ['a A \\# 5 0102030405', 'BAD_RDATA', 10, 'no data of A'],
    ['a NS \\# 2 c000', 'BAD_RDATA', 11, 'no data of NS'],
  ])('refuses %j', expectFault);

  it('is two of them', () => {
    const run = (): unknown => parseRecord('a A 1.2.3.4\n\nb A 1.2.3.4', options);
    expectZoneFileError(run, { code: 'EXTRA_FIELD', line: 3, column: 1, reason: '"b"' });
  });

  it('needs an origin for a relative name, and a TTL', () => {
    expect(() => parseRecord('a 1 A 1.2.3.4')).toThrow(
      expect.objectContaining({ code: 'NO_ORIGIN', column: 1 }),
    );
    expect(() => parseRecord('a. 1 NS @')).toThrow(expect.objectContaining({ code: 'NO_ORIGIN', column: 9 }));
    expect(() => parseRecord('a. A 1.2.3.4')).toThrow(expect.objectContaining({ code: 'NO_TTL', column: 4 }));
    expect(() => parseRecord(' A 1.2.3.4')).toThrow(expect.objectContaining({ code: 'NO_OWNER', column: 2 }));
  });

  it('never throws anything but ZoneFileError, whatever the text', () => {
    const word = fc.constantFrom(
      ...[
        'a',
        '@',
        'A',
        'TXT',
        'SVCB',
        'RRSIG',
        'NSEC',
        '\\#',
        '1',
        '0',
        '(',
        ')',
        '"',
        ';',
        '\\',
        '\n',
        ' ',
      ],
      ...[
        '20260101000000',
        'alpn=',
        'mandatory=',
        'key1=',
        '=',
        ',',
        'é',
        '\ud800',
        '.',
        'IN',
        'CLASS3',
        'AA==',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 20 }), (words) => {
        for (const text of [words.join(''), words.join(' '), `a SVCB 1 . ${words.join(' ')}`]) {
          try {
            const record = parseRecord(text, options);
            expect(parseRecord(formatRecord(record))).toEqual(record);
          } catch (error) {
            expect(error).toBeInstanceOf(ZoneFileError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('records that cannot be written', () => {
  it('are refused as the caller’s fault', () => {
    const record = { ...parseRecord('a. 1 A 1.2.3.4'), data: { address: '1.2.3.4.5' } } as ResourceRecord;
    expect(() => formatRecord(record)).toThrow(DnsUsageError);
    expect(() => formatRecord({ ...parseRecord('a. 1 A 1.2.3.4'), ttl: -1 })).toThrow(
      expect.objectContaining({ code: 'BAD_RECORD' }),
    );
  });

  it('are not those of an UPDATE, which have no data (RFC 2136 2.4)', () => {
    const record = {
      name: Name.parse('a'),
      type: 'TYPE1',
      class: 'ANY',
      ttl: 0,
      data: { bytes: hex('') },
    } as const;
    expect(formatRecord(record)).toBe('a. 0 ANY TYPE1 \\# 0');
  });
});
