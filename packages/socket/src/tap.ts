import type { ByteReceiver, ByteStream, WriteOptions } from './byte-stream.ts';
import { limitOf, type Deadline } from './deadline.ts';
import { SocketError } from './errors.ts';
import { ForwardingStream } from './streams/forwarding-stream.ts';

/** Which way bytes went, seen from the end that is tapped. */
export type Direction = 'received' | 'sent';

/**
 * What a tap tells, in the order in which it happened. `at` is in milliseconds of `performance.now()`, unless `TapOptions.now` says otherwise.
 *
 * An observer that throws is let go: it is not called again, the stream goes on as if nobody had looked, and the exception becomes a
 * warning of the process.
 */
export interface StreamObserver {
  /**
   * Bytes, never none: `received` as they reach who reads the stream, `sent` as they are written to it, before back-pressure and `cork`. They
   * are the very ones that go on: an observer copies what it keeps, and changes nothing.
   */
  data?(direction: Direction, chunk: Uint8Array, at: number): void;
  /**
   * No more bytes go this way, once for each: the peer's end was read, or the sending side was shut down or closed here. It is not told of a
   * direction that was cut off, or whose end nobody read.
   */
  end?(direction: Direction, at: number): void;
  /**
   * Both directions are over; the last call, once. `error` where they did not end in order. In pull mode it waits until the reader has come
   * to the end of what had arrived by then, or closes or aborts.
   */
  closed?(error: Error | undefined, at: number): void;
}

export interface TapOptions {
  /** Tells the time. Default `performance.now`. */
  readonly now?: () => number;
}

/**
 * The same stream, watched: use what this answers instead of `stream`, and the observer sees all that goes through it, in pull mode and in
 * push mode. Nothing else changes; bytes are neither copied nor held up, and a string is turned into them here instead of below.
 */
export function tap(stream: ByteStream, observer: StreamObserver, options: TapOptions = {}): ByteStream {
  const { now = () => performance.now() } = options;
  return new TappedStream(stream, observer, now);
}

class TappedStream extends ForwardingStream {
  readonly #now: () => number;
  #observer: StreamObserver | undefined;
  /** Directions of which nothing more is to be told. */
  readonly #over = { received: false, sent: false };
  /** How the stream ended, until it is told. */
  #outcome: { readonly error: Error | undefined } | undefined;
  #isPushed = false;

  constructor(inner: ByteStream, observer: StreamObserver, now: () => number) {
    super(inner);
    this.#observer = observer;
    this.#now = now;
    inner.closed.then(
      () => {
        this.#onClosed(undefined);
      },
      (error: unknown) => {
        this.#onClosed(error as Error);
      },
    );
  }

  override async read(options?: Deadline): Promise<Uint8Array | undefined> {
    try {
      const chunk = await this.inner.read(options);
      if (chunk === undefined) this.#end('received');
      else this.#data('received', chunk);
      return chunk;
    } catch (error) {
      if (endsReading(error, options)) this.#cutOff();
      throw error;
    }
  }

  override write(data: Uint8Array | string, options?: WriteOptions): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, options?.encoding ?? 'utf8') : data;
    // Before it is written, and so before anything that answers it.
    this.#data('sent', bytes);
    return this.inner.write(bytes, options);
  }

  override shutdown(how: 'read' | 'write' | 'both', options?: Deadline): Promise<void> {
    if (how !== 'read') this.#end('sent');
    if (how !== 'write') this.#cutOff();
    return this.inner.shutdown(how, options);
  }

  override close(options?: Deadline): Promise<void> {
    this.#end('sent');
    this.#cutOff();
    return this.inner.close(options);
  }

  override abort(reason?: unknown): void {
    this.#over.sent = true;
    this.#cutOff();
    this.inner.abort(reason);
  }

  override attach(receiver: ByteReceiver): void {
    this.inner.attach({
      data: (chunk) => {
        this.#data('received', chunk);
        receiver.data(chunk);
      },
      end: () => {
        this.#end('received');
        receiver.end();
      },
      closed: (error) => {
        this.#outcome ??= { error };
        this.#cutOff();
        receiver.closed(error);
      },
      drain: () => {
        receiver.drain();
      },
    });
    this.#isPushed = true;
  }

  #onClosed(error: Error | undefined): void {
    this.#outcome ??= { error };
    // What aborts a stream drops what is unread, and a cancelled write aborts without a call to abort() here.
    if (error instanceof SocketError && error.code === 'ABORTED') this.#over.received = true;
    // The receiver may be paused: it is told when it has everything.
    if (!this.#isPushed) this.#tellClosed();
  }

  /** Nothing more is received that anybody sees. */
  #cutOff(): void {
    this.#over.received = true;
    this.#tellClosed();
  }

  #data(direction: Direction, chunk: Uint8Array): void {
    if (this.#observer?.data === undefined || this.#over[direction] || chunk.length === 0) return;
    // Refused: the stream is over.
    if (direction === 'sent' && this.#outcome !== undefined) return;
    this.#tell((observer, at) => observer.data?.(direction, chunk, at));
  }

  #end(direction: Direction): void {
    if (this.#over[direction]) return;
    this.#over[direction] = true;
    this.#tell((observer, at) => observer.end?.(direction, at));
    if (!this.#isPushed) this.#tellClosed();
  }

  #tellClosed(): void {
    if (this.#outcome === undefined || !this.#over.received) return;
    const { error } = this.#outcome;
    // A peer that has closed ends what is sent to it, too: in memory nothing needs to be shut down here.
    if (error === undefined && !this.#over.sent) this.#tell((observer, at) => observer.end?.('sent', at));
    this.#over.sent = true;
    this.#tell((observer, at) => observer.closed?.(error, at));
    this.#observer = undefined;
  }

  #tell(what: (observer: StreamObserver, at: number) => void): void {
    if (this.#observer === undefined) return;
    try {
      what(this.#observer, this.#now());
    } catch (error) {
      this.#observer = undefined;
      process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Whether a read was rejected because there is nothing more to read, and not because its own time was up or it was asked wrongly. */
function endsReading(error: unknown, options: Deadline | undefined): boolean {
  if (!(error instanceof SocketError)) return false;
  return limitOf(options) === undefined || (error.code !== 'ABORTED' && error.code !== 'TIMED_OUT');
}
