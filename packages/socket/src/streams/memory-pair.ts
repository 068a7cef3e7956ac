import type { Address } from '../address.ts';
import type { ByteReceiver, ByteStream, WriteOptions } from '../byte-stream.ts';
import { expiredAlready, limitOf, withDeadline, type Deadline } from '../deadline.ts';
import { Deferred, harmless, ready, rejected } from '../deferred.ts';
import { abortedError, closedError, SocketError, SocketUsageError } from '../errors.ts';
import { ReadQueue } from './read-queue.ts';

export interface SocketPairOptions {
  /**
   * A direction holding this many unread bytes exerts back-pressure. Default 65,536: what one read of a TCP socket
   * brings here, so that tests over the pair meet back-pressure about where TCP does.
   */
  readonly highWaterBytes?: number;
}

let pairs = 0;

/**
 * Two connected streams in memory, as `socket.socketpair()` (seed 004): what is written to one is read from the other, with
 * half-close, back-pressure and abort as a real connection has them. Each arrival is a turn of the microtask queue later.
 */
export function socketPair(options: SocketPairOptions = {}): [ByteStream, ByteStream] {
  const { highWaterBytes = 65_536 } = options;
  if (!(highWaterBytes > 0)) {
    throw new SocketUsageError(
      'BAD_ARGUMENT',
      `highWaterBytes is ${String(highWaterBytes)}, expected more than 0`,
    );
  }
  const id = String(++pairs);
  const a = new MemoryStream(`pair-${id}a`, `pair-${id}b`, highWaterBytes);
  const b = new MemoryStream(`pair-${id}b`, `pair-${id}a`, highWaterBytes);
  a.join(b);
  b.join(a);
  return [a, b];
}

class MemoryStream implements ByteStream {
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  readonly #highWaterBytes: number;
  readonly #queue = new ReadQueue();
  readonly #closed = new Deferred<void>();
  #peer!: MemoryStream;

  #receiver: ByteReceiver | undefined;
  #paused = false;
  #delivering = false;
  #dropping = false;
  #peerEnded = false;
  #endDelivered = false;

  #corked = 0;
  #held: Uint8Array[] = [];
  #blocked = false;
  #drained: Deferred<void> | undefined;
  #writeEnded = false;

  #over = false;
  #error: SocketError | undefined;

  constructor(local: string, remote: string, highWaterBytes: number) {
    this.localAddress = { family: 'memory', name: local };
    this.remoteAddress = { family: 'memory', name: remote };
    this.#highWaterBytes = highWaterBytes;
  }

  join(peer: MemoryStream): void {
    this.#peer = peer;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get needsDrain(): boolean {
    return this.#blocked;
  }

  async read(options?: Deadline): Promise<Uint8Array | undefined> {
    if (this.#receiver !== undefined) {
      throw new SocketUsageError('ATTACHED', 'the stream is in push mode: read() is refused');
    }
    const chunk = await this.#queue.read(options);
    this.#peer.#consumed();
    return chunk;
  }

  write(data: Uint8Array | string, options?: WriteOptions): Promise<void> {
    if (this.#writeEnded || this.#over) return rejected(this.#error ?? closedError());
    if (this.#peer.#over) return rejected(new SocketError('PEER_CLOSED', 'the peer has closed'));
    const deadline = limitOf(options);
    if (deadline !== undefined) {
      const early = expiredAlready(deadline);
      if (early !== undefined) {
        if (early instanceof SocketError) this.abort(early);
        return rejected(early);
      }
    }
    this.#send(typeof data === 'string' ? encode(data, options?.encoding) : data.slice());
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
    const wasOver = this.#over;
    if (!wasOver && !this.#writeEnded) this.#endWriting();
    this.#dropping = true;
    this.#queue.fail(closedError(), true);
    if (!wasOver) {
      if (!this.#over) this.#finish();
      // As Linux does: who closes with bytes unread resets the peer, so that a blocked writer learns of it.
      if (hadUnread || this.#peer.#blocked) this.#peer.#reset();
    }
    return this.#closed.promise.catch(() => undefined);
  }

  abort(reason?: unknown): void {
    if (this.#over) return;
    this.#fail(abortedError(reason ?? 'abort() was called'), true);
    this.#peer.#reset();
  }

  attach(receiver: ByteReceiver): void {
    if (this.#queue.isAwaited) {
      throw new SocketUsageError('BUSY', 'a read is outstanding: await it before attach()');
    }
    this.#receiver = receiver;
    this.#paused = false;
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

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = await this.read();
      if (chunk === undefined) return;
      yield chunk;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #send(bytes: Uint8Array): void {
    if (this.#corked > 0) this.#held.push(bytes);
    else this.#peer.#arrive(bytes);
    const waiting = this.#held.reduce((sum, chunk) => sum + chunk.length, this.#peer.#queue.bytes);
    if (waiting >= this.#highWaterBytes) this.#blocked = true;
  }

  #flush(): void {
    const held = this.#held;
    this.#held = [];
    const batch = new Uint8Array(held.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of held) {
      batch.set(chunk, at);
      at += chunk.length;
    }
    this.#peer.#arrive(batch);
    if (this.#peer.#dropping) this.#consumed();
  }

  #endWriting(): void {
    this.#corked = 0;
    this.#flush();
    this.#writeEnded = true;
    this.#peer.#arriveEnd();
    this.#finishIfBothEnded();
  }

  #shutdownRead(): void {
    this.#dropping = true;
    this.#queue.clear();
    this.#queue.end();
    this.#peer.#consumed();
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#dropping || this.#over) return;
    this.#queue.push(bytes);
    this.#schedule();
  }

  #arriveEnd(): void {
    if (this.#over) return;
    this.#peerEnded = true;
    this.#queue.end();
    this.#schedule();
    this.#finishIfBothEnded();
  }

  /** The other end has read: lift the back-pressure once it has caught up. */
  #consumed(): void {
    if (!this.#blocked || this.#over || (this.#peer.#queue.bytes > 0 && !this.#peer.#dropping)) return;
    this.#blocked = false;
    this.#drained?.resolve();
    this.#drained = undefined;
    queueMicrotask(() => {
      if (!this.#over) this.#receiver?.drain();
    });
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
      this.#receiver.data(chunk);
      this.#peer.#consumed();
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

  #reset(): void {
    if (!this.#over) this.#fail(new SocketError('RESET', 'the peer aborted the connection'), false);
  }

  #fail(error: SocketError, discard: boolean): void {
    this.#error = error;
    this.#queue.fail(error, discard);
    if (discard) this.#dropping = true;
    this.#finish();
  }

  #finishIfBothEnded(): void {
    if (this.#writeEnded && this.#peerEnded && !this.#over) this.#finish();
  }

  #finish(): void {
    this.#over = true;
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
  }
}

function encode(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): Uint8Array {
  if (encoding === 'utf8') return new TextEncoder().encode(text);
  return Uint8Array.from({ length: text.length }, (_, index) => text.charCodeAt(index) & 0xff);
}
