/**
 * `@wirestack/framing`: where one message ends and the next begins. In reading order:
 *
 * - `codec.ts`   the contract: Decoder, Encoder, Codec
 * - `codecs/`   one file a format, no I/O; also as `@wirestack/framing/codecs`, for browsers
 * - `byte-queue.ts` `byte-sink.ts`   where bytes wait, on the way in and on the way out
 * - `compose/`   codecs made of codecs: chain, handover, tee; `parts/` frames larger than memory
 * - `framed.ts`   a codec on a stream: `framed-stream.ts` is it, of `frame-source.ts`, `frame-sink.ts`, `answers.ts`, `message-loop.ts`
 * - `pump.ts` `multiplex.ts` `parts/frame-streams.ts`   what is done with one; `deadline.ts` `turn.ts` what they wait with
 * - `adapters/`   codecs as streams of the web, and of node: `@wirestack/framing/node`
 *
 * A `ByteStream` is known from `framed.ts` on, and as a type only.
 */
export * from './codecs/index.ts';
export { framed, type CloseOptions, type Framed, type FramedOptions } from './framed.ts';
export { FramedError, type FramedErrorCode } from './framed-error.ts';
export { multiplex, type Channel, type Multiplex, type MultiplexOptions } from './multiplex.ts';
export { pump, type PumpedFrom, type PumpedInto, type PumpOptions } from './pump.ts';
export {
  frameStreams,
  type FrameStream,
  type FrameStreams,
  type FrameStreamsOptions,
} from './parts/frame-streams.ts';
export type { Chunks } from './parts/outgoing-frames.ts';
