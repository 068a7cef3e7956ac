import { createServer } from '@wirestack/http';
import { announce, body, contentType } from './answer.js';

const respond = (text) => ({ status: 200, headers: [['Content-Type', contentType]], body: text });

const server = createServer((request) => {
  if (request.method === 'POST') return request.json().then(({ name }) => respond(name));
  if (process.env.ASYNC === '1') return Promise.resolve().then(() => respond(body));
  return respond(body);
});
await server.listen('127.0.0.1:0');
announce(server.address.port);
