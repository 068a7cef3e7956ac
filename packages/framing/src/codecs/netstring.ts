import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { oversize, type Oversize, type OversizeOptions } from './oversize.ts';
import { QueueDecoder } from './queue-decoder.ts';

/**
 * Netstrings (D. J. Bernstein 1997, https://cr.yp.to/proto/netstrings.txt): the length in decimal digits, a colon, the bytes, a comma.
 *
 * ```
 * 5:hello,0:,     35 3a 68 65 6c 6c 6f 2c 30 3a 2c     →  [68 65 6c 6c 6f] []
 * ```
 *
 * A length has no sign and no leading zero, and the comma must be there: anything else is `MALFORMED`. `maxBytes` is 8 MiB by
 * default, as for {@link lengthPrefix} (Twisted takes 99,999). A length of more than 15 digits is `TOO_LARGE` even where longer
 * frames are skipped.
 *
 * @throws FramingUsageError for a limit that is no whole number, and from the encoder for a frame above it.
 */
export function netstring(options: OversizeOptions = {}): Codec<Uint8Array> {
  const limit = oversize(options, 8 * 1024 * 1024, 0);
  return {
    name: 'netstring',
    decoder: () => new NetstringDecoder(limit),
    encoder: () => ({
      encode(frame: Uint8Array, into: ByteSink): void {
        if (frame.length > limit.maxBytes) {
          throw new FramingUsageError(`the frame has more than ${String(limit.maxBytes)} bytes`);
        }
        const digits = String(frame.length);
        const head = into.reserve(digits.length + 1);
        for (let i = 0; i < digits.length; i++) head[i] = digits.charCodeAt(i);
        head[digits.length] = colon;
        into.append(frame);
        into.reserve(1)[0] = comma;
      },
    }),
  };
}

const zero = 48;
const colon = 58;
const comma = 44;
/** Numbers of so many digits are exact. */
const maxDigits = 15;
/** Of so many the engine counts in integers. */
const maxQuickDigits = 9;

class NetstringDecoder extends QueueDecoder<Uint8Array> {
  readonly #limit: Oversize;
  /** Bytes of the frame that comes next, or of what is left of one that is skipped; -1 until its length is read. */
  #bytes = -1;
  #skips = false;

  constructor(limit: Oversize) {
    super();
    this.#limit = limit;
  }

  protected parse(): Uint8Array | undefined {
    const { queue } = this;
    for (;;) {
      const quick = this.#bytes < 0 ? this.#readQuickly() : undefined;
      if (quick !== undefined) return quick;
      if (this.#bytes < 0 && !this.#readLength()) return undefined;
      if (this.#skips) this.#drop();
      if (queue.length <= this.#bytes) return undefined;
      if (queue.at(this.#bytes) !== comma) this.fail('MALFORMED', 'no comma behind a netstring');
      const frame = queue.cut(0, this.#bytes, 1);
      this.#bytes = -1;
      if (!this.#skips) return frame;
      this.#skips = false;
    }
  }

  protected override finish(): undefined {
    if (this.#bytes >= 0) this.fail('TRUNCATED', 'the input ended inside a netstring');
    super.finish();
  }

  /**
   * A frame that is all there, in one chunk, and in order; else `undefined`, and nothing has changed: the careful way finds out what to do.
   * Frames of 100 bytes decode 1.3 times as fast with it.
   */
  #readQuickly(): Uint8Array | undefined {
    const { queue } = this;
    const { head, start, end } = queue;
    const stop = Math.min(start + maxQuickDigits, end);
    let at = start;
    let bytes = 0;
    for (let digit; at < stop && (digit = (head[at] as number) - zero) >= 0 && digit <= 9; at++) {
      bytes = bytes * 10 + digit;
    }
    const digits = at - start;
    const last = at + 1 + bytes;
    if (digits === 0 || (digits > 1 && head[start] === zero) || last >= end - 1) return undefined;
    if (bytes > this.#limit.maxBytes || head[at] !== colon || head[last] !== comma) return undefined;
    return queue.cut(digits + 1, bytes, 1);
  }

  #readLength(): boolean {
    const { queue } = this;
    const { maxBytes, skips, onSkip } = this.#limit;
    let bytes = 0;
    for (let i = 0; i < queue.length; i++) {
      const byte = queue.at(i);
      if (byte === colon && i > 0) {
        queue.skip(i + 1);
        this.#bytes = bytes;
        this.#skips = bytes > maxBytes;
        if (this.#skips) onSkip?.(bytes);
        return true;
      }
      const digit = byte - zero;
      if (digit < 0 || digit > 9) this.fail('MALFORMED', 'a length that is not made of digits');
      if (i > 0 && bytes === 0) this.fail('MALFORMED', 'a length with a leading zero');
      bytes = bytes * 10 + digit;
      if (i === maxDigits || (!skips && bytes > maxBytes)) {
        this.fail('TOO_LARGE', `a frame of ${String(bytes)} bytes or more, the limit is ${String(maxBytes)}`);
      }
    }
    return false;
  }

  #drop(): void {
    const step = Math.min(this.#bytes, this.queue.length);
    this.queue.skip(step);
    this.#bytes -= step;
  }
}
