// @ts-check
/** What is measured: groups of contenders that do the same to the same bytes. */
import {
  ByteBuffer,
  delimiter,
  encodeAll,
  framed,
  lengthPrefix,
  lines,
  netstring,
  resp,
} from '@wirestack/framing';
import { socketPair } from '@wirestack/socket';
import * as byHand from './by-hand.js';
import { hold } from './hold.js';
import { peers } from './peers.js';

/**
 * @typedef {object} Task
 * @property {string} name
 * @property {number} bytes  of each run
 * @property {() => unknown} run  may be async
 *
 * @typedef {{ title: string, tasks: Task[] }} Group
 *
 * @typedef {object} Format
 * @property {() => import('@wirestack/framing').Codec<any>} codec
 * @property {(onFrame: byHand.OnFrame) => byHand.ByHand} byHand
 * @property {(frames: any[]) => Buffer} concat
 * @property {(frame: Buffer) => any} [message]  what the codec takes, where that is not bytes
 * @property {Record<string, (frames: any[]) => Buffer>} [encoders]  others
 * @property {string[]} npm  names in peers.js
 */

/** @type {Record<string, Format>} */
export const formats = {
  u32: { codec: () => lengthPrefix(), byHand: byHand.u32, concat: byHand.concatU32, npm: ['frame-stream'] },
  varint: {
    codec: () => lengthPrefix({ bytes: 'varint' }),
    byHand: byHand.varint,
    concat: byHand.concatVarint,
    npm: ['length-prefixed-stream', 'it-length-prefixed'],
  },
  lines: {
    codec: () => lines(),
    byHand: byHand.lines,
    concat: byHand.concatLines,
    message: (frame) => frame.toString('latin1'),
    encoders: { 'join by hand': byHand.joinLines },
    npm: ['split2 lines'],
  },
  delimiter: {
    codec: () => delimiter(','),
    byHand: byHand.commas,
    concat: byHand.concatCommas,
    npm: ['split2 commas'],
  },
  netstring: {
    codec: () => netstring(),
    byHand: byHand.netstring,
    concat: byHand.concatNetstrings,
    npm: ['@endo/netstring'],
  },
  resp: {
    codec: () => resp(),
    byHand: byHand.bulkStrings,
    concat: byHand.concatBulkStrings,
    npm: ['redis-parser'],
  },
};

/** @type {Record<string, (name: string, format: Format) => Group[]>} */
export const parts = {
  decode: (name, format) => [decoding(name, format, 100, '100 B'), decoding(name, format, 65_536, '64 KB')],
  encode: (name, format) => [encoding(name, format, 100, '100 B'), encoding(name, format, 65_536, '64 KB')],
  crumbs: (name, format) => [crumbs(name, format)],
  framed: (name, format) => (name === 'u32' ? [throughFramed(format)] : []),
};

/** Of 1, or less where only whether it works is asked. */
let scale = 1;

/**
 * The groups of a part of a format. All are made, and then one contender of one group is run: each has a process of its own, and meets no code
 * warmed up for another.
 *
 * @param {string} name
 * @param {string} part
 * @param {number} share  of the bytes that are measured otherwise
 */
export function groupsOf(name, part, share) {
  scale = share;
  return parts[part](name, formats[name]);
}

const chunkBytes = 65_536;

/** Frames are kept for a while, as they would be: nothing may be optimised away. */
const kept = new Array(256);
let count = 0;
/** @param {unknown} frame */
function keep(frame) {
  kept[count++ & 255] = frame;
}

/** @param {string} name @param {Format} format @param {number} frameBytes @param {string} size @returns {Group} */
function decoding(name, format, frameBytes, size) {
  const chunks = chunksOf(wireOf(format, 8 * 1024 * 1024, frameBytes));
  const contenders = {
    wirestack: () => {
      const decoder = hold(format.codec().decoder());
      for (const chunk of chunks) {
        decoder.push(chunk);
        for (let frame; (frame = decoder.next()) !== undefined;) keep(frame);
      }
    },
    'by hand': () => {
      const decoder = hold(format.byHand(keep));
      for (const chunk of chunks) decoder.push(chunk);
    },
    ...Object.fromEntries(format.npm.map((peer) => [peer.split(' ')[0], () => peers[peer](chunks, keep)])),
  };
  return { title: `decode ${name}, ${size}`, tasks: tasksOf(contenders, bytesOf(chunks)) };
}

/** Batches of 64 KB, as they are sent. @param {string} name @param {Format} format @param {number} frameBytes @param {string} size @returns {Group} */
function encoding(name, format, frameBytes, size) {
  const frames = framesOf(chunkBytes, frameBytes).map(format.message ?? ((frame) => frame));
  const buffer = new ByteBuffer();
  const encoder = format.codec().encoder();
  const contenders = {
    wirestack: () => {
      for (const frame of frames) encoder.encode(frame, buffer);
      buffer.take().forEach(keep);
    },
    'concat by hand': () => keep(format.concat(frames)),
    ...Object.fromEntries(
      Object.entries(format.encoders ?? {}).map(([other, encode]) => [other, () => keep(encode(frames))]),
    ),
  };
  return { title: `encode ${name}, ${size}`, tasks: tasksOf(contenders, frames.length * frameBytes) };
}

/** Four megabytes in one chunk, and a byte at a time. @param {string} name @param {Format} format @returns {Group} */
function crumbs(name, format) {
  const wire = wireOf(format, 4 * 1024 * 1024, 100);
  // A chunk of one byte costs more to make than anything here: there is one for each value.
  const singles = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]));
  const contenders = {
    'one chunk': () => {
      const decoder = hold(format.codec().decoder());
      decoder.push(wire);
      for (let frame; (frame = decoder.next()) !== undefined;) keep(frame);
    },
    'byte by byte': () => {
      const decoder = hold(format.codec().decoder());
      for (let at = 0; at < wire.length; at++) {
        decoder.push(singles[wire[at]]);
        for (let frame; (frame = decoder.next()) !== undefined;) keep(frame);
      }
    },
  };
  return { title: `crumbs ${name}`, tasks: tasksOf(contenders, wire.length) };
}

/** Both ends in this process, so both are in the figures; the writer only hands its chunks over. @param {Format} format @returns {Group} */
function throughFramed(format) {
  const chunks = chunksOf(wireOf(format, 8 * 1024 * 1024, 100));
  /** @param {(stream: import('@wirestack/socket').ByteStream) => Promise<void>} read */
  const over = (read) => async () => {
    const [near, far] = socketPair();
    const written = (async () => {
      for (const chunk of chunks) await far.write(chunk);
      await far.shutdown('write');
    })();
    await read(near);
    await written;
    near.abort();
    far.abort();
  };
  const contenders = {
    'by hand, chunk by chunk': over(async (stream) => {
      const decoder = hold(format.byHand(keep));
      for await (const chunk of stream) decoder.push(/** @type {Buffer} */ (chunk));
    }),
    'framed, batches': over(async (stream) => {
      for await (const batch of hold(framed(stream, format.codec())).batches()) batch.forEach(keep);
    }),
    'framed, take': over(async (stream) => {
      const messages = hold(framed(stream, format.codec()));
      for (let frame; (frame = messages.take() ?? (await messages.receive())) !== undefined;) keep(frame);
    }),
    'framed, receive': over(async (stream) => {
      const messages = hold(framed(stream, format.codec()));
      for (let frame; (frame = await messages.receive()) !== undefined;) keep(frame);
    }),
    'framed, for await': over(async (stream) => {
      for await (const frame of hold(framed(stream, format.codec()))) keep(frame);
    }),
    'by hand, async generator': over(async (stream) => {
      for await (const frame of generated(stream, format)) keep(frame);
    }),
  };
  return { title: 'u32, 100 B, over socketPair', tasks: tasksOf(contenders, bytesOf(chunks)) };
}

/** Frame by frame, as one would write it by hand. @param {import('@wirestack/socket').ByteStream} stream @param {Format} format */
async function* generated(stream, format) {
  /** @type {Buffer[]} */
  let frames = [];
  const decoder = hold(format.byHand((frame) => frames.push(frame)));
  for await (const chunk of stream) {
    decoder.push(/** @type {Buffer} */ (chunk));
    yield* frames;
    frames = [];
  }
}

/** @param {Record<string, () => unknown>} contenders @param {number} bytes @returns {Task[]} */
function tasksOf(contenders, bytes) {
  return Object.entries(contenders).map(([name, run]) => ({ name, bytes, run }));
}

/** @param {Format} format @param {number} total @param {number} frameBytes */
function wireOf({ codec, message = (frame) => frame }, total, frameBytes) {
  return Buffer.from(encodeAll(codec(), framesOf(scale * total, frameBytes).map(message)));
}

/** As text they are ASCII, and have no mark in them. @param {number} total @param {number} frameBytes */
function framesOf(total, frameBytes) {
  return Array.from({ length: Math.floor(total / frameBytes) }, (_, index) =>
    Buffer.alloc(frameBytes, 97 + (index % 26)),
  );
}

/** Buffers, as node gives them. @param {Buffer} wire */
function chunksOf(wire) {
  return Array.from({ length: Math.ceil(wire.length / chunkBytes) }, (_, index) =>
    wire.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
}

/** @param {readonly Uint8Array[]} chunks */
function bytesOf(chunks) {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/** How many frames a run hands over, and the length of the last: the same for all that decode. @param {Task} task */
export async function tally({ run }) {
  const before = count;
  await run();
  const last = kept[(count - 1) & 255];
  return { frames: count - before, last: last.byteLength ?? last.length };
}
