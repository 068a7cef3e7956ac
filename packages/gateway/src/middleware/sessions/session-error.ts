/**
 * `NOT_LOADED` what is in a store was used before `await session.load()`; `HEAD_SENT` a change that no client can learn of any more; `TOO_LARGE` data that no cookie
 * holds; `BAD_VALUE` data that is no JSON.
 */
export type SessionErrorCode = 'NOT_LOADED' | 'HEAD_SENT' | 'TOO_LARGE' | 'BAD_VALUE';

/** An application used its session wrong. */
export class SessionError extends TypeError {
  override readonly name = 'SessionError';
  readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
