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
import { peers } from './peers.js';

/**
 * @typedef {object} Task
 * @property {string} name
 * @property {number} bytes  of each run
 * @property {() => unknown} run  may be async
 *
 * @typedef {{ title: string, tasks: Task[] }} Group
 */

const chunkBytes = 65_536;
const sizes = { '100 B': 100, '64 KB': 65_536 };

/** Of 1, or less where only whether it works is asked: `processes` are told. */
let scale = 1;

/** Frames are kept for a while, as they would be: nothing may be optimised away. */
const kept = new Array(256);
let count = 0;
/** @param {unknown} frame */
function keep(frame) {
  kept[count++ & 255] = frame;
}

/** Child processes, and their groups: in one process of its own each format meets no code warmed up for another. @type {Record<string, () => Group[]>} */
export const processes = {
  u32: () =>
    decoding('u32', {
      wire: (frames) => encodeAll(lengthPrefix(), frames),
      ours: { wirestack: () => lengthPrefix() },
      byHand: byHand.u32,
      npm: ['frame-stream'],
    }),
  varint: () =>
    decoding('varint', {
      wire: (frames) => encodeAll(lengthPrefix({ bytes: 'varint' }), frames),
      ours: { wirestack: () => lengthPrefix({ bytes: 'varint' }) },
      byHand: byHand.varint,
      npm: ['length-prefixed-stream', 'it-length-prefixed'],
    }),
  lines: () =>
    decoding('lines', {
      wire: (frames) => byHand.concatLines(frames.map((frame) => frame.toString('latin1'))),
      ours: {
        wirestack: () => lines({ maxBytes: 100_000 }),
        'wirestack latin1': () => lines({ maxBytes: 100_000, encoding: 'latin1' }),
      },
      byHand: byHand.lines,
      npm: ['split2 lines'],
    }),
  delimiter: () =>
    decoding('delimiter', {
      wire: (frames) => encodeAll(delimiter(','), frames),
      ours: { wirestack: () => delimiter(',') },
      byHand: byHand.commas,
      npm: ['split2 commas'],
    }),
  netstring: () =>
    decoding('netstring', {
      wire: (frames) => encodeAll(netstring(), frames),
      ours: { wirestack: () => netstring() },
      byHand: byHand.netstring,
      npm: ['@endo/netstring'],
    }),
  resp: () =>
    decoding('RESP bulk strings', {
      wire: (frames) => encodeAll(resp(), frames),
      ours: { wirestack: () => resp() },
      byHand: byHand.bulkStrings,
      npm: ['redis-parser'],
    }),
  framed: () => [throughFramed()],
  encode: () => [
    encoding('encode u32, 100 B', 100, () => lengthPrefix(), byHand.concatU32),
    encoding('encode u32, 64 KB', 65_536, () => lengthPrefix(), byHand.concatU32),
    encoding('encode netstring, 100 B', 100, () => netstring(), byHand.concatNetstrings),
    encoding('encode RESP, 100 B', 100, () => resp(), byHand.concatBulkStrings),
    encoding(
      'encode lines, 100 B',
      100,
      () => lines(),
      byHand.concatLines,
      (frame) => frame.toString('latin1'),
    ),
  ],
  crumbs: () => [
    crumbs(
      'crumbs u32',
      () => lengthPrefix(),
      (frames) => encodeAll(lengthPrefix(), frames),
    ),
    crumbs(
      'crumbs varint',
      () => lengthPrefix({ bytes: 'varint' }),
      (frames) => encodeAll(lengthPrefix({ bytes: 'varint' }), frames),
    ),
    crumbs(
      'crumbs delimiter',
      () => delimiter(','),
      (frames) => encodeAll(delimiter(','), frames),
    ),
    crumbs(
      'crumbs lines',
      () => lines(),
      (frames) => byHand.concatLines(frames.map((frame) => frame.toString('latin1'))),
    ),
    crumbs(
      'crumbs netstring',
      () => netstring(),
      (frames) => encodeAll(netstring(), frames),
    ),
    crumbs(
      'crumbs RESP',
      () => resp(),
      (frames) => encodeAll(resp(), frames),
    ),
  ],
};

/**
 * The groups of one process.
 *
 * @param {string} name
 * @param {number} share  of the bytes that are measured otherwise
 */
export function groupsOf(name, share) {
  scale = share;
  return processes[name]();
}

/**
 * @param {string} format
 * @param {object} how
 * @param {(frames: Buffer[]) => Uint8Array} how.wire
 * @param {Record<string, () => any>} how.ours
 * @param {(onFrame: byHand.OnFrame) => byHand.ByHand} how.byHand
 * @param {string[]} how.npm
 * @returns {Group[]}
 */
function decoding(format, how) {
  return Object.entries(sizes).map(([size, frameBytes]) => {
    const chunks = chunksOf(how.wire(framesOf(scale * 8 * 1024 * 1024, frameBytes)));
    /** @type {[string, import('./peers.js').Decode][]} */
    const contenders = [
      ...Object.entries(how.ours).map(
        ([name, codec]) => /** @type {[string, any]} */ ([name, decodeOurs(codec)]),
      ),
      [
        'by hand',
        (all, onFrame) => {
          const decoder = how.byHand(onFrame);
          for (const chunk of all) decoder.push(chunk);
        },
      ],
      ...how.npm.map((name) => /** @type {[string, any]} */ ([name.split(' ')[0], peers[name]])),
    ];
    return {
      title: `${format}, ${size}`,
      tasks: contenders.map(([name, decode]) => ({
        name,
        bytes: bytesOf(chunks),
        run: () => decode(chunks, keep),
      })),
    };
  });
}

/** @param {() => any} codec @returns {import('./peers.js').Decode} */
function decodeOurs(codec) {
  return (chunks, onFrame) => {
    const decoder = codec().decoder();
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let frame; (frame = decoder.next()) !== undefined;) onFrame(frame);
    }
  };
}

/** Both ends in this process, so both are in the figures; the writer only hands its chunks over. @returns {Group} */
function throughFramed() {
  const chunks = chunksOf(encodeAll(lengthPrefix(), framesOf(scale * 8 * 1024 * 1024, 100)));
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
      const decoder = byHand.u32(keep);
      for await (const chunk of stream) decoder.push(/** @type {Buffer} */ (chunk));
    }),
    'framed, batches': over(async (stream) => {
      for await (const batch of framed(stream, lengthPrefix()).batches()) batch.forEach(keep);
    }),
    'framed, take': over(async (stream) => {
      const messages = framed(stream, lengthPrefix());
      for (let frame; (frame = messages.take() ?? (await messages.receive())) !== undefined;) keep(frame);
    }),
    'framed, receive': over(async (stream) => {
      const messages = framed(stream, lengthPrefix());
      for (let frame; (frame = await messages.receive()) !== undefined;) keep(frame);
    }),
    'framed, for await': over(async (stream) => {
      for await (const frame of framed(stream, lengthPrefix())) keep(frame);
    }),
    'by hand, async generator': over(async (stream) => {
      for await (const frame of generated(stream)) keep(frame);
    }),
  };
  const bytes = bytesOf(chunks);
  return {
    title: 'u32, 100 B, over socketPair',
    tasks: Object.entries(contenders).map(([name, run]) => ({ name, bytes, run })),
  };
}

/** Frame by frame, as one would write it by hand. @param {import('@wirestack/socket').ByteStream} stream */
async function* generated(stream) {
  /** @type {Buffer[]} */
  let frames = [];
  const decoder = byHand.u32((frame) => frames.push(frame));
  for await (const chunk of stream) {
    decoder.push(/** @type {Buffer} */ (chunk));
    yield* frames;
    frames = [];
  }
}

/**
 * Batches of 64 KB, as they are sent.
 *
 * @param {string} title
 * @param {number} frameBytes
 * @param {() => any} codec
 * @param {(frames: any[]) => Buffer} concat
 * @param {(frame: Buffer) => unknown} [messageOf]
 * @returns {Group}
 */
function encoding(title, frameBytes, codec, concat, messageOf = (frame) => frame) {
  const frames = framesOf(Math.max(chunkBytes, frameBytes), frameBytes).map(messageOf);
  const buffer = new ByteBuffer();
  const encoder = codec().encoder();
  const bytes = frames.length * frameBytes;
  return {
    title,
    tasks: [
      {
        name: 'wirestack',
        bytes,
        run: () => {
          for (const frame of frames) encoder.encode(frame, buffer);
          buffer.take().forEach(keep);
        },
      },
      { name: 'by hand, concat', bytes, run: () => keep(concat(frames)) },
    ],
  };
}

/**
 * Four megabytes in one chunk, and a byte at a time.
 *
 * @param {string} title
 * @param {() => any} codec
 * @param {(frames: Buffer[]) => Uint8Array} wireOf
 * @returns {Group}
 */
function crumbs(title, codec, wireOf) {
  const wire = Buffer.from(wireOf(framesOf(scale * 4 * 1024 * 1024, 100)));
  // An array a byte costs more than anything here: there is one for each value.
  const singles = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]));
  return {
    title,
    tasks: [
      { name: 'one chunk', bytes: wire.length, run: () => decodeOurs(codec)([wire], keep) },
      {
        name: 'byte by byte',
        bytes: wire.length,
        run: () => {
          const decoder = codec().decoder();
          for (const byte of wire) {
            decoder.push(singles[byte]);
            for (let frame; (frame = decoder.next()) !== undefined;) keep(frame);
          }
        },
      },
    ],
  };
}

/** As text they are ASCII, and have no mark in them. @param {number} total @param {number} frameBytes */
function framesOf(total, frameBytes) {
  return Array.from({ length: Math.floor(total / frameBytes) }, (_, index) =>
    Buffer.alloc(frameBytes, 97 + (index % 26)),
  );
}

/** Buffers, as node gives them. @param {Uint8Array} wire */
function chunksOf(wire) {
  const bytes = Buffer.from(wire);
  return Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
}

/** @param {readonly Uint8Array[]} chunks */
function bytesOf(chunks) {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/** How many frames and bytes of them a run hands over: the same for all of a group. @param {Task} task */
export async function tally({ run }) {
  const before = count;
  await run();
  return { frames: count - before, last: lengthOf(kept[(count - 1) & 255]) };
}

/** @param {any} frame @returns {number} */
function lengthOf(frame) {
  return frame.byteLength ?? frame.length;
}
