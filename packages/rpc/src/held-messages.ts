import type { Packet } from './wire.ts';

/**
 * Calls of theirs that came while as many run as may. They are kept only to read on behind them, where an answer to a call of ours may be:
 * a procedure that calls back would else wait for what is never read.
 */
export class HeldMessages {
  readonly #messages: { readonly packet: Packet | readonly Packet[]; readonly bytes: number }[] = [];
  #from = 0;
  #bytes = 0;

  get size(): number {
    return this.#messages.length - this.#from;
  }

  /** About what they take in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  push(packet: Packet | readonly Packet[], messageBytes: number): void {
    const bytes = messageBytes + overheadBytes;
    this.#bytes += bytes;
    this.#messages.push({ packet, bytes });
  }

  /** The one that came first. */
  take(): Packet | readonly Packet[] | undefined {
    const first = this.#messages[this.#from];
    if (first === undefined) return undefined;
    this.#bytes -= first.bytes;
    if (++this.#from === this.#messages.length) this.clear();
    return first.packet;
  }

  clear(): void {
    this.#messages.length = 0;
    this.#from = 0;
    this.#bytes = 0;
  }
}

/** A small message takes more as an object than as text. */
const overheadBytes = 256;
