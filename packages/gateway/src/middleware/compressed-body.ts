import type { Body, Chunk } from '../application.ts';
import { flushingCompressor, type Coding, type Levels } from './content-codings.ts';

/**
 * A body, compressed as it is pulled: the next piece is asked for when what came of the last was taken. Closing it ends the compressor, whose memory is no garbage
 * collector's business, and the body.
 */
export class CompressedBody implements AsyncIterable<Chunk> {
  readonly #body: Body;
  readonly #compressor: ReturnType<typeof flushingCompressor>;
  readonly #failure: Promise<never>;
  #output: Uint8Array[] = [];

  constructor(body: Body, coding: Coding, level: Levels) {
    this.#body = body;
    const compressor = flushingCompressor(coding, level);
    this.#compressor = compressor;
    compressor.on('data', (piece: Uint8Array) => {
      this.#output.push(piece);
    });
    this.#failure = new Promise((_resolve, reject) => {
      compressor.on('error', reject);
    });
    this.#failure.catch(() => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, undefined> {
    for await (const chunk of this.#body) {
      if (chunk.length === 0) continue;
      if (this.#compressor.destroyed) return;
      await this.#until((done) => this.#compressor.write(chunk, done));
      yield* this.#taken();
    }
    await this.#until((done) => this.#compressor.on('end', done).end());
    yield* this.#taken();
  }

  async close(): Promise<void> {
    this.#compressor.destroy();
    await this.#body.close?.();
  }

  #until(begin: (done: () => void) => void): Promise<void> {
    return Promise.race([new Promise<void>(begin), this.#failure]);
  }

  /** What has come of it: one piece, so that it goes out as one. */
  #taken(): Uint8Array[] {
    // It hands out what it kept back through its `data` event.
    while (this.#compressor.read() !== null);
    const pieces = this.#output;
    this.#output = [];
    return pieces.length > 1 ? [Buffer.concat(pieces)] : pieces;
  }
}
