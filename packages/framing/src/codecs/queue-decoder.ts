import { ByteQueue } from '../byte-queue.ts';
import type { Decoder } from '../codec.ts';
import { FramingError, type FramingErrorCode } from '../errors.ts';

/** What the decoders here share: bytes wait in a queue, a failed decoder stays failed and holds nothing. */
export abstract class QueueDecoder<Frame> implements Decoder<Frame> {
  protected readonly queue: ByteQueue = new ByteQueue();
  #failure: FramingError | undefined;

  get bufferedBytes(): number {
    return this.queue.length;
  }

  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.queue.push(chunk);
  }

  next(): Frame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    return this.parse();
  }

  end(): Frame | undefined {
    const frame = this.next();
    return frame === undefined ? this.finish() : frame;
  }

  /** Gives up, between two frames, the bytes behind the last: for the codec that follows in mid-stream. */
  rest(): Uint8Array {
    return this.queue.take(this.queue.length);
  }

  /** The next frame from `queue`, or "need more". */
  protected abstract parse(): Frame | undefined;

  /** Called at the end of input with what `parse` could not use. */
  protected finish(): Frame | undefined {
    if (this.queue.length === 0) return undefined;
    return this.fail('TRUNCATED', `the input ended ${String(this.queue.length)} bytes into a frame`);
  }

  protected fail(code: FramingErrorCode, message: string): never {
    this.queue.clear();
    this.#failure = new FramingError(code, message);
    throw this.#failure;
  }
}
