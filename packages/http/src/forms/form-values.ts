/**
 * What a form brought, in the order it came, by name: pairs, of which several may have one name. `FormValues<string>` for fields.
 *
 * A name is a name: `__proto__` is one like any other, and `a[b]` is no way into a tree. Nested names are a convention of PHP and Rails that no
 * standard knows, that programs read in different ways, and that has let senders choose the shape of objects (CVE-2022-24999): who needs it takes
 * the names apart himself.
 */
export class FormValues<Value = string> implements Iterable<readonly [name: string, value: Value]> {
  readonly #pairs: readonly (readonly [name: string, value: Value])[];
  /** Made when something is looked up. */
  #byName: ReadonlyMap<string, readonly Value[]> | undefined;

  constructor(pairs: Iterable<readonly [name: string, value: Value]> = []) {
    this.#pairs = Array.from(pairs);
  }

  /** How many pairs there are. */
  get length(): number {
    return this.#pairs.length;
  }

  /** The first value of `name`. */
  get(name: string): Value | undefined {
    return this.#find(name)?.[0];
  }

  /** Every value of `name`, in order. */
  getAll(name: string): Value[] {
    return [...(this.#find(name) ?? [])];
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** Each name once, in the order of their first pairs. */
  names(): string[] {
    return [...this.#index().keys()];
  }

  /** Every value, in order. */
  values(): Value[] {
    return this.#pairs.map(([, value]) => value);
  }

  entries(): IterableIterator<readonly [name: string, value: Value]> {
    return this.#pairs.values();
  }

  [Symbol.iterator](): IterableIterator<readonly [name: string, value: Value]> {
    return this.entries();
  }

  #find(name: string): readonly Value[] | undefined {
    return this.#index().get(name);
  }

  #index(): ReadonlyMap<string, readonly Value[]> {
    if (this.#byName !== undefined) return this.#byName;
    const byName = new Map<string, Value[]>();
    for (const [name, value] of this.#pairs) {
      const values = byName.get(name);
      if (values === undefined) byName.set(name, [value]);
      else values.push(value);
    }
    return (this.#byName = byName);
  }
}
