// @ts-check
/** Fastify with the plugins of its own project for the same work; what that is `routes.js` says. */
import { createWriteStream } from 'node:fs';
import basicAuth from '@fastify/basic-auth';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import { announce, portOf } from './answer.js';
import { answerOf, credentials, fifth, origin, quota, routes, withColons } from './routes.js';

const app = fastify({
  genReqId: () => crypto.randomUUID(),
  logger: fifth === 'log' ? { stream: createWriteStream('/dev/null') } : false,
});
if (fifth === 'rate-limit') await app.register(rateLimit, { max: quota.limit, timeWindow: quota.windowMs });
if (fifth === 'basic-auth') {
  await app.register(basicAuth, {
    authenticate: { realm: 'shop' },
    validate: (user, password, _request, _reply, done) => {
      const isRight = user === credentials.user && password === credentials.password;
      done(isRight ? undefined : new Error('nobody'));
    },
  });
  app.addHook('onRequest', app.basicAuth);
}
app.addHook('onSend', (request, reply, _payload, done) => {
  reply.header('X-Request-ID', request.id);
  done();
});
await app.register(helmet, {
  // For old versions of Internet Explorer; the others are for https.
  xDownloadOptions: false,
  strictTransportSecurity: false,
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
});
await app.register(cors, { origin: [origin], credentials: true });
app.setErrorHandler((error, request, reply) => {
  const status = /** @type {{ statusCode?: number }} */ (error).statusCode ?? 500;
  reply
    .code(status)
    .type('text/plain')
    .send(`${String(status)}\nRequest ${request.id}\n`);
});
for (const [method, pattern] of routes) {
  app[method](withColons(pattern), (request, reply) => {
    const params = /** @type {Record<string, string>} */ (request.params);
    reply.send(answerOf(pattern, params));
  });
}
await app.listen({ host: '127.0.0.1', port: 0 });
announce(portOf(app.server.address()));
