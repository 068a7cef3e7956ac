import fc from 'fast-check';
import { describe, test } from 'vitest';
import { PatternSearch } from '../src/byte-queue.ts';
import type { Codec, Decoder } from '../src/codecs/index.ts';
import { codecContract, type CodecSample } from '../src/testing/index.ts';

/** `hex('00 05 ca')` → the three bytes. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.split(' ').filter(Boolean), (byte) => Number.parseInt(byte, 16));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Every frame there is now. */
export function drain<Frame>(decoder: Decoder<Frame>): Frame[] {
  const frames: Frame[] = [];
  for (let frame; (frame = decoder.next()) !== undefined;) frames.push(frame);
  return frames;
}

/** Every frame there is, and at the end. */
export function finish<Frame>(decoder: Decoder<Frame>): Frame[] {
  const frames: Frame[] = [];
  for (let frame; (frame = decoder.end()) !== undefined;) frames.push(frame);
  return frames;
}

/** What `codec` makes of a whole input in these pieces. */
export function decodeAll<In, Out>(codec: Codec<In, Out>, pieces: Iterable<Uint8Array>): In[] {
  const decoder = codec.decoder();
  const frames: In[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    frames.push(...drain(decoder));
  }
  return [...frames, ...finish(decoder)];
}

export function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** Sizes to cut an input into, one after the other, and round again. */
export const cuts: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3000 })),
  { minLength: 1, maxLength: 20 },
);

export function* cutBy(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

/** The contract, a test a sentence. */
export function keepsContract<In, Out>(sample: CodecSample<In, Out>): void {
  describe(sample.name, () => {
    for (const { name, run } of codecContract(sample)) test(name, run);
  });
}

/** How many bytes pattern searches look at, and how many `TypedArray.prototype.set` copies, while `run` runs. */
export function countWork(run: () => void): { scanned: number; copied: number } {
  const work = { scanned: 0, copied: 0 };
  const restore = [
    wrap(Object.getPrototypeOf(Uint8Array.prototype) as object, 'set', ([source]) => {
      work.copied += (source as Uint8Array).length;
    }),
    wrap(PatternSearch.prototype, 'scan', ([chunk, at, end = (chunk as Uint8Array).length], found) => {
      work.scanned += ((found as number) < 0 ? (end as number) : (found as number)) - (at as number);
    }),
  ];
  try {
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return work;
}

/** Tells of each call of a method of `target`, its arguments and result; answers how to undo that. */
function wrap(target: object, name: string, tell: (args: unknown[], result: unknown) => void): () => void {
  const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
  Reflect.set(target, name, function (this: unknown, ...args: unknown[]): unknown {
    const result = Reflect.apply(original, this, args);
    tell(args, result);
    return result;
  });
  return () => {
    Reflect.set(target, name, original);
  };
}
