import { systemClock, type Clock } from '@wirestack/http';
import { Counter, Gauge, Histogram, register as globalRegister, type Registry } from 'prom-client';
import type { Body, Middleware, StartResponse } from '../application.ts';
import type { Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { textResponse } from '../text-response.ts';
import { watchResponse, type ResponseOutcome } from './response-outcome.ts';
import { matchedRoute, routeOf } from './router/matched-route.ts';

export interface MetricsOptions {
  /** Default: that of `prom-client`. */
  readonly register?: Registry;
  /** Where they are read. Default `/metrics`; `false`: nowhere, for a server of its own on a port that is not public. */
  readonly path?: string | false;
  /** Of the durations, seconds. Default those of `prom-client`, 5 ms to 10 s. */
  readonly buckets?: readonly number[];
  /** More labels of requests and durations, made when the response is done with. Each value is a series of its own: never what a client can choose. */
  readonly labels?: Readonly<Record<string, (environ: Environ, status: number) => string>>;
  readonly clock?: Pick<Clock, 'elapsed'>;
}

/**
 * Counts requests for Prometheus, by `prom-client` (an optional peer), and shows what is counted.
 *
 * ```ts
 * const app = metrics()(router().get('/users/{id:int}', user));
 * // http_requests_total{method="GET",route="/users/{id:int}",status="200"} 1
 * ```
 *
 * `http_requests_total{method,route,status}`, `http_request_duration_seconds{method,route}` to the end of the body, `http_response_bytes_total{method,route}`, and
 * `http_requests_in_flight`. A route is the pattern that a router within has found, or empty; a method that is not registered counts as `other`: nobody can make series without end. What
 * the application throws counts as 500. Two on one registry count together.
 *
 * @throws TypeError for an option that is none
 */
export function metrics(options: MetricsOptions = {}): Middleware {
  const { register = globalRegister, path = '/metrics', clock = systemClock, labels = {} } = options;
  if (path !== false && (typeof path !== 'string' || !path.startsWith('/'))) {
    throw new TypeError('path is no path');
  }
  const meters = new Meters(register, labels, options.buckets);
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      if (environ.PATH_INFO === path) return show(register, environ, startResponse);
      const began = clock.elapsed();
      const method = methodLabel(environ.REQUEST_METHOD);
      const matched = matchedRoute(environ);
      meters.begin();
      return watchResponse(app, environ, startResponse, (outcome) => {
        const seconds = (clock.elapsed() - began) / 1000;
        meters.end(environ, method, routeOf(environ, matched), outcome, seconds);
      });
    });
}

type Labels = Readonly<Record<string, (environ: Environ, status: number) => string>>;

class Meters {
  readonly #requests: Counter;
  readonly #durations: Histogram;
  readonly #bytes: Counter;
  readonly #inFlight: Gauge;
  readonly #labels: readonly (readonly [name: string, of: Labels[string]])[];

  constructor(register: Registry, labels: Labels, buckets: readonly number[] | undefined) {
    this.#labels = Object.entries(labels);
    for (const [name, of] of this.#labels) {
      if (typeof of !== 'function') throw new TypeError(`labels: ${name} is no function`);
      if (own.has(name)) throw new TypeError(`labels: ${name} is there already`);
    }
    const more = Object.keys(labels);
    const registers = [register];
    const one = <T>(name: string, make: () => T): T =>
      (register.getSingleMetric(name) as T | undefined) ?? make();
    this.#requests = one('http_requests_total', () => {
      const labelNames = ['method', 'route', 'status', ...more];
      const help = 'Requests that were answered.';
      return new Counter({ name: 'http_requests_total', help, labelNames, registers });
    });
    this.#durations = one('http_request_duration_seconds', () => {
      const labelNames = ['method', 'route', ...more];
      const help = 'From a request to the end of its response.';
      const bounds = buckets === undefined ? {} : { buckets: [...buckets] };
      return new Histogram({ name: 'http_request_duration_seconds', help, labelNames, registers, ...bounds });
    });
    this.#bytes = one('http_response_bytes_total', () => {
      const labelNames = ['method', 'route'];
      const help = 'Bytes of the bodies of responses.';
      return new Counter({ name: 'http_response_bytes_total', help, labelNames, registers });
    });
    this.#inFlight = one('http_requests_in_flight', () => {
      const help = 'Requests whose response is not done with.';
      return new Gauge({ name: 'http_requests_in_flight', help, registers });
    });
  }

  begin(): void {
    this.#inFlight.inc();
  }

  end(environ: Environ, method: string, route: string, outcome: ResponseOutcome, seconds: number): void {
    this.#inFlight.dec();
    const { status, bodyBytes } = outcome;
    const labels: Record<string, string> = { method, route };
    this.#bytes.inc(labels, bodyBytes);
    for (const [name, of] of this.#labels) labels[name] = of(environ, status);
    this.#durations.observe(labels, seconds);
    this.#requests.inc({ ...labels, status: String(status) });
  }
}

const own: ReadonlySet<string> = new Set(['method', 'route', 'status', 'le']);

/** The methods of RFC 9110 9, and PATCH. */
const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
]);

function methodLabel(method: string): string {
  return methods.has(method) ? method : 'other';
}

function show(register: Registry, environ: Environ, startResponse: StartResponse): Body | Promise<Body> {
  const { REQUEST_METHOD } = environ;
  if (REQUEST_METHOD !== 'GET' && REQUEST_METHOD !== 'HEAD') {
    return textResponse(startResponse, '405 Method Not Allowed', [['Allow', 'GET, HEAD']]);
  }
  return register.metrics().then((text) => {
    startResponse('200 OK', [
      ['Content-Type', register.contentType],
      ['Cache-Control', 'no-store'],
    ]);
    return [text];
  });
}
