import { afterEach, describe, expect, it, vi } from 'vitest';
import { socketPair } from '@wirestack/socket';
import { encode, query, respond, type Message, type UnknownData } from '../../src/message/index.ts';
import type { DnsHandler, QueryContext } from '../../src/server/index.ts';
import { Responder } from '../../src/server/responder.ts';
import { TcpConnection } from '../../src/server/tcp-connection.ts';
import { parseRecord } from '../../src/zone/index.ts';
import { concat, hex } from '../bytes.ts';
import { framed, started, TcpClient, turnsUntil } from './client.ts';

const answering: DnsHandler = (asked) =>
  respond(asked, { answers: [parseRecord('www.example. 60 IN A 192.0.2.1')] });

function question(id: number): Uint8Array {
  return encode(query('www.example.', 'A', { id, edns: undefined }));
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** One record of an unknown type fills a message of about `bytes` bytes. */
function large(asked: Message, bytes: number): Message {
  const name = parseRecord('www.example. 60 IN A 192.0.2.1').name;
  const data = { bytes: new Uint8Array(bytes).fill(asked.id) };
  return respond(asked, { answers: [{ name, type: 'TYPE65280', class: 'IN', ttl: 60, data }] });
}

/** Queries wait here until the test lets their answers go. */
class Held {
  readonly contexts: QueryContext[] = [];
  readonly asked: number[] = [];
  readonly #waiting = new Map<number, () => void>();

  readonly handler: DnsHandler = (asked, context) => {
    this.contexts.push(context);
    this.asked.push(asked.id);
    void context.signal;
    return new Promise((resolve) => {
      this.#waiting.set(asked.id, () => {
        resolve(respond(asked));
      });
    });
  };

  release(...released: readonly number[]): void {
    for (const id of released) this.#waiting.get(id)?.();
  }
}

/** A connection in memory, where the test sees every step. */
function inMemory(handler: DnsHandler, maxRunning = 100): { client: TcpClient; connection: TcpConnection } {
  const [here, there] = socketPair();
  const responder = new Responder(handler, {
    maxUdpBytes: 1232,
    timeoutMs: 60_000,
    onError: (error) => {
      throw error;
    },
  });
  const connection = new TcpConnection(there, responder, maxRunning, () => 0);
  return { client: TcpClient.over(here), connection };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('queries over TCP', () => {
  const two = concat(framed(question(1)), framed(question(2)));

  it.each(ids(two.length + 1))('are read where they are cut at byte %i', async (at) => {
    const { client } = inMemory(answering);
    await client.stream.write(two.slice(0, at));
    await turn();
    await client.stream.write(two.slice(at));
    expect([(await client.next()).id, (await client.next()).id]).toEqual([1, 2]);
  });

  it('are read byte by byte', async () => {
    const server = await started(answering);
    const client = await TcpClient.to(server.address);
    for (const byte of two) await client.stream.write(Uint8Array.of(byte));
    expect([(await client.next()).id, (await client.next()).id]).toEqual([1, 2]);
    expect(server.stats).toMatchObject({ received: 2, answered: 2 });
  });

  it('come many in one write, and are answered in order where the handler need not wait', async () => {
    const server = await started(answering);
    const client = await TcpClient.to(server.address);
    await client.send(...ids(3000).map(question));
    for (const id of ids(3000)) expect((await client.next()).id).toBe(id);
  });

  it('are answered as answers are ready, not as they came', async () => {
    const held = new Held();
    const server = await started(held.handler);
    const client = await TcpClient.to(server.address);
    await client.send(question(1), question(2), question(3));
    await turnsUntil(() => held.asked.length === 3);
    for (const id of [3, 1, 2]) {
      held.release(id);
      expect((await client.next()).id).toBe(id);
    }
  });

  it('of no bytes are skipped', async () => {
    const { client } = inMemory(answering);
    await client.stream.write(concat(hex('00 00 00 00'), framed(question(1)), hex('00 00')));
    await client.send(question(2));
    expect([(await client.next()).id, (await client.next()).id]).toEqual([1, 2]);
  });

  it('of 65,535 bytes are read', async () => {
    const { client } = inMemory(answering);
    const padding = { code: 12, data: new Uint8Array(65_535 - 29 - 11 - 4) };
    const whole = encode(query('www.example.', 'A', { id: 1, edns: { options: [padding] } }));
    expect(whole).toHaveLength(65_535);
    await client.send(whole, question(2));
    expect([(await client.next()).rcode, (await client.next()).id]).toEqual(['NOERROR', 2]);
  });

  it('of a client that has finished sending are answered, and then the connection ends', async () => {
    const held = new Held();
    const server = await started(held.handler);
    const client = await TcpClient.to(server.address);
    await client.send(question(1), question(2));
    await client.stream.shutdown('write');
    await turnsUntil(() => held.asked.length === 2);
    held.release(2);
    expect((await client.next()).id).toBe(2);
    held.release(1);
    expect((await client.next()).id).toBe(1);
    expect(await client.bytes()).toBeUndefined();
    await turnsUntil(() => server.connections === 0);
  });

  it.each([0, 1, 2, 20])('cut off after %i bytes end the connection without an answer', async (length) => {
    const server = await started(answering);
    const client = await TcpClient.to(server.address);
    await client.stream.write(framed(question(1)).slice(0, length));
    await client.stream.shutdown('write');
    expect(await client.bytes()).toBeUndefined();
    expect(server.stats.received).toBe(0);
  });

  it('of a client that leaves are aborted, and those behind them not asked', async () => {
    const held = new Held();
    const server = await started(held.handler, { maxTcpRunning: 1 });
    const client = await TcpClient.to(server.address);
    await client.send(question(1), question(2));
    await turnsUntil(() => held.asked.length === 1);
    client.stream.abort();
    await turnsUntil(() => server.connections === 0);
    expect(held.contexts[0]?.signal.aborted).toBe(true);
    held.release(1);
    await turn();
    expect(held.asked).toEqual([1]);
    expect(server.errors).toEqual([]);
  });

  it('run only so many at a time; the others wait', async () => {
    const held = new Held();
    const { client } = inMemory(held.handler, 3);
    await client.send(...ids(10).map(question));
    await turn();
    expect(held.asked).toEqual([0, 1, 2]);
    held.release(1);
    expect((await client.next()).id).toBe(1);
    expect(held.asked).toEqual([0, 1, 2, 3]);
    for (const id of [0, 2, 3, 4, 5, 6, 7, 8, 9]) {
      await turn();
      held.release(id);
      expect((await client.next()).id).toBe(id);
    }
    expect(held.asked).toEqual(ids(10));
  });
});

describe('a client that reads slowly', () => {
  const answerBytes = 64_000;

  /** How many bytes the next answer has, and each value among them. */
  async function filling(client: TcpClient): Promise<number[]> {
    const { bytes } = (await client.next()).answers[0]?.data as UnknownData;
    return [bytes.length, ...new Set(bytes)];
  }

  it('gets all of 3 MB', async () => {
    const server = await started((asked) => large(asked, answerBytes));
    const client = await TcpClient.to(server.address);
    await client.send(...ids(48).map(question));
    for (const id of ids(48)) {
      await turn();
      expect(await filling(client)).toEqual([answerBytes, id]);
    }
    expect(await client.ask(question(99))).toMatchObject({ id: 99, rcode: 'NOERROR' });
  });

  it('gets all of 3 MB that were ready at once, after it finished sending', async () => {
    const server = await started((asked) => Promise.resolve(large(asked, answerBytes)));
    const client = await TcpClient.to(server.address);
    await client.send(...ids(48).map(question));
    await client.stream.shutdown('write');
    for (const id of ids(48)) {
      await turn();
      expect(await filling(client)).toEqual([answerBytes, id]);
    }
    expect(await client.bytes()).toBeUndefined();
  });

  it('is asked for no more than it takes', async () => {
    const asked: number[] = [];
    const { client, connection } = inMemory((each) => {
      asked.push(each.id);
      return large(each, answerBytes);
    });
    await client.send(...ids(20).map(question));
    await turn();
    // The pair holds 65,536 bytes before it pushes back: two answers.
    expect(asked).toEqual([0, 1]);
    expect(connection.isBlocked).toBe(true);
    for (const id of ids(20)) {
      expect(asked.length).toBeLessThanOrEqual(id + 3);
      expect((await client.next()).id).toBe(id);
      await turn();
    }
    expect(asked).toEqual(ids(20));
    expect(connection.isBlocked).toBe(false);
  });

  it('or never costs what the system buffers and little more, and others nothing', async () => {
    let handled = 0;
    const server = await started((asked) => {
      if (asked.id === 9999) return respond(asked);
      handled++;
      return large(asked, answerBytes);
    });
    const deaf = await TcpClient.to(server.address);
    await deaf.send(...ids(2000).map(question));
    const other = await TcpClient.to(server.address);
    for (let count = 0; count < 200; count++) expect((await other.ask(question(9999))).id).toBe(9999);
    // 128 MB were asked for. Linux buffers up to 6 MB at the receiver and 4 MB at the sender.
    expect(handled).toBeGreaterThan(0);
    expect(handled).toBeLessThan(400);
  });
});

describe('a connection', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** The server's clock is the test's; the system's events come as ever. */
  function stopClock(): void {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  }

  it('that asks nothing is ended in order', async () => {
    stopClock();
    const server = await started(answering, { tcpIdleMs: 3000 });
    const client = await TcpClient.to(server.address);
    expect((await client.ask(question(1))).id).toBe(1);
    vi.advanceTimersByTime(2999);
    expect((await client.ask(question(2))).id).toBe(2);
    vi.advanceTimersByTime(4000);
    expect(await client.bytes()).toBeUndefined();
    await turnsUntil(() => server.connections === 0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that sends a query too slowly is ended, however often a byte comes', async () => {
    stopClock();
    const server = await started(answering, { tcpIdleMs: 3000 });
    const client = await TcpClient.to(server.address);
    expect((await client.ask(question(1))).id).toBe(1);
    for (const byte of framed(question(2)).subarray(0, 8)) {
      await client.stream.write(Uint8Array.of(byte)).catch(() => undefined);
      await turn();
      vi.advanceTimersByTime(500);
    }
    await client.bytes().then(
      (bytes) => {
        expect(bytes).toBeUndefined();
      },
      (error: unknown) => {
        // What came after the end makes the system reset.
        expect(error).toMatchObject({ code: 'RESET' });
      },
    );
    expect(server.stats.received).toBe(1);
    await turnsUntil(() => server.connections === 0);
  });

  it('that asks often enough stays', async () => {
    stopClock();
    const server = await started(answering, { tcpIdleMs: 3000 });
    const client = await TcpClient.to(server.address);
    for (const id of ids(20)) {
      expect((await client.ask(question(id))).id).toBe(id);
      vi.advanceTimersByTime(1900);
    }
    expect(server.connections).toBe(1);
  });

  it('that waits for a slow handler stays, and as long again after the answer', async () => {
    stopClock();
    const held = new Held();
    const server = await started(held.handler, { tcpIdleMs: 3000 });
    const client = await TcpClient.to(server.address);
    await client.send(question(1));
    await turnsUntil(() => held.asked.length === 1);
    vi.advanceTimersByTime(10_000);
    held.release(1);
    expect((await client.next()).id).toBe(1);
    vi.advanceTimersByTime(2000);
    await client.send(question(2));
    await turnsUntil(() => held.asked.length === 2);
    held.release(2);
    expect((await client.next()).id).toBe(2);
    vi.advanceTimersByTime(4000);
    expect(await client.bytes()).toBeUndefined();
  });

  it('that takes no answers is ended, and does not get those that waited', async () => {
    stopClock();
    let handled = 0;
    const server = await started(
      (asked) => {
        handled++;
        return large(asked, 64_000);
      },
      { tcpIdleMs: 3000 },
    );
    const client = await TcpClient.to(server.address);
    await client.send(...ids(1000).map(question));
    const other = await TcpClient.to(server.address);
    let before = -1;
    // Until the system takes no more.
    while (handled !== before) {
      before = handled;
      for (let count = 0; count < 20; count++) await turn();
    }
    expect(handled).toBeLessThan(1000);
    vi.advanceTimersByTime(4000);
    expect(await other.bytes()).toBeUndefined();
    await turnsUntil(() => server.connections === 0);
    let taken = 0;
    // Whether the system tells of the reset or of an end depends on what it had buffered.
    while ((await client.bytes().catch(() => undefined)) !== undefined) taken++;
    expect(taken).toBeLessThanOrEqual(handled);
  });

  it('too many slow ones do not keep the next out: the one idle longest makes room', async () => {
    const server = await started(answering, { maxTcpConnections: 50 });
    const slow: TcpClient[] = [];
    for (let count = 1; count <= 50; count++) {
      const client = await TcpClient.to(server.address);
      await client.stream.write(hex('00'));
      await turnsUntil(() => server.connections === count);
      slow.push(client);
    }
    // The first is no longer the one idle longest.
    const [first, second] = slow as [TcpClient, TcpClient];
    await first.stream.write(concat(framed(question(1)).slice(1), hex('00')));
    expect((await first.next()).id).toBe(1);
    const next = await TcpClient.to(server.address);
    expect((await next.ask(question(51))).id).toBe(51);
    await expect(second.bytes()).rejects.toMatchObject({ code: 'RESET' });
    expect(server.connections).toBe(50);
    await first.stream.write(framed(question(2)).slice(1));
    expect((await first.next()).id).toBe(2);
  });

  it('of many that come and go at once all are served', async () => {
    const server = await started(answering, { maxTcpConnections: 10 });
    for (const id of ids(30)) {
      const client = await TcpClient.to(server.address);
      expect((await client.ask(question(id))).id).toBe(id);
    }
    expect(server.connections).toBeLessThanOrEqual(10);
  });
});
