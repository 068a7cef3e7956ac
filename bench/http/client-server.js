// @ts-check
/**
 * What clients are measured against: on node:net, with answers made beforehand, so that it costs less than any of them. It is no HTTP server: it
 * believes in well-formed requests whose heads come in one piece, and knows a body by its Content-Length, or by its last chunk.
 */
import { createServer } from 'node:net';
import { announce, portOf } from './servers/answer.js';

const common = `Date: ${new Date().toUTCString()}\r\nContent-Type: text/plain; charset=utf-8\r\n`;
const more = [
  'Cache-Control: public, max-age=3600',
  'ETag: "33a64df551425fcc55e4d42a148795d9f25f89d4"',
  'Last-Modified: Wed, 21 Oct 2026 07:28:00 GMT',
  'Server: bench',
  'Strict-Transport-Security: max-age=31536000; includeSubDomains',
  'Vary: Accept-Encoding',
  'X-Content-Type-Options: nosniff',
];
const answers = new Map([
  ['/hello', answerOf(common, 'Hello, world!\n')],
  ['/headers', answerOf(`${common}${more.join('\r\n')}\r\n`, 'Hello, world!\n')],
  ['/json', answerOf(common, '{"name":"wirestack","ok":true}')],
  ['/upload', answerOf(common, 'taken')],
]);
const piece = Buffer.alloc(1_000_000, 'x');

const server = createServer({ noDelay: true }, (socket) => {
  /** Bytes of a body still to come; `Infinity` for one in chunks. */
  let left = 0;
  let target = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let out = '';
    for (let at = 0; at < chunk.length;) {
      if (left > 0) {
        const isLast =
          left === Infinity
            ? chunk.subarray(-5).toString('latin1') === '0\r\n\r\n'
            : left <= chunk.length - at;
        const taken = left === Infinity || !isLast ? chunk.length - at : left;
        left = isLast ? 0 : left - taken;
        at += taken;
        if (isLast) out += answers.get(target) ?? '';
        continue;
      }
      const end = chunk.indexOf('\r\n\r\n', at);
      if (end < 0) break;
      const isGet = chunk[at] === 0x47;
      const head = chunk.latin1Slice(at, isGet ? at + 40 : end);
      at = end + 4;
      const from = head.indexOf(' ') + 1;
      target = head.slice(from, head.indexOf(' ', from));
      if (!isGet) {
        const length = /content-length: *(\d+)/i.exec(head)?.[1];
        left = length === undefined ? Infinity : Number(length);
        if (left > 0) continue;
      }
      if (target.startsWith('/bytes/')) sendBytes(socket, Number(target.slice(7)));
      else out += answers.get(target) ?? '';
    }
    if (out !== '') socket.write(out, 'latin1');
  });
});
server.listen(0, '127.0.0.1', () => announce(portOf(server.address())));

/**
 * @param {import('node:net').Socket} socket
 * @param {number} length
 */
function sendBytes(socket, length) {
  socket.write(`HTTP/1.1 200 OK\r\n${common}Content-Length: ${String(length)}\r\n\r\n`, 'latin1');
  let left = length;
  const more = () => {
    while (left > 0) {
      const size = Math.min(left, piece.length);
      left -= size;
      if (socket.write(size === piece.length ? piece : piece.subarray(0, size))) continue;
      socket.once('drain', more);
      return;
    }
  };
  more();
}

/**
 * @param {string} fields
 * @param {string} body
 */
function answerOf(fields, body) {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${String(body.length)}\r\n\r\n${body}`;
}
