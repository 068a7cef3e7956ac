import type { ByteStream, Deadline } from '@wirestack/socket';
import type { Codec } from '../codec.ts';
import { countdown } from '../deadline.ts';
import { FramingUsageError } from '../errors.ts';
import { FrameSource } from '../frame-source.ts';
import type { FramePart } from './frame-part.ts';

/** The parts of a stream, to one reader at a time. */
export class PartReader {
  readonly stream: ByteStream;
  readonly #source: FrameSource<FramePart>;
  #isBusy = false;

  constructor(stream: ByteStream, codec: Codec<FramePart>, partsATurn: number) {
    this.stream = stream;
    this.#source = new FrameSource(stream, codec, partsATurn);
  }

  /** The next part; `undefined` at the end of the stream. Cancelled, it loses nothing. */
  async next(options?: Deadline): Promise<FramePart | undefined> {
    if (this.#isBusy) throw new FramingUsageError('a read is outstanding: await it first');
    this.#isBusy = true;
    try {
      const left = options && countdown(options);
      for (;;) {
        const part = options?.signal?.aborted === true ? undefined : this.#source.next();
        if (part !== undefined || this.#source.isOver) return part;
        await this.#source.wait(left?.());
      }
    } finally {
      this.#isBusy = false;
    }
  }
}
