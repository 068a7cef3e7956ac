import { PatternSearch } from '../byte-queue.ts';
import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { oversize, type Oversize, type OversizeOptions } from './oversize.ts';
import { QueueDecoder } from './queue-decoder.ts';

export interface HeadersOptions extends OversizeOptions {
  /** The longest body. Default 8 MiB, as {@link lengthPrefix}; nothing is reserved on the word of a header. */
  readonly maxBytes?: number;
  /** The longest header part, its empty line included. Default 4,096: the two fields there are take under a hundred. */
  readonly maxHeaderBytes?: number;
}

/**
 * Header fields with `Content-Length`, an empty line, the body: the base protocol of LSP and DAP.
 *
 * ```
 * Content-Length: 2\r\n\r\n{}  →  [7b 7d]
 * ```
 *
 * Field names are taken in any case, other fields are ignored. A length is ASCII digits and nothing else, and there is exactly one:
 * anything else is `MALFORMED`.
 *
 * @throws FramingUsageError for a limit that is no whole number, and from the encoder for a body above the limit.
 */
export function headers(options: HeadersOptions = {}): Codec<Uint8Array> {
  const { maxHeaderBytes = 4096 } = options;
  const limit = oversize(options, 8 * 1024 * 1024, 0);
  if (!Number.isSafeInteger(maxHeaderBytes) || maxHeaderBytes < 0) {
    throw new FramingUsageError(
      `maxHeaderBytes is ${String(maxHeaderBytes)}, expected a whole number of 0 or more`,
    );
  }
  return {
    name: 'headers',
    decoder: () => new HeadersDecoder(limit, maxHeaderBytes),
    encoder: () => ({
      encode(body: Uint8Array, into: ByteSink): void {
        if (body.length > limit.maxBytes) {
          throw new FramingUsageError(`a body above ${String(limit.maxBytes)} bytes`);
        }
        const head = `Content-Length: ${String(body.length)}\r\n\r\n`;
        const room = into.reserve(head.length);
        for (let i = 0; i < head.length; i++) room[i] = head.charCodeAt(i);
        into.append(body);
      },
    }),
  };
}

const emptyLine = new Uint8Array([13, 10, 13, 10]);

class HeadersDecoder extends QueueDecoder<Uint8Array> {
  readonly #limit: Oversize;
  readonly #maxHeaderBytes: number;
  readonly #search = new PatternSearch(emptyLine);
  /** Of the body that comes next, or what is left of one that is skipped; -1 until its header is read. */
  #bodyBytes = -1;
  #skips = false;

  constructor(limit: Oversize, maxHeaderBytes: number) {
    super();
    this.#limit = limit;
    this.#maxHeaderBytes = maxHeaderBytes;
  }

  protected parse(): Uint8Array | undefined {
    for (;;) {
      if (this.#bodyBytes < 0 && !this.#readHeader()) return undefined;
      if (this.#skips) this.#drop();
      if (this.queue.length < this.#bodyBytes) return undefined;
      const body = this.queue.take(this.#bodyBytes);
      this.#bodyBytes = -1;
      if (!this.#skips) return body;
      this.#skips = false;
    }
  }

  protected override finish(): undefined {
    if (this.#bodyBytes >= 0) this.fail('TRUNCATED', 'the input ended inside a body');
    super.finish();
  }

  #readHeader(): boolean {
    const end = this.queue.find(this.#search);
    if (end > this.#maxHeaderBytes || (end < 0 && this.queue.length >= this.#maxHeaderBytes)) {
      this.fail('TOO_LARGE', `a header of more than ${String(this.#maxHeaderBytes)} bytes`);
    }
    if (end < 0) return false;
    this.#search.restart();
    const head = this.queue.take(end);
    const length = this.#contentLength(head);
    const { maxBytes, skips, onSkip } = this.#limit;
    this.#skips = length > maxBytes;
    if (this.#skips && !skips) {
      this.fail('TOO_LARGE', `a body of ${String(length)} bytes, the limit is ${String(maxBytes)}`);
    }
    this.#bodyBytes = length;
    if (this.#skips) onSkip?.(length);
    return true;
  }

  /** What is there of a body that is skipped. At its end, nothing is left of it. */
  #drop(): void {
    const step = Math.min(this.#bodyBytes, this.queue.length);
    this.queue.skip(step);
    this.#bodyBytes -= step;
  }

  #contentLength(head: Uint8Array): number {
    let length = -1;
    for (const line of fieldLines(head)) {
      const colon = line.indexOf(':');
      if (colon < 1) this.fail('MALFORMED', `a header field without a name: ${quote(line)}`);
      if (line.slice(0, colon).toLowerCase() !== 'content-length') continue;
      const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
      if (!/^[0-9]{1,15}$/.test(value)) this.fail('MALFORMED', `Content-Length is ${quote(value)}`);
      if (length >= 0) this.fail('MALFORMED', 'two Content-Length fields');
      length = Number(value);
    }
    if (length < 0) this.fail('MALFORMED', 'a header without Content-Length');
    return length;
  }
}

/** The lines before the empty one, as latin1. */
function fieldLines(head: Uint8Array): string[] {
  let text = '';
  for (let i = 0; i < head.length - emptyLine.length; i++) text += String.fromCharCode(head[i] as number);
  return text.split('\r\n');
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
