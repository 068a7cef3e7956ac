import type { Address, AddressLike } from '../address.ts';
import type { Deadline } from '../deadline.ts';
import type { SocketError } from '../errors.ts';
import type { Pollable } from '../pollable.ts';

/** One packet, as it arrived. */
export interface Datagram {
  /** In memory the caller owns. */
  readonly data: Uint8Array;
  readonly from: Address;
}

/** What push mode calls. It must not throw: an exception is the process's uncaught one, as in any event handler. */
export interface DatagramReceiver {
  /** A packet, in memory the receiver owns. */
  datagram(data: Uint8Array, from: Address): void;
  /** Of a connected socket: the peer's port is closed (`REFUSED`); of any: what the kernel tells. Receiving goes on. */
  error?(error: SocketError): void;
  /** The socket was closed; the last call. */
  closed?(): void;
}

/** Which packets of a group are wanted, and through which interface they come. */
export interface GroupOptions {
  /**
   * The interface, by an IP address it has or by its name: `192.0.2.1`, `fe80::1`, `eth0`. Default: the kernel's choice, by its routes; on a
   * machine with several networks it need not be the one you mean.
   */
  readonly interface?: string;
  /** Only packets that this IP address sends: source-specific multicast (RFC 4607). Default: whoever sends. */
  readonly source?: string;
}

/**
 * A socket over UDP (RFC 768), of one family: what {@link bind} and {@link connectDatagram} give. Its options may be changed at any time;
 * doing so once it is closed throws `SocketError` `CLOSED`.
 */
export interface DatagramSocket extends AsyncIterable<Datagram>, Pollable, AsyncDisposable {
  readonly localAddress: Address;
  /** The peer of a connected socket. */
  readonly remoteAddress: Address | undefined;
  /** Packets that arrived and were dropped because nobody received them in time. */
  readonly dropped: number;
  /**
   * Packets that `post` dropped: the kernel refused them, or more than 4 MiB waited. Where the kernel refused none of the last thousand,
   * it is asked about one in 32 only: asking costs a sixteenth of sending.
   */
  readonly unsent: number;
  /**
   * Bytes of the kernel's buffer for packets that arrived, as the kernel counts them: Linux gives twice what was asked for, and spends it on
   * its own records too (socket(7)). Infinity where there is no kernel.
   */
  readonly receiveBufferBytes: number;
  /** Bytes of the kernel's buffer for packets to send, counted as those of `receiveBufferBytes`. */
  readonly sendBufferBytes: number;

  /**
   * Sends one packet; resolves when the kernel has it. `to` is required unless the socket is connected. A name is looked up in the socket's own
   * family; without a host it is this machine, 127.0.0.1 or ::1.
   *
   * Rejects with `SocketError` `TOO_LARGE`, `NOT_FOUND`, `CLOSED`, `REFUSED`, `UNREACHABLE`, `PERMISSION` for a broadcast that was not asked for;
   * `SocketUsageError` `BAD_ADDRESS` for port 0 and, on an IPv4 socket, for IPv6.
   */
  send(data: Uint8Array | string, to?: AddressLike, options?: Deadline): Promise<void>;
  /**
   * Sends one packet without waiting: for answers, to the address that a packet came from. One that cannot be sent is dropped, as the
   * network would, and counted in `unsent`; the bytes must not change until they are gone.
   *
   * @throws SocketUsageError `BAD_ADDRESS` for a name, which `resolve` looks up, and for what this socket has no address for.
   */
  post(data: Uint8Array, to: Address): void;
  /** Where `send` would send to: look a name up once, and `post` to it often. Rejects as `send` does. */
  resolve(to: AddressLike, options?: Deadline): Promise<Address>;

  /**
   * The next packet. A cancelled receive loses nothing. One outstanding receive at a time. What the network says of packets that were sent
   * (`REFUSED`, of a connected socket) rejects it, or the next; of several such errors the last is kept.
   */
  receive(options?: Deadline): Promise<Datagram>;
  /**
   * Push mode for servers: from now on packets arrive by a synchronous call, without a promise each, and `receive()` is refused. Those that
   * waited are delivered in a later turn. A second call replaces the receiver.
   */
  attach(receiver: DatagramReceiver): void;

  /** Whether packets may go to broadcast addresses (SO_BROADCAST); without it they are refused with `PERMISSION`. IPv6 has no broadcast. */
  setBroadcast(on: boolean): void;
  /**
   * How many routers may pass on a packet of this socket, less one: from 1 to 255. IPv6 calls it the hop limit (IPV6_UNICAST_HOPS, RFC 3493,
   * section 5.1).
   *
   * @throws SocketUsageError `BAD_ARGUMENT`.
   */
  setTtl(hops: number): void;
  /** The same for packets to groups: from 0, which stays on this machine, to 255; 1 stays on the local network (RFC 1112, section 6.1). */
  setMulticastTtl(hops: number): void;
  /** Whether members on this machine hear what this socket sends to a group, itself included. On Windows the receiver decides. */
  setMulticastLoopback(on: boolean): void;
  /**
   * The interface that packets to groups leave by: an IP address it has, or its name. `0.0.0.0` or `::` leave it to the kernel again.
   *
   * @throws SocketError `UNAVAILABLE` for none of this machine's that has an address of the socket's family.
   */
  setMulticastInterface(name: string): void;
  /**
   * Joins a multicast group: packets to it that come to this socket's port are received from now on (RFC 1112, section 7.1; RFC 3678, section 4).
   * Memberships end with the socket. One bound to an address of its own hears no group: bind a port alone, or the group's address where the
   * system has that. On Linux a socket bound to 0.0.0.0 also hears groups that others on the machine have joined (IP_MULTICAST_ALL, ip(7)).
   *
   * @throws SocketUsageError `BAD_ADDRESS` for what is no multicast address of the socket's family, `source` for none that could send.
   * SocketError `IN_USE` for a group it is in, `UNAVAILABLE` for an interface that is not there, or none that leads to the group.
   */
  joinGroup(group: string, options?: GroupOptions): void;
  /**
   * Leaves it, with the options it was joined with.
   *
   * @throws SocketError `UNAVAILABLE` for one it is not in; else as `joinGroup`.
   */
  leaveGroup(group: string, options?: GroupOptions): void;

  /** The process does not wait for this socket to be closed. */
  unref(): void;
  ref(): void;
  close(): Promise<void>;
}

/** A datagram socket with one peer: the kernel drops what others send, and `send` takes no address. */
export interface ConnectedDatagramSocket extends DatagramSocket {
  readonly remoteAddress: Address;
}
