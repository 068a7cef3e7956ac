import { METHODS } from 'node:http';
import type { Difference } from './differences.ts';
import { before, detail, onlyKeepAlive, refused, theySay, wrong } from './evidence.ts';

const host = 'Host: x\r\n';
const post = `POST / HTTP/1.1\r\n${host}`;
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`;

/** Every way in which node:http and h11 read requests differently, with the bytes that show it. */
export const requestDifferences: readonly Difference[] = [
  {
    name: 'bare LF',
    example: `GET / HTTP/1.1\n${host}\r\n`,
    why: 'A recipient may take LF alone for a line end. Two readers in a row that disagree see different fields, so it is refused.',
    source: 'RFC 9112 2.2',
    explains: (e) =>
      e.peer === 'h11' &&
      refused(e, 'BAD_LINE_END') &&
      wrong(e).startsWith('\n') &&
      !before(e).endsWith('\r'),
  },
  {
    name: 'one empty line before a request',
    example: `\r\nGET / HTTP/1.1\r\n${host}\r\n`,
    why: 'A server should ignore at least one; h11 does not.',
    source: 'RFC 9112 2.2',
    explains: (e) => e.peer === 'h11' && theySay(e, /^(?:illegal request line|no request line received)$/),
  },
  {
    name: 'more than one empty line, or a bare CR or LF, before a request',
    example: `\r\n\n\rGET / HTTP/1.1\r\n${host}\r\n`,
    why: 'One CR LF is what old clients send behind a body. node:http skips CR and LF in any number.',
    source: 'RFC 9112 2.2',
    explains: (e) => {
      if (e.peer !== 'node:http' || !refused(e, 'BAD_METHOD', 'BAD_LINE_END')) return false;
      const next = 'kind' in e.theirs ? '' : e.theirs.method;
      const gap = /^[\r\n]*/.exec(wrong(e))?.[0] ?? '';
      const isGap = gap !== '' || before(e).endsWith('\r');
      return isGap && (next === '' ? gap === wrong(e) : wrong(e).slice(gap.length).startsWith(next));
    },
  },
  {
    name: 'a method in lower case',
    example: `get / HTTP/1.1\r\n${host}\r\n`,
    why: 'Methods are case-sensitive and no registered one has such letters: 501, before somebody takes `get` for GET.',
    source: 'RFC 9110 9.1',
    explains: (e) => e.peer === 'h11' && refused(e, 'UNKNOWN_METHOD') && /^[a-z]/.test(wrong(e)),
  },
  {
    name: 'a method of more than 32 bytes',
    example: `${'A'.repeat(33)} / HTTP/1.1\r\n${host}\r\n`,
    why: 'Longer than any that is implemented: 501.',
    source: 'RFC 9112 3',
    explains: (e) => e.peer === 'h11' && refused(e, 'METHOD_TOO_LONG'),
  },
  {
    name: 'a method that is not in a list',
    example: `FOO / HTTP/1.1\r\n${host}\r\n`,
    why: 'A method is any token; which ones are known is up to the handler. node:http has a list.',
    source: 'RFC 9110 9.1',
    explains: (e) =>
      e.peer === 'node:http' &&
      theySay(e, /^HPE_INVALID_(?:METHOD|VERSION|CONSTANT)/) &&
      !('kind' in e.ours) &&
      (!METHODS.includes(e.ours.method) || e.ours.method === 'SOURCE'),
  },
  {
    name: 'a target of none of the four forms',
    example: `GET x HTTP/1.1\r\n${host}\r\n`,
    why: 'Also `http://` without a host or with user information, `*` for another method than OPTIONS, CONNECT without a port. The others leave it to the application.',
    source: 'RFC 9112 3.2, RFC 9110 4.2',
    explains: (e) =>
      refused(e, 'BAD_TARGET') && /names no host|none of the forms|CONNECT wants/.test(detail(e)),
  },
  {
    name: 'a fragment in a target',
    example: `GET /#a HTTP/1.1\r\n${host}\r\n`,
    why: 'No form of a target has one.',
    source: 'RFC 9112 3.2',
    explains: (e) => refused(e, 'BAD_TARGET') && wrong(e).startsWith('#'),
  },
  {
    name: 'several spaces in the request line',
    example: `GET  /  HTTP/1.1\r\n${host}\r\n`,
    why: 'Its parts are separated by one. A recipient may be lenient, at the risk of smuggling.',
    source: 'RFC 9112 3',
    explains: (e) =>
      e.peer === 'node:http' &&
      refused(e, 'BAD_TARGET', 'BAD_VERSION') &&
      wrong(e).startsWith(' ') &&
      before(e).endsWith(' '),
  },
  {
    name: 'a request line without a version',
    example: `GET /\r\n${host}\r\n`,
    why: 'HTTP/0.9, which has no fields. node:http takes it for a request with some.',
    source: 'RFC 9112 2.3, 3',
    explains: (e) => e.peer === 'node:http' && refused(e, 'BAD_VERSION') && /^[\r\n]/.test(wrong(e)),
  },
  {
    name: 'another protocol in the request line',
    example: `OPTIONS / RTSP/1.0\r\n${host}\r\n`,
    why: 'The name of the protocol is HTTP. The parser of node:http knows RTSP and ICE.',
    source: 'RFC 9112 2.3',
    explains: (e) => e.peer === 'node:http' && refused(e, 'BAD_VERSION') && /^(?:RTSP|ICE)\//.test(wrong(e)),
  },
  {
    name: 'HTTP/0.9 or 2.0 in the request line',
    example: 'GET / HTTP/2.0\r\nHost: x\r\n\r\n',
    why: 'Another major version is not spoken: 505.',
    source: 'RFC 9110 2.5, 15.6.6',
    explains: (e) =>
      refused(e, 'UNSUPPORTED_VERSION') &&
      (e.peer === 'h11' ? /^[02-9]\.\d/ : /^(?:2\.0|0\.9)/).test(wrong(e)),
  },
  {
    name: 'HTTP/1.2 to 1.9',
    example: 'GET / HTTP/1.2\r\nHost: x\r\n\r\n',
    why: 'A recipient should go on as with 1.1. There is no such version and will be none: who writes it is up to something.',
    source: 'RFC 9110 2.5',
    departs: true,
    explains: (e) => e.peer === 'h11' && refused(e, 'UNSUPPORTED_VERSION') && before(e).endsWith('HTTP/1.'),
  },
  {
    name: 'a control character in a field value',
    example: `GET / HTTP/1.1\r\n${host}X: \x01\r\n\r\n`,
    why: 'CR, LF and NUL must be refused or replaced; the others are invalid, too. h11 lets them through for cookies.',
    source: 'RFC 9110 5.5',
    explains: (e) =>
      e.peer === 'h11' && refused(e, 'BAD_FIELD_VALUE') && isLetThrough(wrong(e).charCodeAt(0)),
  },
  {
    name: 'a folded line',
    example: `GET / HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`,
    why: 'A server refuses it or joins it with a space. What is hidden in it is a field to some and none to others.',
    source: 'RFC 9112 5.2',
    explains: (e) =>
      e.peer === 'h11' &&
      (refused(e, 'OBSOLETE_FOLD') ||
        (refused(e, 'BAD_CONTENT_LENGTH', 'UNKNOWN_EXPECTATION') && /^\r\n[ \t]/.test(wrong(e)))),
  },
  {
    name: 'a Host that is none',
    example: 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
    why: 'A request whose Host is invalid must be refused; empty is invalid where the URI is http. The others do not look into it.',
    source: 'RFC 9112 3.2, RFC 9110 4.2.1',
    explains: (e) => refused(e, 'BAD_HOST') && detail(e).startsWith('Host is not a host'),
  },
  {
    name: 'another Host than that of the target',
    example: 'GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n',
    why: 'A client must send the same; where it does not, an origin server must go by the target. One in front that went by Host has guarded another host, so it is refused.',
    source: 'RFC 9112 3.2.2',
    departs: true,
    explains: (e) => refused(e, 'BAD_HOST') && detail(e) === 'Host and the target name different hosts',
  },
  {
    name: 'two Hosts',
    example: `GET / HTTP/1.1\r\n${host}Host: y\r\n\r\n`,
    why: 'Must be refused. node:http keeps the first.',
    source: 'RFC 9112 3.2',
    explains: (e) => e.peer === 'node:http' && refused(e, 'BAD_HOST') && detail(e) === 'more than one Host',
  },
  {
    name: 'one length twice',
    example: `${post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    why: 'A server may take it or refuse it: two senders added one each, and the next time they differ.',
    source: 'RFC 9112 6.3',
    explains: (e) =>
      e.peer === 'h11' &&
      refused(e, 'BAD_CONTENT_LENGTH') &&
      (detail(e).endsWith('stands twice') || /^[ \t]*,/.test(wrong(e))),
  },
  {
    name: 'both lengths',
    example: `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    why: 'A server may refuse it, or go by the chunks and end the connection. h11 goes by the chunks and keeps it.',
    source: 'RFC 9112 6.1, 6.3',
    explains: (e) => e.peer === 'h11' && refused(e, 'CONFLICTING_FRAMING'),
  },
  {
    name: 'an empty Transfer-Encoding',
    example: `${post}Transfer-Encoding: \r\nContent-Length: 5\r\n\r\nhello`,
    why: 'Chunked is not the last coding: 400. node:http goes on as if the field were not there.',
    source: 'RFC 9112 6.3',
    explains: (e) =>
      e.peer === 'node:http' &&
      refused(e, 'BAD_TRANSFER_ENCODING', 'CONFLICTING_FRAMING') &&
      /\ntransfer-encoding:[ \t]*\r\n/i.test(e.bytes),
  },
  {
    name: 'empty elements among the codings',
    example: `${post}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`,
    why: 'A recipient must ignore a few empty elements of a list. In the field that frames a message they come from who hides something.',
    source: 'RFC 9110 5.6.1.2',
    departs: true,
    explains: (e) =>
      e.peer === 'node:http' &&
      refused(e, 'BAD_TRANSFER_ENCODING') &&
      detail(e) === 'an empty transfer coding',
  },
  {
    name: 'chunks in HTTP/1.0',
    example: `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    why: 'Its framing is faulty: whoever sends it does not know the coding, or passed on what it did not understand.',
    source: 'RFC 9112 6.1',
    explains: (e) => refused(e, 'BAD_TRANSFER_ENCODING') && detail(e) === 'Transfer-Encoding in HTTP/1.0',
  },
  {
    name: 'a coding besides chunked',
    example: `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    why: 'A server that does not understand a coding answers 501. node:http leaves it to the application.',
    source: 'RFC 9112 6.1',
    explains: (e) => e.peer === 'node:http' && refused(e, 'UNKNOWN_TRANSFER_CODING'),
  },
  {
    name: 'an expectation that nobody knows',
    example: `GET / HTTP/1.1\r\n${host}Expect: x\r\n\r\n`,
    why: 'A server may answer 417. h11 ignores it; node:http does in HTTP/1.0, where it is empty, and where 100-continue is somewhere in it.',
    source: 'RFC 9110 10.1.1',
    explains: (e) => {
      if (!refused(e, 'UNKNOWN_EXPECTATION')) return false;
      if (e.peer === 'h11') return true;
      const value = /^[^\r]*/.exec(wrong(e))?.[0].trim() ?? '';
      const isOld = !('kind' in e.theirs) && e.theirs.version === '1.0';
      return isOld || value === '' || /\nexpect:(?:[^\n]*\W)?100-continue\W/i.test(e.bytes);
    },
  },
  {
    name: 'white space behind a chunk size',
    example: `${chunked}5 \r\nhello\r\n0\r\n\r\n`,
    why: 'None is allowed there without an extension. h11 takes it, for some servers send it.',
    source: 'RFC 9112 7.1',
    explains: (e) =>
      e.peer === 'h11' && refused(e, 'BAD_CHUNK') && detail(e).endsWith('white space behind the size'),
  },
  {
    name: 'white space in front of a chunk extension',
    example: `${chunked}5 ;a\r\nhello\r\n0\r\n\r\n`,
    why: 'Bad white space that must be parsed and removed. The others refuse it.',
    source: 'RFC 9112 7.1.1',
    explains: (e) =>
      e.peer === 'h11'
        ? theySay(e, /^illegal chunk header: bytearray\(b'[0-9a-f]+(?: |\\t)+;/i)
        : theySay(e, /^HPE_INVALID_CHUNK_SIZE/) && /\n[0-9a-f]+[ \t]+;/i.test(e.bytes),
  },
  {
    name: 'a chunk size of 14 digits and more',
    example: `${chunked}00000000000005\r\nhello\r\n0\r\n\r\n`,
    why: 'Zeros in front are no use to anybody, and what is larger than 2⁵² never comes.',
    source: 'RFC 9112 7.1',
    departs: true,
    explains: (e) =>
      refused(e, 'BAD_CHUNK') &&
      detail(e).endsWith('a size of too many digits') &&
      /0{4}[0-9a-f]*$/i.test(before(e)),
  },
  {
    name: 'a control character in a chunk extension',
    example: `${chunked}5;a\0\r\nhello\r\n0\r\n\r\n`,
    why: 'No part of an extension has one; a bare CR is one. h11 takes all but LF.',
    source: 'RFC 9112 7.1.1',
    explains: (e) =>
      e.peer === 'h11' &&
      refused(e, 'BAD_CHUNK') &&
      (detail(e).endsWith('a control character in an extension') || /;[^\n]*\r$/.test(before(e))),
  },
  {
    name: 'a chunk extension that breaks its grammar',
    example: `${chunked}5;a b\r\nhello\r\n0\r\n\r\n`,
    why: 'Unknown extensions must be ignored, so they are not looked into but for control characters. node:http refuses these.',
    source: 'RFC 9112 7.1.1',
    explains: (e) => e.peer === 'node:http' && theySay(e, /chunk extension/),
  },
  {
    name: 'a framing field in the trailers',
    example: `${chunked}0\r\nHost: y\r\n\r\n`,
    why: 'Content-Length, Transfer-Encoding, Host and Expect must not stand there; who merges trailers into the fields is fooled.',
    source: 'RFC 9110 6.5.1',
    explains: (e) => refused(e, 'BAD_TRAILER'),
  },
  {
    name: 'a tab behind a value',
    example: `${post}Content-Length: 5\t\r\n\r\nhello`,
    why: 'Optional white space is spaces and tabs. node:http takes spaces only, behind a length, a coding and the options of Connection.',
    source: 'RFC 9110 5.5, 5.6.3',
    explains: (e) => {
      if (e.peer !== 'node:http') return false;
      // Together with Upgrade it does not refuse the coding: it takes the chunks for bytes of another protocol.
      if (!('kind' in e.ours) && !('kind' in e.theirs) && e.ours.body !== e.theirs.body)
        return e.upgradeAt === e.at && /\ntransfer-encoding:[ \t]*chunked *\t/i.test(e.bytes);
      if (onlyKeepAlive(e)) return /\nconnection:[^\n]*\t/i.test(e.bytes);
      return (
        theySay(e, /^HPE_INVALID_(?:CONTENT_LENGTH|TRANSFER_ENCODING)/) &&
        /\n(?:content-length:[ \t]*\d+|transfer-encoding:[ \t]*chunked) *\t/i.test(e.bytes)
      );
    },
  },
  {
    name: 'HTTP/1.0 with keep-alive',
    example: 'GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n',
    why: 'It may be kept. h11 always ends it.',
    source: 'RFC 9112 9.3, C.2.2',
    explains: (e) =>
      e.peer === 'h11' &&
      onlyKeepAlive(e) &&
      !('kind' in e.ours) &&
      e.ours.version === '1.0' &&
      e.ours.keepAlive,
  },
  {
    name: 'Proxy-Connection',
    example: 'GET / HTTP/1.1\r\nHost: x\r\nProxy-Connection: close\r\n\r\n',
    why: 'No field of HTTP. node:http takes it for Connection.',
    source: 'RFC 9112 C.2.2',
    explains: (e) => e.peer === 'node:http' && onlyKeepAlive(e) && /\nproxy-connection:/i.test(e.bytes),
  },
  {
    name: 'close and keep-alive together',
    example: 'GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n',
    why: 'Close counts, wherever it stands. node:http goes by the first of them.',
    source: 'RFC 9112 9.3',
    explains: (e) =>
      e.peer === 'node:http' &&
      onlyKeepAlive(e) &&
      !('kind' in e.ours) &&
      !e.ours.keepAlive &&
      /\nconnection:[^\n]*close/i.test(e.bytes) &&
      /\nconnection:[^\n]*keep-alive/i.test(e.bytes),
  },
  {
    name: 'behind an Upgrade that is not taken',
    example: `GET /1 HTTP/1.1\r\n${host}Connection: upgrade\r\nUpgrade: x\r\n\r\nGET /2 HTTP/1.1\r\n${host}\r\n`,
    why: 'A server may ignore Upgrade, and then the connection goes on. node:http drops what came with the head, up to the end of the packet, and goes on behind it.',
    source: 'RFC 9110 7.8',
    explains: (e) => {
      const { peer, at, theirs, bytes, upgradeAt = Infinity } = e;
      if (peer !== 'node:http') return false;
      if (at > upgradeAt) return true;
      // Its own body is dropped, and with it the request, or what is wrong with its framing.
      const isDropped = 'kind' in theirs ? theirs.kind === 'idle' : refused(e, 'BAD_TRANSFER_ENCODING');
      return isDropped && /\nupgrade:/i.test(bytes) && /\nconnection:[^\n]*upgrade/i.test(bytes);
    },
  },
];

/** h11: anything but NUL and what is white space to Python. */
function isLetThrough(code: number): boolean {
  return (code > 0 && code < 0x09) || (code > 0x0d && code < 0x20) || code === 0x7f;
}
