import type { ByteSink, Codec, Decoder, Encoder } from '../codec.ts';
import { FramingError, FramingUsageError } from '../errors.ts';
import { restOf } from './rest.ts';

/**
 * What a message becomes on its way out of a decoder, and on its way into an encoder: text, JSON, a checked type.
 *
 * `decode` throws where the peer's message makes no sense, `encode` where the caller's cannot be sent. Neither may answer `undefined`,
 * which is "need more".
 */
export interface Transform<InnerIn, In, Out = In, InnerOut = InnerIn> {
  readonly name: string;
  decode(frame: InnerIn): In;
  encode(value: Out): InnerOut;
}

/**
 * A codec whose messages go through `transforms`, the first next to the bytes:
 *
 * ```
 * chain(lengthPrefix(), utf8(), json({ text: true }))      00 00 00 07 7b 22 61 22 3a 31 7d  ⇄  {"a":1}  ⇄  { a: 1 }
 * ```
 *
 * What a transform's `decode` throws ends the decoder as `FramingError` `MALFORMED` with it as the `cause`; a `FramingError` stays what
 * it is. What `encode` throws becomes `FramingUsageError` in the same way, and nothing is sent.
 */
export function chain<In, Out>(codec: Codec<In, Out>): Codec<In, Out>;
export function chain<A, AOut, In, Out>(
  codec: Codec<A, AOut>,
  first: Transform<A, In, Out, AOut>,
): Codec<In, Out>;
export function chain<A, AOut, B, BOut, In, Out>(
  codec: Codec<A, AOut>,
  first: Transform<A, B, BOut, AOut>,
  second: Transform<B, In, Out, BOut>,
): Codec<In, Out>;
export function chain<A, AOut, B, BOut, C, COut, In, Out>(
  codec: Codec<A, AOut>,
  first: Transform<A, B, BOut, AOut>,
  second: Transform<B, C, COut, BOut>,
  third: Transform<C, In, Out, COut>,
): Codec<In, Out>;
export function chain<A, AOut, B, BOut, C, COut, D, DOut, In, Out>(
  codec: Codec<A, AOut>,
  first: Transform<A, B, BOut, AOut>,
  second: Transform<B, C, COut, BOut>,
  third: Transform<C, D, DOut, COut>,
  fourth: Transform<D, In, Out, DOut>,
): Codec<In, Out>;
export function chain(codec: Codec<unknown>, ...transforms: AnyTransform[]): Codec<unknown> {
  return {
    name: [codec.name, ...transforms.map(({ name }) => name)].join(' > '),
    decoder: () => new ChainDecoder(codec.decoder(), transforms),
    encoder: () => new ChainEncoder(codec.encoder(), transforms.toReversed()),
  };
}

type AnyTransform = Transform<unknown, unknown>;

class ChainDecoder implements Decoder<unknown> {
  readonly #inner: Decoder<unknown>;
  readonly #transforms: readonly AnyTransform[];
  #failure: FramingError | undefined;

  constructor(inner: Decoder<unknown>, transforms: readonly AnyTransform[]) {
    this.#inner = inner;
    this.#transforms = transforms;
  }

  get bufferedBytes(): number {
    return this.#failure === undefined ? this.#inner.bufferedBytes : 0;
  }

  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.#inner.push(chunk);
  }

  next(): unknown {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#transformed(this.#inner.next());
  }

  end(): unknown {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#transformed(this.#inner.end());
  }

  rest(): Uint8Array {
    return restOf(this.#inner);
  }

  #transformed(frame: unknown): unknown {
    if (frame === undefined) return undefined;
    for (const transform of this.#transforms) {
      try {
        frame = transform.decode(frame);
      } catch (cause) {
        this.#fail(
          cause instanceof FramingError ? cause : malformed(`${transform.name}: ${said(cause)}`, cause),
        );
      }
      if (frame === undefined) this.#fail(malformed(`${transform.name} made nothing of the message`));
    }
    return frame;
  }

  #fail(error: FramingError): never {
    this.#failure = error;
    throw error;
  }
}

class ChainEncoder implements Encoder<unknown> {
  readonly #inner: Encoder<unknown>;
  /** The last first. */
  readonly #transforms: readonly AnyTransform[];

  constructor(inner: Encoder<unknown>, transforms: readonly AnyTransform[]) {
    this.#inner = inner;
    this.#transforms = transforms;
  }

  encode(frame: unknown, into: ByteSink): void {
    for (const transform of this.#transforms) {
      try {
        frame = transform.encode(frame);
      } catch (cause) {
        if (cause instanceof FramingUsageError) throw cause;
        const error = new FramingUsageError(`${transform.name}: ${said(cause)}`);
        error.cause = cause;
        throw error;
      }
    }
    this.#inner.encode(frame, into);
  }
}

function malformed(message: string, cause?: unknown): FramingError {
  const error = new FramingError('MALFORMED', message);
  if (cause !== undefined) error.cause = cause;
  return error;
}

function said(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
