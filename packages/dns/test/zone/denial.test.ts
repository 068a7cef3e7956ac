import { describe, expect, it } from 'vitest';
import type { QuestionType } from '../../src/records/record.ts';
import { Zone } from '../../src/zone/zone.ts';
import { lines } from './text.ts';

/** The names of the zone of RFC 4035 appendix A, in short: each RRset with a signature whose key tag tells it. */
const zone = Zone.fromText(
  `
$ORIGIN example.
$TTL 3600
@        SOA   ns1 bugs 1081539377 3600 300 3600000 600
@        NS    ns1
@        NSEC  a NS SOA RRSIG NSEC
a        NS    ns1.a
a        DS    57855 5 1 B6DCD485719ADCA18E5F3D48A2331627FDD3636B
a        NSEC  alias NS DS RRSIG NSEC
ns1.a    A     192.0.2.5
alias    CNAME x.w
alias    NSEC  b CNAME RRSIG NSEC
b        NS    ns1.b
b        NSEC  d NS RRSIG NSEC
ns1.b    A     192.0.2.7
d        DNAME w
d        NSEC  ns1 DNAME RRSIG NSEC
ns1      A     192.0.2.1
ns1      NSEC  *.w A RRSIG NSEC
*.w      MX    1 ai
*.w      NSEC  x.y.z MX RRSIG NSEC
x.y.z    A     192.0.2.9
x.y.z    NSEC  @ A RRSIG NSEC
@        RRSIG SOA   5 1 3600 1 1 1 @ AA==
@        RRSIG NS    5 1 3600 1 1 2 @ AA==
@        RRSIG NSEC  5 1 3600 1 1 3 @ AA==
a        RRSIG DS    5 2 3600 1 1 4 @ AA==
a        RRSIG NSEC  5 2 3600 1 1 5 @ AA==
alias    RRSIG CNAME 5 2 3600 1 1 6 @ AA==
b        RRSIG NSEC  5 2 3600 1 1 7 @ AA==
ns1      RRSIG A     5 2 3600 1 1 8 @ AA==
ns1      RRSIG NSEC  5 2 3600 1 1 9 @ AA==
*.w      RRSIG MX    5 2 3600 1 1 10 @ AA==
*.w      RRSIG NSEC  5 2 3600 1 1 11 @ AA==
x.y.z    RRSIG A     5 4 3600 1 1 12 @ AA==
x.y.z    RRSIG NSEC  5 4 3600 1 1 13 @ AA==
d        RRSIG DNAME 5 2 3600 1 1 14 @ AA==
d        RRSIG NSEC  5 2 3600 1 1 15 @ AA==
`,
  { origin: 'example' },
);

/** Owner and type; of a signature what it covers. */
function brief(name: string, type: QuestionType): { kind: string; answer: string[]; proof: string[] } {
  const found = zone.lookup(name, type, { dnssec: true });
  if (found.kind === 'not-in-zone' || found.kind === 'name-too-long') expect.fail(found.kind);
  const short = (line: string): string => line.replace(/^(\S+) \d+ (RRSIG \S+|\S+) .*$/, '$1 $2');
  return {
    kind: found.kind,
    answer: lines(found.kind === 'answer' ? found.records : found.aliases).map(short),
    proof: lines(found.proof).map(short),
  };
}

describe('with signatures', () => {
  it('an answer has those of its RRset, and no others', () => {
    expect(brief('ns1.example', 'A')).toEqual({
      kind: 'answer',
      answer: ['ns1.example. A', 'ns1.example. RRSIG A'],
      proof: [],
    });
    expect(brief('example', 'NS').answer).toEqual(['example. NS', 'example. RRSIG NS']);
  });

  it('an answer has none that were not asked for', () => {
    const found = zone.lookup('ns1.example', 'A');
    expect(found.kind === 'answer' && found.records).toHaveLength(1);
    expect(zone.lookup('nothing.example', 'A')).toMatchObject({ kind: 'name-error', proof: [] });
  });

  it('a name error proves that neither the name nor a wildcard is there (RFC 4035 3.1.3.2)', () => {
    expect(brief('ml.example', 'A')).toEqual({
      kind: 'name-error',
      answer: [],
      proof: [
        'example. RRSIG SOA',
        'd.example. NSEC',
        'd.example. RRSIG NSEC',
        'example. NSEC',
        'example. RRSIG NSEC',
      ],
    });
    // One record may prove both.
    expect(brief('0.example', 'A').proof).toEqual([
      'example. RRSIG SOA',
      'example. NSEC',
      'example. RRSIG NSEC',
    ]);
  });

  it('the signature of SOA has the negative TTL as well', () => {
    const found = zone.lookup('ml.example', 'A', { dnssec: true });
    expect(found.kind === 'name-error' && [found.soa.ttl, found.proof[0]?.ttl]).toEqual([600, 600]);
  });

  it('no data is proven by the name’s own NSEC record (RFC 4035 3.1.3.1)', () => {
    expect(brief('ns1.example', 'MX')).toEqual({
      kind: 'no-data',
      answer: [],
      proof: ['example. RRSIG SOA', 'ns1.example. NSEC', 'ns1.example. RRSIG NSEC'],
    });
  });

  it('no data of a name without records is proven by the record that covers it', () => {
    expect(brief('y.z.example', 'A').proof).toEqual([
      'example. RRSIG SOA',
      '*.w.example. NSEC',
      '*.w.example. RRSIG NSEC',
    ]);
  });

  it('an answer from a wildcard proves that no closer name is there (RFC 4035 3.1.3.3)', () => {
    expect(brief('a.z.w.example', 'MX')).toEqual({
      kind: 'answer',
      answer: ['a.z.w.example. MX', 'a.z.w.example. RRSIG MX'],
      proof: ['*.w.example. NSEC', '*.w.example. RRSIG NSEC'],
    });
  });

  it('no data at a wildcard proves that, and what types it has (RFC 4035 3.1.3.4)', () => {
    expect(brief('a.z.w.example', 'AAAA')).toEqual({
      kind: 'no-data',
      answer: [],
      proof: ['*.w.example. NSEC', '*.w.example. RRSIG NSEC', 'example. RRSIG SOA'],
    });
  });

  it('a referral has the DS records, or the proof that there are none (RFC 4035 3.1.4)', () => {
    expect(brief('mc.a.example', 'MX')).toEqual({
      kind: 'delegation',
      answer: [],
      proof: ['a.example. DS', 'a.example. RRSIG DS'],
    });
    expect(brief('mc.b.example', 'MX').proof).toEqual(['b.example. NSEC', 'b.example. RRSIG NSEC']);
  });

  it('DS at a cut is answered, or proven not to be there', () => {
    expect(brief('a.example', 'DS').answer).toEqual(['a.example. DS', 'a.example. RRSIG DS']);
    expect(brief('b.example', 'DS')).toMatchObject({
      kind: 'no-data',
      proof: ['example. RRSIG SOA', 'b.example. NSEC', 'b.example. RRSIG NSEC'],
    });
  });

  it('aliases have theirs, but for CNAME records made from DNAME', () => {
    expect(brief('alias.example', 'MX')).toEqual({
      kind: 'answer',
      answer: [
        'alias.example. CNAME',
        'alias.example. RRSIG CNAME',
        'x.w.example. MX',
        'x.w.example. RRSIG MX',
      ],
      proof: ['*.w.example. NSEC', '*.w.example. RRSIG NSEC'],
    });
    expect(brief('q.d.example', 'MX').answer).toEqual([
      'd.example. DNAME',
      'd.example. RRSIG DNAME',
      'q.d.example. CNAME',
      'q.w.example. MX',
      'q.w.example. RRSIG MX',
    ]);
  });
});
