import type { Deadline } from '@wirestack/socket';
import { countdown } from '../deadline.ts';
import { FramingError, FramingUsageError } from '../errors.ts';
import type { FrameStream } from './frame-streams.ts';
import type { PartReader } from './part-reader.ts';

/** One frame, read as its parts come. */
export class IncomingFrame implements FrameStream {
  readonly bytes: number | undefined;
  /** Resolves once it is read or skipped to its end; rejects where that cannot be any more. */
  readonly over: Promise<void>;
  readonly #parts: PartReader;
  /** Taken by a `readAll` that did not come to its end. */
  #kept: Uint8Array[] = [];
  /** Bytes that `read` answered. */
  #given = 0;
  #isOver = false;
  #isSkipped = false;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(parts: PartReader, bytes: number | undefined) {
    this.#parts = parts;
    this.bytes = bytes;
    this.over = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.over.catch(() => undefined);
  }

  /** All of it has been taken from the stream. */
  get isOver(): boolean {
    return this.#isOver;
  }

  async read(options?: Deadline): Promise<Uint8Array | undefined> {
    if (this.#isSkipped) throw new FramingUsageError('the frame was skipped');
    const chunk = this.#kept.shift() ?? (await this.#next(options));
    this.#given += chunk?.length ?? 0;
    return chunk;
  }

  async skip(options?: Deadline): Promise<void> {
    const left = countdown(options);
    // Not before the first part is here: while a read is outstanding this is refused, and the read goes on.
    for (let chunk = await this.#next(left()); chunk !== undefined; chunk = await this.#next(left())) {
      this.#isSkipped = true;
    }
    if (this.#kept.length > 0) this.#isSkipped = true;
    this.#kept = [];
  }

  async readAll(maxBytes: number, options?: Deadline): Promise<Uint8Array> {
    if (this.#isSkipped) throw new FramingUsageError('the frame was skipped');
    if (this.bytes !== undefined && this.bytes - this.#given > maxBytes) throw tooLarge(maxBytes);
    const left = countdown(options);
    let length = this.#kept.reduce((sum, chunk) => sum + chunk.length, 0);
    for (;;) {
      if (length > maxBytes) throw tooLarge(maxBytes);
      const chunk = await this.#next(left());
      if (chunk === undefined) break;
      this.#kept.push(chunk);
      length += chunk.length;
    }
    const chunks = this.#kept;
    this.#kept = [];
    return joined(chunks, length);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = await this.read();
      if (chunk === undefined) return;
      yield chunk;
    }
  }

  async #next(options: Deadline | undefined): Promise<Uint8Array | undefined> {
    if (this.#isOver) return undefined;
    try {
      const part = await this.#parts.next(options);
      if (part?.type === 'data') return part.data;
    } catch (error) {
      this.#onError(error);
      throw error;
    }
    this.#isOver = true;
    this.#resolve();
    return undefined;
  }

  /** Whoever waits for the end of this frame must learn that it does not come; not of a deadline, after which reading may go on. */
  #onError(error: unknown): void {
    if (error instanceof FramingError) this.#reject(error);
    else this.#parts.stream.closed.catch(this.#reject);
  }
}

function tooLarge(maxBytes: number): FramingError {
  return new FramingError('TOO_LARGE', `the frame has more than ${String(maxBytes)} bytes`);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
