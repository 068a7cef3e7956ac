import type { ByteStream, Deadline } from '@wirestack/socket';
import { ByteBuffer } from './byte-sink.ts';
import type { Codec, Decoder, Encoder } from './codec.ts';
import { FramingUsageError } from './errors.ts';

export interface FramedOptions {
  /** Frames of one batch at most, so that a peer that sends a million tiny ones cannot hold the turn. Default 1,024. */
  readonly batchLimit?: number;
}

/** A stream of bytes seen as a stream of messages. */
export interface Framed<In, Out = In> extends AsyncIterable<In> {
  readonly stream: ByteStream;
  /**
   * The next message; `undefined` once the peer finished. A cancelled receive loses nothing.
   * Rejects with `FramingError` where the bytes are no frame, after all frames before them were received; with `SocketError`.
   */
  receive(options?: Deadline): Promise<In | undefined>;
  /** The fast path: the messages of each chunk that arrives, as one array, without a promise a message. */
  batches(): AsyncIterableIterator<In[]>;
  /**
   * Queues a message. What is sent in one turn leaves in one write; resolves when more may be sent. Throws `FramingUsageError`
   * for a message that the format cannot carry.
   */
  send(frame: Out): Promise<void>;
  /** Sends what is queued, then half-closes: the peer sees the end, and its answers can still be received. */
  end(options?: Deadline): Promise<void>;
}

/**
 * Joins a codec to a stream. The stream stays the caller's: close or abort it when done, and after a `FramingError`.
 * Leaving a loop over the messages early loses none of them.
 *
 * @throws FramingUsageError for a batch limit that is no whole number of 1 or more.
 */
export function framed<In, Out>(
  stream: ByteStream,
  codec: Codec<In, Out>,
  options: FramedOptions = {},
): Framed<In, Out> {
  const { batchLimit = 1024 } = options;
  if (!Number.isSafeInteger(batchLimit) || batchLimit < 1) {
    throw new FramingUsageError(`batchLimit is ${String(batchLimit)}, expected a whole number of 1 or more`);
  }
  return new FramedStream(stream, codec, batchLimit);
}

class FramedStream<In, Out> implements Framed<In, Out> {
  readonly stream: ByteStream;
  readonly #decoder: Decoder<In>;
  readonly #codec: Codec<In, Out>;
  readonly #batchLimit: number;
  readonly #sink = new ByteBuffer();
  #ended = false;
  #flushing: Promise<void> | undefined;
  #encoder: Encoder<Out> | undefined;

  constructor(stream: ByteStream, codec: Codec<In, Out>, batchLimit: number) {
    this.stream = stream;
    this.#codec = codec;
    this.#decoder = codec.decoder();
    this.#batchLimit = batchLimit;
  }

  async receive(options?: Deadline): Promise<In | undefined> {
    for (;;) {
      const frame = this.#ended ? this.#decoder.end() : this.#decoder.next();
      if (frame !== undefined || this.#ended) return frame;
      await this.#readMore(options);
    }
  }

  async *batches(): AsyncIterableIterator<In[]> {
    for (;;) {
      const batch: In[] = [];
      let failure: { error: unknown } | undefined;
      try {
        for (let frame; batch.length < this.#batchLimit; batch.push(frame)) {
          frame = this.#ended ? this.#decoder.end() : this.#decoder.next();
          if (frame === undefined) break;
        }
      } catch (error) {
        failure = { error };
      }
      if (batch.length > 0) yield batch;
      if (failure !== undefined) throw failure.error;
      if (batch.length === this.#batchLimit) continue;
      if (this.#ended) return;
      await this.#readMore();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<In, void, undefined> {
    for (;;) {
      const frame = await this.receive();
      if (frame === undefined) return;
      yield frame;
    }
  }

  send(frame: Out): Promise<void> {
    this.#encoder ??= this.#codec.encoder();
    this.#encoder.encode(frame, this.#sink);
    if (this.#flushing === undefined) {
      const flushing = (this.#flushing = this.#flushSoon());
      flushing.catch(() => undefined);
    }
    return this.#flushing;
  }

  async end(options?: Deadline): Promise<void> {
    // What was sent in this turn is with the stream before its end is; the stream then keeps them in order.
    await Promise.resolve();
    await this.stream.shutdown('write', options);
  }

  async #readMore(options?: Deadline): Promise<void> {
    const chunk = await this.stream.read(options);
    if (chunk === undefined) this.#ended = true;
    else this.#decoder.push(chunk);
  }

  /** A turn of the microtask queue later, so that all that is sent in this one goes together. */
  async #flushSoon(): Promise<void> {
    await Promise.resolve();
    this.#flushing = undefined;
    let written: Promise<void> | undefined;
    this.stream.cork();
    for (const chunk of this.#sink.take()) written = this.stream.write(chunk);
    this.stream.uncork();
    await written;
  }
}
