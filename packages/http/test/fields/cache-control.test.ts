import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCacheControl, parseCacheControl, type CacheControl } from '@wirestack/http/fields';
import { expectRefused, fieldText, lowerToken, nearly, token, unwritableTexts } from './text.ts';

const nothing: CacheControl = {
  noCache: false,
  private: false,
  noStore: false,
  noTransform: false,
  onlyIfCached: false,
  mustRevalidate: false,
  mustUnderstand: false,
  proxyRevalidate: false,
  public: false,
  immutable: false,
  extensions: new Map(),
};

describe('parseCacheControl', () => {
  it.each<[string, Partial<CacheControl>]>([
    ['', {}],
    [',, ,', {}],
    ['max-age=3600', { maxAge: 3600 }],
    ['Max-Age="3600"', { maxAge: 3600 }],
    ['public, max-age=31536000, immutable', { public: true, maxAge: 31_536_000, immutable: true }],
    ['no-store,no-cache,must-revalidate', { noStore: true, noCache: true, mustRevalidate: true }],
    ['private, community="UCI"', { private: true, extensions: new Map([['community', 'UCI']]) }],
    ['no-cache="Set-Cookie, Authorization"', { noCache: ['set-cookie', 'authorization'] }],
    ['private=x-secret', { private: ['x-secret'] }],
    ['max-stale', { maxStale: Infinity }],
    ['max-stale=5, min-fresh=6, only-if-cached', { maxStale: 5, minFresh: 6, onlyIfCached: true }],
    ['s-maxage=1, proxy-revalidate, no-transform', { sMaxage: 1, proxyRevalidate: true, noTransform: true }],
    ['must-understand, no-store', { mustUnderstand: true, noStore: true }],
    ['stale-while-revalidate=30, stale-if-error=86400', { staleWhileRevalidate: 30, staleIfError: 86_400 }],
    [
      'a, B=c, d="e f"',
      {
        extensions: new Map([
          ['a', undefined],
          ['b', 'c'],
          ['d', 'e f'],
        ]),
      },
    ],
    ['__proto__=a', { extensions: new Map([['__proto__', 'a']]) }],
  ])('of %j', (value, expected) => {
    expect(parseCacheControl(value)).toEqual({ ...nothing, ...expected });
  });

  it('knows no directive that was not sent', () => {
    expect(parseCacheControl('')).toEqual(nothing);
    expect('maxAge' in parseCacheControl('max-stale=x, min-fresh=y')).toBe(false);
  });

  it.each([
    'max-age',
    'max-age=',
    'max-age=x',
    'max-age=-1',
    'max-age=1.5',
    'max-age="1 "',
    'max-age=1 2',
    'max-age= 5',
    'max-age="5',
    'max-age=0x10',
  ])('takes %j for stale', (value) => {
    expect(parseCacheControl(value).maxAge).toBe(0);
    expect(parseCacheControl(value.replace('max-age', 's-maxage')).sMaxage).toBe(0);
  });

  it('does not stretch freshness by a number that is none', () => {
    for (const name of ['max-stale', 'min-fresh', 'stale-while-revalidate', 'stale-if-error']) {
      for (const argument of ['=x', '="5', '=-1', '=']) {
        expect(parseCacheControl(name + argument)).toEqual(nothing);
      }
    }
    expect(parseCacheControl('min-fresh, stale-if-error, stale-while-revalidate')).toEqual(nothing);
  });

  it('lets the first of two times count, even if it is none', () => {
    expect(parseCacheControl('max-age=1, max-age=2').maxAge).toBe(1);
    expect(parseCacheControl('max-age=x, max-age=2').maxAge).toBe(0);
    expect(parseCacheControl('max-stale=x, max-stale=2').maxStale).toBe(2);
  });

  it('takes what no clock counts to for 2^31 seconds', () => {
    for (const number of ['2147483648', '2147483649', '99999999999999999999', '9'.repeat(400)]) {
      expect(parseCacheControl(`max-age=${number}`).maxAge).toBe(2_147_483_648);
    }
    expect(parseCacheControl('max-age=2147483647').maxAge).toBe(2_147_483_647);
  });

  it('widens no-cache and private, never narrows them', () => {
    expect(parseCacheControl('private=a, private=b, private="A"').private).toEqual(['a', 'b']);
    expect(parseCacheControl('private=a, private').private).toBe(true);
    expect(parseCacheControl('private, private=a').private).toBe(true);
    for (const argument of ['=', '=""', '="a b"', '="a', '="a"b', '=","']) {
      expect(parseCacheControl(`private${argument}`).private).toBe(true);
    }
  });

  it('reads thousands of fields, each once', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `x${String(i)}`);
    const value = [...names, ...names].map((name) => `private=${name}`).join();
    expect(parseCacheControl(value).private).toEqual(names);
  });

  it.each([
    '@@@, private',
    'private, "x',
    '"a, private',
    'no-cache="a, private',
    'x="a"b, private',
    'max-age==, private',
    '=, private',
    '/,private',
    'a b, private',
  ])('finds private in %j in spite of what is malformed', (value) => {
    expect(parseCacheControl(value).private).toBe(true);
  });

  it('counts malformed prohibitions, not malformed permissions', () => {
    expect(parseCacheControl('no-store x, must-revalidate="').noStore).toBe(true);
    expect(parseCacheControl('no-store x, must-revalidate="').mustRevalidate).toBe(true);
    expect(parseCacheControl('public x, immutable=, must-understand x')).toEqual(nothing);
    expect(parseCacheControl('a b, c=, d=" , e').extensions).toEqual(new Map([['e', undefined]]));
  });

  it('reads no directive out of a quoted string', () => {
    expect(parseCacheControl('a="private, max-age=5, \\", public"')).toEqual({
      ...nothing,
      extensions: new Map([['a', 'private, max-age=5, ", public']]),
    });
  });

  it('answers whatever it is given', () => {
    fc.assert(
      fc.property(nearly('ab=,"\\ ;-1'), (value) => {
        expect(parseCacheControl(`${value}\\",", no-store`).noStore).toBe(true);
      }),
    );
  });

  it('is what formatCacheControl wrote', () => {
    const seconds = fc.integer({ min: 0, max: 2_147_483_648 });
    const names = fc.uniqueArray(
      token.map((name) => name.toLowerCase()),
      { minLength: 1, maxLength: 3 },
    );
    const scope = fc.oneof(fc.boolean(), names);
    const flag = fc.boolean();
    const own = lowerToken.map((name) => `x-${name}`);
    const model: fc.Arbitrary<CacheControl> = fc.record(
      {
        maxAge: seconds,
        sMaxage: seconds,
        maxStale: fc.oneof(seconds, fc.constant(Infinity)),
        minFresh: seconds,
        staleWhileRevalidate: seconds,
        staleIfError: seconds,
        noCache: scope,
        private: scope,
        noStore: flag,
        noTransform: flag,
        onlyIfCached: flag,
        mustRevalidate: flag,
        mustUnderstand: flag,
        proxyRevalidate: flag,
        public: flag,
        immutable: flag,
        extensions: fc
          .uniqueArray(fc.tuple(own, fc.option(fieldText, { nil: undefined })), {
            selector: ([name]) => name,
            maxLength: 3,
          })
          .map((pairs) => new Map(pairs)),
      },
      {
        requiredKeys: [
          ...(['noCache', 'private', 'noStore', 'noTransform', 'onlyIfCached', 'mustRevalidate'] as const),
          ...(['mustUnderstand', 'proxyRevalidate', 'public', 'immutable', 'extensions'] as const),
        ],
      },
    );
    fc.assert(
      fc.property(model, (directives) => {
        expect(parseCacheControl(formatCacheControl(directives))).toEqual(directives);
      }),
    );
  });
});

describe('formatCacheControl', () => {
  it('writes what is there', () => {
    expect(formatCacheControl({})).toBe('');
    expect(formatCacheControl({ maxAge: 60, public: true, noStore: false })).toBe('max-age=60, public');
    expect(formatCacheControl({ noCache: ['set-cookie', 'a'], private: true, maxStale: Infinity })).toBe(
      'max-stale, no-cache="set-cookie, a", private',
    );
    expect(
      formatCacheControl({
        extensions: new Map([
          ['a', undefined],
          ['b', 'c'],
          ['d', 'e f'],
        ]),
      }),
    ).toBe('a, b=c, d="e f"');
  });

  it.each([NaN, -1, 1.5, Infinity, '1' as unknown as number])('refuses %j seconds', (seconds) => {
    expectRefused(() => formatCacheControl({ maxAge: seconds }));
    expectRefused(() => formatCacheControl({ staleIfError: seconds }));
  });

  it('refuses a list of no fields, which would mean all of them', () => {
    expectRefused(() => formatCacheControl({ private: [] }));
    expectRefused(() => formatCacheControl({ noCache: [] }));
  });

  it.each(unwritableTexts)('refuses %j wherever text can stand', (text) => {
    expectRefused(() => formatCacheControl({ private: [text] }));
    expectRefused(() => formatCacheControl({ noCache: ['a', text] }));
    expectRefused(() => formatCacheControl({ extensions: new Map([[text, undefined]]) }));
    expectRefused(() => formatCacheControl({ extensions: new Map([['a', text]]) }));
  });

  it('refuses an extension that is a directive, or stands twice', () => {
    expectRefused(() => formatCacheControl({ extensions: new Map([['Max-Age', '5']]) }));
    expectRefused(() => formatCacheControl({ extensions: new Map([['no-store', undefined]]) }));
    expectRefused(() =>
      formatCacheControl({
        extensions: new Map([
          ['a', '1'],
          ['A', '2'],
        ]),
      }),
    );
  });
});
