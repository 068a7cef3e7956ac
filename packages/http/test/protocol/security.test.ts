import { describe } from 'vitest';
import { table, type Row } from './transcript.ts';

/** What an attacker would have read as a second request. */
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

/** Refused in the head, whatever follows. */
function refused(name: string, bytes: string, code: string): Row {
  return [name, bytes + smuggled, [`! ${code}`]];
}

function post(fields: string, rest = '', version = '1.1'): string {
  return `POST / HTTP/${version}\r\nHost: a\r\n${fields}\r\n${rest}`;
}

/** A chunked body, refused after `said` of it. */
function refusedChunk(name: string, chunks: string, code = 'BAD_CHUNK 400', ...said: readonly string[]): Row {
  const head = 'POST / 1.1 chunked | Host: a | Transfer-Encoding: chunked';
  return [name, post('Transfer-Encoding: chunked\r\n', chunks + smuggled), [head, ...said, `! ${code}`]];
}

// Each answers with one error and never reads the rest as a second request.
describe('http, framing of messages', () => {
  const length = 'BAD_CONTENT_LENGTH 400';
  const coding = 'BAD_TRANSFER_ENCODING 400';
  const both = 'CONFLICTING_FRAMING 400';
  const last = '0\r\n\r\n';

  describe('lengths', () => {
    table([
      refused('TE + CL', post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', last), both),
      refused('CL + TE', post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', last), both),
      refused('two CL, the same', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), length),
      refused('two CL, differing', post('Content-Length: 3\r\nContent-Length: 0\r\n', 'abc'), length),
      refused('CL as a list', post('Content-Length: 3, 3\r\n', 'abc'), length),
      refused('CL +5', post('Content-Length: +5\r\n', 'hello'), length),
      refused('CL -5', post('Content-Length: -5\r\n', 'hello'), length),
      refused('CL 0x5', post('Content-Length: 0x5\r\n', 'hello'), length),
      refused('CL 5 5', post('Content-Length: 5 5\r\n', 'hello'), length),
      refused('CL 2^64', post('Content-Length: 18446744073709551616\r\n'), length),
      refused(
        'CL 2^64 + 5, which some read as 5',
        post('Content-Length: 18446744073709551621\r\n', 'hello'),
        length,
      ),
      [
        "CL '5 ': blanks around a value are no part of it",
        post('Content-Length: 5 \r\n', 'hello'),
        ['POST / 1.1 length=5 | Host: a | Content-Length: 5', 'data hello', 'end'],
      ],
      [
        "CL ' 5'",
        post('Content-Length:  5\r\n', 'hello'),
        ['POST / 1.1 length=5 | Host: a | Content-Length: 5', 'data hello', 'end'],
      ],
    ]);
  });

  describe('codings', () => {
    table([
      refused('TE twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', last), coding),
      refused('TE chunked, identity', post('Transfer-Encoding: chunked, identity\r\n', last), coding),
      refused('TE xchunked', post('Transfer-Encoding: xchunked\r\n', last), coding),
      refused('TE chunked not last', post('Transfer-Encoding: chunked, gzip\r\n', last), coding),
      refused(
        'TE chunked not last, in two lines',
        post('Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n', last),
        coding,
      ),
      refused('TE on HTTP/1.0', post('Transfer-Encoding: chunked\r\n', last, '1.0'), coding),
      refused(
        'TE on HTTP/1.0 that is kept alive',
        post('Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n', last, '1.0'),
        coding,
      ),
    ]);
  });

  describe('chunks', () => {
    table([
      refusedChunk('a negative size', '-1\r\n'),
      refusedChunk('a size with 0x', '0x1\r\na\r\n0\r\n\r\n'),
      refusedChunk('a huge size', 'ffffffffffffffff\r\na'),
      refusedChunk('a size with a bare LF', '1\na\r\n0\r\n\r\n'),
      refusedChunk('a size with a bare CR', '1\ra\r\n0\r\n\r\n'),
      refusedChunk(
        'an extension of 64 KB',
        `1;${'x'.repeat(65_536)}\r\na\r\n0\r\n\r\n`,
        'CHUNK_EXTENSIONS_TOO_LARGE 413',
      ),
      refusedChunk('no CR LF behind the data', '1\r\na0\r\n\r\n', undefined, 'data a'),
      refusedChunk('Content-Length in the trailers', '0\r\nContent-Length: 5\r\n\r\n', 'BAD_TRAILER 400'),
    ]);
  });

  describe('lines', () => {
    table([
      refused('obs-fold', post('X: a\r\n b\r\n'), 'OBSOLETE_FOLD 400'),
      refused('obs-fold that hides a length', post('X: a\r\n Content-Length: 5\r\n'), 'OBSOLETE_FOLD 400'),
      refused('a space before the colon', post('Content-Length : 5\r\n'), 'BAD_FIELD_NAME 400'),
      refused('a NUL in a value', post('X: a\0b\r\n'), 'BAD_FIELD_VALUE 400'),
      refused('a NUL in a name', post('X\0: a\r\n'), 'BAD_FIELD_NAME 400'),
      refused('a control character in a value', post('X: a\x08b\r\n'), 'BAD_FIELD_VALUE 400'),
      refused('a control character in a name', post('X\x1f: a\r\n'), 'BAD_FIELD_NAME 400'),
      refused('a bare LF as line end', post('X: a\nContent-Length: 5\r\n'), 'BAD_LINE_END 400'),
      refused('a bare CR as line end', post('X: a\rContent-Length: 5\r\n'), 'BAD_LINE_END 400'),
      refused('LF LF as the end of a head', 'GET / HTTP/1.1\r\nHost: a\n\n', 'BAD_LINE_END 400'),
      refused('CR LF CR X as the end of a head', 'GET / HTTP/1.1\r\nHost: a\r\n\rX', 'BAD_LINE_END 400'),
    ]);
  });

  describe('Host', () => {
    table([
      refused('none', 'GET / HTTP/1.1\r\n\r\n', 'BAD_HOST 400'),
      refused('two', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'BAD_HOST 400'),
      refused('empty', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 'BAD_HOST 400'),
      refused('invalid', 'GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n', 'BAD_HOST 400'),
    ]);
  });

  describe('request line', () => {
    const host = '\r\nHost: a\r\n\r\n';
    table([
      refused('HTTP/0.9', 'GET /\r\n', 'BAD_VERSION 400'),
      refused('HTTP/0.9 by name', `GET / HTTP/0.9${host}`, 'UNSUPPORTED_VERSION 505'),
      refused('HTTP/1.2', `GET / HTTP/1.2${host}`, 'UNSUPPORTED_VERSION 505'),
      refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'UNSUPPORTED_VERSION 505'),
      refused('* with GET', `GET *  HTTP/1.1${host}`.replace('  ', ' '), 'BAD_TARGET 400'),
      refused('# in the target', `GET /a#b HTTP/1.1${host}`, 'BAD_TARGET 400'),
      refused('an absolute form with another Host', `GET http://b/ HTTP/1.1${host}`, 'BAD_HOST 400'),
      refused('CONNECT without a port', `CONNECT a HTTP/1.1${host}`, 'BAD_TARGET 400'),
      refused('CONNECT with a path', `CONNECT /a HTTP/1.1${host}`, 'BAD_TARGET 400'),
      refused('a method in lower case', `get / HTTP/1.1${host}`, 'UNKNOWN_METHOD 501'),
      refused('a version in lower case', `GET / http/1.1${host}`, 'BAD_VERSION 400'),
    ]);
  });
});

describe('precedents', () => {
  table([
    refused(
      'CVE-2019-15605, node: a malformed Transfer-Encoding taken for chunked',
      post('Transfer-Encoding: \vchunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
      'BAD_FIELD_VALUE 400',
    ),
    refused(
      'CVE-2020-8287, node: of two Transfer-Encoding lines the second was ignored',
      post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked-false\r\n', '0\r\n\r\n'),
      'BAD_TRANSFER_ENCODING 400',
    ),
    refused(
      'CVE-2021-22959, llhttp: a blank between name and colon',
      post('Content-Length : 5\r\n', 'hello'),
      'BAD_FIELD_NAME 400',
    ),
    refusedChunk(
      'CVE-2021-22960, llhttp: a bare LF inside an ignored chunk extension',
      '1;a\nb\r\nx\r\n0\r\n\r\n',
    ),
    refused(
      'CVE-2022-32213, llhttp: Transfer-Encoding that only begins with chunked',
      post('Transfer-Encoding: chunkedchunked\r\n', '0\r\n\r\n'),
      'BAD_TRANSFER_ENCODING 400',
    ),
    refused(
      'CVE-2022-32214, llhttp: a bare LF ends a header line',
      'GET / HTTP/1.1\r\nHost: a\r\nDummy: x\nContent-Length: 23\r\n\r\n',
      'BAD_LINE_END 400',
    ),
    refused(
      'CVE-2022-32215, llhttp: Transfer-Encoding over two lines',
      post('Transfer-Encoding: chunked\r\n , identity\r\n', '0\r\n\r\n'),
      'OBSOLETE_FOLD 400',
    ),
    refused(
      'CVE-2023-30589, llhttp: a bare CR ends a header line',
      'GET / HTTP/1.1\r\nHost: a\r\nDummy: x\rContent-Length: 23\r\n\r\n',
      'BAD_LINE_END 400',
    ),
    refused(
      'CVE-2024-27982, node: a blank before Content-Length',
      'GET / HTTP/1.1\r\n Content-Length: 38\r\nHost: a\r\n\r\n',
      'OBSOLETE_FOLD 400',
    ),
    refused(
      'CVE-2025-23167, llhttp: CR LF CR X ends a head',
      'GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n',
      'BAD_LINE_END 400',
    ),
    refusedChunk('CVE-2025-22871, Go: a bare LF ends the line of a chunk size', '1\nx\r\n0\r\n\r\n'),
    refusedChunk(
      'CVE-2025-43859, h11: any two bytes end the data of a chunk',
      '1\r\nxXX0\r\n\r\n',
      undefined,
      'data x',
    ),
    refusedChunk('CVE-2025-55315, Kestrel: a bare LF in a chunk extension', '1;\nxx\r\nx\r\n0\r\n\r\n'),
    refusedChunk('CVE-2025-55315, Kestrel: a bare CR in a chunk extension', '1;\rxx\r\nx\r\n0\r\n\r\n'),
    refused(
      'CVE-2024-1135, gunicorn: chunked that is not the last coding',
      post('Transfer-Encoding: chunked,gzip\r\n', '0\r\n\r\n'),
      'BAD_TRANSFER_ENCODING 400',
    ),
    refused(
      'CVE-2024-6827, gunicorn: an unknown Transfer-Encoding falls back to Content-Length',
      post('Content-Length: 5\r\nTransfer-Encoding: tchunked\r\n', '0\r\n\r\n'),
      'CONFLICTING_FRAMING 400',
    ),
    refusedChunk(
      'CVE-2021-32714, hyper: a chunk size overflows to a small one',
      'f0000000000000003\r\nabc\r\n0\r\n\r\n',
    ),
  ]);
});
