import { formatAddress, type Address, type AddressLike } from '../address.ts';
import { DatagramInbox } from '../datagrams/datagram-inbox.ts';
import { requireInteger } from '../datagrams/datagram-options.ts';
import type {
  Datagram,
  DatagramReceiver,
  DatagramSocket,
  GroupOptions,
} from '../datagrams/datagram-socket.ts';
import { destinationPlace, hostFor, knownAddress, type InetAddress } from '../datagrams/inet-place.ts';
import { requireGroup } from '../datagrams/multicast.ts';
import { expiredAlready, type Deadline } from '../deadline.ts';
import { closedError, SocketError, SocketUsageError } from '../errors.ts';
import type { DatagramFaultCounts } from './datagram-faults.ts';

/** Where the packets of a {@link MemoryDatagramSocket} go. */
export interface DatagramWire {
  readonly counts: Readonly<DatagramFaultCounts>;
  /** Takes a packet on its way to `to`; the bytes are copied before it returns. */
  carry(data: Uint8Array, to: Address): void;
  /** The sender is gone: what is held back goes on. */
  release(): void;
}

export interface MemoryDatagramOptions {
  readonly local: InetAddress;
  /** Of a connected socket. */
  readonly remote: InetAddress | undefined;
  readonly queueLimit: number;
}

/** What fits a packet of IPv4: 65,535 bytes less 20 of its header and 8 of UDP's (RFC 791, RFC 768). */
const maxBytes = 65_507;

/**
 * A datagram socket without a kernel: it behaves as one that `bind` makes, and a {@link DatagramWire} is its network. Of the options that a
 * kernel has, those of groups it joins count; hops, interfaces and broadcast are checked, and change nothing.
 */
export class MemoryDatagramSocket implements DatagramSocket {
  readonly localAddress: InetAddress;
  readonly remoteAddress: InetAddress | undefined;
  readonly isWritable: boolean = true;
  readonly receiveBufferBytes: number = Infinity;
  readonly sendBufferBytes: number = Infinity;
  unsent = 0;
  readonly #inbox: DatagramInbox;
  readonly #memberships = new Set<string>();
  #wire: DatagramWire | undefined;
  #closed: Promise<void> | undefined;

  /** @throws SocketUsageError `BAD_ARGUMENT` for a `queueLimit` that is no count */
  constructor({ local, remote, queueLimit }: MemoryDatagramOptions) {
    this.localAddress = local;
    this.remoteAddress = remote;
    this.#inbox = new DatagramInbox(queueLimit);
  }

  /** Plugs the cable in; once, before anything is sent. */
  join(wire: DatagramWire): void {
    this.#wire = wire;
  }

  /** What has become of the packets that this end sent. */
  get faults(): Readonly<DatagramFaultCounts> {
    return (this.#wire as DatagramWire).counts;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  get dropped(): number {
    return this.#inbox.dropped;
  }

  get isReadable(): boolean {
    return this.#inbox.isReadable;
  }

  watch(onChange: () => void): () => void {
    return this.#inbox.watch(onChange);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws rejects
  async send(data: Uint8Array | string, to?: AddressLike, options: Deadline = {}): Promise<void> {
    this.#requireOpen();
    if ((to === undefined) !== (this.remoteAddress !== undefined)) {
      const needs = to === undefined ? 'an unconnected socket needs' : 'a connected socket has';
      throw new SocketUsageError('BAD_ARGUMENT', `${needs} an address to send to`);
    }
    const early = expiredAlready(options);
    if (early !== undefined) throw early;
    const target = this.remoteAddress ?? this.#addressOf(to as AddressLike);
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    if (bytes.length > maxBytes) {
      const message = `${String(bytes.length)} bytes do not fit a packet`;
      throw new SocketError('TOO_LARGE', message, { address: formatAddress(target) });
    }
    this.#wire?.carry(bytes, target);
  }

  post(data: Uint8Array, to: Address): void {
    if (this.isClosed) return;
    if (!('port' in to)) throw new SocketUsageError('BAD_ADDRESS', 'datagrams go over UDP');
    hostFor(to, this.localAddress.family);
    if (to.port === 0 || data.length > maxBytes) this.unsent++;
    else this.#wire?.carry(data, this.remoteAddress ?? to);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws rejects
  async resolve(to: AddressLike, options: Deadline = {}): Promise<Address> {
    const early = expiredAlready(options);
    if (early !== undefined) throw early;
    return this.#addressOf(to);
  }

  receive(options?: Deadline): Promise<Datagram> {
    return this.#inbox.receive(options);
  }

  attach(receiver: DatagramReceiver): void {
    this.#inbox.attach(receiver);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Datagram, void, undefined> {
    return this.#inbox[Symbol.asyncIterator]();
  }

  setBroadcast(): void {
    this.#requireOpen();
  }

  setTtl(hops: number): void {
    requireInteger('hops', hops, 1, 255);
    this.#requireOpen();
  }

  setMulticastTtl(hops: number): void {
    requireInteger('hops', hops, 0, 255);
    this.#requireOpen();
  }

  setMulticastLoopback(): void {
    this.#requireOpen();
  }

  setMulticastInterface(): void {
    this.#requireOpen();
  }

  /** Packets that the other end sends to the group, at this end's port, arrive from now on. Its own do not: there is no loopback. */
  joinGroup(group: string, options: GroupOptions = {}): void {
    const membership = this.#membership(group, options);
    if (this.#memberships.has(membership)) throw new SocketError('IN_USE', `already in ${membership}`);
    this.#memberships.add(membership);
  }

  leaveGroup(group: string, options: GroupOptions = {}): void {
    const membership = this.#membership(group, options);
    if (!this.#memberships.delete(membership)) throw new SocketError('UNAVAILABLE', `not in ${membership}`);
  }

  /** Nothing here keeps a process alive. */
  unref(): void {
    return undefined;
  }

  ref(): void {
    return undefined;
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new Promise((resolve) => {
        setImmediate(resolve);
      });
      this.#wire?.release();
      this.#inbox.close();
    }
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether a packet to `to` is one for this socket: to its own address, or to a group it is in. */
  takes(to: Address, from: InetAddress): boolean {
    if (formatAddress(to) === formatAddress(this.localAddress)) return true;
    if (!('port' in to) || to.port !== this.localAddress.port) return false;
    return (
      this.#memberships.has(membershipOf(to.host)) || this.#memberships.has(membershipOf(to.host, from.host))
    );
  }

  /** A packet has come over the wire. */
  arrive(data: Uint8Array, from: Address): void {
    if (!this.isClosed) this.#inbox.arrive(data, from);
  }

  /** The network says something of a packet that was sent: only a connected socket hears it (RFC 1122, section 4.1.3.3). */
  hear(error: SocketError): void {
    if (!this.isClosed && this.remoteAddress !== undefined) this.#inbox.fail(error);
  }

  #membership(group: string, options: GroupOptions): string {
    requireGroup(group, options, this.localAddress.family);
    this.#requireOpen();
    return membershipOf(group, options.source);
  }

  /** There is no resolver here: this machine is the only name. */
  #addressOf(to: AddressLike): InetAddress {
    const given = destinationPlace(to);
    const place = given.host === 'localhost' ? { ...given, host: '' } : given;
    const known = knownAddress(place, this.localAddress.family);
    if (known === undefined) {
      const address = formatAddress({ kind: 'inet', ...place });
      throw new SocketError('NOT_FOUND', `${place.host} is no name that a pair in memory knows`, { address });
    }
    hostFor(known, this.localAddress.family);
    return known;
  }

  #requireOpen(): void {
    if (this.isClosed) throw closedError('the socket');
  }
}

function membershipOf(group: string, source?: string): string {
  return source === undefined ? group : `${group} from ${source}`;
}
