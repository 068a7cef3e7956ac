// @ts-check
/** Connections that are served once and then held. */
import { once } from 'node:events';
import { connect } from 'node:net';

const atATime = 100;
const message = 'hello';

/** @type {import('node:net').Socket[]} */
let held = [];

/**
 * Opens so many, and has something echoed over each.
 *
 * @param {{ place: import('../ends/echo.js').Place, count: number }} options
 */
export async function hold({ place, count }) {
  held = await inBatches(count, async () => {
    const socket = connect(place);
    await ask(socket);
    return socket;
  });
}

/** Has something echoed over each again, and closes them; answers how many there were. */
export async function letGo() {
  const sockets = held;
  held = [];
  await inBatches(sockets.length, (i) => ask(sockets[i]));
  for (const socket of sockets) socket.destroy();
  return sockets.length;
}

/**
 * @template T
 * @param {number} total
 * @param {(index: number) => Promise<T>} work
 * @returns {Promise<T[]>}
 */
async function inBatches(total, work) {
  const results = [];
  for (let i = 0; i < total; i += atATime) {
    const size = Math.min(atATime, total - i);
    results.push(...(await Promise.all(Array.from({ length: size }, (_, j) => work(i + j)))));
  }
  return results;
}

/** @param {import('node:net').Socket} socket */
async function ask(socket) {
  socket.write(message);
  const [chunk] = await once(socket, 'data');
  if (String(chunk) !== message) throw new Error('the echo is not what was sent');
}
