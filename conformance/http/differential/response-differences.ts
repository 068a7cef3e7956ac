import type { Difference } from './differences.ts';
import { before, detail, onlyKeepAlive, refused, theySay, wrong } from './evidence.ts';
import { requestDifferences } from './request-differences.ts';

const ok = 'HTTP/1.1 200 OK\r\n';
const none = 'Content-Length: 0\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

/** A difference that requests show, too, in other bytes. */
function also(name: string, example: string, more: Partial<Difference> = {}): Difference {
  const difference = requestDifferences.find((known) => known.name === name);
  if (difference === undefined) throw new Error(`${name} is no difference of requests`);
  return { ...difference, example, ...more };
}

/** Every way in which the clients of node:http and h11 read responses differently, with the bytes that show it. */
export const responseDifferences: readonly Difference[] = [
  also('bare LF', `HTTP/1.1 200 OK\n${none}\r\n`, {
    explains: (e) =>
      e.peer === 'h11' &&
      refused(e, 'BAD_LINE_END', 'BAD_STATUS_LINE') &&
      wrong(e).startsWith('\n') &&
      !before(e).endsWith('\r'),
  }),
  also('a folded line', `${ok}${none}X: a\r\n b\r\n\r\n`, {
    why: 'A client must join it with a space. Ours does with allowObsFold only: what is hidden in such a line is a field to some and none to others.',
    departs: true,
  }),
  also('HTTP/0.9 or 2.0 in the request line', `HTTP/2.0 200 OK\r\n${none}\r\n`, {
    name: 'HTTP/0.9 or 2.0 in the status line',
  }),
  also('HTTP/1.2 to 1.9', `HTTP/1.2 200 OK\r\n${none}\r\n`),
  also('another protocol in the request line', `RTSP/1.0 200 OK\r\n${none}\r\n`, {
    name: 'another protocol in the status line',
  }),
  also('a control character in a field value', `${ok}${none}X: \x01\r\n\r\n`),
  {
    name: 'a control character in the reason',
    example: `HTTP/1.1 200 \x01\r\n${none}\r\n`,
    why: 'It has tabs, spaces and what can be seen. The others pass it on to be written in a log.',
    source: 'RFC 9112 4',
    explains: (e) => refused(e, 'BAD_STATUS_LINE') && detail(e) === 'a control character in the reason',
  },
  also('one length twice', `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`),
  also('both lengths', `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, {
    why: 'It ought to be handled as an error. h11 goes by the chunks.',
  }),
  also('an empty Transfer-Encoding', `${ok}Transfer-Encoding: \r\n\r\n`, {
    why: 'Not a list of codings. node:http goes on as if the field were not there.',
  }),
  also('empty elements among the codings', `${ok}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`),
  also('chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  also('a coding besides chunked', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, {
    why: 'None was asked for by TE. node:http leaves it to the application.',
    source: 'RFC 9110 10.1.4',
  }),
  {
    name: 'a coding that is not followed by chunked',
    example: `${ok}Transfer-Encoding: gzip\r\n\r\nhello`,
    why: 'Such a body ends with the connection; without a TE nobody may send it. node:http leaves it to the application.',
    source: 'RFC 9112 6.3, RFC 9110 10.1.4',
    departs: true,
    explains: (e) =>
      e.peer === 'node:http' &&
      refused(e, 'BAD_TRANSFER_ENCODING') &&
      detail(e) === 'chunked is not the last transfer coding',
  },
  {
    name: 'empty lines before a response',
    example: `\r\n${ok}${none}\r\n`,
    why: 'What precedes a status line is a part of no message. node:http skips CR and LF in any number.',
    source: 'RFC 9112 2.2, 4',
    explains: (e) => e.peer === 'node:http' && refused(e, 'BAD_VERSION') && /^[\r\n]/.test(wrong(e)),
  },
  {
    name: 'a status below 100',
    example: `HTTP/1.1 099 X\r\n${none}\r\n`,
    why: 'The first digit is the class of the response, 1 to 5.',
    source: 'RFC 9110 15',
    explains: (e) => e.peer === 'node:http' && refused(e, 'BAD_STATUS_LINE') && wrong(e).startsWith('0'),
  },
  {
    name: 'chunked twice',
    example: `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    why: 'Must not be applied twice. node:http takes the chunks off once.',
    source: 'RFC 9112 6.1',
    explains: (e) =>
      e.peer === 'node:http' && refused(e, 'BAD_TRANSFER_ENCODING') && detail(e) === 'chunked twice',
  },
  {
    name: 'a response to HEAD, 204 or 304 without a length',
    example: `${ok}\r\n`,
    asked: 'HEAD',
    why: 'It ends with its empty line, and the connection may go on. node:http ends it.',
    source: 'RFC 9112 6.3, 9.3',
    explains: (e) =>
      e.peer === 'node:http' &&
      onlyKeepAlive(e) &&
      !('kind' in e.ours) &&
      e.ours.keepAlive &&
      e.ours.body === '' &&
      (e.asked === 'HEAD' || /^(?:204|304)$/.test(e.ours.method)),
  },
  {
    name: 'a tab behind chunked',
    example: `${ok}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`,
    why: 'Optional white space is spaces and tabs. node:http takes it for another coding, and the chunks for the body.',
    source: 'RFC 9110 5.5, 5.6.3',
    explains: (e) =>
      e.peer === 'node:http' &&
      (refused(e, 'BAD_CHUNK', 'TRUNCATED', 'BAD_TRAILER') || !('kind' in e.ours || 'kind' in e.theirs)) &&
      /\ntransfer-encoding:[^\n]*\t/i.test(e.bytes),
  },
  {
    name: 'a length above 2⁵³ of a response that has no body',
    example: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9007199254740992\r\n\r\n',
    why: 'It is refused wherever it stands, for it cannot be told as a number. The others count in integers of more bits.',
    source: 'RFC 9110 8.6',
    departs: true,
    explains: (e) => refused(e, 'BAD_CONTENT_LENGTH') && detail(e).endsWith('is above 2^53'),
  },
  {
    name: 'two CRs behind the status code',
    example: 'HTTP/1.1 200\r\r\r\n',
    why: 'CR LF ends the line. node:http takes the two for it where no reason stands before them.',
    source: 'RFC 9112 2.2, 4',
    explains: (e) =>
      e.peer === 'node:http' && refused(e, 'BAD_LINE_END') && /HTTP\/1\.[01] \d{3}\r$/.test(before(e)),
  },
  also('Proxy-Connection', `${ok}Proxy-Connection: close\r\n${none}\r\n`),
  {
    name: 'framing fields of a response that has no body',
    example: 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: x\r\n\r\n',
    why: 'One to HEAD and those with 1xx, 204 and 304 end with their empty line, whatever the fields say. The others look at them first.',
    source: 'RFC 9112 6.3',
    explains: (e) =>
      !('kind' in e.ours) &&
      (e.asked === 'HEAD' || /^(?:1\d\d|204|304)$/.test(e.ours.method)) &&
      theySay(e, /Transfer-Encoding|TRANSFER_ENCODING|CONTENT_LENGTH|UNEXPECTED_CONTENT/),
  },
  also('white space behind a chunk size', `${chunked}5 \r\nhello\r\n0\r\n\r\n`),
  also('white space in front of a chunk extension', `${chunked}5 ;a\r\nhello\r\n0\r\n\r\n`),
  also('a chunk size of 14 digits and more', `${chunked}00000000000005\r\nhello\r\n0\r\n\r\n`),
  also('a control character in a chunk extension', `${chunked}5;a\0\r\nhello\r\n0\r\n\r\n`),
  also('a chunk extension that breaks its grammar', `${chunked}5;a b\r\nhello\r\n0\r\n\r\n`),
  also('a framing field in the trailers', `${chunked}0\r\nHost: y\r\n\r\n`),
  also('a tab behind a value', `${ok}Content-Length: 5\t\r\n\r\nhello`),
  also('HTTP/1.0 with keep-alive', `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${none}\r\n`),
  also('close and keep-alive together', `HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n${none}\r\n`),
  {
    name: 'a change of protocol that nobody asked for',
    example: `HTTP/1.1 101 Switching Protocols\r\n\r\n${ok}${none}\r\n`,
    why: 'A server must not send 101 then. node:http takes it for one of the responses that come before the one that counts.',
    source: 'RFC 9110 7.8, 15.2.2',
    explains: (e) => e.peer === 'node:http' && refused(e, 'UNSOLICITED'),
  },
  {
    name: 'an informational response that does not keep the connection',
    example: `HTTP/1.0 102 Processing\r\n\r\n${ok}${none}\r\n`,
    why: 'The response that counts is still to come on it. node:http reads nothing more.',
    source: 'RFC 9110 15.2',
    explains: (e) =>
      e.peer === 'node:http' && theySay(e, /^HPE_CLOSED_CONNECTION/) && /^HTTP\/1\.[01] 1\d\d/.test(e.bytes),
  },
];
