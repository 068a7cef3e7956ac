import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError, type FramingErrorCode } from '../errors.ts';
import { endingOf, type Ending, type LineEnding } from './line-ending.ts';
import { AnySearch, StrictCrlfSearch } from './line-search.ts';
import { MarkedDecoder } from './marked-decoder.ts';
import { oversize, type Oversize, type OversizeOptions } from './oversize.ts';
import { textCoding, type TextCoding, type TextEncoding } from './text-coding.ts';
import type { TextCutter } from './text-cutter.ts';

export interface LinesOptions extends OversizeOptions {
  /** The longest line in bytes, its end not counted. Default 65,536, as {@link delimiter}; Node's `readline`, split2 and tokio have no limit. */
  readonly maxBytes?: number;
  /**
   * What ends a line. Default `'lf-or-crlf'`: LF, and a CR before it goes with it, as tokio's `LinesCodec` and Netty's
   * `LineBasedFrameDecoder` have it. `'lf'`: LF only, a CR is text. `'crlf'`: CR LF only, either alone is text. `'strict-crlf'`:
   * either alone is `MALFORMED`. `'any'`: LF, CR LF or CR, as Python's universal newlines.
   */
  readonly ending?: LineEnding;
  /** How text becomes bytes: `'utf8'` (default), or `'latin1'`, a byte a character. */
  readonly encoding?: TextEncoding;
  /** What bytes that are no UTF-8 are: `MALFORMED` (default), or with `false` U+FFFD each. */
  readonly fatal?: boolean;
  /** What text without an end at the end of input is: a last `'frame'` (default, as `readline`, split2, tokio and Python have it), or an `'error'`: `TRUNCATED`. */
  readonly unterminated?: 'frame' | 'error';
}

/**
 * Lines of text.
 *
 * ```
 * lines()                      48 69 0d 0a 79 6f 0a     →  "Hi" "yo"
 * lines({ ending: 'crlf' })    48 69 0a 79 6f 0d 0a     →  "Hi\nyo"
 * lines({ ending: 'any' })     48 69 0d 79 6f 0d 0a     →  "Hi" "yo"
 * ```
 *
 * The encoder adds LF, with `'crlf'` and `'strict-crlf'` CR LF. A byte order mark is text like any other.
 *
 * Lines are cut from the text of up to 8 KiB of a chunk, which is decoded at once: a line that is kept may keep that much alive.
 *
 * @throws FramingUsageError for options that do not exist, and from the encoder for a line that passes the limit, contains an end
 * of a line or would not come back as it was: lone surrogates, characters above U+00FF in latin1, a CR at the end of a line that LF ends.
 */
export function lines(options: LinesOptions = {}): Codec<string> {
  const { ending = 'lf-or-crlf', encoding = 'utf8', fatal = true, unterminated = 'frame' } = options;
  const settings: Settings = {
    limit: oversize(options, 65_536),
    ending: endingOf(ending),
    coding: textCoding(encoding, fatal),
    lastFrame: unterminated === 'frame',
  };
  return {
    name: 'lines',
    decoder: () => new LinesDecoder(settings),
    encoder: () => {
      const write = settings.coding.lineWriter(settings.ending.bytes, settings.limit.maxBytes);
      return {
        encode(line: string, into: ByteSink): void {
          if (settings.ending.spoils(line))
            throw new FramingUsageError('the line contains the end of a line');
          write(line, into);
        },
      };
    },
  };
}

interface Settings {
  readonly limit: Oversize;
  readonly ending: Ending;
  readonly coding: TextCoding;
  readonly lastFrame: boolean;
}

/** Of a chunk so much is decoded at once: lines of 100 bytes six times as fast as one by one, and more gains nothing. */
const blockBytes = 8192;
const lf = 10;
const cr = 13;

class LinesDecoder extends MarkedDecoder<string> {
  readonly #ending: Ending;
  readonly #coding: TextCoding;
  readonly #lastFrame: boolean;
  /** Lines that are decoded and not given yet. */
  readonly #cutter: TextCutter;
  /** No line of a block passes the limit, as none has more. */
  readonly #blockBytes: number;
  /** Bytes of a block that cannot be decoded at once, so that lines before the fault are given first. */
  #oneByOne = 0;

  constructor({ limit, ending, coding, lastFrame }: Settings) {
    super(ending.newSearch(), limit);
    this.#ending = ending;
    this.#coding = coding;
    this.#lastFrame = lastFrame;
    this.#cutter = ending.newCutter();
    this.#blockBytes = Math.min(blockBytes, limit.maxBytes);
  }

  override get bufferedBytes(): number {
    return this.queue.length + this.#coding.byteLength(this.#cutter.rest);
  }

  override rest(): Uint8Array {
    const { queue, search } = this;
    const text = this.#coding.encode(this.#cutter.rest);
    this.#cutter.clear();
    // The LF of a CR LF is no one else's.
    if (
      text.length === 0 &&
      search instanceof AnySearch &&
      search.last === cr &&
      queue.length > 0 &&
      queue.at(0) === lf
    ) {
      queue.skip(1);
    }
    const rest = new Uint8Array(text.length + queue.length);
    rest.set(text);
    rest.set(super.rest(), text.length);
    return rest;
  }

  protected override parse(): string | undefined {
    if (this.#cutter.isEmpty) return super.parse();
    return this.#cutter.next() ?? this.#malformedEnd();
  }

  protected override endFound(): void {
    if (this.search instanceof StrictCrlfSearch && this.search.broken) this.#malformedEnd();
  }

  protected takeFrame(bytes: number, markBytes: number): string | undefined {
    const whole = bytes + markBytes;
    if (this.search instanceof AnySearch && bytes === 0 && this.search.goesOn) {
      this.queue.skip(whole);
      return undefined;
    }
    if (this.#oneByOne > 0) this.#oneByOne -= Math.min(whole, this.#oneByOne);
    else if (this.#takeBlock(whole)) return this.#cutter.next() ?? this.#malformedEnd();

    const taken = this.queue.take(bytes);
    const line = this.#coding.decode(taken);
    if (line === undefined) {
      // Behind the last end of a line, only the end of input brings us here.
      if (markBytes === 0 && this.#coding.isCutShort(taken)) {
        this.fail('TRUNCATED', 'the input ended inside a character');
      }
      return this.fail('MALFORMED', 'a line that is no UTF-8');
    }
    this.queue.skip(markBytes);
    return line;
  }

  protected override finish(): string | undefined {
    if (!this.#lastFrame) return super.finish();
    if (this.search instanceof StrictCrlfSearch && this.search.matched > 0) this.#malformedEnd();
    return this.finishFrame();
  }

  protected override fail(code: FramingErrorCode, message: string): never {
    this.#cutter.clear();
    return super.fail(code, message);
  }

  /** Decodes the whole lines of the chunk at the front, of which the first has so many bytes, where there are several. */
  #takeBlock(firstBytes: number): boolean {
    const { head, start, end: filled } = this.queue;
    const first = start + firstBytes;
    const limit = Math.min(start + this.#blockBytes, filled);
    if (first >= limit) return false;
    const end = this.#ending.lastEnd(head, first, limit);
    if (end === first) return false;
    const text = this.#coding.decodeBlock(head.subarray(start, end));
    if (text === undefined) {
      this.#oneByOne = end - first;
      return false;
    }
    if (this.search instanceof AnySearch) this.search.last = head[end - 1] as number;
    this.queue.skip(end - start);
    this.#cutter.start(text);
    return true;
  }

  #malformedEnd(): never {
    return this.fail('MALFORMED', 'a CR or LF that stands alone');
  }
}
