// @ts-check
/** The limit of node:net: sixty bytes there and back, without calls, ids or promises. What comes at once goes back in one write. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from './calls.js';

/** @type {import('./index.js').Ends} */
export const rawNet = {
  async serve() {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('error', () => socket.destroy());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  },

  async connect(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return {
      drive: (_, inFlight, seconds) =>
        new Promise((resolve, reject) => {
          const messages = Buffer.from(text.repeat(inFlight));
          const end = performance.now() + seconds * 1000;
          let count = 0;
          let waiting = inFlight;
          let part = 0;
          /** @param {Buffer} chunk */
          const receive = (chunk) => {
            part += chunk.length;
            const complete = Math.floor(part / text.length);
            part -= complete * text.length;
            count += complete;
            waiting -= complete;
            if (performance.now() < end) {
              waiting += complete;
              if (complete > 0) socket.write(messages.subarray(0, complete * text.length));
            } else if (waiting === 0) {
              socket.off('data', receive);
              socket.off('error', reject);
              resolve(count);
            }
          };
          socket.on('data', receive);
          socket.on('error', reject);
          socket.write(messages);
        }),
    };
  },
};
