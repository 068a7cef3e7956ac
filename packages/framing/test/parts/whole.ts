import type { ByteSink, Codec, Decoder } from '../../src/codecs/index.ts';
import type { FramePart } from '../../src/codecs/index.ts';

/** A codec of parts as one of whole frames, so that the contract can be run over it. Memory is the frame, of course. */
export function whole(codec: Codec<FramePart>): Codec<Uint8Array> {
  return {
    name: codec.name,
    decoder: () => new WholeDecoder(codec.decoder()),
    encoder: () => {
      const encoder = codec.encoder();
      return {
        encode(frame: Uint8Array, into: ByteSink): void {
          const half = frame.length >> 1;
          encoder.encode({ type: 'begin', bytes: frame.length }, into);
          for (const data of [frame.subarray(0, half), frame.subarray(half)]) {
            if (data.length > 0) encoder.encode({ type: 'data', data }, into);
          }
          encoder.encode({ type: 'end' }, into);
        },
      };
    },
  };
}

class WholeDecoder implements Decoder<Uint8Array> {
  readonly #parts: Decoder<FramePart>;
  #held: number[] = [];
  #failed = false;

  constructor(parts: Decoder<FramePart>) {
    this.#parts = parts;
  }

  get bufferedBytes(): number {
    return this.#failed ? 0 : this.#held.length + this.#parts.bufferedBytes;
  }

  push(chunk: Uint8Array): void {
    this.#parts.push(chunk);
  }

  next(): Uint8Array | undefined {
    return this.#whole('next');
  }

  end(): Uint8Array | undefined {
    return this.#whole('end');
  }

  #whole(method: 'next' | 'end'): Uint8Array | undefined {
    try {
      for (let part; (part = this.#parts[method]()) !== undefined;) {
        if (part.type === 'data') this.#held.push(...part.data);
        if (part.type === 'end') return Uint8Array.from(this.#held.splice(0));
      }
    } catch (error) {
      this.#failed = true;
      throw error;
    }
    return undefined;
  }
}

/** The parts as short text: `begin 5`, `data abc`, `end`. */
export function told(parts: readonly FramePart[]): string[] {
  return parts.map((part) => {
    if (part.type === 'begin') return `begin ${String(part.bytes)}`;
    return part.type === 'data' ? `data ${new TextDecoder().decode(part.data)}` : 'end';
  });
}
