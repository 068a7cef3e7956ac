/**
 * `@wirestack/http/client`: asks servers for answers. From the caller inwards:
 *
 * - `client.ts`   `request` and `Client`; `prepare-request.ts` makes of what the caller says a `ClientRequest` (`client-request.ts`)
 * - `interceptors/`   redirects, retries, decompression, cookies, credentials: each a function around the next one
 * - `transport.ts`   a pool for each origin: `origin-pool.ts`, with connections by a `route.ts`, straight or by a proxy (`proxies.ts` `tunnel.ts`)
 * - `pooled-connection.ts`   one connection: joins `ClientConnection` to the stream; `exchange.ts` one request on its way, `request-sender.ts` `upload.ts` what leaves,
 *   `connection-deadline.ts` what is waited for
 * - `client-response.ts` `incoming-body.ts` `received-body.ts`   the answer
 * - `client-options.ts` `errors.ts` `late-timer.ts`   what all of them speak, and time
 */
export { Client, request } from './client.ts';
export type { ClientOptions, TransportOptions } from './client-options.ts';
export type {
  BodyLike,
  BodyPiece,
  ClientRequest,
  EncodedBody,
  HeadersLike,
  Interceptor,
  OutgoingBody,
  RequestOptions,
  Send,
} from './client-request.ts';
export {
  ClientResponse,
  type ClientResponseParts,
  type ConnectionSteps,
  type ResponseTiming,
} from './client-response.ts';
export {
  HttpClientError,
  type HttpClientErrorCode,
  type HttpClientErrorDetails,
  type RequestPhase,
} from './errors.ts';
export { IncomingBody, MadeBody } from './incoming-body.ts';
export type { ClientClock } from './late-timer.ts';
export { proxyFromEnvironment, type ProxyChoice, type ProxyEnvironment } from './proxies.ts';
export { Transport, type TransportStats } from './transport.ts';
export * from './interceptors/index.ts';
export { createFetch, type FetchClient, type FetchOptions } from './fetch.ts';
