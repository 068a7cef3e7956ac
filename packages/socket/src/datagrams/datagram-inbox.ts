import type { Address } from '../address.ts';
import { armDeadline, expiredAlready, limitOf, type Deadline } from '../deadline.ts';
import { closedError, SocketError, SocketUsageError } from '../errors.ts';
import type { Datagram, DatagramReceiver } from './datagram-socket.ts';

interface Waiter {
  resolve(datagram: Datagram): void;
  reject(error: Error): void;
}

/** What arrives at a datagram socket, until somebody takes it: the receiving half of every kind of {@link DatagramSocket}. */
export class DatagramInbox {
  dropped = 0;
  isClosed = false;
  readonly #limit: number;
  readonly #queue: Datagram[] = [];
  readonly #watchers = new Set<() => void>();
  #waiter: Waiter | undefined;
  #receiver: DatagramReceiver | undefined;
  #error: SocketError | undefined;

  /** @throws SocketUsageError `BAD_ARGUMENT` for a limit that is no count */
  constructor(queueLimit = 1024) {
    if (!(Number.isInteger(queueLimit) && queueLimit >= 1)) {
      throw new SocketUsageError('BAD_ARGUMENT', `queueLimit is ${String(queueLimit)}, expected 1 or more`);
    }
    this.#limit = queueLimit;
  }

  get isReadable(): boolean {
    return this.#queue.length > 0 || this.#error !== undefined || this.isClosed;
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  receive(options?: Deadline): Promise<Datagram> {
    if (this.#receiver !== undefined) {
      return Promise.reject(new SocketUsageError('ATTACHED', 'the socket is in push mode'));
    }
    if (this.#waiter !== undefined) {
      const message = 'a receive is outstanding: await it before the next';
      return Promise.reject(new SocketUsageError('BUSY', message));
    }
    const early = options === undefined ? undefined : expiredAlready(options);
    if (early !== undefined) return Promise.reject(early);
    const next = this.#queue.shift();
    if (next !== undefined) return Promise.resolve(next);
    const failure = this.isClosed ? closedError('the socket') : this.#error;
    this.#error = undefined;
    return failure === undefined ? this.#wait(limitOf(options)) : Promise.reject(failure);
  }

  attach(receiver: DatagramReceiver): void {
    if (this.#waiter !== undefined) {
      throw new SocketUsageError('BUSY', 'a receive is outstanding: await it before attaching');
    }
    this.#receiver = receiver;
    if (this.#queue.length > 0 || this.#error !== undefined) setImmediate(this.#deliverWaiting);
  }

  /** A packet, in memory that is given away. */
  arrive(data: Uint8Array, from: Address): void {
    if (this.#receiver !== undefined && this.#queue.length === 0) this.#receiver.datagram(data, from);
    else if (this.#waiter !== undefined) this.#waiter.resolve({ data, from });
    else this.#keep({ data, from });
  }

  /** What the network says of a packet that was sent. */
  fail(error: SocketError): void {
    if (this.#receiver !== undefined) this.#receiver.error?.(error);
    else if (this.#waiter !== undefined) this.#waiter.reject(error);
    else {
      this.#error = error;
      this.#tellWatchers();
    }
  }

  /** Nothing arrives any more. What has, can be received. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#waiter?.reject(closedError('the socket'));
    this.#receiver?.closed?.();
    this.#tellWatchers();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, undefined> {
    for (;;) {
      let datagram;
      try {
        datagram = await this.receive();
      } catch (error) {
        if (error instanceof SocketError && error.code === 'CLOSED') return;
        throw error;
      }
      yield datagram;
    }
  }

  #wait(deadline: Deadline | undefined): Promise<Datagram> {
    return new Promise((resolve, reject) => {
      let disarm: (() => void) | undefined;
      const settled = (): void => {
        this.#waiter = undefined;
        disarm?.();
      };
      this.#waiter = {
        resolve: (datagram) => {
          settled();
          resolve(datagram);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      if (deadline !== undefined) {
        disarm = armDeadline(deadline, (expired) => {
          this.#waiter?.reject(expired);
        });
      }
    });
  }

  #keep(datagram: Datagram): void {
    if (this.#queue.length >= this.#limit) {
      this.#queue.shift();
      this.dropped++;
    }
    this.#queue.push(datagram);
    this.#tellWatchers();
  }

  /** `closed` is the last call: by now it may have come, or come from one of these calls. */
  readonly #deliverWaiting = (): void => {
    for (const { data, from } of this.#queue.splice(0)) {
      if (!this.isClosed) this.#receiver?.datagram(data, from);
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined && !this.isClosed) this.#receiver?.error?.(error);
  };

  #tellWatchers(): void {
    for (const onChange of this.#watchers) onChange();
  }
}
