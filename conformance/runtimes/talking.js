// @ts-check
import assert from 'node:assert/strict';

/** @typedef {import('@wirestack/socket').ByteStream} ByteStream */

/** @param {string} value */
export const bytes = (value) => new TextEncoder().encode(value);

/** @param {Uint8Array | undefined} chunk */
export const text = (chunk) => new TextDecoder().decode(chunk);

/**
 * Everything until the peer's end, as text.
 * @param {ByteStream} stream
 */
export async function textUntilEnd(stream) {
  const decoder = new TextDecoder();
  let whole = '';
  for await (const chunk of stream) whole += decoder.decode(chunk, { stream: true });
  return whole;
}

/**
 * Waits for the peer to go, in order or not.
 * @param {ByteStream} stream
 */
export async function gone(stream) {
  await textUntilEnd(stream).catch(() => undefined);
}

/**
 * Says something, and what is answered until the end.
 * @param {ByteStream} stream
 * @param {string} request
 */
export async function ask(stream, request) {
  await stream.write(request);
  await stream.shutdown('write');
  const answer = await textUntilEnd(stream);
  await stream.close();
  return answer;
}

/**
 * A rejection of either family: by its code, and what else is expected of it.
 * @param {Promise<unknown>} promise
 * @param {string} code
 * @param {Record<string, unknown>} [more]
 */
export async function rejects(promise, code, more = {}) {
  const error = await promise.then(
    (value) => assert.fail(`resolved with ${String(value)} in place of ${code}`),
    (/** @type {any} */ reason) => reason,
  );
  assert.match(String(error.name), /^Socket(Usage)?Error$/, String(error.stack));
  assert.equal(error.code, code, String(error.stack));
  for (const [key, value] of Object.entries(more)) assert.deepEqual(error[key], value);
  return error;
}

/**
 * Lets the event loop go round until it is so. The time limit of the case guards it.
 * @param {() => boolean} isTrue
 */
export async function turnsUntil(isTrue) {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * The port of an address of TCP or UDP.
 * @param {import('@wirestack/socket').Address} address
 */
export function portOf(address) {
  assert.ok('port' in address);
  return address.port;
}

/**
 * The same bytes, whatever kind of array they are in.
 * @param {Uint8Array} actual
 * @param {Uint8Array} expected
 */
export function sameBytes(actual, expected) {
  assert.equal(actual.length, expected.length);
  assert.ok(Buffer.compare(actual, expected) === 0, 'the bytes are not those that were sent');
}

/** Bytes in which every place tells which it is. @param {number} size */
export const patterned = (size) => Uint8Array.from({ length: size }, (_, index) => index * 7 + (index >> 8));
