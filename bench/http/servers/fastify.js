// @ts-check
import fastify from 'fastify';
import { announce, body, contentType, isAsync, portOf } from './answer.js';

const app = fastify();
if (isAsync) {
  app.get('*', async (_request, reply) => {
    await Promise.resolve();
    reply.header('Content-Type', contentType);
    return body;
  });
} else {
  app.get('*', (_request, reply) => {
    reply.header('Content-Type', contentType).send(body);
  });
}
app.post('*', (request, reply) => {
  const { name } = /** @type {{ name: string }} */ (request.body);
  reply.header('Content-Type', contentType).send(name);
});
await app.listen({ host: '127.0.0.1', port: 0 });
announce(portOf(app.server.address()));
