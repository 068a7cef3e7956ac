import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { QueueDecoder } from './queue-decoder.ts';

export interface UntilCloseOptions {
  /** The longest message. Default 8 MiB, the frame limit of tokio's `LengthDelimitedCodec`. */
  readonly maxBytes?: number;
}

/**
 * The message ends when the peer closes: the fourth structure of seed 004. One frame, from `end()`; none for an empty input.
 *
 * @throws FramingUsageError for an empty limit, and from the encoder for a frame above it.
 */
export function untilClose(options: UntilCloseOptions = {}): Codec<Uint8Array> {
  const { maxBytes = 8 * 1024 * 1024 } = options;
  if (!(maxBytes >= 1)) throw new FramingUsageError(`maxBytes is ${String(maxBytes)}, expected 1 or more`);
  return {
    name: 'untilClose',
    decoder: () => new UntilCloseDecoder(maxBytes),
    encoder: () => ({
      encode(frame: Uint8Array, into: ByteSink): void {
        if (frame.length > maxBytes)
          throw new FramingUsageError(`the frame has more than ${String(maxBytes)} bytes`);
        into.append(frame);
      },
    }),
  };
}

class UntilCloseDecoder extends QueueDecoder<Uint8Array> {
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
  }

  protected parse(): undefined {
    if (this.queue.length > this.#maxBytes) {
      this.fail('TOO_LARGE', `the message has more than ${String(this.#maxBytes)} bytes`);
    }
  }

  protected override finish(): Uint8Array | undefined {
    return this.queue.length === 0 ? undefined : this.queue.take(this.queue.length);
  }
}
