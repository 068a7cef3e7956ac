import { createServer } from 'node:http';
import { announce, body, contentType } from './answer.js';

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { name } = JSON.parse(Buffer.concat(chunks).toString());
      reply(response, name);
    });
  } else if (process.env.ASYNC === '1') {
    void Promise.resolve().then(() => reply(response, body));
  } else {
    reply(response, body);
  }
});
server.listen(0, '127.0.0.1', () => announce(server.address().port));

function reply(response, text) {
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
