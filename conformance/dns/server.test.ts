import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authoritative, serveDns, type DnsServer } from '@wirestack/dns';
import { isInstalled, output, run } from '../support/program.ts';
import { largeText, testZone } from './zone.ts';

let server: DnsServer;
let where: string[];

beforeAll(async () => {
  server = await serveDns('127.0.0.1:0', authoritative([testZone()]));
  where = ['@127.0.0.1', '-p', String((server.address as { port: number }).port)];
});

afterAll(() => server.close());

const key =
  '257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==';
const digest = '60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A';

/** The answer section as `dig` prints it, one space between fields. */
const answers: readonly (readonly [question: string, answer: readonly string[]])[] = [
  [
    'example.test SOA',
    ['example.test. 3600 IN SOA ns1.example.test. hostmaster.example.test. 2024010101 7200 1800 1209600 300'],
  ],
  [
    'example.test NS',
    ['example.test. 3600 IN NS ns1.example.test.', 'example.test. 3600 IN NS ns2.example.test.'],
  ],
  [
    'example.test MX',
    ['example.test. 3600 IN MX 10 mail.example.test.', 'example.test. 3600 IN MX 20 mail2.example.net.'],
  ],
  [
    'example.test CAA',
    [
      'example.test. 3600 IN CAA 0 issue "ca.example.net; policy=ev"',
      'example.test. 3600 IN CAA 128 iodef "mailto:security@example.test"',
    ],
  ],
  ['example.test DNSKEY', [`example.test. 3600 IN DNSKEY ${key}`]],
  ['example.test HTTPS', ['example.test. 3600 IN HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.80']],
  ['ns1.example.test A', ['ns1.example.test. 3600 IN A 192.0.2.1']],
  ['ns1.example.test AAAA', ['ns1.example.test. 3600 IN AAAA 2001:db8::1']],
  [
    'mail.example.test A',
    ['mail.example.test. 300 IN A 192.0.2.25', 'mail.example.test. 300 IN A 192.0.2.26'],
  ],
  ['alias2.example.test CNAME', ['alias2.example.test. 3600 IN CNAME www.example.test.']],
  ['ptr.example.test PTR', ['ptr.example.test. 3600 IN PTR www.example.test.']],
  [
    'text.example.test TXT',
    [String.raw`text.example.test. 3600 IN TXT "plain" "two strings" "a \"quote\", a \\ and \200\007"`],
  ],
  ['_sip._tcp.example.test SRV', ['_sip._tcp.example.test. 3600 IN SRV 10 60 5060 mail.example.test.']],
  ['_dns.example.test SVCB', ['_dns.example.test. 3600 IN SVCB 1 ns1.example.test. alpn="dot" port=853']],
  ['svc.example.test SVCB', ['svc.example.test. 3600 IN SVCB 0 www.example.test.']],
  [
    'https.example.test HTTPS',
    [
      'https.example.test. 3600 IN HTTPS 16 www.example.test. mandatory=alpn alpn="h2" no-default-alpn port=8443 ipv6hint=2001:db8::80',
    ],
  ],
  ['old.example.test DNAME', ['old.example.test. 3600 IN DNAME new.example.test.']],
  ['unknown.example.test TYPE65280', [String.raw`unknown.example.test. 3600 IN TYPE65280 \# 4 0A000001`]],
  ['sub.example.test DS', [`sub.example.test. 3600 IN DS ${digest}`]],
  // Through aliases, wildcards and an owner of the client's letters.
  [
    'alias.example.test A',
    [
      'alias.example.test. 3600 IN CNAME alias2.example.test.',
      'alias2.example.test. 3600 IN CNAME www.example.test.',
      'www.example.test. 3600 IN A 192.0.2.80',
    ],
  ],
  ['out.example.test A', ['out.example.test. 3600 IN CNAME www.example.net.']],
  [
    'host.old.example.test A',
    [
      'old.example.test. 3600 IN DNAME new.example.test.',
      'host.old.example.test. 3600 IN CNAME host.new.example.test.',
      'host.new.example.test. 3600 IN A 192.0.2.44',
    ],
  ],
  ['any.wild.example.test A', ['any.wild.example.test. 3600 IN A 192.0.2.99']],
  ['two.labels.wild.example.test TXT', ['two.labels.wild.example.test. 3600 IN TXT "wild"']],
];

const oneSpace = (text: string): string => text.replace(/[ \t]+/g, ' ').trim();

function lines(text: string): string[] {
  return text
    .split('\n')
    .map(oneSpace)
    .filter((line) => line !== '' && !line.startsWith(';'));
}

/** `dig` writes `alpn="h2"`, `kdig` `alpn=h2`. */
const unquoted = (line: string): string => line.replace(/alpn="([^"]*)"/g, 'alpn=$1');

function dig(...args: readonly string[]): Promise<string> {
  return output('dig', ['-r', ...where, '+norecurse', '+nosplit', '+tries=1', '+time=10', ...args]);
}

function kdig(...args: readonly string[]): Promise<string> {
  return output('kdig', [...where, '+norecurse', '+retry=0', '+time=10', ...args]);
}

describe.skipIf(!isInstalled('dig'))('dig', () => {
  test.each(answers)('asks over UDP for %s', async (question, expected) => {
    expect(lines(await dig('+noall', '+answer', '+notcp', '+ignore', ...question.split(' ')))).toEqual(
      expected,
    );
  });

  test('asks for everything over one TCP connection', async () => {
    const asked = answers.flatMap(([question]) => question.split(' '));
    const before = server.stats.answered;
    const said = await dig('+noall', '+answer', '+tcp', '+keepopen', ...asked);
    expect(lines(said)).toEqual(answers.flatMap(([, expected]) => expected));
    expect(server.stats.answered - before).toBe(answers.length);
  });

  test('gets back the letters of the name that it asked for', async () => {
    expect(await dig('wWw.eXample.TEST', 'A')).toContain(';wWw.eXample.TEST.\t\tIN\tA\n');
  });

  const soa = ';; AUTHORITY SECTION: example.test. 300 IN SOA ns1.example.test. hostmaster.example.test.';
  const outcomes: [what: string, args: string, said: string[]][] = [
    ['NXDOMAIN', 'nothing.example.test A', ['status: NXDOMAIN', 'flags: qr aa;', 'ANSWER: 0', soa]],
    ['NODATA', 'www.example.test MX', ['status: NOERROR', 'flags: qr aa;', 'ANSWER: 0', soa]],
    ['NODATA for an empty name between', 'b.empty.example.test A', ['status: NOERROR', 'ANSWER: 0', soa]],
    ['NODATA below a wildcard', 'any.wild.example.test MX', ['status: NOERROR', 'ANSWER: 0', soa]],
    [
      'NXDOMAIN at the end of an alias',
      'dangling.example.test A',
      ['status: NXDOMAIN', 'ANSWER: 1', 'IN CNAME nowhere.example.test.', soa],
    ],
    [
      'a referral with glue',
      'www.sub.example.test A',
      [
        'status: NOERROR',
        'flags: qr;',
        'ANSWER: 0, AUTHORITY: 2, ADDITIONAL: 3',
        'sub.example.test. 3600 IN NS ns.sub.example.test.',
        'ns.sub.example.test. 3600 IN A 192.0.2.53',
      ],
    ],
    [
      'the addresses of what is named',
      'example.test MX',
      ['ANSWER: 2', 'mail.example.test. 300 IN A 192.0.2.25', 'mail.example.test. 300 IN A 192.0.2.26'],
    ],
    ['REFUSED for the name of another', 'www.example.net A', ['status: REFUSED', 'flags: qr;', 'ANSWER: 0']],
    [
      'REFUSED for class CH',
      'version.bind CH TXT',
      ['status: REFUSED', 'flags: qr;', ';version.bind. CH TXT'],
    ],
    ['that there are no transfers', 'example.test AXFR', ['; Transfer failed.']],
    [
      'NOTIMP for NOTIFY',
      '+opcode=notify www.example.test',
      ['opcode: NOTIFY, status: NOTIMP', ';www.example.test.'],
    ],
    ['NOTIMP for STATUS', '+opcode=status www.example.test', ['opcode: STATUS, status: NOTIMP']],
    ['NOTIMP for UPDATE', '+opcode=update example.test SOA', ['opcode: UPDATE, status: NOTIMP']],
    [
      'BADVERS, whose DO is kept',
      '+edns=1 +noednsnegotiation +dnssec www.example.test',
      ['status: BADVERS', '; EDNS: version: 0, flags: do; udp: 1232', 'ANSWER: 0'],
    ],
    [
      'an answer after BADVERS',
      '+edns=1 www.example.test',
      ['BADVERS, retrying', 'status: NOERROR', 'ANSWER: 1'],
    ],
    ['DO', '+dnssec www.example.test', ['status: NOERROR', 'EDNS: version: 0, flags: do;', 'ANSWER: 1']],
    ['an unknown EDNS option', '+ednsopt=65001:c0ffee www.example.test', ['status: NOERROR', 'ANSWER: 1']],
    [
      'unknown EDNS flags',
      '+ednsflags=0x4000 www.example.test',
      ['status: NOERROR', 'EDNS: version: 0, flags:; udp'],
    ],
    ['RD and CD, as asked', '+recurse +cdflag www.example.test', ['flags: qr aa rd cd;']],
  ];
  test.each(outcomes)('is told %s', async (_, args, expected) => {
    const { stdout } = await run('dig', [
      '-r',
      ...where,
      '+norecurse',
      '+tries=1',
      '+time=10',
      ...args.split(' '),
    ]);
    const said = stdout.replace(/\s+/g, ' ');
    for (const part of expected) expect(said).toContain(part);
  });

  test.each([
    ['+noedns', 'medium', true],
    ['+bufsize=512', 'medium', true],
    ['+bufsize=0', 'medium', true],
    ['+bufsize=1232', 'medium', false],
    ['+bufsize=65535', 'medium', false],
    ['+bufsize=1232', 'large', true],
    ['+bufsize=65535', 'large', true],
  ])('asks over UDP with %s for the %s RRset: truncated, %s', async (option, name, isTruncated) => {
    const said = await dig(option, '+notcp', '+ignore', `${name}.example.test`, 'TXT');
    expect(said).toMatch(
      isTruncated ? /flags: qr aa tc; QUERY: 1, ANSWER: 0/ : /flags: qr aa; QUERY: 1, ANSWER: 7/,
    );
    expect(said).toContain('(UDP)');
  });

  test('fetches what was truncated over TCP, and has all of it', async () => {
    const said = await dig('large.example.test', 'TXT');
    expect(said).toContain(';; Truncated, retrying in TCP mode.');
    expect(said).toContain('(TCP)');
    expect(lines(said)).toEqual(
      largeText.map((line) => line.replace('large TXT', 'large.example.test. 3600 IN TXT')),
    );
  });
});

describe.skipIf(!isInstalled('kdig'))('kdig', () => {
  for (const transport of ['+notcp', '+tcp']) {
    test(`asks for everything, ${transport}`, async () => {
      for (const [question, expected] of answers) {
        const said = lines(await kdig('+noall', '+answer', transport, ...question.split(' ')));
        expect(said).toEqual(expected.map(unquoted));
      }
    });
  }

  test('asks many questions over one TCP connection', async () => {
    const asked = answers.slice(0, 10);
    const said = await kdig(
      '+tcp',
      '+keepopen',
      '+noall',
      '+answer',
      ...asked.flatMap(([q]) => q.split(' ')),
    );
    expect(lines(said)).toEqual(asked.flatMap(([, expected]) => expected.map(unquoted)));
  });

  test('fetches what was truncated over TCP, and has all of it', async () => {
    const said = await kdig('large.example.test', 'TXT');
    expect(said).toContain('(TCP)');
    expect(lines(said)).toHaveLength(largeText.length);
  });

  test('is told NXDOMAIN and NODATA', async () => {
    expect(await kdig('nothing.example.test', 'A')).toContain('status: NXDOMAIN');
    expect(await kdig('www.example.test', 'TXT')).toContain('status: NOERROR');
  });
});
