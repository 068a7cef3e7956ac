import { lowerCase } from '../name-storage.ts';
import { blockOf, startOf, type Name } from '../name.ts';

/** A pointer has 14 bits: only names that begin before this can be pointed to. */
const maxTarget = 0x4000;
/** Twice as many slots as entries; a message that has more names to point to is compressed a little less. */
const slotCount = 4096;
const maxEntries = slotCount / 2;
/** Slots looked at for one label at most. */
const maxProbes = 8;
const maxLabels = 127;

/**
 * The names of a message that others can point to: an open hash table of every suffix of each.
 *
 * ```
 * www.example.com at 12  →  www.example.com 12, example.com 16, com 24
 * ```
 *
 * Work is linear in the bytes of the names, whoever chose them: 8 slots for a label at most, and one comparison that fails for a name:
 * after it, the name goes uncompressed. (CVE-2024-8508 is a server that compared each with each.)
 */
export class NameTable {
  /** Of the name found last: how many bytes of it must be written. */
  prefixLength = 0;
  /** Of the name found last: the offset in the message where the rest stands, or -1. */
  target = -1;
  readonly #slots = new Uint16Array(slotCount);
  readonly #hashes = new Int32Array(maxEntries);
  readonly #offsets = new Uint16Array(maxEntries);
  /** The slot of each entry: clearing costs what was entered. */
  readonly #slotOf = new Uint16Array(maxEntries);
  #count = 0;
  /** Of the name found last, for each label: where it begins, the hash of the name from there on, the slot to enter it in or -1. */
  readonly #labelAt = new Uint8Array(maxLabels);
  readonly #labelHash = new Int32Array(maxLabels);
  readonly #labelSlot = new Int16Array(maxLabels);
  #unmatched = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  clear(): void {
    for (let entry = 0; entry < this.#count; entry++) this.#slots[this.#slotOf[entry] as number] = 0;
    this.#count = 0;
  }

  /** Finds the longest end of `name` that the message, which begins at `base` of `bytes`, has already. */
  find(name: Name, bytes: Uint8Array, base: number): void {
    const block = blockOf(name);
    const start = startOf(name);
    const labels = this.#hashLabels(block, start);
    this.target = -1;
    for (let label = 0; label < labels; label++) {
      const hash = this.#labelHash[label] as number;
      const entry = this.#lookUp(hash, label);
      if (entry < 0) continue;
      const labelAt = this.#labelAt[label] as number;
      const offset = this.#offsets[entry] as number;
      if (!standsAt(bytes, base, base + offset, block, start + labelAt)) break;
      this.prefixLength = labelAt;
      this.target = offset;
      this.#unmatched = label;
      return;
    }
    this.prefixLength = name.byteLength;
    this.#unmatched = labels;
  }

  /** Enters the labels of the name found last that were not there: the name is about to stand at `offset` of the message. */
  add(offset: number): void {
    for (let label = 0; label < this.#unmatched; label++) {
      const at = offset + (this.#labelAt[label] as number);
      const slot = this.#labelSlot[label] as number;
      if (at >= maxTarget || this.#count === maxEntries) return;
      if (slot < 0 || this.#slots[slot] !== 0) continue;
      this.#hashes[this.#count] = this.#labelHash[label] as number;
      this.#offsets[this.#count] = at;
      this.#slotOf[this.#count] = slot;
      this.#slots[slot] = ++this.#count;
    }
  }

  /** Hashes the name from each of its labels to the end, and returns how many there are. */
  #hashLabels(block: Uint8Array, start: number): number {
    let labels = 0;
    for (let at = start; block[at] !== 0; at += 1 + (block[at] as number)) {
      this.#labelSlot[labels] = -1;
      this.#labelAt[labels++] = at - start;
    }
    let hash = 0x811c9dc5 | 0;
    for (let label = labels - 1; label >= 0; label--) {
      const at = start + (this.#labelAt[label] as number);
      const end = at + (block[at] as number);
      for (let index = at; index <= end; index++) {
        hash = Math.imul(hash ^ (lowerCase[block[index] as number] as number), 0x01000193);
      }
      this.#labelHash[label] = hash;
    }
    return labels;
  }

  /** The entry with that hash, or -1: then the slot for the label is remembered. */
  #lookUp(hash: number, label: number): number {
    // FNV's lower bits are good, and spread by its upper ones better.
    let slot = (hash ^ (hash >>> 16)) & (slotCount - 1);
    for (let probe = 0; probe < maxProbes; probe++) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) {
        this.#labelSlot[label] = slot;
        return -1;
      }
      if (this.#hashes[entry] === hash) return entry;
      slot = (slot + 1) & (slotCount - 1);
    }
    return -1;
  }
}

/** Whether the name at `at` of the message is that at `other` of `block`, but for case. Pointers are followed: our own, which go back. */
function standsAt(bytes: Uint8Array, base: number, at: number, block: Uint8Array, other: number): boolean {
  for (;;) {
    let length = bytes[at] as number;
    while (length >= 0xc0) {
      at = base + (((length & 0x3f) << 8) | (bytes[at + 1] as number));
      length = bytes[at] as number;
    }
    if (length !== block[other]) return false;
    if (length === 0) return true;
    for (const end = at + length; at < end;) {
      const one = bytes[++at] as number;
      const two = block[++other] as number;
      if (one !== two && lowerCase[one] !== lowerCase[two]) return false;
    }
    at++;
    other++;
  }
}
