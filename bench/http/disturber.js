// @ts-check
/** Fifty clients that misbehave, in a process of their own: `node disturber.js PORT KIND`. Says `ready` once all of them do. */
import { connect } from 'node:net';

/** @typedef {import('node:net').Socket} Socket */

const clients = 50;
const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const flood = Buffer.from(request.repeat(2000), 'latin1');
// A head that goes on for ever.
const slowly = `${request.slice(0, -2)}X-Slow: `;

/** @type {Record<string, (socket: Socket, index: number) => void>} */
const kinds = {
  slow(socket, index) {
    let at = 0;
    const send = () => socket.write(slowly[at++] ?? 'x');
    setTimeout(() => setInterval(send, 1000), (index * 1000) / clients);
  },
  greedy(socket) {
    socket.pause();
    const more = () => {
      while (!socket.destroyed && socket.write(flood));
    };
    socket.on('drain', more);
    more();
  },
};

const [port, kind] = process.argv.slice(2);
const sockets = await Promise.all(Array.from({ length: clients }, open));
sockets.forEach((socket, index) => kinds[kind](socket, index));
process.stdout.write('ready\n');
process.once('SIGTERM', () => {
  const held = sockets.filter((socket) => !socket.destroyed).length;
  const sent = sockets.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
  process.stdout.write(`${JSON.stringify({ held, sent })}\n`, () => process.exit());
});

/** @returns {Promise<Socket>} */
function open() {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}
