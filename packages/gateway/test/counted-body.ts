import type { Chunk } from '@wirestack/gateway';

/** A body that counts what is done to it. `next` throws where `chunks` has an error, and never settles where it has a promise of that kind. */
export class CountedBody implements AsyncIterable<Chunk>, AsyncIterator<Chunk> {
  nexts = 0;
  returns = 0;
  closes = 0;
  readonly #chunks: (Chunk | Error | Promise<Chunk>)[];
  /** Thrown by `close()`. */
  closeError: Error | undefined;

  constructor(...chunks: (Chunk | Error | Promise<Chunk>)[]) {
    this.#chunks = chunks;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Chunk>> {
    this.nexts++;
    const chunk = await this.#chunks.shift();
    if (chunk instanceof Error) throw chunk;
    return chunk === undefined ? { done: true, value: undefined } : { done: false, value: chunk };
  }

  return(): Promise<IteratorResult<Chunk>> {
    this.returns++;
    return Promise.resolve({ done: true, value: undefined });
  }

  close(): void {
    this.closes++;
    if (this.closeError !== undefined) throw this.closeError;
  }

  get ending(): { returns: number; closes: number } {
    return { returns: this.returns, closes: this.closes };
  }
}
