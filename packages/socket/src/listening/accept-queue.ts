import type { Address } from '../address.ts';
import { armDeadline, expiredAlready, limitOf, type Deadline } from '../deadline.ts';
import { closedError, SocketError, SocketUsageError } from '../errors.ts';
import type { Listener } from '../listen.ts';
import type { SocketStream } from '../socket-stream.ts';
import type { ListeningPort } from './port.ts';

/** Connections that wait for `accept()`; past it a new one is dropped, for a program that does not keep up. */
const maxWaiting = 1024;

/** Where connections wait for `accept()`. */
export class AcceptQueue implements Listener {
  port!: ListeningPort;
  /** Nothing is written to a listener. */
  readonly isWritable: boolean = false;
  readonly #waiting: SocketStream[] = [];
  #taker: { resolve(stream: SocketStream): void; reject(error: Error): void } | undefined;
  readonly #watchers = new Set<() => void>();
  #closed = false;
  #turnedAway = 0;

  get address(): Address {
    return this.port.address;
  }

  get dropped(): number {
    return this.port.dropped + this.#turnedAway;
  }

  get isReadable(): boolean {
    return this.#waiting.length > 0 || this.#closed;
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  push(stream: SocketStream): void {
    const taker = this.#taker;
    if (taker !== undefined) {
      this.#taker = undefined;
      taker.resolve(stream);
    } else if (this.#closed || this.#waiting.length >= maxWaiting) {
      this.#turnedAway++;
      stream.abort(new SocketError('REFUSED', 'too many connections wait to be accepted'));
    } else {
      this.#waiting.push(stream);
      for (const onChange of this.#watchers) onChange();
    }
  }

  accept(options?: Deadline): Promise<SocketStream> {
    if (this.#taker !== undefined) {
      return Promise.reject(
        new SocketUsageError('BUSY', 'an accept is outstanding: await it before the next'),
      );
    }
    if (this.#closed) return Promise.reject(closedError('the listener'));
    const early = options === undefined ? undefined : expiredAlready(options);
    if (early !== undefined) return Promise.reject(early);
    const next = this.#waiting.shift();
    if (next !== undefined) return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      let disarm: (() => void) | undefined;
      const settle = (): void => {
        this.#taker = undefined;
        disarm?.();
      };
      this.#taker = {
        resolve: (stream) => {
          settle();
          resolve(stream);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const deadline = limitOf(options);
      if (deadline !== undefined) {
        disarm = armDeadline(deadline, (error) => {
          this.#taker?.reject(error);
        });
      }
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const onChange of this.#watchers) onChange();
    const done = this.port.close();
    this.#taker?.reject(closedError('the listener'));
    for (const stream of this.#waiting.splice(0)) stream.abort(closedError('the listener'));
    return done;
  }

  async drain(options?: Deadline): Promise<void> {
    await this.close();
    await this.port.drain(options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SocketStream, void, undefined> {
    for (;;) {
      let stream;
      try {
        stream = await this.accept();
      } catch (error) {
        if (error instanceof SocketError && error.code === 'CLOSED') return;
        throw error;
      }
      yield stream;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
