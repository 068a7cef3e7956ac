import { PatternSearch } from '../byte-queue.ts';
import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { HeadFrames } from './head-frames.ts';
import { MarkedDecoder, type EndSearch } from './marked-decoder.ts';
import { oversize, type Oversize, type OversizeOptions } from './oversize.ts';
import { PatternSet, PatternTable } from './pattern-set.ts';

export interface DelimiterOptions extends OversizeOptions {
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
 * delimiter(',')                48 69 2c 79 6f 75 2c     →  [48 69] [79 6f 75]
 * delimiter(['\n', '\r\n'])     48 69 0d 0a 79 6f 0a     →  [48 69] [79 6f]
 * ```
 *
 * Of several marks, the one that ends first ends the frame, as in `readuntil` of Python 3.13's asyncio; of those that end at the
 * same place, the longest. The encoder writes the first of the list.
 *
 * @param mark the delimiter, one byte or more; a string is taken as UTF-8. Or a list of them.
 * @throws FramingUsageError for no mark, an empty mark or limit, and from the encoder for a frame that passes the limit, contains a
 * mark, or ends so that the mark behind it would be found too early.
 */
export function delimiter(
  mark: string | Uint8Array | readonly (string | Uint8Array)[],
  options: DelimiterOptions = {},
): Codec<Uint8Array> {
  const { keepDelimiter = false, unterminated = 'error' } = options;
  const marks = (Array.isArray(mark) ? mark : [mark]).map((one: string | Uint8Array) =>
    typeof one === 'string' ? new TextEncoder().encode(one) : Uint8Array.from(one),
  );
  const [first] = marks;
  if (first === undefined) throw new FramingUsageError('there is no delimiter');
  if (marks.some((one) => one.length === 0)) throw new FramingUsageError('the delimiter is empty');
  const table = marks.length > 1 ? new PatternTable(marks) : undefined;
  const settings: Settings = {
    limit: oversize(options, 65_536),
    keepDelimiter,
    lastFrame: unterminated === 'frame',
    marks,
    first,
    newSearch: () => (table === undefined ? new PatternSearch(first) : new PatternSet(table)),
  };
  return {
    name: 'delimiter',
    decoder: () => new DelimiterDecoder(settings),
    encoder: () => {
      const search = settings.newSearch();
      return {
        encode(frame: Uint8Array, into: ByteSink): void {
          encodeFrame(frame, into, settings, search);
        },
      };
    },
  };
}

interface Settings {
  readonly limit: Oversize;
  readonly keepDelimiter: boolean;
  readonly lastFrame: boolean;
  readonly marks: readonly Uint8Array[];
  /** What the encoder writes. */
  readonly first: Uint8Array;
  readonly newSearch: () => EndSearch;
}

class DelimiterDecoder extends MarkedDecoder<Uint8Array> {
  readonly #keepDelimiter: boolean;
  readonly #lastFrame: boolean;
  readonly #quick: HeadFrames | undefined;

  constructor({ limit, newSearch, marks, keepDelimiter, lastFrame }: Settings) {
    super(newSearch(), limit);
    this.#keepDelimiter = keepDelimiter;
    this.#lastFrame = lastFrame;
    if (HeadFrames.canFind(marks)) this.#quick = new HeadFrames(marks, limit.maxBytes, keepDelimiter);
  }

  protected override parse(): Uint8Array | undefined {
    if (this.#quick !== undefined && this.search.scanned === 0 && !this.dropping) {
      const frame = this.#quick.take(this.queue, this.search);
      if (frame !== undefined) return frame;
    }
    return super.parse();
  }

  protected takeFrame(bytes: number, markBytes: number): Uint8Array {
    if (this.#keepDelimiter) return this.queue.take(bytes + markBytes);
    return this.queue.cut(0, bytes, markBytes);
  }

  protected override finish(): Uint8Array | undefined {
    return this.#lastFrame ? this.finishFrame() : super.finish();
  }
}

function encodeFrame(frame: Uint8Array, into: ByteSink, settings: Settings, search: EndSearch): void {
  const { first, limit, keepDelimiter } = settings;
  search.restart();
  const end = search.scan(frame, 0, frame.length);
  let bytes = frame.length;
  if (keepDelimiter) {
    if (end !== frame.length) throw new FramingUsageError('the frame does not end with its only delimiter');
    bytes -= search.markBytes;
  } else if (end >= 0) {
    throw new FramingUsageError('the frame contains the delimiter');
  } else if (search.scan(first, 0, first.length) !== first.length || search.markBytes !== first.length) {
    // "x\r\n" before "\r\n\r\n": the reader would see the delimiter two bytes early.
    throw new FramingUsageError('the frame ends with the beginning of the delimiter');
  }
  if (bytes > limit.maxBytes)
    throw new FramingUsageError(`the frame has more than ${String(limit.maxBytes)} bytes`);
  into.append(frame);
  if (!keepDelimiter) into.append(first);
}
