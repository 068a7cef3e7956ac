// @ts-check
import { createServer } from 'node:http';
import { announce, body, contentType, isAsync, portOf } from './answer.js';

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { name } = JSON.parse(Buffer.concat(chunks).toString());
      reply(response, name);
    });
  } else if (isAsync) {
    void Promise.resolve().then(() => reply(response, body));
  } else {
    reply(response, body);
  }
});
if (process.env.KEEP_ALIVE_MS !== undefined) server.keepAliveTimeout = Number(process.env.KEEP_ALIVE_MS);
server.listen(0, '127.0.0.1', () => announce(portOf(server.address())));

/**
 * @param {import('node:http').ServerResponse} response
 * @param {string} text
 */
function reply(response, text) {
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
