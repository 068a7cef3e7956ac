import type { Deadline } from '../deadline.ts';
import type { LookupFunction } from '../dial.ts';
import { SocketUsageError } from '../errors.ts';

/** Options of every datagram socket. Those of the kernel can be changed later, by the methods of the same names. */
export interface DatagramOptions {
  /** The family of the socket where the address leaves it open, a name or a port alone. Default: the name's first address; IPv4. */
  readonly family?: 'ipv4' | 'ipv6';
  /**
   * Turns a name into addresses, here and in `send`, in the shape of node's `dns.lookup`: asked with `all`. It is not asked about IP addresses.
   * Default: the operating system, which takes a thread of libuv's pool for each name.
   */
  readonly lookup?: LookupFunction;
  /** Packets kept for `receive()`; one more drops the oldest and is counted. Default 1,024, under 70 MB at the largest size. */
  readonly queueLimit?: number;
  /**
   * Lets several sockets bind one address, if all of them ask for it (SO_REUSEADDR; on BSD and macOS SO_REUSEPORT): each then has the packets of
   * the groups it joined; of others only one socket, the system says which. Default false: `IN_USE` tells of a second server.
   */
  readonly reuseAddress?: boolean;
  /**
   * Several sockets share a port, and the kernel spreads packets over them, those of one sender to one socket (SO_REUSEPORT). Default false. Node
   * has it from 22.12 and 23.1, not on Windows and macOS; elsewhere this is `UNSUPPORTED`, never ignored.
   */
  readonly reusePort?: boolean;
  /** An IPv6 socket takes no IPv4 packets (IPV6_V6ONLY, RFC 3493, section 5.3). Default false: `[::]` is dual-stack. Of IPv6 only. */
  readonly ipv6Only?: boolean;
  /** Lets it send to broadcast addresses (SO_BROADCAST). Default false: a wrong address must not reach a whole network. */
  readonly broadcast?: boolean;
  /** How many hops a packet may take, from 1 to 255. Default: the system's, 64 nearly everywhere. See `setTtl`. */
  readonly ttl?: number;
  /** How many hops a packet to a group may take, from 0 to 255. Default 1, the local network (RFC 1112, section 6.1; RFC 3493, section 5.2). */
  readonly multicastTtl?: number;
  /** Whether members on this machine hear what it sends to a group. Default true (RFC 3493, section 5.2). */
  readonly multicastLoopback?: boolean;
  /** Which interface packets to groups leave by: an IP address it has, or its name. Default: the kernel's choice, by its routes. */
  readonly multicastInterface?: string;
  /**
   * Bytes of the kernel's buffer for packets that arrived: what does not fit is lost without a trace. The kernel may give less, `receiveBufferBytes`
   * of the socket tells: Linux stops at `net.core.rmem_max`. Default: the system's.
   */
  readonly receiveBufferBytes?: number;
  /** Bytes of the kernel's buffer for packets to send; Linux stops at `net.core.wmem_max`. Default: the system's. */
  readonly sendBufferBytes?: number;
}

export interface ConnectDatagramOptions extends DatagramOptions, Deadline {
  /** The local IP address to send from. Default: the kernel's choice. */
  readonly localHost?: string;
  /** The local port to send from. Default 0: the kernel's choice, one that a forger has to guess. */
  readonly localPort?: number;
}

/** @throws SocketUsageError `BAD_ARGUMENT` for what no kernel takes */
export function requireValid(options: DatagramOptions): void {
  const { ttl, multicastTtl, receiveBufferBytes, sendBufferBytes } = options;
  if (ttl !== undefined) requireInteger('ttl', ttl, 1, 255);
  if (multicastTtl !== undefined) requireInteger('multicastTtl', multicastTtl, 0, 255);
  for (const [name, bytes] of Object.entries({ receiveBufferBytes, sendBufferBytes })) {
    if (bytes !== undefined) requireInteger(name, bytes, 1, 2 ** 31 - 1);
  }
}

/** @throws SocketUsageError `BAD_ARGUMENT` */
export function requireInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  const range = `a whole number from ${String(min)} to ${String(max)}`;
  throw new SocketUsageError('BAD_ARGUMENT', `${name} is ${String(value)}, expected ${range}`);
}
