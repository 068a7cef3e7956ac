import type { ByteSink, Codec, Encoder } from '../codec.ts';
import { QueueDecoder } from '../codecs/queue-decoder.ts';
import { FramingUsageError } from '../errors.ts';
import { frameEnd, type FramePart } from './frame-part.ts';

export interface LengthPrefixPartsOptions {
  /** Size of the length field: bytes of an unsigned integer, or `'varint'` for LEB128 as Protocol Buffers use it. Default 4. */
  readonly bytes?: 1 | 2 | 3 | 4 | 8 | 'varint';
  /** Byte order of the length field. Default `'big'`, network order. */
  readonly endian?: 'big' | 'little';
  /** Added to the field's value to give the bytes that follow it. Default 0; minus the field's size where the length includes it. */
  readonly adjustment?: number;
  /** The longest frame. Default: none, as none is held; more than 2⁵³−1 bytes is `TOO_LARGE`, as no number could count them. */
  readonly maxBytes?: number;
}

/**
 * `lengthPrefix` for frames larger than memory: what has come of a frame is given at once, as views of the chunks it came in.
 *
 * ```
 * 00 00 00 05 48 45 4c | 4c 4f       →  begin (5 bytes)  data [48 45 4c]  data [4c 4f]  end
 * ```
 *
 * The encoder takes the same parts, and refuses those that do not add up to the length that `begin` gave.
 *
 * @throws FramingUsageError for options that fit no format.
 */
export function lengthPrefixParts(options: LengthPrefixPartsOptions = {}): Codec<FramePart> {
  const settings = check(options);
  return {
    name: `lengthPrefixParts(${String(settings.bytes)})`,
    decoder: () => new LengthPrefixPartsDecoder(settings),
    encoder: () => new LengthPrefixPartsEncoder(settings),
  };
}

type Settings = Required<LengthPrefixPartsOptions>;

function check(options: LengthPrefixPartsOptions): Settings {
  const { bytes = 4, endian = 'big', adjustment = 0, maxBytes = Number.MAX_SAFE_INTEGER } = options;
  if (![1, 2, 3, 4, 8, 'varint'].includes(bytes)) throw new FramingUsageError(`bytes is ${String(bytes)}`);
  if (!Number.isSafeInteger(adjustment)) throw new FramingUsageError(`adjustment is ${String(adjustment)}`);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0) {
    throw new FramingUsageError(`maxBytes is ${String(maxBytes)}, expected a whole number of 0 or more`);
  }
  return { bytes, endian, adjustment, maxBytes };
}

class LengthPrefixPartsDecoder extends QueueDecoder<FramePart> {
  readonly #settings: Settings;
  /** Bytes of the frame still to come; -1 between frames. */
  #left = -1;

  constructor(settings: Settings) {
    super();
    this.#settings = settings;
  }

  protected parse(): FramePart | undefined {
    if (this.#left < 0) return this.#begin();
    if (this.#left === 0) {
      this.#left = -1;
      return frameEnd;
    }
    const { start, end } = this.queue;
    const count = Math.min(this.#left, end - start);
    if (count === 0) return undefined;
    this.#left -= count;
    return { type: 'data', data: this.queue.take(count) };
  }

  protected override finish(): undefined {
    if (this.#left >= 0)
      this.fail('TRUNCATED', `the input ended ${String(this.#left)} bytes before a frame did`);
    super.finish();
  }

  #begin(): FramePart | undefined {
    const value =
      this.#settings.bytes === 'varint' ? this.#readVarint() : this.#readInteger(this.#settings.bytes);
    if (value === undefined) return undefined;
    const { adjustment, maxBytes } = this.#settings;
    const bytes = value + adjustment;
    if (bytes < 0) this.fail('MALFORMED', `a length of ${String(value)} with adjustment is ${String(bytes)}`);
    if (bytes > maxBytes) {
      this.fail('TOO_LARGE', `a frame of ${String(bytes)} bytes, the limit is ${String(maxBytes)}`);
    }
    this.#left = bytes;
    return { type: 'begin', bytes };
  }

  #readInteger(size: number): number | undefined {
    if (this.queue.length < size) return undefined;
    let value = 0;
    for (let i = 0; i < size; i++) {
      value = value * 256 + this.queue.at(this.#settings.endian === 'big' ? i : size - 1 - i);
    }
    this.queue.skip(size);
    return value;
  }

  #readVarint(): number | undefined {
    let value = 0;
    for (let i = 0; i < maxVarintBytes; i++) {
      if (i >= this.queue.length) return undefined;
      const byte = this.queue.at(i);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      this.queue.skip(i + 1);
      return value;
    }
    return this.fail('MALFORMED', `a varint of more than ${String(maxVarintBytes)} bytes`);
  }
}

/** 64 bits in groups of 7 (Protocol Buffers, Encoding). */
const maxVarintBytes = 10;

class LengthPrefixPartsEncoder implements Encoder<FramePart> {
  readonly #settings: Settings;
  #left = -1;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  encode(part: FramePart, into: ByteSink): void {
    switch (part.type) {
      case 'begin':
        if (this.#left >= 0) throw new FramingUsageError('a frame begins before the last one has ended');
        this.#writeLength(part.bytes, into);
        return;
      case 'data':
        if (part.data.length > this.#left) {
          throw new FramingUsageError(
            this.#left < 0
              ? 'data without a frame'
              : `${String(part.data.length - this.#left)} bytes too many`,
          );
        }
        this.#left -= part.data.length;
        into.append(part.data);
        return;
      case 'end':
        if (this.#left !== 0) {
          throw new FramingUsageError(
            this.#left < 0 ? 'no frame to end' : `the frame ends ${String(this.#left)} bytes early`,
          );
        }
        this.#left = -1;
    }
  }

  #writeLength(length: number | undefined, into: ByteSink): void {
    const { bytes, endian, adjustment, maxBytes } = this.#settings;
    if (length === undefined) throw new FramingUsageError('the length must be known before the frame begins');
    const capacity = bytes === 'varint' ? Number.MAX_SAFE_INTEGER : 2 ** (8 * bytes) - 1;
    let value = length - adjustment;
    if (!Number.isSafeInteger(length) || length < 0 || length > maxBytes || value < 0 || value > capacity) {
      throw new FramingUsageError(`a frame of ${String(length)} bytes does not fit the format`);
    }
    const field = into.reserve(bytes === 'varint' ? varintSize(value) : bytes);
    const base = bytes === 'varint' ? 128 : 256;
    const isLittleEndian = bytes === 'varint' || endian === 'little';
    const last = field.length - 1;
    for (let i = 0; i <= last; i++) {
      const more = bytes === 'varint' && i < last ? 0x80 : 0;
      field[isLittleEndian ? i : last - i] = (value % base) | more;
      value = Math.floor(value / base);
    }
    this.#left = length;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (; value >= 128; value = Math.floor(value / 128)) size++;
  return size;
}
