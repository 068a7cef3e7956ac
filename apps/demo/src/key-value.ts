import { RpcFault, service, type Service } from '@wirestack/rpc';

const maxKeys = 1000;

/** Seed 000's `KeyValueServer`: names and values, whatever wire they come over. It forgets the oldest where there are too many. */
class KeyValueStore {
  readonly #data = new Map<string, unknown>();

  get(name: string): unknown {
    if (!this.#data.has(name)) throw new RpcFault(1, `no such name: ${name}`);
    return this.#data.get(name);
  }

  set(name: string, value: unknown): void {
    if (typeof name !== 'string') throw new RpcFault(2, 'a name is a string');
    this.#data.delete(name);
    this.#data.set(name, value);
    const [oldest] = this.#data.keys();
    if (this.#data.size > maxKeys && oldest !== undefined) this.#data.delete(oldest);
  }

  delete(name: string): void {
    if (!this.#data.delete(name)) throw new RpcFault(1, `no such name: ${name}`);
  }

  exists(name: string): boolean {
    return this.#data.has(name);
  }

  keys(): string[] {
    return [...this.#data.keys()];
  }
}

const store = new KeyValueStore();

/** The procedures of the store, called by their own names as in the seed: `get`, not `store.get`. */
export const keyValue: Service = service({
  get: (name: string) => store.get(name),
  set: (name: string, value: unknown) => {
    store.set(name, value);
  },
  delete: (name: string) => {
    store.delete(name);
  },
  exists: (name: string) => store.exists(name),
  keys: () => store.keys(),
});
