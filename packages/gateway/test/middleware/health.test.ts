import { describe, expect, it } from 'vitest';
import { run, setupTestingDefaults, validator, type Application, type Environ } from '@wirestack/gateway';
import { ManualClock } from '@wirestack/http/testing';
import { withLifespan } from '../../src/lifespan.ts';
import { health, type HealthOptions } from '../../src/middleware/health.ts';
import { gate, turn } from '../peer.ts';

const inner: Application = (environ, startResponse) => {
  startResponse('200 OK', []);
  return [`app ${environ.PATH_INFO}`];
};

interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly text: string;
}

async function ask(app: Application, path: string, more: Partial<Environ> = {}): Promise<Answer> {
  const { status, headers, body } = await run(app, setupTestingDefaults({ PATH_INFO: path, ...more }));
  return { status, fields: Object.fromEntries(headers), text: body as string };
}

const probe = (options: HealthOptions): Application => health(options)(inner);

describe('liveness', () => {
  it('is always 200, without a promise', () => {
    const draining = AbortSignal.abort();
    const app = probe({ checks: { broken: () => Promise.reject(new Error('no')) } });
    const environ = setupTestingDefaults({ PATH_INFO: '/livez', 'wirestack.draining': draining });
    expect(run(app, environ)).toEqual({
      status: 200,
      reason: undefined,
      headers: [
        ['Content-Type', 'application/health+json'],
        ['Cache-Control', 'no-store'],
      ],
      body: '{"status":"pass"}\n',
    });
  });

  it('is for GET and HEAD', async () => {
    expect((await ask(probe({}), '/livez', { REQUEST_METHOD: 'HEAD' })).status).toBe(200);
    expect(await ask(probe({}), '/livez', { REQUEST_METHOD: 'POST' })).toMatchObject({
      status: 405,
      fields: { Allow: 'GET, HEAD' },
    });
  });
});

describe('readiness', () => {
  it('is 200 where all checks pass, and 503 where one fails', async () => {
    const good = (): Promise<void> => Promise.resolve();
    const bad = (): never => {
      throw new Error('the secret reason');
    };
    expect(await ask(probe({}), '/readyz')).toMatchObject({ status: 200, text: '{"status":"pass"}\n' });
    expect((await ask(probe({ checks: { good } }), '/readyz')).status).toBe(200);
    const failing = await ask(probe({ checks: { good, bad } }), '/readyz');
    expect(failing).toMatchObject({ status: 503, text: '{"status":"fail"}\n' });
    const rejecting = { later: () => Promise.reject(new Error('no')) };
    expect((await ask(probe({ checks: rejecting }), '/readyz')).status).toBe(503);
  });

  it('is 503 while the server drains', async () => {
    const draining = new AbortController();
    const app = probe({});
    const more = { 'wirestack.draining': draining.signal };
    expect((await ask(app, '/readyz', more)).status).toBe(200);
    draining.abort();
    expect(await ask(app, '/readyz', more)).toMatchObject({
      status: 503,
      text: '{"status":"fail","output":"draining"}\n',
    });
    expect((await ask(probe({ isDraining: () => true }), '/readyz')).status).toBe(503);
    expect((await ask(probe({ isDraining: () => false }), '/readyz')).status).toBe(200);
  });

  it('tells the details only if it may', async () => {
    const clock = new ManualClock(Date.UTC(2026, 10, 21));
    const checks = {
      good: () => undefined,
      bad: () => {
        // What is thrown need not be an error.
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw 'no reason';
      },
    };
    const app = probe({ checks, verbose: true, clock });
    const json = await ask(app, '/readyz', { HTTP_ACCEPT: 'application/json' });
    expect(json.fields['Content-Type']).toBe('application/json');
    const observed = { time: '2026-11-21T00:00:00.000Z', observedValue: 0, observedUnit: 'ms' };
    expect(JSON.parse(json.text)).toEqual({
      status: 'fail',
      checks: {
        good: [{ status: 'pass', ...observed }],
        bad: [{ status: 'fail', ...observed, output: 'no reason' }],
      },
    });
    const text = await ask(app, '/readyz', { HTTP_ACCEPT: 'text/plain' });
    expect(text).toMatchObject({
      fields: { 'Content-Type': 'text/plain; charset=utf-8' },
      text: 'fail\ngood: pass\nbad: no reason\n',
    });
  });
});

describe('checks', () => {
  it('run side by side, once for all who ask', async () => {
    const { promise, open } = gate();
    const calls: string[] = [];
    const checks = {
      a: () => (calls.push('a'), promise),
      b: () => (calls.push('b'), promise),
    };
    const app = probe({ checks, clock: new ManualClock() });
    const asked = [ask(app, '/readyz'), ask(app, '/readyz')];
    await turn();
    expect(calls).toEqual(['a', 'b']);
    open();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('count for as long as they are kept', async () => {
    const clock = new ManualClock();
    let calls = 0;
    const app = probe({ checks: { a: () => void calls++ }, cacheMs: 100, clock });
    for (const wait of [0, 0, 99, 1, 99, 1]) {
      clock.advance(wait);
      expect((await ask(app, '/readyz')).status).toBe(200);
    }
    expect(calls).toBe(3);
    expect(clock.pendingMs).toEqual([]);
  });

  it('that take too long fail, are told, and do not pile up', async () => {
    const clock = new ManualClock();
    const { promise, open } = gate();
    const signals: AbortSignal[] = [];
    const checks = { slow: (signal: AbortSignal) => (signals.push(signal), promise) };
    const app = probe({ checks, timeoutMs: 50, cacheMs: 0, verbose: true, clock });
    const first = ask(app, '/readyz');
    await clock.timers();
    clock.advance(50);
    expect((await first).text).toContain('not done in 50 ms');
    expect(signals[0]!.reason).toMatchObject({ name: 'TimeoutError' });
    expect((await ask(app, '/readyz')).text).toContain('the last one has not ended');
    expect(signals).toHaveLength(1);
    open();
    await turn();
    expect((await ask(app, '/readyz')).status).toBe(200);
    expect(signals).toHaveLength(2);
    expect(clock.pendingMs).toEqual([]);
  });
});

describe('health', () => {
  it('lets everything else through', async () => {
    for (const path of ['/', '/livez/', '/x/livez', '/LIVEZ']) {
      expect((await ask(probe({}), path)).text).toBe(`app ${path}`);
    }
    const moved = probe({ live: '/alive', ready: '/ready' });
    expect((await ask(moved, '/livez')).text).toBe('app /livez');
    expect((await ask(moved, '/alive')).text).toBe('{"status":"pass"}\n');
  });

  it('keeps to the interface and the lifespan', async () => {
    const app = validator(health({ checks: { a: () => undefined } })(validator(inner)));
    for (const PATH_INFO of ['/', '/livez', '/readyz']) {
      expect((await run(app, setupTestingDefaults({ PATH_INFO }))).status).toBe(200);
    }
    const living = withLifespan(inner, {});
    expect(health()(living).lifespan).toBe(living.lifespan);
  });

  it('refuses options that are none', () => {
    const bad = [
      { live: 'x' },
      { live: '/x', ready: '/x' },
      { checks: { a: 1 } },
      { timeoutMs: 0 },
      { timeoutMs: Infinity },
      { cacheMs: -1 },
      { isDraining: 1 },
    ];
    for (const options of bad) expect(() => health(options as object)).toThrow(TypeError);
  });
});
