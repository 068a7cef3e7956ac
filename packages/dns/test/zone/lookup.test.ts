import { describe, expect, it } from 'vitest';
import { DnsUsageError } from '../../src/errors.ts';
import { Name } from '../../src/name.ts';
import type { QuestionType } from '../../src/records/record.ts';
import type { Lookup } from '../../src/zone/lookup.ts';
import { Zone } from '../../src/zone/zone.ts';
import { lines } from './text.ts';

const zone = Zone.fromText(
  `
$TTL 60
@            SOA    ns host 7 2 3 4 30
             NS     ns
             NS     ns.other.
             TXT    apex
ns           A      192.0.2.1
             AAAA   2001:db8::1
www          CNAME  Host
host         A      192.0.2.2
             A      192.0.2.3
             TXT    x
deep.er.ent  A      192.0.2.4
out          CNAME  www.other.
missing      CNAME  nothing
nodata       CNAME  ns
loop1        CNAME  loop2
loop2        CNAME  loop3
loop3        CNAME  loop1
self         CNAME  self
to-child     CNAME  www.child
child        NS     ns.child
             NS     ns
             NS     ns.sibling
             NS     ns.other.
             DS     1 8 2 AABB
             A      192.0.2.9
ns.child     A      192.0.2.5
www.child    A      192.0.2.6
sub.child    NS     ns.sub.child
sibling      NS     ns.sibling
ns.sibling   AAAA   2001:db8::5
dname        DNAME  target
             TXT    d
a.target     A      192.0.2.7
b.target     CNAME  a.dname
away         DNAME  other.
circle       DNAME  circle
ring         DNAME  x.ring
unknown      TYPE65280 \\# 1 00
             TXT    u
             MX     0 host
`,
  { origin: 'example' },
);

function expectAnswer(found: Lookup, records: readonly string[], next?: string): void {
  expect(found.kind === 'answer' && lines(found.records)).toEqual(records);
  expect(found.kind === 'answer' && found.next?.toString()).toBe(next);
}

const soa = 'example. 30 SOA ns.example. host.example. 7 2 3 4 30';

function expectNegative(
  found: Lookup,
  kind: 'no-data' | 'name-error',
  aliases: readonly string[] = [],
): void {
  if (found.kind !== kind) expect.fail(`${found.kind} instead of ${kind}`);
  expect(lines(found.aliases)).toEqual(aliases);
  expect(lines([found.soa])).toEqual([soa]);
}

describe('records of a name', () => {
  it('are found whatever the case, and keep their own', () => {
    expectAnswer(zone.lookup('HOST.Example', 'A'), [
      'host.example. 60 A 192.0.2.2',
      'host.example. 60 A 192.0.2.3',
    ]);
    expectAnswer(zone.lookup(Name.parse('hosT.example.'), 'TXT'), ['host.example. 60 TXT "x"']);
  });

  it('are found by the number of the type', () => {
    expectAnswer(zone.lookup('host.example', 'TYPE16'), ['host.example. 60 TXT "x"']);
    expectAnswer(zone.lookup('unknown.example', 'TYPE65280'), ['unknown.example. 60 TYPE65280 \\# 1 00']);
  });

  it('are those of the apex, NS and SOA among them', () => {
    expectAnswer(zone.lookup('example', 'NS'), ['example. 60 NS ns.example.', 'example. 60 NS ns.other.']);
    expectAnswer(zone.lookup('example', 'SOA'), ['example. 60 SOA ns.example. host.example. 7 2 3 4 30']);
  });

  it('are not a zone for every name', () => {
    for (const name of ['other', '.', 'ample', 'an.ample', 'xexample']) {
      expect(zone.lookup(name, 'A')).toEqual({ kind: 'not-in-zone' });
    }
    expect(zone.lookup(Name.fromLabels([new TextEncoder().encode('x\x07example')]), 'A').kind).toBe(
      'not-in-zone',
    );
  });

  it('are one RRset for ANY: CNAME, or the lowest type (RFC 8482 4.1)', () => {
    expectAnswer(zone.lookup('unknown.example', 'ANY'), ['unknown.example. 60 MX 0 host.example.']);
    expectAnswer(zone.lookup('www.example', 'ANY'), ['www.example. 60 CNAME Host.example.']);
    expectAnswer(zone.lookup('example', 'ANY'), ['example. 60 NS ns.example.', 'example. 60 NS ns.other.']);
    expectNegative(zone.lookup('ent.example', 'ANY'), 'no-data');
  });

  it('cannot be asked for by AXFR and IXFR', () => {
    for (const type of ['AXFR', 'IXFR', 'TYPE252'] as QuestionType[]) {
      expect(() => zone.lookup('example', type)).toThrow(DnsUsageError);
    }
    expect(() => zone.lookup('a..b', 'A')).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
  });
});

describe('what is not there', () => {
  it('is a name error where neither the name exists nor one below', () => {
    expectNegative(zone.lookup('nothing.example', 'A'), 'name-error');
    expectNegative(zone.lookup('a.host.example', 'A'), 'name-error');
    expectNegative(zone.lookup('x.er.ent.example', 'A'), 'name-error');
    expectNegative(zone.lookup(`${'a.'.repeat(120)}example`, 'A'), 'name-error');
  });

  it('is no data where the name exists, if only because one below it does (RFC 8020 2)', () => {
    expectNegative(zone.lookup('host.example', 'AAAA'), 'no-data');
    expectNegative(zone.lookup('er.ent.example', 'A'), 'no-data');
    expectNegative(zone.lookup('ENT.example', 'A'), 'no-data');
    expectNegative(zone.lookup('target.example', 'A'), 'no-data');
  });

  it('is remembered for the lesser of the TTL of SOA and its minimum (RFC 2308 3)', () => {
    const text = (ttl: number, minimum: number): string =>
      `@ ${String(ttl)} SOA a b 1 2 3 4 ${String(minimum)}\n NS a`;
    expect(Zone.fromText(text(5, 9), { origin: 'z' }).soa).toMatchObject({ ttl: 5, data: { minimum: 9 } });
    expect(Zone.fromText(text(9, 5), { origin: 'z' }).soa).toMatchObject({ ttl: 5, data: { minimum: 5 } });
    expectAnswer(Zone.fromText(text(9, 5), { origin: 'z' }).lookup('z', 'SOA'), [
      'z. 9 SOA a.z. b.z. 1 2 3 4 5',
    ]);
  });
});

describe('CNAME', () => {
  it('is followed in the zone', () => {
    expectAnswer(zone.lookup('www.example', 'A'), [
      'www.example. 60 CNAME Host.example.',
      'host.example. 60 A 192.0.2.2',
      'host.example. 60 A 192.0.2.3',
    ]);
  });

  it('is not followed where it is what was asked for', () => {
    expectAnswer(zone.lookup('www.example', 'CNAME'), ['www.example. 60 CNAME Host.example.']);
  });

  it('is followed out of the zone by whoever asked', () => {
    expectAnswer(zone.lookup('out.example', 'A'), ['out.example. 60 CNAME www.other.'], 'www.other.');
  });

  it('leads to what is not there as to what is', () => {
    expectNegative(zone.lookup('missing.example', 'A'), 'name-error', [
      'missing.example. 60 CNAME nothing.example.',
    ]);
    expectNegative(zone.lookup('nodata.example', 'MX'), 'no-data', ['nodata.example. 60 CNAME ns.example.']);
  });

  it('leads below a cut', () => {
    expect(zone.lookup('to-child.example', 'A')).toMatchObject({
      kind: 'delegation',
      aliases: [{ type: 'CNAME' }],
    });
  });

  it('ends where it goes round', () => {
    expectAnswer(zone.lookup('loop1.example', 'A'), [
      'loop1.example. 60 CNAME loop2.example.',
      'loop2.example. 60 CNAME loop3.example.',
      'loop3.example. 60 CNAME loop1.example.',
    ]);
    expectAnswer(zone.lookup('self.example', 'A'), ['self.example. 60 CNAME self.example.']);
  });

  it('is followed sixteen times', () => {
    const text = Array.from(
      { length: 20 },
      (_, index) => `c${String(index)} CNAME c${String(index + 1)}\n`,
    ).join('');
    const chain = Zone.fromText(`$TTL 1\n@ SOA a b 1 2 3 4 5\n NS a\n${text}c20 A 192.0.2.1`, {
      origin: 'z',
    });
    const short = chain.lookup('c4.z', 'A');
    expect(short.kind === 'answer' && short.records).toHaveLength(16);
    const enough = chain.lookup('c5.z', 'A');
    expect(enough.kind === 'answer' && lines(enough.records).at(-1)).toBe('c20.z. 1 A 192.0.2.1');
  });
});

describe('a zone cut', () => {
  const nameServers = [
    'child.example. 60 NS ns.child.example.',
    'child.example. 60 NS ns.example.',
    'child.example. 60 NS ns.sibling.example.',
    'child.example. 60 NS ns.other.',
  ];
  const glue = [
    'ns.child.example. 60 A 192.0.2.5',
    'ns.example. 60 A 192.0.2.1',
    'ns.example. 60 AAAA 2001:db8::1',
    'ns.sibling.example. 60 AAAA 2001:db8::5',
  ];

  it.each([
    ['child.example', 'A'],
    ['child.example', 'NS'],
    ['child.example', 'ANY'],
    ['CHILD.example', 'SOA'],
    // Glue is not this zone's to answer, nor is what else stands below.
    ['ns.child.example', 'A'],
    ['www.child.example', 'A'],
    ['nothing.child.example', 'A'],
    // A cut below a cut is hidden.
    ['x.sub.child.example', 'A'],
    ['sub.child.example', 'DS'],
    ['www.child.example', 'DS'],
  ] as const)('delegates %s %s', (name, type) => {
    const found = zone.lookup(name, type);
    if (found.kind !== 'delegation') expect.fail(found.kind);
    expect(found.cut.toString()).toBe('child.example.');
    expect(lines(found.nameServers)).toEqual(nameServers);
    expect(lines(found.glue)).toEqual(glue);
    expect(found.aliases).toEqual([]);
  });

  it('has the glue first that the child cannot be reached without (RFC 9471 3.1)', () => {
    const text = '$TTL 1\n@ SOA a b 1 2 3 4 5\n NS ns\nc NS ns\nc NS ns.c\nns A 192.0.2.1\nns.c A 192.0.2.2';
    const found = Zone.fromText(text, { origin: 'z' }).lookup('c.z', 'A');
    expect(found.kind === 'delegation' && lines(found.glue)).toEqual([
      'ns.c.z. 1 A 192.0.2.2',
      'ns.z. 1 A 192.0.2.1',
    ]);
  });

  it('keeps DS for itself (RFC 4035 3.1.4.1)', () => {
    expectAnswer(zone.lookup('child.example', 'DS'), ['child.example. 60 DS 1 8 2 AABB']);
    expectNegative(zone.lookup('sibling.example', 'DS'), 'no-data');
  });

  it('has addresses only as glue', () => {
    expect(lines(zone.addresses(Name.parse('ns.example')))).toHaveLength(2);
    expect(zone.addresses(Name.parse('ns.child.example'))).toEqual([]);
    expect(lines(zone.addresses(Name.parse('ns.child.example'), { glue: true }))).toEqual(glue.slice(0, 1));
    expect(zone.addresses(Name.parse('nothing.example'), { glue: true })).toEqual([]);
  });
});

describe('DNAME', () => {
  it('is the name’s own record, beside others', () => {
    expectAnswer(zone.lookup('dname.example', 'DNAME'), ['dname.example. 60 DNAME target.example.']);
    expectAnswer(zone.lookup('dname.example', 'TXT'), ['dname.example. 60 TXT "d"']);
    expectNegative(zone.lookup('dname.example', 'A'), 'no-data');
  });

  it('exchanges the end of the names below, with a CNAME record in the case that was asked', () => {
    expectAnswer(zone.lookup('A.dName.example', 'A'), [
      'dname.example. 60 DNAME target.example.',
      'A.dName.example. 60 CNAME A.target.example.',
      'a.target.example. 60 A 192.0.2.7',
    ]);
    expectAnswer(zone.lookup('a.dname.example', 'CNAME'), [
      'dname.example. 60 DNAME target.example.',
      'a.dname.example. 60 CNAME a.target.example.',
    ]);
    expectAnswer(zone.lookup('a.dname.example', 'ANY'), [
      'dname.example. 60 DNAME target.example.',
      'a.dname.example. 60 CNAME a.target.example.',
    ]);
  });

  it('is given once, however often it is used', () => {
    expectAnswer(zone.lookup('b.dname.example', 'A'), [
      'dname.example. 60 DNAME target.example.',
      'b.dname.example. 60 CNAME b.target.example.',
      'b.target.example. 60 CNAME a.dname.example.',
      'a.dname.example. 60 CNAME a.target.example.',
      'a.target.example. 60 A 192.0.2.7',
    ]);
  });

  it('leads to what is not there, and out of the zone', () => {
    expectNegative(zone.lookup('x.dname.example', 'A'), 'name-error', [
      'dname.example. 60 DNAME target.example.',
      'x.dname.example. 60 CNAME x.target.example.',
    ]);
    expectAnswer(
      zone.lookup('x.y.away.example', 'A'),
      ['away.example. 60 DNAME other.', 'x.y.away.example. 60 CNAME x.y.other.'],
      'x.y.other.',
    );
  });

  it('ends where it goes round', () => {
    expectAnswer(zone.lookup('x.circle.example', 'A'), [
      'circle.example. 60 DNAME circle.example.',
      'x.circle.example. 60 CNAME x.circle.example.',
    ]);
    const ring = zone.lookup('y.ring.example', 'A');
    expect(ring.kind === 'answer' && ring.records).toHaveLength(17);
  });

  it('may make a name that is too long (RFC 6672 2.2)', () => {
    const suffix = `${'a.'.repeat(100)}other.`;
    const long = Zone.fromText(`$TTL 1\n@ SOA a b 1 2 3 4 5\n NS a\nd DNAME ${suffix}`, { origin: 'z' });
    // 207 bytes, and a label of 47 with its length.
    expect(Name.parse(suffix).byteLength).toBe(255 - 48);
    const fits = long.lookup(`${'x'.repeat(47)}.d.z`, 'A');
    expect(fits.kind === 'answer' && fits.next?.byteLength).toBe(255);
    const found = long.lookup(`${'x'.repeat(48)}.d.z`, 'A');
    expect(found.kind === 'name-too-long' && lines(found.aliases)).toEqual([`d.z. 1 DNAME ${suffix}`]);
  });
});
