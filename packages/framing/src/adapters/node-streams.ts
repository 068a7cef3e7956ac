/** `@wirestack/framing/node`: codecs as `Transform` streams of node, for `pipeline` and the rest of its world. */
import { Transform, type TransformCallback } from 'node:stream';
import { ByteBuffer } from '../byte-sink.ts';
import type { Codec, Decoder, Encoder } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';

/**
 * A codec's decoder: bytes in, messages out (object mode). `highWaterMark` is of messages, 16 by default, as node has it for objects.
 *
 * Messages are decoded as they are read, so that a chunk never becomes a thousand objects in a queue. Where the bytes are no messages it
 * is destroyed with the `FramingError` once the messages before have been read; with `TRUNCATED` where it is ended inside a message.
 */
export function decoderTransform<In>(
  codec: Pick<Codec<In>, 'decoder'>,
  options: { readonly highWaterMark?: number } = {},
): Transform {
  return new DecoderTransform(codec.decoder(), options.highWaterMark ?? 16);
}

/**
 * A codec's encoder: messages in (object mode), bytes out. `highWaterMark` is of bytes, 65,536 by default. A message that the format
 * cannot carry destroys it with `FramingUsageError`, once the bytes of those before have been read.
 */
export function encoderTransform<Out>(
  codec: Pick<Codec<unknown, Out>, 'encoder'>,
  options: { readonly highWaterMark?: number } = {},
): Transform {
  return new EncoderTransform(codec.encoder(), options.highWaterMark ?? 65_536);
}

/** Destroyed with an error, a stream of node's drops what waits to be read: this one waits until it has been. */
class PatientTransform extends Transform {
  #failure: Error | undefined;

  override read(size?: number): unknown {
    const item: unknown = super.read(size);
    this.#destroyIfRead();
    return item;
  }

  protected failAfterReading(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error(String(error), { cause: error });
    this.#destroyIfRead();
  }

  #destroyIfRead(): void {
    const failure = this.#failure;
    if (failure === undefined || this.readableLength > 0) return;
    this.#failure = undefined;
    // Not before whoever reads has got what `read()` is about to answer.
    setImmediate(() => this.destroy(failure));
  }
}

class DecoderTransform<In> extends PatientTransform {
  readonly #decoder: Decoder<In>;
  #isEnded = false;
  /** A chunk, or the end, of which not all messages were taken. */
  #undone: TransformCallback | undefined;

  constructor(decoder: Decoder<In>, highWaterMark: number) {
    super({ readableObjectMode: true, readableHighWaterMark: highWaterMark });
    this.#decoder = decoder;
  }

  override _transform(chunk: Uint8Array, _encoding: string, done: TransformCallback): void {
    this.#decoder.push(chunk);
    this.#undone = done;
    this.#move();
  }

  override _flush(done: TransformCallback): void {
    this.#isEnded = true;
    this.#undone = done;
    this.#move();
  }

  override _read(size: number): void {
    if (this.#undone === undefined) super._read(size);
    else this.#move();
  }

  #move(): void {
    try {
      for (;;) {
        const message = this.#isEnded ? this.#decoder.end() : this.#decoder.next();
        if (message === undefined) break;
        if (message === null)
          throw new FramingUsageError('null is the end of a stream of node: it cannot carry it');
        if (!this.push(message)) return;
      }
    } catch (error) {
      this.#undone = undefined;
      this.failAfterReading(error);
      return;
    }
    const done = this.#undone;
    this.#undone = undefined;
    done?.();
  }
}

class EncoderTransform<Out> extends PatientTransform {
  readonly #encoder: Encoder<Out>;
  readonly #buffer = new ByteBuffer();

  constructor(encoder: Encoder<Out>, highWaterMark: number) {
    super({ writableObjectMode: true, readableHighWaterMark: highWaterMark });
    this.#encoder = encoder;
  }

  override _transform(frame: Out, _encoding: string, done: TransformCallback): void {
    try {
      this.#encoder.encode(frame, this.#buffer);
    } catch (error) {
      this.failAfterReading(error);
      return;
    }
    for (const chunk of this.#buffer.take()) this.push(chunk);
    done();
  }
}
