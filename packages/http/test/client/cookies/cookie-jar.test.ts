import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CookieJar, type Cookie } from '../../../src/client/cookies/index.ts';

const start = Date.UTC(2026, 0, 1);

/** What is sent to `asked` after `from` has set these. */
function sent(from: string, asked: string, ...setCookies: readonly string[]): string | undefined {
  const jar = new CookieJar({ now: () => start });
  for (const setCookie of setCookies) jar.set(setCookie, from);
  return jar.header(asked);
}

describe('a cookie’s domain', () => {
  it.each([
    ['http://a.example.com/', '', 'http://a.example.com/', true],
    ['http://a.example.com/', '', 'http://A.EXAMPLE.com:8080/', true],
    ['http://a.example.com/', '', 'http://b.a.example.com/', false],
    ['http://a.example.com/', '', 'http://example.com/', false],
    ['http://a.example.com/', 'Domain=example.com', 'http://example.com/', true],
    ['http://a.example.com/', 'Domain=.Example.com', 'http://x.y.example.com/', true],
    ['http://a.example.com/', 'Domain=example.com', 'http://badexample.com/', false],
    ['http://a.example.com/', 'Domain=example.com', 'http://example.com.evil/', false],
    ['http://a.example.com/', 'Domain=a.example.com', 'http://b.a.example.com/', true],
    ['http://a.example.com/', 'Domain=b.example.com', 'http://a.example.com/', false],
    ['http://a.example.com/', 'Domain=b.a.example.com', 'http://b.a.example.com/', false],
    ['http://a.example.com/', 'Domain=other.org', 'http://other.org/', false],
    ['http://a.example.com/', 'Domain=ample.com', 'http://ample.com/', false],
    ['http://a.example.com/', 'Domain=example.com.', 'http://a.example.com/', false],
    ['http://a.example.com./', 'Domain=example.com.', 'http://b.example.com./', false],
    ['http://a.example.com/', 'Domain=..example.com', 'http://a.example.com/', false],
    ['http://a.example.com/', 'Domain=*', 'http://a.example.com/', false],
    ['http://a.example.com/', 'Domain=', 'http://a.example.com/', true],
    ['http://xn--bcher-kva.example/', 'Domain=xn--bcher-kva.example', 'http://b\u00fccher.example/', true],
  ])('of %s with %j: sent to %s: %s', (from, attribute, asked, isSent) => {
    expect(sent(from, asked, `a=b; ${attribute}`)).toBe(isSent ? 'a=b' : undefined);
  });

  it.each([
    ['http://shop.co.uk/', 'co.uk', false],
    ['http://shop.co.uk/', 'uk', false],
    ['http://shop.co.uk/', 'shop.co.uk', true],
    ['http://example.com/', 'com', false],
    ['http://me.github.io/', 'github.io', false],
    ['http://me.github.io/', 'me.github.io', true],
    ['http://x.c.kobe.jp/', 'c.kobe.jp', false],
    ['http://x.city.kobe.jp/', 'city.kobe.jp', true],
    ['http://b.s3.amazonaws.com/', 's3.amazonaws.com', false],
    ['http://printer.internal/', 'internal', false],
    ['http://a.b.internal/', 'b.internal', true],
    ['http://a.localhost/', 'localhost', false],
    ['http://a.xn--p1ai/', 'xn--p1ai', false],
  ])('of %s may be %s: %s', (from, domain, isTaken) => {
    expect(sent(from, from, `a=b; Domain=${domain}`)).toBe(isTaken ? 'a=b' : undefined);
  });

  it.each(['http://github.io/', 'http://localhost/', 'http://co.uk/'])(
    'is the host alone where %s itself is open to all',
    (url) => {
      const jar = new CookieJar();
      expect(jar.set(`a=b; Domain=${new URL(url).hostname}`, url)).toMatchObject({ isHostOnly: true });
      expect(jar.header(url)).toBe('a=b');
      expect(jar.header(url.replace('//', '//me.'))).toBeUndefined();
    },
  );

  it.each([
    ['http://127.0.0.1/', '127.0.0.1', true],
    ['http://127.0.0.1/', '0.0.1', false],
    ['http://127.0.0.1/', '1', false],
    ['http://127.1/', '127.0.0.1', true],
    ['http://[::1]/', '[::1]', false],
    ['http://[::1]/', '', true],
    ['http://[::1]/', '::1', true],
  ])('of the address %s may be %j: %s', (url, domain, isTaken) => {
    expect(sent(url, url, `a=b; Domain=${domain}`)).toBe(isTaken ? 'a=b' : undefined);
  });
});

describe('a cookie’s path', () => {
  it.each([
    ['http://a/x/y', '', 'http://a/x/z', true],
    ['http://a/x/y', '', 'http://a/x', true],
    ['http://a/x/y?q=/z/', '', 'http://a/x', true],
    ['http://a/x/y', '', 'http://a/', false],
    ['http://a/x/y', '', 'http://a/xy', false],
    ['http://a/x', '', 'http://a/', true],
    ['http://a', '', 'http://a/z', true],
    ['http://a/x/', '', 'http://a/x/y', true],
    ['http://a/', 'Path=/x', 'http://a/x', true],
    ['http://a/', 'Path=/x', 'http://a/x/y?q', true],
    ['http://a/', 'Path=/x', 'http://a/xy', false],
    ['http://a/', 'Path=/x', 'http://a/X', false],
    ['http://a/', 'Path=/x/', 'http://a/x', false],
    ['http://a/', 'Path=/x/', 'http://a/x/', true],
    ['http://a/x/y', 'Path=/elsewhere', 'http://a/elsewhere', true],
    ['http://a/x/y', 'Path=relative', 'http://a/x/z', true],
  ])('of %s with %j: sent to %s: %s', (from, attribute, asked, isSent) => {
    expect(sent(from, asked, `a=b; ${attribute}`)).toBe(isSent ? 'a=b' : undefined);
  });
});

describe('a secure cookie', () => {
  it.each([
    ['https://a/', 'https://a/', true],
    ['https://a/', 'http://a/', false],
    ['http://a/', 'https://a/', false],
    ['http://localhost:8080/', 'http://localhost:8080/', true],
    ['http://x.localhost/', 'http://x.localhost/', true],
    ['http://127.0.0.1/', 'http://127.0.0.1/', true],
    ['http://[::1]/', 'http://[::1]/', true],
    ['http://128.0.0.1/', 'http://128.0.0.1/', false],
    ['http://127.evil.com/', 'http://127.evil.com/', false],
  ])('set by %s is sent to %s: %s', (from, asked, isSent) => {
    expect(sent(from, asked, 'a=b; Secure')).toBe(isSent ? 'a=b' : undefined);
  });

  it('is not overlaid in clear, but for another name or path', () => {
    const jar = new CookieJar();
    jar.set('a=secret; Secure; Domain=example.com; Path=/x', 'https://example.com/');
    expect(jar.set('a=evil; Path=/x', 'http://example.com/')).toBeUndefined();
    expect(jar.set('a=evil; Path=/x/y', 'http://www.example.com/')).toBeUndefined();
    expect(jar.set('a=; Max-Age=0; Path=/x; Domain=example.com', 'http://example.com/')).toBeUndefined();
    expect(jar.set('b=fine; Path=/x', 'http://example.com/')).toBeDefined();
    expect(jar.set('a=fine; Path=/', 'http://example.com/')).toBeDefined();
    expect(jar.set('a=fine; Path=/x', 'http://example.org/')).toBeDefined();
    expect(jar.header('https://example.com/x')).toBe('a=secret; b=fine; a=fine');
    expect(jar.set('a=new; Path=/x; Domain=example.com', 'https://example.com/')).toBeDefined();
    expect(jar.header('https://example.com/x')).toBe('a=new; b=fine; a=fine');
  });

  it.each([
    ['__Secure-a=b; Secure', 'https://a.example/', true],
    ['__Secure-a=b', 'https://a.example/', false],
    ['__secure-a=b', 'https://a.example/', false],
    ['__Secure-a=b; Secure', 'http://a.example/', false],
    ['__Secure-a=b; Secure; Domain=a.example; Path=/x', 'https://a.example/', true],
    ['__Host-a=b; Secure; Path=/', 'https://a.example/', true],
    ['__Host-a=b; Secure', 'https://a.example/', false],
    ['__Host-a=b; Path=/', 'https://a.example/', false],
    ['__Host-a=b; Secure; Path=/x', 'https://a.example/', false],
    ['__HOST-a=b; Secure; Path=/; Domain=a.example', 'https://a.example/', false],
    ['__Host-a=b; Secure; Path=/; Domain=', 'https://a.example/', true],
  ])('keeps the promise of its name: %s from %s: %s', (setCookie, url, isTaken) => {
    expect(new CookieJar().set(setCookie, url) !== undefined).toBe(isTaken);
  });
});

describe('a cookie’s time', () => {
  it('ends with its expiry, and not before', () => {
    let now = start;
    const jar = new CookieJar({ now: () => now });
    jar.set('a=1; Max-Age=10', 'http://x/');
    jar.set('b=2; Expires=Thu, 01 Jan 2026 00:00:20 GMT', 'http://x/');
    jar.set('c=3', 'http://x/');
    now += 9999;
    expect(jar.header('http://x/')).toBe('a=1; b=2; c=3');
    now += 1;
    expect(jar.header('http://x/')).toBe('b=2; c=3');
    now += 10_000;
    expect([jar.header('http://x/'), jar.size]).toEqual(['c=3', 1]);
  });

  it('is over where the server says so', () => {
    const jar = new CookieJar({ now: () => start });
    jar.set('a=1; Path=/x', 'http://a/');
    expect(jar.set('a=; Max-Age=0', 'http://a/')).toBeUndefined();
    expect(jar.header('http://a/x')).toBe('a=1');
    jar.set('a=; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'http://a/');
    expect([jar.header('http://a/x'), jar.size]).toEqual([undefined, 0]);
  });

  it('is kept from the first value on, and gone with it', () => {
    let now = start;
    const jar = new CookieJar({ now: () => now });
    jar.set('a=1; Max-Age=10', 'http://a/');
    now += 5000;
    expect(jar.set('a=2; Max-Age=10', 'http://a/')).toBeDefined();
    expect([...jar]).toMatchObject([{ value: '2', createdAt: start, expiresAt: start + 15_000 }]);
    now += 20_000;
    jar.set('a=3', 'http://a/');
    expect([...jar]).toMatchObject([{ value: '3', createdAt: start + 25_000 }]);
  });

  it('ends with the session, unless it has its own', () => {
    const jar = new CookieJar({ now: () => start });
    jar.set('a=1', 'http://a/');
    jar.set('b=2; Max-Age=10', 'http://a/');
    jar.endSession();
    expect(jar.header('http://a/')).toBe('b=2');
  });
});

describe('the order of sending', () => {
  it('is the longer path first, then the older cookie; a new value keeps its place', () => {
    const cookies = ['a=1; Path=/', 'b=2; Path=/x/y', 'c=3; Path=/x', 'd=4; Path=/x/y', 'a=5; Path=/'];
    expect(sent('http://a.example/', 'http://a.example/x/y', ...cookies)).toBe('b=2; d=4; c=3; a=5');
    expect(sent('http://a.example/', 'http://a.example/', 'z=1; Domain=a.example', 'y=2', 'z=3')).toBe(
      'z=1; y=2; z=3',
    );
  });
});

describe('limits of a jar', () => {
  const names = (jar: CookieJar): string[] => Array.from(jar, ({ name }) => name);
  const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${String(i)}`);

  it('are 50 for a domain and 3000 for all', () => {
    const jar = new CookieJar();
    for (const name of numbered(60)) jar.set(`${name}=x`, 'http://a/');
    expect(names(jar)).toEqual(numbered(60).slice(10));
    for (let i = 0; i < 3100; i++) jar.set('a=b', `http://h${String(i)}.example/`);
    expect(jar.size).toBe(3000);
    expect(jar.header('http://h0.example/')).toBeUndefined();
    expect(jar.header('http://h3099.example/')).toBe('a=b');
  });

  it('spare what was used last', () => {
    const jar = new CookieJar({ maxPerDomain: 3 });
    for (const name of ['a', 'b', 'c']) jar.set(`${name}=x; Path=/${name}`, 'http://a/');
    jar.get('http://a/a');
    jar.set('d=x', 'http://a/');
    expect(names(jar)).toEqual(['a', 'c', 'd']);
  });

  it('take first what has expired, then what goes in clear', () => {
    let now = start;
    const jar = new CookieJar({ maxPerDomain: 3, now: () => now });
    jar.set('a=x; Secure', 'https://a/');
    jar.set('b=x', 'https://a/');
    jar.set('c=x; Max-Age=1', 'https://a/');
    now += 2000;
    jar.set('d=x', 'https://a/');
    expect(names(jar)).toEqual(['a', 'b', 'd']);
    jar.set('e=x', 'https://a/');
    expect(names(jar)).toEqual(['a', 'd', 'e']);
  });

  it('are per domain: a neighbour pushes nothing out', () => {
    const jar = new CookieJar({ maxPerDomain: 2 });
    jar.set('mine=x', 'http://a.example.com/');
    for (const name of numbered(5)) jar.set(`${name}=x; Domain=example.com`, 'http://b.example.com/');
    expect(jar.header('http://a.example.com/')).toBe('mine=x; c3=x; c4=x');
  });
});

describe('a jar', () => {
  it('is cleared whole, or of a domain and those below', () => {
    const jar = new CookieJar();
    for (const host of ['a.example.com', 'example.com', 'example.org']) jar.set('a=b', `http://${host}/`);
    jar.clear('Example.com');
    expect(Array.from(jar, ({ domain }) => domain)).toEqual(['example.org']);
    jar.clear();
    expect([jar.size, [...jar]]).toEqual([0, []]);
  });

  it('keeps all that it was told', () => {
    const jar = new CookieJar({ now: () => start });
    jar.set(
      'a=b; Domain=example.com; Path=/x; Max-Age=5; Secure; HttpOnly; SameSite=Lax; Partitioned',
      'https://www.example.com/',
    );
    expect([...jar]).toEqual([
      {
        name: 'a',
        value: 'b',
        domain: 'example.com',
        isHostOnly: false,
        path: '/x',
        expiresAt: start + 5000,
        isSecure: true,
        isHttpOnly: true,
        sameSite: 'Lax',
        createdAt: start,
      },
    ]);
  });

  it('comes back out of JSON as it went in, without what has expired', () => {
    let now = start;
    const jar = new CookieJar({ now: () => now });
    jar.set('a=1; Max-Age=10; Secure; SameSite=Strict', 'https://example.com/x/y');
    jar.set('b=2; Domain=example.com', 'https://www.example.com/');
    jar.set('c=3; Max-Age=5', 'https://example.com/');
    jar.set('__proto__=4', 'https://example.com/');
    const text = JSON.stringify(jar);
    now += 5000;
    const again = CookieJar.fromJSON(JSON.parse(text), { now: () => now });
    expect([...again]).toEqual([...jar]);
    expect(again.header('https://example.com/x/y')).toBe('a=1; b=2; __proto__=4');
    expect(again.size).toBe(3);
  });

  const good: Cookie = {
    name: 'a',
    value: 'b',
    domain: 'example.com',
    isHostOnly: true,
    path: '/',
    expiresAt: undefined,
    isSecure: false,
    isHttpOnly: false,
    sameSite: undefined,
    createdAt: 0,
  };

  it.each([
    {},
    null,
    'a=b',
    [null],
    [{}],
    [{ ...good, name: '' }],
    [{ ...good, name: 'a=b' }],
    [{ ...good, value: 'b; c=d' }],
    [{ ...good, value: 'b\r\nX: y' }],
    [{ ...good, value: '\u0100' }],
    [{ ...good, path: 1 }],
    [{ ...good, createdAt: '0' }],
    [{ ...good, expiresAt: 'never' }],
    [{ ...good, sameSite: 'x' }],
    [{ ...good, isSecure: 'no' }],
    [{ ...good, isHostOnly: undefined }],
  ])('takes no such JSON: %j', (json) => {
    expect(() => CookieJar.fromJSON(json)).toThrow(
      expect.objectContaining({ name: 'HttpUsageError', code: 'BAD_FIELD' }),
    );
    expect([...CookieJar.fromJSON([{ ...good, more: 'x' }])]).toEqual([good]);
  });

  it('sends to a host only what it, or a domain above it, has set: against a model', () => {
    const host = fc.constantFrom(
      'example.com',
      'a.example.com',
      'b.a.example.com',
      'c.example.com',
      'example.org',
      '127.0.0.1',
    );
    const domain = fc.constantFrom('', 'example.com', 'a.example.com', 'com', '0.0.1', '127.0.0.1');
    const setting = fc.record({
      host,
      domain,
      path: fc.constantFrom('/', '/x', '/x/y'),
      isSecure: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(setting, { maxLength: 8 }),
        host,
        fc.constantFrom('/', '/x', '/x/z'),
        (settings, asked, path) => {
          const jar = new CookieJar();
          const expected = new Set<string>();
          settings.forEach((one, i) => {
            const isWithin = (inner: string, outer: string): boolean =>
              inner === outer || (inner.endsWith(`.${outer}`) && inner !== '127.0.0.1');
            jar.set(
              `c${String(i)}=x; Path=${one.path}${one.domain && `; Domain=${one.domain}`}${one.isSecure ? '; Secure' : ''}`,
              `https://${one.host}/`,
            );
            const mayBeSet = one.domain === '' || (one.domain !== 'com' && isWithin(one.host, one.domain));
            const isForHost = one.domain === '' ? asked === one.host : isWithin(asked, one.domain);
            const isForPath = path === one.path || one.path === '/' || path.startsWith(`${one.path}/`);
            const isForScheme = !one.isSecure || asked === '127.0.0.1';
            if (mayBeSet && isForHost && isForPath && isForScheme) expected.add(`c${String(i)}`);
          });
          expect(new Set(jar.get(`http://${asked}${path}`).map(({ name }) => name))).toEqual(expected);
        },
      ),
    );
  });
});
