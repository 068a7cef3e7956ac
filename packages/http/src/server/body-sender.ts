import { sendFile, SocketError, type ByteStream } from '@wirestack/socket';
import { bytesOf, writePiece } from '../body-pieces.ts';
import { HttpProtocolError, HttpUsageError } from '../errors.ts';
import { FileIterator, isFileBody, type FileBody } from '../file-body.ts';
import type { ServerConnection } from '../protocol/server-connection.ts';
import type { ResponseBody } from './response.ts';

/** A file up to this is read at once and leaves with its head; a longer one goes through buffers that are used again. */
const shortFileBytes = 65_536;

/**
 * How much is written at a time, and waited for: what `writeTimeoutMs` allows for. A client that takes 64 KB in time gets more at once, up to
 * 256 KB, and one that needs longer than a second gets less, down to 16 KB: so a slow line is told from a client that takes nothing.
 */
const parts = { first: 65_536, most: 262_144, least: 16_384 };
const slowMs = 1000;

/** A body longer than this is sent in parts. */
export const wholeBytes: number = parts.most;

/** A stream that may count what goes into it, as those of sockets do. */
type BodyStream = ByteStream & { readonly bytesWritten?: number };

/** A body that comes in pieces, on its way out: pulled one piece a drain. */
export class BodySender {
  #sentBytes = 0;
  /** What the stream has taken of a file that is on its way. */
  #fileBytes: (() => number) | undefined;
  readonly #file: FileBody | undefined;
  readonly #iterator: Iterator<Uint8Array | string> | AsyncIterator<Uint8Array | string>;
  #isOver = false;
  #partBytes = parts.first;

  /** @throws HttpUsageError `BAD_BODY` for what is no body. */
  constructor(body: Exclude<ResponseBody, string | Uint8Array>) {
    if (typeof body !== 'object' || (body as unknown) === null) throw noBody();
    if (isFileBody(body)) {
      this.#iterator = new FileIterator(body);
      if (body.length > shortFileBytes) this.#file = body;
    } else if (Symbol.asyncIterator in body) this.#iterator = body[Symbol.asyncIterator]();
    else if (Symbol.iterator in body) this.#iterator = body[Symbol.iterator]();
    else throw noBody();
  }

  /** Bytes of the body handed over so far, those of chunk sizes not counted. Of a file over TLS about. */
  get sentBytes(): number {
    return this.#fileBytes?.() ?? this.#sentBytes;
  }

  /** Sends every piece; false where the client left before. Rejects with what the body threw, or where it gave no piece. */
  async send(stream: BodyStream, protocol: ServerConnection, now: () => number): Promise<boolean> {
    if (this.#file !== undefined) return this.#sendFile(this.#file, stream, protocol);
    let lastWrite: Promise<void> | undefined;
    for (;;) {
      let step;
      try {
        const result = this.#iterator.next();
        step = result instanceof Promise ? await result : result;
      } catch (error) {
        // That the client left, or broke the protocol, is known; whatever else went wrong is worth telling even then.
        if (this.#isOver && (error instanceof SocketError || error instanceof HttpProtocolError))
          return false;
        // An iterator that throws has come to its end: `return()` is not for it, as in any loop.
        this.#isOver = true;
        throw error;
      }
      if (this.#isOver) return false;
      if (step.done === true) {
        this.#isOver = true;
        return true;
      }
      const [before, bytes, after] = protocol.sendData(bytesOf(step.value));
      for (let at = 0; at < bytes.length;) {
        const end = Math.min(at + this.#partBytes, bytes.length);
        const part = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
        const written = writePiece(stream, at === 0 ? before : '', part, end === bytes.length ? after : '');
        this.#sentBytes += part.length;
        at = end;
        // Without back-pressure it is the same promise each time, to be awaited once; the promise of a stream that is gone is another.
        if (!stream.needsDrain && written === lastWrite) continue;
        lastWrite = written;
        const began = now();
        if (!(await this.#goesOn(written))) {
          this.cancel();
          return false;
        }
        this.#adapt(now() - began);
      }
    }
  }

  /** Ends the body before its end: the iterator's `return()` is called, once. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // A file that is being read is closed by who reads it.
    if (this.#fileBytes !== undefined) return;
    this.#close();
  }

  #close(): void {
    try {
      const returned = this.#iterator.return?.();
      if (returned instanceof Promise) returned.catch(() => undefined);
    } catch {
      // The body is given up: what its clean-up throws concerns nobody on this connection.
    }
  }

  async #sendFile(body: FileBody, stream: BodyStream, protocol: ServerConnection): Promise<boolean> {
    const { file, start = 0, length } = body;
    const { bytesWritten = 0 } = stream;
    this.#fileBytes = () => Math.min(length, (stream.bytesWritten ?? 0) - bytesWritten);
    try {
      protocol.sendElsewhere(length);
      await sendFile(stream, file, { start, end: start + length });
      this.#fileBytes = undefined;
      this.#sentBytes = length;
      return !this.#isOver;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      if (error.code === 'TRUNCATED') throw new HttpUsageError('BAD_BODY', error.message);
      if (!fileFaults.has(error.code)) return false;
      throw error;
    } finally {
      this.#isOver = true;
      this.#close();
    }
  }

  /** False where the client is gone, which is no failure of the body, or the body was cancelled meanwhile. */
  async #goesOn(written: Promise<void>): Promise<boolean> {
    try {
      await written;
    } catch {
      return false;
    }
    return !this.#isOver;
  }

  #adapt(waitedMs: number): void {
    if (waitedMs > slowMs) this.#partBytes = parts.least;
    else if (this.#partBytes < parts.most) this.#partBytes *= 2;
  }
}

/** Codes that tell of the file and not of the client. */
const fileFaults: ReadonlySet<string> = new Set(['PERMISSION', 'NOT_FOUND', 'OTHER']);

function noBody(): HttpUsageError {
  return new HttpUsageError('BAD_BODY', 'the body is no string, bytes, file or iterable');
}
