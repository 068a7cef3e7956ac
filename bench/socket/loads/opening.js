// @ts-check
/** Opens connections and resets each once it was greeted: a reset leaves no TIME_WAIT behind. From several addresses of this machine. */
import { connect } from 'node:net';

const atATime = 64;
const addresses = 8;

/**
 * @param {{ place: { host: string, port: number }, seconds: number }} load
 * @returns {Promise<{ units: number, seconds: number }>} connections that were greeted
 */
export async function driveOpening({ place, seconds }) {
  const start = performance.now();
  const end = start + seconds * 1000;
  let units = 0;
  const openInTurn = async (/** @type {number} */ i) => {
    const localAddress = `127.0.0.${String(2 + (i % addresses))}`;
    while (performance.now() < end) {
      await openOne({ ...place, localAddress });
      units++;
    }
  };
  await Promise.all(Array.from({ length: atATime }, (_, i) => openInTurn(i)));
  return { units, seconds: (performance.now() - start) / 1000 };
}

const buffer = Buffer.alloc(64);

/**
 * @param {import('node:net').TcpNetConnectOpts} options
 * @returns {Promise<void>}
 */
function openOne(options) {
  return new Promise((resolve, reject) => {
    let isGreeted = false;
    const socket = connect({
      ...options,
      onread: {
        buffer,
        callback: () => {
          isGreeted = true;
          socket.resetAndDestroy();
          return false;
        },
      },
    });
    socket.on('error', reject);
    socket.once('close', () => (isGreeted ? resolve() : reject(new Error('closed without a greeting'))));
  });
}
