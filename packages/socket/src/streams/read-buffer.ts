/** Chunks below this are gathered: bytes that come one at a time then cost a byte of memory each, not an object. */
const gatherBelowBytes = 1024;
const firstGatherBytes = 64;
const maxGatherBytes = 65_536;

/**
 * Bytes read and not yet asked for. They stay in the chunks they came in and are joined once, when they are taken; what lies inside one
 * chunk is taken as a view of it.
 */
export class ReadBuffer {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** What the last chunk is the beginning of, where small ones are gathered. */
  #gather: Uint8Array | undefined;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#bytes += chunk.length;
    if (chunk.length >= gatherBelowBytes || this.#chunks.length === 0) {
      this.#gather = undefined;
      this.#chunks.push(chunk);
    } else {
      this.#gatherChunk(chunk);
    }
  }

  /** Removes and returns `count` bytes, of which there are that many. */
  take(count: number): Uint8Array {
    const first = this.#chunks[0];
    if (first !== undefined && count <= first.length) {
      this.#advance(first, count);
      return count === first.length ? first : first.subarray(0, count);
    }
    const bytes = new Uint8Array(count);
    let used = 0;
    for (let filled = 0; filled < count; used++) {
      const chunk = this.#chunks[used] as Uint8Array;
      const part = chunk.length <= count - filled ? chunk : chunk.subarray(0, count - filled);
      bytes.set(part, filled);
      filled += part.length;
      if (part === chunk) continue;
      this.#chunks[used] = chunk.subarray(part.length);
      break;
    }
    this.#chunks.splice(0, used);
    this.#bytes -= count;
    this.#closeGather();
    return bytes;
  }

  /** The first chunk, or `undefined` where there is none. */
  takeChunk(): Uint8Array | undefined {
    const first = this.#chunks[0];
    return first === undefined ? undefined : this.take(first.length);
  }

  /** Everything, as it came. */
  takeChunks(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    this.#gather = undefined;
    return chunks;
  }

  /**
   * Looks for the search's pattern where it stopped last time. Answers the offset just behind the pattern, or -1 where it is not there yet:
   * each byte is looked at once, wherever chunks are cut.
   */
  find(search: PatternSearch): number {
    if (search.found >= 0) return search.found;
    // From the back: the way from the front may be long, and would be walked at each call.
    let index = this.#chunks.length;
    let base = this.#bytes;
    while (base > search.scanned) base -= (this.#chunks[--index] as Uint8Array).length;
    for (; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index] as Uint8Array;
      const end = search.scan(chunk, search.scanned - base);
      if (end >= 0) return (search.found = base + end);
      base += chunk.length;
      search.scanned = base;
    }
    return -1;
  }

  #advance(first: Uint8Array, count: number): void {
    this.#bytes -= count;
    if (count < first.length) this.#chunks[0] = first.subarray(count);
    else this.#chunks.shift();
    this.#closeGather();
  }

  /** Memory of which a part was given away is not added to. */
  #closeGather(): void {
    if (this.#chunks.length <= 1) this.#gather = undefined;
  }

  #gatherChunk(chunk: Uint8Array): void {
    let gather = this.#gather;
    let filled = gather === undefined ? 0 : (this.#chunks.at(-1) as Uint8Array).length;
    if (gather === undefined || filled + chunk.length > gather.length) {
      const size = Math.max(firstGatherBytes, chunk.length, 2 * (gather?.length ?? 0));
      gather = this.#gather = new Uint8Array(Math.min(maxGatherBytes, size));
      filled = 0;
      this.#chunks.push(gather);
    }
    gather.set(chunk, filled);
    this.#chunks[this.#chunks.length - 1] = gather.subarray(0, filled + chunk.length);
  }
}

/** A search that stops where the bytes end and goes on with those that follow (Knuth–Morris–Pratt). */
export class PatternSearch {
  readonly pattern: Uint8Array;
  /** How many bytes it has seen, from the first unread one. */
  scanned = 0;
  /** Where the pattern ends, once it has been found. */
  found = -1;
  #matched = 0;
  /** Length of the longest proper prefix of the pattern that is a suffix of its first `i + 1` bytes. */
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

  /** Goes on with `chunk` from `at`. Answers the offset in it just behind the pattern, or -1. */
  scan(chunk: Uint8Array, at: number): number {
    while (at < chunk.length) {
      if (this.#matched === 0) {
        at = chunk.indexOf(this.pattern[0] as number, at);
        if (at < 0) return -1;
      }
      const byte = chunk[at++];
      while (this.#matched > 0 && byte !== this.pattern[this.#matched]) {
        this.#matched = this.#fallback[this.#matched - 1] as number;
      }
      if (byte === this.pattern[this.#matched]) this.#matched++;
      if (this.#matched === this.pattern.length) return at;
    }
    return -1;
  }

  restart(): void {
    this.scanned = 0;
    this.found = -1;
    this.#matched = 0;
  }
}
