import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { bind, connectDatagram, type Datagram } from '@wirestack/socket';
import { disposed, turnsUntil } from '../scratch.ts';

const anyPort = 'udp://127.0.0.1:0';
const text = ({ data }: Datagram): string => new TextDecoder().decode(data);

describe('bind', () => {
  test.each([anyPort, 'udp://[::1]:0'])(
    'one sent is one received, with its sender, on %s',
    async (address) => {
      const a = disposed(await bind(address));
      const b = disposed(await bind(address));
      await a.send('ping', b.localAddress);
      const ping = await b.receive();
      expect(text(ping)).toBe('ping');
      expect(ping.from).toEqual(a.localAddress);
      await b.send(new Uint8Array([1, 2, 3]), ping.from, { timeoutMs: 60_000 });
      expect([...(await a.receive()).data]).toEqual([1, 2, 3]);
      await a.send('', b.localAddress);
      expect((await b.receive()).data).toHaveLength(0);
      expect(a.remoteAddress).toBeUndefined();
    },
  );

  test('names are resolved, and `:port` is every interface', async () => {
    const server = disposed(await bind(':0'));
    const client = disposed(await bind(anyPort));
    const { port } = server.localAddress as { port: number };
    await client.send('by name', { host: 'localhost', port }).catch(() => undefined);
    await client.send('here', { port });
    for await (const datagram of server) {
      if (text(datagram) === 'here') break;
    }
    expect(server.dropped).toBe(0);
  });

  test('an address of IPv6 may say its interface', async () => {
    const [loopback] = Object.entries(networkInterfaces()).find(([, addresses]) =>
      addresses?.some(({ address }) => address === '::1'),
    ) ?? ['lo'];
    const a = disposed(await bind(`udp://[::1%${loopback}]:0`));
    const { port } = a.localAddress as { port: number };
    const b = disposed(await bind('udp://[::1]:0'));
    const connected = disposed(await connectDatagram(`udp://[::1%${loopback}]:${String(port)}`));
    await b.send('sent', `udp://[::1%${loopback}]:${String(port)}`);
    expect(text(await a.receive())).toBe('sent');
    b.post(new TextEncoder().encode('posted'), { family: 'ipv6', host: `::1%${loopback}`, port });
    expect(text(await a.receive())).toBe('posted');
    await connected.send('connected');
    expect(text(await a.receive())).toBe('connected');
  });

  test('the queue is bounded: the oldest is dropped, and counted', async () => {
    const receiver = disposed(await bind(anyPort, { queueLimit: 2 }));
    const sender = disposed(await connectDatagram(receiver.localAddress));
    for (const word of ['one', 'two', 'three', 'four', 'five']) await sender.send(word);
    await turnsUntil(() => receiver.dropped === 3);
    expect(text(await receiver.receive())).toBe('four');
    expect(text(await receiver.receive())).toBe('five');
  });

  test.each([0, -1, NaN, 1.5])('queueLimit %d is refused with BAD_ARGUMENT', async (queueLimit) => {
    await expect(bind(anyPort, { queueLimit })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('a cancelled receive loses nothing', async () => {
    const receiver = disposed(await bind(anyPort));
    const sender = disposed(await connectDatagram(receiver.localAddress));
    const controller = new AbortController();
    const receiving = receiver.receive({ signal: controller.signal });
    controller.abort('later');
    await expect(receiving).rejects.toMatchObject({ code: 'ABORTED', cause: 'later' });
    await expect(receiver.receive({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await expect(receiver.receive({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await sender.send('kept');
    await expect(receiver.receive({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(text(await receiver.receive({ timeoutMs: 60_000 }))).toBe('kept');
  });

  test('a second outstanding receive is refused with BUSY', async () => {
    const socket = disposed(await bind(anyPort));
    const first = socket.receive();
    await expect(socket.receive()).rejects.toMatchObject({ name: 'SocketUsageError', code: 'BUSY' });
    await socket.send('to itself', socket.localAddress);
    expect(text(await first)).toBe('to itself');
  });

  test('iteration ends at close()', async () => {
    const receiver = await bind(anyPort);
    const sender = disposed(await connectDatagram(receiver.localAddress));
    await sender.send('one');
    await sender.send('two');
    const seen: string[] = [];
    for await (const datagram of receiver) {
      seen.push(text(datagram));
      if (seen.length === 2) void receiver.close();
    }
    expect(seen).toEqual(['one', 'two']);
  });

  test('after close() everything rejects CLOSED', async () => {
    const socket = await bind(anyPort);
    const receiving = socket.receive();
    const sending = socket.send('x', { host: 'localhost', port: 9 });
    const closing = socket.close();
    await expect(receiving).rejects.toMatchObject({ name: 'SocketError', code: 'CLOSED' });
    await expect(sending).rejects.toMatchObject({ name: 'SocketError', code: 'CLOSED' });
    await closing;
    await socket.close();
    await expect(socket.receive()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(socket.send('x', socket.localAddress)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('the largest packet goes through, one byte more rejects TOO_LARGE', async () => {
    const receiver = disposed(await bind(anyPort));
    const sender = disposed(await bind(anyPort));
    await sender.send(new Uint8Array(65_507), receiver.localAddress);
    expect((await receiver.receive()).data).toHaveLength(65_507);
    await expect(sender.send(new Uint8Array(65_508), receiver.localAddress)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  test('wrong use is refused', async () => {
    const peer = disposed(await bind(anyPort));
    const connected = disposed(await connectDatagram(peer.localAddress));
    await expect(peer.send('x')).rejects.toMatchObject({ name: 'SocketUsageError', code: 'BAD_ARGUMENT' });
    await expect(connected.send('x', peer.localAddress)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(peer.send('x', 'udp://127.0.0.1:0')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    await expect(peer.send('x', 'tcp://127.0.0.1:9')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    await expect(peer.send('x', '/run/x.sock')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    await expect(bind('unix:/run/x.sock')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    await expect(
      peer.send('x', connected.localAddress, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
