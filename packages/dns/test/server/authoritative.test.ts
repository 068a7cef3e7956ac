import { describe, expect, it } from 'vitest';
import { DnsUsageError } from '../../src/errors.ts';
import { query, type Message, type QuestionType } from '../../src/message/index.ts';
import { authoritative, type AuthoritativeHandler } from '../../src/server/authoritative.ts';
import { Zone } from '../../src/zone/zone.ts';
import { ask, nothing, plain, sections, type Sections } from './authoritative-answer.ts';

const zone = Zone.fromText(
  `
$TTL 60
@       SOA   ns host 1 2 3 4 5
@       NS    ns
@       NS    ns.child
ns      A     192.0.2.1
mail    AAAA  2001:db8::2
mx      MX    1 mail
mx      MX    2 mail
mx      MX    3 ns.child
mx      MX    4 elsewhere.
mx      MX    5 Host.Other
_s._tcp SRV   0 0 1 mail
_s._tcp SRV   0 0 2 ns
svc     HTTPS 1 . alpn=h2
svc     A     192.0.2.7
svc     HTTPS 2 mail
none    HTTPS 0 .
ptr     PTR   mail
child   NS    ns.child
child   DS    1 8 2 AA
ns.child A    192.0.2.3
over    CNAME there.other.
under   CNAME www.child
long    DNAME ${'x.'.repeat(100)}other.
back    CNAME forth.other.
round   CNAME round.other.
lost    CNAME nothing.other.
`,
  { origin: 'example' },
);
const other = Zone.fromText(
  `
$TTL 60
@     SOA   ns host 1 2 3 4 5
@     NS    ns.example.
there A     192.0.2.4
host  A     192.0.2.5
forth CNAME under.example.
round CNAME round.example.
`,
  { origin: 'other' },
);
const child = Zone.fromText('$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ NS ns\nns A 192.0.2.3\nwww A 192.0.2.6', {
  origin: 'child.example',
});

const handler = authoritative([zone]);
const both = authoritative([zone, other]);
const all = authoritative([zone, child, other]);

function answerOf(server: AuthoritativeHandler, name: string, type: QuestionType): Sections {
  return sections(ask(server, query(name, type, plain)));
}

describe('queries that get no records', () => {
  const refused = (changes: Partial<Message>): Message => {
    const answer = ask(handler, { ...query('ns.example', 'A', { id: 7 }), ...changes });
    const { answers, authorities, additionals, isAuthoritative } = answer;
    expect({ answers, authorities, additionals, isAuthoritative }).toEqual({
      answers: [],
      authorities: [],
      additionals: [],
      isAuthoritative: false,
    });
    expect(answer.id).toBe(7);
    expect(answer.isResponse).toBe(true);
    return answer;
  };
  const [question] = query('ns.example', 'A', plain).questions as [Message['questions'][0]];

  it.each(['IQUERY', 'STATUS', 'NOTIFY', 'UPDATE', 'OPCODE3', 'OPCODE15'] as const)(
    '%s is NOTIMP',
    (opcode) => {
      const answer = refused({ opcode });
      expect(answer).toMatchObject({ rcode: 'NOTIMP', opcode });
      expect(answer.questions).toEqual([question]);
    },
  );

  it('no question, or two, are FORMERR', () => {
    expect(refused({ questions: [] }).rcode).toBe('FORMERR');
    expect(refused({ questions: [question, question] }).rcode).toBe('FORMERR');
  });

  it.each(['CH', 'HS', 'NONE', 'ANY', 'CLASS2'] as const)('class %s is REFUSED', (questionClass) => {
    expect(refused({ questions: [{ ...question, class: questionClass }] }).rcode).toBe('REFUSED');
  });

  it.each(['AXFR', 'IXFR'] as const)('%s is REFUSED', (type) => {
    expect(refused({ questions: [{ ...question, type }] }).rcode).toBe('REFUSED');
  });

  it('a name in none of the zones is REFUSED', () => {
    for (const name of ['other', '.', 'com', 'xexample']) {
      expect(refused({ questions: query(name, 'A', plain).questions }).rcode).toBe('REFUSED');
    }
    expect(answerOf(authoritative([]), 'example', 'A').flags).toBe('REFUSED');
  });

  it('a response gets nothing at all', () => {
    expect(handler({ ...query('ns.example', 'A', plain), isResponse: true })).toBeUndefined();
  });
});

describe('EDNS', () => {
  const edns = { udpPayloadSize: 4096, version: 0, dnssecOk: false, options: [] };

  it('is in the answer if and only if it is in the query, without the query’s options', () => {
    expect(ask(handler, query('ns.example', 'A', plain)).edns).toBeUndefined();
    const options = [{ code: 10, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }];
    const answer = ask(handler, query('ns.example', 'A', { id: 1, edns: { ...edns, options } }));
    expect(answer.edns).toEqual({ udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] });
    expect(ask(handler, query('com', 'A', { id: 1, edns })).edns).toBeDefined();
  });

  it('keeps DO', () => {
    const answer = ask(handler, query('ns.example', 'A', { id: 1, edns: { ...edns, dnssecOk: true } }));
    expect(answer.edns?.dnssecOk).toBe(true);
  });

  it.each([true, false])('of another version is BADVERS, DO kept (%s)', (dnssecOk) => {
    const answer = ask(handler, query('ns.example', 'A', { id: 1, edns: { ...edns, version: 1, dnssecOk } }));
    expect(answer).toMatchObject({ rcode: 'BADVERS', isAuthoritative: false, answers: [] });
    expect(answer.edns).toMatchObject({ version: 0, dnssecOk });
  });

  it('with DO brings signatures and proofs', () => {
    const signed = authoritative([
      Zone.fromText(
        `$TTL 60
@ SOA ns host 1 2 3 4 5
@ NS ns
@ NSEC ns NS SOA RRSIG NSEC
ns A 192.0.2.1
ns NSEC @ A RRSIG NSEC
ns RRSIG A 8 2 60 1 1 1 @ AA==
ns RRSIG NSEC 8 2 60 1 1 1 @ AA==`,
        { origin: 'z' },
      ),
    ]);
    const withDo = { id: 1, edns: { dnssecOk: true } };
    expect(ask(signed, query('ns.z', 'A', withDo)).answers.map(({ type }) => type)).toEqual(['A', 'RRSIG']);
    expect(ask(signed, query('ns.z', 'A', { id: 1 })).answers.map(({ type }) => type)).toEqual(['A']);
    expect(ask(signed, query('ns.z', 'TXT', withDo)).authorities.map(({ type }) => type)).toEqual([
      'SOA',
      'NSEC',
      'RRSIG',
    ]);
  });
});

describe('the header', () => {
  it('copies id, RD and CD, and has neither RA, AD nor TC', () => {
    const answer = ask(handler, query('ns.example', 'A', { id: 0xabcd, checkingDisabled: true }));
    expect(answer).toMatchObject({
      id: 0xabcd,
      recursionDesired: true,
      checkingDisabled: true,
      recursionAvailable: false,
      isAuthenticData: false,
      isTruncated: false,
    });
  });

  it('is followed by the question as it was asked', () => {
    const answer = ask(handler, query('nS.eXample', 'A', plain));
    expect(answer.questions[0]?.name.toString()).toBe('nS.eXample.');
  });
});

describe('the zone that answers', () => {
  it('is the one with the longest name', () => {
    expect(answerOf(handler, 'www.child.example', 'A').flags).toBe('NOERROR');
    expect(answerOf(all, 'www.child.example', 'A').answer).toEqual(['www.child.example. 60 A 192.0.2.6']);
    expect(answerOf(all, `${'x.'.repeat(110)}child.example`, 'A').flags).toBe('AA NXDOMAIN');
    expect(answerOf(all, 'CHILD.example', 'SOA').flags).toBe('AA NOERROR');
  });

  it('is for DS the one above, where it is there', () => {
    expect(answerOf(all, 'child.example', 'DS').answer).toEqual(['child.example. 60 DS 1 8 2 AA']);
    expect(answerOf(all, 'example', 'DS')).toMatchObject({ flags: 'AA NOERROR', answer: [] });
    expect(answerOf(authoritative([child]), 'child.example', 'DS').authority).toHaveLength(1);
  });

  it('cannot be one of two of the same name, nor of another class', () => {
    expect(() => authoritative([zone, zone])).toThrow(DnsUsageError);
    const chaos = Zone.fromText('@ 1 CH SOA a b 1 2 3 4 5\n NS a', { origin: 'bind' });
    expect(() => authoritative([chaos])).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});

describe('additional addresses', () => {
  it('come with MX, each once, from all zones, but no glue', () => {
    expect(answerOf(both, 'mx.example', 'MX').additional).toEqual(['mail.example. 60 AAAA 2001:db8::2']);
    const text = '$TTL 1\n@ SOA a b 1 2 3 4 5\n NS a\n MX 1 host.other.';
    const third = authoritative([other, Zone.fromText(text, { origin: 'third' })]);
    expect(answerOf(third, 'third', 'MX').additional).toEqual(['host.other. 60 A 192.0.2.5']);
  });

  it('come with SRV and HTTPS, whose root target is the owner', () => {
    expect(answerOf(handler, '_s._tcp.example', 'SRV').additional).toEqual([
      'mail.example. 60 AAAA 2001:db8::2',
      'ns.example. 60 A 192.0.2.1',
    ]);
    expect(answerOf(handler, 'svc.example', 'HTTPS').additional).toEqual([
      'svc.example. 60 A 192.0.2.7',
      'mail.example. 60 AAAA 2001:db8::2',
    ]);
    expect(answerOf(handler, 'none.example', 'HTTPS').additional).toEqual([]);
  });

  it('come with NS, glue as well', () => {
    expect(answerOf(handler, 'example', 'NS').additional).toEqual([
      'ns.example. 60 A 192.0.2.1',
      'ns.child.example. 60 A 192.0.2.3',
    ]);
  });

  it('do not come with types that name no host', () => {
    expect(answerOf(handler, 'ptr.example', 'PTR').additional).toEqual([]);
  });
});

describe('aliases', () => {
  it('are followed into another zone', () => {
    expect(answerOf(both, 'over.example', 'A')).toEqual({
      ...nothing,
      answer: ['over.example. 60 CNAME there.other.', 'there.other. 60 A 192.0.2.4'],
    });
    expect(answerOf(handler, 'over.example', 'A')).toEqual({
      ...nothing,
      answer: ['over.example. 60 CNAME there.other.'],
    });
  });

  it('are followed into a zone below, and are a referral where it is not here', () => {
    expect(answerOf(all, 'under.example', 'A')).toEqual({
      ...nothing,
      answer: ['under.example. 60 CNAME www.child.example.', 'www.child.example. 60 A 192.0.2.6'],
    });
    expect(answerOf(handler, 'under.example', 'A')).toEqual({
      flags: 'AA NOERROR',
      answer: ['under.example. 60 CNAME www.child.example.'],
      authority: ['child.example. 60 NS ns.child.example.'],
      additional: ['ns.child.example. 60 A 192.0.2.3'],
    });
  });

  it('are followed to and fro, but not round', () => {
    expect(answerOf(all, 'back.example', 'A').answer).toEqual([
      'back.example. 60 CNAME forth.other.',
      'forth.other. 60 CNAME under.example.',
      'under.example. 60 CNAME www.child.example.',
      'www.child.example. 60 A 192.0.2.6',
    ]);
    expect(answerOf(all, 'round.example', 'A').answer).toEqual([
      'round.example. 60 CNAME round.other.',
      'round.other. 60 CNAME round.example.',
    ]);
  });

  it('are followed from zone to zone eight times', () => {
    const zones = Array.from({ length: 12 }, (_, index) =>
      Zone.fromText(`$TTL 1\n@ SOA a b 1 2 3 4 5\n NS a\nx CNAME x.z${String(index + 1)}.`, {
        origin: `z${String(index)}`,
      }),
    );
    expect(answerOf(authoritative(zones), 'x.z0', 'A').answer).toHaveLength(9);
  });

  it('that lead to nothing are NXDOMAIN, with the SOA record of the zone that says so (RFC 6604 2.1)', () => {
    expect(answerOf(both, 'lost.example', 'A')).toEqual({
      flags: 'AA NXDOMAIN',
      answer: ['lost.example. 60 CNAME nothing.other.'],
      authority: ['other. 5 SOA ns.other. host.other. 1 2 3 4 5'],
      additional: [],
    });
  });

  it('that become too long a name are YXDOMAIN', () => {
    const found = answerOf(handler, `${'x'.repeat(60)}.long.example`, 'A');
    expect(found).toMatchObject({ flags: 'AA YXDOMAIN', authority: [] });
    expect(found.answer).toHaveLength(1);
  });
});

describe('a referral', () => {
  it('has NS in authority, glue in additional, and no AA', () => {
    expect(answerOf(handler, 'a.child.example', 'A')).toEqual({
      flags: 'NOERROR',
      answer: [],
      authority: ['child.example. 60 NS ns.child.example.'],
      additional: ['ns.child.example. 60 A 192.0.2.3'],
    });
  });
});
