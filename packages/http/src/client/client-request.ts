import type { FileBody } from '../file-body.ts';
import type { HeaderFields, HeaderList } from '../headers.ts';
import type { ClientResponse } from './client-response.ts';

/** A request on its way through interceptors to the wire. They hand on a changed copy: `{ ...request, headers }`. */
export interface ClientRequest {
  /** Absolute; a fragment stays here. */
  readonly url: string;
  readonly method: string;
  /** Host, Connection, Content-Length and Transfer-Encoding are added on the wire; a Host or Content-Length given here is kept. */
  readonly headers: HeaderList;
  readonly body: OutgoingBody | undefined;
  /** As the caller gave them. */
  readonly options: RequestOptions;
}

/** Takes a request to its answer: the transport, or what is in front of it. */
export type Send = (request: ClientRequest) => Promise<ClientResponse>;

/**
 * Something between the caller and the wire: changes the request before `next`, or the answer behind it, asks again, or answers itself. Who asks
 * again gives the first answer up with `response.body.cancel()` or `discard()`.
 */
export type Interceptor = (request: ClientRequest, next: Send) => Promise<ClientResponse>;

/** A piece of a body; text goes as UTF-8. */
export type BodyPiece = Uint8Array | string;

/**
 * The body of a request. Strings and bytes are sent with their length; an iterable in chunks, or with the Content-Length that stands among the
 * headers, pulled as the server takes it; a `FileBody` with its length, and its file is closed.
 *
 * A function makes the body anew each time it is sent: behind a redirect, a 401, or a connection that was stale. An iterable can be sent once.
 */
export type OutgoingBody =
  | BodyPiece
  | FileBody
  | Iterable<BodyPiece>
  | AsyncIterable<BodyPiece>
  | (() => Iterable<BodyPiece> | AsyncIterable<BodyPiece>);

/** Header fields as callers give them. */
export type HeadersLike =
  | HeaderList
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | undefined>>;

/** What is said of one request. Deadlines that are not given are the client's. */
export interface RequestOptions {
  /** Default GET, or POST with a body. Case counts. */
  readonly method?: string | undefined;
  readonly headers?: HeadersLike | undefined;
  /** Joined to the URL’s query. */
  readonly query?:
    Readonly<Record<string, string | number | boolean | undefined>> | URLSearchParams | undefined;
  /** Besides {@link OutgoingBody}: `URLSearchParams`, `FormData` and `Blob`, which bring their Content-Type; `multipartBody()` of `@wirestack/http/forms`. */
  readonly body?: BodyLike | undefined;
  /** The body as JSON, in place of `body`. */
  readonly json?: unknown;
  /** Asked for behind a body that goes in chunks. */
  readonly trailers?: (() => HeaderList) | undefined;
  /** Aborts the request, and the answer's body while it is read. */
  readonly signal?: AbortSignal | undefined;
  /** From the call to the answer's head, redirects and retries included. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** Until a connection is there, a tunnel and TLS included. */
  readonly connectTimeoutMs?: number | undefined;
  /** From the end of the request to the head of the answer. */
  readonly headTimeoutMs?: number | undefined;
  /** Between two pieces of a body, either way. */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * Sends the head first, and the body when the server says `100 Continue`, or nothing within the `continueTimeoutMs` of the client (RFC 9110 10.1.1).
   * Default false.
   */
  readonly expectContinue?: boolean | undefined;
  /** May be sent twice. Default: as the method is defined (RFC 9110 9.2.2). */
  readonly idempotent?: boolean | undefined;
  /** Behind a redirect go there, answer with it, or reject. Default `follow`. */
  readonly redirect?: 'follow' | 'manual' | 'error' | undefined;
  /** `false`: the body as it was sent, Content-Encoding or not. Default true. */
  readonly decompress?: boolean | undefined;
  /** Called for `1xx` responses, such as 103 Early Hints. */
  readonly onInformational?: ((status: number, headers: HeaderFields) => void) | undefined;
  /** Called as the body of the request leaves; `total` where it is known. */
  readonly onUpload?: ((sentBytes: number, total: number | undefined) => void) | undefined;
  /** Called as the body of the answer arrives, before decompression; `total` where it is known. */
  readonly onDownload?: ((receivedBytes: number, total: number | undefined) => void) | undefined;
}

/** A body with what describes it, as `multipartBody()` makes them. */
export interface EncodedBody {
  readonly contentType: string;
  /** Bytes, where they are known. */
  readonly contentLength?: number | undefined;
  readonly body: OutgoingBody;
  /** `body` can be iterated over again. Default false. */
  readonly isReplayable?: boolean | undefined;
}

/** What `request` takes as a body. */
export type BodyLike = OutgoingBody | EncodedBody | URLSearchParams | FormData | Blob;
