import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { QueueDecoder } from './queue-decoder.ts';

/**
 * Every message has the same length: the first of the four structures of seed 004.
 *
 * ```
 * fixedLength(3)     41 42 43 44 45 46  →  [41 42 43] [44 45 46]
 * ```
 *
 * @param size bytes of each frame, 1 or more.
 * @throws FramingUsageError for another size, and from the encoder for a frame of another length.
 */
export function fixedLength(size: number): Codec<Uint8Array> {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new FramingUsageError(`size is ${String(size)}, expected a whole number of 1 or more`);
  }
  return {
    name: `fixedLength(${String(size)})`,
    decoder: () => new FixedLengthDecoder(size),
    encoder: () => ({
      encode(frame: Uint8Array, into: ByteSink): void {
        if (frame.length !== size) {
          throw new FramingUsageError(
            `the frame has ${String(frame.length)} bytes, the format ${String(size)}`,
          );
        }
        into.append(frame);
      },
    }),
  };
}

class FixedLengthDecoder extends QueueDecoder<Uint8Array> {
  readonly #size: number;

  constructor(size: number) {
    super();
    this.#size = size;
  }

  protected parse(): Uint8Array | undefined {
    return this.queue.length < this.#size ? undefined : this.queue.take(this.#size);
  }
}
