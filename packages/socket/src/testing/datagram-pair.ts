import { formatAddress, type Address } from '../address.ts';
import type { Clock } from '../clock.ts';
import type { DatagramSocket } from '../datagrams/datagram-socket.ts';
import type { InetAddress } from '../datagrams/inet-place.ts';
import { SocketError } from '../errors.ts';
import { DatagramFaults, type DatagramFaultCounts, type DatagramFaultOptions } from './datagram-faults.ts';
import { MemoryDatagramSocket, type DatagramWire } from './memory-datagram-socket.ts';

export interface DatagramPairOptions extends DatagramFaultOptions {
  /** Connects each to the other, as `connectDatagram` does. Default false: `send` needs an address. */
  readonly connected?: boolean;
  /** As `DatagramOptions.queueLimit`. Default 1,024. */
  readonly queueLimit?: number;
  /** Counts the delay in milliseconds of its own. Default: turns of the event loop, without any timer. */
  readonly clock?: Clock;
}

/** One end of a {@link datagramPair}. */
export interface FaultyDatagramSocket extends DatagramSocket {
  /** What has become of the packets that this end sent. */
  readonly faults: Readonly<DatagramFaultCounts>;
}

/**
 * Two datagram sockets in memory with a network between them that is as bad as you say, and equally bad each time: for tests of what a protocol
 * does when packets are lost, doubled, late and out of order. They have made-up addresses of this machine; a packet to any other is
 * lost, but for those to a group that the other end has joined.
 *
 * ```
 * sent        1  2  3  4  5
 * lost           ×
 * held back         3, until two have passed
 * doubled              4
 * received    1        4  4  3  5
 * ```
 *
 * A packet is delivered in a later turn, never inside `send`. One that is held back with none after it stays there, as if lost, until its
 * sender sends again or is closed. To a closed socket packets are lost; a connected sender then hears `REFUSED`.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for what is no probability, no count or no delay.
 */
export function datagramPair(options: DatagramPairOptions): [FaultyDatagramSocket, FaultyDatagramSocket] {
  const { connected = false, queueLimit = 1_024, clock } = options;
  const here: InetAddress = { family: 'ipv4', host: '127.0.0.1', port: 50_001 };
  const there: InetAddress = { family: 'ipv4', host: '127.0.0.1', port: 50_002 };
  const a = new MemoryDatagramSocket({ local: here, remote: connected ? there : undefined, queueLimit });
  const b = new MemoryDatagramSocket({ local: there, remote: connected ? here : undefined, queueLimit });
  a.join(new FaultyWire(a, b, new DatagramFaults(options, 0), clock));
  b.join(new FaultyWire(b, a, new DatagramFaults(options, 1), clock));
  return [a, b];
}

interface HeldBack {
  readonly data: Uint8Array;
  readonly delay: number;
  /** How many have still to pass. */
  left: number;
}

/** One direction. */
class FaultyWire implements DatagramWire {
  readonly #from: MemoryDatagramSocket;
  readonly #to: MemoryDatagramSocket;
  readonly #faults: DatagramFaults;
  readonly #clock: Clock | undefined;
  #heldBack: HeldBack[] = [];

  constructor(
    from: MemoryDatagramSocket,
    to: MemoryDatagramSocket,
    faults: DatagramFaults,
    clock: Clock | undefined,
  ) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#clock = clock;
  }

  get counts(): Readonly<DatagramFaultCounts> {
    return this.#faults.counts;
  }

  carry(data: Uint8Array, to: Address): void {
    if (!this.#to.takes(to, this.#from.localAddress)) return;
    for (const { passedBy, delay } of this.#faults.next()) {
      const copy: HeldBack = { data: Uint8Array.from(data), delay, left: passedBy };
      // One that is held back passes the others, too: else nothing would move where all are.
      const waiting = this.#heldBack;
      for (const each of waiting) each.left--;
      this.#heldBack = waiting.filter(({ left }) => left > 0);
      if (passedBy > 0) this.#heldBack.push(copy);
      else this.#leave(copy);
      for (const each of waiting) if (each.left === 0) this.#leave(each);
    }
  }

  release(): void {
    for (const each of this.#heldBack.splice(0)) this.#leave(each);
  }

  #leave({ data, delay }: HeldBack): void {
    const arrive = (): void => {
      if (this.#to.isClosed) this.#refuse();
      else this.#to.arrive(data, this.#from.localAddress);
    };
    if (this.#clock === undefined || delay === 0) afterTurns(delay, arrive);
    else this.#clock.setTimeout(arrive, delay);
  }

  #refuse(): void {
    const address = formatAddress(this.#to.localAddress);
    this.#from.hear(new SocketError('REFUSED', `nobody listens at ${address}`, { address }));
  }
}

function afterTurns(count: number, callback: () => void): void {
  setImmediate(() => {
    if (count === 0) callback();
    else afterTurns(count - 1, callback);
  });
}
