// @ts-check
/** Every codec, in the variants whose code differs; limits are small, so that inputs pass them. */

import { addComposed, addParts } from './formats/composed.js';
import { addCounted } from './formats/counted.js';
import { utf8 } from './formats/frames.js';
import { addMarked, addStuffed } from './formats/marked.js';
import { addStructured } from './formats/structured.js';

/** @typedef {import('./random.js').Random} Random */
/** @typedef {{ push(chunk: Uint8Array): void, next(): unknown, end(): unknown, readonly bufferedBytes: number }} AnyDecoder */
/** @typedef {{ name: string, decoder(): AnyDecoder, encoder(): { encode(frame: any, into: any): void } }} AnyCodec */
/** What `@wirestack/framing/codecs` exports. @typedef {any} Api */

/**
 * @typedef {object} Format
 * @property {string} name
 * @property {Api} api
 * @property {AnyCodec} codec
 * @property {(random: Random) => unknown} [frame]  one that the codec can carry
 * @property {(random: Random) => unknown[]} [parts]  or those of one, where it comes in parts
 * @property {readonly Uint8Array[]} words  what means something in the format
 * @property {number} limit  the most that may be held while more is needed
 * @property {{ take(): Uint8Array[] }} sink  what its encoders write to
 * @property {number} framesPerByte  at most
 * @property {number[]} skipped  what the codec told that it skipped
 * @property {boolean} [refuses]  whether the encoder may refuse what the decoder gave, by design
 * @property {(frames: any[]) => unknown[]} [sendable]  without those that a decoder gives and no encoder takes, by design
 * @property {(frames: any[]) => unknown[]} [comparable]  where frames depend on how the input is cut, by design
 */

/** @typedef {Omit<Format, 'name' | 'api' | 'codec' | 'words' | 'sink' | 'framesPerByte' | 'skipped'> & { words: (string | number[])[], framesPerByte?: number }} Recipe */

/**
 * @param {Api} api
 * @returns {Format[]}
 */
export function formatsOf(api) {
  /** @type {Format[]} */
  const formats = [];
  /**
   * @param {string} name
   * @param {(onSkip: (bytes: number) => void) => AnyCodec} make
   * @param {Recipe} recipe
   */
  const add = (name, make, recipe) => {
    /** @type {number[]} */
    const skipped = [];
    const words = recipe.words.map((word) => (typeof word === 'string' ? utf8(word) : Uint8Array.from(word)));
    const codec = make((bytes) => {
      if (!(Number.isSafeInteger(bytes) && bytes >= 0)) throw new Error(`onSkip was told ${String(bytes)}`);
      skipped.push(bytes);
    });
    formats.push({
      framesPerByte: 1,
      ...recipe,
      name,
      api,
      words,
      skipped,
      codec,
      sink: new api.ByteBuffer(),
    });
  };
  addCounted(api, add);
  addMarked(api, add);
  addStuffed(api, add);
  addStructured(api, add);
  addComposed(api, add);
  addParts(api, add);
  return formats;
}

/** @typedef {(name: string, make: (onSkip: (bytes: number) => void) => AnyCodec, recipe: Recipe) => void} Add */
