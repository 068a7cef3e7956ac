import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  formatAddress,
  inetAddress,
  parseAddress,
  type Address,
  type AddressLike,
  type Endpoint,
} from './address.ts';
import { armDeadline, expiredAlready, limitOf, withDeadline, type Deadline } from './deadline.ts';
import type { Pollable } from './pollable.ts';
import { closedError, SocketError, SocketUsageError, toSocketError } from './errors.ts';

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

export interface BindOptions {
  /**
   * Connects the socket: the kernel then delivers packets of this peer only, and `send` needs no address. Without it anybody may
   * answer (seed 002, "overly promiscuous").
   */
  readonly remote?: AddressLike;
  /** Lets several sockets share the address (SO_REUSEADDR). Default false. */
  readonly reuseAddress?: boolean;
  /** Packets kept for `receive()`; one more drops the oldest and is counted. Default 1,024, under 70 MB at the largest size. */
  readonly queueLimit?: number;
}

export interface DatagramSocket extends AsyncIterable<Datagram>, Pollable, AsyncDisposable {
  readonly localAddress: Address;
  /** The peer of a connected socket. */
  readonly remoteAddress: Address | undefined;
  /** Packets that arrived and were dropped because nobody received them in time. */
  readonly dropped: number;
  /**
   * Sends one packet; resolves when the kernel has it. `to` is required unless the socket is connected.
   * Rejects with `SocketError` `TOO_LARGE`, `NOT_FOUND`, `CLOSED`, `REFUSED`.
   */
  send(data: Uint8Array | string, to?: AddressLike, options?: Deadline): Promise<void>;
  /** The next packet. A cancelled receive loses nothing. One outstanding receive at a time. */
  receive(options?: Deadline): Promise<Datagram>;
  /**
   * Push mode for servers: from now on packets arrive by a synchronous call, without a promise each, and `receive()` is refused. Those that
   * waited are delivered in a later turn. A second call replaces the receiver.
   */
  attach(receiver: DatagramReceiver): void;
  /**
   * Sends one packet without waiting: for answers, to the address that a packet came from. One that cannot be sent is dropped, as the
   * network would, and counted in `unsent`; the bytes must not change until they are gone.
   *
   * @throws SocketUsageError `BAD_ADDRESS` for a name, which `send` would resolve, and for what is no address of UDP.
   */
  post(data: Uint8Array, to: Address): void;
  /**
   * Packets that `post` dropped: the kernel refused them, or more than 4 MiB waited. Where the kernel refused none of the last thousand,
   * it is asked about one in 32 only: asking costs a sixteenth of sending.
   */
  readonly unsent: number;
  close(): Promise<void>;
}

/**
 * Binds a UDP socket: `bind('udp://127.0.0.1:0')`, `bind(':5353')`. Port 0 lets the kernel choose.
 *
 * @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`, `NOT_FOUND`; SocketUsageError `BAD_ADDRESS`.
 */
export async function bind(address: AddressLike, options: BindOptions = {}): Promise<DatagramSocket> {
  const { queueLimit = 1024 } = options;
  if (!(Number.isInteger(queueLimit) && queueLimit >= 1)) {
    throw new SocketUsageError('BAD_ARGUMENT', `queueLimit is ${String(queueLimit)}, expected 1 or more`);
  }
  const local = inetEndpoint(address);
  const remote = options.remote === undefined ? undefined : await resolve(inetEndpoint(options.remote));
  const host = local.host === '' ? '' : (await resolve(local)).host;
  const family = isIP(host === '' ? (remote?.host ?? '0.0.0.0') : host) === 6 ? 'udp6' : 'udp4';
  const socket = createSocket({
    type: family,
    reuseAddr: options.reuseAddress ?? false,
    // Every host is an address by now. Node would look it up with each packet and answer a tick later, 1.3 of the 18 µs that a packet and
    // its answer take.
    lookup: (resolved, _, callback) => {
      callback(null, resolved, family === 'udp6' ? 6 : 4);
    },
  });
  try {
    await completion(socket, (done) =>
      socket.bind({ port: local.port, ...(host === '' ? {} : { address: host }) }, done),
    );
    if (remote !== undefined) {
      await completion(socket, (done) => {
        socket.connect(remote.port, remote.host, done);
      });
    }
  } catch (error) {
    socket.close();
    throw toSocketError(error, formatAddress(local));
  }
  return new NodeDatagramSocket(socket, queueLimit, remote !== undefined);
}

/** What may wait to be sent by `post`: hundreds of times what a socket buffer takes. */
const maxPostedBytes = 4 * 1024 * 1024;
/** What fits a packet of IPv4, and so of IPv6: 65,535 bytes less 20 of its header and 8 of UDP's (RFC 791, RFC 768). */
const surelyFits = 65_507;
/** Packets whose fate is asked for, from the first on and after each that was refused; then of one in 32. */
const watchedPackets = 1024;

class NodeDatagramSocket implements DatagramSocket {
  readonly localAddress: Address;
  readonly remoteAddress: Address | undefined;
  /** A packet that the kernel has no room for is dropped, as the network would. */
  readonly isWritable: boolean = true;
  dropped = 0;
  unsent = 0;
  readonly #socket: Socket;
  readonly #queueLimit: number;
  readonly #queue: Datagram[] = [];
  #waiter: { resolve(datagram: Datagram): void; reject(error: Error): void } | undefined;
  #error: SocketError | undefined;
  #closed: Promise<void> | undefined;
  #receiver: DatagramReceiver | undefined;
  readonly #watchers = new Set<() => void>();
  #posted = 0;
  #toWatch = watchedPackets;

  constructor(socket: Socket, queueLimit: number, isConnected: boolean) {
    this.#socket = socket;
    this.#queueLimit = queueLimit;
    this.localAddress = fromInfo(socket.address());
    this.remoteAddress = isConnected ? fromInfo(socket.remoteAddress()) : undefined;
    socket.on('message', (data, info) => {
      this.#onMessage(data, info);
    });
    socket.on('error', (error) => {
      this.#onError(toSocketError(error));
    });
  }

  get isReadable(): boolean {
    return this.#queue.length > 0 || this.#error !== undefined || this.#closed !== undefined;
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  async send(data: Uint8Array | string, to?: AddressLike, options?: Deadline): Promise<void> {
    if (this.#closed !== undefined) throw closedError('the socket');
    if ((to === undefined) !== (this.remoteAddress !== undefined)) {
      throw new SocketUsageError(
        'BAD_ARGUMENT',
        to === undefined
          ? 'an unconnected socket needs an address to send to'
          : 'a connected socket has its address',
      );
    }
    const early = options === undefined ? undefined : expiredAlready(options);
    if (early !== undefined) throw early;
    const target =
      to === undefined ? undefined : await withDeadline(resolve(inetEndpoint(to)), options, noCancel);
    if (target?.port === 0) {
      throw new SocketUsageError('BAD_ADDRESS', `${formatAddress(target)}: nothing can be sent to port 0`);
    }
    const sent = new Promise<void>((done, fail) => {
      const callback = (error: Error | null): void => {
        if (error === null) done();
        else fail(toSocketError(error, target && formatAddress(target)));
      };
      try {
        if (target === undefined) this.#socket.send(data, callback);
        else this.#socket.send(data, target.port, target.host, callback);
      } catch (error) {
        // Closed while the name was resolved.
        fail(toSocketError(error));
      }
    });
    await withDeadline(sent, options, noCancel);
  }

  attach(receiver: DatagramReceiver): void {
    if (this.#waiter !== undefined) {
      throw new SocketUsageError('BUSY', 'a receive is outstanding: await it before attaching');
    }
    this.#receiver = receiver;
    if (this.#queue.length === 0) return;
    setImmediate(() => {
      // `closed` is the last call: by now it may have come, or come from one of these calls.
      for (const { data, from } of this.#queue.splice(0)) {
        if (this.#closed === undefined) this.#receiver?.datagram(data, from);
      }
    });
  }

  post(data: Uint8Array, to: Address): void {
    if (this.#closed !== undefined) return;
    if (!('port' in to)) throw new SocketUsageError('BAD_ADDRESS', 'datagrams go over UDP');
    if (isIP(to.host) === 0) {
      throw new SocketUsageError('BAD_ADDRESS', `${formatAddress(to)}: packets are posted to addresses`);
    }
    // RFC 768: a packet from port 0 wants no answer. Node throws.
    if (to.port === 0) {
      this.unsent++;
      return;
    }
    // Asking how much waits costs as much as a tenth of sending: it is asked now and then.
    const isAsked = (++this.#posted & 31) === 0;
    if (isAsked && this.#socket.getSendQueueSize() > maxPostedBytes) {
      this.unsent++;
      return;
    }
    // Being told takes a tick of node's, 1 µs.
    const isTold = isAsked || this.#toWatch > 0 || data.length > surelyFits;
    if (this.#toWatch > 0) this.#toWatch--;
    const told = isTold ? this.#onPosted : undefined;
    if (this.remoteAddress !== undefined) this.#socket.send(data, told);
    else this.#socket.send(data, to.port, to.host, told);
  }

  receive(options?: Deadline): Promise<Datagram> {
    if (this.#receiver !== undefined) {
      return Promise.reject(new SocketUsageError('ATTACHED', 'the socket is in push mode'));
    }
    if (this.#waiter !== undefined) {
      return Promise.reject(
        new SocketUsageError('BUSY', 'a receive is outstanding: await it before the next'),
      );
    }
    const early = options === undefined ? undefined : expiredAlready(options);
    if (early !== undefined) return Promise.reject(early);
    const next = this.#queue.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.#closed !== undefined) return Promise.reject(closedError('the socket'));
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) return Promise.reject(error);
    return new Promise((done, fail) => {
      let disarm: (() => void) | undefined;
      const settle = (): void => {
        this.#waiter = undefined;
        disarm?.();
      };
      this.#waiter = {
        resolve: (datagram) => {
          settle();
          done(datagram);
        },
        reject: (reason) => {
          settle();
          fail(reason);
        },
      };
      const deadline = limitOf(options);
      if (deadline !== undefined) {
        disarm = armDeadline(deadline, (expired) => {
          this.#waiter?.reject(expired);
        });
      }
    });
  }

  close(): Promise<void> {
    return (this.#closed ??= new Promise((done) => {
      this.#socket.close(done);
      this.#waiter?.reject(closedError('the socket'));
      this.#receiver?.closed?.();
      this.#tellWatchers();
    }));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, undefined> {
    for (;;) {
      let datagram;
      try {
        datagram = await this.receive();
      } catch (error) {
        if (error instanceof SocketError && error.code === 'CLOSED') return;
        throw error;
      }
      yield datagram;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #onPosted = (error: Error | null): void => {
    if (error === null) return;
    this.unsent++;
    this.#toWatch = watchedPackets;
  };

  #onMessage(data: Uint8Array, info: RemoteInfo): void {
    if (this.#receiver !== undefined && this.#queue.length === 0) {
      this.#receiver.datagram(data, fromInfo(info));
      return;
    }
    const datagram: Datagram = { data, from: fromInfo(info) };
    if (this.#waiter !== undefined) {
      this.#waiter.resolve(datagram);
      return;
    }
    if (this.#queue.length >= this.#queueLimit) {
      this.#queue.shift();
      this.dropped++;
    }
    this.#queue.push(datagram);
    this.#tellWatchers();
  }

  #onError(error: SocketError): void {
    if (this.#receiver !== undefined) this.#receiver.error?.(error);
    else if (this.#waiter !== undefined) this.#waiter.reject(error);
    else {
      this.#error = error;
      this.#tellWatchers();
    }
  }

  #tellWatchers(): void {
    for (const onChange of this.#watchers) onChange();
  }
}

function inetEndpoint(address: AddressLike): Endpoint & { kind: 'inet' } {
  const endpoint = parseAddress(address, ['udp']);
  if (endpoint.kind === 'inet') return endpoint;
  throw new SocketUsageError('BAD_ADDRESS', `${formatAddress(endpoint)}: datagrams go over UDP`);
}

async function resolve(endpoint: Endpoint & { kind: 'inet' }): Promise<Endpoint & { kind: 'inet' }> {
  const host = endpoint.host === '' ? '127.0.0.1' : endpoint.host;
  if (isIP(host) !== 0) return { ...endpoint, host };
  try {
    return { ...endpoint, host: (await lookup(host)).address };
  } catch (error) {
    throw toSocketError(error, formatAddress(endpoint));
  }
}

function fromInfo(info: { family: string; address: string; port: number }): Address {
  return inetAddress(info.family, info.address, info.port);
}

/** `connect` tells its failure to the callback, `bind` by an event. */
function completion(socket: Socket, start: (done: (error?: Error) => void) => unknown): Promise<void> {
  return new Promise((done, fail) => {
    socket.once('error', fail);
    start((error?: Error) => {
      socket.off('error', fail);
      if (error === undefined) done();
      else fail(error);
    });
  });
}

/** A packet on its way cannot be called back: the deadline only ends the wait. */
function noCancel(): void {
  return undefined;
}
