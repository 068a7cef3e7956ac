import { FileIterator, isFileBody } from '../file-body.ts';
import { HeaderFields } from '../headers.ts';
import type { BodyPiece, ClientRequest, OutgoingBody } from '../client/client-request.ts';

/** A request that reached the mock. */
export interface MockCall {
  readonly method: string;
  /** Without a fragment. */
  readonly url: string;
  readonly headers: HeaderFields;
  /** All of the body; empty where there was none. */
  readonly body: Uint8Array;
  /** The body as UTF-8. */
  readonly text: string;
  /** As the transport was given it. */
  readonly request: ClientRequest;
}

/** Takes the body as a server would: an iterable is read to its end, and is used up. */
export async function callOf(request: ClientRequest, url: string): Promise<MockCall> {
  const body = await bytesOf(request.body);
  const { method } = request;
  return {
    method,
    url,
    headers: HeaderFields.from(request.headers),
    body,
    text: body.toString(),
    request,
  };
}

async function bytesOf(body: OutgoingBody | undefined): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  const pieces: Uint8Array[] = [];
  for await (const piece of piecesOf(body))
    pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  return Buffer.concat(pieces);
}

function piecesOf(body: OutgoingBody): Iterable<BodyPiece> | AsyncIterable<BodyPiece> {
  if (typeof body === 'function') return body();
  if (typeof body === 'string' || body instanceof Uint8Array) return [body];
  return isFileBody(body) ? { [Symbol.asyncIterator]: () => new FileIterator(body) } : body;
}
