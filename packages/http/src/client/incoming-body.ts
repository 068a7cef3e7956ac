import { HttpUsageError } from '../errors.ts';
import type { HeaderFields } from '../headers.ts';
import { HttpClientError } from './errors.ts';

/**
 * What `bytes()` and its like keep unless they are told otherwise. Default 64 MiB: what is kept in memory needs a bound, and what is larger is better
 * read piece by piece.
 */
const defaultKeptBytes = 67_108_864;

/** Read on so that the connection can be used again; a longer rest costs more than another connection. */
const discardedBytes = 65_536;

/**
 * The body of an answer: an async iterable of its bytes as they arrive, read once, with back-pressure. Reading rejects where the body does not come to
 * its end: `HttpProtocolError` `TRUNCATED`, `SocketError`, `HttpClientError` `TIMED_OUT` and `ABORTED`.
 *
 * One that is not wanted is given up with {@link cancel}, or {@link discard} where the connection should live; else it keeps its connection until the
 * client's `unreadTimeoutMs`. A body of less than 64 KB is taken from the connection in any case.
 */
export abstract class IncomingBody implements AsyncIterable<Uint8Array> {
  #isUsed = false;

  /** The next bytes; `undefined` at the end. One call at a time. */
  abstract read(): Promise<Uint8Array | undefined>;
  /** Gives the rest up: its connection ends, where it is not complete. Later reads reject with `ABORTED`. */
  abstract cancel(reason?: unknown): void;
  /** The fields behind the body, once it was read to its end. */
  abstract get trailers(): HeaderFields | undefined;

  /** Reads the rest and drops it, up to 64 KB, so that the connection can be used again; a longer one is cancelled. */
  async discard(): Promise<void> {
    try {
      for (let left = discardedBytes; left > 0;) {
        const chunk = await this.read();
        if (chunk === undefined) return;
        left -= chunk.length;
      }
    } catch {
      return;
    }
    this.cancel();
  }

  /**
   * The whole body.
   *
   * @throws HttpClientError `BODY_TOO_LARGE` above `limitBytes`, and the rest is given up; HttpUsageError `BODY_USED` where it was read before.
   */
  async bytes(limitBytes: number = defaultKeptBytes): Promise<Uint8Array> {
    this.use();
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
      length += chunk.length;
      if (length > limitBytes) {
        const error = new HttpClientError(
          'BODY_TOO_LARGE',
          `a body of more than ${String(limitBytes)} bytes`,
        );
        this.cancel(error);
        throw error;
      }
      chunks.push(chunk);
    }
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.use();
    let isAtEnd = false;
    try {
      for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
      isAtEnd = true;
    } finally {
      if (!isAtEnd) this.cancel();
    }
  }

  /** A body is read once, by whichever means. @throws HttpUsageError `BODY_USED` */
  protected use(): void {
    if (this.#isUsed) throw new HttpUsageError('BODY_USED', 'the body of an answer can be read once');
    this.#isUsed = true;
  }
}

/** A body out of a program: of an interceptor that changes one, or answers itself. */
export class MadeBody extends IncomingBody {
  readonly #iterator: Iterator<Uint8Array | string> | AsyncIterator<Uint8Array | string>;
  readonly #trailers: (() => HeaderFields | undefined) | undefined;
  readonly #onCancel: ((reason: unknown) => void) | undefined;
  #isOver = false;
  #failure: HttpClientError | undefined;

  /** @param onCancel what the pieces come from, to be given up with them; the iterator's `return()` is called, too. */
  constructor(
    pieces: Uint8Array | string | Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
    options: {
      readonly trailers?: () => HeaderFields | undefined;
      readonly onCancel?: (reason: unknown) => void;
    } = {},
  ) {
    super();
    const iterable = typeof pieces === 'string' || pieces instanceof Uint8Array ? [pieces] : pieces;
    this.#iterator =
      Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
    this.#trailers = options.trailers;
    this.#onCancel = options.onCancel;
  }

  get trailers(): HeaderFields | undefined {
    return this.#isOver && this.#failure === undefined ? this.#trailers?.() : undefined;
  }

  async read(): Promise<Uint8Array | undefined> {
    while (!this.#isOver) {
      let step;
      try {
        step = await this.#iterator.next();
      } catch (error) {
        this.#isOver = true;
        throw error;
      }
      // Cancelled meanwhile.
      if (this.#failure !== undefined) break;
      if (step.done === true) this.#isOver = true;
      else if (step.value.length > 0)
        return typeof step.value === 'string' ? Buffer.from(step.value) : step.value;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return undefined;
  }

  cancel(reason?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure =
      reason instanceof HttpClientError
        ? reason
        : new HttpClientError('ABORTED', 'the body was cancelled', { cause: reason });
    this.#onCancel?.(reason);
    try {
      const returned = this.#iterator.return?.();
      if (returned instanceof Promise) returned.catch(() => undefined);
    } catch {
      // It was given up: what its clean-up throws concerns nobody.
    }
  }
}
