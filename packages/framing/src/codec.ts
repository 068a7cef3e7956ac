/**
 * The decoder contract. Everything that finds messages in a stream of bytes here is one of these, up to the HTTP request parser.
 * A decoder does no I/O and keeps no clock: bytes in, frames out. `codecContract` of `@wirestack/framing/testing` checks one.
 *
 * ```ts
 * decoder.push(chunk);
 * for (let frame; (frame = decoder.next()) !== undefined; ) handle(frame);
 * // and when the input ends:
 * for (let frame; (frame = decoder.end()) !== undefined; ) handle(frame);
 * ```
 */
export interface Decoder<Frame> {
  /**
   * Takes the next bytes; they belong to the decoder and must not change. O(bytes) in total, however the input is sliced: a byte is
   * looked at once.
   */
  push(chunk: Uint8Array): void;
  /**
   * The next frame, or `undefined` for "need more". Partial input is never an error; throws `FramingError` when the bytes can never
   * become valid, and ever after. A frame never changes once returned; it may share memory with the chunk it came in.
   */
  next(): Frame | undefined;
  /**
   * The input is over: frames still to come, the last one of a close-terminated format included, then `undefined`. Throws
   * `FramingError` `TRUNCATED` where the input stops inside a frame.
   */
  end(): Frame | undefined;
  /** Bytes taken and not yet returned in a frame. Once `next()` answers "need more": never above the limit, whatever a header claims. */
  readonly bufferedBytes: number;
}

/** Turns a frame into bytes. Throws `FramingUsageError` for a frame that the format cannot carry. */
export interface Encoder<Frame> {
  encode(frame: Frame, into: ByteSink): void;
}

/** A format: what it is called, and both directions of it. Each connection has a decoder and an encoder of its own. */
export interface Codec<In, Out = In> {
  readonly name: string;
  decoder(): Decoder<In>;
  encoder(): Encoder<Out>;
}

/** Where an encoder puts bytes. */
export interface ByteSink {
  /** Adds bytes. Large ones may be kept by reference: they must not change until they are sent. */
  append(bytes: Uint8Array): void;
  /** Room for exactly `length` bytes, to be filled before the next call. Its content is undefined until then. */
  reserve(length: number): Uint8Array;
}
