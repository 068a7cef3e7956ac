import { DnsUsageError } from '../errors.ts';
import { Name, blockOf, startOf } from '../name.ts';
import { NameTable } from './name-table.ts';

/** New messages share blocks: making a buffer of its own for each costs 2 µs, twenty times as much as a view. */
const blockBytes = 16_384;
/** A pointer has 14 bits. */
const maxTarget = 0x4000;
/** What a block must have left for the next message to begin in it. */
const roomBytes = 1024;

const nothing = new Uint8Array(0);

/**
 * Writes one message after the other. Names are compressed (RFC 1035 4.1.4) in time linear in their length, whatever they are: see
 * {@link NameTable}.
 */
export class WireWriter {
  bytes: Uint8Array = nothing;
  /** Where the next byte goes, and where the message began. */
  at = 0;
  start = 0;
  readonly #table = new NameTable();
  #compress = true;
  /** The first name, the question's: most messages repeat it, and one with no other needs no table. */
  #first: Name | undefined;
  #firstAt = 0;

  /** Bytes written of the current message. */
  get length(): number {
    return this.at - this.start;
  }

  begin(compress: boolean): void {
    if (this.at + roomBytes > this.bytes.length) {
      this.bytes = new Uint8Array(blockBytes);
      this.at = 0;
    }
    this.start = this.at;
    this.#compress = compress;
  }

  /** Writes into `target` from its beginning, as long as there is room. */
  beginIn(target: Uint8Array, compress: boolean): void {
    this.bytes = target;
    this.at = this.start = 0;
    this.#compress = compress;
  }

  /** The message: a view of the block, which later messages go on behind. */
  end(): Uint8Array {
    this.#forget();
    const view = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.start, this.at - this.start);
    if (this.bytes.length <= blockBytes) return view;
    // It outgrew the block. Its buffer is up to twice as large, and no place for the messages that follow.
    this.bytes = nothing;
    this.at = 0;
    return view.slice();
  }

  /** Ends what {@link beginIn} began: how many bytes it became. They are at the beginning of `target`. */
  endIn(target: Uint8Array): number {
    const { length } = this;
    // What was cut off may have outgrown it.
    if (this.bytes !== target) target.set(this.bytes.subarray(this.start, this.at));
    this.bytes = nothing;
    this.#forget();
    return length;
  }

  /** Begins the message once more. */
  restart(): void {
    this.at = this.start;
    this.#forget();
  }

  header(
    id: number,
    flags: number,
    questions: number,
    answers: number,
    authorities: number,
    additionals: number,
  ): void {
    this.room(12);
    const { bytes, at } = this;
    bytes[at] = id >>> 8;
    bytes[at + 1] = id;
    bytes[at + 2] = flags >>> 8;
    bytes[at + 3] = flags;
    bytes[at + 4] = questions >>> 8;
    bytes[at + 5] = questions;
    bytes[at + 6] = answers >>> 8;
    bytes[at + 7] = answers;
    bytes[at + 8] = authorities >>> 8;
    bytes[at + 9] = authorities;
    bytes[at + 10] = additionals >>> 8;
    bytes[at + 11] = additionals;
    this.at = at + 12;
  }

  /** Makes sure that `length` bytes can be written. */
  room(length: number): void {
    if (this.at + length > this.bytes.length) this.#grow(length);
  }

  u8(value: number, field: string): void {
    if ((value & 0xff) !== value) badNumber(value, 8, field);
    this.room(1);
    this.bytes[this.at++] = value;
  }

  u16(value: number, field: string): void {
    if ((value & 0xffff) !== value) badNumber(value, 16, field);
    this.room(2);
    this.bytes[this.at++] = value >>> 8;
    this.bytes[this.at++] = value;
  }

  u32(value: number, field: string): void {
    if (value >>> 0 !== value) badNumber(value, 32, field);
    this.room(4);
    const { bytes, at } = this;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.at = at + 4;
  }

  /** Type, class, TTL and room for the length of the data: what {@link endData} wants. */
  recordHead(type: number, recordClass: number, ttl: number): number {
    this.room(10);
    const { bytes, at } = this;
    bytes[at] = type >>> 8;
    bytes[at + 1] = type;
    bytes[at + 2] = recordClass >>> 8;
    bytes[at + 3] = recordClass;
    bytes[at + 4] = ttl >>> 24;
    bytes[at + 5] = ttl >>> 16;
    bytes[at + 6] = ttl >>> 8;
    bytes[at + 7] = ttl;
    this.at = at + 10;
    return this.at - this.start;
  }

  /** Writes how long the data became that began at `offset`; false where 16 bits cannot say it. */
  endData(offset: number): boolean {
    const length = this.length - offset;
    const at = this.start + offset;
    this.bytes[at - 2] = length >>> 8;
    this.bytes[at - 1] = length;
    return length <= 0xffff;
  }

  append(source: Uint8Array): void {
    if (!(source instanceof Uint8Array))
      throw new DnsUsageError('BAD_RECORD', `${JSON.stringify(source)} where bytes are expected`);
    const { length } = source;
    this.room(length);
    const { bytes, at } = this;
    // Below about 40 bytes, a call of set() takes longer than the loop.
    if (length > 40) bytes.set(source, at);
    else for (let index = 0; index < length; index++) bytes[at + index] = source[index] as number;
    this.at = at + length;
  }

  /** A name without compression, that none after it is compressed against either. */
  plainName(name: Name): void {
    if (!(name instanceof Name)) throw notName(name);
    this.room(name.byteLength);
    this.#copy(blockOf(name), startOf(name), name.byteLength);
  }

  /** A name, as a pointer or with one at its end where an earlier name ends alike. */
  name(name: Name): void {
    if (!(name instanceof Name)) throw notName(name);
    if (name !== this.#first) {
      if (!this.#compress || name.byteLength === 1) {
        this.plainName(name);
        return;
      }
      if (this.#first === undefined) {
        if (this.length < maxTarget) this.#first = name;
        this.#firstAt = this.length;
        this.plainName(name);
        return;
      }
      if (!name.equals(this.#first)) {
        this.#otherName(name);
        return;
      }
    }
    this.#pointer(this.#firstAt);
  }

  #otherName(name: Name): void {
    const table = this.#table;
    if (table.isEmpty) {
      table.find(this.#first as Name, this.bytes, this.start);
      table.add(this.#firstAt);
    }
    table.find(name, this.bytes, this.start);
    table.add(this.length);
    this.room(name.byteLength + 1);
    this.#copy(blockOf(name), startOf(name), table.prefixLength);
    if (table.target >= 0) this.#pointer(table.target);
  }

  #forget(): void {
    this.#first = undefined;
    if (!this.#table.isEmpty) this.#table.clear();
  }

  #pointer(offset: number): void {
    this.room(2);
    this.bytes[this.at++] = 0xc0 | (offset >>> 8);
    this.bytes[this.at++] = offset;
  }

  #copy(block: Uint8Array, start: number, length: number): void {
    const { bytes, at } = this;
    for (let index = 0; index < length; index++) bytes[at + index] = block[start + index] as number;
    this.at = at + length;
  }

  #grow(length: number): void {
    const needed = this.length + length;
    const grown = new Uint8Array(Math.max(blockBytes, needed * 2));
    grown.set(this.bytes.subarray(this.start, this.at));
    this.bytes = grown;
    this.at -= this.start;
    this.start = 0;
  }
}

function badNumber(value: number, bits: number, field: string): never {
  throw new DnsUsageError(
    'BAD_RECORD',
    `${field} is ${String(value)}, expected a number of ${String(bits)} bits`,
  );
}

function notName(value: unknown): DnsUsageError {
  return new DnsUsageError('BAD_RECORD', `${JSON.stringify(value)} where a Name is expected`);
}
