import { formatAddress, type Address } from '../address.ts';
import { mapIpv4, parseHost } from '../ip-address.ts';
import type { PacketAddress } from './packets.ts';

/** The two ends of a conversation as packets name them. */
export interface PacketEnds {
  readonly local: PacketAddress;
  readonly remote: PacketAddress;
  /** What they are, where the packets cannot say it. */
  readonly comment: string | undefined;
}

export interface StreamEndsOptions {
  readonly role: 'client' | 'server';
  readonly serverPort: number;
  /** Which conversation of the file it is. */
  readonly number: number;
}

/** TEST-NET-1, "for use in documentation" (RFC 5737): nobody's. */
const madeUpClient: Uint8Array = Uint8Array.of(192, 0, 2, 1);
const madeUpServer: Uint8Array = Uint8Array.of(192, 0, 2, 2);
/** Its like in IPv6 (RFC 3849), `2001:db8::2`. */
const madeUpServer6: Uint8Array = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);

/** The first of the ports that nobody registers (RFC 6335 section 6), and how many there are. */
const firstEphemeralPort = 49_152;
const ephemeralPorts = 16_384;

/**
 * The ends of a stream. Where either is no address of IP, the client becomes 192.0.2.1 with a port of its own and the server 192.0.2.2;
 * after 16,384 conversations the ports begin anew.
 */
export function endsOfStream(local: Address, remote: Address, options: StreamEndsOptions): PacketEnds {
  const from = packetAddressOf(local);
  const to = packetAddressOf(remote);
  if (from !== undefined && to !== undefined) return { ...inOneFamily(from, to), comment: undefined };
  const client = { host: madeUpClient, port: firstEphemeralPort + (options.number % ephemeralPorts) };
  const server = { host: madeUpServer, port: options.serverPort };
  const isClient = options.role === 'client';
  return {
    local: isClient ? client : server,
    remote: isClient ? server : client,
    comment: `${formatAddress(local)} to ${formatAddress(remote)}`,
  };
}

/**
 * The ends of a datagram. A socket that is bound to every interface is told as 0.0.0.0 or `::`, of the peer's family. A peer that was named
 * and not yet resolved becomes 192.0.2.2 or 2001:db8::2.
 */
export function endsOfDatagram(local: Address, remote: Address): PacketEnds {
  const bound = packetAddressOf(local) ?? { host: new Uint8Array(4), port: 0 };
  const peer = packetAddressOf(remote);
  if (peer === undefined) {
    const host = bound.host.length === 4 ? madeUpServer : madeUpServer6;
    const port = 'port' in remote ? remote.port : 0;
    return { local: bound, remote: { host, port }, comment: `the peer is ${formatAddress(remote)}` };
  }
  const isEvery = bound.host.every((byte) => byte === 0);
  if (isEvery) {
    const host = new Uint8Array(peer.host.length);
    return { local: { ...bound, host }, remote: peer, comment: undefined };
  }
  return { ...inOneFamily(bound, peer), comment: undefined };
}

function packetAddressOf(address: Address): PacketAddress | undefined {
  if (!('port' in address)) return undefined;
  const host = parseHost(address.host);
  return host && { host, port: address.port };
}

/** A packet has one family: where the ends differ, the one of IPv4 is mapped into IPv6. */
function inOneFamily(
  local: PacketAddress,
  remote: PacketAddress,
): { local: PacketAddress; remote: PacketAddress } {
  if (local.host.length === remote.host.length) return { local, remote };
  return { local: inIpv6(local), remote: inIpv6(remote) };
}

function inIpv6({ host, port }: PacketAddress): PacketAddress {
  return { host: host.length === 4 ? mapIpv4(host) : host, port };
}
