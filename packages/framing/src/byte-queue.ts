/** Chunks below this are gathered, so that input a byte at a time costs a byte of memory each, not an object. */
const gatherBelowBytes = 1024;
const firstGatherBytes = 4096;
const maxGatherBytes = 65_536;

/**
 * Where unread bytes wait. A frame inside one chunk is taken as a view of it; one that spans chunks is copied, once.
 * Bytes once returned never change: a gathering buffer is only ever written past what it holds.
 */
export class ByteQueue {
  /** The first chunk and where its unread bytes begin, for hot paths that look before they take. */
  head: Uint8Array = empty;
  start = 0;
  length = 0;
  /** The chunks behind the head. */
  readonly #rest: Uint8Array[] = [];
  /** The buffer that the last chunk of `#rest` is the filled part of, and how much of it is filled. */
  #gather: Uint8Array | undefined;
  #gathered = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.length === 0) {
      this.head = chunk;
      this.start = 0;
      this.#gather = undefined;
    } else if (chunk.length >= gatherBelowBytes) {
      this.#rest.push(chunk);
      this.#gather = undefined;
    } else {
      this.#gatherChunk(chunk);
    }
    this.length += chunk.length;
  }

  /** The byte `index` places on. `index` must be below `length`. */
  at(index: number): number {
    let offset = this.start + index;
    if (offset < this.head.length) return this.head[offset] as number;
    offset -= this.head.length;
    for (const chunk of this.#rest) {
      if (offset < chunk.length) return chunk[offset] as number;
      offset -= chunk.length;
    }
    throw new RangeError(`byte ${String(index)} of ${String(this.length)}`);
  }

  /** Removes and returns `count` bytes; `count` must not be above `length`. */
  take(count: number): Uint8Array {
    const end = this.start + count;
    if (end <= this.head.length) {
      const bytes = this.head.subarray(this.start, end);
      this.#advance(count);
      return bytes;
    }
    const bytes = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const part = this.head.subarray(this.start, this.start + count - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#advance(part.length);
    }
    return bytes;
  }

  skip(count: number): void {
    while (count > 0) {
      const step = Math.min(count, this.head.length - this.start);
      this.#advance(step);
      count -= step;
    }
  }

  clear(): void {
    this.#rest.length = 0;
    this.head = empty;
    this.start = 0;
    this.length = 0;
    this.#gather = undefined;
  }

  /**
   * Looks for `search.pattern` where it stopped last time, and moves on. Answers the offset just behind the pattern, or -1.
   * Each byte is looked at once, wherever chunks are cut (Knuth–Morris–Pratt, with a native scan for the first byte).
   */
  find(search: PatternSearch): number {
    const { pattern } = search;
    const first = pattern[0] as number;
    let base = -this.start;
    for (let index = -1; index < this.#rest.length; index++) {
      const chunk = index < 0 ? this.head : (this.#rest[index] as Uint8Array);
      let at = search.scanned - base;
      while (at < chunk.length) {
        if (search.matched === 0) {
          at = chunk.indexOf(first, at);
          if (at < 0) break;
        }
        search.step(chunk[at++] as number);
        if (search.matched === pattern.length) {
          search.scanned = base + at;
          return search.scanned;
        }
      }
      base += chunk.length;
      if (search.scanned < base) search.scanned = base;
    }
    return -1;
  }

  #advance(count: number): void {
    this.start += count;
    this.length -= count;
    if (this.start < this.head.length) return;
    const next = this.#rest.shift();
    if (this.#rest.length === 0) this.#gather = undefined;
    this.head = next ?? empty;
    this.start = 0;
  }

  #gatherChunk(chunk: Uint8Array): void {
    let gather = this.#gather;
    if (gather === undefined || this.#gathered + chunk.length > gather.length) {
      const size = Math.min(maxGatherBytes, Math.max(firstGatherBytes, 2 * (gather?.length ?? 0)));
      gather = this.#gather = new Uint8Array(size);
      this.#gathered = 0;
      this.#rest.push(empty);
    }
    gather.set(chunk, this.#gathered);
    this.#gathered += chunk.length;
    this.#rest[this.#rest.length - 1] = gather.subarray(0, this.#gathered);
  }
}

/** A search that can stop anywhere and go on with more bytes. `scanned` counts from the first unread byte. */
export class PatternSearch {
  readonly pattern: Uint8Array;
  scanned = 0;
  matched = 0;
  /** Length of the longest proper prefix of `pattern` that is a suffix of its first `i + 1` bytes. */
  readonly #fallback: Uint32Array;

  constructor(pattern: Uint8Array) {
    this.pattern = pattern;
    this.#fallback = new Uint32Array(pattern.length);
    for (let i = 1, k = 0; i < pattern.length; i++) {
      while (k > 0 && pattern[i] !== pattern[k]) k = this.#fallback[k - 1] as number;
      if (pattern[i] === pattern[k]) k++;
      this.#fallback[i] = k;
    }
  }

  step(byte: number): void {
    while (this.matched > 0 && byte !== this.pattern[this.matched]) {
      this.matched = this.#fallback[this.matched - 1] as number;
    }
    if (byte === this.pattern[this.matched]) this.matched++;
  }

  restart(): void {
    this.scanned = 0;
    this.matched = 0;
  }
}

const empty = new Uint8Array(0);
