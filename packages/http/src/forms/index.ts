/**
 * Forms, both ways: `multipart/form-data` (RFC 7578) and `application/x-www-form-urlencoded` (WHATWG URL). Everything but `saveTo` runs in a browser, too.
 * In reading order:
 *
 * - `read-form.ts` `form.ts` `form-values.ts`   a whole form
 * - `form-parts.ts` `part.ts`   its parts as they arrive
 * - `file-sink.ts` `save-to.ts` `safe-filename.ts`   what becomes of files
 * - `multipart-body.ts` `part-content.ts`   a form to send
 * - `url-encoded.ts`   pairs, of a form or a query, to text and back
 *
 * and what they are made of, without I/O, bytes in and events out:
 *
 * - `multipart-decoder.ts` `multipart-events.ts` `part-head.ts` `disposition.ts` `delimiter-search.ts`   and `multipart-encoder.ts`
 * - `url-encoded-decoder.ts` `url-encoded-codec.ts` `text-decoding.ts`
 * - `form-source.ts` `event-reader.ts`   a decoder, joined to a body
 * - `limits.ts` `boundary.ts` `errors.ts`
 */
export { readForm, type ReadFormOptions } from './read-form.ts';
export { Form, FormFile } from './form.ts';
export { FormValues } from './form-values.ts';
export { formParts } from './form-parts.ts';
export { Part } from './part.ts';
export type { FormBody, FormOptions, FormSource, WebByteStream } from './form-source.ts';
export type { FileSink } from './file-sink.ts';
export { saveTo, SavedFile } from './save-to.ts';
export { safeFilename } from './safe-filename.ts';
export {
  multipartBody,
  type MultipartBody,
  type MultipartBodyOptions,
  type OutgoingPart,
  type OutgoingParts,
} from './multipart-body.ts';
export type { BlobLike, PartContent } from './part-content.ts';
export { formatUrlEncoded, parseQuery, parseUrlEncoded } from './url-encoded.ts';
export { MultipartDecoder } from './multipart-decoder.ts';
export type {
  FormEndEvent,
  MultipartEvent,
  PartDataEvent,
  PartEndEvent,
  PartEvent,
} from './multipart-events.ts';
export { PartHead } from './part-head.ts';
export {
  multipart,
  MultipartEncoder,
  type OutgoingMultipart,
  type OutgoingPartHead,
} from './multipart-encoder.ts';
export { UrlEncodedDecoder, type FormPair, type UrlEncodedOptions } from './url-encoded-decoder.ts';
export { urlEncoded } from './url-encoded-codec.ts';
export { defaultFormLimits, type FormLimits } from './limits.ts';
export { FormError, type FormErrorCode } from './errors.ts';
export { HttpUsageError, type HttpUsageErrorCode } from '../errors.ts';
