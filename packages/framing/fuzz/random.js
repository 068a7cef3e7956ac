// @ts-check
/** A die whose throws a seed repeats. */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed | 0;
  }

  /** From 0 to 2^32 - 1 (mulberry32). */
  word() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number below `end`. @param {number} end */
  below(end) {
    return Math.floor((this.word() / 2 ** 32) * end);
  }

  /** True once in `count` times. @param {number} count */
  oneIn(count) {
    return this.below(count) === 0;
  }

  /** @template T @param {readonly T[]} items @returns {T} */
  pick(items) {
    return items[this.below(items.length)];
  }

  /** Mostly short, rarely `most`. @param {number} most */
  size(most) {
    if (this.oneIn(12)) return Math.max(0, most - this.below(3));
    return this.below(Math.min(most, this.pick([2, 8, 40, 300])) + 1);
  }

  /** @param {number} length */
  bytes(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.word();
    return bytes;
  }
}

/** A seed for each input of each format, so that one alone can be had again. @param {number} seed @param {string} name @param {number} index */
export function seedOf(seed, name, index) {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash;
}
