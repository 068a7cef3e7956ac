// @ts-check
/** What the frames of the formats are made of. */

/** @typedef {import('../random.js').Random} Random */

/** The limit of most: small, so that inputs pass it. */
export const most = 60;

/** @param {string} text */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** @param {Random} random @param {number} length @param {string} alphabet  a byte each */
export function bytesOf(random, length, alphabet) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = alphabet.charCodeAt(random.below(alphabet.length));
  return bytes;
}

/** @param {Random} random @param {number} length @param {string} alphabet */
export function textOf(random, length, alphabet) {
  const letters = [...alphabet];
  let text = '';
  for (let left = length; left > 0; left--) text += random.pick(letters);
  return text;
}
