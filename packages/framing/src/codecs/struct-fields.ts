import { FramingUsageError } from '../errors.ts';
import type { StructValue } from './struct-values.ts';

/** One item of a format, `count` values of it side by side. */
export interface StructField {
  readonly as: 'signed' | 'unsigned' | 'float' | 'boolean' | 'byte' | 'bytes';
  readonly letter: string;
  readonly at: number;
  /** Of each value. */
  readonly bytes: number;
  readonly count: number;
}

export function readValue(
  field: StructField,
  bytes: Uint8Array,
  at: number,
  littleEndian: boolean,
): StructValue {
  switch (field.as) {
    case 'signed':
    case 'unsigned':
      return field.bytes === 8
        ? readLong(field, bytes, at, littleEndian)
        : readInteger(field, bytes, at, littleEndian);
    case 'float':
      if (field.bytes === 2) return readHalf(readInteger(field, bytes, at, littleEndian));
      load(bytes, at, field.bytes);
      return field.bytes === 4 ? scratch.getFloat32(0, littleEndian) : scratch.getFloat64(0, littleEndian);
    case 'boolean':
      return bytes[at] !== 0;
    case 'byte':
      return Uint8Array.of(bytes[at] as number);
    case 'bytes':
      return readBytes(field, bytes, at);
  }
}

/** @param index of the value, for the message. @throws FramingUsageError for a value that does not fit. */
export function writeValue(
  field: StructField,
  into: Uint8Array,
  at: number,
  value: StructValue,
  littleEndian: boolean,
  index: number,
): void {
  switch (field.as) {
    case 'signed':
    case 'unsigned':
      if (field.bytes === 8) writeLong(field, into, at, value, littleEndian, index);
      else writeInteger(field, into, at, value, littleEndian, index);
      return;
    case 'float':
      writeFloat(field, into, at, value, littleEndian, index);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw unfit(field, index, value, 'a boolean');
      into[at] = value ? 1 : 0;
      return;
    case 'byte':
      if (!(value instanceof Uint8Array) || value.length !== 1) throw unfit(field, index, value, 'one byte');
      into[at] = value[0] as number;
      return;
    case 'bytes':
      if (!(value instanceof Uint8Array)) throw unfit(field, index, value, 'a Uint8Array');
      writeBytes(field, into, at, value);
      return;
  }
}

// ── Integers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function readInteger(
  { as, bytes: size }: StructField,
  bytes: Uint8Array,
  at: number,
  little: boolean,
): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[little ? at + size - 1 - i : at + i] as number);
  return as === 'signed' && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
}

function writeInteger(
  field: StructField,
  into: Uint8Array,
  at: number,
  value: StructValue,
  little: boolean,
  index: number,
): void {
  const { as, bytes: size } = field;
  const least = as === 'signed' ? -(2 ** (8 * size - 1)) : 0;
  const most = least + 2 ** (8 * size) - 1;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw unfit(field, index, value, `a whole number from ${String(least)} to ${String(most)}`);
  }
  let left = value < 0 ? value + 2 ** (8 * size) : value;
  for (let i = 0; i < size; i++) {
    into[little ? at + i : at + size - 1 - i] = left % 256;
    left = Math.floor(left / 256);
  }
}

function readLong({ as }: StructField, bytes: Uint8Array, at: number, little: boolean): bigint {
  load(bytes, at, 8);
  return as === 'signed' ? scratch.getBigInt64(0, little) : scratch.getBigUint64(0, little);
}

function writeLong(
  field: StructField,
  into: Uint8Array,
  at: number,
  value: StructValue,
  little: boolean,
  index: number,
): void {
  const least = field.as === 'signed' ? -(2n ** 63n) : 0n;
  const most = least + 2n ** 64n - 1n;
  if (typeof value !== 'bigint' || value < least || value > most) {
    throw unfit(field, index, value, `a bigint from ${String(least)} to ${String(most)}`);
  }
  scratch.setBigUint64(0, BigInt.asUintN(64, value), little);
  into.set(scratchBytes, at);
}

// ── Floats ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function writeFloat(
  field: StructField,
  into: Uint8Array,
  at: number,
  value: StructValue,
  little: boolean,
  index: number,
): void {
  if (typeof value !== 'number') throw unfit(field, index, value, 'a number');
  const { bytes: size } = field;
  if (size === 8) {
    scratch.setFloat64(0, value, little);
  } else if (size === 4) {
    scratch.setFloat32(0, value, little);
    if (isInfinite(scratch.getFloat32(0, little)) && !isInfinite(value)) throw tooLarge(field, index, value);
  } else {
    const half = halfBits(value);
    if ((half & 0x7fff) === 0x7c00 && !isInfinite(value)) throw tooLarge(field, index, value);
    scratch.setUint16(0, half, little);
  }
  for (let i = 0; i < size; i++) into[at + i] = scratchBytes[i] as number;
}

/** `s eeeee mmmmmmmmmm` */
function readHalf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const size =
    exponent === 0x1f
      ? fraction === 0
        ? Infinity
        : NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return bits < 0x8000 ? size : -size;
}

/** Rounded once, half to even, as the hardware does; what rounds past 65,504 gives the bits of infinity. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65_520) return sign | 0x7c00;
  // Of a double: below 2^-14 halves are steps of 2^-24, above there are 1,024 steps from one power of two to the next.
  scratch.setFloat64(0, size);
  const exponent = Math.max(((scratch.getUint16(0) >> 4) & 0x7ff) - 1023, -14);
  const steps = roundToEven(size * 2 ** (10 - exponent));
  // Without the hidden bit, and with the carry of what was rounded up to the next power.
  return sign | (((exponent + 14) << 10) + steps);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity;
}

// ── Bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function readBytes({ letter, bytes: size }: StructField, bytes: Uint8Array, at: number): Uint8Array {
  if (letter === 's' || size === 0) return new Uint8Array(bytes.subarray(at, at + size));
  const length = Math.min(bytes[at] as number, size - 1);
  return new Uint8Array(bytes.subarray(at + 1, at + 1 + length));
}

function writeBytes(
  { letter, bytes: size }: StructField,
  into: Uint8Array,
  at: number,
  value: Uint8Array,
): void {
  if (size === 0) return;
  const header = letter === 's' ? 0 : 1;
  const cut = value.subarray(0, letter === 's' ? size : Math.min(size - 1, 255));
  if (header === 1) into[at] = cut.length;
  into.set(cut, at + header);
  into.fill(0, at + header + cut.length, at + size);
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Used between two statements, and by one program at a time. */
const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

function load(bytes: Uint8Array, at: number, size: number): void {
  for (let i = 0; i < size; i++) scratchBytes[i] = bytes[at + i] as number;
}

function tooLarge(field: StructField, index: number, value: number): FramingUsageError {
  return unfit(field, index, value, `a number that ${String(8 * field.bytes)} bits can hold`);
}

function unfit(field: StructField, index: number, value: unknown, wanted: string): FramingUsageError {
  const given = value instanceof Uint8Array ? `${String(value.length)} bytes` : String(value);
  return new FramingUsageError(`value ${String(index)} ("${field.letter}") is ${given}, expected ${wanted}`);
}
