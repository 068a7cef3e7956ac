import { describe, expect, test } from 'vitest';
import {
  bind,
  connectDatagram,
  type Address,
  type DatagramReceiver,
  type DatagramSocket,
} from '@wirestack/socket';
import { disposed, turnsUntil } from '../scratch.ts';

const anyPort = 'udp://127.0.0.1:0';

/** What push mode told, in order. */
class Recording implements DatagramReceiver {
  readonly events: string[] = [];
  readonly senders: Address[] = [];

  datagram(data: Uint8Array, from: Address): void {
    this.events.push(new TextDecoder().decode(data));
    this.senders.push(from);
  }

  error(error: { readonly code: string }): void {
    this.events.push(`error ${error.code}`);
  }

  closed(): void {
    this.events.push('closed');
  }
}

async function pair(): Promise<{ server: DatagramSocket; client: DatagramSocket }> {
  const server = disposed(await bind(anyPort));
  const client = disposed(await connectDatagram(server.localAddress));
  return { server, client };
}

/** Where a socket that never asked to broadcast may not send. */
const broadcast: Address = { family: 'ipv4', host: '255.255.255.255', port: 9 };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

describe('datagrams in push mode', () => {
  test('arrive in order, with their sender', async () => {
    const { server, client } = await pair();
    const received = new Recording();
    server.attach(received);
    for (const text of numbered(50)) await client.send(text);
    await client.send('');
    await turnsUntil(() => received.events.length === 51);
    expect(received.events).toEqual([...numbered(50), '']);
    expect(received.senders).toEqual(Array<Address>(51).fill(client.localAddress));
    expect(server.dropped).toBe(0);
  });

  test('that waited come first, in a later turn', async () => {
    const server = disposed(await bind(anyPort, { queueLimit: 3 }));
    const client = disposed(await connectDatagram(server.localAddress));
    for (const text of numbered(5)) await client.send(text);
    await turnsUntil(() => server.dropped === 2);
    const received = new Recording();
    server.attach(received);
    expect(received.events).toEqual([]);
    await turnsUntil(() => received.events.length === 3);
    await client.send('later');
    await turnsUntil(() => received.events.length === 4);
    expect(received.events).toEqual(['2', '3', '4', 'later']);
    expect(server.dropped).toBe(2);
  });

  test('receive() is refused', async () => {
    const { server } = await pair();
    server.attach(new Recording());
    await expect(server.receive()).rejects.toMatchObject({ name: 'SocketUsageError', code: 'ATTACHED' });
  });

  test('attach() is refused while a receive is outstanding, which then gets its packet', async () => {
    const { server, client } = await pair();
    const pending = server.receive();
    expect(() => {
      server.attach(new Recording());
    }).toThrow(expect.objectContaining({ name: 'SocketUsageError', code: 'BUSY' }) as Error);
    await client.send('for receive');
    expect((await pending).data).toEqual(Buffer.from('for receive'));
    const received = new Recording();
    server.attach(received);
    await client.send('for push');
    await turnsUntil(() => received.events.length === 1);
    expect(received.events).toEqual(['for push']);
  });

  test('a second attach replaces the receiver, for what waits too', async () => {
    const { server, client } = await pair();
    await client.send('early');
    const [first, second] = [new Recording(), new Recording()];
    server.attach(first);
    server.attach(second);
    await turnsUntil(() => second.events.length === 1);
    const third = new Recording();
    server.attach(third);
    await client.send('late');
    await turnsUntil(() => third.events.length === 1);
    await server.close();
    expect(first.events).toEqual([]);
    expect(second.events).toEqual(['early']);
    expect(third.events).toEqual(['late', 'closed']);
  });

  test('closed is told once, and nothing after it', async () => {
    const { server, client } = await pair();
    const received = new Recording();
    server.attach(received);
    await client.send('one');
    await turnsUntil(() => received.events.length === 1);
    await client.send('never read');
    await Promise.all([server.close(), server.close()]);
    await server.close();
    expect(received.events).toEqual(['one', 'closed']);
  });
});

describe('post', () => {
  test('sends to where a packet came from, in order', async () => {
    const { server, client } = await pair();
    server.attach({
      datagram: (data, from) => {
        server.post(data, from);
      },
    });
    for (const text of numbered(40)) await client.send(text);
    for (const text of numbered(40)) expect((await client.receive()).data).toEqual(Buffer.from(text));
    expect(server.unsent).toBe(0);
  });

  test('of a connected socket goes to its peer', async () => {
    const { server, client } = await pair();
    client.post(bytes('to the peer'), server.localAddress);
    expect(await server.receive()).toEqual({ data: Buffer.from('to the peer'), from: client.localAddress });
  });

  test('to a closed port is harmless', async () => {
    const gone = await bind(anyPort);
    await gone.close();
    const { server, client } = await pair();
    const received = new Recording();
    server.attach(received);
    for (let count = 0; count < 10; count++) server.post(bytes('anybody?'), gone.localAddress);
    await client.send('still here');
    await turnsUntil(() => received.events.includes('still here'));
    server.post(bytes('answer'), client.localAddress);
    expect((await client.receive()).data).toEqual(Buffer.from('answer'));
  });

  test('of a connected socket to a closed port tells the receiver REFUSED, and goes on', async () => {
    const { server, client } = await pair();
    const received = new Recording();
    client.attach(received);
    const { localAddress } = server;
    await server.close();
    client.post(bytes('anybody?'), localAddress);
    await turnsUntil(() => received.events.length > 0);
    expect(received.events).toEqual(['error REFUSED']);
    const again = disposed(await bind(localAddress));
    again.post(bytes('back'), client.localAddress);
    await turnsUntil(() => received.events.length > 1);
    expect(received.events).toEqual(['error REFUSED', 'back']);
  });

  test('of more than a packet takes is dropped and counted', async () => {
    const { server, client } = await pair();
    server.post(new Uint8Array(65_536), client.localAddress);
    await turnsUntil(() => server.unsent === 1);
    server.post(bytes('small'), client.localAddress);
    expect((await client.receive()).data).toEqual(Buffer.from('small'));
  });

  test('counts what the kernel refuses: of the first thousand each', async () => {
    const { server } = await pair();
    for (let count = 0; count < 1000; count++) server.post(bytes('x'), broadcast);
    await turnsUntil(() => server.unsent === 1000);
  });

  test('counts refusals after long success from the 32nd at the latest, packets too large always', async () => {
    const { server } = await pair();
    for (let count = 0; count < 2000; count++) server.post(bytes('x'), server.localAddress);
    const beforeRefusal = server.unsent;
    for (let count = 0; count < 32; count++) server.post(bytes('x'), broadcast);
    await turnsUntil(() => server.unsent === beforeRefusal + 1);
    for (let count = 0; count < 1000; count++) server.post(bytes('x'), broadcast);
    await turnsUntil(() => server.unsent === beforeRefusal + 1001);
    for (let count = 0; count < 2000; count++) server.post(bytes('x'), server.localAddress);
    for (let count = 0; count < 10; count++) server.post(new Uint8Array(65_508), server.localAddress);
    await turnsUntil(() => server.unsent === beforeRefusal + 1011);
  });

  test('just before close is sent', async () => {
    const { server, client } = await pair();
    server.post(bytes('goodbye'), client.localAddress);
    await server.close();
    expect((await client.receive()).data).toEqual(Buffer.from('goodbye'));
  });

  test('to port 0, where nothing can be sent, is counted', async () => {
    const { server } = await pair();
    server.post(bytes('x'), { family: 'ipv4', host: '127.0.0.1', port: 0 });
    expect(server.unsent).toBe(1);
  });

  test('after close is ignored', async () => {
    const { server, client } = await pair();
    await server.close();
    server.post(bytes('nothing'), client.localAddress);
    expect(server.unsent).toBe(0);
  });

  test.each<[string, Address]>([
    ['a Unix path', { family: 'unix', path: '/x' }],
    ['a memory stream', { family: 'memory', name: 'x' }],
    ['a name', { family: 'ipv4', host: 'localhost', port: 9 }],
  ])('to %s is refused', async (_, to) => {
    const { server } = await pair();
    expect(() => {
      server.post(bytes('x'), to);
    }).toThrow(expect.objectContaining({ name: 'SocketUsageError', code: 'BAD_ADDRESS' }) as Error);
  });
});
