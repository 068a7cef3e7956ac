// @ts-check
/** Clients that read as fast as they can, and count. */
import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { connect } from '@wirestack/socket';

/**
 * Reads for so many seconds; answers how many bytes those were, and the seconds that it took.
 *
 * @typedef {(place: import('./echo.js').Place, seconds: number) => Promise<{ units: number, seconds: number }>} Read
 */

/** What `onread` reads into: as much as libuv asks for by itself. */
const bufferBytes = 65_536;

/** @type {ReadonlyMap<string, Read>} */
export const readers = new Map([
  ['net', plain],
  ['net-onread', onRead],
  ['wirestack-push', (place, seconds) => push(place, seconds, false)],
  ['wirestack-borrow', (place, seconds) => push(place, seconds, true)],
  ['wirestack-read', pull],
]);

/** @type {Read} */
async function plain(place, seconds) {
  const socket = netConnect(place);
  await once(socket, 'connect');
  let units = 0;
  const took = stopwatch();
  socket.on('data', (chunk) => (units += chunk.length));
  await after(seconds);
  socket.destroy();
  return { units, seconds: took() };
}

/** @type {Read} */
async function onRead(place, seconds) {
  let units = 0;
  const socket = netConnect({
    ...place,
    onread: {
      buffer: Buffer.alloc(bufferBytes),
      callback: (count) => {
        units += count;
        return true;
      },
    },
  });
  await once(socket, 'connect');
  units = 0;
  const took = stopwatch();
  await after(seconds);
  socket.destroy();
  return { units, seconds: took() };
}

/**
 * @param {import('./echo.js').Place} place
 * @param {number} seconds
 * @param {boolean} borrows
 */
async function push(place, seconds, borrows) {
  const stream = await connect(place);
  let units = 0;
  const took = stopwatch();
  const receiver = {
    borrows,
    /** @param {Uint8Array} chunk */
    data: (chunk) => void (units += chunk.length),
    end: () => undefined,
    closed: () => undefined,
    drain: () => undefined,
  };
  stream.attach(receiver);
  await after(seconds);
  stream.abort();
  return { units, seconds: took() };
}

/** @type {Read} */
async function pull(place, seconds) {
  const stream = await connect(place);
  let units = 0;
  const took = stopwatch();
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) units += (await stream.read())?.length ?? 0;
  stream.abort();
  return { units, seconds: took() };
}

function stopwatch() {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}

/** @param {number} seconds */
const after = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
