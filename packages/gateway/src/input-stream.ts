/** Where the bytes come from: the chunks of a request body, read once. */
export interface InputSource {
  read(): Promise<Uint8Array | undefined>;
}

/** What has a body: a request of our server, or an adapter's own. `body` is asked for at the first read. */
export interface InputOwner {
  readonly body: InputSource;
}

/** `wsgi.input`: the request body, read as a file is. At its end every method answers what is empty. */
export class InputStream implements AsyncIterable<Uint8Array> {
  readonly #owner: InputOwner;
  #rest: Uint8Array = empty;
  #isOver = false;

  /** The first read is where a client that waits for `100 Continue` gets it. */
  constructor(owner: InputOwner) {
    this.#owner = owner;
  }

  /** `size` bytes, fewer only at the end; without `size`, or with one that is no count (-1 as in Python, NaN), all that is left. */
  read(size: number = Infinity): Promise<Uint8Array> {
    return this.#collect(size, false);
  }

  /** Up to and including the next LF, at most `size` bytes; empty at the end. */
  readline(size: number = Infinity): Promise<Uint8Array> {
    return this.#collect(size, true);
  }

  /** All lines that are left. */
  async readlines(): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = [];
    for (let line = await this.readline(); line.length > 0; line = await this.readline()) lines.push(line);
    return lines;
  }

  /** The chunks as they arrive: unlike PEP 3333's lines, and what every use but line-wise text wants. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
  }

  async #collect(count: number, isLine: boolean): Promise<Uint8Array> {
    const size = count >= 0 ? count : Infinity;
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < size) {
      const chunk = await this.#next();
      if (chunk === undefined) break;
      const lineEnd = isLine ? chunk.indexOf(0x0a) + 1 : 0;
      const taken = Math.min(size - length, lineEnd > 0 ? lineEnd : chunk.length);
      parts.push(chunk.subarray(0, taken));
      length += taken;
      this.#rest = chunk.subarray(taken);
      if (lineEnd > 0) break;
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : joined(parts, length);
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = empty;
      return rest;
    }
    if (this.#isOver) return undefined;
    const chunk = await this.#owner.body.read();
    if (chunk === undefined) this.#isOver = true;
    return chunk;
  }
}

const empty = new Uint8Array(0);

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
