import type { ByteSearch } from '../byte-queue.ts';
import type { Oversize } from './oversize.ts';
import { QueueDecoder } from './queue-decoder.ts';

/** Finds where a frame ends. */
export interface EndSearch extends ByteSearch {
  /** Bytes at the end of what was looked at that may yet turn out to be the mark's. */
  readonly matched: number;
  /** Length of the mark found last. */
  readonly markBytes: number;
  restart(): void;
}

/** What the formats share whose frames end with a mark: the end is looked for, the limit kept, what passes it refused or dropped. */
export abstract class MarkedDecoder<Frame> extends QueueDecoder<Frame> {
  protected readonly search: EndSearch;
  protected readonly limit: Oversize;
  /** Bytes already dropped of the frame that is too long; -1: there is none. */
  #dropped = -1;

  constructor(search: EndSearch, limit: Oversize) {
    super();
    this.search = search;
    this.limit = limit;
  }

  /** Whether the frame that comes next is too long, and its beginning dropped already. */
  protected get dropping(): boolean {
    return this.#dropped >= 0;
  }

  override rest(): Uint8Array {
    this.search.restart();
    return super.rest();
  }

  protected parse(): Frame | undefined {
    for (;;) {
      const end = this.queue.find(this.search);
      if (end < 0) {
        // Bytes that may yet turn out to be the mark do not count as the frame's.
        const bytes = this.queue.length - this.search.matched;
        if (this.#dropped >= 0 || this.sizeOf(bytes) > this.limit.maxBytes) this.#drop();
        return undefined;
      }
      const { markBytes } = this.search;
      const bytes = end - markBytes;
      if (this.#dropped < 0 && this.sizeOf(bytes) > this.limit.maxBytes) this.#refuse();
      this.endFound();
      this.search.restart();
      if (this.#dropped >= 0) {
        this.#endDropped(end, markBytes);
      } else {
        const frame = this.takeFrame(bytes, markBytes);
        if (frame !== undefined) return frame;
      }
    }
  }

  /** Takes a frame of so many bytes from the front of the queue, and the mark behind it. `undefined`: that is no frame, go on. */
  protected abstract takeFrame(bytes: number, markBytes: number): Frame | undefined;

  /** Called at each end that is found, of a frame that is skipped, too: for a decoder that has to refuse it. */
  protected endFound(): void {
    // Most ends are good.
  }

  /** The least that so many bytes on the wire can be as a frame. */
  protected sizeOf(bytes: number): number {
    return bytes;
  }

  /** For a frame that `takeFrame` found too large once it had taken it. */
  protected tooLarge(bytes: number): void {
    this.#refuse();
    this.#dropped = -1;
    this.limit.onSkip?.(bytes);
  }

  protected override finish(): Frame | undefined {
    if (this.#dropped >= 0) this.fail('TRUNCATED', 'the input ended inside a frame that is skipped');
    return super.finish();
  }

  /** What is left at the end of input, where that is a frame. */
  protected finishFrame(): Frame | undefined {
    const bytes = this.queue.length;
    this.search.restart();
    if (this.#dropped < 0) {
      if (bytes === 0) return undefined;
      if (this.sizeOf(bytes) <= this.limit.maxBytes) return this.takeFrame(bytes, 0);
      this.#refuse();
    }
    this.#endDropped(bytes, 0);
    return undefined;
  }

  /** Gives up what there is of a frame that is too long. What the search has seen of the mark it remembers. */
  #drop(): void {
    if (this.#dropped < 0) this.#refuse();
    this.#dropped += this.queue.length;
    this.queue.skip(this.queue.length);
    this.search.scanned = 0;
  }

  #refuse(): void {
    if (!this.limit.skips)
      this.fail('TOO_LARGE', `no end of a frame within ${String(this.limit.maxBytes)} bytes`);
    this.#dropped = 0;
  }

  #endDropped(end: number, markBytes: number): void {
    const bytes = this.#dropped + end - markBytes;
    this.#dropped = -1;
    this.queue.skip(end);
    this.limit.onSkip?.(bytes);
  }
}
