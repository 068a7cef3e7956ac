import { SocketError, type ByteStream } from '@wirestack/socket';
import { HttpUsageError } from '../errors.ts';
import type { ServerConnection } from '../protocol/connection.ts';
import { latin1, utf8 } from '../protocol/octets.ts';
import { FileIterator, isFileBody, type ResponseBody } from './response.ts';

/** Pieces below this join the text around them: one buffer less to write. */
const inlineBytes = 4096;
/** Longer pieces are written in parts of this: a drain in between tells a slow client from one that takes nothing. */
export const partBytes = 262_144;
const asLatin1 = { encoding: 'latin1' } as const;

/** A body that comes in pieces, on its way out: pulled one piece a drain. */
export class BodySender {
  readonly #iterator: Iterator<Uint8Array | string> | AsyncIterator<Uint8Array | string>;
  #isOver = false;

  /** @throws HttpUsageError `BAD_BODY` for what is no body. */
  constructor(body: Exclude<ResponseBody, string | Uint8Array>) {
    if (typeof body !== 'object' || (body as unknown) === null) throw noBody();
    if (isFileBody(body)) this.#iterator = new FileIterator(body);
    else if (Symbol.asyncIterator in body) this.#iterator = body[Symbol.asyncIterator]();
    else if (Symbol.iterator in body) this.#iterator = body[Symbol.iterator]();
    else throw noBody();
  }

  /** Sends every piece; false where the client left before. Rejects with what the body threw, or where it gave no piece. */
  async send(stream: ByteStream, protocol: ServerConnection): Promise<boolean> {
    let lastWrite: Promise<void> | undefined;
    for (;;) {
      let step;
      try {
        const result = this.#iterator.next();
        step = result instanceof Promise ? await result : result;
      } catch (error) {
        // That the client left is known; whatever else went wrong is worth telling even then.
        if (this.#isOver && error instanceof SocketError) return false;
        // An iterator that throws has come to its end: `return()` is not for it, as in any loop.
        this.#isOver = true;
        throw error;
      }
      if (this.#isOver) return false;
      if (step.done === true) {
        this.#isOver = true;
        return true;
      }
      const [before, bytes, after] = protocol.sendData(asBytes(step.value));
      for (let at = 0; at < bytes.length; at += partBytes) {
        const end = at + partBytes;
        const part = at === 0 && end >= bytes.length ? bytes : bytes.subarray(at, end);
        const written = writePart(stream, at === 0 ? before : '', part, end >= bytes.length ? after : '');
        // Without back-pressure it is the same promise each time, to be awaited once; the promise of a stream that is gone is another.
        if (!stream.needsDrain && written === lastWrite) continue;
        lastWrite = written;
        if (!(await this.#goesOn(written))) {
          this.cancel();
          return false;
        }
      }
    }
  }

  /** Ends the body before its end: the iterator's `return()` is called, once. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      const returned = this.#iterator.return?.();
      if (returned instanceof Promise) returned.catch(() => undefined);
    } catch {
      // The body is given up: what its clean-up throws concerns nobody on this connection.
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
}

function asBytes(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return utf8(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new HttpUsageError('BAD_BODY', 'a piece of the body is neither a string nor bytes');
}

function writePart(stream: ByteStream, before: string, bytes: Uint8Array, after: string): Promise<void> {
  if (bytes.length < inlineBytes) {
    return stream.write(before + latin1(bytes, 0, bytes.length) + after, asLatin1);
  }
  if (before === '' && after === '') return stream.write(bytes);
  stream.cork();
  if (before !== '') void stream.write(before, asLatin1);
  let written = stream.write(bytes);
  if (after !== '') written = stream.write(after, asLatin1);
  stream.uncork();
  return written;
}

function noBody(): HttpUsageError {
  return new HttpUsageError('BAD_BODY', 'the body is no string, bytes, file or iterable');
}
