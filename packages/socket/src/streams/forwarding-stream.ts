import type { Address } from '../address.ts';
import type { ByteReceiver, ByteStream, WriteOptions } from '../byte-stream.ts';
import type { Deadline } from '../deadline.ts';
import { chunksOf } from './chunks.ts';

/**
 * A stream that passes every call on to another. What wraps a stream extends it and overrides what it changes: a tap, say, or bytes put
 * in front of those that arrive.
 */
export class ForwardingStream implements ByteStream {
  protected readonly inner: ByteStream;

  constructor(inner: ByteStream) {
    this.inner = inner;
  }

  get needsDrain(): boolean {
    return this.inner.needsDrain;
  }

  get closed(): Promise<void> {
    return this.inner.closed;
  }

  get localAddress(): Address {
    return this.inner.localAddress;
  }

  get remoteAddress(): Address {
    return this.inner.remoteAddress;
  }

  read(options?: Deadline): Promise<Uint8Array | undefined> {
    return this.inner.read(options);
  }

  write(data: Uint8Array | string, options?: WriteOptions): Promise<void> {
    return this.inner.write(data, options);
  }

  shutdown(how: 'read' | 'write' | 'both', options?: Deadline): Promise<void> {
    return this.inner.shutdown(how, options);
  }

  close(options?: Deadline): Promise<void> {
    return this.inner.close(options);
  }

  abort(reason?: unknown): void {
    this.inner.abort(reason);
  }

  attach(receiver: ByteReceiver): void {
    this.inner.attach(receiver);
  }

  pause(): void {
    this.inner.pause();
  }

  resume(): void {
    this.inner.resume();
  }

  cork(): void {
    this.inner.cork();
  }

  uncork(): void {
    this.inner.uncork();
  }

  /** Through this stream's own `read`, so that what it changes is seen here too. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return chunksOf(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
