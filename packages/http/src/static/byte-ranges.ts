import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { formatContentRange } from '../fields/content-range.ts';
import type { ByteSlice } from '../fields/range.ts';

/** `multipart/byteranges` (RFC 9110 14.6): several ranges of one representation in one body, whose length is known beforehand. */
export interface ByteRanges {
  readonly contentType: string;
  readonly length: number;
  readonly body: ByteRangesBody;
}

/**
 * ```
 * --b CR LF Content-Type: text/plain CR LF Content-Range: bytes 0-1/9 CR LF CR LF xx CR LF
 * --b CR LF Content-Type: text/plain CR LF Content-Range: bytes 5-5/9 CR LF CR LF x CR LF
 * --b-- CR LF
 * ```
 *
 * The boundary is random: that the content has it by chance is as likely as two keys that are the same, and nobody can put it there.
 *
 * @param from the bytes, or the file that has them. The body closes the file at its end, early or not.
 */
export function byteRanges(
  slices: readonly ByteSlice[],
  { size, contentType }: { readonly size: number; readonly contentType: string },
  from: Uint8Array | FileHandle,
): ByteRanges {
  const boundary = randomBytes(24).toString('base64url');
  const parts = slices.map((slice, i) => ({
    ...slice,
    head:
      `${i === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${contentType}\r\n` +
      `Content-Range: ${formatContentRange({ ...slice, size })}\r\n\r\n`,
  }));
  const end = `\r\n--${boundary}--\r\n`;
  const length = parts.reduce((sum, part) => sum + part.head.length + part.end - part.start, end.length);
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length,
    body: new ByteRangesBody(parts, end, from),
  };
}

interface Part extends ByteSlice {
  readonly head: string;
}

const chunkBytes = 262_144;

/** The parts in their order. Not a generator: one that is ended before it began would leave the file open. */
class ByteRangesBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #parts: readonly Part[];
  readonly #end: string;
  readonly #from: Uint8Array | FileHandle;
  #index = 0;
  /** In the current part; -1 where its head is due. */
  #position = -1;
  #closed: Promise<void> | undefined;

  constructor(parts: readonly Part[], end: string, from: Uint8Array | FileHandle) {
    this.#parts = parts;
    this.#end = end;
    this.#from = from;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#closed !== undefined) return over;
    const part = this.#parts[this.#index];
    if (part === undefined) {
      await this.return();
      return { done: false, value: Buffer.from(this.#end, 'latin1') };
    }
    if (this.#position < 0) {
      this.#position = part.start;
      return { done: false, value: Buffer.from(part.head, 'latin1') };
    }
    try {
      const value = await this.#read(this.#position, Math.min(part.end - this.#position, chunkBytes));
      this.#position += value.length;
      if (this.#position === part.end) {
        this.#index++;
        this.#position = -1;
      }
      // A file that has become shorter: the body is short of its Content-Length, and the server ends the connection.
      return value.length === 0 ? await this.return() : { done: false, value };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await (this.#closed ??= this.#from instanceof Uint8Array ? Promise.resolve() : this.#from.close());
    return over;
  }

  async #read(start: number, length: number): Promise<Uint8Array> {
    if (this.#from instanceof Uint8Array) return this.#from.subarray(start, start + length);
    const buffer = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await this.#from.read(buffer, 0, length, start);
    return buffer.subarray(0, bytesRead);
  }
}

const over: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };
