import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { run, setupTestingDefaults, validator, type Application, type Environ } from '@wirestack/gateway';
import { ManualClock } from '@wirestack/http/testing';
import { withLifespan } from '../../src/lifespan.ts';
import { metrics, type MetricsOptions } from '../../src/middleware/metrics.ts';
import { router } from '../../src/middleware/router.ts';
import { mount } from '../../src/mount.ts';
import { ask as askServer, serving } from '../peer.ts';

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', []);
  return ['hello'];
};

const routes = router()
  .get('/users/{id:int}', hello)
  .get('/broken', () => {
    throw new Error('no');
  });

async function ask(app: Application, environ: Partial<Environ>): Promise<string> {
  try {
    const { body } = await run(app, setupTestingDefaults(environ));
    let text = '';
    if (typeof body === 'string') text = body;
    else for await (const piece of body as AsyncIterable<string>) text += piece;
    return text;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The samples, without their comments. */
async function samplesOf(app: Application): Promise<string[]> {
  const text = await ask(app, { PATH_INFO: '/metrics' });
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('metrics', () => {
  it('count requests by their route, their durations and bytes', async () => {
    const clock = new ManualClock();
    const slow: Application = (environ, startResponse) => {
      clock.advance(30);
      return routes(environ, startResponse);
    };
    const app = metrics({ register: new Registry(), buckets: [0.01, 0.1], clock })(
      mount({ '/m': slow, '/': routes }),
    );
    await ask(app, { PATH_INFO: '/m/users/5' });
    await ask(app, { PATH_INFO: '/users/6', REQUEST_METHOD: 'HEAD' });
    await ask(app, { PATH_INFO: '/broken' });
    expect(await samplesOf(app)).toEqual([
      'http_requests_total{method="GET",route="/m/users/{id:int}",status="200"} 1',
      'http_requests_total{method="HEAD",route="/users/{id:int}",status="200"} 1',
      'http_requests_total{method="GET",route="/broken",status="500"} 1',
      'http_request_duration_seconds_bucket{le="0.01",method="GET",route="/m/users/{id:int}"} 0',
      'http_request_duration_seconds_bucket{le="0.1",method="GET",route="/m/users/{id:int}"} 1',
      'http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/m/users/{id:int}"} 1',
      'http_request_duration_seconds_sum{method="GET",route="/m/users/{id:int}"} 0.03',
      'http_request_duration_seconds_count{method="GET",route="/m/users/{id:int}"} 1',
      'http_request_duration_seconds_bucket{le="0.01",method="HEAD",route="/users/{id:int}"} 1',
      'http_request_duration_seconds_bucket{le="0.1",method="HEAD",route="/users/{id:int}"} 1',
      'http_request_duration_seconds_bucket{le="+Inf",method="HEAD",route="/users/{id:int}"} 1',
      'http_request_duration_seconds_sum{method="HEAD",route="/users/{id:int}"} 0',
      'http_request_duration_seconds_count{method="HEAD",route="/users/{id:int}"} 1',
      'http_request_duration_seconds_bucket{le="0.01",method="GET",route="/broken"} 1',
      'http_request_duration_seconds_bucket{le="0.1",method="GET",route="/broken"} 1',
      'http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/broken"} 1',
      'http_request_duration_seconds_sum{method="GET",route="/broken"} 0',
      'http_request_duration_seconds_count{method="GET",route="/broken"} 1',
      'http_response_bytes_total{method="GET",route="/m/users/{id:int}"} 5',
      'http_response_bytes_total{method="HEAD",route="/users/{id:int}"} 0',
      'http_response_bytes_total{method="GET",route="/broken"} 0',
      'http_requests_in_flight 0',
    ]);
  });

  it('make no series for what a scanner thinks of', async () => {
    const app = metrics({ register: new Registry() })(routes);
    for (let i = 0; i < 100; i++) {
      await ask(app, { PATH_INFO: `/wp-${String(i)}.php`, REQUEST_METHOD: `M${String(i)}` });
    }
    const totals = (await samplesOf(app)).filter((line) => line.startsWith('http_requests_total'));
    expect(totals).toEqual(['http_requests_total{method="other",route="",status="404"} 100']);
  });

  it('count what is in flight until its body is done with', async () => {
    const app = metrics({ register: new Registry() })((_environ, startResponse) => {
      startResponse('200 OK', []);
      return new Set(['a', 'b']);
    });
    const inFlight = async (): Promise<string | undefined> =>
      (await samplesOf(app)).find((line) => line.includes('in_flight'));
    const { body } = await run(app, setupTestingDefaults());
    expect(await inFlight()).toBe('http_requests_in_flight 1');
    // Left early, as a client does.
    for await (const piece of body as AsyncIterable<string>) {
      expect(piece).toBe('a');
      break;
    }
    expect(await inFlight()).toBe('http_requests_in_flight 0');
    expect(await samplesOf(app)).toContain('http_requests_total{method="GET",route="",status="200"} 1');
  });

  it('have labels of your own', async () => {
    const labels = { kind: (environ: Environ, status: number) => `${environ.SERVER_PORT}-${String(status)}` };
    const app = metrics({ register: new Registry(), labels })(routes);
    await ask(app, { PATH_INFO: '/users/5' });
    expect((await samplesOf(app))[0]).toBe(
      'http_requests_total{method="GET",route="/users/{id:int}",kind="80-200",status="200"} 1',
    );
  });

  it('of two applications on one registry count together', async () => {
    const register = new Registry();
    const [one, two] = [metrics({ register })(routes), metrics({ register })(routes)];
    await ask(one, { PATH_INFO: '/users/5' });
    await ask(two, { PATH_INFO: '/users/5' });
    expect((await samplesOf(one))[0]).toMatch(/status="200"} 2$/);
  });

  it('are shown where they are asked for', async () => {
    const register = new Registry();
    const hidden = metrics({ register, path: false })(hello);
    expect(await ask(hidden, { PATH_INFO: '/metrics' })).toBe('hello');
    const app = metrics({ register, path: '/internal' })(hello);
    expect(await ask(app, { PATH_INFO: '/metrics' })).toBe('hello');
    expect(await ask(app, { PATH_INFO: '/internal' })).toContain('# TYPE http_requests_total counter');
    const post = await run(app, setupTestingDefaults({ PATH_INFO: '/internal', REQUEST_METHOD: 'POST' }));
    expect([post.status, post.headers]).toMatchObject([405, { 1: ['Allow', 'GET, HEAD'] }]);
  });

  it('make no promise, keep to the interface and the lifespan', async () => {
    const middleware = metrics({ register: new Registry() });
    expect(run(middleware(hello), setupTestingDefaults())).toMatchObject({ body: 'hello' });
    expect(await ask(validator(middleware(validator(hello))), {})).toBe('hello');
    const living = withLifespan(hello, {});
    expect(middleware(living).lifespan).toBe(living.lifespan);
  });

  it('refuse options that are none', () => {
    const bad = [{ path: 'x' }, { path: 5 }, { labels: { a: 'x' } }, { labels: { status: () => 'x' } }];
    for (const options of bad) {
      expect(() => metrics({ register: new Registry(), ...options } as unknown as MetricsOptions)).toThrow(
        TypeError,
      );
    }
  });

  it('are served to Prometheus', async () => {
    const { address } = await serving(metrics({ register: new Registry() })(routes));
    await askServer(address, 'GET /users/5');
    const reply = await askServer(address, 'GET /metrics');
    expect(reply.header('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(reply.body).toContain(
      'http_requests_total{method="GET",route="/users/{id:int}",status="200"} 1\n',
    );
  });
});
