import { ReadQueue } from '@wirestack/socket';
import type { HeaderFields } from '../headers.ts';
import { HttpClientError } from './errors.ts';
import { IncomingBody } from './incoming-body.ts';

/** The connection behind a body. */
export interface BodyCarrier {
  /** Bytes were taken: there is room again. */
  consumed(body: ReceivedBody): void;
  /** The rest is not wanted: the connection ends. */
  cancelled(body: ReceivedBody, reason: HttpClientError): void;
}

/** Bytes of a body that wait to be read; above it the server feels back-pressure. */
const highWaterBytes = 65_536;
/** What a piece costs besides its bytes, about: chunks of one byte must not take a hundred times the memory. */
const pieceBytes = 256;

/** A body off the wire: the connection pushes, the program pulls. */
export class ReceivedBody extends IncomingBody {
  readonly #carrier: BodyCarrier;
  readonly #queue = new ReadQueue();
  #pieces = 0;
  #isComplete = false;
  #isOver = false;
  #trailers: HeaderFields | undefined;
  /** Bytes that have arrived. */
  receivedBytes = 0;

  constructor(carrier: BodyCarrier) {
    super();
    this.#carrier = carrier;
  }

  get trailers(): HeaderFields | undefined {
    return this.#isComplete ? this.#trailers : undefined;
  }

  /** No more should be pushed. */
  get isFull(): boolean {
    return this.#queue.bytes + this.#pieces * pieceBytes >= highWaterBytes;
  }

  /** Something waits to be read, and nobody reads. */
  get isUnread(): boolean {
    return this.#queue.bytes > 0;
  }

  /** All of it has arrived, or never will. */
  get isOver(): boolean {
    return this.#isOver;
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.#pieces > 0) this.#pieces--;
    const chunk = this.#queue.read(undefined);
    if (!this.#isOver) this.#carrier.consumed(this);
    return chunk;
  }

  override bytes(limitBytes?: number): Promise<Uint8Array> {
    // All there in one piece, as most small answers are: no loop, and no promise but this one.
    if (!this.#isComplete || this.#pieces > 1) return super.bytes(limitBytes);
    if (limitBytes !== undefined && this.#queue.bytes > limitBytes) return super.bytes(limitBytes);
    try {
      this.use();
    } catch (error) {
      const failure = error as Error;
      return Promise.reject(failure);
    }
    this.#pieces = 0;
    return Promise.resolve(this.#queue.take() ?? noBytes);
  }

  cancel(reason?: unknown): void {
    const error =
      reason instanceof HttpClientError
        ? reason
        : new HttpClientError('ABORTED', 'the body was cancelled', { cause: reason });
    if (this.#isOver) {
      // What has arrived goes, too: a read behind a cancel must not go on as if nothing had been.
      this.#drop(error);
      return;
    }
    this.#isOver = true;
    this.#drop(error);
    this.#carrier.cancelled(this, error);
  }

  push(bytes: Uint8Array): void {
    this.receivedBytes += bytes.length;
    if (!this.#queue.isAwaited) this.#pieces++;
    this.#queue.push(bytes);
  }

  setTrailers(fields: HeaderFields): void {
    this.#trailers = fields;
  }

  end(): void {
    this.#isComplete = true;
    this.#isOver = true;
    this.#queue.end();
  }

  /** It will not come to its end; what has arrived can still be read. */
  fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue.fail(error);
  }

  /** As {@link fail}, and what has arrived is dropped. */
  abort(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#drop(error);
  }

  #drop(error: Error): void {
    this.#pieces = 0;
    this.#queue.fail(error, true);
  }
}

const noBytes = new Uint8Array(0);
