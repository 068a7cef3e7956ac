import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run, setupTestingDefaults } from '@wirestack/gateway';
import { fromFetch, installLightGlobals } from '../../../src/adapters/fetch/index.ts';

type BodyInit = NonNullable<ConstructorParameters<typeof Response>[0]>;

const native = { Response, Request, fetch };

describe('installLightGlobals', () => {
  let undo: () => void;
  beforeEach(() => {
    undo = installLightGlobals();
  });
  afterEach(() => {
    undo();
    expect({ Response, Request, fetch }).toEqual(native);
  });

  test('is undone by the last that undoes it, once each', () => {
    const undoSecond = installLightGlobals();
    expect(Response).not.toBe(native.Response);
    undoSecond();
    undoSecond();
    expect(Response).not.toBe(native.Response);
    undo();
    expect(Response).toBe(native.Response);
  });

  test('leaves what somebody else has put there since', () => {
    const other = (): Promise<Response> => Promise.resolve(new Response());
    globalThis.fetch = other;
    undo();
    expect([Response, globalThis.fetch]).toEqual([native.Response, other]);
    globalThis.fetch = native.fetch;
  });

  test('keeps instanceof true, for both kinds and for classes made of them', () => {
    const light = new Response('x');
    const own = new native.Response('x');
    for (const response of [light, own]) {
      expect(response instanceof Response).toBe(true);
      expect(response instanceof native.Response).toBe(true);
    }
    class Mine extends Response {}
    expect(new Mine('x') instanceof Mine).toBe(true);
    expect([light instanceof Mine, own instanceof Mine]).toEqual([false, false]);
    class MyRequest extends Request {}
    const request = new Request('http://a/');
    expect([request instanceof Request, request instanceof native.Request]).toEqual([true, true]);
    expect([new MyRequest('http://a/') instanceof MyRequest, request instanceof MyRequest]).toEqual([
      true,
      false,
    ]);
    expect(Request.name).toBe('Request');
  });

  /** What the platform's own says, the light one says. */
  const inits: [string, BodyInit | null, ResponseInit | undefined][] = [
    ['nothing', null, undefined],
    ['text', 'hällo \ud800', undefined],
    ['bytes', new Uint8Array([1, 255]), undefined],
    ['a buffer', new Uint8Array([1, 2]).buffer, undefined],
    ['parameters', new URLSearchParams('a=b'), undefined],
    ['a status', 'x', { status: 404, statusText: 'No' }],
    ['fields of an object', 'x', { headers: { 'X-A': 'b', 'Content-Type': 'text/css' } }],
    ['the same field twice', 'x', { headers: { 'X-A': 'b', 'x-a': 'c' } }],
    ['spaces around a value', 'x', { headers: { 'X-A': ' b\t' } }],
    ['an empty value', 'x', { headers: { 'X-A': '' } }],
    [
      'fields of pairs',
      'x',
      {
        headers: [
          ['Set-Cookie', 'a'],
          ['Set-Cookie', 'b'],
        ],
      },
    ],
    [
      'fields of Headers',
      'x',
      {
        headers: new Headers([
          ['Set-Cookie', 'a'],
          ['Set-Cookie', 'b'],
        ]),
      },
    ],
    ['no fields', 'x', { headers: {} }],
  ];
  test.each(inits)('made of %s, it says what the platform’s own says', async (_name, body, init) => {
    const light = new Response(body, init);
    const own = new native.Response(body, init);
    const said = ({ status, statusText, ok, headers, type, url, redirected, bodyUsed }: Response) => ({
      ...{ status, statusText, ok, type, url, redirected, bodyUsed },
      headers: [...headers],
    });
    expect(said(light)).toEqual(said(own));
    expect(said(light.clone())).toEqual(said(own));
    expect(light.body === null).toBe(own.body === null);
    expect(await light.text()).toBe(await own.text());
    expect(light.bodyUsed).toBe(own.bodyUsed);
  });

  test('refuses what the platform’s own refuses', () => {
    const wrong: [BodyInit | null, ResponseInit][] = [
      ['x', { status: 204 }],
      [null, { status: 199 }],
      [null, { status: 600 }],
      [null, { status: 1.5e9 }],
      ['x', { statusText: 'a\nb' }],
      ['x', { headers: { 'no name': 'x' } }],
      ['x', { headers: { a: 'b\0c' } }],
      ['x', { headers: { a: 'ł' } }],
    ];
    for (const [body, init] of wrong) {
      expect(() => new native.Response(body, init)).toThrow();
      expect(() => new Response(body, init)).toThrow();
    }
  });

  test('reads its body in every way, once', async () => {
    const read: ((response: Response) => Promise<unknown>)[] = [
      (one) => one.text(),
      (one) => one.json(),
      (one) => one.arrayBuffer(),
      (one) => one.blob(),
    ];
    for (const way of read) {
      for (const body of ['{"a":1}', new TextEncoder().encode('{"a":1}')]) {
        const light = new Response(body);
        expect(await way(light)).toEqual(await way(new native.Response(body)));
        expect(light.bodyUsed).toBe(true);
        await expect(light.text()).rejects.toThrow(TypeError);
        expect(() => light.clone()).toThrow(TypeError);
      }
    }
  });

  test('what is changed after it was made does not change it', async () => {
    const headers = { 'X-A': '1' };
    const list = new Headers({ 'X-A': '1' });
    const body = new Uint8Array([97]);
    const made = [new Response(body, { headers }), new Response('a', { headers: list })];
    headers['X-A'] = '2';
    list.set('X-A', '2');
    body[0] = 98;
    for (const response of made) {
      expect(response.headers.get('x-a')).toBe('1');
      expect(await response.text()).toBe('a');
    }
  });

  test('its fields may be changed, and are sent so', () => {
    const response = run(
      fromFetch(() => {
        const made = new Response('x');
        made.headers.set('X-A', 'b');
        made.headers.append('Set-Cookie', 'c');
        return new Response(made.body, made);
      }),
      setupTestingDefaults(),
    );
    expect(response).toEqual({
      status: 200,
      reason: undefined,
      headers: [
        ['content-type', 'text/plain;charset=UTF-8'],
        ['set-cookie', 'c'],
        ['x-a', 'b'],
      ],
      body: 'x',
    });
  });

  test('a body that was read is not sent again, by whatever way', async () => {
    const made = new Response('x');
    const { body } = made;
    await made.text();
    expect(() => new Response(body)).toThrow(TypeError);
  });

  test('redirects, errors and JSON are as the platform’s own', async () => {
    const moved = Response.redirect('http://a/b', 303);
    expect([moved.status, moved.headers.get('location')]).toEqual([303, 'http://a/b']);
    expect(Response.error().type).toBe('error');
    const json = Response.json([1], { status: 201, headers: { 'X-A': 'b' } });
    expect([json.status, json.headers.get('content-type'), json.headers.get('x-a')]).toEqual([
      201,
      'application/json',
      'b',
    ]);
    expect(await json.json()).toEqual([1]);
    const typed = Response.json({}, { headers: { 'Content-Type': 'application/a+json' } });
    expect(typed.headers.get('content-type')).toBe('application/a+json');
    expect(inspect(json)).toContain('201');
  });
});
