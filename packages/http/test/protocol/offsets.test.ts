import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HttpProtocolError,
  RequestParser,
  ResponseParser,
  type Leniency,
  type MessageLimits,
  type ResponseParserOptions,
} from '@wirestack/http/protocol';
import { expecting } from './response-transcript.ts';
import { cutBy, octets, singles, type HttpParser } from './transcript.ts';

/** The code and the offset of the error that `pieces`, and the end behind them, lead to. */
function faultOf(
  parser: HttpParser<unknown>,
  pieces: Iterable<Uint8Array>,
): readonly [string, number | undefined] | undefined {
  try {
    for (const piece of pieces) {
      parser.push(piece);
      while (parser.next() !== undefined);
    }
    while (parser.end() !== undefined);
    return undefined;
  } catch (error) {
    if (!(error instanceof HttpProtocolError)) throw error;
    return [error.code, error.offset];
  }
}

/** The offset is that of `‸` in `marked`, however the bytes are cut. */
function pointsAt(made: () => HttpParser<unknown>, code: string, marked: string): void {
  const offset = marked.indexOf('‸');
  const input = octets(marked.replace('‸', ''));
  const said = [code, offset];
  expect(faultOf(made(), [input]), 'whole').toEqual(said);
  for (let at = 1; at < input.length; at++) {
    expect(faultOf(made(), [input.slice(0, at), input.slice(at)]), `cut at ${String(at)}`).toEqual(said);
  }
  expect(faultOf(made(), singles(input)), 'byte by byte').toEqual(said);
  const parser = made();
  for (const byte of singles(input)) parser.push(byte);
  expect(faultOf(parser, []), 'all bytes before the first next()').toEqual(said);
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';
const chunked = 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const start = 'GET / HTTP/1.1\r\n';

describe('the offset of a fault in a request is that of the byte that cannot be right', () => {
  const rows: [code: string, marked: string, options?: Partial<MessageLimits> & Leniency][] = [
    ['BAD_METHOD', '‸ GET / HTTP/1.1\r\n'],
    ['BAD_METHOD', 'G‸\0T / HTTP/1.1\r\n'],
    ['BAD_LINE_END', '\r‸GET / HTTP/1.1\r\n'],
    ['METHOD_TOO_LONG', `${'A'.repeat(32)}‸A`],
    ['UNKNOWN_METHOD', 'GE‸t / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['BAD_TARGET', 'GET /a‸#b HTTP/1.1\r\n'],
    ['BAD_TARGET', 'GET ‸ / HTTP/1.1\r\n'],
    ['BAD_TARGET', `GET ‸a HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['BAD_TARGET', `GET http://‸/ HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['BAD_TARGET', `CONNECT ‸/ HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['TARGET_TOO_LONG', 'GET /1234567‸8', { maxTargetBytes: 8 }],
    ['BAD_VERSION', 'GET /‸\r\n'],
    ['BAD_VERSION', 'GET / ‸http/1.1\r\n'],
    ['UNSUPPORTED_VERSION', 'GET / HTTP/‸2.0\r\n'],
    ['UNSUPPORTED_VERSION', 'GET / HTTP/1.‸2\r\n'],
    ['BAD_LINE_END', 'GET / HTTP/1.1‸ \r\n'],
    ['BAD_LINE_END', 'GET / HTTP/1.1‸\n'],
    ['BAD_LINE_END', 'GET / HTTP/1.1\r‸\r'],
    ['OBSOLETE_FOLD', `${start}X: y\r\n‸ z\r\n`],
    ['BAD_FIELD_NAME', `${start}X‸ : y\r\n`],
    ['BAD_FIELD_NAME', `${start}‸: y\r\n`],
    ['BAD_FIELD_VALUE', `${start}X: y‸\0\r\n`],
    ['BAD_LINE_END', `${start}X: y‸\n`],
    ['BAD_LINE_END', `${start}X: y\r‸z`],
    ['BAD_LINE_END', `${start}\r‸X`],
    ['HEAD_TOO_LARGE', `${start}X: ‸yyyy`, { maxHeadBytes: start.length + 3 }],
    ['TOO_MANY_FIELDS', `${start}Host: a\r\n‸X: y\r\n`, { maxFields: 1 }],
    ['BAD_HOST', `${start}‸\r\n`],
    ['BAD_HOST', `${start}Host: a\r\nHost: a\r\nX: y\r\n‸\r\n`],
    ['BAD_HOST', `${start}Host: /\r\nX: y\r\n‸\r\n`],
    ['BAD_HOST', `GET http://b/ HTTP/1.1\r\nHost: a\r\n‸\r\n`],
    ['BAD_CONTENT_LENGTH', `${start}Content-Length: 1‸x\r\n`],
    ['BAD_CONTENT_LENGTH', `${start}Content-Length: ‸\r\n`],
    ['BAD_CONTENT_LENGTH', `${start}Content-Length: ‸99999999999999999999\r\n`],
    ['BAD_CONTENT_LENGTH', `${start}Content-Length: 1\r\nContent-Length: ‸1\r\n`],
    ['UNKNOWN_EXPECTATION', `${start}Expect: ‸x\r\n`],
    ['CONFLICTING_FRAMING', `${start}Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n‸\r\n`],
    ['BAD_TRANSFER_ENCODING', `${start}Host: a\r\nTransfer-Encoding: x\r\n‸\r\n`],
    ['UNKNOWN_TRANSFER_CODING', `${start}Host: a\r\nTransfer-Encoding: x, chunked\r\n‸\r\n`],
    ['BODY_TOO_LARGE', `${start}Host: a\r\nContent-Length: 9\r\n‸\r\n`, { maxBodyBytes: 8 }],
    ['BAD_CHUNK', `${chunked}‸x\r\n`],
    ['BAD_CHUNK', `${chunked}1‸x\r\n`],
    ['BAD_CHUNK', `${chunked}1‸\n`],
    ['BAD_CHUNK', `${chunked}1\r‸x`],
    ['BAD_CHUNK', `${chunked}1;a‸\n`],
    ['BAD_CHUNK', `${chunked}1 ‸1`],
    ['BAD_CHUNK', `${chunked}1\r\na‸b`],
    ['BAD_CHUNK', `${chunked}1\r\na\r‸b`],
    ['BAD_CHUNK', `${chunked}0000000000000‸0`],
    ['CHUNK_EXTENSIONS_TOO_LARGE', `${chunked}1;ab‸c\r\n`, { maxExtensionBytes: 3 }],
    ['BODY_TOO_LARGE', `${chunked}5\r\nhello\r\n4\r‸\nbody`, { maxBodyBytes: 8 }],
    ['BAD_TRAILER', `${chunked}0\r\nX: y\r\n‸Host: a\r\n\r\n`],
    ['OBSOLETE_FOLD', `${chunked}0\r\n‸ X: y\r\n`],
    ['HEAD_TOO_LARGE', `${chunked}0\r\nX: y‸y`, { maxTrailerBytes: 4 }],
    ['TRUNCATED', `${start}Host‸`],
    ['TRUNCATED', `${post.slice(0, -1)}‸`],
    ['TRUNCATED', `${chunked}1\r\na\r\n0\r\n‸`],
  ];
  test.each(rows)('%s: %j', (code, marked, options) => {
    pointsAt(() => new RequestParser(options), code, marked);
    // Nothing but the fault may pass a limit.
    if (options?.maxHeadBytes !== undefined || options?.maxFields !== undefined) return;
    pointsAt(() => new RequestParser(options), code, get + post + marked);
    pointsAt(() => new RequestParser(options), code, `${chunked}2\r\nab\r\n0\r\n\r\n\r\n${get}${marked}`);
  });
});

describe('the offset of a fault in a response', () => {
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
  const interim = 'HTTP/1.1 102 \r\n\r\n';
  const rows: [code: string, marked: string, options?: ResponseParserOptions][] = [
    ['BAD_VERSION', 'HT‸P/1.1 200 OK\r\n'],
    ['UNSUPPORTED_VERSION', 'HTTP/‸3.1 200 OK\r\n'],
    ['BAD_STATUS_LINE', 'HTTP/1.1‸\t200 OK\r\n'],
    ['BAD_STATUS_LINE', 'HTTP/1.1 2‸x0 OK\r\n'],
    ['BAD_STATUS_LINE', 'HTTP/1.1 200‸0 OK\r\n'],
    ['BAD_STATUS_LINE', 'HTTP/1.1 200 O‸\0\r\n'],
    ['BAD_LINE_END', 'HTTP/1.1 200 OK‸\n'],
    ['BAD_LINE_END', 'HTTP/1.1 200 OK\r‸x'],
    ['BAD_FIELD_NAME', 'HTTP/1.1 200 OK\r\nX‸ : y\r\n'],
    ['CONFLICTING_FRAMING', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n‸\r\n'],
    ['UNSOLICITED', `‸HTTP/1.1 101 x\r\nX: y\r\n\r\n`],
    ['UNSOLICITED', `${interim}‸HTTP/1.1 101 x\r\nX: y\r\n\r\n`],
    ['UNSOLICITED', `${ok}‸x`],
    ['TOO_MANY_INFORMATIONAL', `${interim}${interim}‸${interim}`, { maxInformational: 2 }],
    ['BODY_TOO_LARGE', 'HTTP/1.1 200 OK\r\n\r\nhel‸lo', { maxBodyBytes: 3 }],
    ['TRUNCATED', '‸'],
    ['TRUNCATED', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh‸'],
  ];
  test.each(rows)('%s: %j', (code, marked, options) => {
    pointsAt(() => expecting('GET', options), code, marked);
    pointsAt(() => expecting('GET GET', options), code, ok + marked);
  });
});

test('under a leniency the offset is still that of the byte that was sent', () => {
  const all = { allowBareLf: true, allowObsFold: true, allowSpaceBeforeColon: true };
  const rows: [code: string, marked: string, options?: Leniency][] = [
    ['BAD_FIELD_VALUE', 'GET / HTTP/1.1\nHost : a\nX: y\n \tz\nA: b‸\0\n\n'],
    ['BAD_FIELD_VALUE', 'GET / HTTP/1.1\nHost : a\nX: y\n \tz‸\0\n\n'],
    ['BAD_FIELD_NAME', 'GET / HTTP/1.1\nHost : a\r\nX \t: y\n‸: z\n\n'],
    ['OBSOLETE_FOLD', 'GET / HTTP/1.1\r\n‸ Host: a\nX: y\n\n'],
    ['BAD_LINE_END', 'GET / HTTP/1.1\r\nHost: a\nX: y\r‸z\n\n'],
    ['BAD_CONTENT_LENGTH', 'GET / HTTP/1.1\nHost: a\nContent-Length:\n 1‸x\n\n'],
    ['BAD_HOST', 'GET / HTTP/1.1\nX : y\n‸\n'],
    ['BAD_HOST', 'GET / HTTP/1.1\nX : y\n‸\r\n'],
    ['BAD_LINE_END', 'GET / HTTP/1.1\r\nHost : a\r\nX: y‸\n\r\n', { allowSpaceBeforeColon: true }],
    ['OBSOLETE_FOLD', 'GET / HTTP/1.1\r\nHost : a\r\nX: y\r\n‸ z\r\n\r\n', { allowSpaceBeforeColon: true }],
    [
      'BAD_FIELD_NAME',
      'GET / HTTP/1.1\r\nX: y\n z\nHost‸ : a\r\n\r\n',
      { allowBareLf: true, allowObsFold: true },
    ],
  ];
  for (const [code, marked, options = all] of rows) {
    pointsAt(() => new RequestParser(options), code, marked);
    pointsAt(() => new RequestParser(options), code, get + marked);
  }
});

test('an error says which message was wrong: a response that was is 502 for whoever asked for it', () => {
  const faults = [
    'HTTP/1.1 200 OK\nA: b\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA : b\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, x\r\n\r\n',
    `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(70_000)}\r\n\r\n`,
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab',
  ];
  for (const bytes of faults) {
    const parser = new ResponseParser();
    parser.expect('GET');
    parser.push(octets(bytes));
    expect(() => {
      while (parser.next() !== undefined);
      parser.end();
    }).toThrow(expect.objectContaining({ name: 'HttpProtocolError', of: 'response', status: 502 }));
  }
  const parser = new RequestParser();
  parser.push(octets('GET /\n'));
  expect(() => parser.next()).toThrow(expect.objectContaining({ of: 'request', status: 400 }));
});

test('an error that no byte is to blame for has no offset', () => {
  expect(new HttpProtocolError('HEAD_TIMEOUT', 'slow').offset).toBeUndefined();
});

test('whatever is sent, the offset lies within it, and does not depend on how it was cut', () => {
  const piece = fc.constantFrom(get, post, `${chunked}1\r\na\r\n0\r\n\r\n`);
  const damage = fc.constantFrom('\r', '\n', '\0', ' ', ':', '\xff', 'x', '');
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
  let faults = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 4 }),
      fc.nat(300),
      damage,
      sizes,
      (sent, at, insert, cuts) => {
        const bytes = sent.join('');
        const where = at % bytes.length;
        const input = octets(bytes.slice(0, where) + insert + bytes.slice(where + 1));
        const fault = faultOf(new RequestParser(), [input]);
        expect(faultOf(new RequestParser(), cutBy(input, cuts))).toEqual(fault);
        if (fault === undefined) return;
        faults++;
        // What was damaged shows there or behind, never before.
        expect(fault[1]).toBeGreaterThanOrEqual(where - 'CONNECT'.length);
        expect(fault[1]).toBeLessThanOrEqual(input.length);
      },
    ),
    { numRuns: 500 },
  );
  expect(faults).toBeGreaterThan(100);
});
