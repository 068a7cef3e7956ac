import type { Chunk } from './application.ts';
import { ClientGoneError } from './errors.ts';

interface Waiting {
  readonly chunk: Chunk;
  readonly taken: () => void;
  readonly refused: (error: Error) => void;
}

/** Chunks that an application writes while the server sends them. */
export class WriteQueue {
  readonly #chunks: Waiting[] = [];
  #isFinished = false;
  #isAbandoned = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Resolves when the server has taken the chunk; rejects with `ClientGoneError` when nobody will. */
  push(chunk: Chunk): Promise<void> {
    const written = new Promise<void>((taken, refused) => {
      if (this.#isAbandoned) refused(new ClientGoneError());
      else this.#chunks.push({ chunk, taken, refused });
      this.#wake?.();
    });
    // A write that nobody awaits is harmless.
    written.catch(() => undefined);
    return written;
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

  /** Nobody takes what is left, or comes: whoever writes without end has to learn of it. */
  abandon(): void {
    this.#isAbandoned = true;
    for (const { refused } of this.#chunks.splice(0)) refused(new ClientGoneError());
    this.#wake?.();
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
      if (this.#isFinished || this.#isAbandoned) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
