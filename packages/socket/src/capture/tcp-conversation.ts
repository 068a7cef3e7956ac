import type { Direction } from '../tap.ts';
import { tcpFlags, tcpPacket, type PacketAddress } from './packets.ts';

export interface TcpConversationOptions {
  readonly local: PacketAddress;
  readonly remote: PacketAddress;
  /** Who opened the connection: `client` this end, `server` the other. */
  readonly role: 'client' | 'server';
  /** The first sequence number of this end; the other's is half of all numbers away. */
  readonly firstSequence: number;
  /** The most bytes of data in a packet. */
  readonly segmentBytes: number;
  /** Takes a packet. */
  readonly write: (packet: Uint8Array, at: number, comment?: string) => void;
}

/** The most that a packet of IPv4 holds: 65,535 bytes less 20 of its header and 20 of TCP's. */
export const maxSegmentBytes = 65_495;

/** A gigabyte: with window scale 14 (RFC 7323 section 2.3), no write is larger than what the other end would take. */
const window = 0xffff;
/** Maximum segment size, nothing, window scale. */
const synOptions: Uint8Array = Uint8Array.of(2, 4, maxSegmentBytes >> 8, maxSegmentBytes & 0xff, 1, 3, 3, 14);

const { fin, syn, rst, psh, ack } = tcpFlags;

interface End {
  /** The next sequence number it sends. */
  next: number;
  hasEnded: boolean;
  readonly address: PacketAddress;
}

/**
 * The packets of a TCP connection, made from what went through a stream: three to open it, data in segments and an acknowledgement of each
 * chunk, an end each way or a reset. No packet is ever lost or late, so an analyser has nothing to remark. No I/O.
 */
export class TcpConversation {
  readonly #options: TcpConversationOptions;
  readonly #ends: Readonly<Record<Direction, End>>;
  #isOver = false;

  constructor(options: TcpConversationOptions, at: number, comment?: string) {
    this.#options = options;
    const { local, remote, firstSequence } = options;
    this.#ends = {
      sent: { next: firstSequence, hasEnded: false, address: local },
      received: { next: (firstSequence ^ 0x8000_0000) >>> 0, hasEnded: false, address: remote },
    };
    this.#open(at, comment);
  }

  data(direction: Direction, chunk: Uint8Array, at: number): void {
    if (this.#isOver || this.#ends[direction].hasEnded) return;
    const { segmentBytes } = this.#options;
    for (let from = 0; from < chunk.length; from += segmentBytes) {
      const payload = chunk.subarray(from, from + segmentBytes);
      const isLast = from + segmentBytes >= chunk.length;
      this.#send(direction, isLast ? psh | ack : ack, at, { payload });
    }
    this.#send(otherOf(direction), ack, at);
  }

  end(direction: Direction, at: number): void {
    if (this.#isOver || this.#ends[direction].hasEnded) return;
    this.#ends[direction].hasEnded = true;
    this.#send(direction, fin | ack, at);
    this.#send(otherOf(direction), ack, at);
  }

  /** Ends it in order, or with a reset by this end or the other. */
  close(
    how: 'in order' | { readonly resetBy: 'local' | 'remote'; readonly comment: string },
    at: number,
  ): void {
    if (this.#isOver) return;
    if (how === 'in order') {
      this.end('sent', at);
      this.end('received', at);
    } else if (!(this.#ends.sent.hasEnded && this.#ends.received.hasEnded)) {
      const direction = how.resetBy === 'local' ? 'sent' : 'received';
      this.#send(direction, rst | ack, at, { comment: how.comment });
    }
    this.#isOver = true;
  }

  #open(at: number, comment: string | undefined): void {
    const opener = this.#options.role === 'client' ? 'sent' : 'received';
    this.#send(opener, syn, at, { options: synOptions, ...(comment === undefined ? {} : { comment }) });
    this.#send(otherOf(opener), syn | ack, at, { options: synOptions });
    this.#send(opener, ack, at);
  }

  #send(
    direction: Direction,
    flags: number,
    at: number,
    more: { readonly payload?: Uint8Array; readonly options?: Uint8Array; readonly comment?: string } = {},
  ): void {
    const from = this.#ends[direction];
    const to = this.#ends[otherOf(direction)];
    const { comment, ...content } = more;
    const acknowledgement = (flags & ack) === 0 ? 0 : to.next;
    const packet = tcpPacket(
      { source: from.address, destination: to.address },
      { sequence: from.next, acknowledgement, flags, window, ...content },
    );
    // SYN and FIN are numbered as a byte each.
    const numbered = (content.payload?.length ?? 0) + ((flags & (syn | fin)) === 0 ? 0 : 1);
    from.next = (from.next + numbered) >>> 0;
    this.#options.write(packet, at, comment);
  }
}

function otherOf(direction: Direction): Direction {
  return direction === 'sent' ? 'received' : 'sent';
}
