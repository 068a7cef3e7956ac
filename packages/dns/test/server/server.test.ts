import { afterEach, describe, expect, it, vi } from 'vitest';
import { bind, type Address } from '@wirestack/socket';
import { DnsUsageError } from '../../src/errors.ts';
import { decode, encode, query, respond, type Message, type QueryOptions } from '../../src/message/index.ts';
import { serveDns, type DnsHandler, type QueryContext } from '../../src/server/index.ts';
import { parseRecord } from '../../src/zone/index.ts';
import { started, TcpClient, turnsUntil, UdpClient } from './client.ts';

const address = parseRecord('www.example. 60 IN A 192.0.2.1');

const answering: DnsHandler = (asked) => respond(asked, { answers: [address] });

function question(id: number, options: Partial<QueryOptions> = {}): Uint8Array {
  return encode(query('www.example.', 'A', { id, edns: undefined, ...options }));
}

/** An answer of about `bytes` bytes: one RRset of short strings. */
function text(asked: Message, bytes: number): Message {
  const records = Array.from({ length: Math.ceil(bytes / 112) }, (_, index) =>
    parseRecord(`www.example. 60 IN TXT "${String(index).padStart(99, '.')}"`),
  );
  return respond(asked, { answers: records });
}

/** What a well-behaved client gets: the server has survived whatever came before. */
const good = { id: 7, rcode: 'NOERROR', isResponse: true, answers: [expect.objectContaining({ type: 'A' })] };

describe('a handler', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const refusal = new Error('no');
  it.each<[string, DnsHandler]>([
    [
      'throws',
      () => {
        throw refusal;
      },
    ],
    ['rejects', () => Promise.reject(refusal)],
  ])('that %s answers SERVFAIL, and is told of', async (_, handler) => {
    const server = await started(handler);
    for (const client of [await UdpClient.to(server.address), await TcpClient.to(server.address)]) {
      const answer = await client.ask(question(5, { edns: {} }));
      expect(answer).toMatchObject({ id: 5, rcode: 'SERVFAIL', recursionDesired: true });
      expect(answer.questions).toHaveLength(1);
      expect(answer.edns).toBeDefined();
    }
    expect(server.errors).toEqual([refusal, refusal]);
    expect(server.stats).toMatchObject({ failed: 2, answered: 2 });
  });

  it('that answers with what cannot be sent answers SERVFAIL', async () => {
    const bad = { ...address, data: { address: 'no address' } } as never;
    const server = await started((asked) => respond(asked, { answers: [bad] }));
    const client = await UdpClient.to(server.address);
    expect(await client.ask(question(5))).toMatchObject({ id: 5, rcode: 'SERVFAIL' });
    expect(server.errors).toEqual([expect.any(DnsUsageError)]);
  });

  it('that is late answers SERVFAIL, its signal is aborted, and what it answers then goes nowhere', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const running: { context: QueryContext; asked: Message; finish: (answer: Message) => void }[] = [];
    const server = await started(
      (asked, context) =>
        new Promise((finish) => {
          void context.signal;
          running.push({ context, asked, finish });
        }),
      { handlerTimeoutMs: 250 },
    );
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    for (const client of [udp, tcp]) {
      await client.send(question(5));
      await turnsUntil(() => running.length > 0);
      const [{ context, asked, finish }] = running.splice(0) as [(typeof running)[0]];
      await vi.advanceTimersByTimeAsync(249);
      expect(context.signal.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(context.signal.aborted).toBe(true);
      expect(await client.next()).toMatchObject({ id: 5, rcode: 'SERVFAIL' });
      finish(respond(asked, { answers: [address] }));
      // The next answer is to the next query.
      await client.send(question(6));
      await turnsUntil(() => running.length > 0);
      const [next] = running.splice(0) as [(typeof running)[0]];
      next.finish(respond(next.asked));
      expect(await client.next()).toMatchObject({ id: 6, rcode: 'NOERROR' });
    }
    expect(server.errors).toEqual([expect.any(Error), expect.any(Error)]);
    expect(server.stats).toMatchObject({ received: 4, answered: 4, failed: 2 });
  });

  it.each<[string, undefined | Promise<undefined>]>([
    ['undefined', undefined],
    ['a promise of undefined', Promise.resolve(undefined)],
  ])('that returns %s gives no answer, over UDP and TCP', async (_, nothing) => {
    const server = await started((asked) =>
      asked.id === 5 ? nothing : respond(asked, { answers: [address] }),
    );
    for (const client of [await UdpClient.to(server.address), await TcpClient.to(server.address)]) {
      await client.send(question(5));
      expect(await client.ask(question(7))).toMatchObject(good);
    }
    expect(server.stats).toMatchObject({ ignored: 2, answered: 2 });
  });

  it('is told who asks, and how', async () => {
    const contexts: QueryContext[] = [];
    const server = await started((asked, context) => {
      contexts.push(context);
      return respond(asked);
    });
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    await udp.ask(question(1));
    await tcp.ask(question(2));
    expect(contexts.map(({ transport, remoteAddress }) => ({ transport, remoteAddress }))).toEqual([
      { transport: 'udp', remoteAddress: udp.socket.localAddress },
      { transport: 'tcp', remoteAddress: tcp.stream.localAddress },
    ]);
    expect(contexts[0]?.signal.aborted).toBe(false);
  });

  it('runs for no more UDP queries than it may: those past that are dropped', async () => {
    const waiting: (() => void)[] = [];
    const server = await started(
      (asked) =>
        new Promise((resolve) => {
          waiting.push(() => {
            resolve(respond(asked));
          });
        }),
      { maxUdpRunning: 2 },
    );
    const udp = await UdpClient.to(server.address);
    for (const id of [1, 2, 3]) await udp.send(question(id));
    await turnsUntil(() => server.stats.ignored === 1);
    expect(waiting).toHaveLength(2);
    for (const finish of waiting.splice(0)) finish();
    expect([(await udp.next()).id, (await udp.next()).id]).toEqual([1, 2]);
    await udp.send(question(4));
    await turnsUntil(() => waiting.length === 1);
    waiting[0]?.();
    expect((await udp.next()).id).toBe(4);
  });

  it('that is slow for TCP clients does not keep UDP clients from theirs', async () => {
    const server = await started(
      (asked, { transport }) =>
        transport === 'udp' ? respond(asked, { answers: [address] }) : new Promise(() => undefined),
      { maxUdpRunning: 2 },
    );
    const tcp = await TcpClient.to(server.address);
    await tcp.send(question(1), question(2), question(3));
    await turnsUntil(() => server.stats.received === 3);
    const udp = await UdpClient.to(server.address);
    expect(await udp.ask(question(7))).toMatchObject(good);
  });
});

describe('the size of an answer over UDP', () => {
  const sizes: [
    said: string,
    edns: QueryOptions['edns'],
    options: { maxUdpBytes?: number },
    limit: number,
  ][] = [
    ['nothing', undefined, {}, 512],
    ['100 bytes', { udpPayloadSize: 100 }, {}, 512],
    ['0 bytes', { udpPayloadSize: 0 }, {}, 512],
    ['700 bytes', { udpPayloadSize: 700 }, {}, 700],
    ['1,232 bytes', { udpPayloadSize: 1232 }, {}, 1232],
    ['65,535 bytes', { udpPayloadSize: 65_535 }, {}, 1232],
    ['65,535 bytes', { udpPayloadSize: 65_535 }, { maxUdpBytes: 4096 }, 4096],
    ['65,535 bytes', { udpPayloadSize: 65_535 }, { maxUdpBytes: 512 }, 512],
  ];

  it.each(sizes)('a client that says %s (%o, server %o) gets %i', async (_, edns, options, limit) => {
    const server = await started((asked) => {
      const { answers } = text(asked, 50_000);
      // One RRset each, so that as much as fits is left.
      const apart = answers.map((record, index) => ({
        ...record,
        ...({ name: parseRecord(`${String(index)}.example. 60 IN A 192.0.2.1`).name } as object),
      }));
      return respond(asked, { answers: apart });
    }, options);
    const client = await UdpClient.to(server.address);
    await client.send(question(9, { edns }));
    const bytes = await client.bytes();
    expect(bytes.length).toBeLessThanOrEqual(limit);
    // One more record would not have fitted.
    expect(bytes.length).toBeGreaterThan(limit - 130);
    const answer = decode(bytes);
    expect(answer.isTruncated).toBe(true);
    expect(answer.edns !== undefined).toBe(edns !== undefined);
    const tcp = await TcpClient.to(server.address);
    const whole = await tcp.ask(question(9, { edns }));
    expect(whole.isTruncated).toBe(false);
    expect(whole.answers).toHaveLength(447);
  });

  it('an RRset that does not fit is left out whole, with TC', async () => {
    const server = await started((asked) => text(asked, 1000));
    const client = await UdpClient.to(server.address);
    expect(await client.ask(question(9))).toMatchObject({ isTruncated: true, answers: [] });
    expect((await client.ask(question(9, { edns: {} }))).answers).toHaveLength(9);
  });

  it('is 65,507 bytes at most, which is what a packet carries', async () => {
    const { name } = address;
    const filling = (bytes: number): DnsHandler => {
      return (asked) =>
        respond(asked, {
          answers: [
            { name, type: 'TYPE65280', class: 'IN', ttl: 60, data: { bytes: new Uint8Array(bytes) } },
          ],
        });
    };
    // Header, question, OPT; a pointer for the owner, type, class, TTL and length.
    const most = 65_507 - 12 - 17 - 11 - 12;
    const asked = question(9, { edns: { udpPayloadSize: 65_535 } });
    for (const [bytes, length] of [
      [most, 65_507],
      [most + 1, 40],
    ] as const) {
      const server = await started(filling(bytes), { maxUdpBytes: 65_507 });
      const client = await UdpClient.to(server.address);
      await client.send(asked);
      const answer = await client.bytes();
      expect(answer).toHaveLength(length);
      expect(decode(answer).isTruncated).toBe(length === 40);
    }
  });

  it('an answer above 65,535 bytes is cut over TCP', async () => {
    const server = await started((asked) => text(asked, 80_000));
    const client = await TcpClient.to(server.address);
    expect(await client.ask(question(9))).toMatchObject({ isTruncated: true, answers: [] });
  });
});

describe('the address', () => {
  it.each(['127.0.0.1:0', 'udp://127.0.0.1:0', 'tcp://127.0.0.1:0', '[::1]:0', ':0', '[::]:0'])(
    '%s is one free port for both transports',
    async (at) => {
      await using server = await serveDns(at, answering);
      const { family, port } = server.address as Address & { family: 'ipv4' | 'ipv6' };
      expect(port).toBeGreaterThan(0);
      const hosts = at.includes('::1') ? ['::1'] : at.includes('127') ? ['127.0.0.1'] : ['127.0.0.1', '::1'];
      for (const host of hosts) {
        const here: Address = { family: host === '::1' ? 'ipv6' : 'ipv4', host, port };
        if (host === '::1' && family === 'ipv4') continue;
        expect(await (await UdpClient.to(here)).ask(question(7))).toMatchObject(good);
        expect(await (await TcpClient.to(here)).ask(question(7))).toMatchObject(good);
      }
    },
  );

  it('an object will do', async () => {
    await using server = await serveDns({ host: '127.0.0.1', port: 0 }, answering);
    expect(await (await UdpClient.to(server.address)).ask(question(7))).toMatchObject(good);
    expect(await (await TcpClient.to(server.address)).ask(question(7))).toMatchObject(good);
  });

  it('that another has for UDP is IN_USE, and TCP is given back', async () => {
    const other = await bind('udp://127.0.0.1:0');
    const { port } = other.localAddress as { port: number };
    await expect(serveDns(`127.0.0.1:${String(port)}`, answering)).rejects.toMatchObject({ code: 'IN_USE' });
    await other.close();
    await using server = await serveDns(`127.0.0.1:${String(port)}`, answering);
    expect(server.address).toMatchObject({ port });
  });

  it.each(['udp', 'tcp'] as const)('with %s alone leaves the other to others', async (transport) => {
    await using server = await serveDns('127.0.0.1:0', answering, { transports: [transport] });
    const { port } = server.address as { port: number };
    const client =
      transport === 'udp' ? await UdpClient.to(server.address) : await TcpClient.to(server.address);
    expect(await client.ask(question(7))).toMatchObject(good);
    const other = transport === 'udp' ? 'tcp' : 'udp';
    await using second = await serveDns(`127.0.0.1:${String(port)}`, answering, { transports: [other] });
    expect(second.address).toMatchObject({ port });
  });

  it.each<[string, object]>([
    ['maxUdpBytes', { maxUdpBytes: 511 }],
    ['maxUdpBytes', { maxUdpBytes: 65_508 }],
    ['handlerTimeoutMs', { handlerTimeoutMs: 0 }],
    ['maxUdpRunning', { maxUdpRunning: 0 }],
    ['maxTcpConnections', { maxTcpConnections: Number.NaN }],
    ['maxTcpRunning', { maxTcpRunning: -1 }],
    ['tcpIdleMs', { tcpIdleMs: 0 }],
    ['transports', { transports: [] }],
  ])('is not opened for a bad %s: %o', async (name, options) => {
    await expect(serveDns('127.0.0.1:0', answering, options)).rejects.toMatchObject({
      name: 'DnsUsageError',
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining(name) as string,
    });
  });
});
