import type { ByteSink, Codec, Decoder, Encoder } from '../codec.ts';
import { FramingError } from '../errors.ts';
import { restOf } from './rest.ts';

/**
 * What a tee tells. An observer that throws is let go: it is not told of this direction again, the messages go on, and the exception is a
 * warning on the console.
 */
export interface FrameObserver<In, Out = In> {
  /** A message was decoded: the very one that is received. An observer changes nothing of it. */
  received?(frame: In): void;
  /** A message was encoded. */
  sent?(frame: Out): void;
  /** The peer's bytes are no messages: told once. */
  failed?(error: FramingError): void;
}

/** The same codec, watched: for logs, counters, recordings. */
export function tee<In, Out>(codec: Codec<In, Out>, observer: FrameObserver<In, Out>): Codec<In, Out> {
  return {
    name: codec.name,
    decoder: () => new TeeDecoder(codec.decoder(), observer),
    encoder: () => new TeeEncoder(codec.encoder(), observer),
  };
}

class TeeDecoder<In> implements Decoder<In> {
  readonly #inner: Decoder<In>;
  #observer: FrameObserver<In, never> | undefined;

  constructor(inner: Decoder<In>, observer: FrameObserver<In, never>) {
    this.#inner = inner;
    this.#observer = observer;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  push(chunk: Uint8Array): void {
    this.#inner.push(chunk);
  }

  next(): In | undefined {
    return this.#told('next');
  }

  end(): In | undefined {
    return this.#told('end');
  }

  rest(): Uint8Array {
    return restOf(this.#inner);
  }

  #told(method: 'next' | 'end'): In | undefined {
    let frame: In | undefined;
    try {
      frame = this.#inner[method]();
    } catch (error) {
      const observer = this.#observer;
      this.#observer = undefined;
      if (error instanceof FramingError) quietly(() => observer?.failed?.(error));
      throw error;
    }
    if (frame !== undefined && this.#observer !== undefined) {
      if (!quietly(() => this.#observer?.received?.(frame))) this.#observer = undefined;
    }
    return frame;
  }
}

class TeeEncoder<Out> implements Encoder<Out> {
  readonly #inner: Encoder<Out>;
  #observer: FrameObserver<never, Out> | undefined;

  constructor(inner: Encoder<Out>, observer: FrameObserver<never, Out>) {
    this.#inner = inner;
    this.#observer = observer;
  }

  encode(frame: Out, into: ByteSink): void {
    this.#inner.encode(frame, into);
    if (this.#observer === undefined) return;
    if (!quietly(() => this.#observer?.sent?.(frame))) this.#observer = undefined;
  }
}

/** False where the observer threw. A message that was decoded, or is on its way, must not be lost by who only looks on. */
function quietly(tell: () => void): boolean {
  try {
    tell();
    return true;
  } catch (error) {
    console.warn('tee: the observer threw, and is let go.', error);
    return false;
  }
}
