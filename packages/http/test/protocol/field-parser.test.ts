import { describe } from 'vitest';
import { table, type Row } from './transcript.ts';

function request(fields: string): string {
  return `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
}

function refused(name: string, fields: string, code: string): Row {
  return [name, request(fields), [`! ${code}`]];
}

/** The fields alone, of a request without a body. */
function taken(name: string, fields: string, said: string): Row {
  return [name, request(fields), [`POST / 1.1 | Host: a${said}`, 'end']];
}

describe('names and values', () => {
  const everyValue = Array.from({ length: 256 }, (_, code) => code).filter(
    (code) => code === 9 || (code >= 32 && code !== 127),
  );
  const controls = Array.from({ length: 256 }, (_, code) => code).filter(
    (code) => !everyValue.includes(code) && code !== 10 && code !== 13,
  );
  const byteName = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;
  const value = `"${String.fromCharCode(...everyValue)}"`;
  const token = "!#$%&'*+-.^_`|~09azAZ";
  const notInNames = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
    (c) => !/[!#$%&'*+\-.^_`|~0-9A-Za-z:\n]/.test(c),
  );

  table([
    ['none at all', 'GET / HTTP/1.0\r\n\r\n', ['GET / 1.0 close', 'end']],
    taken('keep their order and case', 'b: 1\r\nA: 2\r\nB: 3\r\n', ' | b: 1 | A: 2 | B: 3'),
    taken('an empty value', 'x:\r\n', ' | x: '),
    taken('a value of blanks', 'x: \t \r\n', ' | x: '),
    taken('blanks and tabs around a value', 'x:\t  y z\t \r\n', ' | x: y z'),
    taken('no blank before a value', 'x:y\r\n', ' | x:y'.replace(':', ': ')),
    taken('colons in a value', 'x: a:b: c\r\n', ' | x: a:b: c'),
    taken('blanks and tabs inside a value', 'x: a \t b\r\n', ' | x: a \t b'),
    taken('obs-text', 'x: caf\xe9\xff\x80\r\n', ' | x: caf\xe9\xff\x80'),
    taken('white space of Unicode is part of the value', 'x: \xa0y\xa0\r\n', ' | x: \xa0y\xa0'),
    taken('every octet a value may hold', `x: ${value}\r\n`, ` | x: ${value}`),
    taken('every mark of a token as a name', `${token}: y\r\n`, ` | ${token}: y`),
    taken(
      'names that objects know',
      '__proto__: a\r\nconstructor: b\r\ntoString: c\r\n',
      ' | __proto__: a | constructor: b | toString: c',
    ),
    taken(
      'names that differ from the framing ones by one letter',
      'Content-Lengti: 5\r\nTransfer-Encodinh: chunked\r\nHosu: b\r\n',
      ' | Content-Lengti: 5 | Transfer-Encodinh: chunked | Hosu: b',
    ),
    taken(
      'names with an underscore for a hyphen frame nothing',
      'Content_Length: 5\r\n',
      ' | Content_Length: 5',
    ),
    ...controls.map((code) =>
      refused(`${byteName(code)} in a value`, `x: a${String.fromCharCode(code)}b\r\n`, 'BAD_FIELD_VALUE 400'),
    ),
    ...notInNames
      .filter((character) => character !== '\r')
      .map((character) =>
        refused(
          `${byteName(character.charCodeAt(0))} in a name`,
          `x${character}y: z\r\n`,
          'BAD_FIELD_NAME 400',
        ),
      ),
    refused('no name', ': y\r\n', 'BAD_FIELD_NAME 400'),
    refused('no colon', 'xy\r\n', 'BAD_FIELD_NAME 400'),
    refused('a blank before the colon', 'x : y\r\n', 'BAD_FIELD_NAME 400'),
    refused('a tab before the colon', 'x\t: y\r\n', 'BAD_FIELD_NAME 400'),
    refused('a folded line', 'x: y\r\n z\r\n', 'OBSOLETE_FOLD 400'),
    refused('a line folded with a tab', 'x: y\r\n\tz\r\n', 'OBSOLETE_FOLD 400'),
    refused('a fold that is blank', 'x: y\r\n \r\n', 'OBSOLETE_FOLD 400'),
    ['white space before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', ['! OBSOLETE_FOLD 400']],
  ]);
});

describe('line ends', () => {
  table([
    refused('a bare LF behind a value', 'x: y\nz: 1\r\n', 'BAD_LINE_END 400'),
    refused('a bare LF behind a name', 'x\n', 'BAD_LINE_END 400'),
    refused('a bare LF for the empty line', '\n', 'BAD_LINE_END 400'),
    refused('a bare CR behind a value', 'x: y\rz: 1\r\n', 'BAD_LINE_END 400'),
    refused('CR CR LF', 'x: y\r\r\n', 'BAD_LINE_END 400'),
    refused('CR LF CR and no LF', 'x: y\r\n\rX', 'BAD_LINE_END 400'),
    ['LF LF', 'GET / HTTP/1.1\r\nHost: a\n\n', ['! BAD_LINE_END 400']],
  ]);
});

describe('Content-Length', () => {
  const body = (value: string, text: string): Row => [
    `'${value}'`,
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length:${value}\r\n\r\n${text}`,
    [
      `POST / 1.1 length=${String(text.length)} | Host: a | Content-Length: ${value.trim()}`,
      `data ${text}`,
      'end',
    ],
  ];
  const bad = (value: string): Row =>
    refused(`not '${value}'`, `Content-Length: ${value}\r\n`, 'BAD_CONTENT_LENGTH 400');
  table([
    body('5', 'hello'),
    body(' 5', 'hello'),
    body('\t5 \t', 'hello'),
    body('0005', 'hello'),
    body(' 12', '123456789012'),
    taken('0 is no body', 'Content-Length: 0\r\n', ' | Content-Length: 0'),
    [
      '2^53 - 1 is announced, and cut short',
      request('content-length: 9007199254740991\r\n'),
      ['POST / 1.1 length=9007199254740991 | Host: a | content-length: 9007199254740991', '! TRUNCATED 400'],
    ],
    bad('9007199254740992'),
    bad('9007199254740993'),
    bad('18446744073709551616'),
    bad('1'.repeat(400)),
    ...[
      '',
      '-5',
      '+5',
      '0x5',
      '5a',
      'abc',
      '5.0',
      '5e1',
      '5 5',
      '5;',
      '"5"',
      '5,',
      ',5',
      '5,5',
      '5, 5',
      '5, 6',
      '\xb2',
    ].map(bad),
    refused('not twice, the same', 'Content-Length: 5\r\nContent-Length: 5\r\n', 'BAD_CONTENT_LENGTH 400'),
    refused('not twice, differing', 'Content-Length: 5\r\ncontent-length: 6\r\n', 'BAD_CONTENT_LENGTH 400'),
    refused('not twice, 0', 'Content-Length: 0\r\nContent-Length: 0\r\n', 'BAD_CONTENT_LENGTH 400'),
  ]);
});

describe('Transfer-Encoding', () => {
  const chunked = (...values: readonly string[]): Row => [
    values.join(' and '),
    `${request(values.map((value) => `Transfer-Encoding: ${value}\r\n`).join(''))}1\r\nx\r\n0\r\n\r\n`,
    [
      `POST / 1.1 chunked | Host: a${values.map((value) => ` | Transfer-Encoding: ${value.trim()}`).join('')}`,
      'data x',
      'end',
    ],
  ];
  const bad = (code: string, ...values: readonly string[]): Row =>
    refused(
      `not ${values.map((value) => `'${value}'`).join(' and ')}`,
      values.map((value) => `Transfer-Encoding: ${value}\r\n`).join(''),
      code,
    );
  const malformed = 'BAD_TRANSFER_ENCODING 400';
  const unknown = 'UNKNOWN_TRANSFER_CODING 501';
  table([
    chunked('chunked'),
    chunked('Chunked'),
    chunked(' \tCHUNKED\t '),
    ...[
      '',
      ',',
      'xchunked',
      'chunkedx',
      'chunked, identity',
      'chunked,',
      ',chunked',
      'chunked, chunked',
      'chunked;q=1',
      'identity',
      'gzip',
      '"chunked"',
      'chunked gzip',
      'gzip,,chunked',
    ].map((value) => bad(malformed, value)),
    bad(malformed, 'chunked', 'chunked'),
    bad(malformed, 'chunked', 'identity'),
    bad(malformed, 'chunked', ''),
    bad(unknown, 'gzip, chunked'),
    bad(unknown, 'identity, chunked'),
    bad(unknown, 'gzip', 'chunked'),
    bad(malformed, '\xa0chunked'),
    bad('BAD_FIELD_VALUE 400', '\vchunked'),
    bad('BAD_FIELD_VALUE 400', 'chunked\0'),
    refused(
      'not with Content-Length behind it',
      'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
      'CONFLICTING_FRAMING 400',
    ),
    refused(
      'not with Content-Length before it',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      'CONFLICTING_FRAMING 400',
    ),
    refused(
      'not with Content-Length: 0',
      'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n',
      'CONFLICTING_FRAMING 400',
    ),
    refused(
      'not identity with Content-Length',
      'Content-Length: 5\r\nTransfer-Encoding: identity\r\n',
      'CONFLICTING_FRAMING 400',
    ),
    [
      'not on HTTP/1.0',
      'POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ['! BAD_TRANSFER_ENCODING 400'],
    ],
  ]);
});
