import type { ByteSearch } from '../byte-queue.ts';
import { ByteScanner } from '../byte-scanner.ts';

/**
 * Several patterns as one automaton (Aho and Corasick 1975): a state for each beginning of a pattern, and for each state and byte
 * the state of the longest beginning that ends there. 1 KB a byte of pattern; made once for a codec.
 */
export class PatternTable {
  /** The state behind state `s` and byte `b`, at `s * 256 + b`. State 0: nothing of a pattern. */
  readonly next: Uint32Array;
  /** Bytes of patterns that each state has seen. */
  readonly depth: number[] = [0];
  /** Length of the longest pattern that ends at each state; 0: none does. */
  readonly ends: number[] = [0];
  /** The bytes that patterns begin with. */
  readonly firstBytes: readonly number[];

  constructor(patterns: readonly Uint8Array[]) {
    this.firstBytes = [...new Set(patterns.map((pattern) => pattern[0] as number))];
    this.next = new Uint32Array(256 * (1 + patterns.reduce((sum, pattern) => sum + pattern.length, 0)));
    for (const pattern of patterns) this.#add(pattern);
    this.#link();
  }

  #add(pattern: Uint8Array): void {
    let state = 0;
    for (const byte of pattern) {
      let next = this.next[state * 256 + byte] as number;
      if (next === 0) {
        next = this.depth.length;
        this.next[state * 256 + byte] = next;
        this.depth.push((this.depth[state] as number) + 1);
        this.ends.push(0);
      }
      state = next;
    }
    this.ends[state] = pattern.length;
  }

  /** Where a beginning does not go on, its longest proper end that is a beginning, too, does. Shorter states come first. */
  #link(): void {
    const fallback = new Uint32Array(this.depth.length);
    const states = this.firstBytes.map((byte) => this.next[byte] as number);
    for (const state of states) {
      const back = fallback[state] as number;
      if (this.ends[state] === 0) this.ends[state] = this.ends[back] as number;
      for (let byte = 0; byte < 256; byte++) {
        const next = this.next[state * 256 + byte] as number;
        const backNext = this.next[back * 256 + byte] as number;
        if (next === 0) {
          this.next[state * 256 + byte] = backNext;
        } else {
          fallback[next] = backNext;
          states.push(next);
        }
      }
    }
  }
}

/**
 * A search for the first place where one of several patterns ends; of those that end there, the longest is the one found. Like
 * `PatternSearch` it can stop anywhere and go on with more bytes.
 */
export class PatternSet implements ByteSearch {
  scanned = 0;
  /** Length of the pattern found last. */
  markBytes = 0;
  readonly #table: PatternTable;
  readonly #scanner: ByteScanner | undefined;
  #state = 0;

  constructor(table: PatternTable) {
    this.#table = table;
    const [first = 0, second] = table.firstBytes;
    if (table.firstBytes.length <= 2) this.#scanner = new ByteScanner(first, second);
  }

  /** Bytes at the end of what was looked at that a pattern may begin with. */
  get matched(): number {
    return this.#table.depth[this.#state] as number;
  }

  scan(chunk: Uint8Array, at: number, end: number = chunk.length): number {
    const { next, ends } = this.#table;
    let state = this.#state;
    while (at < end) {
      if (state === 0 && this.#scanner !== undefined) {
        at = this.#scanner.indexIn(chunk, at, end);
        if (at < 0) break;
      }
      state = next[state * 256 + (chunk[at++] as number)] as number;
      if (ends[state] !== 0) {
        this.#state = state;
        this.markBytes = ends[state] as number;
        return at;
      }
    }
    this.#state = state;
    return -1;
  }

  restart(): void {
    this.scanned = 0;
    this.#state = 0;
  }
}
