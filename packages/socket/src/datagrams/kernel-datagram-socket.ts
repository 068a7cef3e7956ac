import type { RemoteInfo, Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { formatAddress, inetAddress, type Address, type AddressLike } from '../address.ts';
import { expiredAlready, withDeadline, type Deadline } from '../deadline.ts';
import type { LookupFunction } from '../dial.ts';
import { closedError, SocketError, SocketUsageError, toSocketError } from '../errors.ts';
import type { DatagramInbox } from './datagram-inbox.ts';
import { requireInteger, type DatagramOptions } from './datagram-options.ts';
import type { Datagram, DatagramReceiver, DatagramSocket, GroupOptions } from './datagram-socket.ts';
import {
  destinationPlace,
  hostFor,
  knownAddress,
  lookedUp,
  type Family,
  type InetAddress,
  type InetPlace,
} from './inet-place.ts';
import { interfaceFor, requireGroup } from './multicast.ts';

/** What may wait to be sent by `post`: hundreds of times what a socket buffer takes. */
const maxPostedBytes = 4 * 1024 * 1024;
/** What fits a packet of IPv4, and so of IPv6: 65,535 bytes less 20 of its header and 8 of UDP's (RFC 791, RFC 768). */
const surelyFits = 65_507;
/** Packets whose fate is asked for, from the first on and after each that was refused; then of one in 32. */
const watchedPackets = 1024;

/** A bound socket of `node:dgram`, whose `lookup` must take every host for the address it is. */
export class KernelDatagramSocket implements DatagramSocket {
  localAddress: Address;
  remoteAddress: Address | undefined;
  /** A packet that the kernel has no room for is dropped, as the network would. */
  readonly isWritable: boolean = true;
  unsent = 0;
  readonly #socket: Socket;
  readonly #family: Family;
  /** As `isIP` tells it. */
  readonly #version: number;
  readonly #inbox: DatagramInbox;
  readonly #lookup: LookupFunction | undefined;
  /** Of a connected socket, as the kernel writes it. */
  #peer: { readonly address: string; readonly port: number } | undefined;
  #closed: Promise<void> | undefined;
  #receiveBufferBytes: number | undefined;
  #sendBufferBytes: number | undefined;
  #posted = 0;
  #toWatch = watchedPackets;

  constructor(socket: Socket, family: Family, options: DatagramOptions, inbox: DatagramInbox) {
    this.#socket = socket;
    this.#family = family;
    this.#version = family === 'ipv6' ? 6 : 4;
    this.#inbox = inbox;
    this.#lookup = options.lookup;
    this.localAddress = fromInfo(socket.address());
    socket.on('message', (data, info) => {
      this.#onMessage(data, info);
    });
    socket.on('error', (error) => {
      inbox.fail(toSocketError(error));
    });
  }

  /** The rest of the options; before it is connected, for which some of them count. */
  configure(options: DatagramOptions): void {
    const { receiveBufferBytes, sendBufferBytes } = options;
    if (options.broadcast !== undefined) this.setBroadcast(options.broadcast);
    if (options.ttl !== undefined) this.setTtl(options.ttl);
    if (options.multicastTtl !== undefined) this.setMulticastTtl(options.multicastTtl);
    if (options.multicastLoopback !== undefined) this.setMulticastLoopback(options.multicastLoopback);
    if (options.multicastInterface !== undefined) this.setMulticastInterface(options.multicastInterface);
    this.#ask((socket) => {
      if (receiveBufferBytes !== undefined) socket.setRecvBufferSize(receiveBufferBytes);
      if (sendBufferBytes !== undefined) socket.setSendBufferSize(sendBufferBytes);
    });
  }

  /** Gives it its peer, for good. */
  async connect(peer: InetAddress): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      // What it tells is `undefined` where all is well, whatever its type says.
      const connected = (error?: Error): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#socket.connect(peer.port, hostFor(peer, this.#family), connected);
    });
    this.localAddress = fromInfo(this.#socket.address());
    this.#peer = this.#socket.remoteAddress();
    this.remoteAddress = fromInfo(this.#socket.remoteAddress());
  }

  get dropped(): number {
    return this.#inbox.dropped;
  }

  get receiveBufferBytes(): number {
    return (this.#receiveBufferBytes ??= this.#ask((socket) => socket.getRecvBufferSize()));
  }

  get sendBufferBytes(): number {
    return (this.#sendBufferBytes ??= this.#ask((socket) => socket.getSendBufferSize()));
  }

  get isReadable(): boolean {
    return this.#inbox.isReadable;
  }

  watch(onChange: () => void): () => void {
    return this.#inbox.watch(onChange);
  }

  send(data: Uint8Array | string, to?: AddressLike, options?: Deadline): Promise<void> {
    const isPlain = options === undefined && this.#closed === undefined && this.#peer === undefined;
    // The usual answer, to the address that a packet came from, costs one promise.
    return isPlain && typeof to === 'object' && this.#isReachable(to)
      ? this.#handOver(data, to)
      : this.#sendTo(data, to, options);
  }

  post(data: Uint8Array, to: Address): void {
    if (this.#closed !== undefined) return;
    if (!('port' in to)) throw new SocketUsageError('BAD_ADDRESS', 'datagrams go over UDP');
    const host = isIP(to.host) === this.#version ? to.host : hostFor(to, this.#family);
    // RFC 768: a packet from port 0 wants no answer. Node throws.
    if (to.port === 0) {
      this.unsent++;
      return;
    }
    // Asking how much waits costs as much as a tenth of sending: it is asked now and then.
    const isAsked = (++this.#posted & 31) === 0;
    if (isAsked && this.#waitingBytes > maxPostedBytes) {
      this.unsent++;
      return;
    }
    // Being told takes a tick of node's, 1 µs.
    const isTold = isAsked || this.#toWatch > 0 || data.length > surelyFits;
    if (this.#toWatch > 0) this.#toWatch--;
    const told = isTold ? this.#onPosted : undefined;
    if (this.#peer !== undefined) this.#socket.send(data, told);
    else this.#socket.send(data, to.port, host, told);
  }

  async resolve(to: AddressLike, options?: Deadline): Promise<InetAddress> {
    const early = options === undefined ? undefined : expiredAlready(options);
    if (early !== undefined) throw early;
    const place = destinationPlace(to);
    const address =
      knownAddress(place, this.#family) ??
      (await withDeadline(lookedUp(place, this.#family, this.#lookup), options, noCancel));
    hostFor(address, this.#family);
    return address;
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

  setBroadcast(on: boolean): void {
    this.#ask((socket) => {
      socket.setBroadcast(on);
    });
  }

  setTtl(hops: number): void {
    requireInteger('hops', hops, 1, 255);
    this.#ask((socket) => socket.setTTL(hops));
  }

  setMulticastTtl(hops: number): void {
    requireInteger('hops', hops, 0, 255);
    this.#ask((socket) => socket.setMulticastTTL(hops));
  }

  setMulticastLoopback(on: boolean): void {
    this.#ask((socket) => socket.setMulticastLoopback(on));
  }

  setMulticastInterface(name: string): void {
    this.#ask((socket) => {
      socket.setMulticastInterface(interfaceFor(name, this.#family));
    });
  }

  joinGroup(group: string, options: GroupOptions = {}): void {
    const { through, source } = this.#membership(group, options);
    this.#ask((socket) => {
      if (source === undefined) socket.addMembership(group, through);
      else socket.addSourceSpecificMembership(source, group, through);
    });
  }

  leaveGroup(group: string, options: GroupOptions = {}): void {
    const { through, source } = this.#membership(group, options);
    this.#ask((socket) => {
      try {
        if (source === undefined) socket.dropMembership(group, through);
        else socket.dropSourceSpecificMembership(source, group, through);
      } catch (error) {
        // EADDRNOTAVAIL, or EINVAL: Linux finds a source invalid that it was never asked for.
        const which = source === undefined ? group : `${group} from ${source}`;
        throw new SocketError('UNAVAILABLE', `the socket is not in ${which}`, { cause: error });
      }
    });
  }

  unref(): void {
    this.#socket.unref();
  }

  ref(): void {
    this.#socket.ref();
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new Promise((done) => {
        this.#socket.close(done);
      });
      this.#inbox.close();
    }
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What `send` has not got rid of. Deno does not tell. */
  get #waitingBytes(): number {
    const socket: Partial<Socket> = this.#socket;
    return socket.getSendQueueSize?.() ?? 0;
  }

  async #sendTo(data: Uint8Array | string, to?: AddressLike, options?: Deadline): Promise<void> {
    if (this.#closed !== undefined) throw closedError('the socket');
    if ((to === undefined) !== (this.#peer !== undefined)) {
      const needs = to === undefined ? 'an unconnected socket needs' : 'a connected socket has';
      throw new SocketUsageError('BAD_ARGUMENT', `${needs} an address to send to`);
    }
    const early = options === undefined ? undefined : expiredAlready(options);
    if (early !== undefined) throw early;
    const target = to === undefined ? undefined : await this.resolve(to, options);
    const place = target && { host: hostFor(target, this.#family), port: target.port };
    await withDeadline(this.#handOver(data, place), options, noCancel);
  }

  /** An address as `receive` gives it, which the kernel takes as it is. */
  #isReachable(to: Exclude<AddressLike, string>): to is InetAddress {
    return (
      'family' in to &&
      to.family === this.#family &&
      'port' in to &&
      to.port > 0 &&
      isIP(to.host) === this.#version
    );
  }

  #handOver(data: Uint8Array | string, target?: InetPlace): Promise<void> {
    return new Promise<void>((done, fail) => {
      const callback = (error: Error | null): void => {
        if (error === null) done();
        else fail(toSocketError(error, target && formatAddress({ kind: 'inet', ...target })));
      };
      try {
        if (target === undefined) this.#socket.send(data, callback);
        else this.#socket.send(data, target.port, target.host, callback);
      } catch (error) {
        // Closed while a name was resolved.
        fail(toSocketError(error));
      }
    });
  }

  #onMessage(data: Uint8Array, info: RemoteInfo): void {
    const peer = this.#peer;
    // The kernel keeps strangers out from connect(2) on. What they sent after bind(2) it had let in.
    if (peer !== undefined && (info.port !== peer.port || info.address !== peer.address)) return;
    this.#inbox.arrive(data, fromInfo(info));
  }

  readonly #onPosted = (error: Error | null): void => {
    if (error === null) return;
    this.unsent++;
    this.#toWatch = watchedPackets;
    if (this.#peer === undefined) return;
    // The kernel tells once that the peer's port is closed: here of the packet before, instead of sending this one.
    const reason = toSocketError(error);
    if (reason.code === 'REFUSED') this.#inbox.fail(reason);
  };

  #membership(
    group: string,
    options: GroupOptions,
  ): { through: string | undefined; source: string | undefined } {
    requireGroup(group, options, this.#family);
    const { interface: through, source } = options;
    return { through: through === undefined ? undefined : interfaceFor(through, this.#family), source };
  }

  #ask<T>(what: (socket: Socket) => T): T {
    if (this.#closed !== undefined) throw closedError('the socket');
    try {
      return what(this.#socket);
    } catch (error) {
      throw toSocketError(error);
    }
  }
}

function fromInfo(info: { family: string; address: string; port: number }): Address {
  return inetAddress(info.family, info.address, info.port);
}

/** A packet on its way cannot be called back: the deadline only ends the wait. */
function noCancel(): void {
  return undefined;
}
