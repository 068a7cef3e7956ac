import type { FileHandle } from 'node:fs/promises';
import type { ByteStream } from '@wirestack/socket';
import type { HeaderList } from '../headers.ts';
import type { HttpRequest } from './request.ts';

/** Takes a request and returns the response: a value in, a value out. One that returns at once costs no promise. */
export type Handler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/**
 * A response. Content-Length and Transfer-Encoding are the server's to set; a Content-Length in `headers` is kept and held to.
 * `Date` is added where it is missing; `Connection: close` ends the connection after the response.
 */
export interface HttpResponse {
  readonly status: number;
  /** Default: the registered phrase. */
  readonly reason?: string | undefined;
  readonly headers?: HeaderList;
  /** Asked for when the body is at its end; sent where the body goes in chunks. */
  readonly trailers?: () => HeaderList;
  readonly body?: ResponseBody;
  /**
   * Takes the connection over, behind a 101 to a request with Upgrade or a 2xx to CONNECT: bytes that came after the request are in front of
   * what the stream brings. When the promise settles the stream is closed, or aborted where it rejects. No `body` then.
   */
  readonly upgrade?: (stream: ByteStream) => Promise<unknown>;
}

/** Strings are UTF-8. An iterable is pulled one chunk a drain; its iterator's `return()` is called where it is not read to the end. */
export type ResponseBody =
  string | Uint8Array | FileBody | Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/** A part of an open file. The server closes the file, whatever becomes of the response. */
export interface FileBody {
  readonly file: FileHandle;
  /** Where to begin. Default 0. */
  readonly start?: number;
  /** Bytes to send: the Content-Length. A file that turns out shorter ends the connection. */
  readonly length: number;
}

export function isFileBody(body: ResponseBody): body is FileBody {
  return typeof body === 'object' && 'file' in body && 'length' in body && typeof body.file === 'object';
}

/** Large enough that the thread pool's round trip is small beside it: 256 KiB reads reach twice the rate of 64 KiB ones. */
const fileChunkBytes = 262_144;

/** The bytes of a file body. The file is closed at the end, early or not, begun or not. */
export class FileIterator implements AsyncIterator<Uint8Array, undefined> {
  readonly #file: FileHandle;
  #position: number;
  #left: number;
  #closed: Promise<void> | undefined;

  constructor({ file, start = 0, length }: FileBody) {
    this.#file = file;
    this.#position = start;
    this.#left = length;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      if (this.#left > 0) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(fileChunkBytes, this.#left));
        const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#position);
        this.#position += bytesRead;
        this.#left -= bytesRead;
        if (bytesRead > 0) return { done: false, value: buffer.subarray(0, bytesRead) };
      }
    } catch (error) {
      await this.return();
      throw error;
    }
    return this.return();
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await (this.#closed ??= this.#file.close());
    return { done: true, value: undefined };
  }
}
