import type { ByteReceiver, ByteStream } from '../byte-stream.ts';
import type { Deadline } from '../deadline.ts';
import { abortedError, closedError, SocketError, SocketUsageError } from '../errors.ts';
import { ForwardingStream } from './forwarding-stream.ts';
import { LeftoverStream } from './leftover-stream.ts';
import { ReadQueue } from './read-queue.ts';

/** Reads ahead by at most about this much, as streams of sockets do: one read of libuv. */
const readAheadBytes = 65_536;

/**
 * The stream as its driver in push mode hands it to somebody who may read it in either mode: an HTTP server that upgrades, a proxy that has
 * read its header. What the driver read too far comes first. From now on the stream below belongs to the answer alone.
 *
 * @param leftover bytes that the driver was given and did not use; they are the answer's.
 */
export function handBack(stream: ByteStream, leftover: readonly Uint8Array[] = []): ByteStream {
  return new HandedBackStream(stream, leftover);
}

/** Pull mode by push mode; push mode passed on. */
class HandedBackStream extends ForwardingStream {
  readonly #queue = new ReadQueue();
  /** Push mode: what was read ahead, and the stream behind it. */
  #pushed: LeftoverStream | undefined;
  #isPaused = false;

  constructor(inner: ByteStream, leftover: readonly Uint8Array[]) {
    super(inner);
    for (const chunk of leftover) this.#queue.push(chunk);
    inner.attach(this.#reader);
    this.#pauseWhenFull();
    // A cancelled write aborts the stream below without a call to abort() here.
    inner.closed.catch((error: unknown) => {
      if (error instanceof SocketError && error.code === 'ABORTED') this.#queue.fail(error, true);
    });
  }

  override read(options?: Deadline): Promise<Uint8Array | undefined> {
    if (this.#pushed !== undefined) {
      return Promise.reject(
        new SocketUsageError('ATTACHED', 'the stream is in push mode: read() is refused'),
      );
    }
    const result = this.#queue.read(options);
    if (this.#isPaused && this.#queue.bytes === 0) {
      this.#isPaused = false;
      this.inner.resume();
    }
    return result;
  }

  override shutdown(how: 'read' | 'write' | 'both', options?: Deadline): Promise<void> {
    if (how !== 'write') {
      this.#queue.clear();
      this.#queue.end();
    }
    return (this.#pushed ?? this.inner).shutdown(how, options);
  }

  override close(options?: Deadline): Promise<void> {
    this.#queue.fail(closedError(), true);
    return (this.#pushed ?? this.inner).close(options);
  }

  override abort(reason?: unknown): void {
    this.#queue.fail(abortedError(reason ?? 'abort() was called'), true);
    (this.#pushed ?? this.inner).abort(reason);
  }

  override attach(receiver: ByteReceiver): void {
    if (this.#queue.isAwaited) {
      throw new SocketUsageError('BUSY', 'a read is outstanding: await it before attach()');
    }
    this.#pushed ??= new LeftoverStream(this.inner, this.#readAhead());
    this.#pushed.attach(receiver);
  }

  override pause(): void {
    this.#pushed?.pause();
  }

  override resume(): void {
    this.#pushed?.resume();
  }

  readonly #reader: ByteReceiver = {
    data: (chunk) => {
      this.#queue.push(chunk);
      this.#pauseWhenFull();
    },
    end: () => {
      this.#queue.end();
    },
    closed: (error) => {
      this.#queue.fail(error ?? closedError());
    },
    // Whoever writes has the promise of that write.
    drain: () => undefined,
  };

  #pauseWhenFull(): void {
    if (this.#isPaused || this.#queue.bytes < readAheadBytes) return;
    this.#isPaused = true;
    this.inner.pause();
  }

  #readAhead(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (let chunk = this.#queue.take(); chunk !== undefined; chunk = this.#queue.take()) chunks.push(chunk);
    return chunks;
  }
}
