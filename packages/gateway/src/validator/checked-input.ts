import { InputStream } from '../input-stream.ts';
import { requireOf } from './rule.ts';

/** `wsgi.input` that watches how it is used: one read at a time, and none once the response is over. */
export class CheckedInput extends InputStream {
  readonly #inner: InputStream;
  #isReading = false;
  isOver = false;

  constructor(inner: InputStream) {
    super({ body: { read: () => Promise.resolve(undefined) } });
    this.#inner = inner;
  }

  override read(...size: [size?: number]): Promise<Uint8Array> {
    return this.#watch(size, () => this.#inner.read(...size));
  }

  override readline(...size: [size?: number]): Promise<Uint8Array> {
    return this.#watch(size, () => this.#inner.readline(...size));
  }

  override readlines(): Promise<Uint8Array[]> {
    return this.#watch([], () => this.#inner.readlines());
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator = this.#inner[Symbol.asyncIterator]();
    for (;;) {
      const step = await this.#watch([], () => iterator.next());
      if (step.done === true) return;
      yield step.value;
    }
  }

  async #watch<T>(args: readonly unknown[], read: () => Promise<T>): Promise<T> {
    requireOf(
      'application',
      args.length <= 1,
      'read() takes one argument at most',
      `it got ${String(args.length)}`,
    );
    requireOf('application', !this.#isReading, 'one read of wsgi.input at a time', 'await the one before');
    requireOf('application', !this.isOver, 'wsgi.input is not read once the response is over', '');
    this.#isReading = true;
    try {
      return await read();
    } finally {
      this.#isReading = false;
    }
  }
}
