import type { ByteSink } from './codec.ts';

const blockBytes = 16_384;
/** At and above this, bytes are kept by reference: below it one more copy is cheaper than one more buffer to write. */
const copyBelowBytes = 4096;

/** Gathers what encoders write, to be sent in one go. */
export class ByteBuffer implements ByteSink {
  #done: Uint8Array[] = [];
  #block = new Uint8Array(0);
  #from = 0;
  #used = 0;
  #length = 0;

  /** Bytes gathered since the last `take`. */
  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length < copyBelowBytes) {
      this.reserve(bytes.length).set(bytes);
      return;
    }
    this.#cut();
    this.#done.push(bytes);
    this.#length += bytes.length;
  }

  reserve(length: number): Uint8Array {
    if (this.#used + length > this.#block.length) {
      this.#cut();
      this.#block = new Uint8Array(Math.max(blockBytes, length));
      this.#from = 0;
      this.#used = 0;
    }
    const room = this.#block.subarray(this.#used, this.#used + length);
    this.#used += length;
    this.#length += length;
    return room;
  }

  /** The bytes gathered, in order, as few chunks as they are; the buffer is empty afterwards. */
  take(): Uint8Array[] {
    this.#cut();
    const chunks = this.#done;
    this.#done = [];
    this.#length = 0;
    return chunks;
  }

  #cut(): void {
    if (this.#used > this.#from) this.#done.push(this.#block.subarray(this.#from, this.#used));
    this.#from = this.#used;
  }
}

/** What `codec` makes of `frames`, in one array: for tests, files and datagrams. */
export function encodeAll<Frame>(
  codec: { encoder(): { encode(frame: Frame, into: ByteSink): void } },
  frames: Iterable<Frame>,
): Uint8Array {
  const buffer = new ByteBuffer();
  const encoder = codec.encoder();
  for (const frame of frames) encoder.encode(frame, buffer);
  const bytes = new Uint8Array(buffer.length);
  let at = 0;
  for (const chunk of buffer.take()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
