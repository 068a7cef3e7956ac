import { COLON, CR, HTAB, latin1, SP } from './protocol/octets.ts';

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

  /** The fields of a message that did not come over a wire, as they are: nothing is checked. */
  static from(fields: HeaderList): HeaderFields {
    const made = new HeaderFields(nothing, 0, 0);
    made.#flat = fields.flat();
    return made;
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
    const bytes = this.#bytes;
    if (bytes === undefined) return flat;
    this.#bytes = undefined;
    if (this.#end - this.#start > sliceAboveBytes) readLong(bytes, this.#start, this.#end, flat);
    else readShort(bytes, this.#start, this.#end, flat);
    return flat;
  }
}

const nothing = new Uint8Array(0);

/** Text is made of each value by itself. */
function readShort(bytes: Uint8Array, start: number, end: number, flat: string[]): void {
  for (let at = start; at < end;) {
    let colon = at;
    while (bytes[colon] !== COLON) colon++;
    let from = colon + 1;
    while (bytes[from] === SP || bytes[from] === HTAB) from++;
    let lineEnd = from;
    while (bytes[lineEnd] !== CR) lineEnd++;
    let to = lineEnd;
    while (to > from && (bytes[to - 1] === SP || bytes[to - 1] === HTAB)) to--;
    flat.push(internName(bytes, at, colon), latin1(bytes, from, to));
    at = lineEnd + 2;
  }
}

/**
 * A long section is turned into text once, searched by the engine's own means and sliced: native code costs much a call and little a byte. Twice as fast
 * for ten fields of a browser, three times for values of 70 bytes.
 */
function readLong(bytes: Uint8Array, start: number, end: number, flat: string[]): void {
  const text = latin1(bytes, start, end);
  const length = end - start;
  for (let at = 0; at < length;) {
    const colon = text.indexOf(':', at);
    let from = colon + 1;
    for (let code; (code = text.charCodeAt(from)) === SP || code === HTAB;) from++;
    const lineEnd = text.indexOf('\r', from);
    let to = lineEnd;
    for (let code; to > from && ((code = text.charCodeAt(to - 1)) === SP || code === HTAB);) to--;
    flat.push(internName(bytes, start + at, start + colon), text.slice(from, to));
    at = lineEnd + 2;
  }
}

const sliceAboveBytes = 96;

/** One string for each name that keeps coming, found by its bytes: most requests then make none. */
function internName(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  const slot =
    (length * 37 + (bytes[start] as number) * 11 + (bytes[end - 1] as number)) & (internedSlots - 1);
  const known = interned[slot] as string;
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === bytes[start + i]) i++;
    if (i === length) return known;
  }
  const name = latin1(bytes, start, end);
  if (length <= maxInternedLength) interned[slot] = name;
  return name;
}

const internedSlots = 512;
const maxInternedLength = 64;
const interned: string[] = Array.from({ length: internedSlots }, () => '');
