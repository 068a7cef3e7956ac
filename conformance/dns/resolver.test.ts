import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  authoritative,
  exchange,
  formatRecord,
  query,
  serveDns,
  StubResolver,
  type DnsServer,
  type Message,
  type RecordType,
} from '@wirestack/dns';
import { formatAddress } from '@wirestack/socket';
import { isInstalled } from '../support/program.ts';
import { Nsd } from './nsd.ts';
import { largeText, testZone, zoneName, zoneText } from './zone.ts';

const questions: readonly (readonly [name: string, type: RecordType])[] = [
  ['example.test.', 'SOA'],
  ['example.test.', 'NS'],
  ['example.test.', 'MX'],
  ['example.test.', 'CAA'],
  ['example.test.', 'DNSKEY'],
  ['example.test.', 'HTTPS'],
  ['ns1.example.test.', 'A'],
  ['ns1.example.test.', 'AAAA'],
  ['mail.example.test.', 'A'],
  ['alias2.example.test.', 'CNAME'],
  ['ptr.example.test.', 'PTR'],
  ['text.example.test.', 'TXT'],
  ['_sip._tcp.example.test.', 'SRV'],
  ['_dns.example.test.', 'SVCB'],
  ['svc.example.test.', 'SVCB'],
  ['https.example.test.', 'HTTPS'],
  ['old.example.test.', 'DNAME'],
  ['unknown.example.test.', 'TYPE65280'],
  ['sub.example.test.', 'DS'],
  ['any.wild.example.test.', 'TXT'],
  ['WWW.Example.TEST.', 'A'],
  ['alias.example.test.', 'A'],
  ['alias.example.test.', 'AAAA'],
  ['host.old.example.test.', 'A'],
  ['medium.example.test.', 'TXT'],
  ['large.example.test.', 'TXT'],
];

const absent: readonly (readonly [name: string, type: RecordType, code: 'NXDOMAIN' | 'NODATA'])[] = [
  ['nothing.example.test.', 'A', 'NXDOMAIN'],
  ['dangling.example.test.', 'A', 'NXDOMAIN'],
  ['www.example.test.', 'MX', 'NODATA'],
  ['alias.example.test.', 'MX', 'NODATA'],
  ['b.empty.example.test.', 'A', 'NODATA'],
  ['any.wild.example.test.', 'MX', 'NODATA'],
];

function serverAddress(address: string): { host: string; port: number } {
  const [host = '', port] = address.split(':');
  return { host, port: Number(port) };
}

/** What a client goes by. RRsets have no order. */
function essence({ rcode, isAuthoritative, isTruncated, answers }: Message): object {
  return {
    rcode,
    isAuthoritative,
    isTruncated,
    answers: answers.map((record) => formatRecord(record)).sort(),
  };
}

describe.skipIf(!isInstalled('nsd'))('the resolver asks nsd', () => {
  let nsd: Nsd;
  let ours: DnsServer;
  /** Of nsd, and of the server here for the same zone. */
  let resolver: StubResolver;
  let reference: StubResolver;

  beforeAll(async () => {
    nsd = await Nsd.serving(zoneName, zoneText);
    ours = await serveDns('127.0.0.1:0', authoritative([testZone()]));
    resolver = new StubResolver({ servers: [nsd.address] });
    reference = new StubResolver({ servers: [ours.address] });
  });

  afterAll(async () => {
    await ours.close();
    await nsd[Symbol.asyncDispose]();
  });

  test.each(questions)('for %s %s, and both servers say the same', async (name, type) => {
    const [theirs, same] = await Promise.all([resolver.query(name, type), reference.query(name, type)]);
    expect(theirs.rcode).toBe('NOERROR');
    expect(theirs.answers.length).toBeGreaterThan(0);
    expect(essence(same)).toEqual(essence(theirs));
  });

  test.each(questions)('for the records of %s %s, and both servers have the same', async (name, type) => {
    const [theirs, same] = await Promise.all([resolver.resolve(name, type), reference.resolve(name, type)]);
    expect(theirs.records.length).toBeGreaterThan(0);
    expect({ ...same, records: new Set(same.records) }).toEqual({
      ...theirs,
      records: new Set(theirs.records),
    });
  });

  test('for an RRset that only TCP carries', async () => {
    const { tcpQueries } = resolver.stats;
    const { records } = await resolver.resolve('large.example.test.', 'TXT');
    expect(records).toHaveLength(largeText.length);
    expect(resolver.stats.tcpQueries).toBe(tcpQueries + 1);
  });

  test('over TCP from the start', async () => {
    const overTcp = new StubResolver({ servers: [nsd.address], useTcp: true });
    expect((await overTcp.resolve('mail.example.test.', 'A')).records).toHaveLength(2);
    expect(overTcp.stats).toMatchObject({ queries: 1, tcpQueries: 1 });
  });

  test('without EDNS, where 512 bytes do not hold what 1,232 do', async () => {
    const withoutEdns = new StubResolver({ servers: [nsd.address], ednsPayloadBytes: undefined });
    expect((await withoutEdns.resolve('medium.example.test.', 'TXT')).records).toHaveLength(7);
    expect(withoutEdns.stats).toMatchObject({ queries: 2, tcpQueries: 1 });
  });

  test('in mixed case', async () => {
    const mixed = new StubResolver({ servers: [nsd.address], mixCase: true });
    for (const [name, type] of questions) {
      expect((await mixed.resolve(name, type)).records.length).toBeGreaterThan(0);
    }
    expect(mixed.stats.ignored).toBe(0);
  });

  test.each(absent)('for %s %s: %s of both', async (name, type, code) => {
    for (const each of [resolver, reference]) {
      await expect(each.resolve(name, type)).rejects.toMatchObject({ name: 'DnsResolveError', code });
    }
    const [theirs, same] = await Promise.all([resolver.query(name, type), reference.query(name, type)]);
    expect(essence(same)).toEqual(essence(theirs));
    const soa = (message: Message): string[] => message.authorities.map((record) => formatRecord(record));
    expect(soa(same)).toEqual(soa(theirs));
    expect(soa(theirs)).toHaveLength(1);
  });

  test('about what nsd has delegated: both refer to others, alike', async () => {
    const asked = query('www.sub.example.test.', 'A', { id: 1, recursionDesired: false });
    const referral = async (address: string): Promise<object> => {
      const { host, port } = serverAddress(address);
      const answer = await exchange(asked, { host, port }, 'udp', { timeoutMs: 30_000 });
      const named = [...answer.authorities, ...answer.additionals].map((record) => formatRecord(record));
      return { ...essence(answer), named: named.sort() };
    };
    const theirs = await referral(nsd.address);
    expect(theirs).toMatchObject({ rcode: 'NOERROR', isAuthoritative: false, answers: [] });
    expect(await referral(formatAddress(ours.address))).toEqual(theirs);
    for (const each of [resolver, reference]) {
      await expect(each.query('www.sub.example.test.', 'A')).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
    }
  });

  test('for what is not its zone: refused', async () => {
    for (const each of [resolver, reference]) {
      await expect(each.resolve('www.example.net.', 'A')).rejects.toMatchObject({ code: 'REFUSED' });
    }
  });
});
