import type { ByteStream } from '@wirestack/socket';
import { HttpUsageError } from '../errors.ts';
import type { ServerConnection } from '../protocol/connection.ts';
import { latin1, utf8 } from '../protocol/octets.ts';
import { FileIterator, isFileBody, type ResponseBody } from './response.ts';

/** Pieces below this join the text around them: one buffer less to write. */
const inlineBytes = 4096;
const asLatin1 = { encoding: 'latin1' } as const;

/** A body that comes in pieces, on its way out: pulled one piece a drain. */
export class BodySender {
  readonly #iterator: Iterator<Uint8Array | string> | AsyncIterator<Uint8Array | string>;
  #isOver = false;

  /** @throws HttpUsageError `BAD_BODY` for what is no body. */
  constructor(body: Exclude<ResponseBody, string | Uint8Array>) {
    if (isFileBody(body)) this.#iterator = new FileIterator(body);
    else if (Symbol.asyncIterator in body) this.#iterator = body[Symbol.asyncIterator]();
    else if (Symbol.iterator in body) this.#iterator = body[Symbol.iterator]();
    else throw new HttpUsageError('BAD_BODY', 'the body is no string, bytes, file or iterable');
  }

  /** Sends every piece. Rejects with what the body threw, or the `SocketError` of a client that left. */
  async send(stream: ByteStream, protocol: ServerConnection): Promise<void> {
    for (;;) {
      const result = this.#iterator.next();
      const step = result instanceof Promise ? await result : (result as IteratorResult<Uint8Array | string>);
      if (this.#isOver) return;
      if (step.done === true) {
        this.#isOver = true;
        return;
      }
      const written = writePiece(step.value, stream, protocol);
      if (stream.needsDrain) await written;
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
}

function writePiece(
  piece: unknown,
  stream: ByteStream,
  protocol: ServerConnection,
): Promise<void> | undefined {
  if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) {
    throw new HttpUsageError('BAD_BODY', 'a piece of the body is neither a string nor bytes');
  }
  const [before, bytes, after] = protocol.sendData(typeof piece === 'string' ? utf8(piece) : piece);
  if (bytes.length === 0) return undefined;
  if (bytes.length < inlineBytes) {
    return stream.write(before + latin1(bytes, 0, bytes.length) + after, asLatin1);
  }
  if (before === '') return stream.write(bytes);
  stream.cork();
  void stream.write(before, asLatin1);
  void stream.write(bytes);
  const written = stream.write(after, asLatin1);
  stream.uncork();
  return written;
}
