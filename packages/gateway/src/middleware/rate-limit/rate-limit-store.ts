/** So many requests in so long. */
export interface Quota {
  readonly limit: number;
  readonly windowMs: number;
}

/** What became of one request. */
export interface Taken {
  readonly isAllowed: boolean;
  /** Requests that would be allowed now. */
  readonly remaining: number;
  /** Until one more is allowed; 0 where it is. */
  readonly retryAfterMs: number;
  /** Until the whole quota is there again. */
  readonly resetMs: number;
}

/** Keeps count. One that is in this process answers at once, and the application behind it stays synchronous. */
export interface RateLimitStore {
  /** Takes one request of `key` from its quota, if there is one left, in one step: two at once must not take the same. */
  take(key: string, quota: Quota, nowMs: number): Taken | Promise<Taken>;
}

/**
 * The generic cell rate algorithm (ITU-T I.371): a bucket of `limit` tokens that fills evenly, kept as one number a key, the time at which it will be full again.
 *
 * ```
 * limit 4, window 4 s          now                          full again
 *  ──────────────────────────────┼──────┼──────┼──────┼──────┼────────▶
 *                                 one interval each: 3 taken, 1 left
 * ```
 *
 * @param fullAt of before; `undefined` for a key that is new
 */
export function takeOne(
  fullAt: number | undefined,
  { limit, windowMs }: Quota,
  nowMs: number,
): { readonly fullAt: number; readonly taken: Taken } {
  const before = Math.max(fullAt ?? nowMs, nowMs);
  const after = before + windowMs / limit;
  const waitMs = after - windowMs - nowMs;
  const isAllowed = waitMs <= tolerance;
  const next = isAllowed ? after : before;
  return { fullAt: next, taken: takenOf(isAllowed, waitMs, next - nowMs, { limit, windowMs }) };
}

/** @param aheadMs until all is there again */
export function takenOf(
  isAllowed: boolean,
  waitMs: number,
  aheadMs: number,
  { limit, windowMs }: Quota,
): Taken {
  return {
    isAllowed,
    remaining: Math.max(0, Math.floor(((windowMs - aheadMs) * limit) / windowMs + tolerance)),
    retryAfterMs: isAllowed ? 0 : waitMs,
    resetMs: aheadMs,
  };
}

/** A thousandth: sums of fractions are not exact, and the last request of a quota is not to fail by that. */
const tolerance = 0.001;
