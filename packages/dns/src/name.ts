import { DnsUsageError } from './errors.ts';
import { characterCodes, lowerCase, nameStorage, reserveName } from './name-storage.ts';
import { formatText, maxLabelBytes, maxNameBytes, parseText, tooLong } from './name-text.ts';

const maxLabels = 127;

// For the codec of messages, which reads and writes names in place; not exported by the package.
/** A name whose wire form, already checked, stands in a block of {@link nameStorage}. */
export let createName: (block: Uint8Array, start: number, length: number) => Name;
export let blockOf: (name: Name) => Uint8Array;
export let startOf: (name: Name) => number;

/**
 * A domain name (RFC 1035 3.1): labels, which are bytes, whatever they contain. Always absolute. Immutable.
 * Case is kept and does not count (RFC 4343): compare with {@link equals}, or by {@link key} in a Map.
 */
export class Name {
  static {
    createName = (block, start, length) => new Name(block, start, length);
    blockOf = (name) => name.#block;
    startOf = (name) => name.#start;
  }

  static readonly root: Name = Name.fromLabels([]);

  /**
   * Reads presentation form (RFC 1035 5.1): `\.` and `\\` for the character, `\255` for a byte. The final dot may be left out.
   *
   * @throws DnsUsageError `BAD_NAME` for an empty label (`'.'` alone is the root), a label over 63 bytes, a name over 255, a bad escape,
   * or a character above U+007F: IDNA is the caller's business (`domainToASCII` of `node:url`).
   */
  static parse(text: string): Name {
    if (text === '.') return Name.root;
    reserveName();
    const length = parseText(text, nameStorage.block, nameStorage.used);
    return keep(length);
  }

  /** @throws DnsUsageError `BAD_NAME` for an empty label, a label over 63 bytes, or a name over 255. */
  static fromLabels(labels: readonly Uint8Array[]): Name {
    reserveName();
    const { block, used } = nameStorage;
    let at = used;
    for (const label of labels) {
      if (label.length === 0) throw new DnsUsageError('BAD_NAME', 'a name with an empty label');
      if (label.length > maxLabelBytes) throw new DnsUsageError('BAD_NAME', 'a label of more than 63 bytes');
      if (at - used + 2 + label.length > maxNameBytes) throw tooLong();
      block[at] = label.length;
      block.set(label, at + 1);
      at += 1 + label.length;
    }
    block[at] = 0;
    return keep(at + 1 - used);
  }

  /** The name itself, or the one that the text says: see {@link parse}. */
  static from(name: string | Name): Name {
    return typeof name === 'string' ? Name.parse(name) : name;
  }

  /** Bytes in wire form, the root's final 0 included: 1 to 255. */
  readonly byteLength: number;
  readonly #block: Uint8Array;
  readonly #start: number;
  #key: string | undefined;
  #text: string | undefined;

  private constructor(block: Uint8Array, start: number, length: number) {
    this.byteLength = length;
    this.#block = block;
    this.#start = start;
    this.#key = undefined;
    this.#text = undefined;
  }

  /** How many labels: of the root, 0. */
  get labelCount(): number {
    let count = 0;
    for (let at = this.#start; this.#block[at] !== 0; at += 1 + (this.#block[at] as number)) count++;
    return count;
  }

  /** Copies of the labels from left to right, without the root's empty one. */
  get labels(): readonly Uint8Array[] {
    return [...this];
  }

  /** The labels. It is also what lets deep equality of test frameworks tell names apart. */
  *[Symbol.iterator](): IterableIterator<Uint8Array> {
    const block = this.#block;
    for (let at = this.#start; block[at] !== 0;) {
      const end = at + 1 + (block[at] as number);
      yield block.slice(at + 1, end);
      at = end;
    }
  }

  /** Wire form in lower case as a string, a character a byte: equal where {@link equals} holds. For keys of Maps. */
  get key(): string {
    return (this.#key ??= this.#makeKey());
  }

  /** Whether both are the same name: ASCII case does not count (RFC 4343). */
  equals(other: Name): boolean {
    return (
      this === other ||
      (this.byteLength === other.byteLength &&
        sameBytes(this.#block, this.#start, other.#block, other.#start, this.byteLength))
    );
  }

  /** Whether the name is `ancestor` or below it. */
  isWithin(ancestor: Name): boolean {
    const { byteLength } = ancestor;
    const tail = this.#start + this.byteLength - byteLength;
    let at = this.#start;
    // The tail must begin where a label does: "a\003com" is not within "com".
    while (at < tail) at += 1 + (this.#block[at] as number);
    return at === tail && sameBytes(this.#block, at, ancestor.#block, ancestor.#start, byteLength);
  }

  /** The name without its first label; of the root, `undefined`. */
  parent(): Name | undefined {
    const label = this.#block[this.#start] as number;
    if (label === 0) return undefined;
    return new Name(this.#block, this.#start + 1 + label, this.byteLength - 1 - label);
  }

  /** The last `labelCount` labels. @throws DnsUsageError `BAD_ARGUMENT` where there are not as many. */
  ancestor(labelCount: number): Name {
    const count = this.labelCount;
    if (!(labelCount >= 0 && labelCount <= count)) {
      throw new DnsUsageError(
        'BAD_ARGUMENT',
        `${String(labelCount)} labels of a name that has ${String(count)}`,
      );
    }
    if (labelCount === count) return this;
    let at = this.#start;
    for (let skip = count - labelCount; skip > 0; skip--) at += 1 + (this.#block[at] as number);
    return new Name(this.#block, at, this.byteLength - (at - this.#start));
  }

  /**
   * The name one label below: `Name.parse('example.com').child('www')`.
   *
   * @param label its bytes, or its text in the form that {@link parse} reads.
   * @throws DnsUsageError `BAD_NAME` for what is not one label, or where the name would pass 255 bytes.
   */
  child(label: string | Uint8Array): Name {
    return Name.fromLabels([typeof label === 'string' ? oneLabel(label) : label, ...this]);
  }

  /** Canonical order (RFC 4034 6.1): negative, 0 or positive, as `Array.prototype.sort` wants it. */
  compare(other: Name): number {
    const depth = findLabels(this.#block, this.#start, labelsHere);
    const otherDepth = findLabels(other.#block, other.#start, labelsThere);
    for (let index = 1; index <= depth && index <= otherDepth; index++) {
      const here = this.#start + (labelsHere[depth - index] as number);
      const there = other.#start + (labelsThere[otherDepth - index] as number);
      const order = compareLabels(this.#block, here, other.#block, there);
      if (order !== 0) return order;
    }
    return depth - otherDepth;
  }

  /**
   * Presentation form with the final dot: `www.example.com.`, the root is `.`. What a master file gives a meaning, and all that is not
   * printable ASCII, stands escaped, as BIND writes it.
   */
  toString(): string {
    return (this.#text ??= formatText(this.#block, this.#start, this.byteLength));
  }

  /** The same as {@link toString}. */
  toJSON(): string {
    return this.toString();
  }

  /** Wire form without compression. */
  toBytes(): Uint8Array {
    return this.#block.slice(this.#start, this.#start + this.byteLength);
  }

  #makeKey(): string {
    const { byteLength } = this;
    const codes = characterCodes(byteLength);
    const block = this.#block;
    const start = this.#start;
    for (let index = 0; index < byteLength; index++)
      codes[index] = lowerCase[block[start + index] as number] as number;
    return String.fromCharCode.apply(null, codes);
  }
}

/** Whether two runs of bytes of one length are the same but for ASCII case. */
function sameBytes(
  here: Uint8Array,
  hereStart: number,
  there: Uint8Array,
  thereStart: number,
  length: number,
): boolean {
  for (let index = 0; index < length; index++) {
    const one = here[hereStart + index] as number;
    const other = there[thereStart + index] as number;
    if (one !== other && lowerCase[one] !== lowerCase[other]) return false;
  }
  return true;
}

function keep(length: number): Name {
  const start = nameStorage.used;
  nameStorage.used += length;
  return createName(nameStorage.block, start, length);
}

const labelsHere = new Uint8Array(maxLabels);
const labelsThere = new Uint8Array(maxLabels);

/** Where each label begins, counted from `start`. */
function findLabels(block: Uint8Array, start: number, into: Uint8Array): number {
  let count = 0;
  for (let at = start; block[at] !== 0; at += 1 + (block[at] as number)) into[count++] = at - start;
  return count;
}

function compareLabels(here: Uint8Array, hereStart: number, there: Uint8Array, thereStart: number): number {
  const hereLength = here[hereStart] as number;
  const thereLength = there[thereStart] as number;
  const shorter = Math.min(hereLength, thereLength);
  for (let index = 1; index <= shorter; index++) {
    const one = lowerCase[here[hereStart + index] as number] as number;
    const other = lowerCase[there[thereStart + index] as number] as number;
    if (one !== other) return one - other;
  }
  return hereLength - thereLength;
}

function oneLabel(text: string): Uint8Array {
  const [label, ...more] = Name.parse(text);
  if (label === undefined || more.length > 0) {
    throw new DnsUsageError('BAD_NAME', `${JSON.stringify(text)} is not one label`);
  }
  return label;
}
