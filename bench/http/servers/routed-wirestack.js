// @ts-check
/** A router behind five middlewares; what they are `routes.js` says. */
import { createWriteStream } from 'node:fs';
import { makeServer } from '@wirestack/gateway';
import { accessLog } from '@wirestack/gateway/access-log';
import { basicAuth } from '@wirestack/gateway/basic-auth';
import { cors } from '@wirestack/gateway/cors';
import { errorPages } from '@wirestack/gateway/error-pages';
import { rateLimit } from '@wirestack/gateway/rate-limit';
import { requestId } from '@wirestack/gateway/request-id';
import { router } from '@wirestack/gateway/router';
import { securityHeaders } from '@wirestack/gateway/security-headers';
import { announce, portOf } from './answer.js';
import { answerOf, credentials, fifth, origin, quota, routes } from './routes.js';

const app = router();
for (const [method, pattern] of routes) {
  app[method](pattern, (_environ, startResponse, params) => {
    startResponse('200 OK', [['Content-Type', 'application/json; charset=utf-8']]);
    return [JSON.stringify(answerOf(pattern, params))];
  });
}

/** @type {Record<string, () => import('@wirestack/gateway').Middleware>} */
const fifths = {
  'rate-limit': () => rateLimit({ limit: quota.limit, windowMs: quota.windowMs }),
  'basic-auth': () =>
    basicAuth({
      realm: 'shop',
      check: (user, password) => user === credentials.user && password === credentials.password,
    }),
  log: () => {
    const log = createWriteStream('/dev/null');
    return accessLog({ format: 'json', write: (lines) => void log.write(lines) });
  },
  none: () => (inner) => inner,
};
const inFront = fifths[fifth]();
const layers = [requestId(), securityHeaders(), cors({ origin: [origin], credentials: true }), errorPages()];
const wrapped = [inFront, ...layers].reduceRight(
  (inner, layer) => layer(inner),
  /** @type {import('@wirestack/gateway').Application} */ (app),
);
announce(portOf((await makeServer('127.0.0.1:0', wrapped)).address));
