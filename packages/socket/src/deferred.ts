/** A promise and the means to settle it. A rejection that nobody awaits is harmless: the promise is marked as handled. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }
}

/** What every write answers while there is no back-pressure. */
export const ready: Promise<void> = Promise.resolve();

/** A rejected promise that may be ignored. */
export function rejected(error: unknown): Promise<never> {
  return harmless(Promise.reject(error as Error));
}

/** The same promise, whose rejection may be ignored: a peer must not end the process because nobody awaits a write. */
export function harmless<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
