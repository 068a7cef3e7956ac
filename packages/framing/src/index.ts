/**
 * `@wirestack/framing`: where one message ends and the next begins. In reading order:
 *
 * - `codec.ts`   the contract: Decoder, Encoder, Codec
 * - `codecs/`   one file a format, no I/O; also as `@wirestack/framing/codecs`, for browsers
 * - `byte-queue.ts` `byte-sink.ts`   where bytes wait, on the way in and on the way out
 * - `framed.ts`   a codec on a stream: the only file that knows a `ByteStream`
 */
export * from './codecs/index.ts';
export { framed, type Framed, type FramedOptions } from './framed.ts';
