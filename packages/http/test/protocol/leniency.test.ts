import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ClientConnection,
  RequestParser,
  ResponseParser,
  ServerConnection,
  type HttpUsageError,
  type Leniency,
} from '@wirestack/http/protocol';
import { connected, wire } from './client.ts';
import { heardOf, responses } from './response-transcript.ts';
import { cutBy, octets, saysHoweverCut, singles, transcript, type Row } from './transcript.ts';

const names: readonly (keyof Leniency)[] = [
  'allowBareLf',
  'allowObsFold',
  'allowSpaceBeforeColon',
  'allowRepeatedContentLength',
  'allowLowerCaseMethods',
  'allowTransferEncodingWithContentLength',
  'allowMissingHost',
  'allowAnyTargetCharacters',
];
const everything: Leniency = Object.fromEntries(names.map((name) => [name, true]));
const next = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const nextSaid = ['GET /next 1.1 | Host: a', 'end'];

/** Taken with the leniency, refused as ever without it and with all others. */
function lenient(allowed: keyof Leniency, code: string, rows: readonly Row[]): void {
  describe(allowed, () => {
    test.each(rows)('%s', (_name, bytes, said) => {
      saysHoweverCut(bytes, said, { [allowed]: true });
      saysHoweverCut(bytes, said, everything);
      for (const options of [
        {},
        { ...everything, [allowed]: false },
        { [allowed]: false },
        { [allowed]: undefined },
      ])
        expect(transcript([octets(bytes)], options).at(-1)).toBe(`! ${code}`);
    });
  });
}

/** Refused with the leniency, and with all of them. */
function strict(
  allowed: keyof Leniency,
  rows: readonly (readonly [name: string, bytes: string, code: string])[],
): void {
  describe(`${allowed} does not allow`, () => {
    test.each(rows)('%s', (_name, bytes, code) => {
      saysHoweverCut(bytes, [`! ${code}`], { [allowed]: true });
      expect(transcript([octets(bytes)], everything)).toEqual([`! ${code}`]);
    });
  });
}

describe('one leniency each', () => {
  lenient('allowBareLf', 'BAD_LINE_END 400', [
    [
      'behind the request line',
      `GET / HTTP/1.1\nHost: a\r\n\r\n${next}`,
      ['GET / 1.1 | Host: a', 'end', ...nextSaid],
    ],
    [
      'behind a field',
      `GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n${next}`,
      ['GET / 1.1 | Host: a | X: y', 'end', ...nextSaid],
    ],
    [
      'as the empty line',
      `GET / HTTP/1.1\r\nHost: a\r\n\n${next}`,
      ['GET / 1.1 | Host: a', 'end', ...nextSaid],
    ],
    [
      'everywhere',
      `GET / HTTP/1.1\nHost: a \nX:\ty\n\n${next}`,
      ['GET / 1.1 | Host: a | X: y', 'end', ...nextSaid],
    ],
    [
      'with fields that frame the body',
      `POST / HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi${next}`,
      ['POST / 1.1 length=2 | Host: a | Content-Length: 2', 'data hi', 'end', ...nextSaid],
    ],
    ['and no fields', `GET / HTTP/1.0\n\n${next}`, ['GET / 1.0 close', 'end', ...nextSaid]],
    [
      'behind trailers',
      `POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n1\r\na\r\n0\r\nT: 1\n\n${next}`,
      [
        'POST / 1.1 chunked | Host: a | Transfer-Encoding: chunked',
        'data a',
        'trailers | T: 1',
        'end',
        ...nextSaid,
      ],
    ],
  ]);
  test('allowBareLf: as the empty line before a request, once', () => {
    saysHoweverCut(`\n${next}`, nextSaid, { allowBareLf: true });
    saysHoweverCut(`\r\n\n${next}`, ['! BAD_METHOD 400'], { allowBareLf: true });
    saysHoweverCut(`\n\n${next}`, ['! BAD_METHOD 400'], { allowBareLf: true });
  });
  test('allowBareLf: lines of chunks need CR LF all the same', () => {
    const head = 'POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n';
    const said = 'POST / 1.1 chunked | Host: a | Transfer-Encoding: chunked';
    saysHoweverCut(`${head}1\na\r\n0\r\n\r\n`, [said, '! BAD_CHUNK 400'], everything);
    saysHoweverCut(`${head}1;x\na\r\n0\r\n\r\n`, [said, '! BAD_CHUNK 400'], everything);
    saysHoweverCut(`${head}1\r\na\n0\r\n\r\n`, [said, 'data a', '! BAD_CHUNK 400'], everything);
  });
  strict('allowBareLf', [
    ['a bare CR', 'GET / HTTP/1.1\nHost: a\rX: y\n\n', 'BAD_LINE_END 400'],
    ['CR CR LF', 'GET / HTTP/1.1\nHost: a\r\r\n\n', 'BAD_LINE_END 400'],
    ['CR LF CR X as the end of a head', 'GET / HTTP/1.1\nHost: a\r\n\rX: y\n\n', 'BAD_LINE_END 400'],
    ['a NUL', 'GET / HTTP/1.1\nHost: a\nX: \0\n\n', 'BAD_FIELD_VALUE 400'],
    ['a line without a colon', 'GET / HTTP/1.1\nHost: a\nX\n\n', 'BAD_FIELD_NAME 400'],
    ['no version', 'GET /\n\n', 'BAD_VERSION 400'],
  ]);

  lenient('allowObsFold', 'OBSOLETE_FOLD 400', [
    [
      'is joined by one space',
      `GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n${next}`,
      ['GET / 1.1 | Host: a | X: b c', 'end', ...nextSaid],
    ],
    [
      'whatever blanks there are',
      'GET / HTTP/1.1\r\nHost: a\r\nX: b \t\r\n \t c \r\n\r\n',
      ['GET / 1.1 | Host: a | X: b c', 'end'],
    ],
    [
      'several times',
      'GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\td\r\nY: z\r\n\r\n',
      ['GET / 1.1 | Host: a | X: b c d | Y: z', 'end'],
    ],
    [
      'of nothing but blanks',
      'GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n \r\n\t\r\n c\r\n\r\n',
      ['GET / 1.1 | Host: a | X: b c', 'end'],
    ],
    [
      'of a value that begins there',
      'GET / HTTP/1.1\r\nHost:\r\n a\r\nX:\r\n\r\n',
      ['GET / 1.1 | Host: a | X: ', 'end'],
    ],
    [
      'of a colon',
      'GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n Y: z\r\n\r\n',
      ['GET / 1.1 | Host: a | X: b Y: z', 'end'],
    ],
    [
      'in what frames the body',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\nT: 1\r\n 2\r\n\r\n${next}`,
      ['POST / 1.1 chunked | Host: a | Transfer-Encoding: chunked', 'trailers | T: 1 2', 'end', ...nextSaid],
    ],
  ]);
  test('allowObsFold: a length and an expectation may stand in the second line', () => {
    const bytes = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 2\r\nExpect:\r\n 100-continue\r\n\r\nhi';
    const said = 'POST / 1.1 length=2 continue | Host: a | Content-Length: 2 | Expect: 100-continue';
    saysHoweverCut(bytes, [said, 'data hi', 'end'], { allowObsFold: true });
    expect(transcript([octets(bytes)])).toEqual(['! BAD_CONTENT_LENGTH 400']);
  });
  strict('allowObsFold', [
    ['white space before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'OBSOLETE_FOLD 400'],
    [
      'a length over two lines',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n 2\r\n\r\n',
      'BAD_CONTENT_LENGTH 400',
    ],
    [
      'a coding that goes on',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n , identity\r\n\r\n',
      'BAD_TRANSFER_ENCODING 400',
    ],
    ['a Host that goes on', 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', 'BAD_HOST 400'],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n \0\r\n\r\n', 'BAD_FIELD_VALUE 400'],
  ]);

  lenient('allowSpaceBeforeColon', 'BAD_FIELD_NAME 400', [
    ['a blank', `GET / HTTP/1.1\r\nHost : a\r\n\r\n${next}`, ['GET / 1.1 | Host: a', 'end', ...nextSaid]],
    [
      'blanks and tabs',
      'GET / HTTP/1.1\r\nHost: a\r\nX \t : y : z\r\n\r\n',
      ['GET / 1.1 | Host: a | X: y : z', 'end'],
    ],
    [
      'of what frames the body',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 2\r\n\r\nhi${next}`,
      ['POST / 1.1 length=2 | Host: a | Content-Length: 2', 'data hi', 'end', ...nextSaid],
    ],
  ]);
  strict('allowSpaceBeforeColon', [
    ['a blank in a name', 'GET / HTTP/1.1\r\nHost: a\r\nX y: z\r\n\r\n', 'BAD_FIELD_NAME 400'],
    ['no name', 'GET / HTTP/1.1\r\nHost: a\r\n: z\r\n\r\n', 'BAD_FIELD_NAME 400'],
    ['no colon', 'GET / HTTP/1.1\r\nHost: a\r\nX \r\n\r\n', 'BAD_FIELD_NAME 400'],
    [
      'two lengths, one of them so',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 1\r\nContent-Length: 2\r\n\r\n',
      'BAD_CONTENT_LENGTH 400',
    ],
  ]);

  const post = (fields: string, rest: string): string =>
    `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${rest}${next}`;
  lenient('allowRepeatedContentLength', 'BAD_CONTENT_LENGTH 400', [
    [
      'twice, the same',
      post('Content-Length: 2\r\nContent-Length: 2\r\n', 'hi'),
      [
        'POST / 1.1 length=2 | Host: a | Content-Length: 2 | Content-Length: 2',
        'data hi',
        'end',
        ...nextSaid,
      ],
    ],
    [
      'as a list',
      post('Content-Length: 2, 2\t,2\r\n', 'hi'),
      ['POST / 1.1 length=2 | Host: a | Content-Length: 2, 2\t,2', 'data hi', 'end', ...nextSaid],
    ],
  ]);
  strict('allowRepeatedContentLength', [
    ['differing ones', post('Content-Length: 2\r\nContent-Length: 3\r\n', ''), 'BAD_CONTENT_LENGTH 400'],
    ['a list of differing ones', post('Content-Length: 2, 3\r\n', ''), 'BAD_CONTENT_LENGTH 400'],
    ['a list with nothing in it', post('Content-Length: 2,\r\n', ''), 'BAD_CONTENT_LENGTH 400'],
    ['a list that begins with nothing', post('Content-Length: ,2\r\n', ''), 'BAD_CONTENT_LENGTH 400'],
    ['the same in other digits', post('Content-Length: 2, 02\r\n', ''), 'BAD_CONTENT_LENGTH 400'],
    ['two numbers without a comma', post('Content-Length: 2 2\r\n', ''), 'BAD_CONTENT_LENGTH 400'],
    ['two numbers and a comma', post('Content-Length: 2 2, 2\r\n', ''), 'BAD_CONTENT_LENGTH 400'],
    ['a sign', post('Content-Length: 2, +2\r\n', ''), 'BAD_CONTENT_LENGTH 400'],
  ]);

  lenient('allowLowerCaseMethods', 'UNKNOWN_METHOD 501', [
    ['get is get, and not GET', 'get / HTTP/1.1\r\nHost: a\r\n\r\n', ['get / 1.1 | Host: a', 'end']],
    ['Post', 'Post / HTTP/1.1\r\nHost: a\r\n\r\n', ['Post / 1.1 | Host: a', 'end']],
  ]);
  strict('allowLowerCaseMethods', [
    ['what is no token', 'g(t / HTTP/1.1\r\nHost: a\r\n\r\n', 'BAD_METHOD 400'],
    ['a target that CONNECT alone may have', 'connect a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 'BAD_TARGET 400'],
  ]);

  const both = 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n';
  lenient('allowTransferEncodingWithContentLength', 'CONFLICTING_FRAMING 400', [
    [
      'the chunks count, and it is the last request',
      `POST / HTTP/1.1\r\nHost: a\r\n${both}\r\n1\r\na\r\n0\r\n\r\n`,
      [
        'POST / 1.1 close chunked | Host: a | Content-Length: 5 | Transfer-Encoding: chunked',
        'data a',
        'end',
      ],
    ],
    [
      'a length of 0 as well',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n',
      ['POST / 1.1 close chunked | Host: a | Transfer-Encoding: chunked | Content-Length: 0', 'end'],
    ],
  ]);
  strict('allowTransferEncodingWithContentLength', [
    ['HTTP/1.0', `POST / HTTP/1.0\r\nHost: a\r\n${both}\r\n`, 'BAD_TRANSFER_ENCODING 400'],
    [
      'a coding that is not chunked',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n',
      'BAD_TRANSFER_ENCODING 400',
    ],
    [
      'chunked twice',
      `POST / HTTP/1.1\r\nHost: a\r\n${both}Transfer-Encoding: chunked\r\n\r\n`,
      'BAD_TRANSFER_ENCODING 400',
    ],
  ]);
  test('allowTransferEncodingWithContentLength: nothing is read behind the message, and the answer says close', () => {
    const options = { allowTransferEncodingWithContentLength: true };
    const connection = connected(`POST / HTTP/1.1\r\nHost: a\r\n${both}\r\n0\r\n\r\n${next}`, options);
    expect(connection.unanswered).toBe(1);
    expect(wire(connection.sendResponse({ status: 204 }))).toContain('Connection: close');
    expect(connection.mustClose).toBe(true);
  });

  lenient('allowMissingHost', 'BAD_HOST 400', [
    ['none', `GET / HTTP/1.1\r\n\r\n${next}`, ['GET / 1.1', 'end', ...nextSaid]],
  ]);
  strict('allowMissingHost', [
    ['two', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 'BAD_HOST 400'],
    ['one that is none', 'GET / HTTP/1.1\r\nHost: /\r\n\r\n', 'BAD_HOST 400'],
    ['an empty one', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 'BAD_HOST 400'],
  ]);

  lenient('allowAnyTargetCharacters', 'BAD_TARGET 400', [
    ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n', ['GET /a#b 1.1 | Host: a', 'end']],
    [
      'octets above 127',
      'GET /\x80\xe9\xff/x HTTP/1.1\r\nHost: a\r\n\r\n',
      ['GET /\x80\xe9\xff/x 1.1 | Host: a', 'end'],
    ],
  ]);
  strict('allowAnyTargetCharacters', [
    ['a NUL', 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n', 'BAD_TARGET 400'],
    ['a tab', 'GET /#\ta HTTP/1.1\r\nHost: a\r\n\r\n', 'BAD_TARGET 400'],
    ['a DEL', 'GET /\xe9\x7f HTTP/1.1\r\nHost: a\r\n\r\n', 'BAD_TARGET 400'],
    ['no target', 'GET  HTTP/1.1\r\nHost: a\r\n\r\n', 'BAD_TARGET 400'],
    ['none of the forms', 'GET #a HTTP/1.1\r\nHost: a\r\n\r\n', 'BAD_TARGET 400'],
    ['an authority of such characters', 'GET http://\xe9/ HTTP/1.1\r\nHost: a\r\n\r\n', 'BAD_TARGET 400'],
  ]);
});

describe('in responses', () => {
  const said = (fields: string): string => `200 OK 1.1 length=2${fields}`;
  describe('allowBareLf', () => {
    responses(
      [
        [
          'everywhere',
          'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi',
          [said(' | Content-Length: 2'), 'data hi', 'end'],
        ],
        ['behind the status', 'HTTP/1.1 200\nContent-Length: 0\n\n', ['200  1.1 | Content-Length: 0', 'end']],
        ['not a bare CR', 'HTTP/1.1 200 O\rK\n\n', ['! BAD_LINE_END 502']],
      ],
      { allowBareLf: true },
    );
  });
  describe('the others', () => {
    responses(
      [
        [
          'folds and blanks',
          'HTTP/1.1 200 OK\r\nContent-Length :\r\n 2\r\nX: y\r\n z\r\n\r\nhi',
          [said(' | Content-Length: 2 | X: y z'), 'data hi', 'end'],
        ],
        [
          'a length twice',
          'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi',
          [said(' | Content-Length: 2 | Content-Length: 2'), 'data hi', 'end'],
        ],
        [
          'a length beside chunks',
          'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
          ['200 OK 1.1 close chunked | Content-Length: 2 | Transfer-Encoding: chunked', 'end'],
        ],
      ],
      everything,
    );
  });
  test('a connection takes them', () => {
    const connection = new ClientConnection({ allowBareLf: true });
    connection.sendRequest({ method: 'GET', target: '/', headers: [['Host', 'a']] });
    connection.receive(octets('HTTP/1.1 204 x\n\n'));
    expect([connection.nextEvent()?.type, connection.nextEvent()?.type]).toEqual(['head', 'end']);
  });
});

describe('limits hold under every leniency', () => {
  test('of a head, in the bytes that are sent', () => {
    const bytes = 'GET / HTTP/1.1\nHost : a\nX: y\n z\n\n';
    const said = ['GET / 1.1 | Host: a | X: y z', 'end'];
    saysHoweverCut(bytes, said, { ...everything, maxHeadBytes: bytes.length });
    saysHoweverCut(bytes, ['! HEAD_TOO_LARGE 431'], { ...everything, maxHeadBytes: bytes.length - 1 });
    saysHoweverCut(bytes, said, { ...everything, maxFields: 2 });
    saysHoweverCut(bytes, ['! TOO_MANY_FIELDS 431'], { ...everything, maxFields: 1 });
  });
  test('of a target', () => {
    saysHoweverCut(
      `GET /${'é'.repeat(7)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      [`GET /${'é'.repeat(7)} 1.1 | Host: a`, 'end'],
      {
        ...everything,
        maxTargetBytes: 8,
      },
    );
    saysHoweverCut(`GET /${'é'.repeat(8)}`, ['! TARGET_TOO_LONG 414'], { ...everything, maxTargetBytes: 8 });
  });
  test('of trailers', () => {
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const said = 'POST / 1.1 chunked | Host: a | Transfer-Encoding: chunked';
    saysHoweverCut(`${head}0\r\nX : y\n\n`, [said, 'trailers | X: y', 'end'], {
      ...everything,
      maxTrailerBytes: 7,
    });
    saysHoweverCut(`${head}0\r\nX : y\n\n`, [said, '! HEAD_TOO_LARGE 431'], {
      ...everything,
      maxTrailerBytes: 6,
    });
  });
  test('endless folds and blanks are cut off', () => {
    const options = { ...everything, maxHeadBytes: 300 };
    saysHoweverCut(`GET / HTTP/1.1\nX: y\n${' \n'.repeat(400)}`, ['! HEAD_TOO_LARGE 431'], options);
    saysHoweverCut(`GET / HTTP/1.1\nX${' '.repeat(400)}`, ['! HEAD_TOO_LARGE 431'], options);
  });
});

test.each(names)('%s is a boolean: no text opens a door', (name) => {
  for (const value of ['false', 'true', 1, 0, null]) {
    for (const made of [RequestParser, ResponseParser, ServerConnection, ClientConnection]) {
      expect(() => new made({ [name]: value as never })).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' }) as HttpUsageError,
      );
    }
  }
});

describe('properties', () => {
  const eol = fc.constantFrom('\r\n', '\n');
  const blank = fc.constantFrom('', ' ', '\t ');
  const word = fc.string({ unit: fc.constantFrom(...'abcXYZ:,='), minLength: 1, maxLength: 6 });
  const field = fc.record({
    name: fc
      .string({ unit: fc.constantFrom(...'abcXYZ-'), minLength: 1, maxLength: 6 })
      .map((name) => `X-${name}`),
    before: blank,
    after: blank,
    words: fc.array(fc.tuple(word, fc.constantFrom('', ' ', '\t'), eol, fc.constantFrom(' ', '\t', ' \t')), {
      minLength: 1,
      maxLength: 3,
    }),
    end: eol,
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });

  test('whatever is folded, spaced and ended by LF is heard as it was meant', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 5 }), eol, eol, sizes, (fields, first, last, cuts) => {
        const lines = fields.map(({ name, before, after, words, end }) => {
          const value = words
            .map(([text], i) => (i === 0 ? text : words[i - 1]!.slice(1).join('') + text))
            .join('');
          return `${name}${before}:${after}${value}${end}`;
        });
        const bytes = octets(`GET / HTTP/1.1${first}Host: a${first}${lines.join('')}${last}${next}`);
        const values = fields.map(
          ({ name, words }) => ` | ${name}: ${words.map(([text]) => text).join(' ')}`,
        );
        const said = [`GET / 1.1 | Host: a${values.join('')}`, 'end', ...nextSaid];
        expect(transcript([bytes], everything)).toEqual(said);
        expect(transcript(cutBy(bytes, cuts), everything)).toEqual(said);
      }),
      { numRuns: 300 },
    );
  });

  test('damaged requests are refused or read, the same however they are cut', () => {
    const request =
      'POST /x HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\nContent-Length : 2, 2\nTransfer-Encoding: chunked\n\n1\r\na\r\n0\r\nT: 1\n\n';
    const octet = fc.constantFrom('\r', '\n', '\0', ' ', ':', '\t', 'x', '', '\r\n', '\n ');
    fc.assert(
      fc.property(
        fc.nat(request.length),
        octet,
        fc.nat(request.length),
        octet,
        sizes,
        (at, insert, at2, insert2, cuts) => {
          const once = request.slice(0, at) + insert + request.slice(at + 1);
          const bytes = octets(once.slice(0, at2) + insert2 + once.slice(at2 + 1) + next);
          const heard = transcript([bytes], everything);
          expect(transcript(cutBy(bytes, cuts), everything)).toEqual(heard);
          expect(transcript(singles(bytes), everything)).toEqual(heard);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('what is right is heard the same with every leniency as with none', () => {
    const bytes = octets(
      `PUT /p?q HTTP/1.1\r\nHost: a\r\nX:  y \r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\nT: 1\r\n\r\n${next}`,
    );
    expect(transcript([bytes], everything)).toEqual(transcript([bytes]));
    const response = octets('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
    expect(heardOf([response], 'GET', everything)).toEqual(heardOf([response]));
  });
});
