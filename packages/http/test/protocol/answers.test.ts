import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HeaderList, type ResponseHead, type ServerConnection } from '@wirestack/http/protocol';
import { connected, refusedWith, request, wire } from './client.ts';
import { octets } from './transcript.ts';

const length = (value: number): HeaderList => [['Content-Length', String(value)]];

/** One answer in pieces, all bytes of it. */
function streamed(
  connection: ServerConnection,
  head: ResponseHead,
  pieces: readonly string[],
  trailers?: HeaderList,
): string {
  return wire(
    connection.sendHead(head),
    ...pieces.map((piece) => connection.sendData(octets(piece))),
    connection.sendEnd(trailers),
  );
}

describe('a whole response', () => {
  const answers: [
    name: string,
    bytes: string,
    head: ResponseHead,
    body: string,
    said: string,
    then: string,
  ][] = [
    [
      'a body',
      request(),
      { status: 200 },
      'hello',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      'idle',
    ],
    [
      'no body',
      request(),
      { status: 404 },
      '',
      'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
      'idle',
    ],
    [
      'fields in order and case',
      request(),
      {
        status: 200,
        headers: [
          ['b', '1'],
          ['A', ''],
          ['b', 'é\t x'],
        ],
      },
      '',
      'HTTP/1.1 200 OK\r\nb: 1\r\nA: \r\nb: \xe9\t x\r\nContent-Length: 0\r\n\r\n',
      'idle',
    ],
    [
      'a reason of its own',
      request(),
      { status: 200, reason: 'Très bien' },
      '',
      'HTTP/1.1 200 Tr\xe8s bien\r\nContent-Length: 0\r\n\r\n',
      'idle',
    ],
    [
      'an empty reason keeps its blank',
      request(),
      { status: 200, reason: '' },
      '',
      'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
      'idle',
    ],
    [
      'a status nobody registered',
      request(),
      { status: 799 },
      '',
      'HTTP/1.1 799 \r\nContent-Length: 0\r\n\r\n',
      'idle',
    ],
    [
      'a Content-Length that is right stands once',
      request(),
      {
        status: 200,
        headers: [
          ['content-length', '2'],
          ['X', 'y'],
        ],
      },
      'hi',
      'HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nhi',
      'idle',
    ],
    [
      'HEAD: the length of the body that is not sent',
      request('HEAD'),
      { status: 200 },
      'hello',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
      'idle',
    ],
    [
      'HEAD: the length given',
      request('HEAD'),
      { status: 200, headers: length(99) },
      '',
      'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n',
      'idle',
    ],
    [
      '204 has neither body nor length',
      request(),
      { status: 204, headers: length(0) },
      'x',
      'HTTP/1.1 204 No Content\r\n\r\n',
      'idle',
    ],
    ['304 has no body', request(), { status: 304 }, 'x', 'HTTP/1.1 304 Not Modified\r\n\r\n', 'idle'],
    [
      '304 may tell the length',
      request(),
      { status: 304, headers: length(7) },
      '',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n',
      'idle',
    ],
    [
      'HTTP/1.0',
      request('GET', '', '', '1.0'),
      { status: 200 },
      'x',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx',
      'closed',
    ],
    [
      'HTTP/1.0 that asks to persist',
      request('GET', 'Connection: keep-alive\r\n', '', '1.0'),
      { status: 200 },
      'x',
      'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx',
      'idle',
    ],
    [
      'a client that closes',
      request('GET', 'Connection: close\r\n'),
      { status: 200 },
      '',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      'closed',
    ],
    [
      'a server that closes',
      request(),
      { status: 200, headers: [['connection', 'Close']] },
      '',
      'HTTP/1.1 200 OK\r\nconnection: Close\r\nContent-Length: 0\r\n\r\n',
      'closed',
    ],
    [
      'a server that closes, in a list',
      request(),
      { status: 200, headers: [['Connection', 'x , close']] },
      '',
      'HTTP/1.1 200 OK\r\nConnection: x , close\r\nContent-Length: 0\r\n\r\n',
      'closed',
    ],
    [
      'a server that does not close',
      request(),
      { status: 200, headers: [['Connection', 'xclose']] },
      '',
      'HTTP/1.1 200 OK\r\nConnection: xclose\r\nContent-Length: 0\r\n\r\n',
      'idle',
    ],
    [
      'both close, said once',
      request('GET', 'Connection: close\r\n'),
      { status: 200, headers: [['Connection', 'close']] },
      '',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      'closed',
    ],
    [
      '204 to a client that closes',
      request('GET', 'Connection: close\r\n'),
      { status: 204 },
      '',
      'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
      'closed',
    ],
    [
      '2xx to CONNECT has no framing fields',
      request('CONNECT'),
      { status: 200, headers: length(0) },
      '',
      'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n',
      'closed',
    ],
    [
      '204 to CONNECT ends the connection too',
      request('CONNECT'),
      { status: 204 },
      '',
      'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
      'closed',
    ],
    [
      '4xx to CONNECT is like any other',
      request('CONNECT'),
      { status: 405 },
      'no',
      'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 2\r\n\r\nno',
      'idle',
    ],
  ];

  test.each(answers)('%s', (_name, bytes, head, body, said, then) => {
    const connection = connected(bytes);
    expect(wire(connection.sendResponse(head, body))).toBe(said);
    expect(connection.state).toBe(then);
  });

  test('the date line goes with each, unless the program sends one', () => {
    const connection = connected(request().repeat(3));
    connection.dateLine = 'Date: D\r\n';
    expect(wire(connection.sendResponse({ status: 200 }))).toBe(
      'HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\n\r\n',
    );
    expect(wire(connection.sendResponse({ status: 200, headers: [['date', 'mine']] }))).toBe(
      'HTTP/1.1 200 OK\r\ndate: mine\r\nContent-Length: 0\r\n\r\n',
    );
    expect(connection.sendHead({ status: 200, headers: length(0) })).toBe(
      'HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\n\r\n',
    );
  });

  test('heads that repeat are not taken for one another', () => {
    const headers: [string, string][] = [['X', '1']];
    const connection = connected(request().repeat(2000));
    const send = (head: ResponseHead): string =>
      wire(connection.sendResponse(head)).replace('Content-Length: 0\r\n\r\n', '');
    const line = 'HTTP/1.1 200 OK\r\n';
    for (let i = 0; i < 3; i++) {
      expect(send({ status: 200, headers })).toBe(`${line}X: 1\r\n`);
      expect(send({ status: 200, headers: [['x', '1']] })).toBe(`${line}x: 1\r\n`);
      expect(send({ status: 200, headers: [['X', '11']] })).toBe(`${line}X: 11\r\n`);
      expect(send({ status: 200, headers: [['X1', '1']] })).toBe(`${line}X1: 1\r\n`);
      expect(send({ status: 200, headers: [['1', 'X']] })).toBe(`${line}1: X\r\n`);
      expect(send({ status: 216, headers })).toBe('HTTP/1.1 216 \r\nX: 1\r\n');
      expect(send({ status: 200, reason: 'Fine', headers })).toBe('HTTP/1.1 200 Fine\r\nX: 1\r\n');
      expect(send({ status: 200, reason: '', headers })).toBe('HTTP/1.1 200 \r\nX: 1\r\n');
    }
    for (let i = 0; i < 3; i++) {
      headers[0] = ['X', `changed ${String(i)}`];
      connection.dateLine = `Date: ${String(i)}\r\n`;
      for (let again = 0; again < 2; again++) {
        expect(send({ status: 200, headers })).toBe(
          `${line}Date: ${String(i)}\r\nX: changed ${String(i)}\r\n`,
        );
      }
    }
  });

  test('a head that repeats is refused each time it is wrong, and closes each time it says so', () => {
    const connection = connected(request());
    for (let i = 0; i < 3; i++) {
      refusedWith(connection, 'BAD_FIELD', () =>
        connection.sendResponse({ status: 200, headers: [['X', 'a\nb']] }),
      );
      refusedWith(connection, 'BAD_STATUS', () => connection.sendResponse({ status: 100 }));
      refusedWith(connection, 'BAD_BODY', () =>
        connection.sendResponse({ status: 200, headers: length(3) }, 'x'),
      );
      const closing = connected(request());
      closing.sendResponse({ status: 200, headers: [['Connection', 'close']] });
      expect(closing.mustClose).toBe(true);
    }
  });

  test('the length of text is that of its UTF-8', () => {
    const connection = connected(request().repeat(2));
    expect(wire(connection.sendResponse({ status: 200 }, 'é€😀'))).toBe(
      `HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n${Buffer.from('é€😀').toString('latin1')}`,
    );
    expect(wire(connection.sendResponse({ status: 200, headers: length(9) }, 'é€😀'))).toContain(
      'Content-Length: 9\r\n\r\n',
    );
  });

  test('small bodies are part of the text, large ones stay apart', () => {
    const sizes: [string | Uint8Array, boolean][] = [
      ['x'.repeat(16_383), false],
      ['x'.repeat(16_384), true],
      ['€'.repeat(16_383), false],
      ['€'.repeat(16_384), true],
      [new Uint8Array(4095).fill(200), false],
      [new Uint8Array(4096).fill(200), true],
    ];
    for (const [body, isApart] of sizes) {
      const output = connected(request()).sendResponse({ status: 200 }, body);
      expect(Array.isArray(output)).toBe(isApart);
      const bytes = Buffer.from(body);
      expect(wire(output)).toBe(
        `HTTP/1.1 200 OK\r\nContent-Length: ${String(bytes.length)}\r\n\r\n${bytes.toString('latin1')}`,
      );
    }
  });

  test('large bytes are handed on, not copied', () => {
    const body = new Uint8Array(1_000_000);
    const output = connected(request()).sendResponse({ status: 200 }, body);
    expect(output[1]).toBe(body);
  });

  test('HEAD, 204 and 304 send nothing of a large body either', () => {
    const body = 'x'.repeat(20_000);
    expect(connected(request('HEAD')).sendResponse({ status: 200 }, body)).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n',
    );
    expect(connected(request()).sendResponse({ status: 204 }, body)).toBe('HTTP/1.1 204 No Content\r\n\r\n');
    expect(connected(request()).sendResponse({ status: 304 }, body)).toBe(
      'HTTP/1.1 304 Not Modified\r\n\r\n',
    );
  });

  test('the length is right for any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud800', '\n', '\0'), maxLength: 50 }),
        (body) => {
          const bytes = new TextEncoder().encode(body);
          const text = Buffer.from(bytes).toString('latin1');
          expect(wire(connected(request()).sendResponse({ status: 200 }, body))).toBe(
            `HTTP/1.1 200 OK\r\nContent-Length: ${String(bytes.length)}\r\n\r\n${text}`,
          );
        },
      ),
    );
  });
});

describe('a response in pieces', () => {
  test('goes in chunks to HTTP/1.1', () => {
    const connection = connected(request());
    expect(streamed(connection, { status: 200 }, ['hello', '', 'x'.repeat(26)])).toBe(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1a\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`,
    );
    expect(connection.state).toBe('idle');
  });

  test('has trailers behind the chunks', () => {
    const connection = connected(request());
    expect(
      streamed(
        connection,
        { status: 200 },
        ['a'],
        [
          ['Digest', 'x'],
          ['T', 'é'],
        ],
      ),
    ).toBe(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nDigest: x\r\nT: \xe9\r\n\r\n',
    );
  });

  test('goes as it is where its length is known, and drops trailers', () => {
    const connection = connected(request());
    expect(streamed(connection, { status: 200, headers: length(3) }, ['ab', 'c'], [['T', 'x']])).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
    );
    expect(connection.state).toBe('idle');
  });

  test('ends with the connection for HTTP/1.0, also for one that would persist', () => {
    for (const fields of ['', 'Connection: keep-alive\r\n']) {
      const connection = connected(request('GET', fields, '', '1.0'));
      expect(streamed(connection, { status: 200 }, ['ab', 'c'], [['T', 'x']])).toBe(
        'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc',
      );
      expect(connection.state).toBe('closed');
    }
  });

  test('leaves HTTP/1.0 that would persist open where the length is known', () => {
    const connection = connected(request('GET', 'Connection: keep-alive\r\n', '', '1.0'));
    expect(streamed(connection, { status: 200, headers: length(3) }, ['abc'])).toBe(
      'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc',
    );
    expect(connection.state).toBe('idle');
  });

  test.each<[string, string, ResponseHead, string]>([
    ['HEAD', request('HEAD'), { status: 200 }, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    [
      'HEAD with a length',
      request('HEAD'),
      { status: 200, headers: length(5) },
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
    ],
    [
      'HEAD of HTTP/1.0 that persists',
      request('HEAD', 'Connection: keep-alive\r\n', '', '1.0'),
      { status: 200 },
      'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n',
    ],
    ['204', request(), { status: 204 }, 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['204 with a length', request(), { status: 204, headers: length(5) }, 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['304', request(), { status: 304 }, 'HTTP/1.1 304 Not Modified\r\n\r\n'],
    [
      '304 with a length',
      request(),
      { status: 304, headers: length(5) },
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    ],
  ])('has no body for %s, whatever is sent', (_name, bytes, head, said) => {
    const connection = connected(bytes);
    const start = connection.sendHead(head);
    expect(connection.dropsBody).toBe(true);
    expect(wire(start, connection.sendData(octets('hello!')), connection.sendEnd([['T', 'x']]))).toBe(said);
    expect([connection.state, connection.dropsBody]).toEqual(['idle', false]);
  });

  test.each<[string, ResponseHead, string]>([
    ['200', { status: 200 }, 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
    [
      '200 with a length',
      { status: 200, headers: length(1) },
      'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n',
    ],
  ])('%s to CONNECT has no framing fields, and ends with the connection', (_name, head, said) => {
    const connection = connected(request('CONNECT'));
    expect(streamed(connection, head, ['tunnel', 'led'])).toBe(`${said}tunnelled`);
    expect(connection.state).toBe('closed');
  });

  test('204 to CONNECT ends the connection', () => {
    const connection = connected(request('CONNECT'));
    expect(streamed(connection, { status: 204 }, [])).toBe(
      'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
    );
    expect(connection.state).toBe('closed');
  });

  test('hands the bytes on, not a copy', () => {
    const connection = connected(request());
    connection.sendHead({ status: 200 });
    const bytes = octets('hello');
    expect(connection.sendData(bytes)[1]).toBe(bytes);
  });

  test('nothing of one answer clings to the next', () => {
    const connection = connected(request('HEAD') + request().repeat(3));
    connection.sendHead({ status: 200, headers: length(5) });
    connection.sendEnd();
    expect(streamed(connection, { status: 200 }, ['a'])).toBe(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    );
    expect(streamed(connection, { status: 200, headers: length(1) }, ['b'])).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb',
    );
    expect(streamed(connection, { status: 200 }, ['c'])).toBe(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n',
    );
  });
});

describe('informational responses', () => {
  test('100 and 103 go before the answer, as many as wanted', () => {
    const connection = connected(request('POST', 'Expect: 100-continue\r\nContent-Length: 1\r\n'));
    expect(connection.current?.expectsContinue).toBe(true);
    expect(connection.sendInformational(100)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(
      connection.sendInformational(103, [
        ['Link', 'a'],
        ['Link', 'b'],
      ]),
    ).toBe('HTTP/1.1 103 Early Hints\r\nLink: a\r\nLink: b\r\n\r\n');
    expect(wire(connection.sendResponse({ status: 200 }))).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    );
  });

  test('never go to a client of HTTP/1.0', () => {
    const connection = connected(request('POST', 'Expect: 100-continue\r\nContent-Length: 1\r\n', '', '1.0'));
    expect(connection.current?.expectsContinue).toBe(false);
    expect(connection.sendInformational(100)).toBe('');
    expect(connection.sendInformational(103, [['Link', 'a']])).toBe('');
    expect(connection.state).toBe('head');
  });

  test('have no date line, no length, and end nothing', () => {
    const connection = connected(request());
    connection.dateLine = 'Date: D\r\n';
    expect(connection.sendInformational(103, length(5))).toBe('HTTP/1.1 103 Early Hints\r\n\r\n');
    connection.sendInformational(103, [['Connection', 'close']]);
    expect(wire(connection.sendResponse({ status: 200 }))).toBe(
      'HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\n\r\n',
    );
    expect(connection.state).toBe('idle');
  });
});

describe('what would break the message is refused, emits nothing, and leaves the connection fit for a 500', () => {
  const server = { status: 500, headers: [['X', 'y']] as const };
  const serverText = 'HTTP/1.1 500 Internal Server Error\r\nX: y\r\nContent-Length: 4\r\n\r\noops';
  const bad = ['\r', '\n', '\r\n', '\0', '\x01', '\x7f', '\u010d\u010a', '€', '\ud83d\ude00', '\u2028'];

  function refuses(
    code: 'BAD_FIELD' | 'BAD_STATUS' | 'BAD_BODY',
    head: ResponseHead,
    body = '',
    bytes = request(),
  ): void {
    const whole = connected(bytes);
    refusedWith(whole, code, () => whole.sendResponse(head, body));
    expect(wire(whole.sendResponse(server, 'oops'))).toBe(serverText);
    expect(whole.state).toBe('idle');
    if (code === 'BAD_BODY') return;
    const streaming = connected(bytes);
    refusedWith(streaming, code, () => streaming.sendHead(head));
    expect(wire(streaming.sendResponse(server, 'oops'))).toBe(serverText);
    const pieces = connected(bytes);
    refusedWith(pieces, code, () => pieces.sendHead(head));
    expect(streamed(pieces, { status: 500, headers: length(4) }, ['oops'])).toBe(
      'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops',
    );
    expect(pieces.state).toBe('idle');
  }

  test.each(bad)('%j in the reason (CVE-2016-2216)', (text) => {
    refuses('BAD_STATUS', { status: 200, reason: `OK${text}X: y` });
    refuses('BAD_STATUS', { status: 200, reason: text });
  });

  test.each(bad)('%j in a value', (text) => {
    refuses('BAD_FIELD', { status: 200, headers: [['X', `a${text}Y: b`]] });
    refuses('BAD_FIELD', {
      status: 200,
      headers: [
        ['A', 'b'],
        ['X', text],
      ],
    });
    refuses('BAD_FIELD', { status: 200, headers: [['Content-Length', `1${text}`]] });
  });

  test.each([...bad, '', ' ', 'a b', 'a:', ':a', 'a\tb', 'é', '(a)', '"a"', 'a\n'])(
    '%j as a name',
    (name) => {
      refuses('BAD_FIELD', { status: 200, headers: [[name, 'x']] });
      refuses('BAD_FIELD', {
        status: 200,
        headers: [
          ['A', 'b'],
          [`X${name === '' ? ' ' : name}\0`, 'x'],
        ],
      });
    },
  );

  test.each([-1, 0, 99, 100, 101, 103, 199, 1000, 200.5, NaN, Infinity])('%d as a final status', (status) => {
    refuses('BAD_STATUS', { status });
  });

  test.each(['', '-1', '+1', '1.0', '0x1', 'x', '1, 1', ' 1', '1 ', '9007199254740992', '99999999999999999'])(
    '%j as Content-Length',
    (value) => {
      refuses('BAD_FIELD', { status: 200, headers: [['Content-Length', value]] }, 'x');
    },
  );

  test('two Content-Lengths', () => {
    refuses('BAD_FIELD', { status: 200, headers: [...length(1), ['content-length', '1']] }, 'x');
  });

  test.each(['Transfer-Encoding', 'transfer-encoding'])('%s, which is the server’s to send', (name) => {
    refuses('BAD_FIELD', { status: 200, headers: [[name, 'chunked']] });
  });

  test('a Content-Length that is not the body’s', () => {
    refuses('BAD_BODY', { status: 200, headers: length(1) });
    refuses('BAD_BODY', { status: 200, headers: length(1) }, 'é');
    refuses('BAD_BODY', { status: 200, headers: length(5) }, 'hell');
  });

  test('a Connection: close beside the fault decides nothing', () => {
    refuses('BAD_STATUS', { status: 200, reason: '\n', headers: [['Connection', 'close']] });
    refuses('BAD_BODY', { status: 200, headers: [['Connection', 'close'], ...length(1)] });
    refuses('BAD_FIELD', {
      status: 200,
      headers: [
        ['Connection', 'close'],
        ['X', '\n'],
      ],
    });
  });

  test('a refused head does not end the connection, nor drop the next body', () => {
    for (const head of [
      { status: 200, reason: '\n' },
      { status: 204, reason: '\n' },
    ])
      refuses('BAD_STATUS', head);
    refuses('BAD_STATUS', { status: 200, reason: '\n' }, '', request('CONNECT'));
    const old = connected(request('GET', 'Connection: keep-alive\r\n', '', '1.0'));
    refusedWith(old, 'BAD_STATUS', () => old.sendHead({ status: 200, reason: '\n' }));
    expect(wire(old.sendResponse(server, 'oops'))).toContain('Connection: keep-alive\r\n');
    expect(old.state).toBe('idle');
  });

  test('faults of an informational response', () => {
    const connection = connected(request());
    for (const status of [99, 101, 200, NaN, 100.5])
      refusedWith(connection, 'BAD_STATUS', () => connection.sendInformational(status));
    for (const text of bad) {
      refusedWith(connection, 'BAD_FIELD', () => connection.sendInformational(103, [['X', text]]));
      refusedWith(connection, 'BAD_FIELD', () => connection.sendInformational(103, [[`X${text}`, 'y']]));
    }
    expect(wire(connection.sendResponse(server, 'oops'))).toBe(serverText);
  });

  test('faults of trailers', () => {
    const connection = connected(request());
    connection.sendHead({ status: 200 });
    for (const text of bad) {
      refusedWith(connection, 'BAD_FIELD', () => connection.sendEnd([['X', text]]));
      refusedWith(connection, 'BAD_FIELD', () => connection.sendEnd([[`X${text}`, 'y']]));
    }
    for (const name of ['Content-Length', 'transfer-encoding', 'HOST', 'Connection', 'Date']) {
      refusedWith(connection, 'BAD_FIELD', () => connection.sendEnd([[name, '1']]));
    }
    expect(connection.sendEnd([['X', 'y']])).toBe('0\r\nX: y\r\n\r\n');
  });

  test('a body in pieces that is longer than its Content-Length, now and ever after', () => {
    const connection = connected(request());
    connection.sendHead({ status: 200, headers: length(3) });
    connection.sendData(octets('ab'));
    refusedWith(connection, 'BAD_BODY', () => connection.sendData(octets('cd')));
    refusedWith(connection, 'BAD_BODY', () => connection.sendData(octets('cd')));
    refusedWith(connection, 'BAD_BODY', () => connection.sendEnd());
    expect(wire(connection.sendData(octets('c')), connection.sendEnd())).toBe('c');
    expect(connection.state).toBe('idle');
  });

  test('a body in pieces that is shorter than its Content-Length', () => {
    const connection = connected(request());
    connection.sendHead({ status: 200, headers: length(3) });
    refusedWith(connection, 'BAD_BODY', () => connection.sendEnd());
    connection.sendData(octets('ab'));
    refusedWith(connection, 'BAD_BODY', () => connection.sendEnd());
    expect(wire(connection.sendData(octets('c')), connection.sendEnd())).toBe('c');
  });

  test('no text whatever gets a line of its own into a head', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 8 });
    const line = /^HTTP\/1\.1 200 [^\r\n]*\r\n([^\r\n:]+: [^\r\n]*\r\n)Content-Length: 0\r\n\r\n$/;
    let refused = 0;
    fc.assert(
      fc.property(anything, fc.oneof(anything, fc.constant('X')), anything, (reason, name, value) => {
        const connection = connected(request());
        let output;
        try {
          output = wire(connection.sendResponse({ status: 200, reason, headers: [[name, value]] }));
        } catch (error) {
          expect(error).toMatchObject({ name: 'HttpUsageError' });
          refused++;
          return;
        }
        if (!/^(content-length|connection|date)$/i.test(name)) expect(output).toMatch(line);
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});
