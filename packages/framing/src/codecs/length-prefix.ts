import type { ByteQueue } from '../byte-queue.ts';
import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import type { OversizeOptions } from './oversize.ts';
import { QueueDecoder } from './queue-decoder.ts';

/**
 * The message is preceded by its length: the third structure of seed 004, and the options of Netty's
 * `LengthFieldBasedFrameDecoder`. With `bytes: 2`, the body "HELLO" (5 bytes):
 *
 * ```
 *                                        on the wire                              frame
 * {}                                     00 05 48 45 4c 4c 4f                →    48 45 4c 4c 4f
 * { endian: 'little' }                   05 00 48 45 4c 4c 4f                →    48 45 4c 4c 4f
 * { strip: 0 }                           00 05 48 45 4c 4c 4f                →    00 05 48 45 4c 4c 4f
 * { includesHeader: true }               00 07 48 45 4c 4c 4f                →    48 45 4c 4c 4f
 * { adjustment: -2 }   the same          00 07 48 45 4c 4c 4f                →    48 45 4c 4c 4f
 * { offset: 1, strip: 0 }  type first    ca 00 05 48 45 4c 4c 4f             →    ca 00 05 48 45 4c 4c 4f
 * { adjustment: 1, strip: 0 } flag after 00 05 ca 48 45 4c 4c 4f             →    00 05 ca 48 45 4c 4c 4f
 * { bytes: 'varint' }                    05 48 45 4c 4c 4f                   →    48 45 4c 4c 4f
 * ```
 */
export interface LengthPrefixOptions extends OversizeOptions {
  /** Size of the length field: bytes of an integer, or `'varint'` for LEB128 as Protocol Buffers use it. Default 4. */
  readonly bytes?: 1 | 2 | 3 | 4 | 8 | 'varint';
  /** Byte order of the length field. Default `'big'`, network order. */
  readonly endian?: 'big' | 'little';
  /** Whether the field is in two's complement, as Python's `struct` has `b`, `h`, `i` and `q`: a length below zero is then `MALFORMED`, not `TOO_LARGE`. Default false. */
  readonly signed?: boolean;
  /** Bytes of header before the length field. Default 0. */
  readonly offset?: number;
  /** Added to the field's value to give the bytes that follow the field. Default 0. */
  readonly adjustment?: number;
  /** Whether the field counts the header, itself included, too: another spelling of an `adjustment` of minus the header's size, and added to it. Default false. */
  readonly includesHeader?: boolean;
  /** Bytes removed from the front of each frame. Default: everything up to the end of the length field. */
  readonly strip?: number;
  /** The most bytes that may follow the length field. Default 8 MiB, as tokio's `LengthDelimitedCodec`. Nothing is reserved on the word of a header. */
  readonly maxBytes?: number;
}

/**
 * The codec for {@link LengthPrefixOptions}. It encodes where it strips exactly the length field, and where it strips nothing (the
 * field inside the frame is then overwritten with the right value).
 *
 * @throws FramingUsageError for options that fit no format; from `encoder()` where the stripped bytes could not be restored.
 */
export function lengthPrefix(options: LengthPrefixOptions = {}): Codec<Uint8Array> {
  const settings = check(options);
  return {
    name: `lengthPrefix(${String(settings.bytes)})`,
    decoder: () =>
      settings.bytes === 'varint'
        ? new VarintPrefixDecoder(settings)
        : new LengthPrefixDecoder(settings, settings.bytes),
    encoder: () => ({
      encode: encoderFor(settings),
    }),
  };
}

interface Settings {
  readonly bytes: 1 | 2 | 3 | 4 | 8 | 'varint';
  readonly littleEndian: boolean;
  readonly signed: boolean;
  readonly offset: number;
  readonly adjustment: number;
  readonly strip: number | undefined;
  readonly maxBytes: number;
  readonly skipOversize: boolean;
  readonly onSkip: ((bytes: number) => void) | undefined;
}

function check(options: LengthPrefixOptions): Settings {
  const {
    bytes = 4,
    endian = 'big',
    signed = false,
    offset = 0,
    adjustment = 0,
    includesHeader = false,
    strip,
    onOversize = 'error',
    onSkip,
  } = options;
  const { maxBytes = 8 * 1024 * 1024 } = options;
  for (const [name, value] of Object.entries({ offset, strip: strip ?? 0, maxBytes })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new FramingUsageError(`${name} is ${String(value)}, expected a whole number of 0 or more`);
    }
  }
  if (![1, 2, 3, 4, 8, 'varint'].includes(bytes)) throw new FramingUsageError(`bytes is ${String(bytes)}`);
  if (!Number.isSafeInteger(adjustment)) throw new FramingUsageError(`adjustment is ${String(adjustment)}`);
  if (bytes === 'varint' && includesHeader) {
    throw new FramingUsageError('a varint has no fixed size that a length could include');
  }
  if (bytes === 'varint' && strip !== undefined && strip !== 0) {
    throw new FramingUsageError('a varint has no fixed size to strip: leave strip out, or 0');
  }
  if (bytes !== 'varint' && strip !== undefined && strip > offset + bytes) {
    throw new FramingUsageError(
      `strip is ${String(strip)}, but the header ends at ${String(offset + bytes)}`,
    );
  }
  return {
    bytes,
    littleEndian: endian === 'little',
    signed,
    offset,
    adjustment: bytes !== 'varint' && includesHeader ? adjustment - offset - bytes : adjustment,
    strip,
    maxBytes,
    skipOversize: onOversize === 'skip',
    onSkip,
  };
}

abstract class PrefixDecoder extends QueueDecoder<Uint8Array> {
  protected readonly settings: Settings;
  /** Bytes of the frame at the front, header included, or what is left of one that is skipped; 0 until the header is read. */
  protected frameBytes = 0;
  protected headerBytes = 0;
  #skips = false;

  constructor(settings: Settings) {
    super();
    this.settings = settings;
  }

  protected parse(): Uint8Array | undefined {
    for (;;) {
      if (this.frameBytes === 0 && !this.#readHeader()) return undefined;
      if (this.#skips) {
        if (!this.#skip()) return undefined;
        continue;
      }
      if (this.queue.length < this.frameBytes) return undefined;
      const { strip = this.headerBytes } = this.settings;
      const frame = this.queue.cut(strip, this.frameBytes - strip, 0);
      this.frameBytes = 0;
      return frame;
    }
  }

  /**
   * The frame whose field has this value and ends at `from`, where it is all there and as it should be; else `undefined`, and nothing has
   * changed: `parse` finds out what to do. With it, and the quick look at the field before it, frames of 100 bytes decode 1.2 times as fast.
   */
  protected cutQuickly(value: number, from: number): Uint8Array | undefined {
    const { queue, settings } = this;
    const following = value + settings.adjustment;
    if (following < 0 || following > settings.maxBytes || from + following >= queue.end) return undefined;
    const headerBytes = from - queue.start;
    const { strip = headerBytes } = settings;
    return queue.cut(strip, headerBytes + following - strip, 0);
  }

  protected override finish(): undefined {
    if (this.#skips) this.fail('TRUNCATED', 'the input ended inside a frame that is skipped');
    super.finish();
  }

  /** The field's value and the header's size, or `undefined` for "need more". Sets `headerBytes`. */
  protected abstract readLength(queue: ByteQueue): number | undefined;

  /** Whether the top bit of the length field is set, which was just read. */
  protected abstract topBit(queue: ByteQueue): boolean;

  #readHeader(): boolean {
    const value = this.readLength(this.queue);
    if (value === undefined) return false;
    if (this.settings.signed && this.topBit(this.queue)) this.fail('MALFORMED', 'a length below zero');
    const following = value + this.settings.adjustment;
    if (following < 0) {
      this.fail('MALFORMED', `a length of ${String(value)} with adjustment is ${String(following)}`);
    }
    this.frameBytes = this.headerBytes + following;
    if (following <= this.settings.maxBytes) return true;
    if (!this.settings.skipOversize || !Number.isSafeInteger(following)) {
      this.fail(
        'TOO_LARGE',
        `a frame of ${String(following)} bytes, the limit is ${String(this.settings.maxBytes)}`,
      );
    }
    this.#skips = true;
    this.settings.onSkip?.(following);
    return true;
  }

  #skip(): boolean {
    const step = Math.min(this.frameBytes, this.queue.length);
    this.queue.skip(step);
    this.frameBytes -= step;
    this.#skips = this.frameBytes > 0;
    return !this.#skips;
  }
}

class LengthPrefixDecoder extends PrefixDecoder {
  readonly #bytes: 1 | 2 | 3 | 4 | 8;
  /** Whether the field is in the order of most: the highest byte first, and no sign. */
  readonly #isUsual: boolean;

  constructor(settings: Settings, bytes: 1 | 2 | 3 | 4 | 8) {
    super(settings);
    this.#bytes = bytes;
    this.headerBytes = settings.offset + bytes;
    this.#isUsual = bytes <= 4 && !settings.littleEndian && !settings.signed;
  }

  protected override parse(): Uint8Array | undefined {
    const { head, start, end } = this.queue;
    const from = start + this.headerBytes;
    if (this.#isUsual && this.frameBytes === 0 && from <= end) {
      let value = 0;
      for (let i = from - this.#bytes; i < from; i++) value = (value << 8) | (head[i] as number);
      const frame = this.cutQuickly(value >>> 0, from);
      if (frame !== undefined) return frame;
    }
    return super.parse();
  }

  protected readLength(queue: ByteQueue): number | undefined {
    if (queue.length < this.headerBytes) return undefined;
    const { offset, littleEndian } = this.settings;
    const size = this.#bytes;
    let value = 0;
    for (let i = 0; i < size; i++) {
      value = value * 256 + queue.at(offset + (littleEndian ? size - 1 - i : i));
    }
    return value;
  }

  protected topBit(queue: ByteQueue): boolean {
    const { offset, littleEndian } = this.settings;
    return queue.at(littleEndian ? offset + this.#bytes - 1 : offset) >= 0x80;
  }
}

class VarintPrefixDecoder extends PrefixDecoder {
  protected override parse(): Uint8Array | undefined {
    const { head, start, end } = this.queue;
    let at = start + this.settings.offset;
    // Four bytes: what the engine counts in integers. The sign is in the tenth.
    const stop = Math.min(at + 4, end);
    if (this.frameBytes === 0) {
      for (let value = 0, shift = 0; at < stop; shift += 7) {
        const byte = head[at++] as number;
        value |= (byte & 0x7f) << shift;
        if (byte >= 0x80) continue;
        const frame = this.cutQuickly(value, at);
        if (frame !== undefined) return frame;
        break;
      }
    }
    return super.parse();
  }

  protected readLength(queue: ByteQueue): number | undefined {
    const { offset } = this.settings;
    let value = 0;
    for (let i = 0, scale = 1; i < maxVarintBytes; i++, scale *= 128) {
      if (offset + i >= queue.length) return undefined;
      const byte = queue.at(offset + i);
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      this.headerBytes = offset + i + 1;
      return value;
    }
    return this.fail('MALFORMED', `a varint of more than ${String(maxVarintBytes)} bytes`);
  }

  /** Bit 63 is the lowest of the tenth byte. */
  protected topBit(queue: ByteQueue): boolean {
    const last = this.headerBytes - 1;
    return last === this.settings.offset + maxVarintBytes - 1 && queue.at(last) % 2 === 1;
  }
}

/** 64 bits in groups of 7 (Protocol Buffers, Encoding). */
const maxVarintBytes = 10;

function encoderFor(settings: Settings): (frame: Uint8Array, into: ByteSink) => void {
  const { bytes, offset, adjustment, maxBytes, signed } = settings;
  const stripsHeader =
    settings.strip === undefined || (bytes !== 'varint' && settings.strip === offset + bytes);
  const capacity = bytes === 'varint' ? Number.MAX_SAFE_INTEGER : 2 ** (8 * bytes - (signed ? 1 : 0)) - 1;
  const valueFor = (following: number): number => {
    const value = following - adjustment;
    if (following < 0 || following > maxBytes || value < 0 || value > capacity) {
      throw new FramingUsageError(`a frame of ${String(following)} bytes does not fit the format`);
    }
    return value;
  };
  if (stripsHeader && offset === 0) {
    return (frame, into) => {
      const value = valueFor(frame.length);
      const field = into.reserve(bytes === 'varint' ? varintSize(value) : bytes);
      writeLength(field, value, settings);
      into.append(frame);
    };
  }
  if (settings.strip === 0 && bytes !== 'varint') {
    return (frame, into) => {
      const value = valueFor(frame.length - offset - bytes);
      const copy = into.reserve(frame.length);
      copy.set(frame);
      writeLength(copy.subarray(offset, offset + bytes), value, settings);
    };
  }
  throw new FramingUsageError(
    'no encoder: the bytes that strip removes from the header could not be restored',
  );
}

function writeLength(field: Uint8Array, value: number, { bytes, littleEndian }: Settings): void {
  const last = field.length - 1;
  for (let i = 0; i <= last; i++) {
    if (bytes === 'varint') {
      field[i] = (value % 128) | (i < last ? 0x80 : 0);
      value = Math.floor(value / 128);
    } else {
      field[littleEndian ? i : last - i] = value % 256;
      value = Math.floor(value / 256);
    }
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (; value >= 128; value = Math.floor(value / 128)) size++;
  return size;
}
