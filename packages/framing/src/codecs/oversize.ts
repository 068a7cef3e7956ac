import { FramingUsageError } from '../errors.ts';

/** What every codec takes that can find the frame behind one that is too long. */
export interface OversizeOptions {
  /** The longest frame in bytes. Each codec has a default of its own, with its reason. */
  readonly maxBytes?: number;
  /** What a longer frame is: `'error'` (default: `TOO_LARGE`), or to `'skip'`: its bytes are dropped as they come, then decoding goes on. */
  readonly onOversize?: 'error' | 'skip';
  /**
   * Told the size of each frame that was skipped, once: as soon as a header says it, else where the frame ends. Its mark and its
   * header are not counted; escapes are, as they came.
   */
  readonly onSkip?: (bytes: number) => void;
}

/** {@link OversizeOptions}, checked. */
export interface Oversize {
  readonly maxBytes: number;
  readonly skips: boolean;
  readonly onSkip: ((bytes: number) => void) | undefined;
}

/**
 * Fills in `maxBytes`, and checks it: a whole number of `least` or more, or `Infinity`.
 *
 * @throws FramingUsageError for another limit.
 */
export function oversize(options: OversizeOptions, maxBytesByDefault: number, least = 1): Oversize {
  const { maxBytes = maxBytesByDefault, onOversize = 'error', onSkip } = options;
  if (!(maxBytes >= least) || (maxBytes !== Infinity && !Number.isSafeInteger(maxBytes))) {
    throw new FramingUsageError(
      `maxBytes is ${String(maxBytes)}, expected a whole number of ${String(least)} or more, or Infinity`,
    );
  }
  return { maxBytes, skips: onOversize === 'skip', onSkip };
}
