import { isFileBody } from '../../file-body.ts';
import type { BodyPiece, ClientRequest } from '../client-request.ts';
import { isReplayable } from '../upload.ts';

/** A request that may have to be sent again, and whether it can be. */
export interface Replay {
  /** To be sent in its place, the first time and again. */
  readonly request: ClientRequest;
  /** Asked once the answer is there. */
  readonly canRepeat: () => boolean;
}

/**
 * Text, bytes and functions that make the body anew can be sent again; an iterable only where none of it was taken, since the server answered in place of
 * `100 Continue` (RFC 9110 10.1.1). The file of a `FileBody` is closed by then.
 */
export function replayOf(request: ClientRequest): Replay {
  const { body, options } = request;
  if (isReplayable(body)) return { request, canRepeat: always };
  if (options.expectContinue !== true || isFileBody(body)) return { request, canRepeat: never };
  const held = new HeldBody(body as Iterable<BodyPiece> | AsyncIterable<BodyPiece>);
  return { request: { ...request, body: held }, canRepeat: () => !held.isBegun };
}

const always = (): boolean => true;
const never = (): boolean => false;

/** An iterable that is not touched before its first piece is asked for, so that one who gives up before leaves it whole. */
class HeldBody implements AsyncIterable<BodyPiece> {
  readonly #pieces: Iterable<BodyPiece> | AsyncIterable<BodyPiece>;
  isBegun = false;

  constructor(pieces: Iterable<BodyPiece> | AsyncIterable<BodyPiece>) {
    this.#pieces = pieces;
  }

  /** A generator that is returned before its first step runs none of this. */
  async *[Symbol.asyncIterator](): AsyncGenerator<BodyPiece, void, undefined> {
    this.isBegun = true;
    yield* this.#pieces;
  }
}
