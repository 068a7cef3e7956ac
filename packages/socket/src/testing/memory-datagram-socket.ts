import { formatAddress, parseAddress, type Address, type AddressLike } from '../address.ts';
import type { Datagram, DatagramReceiver, DatagramSocket } from '../datagram.ts';
import { armDeadline, expiredAlready, limitOf, type Deadline } from '../deadline.ts';
import { closedError, SocketError, SocketUsageError } from '../errors.ts';
import { inetFamily } from '../names/inet-text.ts';
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
  readonly local: Address;
  /** Of a connected socket. */
  readonly remote: Address | undefined;
  readonly queueLimit: number;
}

/** What fits a packet of IPv4: 65,535 bytes less 20 of its header and 8 of UDP's (RFC 791, RFC 768). */
const maxBytes = 65_507;

/** A datagram socket without a kernel: it behaves as one that `bind` makes, and a {@link DatagramWire} is its network. */
export class MemoryDatagramSocket implements DatagramSocket {
  readonly localAddress: Address;
  readonly remoteAddress: Address | undefined;
  readonly isWritable: boolean = true;
  dropped = 0;
  unsent = 0;
  readonly #queueLimit: number;
  readonly #queue: Datagram[] = [];
  readonly #watchers = new Set<() => void>();
  #wire: DatagramWire | undefined;
  #waiter: { resolve(datagram: Datagram): void; reject(error: Error): void } | undefined;
  #error: SocketError | undefined;
  #receiver: DatagramReceiver | undefined;
  #closed: Promise<void> | undefined;

  constructor({ local, remote, queueLimit }: MemoryDatagramOptions) {
    this.localAddress = local;
    this.remoteAddress = remote;
    this.#queueLimit = queueLimit;
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

  get isReadable(): boolean {
    return this.#queue.length > 0 || this.#error !== undefined || this.isClosed;
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws rejects
  async send(data: Uint8Array | string, to?: AddressLike, options: Deadline = {}): Promise<void> {
    if (this.isClosed) throw closedError('the socket');
    if ((to === undefined) !== (this.remoteAddress !== undefined)) {
      const needs = to === undefined ? 'an unconnected socket needs' : 'a connected socket has';
      throw new SocketUsageError('BAD_ARGUMENT', `${needs} an address to send to`);
    }
    const early = expiredAlready(options);
    if (early !== undefined) throw early;
    const target = this.remoteAddress ?? addressOf(to as AddressLike);
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
    if (inetFamily(to.host) === undefined) {
      throw new SocketUsageError('BAD_ADDRESS', `${formatAddress(to)}: packets are posted to addresses`);
    }
    if (to.port === 0 || data.length > maxBytes) this.unsent++;
    else this.#wire?.carry(data, this.remoteAddress ?? to);
  }

  receive(options: Deadline = {}): Promise<Datagram> {
    if (this.#receiver !== undefined) {
      return Promise.reject(new SocketUsageError('ATTACHED', 'the socket is in push mode'));
    }
    if (this.#waiter !== undefined) {
      const message = 'a receive is outstanding: await it before the next';
      return Promise.reject(new SocketUsageError('BUSY', message));
    }
    const early = expiredAlready(options);
    if (early !== undefined) return Promise.reject(early);
    const next = this.#queue.shift();
    if (next !== undefined) return Promise.resolve(next);
    const failure = this.isClosed ? closedError('the socket') : this.#error;
    this.#error = undefined;
    return failure === undefined ? this.#wait(options) : Promise.reject(failure);
  }

  attach(receiver: DatagramReceiver): void {
    if (this.#waiter !== undefined) {
      throw new SocketUsageError('BUSY', 'a receive is outstanding: await it before attaching');
    }
    this.#receiver = receiver;
    if (this.#queue.length === 0) return;
    setImmediate(() => {
      for (const { data, from } of this.#queue.splice(0)) {
        if (!this.isClosed) this.#receiver?.datagram(data, from);
      }
    });
  }

  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    this.#closed = new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#wire?.release();
    this.#waiter?.reject(closedError('the socket'));
    this.#receiver?.closed?.();
    this.#tellWatchers();
    return this.#closed;
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

  /** A packet has come over the wire. */
  arrive(data: Uint8Array, from: Address): void {
    if (this.isClosed) return;
    if (this.#receiver !== undefined && this.#queue.length === 0) {
      this.#receiver.datagram(data, from);
    } else if (this.#waiter !== undefined) {
      this.#waiter.resolve({ data, from });
    } else {
      if (this.#queue.length >= this.#queueLimit) {
        this.#queue.shift();
        this.dropped++;
      }
      this.#queue.push({ data, from });
      this.#tellWatchers();
    }
  }

  /** The network says something of a packet that was sent: only a connected socket hears it (RFC 1122, section 4.1.3.3). */
  hear(error: SocketError): void {
    if (this.isClosed || this.remoteAddress === undefined) return;
    if (this.#receiver !== undefined) this.#receiver.error?.(error);
    else if (this.#waiter !== undefined) this.#waiter.reject(error);
    else {
      this.#error = error;
      this.#tellWatchers();
    }
  }

  #wait(options: Deadline): Promise<Datagram> {
    return new Promise((resolve, reject) => {
      const deadline = limitOf(options);
      const disarm =
        deadline === undefined
          ? undefined
          : armDeadline(deadline, (expired) => {
              this.#waiter?.reject(expired);
            });
      const settled = (): void => {
        this.#waiter = undefined;
        disarm?.();
      };
      this.#waiter = {
        resolve: (datagram) => {
          settled();
          resolve(datagram);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
    });
  }

  #tellWatchers(): void {
    for (const onChange of this.#watchers) onChange();
  }
}

/** There is no resolver here: this machine is the only name. */
function addressOf(to: AddressLike): Address & { port: number } {
  const endpoint = parseAddress(to, ['udp']);
  if (endpoint.kind !== 'inet') {
    throw new SocketUsageError('BAD_ADDRESS', `${formatAddress(endpoint)}: datagrams go over UDP`);
  }
  if (endpoint.port === 0) {
    throw new SocketUsageError('BAD_ADDRESS', `${formatAddress(endpoint)}: nothing can be sent to port 0`);
  }
  const host = ['', 'localhost'].includes(endpoint.host) ? '127.0.0.1' : endpoint.host;
  const family = inetFamily(host);
  if (family !== undefined) return { family, host, port: endpoint.port };
  const address = formatAddress(endpoint);
  throw new SocketError('NOT_FOUND', `${host} is no name that a pair in memory knows`, { address });
}
