// @ts-check
/** Clients that ask for a file, and for the next once they have it. */
import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * @typedef {object} FileLoad
 * @property {'s' | 'l'} request
 * @property {number} bytes  of the file
 * @property {number} connections
 */

/**
 * @param {FileLoad & { place: import('../ends/echo.js').Place, seconds: number }} load
 * @returns {Promise<{ units: number, seconds: number }>} bytes
 */
export async function driveFiles({ place, request, bytes, connections, seconds }) {
  const buffer = Buffer.alloc(1_048_576);
  const start = performance.now();
  const end = start + seconds * 1000;
  const counts = await Promise.all(
    Array.from({ length: connections }, () => askInTurn({ place, request, bytes, buffer, end })),
  );
  return {
    units: counts.reduce((sum, count) => sum + count, 0),
    seconds: (performance.now() - start) / 1000,
  };
}

/** @param {{ place: import('../ends/echo.js').Place, request: string, bytes: number, buffer: Buffer, end: number }} task */
async function askInTurn({ place, request, bytes, buffer, end }) {
  let total = 0;
  let missing = bytes;
  const socket = connect({
    ...place,
    noDelay: true,
    onread: {
      buffer,
      callback: (count) => {
        total += count;
        missing -= count;
        if (missing < 0) socket.destroy(new Error('more than the file came'));
        if (missing === 0 && performance.now() < end) {
          missing = bytes;
          socket.write(request);
        } else if (missing === 0) {
          socket.destroy();
        }
        return true;
      },
    },
  });
  socket.write(request);
  await once(socket, 'close');
  if (missing !== 0) throw new Error('the file did not come whole');
  return total;
}
