/** A signal that counts who listens. */
export class WatchedSignal {
  readonly #controller = new AbortController();
  listeners = 0;

  constructor() {
    const { signal } = this;
    const listening = new Map<unknown, boolean>();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    const drop = (listener: unknown): void => {
      if (listening.delete(listener)) this.listeners--;
    };
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      if (!listening.has(args[1])) this.listeners++;
      listening.set(args[1], true);
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      drop(args[1]);
      remove(...args);
    };
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }
}
