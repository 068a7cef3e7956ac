import type { Address } from './address.ts';
import type { Deadline } from './deadline.ts';

/**
 * A two-way stream of bytes: the one interface that every protocol here stacks on. TCP, Unix sockets and the memory pair
 * implement it; `streamContract` of `@wirestack/socket/testing` checks an implementation of your own against each
 * sentence below.
 */
export interface ByteStream extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /**
   * The next bytes, in memory the caller owns; `undefined` once the peer finished sending, and ever after. An aborted or
   * timed-out read loses nothing: the next read gets those bytes.
   *
   * Rejects with `SocketError`: `ABORTED`, `TIMED_OUT`, `RESET`, `CLOSED`; with `SocketUsageError` `BUSY` while another
   * read is outstanding, `ATTACHED` in push mode.
   */
  read(options?: Deadline): Promise<Uint8Array | undefined>;

  /**
   * Queues bytes; they belong to the stream from the call on and must not change. Resolves as soon as more may be
   * written: without back-pressure that is one shared, already resolved promise. Rejects, never hangs, when the peer
   * goes. A cancelled write has an unknown outcome, so the stream is aborted. A promise nobody awaits is harmless.
   */
  write(data: Uint8Array | string, options?: WriteOptions): Promise<void>;

  /**
   * Ends one direction. `'write'` sends what is queued and tells the peer that no more comes; reading goes on.
   * `'read'` drops what the peer still sends; the next read answers `undefined`.
   */
  shutdown(how: 'read' | 'write' | 'both', options?: Deadline): Promise<void>;

  /** Flush, FIN, done. Unread bytes are dropped. Where the deadline passes first, the stream is aborted. */
  close(options?: Deadline): Promise<void>;

  /** Ends both directions at once, with RST where the transport has one. What was queued is lost. */
  abort(reason?: unknown): void;

  /**
   * Push mode for hot paths: from now on chunks arrive by a synchronous call, without a promise a chunk, and `read()` is
   * refused. Bytes that arrived before are delivered in a later turn, never inside `attach` itself. A second call
   * replaces the receiver, which is how an upgrade hands a connection over; the new one is told of an end that the old one was told of.
   */
  attach(receiver: ByteReceiver): void;
  /** Push mode: no `data` from the moment this returns, until `resume()`. The peer feels back-pressure. */
  pause(): void;
  resume(): void;

  /** Holds writes back until the matching `uncork()`, so that they leave in one system call. Nests. */
  cork(): void;
  uncork(): void;

  /** True after a write that met back-pressure, until the drain: the receiver's `drain()`, or that write's promise. */
  readonly needsDrain: boolean;
  /** Resolves once both directions have ended in order; rejects with the `SocketError` that ended them otherwise. */
  readonly closed: Promise<void>;
  readonly localAddress: Address;
  readonly remoteAddress: Address;
}

export interface WriteOptions extends Deadline {
  /** How a string becomes bytes: `utf8` by default; `latin1` (one byte a code unit) for protocol text such as HTTP heads. */
  readonly encoding?: 'utf8' | 'latin1' | undefined;
}

/** What push mode calls. It must not throw: an exception is the process's uncaught one, as in any event handler. */
export interface ByteReceiver {
  /** Bytes, in memory the receiver owns, or borrows: see `borrows`. */
  data(chunk: Uint8Array): void;
  /**
   * `true`: a chunk is used during `data` only, and whatever is kept of it is copied. A stream that can then reads all chunks into the same
   * memory, which halves what reading in bulk costs; others ignore it. Read with each chunk. Default false: chunks may be kept.
   */
  readonly borrows?: boolean | undefined;
  /** The peer finished sending. Writing may go on. */
  end(): void;
  /** Both directions are over; the last call, exactly once. `error` where it did not end in order. */
  closed(error?: Error): void;
  /** More may be written, after back-pressure. */
  drain(): void;
}
