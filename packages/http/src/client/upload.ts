import type { ByteStream } from '@wirestack/socket';
import { bytesOf, writePiece } from '../body-pieces.ts';
import { HttpUsageError } from '../errors.ts';
import { FileIterator, isFileBody } from '../file-body.ts';
import type { HeaderList } from '../headers.ts';
import { utf8 } from '../protocol/octets.ts';
import type { ClientConnection } from '../protocol/client-connection.ts';
import type { RequestLine } from '../protocol/request-writer.ts';
import type { BodyPiece, ClientRequest, OutgoingBody } from './client-request.ts';

/** What an upload waits for: the server's word to begin, the server to take more, or the program to make more. */
export type UploadPhase = 'continue' | 'send' | 'program';

/** Leaves in one write with the head. A larger body goes in pieces: a deadline for all of it would mean another speed for each length. */
const maxAtOnce = 65_536;
/** Of a body that is known as a whole. */
const sliceBytes = 262_144;

/**
 * Sent before others have a turn. A server that takes all as fast as it comes never makes the loop wait, which then reads nothing: not its 413 either.
 */
const maxTurnBytes = 1_048_576;

/** Sent with its head, in one go. */
export function goesAtOnce(
  request: ClientRequest,
): request is ClientRequest & { body: BodyPiece | undefined } {
  const { body, options } = request;
  // An expectation is for those who have a body (RFC 9110 10.1.1).
  if (body === undefined) return true;
  return isWhole(body) && body.length <= maxAtOnce && options.expectContinue !== true;
}

/** Known as a whole. */
function isWhole(body: OutgoingBody | undefined): body is BodyPiece | undefined {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}

/** Can be sent again. */
export function isReplayable(body: OutgoingBody | undefined): boolean {
  return isWhole(body) || typeof body === 'function';
}

/** A file is closed, whatever becomes of its request. */
export function closeUnsent(body: OutgoingBody | undefined): void {
  if (isFileBody(body)) body.file.close().catch(() => undefined);
}

/** The body of a request on its way out, piece by piece, as the server takes it. */
export class Upload {
  readonly #request: ClientRequest;
  readonly #stream: ByteStream;
  readonly #protocol: ClientConnection;
  readonly #pieces: Iterator<BodyPiece> | AsyncIterator<BodyPiece>;
  readonly #length: number | undefined;
  /** What it waits for at the moment. */
  phase: UploadPhase = 'program';
  #isOver = false;
  #continue: (() => void) | undefined;

  /** @throws HttpUsageError `BAD_BODY` for what is no body */
  constructor(request: ClientRequest, stream: ByteStream, protocol: ClientConnection) {
    this.#request = request;
    this.#stream = stream;
    this.#protocol = protocol;
    this.#length = lengthOf(request);
    this.#pieces = piecesOf(request.body);
  }

  /** Writes the head. @throws HttpUsageError */
  begin(line: RequestLine): void {
    const headers = [...(line.headers ?? [])];
    if (this.#length !== undefined && lengthField(headers) === undefined)
      headers.push(['Content-Length', String(this.#length)]);
    if (this.#request.options.expectContinue === true) headers.push(['Expect', '100-continue']);
    void this.#stream.write(this.#protocol.sendHead({ ...line, headers }), asLatin1);
  }

  /**
   * Writes the body to its end; false where it was stopped. Rejects with what the body threw, where it gave no piece, and with the `SocketError` of a
   * server that left.
   *
   * @param onPhase called when `phase` begins, be it the same one anew
   */
  async run(onPhase: () => void): Promise<boolean> {
    const wait = (phase: UploadPhase): void => {
      this.phase = phase;
      onPhase();
    };
    const { expectContinue, onUpload, trailers } = this.#request.options;
    if (expectContinue === true) {
      await new Promise<void>((resolve) => {
        this.#continue = resolve;
        wait('continue');
      });
    }
    // Sent since others had a turn.
    let inTurnBytes = 0;
    for (let sentBytes = 0; !this.#isOver;) {
      wait('program');
      const step = await this.#next();
      if (step === undefined) return false;
      if (step.done === true) {
        void this.#stream.write(this.#protocol.sendEnd(trailers?.()), asLatin1);
        return true;
      }
      const [before, bytes, after] = this.#protocol.sendData(bytesOf(step.value));
      const written = writePiece(this.#stream, before, bytes, after);
      if (this.#stream.needsDrain) {
        wait('send');
        await written;
      }
      sentBytes += bytes.length;
      onUpload?.(sentBytes, this.#length);
      inTurnBytes += bytes.length;
      if (inTurnBytes >= maxTurnBytes) {
        inTurnBytes = 0;
        await nextTurn();
      }
    }
    return false;
  }

  /** The server wants the body. */
  continue(): void {
    this.#continue?.();
    this.#continue = undefined;
  }

  /** The rest will not be sent: its iterator or file is not left open. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      const returned = this.#pieces.return?.();
      if (returned instanceof Promise) returned.catch(() => undefined);
    } catch {
      // Nobody waits for what its clean-up has to say.
    }
    this.continue();
  }

  /** `undefined` where it was stopped. */
  async #next(): Promise<IteratorResult<BodyPiece> | undefined> {
    try {
      const step = await this.#pieces.next();
      if (this.#isOver) return undefined;
      if (step.done === true) this.#isOver = true;
      return step;
    } catch (error) {
      // An iterator that throws has come to its end: `return()` is not for it, as in any loop.
      if (this.#isOver) return undefined;
      this.#isOver = true;
      throw error;
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const asLatin1 = { encoding: 'latin1' } as const;

function piecesOf(body: OutgoingBody | undefined): Iterator<BodyPiece> | AsyncIterator<BodyPiece> {
  if (body instanceof Uint8Array) return slicesOf(body);
  if (typeof body === 'string') return slicesOf(utf8(body));
  const made = typeof body === 'function' ? body() : body;
  if (typeof made === 'object' && (made as unknown) !== null) {
    if (isFileBody(made)) return new FileIterator(made);
    if (Symbol.asyncIterator in made) return made[Symbol.asyncIterator]();
    if (Symbol.iterator in made) return made[Symbol.iterator]();
  }
  throw new HttpUsageError('BAD_BODY', 'the body is no string, bytes, file or iterable, nor makes one');
}

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes);
}

/** Bytes of the body, where they are known. */
function lengthOf({ body, headers }: ClientRequest): number | undefined {
  if (isFileBody(body)) return body.length;
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  const given = lengthField(headers);
  return given === undefined ? undefined : Number(given);
}

function lengthField(fields: HeaderList): string | undefined {
  return fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
}
