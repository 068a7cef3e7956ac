/**
 * The limit of JavaScript on node:net: looks for the ends of heads, answers each with a constant, one write a batch. It is no HTTP
 * server: it validates nothing and knows no body.
 */
import { createServer } from 'node:net';
import { announce, body, contentType } from './answer.js';

const answer =
  `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: ${contentType}\r\n` +
  `Content-Length: ${String(body.length)}\r\n\r\n${body}`;
const answers = Array.from({ length: 65 }, (_, count) => answer.repeat(count));

const server = createServer({ noDelay: true }, (socket) => {
  let matched = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let heads = 0;
    for (let i = 0; i < chunk.length; i++) {
      const code = chunk[i];
      if (code === 13) matched = matched === 2 ? 3 : 1;
      else if (code === 10 && matched === 1) matched = 2;
      else if (code === 10 && matched === 3) {
        heads++;
        matched = 0;
      } else matched = 0;
    }
    if (heads > 0) socket.write(answers[heads] ?? answer.repeat(heads), 'latin1');
  });
});
server.listen(0, '127.0.0.1', () => announce(server.address().port));
