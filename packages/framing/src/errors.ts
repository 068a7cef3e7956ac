/**
 * `TOO_LARGE` a frame above the limit; `TRUNCATED` the input ended inside a frame; `MALFORMED` bytes that no frame of the format
 * begins with.
 */
export type FramingErrorCode = 'TOO_LARGE' | 'TRUNCATED' | 'MALFORMED';

/** The peer sent bytes that can never become a valid frame. Where the next frame begins is unknown: end the connection. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
  readonly code: FramingErrorCode;

  constructor(code: FramingErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The caller asked for a format that cannot exist, or gave a frame that the format cannot carry. */
export class FramingUsageError extends TypeError {
  override readonly name = 'FramingUsageError';
}
