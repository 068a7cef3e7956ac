import { reasonPhrase } from '@wirestack/http/protocol';
import type { Chunk } from '../application.ts';
import type { GatewayResponse } from '../run.ts';
import { BodyPieces } from './body-pieces.ts';

/** For an application that failed before its head: what our own server answers then. */
export const serverError: GatewayResponse = {
  status: 500,
  reason: undefined,
  headers: [['Content-Type', 'text/plain; charset=utf-8']],
  body: 'Internal Server Error\n',
};

/** Takes the bytes of an answer; resolves when it may have more. */
export type ResponseSink = (bytes: Uint8Array | string) => Promise<void>;

/**
 * Writes a response as CGI has it (RFC 3875 6): `Status`, the fields, an empty line, the body. The body is read to its end, or its iterator's `return()`
 * is called: rejects with what the body threw, or the sink.
 *
 * @param isHead the head only: the body is closed
 * @param statusPrefix `HTTP/1.0` for uwsgi, whose answers begin with a status line
 */
export async function writeCgiResponse(
  response: GatewayResponse,
  isHead: boolean,
  write: ResponseSink,
  statusPrefix: 'Status:' | 'HTTP/1.0' = 'Status:',
): Promise<void> {
  const { status, body } = response;
  const head = headText(response, statusPrefix);
  if (isWhole(body)) {
    await write(Buffer.concat([Buffer.from(head, 'latin1'), isHead ? noBytes : bytesOf(body)]));
    return;
  }
  const pieces = new BodyPieces(body);
  try {
    await write(Buffer.from(head, 'latin1'));
    if (isHead || status === 204 || status === 304) return;
    for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next())
      await write(bytesOf(piece));
  } finally {
    await pieces.close();
  }
}

/** The head as CGI has it, to the empty line. A body that is there as a whole says its length. */
export function headText(
  { status, reason, headers, body }: GatewayResponse,
  statusPrefix: 'Status:' | 'HTTP/1.0' = 'Status:',
): string {
  let text = `${statusPrefix} ${String(status)} ${reason ?? reasonPhrase(status)}\r\n`;
  let hasLength = false;
  for (const header of headers) {
    const name = header[0];
    hasLength ||= name.length === 14 && name.toLowerCase() === 'content-length';
    text += `${name}: ${header[1]}\r\n`;
  }
  const mayHaveLength = status !== 204 && status !== 304;
  if (!hasLength && isWhole(body) && mayHaveLength)
    text += `Content-Length: ${String(Buffer.byteLength(body))}\r\n`;
  return `${text}\r\n`;
}

const noBytes = new Uint8Array(0);

export function isWhole(body: GatewayResponse['body']): body is Chunk {
  return typeof body === 'string' || body instanceof Uint8Array;
}

function bytesOf(chunk: Chunk): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
