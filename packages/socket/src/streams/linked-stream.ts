import type { Address } from '../address.ts';
import type { ByteReceiver, ByteStream, WriteOptions } from '../byte-stream.ts';
import { expiredAlready, limitOf, withDeadline, type Deadline } from '../deadline.ts';
import { Deferred, harmless, ready, rejected } from '../deferred.ts';
import { abortedError, closedError, SocketError, SocketUsageError } from '../errors.ts';
import type { Pollable } from '../pollable.ts';
import { chunksOf } from './chunks.ts';
import { copied, encoded, joined } from './owned-bytes.ts';
import { ReadQueue } from './read-queue.ts';

/**
 * What one end tells the other: the whole wire between two {@link LinkedStream}s. A stream calls the link it was given, and is itself the
 * {@link LinkedStream.incoming} link that the other end's calls come to, in the order they were made. `closed` or `reset` is the last.
 */
export interface Link {
  /** Bytes, never none, in memory that is the receiver's from now on. */
  data(bytes: Uint8Array): void;
  /** So many of the bytes sent have been read, or dropped: the credit goes back to who sent them. */
  consumed(bytes: number): void;
  /** No more data follows. */
  end(): void;
  /** This end is over, in order: what is written to it from now on is for nobody. */
  closed(): void;
  /** This end is over and gave up: what was on its way is lost. */
  reset(): void;
}

export interface LinkedStreamOptions {
  readonly local: Address;
  readonly remote: Address;
  /** So many bytes written and not consumed are back-pressure. */
  readonly highWaterBytes: number;
  /** Back-pressure lifts once no more than so many are left. */
  readonly lowWaterBytes: number;
  /** Makes written bytes the stream's alone. Default: a copy. */
  readonly own?: ((data: Uint8Array) => Uint8Array) | undefined;
}

/** A stream whose other end is behind a {@link Link}: `socketPair` links two directly, `portStream` through a MessagePort. */
export class LinkedStream implements ByteStream, Pollable {
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  /** Where the other end's calls come in. */
  readonly incoming: Link;
  readonly #highWaterBytes: number;
  readonly #lowWaterBytes: number;
  readonly #own: (data: Uint8Array) => Uint8Array;
  readonly #queue = new ReadQueue();
  readonly #closed = new Deferred<void>();
  #link!: Link;

  #receiver: ByteReceiver | undefined;
  #paused = false;
  #delivering = false;
  #dropping = false;
  #peerEnded = false;
  #peerClosed = false;
  #endDelivered = false;

  #corked = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #unconsumed = 0;
  #blocked = false;
  #drained: Deferred<void> | undefined;
  #writeEnded = false;

  #over = false;
  #error: SocketError | undefined;
  readonly #watchers = new Set<() => void>();
  #tellingWatchers = false;

  constructor({ local, remote, highWaterBytes, lowWaterBytes, own = copied }: LinkedStreamOptions) {
    this.localAddress = local;
    this.remoteAddress = remote;
    this.#highWaterBytes = highWaterBytes;
    this.#lowWaterBytes = lowWaterBytes;
    this.#own = own;
    this.incoming = {
      data: (bytes) => {
        this.#onData(bytes);
      },
      consumed: (bytes) => {
        this.#onConsumed(bytes);
      },
      end: () => {
        this.#onEnd();
      },
      closed: () => {
        this.#onClosed();
      },
      reset: () => {
        this.fail(new SocketError('RESET', 'the peer aborted the connection'));
      },
    };
  }

  /** Before anything else is called. */
  join(link: Link): void {
    this.#link = link;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get needsDrain(): boolean {
    return this.#blocked;
  }

  get isReadable(): boolean {
    return this.#queue.bytes > 0 || this.#peerEnded || this.#dropping || this.#over;
  }

  get isWritable(): boolean {
    return !this.#blocked || this.#over;
  }

  /** True once both directions are over, in order or not. */
  get isOver(): boolean {
    return this.#over;
  }

  read(options?: Deadline): Promise<Uint8Array | undefined> {
    if (this.#receiver !== undefined) return Promise.reject(attachedError());
    const before = this.#queue.bytes;
    const result = this.#queue.read(options);
    const taken = before - this.#queue.bytes;
    if (taken > 0) this.#link.consumed(taken);
    return result;
  }

  write(data: Uint8Array | string, options?: WriteOptions): Promise<void> {
    if (this.#writeEnded || this.#over) return rejected(this.#error ?? closedError());
    if (this.#peerClosed) return rejected(new SocketError('PEER_CLOSED', 'the peer has closed'));
    const deadline = limitOf(options);
    if (deadline !== undefined) {
      const early = expiredAlready(deadline);
      if (early !== undefined) {
        if (early instanceof SocketError) this.abort(early);
        return rejected(early);
      }
    }
    this.#send(typeof data === 'string' ? encoded(data, options?.encoding) : this.#own(data));
    if (!this.#blocked) return ready;
    const drained = withDeadline((this.#drained ??= new Deferred()).promise, options, (error) => {
      this.abort(error);
    });
    return harmless(drained);
  }

  shutdown(how: 'read' | 'write' | 'both'): Promise<void> {
    if (how !== 'write') this.#shutdownRead();
    if (how === 'read') return ready;
    if (!this.#writeEnded) {
      if (this.#over) return rejected(this.#error ?? closedError());
      this.#endWriting();
    }
    return ready;
  }

  close(): Promise<void> {
    const hadUnread = this.#queue.bytes > 0;
    if (!this.#over && !this.#writeEnded) this.#endWriting();
    this.#dropping = true;
    this.#queue.fail(closedError(), true);
    if (!this.#over) {
      this.#finish();
      // As Linux does: who closes with bytes unread resets the peer, so that a blocked writer learns of it.
      if (hadUnread) this.#link.reset();
      else this.#link.closed();
    }
    return this.#closed.promise.catch(() => undefined);
  }

  abort(reason?: unknown): void {
    if (this.#over) return;
    this.#dropping = true;
    this.#fail(abortedError(reason ?? 'abort() was called'), true);
    this.#link.reset();
  }

  attach(receiver: ByteReceiver): void {
    if (this.#queue.isAwaited) {
      throw new SocketUsageError('BUSY', 'a read is outstanding: await it before attach()');
    }
    this.#receiver = receiver;
    this.#paused = false;
    this.#endDelivered = false;
    this.#schedule();
  }

  pause(): void {
    if (this.#receiver !== undefined) this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  cork(): void {
    this.#corked++;
  }

  uncork(): void {
    if (this.#corked === 0 || --this.#corked > 0) return;
    this.#flush();
  }

  watch(onChange: () => void): () => void {
    if (this.#receiver !== undefined) throw attachedError();
    // An entry of its own for each call: one watcher may watch twice.
    const watcher = (): void => {
      onChange();
    };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return chunksOf(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The link itself broke: what came before is still read, then `error`. */
  fail(error: SocketError): void {
    if (this.#over) return;
    this.#fail(error, false);
    this.#link.reset();
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#corked > 0) {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
    } else this.#pass(bytes);
    if (this.#unconsumed + this.#heldBytes >= this.#highWaterBytes) this.#blocked = true;
  }

  /** Counted first: a peer that waits consumes inside the call. */
  #pass(bytes: Uint8Array): void {
    this.#unconsumed += bytes.length;
    this.#link.data(bytes);
  }

  #flush(): void {
    if (this.#heldBytes === 0 || this.#over) return;
    const batch = joined(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    this.#pass(batch);
  }

  #endWriting(): void {
    this.#corked = 0;
    this.#flush();
    this.#writeEnded = true;
    this.#link.end();
    this.#finishIfBothEnded();
  }

  #shutdownRead(): void {
    const dropped = this.#queue.bytes;
    this.#dropping = true;
    this.#queue.clear();
    this.#queue.end();
    if (dropped > 0) this.#link.consumed(dropped);
    this.#tellWatchers();
  }

  #onData(bytes: Uint8Array): void {
    if (this.#over) return;
    const taken = this.#dropping || this.#queue.isAwaited;
    if (!this.#dropping) this.#queue.push(bytes);
    if (taken) this.#link.consumed(bytes.length);
    else this.#tellWatchers();
    this.#schedule();
  }

  /** The other end has read: lift the back-pressure once it has caught up. */
  #onConsumed(bytes: number): void {
    this.#unconsumed -= bytes;
    if (!this.#blocked || this.#over || this.#unconsumed + this.#heldBytes > this.#lowWaterBytes) return;
    this.#blocked = false;
    this.#drained?.resolve();
    this.#drained = undefined;
    queueMicrotask(() => {
      if (!this.#over) this.#receiver?.drain();
    });
    this.#tellWatchers();
  }

  #onEnd(): void {
    if (this.#over) return;
    this.#peerEnded = true;
    this.#queue.end();
    this.#schedule();
    this.#tellWatchers();
    this.#finishIfBothEnded();
  }

  #onClosed(): void {
    if (this.#over || (this.#writeEnded && this.#peerEnded)) return;
    this.#peerClosed = true;
    // What it did not read is lost, and who waits for it to be read would wait for ever.
    if (this.#blocked || this.#unconsumed > 0) this.incoming.reset();
  }

  #schedule(): void {
    if (this.#receiver === undefined || this.#delivering) return;
    this.#delivering = true;
    queueMicrotask(() => {
      this.#delivering = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    for (;;) {
      if (this.#receiver === undefined) return;
      if (this.#paused) {
        // A paused receiver learns at once of an end that is not in order: the bytes it has not taken are lost.
        if (this.#over && (this.#dropping || this.#error !== undefined)) this.#deliverClosed();
        return;
      }
      const chunk = this.#queue.take();
      if (chunk === undefined) break;
      // Measured before: the receiver may give the memory away.
      const { length } = chunk;
      this.#receiver.data(chunk);
      this.#link.consumed(length);
    }
    if (this.#peerEnded && !this.#endDelivered && !this.#dropping) {
      this.#endDelivered = true;
      this.#receiver.end();
    }
    if (this.#over) this.#deliverClosed();
  }

  #deliverClosed(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.closed(this.#error);
  }

  #fail(error: SocketError, discard: boolean): void {
    this.#error = error;
    this.#queue.fail(error, discard);
    this.#finish();
  }

  #finishIfBothEnded(): void {
    if (!this.#writeEnded || !this.#peerEnded || this.#over) return;
    this.#finish();
    this.#link.closed();
  }

  #finish(): void {
    this.#over = true;
    this.#held = [];
    if (this.#error === undefined) {
      this.#blocked = false;
      this.#drained?.resolve();
      this.#closed.resolve();
    } else {
      this.#drained?.reject(this.#error);
      this.#closed.reject(this.#error);
    }
    this.#drained = undefined;
    this.#schedule();
    this.#tellWatchers();
  }

  /** In a later turn of the microtask queue: not inside the peer's call. */
  #tellWatchers(): void {
    if (this.#watchers.size === 0 || this.#tellingWatchers) return;
    this.#tellingWatchers = true;
    queueMicrotask(() => {
      this.#tellingWatchers = false;
      for (const onChange of this.#watchers) onChange();
    });
  }
}

function attachedError(): SocketUsageError {
  return new SocketUsageError('ATTACHED', 'the stream is in push mode: read() and watch() are refused');
}
