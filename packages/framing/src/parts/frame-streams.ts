import type { ByteStream, Deadline } from '@wirestack/socket';
import type { Codec } from '../codec.ts';
import { countdown, within } from '../deadline.ts';
import { FramingUsageError } from '../errors.ts';
import type { FramePart } from './frame-part.ts';
import { IncomingFrame } from './incoming-frame.ts';
import { OutgoingFrames, type Chunks } from './outgoing-frames.ts';
import { PartReader } from './part-reader.ts';

export interface FrameStreamsOptions {
  /**
   * What happens to a frame that was not read to its end when the next is asked for. `'skip'` (default, as Go's `multipart.Reader`): the
   * rest of it is dropped. `'wait'`: the next waits until somebody has read it, or skipped it.
   */
  readonly unread?: 'skip' | 'wait';
  /** Parts received in a row before others have a turn of the event loop. Default 1,024, as `framed` has it. */
  readonly batchLimit?: number;
}

/** A frame as a stream of its own. The peer feels back-pressure where it is not read. */
export interface FrameStream extends AsyncIterable<Uint8Array> {
  /** Its length, where the format tells it in advance. */
  readonly bytes: number | undefined;
  /**
   * The next bytes of it, as they came; `undefined` at its end, and ever after. A cancelled read loses nothing. Rejects with
   * `FramingError`, `TRUNCATED` where the peer ended inside; with `SocketError`; with `FramingUsageError` once the frame was skipped, or
   * while another read is outstanding.
   */
  read(options?: Deadline): Promise<Uint8Array | undefined>;
  /** Drops the rest of it. */
  skip(options?: Deadline): Promise<void>;
  /** The rest of it in one piece: `FramingError` `TOO_LARGE` beyond `maxBytes`. Whatever makes it reject, no byte is lost. */
  readAll(maxBytes: number, options?: Deadline): Promise<Uint8Array>;
}

/** A stream of bytes seen as a stream of frames that need not fit in memory. Leaving its loop early loses nothing. */
export interface FrameStreams extends AsyncIterable<FrameStream> {
  readonly stream: ByteStream;
  /**
   * The next frame, as soon as it begins; `undefined` once the peer finished. A deadline while it waits for the last to be read is
   * `FramedError`.
   */
  receive(options?: Deadline): Promise<FrameStream | undefined>;
  /**
   * Sends a frame from chunks, each when the stream takes more. `bytes` is their sum where the format wants it in advance. One frame at a
   * time: a second waits for the first. Chunks belong to the stream.
   *
   * Rejects with `FramingUsageError` where the chunks are not `bytes` long or the format cannot carry them, with what `chunks` throws,
   * with `SocketError`, with `FramedError` `TIMED_OUT` and `ABORTED` at the deadline. Unless nothing of it was sent the stream is then
   * aborted: half a frame cannot be called back.
   */
  send(bytes: number | undefined, chunks: Chunks, options?: Deadline): Promise<void>;
  /** Half-closes behind the frames that are being sent. At the deadline the stream is aborted: `FramedError`. */
  end(options?: Deadline): Promise<void>;
}

/**
 * Joins a codec of parts to a stream. Memory is one chunk a direction, however long a frame is. The stream stays the caller's.
 *
 * @throws FramingUsageError for a batch limit that is no whole number of 1 or more.
 */
export function frameStreams(
  stream: ByteStream,
  codec: Codec<FramePart>,
  options: FrameStreamsOptions = {},
): FrameStreams {
  const { unread = 'skip', batchLimit = 1024 } = options;
  if (!Number.isSafeInteger(batchLimit) || batchLimit < 1) {
    throw new FramingUsageError(`batchLimit is ${String(batchLimit)}, expected a whole number of 1 or more`);
  }
  return new StreamOfFrames(stream, codec, batchLimit, unread);
}

class StreamOfFrames implements FrameStreams {
  readonly stream: ByteStream;
  readonly #unread: 'skip' | 'wait';
  readonly #parts: PartReader;
  readonly #outgoing: OutgoingFrames;
  #current: IncomingFrame | undefined;
  #isReceiving = false;

  constructor(stream: ByteStream, codec: Codec<FramePart>, batchLimit: number, unread: 'skip' | 'wait') {
    this.stream = stream;
    this.#unread = unread;
    this.#parts = new PartReader(stream, codec, batchLimit);
    this.#outgoing = new OutgoingFrames(stream, codec);
  }

  async receive(options?: Deadline): Promise<FrameStream | undefined> {
    if (this.#isReceiving) throw new FramingUsageError('a receive is outstanding: await it first');
    this.#isReceiving = true;
    try {
      const left = countdown(options);
      await this.#leaveCurrent(left);
      const part = await this.#parts.next(left());
      if (part === undefined) return undefined;
      if (part.type !== 'begin') throw new FramingUsageError(`the codec gave ${part.type} without a frame`);
      return (this.#current = new IncomingFrame(this.#parts, part.bytes));
    } finally {
      this.#isReceiving = false;
    }
  }

  send(bytes: number | undefined, chunks: Chunks, options?: Deadline): Promise<void> {
    return this.#outgoing.send(bytes, chunks, options);
  }

  end(options?: Deadline): Promise<void> {
    return this.#outgoing.end(options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FrameStream, void, undefined> {
    for (;;) {
      const frame = await this.receive();
      if (frame === undefined) return;
      yield frame;
    }
  }

  async #leaveCurrent(left: () => Deadline | undefined): Promise<void> {
    const current = this.#current;
    if (current === undefined || current.isOver) return;
    if (this.#unread === 'skip') await current.skip(left());
    else
      await within(
        left(),
        () => current.over,
        () => undefined,
      );
  }
}
