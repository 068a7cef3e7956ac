import type { HeaderList } from '@wirestack/http';

/**
 * Header fields of a response as an application puts them together: `wsgiref.headers.Headers`. Names match in any case and keep the one they were given
 * in; a field may stand several times. It is a list of pairs, so it can be given to `startResponse` as `headers.list()`.
 */
export class Headers implements Iterable<readonly [name: string, value: string]> {
  #fields: (readonly [name: string, value: string])[];

  constructor(fields: HeaderList = []) {
    this.#fields = [...fields];
  }

  /** How many field lines there are. */
  get length(): number {
    return this.#fields.length;
  }

  /** The first value; `undefined` where there is none. */
  get(name: string): string | undefined {
    return this.#fields.find(isNamed(name))?.[1];
  }

  getAll(name: string): string[] {
    return this.#fields.filter(isNamed(name)).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#fields.some(isNamed(name));
  }

  /** In place of all of that name, at the end. */
  set(name: string, value: string): void {
    this.delete(name);
    this.#fields.push([name, value]);
  }

  /** The value that is there, or else this one from now on. */
  setDefault(name: string, value: string): string {
    const found = this.get(name);
    if (found === undefined) this.#fields.push([name, value]);
    return found ?? value;
  }

  /**
   * One more of that name, with parameters: `add('Content-Disposition', 'attachment', { filename: 'a "b".txt' })`. A parameter that is `undefined` is
   * written without a value; an underscore in its name as `-`.
   */
  add(name: string, value: string, parameters: Readonly<Record<string, string | undefined>> = {}): void {
    const parts = Object.entries(parameters).map(([key, text]) => {
      const dashed = key.replaceAll('_', '-');
      return text === undefined ? dashed : `${dashed}="${text.replace(/["\\]/g, String.raw`\$&`)}"`;
    });
    this.#fields.push([name, [value, ...parts].join('; ')]);
  }

  delete(name: string): void {
    const isGone = isNamed(name);
    this.#fields = this.#fields.filter((field) => !isGone(field));
  }

  /** For `startResponse`. */
  list(): HeaderList {
    return [...this.#fields];
  }

  /** As on the wire, with the empty line behind. */
  toString(): string {
    return `${this.#fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  }

  [Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    return this.#fields.values();
  }
}

function isNamed(name: string): (field: readonly [name: string, value: string]) => boolean {
  const wanted = name.toLowerCase();
  return ([given]) => given.length === wanted.length && given.toLowerCase() === wanted;
}
