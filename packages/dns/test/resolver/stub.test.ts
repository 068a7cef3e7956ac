import { SocketError } from '@wirestack/socket';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Name, respond, type Message } from '../../src/message/index.ts';
import {
  StubResolver,
  type Exchange,
  type ExchangeOptions,
  type ServerAddress,
  type StubResolverOptions,
} from '../../src/resolver/index.ts';
import { answer, records, scriptedServer } from './scripted-server.ts';

const right = 'www.example.com. 60 IN A 192.0.2.1';
const soa = 'example.com. 900 IN SOA ns hostmaster 1 2 3 4 300';

/** A query that the fake network saw. */
interface Sent {
  readonly query: Message;
  readonly server: ServerAddress;
  readonly via: 'udp' | 'tcp';
  readonly options: ExchangeOptions;
  readonly index: number;
}

type Outcome = Message | SocketError;

describe('StubResolver, resolve()', () => {
  it('asks the first server over UDP, with an id by chance, recursion and EDNS', async () => {
    const { resolver, sent } = faked(({ query }) => answer(query, right), { random: (below) => below - 1 });
    expect(await resolver.resolve('www.example.com', 'A')).toEqual({
      name: Name.parse('www.example.com'),
      aliases: [],
      records: [{ address: '192.0.2.1' }],
      ttl: 60,
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      via: 'udp',
      server: { host: '192.0.2.1', port: 53 },
      query: {
        id: 0xffff,
        recursionDesired: true,
        questions: [{ type: 'A', class: 'IN' }],
        edns: { udpPayloadSize: 1232 },
      },
      options: { timeoutMs: 5000, exactCase: false },
    });
    expect(resolver.stats).toEqual({ queries: 1, tcpQueries: 0, ignored: 0 });
  });

  it('has ids that do not repeat in order', async () => {
    const { resolver, sent } = faked(({ query }) => answer(query, right));
    for (let count = 0; count < 64; count++) await resolver.resolve('www.example.com', 'A');
    const ids = sent.map(({ query }) => query.id);
    // 64 of 65,536 by chance: fewer than 56 different ones come once in 10^17 runs.
    expect(new Set(ids).size).toBeGreaterThan(55);
    expect(new Set(ids.map((id, index) => id - (ids[index - 1] ?? 0))).size).toBeGreaterThan(50);
  });

  it('asks silent servers round after round, for twice as long each', async () => {
    const { resolver, sent } = faked(() => timeout(), { timeoutMs: 100, attempts: 3 });
    await expect(resolver.resolve('www.example.com', 'A')).rejects.toMatchObject({
      name: 'DnsResolveError',
      code: 'TIMED_OUT',
      question: { type: 'A' },
    });
    expect(sent.map(({ server, options }) => [server.host, options.timeoutMs])).toEqual([
      ['192.0.2.1', 100],
      ['192.0.2.2', 100],
      ['192.0.2.1', 200],
      ['192.0.2.2', 200],
      ['192.0.2.1', 400],
      ['192.0.2.2', 400],
    ]);
  });

  it.each(['SERVFAIL', 'REFUSED', 'NOTAUTH', 'RCODE23'] as const)(
    'asks the next server after %s',
    async (rcode) => {
      const { resolver, sent } = faked(({ query, index }) =>
        index === 0 ? respond(query, { rcode }) : answer(query, right),
      );
      expect((await resolver.resolve('www.example.com', 'A')).ttl).toBe(60);
      expect(sent.map(({ server }) => server.host)).toEqual(['192.0.2.1', '192.0.2.2']);
    },
  );

  it.each([
    ['a referral', { authorities: records('com. 60 IN NS a.example.') }],
    ['a truncated reply over TCP', { isTruncated: true }],
  ])('asks the next server after %s', async (_, parts) => {
    const { resolver, sent } = faked(({ query, server }) =>
      server.host === '192.0.2.1' ? respond(query, parts) : answer(query, right),
    );
    expect((await resolver.resolve('www.example.com', 'A')).ttl).toBe(60);
    expect(sent.at(-1)?.server.host).toBe('192.0.2.2');
  });

  it.each([
    ['of an authority', { isAuthoritative: true, authorities: records('com. 60 IN NS a.example.') }],
    [
      'of a server that recurses',
      { recursionAvailable: true, authorities: records('com. 60 IN NS a.example.') },
    ],
    ['with a SOA record', { authorities: records('com. 60 IN NS a.example.', soa) }],
  ])('takes an empty reply %s for NODATA, though it names servers', async (_, parts) => {
    const { resolver, sent } = faked(({ query }) => respond(query, parts));
    await expect(resolver.resolve('www.example.com', 'A')).rejects.toMatchObject({ code: 'NODATA' });
    expect(sent).toHaveLength(1);
  });

  it('takes an answer that names servers, too', async () => {
    const parts = { answers: records(right), authorities: records('com. 60 IN NS a.example.') };
    const { resolver, sent } = faked(({ query }) => respond(query, parts));
    expect((await resolver.resolve('www.example.com', 'A')).ttl).toBe(60);
    expect(sent).toHaveLength(1);
  });

  it('asks a server that failed once, a silent one again, and says what failed', async () => {
    const { resolver, sent } = faked(({ query, server }) =>
      server.host === '192.0.2.1' ? timeout() : respond(query, { rcode: 'SERVFAIL' }),
    );
    await expect(resolver.resolve('www.example.com', 'A')).rejects.toMatchObject({
      code: 'SERVFAIL',
      server: '192.0.2.2:53',
    });
    expect(sent.map(({ server }) => server.host)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1']);
  });

  it('says which server cannot be reached, and why, where none can', async () => {
    const refused = new SocketError('REFUSED', 'nobody there');
    const { resolver, sent } = faked(() => refused);
    await expect(resolver.resolve('www.example.com', 'A')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      server: '192.0.2.1:53',
      cause: refused,
    });
    expect(sent).toHaveLength(2);
  });

  it('fetches a truncated reply over TCP from the same server, with an id of its own', async () => {
    let id = 0;
    const { resolver, sent } = faked(
      ({ query, via }) => (via === 'udp' ? respond(query, { isTruncated: true }) : answer(query, right)),
      { random: () => id++ },
    );
    expect((await resolver.resolve('www.example.com', 'A')).records).toHaveLength(1);
    expect(sent.map(({ server, via, query }) => [server.host, via, query.id])).toEqual([
      ['192.0.2.1', 'udp', 0],
      ['192.0.2.1', 'tcp', 1],
    ]);
    expect(resolver.stats).toMatchObject({ queries: 2, tcpQueries: 1 });
  });

  it('takes no part of a truncated reply, even where it has records', async () => {
    const { resolver } = faked(({ query, via }) =>
      via === 'udp'
        ? { ...answer(query, 'www.example.com. 60 IN A 203.0.113.66'), isTruncated: true }
        : answer(query, right),
    );
    expect((await resolver.resolve('www.example.com', 'A')).records).toEqual([{ address: '192.0.2.1' }]);
  });

  it.each(['FORMERR', 'NOTIMP', 'BADVERS'] as const)(
    'asks once more without EDNS after %s',
    async (rcode) => {
      const { resolver, sent } = faked(({ query }) =>
        query.edns === undefined ? answer(query, right) : respond(query, { rcode }),
      );
      expect((await resolver.resolve('www.example.com', 'A')).ttl).toBe(60);
      expect(sent.map(({ server, query }) => [server.host, query.edns?.udpPayloadSize])).toEqual([
        ['192.0.2.1', 1232],
        ['192.0.2.1', undefined],
      ]);
    },
  );

  it('asks once more without EDNS only once', async () => {
    const { resolver, sent } = faked(({ query }) => respond(query, { rcode: 'FORMERR' }));
    await expect(resolver.resolve('www.example.com', 'A')).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
    expect(sent.map(({ server }) => server.host)).toEqual([
      '192.0.2.1',
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.2',
    ]);
  });

  it('sends no OPT, or another size, where it is told so', async () => {
    const none = faked(({ query }) => answer(query, right), { ednsPayloadBytes: undefined });
    await none.resolver.resolve('www.example.com', 'A');
    expect(none.sent[0]?.query.edns).toBeUndefined();
    const large = faked(({ query }) => answer(query, right), { ednsPayloadBytes: 4096 });
    await large.resolver.resolve('www.example.com', 'A');
    expect(large.sent[0]?.query.edns?.udpPayloadSize).toBe(4096);
  });

  it('begins each question with another server where it rotates', async () => {
    const { resolver, sent } = faked(({ query }) => answer(query, right), { rotate: true });
    for (let count = 0; count < 3; count++) await resolver.resolve('www.example.com', 'A');
    expect(sent.map(({ server }) => server.host)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1']);
  });

  it('comes round to the servers before the one it began with', async () => {
    const { resolver, sent } = faked(() => timeout(), { rotate: true, attempts: 1 });
    for (let count = 0; count < 2; count++)
      await resolver.resolve('www.example.com', 'A').catch(() => undefined);
    expect(sent.map(({ server }) => server.host)).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.2',
      '192.0.2.1',
    ]);
  });

  it('asks over TCP from the start where it is told so', async () => {
    const { resolver, sent } = faked(({ query }) => answer(query, right), { useTcp: true });
    await resolver.resolve('www.example.com', 'A');
    expect(sent.map(({ via }) => via)).toEqual(['tcp']);
  });

  it('mixes the case of names, and wants it back, where it is told so', async () => {
    let bit = 0;
    const { resolver, sent } = faked(({ query }) => answer(query, right), {
      mixCase: true,
      random: () => bit++ % 2,
    });
    expect((await resolver.resolve('www.example.com', 'A')).records).toHaveLength(1);
    expect(String(sent[0]?.query.questions[0]?.name)).toBe('wWw.ExAmPlE.cOm.');
    expect(sent[0]?.options.exactCase).toBe(true);
  });

  it('asks in the class it is told', async () => {
    const { resolver } = faked(({ query }) => answer(query, 'version.bind. 0 CH TXT "1"'));
    const { records } = await resolver.resolve('version.bind', 'TXT', { class: 'CH' });
    expect(records).toEqual([{ strings: [new TextEncoder().encode('1')] }]);
  });

  it.each([
    ['NXDOMAIN', 'NXDOMAIN'],
    ['NOERROR', 'NODATA'],
  ] as const)('after %s asks nobody else, and says %s with the negative TTL', async (rcode, code) => {
    const { resolver, sent } = faked(({ query }) => respond(query, { rcode, authorities: records(soa) }));
    await expect(resolver.resolve('gone.example.com', 'A')).rejects.toMatchObject({
      code,
      ttl: 300,
      server: '192.0.2.1:53',
    });
    expect(sent).toHaveLength(1);
  });
});

describe('StubResolver, names to search', () => {
  const search = { search: ['example.com', 'example.org'] };
  const asked = (sent: readonly Sent[]): string[] =>
    sent.map(({ query }) => String(query.questions[0]?.name));
  const only =
    (line: string) =>
    ({ query }: Sent): Message => {
      const found = answer(query, line);
      return query.questions[0]!.name.equals(found.answers[0]!.name)
        ? found
        : respond(query, { rcode: 'NXDOMAIN' });
    };

  it('tries suffixes until one has the records', async () => {
    const { resolver, sent } = faked(only('www.example.org. 60 IN A 192.0.2.1'), search);
    expect(String((await resolver.resolve('www', 'A')).name)).toBe('www.example.org.');
    expect(asked(sent)).toEqual(['www.example.com.', 'www.example.org.']);
  });

  it('goes on after NODATA, and says that rather than NXDOMAIN', async () => {
    const { resolver, sent } = faked(
      ({ query, index }) => respond(query, { rcode: index === 1 ? 'NOERROR' : 'NXDOMAIN' }),
      search,
    );
    await expect(resolver.resolve('www', 'A')).rejects.toMatchObject({ code: 'NODATA' });
    expect(asked(sent)).toEqual(['www.example.com.', 'www.example.org.', 'www.']);
  });

  it('stops at trouble, which says nothing about the name', async () => {
    const { resolver, sent } = faked(({ query }) => respond(query, { rcode: 'SERVFAIL' }), search);
    await expect(resolver.resolve('www', 'A')).rejects.toMatchObject({ code: 'SERVFAIL' });
    expect(new Set(asked(sent))).toEqual(new Set(['www.example.com.']));
  });

  it.each(['www.', Name.parse('www')])('takes %s as it is', async (name) => {
    const { resolver, sent } = faked(only('www. 60 IN A 192.0.2.1'), search);
    await resolver.resolve(name, 'A');
    expect(asked(sent)).toEqual(['www.']);
  });

  it('takes the name as it is where the question says so', async () => {
    const { resolver, sent } = faked(only('www. 60 IN A 192.0.2.1'), search);
    await resolver.resolve('www', 'A', { noSearch: true });
    expect(asked(sent)).toEqual(['www.']);
  });

  it('in query() gives the first response with an answer, else one of a name that exists', async () => {
    const found = faked(only('www.example.org. 60 IN A 192.0.2.1'), search);
    expect(await found.resolver.query('www', 'A')).toMatchObject({ answers: [{ ttl: 60 }] });
    const nodata = faked(
      ({ query, index }) => respond(query, { rcode: index === 1 ? 'NOERROR' : 'NXDOMAIN' }),
      search,
    );
    const response = await nodata.resolver.query('www', 'A');
    expect([response.rcode, String(response.questions[0]?.name)]).toEqual(['NOERROR', 'www.example.org.']);
  });
});

describe('StubResolver, query()', () => {
  it('gives the response with all that is in it', async () => {
    const parts = {
      rcode: 'NXDOMAIN',
      answers: records('unrelated.example. 1 IN A 192.0.2.9'),
      authorities: records(soa),
    } as const;
    const { resolver } = faked(({ query }) => respond(query, parts));
    expect(await resolver.query('www.example.com', 'ANY')).toMatchObject(parts);
  });

  it.each(['AXFR', 'IXFR'] as const)('refuses %s, which no resolver answers', async (type) => {
    const { resolver, sent } = faked(() => timeout());
    await expect(resolver.query('example.com', type)).rejects.toMatchObject({
      name: 'DnsUsageError',
      code: 'BAD_ARGUMENT',
    });
    expect(sent).toHaveLength(0);
  });
});

describe('StubResolver, deadlines', () => {
  it('gives no try more time than the question has left', async () => {
    let time = 1000;
    const { resolver, sent } = faked(
      ({ options }) => {
        time += options.timeoutMs!;
        return timeout();
      },
      { now: () => time, timeoutMs: 100, attempts: 5 },
    );
    await expect(resolver.resolve('www.example.com', 'A', { timeoutMs: 450 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    expect(sent.map(({ options }) => options.timeoutMs)).toEqual([100, 100, 200, 50]);
  });

  it('says that the time is over, whatever servers said before', async () => {
    let time = 0;
    const { resolver, sent } = faked(
      ({ query, index, options }) => {
        if (index === 0) return respond(query, { rcode: 'SERVFAIL' });
        time += options.timeoutMs!;
        return timeout();
      },
      { now: () => time },
    );
    await expect(resolver.resolve('www.example.com', 'A', { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    expect(sent).toHaveLength(2);
  });

  it('counts the whole question, suffixes and TCP included', async () => {
    let time = 0;
    const { resolver, sent } = faked(
      ({ query, via }) => {
        time += 40;
        return respond(query, via === 'udp' ? { isTruncated: true } : { rcode: 'NXDOMAIN' });
      },
      { now: () => time, search: ['example.com', 'example.org'] },
    );
    await expect(resolver.resolve('www', 'A', { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    expect(sent.map(({ via, options }) => [via, options.timeoutMs])).toEqual([
      ['udp', 100],
      ['tcp', 60],
      ['udp', 20],
    ]);
  });

  it('sends nothing where there is no time, or the signal has fired', async () => {
    const { resolver, sent } = faked(({ query }) => answer(query, right));
    await expect(resolver.resolve('www.example.com', 'A', { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    const signal = AbortSignal.abort('never mind');
    await expect(resolver.resolve('www.example.com', 'A', { signal })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'never mind',
    });
    await expect(resolver.resolve('www.example.com', 'A', { timeoutMs: -1 })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
    expect(sent).toHaveLength(0);
  });

  it.each([0, 1, 2, 3])('aborted during query %i asks nothing more', async (stage) => {
    const controller = new AbortController();
    const { resolver, sent } = faked(({ query, via, index }) => {
      if (index === stage) {
        controller.abort('never mind');
        return new SocketError('ABORTED', 'aborted', { cause: 'never mind' });
      }
      if (index === 0) return timeout();
      return via === 'udp' && query.edns === undefined
        ? respond(query, { isTruncated: true })
        : respond(query, { rcode: 'FORMERR' });
    });
    const { signal } = controller;
    await expect(resolver.resolve('www.example.com', 'A', { signal })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'never mind',
    });
    expect(sent).toHaveLength(stage + 1);
  });

  it('asks nothing more where the signal fires between two queries', async () => {
    const controller = new AbortController();
    const { resolver, sent } = faked(({ query }) => {
      controller.abort('never mind');
      return respond(query, { rcode: 'SERVFAIL' });
    });
    await expect(
      resolver.resolve('www.example.com', 'A', { signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
    expect(sent).toHaveLength(1);
  });
});

describe('StubResolver, over the network', () => {
  it('survives a truncated reply, a server that refuses EDNS, and forgeries in one question', async () => {
    const server = await scriptedServer(({ query, via }) => {
      const forged = { ...answer(query, 'www.example.com. 60 IN A 203.0.113.66'), id: query.id ^ 1 };
      if (query.edns !== undefined)
        return [forged, respond({ ...query, edns: undefined }, { rcode: 'FORMERR' })];
      return via === 'udp' ? [forged, respond(query, { isTruncated: true })] : [answer(query, right)];
    });
    const resolver = new StubResolver({ servers: [server.address] });
    expect((await resolver.resolve('www.example.com', 'A')).records).toEqual([{ address: '192.0.2.1' }]);
    expect(server.asked.map(({ via, query }) => [via, query.edns !== undefined])).toEqual([
      ['udp', true],
      ['udp', false],
      ['tcp', false],
    ]);
    expect(resolver.stats).toEqual({ queries: 3, tcpQueries: 1, ignored: 2 });
  });

  it('leaves a server that is gone for one that is there', async () => {
    const server = await scriptedServer(({ query }) => [answer(query, right)]);
    const resolver = new StubResolver({ servers: ['127.0.0.1:1', server.address] });
    expect((await resolver.resolve('www.example.com', 'A')).ttl).toBe(60);
  });

  it('asks a silent server again, and takes the second reply', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await scriptedServer(({ query, index }) => {
      if (index > 0) return [answer(query, right)];
      vi.advanceTimersByTime(5000);
      return [];
    });
    const resolver = new StubResolver({ servers: [server.address] });
    expect((await resolver.resolve('www.example.com', 'A')).ttl).toBe(60);
    const [first, second] = server.asked;
    expect(first?.from.port).not.toBe(second?.from.port);
  });
});

describe('new StubResolver', () => {
  it.each([
    ['192.0.2.1', { host: '192.0.2.1', port: 53 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 53 }],
    ['fe80::1%eth0', { host: 'fe80::1%eth0', port: 53 }],
    ['192.0.2.1:5353', { host: '192.0.2.1', port: 5353 }],
    ['udp://[::1]:5353', { host: '::1', port: 5353 }],
    [
      { host: '192.0.2.1', port: 5353 },
      { host: '192.0.2.1', port: 5353 },
    ],
  ])('takes the server %j', async (server, address) => {
    const { resolver, sent } = faked(({ query }) => answer(query, right), { servers: [server] });
    await resolver.resolve('www.example.com', 'A');
    expect(sent[0]?.server).toEqual(address);
  });

  it.each([
    { servers: [] },
    { servers: ['dns.example:53'] },
    { servers: [':53'] },
    { servers: ['192.0.2.1:0'] },
    { servers: ['/run/dns.sock'] },
    { attempts: 0 },
    { attempts: 1.5 },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { ndots: -1 },
  ])('refuses %j', (options) => {
    expect(() => new StubResolver({ servers: ['192.0.2.1'], ...options })).toThrow(
      expect.objectContaining({ name: 'DnsUsageError', code: 'BAD_ARGUMENT' }),
    );
  });

  it('reads the machine’s own configuration where no servers are given, and options win over it', async () => {
    const sent: string[] = [];
    const resolver = new StubResolver({
      search: ['from.options.example'],
      exchange: (query) => {
        sent.push(String(query.questions[0]?.name));
        return Promise.resolve(answer(query, 'www.from.options.example. 60 IN A 192.0.2.1'));
      },
    });
    await resolver.resolve('www', 'A').catch(() => undefined);
    expect(sent).toContain('www.from.options.example.');
  });
});

/** A resolver of two servers, 192.0.2.1 and .2, on a network that does what `outcome` says, at once. */
function faked(
  outcome: (sent: Sent) => Outcome,
  options: Partial<StubResolverOptions> = {},
): { resolver: StubResolver; sent: readonly Sent[] } {
  const sent: Sent[] = [];
  const exchange: Exchange = async (query, server, via, exchangeOptions) => {
    const entry = { query, server, via, options: exchangeOptions, index: sent.length };
    sent.push(entry);
    const result = outcome(entry);
    if (result instanceof SocketError) throw result;
    return result;
  };
  return { resolver: new StubResolver({ servers: ['192.0.2.1', '192.0.2.2'], exchange, ...options }), sent };
}

function timeout(): SocketError {
  return new SocketError('TIMED_OUT', 'timed out');
}
