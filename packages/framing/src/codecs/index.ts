/** The formats, one file each, and the contract they keep. Runs anywhere: no socket, no `node:` module. */
export type { ByteSink, Codec, Decoder, Encoder } from '../codec.ts';
export { FramingError, FramingUsageError, type FramingErrorCode } from '../errors.ts';
export { ByteQueue, PatternSearch } from '../byte-queue.ts';
export { ByteBuffer, encodeAll } from '../byte-sink.ts';
export { QueueDecoder } from './queue-decoder.ts';
export { fixedLength } from './fixed-length.ts';
export { delimiter, type DelimiterOptions } from './delimiter.ts';
export { headers, type HeadersOptions } from './headers.ts';
export { lengthPrefix, type LengthPrefixOptions } from './length-prefix.ts';
export { untilClose, type UntilCloseOptions } from './until-close.ts';
