// @ts-check
// One application on many machines. What they share is in Redis: the counter, and what each client may ask. See "Many machines" in ../README.md.
// INSTANCE=a wirestack run application.js -p 8001 --trust-proxy 127.0.0.1 --drain-delay 2
import { hostname } from 'node:os';
import { withLifespan } from '@wirestack/gateway';
import { errorPages } from '@wirestack/gateway/error-pages';
import { health } from '@wirestack/gateway/health';
import { rateLimit, redisStore } from '@wirestack/gateway/rate-limit';
import { requestId } from '@wirestack/gateway/request-id';
import { router } from '@wirestack/gateway/router';
import { Redis } from './redis.js';

const instance = process.env['INSTANCE'] ?? hostname();
const perMinute = Number(process.env['REQUESTS_PER_MINUTE'] ?? 600);
const redis = new Redis(process.env['REDIS'] ?? 'tcp://127.0.0.1:6379');

/** @type {import('@wirestack/gateway').Application} */
const count = async (environ, startResponse) => {
  const received = (await environ['wsgi.input'].read()).length;
  const visits = await redis.send(['INCR', 'visits']).catch((/** @type {unknown} */ cause) => {
    throw Object.assign(new Error('the counter cannot be reached', { cause }), { status: 503 });
  });
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [`${JSON.stringify({ instance, visits, received })}\n`];
};

const routes = router()
  .get('/', count)
  .post('/', count)
  .get('/whoami', ({ REMOTE_ADDR }, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'application/json']]);
    return [`${JSON.stringify({ instance, client: REMOTE_ADDR })}\n`];
  });

// Outermost first. Probes come before the limit: nobody may use up what the load balancer needs.
const layers = [
  requestId(),
  health({ checks: { redis: () => redis.send(['PING']) } }),
  errorPages(),
  rateLimit({ limit: perMinute, windowMs: 60_000, store: redisStore((command) => redis.send(command)) }),
];

export const application = withLifespan(
  layers.reduceRight(
    (app, layer) => layer(app),
    /** @type {import('@wirestack/gateway').Application} */ (routes),
  ),
  {
    // A Redis that is not there yet is for `/readyz` to say. An instance that ended here would be started again and again, later and later.
    start: () => redis.send(['PING']).then(undefined, () => undefined),
    stop: () => redis.close(),
  },
);
