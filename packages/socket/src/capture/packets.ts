/** Packets of IPv4 (RFC 791) and IPv6 (RFC 8200) around TCP (RFC 9293) and UDP (RFC 768), with their checksums. */

/** One end: four or sixteen bytes of an address, and a port. Both ends of a packet are of one family. */
export interface PacketAddress {
  readonly host: Uint8Array;
  readonly port: number;
}

export interface Route {
  readonly source: PacketAddress;
  readonly destination: PacketAddress;
}

export const tcpFlags = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

export interface TcpSegment {
  readonly sequence: number;
  readonly acknowledgement: number;
  /** A sum of {@link tcpFlags}. */
  readonly flags: number;
  readonly window: number;
  /** Their length is a multiple of four. */
  readonly options?: Uint8Array;
  readonly payload?: Uint8Array;
}

const empty = new Uint8Array();

/** A segment as a packet. Sequence numbers wrap at 2³². */
export function tcpPacket(route: Route, segment: TcpSegment): Uint8Array {
  const { options = empty, payload = empty } = segment;
  const headerBytes = 20 + options.length;
  const { packet, at, view } = ipPacket(route, protocolTcp, headerBytes + payload.length);
  view.setUint32(at + 4, segment.sequence >>> 0);
  view.setUint32(at + 8, segment.acknowledgement >>> 0);
  packet[at + 12] = (headerBytes / 4) << 4;
  packet[at + 13] = segment.flags;
  view.setUint16(at + 14, segment.window);
  packet.set(options, at + 20);
  packet.set(payload, at + headerBytes);
  view.setUint16(at + 16, transportChecksum(route, protocolTcp, packet.subarray(at)));
  return packet;
}

/** A datagram as a packet. Of IPv4 it has at most 65,507 bytes, of IPv6 65,527. */
export function udpPacket(route: Route, payload: Uint8Array): Uint8Array {
  const { packet, at, view } = ipPacket(route, protocolUdp, 8 + payload.length);
  view.setUint16(at + 4, 8 + payload.length);
  packet.set(payload, at + 8);
  // 0 says that there is none.
  view.setUint16(at + 6, transportChecksum(route, protocolUdp, packet.subarray(at)) || 0xffff);
  return packet;
}

const protocolTcp = 6;
const protocolUdp = 17;

/** The IP header and the ports, with room for `length` bytes from `at` on. */
function ipPacket(
  { source, destination }: Route,
  protocol: number,
  length: number,
): { packet: Uint8Array; at: number; view: DataView } {
  const isIpv4 = source.host.length === 4;
  const at = isIpv4 ? 20 : 40;
  const packet = new Uint8Array(at + length);
  const view = new DataView(packet.buffer);
  if (isIpv4) {
    view.setUint16(0, 0x4500);
    view.setUint16(2, packet.length);
    // Whole, and to be left whole: it needs no identification then (RFC 6864 section 4.1).
    view.setUint16(6, 0x4000);
    packet[8] = hops;
    packet[9] = protocol;
    packet.set(source.host, 12);
    packet.set(destination.host, 16);
    view.setUint16(10, checksum(add(0, packet.subarray(0, 20))));
  } else {
    packet[0] = 0x60;
    view.setUint16(4, length);
    packet[6] = protocol;
    packet[7] = hops;
    packet.set(source.host, 8);
    packet.set(destination.host, 24);
  }
  view.setUint16(at, source.port);
  view.setUint16(at + 2, destination.port);
  return { packet, at, view };
}

const hops = 64;

/** Over the addresses, the length and the protocol, too (RFC 9293 section 3.1, RFC 8200 section 8.1). */
function transportChecksum({ source, destination }: Route, protocol: number, content: Uint8Array): number {
  const addresses = add(add(0, source.host), destination.host);
  return checksum(add(addresses + protocol + content.length, content));
}

/** Adds pairs of bytes: 65,535 bytes and more cannot take the sum out of what a number holds exactly. */
function add(sum: number, bytes: Uint8Array): number {
  const even = bytes.length & ~1;
  for (let at = 0; at < even; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return even < bytes.length ? sum + ((bytes[even] as number) << 8) : sum;
}

/** The ones' complement of the ones' complement sum (RFC 1071). */
function checksum(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
