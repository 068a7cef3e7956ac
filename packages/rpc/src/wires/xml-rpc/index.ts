/**
 * `@wirestack/rpc/xml-rpc`: XML-RPC, both ends. In reading order:
 *
 * - `values.ts` `limits.ts` `errors.ts`   what XML-RPC can say, how much of it, and what is no XML-RPC
 * - `decoder.ts` `value-reader.ts`   documents → values; below them `repeats.ts` (markup that was read before), `scalar-types.ts` and `scalars.ts`
 *   (texts → values), `scanner.ts` (tags), `scalar-scanner.ts` and `text-scanner.ts` (what stands between them), `prolog.ts` (encodings),
 *   `tags.ts` and `characters.ts`
 * - `writer.ts` `value-writer.ts`   values → documents; below them `markup.ts` and `document-bytes.ts`
 * - `dispatcher.ts` `introspection.ts`   a service answers requests, whatever carries them
 * - `application.ts`   a service as a gateway application
 * - `client.ts`   a typed client; below it `http-caller.ts` (calls over fetch) and `multicall.ts` (many calls in one)
 */
export { xmlRpcApplication } from './application.ts';
export type {
  XmlRpcApplication,
  XmlRpcApplicationOptions,
  XmlRpcEnviron,
  XmlRpcStartResponse,
} from './application.ts';
export { multicall, xmlRpcClient } from './client.ts';
export { decodeCall, decodeResponse, type XmlRpcCall } from './decoder.ts';
export { XmlRpcDispatcher, type XmlRpcCallOrigin, type XmlRpcDispatcherOptions } from './dispatcher.ts';
export { XmlRpcFormatError, type XmlRpcFormatErrorCode } from './errors.ts';
export type { HeaderFields, XmlRpcCallOptions, XmlRpcClientOptions } from './http-caller.ts';
export type { XmlRpcLimits } from './limits.ts';
export { valuesOf } from './multicall.ts';
export type {
  CallRecorder,
  MulticallResult,
  MulticallResults,
  MulticallValues,
  PendingCall,
} from './multicall.ts';
export { double, XmlRpcDouble, type XmlRpcValue } from './values.ts';
export { encodeCall, encodeFault, encodeResponse, type XmlRpcWriteOptions } from './writer.ts';
