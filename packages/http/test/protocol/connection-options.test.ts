import { describe, expect, test } from 'vitest';
import { connectionOptions, RequestParser, type RequestHead } from '@wirestack/http/protocol';
import { octets } from './transcript.ts';

function headWith(fields: string): RequestHead {
  const parser = new RequestParser();
  parser.push(octets(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`));
  return parser.next() as RequestHead;
}

describe('connectionOptions', () => {
  test.each([
    ['', []],
    ['Connection: close\r\n', ['close']],
    ['Connection: Keep-Alive, X-A ,\tte\r\n', ['keep-alive', 'x-a', 'te']],
    ['Connection: a\r\nX: y\r\nconnection: B, a\r\n', ['a', 'b']],
    ['Connection: ,, a,\r\n', ['a']],
    ['Connection:\r\n', []],
    ['Connection: __proto__\r\n', ['__proto__']],
    ['Connection: \xa0close\xa0\r\n', ['\xa0close\xa0']],
  ])('of %j', (fields, options) => {
    expect(connectionOptions(headWith(fields).headers)).toEqual(options);
  });
});

describe('acceptsTrailers', () => {
  test.each([
    ['', false],
    ['TE: trailers\r\nConnection: TE\r\n', true],
    ['te: gzip;q=0.5 , Trailers\r\nConnection: close, te\r\n', true],
    ['TE: gzip\r\nTE: trailers\r\nConnection: te\r\n', true],
    ['TE: trailers\r\n', false],
    ['TE: trailers\r\nConnection: close\r\n', false],
    ['TE: gzip\r\nConnection: TE\r\n', false],
    ['TE:\r\nConnection: TE\r\n', false],
    ['TE: trailersx\r\nConnection: TE\r\n', false],
    ['TE: \xa0trailers\r\nConnection: TE\r\n', false],
  ])('%j: %s', (fields, accepts) => {
    expect(headWith(fields).acceptsTrailers).toBe(accepts);
  });
});

test('an octet that only looks like a blank is part of an option: nobody else reads `close` there', () => {
  expect(headWith('Connection: \xa0close\r\n').keepAlive).toBe(true);
  expect(headWith('Connection: x,\t close \r\n').keepAlive).toBe(false);
});
