import type { ServerSettings } from './options.ts';

/** What a connection waits for, as far as time is concerned. */
export type Phase =
  /** The client to close: the last answer is sent. */
  | 'linger'
  /** The handler, which has all the time it wants. */
  | 'handler'
  /** The client, for the body of a request in work. */
  | 'body'
  /** The client, for the rest of a body that nobody reads. */
  | 'unwanted body'
  /** The client, for a head that has begun, or for its first. */
  | 'head'
  /** The client, for another request. */
  | 'idle';

/** What to do about it: answer 408 and end, close in order, or abort. */
export type Overdue = 'HEAD_TIMEOUT' | 'BODY_TIMEOUT' | 'close' | { readonly abort: string };

const takesNothing: Overdue = { abort: 'the client takes no answer' };

/** Since when a connection has waited. Times are milliseconds of the server's coarse clock. */
export class Deadlines {
  /** When something last happened. */
  #since: number;
  /** When the head under way began, or a connection that has sent none; 0 between heads. */
  #headSince: number;
  /** When output was first seen to wait; -1 while none does. */
  #blockedSince = -1;

  constructor(now: number) {
    this.#since = now;
    this.#headSince = now;
  }

  /** Something happened. */
  touch(now: number): void {
    this.#since = now;
  }

  /** The client takes what it is sent. */
  drained(now: number): void {
    this.#since = now;
    this.#blockedSince = -1;
  }

  headBegan(now: number): void {
    if (this.#headSince === 0) this.#headSince = now;
  }

  headEnded(): void {
    this.#headSince = 0;
  }

  /** Nothing was read for a while: a head that is under way has its time from now on. */
  headResumed(now: number): void {
    if (this.#headSince !== 0) this.#headSince = now;
  }

  /**
   * Asked about once a second. While output waits, nothing else is due: the client has to take that first. `isTooSlow`: the body under way does
   * come, but at less than its rate.
   */
  overdue(
    phase: Phase,
    isBlocked: boolean,
    isTooSlow: boolean,
    now: number,
    settings: ServerSettings,
  ): Overdue | undefined {
    if (isBlocked) {
      this.#since = now;
      if (this.#blockedSince < 0) this.#blockedSince = now;
      return now - this.#blockedSince >= settings.writeTimeoutMs ? takesNothing : undefined;
    }
    this.#blockedSince = -1;
    const waited = now - this.#since;
    switch (phase) {
      case 'handler':
        return undefined;
      case 'body':
        return isTooSlow || waited >= settings.bodyTimeoutMs ? 'BODY_TIMEOUT' : undefined;
      case 'unwanted body':
        return isTooSlow || waited >= settings.bodyTimeoutMs
          ? { abort: 'the rest of an unwanted body did not come in time' }
          : undefined;
      case 'head':
        return now - this.#headSince >= settings.headTimeoutMs ? 'HEAD_TIMEOUT' : undefined;
      case 'linger':
        return closing(waited, settings.lingerTimeoutMs, settings);
      case 'idle':
        return closing(waited, settings.idleTimeoutMs, settings);
    }
  }
}

/** In order; at once where that does not come about either, for something is left to write and nobody takes it. */
function closing(waited: number, limitMs: number, settings: ServerSettings): Overdue | undefined {
  if (waited >= limitMs + settings.writeTimeoutMs) return takesNothing;
  return waited >= limitMs ? 'close' : undefined;
}
