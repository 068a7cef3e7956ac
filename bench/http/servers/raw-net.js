// @ts-check
/**
 * The limit of JavaScript on node:net: looks for the ends of heads, answers each with a constant, one write a batch. It is no HTTP
 * server: it validates nothing, its Date stands still, and it knows no body but one of a length it was told.
 */
import { createServer } from 'node:net';
import { announce, body, contentType, portOf } from './answer.js';
import { RequestCounter } from './request-counter.js';

const text = process.env.RAW_ANSWER ?? body;
const bodyBytes = Number(process.env.SKIP_BYTES ?? 0);
const answer =
  `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: ${contentType}\r\n` +
  `Content-Length: ${String(text.length)}\r\n\r\n${text}`;
const answers = Array.from({ length: 65 }, (_, count) => answer.repeat(count));

const server = createServer({ noDelay: true }, (socket) => {
  const counter = new RequestCounter(bodyBytes);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const complete = counter.count(chunk);
    if (complete > 0) socket.write(answers[complete] ?? answer.repeat(complete), 'latin1');
  });
});
server.listen(0, '127.0.0.1', () => announce(portOf(server.address())));
