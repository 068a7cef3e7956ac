import type { ByteSink, Codec, Decoder, Encoder } from '../codec.ts';
import { restOf } from '../compose/rest.ts';
import { FramingError, FramingUsageError } from '../errors.ts';
import { adler32, crc32, crc32c } from './crc.ts';

/** A sum over the bytes of a frame. */
export interface ChecksumAlgorithm {
  readonly name: string;
  /** Size of the sum on the wire. */
  readonly bytes: 1 | 2 | 3 | 4 | 8;
  /** A whole number of 0 or more that fits `bytes`; a bigint where it passes 2^53. */
  sum(bytes: Uint8Array): number | bigint;
}

export interface ChecksumOptions {
  /** Default `'crc32'`, as zlib has it. */
  readonly algorithm?: 'crc32' | 'crc32c' | 'adler32' | ChecksumAlgorithm;
  /** Byte order of the sum. Default `'big'`, network order. */
  readonly endian?: 'big' | 'little';
  /** Where in the frame the sum stands. Default `'end'`: it can be computed while the frame is sent. */
  readonly at?: 'start' | 'end';
  /** What a frame with another sum is: `'error'` (default: `MALFORMED`), or to `'skip'`, where the next one can be trusted to begin at its end. */
  readonly onMismatch?: 'error' | 'skip';
  /** Told the size of each frame that was skipped, its sum included. */
  readonly onSkip?: (bytes: number) => void;
}

/**
 * A codec of bytes whose frames carry a checksum, which is checked and taken off.
 *
 * ```
 * checksum(lengthPrefix())   00 00 00 06 48 69 4d 17 0e 0e  →  48 69
 *                                        └─┬─┘ └ crc32 of it
 * { endian: 'little' }       00 00 00 06 48 69 0e 0e 17 4d  →  48 69
 * { at: 'start' }            00 00 00 06 4d 17 0e 0e 48 69  →  48 69
 * ```
 *
 * It finds damage, not forgery: whoever changes a frame can change its sum. Behind a codec that looks for a mark, a sum that happens to
 * contain the mark cannot be sent.
 *
 * @param codec its limit counts the sum, too.
 * @throws FramingUsageError for an unknown algorithm, and for a sum that does not fit its size.
 */
export function checksum(codec: Codec<Uint8Array>, options: ChecksumOptions = {}): Codec<Uint8Array> {
  const { algorithm: chosen = 'crc32', endian = 'big', at = 'end', onMismatch = 'error', onSkip } = options;
  const algorithm = typeof chosen === 'string' ? known.get(chosen) : chosen;
  if (algorithm === undefined || ![1, 2, 3, 4, 8].includes(algorithm.bytes)) {
    throw new FramingUsageError(
      typeof chosen === 'string'
        ? `no algorithm ${JSON.stringify(chosen)}: give its name, size and sum`
        : `a checksum of ${String(chosen.bytes)} bytes, expected 1, 2, 3, 4 or 8`,
    );
  }
  const settings: Settings = { algorithm, littleEndian: endian === 'little', atStart: at === 'start' };
  const skip = onMismatch === 'skip' ? (onSkip ?? ((): void => undefined)) : undefined;
  return {
    name: `${codec.name} with ${algorithm.name}`,
    decoder: () => new ChecksumDecoder(codec.decoder(), settings, skip),
    encoder: () => encoderFor(codec.encoder(), settings),
  };
}

const known: ReadonlyMap<string, ChecksumAlgorithm> = new Map(
  Object.entries({ crc32, crc32c, adler32 }).map(([name, sum]) => [
    name,
    { name, bytes: 4, sum: (bytes: Uint8Array): number => sum(bytes) },
  ]),
);

interface Settings {
  readonly algorithm: ChecksumAlgorithm;
  readonly littleEndian: boolean;
  readonly atStart: boolean;
}

class ChecksumDecoder implements Decoder<Uint8Array> {
  readonly #settings: Settings;
  readonly #skip: ((bytes: number) => void) | undefined;
  readonly #expected: Uint8Array;
  #inner: Decoder<Uint8Array> | undefined;
  #failure: FramingError | undefined;

  constructor(inner: Decoder<Uint8Array>, settings: Settings, skip: ((bytes: number) => void) | undefined) {
    this.#inner = inner;
    this.#settings = settings;
    this.#skip = skip;
    this.#expected = new Uint8Array(settings.algorithm.bytes);
  }

  get bufferedBytes(): number {
    return this.#inner?.bufferedBytes ?? 0;
  }

  push(chunk: Uint8Array): void {
    this.#inner?.push(chunk);
  }

  next(): Uint8Array | undefined {
    return this.#checked('next');
  }

  end(): Uint8Array | undefined {
    return this.#checked('end');
  }

  rest(): Uint8Array {
    return this.#inner === undefined ? new Uint8Array(0) : restOf(this.#inner);
  }

  #checked(method: 'next' | 'end'): Uint8Array | undefined {
    if (this.#inner === undefined) throw this.#failure as FramingError;
    for (let frame; (frame = this.#inner[method]()) !== undefined;) {
      const content = this.#content(frame);
      if (content !== undefined) return content;
      if (this.#skip === undefined) this.#fail(frame);
      this.#skip(frame.length);
    }
    return undefined;
  }

  /** Of a frame with the right sum. */
  #content(frame: Uint8Array): Uint8Array | undefined {
    const { algorithm, atStart } = this.#settings;
    const size = algorithm.bytes;
    if (frame.length < size) return undefined;
    const content = atStart ? frame.subarray(size) : frame.subarray(0, -size);
    const from = atStart ? 0 : content.length;
    writeSum(this.#expected, content, this.#settings);
    for (let i = 0; i < size; i++) if (frame[from + i] !== this.#expected[i]) return undefined;
    return content;
  }

  #fail({ length }: Uint8Array): never {
    const { name, bytes } = this.#settings.algorithm;
    const what = length < bytes ? 'has no room for its' : 'does not have its';
    this.#failure = new FramingError('MALFORMED', `a frame of ${String(length)} bytes ${what} ${name}`);
    this.#inner = undefined;
    throw this.#failure;
  }
}

function encoderFor(inner: Encoder<Uint8Array>, settings: Settings): Encoder<Uint8Array> {
  const size = settings.algorithm.bytes;
  return {
    encode(content: Uint8Array, into: ByteSink): void {
      const frame = new Uint8Array(content.length + size);
      frame.set(content, settings.atStart ? size : 0);
      const from = settings.atStart ? 0 : content.length;
      writeSum(frame.subarray(from, from + size), content, settings);
      inner.encode(frame, into);
    },
  };
}

function writeSum(field: Uint8Array, content: Uint8Array, { algorithm, littleEndian }: Settings): void {
  const sum = algorithm.sum(content);
  let left = sum;
  for (let i = 0; i < field.length; i++) {
    const at = littleEndian ? i : field.length - 1 - i;
    if (typeof left === 'bigint') {
      field[at] = Number(left & 255n);
      left >>= 8n;
    } else {
      field[at] = left % 256;
      left = Math.floor(left / 256);
    }
  }
  // What is left of a sum that is too long, negative, or no number, is not nothing.
  if ((left !== 0 && left !== 0n) || (typeof sum === 'number' && !Number.isSafeInteger(sum))) {
    throw new FramingUsageError(
      `a sum of ${String(sum)}, which ${String(field.length)} bytes of ${algorithm.name} cannot hold`,
    );
  }
}
