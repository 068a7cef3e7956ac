import { describe, expect, it } from 'vitest';
import type { QuestionType } from '../../src/records/record.ts';
import { Zone } from '../../src/zone/zone.ts';
import { lines } from './text.ts';

/** The zone of RFC 4592 2.2.1, its dots filled in. */
const zone = Zone.fromText(
  `
$ORIGIN example.
example.                 3600 IN  SOA   ns.example.com. hostmaster 1 2 3 4 3600
example.                 3600     NS    ns.example.com.
example.                 3600     NS    ns.example.net.
*.example.               3600     TXT   "this is a wildcard"
*.example.               3600     MX    10 host1.example.
sub.*.example.           3600     TXT   "this is not a wildcard"
host1.example.           3600     A     192.0.2.1
_ssh._tcp.host1.example. 3600     SRV   0 0 22 host1
_ssh._tcp.host2.example. 3600     SRV   0 0 22 host2
subdel.example.          3600     NS    ns.example.com.
subdel.example.          3600     NS    ns.example.net.
`,
  { origin: 'example' },
);

function kind(name: string, type: QuestionType): string {
  return zone.lookup(name, type).kind;
}

describe('the examples of RFC 4592 2.2.1: synthesised from a wildcard', () => {
  it.each([
    ['host3.example.', 'MX', ['host3.example. 3600 MX 10 host1.example.']],
    ['foo.bar.example.', 'TXT', ['foo.bar.example. 3600 TXT "this is a wildcard"']],
    ['Foo.BAR.exAMPLE.', 'TXT', ['Foo.BAR.exAMPLE. 3600 TXT "this is a wildcard"']],
  ] as const)('%s %s', (name, type, expected) => {
    const found = zone.lookup(name, type);
    expect(found).toMatchObject({ kind: 'answer', isWildcard: true, next: undefined });
    expect(found.kind === 'answer' && lines(found.records)).toEqual(expected);
  });

  it('host3.example. A, as there is no A record at *.example.', () => {
    expect(zone.lookup('host3.example.', 'A')).toMatchObject({ kind: 'no-data', isWildcard: true });
  });
});

describe('the examples of RFC 4592 2.2.1: not synthesised', () => {
  it('host1.example. MX, because host1.example. exists', () => {
    expect(zone.lookup('host1.example.', 'MX')).toMatchObject({ kind: 'no-data', isWildcard: false });
  });

  it('sub.*.example. MX, because sub.*.example. exists', () => {
    expect(zone.lookup('sub.*.example.', 'MX')).toMatchObject({ kind: 'no-data', isWildcard: false });
  });

  it('_telnet._tcp.host1.example. SRV, because _tcp.host1.example. exists without data', () => {
    expect(kind('_telnet._tcp.host1.example.', 'SRV')).toBe('name-error');
  });

  it('host.subdel.example. A, because subdel.example. is a zone cut', () => {
    expect(kind('host.subdel.example.', 'A')).toBe('delegation');
  });

  it('ghost.*.example. MX, because *.example. exists', () => {
    expect(kind('ghost.*.example.', 'MX')).toBe('name-error');
  });
});

describe('wildcards otherwise', () => {
  it('are names that can be asked for themselves (RFC 4592 2.3)', () => {
    const found = zone.lookup('*.example.', 'MX');
    expect(found).toMatchObject({ kind: 'answer', isWildcard: false });
    expect(found.kind === 'answer' && lines(found.records)).toEqual(['*.example. 3600 MX 10 host1.example.']);
  });

  it('do not stand for names that exist without records, nor for those below one', () => {
    expect(kind('host2.example.', 'TXT')).toBe('no-data');
    expect(kind('_tcp.host2.example.', 'TXT')).toBe('no-data');
    expect(kind('other.host2.example.', 'TXT')).toBe('name-error');
  });

  it('stand for any number of labels', () => {
    const name = `${'x.'.repeat(120)}example.`;
    expect(zone.lookup(name, 'TXT')).toMatchObject({ kind: 'answer', isWildcard: true });
  });

  it('may be aliases, whose targets are followed', () => {
    const other = Zone.fromText(
      '$TTL 5\n@ SOA a b 1 2 3 4 5\n@ NS ns\n*.a CNAME x.b\n*.b TXT y\n*.loop CNAME z.loop\n',
      { origin: 'o' },
    );
    const found = other.lookup('Q.a.o', 'TXT');
    expect(found.kind === 'answer' && lines(found.records)).toEqual([
      'Q.a.o. 5 CNAME x.b.o.',
      'x.b.o. 5 TXT "y"',
    ]);
    const loop = other.lookup('q.loop.o', 'TXT');
    expect(loop.kind === 'answer' && lines(loop.records)).toEqual([
      'q.loop.o. 5 CNAME z.loop.o.',
      'z.loop.o. 5 CNAME z.loop.o.',
    ]);
  });
});
