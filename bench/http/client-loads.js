// @ts-check
/** What is asked of clients, and how often. */

/**
 * @typedef {object} Load
 * @property {string} name
 * @property {string} title
 * @property {'text' | 'json' | 'headers' | 'stream' | 'bytes' | 'upload'} kind
 * @property {string} path
 * @property {number} count        requests a measurement
 * @property {number} concurrency
 * @property {number} [bytes]      of a body, either way: then the figure is MB/s
 * @property {number} [pipelined]  on a connection
 * @property {number} [connections]
 */

const megabyte = 1_000_000;

/** @type {Load[]} */
export const loads = [
  {
    name: 'hello',
    title: '64 small GETs at a time',
    kind: 'text',
    path: '/hello',
    count: 12_000,
    concurrency: 64,
  },
  {
    name: 'alone',
    title: 'one small GET after the other',
    kind: 'text',
    path: '/hello',
    count: 2000,
    concurrency: 1,
  },
  {
    name: 'headers',
    title: '64 GETs, ten answer headers read',
    kind: 'headers',
    path: '/headers',
    count: 8000,
    concurrency: 64,
  },
  {
    name: 'post',
    title: '64 POSTs of 1 KB of JSON',
    kind: 'json',
    path: '/json',
    count: 8000,
    concurrency: 64,
  },
  {
    name: 'pipelined',
    title: '64 GETs, 16 on a connection',
    kind: 'text',
    path: '/hello',
    count: 20_000,
    concurrency: 64,
    connections: 4,
    pipelined: 16,
  },
  {
    name: 'stream1',
    title: '1 MB read in pieces × 8',
    kind: 'stream',
    path: `/bytes/${String(megabyte)}`,
    count: 200,
    concurrency: 8,
    bytes: megabyte,
  },
  {
    name: 'bytes1',
    title: '1 MB read as a whole × 8',
    kind: 'bytes',
    path: `/bytes/${String(megabyte)}`,
    count: 200,
    concurrency: 8,
    bytes: megabyte,
  },
  {
    name: 'stream100',
    title: '100 MB read in pieces × 2',
    kind: 'stream',
    path: `/bytes/${String(100 * megabyte)}`,
    count: 6,
    concurrency: 2,
    bytes: 100 * megabyte,
  },
  {
    name: 'upload',
    title: 'upload of 100 MB × 2',
    kind: 'upload',
    path: '/upload',
    count: 6,
    concurrency: 2,
    bytes: 100 * megabyte,
  },
];

const pieceBytes = 65_536;
const piece = Buffer.alloc(pieceBytes, 'x');
export const json = JSON.stringify({ name: 'wirestack', text: 'x'.repeat(990) });

/** A body in pieces, as a program makes one. @param {number} bytes */
export async function* pieces(bytes) {
  for (let left = bytes; left > 0; left -= pieceBytes)
    yield left < pieceBytes ? piece.subarray(0, left) : piece;
}
