import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSetCookie } from '../../../src/client/cookies/set-cookie.ts';
import { longShapes, nearly } from '../../fields/text.ts';

const now = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const read = (text: string) => parseSetCookie(text, now);

describe('parseSetCookie: the pair', () => {
  it.each([
    ['a=b', 'a', 'b'],
    [' a = b ', 'a', 'b'],
    ['a=', 'a', ''],
    ['a=b=c', 'a', 'b=c'],
    ['a="b"', 'a', '"b"'],
    ['a=b c', 'a', 'b c'],
    ['a=b;c=d', 'a', 'b'],
    ['a=\xe9', 'a', '\xe9'],
    ['a b=c', 'a b', 'c'],
    ['__proto__=x', '__proto__', 'x'],
    ['a=b\t; Secure', 'a', 'b'],
  ])('of %j is %j and %j', (text, name, value) => {
    expect(read(text)).toMatchObject({ name, value });
  });

  it.each([
    '',
    ';',
    '=',
    '=b',
    'a',
    ' =b',
    'a;b=c',
    'a=b\nc',
    'a=b\0',
    'a=b; Path=/\r',
    'a=\u0100',
    'a=\x7f',
  ])('of %j is none', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it('may have 4096 octets, and an attribute 1024', () => {
    expect(read(`ab=${'x'.repeat(4094)}`)?.value).toHaveLength(4094);
    expect(read(`ab=${'x'.repeat(4095)}`)).toBeUndefined();
    expect(read(`a=b; Path=/${'x'.repeat(1023)}`)?.path).toHaveLength(1024);
    expect(read(`a=b; Path=/${'x'.repeat(1024)}`)?.path).toBeUndefined();
    expect(read(`a=b; Path=/x; Path=/${'x'.repeat(1024)}`)?.path).toBe('/x');
  });
});

describe('parseSetCookie: attributes', () => {
  const plain = {
    name: 'a',
    value: 'b',
    expiresAt: undefined,
    domain: '',
    path: undefined,
    isSecure: false,
    isHttpOnly: false,
    sameSite: undefined,
  };

  it.each([
    ['', {}],
    ['; Secure; HttpOnly', { isSecure: true, isHttpOnly: true }],
    [';secure=false;HTTPONLY=0', { isSecure: true, isHttpOnly: true }],
    ['; Domain=Example.COM', { domain: 'example.com' }],
    ['; Domain=.example.com', { domain: 'example.com' }],
    ['; Domain=..example.com', { domain: '.example.com' }],
    ['; Domain=a; Domain=', {}],
    ['; Domain', {}],
    ['; Path=/x', { path: '/x' }],
    ['; Path=x', {}],
    ['; Path=/x; Path', {}],
    ['; path = /x y ', { path: '/x y' }],
    ['; SameSite=strict', { sameSite: 'Strict' }],
    ['; SameSite=LAX', { sameSite: 'Lax' }],
    ['; SameSite=None', { sameSite: 'None' }],
    ['; SameSite=Other', {}],
    ['; Partitioned; Priority=High; ; =x', {}],
    ['; Max-Age=10', { expiresAt: now + 10_000 }],
    ['; Max-Age=0', { expiresAt: 0 }],
    ['; Max-Age=-5', { expiresAt: 0 }],
    ['; Max-Age=1.5', {}],
    ['; Max-Age=', {}],
    ['; Max-Age=-', {}],
    ['; Max-Age=+5', {}],
    ['; Max-Age=10; Max-Age=20', { expiresAt: now + 20_000 }],
    ['; Max-Age=10; Max-Age=x', { expiresAt: now + 10_000 }],
    ['; Max-Age=99999999999999999999', { expiresAt: now + 400 * dayMs }],
    ['; Expires=Thu, 15 Jan 2026 00:00:00 GMT', { expiresAt: now + 14 * dayMs }],
    ['; Expires=never', {}],
    ['; Expires=Thu, 15 Jan 2026 00:00:00 GMT; Expires=never', { expiresAt: now + 14 * dayMs }],
    ['; Expires=Fri, 01 Jan 2100 00:00:00 GMT', { expiresAt: now + 400 * dayMs }],
    ['; Expires=Thu, 01 Jan 1970 00:00:00 GMT', { expiresAt: 0 }],
    ['; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=10', { expiresAt: now + 10_000 }],
    ['; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT', { expiresAt: now + 10_000 }],
    ['; Max-Age=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT', { expiresAt: 0 }],
    ['; __proto__=x; constructor', {}],
  ])('%j', (attributes, parts) => {
    expect(read(`a=b${attributes}`)).toEqual({ ...plain, ...parts });
  });

  it('read anything, and give what a field can hold', () => {
    fc.assert(
      fc.property(nearly('aA=;, \t"/.-1Max-AgExpiresPathDomain'), (text) => {
        const cookie = read(text);
        if (cookie === undefined) return;
        expect(`${cookie.name}${cookie.value}`).not.toMatch(/;|^[\t ]|[\t ]$/);
        expect(cookie.name).not.toContain('=');
        expect(cookie.path ?? '/').toMatch(/^\//);
      }),
    );
  });

  it('read long shapes of any kind', () => {
    for (const shape of longShapes)
      expect(read(`a=b;${shape}`)).toMatchObject({ name: 'a', value: 'b', domain: '' });
  });
});
