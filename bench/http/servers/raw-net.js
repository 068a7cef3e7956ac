// @ts-check
/**
 * The limit of JavaScript on node:net: looks for the ends of heads, answers each with a constant, one write a batch. It is no HTTP
 * server: it validates nothing, its Date stands still, and it knows no body but one of a length it was told.
 */
import { createServer } from 'node:net';
import { announce, body, contentType, portOf } from './answer.js';

const text = process.env.RAW_ANSWER ?? body;
const skipBytes = Number(process.env.SKIP_BYTES ?? 0);
const answer =
  `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: ${contentType}\r\n` +
  `Content-Length: ${String(text.length)}\r\n\r\n${text}`;
const answers = Array.from({ length: 65 }, (_, count) => answer.repeat(count));

const server = createServer({ noDelay: true }, (socket) => {
  let matched = 0;
  let toSkip = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let complete = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, chunk.length - i);
        toSkip -= skipped;
        if (toSkip === 0) complete++;
        i += skipped - 1;
        continue;
      }
      const code = chunk[i];
      if (code === 13) matched = matched === 2 ? 3 : 1;
      else if (code === 10 && matched === 1) matched = 2;
      else if (code === 10 && matched === 3) {
        matched = 0;
        if (skipBytes === 0) complete++;
        else toSkip = skipBytes;
      } else matched = 0;
    }
    if (complete > 0) socket.write(answers[complete] ?? answer.repeat(complete), 'latin1');
  });
});
server.listen(0, '127.0.0.1', () => announce(portOf(server.address())));
