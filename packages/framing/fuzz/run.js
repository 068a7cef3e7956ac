// @ts-check
/** Inputs for every format in turn, until their number is reached or the first of a format fails. */
import { check, decode, Violation } from './check.js';
import { formatsOf } from './formats.js';
import { joined, randomInput, randomPieces } from './input.js';
import { Random, seedOf } from './random.js';
import { hexOf } from './value.js';

/**
 * @typedef {object} Failure
 * @property {string} format
 * @property {number} index  of the input; with the seed it makes it again
 * @property {string} hex  the input, as small as it still fails
 * @property {number[]} pieces  sizes of its pieces
 * @property {string} reason
 */

/** Beyond some copies of each input: lengths that are claimed are far above. */
const spareBytes = 4 * 1024 * 1024;

/**
 * @param {object} options
 * @param {import('./formats.js').Api} options.api
 * @param {number} options.inputs  for each codec, shared by its variants
 * @param {number} options.seed
 * @param {string} [options.codec]  only those whose name begins so
 * @param {number} [options.only]  only the input of this index
 * @param {boolean} [options.timed]  whether an input that takes long fails
 * @param {(format: number, index: number) => void} [options.onInput]  told before each, by the number of its format among those chosen
 * @param {(done: { format: string, inputs: number, bytes: number }) => void} [options.onFormat]
 * @returns {Failure[]}
 */
export function fuzz({ api, inputs, seed, codec = '', only, timed = false, onInput, onFormat }) {
  const formats = formatsOf(api);
  const chosen = formats.filter(({ name }) => name.startsWith(codec));
  if (chosen.length === 0) throw new Error(`no format is called ${codec}`);
  // A third of the time is where errors were made, of which nobody asks: the report has the input, which makes them again.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return chosen.flatMap((format, number) => {
      const variants = formats.filter(({ name }) => codecOf(name) === codecOf(format.name)).length;
      const begin = only ?? 0;
      const end = only === undefined ? Math.ceil(inputs / variants) : only + 1;
      const done = fuzzFormat(format, {
        begin,
        end,
        seed,
        timed,
        onInput: (index) => onInput?.(number, index),
      });
      if ('reason' in done) return [done];
      onFormat?.({ format: format.name, inputs: end - begin, bytes: done.bytes });
      return [];
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * @param {import('./formats.js').Format} format
 * @param {{ begin: number, end: number, seed: number, timed: boolean, onInput: (index: number) => void }} range
 * @returns {Failure | { bytes: number }}
 */
function fuzzFormat(format, { begin, end, seed, timed, onInput }) {
  let bytes = 0;
  let unchecked = 0;
  let held = process.memoryUsage().arrayBuffers;
  for (let index = begin; index < end; index++) {
    onInput(index);
    const { input, pieces } = inputAt(format, seed, index);
    const reason = violation(format, input, pieces, timed);
    if (reason !== undefined) return smallest(format, index, input, pieces, timed, reason);
    bytes += input.length;
    unchecked += input.length;
    if (index % 256 !== 0) continue;
    // Asking costs as much as an input. What the collector has not taken yet is copies of the inputs since, and no claim's.
    const now = process.memoryUsage().arrayBuffers;
    if (now - held > spareBytes + 64 * unchecked) {
      const grown = `${String(now - held)} bytes of memory for ${String(unchecked)}`;
      return { ...asIs(format, index, input, pieces), reason: grown };
    }
    [held, unchecked] = [now, 0];
  }
  return { bytes };
}

/**
 * An input again, by the numbers that `onInput` was told.
 *
 * @param {{ api: import('./formats.js').Api, codec: string, format: number, seed: number, index: number }} which
 */
export function inputAgain({ api, codec, format, seed, index }) {
  const chosen = formatsOf(api).filter(({ name }) => name.startsWith(codec))[format];
  const { input, pieces } = inputAt(chosen, seed, index);
  return asIs(chosen, index, input, pieces);
}

/** The names of the codecs. @param {import('./formats.js').Api} api */
export function codecsOf(api) {
  return [...new Set(formatsOf(api).map(({ name }) => codecOf(name)))];
}

/** The first word of the name of a format. @param {string} name */
function codecOf(name) {
  return /^\w+/.exec(name)?.[0] ?? '';
}

/** @param {import('./formats.js').Format} format @param {number} seed @param {number} index */
function inputAt(format, seed, index) {
  const random = new Random(seedOf(seed, format.name, index));
  const input = randomInput(random, () => validInput(format, random), format.words);
  return { input, pieces: randomPieces(random, input) };
}

/** @param {import('./formats.js').Format} format @param {Random} random */
function validInput(format, random) {
  const encoder = format.codec.encoder();
  for (let left = random.oneIn(50) ? 40 : random.below(5); left > 0; left--) {
    for (const frame of format.parts?.(random) ?? [format.frame?.(random)])
      encoder.encode(frame, format.sink);
  }
  return joined(format.sink.take());
}

/**
 * Why an input fails, if it does.
 *
 * @param {import('./formats.js').Format} format
 * @param {Uint8Array} input
 * @param {readonly Uint8Array[]} pieces
 * @param {boolean} timed
 */
function violation(format, input, pieces, timed) {
  try {
    const started = performance.now();
    check(format, input, pieces);
    const took = performance.now() - started;
    if (timed && took > allowedMs(input)) return tooSlow(format, input, pieces);
    return undefined;
  } catch (error) {
    // What is left of it belongs to no other input.
    format.sink.take();
    if (error instanceof Violation) return error.message;
    return `threw ${error instanceof Error ? String(error.stack) : String(error)}`;
  }
}

/** @param {Uint8Array} input */
function allowedMs(input) {
  return 5 + input.length / 100;
}

/** Where it takes long again and again, and it was not the machine. @param {import('./formats.js').Format} format @param {Uint8Array} input @param {readonly Uint8Array[]} pieces */
function tooSlow(format, input, pieces) {
  let least = Infinity;
  for (let again = 0; again < 5; again++) {
    const { user } = process.cpuUsage();
    decode(format, pieces);
    least = Math.min(least, (process.cpuUsage().user - user) / 1000);
  }
  return least > allowedMs(input)
    ? `took ${least.toFixed(1)} ms of CPU for ${String(input.length)} bytes`
    : undefined;
}

/**
 * The same failure with as few bytes as can be: pieces are joined and bytes left out while it lasts.
 *
 * @param {import('./formats.js').Format} format
 * @param {number} index
 * @param {Uint8Array} input
 * @param {readonly Uint8Array[]} pieces
 * @param {boolean} timed
 * @param {string} reason
 * @returns {Failure}
 */
function smallest(format, index, input, pieces, timed, reason) {
  for (let size = 64; size >= 1; size = size >> 1) {
    for (let at = 0; at < input.length;) {
      const left = without(pieces, at, size);
      const shorter = joined(left);
      const why = violation(format, shorter, left, timed);
      if (why === undefined) {
        at += size;
      } else {
        [input, pieces, reason] = [shorter, left, why];
      }
    }
  }
  return { ...asIs(format, index, input, pieces), reason };
}

/** @param {import('./formats.js').Format} format @param {number} index @param {Uint8Array} input @param {readonly Uint8Array[]} pieces */
function asIs({ name }, index, input, pieces) {
  return { format: name, index, hex: hexOf(input), pieces: pieces.map(({ length }) => length) };
}

/** @param {readonly Uint8Array[]} pieces @param {number} from @param {number} size */
function without(pieces, from, size) {
  let at = 0;
  return pieces
    .map((piece) => {
      const kept = piece.filter((_, offset) => at + offset < from || at + offset >= from + size);
      at += piece.length;
      return kept;
    })
    .filter(({ length }) => length > 0);
}
