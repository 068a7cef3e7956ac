import { Duplex } from 'node:stream';
import {
  ReadableStream,
  WritableStream,
  type ReadableStreamDefaultReader,
  type WritableStreamDefaultWriter,
} from 'node:stream/web';
import type { ByteStream } from '../byte-stream.ts';
import { SocketUsageError } from '../errors.ts';
import { fromDuplex, type FromDuplexOptions } from './duplex.ts';

/** The two directions of a stream as the WHATWG Streams Standard has them. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array | string>;
}

/**
 * The stream as web streams, for `Response`, `pipeThrough(new DecompressionStream('gzip'))` and the like. It is read in pull mode, one read
 * for each chunk asked for and none ahead; nobody else may read it.
 *
 * `readable` is a byte stream (`type: 'bytes'`); its `cancel()` drops what the peer still sends, as `shutdown('read')` does. `writable`
 * takes bytes, and text as UTF-8; a write is done once more may be written, `close()` half-closes, `abort()` aborts the stream at once. Once
 * the one is cancelled and the other closed, the stream is closed. Both fail with the stream's `SocketError`.
 */
export function toWebStreams(stream: ByteStream): WebStreams {
  let isCancelled = false;
  let isShut = false;
  const readable = new ReadableStream({
    type: 'bytes',
    async pull(controller): Promise<void> {
      const chunk = await stream.read();
      if (isCancelled) return;
      if (chunk !== undefined) {
        controller.enqueue(ownMemory(chunk));
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
    async cancel(): Promise<void> {
      isCancelled = true;
      await (isShut ? stream.close() : stream.shutdown('read'));
    },
  });
  const writable = new WritableStream<Uint8Array | string>({
    start(controller): void {
      const { signal } = controller as typeof controller & { readonly signal: AbortSignal };
      // `abort` of the sink waits for a write that is blocked; this does not.
      signal.addEventListener('abort', () => {
        stream.abort(signal.reason);
      });
      stream.closed.catch((error: unknown) => {
        controller.error(error);
      });
    },
    async write(chunk): Promise<void> {
      if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
        throw new SocketUsageError('BAD_ARGUMENT', 'a chunk must be a Uint8Array or a string');
      }
      await stream.write(chunk);
    },
    async close(): Promise<void> {
      isShut = true;
      await (isCancelled ? stream.close() : stream.shutdown('write'));
    },
  });
  return { readable: readable, writable };
}

/** A byte stream takes the memory of what it is given away from it: a view of memory that has other views is copied. */
function ownMemory(chunk: Uint8Array): Uint8Array {
  const isWhole = chunk.buffer instanceof ArrayBuffer && chunk.byteLength === chunk.buffer.byteLength;
  return isWhole ? chunk : Uint8Array.from(chunk);
}

/** What `fromWebStreams` takes: a `WebTransport` stream, a `TransformStream`'s two ends, a worker's transferred ones. */
export interface WebStreamPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * Two web streams as one {@link ByteStream}; both are locked. `abort()` cancels the one and aborts the other with an error. Addresses are as in
 * `fromDuplex`.
 *
 * @throws TypeError where one of them is locked already.
 */
export function fromWebStreams(pair: WebStreamPair, options: FromDuplexOptions = {}): ByteStream {
  return fromDuplex(new WebDuplex(pair), options);
}

/** `Duplex.fromWeb` would do, were it not experimental in Node 20, and deaf to a `destroy()` while a write is blocked. */
class WebDuplex extends Duplex {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor({ readable, writable }: WebStreamPair) {
    super({ allowHalfOpen: true });
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    const fail = (error: unknown): void => {
      this.destroy(errorOf(error));
    };
    this.#reader.closed.catch(fail);
    this.#writer.closed.catch(fail);
  }

  override _read(): void {
    this.#reader.read().then(
      ({ done, value }) => {
        if (done) this.push(null);
        else if (value.length === 0) this._read();
        else this.push(value);
      },
      (error: unknown) => {
        this.destroy(errorOf(error));
      },
    );
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    settle(this.#writer.write(chunk), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    settle(this.#writer.close(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const reason = error ?? new Error('destroyed');
    // This one first: to cancel alone says "send on, nobody reads", and lifts the back-pressure of a peer that waits.
    const aborted = this.writableFinished ? undefined : this.#writer.abort(reason);
    const cancelled = this.readableEnded ? undefined : this.#reader.cancel(reason);
    for (const told of [aborted, cancelled]) told?.catch(() => undefined);
    done(error);
  }
}

function settle(work: Promise<void>, done: (error?: Error | null) => void): void {
  work.then(
    () => {
      done();
    },
    (error: unknown) => {
      done(errorOf(error));
    },
  );
}

/** A web stream fails with any value, `undefined` too. */
function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
}
