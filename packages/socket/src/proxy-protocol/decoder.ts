import { SocketError, SocketUsageError } from '../errors.ts';
import type { ProxyHeader } from './header.ts';
import { decodeLine, maxLineBytes } from './version-1.ts';
import {
  bytesOf,
  checkStart,
  decodeBinary,
  extensionsAt,
  fixedBytes,
  isUnspecified,
  walkExtensions,
} from './version-2.ts';

/** The default of {@link ProxyHeaderDecoderOptions.maxBytes}: 4,096 bytes behind the fixed part. */
const defaultMaxHeaderBytes: number = fixedBytes + 4096;

export interface ProxyHeaderDecoderOptions {
  /**
   * The longest header of version 2, its 16 fixed bytes included. Default 4,112: senders keep below a segment of 536 bytes, but the
   * names of certificates have no limit of their own; haproxy takes what one of its buffers does, 16 KB. A line of version 1 has at most 107.
   */
  readonly maxBytes?: number;
}

/**
 * Finds the PROXY header that a connection begins with, version 1 or 2 (haproxy's proxy-protocol.txt, section 2). No I/O: bytes in, the
 * header out, and then what follows it, as it came.
 *
 * ```ts
 * decoder.push(chunk);
 * const header = decoder.next();
 * if (header !== undefined) handle(header, decoder.rest());
 * ```
 */
export class ProxyHeaderDecoder {
  readonly #maxBytes: number;
  /** What the header has of bytes so far; as long as is known to be needed. */
  #head: Uint8Array = new Uint8Array();
  #length = 0;
  /** Where the next extension begins: none before it is looked at again. */
  #walked: number | undefined;
  #header: ProxyHeader | undefined;
  #isDone = false;
  #rest: Uint8Array[] = [];
  #error: SocketError | undefined;

  /** @throws SocketUsageError `BAD_ARGUMENT` */
  constructor(options: ProxyHeaderDecoderOptions = {}) {
    const { maxBytes = defaultMaxHeaderBytes } = options;
    if (!(maxBytes >= fixedBytes)) {
      throw new SocketUsageError('BAD_ARGUMENT', `maxBytes is ${String(maxBytes)}, expected 16 or more`);
    }
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes. Those of the header are copied; what is behind it is kept as it is, and must not change. */
  push(chunk: Uint8Array): void {
    if (this.#error !== undefined || chunk.length === 0) return;
    if (this.#isDone) {
      this.#rest.push(chunk);
      return;
    }
    try {
      const taken = this.#take(chunk);
      if (taken < chunk.length) this.#rest.push(chunk.subarray(taken));
    } catch (error) {
      this.#error = error as SocketError;
      this.#head = new Uint8Array();
      this.#length = 0;
    }
  }

  /**
   * The header, once; `undefined` for "need more".
   *
   * @throws SocketError `PROXY_HEADER` as soon as the bytes can never become one, and ever after.
   */
  next(): ProxyHeader | undefined {
    if (this.#error !== undefined) throw this.#error;
    const header = this.#header;
    this.#header = undefined;
    return header;
  }

  /** The input is over. @throws SocketError `TRUNCATED` before the end of the header, `PROXY_HEADER` as {@link next} does. */
  end(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#isDone) return;
    throw new SocketError(
      'TRUNCATED',
      `the peer finished after ${String(this.#length)} bytes of its PROXY header`,
    );
  }

  /** What was pushed and stands behind the header, in one piece. It is handed over: the next call answers what came since. */
  rest(): Uint8Array {
    const [first = new Uint8Array(), ...more] = this.#rest.splice(0);
    if (more.length === 0) return first;
    const whole = new Uint8Array(more.reduce((sum, chunk) => sum + chunk.length, first.length));
    let at = 0;
    for (const chunk of [first, ...more]) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  /** Bytes held. Before the header is whole: never above 107, or of version 2 `maxBytes`, whatever the peer sends. */
  get bufferedBytes(): number {
    return this.#rest.reduce((sum, chunk) => sum + chunk.length, this.#isDone ? 0 : this.#length);
  }

  /** Takes of the chunk what belongs to the header; answers how much. */
  #take(chunk: Uint8Array): number {
    const first = this.#length === 0 ? chunk[0] : this.#head[0];
    return first === 0x50 ? this.#takeLine(chunk) : this.#takeBinary(chunk);
  }

  #takeLine(chunk: Uint8Array): number {
    const before = this.#length;
    this.#fill(chunk, maxLineBytes);
    const found = decodeLine(this.#head.subarray(0, this.#length));
    if (found === undefined) return chunk.length;
    this.#finish(found.header);
    return found.length - before;
  }

  #takeBinary(chunk: Uint8Array): number {
    let taken = 0;
    if (this.#length < fixedBytes) {
      taken = this.#fill(chunk, fixedBytes);
      checkStart(this.#head.subarray(0, this.#length));
      if (this.#length < fixedBytes) return taken;
    }
    const length = bytesOf(this.#head);
    if (length > this.#maxBytes) {
      const limit = `the limit is ${String(this.#maxBytes)}`;
      throw new SocketError('PROXY_HEADER', `the PROXY header has ${String(length)} bytes, ${limit}`);
    }
    taken += this.#fill(chunk.subarray(taken), length);
    if (!isUnspecified(this.#head)) {
      this.#walked = walkExtensions(this.#head, this.#walked ?? extensionsAt(this.#head), this.#length);
    }
    if (this.#length === length) this.#finish(decodeBinary(this.#head));
    return taken;
  }

  /** Copies until there are `size` bytes; answers how many it took. */
  #fill(chunk: Uint8Array, size: number): number {
    if (this.#head.length < size) {
      const head = new Uint8Array(size);
      head.set(this.#head.subarray(0, this.#length));
      this.#head = head;
    }
    const part = chunk.subarray(0, size - this.#length);
    this.#head.set(part, this.#length);
    this.#length += part.length;
    return part.length;
  }

  #finish(header: ProxyHeader): void {
    this.#header = header;
    this.#isDone = true;
    this.#head = new Uint8Array();
  }
}
