import { bench, describe } from 'vitest';
import { encodeAll, lengthPrefix } from '../src/codecs/index.ts';

const totalBytes = 16 * 1024 * 1024;
const chunkBytes = 65_536;

/** What one would write by hand for this one format: unsigned 32 bits, big-endian, frames pushed to a callback. No limit, no errors. */
class HandWritten {
  #rest: Uint8Array = new Uint8Array(0);
  readonly #onFrame: (frame: Uint8Array) => void;

  constructor(onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Uint8Array): void {
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + chunk.length);
      joined.set(this.#rest);
      joined.set(chunk, this.#rest.length);
      chunk = joined;
    }
    let at = 0;
    while (chunk.length - at >= 4) {
      const size =
        ((byteAt(chunk, at) << 24) |
          (byteAt(chunk, at + 1) << 16) |
          (byteAt(chunk, at + 2) << 8) |
          byteAt(chunk, at + 3)) >>>
        0;
      if (chunk.length - at - 4 < size) break;
      this.#onFrame(chunk.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    this.#rest = chunk.subarray(at);
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

for (const frameBytes of [100, 65_536]) {
  const frames = Array.from(
    { length: Math.floor(totalBytes / (frameBytes + 4)) },
    () => new Uint8Array(frameBytes),
  );
  const wire = encodeAll(lengthPrefix(), frames);
  const chunks = Array.from({ length: Math.ceil(wire.length / chunkBytes) }, (_, index) =>
    wire.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  const varint = lengthPrefix({ bytes: 'varint' });
  const varintWire = encodeAll(varint, frames);
  const varintChunks = Array.from({ length: Math.ceil(varintWire.length / chunkBytes) }, (_, index) =>
    varintWire.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  const expectWhole = (seen: number): void => {
    if (seen !== frames.length * frameBytes) throw new Error(`${String(seen)} bytes of frames`);
  };

  describe(`16 MB of ${String(frameBytes)} B frames, in 64 KB chunks`, () => {
    bench('lengthPrefix()', () => {
      const decoder = lengthPrefix().decoder();
      let seen = 0;
      for (const chunk of chunks) {
        decoder.push(chunk);
        for (let frame; (frame = decoder.next()) !== undefined;) seen += frame.length;
      }
      expectWhole(seen);
    });

    bench("lengthPrefix({ bytes: 'varint' })", () => {
      const decoder = varint.decoder();
      let seen = 0;
      for (const chunk of varintChunks) {
        decoder.push(chunk);
        for (let frame; (frame = decoder.next()) !== undefined;) seen += frame.length;
      }
      expectWhole(seen);
    });

    bench('written by hand', () => {
      let seen = 0;
      const decoder = new HandWritten((frame) => {
        seen += frame.length;
      });
      for (const chunk of chunks) decoder.push(chunk);
      expectWhole(seen);
    });
  });
}
