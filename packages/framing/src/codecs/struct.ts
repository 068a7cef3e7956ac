import { FramingUsageError } from '../errors.ts';
import { readValue, writeValue, type StructField } from './struct-fields.ts';
import type { StructValue, StructValues } from './struct-values.ts';

/** A compiled format: values to bytes and back. */
export interface Struct<Values extends readonly unknown[]> {
  readonly format: string;
  /** Bytes of one record. */
  readonly size: number;
  /** @throws FramingUsageError for a value that its item cannot hold, and for too few or too many. */
  pack(...values: Values): Uint8Array;
  /** The same into `into` at `offset`; padding is zeroed. @throws FramingUsageError also where there is no room. */
  packInto(into: Uint8Array, offset: number, ...values: Values): void;
  /** Of exactly `size` bytes, else FramingUsageError. Nothing that it returns shares memory with `bytes`. */
  unpack(bytes: Uint8Array): Values;
  /** Of the `size` bytes at `offset`, default 0, whatever follows. @throws FramingUsageError where they are not all there. */
  unpackFrom(bytes: Uint8Array, offset?: number): Values;
  /** One record after the other. @throws FramingUsageError at the call, for bytes that are no whole number of records. */
  iterUnpack(bytes: Uint8Array): IterableIterator<Values>;
}

/**
 * Python's `struct`: records in the format strings of its manual, with a tuple type computed from the format.
 *
 * ```
 * struct('<IHB').pack(1, 2, 3)       01 00 00 00  02 00  03
 * struct('!2sxH').unpack(…)          68 69  00  00 50             →  [68 69], 80
 * ```
 *
 * First the byte order: `<` little, `>` and `!` big endian, `=` little endian as well, all without alignment. `@`, or nothing, is Python's native
 * mode as on 64-bit Linux and macOS, x86-64 and arm64, wherever this runs: little endian, items aligned to their size, `l` and `L` of 8
 * bytes. So `struct('i')` is the `struct.pack('i', n)` of seed 000. Then items, each with a count before it where it repeats:
 *
 * | letter      | bytes | value                                                                              |
 * | ----------- | ----- | ---------------------------------------------------------------------------------- |
 * | `x`         | 1     | none: padding                                                                      |
 * | `b B h H i I l L` | 1 1 2 2 4 4 4 4 | number, a whole one in the range of the letter; upper case is unsigned. Native `l L`: as `q Q` |
 * | `q Q`, native `n N P` | 8 | bigint                                                                       |
 * | `e f d`     | 2 4 8 | number, rounded to IEEE 754 half, single, double                                   |
 * | `?`         | 1     | boolean; any byte but 0 is true                                                    |
 * | `c`         | 1     | Uint8Array of one byte                                                             |
 * | `s`         | count | Uint8Array, cut or filled with zeros to the count                                  |
 * | `p`         | count | Uint8Array of at most 255 behind a byte that counts it, in `count` bytes together   |
 *
 * Source: https://docs.python.org/3/library/struct.html.
 *
 * @throws FramingUsageError for a string that is no format.
 */
export function struct<const Format extends string>(format: Format): Struct<StructValues<Format>> {
  // The values are checked one by one as they are packed; what is unpacked is what the format says, which is what the type computes.
  return new CompiledStruct(format) as unknown as Struct<StructValues<Format>>;
}

class CompiledStruct implements Struct<StructValue[]> {
  readonly format: string;
  readonly size: number;
  readonly #layout: StructLayout;

  constructor(format: string) {
    this.format = format;
    this.#layout = structLayout(format);
    this.size = this.#layout.size;
  }

  pack(...values: StructValue[]): Uint8Array {
    const bytes = new Uint8Array(this.size);
    this.#write(bytes, 0, values);
    return bytes;
  }

  packInto(into: Uint8Array, offset: number, ...values: StructValue[]): void {
    this.#needRoom(into, offset);
    into.fill(0, offset, offset + this.size);
    this.#write(into, offset, values);
  }

  unpack(bytes: Uint8Array): StructValue[] {
    if (bytes.length !== this.size) {
      throw new FramingUsageError(
        `${String(bytes.length)} bytes, but "${this.format}" is ${String(this.size)}`,
      );
    }
    return this.#read(bytes, 0);
  }

  unpackFrom(bytes: Uint8Array, offset = 0): StructValue[] {
    this.#needRoom(bytes, offset);
    return this.#read(bytes, offset);
  }

  iterUnpack(bytes: Uint8Array): IterableIterator<StructValue[]> {
    if (this.size === 0 || bytes.length % this.size !== 0) {
      throw new FramingUsageError(
        `${String(bytes.length)} bytes are no whole number of records of ${String(this.size)}`,
      );
    }
    return this.#each(bytes);
  }

  *#each(bytes: Uint8Array): Generator<StructValue[], void, undefined> {
    for (let at = 0; at < bytes.length; at += this.size) yield this.#read(bytes, at);
  }

  #read(bytes: Uint8Array, from: number): StructValue[] {
    const { fields, littleEndian } = this.#layout;
    const values: StructValue[] = [];
    for (const field of fields) {
      for (let i = 0, at = from + field.at; i < field.count; i++, at += field.bytes) {
        values.push(readValue(field, bytes, at, littleEndian));
      }
    }
    return values;
  }

  #write(into: Uint8Array, from: number, values: readonly StructValue[]): void {
    const { fields, littleEndian, count } = this.#layout;
    if (values.length !== count) {
      throw new FramingUsageError(
        `${String(values.length)} values, but "${this.format}" has ${String(count)}`,
      );
    }
    let index = 0;
    for (const field of fields) {
      for (let i = 0, at = from + field.at; i < field.count; i++, at += field.bytes) {
        writeValue(field, into, at, values[index] as StructValue, littleEndian, index++);
      }
    }
  }

  #needRoom({ length }: Uint8Array, offset: number): void {
    if (Number.isSafeInteger(offset) && offset >= 0 && offset + this.size <= length) return;
    throw new FramingUsageError(
      `no ${String(this.size)} bytes at offset ${String(offset)} of ${String(length)}`,
    );
  }
}

export interface StructLayout {
  readonly littleEndian: boolean;
  readonly fields: readonly StructField[];
  /** Values in all. */
  readonly count: number;
  readonly size: number;
}

/** Where which item stands. */
export function structLayout(format: string): StructLayout {
  const order = /^[@=<>!]/.exec(format)?.[0];
  const native = order === undefined || order === '@';
  const fields: StructField[] = [];
  let size = 0;
  let count = 0;
  for (const [item, digits, letter, wrong] of format.slice(order?.length ?? 0).matchAll(itemPattern)) {
    if (wrong !== undefined) throw new FramingUsageError(`"${format}" has ${JSON.stringify(wrong)} in it`);
    if (letter === undefined) continue;
    const times = digits === '' ? 1 : Number(digits);
    const kind = (native ? nativeItems : standardItems).get(letter);
    if (kind === undefined) throw new FramingUsageError(`"${format}" has no item "${item}": unknown letter`);
    if (native) size = Math.ceil(size / kind.bytes) * kind.bytes;
    const isBytes = letter === 's' || letter === 'p';
    const field: StructField = isBytes
      ? { ...kind, letter, at: size, bytes: times, count: 1 }
      : { ...kind, letter, at: size, count: letter === 'x' ? 0 : times };
    if (field.count > 0) fields.push(field);
    count += field.count;
    size += times * kind.bytes;
    if (!Number.isSafeInteger(size)) throw new FramingUsageError(`"${format}" is too long`);
  }
  return { littleEndian: order !== '>' && order !== '!', fields, count, size };
}

/** Space, an item, or a character that cannot stand there: a count without its letter, too. */
const itemPattern = /[ \t\n\v\f\r]+|(\d*)([A-Za-z?])|([^])/g;

type ItemKind = Pick<StructField, 'as' | 'bytes'>;

/** Letters of one kind, each twice as long as the one before. */
function doubling(letters: string, as: StructField['as'], bytes: number): [string, ItemKind][] {
  return Array.from(letters, (letter, power) => [letter, { as, bytes: bytes * 2 ** power }]);
}

const standardItems: ReadonlyMap<string, ItemKind> = new Map([
  ...['x', 's', 'p'].flatMap((letter) => doubling(letter, 'bytes', 1)),
  ...doubling('c', 'byte', 1),
  ...doubling('?', 'boolean', 1),
  ...doubling('bhiq', 'signed', 1),
  ...doubling('BHIQ', 'unsigned', 1),
  ...doubling('l', 'signed', 4),
  ...doubling('L', 'unsigned', 4),
  ...doubling('efd', 'float', 2),
]);

/** LP64: a long has the size of a pointer. */
const nativeItems: ReadonlyMap<string, ItemKind> = new Map([
  ...standardItems,
  ...['l', 'n'].flatMap((letter) => doubling(letter, 'signed', 8)),
  ...['L', 'N', 'P'].flatMap((letter) => doubling(letter, 'unsigned', 8)),
]);
