import type { ByteStream, Deadline } from '@wirestack/socket';
import type { Codec } from '../codec.ts';
import { within } from '../deadline.ts';
import { FramingUsageError } from '../errors.ts';
import { FrameSink } from '../frame-sink.ts';
import type { FramedError } from '../framed-error.ts';
import { frameEnd, type FramePart } from './frame-part.ts';

/** What a frame is sent from. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Frames sent from chunks, one after the other. */
export class OutgoingFrames {
  readonly #stream: ByteStream;
  readonly #sink: FrameSink<FramePart>;
  /** The last frame, sent or given up. */
  #last: Promise<void> = Promise.resolve();
  #isBroken = false;

  constructor(stream: ByteStream, codec: Codec<FramePart>) {
    this.#stream = stream;
    this.#sink = new FrameSink(stream, codec);
  }

  send(bytes: number | undefined, chunks: Chunks, options?: Deadline): Promise<void> {
    const frame = new OutgoingFrame(this.#stream, this.#sink, bytes, chunks);
    const before = this.#last;
    const sent = within(
      options,
      () => {
        const sending = before.then(() => this.#sendNext(frame));
        this.#last = sending.catch(() => undefined);
        return sending;
      },
      (error) => {
        frame.stop(error);
      },
    );
    sent.catch(() => undefined);
    return sent;
  }

  end(options?: Deadline): Promise<void> {
    return within(
      options,
      async () => {
        await this.#last;
        await this.#stream.shutdown('write');
      },
      (error) => {
        this.#stream.abort(error);
      },
    );
  }

  async #sendNext(frame: OutgoingFrame): Promise<void> {
    // Half a frame was sent and the stream aborted: it says so itself.
    if (this.#isBroken) await this.#stream.write(new Uint8Array(0));
    try {
      await frame.send();
    } catch (error) {
      this.#isBroken ||= frame.hasBegun;
      throw error;
    }
  }
}

/** One of them. */
class OutgoingFrame {
  readonly #stream: ByteStream;
  readonly #sink: FrameSink<FramePart>;
  readonly #bytes: number | undefined;
  readonly #chunks: Iterator<Uint8Array> | AsyncIterator<Uint8Array>;
  /** Part of it may have been sent. */
  hasBegun = false;
  #length = 0;
  #isReleased = false;
  #stopped: FramedError | undefined;
  /** Gives up waiting for the next chunk. */
  #onStop: ((error: unknown) => void) | undefined;

  constructor(stream: ByteStream, sink: FrameSink<FramePart>, bytes: number | undefined, chunks: Chunks) {
    this.#stream = stream;
    this.#sink = sink;
    this.#bytes = bytes;
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  async send(): Promise<void> {
    try {
      for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
        if (chunk.length === 0) continue;
        this.#begin();
        this.#sink.encode({ type: 'data', data: chunk });
        await this.#sink.flush();
      }
      if (this.#bytes !== undefined && this.#length < this.#bytes) throw this.#wrongLength();
      this.#begin();
      this.#sink.encode(frameEnd);
      await this.#sink.flush();
    } catch (error) {
      if (this.hasBegun) this.#stream.abort(error);
      this.#release();
      throw error;
    }
  }

  stop(error: FramedError): void {
    this.#stopped = error;
    this.#onStop?.(error);
    if (this.hasBegun) this.#stream.abort(error);
    else this.#release();
  }

  /** With the first chunk, not before: where there is none to be had, nothing has been sent. */
  #begin(): void {
    if (this.hasBegun) return;
    this.#sink.encode({ type: 'begin', bytes: this.#bytes });
    this.hasBegun = true;
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#stopped !== undefined) throw this.#stopped;
    const next = await this.#stoppable<IteratorResult<Uint8Array, unknown>>(this.#chunks.next());
    if (next.done === true) return undefined;
    this.#length += next.value.length;
    if (this.#bytes !== undefined && this.#length > this.#bytes) throw this.#wrongLength();
    return next.value;
  }

  /** One slot instead of `Promise.race`, which would remember every chunk until the deadline is off. */
  #stoppable<T>(work: T | PromiseLike<T>): T | Promise<T> {
    if (!isPromise(work)) return work;
    return new Promise((resolve, reject) => {
      this.#onStop = reject;
      work.then(resolve, reject);
    });
  }

  /** Not awaited: a generator that hangs would hang here, too. */
  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    Promise.resolve()
      .then(() => this.#chunks.return?.())
      .catch(() => undefined);
  }

  #wrongLength(): FramingUsageError {
    const sum = String(this.#length);
    return new FramingUsageError(`the chunks have ${sum} bytes so far, the frame has ${String(this.#bytes)}`);
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
