import { afterEach, describe, expect, it, vi } from 'vitest';
import { bind, type Address } from '@wirestack/socket';
import { DnsUsageError } from '../../src/errors.ts';
import { decode, encode, query, respond, type Message, type QueryOptions } from '../../src/message/index.ts';
import { serveDns, type DnsHandler, type QueryContext } from '../../src/server/index.ts';
import { parseRecord } from '../../src/zone/index.ts';
import { concat, hex, u16 } from '../bytes.ts';
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

const header = (counts: string, flags = '01 00'): string => `12 34 ${flags} ${counts}`;
const one = '00 01 00 00 00 00 00 00';
const withAnswer = '00 01 00 01 00 00 00 00';
const www = '03 "www" 07 "example" 00 00 01 00 01';

describe('hostile messages', () => {
  const malformed: [fault: string, bytes: string][] = [
    ['a name that points to itself', `${header(one)} c0 0c 00 01 00 01`],
    ['two pointers that point to each other', `${header(one)} c0 0e c0 0c 00 01 00 01`],
    ['a label that leads back to itself', `${header(one)} 01 "a" c0 0c 00 01 00 01`],
    ['a pointer forward', `${header(one)} c0 12 00 01 00 01 03 "www" 00`],
    ['a pointer behind the end', `${header(one)} ff ff 00 01 00 01`],
    ['a pointer into the header', `${header(one)} c0 04 00 01 00 01`],
    ['half a pointer', `${header(one)} c0`],
    ['label type 01', `${header(one)} 43 "www" 00 00 01 00 01`],
    ['label type 10', `${header(one)} 83 "www" 00 00 01 00 01`],
    ['a label that leads out of the message', `${header(one)} 3f "www"`],
    [
      'a name of 256 bytes',
      `${header(one)} ${`3f ${'61 '.repeat(63)}`.repeat(3)} 3e ${'61 '.repeat(62)} 00 00 01 00 01`,
    ],
    ['a name without an end', `${header(one)} 03 "www"`],
    ['a question without its class', `${header(one)} 03 "www" 00 00 01`],
    ['a count of questions that lies', `${header('ff ff 00 00 00 00 00 00')} ${www}`],
    ['a count of answers that lies', `${header('00 01 ff ff 00 00 00 00')} ${www}`],
    ['a count of authorities that lies', `${header('00 01 00 00 ff ff 00 00')} ${www}`],
    ['a count of additionals that lies', `${header('00 01 00 00 00 00 ff ff')} ${www}`],
    ['a question that nothing counts', `${header('00 00 00 00 00 00 00 00')} ${www}`],
    ['bytes behind the message', `${header(one)} ${www} 00`],
    ['RDLENGTH past the end', `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00 00 3c 00 05 c0 00 02 01`],
    ['RDLENGTH too small for A', `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00 00 3c 00 03 c0 00 02`],
    [
      'RDLENGTH too large for A',
      `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00 00 3c 00 05 c0 00 02 01 00`,
    ],
    ['RDLENGTH 0 for A', `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00 00 3c 00 00`],
    [
      'a name that ends behind RDLENGTH',
      `${header(withAnswer)} ${www} c0 0c 00 05 00 01 00 00 00 3c 00 01 c0 0c`,
    ],
    ['a pointer loop in RDATA', `${header(withAnswer)} ${www} c0 0c 00 05 00 01 00 00 00 3c 00 02 c0 29`],
    [
      'a string that leads out of RDATA',
      `${header(withAnswer)} ${www} c0 0c 00 10 00 01 00 00 00 3c 00 02 09 "a"`,
    ],
    ['a record cut short', `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00`],
    [
      'OPT with an owner',
      `${header('00 01 00 00 00 00 00 01')} ${www} 01 "a" 00 00 29 10 00 00 00 00 00 00 00`,
    ],
    ['OPT among the answers', `${header(withAnswer)} ${www} 00 00 29 10 00 00 00 00 00 00 00`],
    [
      'two OPT',
      `${header('00 01 00 00 00 00 00 02')} ${www} ${'00 00 29 10 00 00 00 00 00 00 00'.repeat(2)}`,
    ],
    [
      'an option longer than OPT',
      `${header('00 01 00 00 00 00 00 01')} ${www} 00 00 29 10 00 00 00 00 00 00 04 00 0a 00 08`,
    ],
  ];

  it.each(malformed)(
    '%s is answered with FORMERR, over UDP and TCP, and the next query as ever',
    async (_, bytes) => {
      const server = await started(answering);
      const udp = await UdpClient.to(server.address);
      const tcp = await TcpClient.to(server.address);
      for (const client of [udp, tcp]) {
        const answer = await client.ask(hex(bytes));
        expect(answer).toMatchObject({
          id: 0x1234,
          isResponse: true,
          rcode: 'FORMERR',
          recursionDesired: true,
        });
        expect(answer.answers).toEqual([]);
        expect(await client.ask(question(7))).toMatchObject(good);
      }
      expect(server.stats).toMatchObject({ received: 4, answered: 4, malformed: 2, failed: 0, ignored: 0 });
      expect(server.errors).toEqual([]);
    },
  );

  it('a chain of pointers as long as a message can be is answered, and so is the next query', async () => {
    const server = await started(answering);
    // A question, then a record of an unknown type: 60,000 bytes of pointers, each to the one before it. Then a record whose owner is the last.
    const pointers = Array.from(
      { length: 8000 },
      (_, index) => 0xc000 + 12 + 17 + 11 + Math.max(0, index * 2 - 2),
    );
    const data = u16(...pointers);
    const hostile = concat(
      hex(`${header('00 01 00 02 00 00 00 00')} ${www} 00 ff 00 00 01 00 00 00 00`),
      u16(data.length),
      data,
      u16(0xc000 + 12 + 17 + 11 + 2 * 7999),
      hex('00 01 00 01 00 00 00 00 00 04 7f 00 00 01'),
    );
    const client = await TcpClient.to(server.address);
    expect(await client.ask(hostile)).toMatchObject({ id: 0x1234, rcode: 'FORMERR' });
    expect(await client.ask(question(7))).toMatchObject(good);
  });

  it('keeps the opcode of a message that is none', async () => {
    const server = await started(answering);
    const client = await UdpClient.to(server.address);
    expect(await client.ask(hex(`${header(one, '20 00')} c0 0c`))).toMatchObject({
      id: 0x1234,
      opcode: 'NOTIFY',
      rcode: 'FORMERR',
      recursionDesired: false,
    });
  });

  it('a query cut short anywhere is answered with FORMERR, or, without a whole header, not at all', async () => {
    const handled: Message[] = [];
    const server = await started((asked) => {
      handled.push(asked);
      return answering(asked, undefined as never);
    });
    const whole = question(0x4321, { edns: {} });
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    for (const client of [udp, tcp]) {
      for (let length = 0; length < 12; length++) await client.send(whole.subarray(0, length));
      expect(await client.ask(question(7))).toMatchObject(good);
      for (let length = 12; length < whole.length; length++) {
        expect(await client.ask(whole.subarray(0, length))).toMatchObject({ id: 0x4321, rcode: 'FORMERR' });
      }
      expect(await client.ask(question(7))).toMatchObject(good);
    }
    expect(handled).toHaveLength(4);
    expect(server.stats.ignored).toBe(24);
  });

  it('a response is never answered, valid or not', async () => {
    const server = await started(answering);
    const response = encode(respond(query('www.example.', 'A', { id: 1 }), { answers: [address] }));
    const responses = [response, hex(`${header(one, '81 80')} c0 0c`), hex(header(one, '80 00'))];
    for (const client of [await UdpClient.to(server.address), await TcpClient.to(server.address)]) {
      for (const each of responses) await client.send(each);
      expect(await client.ask(question(7))).toMatchObject(good);
    }
    expect(server.stats).toMatchObject({ received: 8, answered: 2, ignored: 6 });
  });

  it.each([
    ['no question', '00 00 00 00 00 00 00 00', ''],
    ['two questions', '00 02 00 00 00 00 00 00', `${www} ${www}`],
    ['questions that no UDP answer can repeat', '01 00 00 00 00 00 00 00', www.repeat(256)],
  ])('%s: FORMERR, and the handler is not asked', async (_, counts, questions) => {
    const handler = vi.fn(answering);
    const server = await started(handler);
    for (const client of [await UdpClient.to(server.address), await TcpClient.to(server.address)]) {
      expect(await client.ask(hex(`${header(counts)} ${questions}`))).toMatchObject({
        id: 0x1234,
        rcode: 'FORMERR',
      });
    }
    expect(handler).not.toHaveBeenCalled();
    expect(server.errors).toEqual([]);
    expect(server.stats).toMatchObject({ malformed: 2, answered: 2, failed: 0 });
  });

  it('more than one question is FORMERR under other opcodes too', async () => {
    const server = await started(answering);
    const client = await UdpClient.to(server.address);
    expect(
      await client.ask(hex(`${header('01 00 00 00 00 00 00 00', '10 00')} ${www.repeat(256)}`)),
    ).toMatchObject({
      opcode: 'STATUS',
      rcode: 'FORMERR',
    });
    expect(server.errors).toEqual([]);
  });

  it('EDNS comes back with the FORMERR for two questions', async () => {
    const server = await started(answering);
    const client = await UdpClient.to(server.address);
    const opt = '00 00 29 10 00 00 00 80 00 00 00';
    const answer = await client.ask(hex(`${header('00 02 00 00 00 00 00 01')} ${www} ${www} ${opt}`));
    expect(answer).toMatchObject({ rcode: 'FORMERR', edns: { version: 0, dnssecOk: true } });
  });
});

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
    ['maxUdpBytes', { maxUdpBytes: 65_536 }],
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

describe('the end', () => {
  /** A handler whose answers wait for the test. */
  function held(): { handler: DnsHandler; contexts: QueryContext[]; release: () => void } {
    const contexts: QueryContext[] = [];
    const waiting: (() => void)[] = [];
    return {
      contexts,
      handler: (asked, context) => {
        contexts.push(context);
        void context.signal;
        return new Promise((resolve) => {
          waiting.push(() => {
            resolve(respond(asked, { answers: [address] }));
          });
        });
      },
      release: () => {
        for (const finish of waiting.splice(0)) finish();
      },
    };
  }

  it.each<[string, ('udp' | 'tcp')[]]>([
    ['both transports', ['udp', 'tcp']],
    ['UDP alone', ['udp']],
    ['TCP alone', ['tcp']],
  ])('drain over %s answers what runs, and ends', async (_, transports) => {
    const { handler, contexts, release } = held();
    const server = await started(handler, { transports });
    const clients = await Promise.all(
      transports.map((name) => (name === 'udp' ? UdpClient : TcpClient).to(server.address)),
    );
    for (const client of clients) await client.send(question(7));
    await turnsUntil(() => contexts.length === clients.length);
    const drained = server.drain();
    release();
    for (const client of clients) expect(await client.next()).toMatchObject(good);
    await drained;
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual(clients.map(() => false));
    for (const client of clients) {
      if (client instanceof TcpClient) expect(await client.bytes()).toBeUndefined();
    }
    expect(server.connections).toBe(0);
  });

  it('drain takes no new queries', async () => {
    const { handler, contexts, release } = held();
    const server = await started(handler);
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    await udp.send(question(7));
    await tcp.send(question(7));
    await turnsUntil(() => contexts.length === 2);
    const drained = server.drain();
    await udp.send(question(8));
    await tcp.send(question(8));
    release();
    expect(await tcp.next()).toMatchObject(good);
    expect(await udp.next()).toMatchObject(good);
    expect(await tcp.bytes()).toBeUndefined();
    await drained;
    expect(contexts).toHaveLength(2);
    await expect(TcpClient.to(server.address)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('drain ends idle connections at once', async () => {
    const server = await started(answering);
    const tcp = await TcpClient.to(server.address);
    expect(await tcp.ask(question(7))).toMatchObject(good);
    await server.drain();
    expect(await tcp.bytes()).toBeUndefined();
  });

  it('drain aborts what is left when its deadline passes', async () => {
    const { handler, contexts } = held();
    const server = await started(handler);
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    await udp.send(question(7));
    await tcp.send(question(7));
    await turnsUntil(() => contexts.length === 2);
    const stop = new AbortController();
    const drained = server.drain({ signal: stop.signal }).then(
      () => 'drained',
      (error: unknown) => (error as { code: string }).code,
    );
    stop.abort();
    expect(await drained).toBe('ABORTED');
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    await expect(tcp.bytes()).rejects.toMatchObject({ code: 'RESET' });
    expect(server.connections).toBe(0);
  });

  it('close aborts the signals of what runs, and ends connections', async () => {
    const { handler, contexts } = held();
    const server = await started(handler);
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    await udp.send(question(7));
    await tcp.send(question(7));
    await turnsUntil(() => contexts.length === 2);
    await server.close();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    await expect(tcp.bytes()).rejects.toMatchObject({ code: 'RESET' });
    expect(server.connections).toBe(0);
    await server.close();
    await udp.send(question(8)).catch(() => undefined);
    await expect(TcpClient.to(server.address)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('a handler that ends because its signal was aborted is not told of', async () => {
    const contexts: QueryContext[] = [];
    const server = await started((_, context) => {
      contexts.push(context);
      return new Promise((__, reject) => {
        context.signal.addEventListener('abort', () => {
          reject(new Error('aborted', { cause: context.signal.reason }));
        });
      });
    });
    const udp = await UdpClient.to(server.address);
    const leaving = await TcpClient.to(server.address);
    await udp.send(question(1));
    await leaving.send(question(2));
    await turnsUntil(() => contexts.length === 2);
    leaving.stream.abort();
    await turnsUntil(() => server.connections === 0);
    await server.close();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(server.errors).toEqual([]);
    expect(server.stats.failed).toBe(0);
  });
});
