import { HttpUsageError } from '../errors.ts';
import { formatMediaType } from '../fields/media-type.ts';
import type { HeaderList } from '../headers.ts';
import { utf8 } from '../protocol/octets.ts';
import { checkBoundary, randomBoundary } from './boundary.ts';
import { BoundaryGuard, formatPartHead, lastDelimiter, lineEnd } from './multipart-encoder.ts';
import { contentOf, isBlob, type BlobLike, type Content, type PartContent } from './part-content.ts';

/** A part of a form to send. */
export interface OutgoingPart {
  readonly name: string;
  readonly content: PartContent;
  /** Makes it a file. Default: the `name` of a `File`, `blob` for another `Blob`; otherwise it is a field. */
  readonly filename?: string | undefined;
  /** Content-Type. Default: that of a `Blob`, `application/octet-stream` for another file, none for a field. */
  readonly type?: string | undefined;
  /** Further header fields of the part: nobody has a use for them (RFC 7578 4.8) but who knows the other end. */
  readonly headers?: HeaderList | undefined;
  /** Bytes of an async iterable, where they are known: one of another length is an error. */
  readonly length?: number | undefined;
}

/** Parts in order. A pair is a name and its content: so a `FormData` is such a list, too. */
export type OutgoingParts = Iterable<OutgoingPart | readonly [name: string, content: PartContent]>;

export interface MultipartBodyOptions {
  /** Default: a new one of 192 random bits. With one of the caller's all content is searched for it, and refused (`BAD_BODY`) where it is found. */
  readonly boundary?: string | undefined;
}

/** A form ready to be sent. */
export interface MultipartBody {
  /** `multipart/form-data; boundary=…` */
  readonly contentType: string;
  /** Undefined where the length of a part is not known. */
  readonly contentLength: number | undefined;
  /** Whether `body` can be iterated over again, as for a redirect: it can unless a part is an async iterable. */
  readonly isReplayable: boolean;
  /**
   * The bytes. Iterating throws HttpUsageError `BODY_USED` the second time where a part cannot be read again, `BAD_BODY` where one has another length than it
   * was to have, or contains the caller's boundary, and what a part throws. Leaving the loop ends the part that is being sent.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * A form as `multipart/form-data`, written as browsers do (RFC 7578, WHATWG HTML): names in UTF-8, `"`, CR and LF in them as `%22`, `%0D`, `%0A`. Content is
 * sent as it is.
 *
 * @throws HttpUsageError `BAD_FIELD` for a name, type or header that would break the head of a part; `BAD_BODY` for what is no content; `BAD_OPTION`
 *   for what is no boundary, or no length
 */
export function multipartBody(parts: OutgoingParts, options: MultipartBodyOptions = {}): MultipartBody {
  const boundary = options.boundary === undefined ? randomBoundary() : checkBoundary(options.boundary);
  const pieces = Array.from(parts, (part) => pieceOf(boundary, 'name' in part ? part : fromPair(part)));
  const end = utf8(lastDelimiter(boundary));
  const isReplayable = pieces.every(({ content }) => content.isReplayable);
  let length: number | undefined = end.length;
  for (const { head, content } of pieces) {
    if (length !== undefined && content.length !== undefined)
      length += head.length + content.length + lineEnd.length;
    else length = undefined;
  }
  let isUsed = false;
  return {
    contentType: formatMediaType({
      type: 'multipart',
      subtype: 'form-data',
      parameters: [['boundary', boundary]],
    }),
    contentLength: length,
    isReplayable,
    body: {
      [Symbol.asyncIterator]: () => {
        if (isUsed && !isReplayable)
          throw new HttpUsageError('BODY_USED', 'a part of the form can be read once');
        isUsed = true;
        return send(pieces, end, options.boundary);
      },
    },
  };
}

interface Piece {
  readonly name: string;
  readonly head: Uint8Array;
  readonly content: Content;
}

function fromPair([name, content]: readonly [name: string, content: PartContent]): OutgoingPart {
  return { name, content };
}

function pieceOf(boundary: string, part: OutgoingPart): Piece {
  const { name, length } = part;
  if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) {
    throw new HttpUsageError('BAD_OPTION', `the length of part ${JSON.stringify(name)} is no count`);
  }
  const content = contentOf(part.content, length);
  if (length !== undefined && content.length !== length) {
    throw new HttpUsageError(
      'BAD_BODY',
      `part ${JSON.stringify(name)} has ${String(content.length)} bytes, not ${String(length)}`,
    );
  }
  let { filename, type } = part;
  if (isBlob(part.content)) {
    filename ??= nameOf(part.content);
    if (part.content.type !== '') type ??= part.content.type;
  }
  return { name, head: utf8(formatPartHead(boundary, { name, filename, type }, part.headers)), content };
}

/** That of a `File`. */
function nameOf(blob: BlobLike & { readonly name?: unknown }): string {
  return typeof blob.name === 'string' ? blob.name : 'blob';
}

/** Below this a head, small content and the line end go in one chunk. */
const smallBytes = 4096;

async function* send(
  pieces: readonly Piece[],
  end: Uint8Array,
  boundary: string | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const guard = boundary === undefined ? undefined : new BoundaryGuard(boundary);
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const take = (): Uint8Array => {
    const chunk = new Uint8Array(waitingBytes);
    let at = 0;
    for (const one of waiting) {
      chunk.set(one, at);
      at += one.length;
    }
    waiting = [];
    waitingBytes = 0;
    return chunk;
  };
  const wait = (bytes: Uint8Array): void => {
    waiting.push(bytes);
    waitingBytes += bytes.length;
  };
  for (const piece of pieces) {
    guard?.restart();
    wait(piece.head);
    let sent = 0;
    for await (const chunk of piece.content.chunks()) {
      if (!((chunk as unknown) instanceof Uint8Array)) throw wrongBody(piece, 'is not made of bytes');
      guard?.check(chunk);
      sent += chunk.length;
      if (sent > (piece.content.length ?? Infinity)) throw wrongBody(piece, 'is longer than it was to be');
      if (chunk.length >= smallBytes) {
        if (waitingBytes > 0) yield take();
        yield chunk;
      } else {
        wait(chunk);
        if (waitingBytes >= smallBytes) yield take();
      }
    }
    if (sent < (piece.content.length ?? 0)) throw wrongBody(piece, 'is shorter than it was to be');
    wait(lineEnd);
    if (waitingBytes >= smallBytes) yield take();
  }
  wait(end);
  yield take();
}

function wrongBody({ name }: Piece, what: string): HttpUsageError {
  return new HttpUsageError('BAD_BODY', `the content of part ${JSON.stringify(name)} ${what}`);
}
