/** The formats, one file each, and the contract they keep. Runs anywhere: no socket, no `node:` module. */
export type { ByteSink, Codec, Decoder, Encoder } from '../codec.ts';
export { FramingError, FramingUsageError, type FramingErrorCode } from '../errors.ts';
export { ByteQueue, PatternSearch } from '../byte-queue.ts';
export { ByteBuffer, encodeAll } from '../byte-sink.ts';
export { QueueDecoder } from './queue-decoder.ts';
export { fixedLength } from './fixed-length.ts';
export type { OversizeOptions } from './oversize.ts';
export { delimiter, type DelimiterOptions } from './delimiter.ts';
export { lines, type LinesOptions } from './lines.ts';
export type { LineEnding } from './line-ending.ts';
export type { TextEncoding } from './text-coding.ts';
export { netstring } from './netstring.ts';
export { slip, type SlipOptions } from './slip.ts';
export { cobs, cobsDecode, cobsEncode } from './cobs.ts';
export { headers, type HeadersOptions } from './headers.ts';
export { lengthPrefix, type LengthPrefixOptions } from './length-prefix.ts';
export { untilClose, type UntilCloseOptions } from './until-close.ts';
export { chain, type Transform } from '../compose/chain.ts';
export { handover, type Handover } from '../compose/handover.ts';
export { tee, type FrameObserver } from '../compose/tee.ts';
export { json, schema, utf8, type JsonOptions, type Utf8Options } from '../compose/transforms.ts';
export { delimiterParts, type DelimiterPartsOptions } from '../parts/delimiter-parts.ts';
export type { FramePart } from '../parts/frame-part.ts';
export { lengthPrefixParts, type LengthPrefixPartsOptions } from '../parts/length-prefix-parts.ts';
export {
  decoderStream,
  encoderStream,
  type DecoderStreamOptions,
  type EncoderStreamOptions,
} from '../adapters/web-streams.ts';
export { checksum, type ChecksumAlgorithm, type ChecksumOptions } from './checksum.ts';
export { adler32, crc32, crc32c } from './crc.ts';
export {
  resp,
  RespAttributed,
  RespBigNumber,
  respCommand,
  RespDouble,
  RespError,
  RespMap,
  RespNull,
  RespPush,
  RespSet,
  RespSimple,
  RespVerbatim,
  type RespOptions,
  type RespValue,
} from './resp.ts';
export { struct, type Struct } from './struct.ts';
export type { StructValue, StructValues } from './struct-values.ts';
export { structHeader, type StructFrame, type StructHeaderOptions } from './struct-header.ts';
export { stomp, stompHeader, type StompFrame, type StompOptions, type StompVersion } from './stomp.ts';
