import type { AddressLike } from '../address.ts';
import { SocketUsageError } from '../errors.ts';
import { inetFamily } from '../names/inet-text.ts';
import type { DatagramOptions } from './datagram-options.ts';
import type { DatagramSocket } from './datagram-socket.ts';
import { inetPlace, lookedUp } from './inet-place.ts';
import { openDatagramSocket } from './open-datagram-socket.ts';

/**
 * Binds a UDP socket: `bind('udp://127.0.0.1:0')`, `bind(':5353')`. Port 0 lets the kernel choose; a port alone is every interface, of IPv4
 * unless `family` says otherwise. Anybody may send to it: a client that has one server is better off with {@link connectDatagram}.
 *
 * @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`, `NOT_FOUND`, `UNSUPPORTED`; SocketUsageError `BAD_ADDRESS`, also for an address
 * that is not of `family`, `BAD_ARGUMENT`.
 */
export async function bind(address: AddressLike, options: DatagramOptions = {}): Promise<DatagramSocket> {
  const { family, lookup } = options;
  const place = inetPlace(address);
  if (place.host === '') return openDatagramSocket(place, family ?? 'ipv4', options);
  const known = inetFamily(place.host);
  const local = known === undefined ? await lookedUp(place, family, lookup) : { ...place, family: known };
  if (family !== undefined && local.family !== family) {
    throw new SocketUsageError('BAD_ADDRESS', `${local.host} is no address of ${family}`);
  }
  return openDatagramSocket(local, local.family, options);
}
