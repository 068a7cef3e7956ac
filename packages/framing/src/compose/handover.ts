import type { ByteSink, Codec, Decoder, Encoder } from '../codec.ts';
import { FramingError, FramingUsageError } from '../errors.ts';
import { canYield, restOf } from './rest.ts';

/** Which format follows, asked with each message of the first; `undefined` while the first goes on. */
export interface Handover<A, B, AOut = A, BOut = B> {
  /** The peer sent this: what does it send from here on? What this throws makes the message `MALFORMED`. */
  received?(frame: A): Codec<B, BOut> | undefined;
  /** This is about to be sent: what is sent after it? What this throws is thrown by `encode`, and nothing is sent. */
  sent?(frame: AOut): Codec<B, BOut> | undefined;
}

/**
 * A format that is followed by another in mid-stream: a handshake in lines, then frames. Bytes that came along with the last message of the
 * first are the second's.
 *
 * ```
 * handover(lines(), { received: (line) => (line === 'GO' ? lengthPrefix() : undefined) })
 *                     48 49 0a  47 4f 0a  00 00 00 02 4f 4b      →  'HI' 'GO' [4f 4b]
 * ```
 *
 * Each direction changes by itself: a decoder knows what was received, an encoder what was sent. Where what is received changes what is
 * sent, too, `switchTo` of `framed()` does both. For three formats the second is a handover itself.
 *
 * @throws FramingUsageError where `received` is given and the first codec's decoder has no `rest()` to give up the bytes behind a message.
 */
export function handover<A, B, AOut = A, BOut = B>(
  first: Codec<A, AOut>,
  next: Handover<A, B, AOut, BOut>,
): Codec<A | B, AOut | BOut> {
  if (next.received !== undefined && !canYield(first.decoder())) {
    throw new FramingUsageError(`${first.name} cannot be followed: its decoder has no rest()`);
  }
  return {
    name: `handover(${first.name})`,
    // Before the format changes a frame is one of the first: that is what makes the casts true.
    decoder: () => new HandoverDecoder<A | B>(first.decoder(), (frame) => next.received?.(frame as A)),
    encoder: () => new HandoverEncoder<AOut | BOut>(first.encoder(), (frame) => next.sent?.(frame as AOut)),
  };
}

type Next<Frame, Format> = (frame: Frame) => Format | undefined;

class HandoverDecoder<Frame> implements Decoder<Frame> {
  #current: Decoder<Frame>;
  /** What may follow; `undefined` once that is decided. */
  #next: Next<Frame, Pick<Codec<Frame>, 'decoder'>> | undefined;
  #failure: FramingError | undefined;

  constructor(first: Decoder<Frame>, next: Next<Frame, Pick<Codec<Frame>, 'decoder'>>) {
    this.#current = first;
    this.#next = next;
  }

  get bufferedBytes(): number {
    return this.#failure === undefined ? this.#current.bufferedBytes : 0;
  }

  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.#current.push(chunk);
  }

  next(): Frame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#followed(this.#current.next());
  }

  end(): Frame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#followed(this.#current.end());
  }

  rest(): Uint8Array {
    return restOf(this.#current);
  }

  #followed(frame: Frame | undefined): Frame | undefined {
    if (frame === undefined || this.#next === undefined) return frame;
    const following = this.#ask(this.#next, frame)?.decoder();
    if (following === undefined) return frame;
    const rest = restOf(this.#current);
    // One that is a handover, too, is taken over, not nested: a protocol may go back and forth for ever.
    const isHandover = following instanceof HandoverDecoder;
    this.#next = isHandover ? (following as HandoverDecoder<Frame>).#next : undefined;
    this.#current = isHandover ? (following as HandoverDecoder<Frame>).#current : following;
    this.#current.push(rest);
    return frame;
  }

  #ask<Format>(next: Next<Frame, Format>, frame: Frame): Format | undefined {
    try {
      return next(frame);
    } catch (cause) {
      this.#failure = cause instanceof FramingError ? cause : refused(cause);
      throw this.#failure;
    }
  }
}

class HandoverEncoder<Frame> implements Encoder<Frame> {
  #current: Encoder<Frame>;
  #next: Next<Frame, Pick<Codec<unknown, Frame>, 'encoder'>> | undefined;

  constructor(first: Encoder<Frame>, next: Next<Frame, Pick<Codec<unknown, Frame>, 'encoder'>>) {
    this.#current = first;
    this.#next = next;
  }

  encode(frame: Frame, into: ByteSink): void {
    const codec = this.#next?.(frame);
    this.#current.encode(frame, into);
    const following = codec?.encoder();
    if (following === undefined) return;
    const isHandover = following instanceof HandoverEncoder;
    this.#next = isHandover ? (following as HandoverEncoder<Frame>).#next : undefined;
    this.#current = isHandover ? (following as HandoverEncoder<Frame>).#current : following;
  }
}

function refused(cause: unknown): FramingError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const error = new FramingError('MALFORMED', `the message was refused: ${why}`);
  error.cause = cause;
  return error;
}
