/**
 * The HTTP server. In reading order:
 *
 * - `response.ts` `request.ts` `request-body.ts`   what a handler returns and gets; `trusted-proxy.ts` is who is believed about where it comes from
 * - `server.ts` `options.ts` `address-limit.ts`   listening, limits, draining; `connection-owner.ts` is what its connections see of it
 * - `http-connection.ts`   one client: joins the three below to a stream; `deadlines.ts` is its sense of time
 * - `request-reader.ts` `turn-queue.ts`   bytes to requests, as far as they may be taken, and as is fair to others
 * - `exchanges.ts` `answer.ts`   requests to answers, in order
 * - `response-writer.ts` `body-sender.ts`   answers to bytes, once a turn; bodies that come in pieces
 * - `observer.ts` `observation.ts` `access-log.ts`   who watches, and is told
 * - `clock.ts`   time, coarse and replaceable
 */
export { createServer, type HttpServer, type ServerStats } from './server.ts';
export type { ServerOptions } from './options.ts';
export type { TrustProxyOptions } from './trusted-proxy.ts';
export type { FileBody } from '../file-body.ts';
export type { Handler, HttpResponse, ResponseBody } from './response.ts';
export type { HttpRequest } from './request.ts';
export { RequestBody, type BodySource } from './request-body.ts';
export { observers, type ConnectionInfo, type RequestOutcome, type ServerObserver } from './observer.ts';
export { accessLog, type AccessLogFormat, type AccessLogOptions } from './access-log.ts';
export { systemClock, type Clock } from './clock.ts';
export { HeaderFields, type HeaderList } from '../headers.ts';
export { HttpProtocolError, HttpUsageError, type HttpErrorCode, type HttpUsageErrorCode } from '../errors.ts';
