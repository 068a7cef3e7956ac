/**
 * The HTTP server. In reading order:
 *
 * - `response.ts` `request.ts` `request-body.ts`   what a handler returns and gets
 * - `server.ts` `options.ts`   listening, limits, draining
 * - `http-connection.ts`   one client: joins `protocol/` to a stream, keeps answers in order; `deadlines.ts` is its sense of time
 * - `answer.ts` `body-sender.ts`   what becomes of a response; bodies that come in pieces
 * - `clock.ts`   time, coarse and replaceable
 */
export { createServer, type HttpServer, type ServerStats } from './server.ts';
export type { ServerOptions } from './options.ts';
export type { FileBody, Handler, HttpResponse, ResponseBody } from './response.ts';
export type { HttpRequest } from './request.ts';
export { RequestBody, type BodySource } from './request-body.ts';
export { systemClock, type Clock } from './clock.ts';
export { HeaderFields, type HeaderList } from '../headers.ts';
export { HttpProtocolError, HttpUsageError, type HttpErrorCode, type HttpUsageErrorCode } from '../errors.ts';
