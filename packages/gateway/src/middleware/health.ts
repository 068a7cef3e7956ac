import { negotiateMediaType } from '@wirestack/http/fields';
import type { Body, Middleware, StartResponse } from '../application.ts';
import type { Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { textResponse } from '../text-response.ts';
import { HealthChecks, type HealthCheck, type HealthClock, type HealthReport } from './health/checks.ts';

export type { HealthCheck, HealthClock } from './health/checks.ts';

export interface HealthOptions {
  /** Whether the process works at all. Default `/livez`, as Kubernetes. */
  readonly live?: string;
  /** Whether requests should be sent to it. Default `/readyz`. */
  readonly ready?: string;
  /** What has to work: each by a name. A check fails when it throws, or rejects, or is not done in time. */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
  /** For each check, milliseconds. Default 2,000: less than the 3 s and more after which probes give up. */
  readonly timeoutMs?: number;
  /** How long an outcome counts, milliseconds. Default 1,000: however many ask, a database is asked once a second. */
  readonly cacheMs?: number;
  /** Besides `wirestack.draining` of the environ. */
  readonly isDraining?: () => boolean;
  /** Names each check and what it failed at. Default false: it tells strangers how the inside looks. */
  readonly verbose?: boolean;
  readonly clock?: HealthClock;
}

/**
 * Answers the probes of orchestrators and load balancers; what is not one of its two paths goes on.
 *
 * ```ts
 * const app = health({ checks: { database: (signal) => pool.query('select 1', { signal }) } })(routes);
 * ```
 *
 * `live` is 200 whenever it can answer. `ready` is 200 where all checks pass, 503 where one fails and from the moment the server drains (`wirestack.draining` of the environ): load balancers
 * then send requests elsewhere. Checks run side by side, once for all who ask at that time; one that does not end keeps no second of its kind running.
 *
 * `application/health+json` (draft-inadarei-api-health-check-06), or text where that is preferred; `Cache-Control: no-store`. GET and HEAD only.
 *
 * @throws TypeError for an option that is none
 */
export function health(options: HealthOptions = {}): Middleware {
  const { live = '/livez', ready = '/readyz', isDraining, verbose = false } = options;
  for (const [name, path] of Object.entries({ live, ready })) {
    if (typeof path !== 'string' || !path.startsWith('/')) throw new TypeError(`${name} is no path`);
  }
  if (live === ready) throw new TypeError('live and ready are the same path');
  if (isDraining !== undefined && typeof isDraining !== 'function') {
    throw new TypeError('isDraining is no function');
  }
  const checks = new HealthChecks(options);
  const readiness = (environ: Environ): HealthReport | Promise<HealthReport> => {
    const draining = environ['wirestack.draining'];
    if (draining?.aborted === true || isDraining?.() === true) return drainingReport;
    return checks.report();
  };
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const { PATH_INFO, REQUEST_METHOD } = environ;
      if (PATH_INFO !== live && PATH_INFO !== ready) return app(environ, startResponse);
      if (REQUEST_METHOD !== 'GET' && REQUEST_METHOD !== 'HEAD') {
        return textResponse(startResponse, '405 Method Not Allowed', [['Allow', 'GET, HEAD']]);
      }
      const report = PATH_INFO === live ? liveReport : readiness(environ);
      return report instanceof Promise
        ? report.then((one) => respond(one, verbose, environ, startResponse))
        : respond(report, verbose, environ, startResponse);
    });
}

const liveReport: HealthReport = { isPassed: true, output: undefined, checks: [] };
const drainingReport: HealthReport = { isPassed: false, output: 'draining', checks: [] };

const types = ['application/health+json', 'application/json', 'text/plain'];

function respond(
  { isPassed, output, checks }: HealthReport,
  verbose: boolean,
  environ: Environ,
  startResponse: StartResponse,
): Body {
  const type = negotiateMediaType(environ['HTTP_ACCEPT'], types) ?? 'application/health+json';
  const isText = type === 'text/plain';
  startResponse(isPassed ? '200 OK' : '503 Service Unavailable', [
    ['Content-Type', isText ? 'text/plain; charset=utf-8' : type],
    ['Cache-Control', 'no-store'],
  ]);
  const status = isPassed ? 'pass' : 'fail';
  if (isText) {
    const lines = verbose ? checks.map((one) => `${one.name}: ${one.error ?? 'pass'}\n`) : [];
    return [[`${output ?? status}\n`, ...lines].join('')];
  }
  const details = checks.map(({ name, error, durationMs, at }) => [
    name,
    [
      {
        status: error === undefined ? 'pass' : 'fail',
        time: new Date(at).toISOString(),
        observedValue: durationMs,
        observedUnit: 'ms',
        ...(error !== undefined && { output: error }),
      },
    ],
  ]);
  const more = verbose && details.length > 0 ? { checks: Object.fromEntries(details) as unknown } : {};
  return [`${JSON.stringify({ status, ...(output !== undefined && { output }), ...more })}\n`];
}
