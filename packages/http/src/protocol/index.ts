/**
 * HTTP/1.1 without I/O: bytes in, events out; answers in, bytes out. Runs anywhere. In reading order:
 *
 * - `connection.ts`   the states of a server's connection, and every answer
 * - `request-parser.ts`   requests as a `Decoder`; `head-parser.ts`, `field-parser.ts`, `chunked-reader.ts` are its parts
 * - `writer.ts`   status line and fields as text
 * - `events.ts` `limits.ts`   what is said, and what it may cost
 */
export {
  ServerConnection,
  type AnswerState,
  type Output,
  type ResponseHead,
  type WholeBody,
} from './connection.ts';
export { RequestParser } from './request-parser.ts';
export {
  RequestHead,
  type BodyFraming,
  type DataEvent,
  type EndEvent,
  type RequestEvent,
  type TrailersEvent,
} from './events.ts';
export { defaultLimits, type MessageLimits } from './limits.ts';
export { reasonPhrase } from './reason.ts';
export { checkFields } from './writer.ts';
export { HeaderFields, type HeaderList } from '../headers.ts';
export { HttpProtocolError, HttpUsageError, type HttpErrorCode, type HttpUsageErrorCode } from '../errors.ts';
