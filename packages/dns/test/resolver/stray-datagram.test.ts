import type * as Socket from '@wirestack/socket';
import { connectDatagram, type Address, type ConnectedDatagramSocket } from '@wirestack/socket';
import { expect, it, vi } from 'vitest';
import { encode, query } from '../../src/message/index.ts';
import { exchange } from '../../src/resolver/index.ts';
import { answer } from './scripted-server.ts';

// What arrives between bind(2) and connect(2) cannot be timed from outside: here the socket has it in its queue.
vi.mock('@wirestack/socket', async (importOriginal) => ({
  ...(await importOriginal<typeof Socket>()),
  connectDatagram: vi.fn(),
}));

const server: Address & { readonly port: number; readonly host: string } = {
  family: 'ipv4',
  host: '192.0.2.1',
  port: 53,
};
const asked = query('www.example.com', 'A', { id: 7 });

it.each<Address>([
  { ...server, port: 5353 },
  { ...server, host: '192.0.2.2' },
])(
  'exchange over udp ignores a reply from %j that came before the socket was connected',
  async (stranger) => {
    const arrived = [
      { data: encode(answer(asked, 'www.example.com. 60 IN A 203.0.113.66')), from: stranger },
      { data: encode(answer(asked, 'www.example.com. 60 IN A 192.0.2.9')), from: server },
    ];
    const socket: Partial<ConnectedDatagramSocket> = {
      remoteAddress: server,
      send: () => Promise.resolve(),
      receive: () => Promise.resolve(arrived.shift()!),
      close: vi.fn(() => Promise.resolve()),
    };
    vi.mocked(connectDatagram).mockResolvedValue(socket as ConnectedDatagramSocket);
    const onIgnored = vi.fn();
    expect(await exchange(asked, server, 'udp', { onIgnored })).toMatchObject({
      answers: [{ data: { address: '192.0.2.9' } }],
    });
    expect(onIgnored.mock.calls).toEqual([['WRONG_SOURCE', server]]);
    expect(socket.close).toHaveBeenCalledOnce();
  },
);
