import type { HeaderList } from '@wirestack/http';
import type { Environ } from '../../environ.ts';

/**
 * The `headers` of a request, read out of the environ: what middleware has put there, or taken away, is what there is. What does more than `get` and `has` makes real
 * ones, which it is from then on: it may be changed, and nobody else sees that.
 */
export class LazyHeaders {
  readonly #environ: Environ;
  #real: Headers | undefined;

  constructor(environ: Environ) {
    this.#environ = environ;
  }

  get(name: string): string | null {
    if (this.#real !== undefined) return this.#real.get(name);
    const key = keys.get(name) ?? learnKey(name);
    return (this.#environ[key] as string | undefined) ?? null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  append(name: string, value: string): void {
    this.#made.append(name, value);
  }

  delete(name: string): void {
    this.#made.delete(name);
  }

  set(name: string, value: string): void {
    this.#made.set(name, value);
  }

  getSetCookie(): string[] {
    return this.#made.getSetCookie();
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    this.#made.forEach((value, name) => {
      callback.call(self, value, name, this);
    });
  }

  keys(): IterableIterator<string> {
    return this.#made.keys();
  }

  values(): IterableIterator<string> {
    return this.#made.values();
  }

  entries(): IterableIterator<[string, string]> {
    return this.#made.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#made.entries();
  }

  static {
    // What Node prints.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: LazyHeaders): Headers {
        return this.#made;
      },
    });
  }

  get #made(): Headers {
    return (this.#real ??= new Headers(fieldsOf(this.#environ) as [string, string][]));
  }
}

Object.setPrototypeOf(LazyHeaders.prototype, Headers.prototype);

/** The fields as names in lower case, and values. */
function fieldsOf(environ: Environ): HeaderList {
  const fields: [string, string][] = [];
  for (const key of Object.keys(environ)) {
    const name = key.startsWith('HTTP_') ? key.slice(5) : contentKeys.has(key) ? key : '';
    const value = environ[key];
    if (name !== '' && typeof value === 'string')
      fields.push([name.toLowerCase().replaceAll('_', '-'), value]);
  }
  return fields;
}

const contentKeys: ReadonlySet<string> = new Set(['CONTENT_TYPE', 'CONTENT_LENGTH']);

/** Of names as they were asked for, the keys of the environ. Programs ask for few. */
const keys = new Map<string, string>();
const maxKeys = 1024;

/** @throws TypeError for what is no name, as `Headers` does */
function learnKey(given: unknown): string {
  const name = String(given);
  if (!/^[!#$%&'*+\-.^`|~\w]+$/.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name`);
  const upper = name.toUpperCase().replaceAll('-', '_');
  const isContent = contentKeys.has(upper);
  // No field with an underscore is in an environ: none is found for it.
  const key = name.includes('_') ? 'HTTP_' : isContent ? upper : `HTTP_${upper}`;
  if (keys.size < maxKeys) keys.set(name, key);
  return key;
}
