import { describe, expect, it } from 'vitest';
import { RequestParser, type RequestHead } from '@wirestack/http/protocol';
import { evaluatePreconditions, isRangeApplicable, type Validators } from '@wirestack/http/fields';

const before = 'Sun, 06 Nov 1994 08:49:36 GMT';
const same = 'Sun, 06 Nov 1994 08:49:37 GMT';
const after = 'Sun, 06 Nov 1994 08:49:38 GMT';
const malformed = 'Mon, 06 Nov 1994 08:49:36 GMT';
const current: Validators = { etag: { tag: 'a', weak: false }, lastModified: new Date(784_111_777_999) };
const weak: Validators = { etag: { tag: 'a', weak: true } };

function evaluate(
  method: string,
  fields: Record<string, string>,
  validators: Validators | undefined = current,
): 'proceed' | 304 | 412 {
  return evaluatePreconditions(method, new Headers(fields), validators);
}

/** `undefined` as a parameter would mean its default. */
function evaluateWithout(method: string, fields: Record<string, string>): 'proceed' | 304 | 412 {
  return evaluatePreconditions(method, new Headers(fields), undefined);
}

describe('evaluatePreconditions', () => {
  it('proceeds without conditions', () => {
    expect(evaluate('GET', {})).toBe('proceed');
    expect(evaluate('PUT', {})).toBe('proceed');
    expect(evaluateWithout('PUT', {})).toBe('proceed');
  });

  it.each([
    ['*', 'proceed'],
    ['"a"', 'proceed'],
    ['"b", "a"', 'proceed'],
    ['"b"', 412],
    ['W/"a"', 412],
    ['a', 412],
    ['', 412],
  ] as const)('If-Match: %s answers %s to every method', (value, expected) => {
    for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH']) {
      expect(evaluate(method, { 'if-match': value })).toBe(expected);
    }
  });

  it('If-Match is false where there is no representation, or none with a strong tag', () => {
    expect(evaluateWithout('PUT', { 'if-match': '*' })).toBe(412);
    expect(evaluateWithout('PUT', { 'if-match': '"a"' })).toBe(412);
    expect(evaluate('PUT', { 'if-match': '"a"' }, {})).toBe(412);
    expect(evaluate('PUT', { 'if-match': '*' }, {})).toBe('proceed');
    expect(evaluate('PUT', { 'if-match': '"a"' }, weak)).toBe(412);
    expect(evaluate('PUT', { 'if-match': 'W/"a"' }, weak)).toBe(412);
  });

  it.each([
    [before, 412],
    [same, 'proceed'],
    [after, 'proceed'],
    [malformed, 'proceed'],
  ] as const)('If-Unmodified-Since: %s answers %s', (value, expected) => {
    expect(evaluate('PUT', { 'if-unmodified-since': value })).toBe(expected);
    expect(evaluate('GET', { 'if-unmodified-since': value })).toBe(expected);
  });

  it('If-Unmodified-Since is ignored beside If-Match, and without a date to compare', () => {
    expect(evaluate('PUT', { 'if-match': '"a"', 'if-unmodified-since': before })).toBe('proceed');
    expect(evaluate('PUT', { 'if-unmodified-since': before }, {})).toBe('proceed');
    expect(evaluateWithout('PUT', { 'if-unmodified-since': before })).toBe('proceed');
  });

  it.each([
    ['*', 304, 412],
    ['"a"', 304, 412],
    ['W/"a"', 304, 412],
    ['"b", W/"a"', 304, 412],
    ['"b"', 'proceed', 'proceed'],
    ['b', 'proceed', 412],
    ['', 'proceed', 412],
  ] as const)('If-None-Match: %s answers %s to GET and HEAD, %s to PUT', (value, read, write) => {
    expect(evaluate('GET', { 'if-none-match': value })).toBe(read);
    expect(evaluate('HEAD', { 'if-none-match': value })).toBe(read);
    expect(evaluate('PUT', { 'if-none-match': value })).toBe(write);
  });

  it('If-None-Match: * lets the first one create what is not there', () => {
    expect(evaluateWithout('PUT', { 'if-none-match': '*' })).toBe('proceed');
    expect(evaluateWithout('PUT', { 'if-none-match': '"a"' })).toBe('proceed');
    expect(evaluate('GET', { 'if-none-match': 'W/"a"' }, weak)).toBe(304);
    expect(evaluate('GET', { 'if-none-match': '"a"' }, {})).toBe('proceed');
  });

  it.each([
    [before, 'proceed'],
    [same, 304],
    [after, 304],
    [malformed, 'proceed'],
    [`${same}, ${same}`, 'proceed'],
    ['', 'proceed'],
  ] as const)(
    'If-Modified-Since: %s answers %s to GET and HEAD, and nothing to others',
    (value, expected) => {
      expect(evaluate('GET', { 'if-modified-since': value })).toBe(expected);
      expect(evaluate('HEAD', { 'if-modified-since': value })).toBe(expected);
      expect(evaluate('POST', { 'if-modified-since': value })).toBe('proceed');
    },
  );

  it('If-Modified-Since is ignored beside If-None-Match, malformed or not, and without a date to compare', () => {
    expect(evaluate('GET', { 'if-none-match': '"b"', 'if-modified-since': same })).toBe('proceed');
    expect(evaluate('GET', { 'if-none-match': 'b', 'if-modified-since': same })).toBe('proceed');
    expect(evaluate('GET', { 'if-modified-since': same }, {})).toBe('proceed');
    expect(evaluate('GET', { 'if-modified-since': same }, { lastModified: new Date(NaN) })).toBe('proceed');
  });

  it('asks first whether to do it at all, then whether the client has it already', () => {
    expect(evaluate('GET', { 'if-match': '"b"', 'if-none-match': '"a"' })).toBe(412);
    expect(evaluate('GET', { 'if-match': '"a"', 'if-none-match': '"a"' })).toBe(304);
    expect(evaluate('GET', { 'if-unmodified-since': before, 'if-modified-since': same })).toBe(412);
    expect(evaluate('GET', { 'if-unmodified-since': same, 'if-modified-since': same })).toBe(304);
  });

  it('reads the fields of a request, several lines of one name as one list', () => {
    const parser = new RequestParser();
    parser.push(
      Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: "b"\r\nif-none-match: W/"a"\r\n\r\n'),
    );
    const { headers } = parser.next() as RequestHead;
    expect(evaluatePreconditions('GET', headers, current)).toBe(304);
    expect(evaluatePreconditions('GET', headers, undefined)).toBe('proceed');
  });

  it('leaves CONNECT, OPTIONS and TRACE alone', () => {
    for (const method of ['CONNECT', 'OPTIONS', 'TRACE']) {
      expect(evaluate(method, { 'if-match': '"b"', 'if-none-match': '*' })).toBe('proceed');
    }
  });
});

describe('isRangeApplicable', () => {
  it.each([
    ['"a"', true],
    ['"b"', false],
    ['W/"a"', false],
    [same, true],
    [before, false],
    [after, false],
    [malformed, false],
    ['a', false],
    ['', false],
  ])('If-Range: %s is %s', (value, expected) => {
    expect(isRangeApplicable('GET', new Headers({ 'if-range': value }), current)).toBe(expected);
  });

  it('holds without If-Range, with GET only', () => {
    expect(isRangeApplicable('GET', new Headers(), {})).toBe(true);
    for (const method of ['HEAD', 'POST', 'get']) {
      expect(isRangeApplicable(method, new Headers(), current)).toBe(false);
    }
  });

  it('never holds for what has no validator, or a weak one', () => {
    expect(isRangeApplicable('GET', new Headers({ 'if-range': '"a"' }), {})).toBe(false);
    expect(isRangeApplicable('GET', new Headers({ 'if-range': same }), {})).toBe(false);
    expect(isRangeApplicable('GET', new Headers({ 'if-range': '"a"' }), weak)).toBe(false);
    expect(isRangeApplicable('GET', new Headers({ 'if-range': 'W/"a"' }), weak)).toBe(false);
  });
});
