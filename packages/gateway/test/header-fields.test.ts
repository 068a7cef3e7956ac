import { describe, expect, test } from 'vitest';
import { Headers, isHopByHop } from '@wirestack/gateway';

describe('Headers', () => {
  test('match in any case, and keep the one they were given in', () => {
    const headers = new Headers([['Content-Type', 'a/b']]);
    expect([headers.get('content-type'), headers.has('CONTENT-TYPE'), headers.get('X')]).toEqual([
      'a/b',
      true,
      undefined,
    ]);
    headers.set('CONTENT-type', 'c/d');
    expect(headers.list()).toEqual([['CONTENT-type', 'c/d']]);
  });

  test('may stand several times', () => {
    const headers = new Headers();
    headers.add('Set-Cookie', 'a=1');
    headers.add('set-cookie', 'b=2');
    expect([headers.getAll('SET-COOKIE'), headers.get('Set-Cookie'), headers.length]).toEqual([
      ['a=1', 'b=2'],
      'a=1',
      2,
    ]);
    headers.delete('Set-Cookie');
    expect([...headers]).toEqual([]);
  });

  test('have parameters, quoted; without a value where there is none', () => {
    const headers = new Headers();
    headers.add('Content-Disposition', 'attachment', { filename: 'a "b" \\.txt', x_y: 'z', flag: undefined });
    expect(headers.get('content-disposition')).toBe(
      String.raw`attachment; filename="a \"b\" \\.txt"; x-y="z"; flag`,
    );
  });

  test('have a default', () => {
    const headers = new Headers([['A', '1']]);
    expect([headers.setDefault('a', '2'), headers.setDefault('B', '3')]).toEqual(['1', '3']);
    expect(headers.list()).toEqual([
      ['A', '1'],
      ['B', '3'],
    ]);
  });

  test('are written as on the wire, and are a copy of what they were made of', () => {
    const list: [string, string][] = [['A', '1']];
    const headers = new Headers(list);
    list.push(['B', '2']);
    headers.list().at(0);
    expect(String(headers)).toBe('A: 1\r\n\r\n');
    expect(String(new Headers())).toBe('\r\n');
  });
});

test.each([
  'Connection',
  'KEEP-ALIVE',
  'te',
  'Transfer-Encoding',
  'Upgrade',
  'Trailer',
  'Trailers',
  'Proxy-Authenticate',
  'Proxy-Authorization',
])('%s is of the connection', (name) => {
  expect(isHopByHop(name)).toBe(true);
  expect(isHopByHop(`X-${name}`)).toBe(false);
});
