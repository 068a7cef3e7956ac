// @ts-check
import { createServer } from 'node:http';
import handler from 'serve-handler';
import { announce, portOf } from './answer.js';

const server = createServer((request, response) => {
  void handler(request, response, { public: process.env.FILES ?? '.', etag: true });
});
server.listen(0, '127.0.0.1', () => announce(portOf(server.address())));
