// @ts-check
/** Clients that misbehave, in a process of their own: `node disturber.js PORT KIND [CLIENTS]`. Says `ready` once all of them do. */
import { connect } from 'node:net';

/** @typedef {import('node:net').Socket} Socket */

const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const flood = Buffer.from(request.repeat(2000), 'latin1');
// A head that goes on for ever.
const slowly = `${request.slice(0, -2)}X-Slow: `;

const upload = 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n';

/** @type {Record<string, (socket: Socket, index: number) => void>} */
const kinds = {
  slow(socket, index) {
    aByteASecond(socket, slowly, index);
  },
  'slow-body'(socket, index) {
    aByteASecond(socket, upload, index);
  },
  /** Reads, but hardly. */
  sipping(socket, index) {
    kinds.greedy(socket, index);
    setInterval(() => socket.read(64), 100);
  },
  /** Half a head, and then nothing. */
  'half-open'(socket) {
    socket.write(request.slice(0, 20));
  },
  /** Half a head and a reset, again and again. */
  resets(socket) {
    const again = () => {
      resets++;
      socket.resetAndDestroy();
      void open().then(
        (next) => setImmediate(() => kinds.resets(next, 0)),
        () => undefined,
      );
    };
    socket.write(request.slice(0, 20), again);
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

const [port, kind, count = '50'] = process.argv.slice(2);
const clients = Number(count);
let resets = 0;
/** @type {Socket[]} */
const sockets = [];
// In batches: the kernel holds some hundreds that are not accepted yet.
for (let at = 0; at < clients; at += 50) {
  sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, clients - at) }, open))));
}
sockets.forEach((socket, index) => kinds[kind](socket, index));
process.stdout.write('ready\n');
// A server may have ended them all before it is asked what is left.
setInterval(() => undefined, 1_000_000);
process.once('SIGTERM', () => {
  const held = sockets.filter((socket) => !socket.destroyed).length;
  const sent = sockets.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
  process.stdout.write(`${JSON.stringify({ held, sent, resets })}\n`, () => process.exit());
});

/**
 * @param {Socket} socket
 * @param {string} text  what comes first; then `x` for ever
 * @param {number} index
 */
function aByteASecond(socket, text, index) {
  let at = 0;
  const send = () => socket.write(text[at++] ?? 'x');
  setTimeout(() => setInterval(send, 1000), (index * 1000) / clients);
}

/** @returns {Promise<Socket>} */
function open() {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}
