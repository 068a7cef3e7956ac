import { armDeadline, expiredAlready, limitOf, type Deadline } from '../deadline.ts';
import { SocketUsageError } from '../errors.ts';

/**
 * Where arrived bytes wait for `read()`: the half of pull mode that every stream shares. A cancelled read only removes its
 * waiter; bytes are handed over at the moment a waiter is there to take them, so none can be lost in between.
 */
export class ReadQueue {
  #chunks: (Uint8Array | undefined)[] = [];
  /** Chunks before it are taken: a peer that sends crumbs makes `shift()` costly. */
  #head = 0;
  #bytes = 0;
  #waiter: Waiter | undefined;
  #ended = false;
  #error: Error | undefined;

  get bytes(): number {
    return this.#bytes;
  }

  /** True while a read waits. */
  get isAwaited(): boolean {
    return this.#waiter !== undefined;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const waiter = this.#waiter;
    if (waiter !== undefined) {
      this.#waiter = undefined;
      waiter.disarm?.();
      waiter.resolve(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** Puts bytes in front of those that wait. */
  unread(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#head > 0) this.#chunks[--this.#head] = chunk;
    else this.#chunks.unshift(chunk);
    this.#bytes += chunk.length;
  }

  end(): void {
    this.#ended = true;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.disarm?.();
    waiter?.resolve(undefined);
  }

  /** Later reads reject with `error` once the bytes before it are read; `discard` drops those too. */
  fail(error: Error, discard = false): void {
    if (discard) {
      this.clear();
      this.#ended = false;
    }
    this.#error ??= error;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.disarm?.();
    waiter?.reject(error);
  }

  /** Drops what waits. */
  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** The next chunk without waiting. */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks[this.#head];
    if (chunk === undefined) return undefined;
    this.#chunks[this.#head] = undefined;
    this.#bytes -= chunk.length;
    if (++this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#head = 0;
    } else if (this.#head === 1024) {
      this.#chunks.splice(0, this.#head);
      this.#head = 0;
    }
    return chunk;
  }

  read(options: Deadline | undefined): Promise<Uint8Array | undefined> {
    if (this.#waiter !== undefined) {
      return Promise.reject(new SocketUsageError('BUSY', 'a read is outstanding: await it before the next'));
    }
    const deadline = limitOf(options);
    if (deadline !== undefined) {
      const early = expiredAlready(deadline);
      if (early !== undefined) return Promise.reject(early);
    }
    if (this.#bytes > 0) return Promise.resolve(this.take());
    if (this.#ended) return Promise.resolve(undefined);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, disarm: undefined };
      this.#waiter = waiter;
      if (deadline === undefined) return;
      waiter.disarm = armDeadline(deadline, (error) => {
        this.#waiter = undefined;
        reject(error);
      });
    });
  }
}

interface Waiter {
  resolve(chunk: Uint8Array | undefined): void;
  reject(error: unknown): void;
  disarm: (() => void) | undefined;
}
