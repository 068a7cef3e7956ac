/**
 * HTTP/1.1 without I/O: bytes in, events out; answers in, bytes out. Runs anywhere. In reading order:
 *
 * - `states.ts`   the states of a connection, and what changes them, as tables
 * - `server-connection.ts` `client-connection.ts`   the two ends of a connection, and all they send
 * - `request-parser.ts` `response-parser.ts`   messages as a `Decoder`; `head-parser.ts` and `response-head-parser.ts`, `field-parser.ts` with
 *   `line-repair.ts`, `framing.ts`, `body-reader.ts` and `chunked-reader.ts` are their parts
 * - `writer.ts` `request-writer.ts` `whole-body.ts`   first line and fields as text, and the body behind them
 * - `events.ts` `limits.ts` `leniency.ts`   what is said, what it may cost, and what may be taken that is wrong
 */
export { ServerConnection } from './server-connection.ts';
export type { AnswerState, RequestState } from './states.ts';
export type { Output, WholeBody } from './whole-body.ts';
export { ClientConnection, type ClientConnectionOptions } from './client-connection.ts';
export type { RequestLine } from './request-writer.ts';
export { RequestParser } from './request-parser.ts';
export { ResponseParser, type ResponseParserOptions } from './response-parser.ts';
export {
  ReceivedResponse,
  RequestHead,
  type BodyFraming,
  type DataEvent,
  type EndEvent,
  type InformationalEvent,
  type RequestEvent,
  type ResponseEvent,
  type ResponseFraming,
  type TrailersEvent,
  type UpgradeEvent,
} from './events.ts';
export { connectionOptions } from './connection-options.ts';
export { defaultLimits, type MessageLimits } from './limits.ts';
export type { Leniency } from './leniency.ts';
export { reasonPhrase } from './reason.ts';
export { checkFields, type ResponseHead } from './writer.ts';
export { HeaderFields, type HeaderList } from '../headers.ts';
export { HttpProtocolError, HttpUsageError, type HttpErrorCode, type HttpUsageErrorCode } from '../errors.ts';
