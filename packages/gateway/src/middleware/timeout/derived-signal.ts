import type { Environ } from '../../environ.ts';

/**
 * `wirestack.signal` of an environ, from now on aborted by us, too. It is made when somebody asks for it: most applications do not, and neither a controller nor a listener is free.
 * (`AbortSignal.any` would make both at once.)
 */
export class DerivedSignal {
  readonly #environ: Environ;
  /** What was there before: a value, or an accessor of the environ's own or of its class. */
  readonly #before: PropertyDescriptor | undefined;
  readonly #outer: DerivedSignal | undefined;
  #controller: AbortController | undefined;
  #client: AbortSignal | undefined;
  #reason: unknown;
  #isAborted = false;

  constructor(environ: Environ) {
    this.#environ = environ;
    this.#before = Object.getOwnPropertyDescriptor(environ, key);
    this.#outer = environ[ownerKey] as DerivedSignal | undefined;
    environ[ownerKey] = this;
    Object.defineProperty(environ, key, lazily);
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#isAborted) {
      this.#controller.abort(this.#reason);
      return this.#controller.signal;
    }
    const client = this.#clientSignal();
    if (client.aborted) {
      this.#controller.abort(client.reason);
    } else {
      this.#client = client;
      client.addEventListener('abort', this.#onLeave, { once: true });
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#isAborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.release();
  }

  /** The response is over: the client's signal, which may live longer, has no more of us. */
  release(): void {
    this.#client?.removeEventListener('abort', this.#onLeave);
    this.#client = undefined;
  }

  #clientSignal(): AbortSignal {
    const environ = this.#environ;
    const before = this.#before;
    // One deadline around another.
    if (before?.get === lazily.get && this.#outer !== undefined) return this.#outer.signal;
    if (before !== undefined) {
      return (before.get === undefined ? before.value : before.get.call(environ)) as AbortSignal;
    }
    return Reflect.get(Object.getPrototypeOf(environ) as object, key, environ) as AbortSignal;
  }

  readonly #onLeave = (): void => {
    this.#controller?.abort(this.#client?.reason);
    this.release();
  };
}

const key = 'wirestack.signal';
const ownerKey = 'wirestack.derived_signal';

/**
 * The same two functions for all environs: with closures each environ would get a hidden class of its own, which takes several times as long. Enumerable, so that a copy by `deriveEnviron` has the
 * signal itself.
 */
const lazily: PropertyDescriptor & ThisType<Environ> = {
  configurable: true,
  enumerable: true,
  get() {
    return (this[ownerKey] as DerivedSignal).signal;
  },
  set(value: unknown) {
    Object.defineProperty(this, key, { value, configurable: true, enumerable: true, writable: true });
  },
};
