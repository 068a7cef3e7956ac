import type { Duplex } from 'node:stream';
import { Deferred } from '../deferred.ts';
import type { SocketError } from '../errors.ts';

/** Hands bytes to a stream of node's. False where back-pressure begins, or is on. `left` is told when the bytes have gone, or have not. */
export function writeTo(
  socket: Duplex,
  data: Uint8Array | string,
  encoding: 'utf8' | 'latin1' = 'utf8',
  left?: (error: Error | null | undefined) => void,
): boolean {
  // Nothing to send: over TLS, Deno fails at it (EPERM).
  if (data.length === 0 && left === undefined) return !socket.writableNeedDrain;
  return typeof data === 'string' ? socket.write(data, encoding) : socket.write(data, left);
}

/** The sending direction of a stream of node's once it has met back-pressure, or its end. */
export class WriteHalf {
  readonly #socket: Duplex;
  readonly #onDrain: () => void;
  #isBlocked = false;
  #isEnded = false;
  #drained: Deferred<void> | undefined;
  #finished: Deferred<void> | undefined;

  constructor(socket: Duplex, onDrain: () => void) {
    this.#socket = socket;
    this.#onDrain = onDrain;
  }

  /** Back-pressure is on. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** No more may be written. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Notes that a write met back-pressure; resolves when it lifts. */
  blocked(): Promise<void> {
    if (!this.#isBlocked) {
      this.#isBlocked = true;
      this.#socket.once('drain', () => {
        this.#drain();
      });
    }
    return (this.#drained ??= new Deferred()).promise;
  }

  /** Sends what is queued, then the end; resolves when both have left. */
  finish(): Promise<void> {
    if (this.#finished === undefined) {
      this.#finished = new Deferred();
      this.#end();
      this.#socket.end();
    }
    return this.#finished.promise;
  }

  /** True once `finish` was called. */
  get isFinishing(): boolean {
    return this.#finished !== undefined;
  }

  /** Sends what is queued and the end, then destroys the socket: as `net.Socket` has it, which other streams have not. */
  destroySoon(): void {
    this.#end();
    const socket = this.#socket;
    if (socket.writable) socket.end();
    if (socket.writableFinished) socket.destroy();
    else socket.once('finish', () => socket.destroy());
  }

  /** Nothing leaves any more: those who wait are told. */
  fail(error: SocketError): void {
    this.#drained?.reject(error);
    this.#drained = undefined;
    this.#finished?.reject(error);
  }

  /** What waits for back-pressure to lift now waits for everything to leave, as `drain` is not told any more. */
  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#socket.once('finish', () => {
      this.#isBlocked = false;
      this.#drained?.resolve();
      this.#drained = undefined;
      this.#finished?.resolve();
    });
  }

  #drain(): void {
    if (this.#socket.closed) return;
    this.#isBlocked = false;
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.resolve();
    this.#onDrain();
  }
}
