import { bench, describe } from 'vitest';
import { delimiter, encodeAll, type Codec } from '../src/codecs/index.ts';

const totalBytes = 16 * 1024 * 1024;
const chunkBytes = 65_536;

/** What one would write by hand for LF: frames pushed to a callback. No limit, no errors. */
class HandWritten {
  #rest: Buffer = Buffer.alloc(0);
  readonly #onFrame: (frame: Buffer) => void;

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    if (this.#rest.length > 0) chunk = Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end; (end = chunk.indexOf(10, at)) >= 0; at = end + 1) this.#onFrame(chunk.subarray(at, end));
    this.#rest = chunk.subarray(at);
  }
}

/** As they come from a socket. */
function cut(wire: Uint8Array, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(wire.length / size) }, (_, index) =>
    Buffer.from(wire.slice(index * size, (index + 1) * size).buffer),
  );
}

function decode(codec: Codec<Uint8Array>, chunks: readonly Uint8Array[], expected: number): void {
  const decoder = codec.decoder();
  let seen = 0;
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let frame; (frame = decoder.next()) !== undefined;) seen += frame.length;
  }
  if (seen !== expected) throw new Error(`${String(seen)} bytes of frames`);
}

for (const frameBytes of [20, 100, 60_000]) {
  const frames = Array.from({ length: Math.floor(totalBytes / (frameBytes + 1)) }, () =>
    new Uint8Array(frameBytes).fill(97),
  );
  const expected = frames.length * frameBytes;
  const lf = cut(encodeAll(delimiter('\n'), frames), chunkBytes);
  const crlf = cut(encodeAll(delimiter('\r\n'), frames), chunkBytes);

  describe(`16 MB of ${String(frameBytes)} B frames, in 64 KB chunks`, () => {
    bench("delimiter('\\n')", () => {
      decode(delimiter('\n'), lf, expected);
    });

    bench("delimiter('\\r\\n')", () => {
      decode(delimiter('\r\n'), crlf, expected);
    });

    bench("delimiter(['\\r\\n', '\\n'])", () => {
      decode(delimiter(['\r\n', '\n']), crlf, expected);
    });

    bench('written by hand', () => {
      let seen = 0;
      const decoder = new HandWritten((frame) => {
        seen += frame.length;
      });
      for (const chunk of lf) decoder.push(chunk);
      if (seen !== expected) throw new Error(`${String(seen)} bytes of frames`);
    });
  });
}

describe('4 MB in one frame', () => {
  const size = 4 * 1024 * 1024;
  const codec = delimiter('\n', { maxBytes: size });
  const wire = encodeAll(codec, [new Uint8Array(size).fill(97)]);
  const chunks = Array.from({ length: Math.ceil(wire.length / chunkBytes) }, (_, index) =>
    wire.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  // The same bytes again and again: four million arrays would be measured by the garbage collector.
  const single = Uint8Array.of(97);

  bench('in one chunk', () => {
    decode(codec, [wire], size);
  });

  bench('in 64 KB chunks', () => {
    decode(codec, chunks, size);
  });

  bench('a byte at a time', () => {
    const decoder = codec.decoder();
    for (let count = 0; count < size; count++) {
      decoder.push(single);
      if (decoder.next() !== undefined) throw new Error('a frame without its end');
    }
    decoder.push(Uint8Array.of(10));
    if (decoder.next()?.length !== size) throw new Error('not the whole frame');
  });
});
