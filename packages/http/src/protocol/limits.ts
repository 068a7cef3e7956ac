import { HttpUsageError } from '../errors.ts';

/** What a message may cost before it is refused. */
export interface MessageLimits {
  /** Request line and header section, bytes. Default 16,384 (node; nginx 8–32 k, hyper 400 k); above: 431. */
  readonly maxHeadBytes: number;
  /** Request target, bytes. Default 8,192 (RFC 9112 3 asks for 8,000; nginx and Apache 8 k); above: 414. */
  readonly maxTargetBytes: number;
  /** Header fields of a message. Default 100 (Apache, hyper; node 2,000); above: 431. */
  readonly maxFields: number;
  /** Body, bytes. Default no limit, for bodies are streamed and `text()` and its like have one of their own; above: 413. */
  readonly maxBodyBytes: number;
  /** All chunk extensions of a message together, bytes. Default 4,096; above: 413. */
  readonly maxExtensionBytes: number;
  /** Trailer section, bytes. Default 8,192; above: 431. */
  readonly maxTrailerBytes: number;
}

export const defaultLimits: MessageLimits = {
  maxHeadBytes: 16_384,
  maxTargetBytes: 8192,
  maxFields: 100,
  maxBodyBytes: Infinity,
  maxExtensionBytes: 4096,
  maxTrailerBytes: 8192,
};

/** Fills in the defaults. @throws HttpUsageError `BAD_OPTION` for a limit that is no count. */
export function limitsFrom(options: Partial<MessageLimits>): MessageLimits {
  const limits: { -readonly [K in keyof MessageLimits]: number } = { ...defaultLimits };
  for (const name of Object.keys(defaultLimits) as (keyof MessageLimits)[]) {
    const value = options[name];
    if (value === undefined) continue;
    if (!(value >= 0))
      throw new HttpUsageError('BAD_OPTION', `${name} is ${String(value)}, expected 0 or more`);
    limits[name] = value;
  }
  return limits;
}
