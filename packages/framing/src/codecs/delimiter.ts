import { PatternSearch } from '../byte-queue.ts';
import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { QueueDecoder } from './queue-decoder.ts';

export interface DelimiterOptions {
  /** The longest frame, delimiter not counted. Default 65,536, the limit of Python's `asyncio.StreamReader`; tokio and split2 have none. */
  readonly maxBytes?: number;
  /** Leaves the delimiter at the end of each frame. Default false. The encoder then expects it there. */
  readonly keepDelimiter?: boolean;
  /** What bytes without a delimiter at the end of input are: `'error'` (default: `TRUNCATED`) or a last `'frame'`. */
  readonly unterminated?: 'error' | 'frame';
}

/**
 * Messages end with a mark: the second structure of seed 004.
 *
 * ```
 * delimiter(',')      48 69 2c 79 6f 75 2c  →  [48 69] [79 6f 75]
 * ```
 *
 * @param mark the delimiter, one byte or more; a string is taken as UTF-8.
 * @throws FramingUsageError for an empty mark or limit, and from the encoder for a frame that passes the limit, contains the mark, or
 * ends so that the mark behind it would be found too early.
 */
export function delimiter(mark: string | Uint8Array, options: DelimiterOptions = {}): Codec<Uint8Array> {
  const pattern = typeof mark === 'string' ? new TextEncoder().encode(mark) : mark.slice();
  const { maxBytes = 65_536, keepDelimiter = false, unterminated = 'error' } = options;
  if (pattern.length === 0) throw new FramingUsageError('the delimiter is empty');
  if (!(maxBytes >= 1)) throw new FramingUsageError(`maxBytes is ${String(maxBytes)}, expected 1 or more`);
  const settings: Settings = { pattern, maxBytes, keepDelimiter, unterminated };
  return {
    name: 'delimiter',
    decoder: () => new DelimiterDecoder(settings),
    encoder: () => {
      const search = new PatternSearch(pattern);
      return {
        encode(frame: Uint8Array, into: ByteSink): void {
          encodeFrame(frame, into, settings, search);
        },
      };
    },
  };
}

interface Settings extends Required<DelimiterOptions> {
  readonly pattern: Uint8Array;
}

class DelimiterDecoder extends QueueDecoder<Uint8Array> {
  readonly #settings: Settings;
  readonly #search: PatternSearch;

  constructor(settings: Settings) {
    super();
    this.#settings = settings;
    this.#search = new PatternSearch(settings.pattern);
  }

  protected parse(): Uint8Array | undefined {
    const { pattern, maxBytes, keepDelimiter } = this.#settings;
    const end = this.queue.find(this.#search);
    if (end < 0) {
      // Bytes that may yet turn out to be the delimiter do not count as the frame's.
      if (this.queue.length - this.#search.matched > maxBytes) this.#tooLarge();
      return undefined;
    }
    if (end - pattern.length > maxBytes) this.#tooLarge();
    this.#search.restart();
    if (keepDelimiter) return this.queue.take(end);
    const frame = this.queue.take(end - pattern.length);
    this.queue.skip(pattern.length);
    return frame;
  }

  protected override finish(): Uint8Array | undefined {
    if (this.#settings.unterminated === 'error' || this.queue.length === 0) return super.finish();
    if (this.queue.length > this.#settings.maxBytes) this.#tooLarge();
    this.#search.restart();
    return this.queue.take(this.queue.length);
  }

  #tooLarge(): never {
    return this.fail('TOO_LARGE', `no delimiter within ${String(this.#settings.maxBytes)} bytes`);
  }
}

function encodeFrame(frame: Uint8Array, into: ByteSink, settings: Settings, search: PatternSearch): void {
  const { pattern, maxBytes, keepDelimiter } = settings;
  search.restart();
  const end = search.scan(frame, 0);
  if (keepDelimiter) {
    if (end !== frame.length) throw new FramingUsageError('the frame does not end with its only delimiter');
  } else if (end >= 0) {
    throw new FramingUsageError('the frame contains the delimiter');
  } else if (search.scan(pattern, 0) !== pattern.length) {
    // "x\r\n" before "\r\n\r\n": the reader would see the delimiter two bytes early.
    throw new FramingUsageError('the frame ends with the beginning of the delimiter');
  }
  if (frame.length - (keepDelimiter ? pattern.length : 0) > maxBytes) {
    throw new FramingUsageError(`the frame has more than ${String(maxBytes)} bytes`);
  }
  into.append(frame);
  if (!keepDelimiter) into.append(pattern);
}
