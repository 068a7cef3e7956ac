import type { Duplex } from 'node:stream';
import type { Address } from '../address.ts';
import type { ByteReceiver, ByteStream, WriteOptions } from '../byte-stream.ts';
import { expiredAlready, limitOf, withDeadline, type Deadline } from '../deadline.ts';
import { Deferred, harmless, ready, rejected } from '../deferred.ts';
import {
  abortedError,
  closedError,
  eventError,
  SocketError,
  SocketUsageError,
  toSocketError,
} from '../errors.ts';
import type { Pollable } from '../pollable.ts';
import { chunksOf } from './chunks.ts';
import { copied } from './owned-bytes.ts';
import { ReadQueue } from './read-queue.ts';
import type { ReceiveBuffer } from './receive-buffer.ts';
import { WriteHalf, writeTo } from './write-half.ts';

/** Pull mode reads ahead by at most about this much: one libuv read. */
const readAheadBytes = 65_536;

export interface NodeStreamOptions<Source extends Duplex = Duplex> {
  /** Asked for when it is first wanted, where it costs a system call. */
  readonly local: Address | ((socket: Source) => Address);
  readonly remote: Address | ((socket: Source) => Address);
  /** Ends both directions at once, and loudly for the peer. Default: `destroy()`. */
  readonly reset?: ((socket: Source) => void) | undefined;
  /** Where its bytes arrive, if not by `data` events. */
  readonly received?: ReceiveBuffer | undefined;
  readonly keeper?: StreamKeeper | undefined;
}

/** Who counts streams. */
export interface StreamKeeper {
  /** Both directions of the stream are over. */
  left(stream: object): void;
}

/** Which stream a socket belongs to: its listeners are the same functions for all, for an idle connection has little else. */
const belongsTo = Symbol('stream');

interface Bearer {
  [belongsTo]: NodeStream;
}

/** A stream of node's, made with `allowHalfOpen`, as a {@link ByteStream}: `KernelStream` for sockets, `fromDuplex` for any other. */
export class NodeStream<Source extends Duplex = Duplex> implements ByteStream, Pollable {
  readonly #socket: Source;
  readonly #received: ReceiveBuffer | undefined;
  readonly #reset: ((socket: Source) => void) | undefined;
  readonly #keeper: StreamKeeper | undefined;
  #local: Address | ((socket: Source) => Address);
  #remote: Address | ((socket: Source) => Address);
  /** Made when a write meets back-pressure, or writing ends. */
  #writes: WriteHalf | undefined;

  /** Pull mode, and what was read ahead when push mode begins. Made on first use: an idle push-mode stream has none. */
  #queue: ReadQueue | undefined;
  #receiver: ByteReceiver | undefined;
  #isListening = false;
  /** Push mode: earlier bytes or events are still to be delivered, so later ones wait. */
  #catchingUp = false;
  #paused = false;
  #dropping = false;
  #peerEnded = false;
  #endDelivered = false;

  #closing = false;
  #over = false;
  #error: SocketError | undefined;
  #closed: Deferred<void> | undefined;
  #watchers: Set<() => void> | undefined;

  constructor(socket: Source, options: NodeStreamOptions<Source>) {
    this.#socket = socket;
    this.#received = options.received;
    this.#reset = options.reset;
    this.#keeper = options.keeper;
    this.#local = options.local;
    this.#remote = options.remote;
    const isNew = !(belongsTo in socket);
    (socket as Source & Bearer)[belongsTo] = this as unknown as NodeStream;
    if (isNew) {
      socket.on('error', NodeStream.#toldError);
      // From the start: an end that nobody listened for when it came is never told again.
      socket.on('end', NodeStream.#toldEnd);
      socket.on('close', NodeStream.#toldClose);
    }
    // Nothing waits in such a socket: what comes before it is asked for is queued here.
    if (this.#received !== undefined) this.#listen();
  }

  static #toldError(this: Bearer, error: Error): void {
    this[belongsTo].#error ??= eventError(error);
  }

  static #toldEnd(this: Bearer): void {
    this[belongsTo].#onEnd();
  }

  static #toldClose(this: Bearer): void {
    this[belongsTo].#onClose();
  }

  static #toldData(this: Bearer, chunk: Uint8Array): void {
    this[belongsTo].#onData(chunk);
  }

  get localAddress(): Address {
    if (typeof this.#local === 'function') this.#local = this.#local(this.#socket);
    return this.#local;
  }

  get remoteAddress(): Address {
    if (typeof this.#remote === 'function') this.#remote = this.#remote(this.#socket);
    return this.#remote;
  }

  get needsDrain(): boolean {
    return this.#writes !== undefined && this.#writes.isBlocked;
  }

  get isReadable(): boolean {
    return (this.#queue?.bytes ?? 0) > 0 || this.#peerEnded || this.#over || this.#closing;
  }

  get isWritable(): boolean {
    return !this.needsDrain;
  }

  get closed(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new Deferred();
      if (this.#over) this.#settleClosed(this.#closed);
    }
    return this.#closed.promise;
  }

  read(options?: Deadline): Promise<Uint8Array | undefined> {
    if (this.#receiver !== undefined) {
      return Promise.reject(
        new SocketUsageError('ATTACHED', 'the stream is in push mode: read() is refused'),
      );
    }
    if (this.#closing) return Promise.reject(this.#error ?? closedError());
    const queue = (this.#queue ??= this.#openQueue());
    const result = queue.read(options);
    if (this.#paused && queue.bytes === 0) {
      this.#paused = false;
      this.#socket.resume();
    }
    return result;
  }

  write(data: Uint8Array | string, options?: WriteOptions): Promise<void> {
    if (this.#cannotWrite) return rejected(this.#error ?? closedError());
    if (options !== undefined && limitOf(options) !== undefined) return this.#writeWithin(data, options);
    return writeTo(this.#socket, data, options?.encoding) ? ready : this.#writeHalf.blocked();
  }

  lend(data: Uint8Array): Promise<void> {
    if (this.#cannotWrite) return rejected(this.#error ?? closedError());
    const left = new Promise<void>((resolve, reject) => {
      const isFlowing = writeTo(this.#socket, data, undefined, (error) => {
        // Of a write that a reset cut short node says nothing worse than of one that left.
        if (error == null && !this.#socket.destroyed) resolve();
        else reject(this.#error ?? toSocketError(error ?? this.#socket.errored ?? closedError()));
      });
      if (!isFlowing) void this.#writeHalf.blocked();
    });
    return harmless(left);
  }

  shutdown(how: 'read' | 'write' | 'both', options?: Deadline): Promise<void> {
    if (how !== 'write') this.#shutdownRead();
    if (how === 'read') return ready;
    if (this.#writes?.isFinishing !== true && this.#cannotWrite)
      return rejected(this.#error ?? closedError());
    const finished = withDeadline(this.#writeHalf.finish(), options, (error) => {
      this.abort(error);
    });
    return harmless(finished);
  }

  close(options?: Deadline): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#dropping = true;
      this.#queue?.fail(closedError(), true);
      this.#writeHalf.destroySoon();
      // What still comes is dropped, and not left to block a peer that writes before it reads on: both would wait for ever.
      if (!this.#peerEnded) this.#socket.resume();
    }
    const done = withDeadline(
      this.closed.catch(() => undefined),
      options,
      (error) => {
        this.abort(error);
      },
    );
    return harmless(done);
  }

  abort(reason?: unknown): void {
    if (this.#over) return;
    const error = (this.#error ??= abortedError(reason ?? 'abort() was called'));
    this.#closing = true;
    this.#dropping = true;
    this.#queue?.fail(error, true);
    this.#writes?.fail(error);
    // While a FIN is on its way libuv refuses to reset (EINVAL), and node then never says that the socket is closed.
    const isEnding = this.#socket.writableEnded && !this.#socket.writableFinished;
    if (this.#reset !== undefined && !isEnding) this.#reset(this.#socket);
    else this.#socket.destroy();
  }

  attach(receiver: ByteReceiver): void {
    if (this.#queue?.isAwaited === true) {
      throw new SocketUsageError('BUSY', 'a read is outstanding: await it before attach()');
    }
    this.#receiver = receiver;
    this.#paused = false;
    this.#endDelivered = false;
    const mustCatchUp = (this.#queue?.bytes ?? 0) > 0 || this.#peerEnded || this.#over;
    if (!mustCatchUp) {
      this.#listen();
      this.#socket.resume();
    } else if (!this.#catchingUp) {
      this.#catchingUp = true;
      this.#socket.pause();
      process.nextTick(() => {
        this.#catchUp();
      });
    }
  }

  pause(): void {
    if (this.#receiver === undefined) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused || this.#receiver === undefined) return;
    this.#paused = false;
    if (this.#catchingUp) {
      process.nextTick(() => {
        this.#catchUp();
      });
    } else {
      this.#socket.resume();
    }
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  watch(onChange: () => void): () => void {
    this.#watchers ??= new Set();
    this.#watchers.add(onChange);
    this.#queue ??= this.#openQueue();
    return () => this.#watchers?.delete(onChange);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return chunksOf(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Puts bytes in front of those still to be read. Before push mode begins, and while no read waits. */
  unread(chunk: Uint8Array): void {
    this.#queue ??= this.#openQueue();
    this.#queue.unread(chunk);
  }

  /** Bytes that have arrived and were not read. */
  get unreadBytes(): number {
    return (this.#queue?.bytes ?? 0) + this.#socket.readableLength;
  }

  /** Gives the socket up, paused, for another to drive, and what was not read of it; this stream is closed from now on. */
  takeOver(): Uint8Array[] {
    this.#closing = true;
    this.#dropping = true;
    this.#receiver = undefined;
    if (this.#received !== undefined) this.#received.deliver = undefined;
    else this.#socket.off('data', NodeStream.#toldData);
    this.#socket.pause();
    const unread: Uint8Array[] = [];
    for (let chunk = this.#queue?.take(); chunk !== undefined; chunk = this.#queue?.take())
      unread.push(chunk);
    this.#queue?.fail(closedError(), true);
    return unread;
  }

  get #writeHalf(): WriteHalf {
    return (this.#writes ??= new WriteHalf(this.#socket, () => {
      this.#onDrain();
    }));
  }

  get #cannotWrite(): boolean {
    return this.#writes?.isEnded === true || this.#closing || this.#over || this.#error !== undefined;
  }

  #writeWithin(data: Uint8Array | string, options: WriteOptions): Promise<void> {
    const early = expiredAlready(options);
    if (early !== undefined) {
      if (early instanceof SocketError) this.abort(early);
      return rejected(early);
    }
    if (writeTo(this.#socket, data, options.encoding)) return ready;
    const inTime = withDeadline(this.#writeHalf.blocked(), options, (error) => {
      this.abort(error);
    });
    return harmless(inTime);
  }

  #onDrain(): void {
    this.#receiver?.drain();
    this.#tellWatchers();
  }

  #shutdownRead(): void {
    if (this.#over) return;
    this.#dropping = true;
    this.#queue ??= this.#openQueue();
    this.#queue.clear();
    this.#queue.end();
    this.#listen();
    this.#socket.resume();
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    if (this.#received === undefined) {
      // Once, also where a stream before had it.
      this.#socket.off('data', NodeStream.#toldData).on('data', NodeStream.#toldData);
    } else {
      this.#received.deliver = (chunk) => {
        this.#onData(chunk);
      };
    }
  }

  #openQueue(): ReadQueue {
    const queue = new ReadQueue();
    if (this.#peerEnded) queue.end();
    else if (this.#over) queue.fail(this.#error ?? closedError());
    else this.#listen();
    return queue;
  }

  #onData(chunk: Uint8Array): void {
    if (this.#dropping) return;
    const receiver = this.#catchingUp ? undefined : this.#receiver;
    if (receiver !== undefined) {
      receiver.data(this.#received === undefined || receiver.borrows === true ? chunk : copied(chunk));
      return;
    }
    const queue = (this.#queue ??= new ReadQueue());
    queue.push(this.#received === undefined ? chunk : copied(chunk));
    this.#tellWatchers();
    if (queue.bytes >= readAheadBytes && !this.#paused) {
      this.#paused = true;
      this.#socket.pause();
    }
  }

  #onEnd(): void {
    this.#peerEnded = true;
    this.#queue?.end();
    if (this.#receiver !== undefined && !this.#catchingUp) this.#deliverEnd(this.#receiver);
    this.#tellWatchers();
  }

  #onClose(): void {
    this.#over = true;
    if (this.#error === undefined && !this.#closing && !this.#socket.writableFinished) {
      this.#error = new SocketError('RESET', 'the connection ended before everything was written');
    }
    this.#keeper?.left(this);
    // An error nobody waits for is not worth making.
    if (this.#queue !== undefined || this.#writes !== undefined) {
      const error = this.#error ?? closedError();
      if (!this.#peerEnded && !this.#dropping) this.#queue?.fail(error);
      this.#writes?.fail(error);
    }
    if (this.#closed !== undefined) this.#settleClosed(this.#closed);
    // A paused receiver learns at once of an end that is not in order: the bytes it has not taken are lost.
    if (this.#dropping || (this.#paused && this.#error !== undefined)) this.#catchingUp = false;
    if (this.#receiver !== undefined && !this.#catchingUp) this.#receiver.closed(this.#error);
    this.#tellWatchers();
  }

  #catchUp(): void {
    if (!this.#catchingUp) return;
    const queue = this.#queue;
    for (;;) {
      if (this.#paused || this.#receiver === undefined) return;
      const chunk = this.#dropping ? undefined : queue?.take();
      if (chunk === undefined) break;
      this.#receiver.data(chunk);
    }
    if (this.#peerEnded && !this.#dropping) this.#deliverEnd(this.#receiver);
    this.#catchingUp = false;
    if (this.#over) this.#receiver.closed(this.#error);
    else {
      this.#listen();
      this.#socket.resume();
    }
  }

  #deliverEnd(receiver: ByteReceiver): void {
    if (this.#endDelivered || this.#dropping) return;
    this.#endDelivered = true;
    receiver.end();
  }

  #tellWatchers(): void {
    if (this.#watchers !== undefined) for (const onChange of this.#watchers) onChange();
  }

  #settleClosed(closed: Deferred<void>): void {
    if (this.#error === undefined) closed.resolve();
    else closed.reject(this.#error);
  }
}
