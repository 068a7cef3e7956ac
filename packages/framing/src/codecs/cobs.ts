import { PatternSearch } from '../byte-queue.ts';
import type { ByteSink, Codec } from '../codec.ts';
import { FramingError, FramingUsageError } from '../errors.ts';
import { MarkedDecoder } from './marked-decoder.ts';
import { oversize, type Oversize, type OversizeOptions } from './oversize.ts';

/**
 * COBS (Cheshire and Baker, "Consistent Overhead Byte Stuffing", 1999): frames end with a zero byte, and have none inside. Each code
 * byte says where the next zero of the frame was; at most one byte in 254 is added.
 *
 * ```
 * frame              on the wire
 * 11 22 00 33        03 11 22 02 33 00
 * (empty)            01 00
 * ```
 *
 * Nothing between two zeros is no frame. `maxBytes` counts the frame as it was; default 65,536, as {@link delimiter}. `onSkip` is
 * told the bytes on the wire.
 *
 * @throws FramingUsageError for an empty limit, and from the encoder for a frame above it.
 */
export function cobs(options: OversizeOptions = {}): Codec<Uint8Array> {
  const limit = oversize(options, 65_536);
  return {
    name: 'cobs',
    decoder: () => new CobsDecoder(limit),
    encoder: () => ({
      encode(frame: Uint8Array, into: ByteSink): void {
        if (frame.length > limit.maxBytes) {
          throw new FramingUsageError(`the frame has more than ${String(limit.maxBytes)} bytes`);
        }
        into.append(cobsEncode(frame));
        into.reserve(1)[0] = 0;
      },
    }),
  };
}

/** One frame as COBS, without the zero behind it. */
export function cobsEncode(frame: Uint8Array): Uint8Array {
  const block = new Uint8Array(frame.length + 1 + Math.floor(frame.length / fullGroup));
  let codeAt = 0;
  let at = 1;
  for (let i = 0; i < frame.length; i++) {
    const byte = frame[i] as number;
    if (byte !== 0) block[at++] = byte;
    // A full group says that no zero is behind it. At the end of the frame it says all there is to say.
    if (byte === 0 || (at - codeAt > fullGroup && i + 1 < frame.length)) {
      block[codeAt] = at - codeAt;
      codeAt = at++;
    }
  }
  block[codeAt] = at - codeAt;
  return block.subarray(0, at);
}

/**
 * The frame that `block` is, the zero behind it left off.
 *
 * @throws FramingError `MALFORMED` for a block that is empty, has a zero in it, or ends too early.
 */
export function cobsDecode(block: Uint8Array): Uint8Array {
  const frame = decodeBlock(block);
  if (frame === undefined) throw new FramingError('MALFORMED', malformed);
  return frame;
}

const malformed = 'a block that is no COBS';
/** Bytes of a group of the greatest size, its code left off. */
const fullGroup = 254;

class CobsDecoder extends MarkedDecoder<Uint8Array> {
  constructor(limit: Oversize) {
    super(new PatternSearch(Uint8Array.of(0)), limit);
  }

  /** One byte goes for the first code, one for each full group that is not the last. */
  protected override sizeOf(bytes: number): number {
    return bytes - 1 - Math.floor((bytes - 1) / (fullGroup + 1));
  }

  protected takeFrame(bytes: number, markBytes: number): Uint8Array | undefined {
    const block = this.queue.take(bytes);
    this.queue.skip(markBytes);
    if (bytes === 0) return undefined;
    const frame = decodeBlock(block);
    if (frame === undefined) return this.fail('MALFORMED', malformed);
    if (frame.length <= this.limit.maxBytes) return frame;
    this.tooLarge(bytes);
    return undefined;
  }
}

function decodeBlock(block: Uint8Array): Uint8Array | undefined {
  // A frame without a zero, of 254 bytes at most: it is there as it was.
  if (block[0] === block.length && !block.includes(0)) return block.subarray(1);
  const frame = new Uint8Array(Math.max(0, block.length - 1));
  let length = 0;
  let at = 0;
  while (at < block.length) {
    const code = block[at] as number;
    const end = at + code;
    if (code === 0 || end > block.length) return undefined;
    for (at++; at < end; at++) {
      const byte = block[at] as number;
      if (byte === 0) return undefined;
      frame[length++] = byte;
    }
    // The zero that a code stands for; behind the last group there is none.
    if (code <= fullGroup && at < block.length) frame[length++] = 0;
  }
  return at === 0 ? undefined : frame.subarray(0, length);
}
