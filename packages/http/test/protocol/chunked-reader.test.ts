import { describe } from 'vitest';
import { table, type Row } from './transcript.ts';

const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const headSaid = 'POST / 1.1 chunked | Host: a | Transfer-Encoding: chunked';
const next = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const nextSaid = ['GET /next 1.1 | Host: a', 'end'];

/** A body, and the request behind it, which shows that the end was found. */
function body(name: string, chunks: string, ...said: readonly string[]): Row {
  return [name, `${head}${chunks}${next}`, [headSaid, ...said, 'end', ...nextSaid]];
}

function refused(name: string, chunks: string, code = 'BAD_CHUNK 400', ...said: readonly string[]): Row {
  return [name, head + chunks, [headSaid, ...said, `! ${code}`]];
}

describe('chunks', () => {
  table([
    body('no data', '0\r\n\r\n'),
    body('one chunk', '5\r\nhello\r\n0\r\n\r\n', 'data hello'),
    body('many chunks', '1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n', 'data abcdef'),
    body(
      'sizes in either case',
      'a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n',
      'data 01234567890123456789a',
    ),
    body(
      'more than one digit',
      '1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n',
      'data abcdefghijklmnopqrstuvwxyz',
    ),
    body('leading zeros, thirteen digits', '0000000000003\r\nabc\r\n0000000000000\r\n\r\n', 'data abc'),
    body('data that looks like an end', '7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n', 'data 0\r\n\r\n\r\n'),
    body('octets that are no text', '4\r\n\0\xff\r\n\r\n0\r\n\r\n', 'data \0\xff\r\n'),
  ]);
});

describe('extensions', () => {
  const data = 'data abc';
  table([
    body('a name', '3;x\r\nabc\r\n0\r\n\r\n', data),
    body('a name and a value', '3;x=y\r\nabc\r\n0;z=1\r\n\r\n', data),
    body('a quoted value', '3;x="a;b\\"\xe9"\r\nabc\r\n0\r\n\r\n', data),
    body('several', '3;x;y=1;z\r\nabc\r\n0\r\n\r\n', data),
    body('blanks and tabs around (BWS)', '3 \t; x\t=\ty\r\nabc\r\n0 ;z\r\n\r\n', data),
    refused('a blank and no extension', '3 \r\nabc\r\n0\r\n\r\n'),
    refused('a blank and a digit', '3 3\r\nabc\r\n'),
    refused('a bare LF', '3;x\nabc\r\n0\r\n\r\n'),
    refused('a bare CR', '3;x\rabc\r\n0\r\n\r\n'),
    refused('CR CR LF', '3;x\r\r\nabc\r\n0\r\n\r\n'),
    refused('a NUL', '3;x\0\r\nabc\r\n'),
    refused('a DEL', '3;\x7f\r\nabc\r\n'),
    refused('a bare LF in a quoted value', '3;x="\n"\r\nabc\r\n'),
  ]);
});

describe('sizes', () => {
  const bad = [
    '',
    '-1',
    '+1',
    '0x1',
    '0X1',
    'x',
    'g',
    '1g',
    '1_0',
    '1.0',
    '"1"',
    ' 1',
    '\t1',
    '\xb9',
    '1,',
    ';x',
  ];
  table([
    ...bad.map((size) => refused(`not '${size}'`, `${size}\r\nx\r\n0\r\n\r\n`)),
    refused('not fourteen digits', '00000000000001\r\nx\r\n0\r\n\r\n'),
    refused('not 2^64 + 3, which some read as 3', '10000000000000003\r\nabc\r\n0\r\n\r\n'),
    refused('not digits without end', '0'.repeat(5000)),
    refused('not with a bare LF behind it', '1\nx\r\n0\r\n\r\n'),
    refused('not with a bare CR behind it', '1\rx\r\n0\r\n\r\n'),
    [
      '2^52 - 1 is announced, and cut short',
      `${head}fffffffffffff\r\nabc`,
      [headSaid, 'data abc', '! TRUNCATED 400'],
    ],
    refused('not a bare LF behind the last one', '0\n\r\n'),
  ]);
});

describe('the end of data', () => {
  const data = 'data abc';
  table([
    refused('data longer than its size', '3\r\nabcd\r\n0\r\n\r\n', undefined, data),
    refused('data shorter than its size', '4\r\nabc\r\n0\r\n\r\n', undefined, 'data abc\r'),
    refused('two octets that are not CR LF', '3\r\nabcXX0\r\n\r\n', undefined, data),
    refused('a bare LF', '3\r\nabc\n0\r\n\r\n', undefined, data),
    refused('a bare CR', '3\r\nabc\r0\r\n\r\n', undefined, data),
    refused('CR and another octet before what would go on', '3\r\nabc\rX0\r\n\r\n', undefined, data),
    refused('another octet and LF', '3\r\nabcX\n0\r\n\r\n', undefined, data),
    refused('LF CR', '3\r\nabc\n\r0\r\n\r\n', undefined, data),
    refused('nothing', '3\r\nabc0\r\n\r\n', undefined, data),
    refused('two line ends', '3\r\nabc\r\n\r\n0\r\n\r\n', undefined, data),
  ]);
});

describe('trailers', () => {
  table([
    body('one', '0\r\nX: y\r\n\r\n', 'trailers | X: y'),
    body(
      'several, in order and case',
      '1\r\na\r\n0\r\nb: 1\r\nA: \t2 \r\nb: 3\r\n\r\n',
      'data a',
      'trailers | b: 1 | A: 2 | b: 3',
    ),
    body('names that objects know', '0\r\n__proto__: 1\r\n\r\n', 'trailers | __proto__: 1'),
    body(
      'Connection and Upgrade decide nothing there',
      '0\r\nConnection: close\r\nUpgrade: x\r\n\r\n',
      'trailers | Connection: close | Upgrade: x',
    ),
    ...[
      'Transfer-Encoding: chunked',
      'content-length: 5',
      'HOST: b',
      'Expect: 100-continue',
      'Expect: x',
    ].map((field) => refused(`not ${field}`, `0\r\n${field}\r\n\r\n`, 'BAD_TRAILER 400')),
    refused('a folded line', '0\r\nX: y\r\n z\r\n\r\n', 'OBSOLETE_FOLD 400'),
    refused('a blank before the colon', '0\r\nX : y\r\n\r\n', 'BAD_FIELD_NAME 400'),
    refused('a bare LF', '0\r\nX: y\n\r\n', 'BAD_LINE_END 400'),
    refused('a bare LF for the empty line', '0\r\n\n', 'BAD_LINE_END 400'),
    refused('CR LF CR and no LF', '0\r\nX: y\r\n\rX', 'BAD_LINE_END 400'),
    refused('a NUL', '0\r\nX: \0\r\n\r\n', 'BAD_FIELD_VALUE 400'),
  ]);
});

describe('a body is complete only after its last CR LF', () => {
  const whole = '3;x=y\r\nabc\r\n0;z\r\nT: 1\r\n\r\n';
  table(
    Array.from({ length: whole.length }, (_, at): Row => {
      const data = whole.slice(0, at).slice(7, 10);
      return [
        `cut short at ${String(at)}`,
        head + whole.slice(0, at),
        [headSaid, ...(data === '' ? [] : [`data ${data}`]), '! TRUNCATED 400'],
      ];
    }),
  );
});
