// @ts-check
/** What decoders are fed: valid bytes, valid bytes with damage, bytes that look like the format, and rubbish. */

/** @typedef {import('./random.js').Random} Random */

/** @typedef {(input: Uint8Array, random: Random, other: Uint8Array, words: readonly Uint8Array[]) => Uint8Array} Mutation */

/**
 * @param {Random} random
 * @param {() => Uint8Array} valid  an encoding of random frames
 * @param {readonly Uint8Array[]} words  what means something in the format
 */
export function randomInput(random, valid, words) {
  const kind = random.below(16);
  if (kind === 0) return random.bytes(random.size(600));
  if (kind === 1) return sentence(random, words);
  let input = valid();
  if (kind <= 3) return input;
  for (let left = 1 + random.below(3); left > 0; left--) {
    input = random.pick(mutations)(input, random, random.oneIn(4) ? valid() : input, words);
  }
  return input;
}

/**
 * Where to cut it: mostly crumbs, or a few pieces.
 *
 * @param {Random} random
 * @param {Uint8Array} input
 */
export function randomPieces(random, input) {
  const longest = random.pick([1, 2, 9, 100, 1 + input.length]);
  const pieces = [];
  for (let at = 0; at < input.length;) {
    const size = 1 + random.below(longest);
    // An own copy: what is cut is given away.
    pieces.push(input.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** @type {readonly Mutation[]} */
const mutations = [
  function flipBit(input, random) {
    const at = random.below(input.length);
    return input.map((byte, index) => (index === at ? byte ^ (1 << random.below(8)) : byte));
  },
  function setByte(input, random) {
    return spliced(input, random.below(input.length), 1, Uint8Array.of(random.pick(telling)));
  },
  function insert(input, random) {
    return spliced(input, random.below(input.length + 1), 0, random.bytes(1 + random.size(20)));
  },
  function insertWord(input, random, _, words) {
    return spliced(input, random.below(input.length + 1), 0, random.pick(words));
  },
  function replaceByWord(input, random, _, words) {
    const word = random.pick(words);
    return spliced(input, random.below(input.length + 1), word.length, word);
  },
  function remove(input, random) {
    return spliced(input, random.below(input.length), 1 + random.size(20), none);
  },
  function repeat(input, random) {
    const at = random.below(input.length);
    return spliced(input, at, 0, input.subarray(at, at + 1 + random.size(40)));
  },
  function splice(input, random, other) {
    return joined([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
  function truncate(input, random) {
    return input.slice(0, random.below(input.length + 1));
  },
  function claim(input, random) {
    return spliced(
      input,
      random.pick([0, 0, 0, random.below(input.length + 1)]),
      random.below(9),
      random.pick(claims),
    );
  },
  function claimMore(input, random) {
    return input.map((byte) => (byte >= 0x30 && byte <= 0x39 && random.oneIn(3) ? 0x39 : byte));
  },
];

const none = new Uint8Array(0);
const telling = [
  0, 1, 2, 9, 10, 13, 32, 0x2b, 0x2c, 0x2d, 0x30, 0x39, 0x3a, 0x7f, 0x80, 0xc0, 0xc3, 0xdb, 0xed, 0xf4, 0xfe,
  0xff,
];
/** Lengths that nobody sends: in binary of both orders, as a varint, in text. */
const claims = [
  ...[
    [0x7f, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0x7f],
    [0xff, 0xff, 0xff, 0xff],
    [0x80, 0, 0, 0],
    [0, 0x80, 0, 0],
    [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0, 0x20, 0, 0, 0, 0, 0, 0],
    new Array(8).fill(0xff),
    [...new Array(9).fill(0xff), 1],
    [0x80, 0x80, 0x80, 0x80, 0x08],
    new Array(12).fill(0x80),
  ],
  ...['2147483648', '9007199254740993', '9'.repeat(40), '-1', '+1', '00', '0x10', '1e9', 'Infinity'].map(
    (text) => Array.from(text, (digit) => digit.charCodeAt(0)),
  ),
].map((bytes) => Uint8Array.from(bytes));

/** @param {Random} random @param {readonly Uint8Array[]} words */
function sentence(random, words) {
  const count = 1 + random.size(60);
  return joined(
    Array.from({ length: count }, () =>
      random.oneIn(4) ? random.bytes(random.below(4)) : random.pick(words),
    ),
  );
}

/** @param {Uint8Array} input @param {number} at @param {number} removed @param {Uint8Array} inserted */
function spliced(input, at, removed, inserted) {
  return joined([input.subarray(0, at), inserted, input.subarray(at + removed)]);
}

/** @param {readonly Uint8Array[]} parts */
export function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
