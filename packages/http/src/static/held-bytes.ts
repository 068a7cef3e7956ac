/**
 * Long bodies that are in memory and on their way to clients. The cache lets go of what is not used, but a client that takes its time holds on to it: a
 * thousand of them, each with a file of its own, would hold a thousand files. Here they are counted, each once, and above the limit the
 * next one is sent from the disk.
 */
export class HeldBytes {
  readonly #limit: number;
  readonly #users = new Map<Uint8Array, number>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether one more client may hold these. */
  mayHold(bytes: Uint8Array): boolean {
    return this.#users.has(bytes) || this.#bytes + bytes.length <= this.#limit;
  }

  /** A body that can be sent many times: it counts while it is. */
  body(bytes: Uint8Array): Iterable<Uint8Array> {
    return { [Symbol.iterator]: () => new HeldIterator(bytes, this) };
  }

  hold(bytes: Uint8Array): void {
    const users = this.#users.get(bytes) ?? 0;
    if (users === 0) this.#bytes += bytes.length;
    this.#users.set(bytes, users + 1);
  }

  release(bytes: Uint8Array): void {
    const users = (this.#users.get(bytes) ?? 0) - 1;
    if (users > 0) {
      this.#users.set(bytes, users);
      return;
    }
    this.#users.delete(bytes);
    this.#bytes -= bytes.length;
  }
}

/** Not a generator: one that is ended before it began would not be told. */
class HeldIterator implements Iterator<Uint8Array, undefined> {
  readonly #bytes: Uint8Array;
  readonly #held: HeldBytes;
  #wasGiven = false;
  #isOver = false;

  constructor(bytes: Uint8Array, held: HeldBytes) {
    this.#bytes = bytes;
    this.#held = held;
    held.hold(bytes);
  }

  next(): IteratorResult<Uint8Array, undefined> {
    if (this.#wasGiven || this.#isOver) return this.return();
    this.#wasGiven = true;
    return { done: false, value: this.#bytes };
  }

  return(): IteratorResult<Uint8Array, undefined> {
    if (!this.#isOver) this.#held.release(this.#bytes);
    this.#isOver = true;
    return { done: true, value: undefined };
  }
}
