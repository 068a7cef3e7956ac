import type { ByteStream, Deadline } from '@wirestack/socket';
import type { Codec } from './codec.ts';
import { FramingUsageError } from './errors.ts';
import { FramedStream } from './framed-stream.ts';

export interface FramedOptions {
  /**
   * Messages of one batch at most, and received in a row before others have a turn of the event loop, so that a peer that sends a million
   * tiny ones cannot hold it. Default 1,024.
   */
  readonly batchLimit?: number;
}

export interface CloseOptions extends Deadline {
  /** From the call to the peer's end. Default 30,000, nginx's `lingering_time`; `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined;
  /**
   * So much of what the peer still sends is read and dropped; after more the stream is closed at once. Default 262,144, as Go's HTTP
   * server.
   */
  readonly dropBytes?: number;
}

/**
 * A stream of bytes seen as a stream of messages.
 *
 * A deadline of what the stream itself does (`receive`, the loops, `send`, `end`) rejects with the stream's `SocketError`; one of
 * `request` and `close` with `FramedError`. The codes are the same: `TIMED_OUT`, `ABORTED`.
 */
export interface Framed<In, Out = In> extends AsyncIterable<In> {
  readonly stream: ByteStream;
  /**
   * The next message; `undefined` once the peer finished. A cancelled receive loses nothing.
   * Rejects with `FramingError` where the bytes are no frame, after all frames before them were received; with `SocketError`; with
   * `FramingUsageError` while requests wait for their answers.
   */
  receive(options?: Deadline): Promise<In | undefined>;
  /**
   * The next message if it is here; `undefined` where `receive()` would have to wait, at the end, and now and then so that others have a
   * turn. Throws as `receive` rejects.
   */
  take(): In | undefined;
  /** The loop with a deadline, `timeoutMs` being each message's own. Ended by it, left early or broken off, it loses nothing. */
  messages(options?: Deadline): AsyncIterableIterator<In, undefined>;
  /** The fast path: the messages of each chunk that arrives, as one array, without a promise a message. `timeoutMs` is each batch's own. */
  batches(options?: Deadline): AsyncIterableIterator<In[], void>;
  /**
   * Queues a message. What is sent in one turn leaves in one write; resolves when more may be sent. Throws `FramingUsageError`
   * for a message that the format cannot carry. At its deadline the stream is aborted: half a message cannot be called back.
   */
  send(frame: Out, options?: Deadline): Promise<void>;
  /** `send` for many. Where it throws, the messages before the one refused are sent. */
  sendAll(frames: Iterable<Out>, options?: Deadline): Promise<void>;
  /**
   * Sends a message and waits for the next that comes, where the peer answers one for one and in order. Several may be outstanding; what is
   * given up has its late answer dropped, so that no other request gets it. While the stream has back-pressure it waits before it sends.
   *
   * Rejects with `FramedError` `TIMED_OUT` and `ABORTED`, `UNANSWERED` where the peer ended; `FramingUsageError` for a message that the
   * format cannot carry, and while a `receive` is outstanding; as `receive` and `send` do.
   */
  request(frame: Out, options?: Deadline): Promise<In>;
  /** Sends what is queued, then half-closes: the peer sees the end, and its answers can still be received. */
  end(options?: Deadline): Promise<void>;
  /**
   * The graceful end: sends what is queued, half-closes, waits for the peer's end and closes the stream. Outstanding requests are
   * answered and an outstanding receive gets its message; then what comes is dropped. A stream closed with bytes unread would be reset,
   * and the last messages with it.
   *
   * Where the deadline passes the stream is aborted: `FramedError` `TIMED_OUT`, `ABORTED`. Rejects with `SocketError` where what was sent
   * may be lost. The stream is over in every case. Receiving later is refused with `FramedError` `CLOSED`.
   */
  close(options?: CloseOptions): Promise<void>;
  /**
   * From here on another format: after a handshake, an upgrade. Bytes not yet decoded are the new codec's, and what was sent before leaves
   * before. This one is of no use any more. Take the last message of the old format by `receive()` or a loop over messages, as a batch may
   * have decoded more already.
   *
   * @throws FramingUsageError while somebody waits for a message or an answer, and where the decoder cannot give its bytes up
   * (`QueueDecoder` can).
   */
  switchTo<NextIn, NextOut = NextIn>(codec: Codec<NextIn, NextOut>): Framed<NextIn, NextOut>;
}

/**
 * Joins a codec to a stream. The stream stays the caller's: close or abort it when done, and after a `FramingError`.
 * Leaving a loop over the messages early loses none of them.
 *
 * @throws FramingUsageError for a batch limit that is no whole number of 1 or more.
 */
export function framed<In, Out>(
  stream: ByteStream,
  codec: Codec<In, Out>,
  options: FramedOptions = {},
): Framed<In, Out> {
  const { batchLimit = 1024 } = options;
  if (!Number.isSafeInteger(batchLimit) || batchLimit < 1) {
    throw new FramingUsageError(`batchLimit is ${String(batchLimit)}, expected a whole number of 1 or more`);
  }
  return new FramedStream(stream, codec, batchLimit);
}
