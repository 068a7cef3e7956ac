import { HttpUsageError } from '../errors.ts';
import { requestTarget } from '../client/request-target.ts';
import type { MockReply } from './mock-reply.ts';

/** A method, or `*` for any. */
export type MethodPattern = string;

/** A whole URL with its query, an expression that matches in it, or a function that decides. */
export type UrlPattern = string | URL | RegExp | ((url: string) => boolean);

export interface RouteOptions {
  /** Answered so often, then the next one that matches is asked; `assertDone()` wants no less. Default: as often as it is asked for, and at least once. */
  readonly times?: number | undefined;
  /** Until the answer’s head, by the clock of the mock. Default 0. */
  readonly delayMs?: number | undefined;
}

/** What is answered to which requests. */
export class MockRoute {
  readonly #method: string;
  readonly #matches: (url: string) => boolean;
  readonly #shown: string;
  readonly #times: number | undefined;
  readonly reply: MockReply;
  readonly delayMs: number;
  count = 0;

  /** @throws HttpUsageError `BAD_OPTION`, `BAD_REQUEST` for a string that is no absolute URL */
  constructor(method: MethodPattern, url: UrlPattern, reply: MockReply, options: RouteOptions) {
    const { times, delayMs = 0 } = options;
    if (times !== undefined && !(times >= 1))
      throw new HttpUsageError('BAD_OPTION', `times is ${String(times)}`);
    this.#method = method;
    this.#matches = matcherOf(url);
    this.#shown = typeof url === 'function' ? `(${url.name === '' ? 'a function' : url.name})` : String(url);
    this.#times = times;
    this.reply = reply;
    this.delayMs = delayMs;
  }

  get isExhausted(): boolean {
    return this.#times !== undefined && this.count >= this.#times;
  }

  get isDone(): boolean {
    return this.count >= (this.#times ?? 1);
  }

  matches(method: string, url: string): boolean {
    return (this.#method === '*' || this.#method === method) && this.#matches(url);
  }

  toString(): string {
    const asked =
      this.#times === undefined ? String(this.count) : `${String(this.count)} of ${String(this.#times)}`;
    return `${this.#method} ${this.#shown} (asked for ${asked} times)`;
  }
}

function matcherOf(pattern: UrlPattern): (url: string) => boolean {
  if (typeof pattern === 'function') return pattern;
  if (pattern instanceof RegExp) {
    // `g` and `y` would remember where they were.
    const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    return (url) => expression.test(url);
  }
  const { href } = requestTarget(String(pattern));
  return (url) => url === href;
}
