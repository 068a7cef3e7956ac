// @ts-check
/** What must hold for every input of every decoder. */
import { joined } from './input.js';
import { copyOf, same, shown } from './value.js';

/** @typedef {import('./formats.js').Format} Format */

/**
 * What became of an input: its frames and the code of the error that ended it.
 *
 * @typedef {{ frames: unknown[], code: string | undefined, skipped: readonly number[] }} Outcome
 */

/** An error's text must not grow with the input. */
const maxMessageLength = 400;

const zeros = new Uint8Array(70);

/** Something that must hold does not. */
export class Violation extends Error {}

/**
 * @param {Format} format
 * @param {Uint8Array} input
 * @param {readonly Uint8Array[]} pieces  the same, cut
 * @throws {Violation}
 */
export function check(format, input, pieces) {
  const whole = decode(format, [input]);
  const cut = decode(format, pieces);
  if (whole.code !== cut.code)
    fail(`${String(whole.code)} in one piece, ${String(cut.code)} in ${String(pieces.length)}`);
  const comparable = format.comparable ?? asTheyAre;
  expectSame(comparable(cut.frames), comparable(whole.frames), `frames from ${String(pieces.length)} pieces`);
  expectSame(cut.skipped, whole.skipped, `frames skipped from ${String(pieces.length)} pieces`);
  if (whole.frames.length > 0) checkEncoding(format, whole.frames);
}

/**
 * What was decoded is encoded, and decoded to the same.
 *
 * @param {Format} format
 * @param {unknown[]} frames
 */
function checkEncoding(format, frames) {
  const { codec, sink } = format;
  const sendable = format.sendable ?? asTheyAre;
  const encoder = codec.encoder();
  const sent = [];
  for (const frame of sendable(frames)) {
    try {
      encoder.encode(frame, sink);
      sent.push(frame);
    } catch (error) {
      if (!(error instanceof format.api.FramingUsageError)) throw error;
      if (format.refuses !== true)
        fail(`the encoder refuses what was decoded: ${error.message}: ${shown(frame)}`);
    }
  }
  const again = decode(format, [joined(sink.take())]);
  if (again.code !== undefined) fail(`${again.code} from what was decoded and encoded again: ${shown(sent)}`);
  const comparable = format.comparable ?? asTheyAre;
  expectSame(comparable(again.frames), comparable(sent), 'frames that were encoded again');
}

/**
 * Every frame of an input, and what every step must leave behind.
 *
 * @param {Format} format
 * @param {readonly Uint8Array[]} pieces
 * @returns {Outcome}
 */
export function decode(format, pieces) {
  format.skipped.length = 0;
  const decoder = format.codec.decoder();
  /** @type {unknown[]} */
  const frames = [];
  /** @type {unknown[]} */
  const copies = [];
  let pushed = 0;
  /** @param {'next' | 'end'} method */
  const drain = (method) => {
    for (let frame; (frame = decoder[method]()) !== undefined;) {
      frames.push(frame);
      copies.push(copyOf(frame));
      if (frames.length > pushed * format.framesPerByte)
        fail(`${String(frames.length)} frames from ${String(pushed)} bytes`);
    }
  };
  let code;
  try {
    for (const piece of pieces) {
      decoder.push(piece);
      pushed += piece.length;
      drain('next');
      expectHeld(decoder.bufferedBytes, Math.min(format.limit, pushed));
    }
    drain('end');
    for (const method of /** @type {const} */ (['end', 'end'])) {
      if (decoder[method]() !== undefined) fail(`${method}() after the end answers a frame`);
    }
    expectHeld(decoder.bufferedBytes, 0);
  } catch (error) {
    code = codeOf(format, error);
    expectFailedForGood(format, decoder, code);
  }
  expectSame(frames, copies, 'frames, looked at after the last one');
  return { frames, code, skipped: [...format.skipped] };
}

/** @param {Format} format @param {unknown} error */
function codeOf({ api }, error) {
  if (error instanceof Violation) throw error;
  if (!(error instanceof api.FramingError)) {
    return fail(`threw ${error instanceof Error ? String(error.stack) : String(error)}`);
  }
  if (!['TOO_LARGE', 'TRUNCATED', 'MALFORMED'].includes(error.code)) fail(`an error with code ${error.code}`);
  if (error.message.length > maxMessageLength)
    fail(`a message of ${String(error.message.length)} characters`);
  return error.code;
}

/**
 * @param {Format} format
 * @param {import('./formats.js').AnyDecoder} decoder
 * @param {string} code
 */
function expectFailedForGood(format, decoder, code) {
  const held = decoder.bufferedBytes;
  for (const method of /** @type {const} */ (['next', 'end', 'next'])) {
    decoder.push(zeros);
    let again;
    try {
      decoder[method]();
    } catch (error) {
      again = codeOf(format, error);
    }
    if (again !== code) fail(`after ${code} ${method}() gives ${String(again)}`);
  }
  expectHeld(decoder.bufferedBytes, Math.min(held, format.limit));
}

/** @param {number} bytes @param {number} most */
function expectHeld(bytes, most) {
  if (!(Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= most)) {
    fail(`bufferedBytes is ${String(bytes)}, expected ${String(most)} at most`);
  }
}

/** @param {unknown[]} frames */
function asTheyAre(frames) {
  return frames;
}

/** @param {unknown} actual @param {unknown} wanted @param {string} what */
function expectSame(actual, wanted, what) {
  if (!same(actual, wanted)) fail(`${what}: ${shown(actual)}, expected ${shown(wanted)}`);
}

/** @param {string} what @returns {never} */
function fail(what) {
  throw new Violation(what);
}
