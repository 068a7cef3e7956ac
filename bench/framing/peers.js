// @ts-check
/** Packages that find frames, each driven as its own documentation does. They resolve when all of the chunks are decoded. */
import { makeNetstringReader } from '@endo/netstring';
import { decode as frameStream } from 'frame-stream';
import { decode as itLengthPrefixed } from 'it-length-prefixed';
import lengthPrefixedStream from 'length-prefixed-stream';
import RedisParser from 'redis-parser';
import split from 'split2';
import { hold } from './hold.js';

/** @typedef {(chunks: readonly Buffer[], onFrame: (frame: any) => void) => unknown} Decode */

/**
 * A transform of node's: chunks are written until it says to wait, frames are its data.
 *
 * @param {import('node:stream').Transform} transform
 * @param {readonly Buffer[]} chunks
 * @param {(frame: any) => void} onFrame
 */
async function through(transform, chunks, onFrame) {
  hold(transform);
  const ended = new Promise((resolve, reject) =>
    transform.on('data', onFrame).on('end', resolve).on('error', reject),
  );
  for (const chunk of chunks) {
    if (!transform.write(chunk)) await new Promise((resolve) => transform.once('drain', resolve));
  }
  transform.end();
  await ended;
}

/** @type {Record<string, Decode>} */
export const peers = {
  'frame-stream': (chunks, onFrame) => through(frameStream(), chunks, onFrame),
  'length-prefixed-stream': (chunks, onFrame) => through(lengthPrefixedStream.decode(), chunks, onFrame),
  // Its frames are lists of views.
  'it-length-prefixed': (chunks, onFrame) => {
    for (const frame of hold(itLengthPrefixed(chunks))) onFrame(frame);
  },
  'split2 lines': (chunks, onFrame) => through(split(), chunks, onFrame),
  'split2 commas': (chunks, onFrame) => through(split(','), chunks, onFrame),
  '@endo/netstring': async (chunks, onFrame) => {
    for await (const frame of hold(makeNetstringReader(chunks))) onFrame(frame);
  },
  'redis-parser': (chunks, onFrame) => {
    const parser = hold(new RedisParser({ returnReply: onFrame, returnError: onFrame, returnBuffers: true }));
    for (const chunk of chunks) parser.execute(chunk);
  },
};
