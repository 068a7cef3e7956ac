import type { ByteReceiver } from '../byte-stream.ts';
import { concatenate, textOf } from './contract-case.ts';

/** A push-mode receiver that notes every call, and that a test can wait on. */
export class RecordingReceiver implements ByteReceiver {
  /** The calls in order; consecutive `data` count as one, for slicing is the transport's business. */
  readonly calls: ('data' | 'end' | 'closed' | 'drain')[] = [];
  readonly errors: (Error | undefined)[] = [];
  /** Called after each chunk is noted. */
  onData: ((chunk: Uint8Array) => void) | undefined;
  readonly #chunks: Uint8Array[] = [];
  readonly #waiters = new Set<() => void>();

  get text(): string {
    return textOf(concatenate(this.#chunks));
  }

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  data(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#note('data');
    this.onData?.(chunk);
  }

  end(): void {
    this.#note('end');
  }

  closed(error?: Error): void {
    this.errors.push(error);
    this.#note('closed');
  }

  drain(): void {
    this.#note('drain');
  }

  /** Waits until `isTrue` of this receiver. */
  async until(isTrue: (receiver: this) => boolean): Promise<void> {
    while (!isTrue(this)) {
      await new Promise<void>((resolve) => {
        this.#waiters.add(resolve);
      });
    }
  }

  /** Waits until so many bytes have come in all. */
  untilBytes(count: number): Promise<void> {
    return this.until(() => this.bytes >= count);
  }

  untilCalled(call: 'end' | 'closed' | 'drain'): Promise<void> {
    return this.until(() => this.calls.includes(call));
  }

  #note(call: 'data' | 'end' | 'closed' | 'drain'): void {
    if (call !== 'data' || this.calls.at(-1) !== 'data') this.calls.push(call);
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
