import type { FormSource } from '@wirestack/http/forms';
import { bytesOf, pieces } from './events.ts';

/** A body that says what becomes of it. */
export class WatchedBody implements AsyncIterable<Uint8Array> {
  readonly #chunks: readonly Uint8Array[];
  /** Chunks that were asked for. */
  asked = 0;
  isCancelled = false;

  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: async () => {
        const value = this.#chunks[this.asked++];
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: async () => {
        this.isCancelled = true;
        return { done: true, value: undefined };
      },
    };
  }
}

/** A body whose first chunk comes, and then nothing, ever. */
export class StuckBody extends WatchedBody {
  override [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const iterator = super[Symbol.asyncIterator]();
    return {
      next: async () => {
        const result = await iterator.next();
        return result.done === true ? new Promise<never>(() => undefined) : result;
      },
      return: async () => {
        this.isCancelled = true;
        return { done: true, value: undefined };
      },
    };
  }
}

export const multipartType = 'multipart/form-data; boundary=x';
export const urlEncodedType = 'application/x-www-form-urlencoded';

export function sourceOf(
  type: string | undefined,
  body: FormSource['body'],
  more: Record<string, string> = {},
): FormSource {
  const fields = new Map(Object.entries(more));
  if (type !== undefined) fields.set('content-type', type);
  return { headers: fields, body };
}

/** A form of these parts, heads and data of one character an octet, in chunks of `size`. */
export function watched(text: string, size: number = text.length || 1): WatchedBody {
  return new WatchedBody(pieces(bytesOf(text), size));
}

export function field(name: string, value: string): string {
  return `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

export function file(name: string, filename: string, content: string, type = 'text/plain'): string {
  return `--x\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`;
}

export const last = '--x--\r\n';
