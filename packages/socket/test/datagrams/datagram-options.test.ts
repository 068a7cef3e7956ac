import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  bind,
  connectDatagram,
  type Datagram,
  type DatagramOptions,
  type DatagramSocket,
} from '@wirestack/socket';
import { disposed } from '../scratch.ts';

const anyPort = 'udp://127.0.0.1:0';
const text = ({ data }: Datagram): string => new TextDecoder().decode(data);
const portOf = ({ localAddress }: DatagramSocket): number => (localAddress as { port: number }).port;

describe('sharing an address', () => {
  test('wants reuseAddress of both: else IN_USE', async () => {
    const first = disposed(await bind(anyPort, { reuseAddress: true }));
    await expect(bind(first.localAddress)).rejects.toMatchObject({ name: 'SocketError', code: 'IN_USE' });
    disposed(await bind(first.localAddress, { reuseAddress: true }));
    const alone = disposed(await bind(anyPort));
    await expect(bind(alone.localAddress, { reuseAddress: true })).rejects.toMatchObject({ code: 'IN_USE' });
  });

  test('with reusePort works where the platform has it, and says so where not', async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (process.platform === 'linux' && (major > 23 || (major === 22 && minor >= 12))) {
      const first = disposed(await bind(anyPort, { reusePort: true }));
      disposed(await bind(first.localAddress, { reusePort: true }));
      return;
    }
    const unsupported = { name: 'SocketError', code: 'UNSUPPORTED' };
    await expect(bind(anyPort, { reusePort: true })).rejects.toMatchObject(unsupported);
    await expect(connectDatagram('127.0.0.1:9', { reusePort: true })).rejects.toMatchObject(unsupported);
  });
});

describe('an IPv6 socket', () => {
  test('is dual-stack, and has the port of IPv4, too', async () => {
    const both = disposed(await bind('udp://[::]:0'));
    const port = portOf(both);
    await expect(bind(`udp://0.0.0.0:${String(port)}`)).rejects.toMatchObject({ code: 'IN_USE' });
    const client = disposed(await connectDatagram({ host: '127.0.0.1', port }));
    await client.send('question');
    const { from } = await both.receive();
    expect(from).toEqual(client.localAddress);
    await both.send('sent', from);
    both.post(Buffer.from('posted'), from);
    expect([text(await client.receive()), text(await client.receive())]).toEqual(['sent', 'posted']);
  });

  test('with ipv6Only leaves IPv4 to another on the same port', async () => {
    const six = disposed(await bind('udp://[::]:0', { ipv6Only: true }));
    const port = portOf(six);
    const four = disposed(await bind(`udp://0.0.0.0:${String(port)}`));
    const sender4 = disposed(await bind(anyPort));
    const sender6 = disposed(await bind('udp://[::1]:0'));
    await sender4.send('by 4', { port });
    await sender6.send('by 6', { port });
    expect([text(await four.receive()), text(await six.receive())]).toEqual(['by 4', 'by 6']);
    await expect(six.send('x', sender4.localAddress)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('is what a port alone is bound to where it is asked for', async () => {
    const six = disposed(await bind(':0', { family: 'ipv6' }));
    expect(six.localAddress).toMatchObject({ family: 'ipv6', host: '::' });
    const four = disposed(await bind(':0', { family: 'ipv4' }));
    expect(four.localAddress).toMatchObject({ family: 'ipv4', host: '0.0.0.0' });
  });

  test.each<[string, DatagramOptions, string]>([
    [anyPort, { ipv6Only: true }, 'BAD_ARGUMENT'],
    [':0', { ipv6Only: true }, 'BAD_ARGUMENT'],
    [anyPort, { family: 'ipv6' }, 'BAD_ADDRESS'],
    ['[::1]:0', { family: 'ipv4' }, 'BAD_ADDRESS'],
  ])('is none at %s: %j is %s', async (address, options, code) => {
    await expect(bind(address, options)).rejects.toMatchObject({ name: 'SocketUsageError', code });
  });
});

describe('the kernel’s buffers', () => {
  test('are as large as asked for, and say how large that is', async () => {
    const sizes = async (bytes: number): Promise<[number, number]> => {
      const options = { receiveBufferBytes: bytes, sendBufferBytes: bytes };
      const socket = disposed(await bind(anyPort, options));
      return [socket.receiveBufferBytes, socket.sendBufferBytes];
    };
    const [small, large] = [await sizes(20_000), await sizes(60_000)];
    // Linux gives, and counts, twice as much.
    for (const size of small) expect([20_000, 40_000]).toContain(size);
    for (const size of large) expect([60_000, 120_000]).toContain(size);
  });

  test('are cut to what the system allows, and that is told', async () => {
    const socket = disposed(await bind(anyPort, { receiveBufferBytes: 2 ** 30 }));
    const usual = disposed(await bind(anyPort));
    expect(socket.receiveBufferBytes).toBeGreaterThanOrEqual(usual.receiveBufferBytes);
    expect(socket.receiveBufferBytes).toBeLessThan(2 ** 30);
  });
});

describe('options that make no sense', () => {
  test.each<DatagramOptions>([
    { ttl: 0 },
    { ttl: 256 },
    { ttl: 1.5 },
    { ttl: NaN },
    { multicastTtl: -1 },
    { multicastTtl: 256 },
    { receiveBufferBytes: 0 },
    { receiveBufferBytes: 2 ** 31 },
    { sendBufferBytes: -1 },
    { sendBufferBytes: 0.5 },
    { queueLimit: 0 },
  ])('%j is refused with BAD_ARGUMENT', async (options) => {
    const refused = { name: 'SocketUsageError', code: 'BAD_ARGUMENT' };
    await expect(bind(anyPort, options)).rejects.toMatchObject(refused);
    await expect(connectDatagram('127.0.0.1:9', options)).rejects.toMatchObject(refused);
  });

  test('are refused later, too', async () => {
    const socket = disposed(await bind(anyPort));
    const refused = expect.objectContaining({ name: 'SocketUsageError', code: 'BAD_ARGUMENT' }) as Error;
    for (const hops of [0, 256, 1.5, NaN]) expect(() => socket.setTtl(hops)).toThrow(refused);
    for (const hops of [-1, 256, 0.5, NaN]) expect(() => socket.setMulticastTtl(hops)).toThrow(refused);
    for (const hops of [1, 255]) {
      socket.setTtl(hops);
      socket.setMulticastTtl(hops - 1);
    }
  });
});

test.each<[string, (socket: DatagramSocket) => unknown]>([
  ['setBroadcast', (socket) => socket.setBroadcast(true)],
  ['setTtl', (socket) => socket.setTtl(1)],
  ['setMulticastTtl', (socket) => socket.setMulticastTtl(1)],
  ['setMulticastLoopback', (socket) => socket.setMulticastLoopback(false)],
  ['setMulticastInterface', (socket) => socket.setMulticastInterface('127.0.0.1')],
  ['joinGroup', (socket) => socket.joinGroup('239.255.0.1')],
  ['leaveGroup', (socket) => socket.leaveGroup('239.255.0.1')],
  ['receiveBufferBytes', (socket) => socket.receiveBufferBytes],
  ['sendBufferBytes', (socket) => socket.sendBufferBytes],
])('%s of a closed socket throws CLOSED', async (_, use) => {
  const socket = await bind(anyPort);
  await socket.close();
  expect(() => use(socket)).toThrow(expect.objectContaining({ name: 'SocketError', code: 'CLOSED' }));
  socket.ref();
  socket.unref();
});

describe('unref', () => {
  const loader = new URL('../server/concurrency/loader/register.js', import.meta.url);
  const program = fileURLToPath(new URL('./unref-child.ts', import.meta.url));

  test('lets a process end that has nothing else to do, and ref keeps it', async () => {
    const child = spawn(process.execPath, ['--import', loader.href, program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(said).toBe('kept by ref; ended by unref');
  });
});
