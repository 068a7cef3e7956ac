import type { ByteStream, Deadline } from '@wirestack/socket';
import { ByteBuffer } from './byte-sink.ts';
import type { Codec, Encoder } from './codec.ts';

/** The writing half of a framed stream: what is encoded in one turn of the microtask queue leaves in one write. */
export class FrameSink<Out> {
  readonly #stream: ByteStream;
  readonly #codec: Pick<Codec<unknown, Out>, 'encoder'>;
  readonly #buffer = new ByteBuffer();
  #encoder: Encoder<Out> | undefined;
  #flushing: Promise<void> | undefined;
  /** The last write. */
  #written = ready;
  #isCorked = false;

  constructor(stream: ByteStream, codec: Pick<Codec<unknown, Out>, 'encoder'>) {
    this.#stream = stream;
    this.#codec = codec;
  }

  /** Throws what the encoder throws; then nothing of the frame is sent. */
  encode(frame: Out): void {
    this.#encoder ??= this.#codec.encoder();
    this.#encoder.encode(frame, this.#buffer);
  }

  /** A turn of the microtask queue later, so that all that is encoded in this one goes together. */
  flushSoon(): Promise<void> {
    if (this.#flushing === undefined) {
      this.#flushing = this.#flushLater();
      this.#flushing.catch(() => undefined);
    }
    return this.#flushing;
  }

  /** Now. With a deadline, at which the stream is aborted, as its `write` has it. Resolves when more may be written. */
  flush(options?: Deadline): Promise<void> {
    if (this.#buffer.length === 0) return this.#written;
    const chunks = this.#buffer.take();
    const last = chunks.length - 1;
    if (last === 0) return (this.#written = this.#stream.write(chunks[0] as Uint8Array, options));
    this.#stream.cork();
    for (const [index, chunk] of chunks.entries()) {
      this.#written = this.#stream.write(chunk, index === last ? options : undefined);
    }
    this.#stream.uncork();
    return this.#written;
  }

  /** Now, with a deadline of its own, and yet in one write with the rest of the turn. */
  flushWithin(options: Deadline): Promise<void> {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#stream.cork();
      queueMicrotask(() => {
        this.#isCorked = false;
        this.#stream.uncork();
      });
    }
    return this.flush(options);
  }

  async #flushLater(): Promise<void> {
    await Promise.resolve();
    this.#flushing = undefined;
    await this.flush();
  }
}

const ready = Promise.resolve();
