import type { Chunk } from '../application.ts';
import type { GatewayResponse } from '../run.ts';

/** A body that is not there as a whole. */
export type PiecewiseBody = Exclude<GatewayResponse['body'], Chunk>;

/** A body in pieces, for servers that pull them. However it ends, it is closed, once. */
export class BodyPieces {
  readonly #body: PiecewiseBody;
  #iterator: Iterator<Chunk> | AsyncIterator<Chunk> | undefined;
  #hasEnded = false;
  #isClosed = false;

  constructor(body: PiecewiseBody) {
    this.#body = body;
  }

  /** Nobody takes any more of it. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The next piece that is not empty; `undefined` at the end, and once it is closed. Rejects with what the body throws. */
  async next(): Promise<Chunk | undefined> {
    try {
      while (!this.#isClosed) {
        this.#iterator ??= iterate(this.#body);
        const step = await this.#iterator.next();
        if (step.done === true) break;
        // Closed meanwhile: what came is for nobody.
        if (step.value.length > 0) return this.isClosed ? undefined : step.value;
      }
    } catch (error) {
      this.#hasEnded = true;
      // That it was closed under its hands may be all that it complains of.
      if (this.#isClosed) return undefined;
      await this.close().catch(() => undefined);
      throw error;
    }
    this.#hasEnded = true;
    await this.close();
    return undefined;
  }

  /** Before the end, or at it. Rejects with what closing throws. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // The iterator that `run` makes closes the body when it returns; others, as that of a file, have a `close` besides.
    if (!this.#hasEnded) {
      this.#iterator ??= iterate(this.#body);
      const returned = this.#iterator.return?.();
      // It may wait for a piece that is under way; the body is closed meanwhile, which may be what ends that.
      if (returned instanceof Promise) returned.catch(() => undefined);
    }
    const { close } = this.#body as { close?: () => unknown };
    await close?.call(this.#body);
  }
}

function iterate(body: PiecewiseBody): Iterator<Chunk> | AsyncIterator<Chunk> {
  return Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
}
