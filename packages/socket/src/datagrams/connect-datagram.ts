import type { AddressLike } from '../address.ts';
import { expiredAlready, withDeadline } from '../deadline.ts';
import { SocketUsageError } from '../errors.ts';
import { inetFamily } from '../names/inet-text.ts';
import type { ConnectDatagramOptions } from './datagram-options.ts';
import type { ConnectedDatagramSocket } from './datagram-socket.ts';
import { destinationPlace, inetPlace, knownAddress, lookedUp, type Family } from './inet-place.ts';
import { openDatagramSocket } from './open-datagram-socket.ts';

/**
 * Opens a UDP socket that has one peer: the kernel drops what anybody else sends (seed 002, "overly promiscuous"), `send` needs no address, and a
 * port nobody listens on is told: the next or pending `receive()` rejects with `REFUSED`. Nothing is sent by it; of a name the first address is
 * taken, for there is nobody to say that another would be better.
 *
 * @throws SocketError `NOT_FOUND`, `UNREACHABLE`, `IN_USE`, `UNAVAILABLE`, `UNSUPPORTED`, `TIMED_OUT`, `ABORTED`, `PERMISSION` for a broadcast
 * address without `broadcast`; SocketUsageError `BAD_ADDRESS` for port 0, a `localHost` that is no IP address, ends that are not of one family;
 * `BAD_ARGUMENT`.
 */
export async function connectDatagram(
  remote: AddressLike,
  options: ConnectDatagramOptions = {},
): Promise<ConnectedDatagramSocket> {
  const { localHost = '', localPort = 0, lookup } = options;
  const place = destinationPlace(remote);
  const local = inetPlace({ host: localHost, port: localPort });
  const family = familyOf(localHost) ?? options.family;
  const early = expiredAlready(options);
  if (early !== undefined) throw early;
  const peer =
    knownAddress(place, family ?? 'ipv4') ??
    (await withDeadline(lookedUp(place, family, lookup), options, noCancel));
  for (const wanted of [family, options.family]) {
    if (wanted === undefined || wanted === peer.family) continue;
    throw new SocketUsageError('BAD_ADDRESS', `${peer.host} is no address of ${wanted}`);
  }
  // From here on nothing waits.
  const socket = await openDatagramSocket(local, peer.family, options, peer);
  return socket as typeof socket & ConnectedDatagramSocket;
}

function familyOf(localHost: string): Family | undefined {
  if (localHost === '') return undefined;
  const family = inetFamily(localHost);
  if (family !== undefined) return family;
  throw new SocketUsageError(
    'BAD_ADDRESS',
    `localHost is ${JSON.stringify(localHost)}, expected an IP address`,
  );
}

/** A lookup cannot be called back: the deadline only ends the wait. */
function noCancel(): void {
  return undefined;
}
