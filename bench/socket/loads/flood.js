// @ts-check
/** A server that writes without end. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** @returns {Promise<import('../ends/echo.js').Place>} */
export async function flood() {
  const bytes = Buffer.alloc(262_144, 'f');
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    const write = () => {
      while (!socket.destroyed && socket.write(bytes));
    };
    socket.on('drain', write);
    write();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { address, port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { host: address, port };
}
