import { ReadQueue } from '@wirestack/socket';
import { HttpProtocolError, HttpUsageError } from '../errors.ts';
import type { HeaderFields } from '../headers.ts';
import type { ServerSettings } from './options.ts';

/** What the connection does for a body. */
export interface BodySource {
  /** The first read: the client may wait to be told to send. */
  started(): void;
  /** Bytes were taken: there is room again. */
  consumed(): void;
}

/** Bytes of a body that wait to be read; above it the client feels back-pressure. */
const bodyHighWaterBytes = 65_536;
/** What a piece costs besides its bytes, about: chunks of one byte must not take a hundred times the memory. */
const pieceBytes = 256;

/**
 * The body of a request: an async iterable of its bytes as they arrive, read once. Reading rejects with `HttpProtocolError` where the body
 * breaks the protocol or stops half-way (`TRUNCATED`), and with the `SocketError` of a client that left.
 */
export class RequestBody implements AsyncIterable<Uint8Array> {
  readonly #source: BodySource | undefined;
  readonly #queue = new ReadQueue();
  #used = false;
  #started = false;
  #trailers: HeaderFields | undefined;
  /** Pieces that wait to be read. */
  #pieces = 0;
  /** Bytes that have arrived. */
  receivedBytes = 0;
  /** Bytes dropped because nobody will read them. */
  discardedBytes = 0;
  isDiscarded = false;
  /** Its reader left the loop before the end. */
  isAbandoned = false;
  /** Seconds that the client was waited for. */
  #seconds = 0;

  /** Without a source the body is empty and complete. */
  constructor(source?: BodySource) {
    this.#source = source;
    if (source === undefined) this.#queue.end();
  }

  /** The fields behind a chunked body, once it was read to its end; `undefined` where there were none. */
  get trailers(): HeaderFields | undefined {
    return this.#trailers;
  }

  get isFull(): boolean {
    return this.#queue.bytes + this.#pieces * pieceBytes >= bodyHighWaterBytes;
  }

  /** Asked once in each second that the client is waited for: whether it has had its time, of which every byte gives it some more. */
  isTooSlow({ bodyTimeoutMs, minBodyBytesPerSecond }: ServerSettings): boolean {
    this.#seconds++;
    return (this.#seconds - bodyTimeoutMs / 1000) * minBodyBytesPerSecond > this.receivedBytes;
  }

  get hasStarted(): boolean {
    return this.#started;
  }

  /** The next bytes; `undefined` at the end. */
  async read(): Promise<Uint8Array | undefined> {
    if (!this.#started) {
      this.#started = true;
      this.#source?.started();
    }
    if (this.#pieces > 0) this.#pieces--;
    const chunk = await this.#queue.read(undefined);
    this.#source?.consumed();
    return chunk;
  }

  /**
   * The whole body.
   *
   * @param limitBytes default 1 MiB, as nginx's `client_max_body_size`: what is kept in memory needs a bound.
   * @throws HttpProtocolError `BODY_TOO_LARGE` above it; HttpUsageError `BODY_USED` where the body was read before.
   */
  async bytes(limitBytes: number = 1_048_576): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this) {
      length += chunk.length;
      if (length > limitBytes) {
        throw new HttpProtocolError('BODY_TOO_LARGE', `a body of more than ${String(limitBytes)} bytes`);
      }
      chunks.push(chunk);
    }
    if (chunks.length === 1) return chunks[0] as Uint8Array;
    return Buffer.concat(chunks, length);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    if (this.#used) throw new HttpUsageError('BODY_USED', 'the body of a request can be read once');
    this.#used = true;
    return {
      next: async () => {
        const value = await this.read();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: () => {
        this.isAbandoned = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  push(bytes: Uint8Array): void {
    this.receivedBytes += bytes.length;
    if (this.isDiscarded) {
      this.discardedBytes += bytes.length;
      return;
    }
    if (!this.#queue.isAwaited) this.#pieces++;
    this.#queue.push(bytes);
  }

  setTrailers(fields: HeaderFields): void {
    this.#trailers = fields;
  }

  end(): void {
    if (!this.isDiscarded) this.#queue.end();
  }

  fail(error: Error): void {
    this.#pieces = 0;
    this.#queue.fail(error, true);
  }

  /** Nobody will read the rest. */
  discard(): void {
    this.isDiscarded = true;
    this.#pieces = 0;
    this.#queue.fail(new HttpUsageError('BODY_USED', 'the request was answered: its body is gone'), true);
  }
}
