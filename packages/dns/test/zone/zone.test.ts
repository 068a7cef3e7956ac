import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsUsageError } from '../../src/errors.ts';
import { Name } from '../../src/name.ts';
import { parseRecord } from '../../src/records/presentation/record-text.ts';
import type { ResourceRecord } from '../../src/records/record.ts';
import {
  formatZone,
  parseZone,
  Zone,
  ZoneError,
  ZoneFileError,
  type ZoneErrorCode,
} from '../../src/zone/index.ts';
import { anyRecord } from '../records/presentation/arbitrary.ts';
import { eduText, eduZone, rootText, rootZone } from './scenario.ts';
import { lines } from './text.ts';

const soa = '@ 1 SOA ns host 1 2 3 4 5\n';
const apex = `${soa}@ 1 NS ns\n`;

function zone(text: string): Zone {
  return Zone.fromText(text, { origin: 'z' });
}

function expectZoneError(text: string, code: ZoneErrorCode, record?: string): void {
  let thrown: unknown;
  try {
    zone(text);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ZoneError);
  const { code: found, record: culprit, message } = thrown as ZoneError;
  expect(found).toBe(code);
  expect(culprit && lines([culprit])[0]).toBe(record);
  if (culprit !== undefined) expect(message).toContain(`${culprit.name.toString()} ${culprit.type}: `);
}

describe('records that make no zone', () => {
  it.each<[string, ZoneErrorCode, string?]>([
    ['', 'NO_SOA'],
    ['@ 1 NS ns', 'NO_SOA'],
    [soa, 'NO_NS'],
    [`${soa}a 1 NS ns`, 'NO_NS'],
    [`${apex}@ 1 SOA ns host 2 2 3 4 5`, 'MULTIPLE_SOA', 'z. 1 SOA ns.z. host.z. 2 2 3 4 5'],
    [`${apex}a 1 SOA ns host 1 2 3 4 5`, 'SOA_NOT_AT_APEX', 'a.z. 1 SOA ns.z. host.z. 1 2 3 4 5'],
    [`${apex}a.y. 1 A 192.0.2.1`, 'OUT_OF_ZONE', 'a.y. 1 A 192.0.2.1'],
    [`${apex}. 1 A 192.0.2.1`, 'OUT_OF_ZONE', '. 1 A 192.0.2.1'],
    [`${apex}a 1 CH TXT x`, 'CLASS', 'a.z. 1 CH TXT "x"'],
    [`${apex}a 1 TYPE250 \\# 0`, 'META_TYPE', 'a.z. 1 TYPE250 \\# 0'],
    [`${apex}a 1 TYPE128 \\# 0`, 'META_TYPE', 'a.z. 1 TYPE128 \\# 0'],
    [`${apex}a 1 TYPE0 \\# 0`, 'META_TYPE', 'a.z. 1 TYPE0 \\# 0'],
    [`${apex}a 1 CNAME b\na 1 TXT x`, 'CNAME_AND_OTHER_DATA', 'a.z. 1 TXT "x"'],
    [`${apex}A 1 TXT x\na 1 CNAME b`, 'CNAME_AND_OTHER_DATA', 'A.z. 1 TXT "x"'],
    [`${apex}@ 1 CNAME b`, 'CNAME_AND_OTHER_DATA', 'z. 1 SOA ns.z. host.z. 1 2 3 4 5'],
    [`${apex}a 1 CNAME b\nA 1 CNAME c`, 'MULTIPLE_CNAME', 'A.z. 1 CNAME c.z.'],
    [`${apex}a 1 DNAME b\nA 1 DNAME c`, 'MULTIPLE_DNAME', 'A.z. 1 DNAME c.z.'],
    [`${apex}x.y.a 1 TXT x\na 1 DNAME c`, 'BELOW_DNAME', 'x.y.a.z. 1 TXT "x"'],
    [`${apex}@ 1 DS 1 8 2 AA`, 'DS_AT_APEX', 'z. 1 DS 1 8 2 AA'],
    [`${apex}*.a 1 NS x`, 'WILDCARD_OWNER', '*.a.z. 1 NS x.z.'],
    [`${apex}*.a 1 DNAME x`, 'WILDCARD_OWNER', '*.a.z. 1 DNAME x.z.'],
  ])('%j', expectZoneError);

  it('are refused with the reason where no message could carry them', () => {
    const bad = { ...parseRecord('a.z. 1 A 192.0.2.1'), data: { address: 'x' } } as ResourceRecord;
    const make = (): Zone => new Zone('z', [...parseZone(apex, { origin: 'z' }), bad]);
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_RECORD', record: bad }));
    try {
      make();
    } catch (error) {
      expect((error as ZoneError).cause).toBeInstanceOf(DnsUsageError);
    }
    const address = { ...bad, type: 'TYPE1', data: { bytes: Uint8Array.of(1, 2) } } as ResourceRecord;
    expect(() => new Zone('z', [address])).toThrow(expect.objectContaining({ code: 'BAD_RECORD' }));
  });

  it('are the text’s fault where it is none', () => {
    expect(() => zone('@ SOA')).toThrow(ZoneFileError);
    expect(() => new Zone('a..b', [])).toThrow(DnsUsageError);
  });
});

describe('records that may stand together', () => {
  it.each([
    `${apex}a 1 CNAME b\na 1 NSEC b A\na 1 RRSIG CNAME 8 2 1 1 1 1 z. AA==`,
    `${apex}a 1 DNAME b\na 1 TXT x`,
    `${apex}@ 1 DNAME b.`,
    `${apex}a 1 NS x.a\na 1 DS 1 8 2 AA\nx.a 1 A 192.0.2.1\nb.a 1 DNAME c\nx.b.a 1 TXT hidden`,
    `${apex}*.a 1 CNAME b\nx.*.a 1 NS b`,
    `${apex}${soa}`,
  ])('%j', (text) => {
    expect(zone(text)).toBeInstanceOf(Zone);
  });
});

describe('RRsets', () => {
  it('have no record twice, case aside', () => {
    const text = `${apex}a 1 A 192.0.2.1\nA 1 A 192.0.2.1\na 1 TXT x\na 1 TXT X\n@ 1 NS NS\na 1 MX 1 b\na 1 MX 1 B\na 1 MX 2 b
a 1 SRV 1 2 3 c\na 1 SRV 1 2 3 C\na 1 SRV 1 2 4 c`;
    expect(lines([...zone(text).records()])).toEqual([
      'z. 1 SOA ns.z. host.z. 1 2 3 4 5',
      'z. 1 NS ns.z.',
      'a.z. 1 A 192.0.2.1',
      'a.z. 1 MX 1 b.z.',
      'a.z. 1 MX 2 b.z.',
      'a.z. 1 TXT "x"',
      'a.z. 1 TXT "X"',
      'a.z. 1 SRV 1 2 3 c.z.',
      'a.z. 1 SRV 1 2 4 c.z.',
    ]);
  });

  it('have one TTL, the lowest (RFC 2181 5.2)', () => {
    const text = `${apex}a 9 A 192.0.2.1\na 7 A 192.0.2.2\na 8 A 192.0.2.3\na 6 A 192.0.2.1\na 2 TXT x`;
    expect([...zone(text).records()].slice(2).map(({ ttl }) => ttl)).toEqual([7, 7, 7, 2]);
  });

  it('but signatures have that of what they cover (RFC 4034 3)', () => {
    const signature = (type: string): string => `a 9 RRSIG ${type} 8 2 9 1 1 1 z. AA==`;
    const found = zone(`${apex}${signature('A')}\n${signature('TXT').replace('9', '5')}`).lookup(
      'a.z',
      'RRSIG',
    );
    expect(found.kind === 'answer' && found.records.map(({ ttl }) => ttl)).toEqual([9, 5]);
  });

  it('of types that are known here are such, however they were given', () => {
    const record: ResourceRecord = {
      name: Name.parse('a.z'),
      type: 'TYPE16',
      class: 'IN',
      ttl: 1,
      data: { bytes: Uint8Array.of(1, 0x78) },
    };
    const found = new Zone('z', [...parseZone(apex, { origin: 'z' }), record]).lookup('a.z', 'TXT');
    expect(found.kind === 'answer' && lines(found.records)).toEqual(['a.z. 1 TXT "x"']);
  });
});

describe('a zone', () => {
  it('has a class, which need not be IN', () => {
    const found = zone('@ 1 CH SOA a b 1 2 3 4 5\n NS a\nversion.bind TXT "1"');
    expect(found.class).toBe('CH');
    expect(found.lookup('version.bind.z', 'TXT')).toMatchObject({ kind: 'answer' });
  });

  it('gives its records, SOA first, then names in canonical order (RFC 4034 6.1)', () => {
    const names = ['z.a', 'example', 'a', 'yljkjljk.a', 'Z.a', 'zABC.a', '\\001.z', '*.z', '\\200.z'];
    const text = names.map((name) => `${name} 1 TXT x\n`).join('');
    const owners = [...zone(`${text}${apex}`).records()].map(({ name }) => name.toString());
    expect(owners).toEqual(
      ['@', '@', 'a', 'yljkjljk.a', 'z.a', 'zABC.a', 'example', '\\001.z', '*.z', '\\200.z'].map((name) =>
        name === '@' ? 'z.' : `${name}.z.`,
      ),
    );
  });

  it.each([
    ['of the root', rootZone, rootText, 23],
    ['of EDU', eduZone, eduText, 25],
  ])('%s is the same from its text', (_, found, text, count) => {
    const formatted = formatZone(found);
    expect(formatted.split('\n')).toHaveLength(count + 1);
    expect(formatZone(Zone.fromText(formatted, { origin: found.origin }))).toBe(formatted);
    const sorted = lines(parseZone(text, { origin: found.origin })).sort();
    expect(lines([...found.records()]).sort()).toEqual(sorted);
  });

  it('is the same from its text, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 10 }), (drawn) => {
        const records = parseZone('@ 1 SOA a b 1 2 3 4 5\n NS a', { origin: '.' });
        let made = new Zone('.', records);
        for (const record of drawn) {
          try {
            made = new Zone('.', [...records, record]);
            records.push(record);
          } catch (error) {
            expect(error).toBeInstanceOf(ZoneError);
          }
        }
        const text = formatZone(made);
        expect([...Zone.fromText(text, { origin: '.' }).records()]).toEqual([...made.records()]);
      }),
    );
  });
});
