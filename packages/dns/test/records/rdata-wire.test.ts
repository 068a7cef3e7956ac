import { describe, expect, it } from 'vitest';
import { DnsUsageError } from '../../src/errors.ts';
import { decode } from '../../src/message/decode.ts';
import { encode } from '../../src/message/encode.ts';
import type { Message } from '../../src/message/message.ts';
import { query, respond } from '../../src/message/query.ts';
import { Name } from '../../src/name.ts';
import { typeNumber } from '../../src/records/codes.ts';
import type { RecordClass, ResourceRecord, UnknownType } from '../../src/records/record.ts';
import { concat, expectFormatError, hex, u16 } from '../bytes.ts';

const name = (text: string) => Name.parse(text);
const base64 = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const seconds = (iso: string) => Date.parse(iso) / 1000;

/** A response with one answer, whose owner is the root; the answer's RDATA begins at byte 23. */
function answer(type: number, rdata: Uint8Array, recordClass = 1, opcode = 0): Uint8Array {
  const header = hex(`00 01 ${(0x84 | (opcode << 3)).toString(16)} 00 00 00 00 01 00 00 00 00`);
  return concat(header, hex('00'), u16(type, recordClass), hex('00 00 0e 10'), u16(rdata.length), rdata);
}
const dataAt = 23;

function message(record: ResourceRecord, opcode: 'QUERY' | 'UPDATE' = 'QUERY'): Message {
  const asked = query('.', 'A', { id: 1, edns: undefined, recursionDesired: false });
  return { ...respond({ ...asked, opcode }, { isAuthoritative: true, answers: [record] }), questions: [] };
}

function record(type: string, data: unknown, recordClass: RecordClass = 'IN'): ResourceRecord {
  return { name: Name.root, type, class: recordClass, ttl: 3600, data } as ResourceRecord;
}

const fooExampleCom = hex('03 "foo" 07 "example" 03 "com" 00');
const fooExampleOrg = hex('03 "foo" 07 "example" 03 "org" 00');
/** RFC 4034 2.3, 3.3 and 5.4. */
const zoneKey =
  'AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8nokfzj31GajIQKY+5CptLr3buXA10hWqTkF7H6RfoRqXQeogmMHfpftf6zMv1LyBUgia7za6ZEzOJBOztyvhjL742iU/TpPSEDhm2SNKLijfUppn1UaNvv4w==';
const signature =
  'oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTrPYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6oB9wfuh3DTJXUAfI/M0zmO/zz8bW0Rznl8O3tGNazPwQKkRN20XPXV6nwwfoXmJQbsLNrLfkGJ5D6fwFm8nN+6pBzeDQfsS3Ap3o=';
const digest = hex('2b b1 83 af 5f 22 58 81 79 a5 3b 0a 98 63 1f ad 1a 29 21 18');

const vectors: readonly (readonly [string, string, unknown, Uint8Array])[] = [
  ['an address', 'A', { address: '192.0.2.1' }, hex('c0 00 02 01')],
  ['the highest address', 'A', { address: '255.255.255.255' }, hex('ff ff ff ff')],
  [
    'an IPv6 address',
    'AAAA',
    { address: '2001:db8::53:1' },
    hex('20 01 0d b8 00 00 00 00 00 00 00 00 00 53 00 01'),
  ],
  ['a name server', 'NS', { target: name('ns1.example') }, hex('03 "ns1" 07 "example" 00')],
  ['an alias', 'CNAME', { target: name('a') }, hex('01 "a" 00')],
  ['a pointer to a name', 'PTR', { target: name('a') }, hex('01 "a" 00')],
  ['a redirected tree', 'DNAME', { target: name('a') }, hex('01 "a" 00')],
  [
    'a start of authority',
    'SOA',
    {
      mname: name('ns.example'),
      rname: name('first\\.last.example'),
      serial: 0xffff_ffff,
      refresh: 3600,
      retry: 600,
      expire: 604_800,
      minimum: 300,
    },
    hex(
      '02 "ns" 07 "example" 00  0a "first.last" c0 1a  ff ff ff ff  00 00 0e 10  00 00 02 58  00 09 3a 80  00 00 01 2c',
    ),
  ],
  ['a mail exchange', 'MX', { preference: 10, exchange: name('mx') }, hex('00 0a 02 "mx" 00')],
  ['no mail, RFC 7505', 'MX', { preference: 0, exchange: Name.root }, hex('00 00 00')],
  ['text', 'TXT', { strings: [hex('"v=spf1 -all"'), hex('')] }, hex('0b "v=spf1 -all" 00')],
  ['an empty text', 'TXT', { strings: [hex('')] }, hex('00')],
  [
    'a service',
    'SRV',
    { priority: 1, weight: 2, port: 5060, target: name('sip') },
    hex('00 01 00 02 13 c4 03 "sip" 00'),
  ],
  [
    'an issuer',
    'CAA',
    { flags: 128, tag: 'issue', value: hex('"ca1.example.net"') },
    hex('80 05 "issue" "ca1.example.net"'),
  ],
  ['no issuer', 'CAA', { flags: 0, tag: 'issue', value: hex('') }, hex('00 05 "issue"')],
  [
    'RFC 9460 D.1',
    'HTTPS',
    { priority: 0, target: name('foo.example.com'), params: [] },
    concat(hex('00 00'), fooExampleCom),
  ],
  ['RFC 9460 D.2, figure 3', 'SVCB', { priority: 1, target: Name.root, params: [] }, hex('00 01 00')],
  [
    'figure 4',
    'SVCB',
    { priority: 16, target: name('foo.example.com'), params: [{ key: 'port', value: hex('00 35') }] },
    concat(hex('00 10'), fooExampleCom, hex('00 03 00 02 00 35')),
  ],
  [
    'figure 5',
    'SVCB',
    { priority: 1, target: name('foo.example.com'), params: [{ key: 'key667', value: hex('"hello"') }] },
    concat(hex('00 01'), fooExampleCom, hex('02 9b 00 05 "hello"')),
  ],
  [
    'figure 6',
    'SVCB',
    {
      priority: 1,
      target: name('foo.example.com'),
      params: [{ key: 'key667', value: hex('"hello" d2 "qoo"') }],
    },
    concat(hex('00 01'), fooExampleCom, hex('02 9b 00 09 68 65 6c 6c 6f d2 71 6f 6f')),
  ],
  [
    'figure 7',
    'SVCB',
    {
      priority: 1,
      target: name('foo.example.com'),
      params: [
        {
          key: 'ipv6hint',
          value: hex(
            '20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01  20 01 0d b8 00 00 00 00 00 00 00 00 00 53 00 01',
          ),
        },
      ],
    },
    concat(
      hex('00 01'),
      fooExampleCom,
      hex(
        '00 06 00 20  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01  20 01 0d b8 00 00 00 00 00 00 00 00 00 53 00 01',
      ),
    ),
  ],
  [
    'figure 9',
    'SVCB',
    {
      priority: 16,
      target: name('foo.example.org'),
      params: [
        { key: 'mandatory', value: hex('00 01 00 04') },
        { key: 'alpn', value: hex('02 "h2" 05 "h3-19"') },
        { key: 'ipv4hint', value: hex('c0 00 02 01') },
      ],
    },
    concat(
      hex('00 10'),
      fooExampleOrg,
      hex('00 00 00 04 00 01 00 04  00 01 00 09 02 68 32 05 68 33 2d 31 39  00 04 00 04 c0 00 02 01'),
    ),
  ],
  [
    'figure 10',
    'SVCB',
    {
      priority: 16,
      target: name('foo.example.org'),
      params: [{ key: 'alpn', value: hex('08 66 5c 6f 6f 2c 62 61 72 02 68 32') }],
    },
    concat(hex('00 10'), fooExampleOrg, hex('00 01 00 0c 08 66 5c 6f 6f 2c 62 61 72 02 68 32')),
  ],
  [
    'every key of RFC 9460',
    'HTTPS',
    {
      priority: 1,
      target: Name.root,
      params: [
        { key: 'alpn', value: hex('02 "h2"') },
        { key: 'no-default-alpn', value: hex('') },
        { key: 'port', value: hex('01 bb') },
        { key: 'ech', value: hex('ff') },
        { key: 'dohpath', value: hex('"/{?dns}"') },
        { key: 'key65535', value: hex('') },
      ],
    },
    hex(
      '00 01 00  00 01 00 03 02 "h2"  00 02 00 00  00 03 00 02 01 bb  00 05 00 01 ff  00 07 00 07 "/{?dns}"  ff ff 00 00',
    ),
  ],
  [
    'RFC 4034 5.4',
    'DS',
    { keyTag: 60485, algorithm: 5, digestType: 1, digest },
    concat(hex('ec 45 05 01'), digest),
  ],
  [
    'RFC 4034 2.3',
    'DNSKEY',
    { flags: 256, protocol: 3, algorithm: 5, publicKey: base64(zoneKey) },
    concat(hex('01 00 03 05'), base64(zoneKey)),
  ],
  [
    'RFC 4034 3.3',
    'RRSIG',
    {
      typeCovered: 'A',
      algorithm: 5,
      labels: 3,
      originalTtl: 86_400,
      expiration: seconds('2003-03-22T17:31:03Z'),
      inception: seconds('2003-02-20T17:31:03Z'),
      keyTag: 2642,
      signer: name('example.com'),
      signature: base64(signature),
    },
    concat(
      hex('00 01 05 03  00 01 51 80  3e 7c 9d d7  3e 55 10 d7  0a 52  07 "example" 03 "com" 00'),
      base64(signature),
    ),
  ],
  [
    'RFC 4034 4.3',
    'NSEC',
    { next: name('host.example.com'), types: ['A', 'MX', 'RRSIG', 'NSEC', 'TYPE1234'] },
    concat(
      hex('04 "host" 07 "example" 03 "com" 00  00 06 40 01 00 00 00 03  04 1b'),
      new Uint8Array(26),
      hex('20'),
    ),
  ],
  ['a name alone', 'NSEC', { next: name('a'), types: [] }, hex('01 "a" 00')],
  [
    'the highest type',
    'NSEC',
    { next: name('a'), types: ['TYPE65535'] },
    concat(hex('01 "a" 00 ff 20'), new Uint8Array(31), hex('01')),
  ],
  ['bytes of an unknown type', 'TYPE65280', { bytes: hex('c0 0c ff 00') }, hex('c0 0c ff 00')],
  ['nothing of an unknown type', 'TYPE10', { bytes: hex('') }, hex('')],
];

describe('RDATA', () => {
  it.each(vectors)('%s (%s) is what its bytes say', (_, type, data, rdata) => {
    const decoded = decode(answer(typeNumber(type as UnknownType), rdata));
    expect(decoded.answers).toEqual([record(type, data)]);
  });

  it.each(vectors)('%s (%s) becomes its bytes', (_, type, data, rdata) => {
    expect(encode(message(record(type, data)))).toEqual(answer(typeNumber(type as UnknownType), rdata));
  });

  const withAnEnd = vectors.filter(([, type]) => !/^(TXT|CAA|DS|DNSKEY|RRSIG|TYPE.*)$/.test(type));
  it.each(withAnEnd)('%s (%s) with RDLENGTH one less is refused', (_, type, __, rdata) => {
    const shorter = answer(typeNumber(type as UnknownType), rdata.subarray(0, -1));
    expect(() => decode(shorter)).toThrow(expect.objectContaining({ code: 'BAD_RDATA' }));
  });

  it.each(vectors.filter(([, type]) => /^(A|AAAA|NS|CNAME|PTR|DNAME|SOA|MX|SRV)$/.test(type)))(
    '%s (%s) with RDLENGTH one more is refused where it should end',
    (_, type, __, rdata) => {
      const longer = answer(typeNumber(type as UnknownType), concat(rdata, hex('00')));
      expectFormatError(() => decode(longer), 'BAD_RDATA', dataAt + rdata.length);
    },
  );

  const known = [...new Set(vectors.map(([, type]) => type))].filter((type) => !type.startsWith('TYPE'));
  it.each(known)('%s with RDLENGTH 0 is refused', (type) => {
    expectFormatError(() => decode(answer(typeNumber(type as UnknownType), hex(''))), 'BAD_RDATA', dataAt);
  });

  it.each(known)('%s cut by the end of the message is TRUNCATED at its RDLENGTH', (type) => {
    const rdata = vectors.find((vector) => vector[1] === type)![3];
    const bytes = answer(typeNumber(type as UnknownType), rdata);
    expectFormatError(() => decode(bytes.subarray(0, -1)), 'TRUNCATED', dataAt - 2);
  });

  it.each([
    ['a name that runs over RDLENGTH', 'NS', '03 "ww"', 0],
    ['a name without its end', 'NS', '03 "www"', 4],
    ['half a pointer', 'NS', '01 "a" c0', 2],
    ['half a pointer alone', 'PTR', 'c0', 0],
    ['a second name that is not there', 'SOA', '00', 1],
    ['a string that runs over RDLENGTH', 'TXT', '01 "a" 03 "bc"', 3],
    ['a tag that runs over RDLENGTH', 'CAA', '00 05 "iss"', 2],
    ['a tag of no characters', 'CAA', '00 00 "x"', 2],
    ['a tag of other characters', 'CAA', '00 02 "a-"', 2],
    ['no digest', 'DS', 'ec 45 05 01', 4],
    ['no key', 'DNSKEY', '01 00 03 05', 4],
    ['no signature', 'RRSIG', '00 01 05 03 00 01 51 80 3e 7c 9d d7 3e 55 10 d7 0a 52 00', 19],
    ['a compressed signer', 'RRSIG', '00 01 05 03 00 01 51 80 3e 7c 9d d7 3e 55 10 d7 0a 52 c0 0c 01', 18],
    ['a compressed next name', 'NSEC', 'c0 0c 00 01 40', 0],
    ['a compressed target', 'DNAME', '01 "a" c0 0c', 2],
    ['a compressed service', 'SVCB', '00 01 c0 0c', 2],
    ['a window without length', 'NSEC', '00 00', 2],
    ['an empty window', 'NSEC', '00 00 00', 2],
    ['a window of 33 bytes', 'NSEC', `00 00 21 ${'01 '.repeat(33)}`, 2],
    ['a window cut short', 'NSEC', '00 00 02 40', 4],
    ['a window that ends in zeros', 'NSEC', '00 00 02 40 00', 4],
    ['the same window twice', 'NSEC', '00 00 01 40 00 01 40', 4],
    ['windows that go back', 'NSEC', '00 01 01 40 00 01 40', 4],
    ['half a key', 'SVCB', '00 01 00 00', 3],
    ['a key without a length', 'SVCB', '00 01 00 00 03', 5],
    ['a value cut short', 'SVCB', '00 01 00 02 9b 00 02 ff', 7],
    ['the same key twice', 'SVCB', '00 01 00 02 9b 00 00 02 9b 00 00', 7],
    ['keys that go back', 'SVCB', '00 01 00 02 9b 00 00 02 9a 00 00', 7],
    ['mandatory without keys', 'SVCB', '00 01 00 00 00 00 00', 7],
    ['half a mandatory key', 'SVCB', '00 01 00 00 00 00 01 04', 7],
    ['mandatory keys twice', 'SVCB', '00 01 00 00 00 00 04 00 03 00 03 00 03 00 02 00 35', 7],
    ['mandatory as mandatory', 'SVCB', '00 01 00 00 00 00 02 00 00', 7],
    ['a mandatory key that is absent', 'SVCB', '00 01 00 00 00 00 02 00 03', 3],
    ['no protocol', 'SVCB', '00 01 00 00 01 00 00', 7],
    ['an empty protocol', 'SVCB', '00 01 00 00 01 00 01 00', 7],
    ['a protocol longer than its value', 'SVCB', '00 01 00 00 01 00 03 03 "h2"', 7],
    ['a value of no-default-alpn', 'SVCB', '00 01 00 00 02 00 01 00', 7],
    ['a port of 1 byte', 'SVCB', '00 01 00 00 03 00 01 35', 7],
    ['no IPv4 hint', 'SVCB', '00 01 00 00 04 00 00', 7],
    ['an IPv4 hint of 5 bytes', 'SVCB', '00 01 00 00 04 00 05 01 02 03 04 05', 7],
    ['no ECH', 'SVCB', '00 01 00 00 05 00 00', 7],
    ['an IPv6 hint of 4 bytes', 'HTTPS', '00 01 00 00 06 00 04 01 02 03 04', 7],
    ['no path', 'HTTPS', '00 01 00 00 07 00 00', 7],
  ])('refuses %s (%s)', (_, type, rdata, offset) => {
    const bytes = answer(typeNumber(type as UnknownType), hex(rdata));
    expectFormatError(() => decode(bytes), 'BAD_RDATA', dataAt + offset);
  });

  it('of NS, CNAME, PTR, SOA, MX and SRV may be compressed', () => {
    // The owner a.example at 12, the answer's RDATA at 12 + 11 + 10 = 33.
    const owner = hex('01 "a" 07 "example" 00');
    const rdatas: readonly (readonly [string, string, string])[] = [
      ['NS', 'c0 0e', 'target'],
      ['CNAME', 'c0 0e', 'target'],
      ['PTR', 'c0 0e', 'target'],
      ['SOA', `c0 0e c0 21 ${'00 '.repeat(20)}`, 'rname'],
      ['MX', '00 01 c0 0e', 'exchange'],
      ['SRV', '00 01 00 02 00 03 c0 0e', 'target'],
    ];
    for (const [type, rdata, field] of rdatas) {
      const bytes = hex(rdata);
      const [found] = decode(
        concat(
          hex('00 01 84 00 00 00 00 01 00 00 00 00'),
          owner,
          u16(typeNumber(type as UnknownType), 1, 0, 5, bytes.length),
          bytes,
        ),
      ).answers;
      expect([type, (found!.data as unknown as Record<string, Name>)[field]!.toString()]).toEqual([
        type,
        'example.',
      ]);
    }
  });

  it('is a view of the message where it is bytes, and a copy where it is a name', () => {
    const bytes = answer(46, concat(vectors.find(([, type]) => type === 'RRSIG')![3]));
    const [found] = decode(bytes).answers;
    if (found?.type !== 'RRSIG') throw new Error('no RRSIG');
    expect(found.data.signature.buffer).toBe(bytes.buffer);
    bytes.fill(0);
    expect(found.data.signature.every((byte) => byte === 0)).toBe(true);
    expect(found.data.signer.toString()).toBe('example.com.');
  });
});

describe('Classes and UPDATE', () => {
  it('a type of class IN is bytes in another class', () => {
    // Chaosnet: a domain and an octal address (RFC 1035 3.4.1 is IN's).
    const chaos = hex('02 "ch" 00 00 52');
    const decoded = decode(answer(1, chaos, 3));
    expect(decoded.answers).toEqual([record('TYPE1', { bytes: chaos }, 'CH')]);
    expect(encode(decoded)).toEqual(answer(1, chaos, 3));
    expect(() => encode(message(record('A', { address: '192.0.2.1' }, 'CH')))).toThrow('class IN');
  });

  it('other types are what they are in any class', () => {
    const decoded = decode(answer(16, hex('03 "9.9"'), 3));
    expect(decoded.answers).toEqual([record('TXT', { strings: [hex('"9.9"')] }, 'CH')]);
  });

  it.each([
    ['deletes an RRset (RFC 2136 2.5.2)', 1, 255, 'TYPE1', 'ANY'],
    ['deletes all of a name (2.5.3)', 255, 255, 'TYPE255', 'ANY'],
    ['deletes an RRset whose data stay bytes', 35, 255, 'TYPE35', 'ANY'],
    ['demands that an RRset is absent (2.4.3)', 15, 254, 'TYPE15', 'NONE'],
    ['demands that a name is absent (2.4.5)', 255, 254, 'TYPE255', 'NONE'],
  ] as const)('an UPDATE without data %s', (_, type, recordClass, typeText, classText) => {
    const bytes = answer(type, hex(''), recordClass, 5);
    const decoded = decode(bytes);
    expect(decoded.answers).toEqual([record(typeText, { bytes: hex('') }, classText)]);
    expect(encode(decoded)).toEqual(bytes);
  });

  it('an UPDATE deletes one record by its data (2.5.4)', () => {
    const bytes = answer(1, hex('c0 00 02 01'), 254, 5);
    const decoded = decode(bytes);
    expect(decoded.answers).toEqual([record('A', { address: '192.0.2.1' }, 'NONE')]);
    expect(encode(decoded)).toEqual(bytes);
  });

  it('needs data in class IN of an UPDATE, and in class ANY of a QUERY', () => {
    expectFormatError(() => decode(answer(1, hex(''), 1, 5)), 'BAD_RDATA', dataAt);
    expectFormatError(() => decode(answer(1, hex(''), 255, 0)), 'BAD_RDATA', dataAt);
    const empty = record('TYPE1', { bytes: hex('') }, 'ANY');
    expect(encode(message(empty, 'UPDATE'))).toEqual(answer(1, hex(''), 255, 5));
    expect(() => encode(message(empty))).toThrow(expect.objectContaining({ code: 'BAD_RECORD' }));
  });
});

describe('Types that stay bytes', () => {
  /** Owner a.example at 12: `example` is at 14. */
  function withOwner(type: number, rdata: Uint8Array): Uint8Array {
    const head = hex('00 01 84 00 00 00 00 01 00 00 00 00  01 "a" 07 "example" 00');
    return concat(head, u16(type, 1, 0, 5, rdata.length), rdata);
  }

  it.each([
    ['MB', 7, 'c0 0e', '07 "example" 00'],
    ['MINFO', 14, '01 "r" c0 0e c0 21', '01 "r" 07 "example" 00 01 "r" 07 "example" 00'],
    ['RP', 17, 'c0 0c c0 0e', '01 "a" 07 "example" 00 07 "example" 00'],
    ['AFSDB', 18, '00 01 c0 0e', '00 01 07 "example" 00'],
    ['RT', 21, '00 01 c0 0e', '00 01 07 "example" 00'],
    ['SIG', 24, `${'01 '.repeat(18)} c0 0e ff fe`, `${'01 '.repeat(18)} 07 "example" 00 ff fe`],
    ['PX', 26, '00 01 c0 0e 00', '00 01 07 "example" 00 00'],
    ['NXT', 30, 'c0 0e 40', '07 "example" 00 40'],
    ['NAPTR', 35, '00 01 00 02 01 "s" 00 02 "!!" c0 0e', '00 01 00 02 01 "s" 00 02 "!!" 07 "example" 00'],
  ])('have the names written out that %s may compress (RFC 3597 4)', (_, type, compressed, plain) => {
    const [found] = decode(withOwner(type, hex(compressed))).answers;
    expect(found).toMatchObject({ type: `TYPE${String(type)}`, data: { bytes: hex(plain) } });
    expect(encode(decode(withOwner(type, hex(compressed))), { compress: false })).toEqual(
      withOwner(type, hex(plain)),
    );
  });

  it.each([
    ['a name cut short', 7, '03 "ab"', 0],
    ['more than a name', 7, '00 00', 1],
    ['a string cut short', 35, '00 01 00 02 05 "s"', 4],
    ['no third string', 35, '00 01 00 02 00 00', 6],
    ['fewer bytes than it begins with', 24, '01 01', 0],
  ])('are refused with %s', (_, type, rdata, offset) => {
    // Owner of 11 bytes and 10 more: RDATA at 33.
    expectFormatError(() => decode(withOwner(type, hex(rdata))), 'BAD_RDATA', 33 + offset);
  });

  it('may be given for a type that is read here, and are checked', () => {
    const mx = message(record('TYPE15', { bytes: hex('00 0a 02 "mx" 00') }));
    expect(decode(encode(mx)).answers).toEqual([record('MX', { preference: 10, exchange: name('mx') })]);
    for (const bytes of [
      '',
      '00 0a',
      '00 0a 02 "mx"',
      '00 0a 02 "mx" 00 00',
      `00 0a ${'01 "a" '.repeat(8)} c0 0c`,
    ]) {
      expect(() => encode(message(record('TYPE15', { bytes: hex(bytes) })))).toThrow(
        expect.objectContaining({ code: 'BAD_RECORD' }),
      );
    }
  });

  it.each(['TYPE6', 'TYPE14'])('may not hold a pointer where %s has a name', (type) => {
    // Two names, the second a pointer into the first, to "b" at byte 12 or to all of it at 0; what SOA has behind them.
    const rest = type === 'TYPE6' ? new Uint8Array(20) : hex('');
    const first = hex('0b "aaaaaaaaaaa" 01 "b" 00');
    for (const pointer of [hex('c0 0c'), hex('c0 00')]) {
      const bytes = concat(first, pointer, rest);
      expect(() => encode(message(record(type, { bytes })))).toThrow(
        expect.objectContaining({ code: 'BAD_RECORD' }),
      );
    }
    expect(decode(encode(message(record(type, { bytes: concat(first, first, rest) })))).answers).toHaveLength(
      1,
    );
  });
});

describe('What a record cannot carry', () => {
  function service(...params: { key: string; value: Uint8Array }[]): unknown {
    return { priority: 1, target: Name.root, params };
  }

  it.each([
    ['A', 'three parts', { address: '192.0.2' }],
    ['A', 'a part above 255', { address: '192.0.2.256' }],
    ['A', 'a leading zero', { address: '192.0.2.01' }],
    ['A', 'a blank', { address: '192.0.2.1 ' }],
    ['A', 'an IPv6 address', { address: '::1' }],
    ['A', 'bytes', { bytes: hex('c0 00 02 01') }],
    ['AAAA', 'an IPv4 address', { address: '192.0.2.1' }],
    ['AAAA', 'two gaps', { address: '1::2::3' }],
    ['AAAA', 'no address', {}],
    ['NS', 'a name as a string', { target: 'example.com' }],
    ['MX', '17 bits', { preference: 65_536, exchange: Name.root }],
    ['MX', 'a negative number', { preference: -1, exchange: Name.root }],
    ['MX', 'a fraction', { preference: 1.5, exchange: Name.root }],
    ['MX', 'no name', { preference: 1, exchange: undefined }],
    [
      'SOA',
      '33 bits',
      { mname: Name.root, rname: Name.root, serial: 2 ** 32, refresh: 0, retry: 0, expire: 0, minimum: 0 },
    ],
    ['SRV', '17 bits', { priority: 1, weight: 2, port: 65_536, target: Name.root }],
    ['SRV', 'a name as a string', { priority: 1, weight: 2, port: 3, target: 'sip' }],
    ['TXT', 'no string', { strings: [] }],
    ['TXT', 'a string of 256 bytes', { strings: [new Uint8Array(256)] }],
    ['TXT', 'text for bytes', { strings: ['text'] }],
    ['CAA', '9 bits', { flags: 256, tag: 'issue', value: hex('') }],
    ['CAA', 'an empty tag', { flags: 0, tag: '', value: hex('') }],
    ['CAA', 'a tag with a blank', { flags: 0, tag: 'is sue', value: hex('') }],
    ['CAA', 'a tag of 256 characters', { flags: 0, tag: 'a'.repeat(256), value: hex('') }],
    ['DS', '9 bits', { keyTag: 1, algorithm: 256, digestType: 1, digest }],
    ['DS', 'no digest', { keyTag: 1, algorithm: 5, digestType: 1, digest: hex('') }],
    ['NSEC', 'a type that is none', { next: Name.root, types: ['BOGUS'] }],
    ['SVCB', 'a key that is none', service({ key: 'bogus', value: hex('') })],
    ['SVCB', 'a key of 17 bits', service({ key: 'key65536', value: hex('') })],
    ['SVCB', 'a port of one byte', service({ key: 'port', value: hex('35') })],
    ['SVCB', 'a mandatory key that is absent', service({ key: 'mandatory', value: hex('00 03') })],
    [
      'SVCB',
      'keys that go back',
      service({ key: 'key700', value: hex('') }, { key: 'key667', value: hex('') }),
    ],
    ['TYPE65280', '65,536 bytes', { bytes: new Uint8Array(65_536) }],
    ['TYPE65280', 'text for bytes', { bytes: 'bytes' }],
    ['TYPE41', 'what EDNS says', { bytes: hex('') }],
    ['ANY', 'what only questions have', { bytes: hex('') }],
    ['BOGUS', 'no type at all', { bytes: hex('') }],
    ['TYPE65536', 'a type of 17 bits', { bytes: hex('') }],
  ])('%s: %s is a usage error', (type, _, data) => {
    expect(() => encode(message(record(type, data)))).toThrow(DnsUsageError);
  });

  it.each([-1, 2 ** 31, 1.5, Number.NaN])('nor a TTL of %d', (ttl) => {
    const bad = { ...record('A', { address: '192.0.2.1' }), ttl };
    expect(() => encode(message(bad))).toThrow(expect.objectContaining({ code: 'BAD_RECORD' }));
  });

  it('nor a class that is none', () => {
    const bad = record('A', { address: '192.0.2.1' }, 'XX' as RecordClass);
    expect(() => encode(message(bad))).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});
