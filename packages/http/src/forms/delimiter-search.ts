/**
 * Finds a delimiter in bytes that come in pieces. Its first byte stands in it once (a CR: boundaries have none), and that is what makes this
 * simple: where a comparison fails, nothing before that place can begin a delimiter, so that no byte is compared twice.
 *
 * It skips as Boyer, Moore and Horspool do: most bytes are never looked at. The text is always compared from the front, after the last byte
 * and the first: so a flood of the delimiter's last bytes, or of its first, costs two steps a byte at most.
 *
 * Of a delimiter that may have begun at the end of a piece only the length is kept: the bytes are known.
 */
export class DelimiterSearch {
  readonly #delimiter: Uint8Array;
  /** How far the window moves when its last byte is this one; 0: that is the delimiter's last. */
  readonly #shift: Uint8Array;
  /** How far it moves behind a last byte that was the delimiter's, and the rest was not. */
  readonly #lastShift: number;
  /** Bytes of the delimiter at the end of what was looked at. */
  matched = 0;
  /** Where the delimiter begins, in the piece looked at last: below 0, it began in one before. */
  start = 0;

  /** @param delimiter below 256 bytes; its first byte may not stand in it again */
  constructor(delimiter: Uint8Array) {
    const { length } = delimiter;
    // A copy that is no Buffer: `slice` of one would share its memory.
    this.#delimiter = new Uint8Array(delimiter);
    this.#shift = new Uint8Array(256).fill(length);
    for (let at = 0; at < length - 1; at++) this.#shift[delimiter[at] as number] = length - 1 - at;
    const last = delimiter[length - 1] as number;
    this.#lastShift = this.#shift[last] as number;
    this.#shift[last] = 0;
  }

  get length(): number {
    return this.#delimiter.length;
  }

  /** The first `count` bytes of the delimiter: what `matched` stood for when it turned out to be none. A copy. */
  prefix(count: number): Uint8Array {
    return this.#delimiter.slice(0, count);
  }

  /**
   * Looks at `bytes[from, end)`, which follow what was looked at before. The offset behind the delimiter, or -1; then `matched` tells how
   * many bytes of one may be at the end.
   */
  find(bytes: Uint8Array, from: number, end: number): number {
    const delimiter = this.#delimiter;
    const { length } = delimiter;
    let at = from;
    if (this.matched > 0) {
      let count = this.matched;
      while (count < length && at < end && bytes[at] === delimiter[count]) {
        at++;
        count++;
      }
      if (count === length) return this.#found(at);
      if (at === end) {
        this.matched = count;
        return -1;
      }
      this.matched = 0;
    }

    const first = delimiter[0] as number;
    const shift = this.#shift;
    for (let last = at + length - 1; last < end; at = last - length + 1) {
      const step = shift[bytes[last] as number] as number;
      if (step !== 0) {
        last += step;
        continue;
      }
      if (bytes[at] === first) {
        let count = 1;
        while (count < length && bytes[at + count] === delimiter[count]) count++;
        if (count === length) return this.#found(last + 1);
      }
      last += this.#lastShift;
    }

    // Less than a delimiter is left: does it begin here?
    for (; at < end; at++) {
      if (bytes[at] !== first) continue;
      let count = 1;
      while (at + count < end && bytes[at + count] === delimiter[count]) count++;
      if (at + count === end) {
        this.matched = count;
        return -1;
      }
    }
    return -1;
  }

  #found(end: number): number {
    this.matched = 0;
    this.start = end - this.#delimiter.length;
    return end;
  }
}
