import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FileWrapper,
  run,
  type Application,
  type Body,
  type Environ,
  type StartResponse,
} from '@wirestack/gateway';
import {
  memoryStore,
  SessionError,
  sessionOf,
  sessions,
  type Session,
  type SessionsOptions,
  type SessionStore,
} from '../../src/middleware/sessions/index.ts';
import { setupTestingDefaults } from '../../src/testing-defaults.ts';
import { validator } from '../../src/validator/validator.ts';
import { ask, gate, serving } from '../peer.ts';
import { call, Pieces, saying, type Called } from './called.ts';

const secret = 'a secret of thirty-two bytes, at least';
const other = 'another secret of thirty-two bytes, or so';

type Step = (session: Session) => unknown;

/** Says what `step` answers, as JSON. */
const doing =
  (step: Step): Application =>
  (environ, startResponse) => {
    const said = step(sessionOf(environ));
    const say = (value: unknown): Body => {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [value === undefined ? 'undefined' : JSON.stringify(value)];
    };
    return said instanceof Promise ? said.then(say) : say(said);
  };

/** A browser with one cookie, at a site with sessions. */
class Visitor {
  nowMs = 1_700_000_000_000;
  cookie: string | undefined;
  #options: Partial<SessionsOptions>;

  constructor(options: Partial<SessionsOptions> = {}) {
    this.#options = options;
  }

  /** The site begins again, with other options. */
  change(options: Partial<SessionsOptions>): void {
    this.#options = { ...this.#options, ...options };
  }

  async visit(step: Step, environ: Partial<Environ> = {}): Promise<Called> {
    const site = sessions({ secret, clock: () => this.nowMs, ...this.#options });
    const reply = await call(validator(site(validator(doing(step)))), {
      ...(this.cookie !== undefined && { HTTP_COOKIE: this.cookie }),
      ...environ,
    });
    for (const field of reply.all('set-cookie')) {
      this.cookie = field.includes('; Max-Age=0') ? undefined : field.split(';')[0];
    }
    return reply;
  }

  async says(step: Step): Promise<unknown> {
    const { text } = await this.visit(step);
    return text === 'undefined' ? undefined : (JSON.parse(text) as unknown);
  }
}

const read: Step = (session) => session.get('user');
const login: Step = (session) => {
  session.set('user', 'ann');
};
const loaded =
  (step: Step): Step =>
  async (session) => {
    await session.load();
    return step(session);
  };

describe('a session in its cookie', () => {
  it('lasts from request to request', async () => {
    const visitor = new Visitor();
    expect(await visitor.says(read)).toBeUndefined();
    await visitor.visit(login);
    expect(await visitor.says(read)).toBe('ann');
    await visitor.visit((session) => session.delete('user'));
    expect(visitor.cookie).toBeUndefined();
    expect(await visitor.says(read)).toBeUndefined();
  });

  it('is signed JSON in a cookie of the host, without scripts', async () => {
    const reply = await new Visitor().visit(login);
    const [field = ''] = reply.all('set-cookie');
    const match =
      /^session=([\w-]+)\.([\da-z]+)\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=86400$/.exec(field);
    expect(Buffer.from(String(match?.[1]), 'base64url').toString()).toBe('{"user":"ann"}');
    expect(Number.parseInt(String(match?.[2]), 36)).toBe(1_700_000_000 + 86_400);
    expect(reply.headers.filter(([name]) => name !== 'Set-Cookie')).toEqual([
      ['Content-Type', 'text/plain'],
      ['Vary', 'Cookie'],
      ['Cache-Control', 'private'],
    ]);
  });

  it('is bound to the host over https', async () => {
    const reply = await new Visitor().visit(login, { 'wsgi.url_scheme': 'https' });
    expect(reply.header('set-cookie')).toMatch(
      /^__Host-session=[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax; /,
    );
  });

  it.each<[SessionsOptions['cookie'], string | undefined, RegExp]>([
    [{ path: '/a' }, undefined, /^session=[^;]+; Path=\/a; Secure; HttpOnly; SameSite=Lax; Max-Age=/],
    [{ domain: 'a.example' }, 'sid', /^sid=[^;]+; Path=\/; Domain=a\.example; Secure; /],
    [{ secure: false, httpOnly: false }, undefined, /^session=[^;]+; Path=\/; SameSite=Lax; /],
    [{ sameSite: 'None' }, '__Secure-a', /^__Secure-a=[^;]+; Path=\/; Secure; HttpOnly; SameSite=None; /],
  ])('%j %s is %s', async (cookie, name, expected) => {
    const visitor = new Visitor({ ...(cookie && { cookie }), ...(name !== undefined && { name }) });
    const reply = await visitor.visit(login, { 'wsgi.url_scheme': 'https' });
    expect(reply.header('set-cookie')).toMatch(expected);
  });

  it('says nothing where nobody looked, and only Vary where nobody changed it', async () => {
    const visitor = new Visitor();
    await visitor.visit(login);
    expect((await visitor.visit(() => 'x')).headers).toEqual([['Content-Type', 'text/plain']]);
    expect((await visitor.visit(read)).headers).toEqual([
      ['Content-Type', 'text/plain'],
      ['Vary', 'Cookie'],
    ]);
    expect((await visitor.visit(login)).all('set-cookie')).toEqual([]);
  });

  it('leaves Cache-Control to the application, and merges Vary', async () => {
    const app: Application = (environ, startResponse) => {
      sessionOf(environ).set('a', 1);
      startResponse('200 OK', [
        ['Cache-Control', 'no-store'],
        ['vary', 'Origin'],
      ]);
      return [];
    };
    const reply = await call(sessions({ secret })(app));
    expect(reply.all('cache-control')).toEqual(['no-store']);
    expect(reply.all('vary')).toEqual(['Origin, Cookie']);
  });

  it('sees a change inside of a value', async () => {
    const visitor = new Visitor();
    await visitor.visit((session) => {
      session.set('cart', ['a']);
    });
    await visitor.visit((session) => (session.get('cart') as string[]).push('b'));
    expect(await visitor.says((session) => session.get('cart'))).toEqual(['a', 'b']);
  });

  it('has names such as __proto__ for names', async () => {
    const visitor = new Visitor();
    await visitor.visit((session) => {
      session.set('__proto__', { a: 1 });
    });
    expect(
      await visitor.says((session) => [session.get('__proto__'), session.get('a'), session.has('toString')]),
    ).toEqual([{ a: 1 }, null, false]);
  });

  it('keeps what a model keeps', async () => {
    const name = fc.constantFrom('a', 'b', '__proto__');
    const step = fc.oneof(
      fc.tuple(fc.constant('set' as const), name, fc.jsonValue()),
      fc.tuple(fc.constant('delete' as const), name),
      fc.tuple(fc.constantFrom('clear' as const, 'regenerate' as const, 'destroy' as const)),
    );
    const modes: (() => Partial<SessionsOptions>)[] = [() => ({}), () => ({ store: memoryStore() })];
    for (const mode of modes) {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 5 }), async (requests) => {
          const visitor = new Visitor(mode());
          const model = new Map<string, unknown>();
          for (const steps of requests) {
            await visitor.visit(
              loaded((session) => {
                for (const [what, key = '', value] of steps) {
                  if (what === 'set') session.set(key, value);
                  else if (what === 'delete') session.delete(key);
                  else session[what]();
                }
              }),
            );
            for (const [what, key = '', value] of steps) {
              if (what === 'set') model.set(key, value);
              else if (what === 'delete') model.delete(key);
              else if (what !== 'regenerate') model.clear();
            }
            for (const key of ['a', 'b', '__proto__']) {
              const expected = model.has(key) ? JSON.stringify(model.get(key)) : 'undefined';
              expect((await visitor.visit(loaded((session) => session.get(key)))).text).toBe(expected);
            }
            expect(visitor.cookie === undefined).toBe(model.size === 0);
          }
        }),
        { numRuns: 40 },
      );
    }
  });
});

describe('a cookie that is not ours is none', () => {
  it.each([1, 20, 60])(
    'with any character changed, left out or doubled (every %dth bit tried)',
    async (every) => {
      const visitor = new Visitor();
      await visitor.visit(login);
      const good = String(visitor.cookie);
      const start = 'session='.length;
      for (let at = start; at < good.length; at += every) {
        const character = good[at] as string;
        for (const changed of ['', character + character, character === 'A' ? 'B' : 'A', ';', '\xff']) {
          visitor.cookie = good.slice(0, at) + changed + good.slice(at + 1);
          // The last character of base64url has bits that say nothing.
          if (at === good.length - 1 && changed.length === 1 && changed !== ';' && changed !== '\xff')
            continue;
          expect([visitor.cookie, await visitor.says(read)]).toEqual([visitor.cookie, undefined]);
        }
      }
      visitor.cookie = good;
      expect(await visitor.says(read)).toBe('ann');
    },
  );

  it('cut at any length', async () => {
    const visitor = new Visitor();
    await visitor.visit(login);
    const good = String(visitor.cookie);
    for (let length = 0; length < good.length; length++) {
      visitor.cookie = good.slice(0, length);
      expect(await visitor.says(read)).toBeUndefined();
    }
  });

  it('twice, even if both are', async () => {
    const visitor = new Visitor();
    await visitor.visit(login);
    const good = String(visitor.cookie);
    for (const cookies of [`${good}; ${good}`, `session=x; ${good}`, `${good};session=x`]) {
      visitor.cookie = cookies;
      expect(await visitor.says(read)).toBeUndefined();
    }
    visitor.cookie = `a=b; ${good}; xsession=1`;
    expect(await visitor.says(read)).toBe('ann');
  });

  it('whatever it says', async () => {
    const visitor = new Visitor();
    const text = fc.string({ unit: fc.constantFrom(...'aA0.-_=;, \x00\xff"') });
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        visitor.cookie = `session=${value}`;
        expect(await visitor.says(read)).toBeUndefined();
      }),
    );
    visitor.cookie = `session=${'x'.repeat(100_000)}.1.${'x'.repeat(43)}`;
    expect(await visitor.says(read)).toBeUndefined();
  });

  it('of another name, or of http over https', async () => {
    const visitor = new Visitor({ name: 'one' });
    await visitor.visit(login);
    const value = String(visitor.cookie).slice('one='.length);
    visitor.change({ name: 'two' });
    visitor.cookie = `two=${value}`;
    expect(await visitor.says(read)).toBeUndefined();
    visitor.change({ name: 'one' });
    visitor.cookie = `__Host-one=${value}; one=${value}`;
    expect((await visitor.visit(read, { 'wsgi.url_scheme': 'https' })).text).toBe('undefined');
  });

  it('from the second of its end on', async () => {
    const visitor = new Visitor({ maxAgeSeconds: 10 });
    await visitor.visit(login);
    visitor.nowMs += 9_999;
    expect(await visitor.says(read)).toBe('ann');
    visitor.nowMs += 1;
    expect(await visitor.says(read)).toBeUndefined();
  });
});

it('an old secret is believed, and the new one signs', async () => {
  const visitor = new Visitor({ secret });
  await visitor.visit(login);
  visitor.change({ secret: [other, secret] });
  expect(await visitor.says(read)).toBe('ann');
  await visitor.visit((session) => {
    session.set('more', 1);
  });
  visitor.change({ secret: other });
  expect(await visitor.says(read)).toBe('ann');
  visitor.change({ secret });
  expect(await visitor.says(read)).toBeUndefined();
});

it('what no cookie holds is TOO_LARGE', async () => {
  const lengthWith = async (length: number): Promise<number> => {
    const reply = await new Visitor().visit((session) => session.set('a', 'x'.repeat(length)));
    return String(reply.header('set-cookie')).length;
  };
  // Three characters are four of base64.
  const most = Math.floor((4096 - (await lengthWith(3))) / 4) * 3 + 3;
  expect(await lengthWith(most)).toBeGreaterThan(4096 - 4);
  expect(await lengthWith(most)).toBeLessThanOrEqual(4096);
  await expect(lengthWith(most + 3)).rejects.toMatchObject({ name: 'SessionError', code: 'TOO_LARGE' });
});

it('what is no JSON is BAD_VALUE', async () => {
  const step: Step = (session) => {
    session.set('a', 1n);
  };
  await expect(new Visitor().visit(step)).rejects.toMatchObject({ code: 'BAD_VALUE' });
});

describe('once the response has begun', () => {
  it.each<[string, (session: Session) => void]>([
    ['set', (session) => session.set('a', 1)],
    ['delete', (session) => void session.delete('a')],
    ['clear', (session) => session.clear()],
    ['regenerate', (session) => session.regenerate()],
    ['destroy', (session) => session.destroy()],
  ])('%s is HEAD_SENT, and reading is not', async (_what, change) => {
    let error: unknown;
    const app = async function* (environ: Environ, startResponse: StartResponse) {
      const session = sessionOf(environ);
      startResponse('200 OK', []);
      session.set('user', 'ann');
      yield 'first';
      try {
        change(session);
      } catch (caught) {
        error = caught;
      }
      yield String(session.get('user'));
    };
    const reply = await call(sessions({ secret })(app));
    expect(error).toBeInstanceOf(SessionError);
    expect(error).toMatchObject({ code: 'HEAD_SENT' });
    // Changed behind startResponse, before the head went.
    expect(reply.all('set-cookie')).toHaveLength(1);
    expect(reply.text).toBe('firstann');
  });

  it('by write(), too', async () => {
    const app: Application = async (environ, startResponse) => {
      const write = startResponse('200 OK', []);
      sessionOf(environ).set('a', 1);
      await write('first');
      expect(() => sessionOf(environ).set('a', 2)).toThrow(SessionError);
      return ['second'];
    };
    const reply = await call(sessions({ secret })(app));
    expect([reply.text, reply.all('set-cookie').length]).toEqual(['firstsecond', 1]);
  });
});

it('an error page has the cookie once', async () => {
  const app: Application = (environ, startResponse) => {
    sessionOf(environ).set('a', 1);
    startResponse('200 OK', []);
    startResponse('500 Oh No', [], new Error('late'));
    return ['sorry'];
  };
  const reply = await call(sessions({ secret })(app));
  expect([reply.status, reply.all('set-cookie').length]).toEqual([500, 1]);
});

it('an application that throws keeps nothing', async () => {
  const store = new CountedStore();
  const app: Application = (environ) => {
    sessionOf(environ).set('a', 1);
    throw new Error('boom');
  };
  await expect(call(sessions({ secret, store })(app))).rejects.toThrow('boom');
  expect(store.calls).toEqual([]);
});

it('an application that answers at once still does, and a file stays one', async () => {
  const environ = setupTestingDefaults();
  const site = sessions({ secret, store: memoryStore() });
  expect(site(doing(login))(environ, () => () => Promise.resolve())).toEqual(['undefined']);
  const file = new FileWrapper({ close: () => Promise.resolve() } as never, 5);
  expect((await run(site(saying(() => file)), setupTestingDefaults())).body).toBe(file);
});

describe('rolling', () => {
  it.each([false, true])(
    'renews a session when a tenth of its time is over (store: %s)',
    async (hasStore) => {
      const visitor = new Visitor({ rolling: true, maxAgeSeconds: 100 });
      const clock = (): number => visitor.nowMs;
      if (hasStore) visitor.change({ store: memoryStore({ clock }) });
      await visitor.visit(login);
      visitor.nowMs += 9_000;
      expect((await visitor.visit(() => 'x')).all('set-cookie')).toEqual([]);
      visitor.nowMs += 1_000;
      expect((await visitor.visit(() => 'x')).header('set-cookie')).toContain('; Max-Age=100');
      for (let round = 0; round < 5; round++) {
        visitor.nowMs += 60_000;
        expect(await visitor.says(loaded(read))).toBe('ann');
      }
      visitor.nowMs += 100_000;
      expect(await visitor.says(loaded(read))).toBeUndefined();
    },
  );

  it('makes no session of none', async () => {
    const visitor = new Visitor({ rolling: true });
    expect((await visitor.visit(() => 'x')).headers).toEqual([['Content-Type', 'text/plain']]);
    visitor.cookie = 'session=x';
    expect((await visitor.visit(() => 'x')).headers).toEqual([['Content-Type', 'text/plain']]);
  });

  it('does not bring back what was destroyed', async () => {
    const visitor = new Visitor({ rolling: true, maxAgeSeconds: 100 });
    await visitor.visit(login);
    visitor.nowMs += 50_000;
    await visitor.visit((session) => session.destroy());
    expect(visitor.cookie).toBeUndefined();
  });
});

/** A store that answers later, and tells what it was asked. */
class CountedStore implements SessionStore {
  readonly calls: string[] = [];
  readonly kept = new Map<string, string>();

  async get(id: string): Promise<string | undefined> {
    this.calls.push('get');
    return this.kept.get(id);
  }

  async set(id: string, json: string, maxAgeSeconds: number): Promise<void> {
    this.calls.push(`set ${json} ${String(maxAgeSeconds)}`);
    this.kept.set(id, json);
  }

  async delete(id: string): Promise<void> {
    this.calls.push('delete');
    this.kept.delete(id);
  }
}

describe('a session in a store', () => {
  it('is named by its cookie, and read when it is loaded', async () => {
    const store = new CountedStore();
    const visitor = new Visitor({ store });
    await visitor.visit(login);
    const [id = ''] = store.kept.keys();
    expect(id).toMatch(/^[\w-]{32}$/);
    expect(visitor.cookie).toContain(`session=${id}.`);
    expect(await visitor.says(() => 'nobody looks')).toBe('nobody looks');
    expect(store.calls).toEqual(['set {"user":"ann"} 86400']);
    expect(await visitor.says(loaded(read))).toBe('ann');
    const twice: Step = (session) => Promise.all([session.load(), session.load()]);
    await visitor.visit(twice);
    expect(store.calls.slice(1)).toEqual(['get', 'get']);
  });

  it.each<[string, Step]>([
    ['get', read],
    ['set', login],
    ['has', (session) => session.has('a')],
    ['delete', (session) => session.delete('a')],
    ['regenerate', (session) => session.regenerate()],
  ])('that was not loaded is NOT_LOADED: %s', async (_what, step) => {
    const visitor = new Visitor({ store: new CountedStore() });
    await visitor.visit(login);
    await expect(visitor.visit(step)).rejects.toMatchObject({ code: 'NOT_LOADED' });
  });

  it('goes out when it is kept, and not before', async () => {
    const kept = gate();
    const store = new CountedStore();
    store.set = () => kept.promise;
    let isStarted = false;
    const body = new Pieces('first', 'second');
    const app = sessions({ secret, store })((environ, startResponse) => {
      sessionOf(environ).set('a', 1);
      startResponse('200 OK', []);
      return body;
    });
    const environ = setupTestingDefaults();
    const returned = app(environ, () => {
      isStarted = true;
      return () => Promise.resolve();
    });
    while (body.pulled === 0) await Promise.resolve();
    for (let round = 0; round < 50; round++) await Promise.resolve();
    expect(isStarted).toBe(false);
    kept.open();
    await returned;
    expect(isStarted).toBe(true);
    expect(body.pulled).toBe(1);
  });

  it.each(['get', 'set', 'delete'] as const)(
    'that fails to %s is an error, and the body is closed',
    async (method) => {
      const store = new CountedStore();
      const visitor = new Visitor({ store });
      await visitor.visit(login);
      Object.assign(store, { [method]: () => Promise.reject(new Error('down')) });
      const body = new Pieces('x');
      const app: Application = async (environ, startResponse) => {
        const session = sessionOf(environ);
        if (method === 'delete') session.destroy();
        else {
          await session.load();
          session.set('more', 1);
        }
        startResponse('200 OK', []);
        return body;
      };
      const site = sessions({ secret, store, clock: () => visitor.nowMs })(app);
      await expect(call(site, { HTTP_COOKIE: String(visitor.cookie) })).rejects.toThrow('down');
      expect(body.closes).toBe(method === 'get' ? 0 : 1);
    },
  );

  it('gets a new name where it is asked to, and the old one is worth nothing', async () => {
    const store = new CountedStore();
    const visitor = new Visitor({ store });
    await visitor.visit((session) => {
      session.set('cart', ['a']);
    });
    const planted = visitor.cookie;
    await visitor.visit(
      loaded((session) => {
        session.regenerate();
        session.set('user', 'ann');
      }),
    );
    expect(visitor.cookie).not.toBe(planted);
    expect(await visitor.says(loaded((session) => [session.get('user'), session.get('cart')]))).toEqual([
      'ann',
      ['a'],
    ]);
    expect(store.kept.size).toBe(1);
    visitor.cookie = planted;
    expect(await visitor.says(loaded(read))).toBeUndefined();
  });

  it('is destroyed unread, and its cookie with it', async () => {
    const store = new CountedStore();
    const visitor = new Visitor({ store });
    await visitor.visit(login);
    store.calls.length = 0;
    const reply = await visitor.visit((session) => session.destroy());
    expect(store.calls).toEqual(['delete']);
    expect(reply.header('set-cookie')).toBe('session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0');
    expect(store.kept.size).toBe(0);
  });

  it('that is over does not come back under its old name', async () => {
    const store = new CountedStore();
    const visitor = new Visitor({ store });
    await visitor.visit(login);
    const [old] = store.kept.keys();
    store.kept.clear();
    expect(await visitor.says(loaded(read))).toBeUndefined();
    await visitor.visit(loaded(login));
    expect([...store.kept.keys()]).not.toContain(old);
    expect(await visitor.says(loaded(read))).toBe('ann');
  });

  it.each(['[1]', '5', 'null', '{', ''])('that holds %j is empty', async (json) => {
    const store = new CountedStore();
    const visitor = new Visitor({ store });
    await visitor.visit(login);
    for (const id of store.kept.keys()) store.kept.set(id, json);
    expect(await visitor.says(loaded(read))).toBeUndefined();
  });

  it('that is cleared while it is loaded stays clear', async () => {
    const visitor = new Visitor({ store: new CountedStore() });
    await visitor.visit(login);
    const step: Step = async (session) => {
      const loading = session.load();
      session.clear();
      await loading;
      return session.has('user');
    };
    expect(await visitor.says(step)).toBe(false);
    expect(visitor.cookie).toBeUndefined();
  });
});

describe('memoryStore', () => {
  it('forgets what is over, and what was not used for longest', () => {
    let nowMs = 0;
    const store = memoryStore({ maxSessions: 2, clock: () => nowMs });
    const has = (id: string): boolean => store.get(id) !== undefined;
    void store.set('a', '{}', 10);
    void store.set('b', '{}', 20);
    expect(has('a')).toBe(true);
    void store.set('c', '{}', 20);
    expect([has('b'), has('a'), has('c')]).toEqual([false, true, true]);
    nowMs = 10_000;
    expect([has('a'), has('c')]).toEqual([false, true]);
    void store.delete('c');
    expect(has('c')).toBe(false);
  });

  it('refuses to hold nothing', () => {
    expect(() => memoryStore({ maxSessions: 0 })).toThrow(TypeError);
  });
});

it('over a wire a browser keeps its visits', async () => {
  const visits: Step = (session) => {
    session.set('visits', Number(session.get('visits') ?? 0) + 1);
    return session.get('visits');
  };
  const { address } = await serving(sessions({ secret })(doing(visits)));
  const first = await ask(address, 'GET /');
  const cookie = String(first.header('set-cookie')).split(';')[0];
  const second = await ask(address, 'GET /', `Cookie: ${String(cookie)}`);
  expect([first.body, second.body]).toEqual(['1', '2']);
});

it('sessionOf without sessions says so', () => {
  expect(() => sessionOf(setupTestingDefaults())).toThrow(TypeError);
});

it.each<[string, Partial<SessionsOptions>]>([
  ['a short secret', { secret: 'x'.repeat(31) }],
  ['a short one among others', { secret: [secret, 'short'] }],
  ['no secret', { secret: [] }],
  ['no secret at all', { secret: undefined as never }],
  ['a name that is no token', { name: 'a b' }],
  ['a time of nothing', { maxAgeSeconds: 0 }],
  ['a path that ends the cookie', { cookie: { path: '/; Domain=evil' } }],
  ['a path without slash', { cookie: { path: 'a' } }],
  ['a domain that ends the cookie', { cookie: { domain: 'a;b' } }],
  ['SameSite=None in the clear', { cookie: { sameSite: 'None', secure: false } }],
  ['another SameSite', { cookie: { sameSite: 'lax' as never } }],
])('%s is refused', (_what, options) => {
  expect(() => sessions({ secret, ...options })).toThrow(TypeError);
});
