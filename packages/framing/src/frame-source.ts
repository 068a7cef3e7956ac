import type { ByteStream, Deadline } from '@wirestack/socket';
import type { Codec, Decoder } from './codec.ts';
import { restOf } from './compose/rest.ts';
import { FramingUsageError } from './errors.ts';
import { FramedError } from './framed-error.ts';
import { turn } from './turn.ts';

/**
 * The reading half of a framed stream: ask `next()` until it has nothing, then `wait()`, then ask again.
 *
 * It is fair: after so many frames in a row `next()` has nothing until `wait()` has let a turn of the event loop pass, however much is
 * buffered. Waiting for the stream does not count as a turn: bytes that are here already, or that come from the same process, come within
 * one.
 */
export class FrameSource<In> {
  readonly stream: ByteStream;
  readonly #decoder: Decoder<In>;
  readonly #framesATurn: number;
  #leftThisTurn: number;
  #turning: Promise<void> | undefined;
  #ended = false;
  #isOver = false;
  #isClosing = false;
  /** Frames still to come that nobody wants. */
  #unwanted = 0;
  #reads = 0;
  #onNoReads: (() => void) | undefined;

  constructor(stream: ByteStream, codec: Pick<Codec<In>, 'decoder'>, framesATurn: number) {
    this.stream = stream;
    this.#decoder = codec.decoder();
    this.#framesATurn = framesATurn;
    this.#leftThisTurn = framesATurn;
  }

  /** The peer has ended, and all its frames were given. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Somebody is inside `wait()`. */
  get isWaiting(): boolean {
    return this.#reads > 0 || this.#turning !== undefined;
  }

  /** A frame that is here; `undefined` means `wait()`, unless `isOver`. */
  next(): In | undefined {
    while (this.#leftThisTurn > 0) {
      const frame = this.#ended ? this.#decoder.end() : this.#decoder.next();
      if (frame === undefined) {
        this.#isOver = this.#ended;
        return undefined;
      }
      this.#leftThisTurn--;
      if (this.#unwanted === 0) return frame;
      this.#unwanted--;
    }
    return undefined;
  }

  /** Until `next()` is worth asking again. Cancelled, it loses nothing. */
  wait(options?: Deadline): Promise<void> {
    if (this.#isClosing) return Promise.reject(closed());
    if (this.#leftThisTurn > 0 || options?.signal?.aborted === true) return this.#read(options);
    return (this.#turning ??= this.#turn());
  }

  /** The next so many frames are dropped: the late answers to questions that were given up. */
  dropNext(count: number): void {
    this.#unwanted += count;
  }

  /** Takes over from `before` the bytes it has not decoded. */
  follow(before: FrameSource<unknown>): void {
    if (before.#unwanted > 0)
      throw new FramingUsageError('answers to requests that were given up are still to come');
    const rest = restOf(before.#decoder);
    if (rest.length > 0) this.#decoder.push(rest);
    this.#leftThisTurn = Math.min(this.#leftThisTurn, before.#leftThisTurn);
  }

  /**
   * Reads until the peer's end and drops what comes, so many bytes at most. A wait that is outstanding gets what it waits for; later ones
   * are refused with `FramedError` `CLOSED`.
   */
  async drain(maxBytes: number): Promise<void> {
    this.#isClosing = true;
    for (let dropped = 0; !this.#ended && dropped <= maxBytes;) {
      if (this.#reads > 0) {
        await this.#otherReads();
        continue;
      }
      const chunk = await this.stream.read();
      if (chunk === undefined) return;
      dropped += chunk.length;
    }
  }

  async #read(options: Deadline | undefined): Promise<void> {
    this.#reads++;
    try {
      const chunk = await this.stream.read(options);
      if (chunk === undefined) this.#ended = true;
      else this.#decoder.push(chunk);
    } finally {
      if (--this.#reads === 0) this.#onNoReads?.();
    }
  }

  #otherReads(): Promise<void> {
    return new Promise((resolve) => {
      this.#onNoReads = resolve;
    });
  }

  async #turn(): Promise<void> {
    await turn();
    this.#leftThisTurn = this.#framesATurn;
    this.#turning = undefined;
  }
}

function closed(): FramedError {
  return new FramedError('CLOSED', 'the messages were closed on this side');
}
