import type { FileBody } from '@wirestack/http';

/**
 * `wsgi.file_wrapper`: a body that is a part of an open file. The server sends it by its fastest means and closes the file; a server
 * without such means, or middleware, iterates it like any body.
 */
export class FileWrapper implements AsyncIterable<Uint8Array> {
  /** Node's `FileHandle`. */
  readonly file: FileBody['file'];
  readonly start: number;
  readonly length: number;
  #isClosed = false;

  /** @param length bytes from `start` on; they are the Content-Length. */
  constructor(file: FileBody['file'], length: number, start = 0) {
    this.file = file;
    this.length = length;
    this.start = start;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let sent = 0; sent < this.length;) {
      const buffer = new Uint8Array(Math.min(65_536, this.length - sent));
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, this.start + sent);
      if (bytesRead === 0) return;
      sent += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.file.close();
  }
}
