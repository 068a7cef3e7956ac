import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Datagram } from '@wirestack/socket';
import { turns } from '../../src/testing/contract-case.ts';
import {
  datagramPair,
  type DatagramPairOptions,
  type FaultyDatagramSocket,
} from '../../src/testing/datagram-pair.ts';
import { ManualClock } from '../manual-clock.ts';
import { turnsUntil } from '../scratch.ts';

const text = ({ data }: Datagram): string => new TextDecoder().decode(data);
const bytes = (of: string): Uint8Array => new TextEncoder().encode(of);

describe('a pair without faults', () => {
  test('carries packets both ways, with their sender', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    await a.send('ping', b.localAddress);
    const ping = await b.receive();
    expect([text(ping), ping.from]).toEqual(['ping', a.localAddress]);
    await b.send('', ping.from);
    expect((await a.receive()).data).toHaveLength(0);
    expect([a.remoteAddress, b.remoteAddress]).toEqual([undefined, undefined]);
    expect(a.localAddress).not.toEqual(b.localAddress);
    expect(a.faults).toEqual({ sent: 1, lost: 0, duplicated: 0, heldBack: 0 });
  });

  test('knows its addresses in text and by the name of this machine', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    const { port } = b.localAddress as { port: number };
    await a.send('1', `udp://127.0.0.1:${String(port)}`);
    await a.send('2', { host: 'localhost', port });
    await a.send('3', { port });
    a.post(bytes('4'), b.localAddress);
    expect(await received(b, 4)).toEqual(['1', '2', '3', '4']);
  });

  test('delivers in a later turn, never inside send', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    let seen = 0;
    b.attach({ datagram: () => seen++ });
    a.post(bytes('x'), b.localAddress);
    await Promise.resolve();
    expect(seen).toBe(0);
    await turnsUntil(() => seen === 1);
  });

  test('copies what it carries', async () => {
    const [a, b] = datagramPair({ seed: 1, duplication: 1 });
    const data = bytes('before');
    a.post(data, b.localAddress);
    data.fill(0x20);
    const [first, second] = [await b.receive(), await b.receive()];
    first.data.fill(0x20);
    expect(text(second)).toBe('before');
  });

  test('connected, it needs no address, and takes none', async () => {
    const [a, b] = datagramPair({ seed: 1, connected: true });
    expect([a.remoteAddress, b.remoteAddress]).toEqual([b.localAddress, a.localAddress]);
    await a.send('ping');
    expect(text(await b.receive())).toBe('ping');
    b.post(bytes('posted'), a.localAddress);
    expect(text(await a.receive())).toBe('posted');
    await expect(a.send('x', b.localAddress)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('a packet to anybody else is lost', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    await a.send('x', 'udp://127.0.0.1:9');
    await a.send('x', 'udp://192.0.2.1:50002');
    await a.send('x', a.localAddress);
    await turns();
    expect([a.isReadable, b.isReadable, a.faults.sent]).toEqual([false, false, 0]);
  });

  test('wrong use is refused as a real socket refuses it', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    await expect(a.send('x')).rejects.toMatchObject({ name: 'SocketUsageError', code: 'BAD_ARGUMENT' });
    for (const to of ['udp://127.0.0.1:0', 'tcp://127.0.0.1:9', '/run/x.sock']) {
      await expect(a.send('x', to)).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    }
    await expect(a.send('x', 'udp://www.example:9')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(a.send('x', b.localAddress, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await expect(a.send(new Uint8Array(65_508), b.localAddress)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await a.send(new Uint8Array(65_507), b.localAddress);
    expect((await b.receive()).data).toHaveLength(65_507);
    expect(() => a.post(bytes('x'), { family: 'unix', path: '/run/x' })).toThrow('UDP');
    expect(() => a.post(bytes('x'), { family: 'ipv4', host: 'localhost', port: 9 })).toThrow('addresses');
    a.post(bytes('x'), { family: 'ipv4', host: '127.0.0.1', port: 0 });
    a.post(new Uint8Array(65_508), b.localAddress);
    expect(a.unsent).toBe(2);
  });

  test('the queue is bounded: the oldest is dropped, and counted', async () => {
    const [a, b] = datagramPair({ seed: 1, queueLimit: 2 });
    for (const word of ['1', '2', '3', '4', '5']) await a.send(word, b.localAddress);
    await turnsUntil(() => b.dropped === 3);
    expect(await received(b, 2)).toEqual(['4', '5']);
  });

  test('a cancelled receive loses nothing, a second one is refused', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    const controller = new AbortController();
    const receiving = b.receive({ signal: controller.signal });
    await expect(b.receive()).rejects.toMatchObject({ code: 'BUSY' });
    expect(() => b.attach({ datagram: () => undefined })).toThrow('outstanding');
    controller.abort('later');
    await expect(receiving).rejects.toMatchObject({ code: 'ABORTED', cause: 'later' });
    await expect(b.receive({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await expect(b.receive({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await a.send('kept', b.localAddress);
    expect(text(await b.receive({ timeoutMs: 60_000 }))).toBe('kept');
  });

  test('push mode is given what waited, in order, and refuses receive', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    await a.send('1', b.localAddress);
    await turnsUntil(() => b.isReadable);
    const seen: string[] = [];
    b.attach({
      datagram: (data, from) => seen.push(text({ data, from })),
      closed: () => seen.push('closed'),
    });
    await expect(b.receive()).rejects.toMatchObject({ code: 'ATTACHED' });
    expect(seen).toEqual([]);
    await a.send('2', b.localAddress);
    await turnsUntil(() => seen.length === 2);
    await b.close();
    expect(seen).toEqual(['1', '2', 'closed']);
  });

  test('iteration ends at close, and then everything rejects CLOSED', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    await a.send('1', b.localAddress);
    await a.send('2', b.localAddress);
    const seen: string[] = [];
    for await (const datagram of b) {
      seen.push(text(datagram));
      if (seen.length === 2) void b.close();
    }
    expect(seen).toEqual(['1', '2']);
    await b.close();
    await expect(b.receive()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(b.send('x', a.localAddress)).rejects.toMatchObject({ code: 'CLOSED' });
    b.post(bytes('x'), a.localAddress);
    expect(b.faults.sent).toBe(0);
    const receiving = expect(a.receive()).rejects.toMatchObject({ code: 'CLOSED' });
    await a[Symbol.asyncDispose]();
    await receiving;
  });

  test('to a closed peer a connected socket hears REFUSED, an unconnected one nothing', async () => {
    const [a, b] = datagramPair({ seed: 1, connected: true });
    await b.close();
    await a.send('anybody?');
    await expect(a.receive()).rejects.toMatchObject({ name: 'SocketError', code: 'REFUSED' });
    await a.send('anybody?');
    await turnsUntil(() => a.isReadable);
    await expect(a.receive()).rejects.toMatchObject({ code: 'REFUSED' });
    const errors: unknown[] = [];
    a.attach({ datagram: () => undefined, error: ({ code }) => errors.push(code) });
    await a.send('anybody?');
    await turnsUntil(() => errors.length === 1);
    expect(errors).toEqual(['REFUSED']);
    const [c, d] = datagramPair({ seed: 1 });
    await d.close();
    await c.send('anybody?', d.localAddress);
    await turns();
    expect(c.isReadable).toBe(false);
  });

  test('a group reaches who has joined it, at its port, until it leaves', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    const { port } = b.localAddress as { port: number };
    const to = { host: '239.1.2.3', port };
    await a.send('too early', to);
    b.joinGroup('239.1.2.3');
    await a.send('heard', to);
    await a.send('another port', { ...to, port: port + 1 });
    await a.send('another group', { host: '239.1.2.4', port });
    b.joinGroup('232.1.1.1', { source: '127.0.0.1' });
    await a.send('of the source', { host: '232.1.1.1', port });
    b.joinGroup('232.1.1.2', { source: '127.0.0.2' });
    await a.send('of no source', { host: '232.1.1.2', port });
    b.leaveGroup('239.1.2.3');
    await a.send('too late', to);
    await a.send('marker', b.localAddress);
    expect(await received(b, 3)).toEqual(['heard', 'of the source', 'marker']);
    expect(a.faults.sent).toBe(3);
    const error = (code: string): unknown => expect.objectContaining({ code });
    expect(() => b.joinGroup('232.1.1.1', { source: '127.0.0.1' })).toThrow(error('IN_USE'));
    expect(() => b.leaveGroup('232.1.1.1')).toThrow(error('UNAVAILABLE'));
    expect(() => b.joinGroup('192.0.2.1')).toThrow(error('BAD_ADDRESS'));
    expect(() => b.joinGroup('ff02::1')).toThrow(error('BAD_ADDRESS'));
    expect(() => b.joinGroup('232.1.1.1', { source: '::1' })).toThrow(error('BAD_ADDRESS'));
  });

  test('options of the kernel are checked, and change nothing', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    a.setBroadcast(true);
    a.setTtl(1);
    a.setMulticastTtl(0);
    a.setMulticastLoopback(false);
    a.setMulticastInterface('127.0.0.1');
    a.unref();
    a.ref();
    expect([a.receiveBufferBytes, a.sendBufferBytes]).toEqual([Infinity, Infinity]);
    for (const hops of [0, 256]) expect(() => a.setTtl(hops)).toThrow('hops');
    for (const hops of [-1, 256]) expect(() => a.setMulticastTtl(hops)).toThrow('hops');
    await a.send('as before', b.localAddress);
    expect(await received(b, 1)).toEqual(['as before']);
    await a.close();
    const closed = expect.objectContaining({ name: 'SocketError', code: 'CLOSED' }) as Error;
    for (const use of [
      () => a.setBroadcast(true),
      () => a.setTtl(1),
      () => a.setMulticastTtl(1),
      () => a.setMulticastLoopback(true),
      () => a.setMulticastInterface('127.0.0.1'),
      () => a.joinGroup('239.1.2.3'),
      () => a.leaveGroup('239.1.2.3'),
    ]) {
      expect(use).toThrow(closed);
    }
  });

  test('resolves what it could send to', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    const { port } = b.localAddress as { port: number };
    for (const to of [b.localAddress, { port }, { host: 'localhost', port }]) {
      expect(await a.resolve(to)).toEqual(b.localAddress);
    }
    await expect(a.resolve('www.example:9')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      address: 'www.example:9',
    });
    await expect(a.resolve('127.0.0.1:0')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    await expect(a.resolve('[::1]:9')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    const signal = AbortSignal.abort();
    await expect(a.resolve(b.localAddress, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('readiness can be watched', async () => {
    const [a, b] = datagramPair({ seed: 1 });
    let changes = 0;
    const stop = b.watch(() => changes++);
    expect([b.isReadable, b.isWritable]).toEqual([false, true]);
    await a.send('x', b.localAddress);
    await turnsUntil(() => changes === 1);
    expect(b.isReadable).toBe(true);
    await b.receive();
    expect(b.isReadable).toBe(false);
    stop();
    await b.close();
    expect([b.isReadable, changes]).toEqual([true, 1]);
  });
});

describe('faults', () => {
  const count = 10_000;
  /** Four standard deviations of so many draws: with the seeds fixed here it holds or it does not, for good. */
  const within = (probability: number): number => 4 * Math.sqrt(count * probability * (1 - probability));

  test('of 10,000 packets as many are lost, doubled and held back as was asked for', async () => {
    for (const seed of [1, 2, 3, 2 ** 31, -1]) {
      const faults = { loss: 0.1, duplication: 0.2, reordering: 0.3 };
      const [a, b] = datagramPair({ seed, ...faults, queueLimit: 3 * count });
      const order = await ordersOf(a, b, count);
      const { sent, lost, duplicated, heldBack } = a.faults;
      expect(sent).toBe(count);
      expect(Math.abs(lost - 0.1 * count)).toBeLessThan(within(0.1));
      // Of those that are not lost.
      expect(Math.abs(duplicated - 0.9 * 0.2 * count)).toBeLessThan(within(0.9 * 0.2));
      expect(Math.abs(heldBack / (sent - lost + duplicated) - 0.3)).toBeLessThan(0.02);
      expect(order).toHaveLength(sent - lost + duplicated);
      expect(new Set(order).size).toBe(sent - lost);
      expect(b.dropped).toBe(0);
    }
  });

  test('a packet that is held back is passed by no more than maxPassedBy', async () => {
    for (const maxPassedBy of [1, 2, 5]) {
      const [a, b] = datagramPair({ seed: 4, reordering: 0.2, maxPassedBy, queueLimit: count });
      const order = await ordersOf(a, b, count);
      const passed = order.map(
        (id, at) => order.slice(Math.max(0, at - 20), at).filter((each) => each > id).length,
      );
      expect(Math.max(...passed)).toBe(maxPassedBy);
      expect([...order].sort((x, y) => x - y)).toEqual(Array.from({ length: count }, (_, id) => id));
    }
  });

  test('the same seed makes the same run, another seed another', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const faults = { loss: 0.1, duplication: 0.1, reordering: 0.1, delay: { min: 0, max: 5 } };
      const [a, b] = datagramPair({ seed, ...faults });
      return ordersOf(a, b, 500);
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
    expect(first).not.toEqual([...first].sort((x, y) => x - y));
  });

  test('the two directions do not disturb each other, and are not alike', async () => {
    const options = { seed: 9, loss: 0.5 };
    const [a, b] = datagramPair(options);
    const alone = await ordersOf(a, b, 200);
    const [c, d] = datagramPair(options);
    const [forth, back] = await Promise.all([ordersOf(c, d, 200), ordersOf(d, c, 200)]);
    expect(forth).toEqual(alone);
    expect(back).not.toEqual(forth);
  });

  test('more loss loses those that were lost before, and more', async () => {
    const [a, b] = datagramPair({ seed: 10, loss: 0.2 });
    const [c, d] = datagramPair({ seed: 10, loss: 0.4, duplication: 0.5, reordering: 0.5 });
    const [few, many] = [await ordersOf(a, b, 500), await ordersOf(c, d, 500)];
    expect(new Set(few).size).toBeGreaterThan(new Set(many).size);
    expect(many.every((id) => few.includes(id))).toBe(true);
  });

  test('everything lost, everything doubled, everything held back', async () => {
    const [lossy, deaf] = datagramPair({ seed: 1, loss: 1 });
    expect(await ordersOf(lossy, deaf, 50)).toEqual([]);
    const [twice, both] = datagramPair({ seed: 1, duplication: 1 });
    expect(await ordersOf(twice, both, 3)).toEqual([0, 0, 1, 1, 2, 2]);
    const [late, patient] = datagramPair({ seed: 1, reordering: 1, maxPassedBy: 1 });
    for (const id of [0, 1, 2]) await late.send(String(id), patient.localAddress);
    expect(await received(patient, 2)).toEqual(['0', '1']);
    await turns();
    expect(patient.isReadable).toBe(false);
    await late.close();
    expect(await received(patient, 1)).toEqual(['2']);
  });

  test('a delay is so many turns of the event loop', async () => {
    const [a, b] = datagramPair({ seed: 1, delay: 4 });
    a.post(bytes('x'), b.localAddress);
    const readable: boolean[] = [];
    for (let turn = 0; turn < 6; turn++) {
      await turns(1);
      readable.push(b.isReadable);
    }
    expect(readable).toEqual([false, false, false, false, true, true]);
  });

  test('with a clock a delay is milliseconds of its own', async () => {
    const clock = new ManualClock();
    const [a, b] = datagramPair({ seed: 1, delay: { min: 20, max: 40 }, clock });
    for (let id = 0; id < 200; id++) a.post(bytes(String(id)), b.localAddress);
    expect(Math.min(...clock.waits)).toBe(20);
    expect(Math.max(...clock.waits)).toBe(40);
    expect(b.isReadable).toBe(false);
    await clock.advance(19);
    expect(b.isReadable).toBe(false);
    await clock.advance(21);
    expect(new Set(await received(b, 200)).size).toBe(200);
  });

  test('whatever the faults, what arrives was sent, and the counts tell how much arrives', async () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer(),
          loss: probability,
          duplication: probability,
          reordering: probability,
          maxPassedBy: fc.integer({ min: 1, max: 9 }),
          delay: fc.integer({ min: 0, max: 3 }),
        }),
        fc.nat(30),
        async (options, packets) => {
          const [a, b] = datagramPair(options);
          const order = await ordersOf(a, b, packets);
          const { sent, lost, duplicated } = a.faults;
          expect(sent).toBe(packets);
          expect(order).toHaveLength(sent - lost + duplicated);
          expect(order.every((id) => id >= 0 && id < packets)).toBe(true);
          for (const id of order) expect(order.filter((each) => each === id).length).toBeLessThanOrEqual(2);
        },
      ),
    );
  });

  test.each<Partial<DatagramPairOptions>>([
    { loss: -0.1 },
    { loss: 1.1 },
    { duplication: NaN },
    { reordering: 2 },
    { maxPassedBy: 0 },
    { maxPassedBy: 1.5 },
    { delay: -1 },
    { delay: 0.5 },
    { delay: { min: 2, max: 1 } },
    { queueLimit: 0 },
  ])('%j is refused with BAD_ARGUMENT', (options) => {
    expect(() => datagramPair({ seed: 1, ...options })).toThrow(
      expect.objectContaining({ name: 'SocketUsageError', code: 'BAD_ARGUMENT' }),
    );
  });
});

/** Sends so many numbered packets, then closes the sender, and answers which arrived, in order. */
async function ordersOf(
  from: FaultyDatagramSocket,
  to: FaultyDatagramSocket,
  count: number,
): Promise<number[]> {
  const order: number[] = [];
  to.attach({ datagram: (data, sender) => order.push(Number(text({ data, from: sender }))) });
  for (let id = 0; id < count; id++) from.post(bytes(String(id)), to.localAddress);
  await turns();
  // What is still held back goes now.
  await from.close();
  await turns();
  return order;
}

async function received(socket: FaultyDatagramSocket, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push(text(await socket.receive()));
  return texts;
}
