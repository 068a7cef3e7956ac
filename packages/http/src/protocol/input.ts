import { HttpProtocolError, type HttpErrorCode } from '../errors.ts';

/**
 * Bytes not yet parsed, always in one piece: `bytes[position, end)`. A chunk is adopted without a copy when everything before it is
 * parsed; else it joins what is left, in a buffer that doubles, so that any slicing of the input costs O(bytes).
 * Bytes before `end` never change, so views of them stay true.
 */
export class Input {
  bytes: Uint8Array = nothing;
  position = 0;
  end = 0;
  /** Where `bytes` begins, counted from the first byte ever pushed. */
  #origin = 0;
  #isOwn = false;
  readonly #of: 'request' | 'response';

  /** @param of what the bytes are, for errors to say */
  constructor(of: 'request' | 'response' = 'request') {
    this.#of = of;
  }

  get length(): number {
    return this.end - this.position;
  }

  push(chunk: Uint8Array): void {
    const { length } = this;
    if (length === 0) {
      this.#origin += this.end;
      this.bytes = chunk;
      this.position = 0;
      this.end = chunk.length;
      this.#isOwn = false;
      return;
    }
    if (!this.#isOwn || this.end + chunk.length > this.bytes.length) {
      const joined = allocate(2 * (length + chunk.length));
      joined.set(this.bytes.subarray(this.position, this.end));
      this.bytes = joined;
      this.#origin += this.position;
      this.position = 0;
      this.end = length;
      this.#isOwn = true;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** What is left, which is then parsed. */
  take(): Uint8Array {
    const rest = this.bytes.subarray(this.position, this.end);
    this.position = this.end;
    return rest;
  }

  /** Lets go of the last chunk, where all of it is parsed. */
  release(): void {
    if (this.position < this.end) return;
    this.#origin += this.end;
    this.bytes = nothing;
    this.position = this.end = 0;
    this.#isOwn = false;
  }

  /** Drops what is left. */
  clear(): void {
    this.position = this.end;
  }

  /** What is wrong with `bytes[at]`, as an error that says where that is in all of the input. */
  fault(code: HttpErrorCode, message: string, at: number): HttpProtocolError {
    return new HttpProtocolError(code, message, this.#origin + at, this.#of);
  }
}

const nothing = new Uint8Array(0);

function allocate(size: number): Uint8Array {
  return typeof Buffer === 'function' ? Buffer.allocUnsafeSlow(size) : new Uint8Array(size);
}
