import { HttpUsageError } from '../errors.ts';
import { isFileBody, type FileBody } from '../file-body.ts';
import { utf8 } from '../protocol/octets.ts';

/**
 * What a part is made of: text (sent as UTF-8), bytes, a `Blob`, a range of an open file, or bytes as they come. A function is called each time the form
 * is sent, so that a form can be sent again; a file is read at its place, as often as it takes, and stays its owner's to close.
 */
export type PartContent =
  string | Uint8Array | BlobLike | FileBody | AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>);

/** As much of a `Blob` as is needed. */
export interface BlobLike {
  readonly size: number;
  readonly type: string;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Content that is ready to be sent. */
export interface Content {
  /** Undefined where nobody knows it before. */
  readonly length: number | undefined;
  /** Whether `chunks` may be asked for more than once. */
  readonly isReplayable: boolean;
  chunks(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * @param length of bytes that come, where the caller knows it
 * @throws HttpUsageError `BAD_BODY` for what is no content
 */
export function contentOf(content: PartContent, length: number | undefined): Content {
  if (typeof content === 'string') return inOnePiece(utf8(content));
  if (content instanceof Uint8Array) return inOnePiece(content);
  if (typeof content === 'function') return { length, isReplayable: true, chunks: content };
  if (typeof content === 'object' && (content as unknown) !== null) {
    if (Symbol.asyncIterator in content) return { length, isReplayable: false, chunks: () => content };
    if (isBlob(content))
      return { length: content.size, isReplayable: true, chunks: () => blobChunks(content) };
    if (isFileBody(content))
      return { length: content.length, isReplayable: true, chunks: () => fileChunks(content) };
  }
  throw new HttpUsageError(
    'BAD_BODY',
    'the content of a part is no text, bytes, Blob, file or async iterable',
  );
}

export function isBlob(content: unknown): content is BlobLike {
  return typeof content === 'object' && content !== null && 'size' in content && 'arrayBuffer' in content;
}

function inOnePiece(bytes: Uint8Array): Content {
  return { length: bytes.length, isReplayable: true, chunks: () => [bytes] };
}

/** Large enough that a read's round trip is small beside it. */
const chunkBytes = 262_144;

async function* blobChunks(blob: BlobLike): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < blob.size; at += chunkBytes) {
    yield new Uint8Array(await blob.slice(at, Math.min(at + chunkBytes, blob.size)).arrayBuffer());
  }
}

/** What a file lacks at its end is noticed by who counts. */
async function* fileChunks({
  file,
  start = 0,
  length,
}: FileBody): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < length;) {
    const buffer = new Uint8Array(Math.min(chunkBytes, length - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start + at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
