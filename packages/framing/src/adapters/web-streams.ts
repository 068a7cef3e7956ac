import { ByteBuffer } from '../byte-sink.ts';
import type { Codec, Decoder, Encoder } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { streamsThrough, type Machine } from './streams-through.ts';

export interface DecoderStreamOptions {
  /** Messages that wait to be read before the bytes behind them are left undecoded. Default 16, as node's streams of objects. */
  readonly highWaterMark?: number;
}

export interface EncoderStreamOptions {
  /**
   * Bytes that wait to be read before writing a message has to wait. Default 65,536, one read of libuv. What waits is read as one chunk.
   */
  readonly highWaterMark?: number;
}

/**
 * A codec's decoder for the streams of the web: `response.body.pipeThrough(decoderStream(lines()))`. Runs in browsers.
 *
 * Messages are decoded as they are read: the write of a chunk is done when its messages have been taken, so that a chunk never becomes a
 * thousand objects in a queue. Where the bytes are no messages the writer fails with the `FramingError`, and the reader after the
 * messages before; with `TRUNCATED` where the writer closes inside a message. `cancel()` and `abort()` reach the other end at once.
 *
 * A message may share memory with the chunk it came in: `slice()` it before its buffer is transferred.
 *
 * @throws FramingUsageError for a mark below 0.
 */
export function decoderStream<In>(
  codec: Pick<Codec<In>, 'decoder'>,
  options: DecoderStreamOptions = {},
): TransformStream<Uint8Array, In> {
  const highWaterMark = mark(options.highWaterMark ?? 16);
  return streamsThrough(new Decoding(codec.decoder()), highWaterMark);
}

/**
 * A codec's encoder for the streams of the web. Messages come out as bytes of their own, which may be transferred. A message that the
 * format cannot carry fails the writer with `FramingUsageError`, and the reader after the messages before.
 *
 * @throws FramingUsageError for a mark below 0.
 */
export function encoderStream<Out>(
  codec: Pick<Codec<unknown, Out>, 'encoder'>,
  options: EncoderStreamOptions = {},
): TransformStream<Out, Uint8Array> {
  const highWaterMark = mark(options.highWaterMark ?? 65_536);
  return streamsThrough(new Encoding(codec.encoder(), highWaterMark), 0);
}

function mark(highWaterMark: number): number {
  if (highWaterMark >= 0) return highWaterMark;
  throw new FramingUsageError(`highWaterMark is ${String(highWaterMark)}, expected 0 or more`);
}

class Decoding<In> implements Machine<Uint8Array, In> {
  readonly hasRoom = false;
  readonly #decoder: Decoder<In>;
  #isEnded = false;

  constructor(decoder: Decoder<In>) {
    this.#decoder = decoder;
  }

  put(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  end(): void {
    this.#isEnded = true;
  }

  take(): In | undefined {
    return this.#isEnded ? this.#decoder.end() : this.#decoder.next();
  }
}

class Encoding<Out> implements Machine<Out, Uint8Array> {
  readonly #encoder: Encoder<Out>;
  readonly #highWaterMark: number;
  readonly #buffer = new ByteBuffer();

  constructor(encoder: Encoder<Out>, highWaterMark: number) {
    this.#encoder = encoder;
    this.#highWaterMark = highWaterMark;
  }

  get hasRoom(): boolean {
    return this.#buffer.length < this.#highWaterMark;
  }

  put(frame: Out): void {
    this.#encoder.encode(frame, this.#buffer);
  }

  end(): void {
    // Nothing is held back that an end would set free.
  }

  /** Copied, for a byte stream that this is piped into takes the memory away, and with it that of messages still to come. */
  take(): Uint8Array | undefined {
    if (this.#buffer.length === 0) return undefined;
    const bytes = new Uint8Array(this.#buffer.length);
    let at = 0;
    for (const chunk of this.#buffer.take()) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
