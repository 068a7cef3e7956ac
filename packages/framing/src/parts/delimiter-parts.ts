import { PatternSearch } from '../byte-queue.ts';
import type { ByteSink, Codec, Encoder } from '../codec.ts';
import { QueueDecoder } from '../codecs/queue-decoder.ts';
import { FramingUsageError } from '../errors.ts';
import { frameEnd, type FramePart } from './frame-part.ts';

export interface DelimiterPartsOptions {
  /** The longest frame, delimiter not counted. Default: none, as none is held. */
  readonly maxBytes?: number;
  /** What bytes without a delimiter at the end of input are: `'error'` (default: `TRUNCATED`) or a last `'frame'`. */
  readonly unterminated?: 'error' | 'frame';
}

/**
 * `delimiter` for frames larger than memory: what cannot be the mark any more is given at once, as views of the chunks it came in.
 *
 * ```
 * delimiterParts('\r\n')      48 69 0d | 0d | 0a      →  begin  data [48 69]  data [0d]  end
 * ```
 *
 * The encoder looks for the mark across the data of a frame, and refuses what would make it be found too early.
 *
 * @param mark the delimiter, one byte or more; a string is taken as UTF-8.
 * @throws FramingUsageError for an empty mark or limit.
 */
export function delimiterParts(
  mark: string | Uint8Array,
  options: DelimiterPartsOptions = {},
): Codec<FramePart> {
  const pattern = typeof mark === 'string' ? new TextEncoder().encode(mark) : mark.slice();
  const { maxBytes = Number.MAX_SAFE_INTEGER, unterminated = 'error' } = options;
  if (pattern.length === 0) throw new FramingUsageError('the delimiter is empty');
  if (!(maxBytes >= 1)) throw new FramingUsageError(`maxBytes is ${String(maxBytes)}, expected 1 or more`);
  return {
    name: 'delimiterParts',
    decoder: () => new DelimiterPartsDecoder(pattern, maxBytes, unterminated === 'frame'),
    encoder: () => new DelimiterPartsEncoder(pattern, maxBytes),
  };
}

class DelimiterPartsDecoder extends QueueDecoder<FramePart> {
  readonly #search: PatternSearch;
  readonly #maxBytes: number;
  readonly #mayEndWithout: boolean;
  #isOpen = false;
  /** Bytes of the frame that were given. */
  #given = 0;
  /** Bytes of it before the mark, once that is found; -1 before. */
  #left = -1;

  constructor(pattern: Uint8Array, maxBytes: number, mayEndWithout: boolean) {
    super();
    this.#search = new PatternSearch(pattern);
    this.#maxBytes = maxBytes;
    this.#mayEndWithout = mayEndWithout;
  }

  protected parse(): FramePart | undefined {
    if (!this.#isOpen) {
      if (this.queue.length === 0) return undefined;
      this.#isOpen = true;
      return { type: 'begin', bytes: undefined };
    }
    if (this.#left < 0) this.#find();
    // What may yet turn out to be the mark waits.
    const certain = this.#left < 0 ? this.queue.length - this.#search.matched : this.#left;
    if (certain > 0) return this.#data(certain);
    if (this.#left < 0) return undefined;
    this.queue.skip(this.#search.pattern.length);
    return this.#end();
  }

  protected override finish(): FramePart | undefined {
    if (!this.#isOpen) return undefined;
    if (!this.#mayEndWithout) this.fail('TRUNCATED', 'the input ended inside a frame');
    if (this.queue.length === 0) return this.#end();
    this.#search.restart();
    return this.#data(this.queue.length);
  }

  #find(): void {
    const found = this.queue.find(this.#search);
    if (found >= 0) this.#left = found - this.#search.pattern.length;
  }

  #data(certain: number): FramePart {
    if (this.#given + certain > this.#maxBytes) {
      this.fail('TOO_LARGE', `no delimiter within ${String(this.#maxBytes)} bytes`);
    }
    const { start, end } = this.queue;
    const count = Math.min(certain, end - start);
    this.#given += count;
    if (this.#left >= 0) this.#left -= count;
    else this.#search.scanned = Math.max(0, this.#search.scanned - count);
    return { type: 'data', data: this.queue.take(count) };
  }

  #end(): FramePart {
    this.#isOpen = false;
    this.#given = 0;
    this.#left = -1;
    this.#search.restart();
    return frameEnd;
  }
}

class DelimiterPartsEncoder implements Encoder<FramePart> {
  readonly #search: PatternSearch;
  readonly #maxBytes: number;
  #isOpen = false;
  #given = 0;

  constructor(pattern: Uint8Array, maxBytes: number) {
    this.#search = new PatternSearch(pattern);
    this.#maxBytes = maxBytes;
  }

  encode(part: FramePart, into: ByteSink): void {
    if (part.type === 'begin') {
      if (this.#isOpen) throw new FramingUsageError('a frame begins before the last one has ended');
      this.#isOpen = true;
      return;
    }
    if (!this.#isOpen) throw new FramingUsageError(`${part.type} without a frame`);
    if (part.type === 'data') this.#encodeData(part.data, into);
    else this.#encodeEnd(into);
  }

  #encodeData(data: Uint8Array, into: ByteSink): void {
    if (this.#given + data.length > this.#maxBytes) {
      throw new FramingUsageError(`the frame has more than ${String(this.#maxBytes)} bytes`);
    }
    const { matched } = this.#search;
    if (this.#search.scan(data, 0) >= 0) {
      this.#search.matched = matched;
      throw new FramingUsageError('the frame contains the delimiter');
    }
    this.#given += data.length;
    into.append(data);
  }

  #encodeEnd(into: ByteSink): void {
    const { pattern, matched } = this.#search;
    if (this.#search.scan(pattern, 0) !== pattern.length) {
      // "x\r\n" before "\r\n\r\n": the reader would see the delimiter two bytes early.
      this.#search.matched = matched;
      throw new FramingUsageError('the frame ends with the beginning of the delimiter');
    }
    into.append(pattern);
    this.#search.restart();
    this.#isOpen = false;
    this.#given = 0;
  }
}
