import type { Chunk } from './application.ts';
import { GatewayUsageError } from './errors.ts';

/** Chunks that an application writes while the server sends them. */
export class WriteQueue {
  readonly #chunks: { chunk: Chunk; taken(): void }[] = [];
  #isFinished = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Resolves when the server has taken the chunk, or will not. @throws GatewayUsageError `FINISHED` */
  push(chunk: Chunk): Promise<void> {
    if (this.#isFinished) throw new GatewayUsageError('FINISHED', 'write() after the application returned');
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw new GatewayUsageError('BAD_BODY', 'write() takes a string or bytes');
    }
    return new Promise((taken) => {
      this.#chunks.push({ chunk, taken });
      this.#wake?.();
    });
  }

  /** The application has returned. */
  finish(): void {
    this.#isFinished = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.finish();
  }

  /** Nobody takes what is left: whoever waits goes on. */
  abandon(): void {
    for (const { taken } of this.#chunks.splice(0)) taken();
  }

  /** The next chunk; `undefined` once the application has returned. */
  async next(): Promise<Chunk | undefined> {
    for (;;) {
      const first = this.#chunks.shift();
      if (first !== undefined) {
        first.taken();
        return first.chunk;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isFinished) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
