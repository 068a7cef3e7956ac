import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { oversize, type Oversize, type OversizeOptions } from './oversize.ts';
import { QueueDecoder } from './queue-decoder.ts';
import { structLayout, type Struct } from './struct.ts';

/** A message behind a header that is a record. */
export interface StructFrame<Header extends readonly unknown[]> {
  readonly header: Header;
  readonly body: Uint8Array;
}

/** `maxBytes` is of the body; default 8 MiB, as `lengthPrefix`. Nothing is reserved on the word of a header. */
export interface StructHeaderOptions extends OversizeOptions {
  /** Which value of the header, from 0, counts the bytes of the body. It is an integer of any size and order. */
  readonly length: number;
  /** Added to that value to give the bytes of the body. Default 0; `-header.size` where it counts the header, too. */
  readonly adjustment?: number;
}

/**
 * A header of several fields, one of which counts the bytes behind it. What {@link lengthPrefix} finds and strips is read here.
 *
 * ```
 * structHeader(struct('!BBI'), { length: 2 })
 *   02 07 00 00 00 02 68 69   →   { header: [2, 7, 2], body: [68 69] }
 * ```
 *
 * The encoder writes the right length whatever the header says there. A header that is more than a length may say more, and worse: this
 * checks nothing else of it.
 *
 * @throws FramingUsageError where `length` is no integer item of the header, and from the encoder for a body above the limit or the
 * field's range and for values that the header cannot hold.
 */
export function structHeader<Header extends readonly unknown[]>(
  header: Struct<Header>,
  options: StructHeaderOptions,
): Codec<StructFrame<Header>> {
  const { length, adjustment = 0 } = options;
  const limit = oversize(options, 8 * 1024 * 1024, 0);
  const isBigint = lengthIsBigint(header.format, length);
  if (!Number.isSafeInteger(adjustment)) throw new FramingUsageError(`adjustment is ${String(adjustment)}`);
  return {
    name: `structHeader(${header.format})`,
    decoder: () => new StructHeaderDecoder(header, length, adjustment, limit),
    encoder: () => ({
      encode(frame: StructFrame<Header>, into: ByteSink): void {
        const { body } = frame;
        const value = body.length - adjustment;
        if (body.length > limit.maxBytes) {
          throw new FramingUsageError(`a body above ${String(limit.maxBytes)} bytes`);
        }
        const values = frame.header.with(length, isBigint ? BigInt(value) : value);
        into.append(header.pack(...(values as unknown as Header)));
        into.append(body);
      },
    }),
  };
}

class StructHeaderDecoder<Header extends readonly unknown[]> extends QueueDecoder<StructFrame<Header>> {
  readonly #struct: Struct<Header>;
  readonly #length: number;
  readonly #adjustment: number;
  readonly #limit: Oversize;
  /** Of the body that comes next, and its size. */
  #header: Header | undefined;
  #bodyBytes = 0;
  /** Of a body that is dropped. */
  #skipping = 0;

  constructor(header: Struct<Header>, length: number, adjustment: number, limit: Oversize) {
    super();
    this.#struct = header;
    this.#length = length;
    this.#adjustment = adjustment;
    this.#limit = limit;
  }

  override get bufferedBytes(): number {
    return super.bufferedBytes + (this.#header === undefined ? 0 : this.#struct.size);
  }

  protected parse(): StructFrame<Header> | undefined {
    const { queue } = this;
    for (;;) {
      if (this.#skipping > 0 && !this.#skip()) return undefined;
      if (this.#header === undefined) {
        if (queue.length < this.#struct.size) return undefined;
        this.#readHeader(this.#struct.unpack(queue.take(this.#struct.size)));
      }
      if (this.#header === undefined) continue;
      if (queue.length < this.#bodyBytes) return undefined;
      const frame = { header: this.#header, body: queue.take(this.#bodyBytes) };
      this.#header = undefined;
      return frame;
    }
  }

  protected override finish(): undefined {
    if (this.#skipping > 0 || this.#header !== undefined) {
      this.#header = undefined;
      this.fail('TRUNCATED', 'the input ended behind a header');
    }
    super.finish();
  }

  #readHeader(header: Header): void {
    const value = header[this.#length] as number | bigint;
    const bytes = Number(value) + this.#adjustment;
    if (bytes < 0) this.fail('MALFORMED', `a length of ${String(value)} with adjustment is ${String(bytes)}`);
    const { maxBytes, skips, onSkip } = this.#limit;
    if (bytes <= maxBytes) {
      this.#header = header;
      this.#bodyBytes = bytes;
      return;
    }
    if (!skips || !Number.isSafeInteger(bytes)) {
      this.fail('TOO_LARGE', `a body of ${String(bytes)} bytes, the limit is ${String(maxBytes)}`);
    }
    this.#skipping = bytes;
    onSkip?.(bytes);
  }

  #skip(): boolean {
    const step = Math.min(this.#skipping, this.queue.length);
    this.queue.skip(step);
    this.#skipping -= step;
    return this.#skipping === 0;
  }
}

/** Whether value `index` is read as a bigint. @throws FramingUsageError where it is no integer. */
function lengthIsBigint(format: string, index: number): boolean {
  let first = 0;
  for (const { as, count, bytes, letter } of structLayout(format).fields) {
    if (index >= first && index < first + count) {
      if (Number.isSafeInteger(index) && (as === 'signed' || as === 'unsigned')) return bytes === 8;
      throw new FramingUsageError(
        `value ${String(index)} of "${format}" is a "${letter}", which counts nothing`,
      );
    }
    first += count;
  }
  throw new FramingUsageError(`"${format}" has no value ${String(index)}`);
}
