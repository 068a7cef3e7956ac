import { describe, expect, test } from 'vitest';
import { bind, connectDatagram, type Address, type DatagramSocket } from '@wirestack/socket';
import { disposed, turnsUntil } from '../scratch.ts';
import { PythonProgram } from './python-program.ts';

/** The broadcast address of the loopback network. */
const everybody = (port: number): Address & { port: number } => ({
  family: 'ipv4',
  host: '127.255.255.255',
  port,
});
const portOf = ({ localAddress }: DatagramSocket): number => (localAddress as { port: number }).port;
const refused = { name: 'SocketError', code: 'PERMISSION' };

describe('broadcast', () => {
  test('is refused unless it was asked for', async () => {
    const receiver = disposed(await bind(':0'));
    const sender = disposed(await bind('udp://127.0.0.1:0'));
    const to = everybody(portOf(receiver));
    await expect(sender.send('x', to)).rejects.toMatchObject(refused);
    sender.post(Buffer.from('x'), to);
    await turnsUntil(() => sender.unsent === 1);
    sender.setBroadcast(true);
    await sender.send('now', to);
    expect(await receiver.receive()).toEqual({ data: Buffer.from('now'), from: sender.localAddress });
    sender.setBroadcast(false);
    await expect(sender.send('x', to)).rejects.toMatchObject(refused);
  });

  test('may be asked for from the start, and reaches every socket of the port', async () => {
    const first = disposed(await bind(':0', { reuseAddress: true }));
    const second = disposed(await bind({ port: portOf(first) }, { reuseAddress: true }));
    const sender = disposed(await bind('udp://127.0.0.1:0', { broadcast: true }));
    await sender.send('all', everybody(portOf(first)));
    for (const receiver of [first, second]) {
      expect((await receiver.receive()).data).toEqual(Buffer.from('all'));
    }
  });

  test('counts for connecting, too', async () => {
    const receiver = disposed(await bind(':0'));
    const to = everybody(portOf(receiver));
    await expect(connectDatagram(to)).rejects.toMatchObject({
      ...refused,
      address: `127.255.255.255:${String(to.port)}`,
    });
    const sender = disposed(await connectDatagram(to, { broadcast: true }));
    await sender.send('connected');
    expect(await receiver.receive()).toEqual({ data: Buffer.from('connected'), from: sender.localAddress });
  });

  test('finds servers written in Python, which answer whom they heard', async () => {
    const python = new PythonProgram(`
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 0))
print(s.getsockname()[1], flush=True)
while True:
    data, peer = s.recvfrom(65536)
    s.sendto(b'here, ' + data, peer)
`);
    const port = Number(await python.line());
    const sender = disposed(await bind('udp://127.0.0.1:0', { broadcast: true }));
    await sender.send('who is there?', everybody(port));
    expect(await sender.receive()).toMatchObject({
      data: Buffer.from('here, who is there?'),
      from: { host: '127.0.0.1', port },
    });
  });

  test('of Python is heard', async () => {
    const receiver = disposed(await bind(':0'));
    const script = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.sendto(b'to all', ('127.255.255.255', int(sys.argv[1])))
`;
    new PythonProgram(script, [String(portOf(receiver))]);
    expect((await receiver.receive()).data).toEqual(Buffer.from('to all'));
  });
});
