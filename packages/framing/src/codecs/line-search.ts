import { ByteScanner } from '../byte-scanner.ts';
import type { EndSearch } from './marked-decoder.ts';

const lf = 10;
const cr = 13;

/** LF; a CR before it is part of the end. */
export class LfOrCrlfSearch implements EndSearch {
  scanned = 0;
  /** 1 where the last byte is a CR. */
  matched = 0;
  markBytes = 1;
  readonly #scanner = new ByteScanner(lf);

  scan(chunk: Uint8Array, at: number, end: number): number {
    const found = end - at === 1 ? (chunk[at] === lf ? at : -1) : this.#scanner.indexIn(chunk, at, end);
    const last = found < 0 ? end - 1 : found - 1;
    if (last >= at) this.matched = chunk[last] === cr ? 1 : 0;
    if (found < 0) return -1;
    this.markBytes = 1 + this.matched;
    return found + 1;
  }

  restart(): void {
    this.scanned = 0;
    this.matched = 0;
  }
}

/** CR LF. A CR or LF that stands alone ends the search, too: `broken`, and then `markBytes` are those from it on. */
export class StrictCrlfSearch implements EndSearch {
  scanned = 0;
  /** 1 where the last byte is a CR. */
  matched = 0;
  markBytes = 2;
  broken = false;
  readonly #scanner = new ByteScanner(cr, lf);

  scan(chunk: Uint8Array, at: number, end: number): number {
    if (at === end) return -1;
    if (this.matched === 0) {
      const found = this.#scanner.indexIn(chunk, at, end);
      if (found < 0) return -1;
      at = found + 1;
      if (chunk[found] === lf) return this.#end(at, 1, true);
      this.matched = 1;
      if (at === end) return -1;
    }
    return this.#end(at + 1, 2, chunk[at] !== lf);
  }

  restart(): void {
    this.scanned = 0;
    this.matched = 0;
  }

  #end(at: number, markBytes: number, broken: boolean): number {
    this.markBytes = markBytes;
    this.broken = broken;
    return at;
  }
}

/** CR or LF. The LF of a CR LF is found as one more end, of nothing: `goesOn` is true then. */
export class AnySearch implements EndSearch {
  scanned = 0;
  readonly matched = 0;
  readonly markBytes = 1;
  /** The end found last, and the one before it. */
  last = 0;
  #before = 0;
  readonly #scanner = new ByteScanner(lf, cr);

  /** Whether the end found last is the LF of the CR before it, where nothing stands between them. */
  get goesOn(): boolean {
    return this.last === lf && this.#before === cr;
  }

  scan(chunk: Uint8Array, at: number, end: number): number {
    const found = this.#scanner.indexIn(chunk, at, end);
    if (found < 0) return -1;
    this.#before = this.last;
    this.last = chunk[found] as number;
    return found + 1;
  }

  restart(): void {
    this.scanned = 0;
  }
}
