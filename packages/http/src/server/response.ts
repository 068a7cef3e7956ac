import type { ByteStream } from '@wirestack/socket';
import type { FileBody } from '../file-body.ts';
import type { HeaderList } from '../headers.ts';
import type { HttpRequest } from './request.ts';

/** Takes a request and returns the response: a value in, a value out. One that returns at once costs no promise. */
export type Handler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/**
 * A response. Content-Length and Transfer-Encoding are the server's to set; a Content-Length in `headers` is kept and held to.
 * `Date` is added where it is missing; `Connection: close` ends the connection after the response.
 */
export interface HttpResponse {
  readonly status: number;
  /** Default: the registered phrase. */
  readonly reason?: string | undefined;
  readonly headers?: HeaderList;
  /** Asked for when the body is at its end; sent where the body goes in chunks. */
  readonly trailers?: () => HeaderList;
  readonly body?: ResponseBody;
  /**
   * Takes the connection over, behind a 101 to a request with Upgrade or a 2xx to CONNECT: bytes that came after the request are in front of
   * what the stream brings. When the promise settles the stream is closed, or aborted where it rejects. No `body` then.
   */
  readonly upgrade?: (stream: ByteStream) => Promise<unknown>;
}

/** Strings are UTF-8. An iterable is pulled one chunk a drain; its iterator's `return()` is called where it is not read to the end. */
export type ResponseBody =
  string | Uint8Array | FileBody | Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;
