// @ts-check
/** Files and uploads with node:http, as its documentation does it: a read stream piped, chunks counted. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { announce, portOf } from './answer.js';

const folder = process.env.FILES ?? '.';
const server = createServer((request, response) => {
  if (request.method === 'PUT') {
    let bytes = 0;
    request.on('data', (chunk) => (bytes += chunk.length));
    request.on('end', () => response.end(String(bytes)));
    return;
  }
  const path = join(folder, /** @type {string} */ (request.url?.split('?')[0]));
  response.writeHead(200, { 'Content-Length': statSync(path).size });
  createReadStream(path).pipe(response);
});
server.listen(0, '127.0.0.1', () => announce(portOf(server.address())));
