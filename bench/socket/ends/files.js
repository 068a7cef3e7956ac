// @ts-check
/** Servers that send a file for each byte they get: the small one for `s`, the large one for anything else. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { sendFile, serve } from '@wirestack/socket';

/**
 * @typedef {object} Files  paths
 * @property {string} small
 * @property {string} large
 */

/** @type {ReadonlyMap<string, (files: Files) => Promise<import('./echo.js').Place>>} */
export const files = new Map([
  ['read-stream', (paths) => piped(paths, {})],
  ['read-stream-1M', (paths) => piped(paths, { highWaterMark: 1_048_576 })],
  ['wirestack-sendFile', sent],
]);

/**
 * @param {Files} paths
 * @param {{ highWaterMark?: number }} options
 */
async function piped(paths, options) {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', ([request]) => {
      const file = createReadStream(pathOf(paths, request), options);
      const stop = () => file.destroy();
      socket.once('close', stop);
      file.once('close', () => socket.off('close', stop));
      file.pipe(socket, { end: false });
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { address, port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { host: address, port };
}

/** @param {Files} paths */
async function sent(paths) {
  const { address } = await serve('tcp://127.0.0.1:0', async (stream) => {
    for await (const [request] of stream) {
      const file = await open(pathOf(paths, request));
      try {
        await sendFile(stream, file);
      } finally {
        await file.close();
      }
    }
  });
  const { host, port } = /** @type {{ host: string, port: number }} */ (address);
  return { host, port };
}

/**
 * @param {Files} paths
 * @param {number} request
 */
const pathOf = ({ small, large }, request) => (request === 's'.charCodeAt(0) ? small : large);
