import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  bind,
  connectDatagram,
  formatAddress,
  type ConnectDatagramOptions,
  type Datagram,
  type DatagramSocket,
  type LookupFunction,
} from '@wirestack/socket';
import { DatagramInbox } from '../../src/datagrams/datagram-inbox.ts';
import { KernelDatagramSocket } from '../../src/datagrams/kernel-datagram-socket.ts';
import { disposed, turnsUntil } from '../scratch.ts';

const anyPort = 'udp://127.0.0.1:0';
const anyAddress = 'udp://127.0.0.1:9';
const text = ({ data }: Datagram): string => new TextDecoder().decode(data);
const portOf = ({ localAddress }: DatagramSocket): number => (localAddress as { port: number }).port;

/** The address of a socket that is no more. */
async function deserted(): Promise<DatagramSocket['localAddress']> {
  const gone = await bind(anyPort);
  await gone.close();
  return gone.localAddress;
}

/** How many sockets for UDP this process has. */
const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'UDPWrap').length;

describe('connectDatagram', () => {
  test.each([anyPort, 'udp://[::1]:0'])('hears its peer only, on %s', async (address) => {
    const [server, stranger] = [disposed(await bind(address)), disposed(await bind(address))];
    const client = disposed(await connectDatagram(server.localAddress));
    expect(client.remoteAddress).toEqual(server.localAddress);
    expect(client.localAddress).toMatchObject({ host: (server.localAddress as { host: string }).host });
    await client.send('question');
    const { from } = await server.receive();
    expect(from).toEqual(client.localAddress);
    await stranger.send('forged answer', from);
    await server.send('answer', from);
    expect(await client.receive()).toEqual({ data: Buffer.from('answer'), from: server.localAddress });
  });

  test('drops what a stranger sent while it was bound and not yet connected', async () => {
    const server = disposed(await bind(anyPort));
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    // Nobody takes it from the kernel meanwhile: this process stands still.
    const script = `import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'stray', ('127.0.0.1', int(sys.argv[1])))`;
    expect(spawnSync('python3', ['-c', script, String(socket.address().port)]).status).toBe(0);
    const client = disposed(new KernelDatagramSocket(socket, 'ipv4', {}, new DatagramInbox()));
    await client.connect(server.localAddress as { family: 'ipv4'; host: string; port: number });
    await server.send('answer', client.localAddress);
    expect(text(await client.receive())).toBe('answer');
  });

  test('is told REFUSED where nobody is: the pending receive, or the next', async () => {
    const client = disposed(await connectDatagram(await deserted()));
    const refused = { name: 'SocketError', code: 'REFUSED' };
    const pending = expect(client.receive()).rejects.toMatchObject(refused);
    await client.send('anybody?');
    await pending;
    await client.send('and now?');
    await turnsUntil(() => client.isReadable);
    await expect(client.receive()).rejects.toMatchObject(refused);
    expect(client.isReadable).toBe(false);
    expect(client.dropped).toBe(0);
  });

  test('is told REFUSED, too, of many packets posted at once', async () => {
    const client = disposed(await connectDatagram(await deserted()));
    const codes: string[] = [];
    client.attach({ datagram: () => undefined, error: ({ code }) => codes.push(code) });
    for (let count = 0; count < 10; count++) client.post(new Uint8Array(1), client.remoteAddress);
    // The kernel tells it to the next that is sent, if there is one: where there is an even number of them, nothing is left for receiving.
    await turnsUntil(() => codes.length > 0);
    expect(new Set(codes)).toEqual(new Set(['REFUSED']));
  });

  test('goes on after a REFUSED, once somebody is there', async () => {
    const address = await deserted();
    const client = disposed(await connectDatagram(address));
    await client.send('anybody?');
    await expect(client.receive()).rejects.toMatchObject({ code: 'REFUSED' });
    const server = disposed(await bind(address));
    await client.send('again');
    await server.send('here', (await server.receive()).from);
    expect(text(await client.receive())).toBe('here');
  });

  test('without a host goes to this machine, by the family that is asked for', async () => {
    const [ipv4, ipv6] = [disposed(await bind(anyPort)), disposed(await bind('udp://[::1]:0'))];
    const one = disposed(await connectDatagram({ port: portOf(ipv4) }));
    expect(one.remoteAddress).toEqual(ipv4.localAddress);
    const other = disposed(await connectDatagram({ port: portOf(ipv6) }, { family: 'ipv6' }));
    expect(other.remoteAddress).toEqual(ipv6.localAddress);
    const local = disposed(await connectDatagram({ port: portOf(ipv6) }, { localHost: '::1' }));
    expect(local.remoteAddress).toEqual(ipv6.localAddress);
  });

  test('sends from the local address and port that are asked for', async () => {
    const server = disposed(await bind(anyPort));
    const port = ((await deserted()) as { port: number }).port;
    const options = { localHost: '127.0.0.2', localPort: port };
    const client = disposed(await connectDatagram(server.localAddress, options));
    expect(formatAddress(client.localAddress)).toBe(`127.0.0.2:${String(port)}`);
    await client.send('x');
    expect((await server.receive()).from).toEqual(client.localAddress);
    await expect(connectDatagram(server.localAddress, options)).rejects.toMatchObject({
      name: 'SocketError',
      code: 'IN_USE',
      address: `127.0.0.2:${String(port)}`,
    });
    await expect(connectDatagram(server.localAddress, { localHost: '203.0.113.99' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  test('looks a name up once, in the family there is', async () => {
    const server = disposed(await bind('udp://[::1]:0'));
    const remote = { host: 'server.test', port: portOf(server) };
    const asked: unknown[] = [];
    const lookup: LookupFunction = (name, options, callback) => {
      asked.push([name, options]);
      callback(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]);
    };
    const first = disposed(await connectDatagram(remote, { lookup }));
    expect(first.remoteAddress).toEqual(server.localAddress);
    const second = disposed(await connectDatagram(remote, { lookup, family: 'ipv4' }));
    expect(second.remoteAddress).toMatchObject({ host: '127.0.0.1' });
    const third = disposed(await connectDatagram(remote, { lookup, localHost: '::1' }));
    expect(third.remoteAddress).toEqual(server.localAddress);
    await first.send('no lookup');
    expect(asked).toEqual([
      ['server.test', { all: true }],
      ['server.test', { all: true, family: 4 }],
      ['server.test', { all: true, family: 6 }],
    ]);
  });

  test('ends at its deadline, while a name is looked up, and opens nothing after it', async () => {
    let answer: (() => void) | undefined;
    const lookup: LookupFunction = (_name, _options, callback) => {
      answer = () => callback(null, '127.0.0.1', 4);
    };
    await expect(connectDatagram('slow.test:9', { lookup, timeoutMs: 1 })).rejects.toMatchObject({
      name: 'SocketError',
      code: 'TIMED_OUT',
    });
    const controller = new AbortController();
    const connecting = connectDatagram('slow.test:9', { lookup, signal: controller.signal });
    controller.abort('never mind');
    await expect(connecting).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    answer?.();
    await expect(connectDatagram(anyAddress, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await expect(connectDatagram(anyAddress, { timeoutMs: -1 })).rejects.toMatchObject({
      name: 'SocketUsageError',
      code: 'BAD_ARGUMENT',
    });
    expect(openSockets()).toBe(0);
    const open = await connectDatagram(anyAddress);
    expect(openSockets()).toBe(1);
    await open.close();
  });

  test.each<[string, string, ConnectDatagramOptions?]>([
    ['BAD_ADDRESS', 'udp://127.0.0.1:0'],
    ['BAD_ADDRESS', 'tcp://127.0.0.1:9'],
    ['BAD_ADDRESS', 'unix:/run/x.sock'],
    ['BAD_ADDRESS', '127.0.0.1:9', { localHost: 'localhost' }],
    ['BAD_ADDRESS', '127.0.0.1:9', { localHost: '::1' }],
    ['BAD_ADDRESS', '[::1]:9', { localHost: '127.0.0.1' }],
    ['BAD_ADDRESS', '[::1]:9', { family: 'ipv4' }],
    ['BAD_ADDRESS', '127.0.0.1:9', { family: 'ipv6' }],
    ['BAD_ADDRESS', '[::1]:9', { family: 'ipv4', localHost: '::1' }],
    ['BAD_ADDRESS', '127.0.0.1:9', { localPort: 65_536 }],
    ['BAD_ADDRESS', '127.0.0.1:9', { localPort: -1 }],
    ['BAD_ARGUMENT', '127.0.0.1:9', { queueLimit: 0 }],
    ['BAD_ARGUMENT', '127.0.0.1:9', { ttl: 0 }],
    ['BAD_ARGUMENT', '127.0.0.1:9', { ipv6Only: true }],
    ['PERMISSION', '255.255.255.255:9'],
  ])('%s for %s %j, and nothing stays open', async (code, remote, options) => {
    await expect(connectDatagram(remote, options)).rejects.toMatchObject({ code });
    await turnsUntil(() => openSockets() === 0);
  });

  test('takes no address to send to', async () => {
    const server = disposed(await bind(anyPort));
    const client = disposed(await connectDatagram(server.localAddress));
    await expect(client.send('x', server.localAddress)).rejects.toMatchObject({
      name: 'SocketUsageError',
      code: 'BAD_ARGUMENT',
    });
    // `post` has one, and does not heed it.
    client.post(Buffer.from('posted'), client.localAddress);
    expect(await server.receive()).toEqual({ data: Buffer.from('posted'), from: client.localAddress });
  });
});
