import type { ByteReceiver, ByteStream } from '../byte-stream.ts';
import { expiredAlready, limitOf, type Deadline } from '../deadline.ts';
import { SocketError } from '../errors.ts';
import type { Pollable } from '../pollable.ts';
import { ForwardingStream } from './forwarding-stream.ts';

/** A stream with bytes in front of those that it still brings: what somebody read too far, put back. */
export class LeftoverStream extends ForwardingStream implements Pollable {
  #leftover: Uint8Array[];
  /** Push mode that began with bytes left over: the stream below then has this one's own receiver, for good. */
  #receiver: ByteReceiver | undefined;
  /** Bytes, or what follows them, are still to be delivered from here; the stream below is paused until they are. */
  #catchingUp = false;
  #scheduled = false;
  #paused = false;
  #dropping = false;
  #ended = false;
  #endDelivered = false;
  #over: { readonly error: Error | undefined } | undefined;

  constructor(inner: ByteStream, leftover: readonly Uint8Array[]) {
    super(inner);
    this.#leftover = leftover.filter((chunk) => chunk.length > 0);
    // A cancelled write aborts the stream below without a call to abort() here.
    inner.closed.catch((error: unknown) => {
      if (error instanceof SocketError && error.code === 'ABORTED') this.#drop();
    });
  }

  /** What is left over counts: it is what a change to TLS must refuse, for instance. */
  get isReadable(): boolean {
    return this.#leftover.length > 0 || (isPollable(this.inner) && this.inner.isReadable);
  }

  get isWritable(): boolean {
    return !this.needsDrain;
  }

  /** Tells of changes where the stream below can. */
  watch(onChange: () => void): () => void {
    return isPollable(this.inner) ? this.inner.watch(onChange) : () => undefined;
  }

  override read(options?: Deadline): Promise<Uint8Array | undefined> {
    if (this.#receiver !== undefined || this.#leftover.length === 0) return this.inner.read(options);
    const deadline = limitOf(options);
    const early = deadline === undefined ? undefined : expiredAlready(deadline);
    return early === undefined ? Promise.resolve(this.#leftover.shift()) : Promise.reject(early);
  }

  /** Puts bytes in front of those that are left over already. In pull mode. */
  unread(chunk: Uint8Array): void {
    if (!this.#dropping && chunk.length > 0) this.#leftover.unshift(chunk);
  }

  override shutdown(how: 'read' | 'write' | 'both', options?: Deadline): Promise<void> {
    if (how !== 'write') this.#drop();
    return this.inner.shutdown(how, options);
  }

  override close(options?: Deadline): Promise<void> {
    this.#drop();
    return this.inner.close(options);
  }

  override abort(reason?: unknown): void {
    this.#drop();
    this.inner.abort(reason);
  }

  override attach(receiver: ByteReceiver): void {
    if (this.#receiver === undefined) {
      if (this.#leftover.length === 0) {
        this.inner.attach(receiver);
        return;
      }
      this.inner.attach(this.#gate);
      this.inner.pause();
      this.#catchingUp = true;
    } else if (!this.#catchingUp) {
      this.inner.resume();
    }
    this.#receiver = receiver;
    this.#paused = false;
    this.#endDelivered = false;
    this.#schedule();
  }

  override pause(): void {
    if (this.#receiver !== undefined) this.#paused = true;
    if (!this.#catchingUp) this.inner.pause();
  }

  override resume(): void {
    this.#paused = false;
    if (this.#catchingUp) this.#schedule();
    else this.inner.resume();
  }

  readonly #gate: ByteReceiver = {
    data: (chunk) => {
      if (this.#catchingUp) this.#leftover.push(chunk);
      else this.#receiver?.data(chunk);
    },
    end: () => {
      this.#ended = true;
      if (!this.#catchingUp) this.#deliverEnd();
    },
    closed: (error) => {
      this.#over = { error };
      // A paused receiver learns at once of an end that is not in order: the bytes it has not taken are lost.
      if (this.#paused && error !== undefined) this.#drop();
      this.#schedule();
    },
    drain: () => this.#receiver?.drain(),
  };

  #schedule(): void {
    if (this.#scheduled || !(this.#catchingUp || this.#ended || this.#over !== undefined)) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (this.#leftover.length > 0) {
      if (this.#paused) return;
      this.#receiver?.data(this.#leftover.shift() as Uint8Array);
    }
    if (this.#paused && !this.#dropping) return;
    const wasCatchingUp = this.#catchingUp;
    this.#catchingUp = false;
    this.#deliverEnd();
    if (this.#over !== undefined) this.#receiver?.closed(this.#over.error);
    else if (wasCatchingUp) this.inner.resume();
  }

  #deliverEnd(): void {
    if (!this.#ended || this.#endDelivered) return;
    this.#endDelivered = true;
    this.#receiver?.end();
  }

  #drop(): void {
    this.#dropping = true;
    this.#leftover = [];
    this.#ended = false;
  }
}

function isPollable(stream: ByteStream): stream is ByteStream & Pollable {
  return 'isReadable' in stream && 'watch' in stream;
}
