import { randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  bind,
  type Datagram,
  type DatagramOptions,
  type DatagramSocket,
  type GroupOptions,
} from '@wirestack/socket';
import { disposed, turnsUntil } from '../scratch.ts';
import { PythonProgram } from './python-program.ts';

const text = ({ data }: Datagram): string => new TextDecoder().decode(data);
const portOf = ({ localAddress }: DatagramSocket): number => (localAddress as { port: number }).port;
const onLoopback = { interface: '127.0.0.1' };

/** A group of this run's own, for "local" use (RFC 2365, section 6.1): nobody else on the machine is in it. */
const localGroup = (): string => `239.255.${String(randomInt(256))}.${String(randomInt(256))}`;

/** A socket that can be in groups: one bound to an address hears only what is sent to that. */
async function everywhere(options?: DatagramOptions): Promise<DatagramSocket> {
  return disposed(await bind(':0', options));
}

async function loopbackSender(
  host = '127.0.0.1',
  options: DatagramOptions = { multicastInterface: '127.0.0.1' },
): Promise<DatagramSocket> {
  return disposed(await bind(`udp://${host}:0`, options));
}

describe('a multicast group', () => {
  test('is heard from joining to leaving', async () => {
    const [group, member, sender] = [localGroup(), await everywhere(), await loopbackSender()];
    const port = portOf(member);
    await sender.send('too early', { host: group, port });
    await sender.send('marker 1', { port });
    expect(text(await member.receive())).toBe('marker 1');
    member.joinGroup(group, onLoopback);
    await sender.send('to the group', { host: group, port });
    expect(await member.receive()).toEqual({ data: Buffer.from('to the group'), from: sender.localAddress });
    member.leaveGroup(group, onLoopback);
    await sender.send('too late', { host: group, port });
    await sender.send('marker 2', { port });
    expect(text(await member.receive())).toBe('marker 2');
  });

  test('may be joined by an interface’s name, and by several sockets of one port', async () => {
    const [lo] = Object.entries(networkInterfaces()).find(([, addresses]) =>
      addresses?.some(({ address }) => address === '127.0.0.1'),
    ) ?? [''];
    const group = localGroup();
    const first = await everywhere({ reuseAddress: true });
    const second = disposed(await bind({ port: portOf(first) }, { reuseAddress: true }));
    for (const member of [first, second]) member.joinGroup(group, { interface: lo });
    const sender = await loopbackSender('127.0.0.1', { multicastInterface: lo });
    sender.post(Buffer.from('to both'), { family: 'ipv4', host: group, port: portOf(first) });
    expect(await Promise.all([first, second].map(async (member) => text(await member.receive())))).toEqual([
      'to both',
      'to both',
    ]);
  });

  test('is heard in push mode, too', async () => {
    const [group, member, sender] = [localGroup(), await everywhere(), await loopbackSender()];
    member.joinGroup(group, onLoopback);
    const seen: string[] = [];
    member.attach({ datagram: (data, from) => seen.push(text({ data, from })) });
    await sender.send('pushed', { host: group, port: portOf(member) });
    await turnsUntil(() => seen.length === 1);
    expect(seen).toEqual(['pushed']);
  });

  test('with a source is heard from that source only', async () => {
    const [group, member] = [`232.255.7.${String(randomInt(256))}`, await everywhere()];
    const [wanted, other] = [await loopbackSender('127.0.0.2'), await loopbackSender('127.0.0.3')];
    const [to, membership] = [
      { host: group, port: portOf(member) },
      { ...onLoopback, source: '127.0.0.2' },
    ];
    member.joinGroup(group, membership);
    await other.send('unwanted', to);
    await wanted.send('wanted', to);
    expect(await member.receive()).toMatchObject({ from: { host: '127.0.0.2' } });
    member.joinGroup(group, { ...onLoopback, source: '127.0.0.3' });
    await other.send('wanted by now', to);
    expect(text(await member.receive())).toBe('wanted by now');
    member.leaveGroup(group, membership);
    await wanted.send('unwanted by now', to);
    await other.send('still wanted', to);
    expect(text(await member.receive())).toBe('still wanted');
  });

  test('is told by the kernel: joined twice, not joined', async () => {
    const [group, member] = [localGroup(), await everywhere()];
    member.joinGroup(group, onLoopback);
    expect(() => member.joinGroup(group, onLoopback)).toThrow(
      expect.objectContaining({ name: 'SocketError', code: 'IN_USE' }),
    );
    expect(() => member.leaveGroup(localGroup(), onLoopback)).toThrow(
      expect.objectContaining({ name: 'SocketError', code: 'UNAVAILABLE' }),
    );
  });

  test.each(['203.0.113.99', '2001:db8::99', 'nosuch0', '', '::%nosuch0', '0.0.0.0%nosuch0'])(
    'on %j, no interface with IPv4, is UNAVAILABLE, not the kernel’s choice',
    async (name) => {
      const socket = await everywhere();
      const unavailable = expect.objectContaining({ name: 'SocketError', code: 'UNAVAILABLE' }) as Error;
      expect(() => socket.joinGroup(localGroup(), { interface: name })).toThrow(unavailable);
      expect(() => socket.setMulticastInterface(name)).toThrow(unavailable);
      await expect(bind(':0', { multicastInterface: name })).rejects.toThrow(unavailable);
    },
  );

  test.each<[string, GroupOptions?]>([
    ['127.0.0.1'],
    ['223.255.255.255'],
    ['240.0.0.1'],
    ['255.255.255.255'],
    ['ff02::1'],
    ['239.1'],
    ['all-hosts'],
    [''],
    ['232.1.1.1', { source: '232.1.1.2' }],
    ['232.1.1.1', { source: '0.0.0.0' }],
    ['232.1.1.1', { source: '::1' }],
    ['232.1.1.1', { source: 'localhost' }],
  ])('%s %j is refused with BAD_ADDRESS', async (group, options) => {
    const socket = await everywhere();
    const refused = expect.objectContaining({ name: 'SocketUsageError', code: 'BAD_ADDRESS' }) as Error;
    expect(() => socket.joinGroup(group, options)).toThrow(refused);
    expect(() => socket.leaveGroup(group, options)).toThrow(refused);
  });

  test.each(['224.0.0.0', '239.255.255.255'])('%s is one', async (group) => {
    const socket = await everywhere();
    // The kernel is asked: it says that the socket is not in it.
    expect(() => socket.leaveGroup(group, onLoopback)).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE' }),
    );
  });

  test('goes out by the interface that was chosen, first or last', async () => {
    const [group, member] = [localGroup(), await everywhere()];
    member.joinGroup(group, onLoopback);
    const sender = await everywhere();
    sender.setMulticastInterface('0.0.0.0');
    sender.setMulticastInterface('127.0.0.1');
    await sender.send('x', { host: group, port: portOf(member) });
    expect((await member.receive()).from).toMatchObject({ host: '127.0.0.1', port: portOf(sender) });
  });
});

describe('a multicast group of IPv6', () => {
  /** Interface-local scope, `ff01::/16`, which never leaves the machine (RFC 4291, section 2.7). */
  const localGroup6 = (): string => `ff01::7:${randomInt(1, 0xffff).toString(16)}`;

  /** The interfaces with IPv6, by name. */
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.filter(({ family }) => family === 'IPv6').map((each) => ({ ...each, name })),
  );
  /** Where to try it: Linux leads no group to `lo`, so it is any other where there is one. */
  const [{ name, address } = { name: 'lo', address: '::1' }] = [
    ...interfaces.filter(({ internal }) => !internal),
    ...interfaces,
  ];

  async function everywhere6(options?: DatagramOptions): Promise<DatagramSocket> {
    return disposed(await bind(':0', { family: 'ipv6', ...options }));
  }

  /** Whether the machine carries groups there at all. */
  async function isCarried(): Promise<boolean> {
    const socket = await everywhere6({ multicastInterface: name, multicastTtl: 0 });
    return socket.send('x', { host: localGroup6(), port: 9 }).then(
      () => true,
      () => false,
    );
  }

  test.each([
    ['name', name],
    ['address', address],
    ['zone', `::%${name}`],
  ])('is joined on an interface by its %s, and loops back unless told not to', async (_, through) => {
    const [group, member] = [localGroup6(), await everywhere6()];
    const sender = await everywhere6({ multicastInterface: through, multicastTtl: 0 });
    const to = { host: group, port: portOf(member) };
    member.joinGroup(group, { interface: through });
    if (!(await isCarried())) {
      await expect(sender.send('x', to)).rejects.toMatchObject({ code: 'UNREACHABLE' });
      return;
    }
    await sender.send('heard', to);
    expect(text(await member.receive())).toBe('heard');
    sender.setMulticastLoopback(false);
    await sender.send('not on this machine', to);
    await sender.send('marker', { port: portOf(member) });
    expect(text(await member.receive())).toBe('marker');
    sender.setMulticastLoopback(true);
    await sender.send('heard again', to);
    expect(text(await member.receive())).toBe('heard again');
    member.leaveGroup(group, { interface: through });
    await sender.send('after leaving', to);
    await sender.send('marker', { port: portOf(member) });
    expect(text(await member.receive())).toBe('marker');
    const quiet = await everywhere6({ multicastInterface: name, multicastTtl: 0, multicastLoopback: false });
    member.joinGroup(group, { interface: through });
    await quiet.send('quiet', to);
    await quiet.send('marker', { port: portOf(member) });
    expect(text(await member.receive())).toBe('marker');
  });

  test('has no other names than its interfaces’', async () => {
    const socket = await everywhere6();
    const unavailable = expect.objectContaining({ code: 'UNAVAILABLE' }) as Error;
    for (const through of ['nosuch0', '::%nosuch0', '2001:db8::99', '203.0.113.99']) {
      expect(() => socket.joinGroup(localGroup6(), { interface: through })).toThrow(unavailable);
    }
    socket.setMulticastInterface('::');
    for (const group of ['::1', 'fe80::1', '239.1.1.1', `ff02::1%${name}`]) {
      expect(() => socket.joinGroup(group)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
    }
    expect(() => socket.joinGroup('ff32::1', { source: '127.0.0.1' })).toThrow(
      expect.objectContaining({ code: 'BAD_ADDRESS' }),
    );
    expect(() => socket.leaveGroup('ff32::1', { source: '::1', interface: name })).toThrow(unavailable);
  });
});

describe('groups against Python', () => {
  test('a member written in Python hears us, and says by how many hops', async () => {
    const group = localGroup();
    const python = new PythonProgram(member, [group]);
    const port = Number(await python.line());
    const sender = await loopbackSender();
    const to = { host: group, port };
    await sender.send('default', to);
    expect(await python.line()).toBe('default 1');
    sender.setMulticastTtl(7);
    await sender.send('seven', to);
    expect(await python.line()).toBe('seven 7');
    sender.setTtl(33);
    await sender.send('unicast', { port });
    expect(await python.line()).toBe('unicast 33');
    const options = { multicastInterface: '127.0.0.1', ttl: 255, multicastTtl: 0 };
    const other = await loopbackSender('127.0.0.1', options);
    await other.send('none', to);
    expect(await python.line()).toBe('none 0');
    await other.send('all', { port });
    expect(await python.line()).toBe('all 255');
  });

  test('we hear a sender written in Python, only from the source we asked for', async () => {
    const [group, socket] = [localGroup(), await everywhere()];
    socket.joinGroup(group, { interface: '127.0.0.1', source: '127.0.0.9' });
    new PythonProgram(sender, [group, String(portOf(socket)), '127.0.0.8', '127.0.0.9']);
    expect(await socket.receive()).toMatchObject({
      data: Buffer.from('from 127.0.0.9'),
      from: { host: '127.0.0.9' },
    });
  });
});

/** Prints each packet with its TTL. */
const member = `
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 0))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(sys.argv[1]) + socket.inet_aton('127.0.0.1'))
s.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL, which Python has no name for on Linux
print(s.getsockname()[1], flush=True)
while True:
    data, [(_, _, ttl)], _, _ = s.recvmsg(65536, 64)
    print(data.decode(), struct.unpack('i', ttl)[0], flush=True)
`;

/** Sends a packet from each of the addresses. */
const sender = `
import socket, sys
group, port, *hosts = sys.argv[1:]
for host in hosts:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((host, 0))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('127.0.0.1'))
    s.sendto(b'from ' + host.encode(), (group, int(port)))
`;
