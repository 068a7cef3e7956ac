import { HeaderFields, type HeaderList } from '../headers.ts';
import type { BodyPiece, ClientRequest, HeadersLike } from '../client/client-request.ts';
import { ClientResponse } from '../client/client-response.ts';
import { abortError } from '../client/interceptors/waiting.ts';
import { headerList } from '../client/header-list.ts';
import { MadeBody } from '../client/incoming-body.ts';
import type { MockCall } from './mock-call.ts';

/** An answer: its parts, a body alone, an error to reject with, or a function that is asked each time. */
export type MockReply =
  | ReplyParts
  | string
  | Uint8Array
  | Error
  | ((
      call: MockCall,
    ) => ReplyParts | string | Uint8Array | Error | Promise<ReplyParts | string | Uint8Array | Error>);

/** What an answer is made of. */
export interface ReplyParts {
  /** Default 200. */
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly headers?: HeadersLike | undefined;
  /** An iterable arrives in its pieces; one that throws breaks the answer off. A function makes it anew for each answer. */
  readonly body?: MockBody | (() => MockBody) | undefined;
  /** The body as JSON, in place of `body`, with its Content-Type. */
  readonly json?: unknown;
  readonly trailers?: HeaderList | undefined;
  readonly version?: '1.0' | '1.1' | undefined;
}

type MockBody = BodyPiece | Iterable<BodyPiece> | AsyncIterable<BodyPiece>;

/** The answer to `call`. @throws the error that it is told as */
export async function responseTo(call: MockCall, reply: MockReply): Promise<ClientResponse> {
  const told = typeof reply === 'function' ? await reply(call) : reply;
  if (told instanceof Error) throw told;
  const parts = typeof told === 'string' || told instanceof Uint8Array ? { body: told } : told;
  const { status = 200, reason = '', version = '1.1', trailers } = parts;
  const body = bodyOf(parts);
  const hasBody = call.method !== 'HEAD' && status !== 204 && status !== 304;
  return new ClientResponse({
    status,
    reason,
    version,
    headers: HeaderFields.from(fieldsOf(parts, body)),
    body: madeBody(hasBody ? body : '', call.request, trailers),
    url: call.url,
  });
}

function bodyOf({ body, json }: ReplyParts): MockBody {
  if (json !== undefined) return JSON.stringify(json);
  return (typeof body === 'function' ? body() : body) ?? '';
}

/** With the Content-Length that a server would add. */
function fieldsOf({ headers, json }: ReplyParts, body: MockBody): HeaderList {
  const fields = [...headerList(headers)];
  const has = (wanted: string): boolean => fields.some(([name]) => name.toLowerCase() === wanted);
  if (json !== undefined && !has('content-type')) fields.push(['Content-Type', 'application/json']);
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return fields;
  if (!has('content-length') && !has('transfer-encoding')) {
    fields.push(['Content-Length', String(Buffer.byteLength(body))]);
  }
  return fields;
}

/** Ends with the signal of the request, as a connection would. */
function madeBody(pieces: MockBody, { options }: ClientRequest, trailers: HeaderList | undefined): MadeBody {
  const { signal } = options;
  const fields = trailers === undefined ? undefined : HeaderFields.from(trailers);
  const body = new MadeBody(pieces, { trailers: () => fields });
  signal?.addEventListener(
    'abort',
    () => {
      body.cancel(abortError(signal));
    },
    { once: true },
  );
  return body;
}
