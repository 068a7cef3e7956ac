import type { Decoder } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';

/** A decoder that another may follow in mid-stream: every `QueueDecoder` is one. */
export interface YieldingDecoder<Frame> extends Decoder<Frame> {
  /** Gives up, between two frames, the bytes behind the last. */
  rest(): Uint8Array;
}

export function canYield<Frame>(decoder: Decoder<Frame>): decoder is YieldingDecoder<Frame> {
  return 'rest' in decoder && typeof decoder.rest === 'function';
}

/** @throws FramingUsageError where it holds bytes and cannot give them up. */
export function restOf(decoder: Decoder<unknown>): Uint8Array {
  if (canYield(decoder)) return decoder.rest();
  if (decoder.bufferedBytes === 0) return new Uint8Array(0);
  throw new FramingUsageError('the decoder holds bytes and has no rest() to give them up with');
}
