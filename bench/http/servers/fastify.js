import fastify from 'fastify';
import { announce, body, contentType } from './answer.js';

const app = fastify();
if (process.env.ASYNC === '1') {
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
  reply.header('Content-Type', contentType).send(request.body.name);
});
await app.listen({ host: '127.0.0.1', port: 0 });
announce(app.server.address().port);
