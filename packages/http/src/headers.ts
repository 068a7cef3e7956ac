import { latin1, SP, HTAB } from './protocol/octets.ts';

/** Fields to send, in order, as WSGI and CGI programmers write them: `[['Content-Type', 'text/html']]`. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/**
 * The header or trailer fields of a received message, in order and with the case they came in. Nothing is built until it is asked for;
 * lookup ignores case and needs no map, so that a name such as `__proto__` is a name like any other.
 */
export class HeaderFields implements Iterable<[name: string, value: string]> {
  #bytes: Uint8Array | undefined;
  readonly #start: number;
  readonly #end: number;
  /** Name, value, name, value … */
  #flat: string[] | undefined;

  /** Field lines that a parser has validated: `bytes[start, end)`, each ended by CRLF. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** How many field lines there are. */
  get length(): number {
    return this.flat().length / 2;
  }

  /** All values of `name` in one, joined by `, ` (RFC 9110 5.2), or by `; ` for Cookie (RFC 6265 5.4). */
  get(name: string): string | undefined {
    const flat = this.flat();
    const wanted = name.toLowerCase();
    let joined: string | undefined;
    for (let i = 0; i < flat.length; i += 2) {
      const found = flat[i] as string;
      if (found.length !== wanted.length || found.toLowerCase() !== wanted) continue;
      const value = flat[i + 1] as string;
      joined = joined === undefined ? value : `${joined}${wanted === 'cookie' ? '; ' : ', '}${value}`;
    }
    return joined;
  }

  /** The values of `name`, one a line. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return Array.from(this)
      .filter(([found]) => found.toLowerCase() === wanted)
      .map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Name, value, name, value …: the array behind the rest, without a pair a field. Do not change it. */
  flat(): readonly string[] {
    return (this.#flat ??= this.#read());
  }

  *[Symbol.iterator](): Generator<[name: string, value: string], void, undefined> {
    const flat = this.flat();
    for (let i = 0; i < flat.length; i += 2) yield [flat[i] as string, flat[i + 1] as string];
  }

  #read(): string[] {
    const flat: string[] = [];
    if (this.#bytes === undefined) return flat;
    const text = latin1(this.#bytes, this.#start, this.#end);
    this.#bytes = undefined;
    for (let at = 0; at < text.length; ) {
      const colon = text.indexOf(':', at);
      const lineEnd = text.indexOf('\r', colon);
      flat.push(text.slice(at, colon), trim(text, colon + 1, lineEnd));
      at = lineEnd + 2;
    }
    return flat;
  }
}

/** Without the optional white space around a value: SP and HTAB only, where `String.trim` would take more. */
function trim(text: string, start: number, end: number): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
