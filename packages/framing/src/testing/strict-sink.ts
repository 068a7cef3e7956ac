import type { ByteSink } from '../codec.ts';

/**
 * A sink that takes the contract at its word: what is appended is read as late as can be, what is reserved is full of rubbish at
 * first and read as early as can be.
 */
export class StrictSink implements ByteSink {
  readonly #parts: Uint8Array[] = [];
  #room: Uint8Array | undefined;
  length = 0;

  append(bytes: Uint8Array): void {
    this.#settle();
    this.#parts.push(bytes);
    this.length += bytes.length;
  }

  reserve(length: number): Uint8Array {
    this.#settle();
    this.length += length;
    return (this.#room = new Uint8Array(length).fill(0xa5));
  }

  bytes(): Uint8Array {
    this.#settle();
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #settle(): void {
    if (this.#room === undefined) return;
    this.#parts.push(this.#room.slice());
    this.#room = undefined;
  }
}
