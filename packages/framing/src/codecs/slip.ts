import { ByteScanner } from '../byte-scanner.ts';
import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { MarkedDecoder, type EndSearch } from './marked-decoder.ts';
import { oversize, type Oversize, type OversizeOptions } from './oversize.ts';

export interface SlipOptions extends OversizeOptions {
  /** The longest frame, unescaped: on the wire it may have twice as many bytes. Default 65,536, as {@link delimiter}; RFC 1055 asks for 1,006. */
  readonly maxBytes?: number;
  /** Whether the encoder begins each frame with an END, too, which ends line noise that came before it. Default true, as RFC 1055 advises. */
  readonly leadingEnd?: boolean;
  /** What ESC before another byte is: `'error'` (default: `MALFORMED`), or to `'keep'` that byte, as the program in RFC 1055 does. */
  readonly badEscape?: 'error' | 'keep';
}

/**
 * SLIP (RFC 1055): a frame ends with END, and bytes that would be taken for END or ESC are escaped.
 *
 * ```
 * frame              on the wire
 * 01 c0 db 02        c0 01 db dc db dd 02 c0
 * ```
 *
 * Nothing between two ENDs is no frame.
 *
 * @throws FramingUsageError for an empty limit, and from the encoder for an empty frame, or one above the limit.
 */
export function slip(options: SlipOptions = {}): Codec<Uint8Array> {
  const { leadingEnd = true, badEscape = 'error' } = options;
  const limit = oversize(options, 65_536);
  return {
    name: 'slip',
    decoder: () => new SlipDecoder(limit, badEscape === 'keep'),
    encoder: () => ({
      encode(frame: Uint8Array, into: ByteSink): void {
        if (frame.length === 0) throw new FramingUsageError('an empty frame is no frame');
        if (frame.length > limit.maxBytes) {
          throw new FramingUsageError(`the frame has more than ${String(limit.maxBytes)} bytes`);
        }
        if (leadingEnd) into.reserve(1)[0] = END;
        escapeInto(frame, into);
        into.reserve(1)[0] = END;
      },
    }),
  };
}

const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

class SlipDecoder extends MarkedDecoder<Uint8Array> {
  readonly #search: SlipSearch;
  /** Of the frame that comes next. */
  #escapes = 0;

  constructor(limit: Oversize, keepsBadEscapes: boolean) {
    const search = new SlipSearch(keepsBadEscapes);
    super(search, limit);
    this.#search = search;
  }

  protected override sizeOf(bytes: number): number {
    return bytes - this.#search.escapes;
  }

  protected override endFound(): void {
    if (this.#search.broken) this.fail('MALFORMED', 'ESC before a byte that needs none');
    this.#escapes = this.#search.escapes;
  }

  protected takeFrame(bytes: number, markBytes: number): Uint8Array | undefined {
    const frame = this.queue.take(bytes);
    this.queue.skip(markBytes);
    if (bytes === 0) return undefined;
    return this.#escapes === 0 ? frame : unescape(frame, bytes - this.#escapes);
  }
}

/** Looks for the END of a frame, and counts the escapes on the way. */
class SlipSearch implements EndSearch {
  scanned = 0;
  readonly matched = 0;
  markBytes = 1;
  escapes = 0;
  /** The search ended at an ESC that escapes nothing; it and the byte behind it are the mark. */
  broken = false;
  readonly #keepsBadEscapes: boolean;
  readonly #scanner = new ByteScanner(END, ESC);
  #escaped = false;

  constructor(keepsBadEscapes: boolean) {
    this.#keepsBadEscapes = keepsBadEscapes;
  }

  scan(chunk: Uint8Array, at: number, end: number): number {
    while (at < end) {
      if (this.#escaped) {
        const byte = chunk[at++];
        this.#escaped = false;
        if (this.#keepsBadEscapes || byte === ESC_END || byte === ESC_ESC) continue;
        this.broken = true;
        this.escapes--;
        this.markBytes = 2;
        return at;
      }
      const found = this.#scanner.indexIn(chunk, at, end);
      if (found < 0) return -1;
      at = found + 1;
      if (chunk[found] === END) return at;
      this.#escaped = true;
      this.escapes++;
    }
    return -1;
  }

  restart(): void {
    this.scanned = 0;
    this.escapes = 0;
  }
}

function unescape(frame: Uint8Array, bytes: number): Uint8Array {
  const plain = new Uint8Array(bytes);
  for (let i = 0, at = 0; i < bytes; i++) {
    let byte = frame[at++] as number;
    if (byte === ESC) {
      byte = frame[at++] as number;
      if (byte === ESC_END) byte = END;
      else if (byte === ESC_ESC) byte = ESC;
    }
    plain[i] = byte;
  }
  return plain;
}

function escapeInto(frame: Uint8Array, into: ByteSink): void {
  let special = 0;
  for (const byte of frame) if (byte === END || byte === ESC) special++;
  if (special === 0) {
    into.append(frame);
    return;
  }
  const room = into.reserve(frame.length + special);
  let at = 0;
  for (const byte of frame) {
    if (byte === END || byte === ESC) {
      room[at++] = ESC;
      room[at++] = byte === END ? ESC_END : ESC_ESC;
    } else {
      room[at++] = byte;
    }
  }
}
