// @ts-check
/** Hono with its own middleware for the same work; it has none for `rate-limit`. What that is `routes.js` says. */
import { createWriteStream } from 'node:fs';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { cors } from 'hono/cors';
import { logger } from 'hono/logger';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { announce } from './answer.js';
import { answerOf, credentials, fifth, origin, routes, withColons } from './routes.js';

const app = new Hono();
if (fifth === 'basic-auth') {
  const verifyUser = (/** @type {string} */ user, /** @type {string} */ password) =>
    user === credentials.user && password === credentials.password;
  app.use(basicAuth({ realm: 'shop', verifyUser }));
}
if (fifth === 'log') {
  const log = createWriteStream('/dev/null');
  app.use(logger((line) => void log.write(`${line}\n`)));
}
app.use(requestId());
app.use(
  secureHeaders({
    strictTransportSecurity: false,
    xDownloadOptions: false,
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      baseUri: ["'self'"],
      fontSrc: ["'self'", 'https:', 'data:'],
      formAction: ["'self'"],
      frameAncestors: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      styleSrc: ["'self'", 'https:', "'unsafe-inline'"],
    },
  }),
);
app.use(cors({ origin: [origin], credentials: true }));
app.onError((_error, context) => context.text('500\n', 500));
for (const [method, pattern] of routes) {
  app[method](withColons(pattern), (context) =>
    context.json(answerOf(pattern, /** @type {Record<string, string>} */ (context.req.param()))),
  );
}
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => announce(port));
