import { createSocket, type BindOptions, type Socket, type SocketOptions } from 'node:dgram';
import { formatAddress } from '../address.ts';
import { SocketUsageError, toSocketError } from '../errors.ts';
import { requireReusePort } from '../reuse-port.ts';
import { DatagramInbox } from './datagram-inbox.ts';
import { requireValid, type DatagramOptions } from './datagram-options.ts';
import type { Family, InetAddress, InetPlace } from './inet-place.ts';
import { KernelDatagramSocket } from './kernel-datagram-socket.ts';

/**
 * Binds a socket to an IP address, or to every interface where `host` is empty, sets its options, and connects it where it has a peer. What
 * fails leaves nothing behind.
 */
export async function openDatagramSocket(
  { host, port }: InetPlace,
  family: Family,
  options: DatagramOptions,
  peer?: InetAddress,
): Promise<KernelDatagramSocket> {
  const { ipv6Only = false, reusePort = false } = options;
  if (ipv6Only && family === 'ipv4') {
    throw new SocketUsageError('BAD_ARGUMENT', 'ipv6Only is for IPv6, and this address is of IPv4');
  }
  requireValid(options);
  const inbox = new DatagramInbox(options.queueLimit);
  const local = { kind: 'inet', host: host === '' ? everyInterface[family] : host, port } as const;
  if (reusePort) requireReusePort(formatAddress(local), 'udp');
  const socket = createSocket(socketOptions(family, options));
  let failing = formatAddress(local);
  try {
    // A client in a worker of a cluster has a port of its own; a server's is shared.
    await bound(socket, { address: local.host, port, exclusive: peer !== undefined });
    const opened = new KernelDatagramSocket(socket, family, options, inbox);
    opened.configure(options);
    if (peer !== undefined) {
      failing = formatAddress(peer);
      await opened.connect(peer);
    }
    return opened;
  } catch (error) {
    socket.close();
    throw error instanceof SocketUsageError ? error : toSocketError(error, failing);
  }
}

const everyInterface: Readonly<Record<Family, string>> = { ipv4: '0.0.0.0', ipv6: '::' };

function socketOptions(family: Family, options: DatagramOptions): SocketOptions & { reusePort?: boolean } {
  const { reuseAddress = false, reusePort = false, ipv6Only = false } = options;
  return {
    type: family === 'ipv6' ? 'udp6' : 'udp4',
    reuseAddr: reuseAddress,
    ipv6Only,
    ...(reusePort ? { reusePort } : {}),
    // Every host is an address by now. Node would look it up with each packet and answer a tick later, 1.3 of the 18 µs that a packet and
    // its answer take.
    lookup: (resolved, _, callback) => {
      callback(null, resolved, family === 'ipv6' ? 6 : 4);
    },
  };
}

function bound(socket: Socket, place: BindOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(place, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}
