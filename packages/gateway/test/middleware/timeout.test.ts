import { describe, expect, it } from 'vitest';
import {
  deriveEnviron,
  FileWrapper,
  run,
  setupTestingDefaults,
  validator,
  type Application,
  type Body,
  type StartResponse,
} from '@wirestack/gateway';
import { ManualClock } from '@wirestack/http/testing';
import { ResponseTimeoutError, timeout } from '../../src/middleware/timeout.ts';
import { ask, gate, serving, turn } from '../peer.ts';

const start = (startResponse: StartResponse): void => void startResponse('200 OK', []);

/** The pieces, and what they ended with. */
async function piecesOf(body: unknown): Promise<string[]> {
  if (typeof body === 'string') return [body];
  const pieces: string[] = [];
  try {
    for await (const piece of body as Body) pieces.push(String(piece));
  } catch (error) {
    pieces.push(`! ${(error as Error).message}`);
  }
  return pieces;
}

describe('an application that is late', () => {
  it('is answered for with 503, and told', async () => {
    const clock = new ManualClock();
    let reason: unknown;
    const app = timeout({ ms: 100, clock })(
      (environ) =>
        new Promise((_, reject) => {
          const signal = environ['wirestack.signal'];
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(new Error('given up'));
          });
        }),
    );
    const response = run(app, setupTestingDefaults());
    clock.advance(99);
    expect(reason).toBeUndefined();
    clock.advance(1);
    expect(await response).toMatchObject({ status: 503, body: '503 Service Unavailable\n' });
    expect(reason).toBeInstanceOf(ResponseTimeoutError);
    expect(reason).toMatchObject({ name: 'TimeoutError', code: 'RESPONSE_TIMEOUT', status: 503 });
    expect(clock.pendingMs).toEqual([]);
  });

  it('is answered for with 504 where that is asked for, also if it had said another status', async () => {
    const clock = new ManualClock();
    const app = timeout({ ms: 100, status: 504, clock })((_environ, startResponse) => {
      start(startResponse);
      return new Promise(() => undefined);
    });
    const response = run(validator(app), setupTestingDefaults());
    clock.advance(100);
    const { status, body } = await response;
    expect([status, ...(await piecesOf(body))]).toEqual([504, '504 Gateway Timeout\n']);
  });

  it('gets no word in, and has its body closed', async () => {
    const clock = new ManualClock();
    const { promise, open } = gate<Body>();
    let startLate: (() => void) | undefined;
    let closes = 0;
    const app = timeout({ ms: 100, clock })((_environ, startResponse) => {
      startLate = () => startResponse('200 OK', []);
      return promise;
    });
    const response = run(app, setupTestingDefaults());
    clock.advance(100);
    expect((await response).status).toBe(503);
    expect(startLate).toThrow(ResponseTimeoutError);
    open(Object.assign(['late'], { close: () => void closes++ }));
    await turn();
    expect(closes).toBe(1);
  });

  it('with a body that does not begin is answered for, too', async () => {
    const clock = new ManualClock();
    let closes = 0;
    const app = timeout({ ms: 100, clock })((_environ, startResponse) => {
      start(startResponse);
      const pieces = (async function* () {
        yield '';
        await new Promise(() => undefined);
        yield 'never';
      })();
      return Object.assign(pieces, { close: () => void closes++ });
    });
    const response = run(app, setupTestingDefaults());
    await turn();
    clock.advance(100);
    const { status, body } = await response;
    expect([status, ...(await piecesOf(body))]).toEqual([503, '503 Service Unavailable\n']);
    expect(closes).toBe(1);
    expect(clock.pendingMs).toEqual([]);
  });

  it('is given the time once, for its promise and its body together', async () => {
    const clock = new ManualClock();
    const { promise, open } = gate<Body>();
    const app = timeout({ ms: 100, clock })((_environ, startResponse) => {
      start(startResponse);
      return promise;
    });
    const response = run(app, setupTestingDefaults());
    clock.advance(60);
    open(
      (async function* () {
        await new Promise(() => undefined);
        yield 'never';
      })(),
    );
    await turn();
    expect(clock.pendingMs).toEqual([40]);
    clock.advance(40);
    expect((await response).status).toBe(503);
  });

  it('and whose body came just before the deadline is answered for when it is read', async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const app = timeout({ ms: 100, clock })(async (_environ, startResponse) => {
      start(startResponse);
      return new Set(['x']);
    });
    const inner = app(setupTestingDefaults(), (status) => (seen.push(status), async () => undefined));
    const body = await inner;
    clock.advance(100);
    expect(await piecesOf(body)).toEqual(['503 Service Unavailable\n']);
    expect(seen).toEqual(['200 OK', '503 Service Unavailable']);
  });
});

describe('a response that has begun', () => {
  const slow: Application = (environ, startResponse) => {
    start(startResponse);
    return (async function* () {
      yield 'first';
      await new Promise<void>((resolve) => {
        environ['wirestack.signal'].addEventListener('abort', () => {
          resolve();
        });
      });
      yield 'last';
    })();
  };

  it('may take its time', async () => {
    const clock = new ManualClock();
    const { signal, abort } = controller();
    const { body } = await run(
      timeout({ ms: 100, clock })(slow),
      setupTestingDefaults({ 'wirestack.signal': signal }),
    );
    expect(clock.pendingMs).toEqual([]);
    const pieces = piecesOf(body);
    await turn();
    abort(new Error('left'));
    expect(await pieces).toEqual(['first', 'last']);
  });

  it('is cut where the time is that of the whole', async () => {
    const clock = new ManualClock();
    const { body } = await run(timeout({ ms: 100, total: true, clock })(slow), setupTestingDefaults());
    expect(clock.pendingMs).toEqual([100]);
    const pieces = piecesOf(body);
    await turn();
    clock.advance(100);
    expect(await pieces).toEqual(['first', '! no response in 100 ms']);
    expect(clock.pendingMs).toEqual([]);
  });

  it('by write() is begun', async () => {
    const clock = new ManualClock();
    const { promise, open } = gate<Body>();
    const app = timeout({ ms: 100, clock })(async (_environ, startResponse) => {
      void startResponse('200 OK', [])('written');
      return promise;
    });
    const { body } = await run(app, setupTestingDefaults());
    expect(clock.pendingMs).toEqual([]);
    open(['!']);
    expect(await piecesOf(body)).toEqual(['written', '!']);
  });

  it('by write() is cut, and writes no more', async () => {
    const clock = new ManualClock();
    let writeLate: (() => Promise<void>) | undefined;
    const app = timeout({ ms: 100, total: true, clock })((_environ, startResponse) => {
      const write = startResponse('200 OK', []);
      void write('written');
      writeLate = () => write('more');
      return new Promise(() => undefined);
    });
    const { body } = await run(app, setupTestingDefaults());
    const pieces = piecesOf(body);
    await turn();
    clock.advance(100);
    expect(await pieces).toEqual(['written', '! no response in 100 ms']);
    await expect(writeLate!()).rejects.toThrow(ResponseTimeoutError);
  });

  it('and is left early has no timer, and is closed once', async () => {
    const clock = new ManualClock();
    let closes = 0;
    const app = timeout({ ms: 100, total: true, clock })((_environ, startResponse) => {
      start(startResponse);
      return Object.assign(new Set(['a', 'b']), { close: () => void closes++ });
    });
    const { body } = await run(app, setupTestingDefaults());
    for await (const piece of body as AsyncIterable<string>) {
      expect(piece).toBe('a');
      break;
    }
    expect([closes, clock.pendingMs]).toEqual([1, []]);
  });
});

function controller(): { signal: AbortSignal; abort: (reason: Error) => void } {
  const made = new AbortController();
  return {
    signal: made.signal,
    abort: (reason) => {
      made.abort(reason);
    },
  };
}

describe('what is there at once', () => {
  it('needs no timer and no promise', async () => {
    const clock = new ManualClock();
    const hello: Application = (_environ, startResponse) => (start(startResponse), ['hello']);
    expect(run(timeout({ ms: 1, clock })(hello), setupTestingDefaults())).toMatchObject({ body: 'hello' });
    const file = new FileWrapper({} as never, 5);
    const sent: Application = (_environ, startResponse) => (start(startResponse), file);
    expect(run(timeout({ ms: 1, clock })(sent), setupTestingDefaults())).toMatchObject({ body: file });
    const soon: Application = async (_environ, startResponse) => (start(startResponse), ['soon']);
    expect(await run(timeout({ ms: 1, clock })(soon), setupTestingDefaults())).toMatchObject({
      body: 'soon',
    });
    expect(clock.pendingMs).toEqual([]);
  });

  it('is an error, too', async () => {
    const clock = new ManualClock();
    const middleware = timeout({ ms: 1, clock });
    const fails = (): never => {
      throw new Error('no');
    };
    expect(() => run(middleware(fails), setupTestingDefaults())).toThrow('no');
    await expect(
      run(
        middleware(async () => fails()),
        setupTestingDefaults(),
      ),
    ).rejects.toThrow('no');
    const broken: Application = (_environ, startResponse) => {
      start(startResponse);
      return (async function* () {
        yield '';
        throw new Error('no');
      })();
    };
    await expect(run(middleware(broken), setupTestingDefaults())).rejects.toThrow('no');
    expect(clock.pendingMs).toEqual([]);
  });
});

describe('wirestack.signal', () => {
  it('is aborted by the client, with its reason', async () => {
    const clock = new ManualClock();
    const { signal, abort } = controller();
    let seen: AbortSignal | undefined;
    const app = timeout({ ms: 100, clock })(async (environ, startResponse) => {
      // As a mount does it.
      seen = deriveEnviron(environ, {})['wirestack.signal'];
      await new Promise((resolve) => {
        seen?.addEventListener('abort', resolve);
      });
      start(startResponse);
      return [];
    });
    const response = run(app, setupTestingDefaults({ 'wirestack.signal': signal }));
    const left = new Error('left');
    abort(left);
    expect((await response).status).toBe(200);
    expect(seen).not.toBe(signal);
    expect(seen?.reason).toBe(left);
  });

  it('is aborted already where the client was gone, and may be replaced', async () => {
    const signal = AbortSignal.abort(new Error('gone'));
    const states: unknown[] = [];
    const app = timeout({ ms: 100, clock: new ManualClock() })((environ, startResponse) => {
      states.push(environ['wirestack.signal'].aborted);
      Object.assign(environ, { 'wirestack.signal': 'other' });
      states.push(environ['wirestack.signal']);
      start(startResponse);
      return [];
    });
    await run(app, setupTestingDefaults({ 'wirestack.signal': signal }));
    expect(states).toEqual([true, 'other']);
  });

  it('is aborted by the deadline that comes first, of one within another', async () => {
    const clock = new ManualClock();
    for (const [outer, inner] of [
      [100, 200],
      [200, 100],
    ] as const) {
      let seen: AbortSignal | undefined;
      const app = timeout({ ms: outer, clock })(
        timeout({ ms: inner, clock })((environ) => {
          seen = environ['wirestack.signal'];
          return new Promise(() => undefined);
        }),
      );
      const response = run(app, setupTestingDefaults());
      clock.advance(100);
      expect((await response).status).toBe(503);
      expect(seen?.reason).toMatchObject({ message: 'no response in 100 ms' });
      clock.advance(100);
    }
  });

  it('leaves nothing at the signal of the client', async () => {
    const { signal } = controller();
    let added = 0;
    signal.addEventListener = () => void added++;
    signal.removeEventListener = () => void added--;
    const app = timeout({ ms: 100, clock: new ManualClock() })((environ, startResponse) => {
      expect([environ['wirestack.signal'].aborted, added]).toEqual([false, 1]);
      start(startResponse);
      return ['x'];
    });
    await run(app, setupTestingDefaults({ 'wirestack.signal': signal }));
    expect(added).toBe(0);
  });

  it('works over the wire', async () => {
    const clock = new ManualClock();
    const app = timeout({ ms: 100, clock })(
      (environ) =>
        new Promise((_, reject) => {
          environ['wirestack.signal'].addEventListener('abort', () => {
            reject(new Error('given up'));
          });
        }),
    );
    const { address, errors } = await serving(app);
    const reply = ask(address, 'GET /');
    await clock.timers();
    clock.advance(100);
    expect((await reply).status).toBe(503);
    expect(errors).toEqual([]);
  });
});

it('refuses options that are none', () => {
  for (const options of [{}, { ms: 0 }, { ms: NaN }, { ms: 2 ** 31 }, { ms: '5' }, { ms: 5, status: 500 }]) {
    expect(() => timeout(options as { ms: number })).toThrow(TypeError);
  }
});
