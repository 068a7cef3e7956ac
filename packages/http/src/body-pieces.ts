import type { ByteStream } from '@wirestack/socket';
import { HttpUsageError } from './errors.ts';
import { latin1, utf8 } from './protocol/octets.ts';

/** Pieces below this join the text around them: one buffer less to write. */
const inlineBytes = 4096;
const asLatin1 = { encoding: 'latin1' } as const;

/** What a piece of a body is on the wire. @throws HttpUsageError `BAD_BODY` */
export function bytesOf(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return utf8(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new HttpUsageError('BAD_BODY', 'a piece of the body is neither a string nor bytes');
}

/** Writes a piece with the text that frames it, in one system call. */
export function writePiece(
  stream: ByteStream,
  before: string,
  bytes: Uint8Array,
  after: string,
): Promise<void> {
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
