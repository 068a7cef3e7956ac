import { describe, expect, test } from 'vitest';
import {
  HttpProtocolError,
  HttpUsageError,
  ServerConnection,
  type AnswerState,
} from '@wirestack/http/protocol';
import { connected, drain, hear, hearEnd, refusedWith, request, wire } from './client.ts';
import { octets, singles } from './transcript.ts';

const ok = { status: 200 };
const okText = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const okClose = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const badRequest = new HttpProtocolError('BAD_CHUNK', 'bad');
const badRequestText =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbad\n';

describe('the answer-state table: every call in every state', () => {
  const calls: Record<string, (connection: ServerConnection) => string> = {
    sendInformational: (connection) => connection.sendInformational(103, [['Link', '</x>']]),
    sendResponse: (connection) => wire(connection.sendResponse(ok)),
    sendHead: (connection) => connection.sendHead(ok),
    sendData: (connection) => wire(connection.sendData(octets('hi'))),
    sendEnd: (connection) => connection.sendEnd(),
    sendElsewhere: (connection) => String(connection.sendElsewhere(1)),
    sendUpgrade: (connection) => connection.sendUpgrade({ status: 101, headers: [['Upgrade', 'x']] }),
    takeRest: (connection) => wire(['', connection.takeRest(), '']),
    sendError: (connection) => connection.sendError(badRequest),
  };
  const into: Record<AnswerState, () => ServerConnection> = {
    idle: () => new ServerConnection(),
    head: () => connected(request()),
    body: () => {
      const connection = connected(request());
      connection.sendHead(ok);
      return connection;
    },
    switched: () => {
      const connection = connected(request('GET', 'Upgrade: x\r\nConnection: upgrade\r\n', 'rest'));
      connection.sendUpgrade({ status: 101, headers: [['Upgrade', 'x']] });
      return connection;
    },
    closed: () => {
      const connection = connected(request('GET', 'Connection: close\r\n'));
      connection.sendResponse(ok);
      return connection;
    },
  };
  const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
  const refused = undefined;

  test.each<[AnswerState, string, string | undefined, AnswerState]>([
    ['idle', 'sendInformational', refused, 'idle'],
    ['idle', 'sendResponse', refused, 'idle'],
    ['idle', 'sendHead', refused, 'idle'],
    ['idle', 'sendData', refused, 'idle'],
    ['idle', 'sendEnd', refused, 'idle'],
    ['idle', 'sendElsewhere', refused, 'idle'],
    ['idle', 'sendUpgrade', refused, 'idle'],
    ['idle', 'takeRest', refused, 'idle'],
    ['idle', 'sendError', badRequestText, 'closed'],
    ['head', 'sendInformational', early, 'head'],
    ['head', 'sendResponse', okText, 'idle'],
    ['head', 'sendHead', chunkedHead, 'body'],
    ['head', 'sendData', refused, 'head'],
    ['head', 'sendEnd', refused, 'head'],
    ['head', 'sendElsewhere', refused, 'head'],
    ['head', 'sendUpgrade', refused, 'head'],
    ['head', 'takeRest', refused, 'head'],
    ['head', 'sendError', badRequestText, 'closed'],
    ['body', 'sendInformational', refused, 'body'],
    ['body', 'sendResponse', refused, 'body'],
    ['body', 'sendHead', refused, 'body'],
    ['body', 'sendData', '2\r\nhi\r\n', 'body'],
    ['body', 'sendEnd', '0\r\n\r\n', 'idle'],
    ['body', 'sendUpgrade', refused, 'body'],
    ['body', 'takeRest', refused, 'body'],
    ['body', 'sendError', '', 'closed'],
    ['switched', 'sendInformational', refused, 'switched'],
    ['switched', 'sendResponse', refused, 'switched'],
    ['switched', 'sendHead', refused, 'switched'],
    ['switched', 'sendData', refused, 'switched'],
    ['switched', 'sendElsewhere', refused, 'switched'],
    ['switched', 'sendEnd', refused, 'switched'],
    ['switched', 'sendUpgrade', refused, 'switched'],
    ['switched', 'takeRest', 'rest', 'switched'],
    ['switched', 'sendError', '', 'switched'],
    ['closed', 'sendInformational', refused, 'closed'],
    ['closed', 'sendResponse', refused, 'closed'],
    ['closed', 'sendHead', refused, 'closed'],
    ['closed', 'sendData', refused, 'closed'],
    ['closed', 'sendEnd', refused, 'closed'],
    ['closed', 'sendElsewhere', refused, 'closed'],
    ['closed', 'sendUpgrade', refused, 'closed'],
    ['closed', 'takeRest', refused, 'closed'],
    ['closed', 'sendError', '', 'closed'],
  ])('in %s, %s says %j, then %s', (state, call, said, then) => {
    const connection = into[state]();
    expect(connection.state).toBe(state);
    const run = (): string => calls[call]?.(connection) ?? 'no such call';
    if (said === undefined) refusedWith(connection, 'BAD_STATE', run);
    else expect(run()).toBe(said);
    expect(connection.state).toBe(then);
    expect(connection.mustClose).toBe(then === 'closed');
  });

  test('with another request waiting, an answer leads to head', () => {
    const connection = connected(request() + request());
    expect(wire(connection.sendResponse(ok))).toBe(okText);
    expect(connection.state).toBe('head');
    connection.sendHead(ok);
    connection.sendEnd();
    expect(connection.state).toBe('idle');
  });
});

describe('requests', () => {
  test('are told as they come, whole or byte by byte', () => {
    const bytes = request('POST', 'Content-Length: 2\r\n', 'hi') + request();
    const said = ['head', 'h', 'i', 'end', 'head', 'end'];
    const connection = new ServerConnection();
    const heard: string[] = [];
    for (const byte of singles(octets(bytes))) {
      connection.receive(byte);
      heard.push(...drain(connection));
    }
    expect(heard).toEqual(said);
    expect(hear(new ServerConnection(), bytes)).toEqual(['head', 'hi', 'end', 'head', 'end']);
  });

  test('current, unanswered, isReceivingBody and isInHead tell where it stands', () => {
    const connection = new ServerConnection();
    const where = (): unknown[] => [
      connection.current?.method,
      connection.unanswered,
      connection.isReceivingBody,
      connection.isInHead,
    ];
    expect(where()).toEqual([undefined, 0, false, false]);
    hear(connection, 'PO');
    expect(where()).toEqual([undefined, 0, false, true]);
    hear(connection, request('POST', 'Content-Length: 2\r\n').slice(2));
    expect(where()).toEqual(['POST', 1, true, false]);
    hear(connection, 'h');
    expect(where()).toEqual(['POST', 1, true, false]);
    hear(connection, `i${request('PUT')}D`);
    expect(where()).toEqual(['POST', 2, false, true]);
    connection.sendResponse(ok);
    expect(where()).toEqual(['PUT', 1, false, true]);
    connection.sendResponse(ok);
    expect(where()).toEqual([undefined, 0, false, true]);
  });

  test('are held within the limits given', () => {
    expect(hear(new ServerConnection({ maxHeadBytes: 20 }), request())).toEqual(['HEAD_TOO_LARGE']);
    expect(() => new ServerConnection({ maxFields: -1 })).toThrow(HttpUsageError);
  });

  test('bytes not yet told are counted', () => {
    const connection = new ServerConnection();
    connection.receive(octets(request()));
    expect(connection.bufferedBytes).toBe(request().length);
    drain(connection);
    expect(connection.bufferedBytes).toBe(0);
  });
});

describe('pipelining', () => {
  test('answers belong to the oldest request without one', () => {
    const connection = connected(
      request('GET') + request('HEAD') + request('POST', 'Content-Length: 1\r\n', 'x'),
    );
    expect(connection.unanswered).toBe(3);
    const answers: [string | undefined, string][] = [];
    while (connection.state === 'head') {
      const method = connection.current?.method;
      answers.push([method, wire(connection.sendResponse(ok, 'body'))]);
    }
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n';
    expect(answers).toEqual([
      ['GET', `${head}body`],
      ['HEAD', head],
      ['POST', `${head}body`],
    ]);
    expect(connection.state).toBe('idle');
  });

  test('only the answer to the last request says close', () => {
    const connection = connected(request() + request() + request('GET', 'Connection: close\r\n'));
    expect(wire(connection.sendResponse(ok))).toBe(okText);
    expect(wire(connection.sendResponse(ok))).toBe(okText);
    expect(wire(connection.sendResponse(ok))).toBe(okClose);
    expect(connection.state).toBe('closed');
  });

  test('an answer that says close leaves the requests behind it unanswered', () => {
    const connection = connected(request() + request() + request());
    expect(wire(connection.sendResponse({ status: 200, headers: [['Connection', 'close']] }))).toBe(okClose);
    expect([connection.state, connection.unanswered, connection.current]).toEqual(['closed', 0, undefined]);
    expect(hear(connection, request())).toEqual([]);
  });

  test('a request may be answered before its body has come, and the next one follows', () => {
    const connection = connected(request('POST', 'Content-Length: 5\r\n', 'he'));
    expect(wire(connection.sendResponse(ok))).toBe(okText);
    expect([connection.state, connection.isReceivingBody]).toEqual(['idle', true]);
    expect(hear(connection, `llo${request()}`)).toEqual(['llo', 'end', 'head', 'end']);
    expect(wire(connection.sendResponse(ok))).toBe(okText);
  });
});

describe('the end of a connection', () => {
  test.each([
    ['Connection: close', request('GET', 'Connection: close\r\n')],
    ['HTTP/1.0', request('GET', '', '', '1.0')],
  ])('nothing behind a request with %s is read', (_name, last) => {
    const connection = new ServerConnection();
    expect(hear(connection, last + request('POST'))).toEqual(['head', 'end']);
    expect(hear(connection, '\0\0\0')).toEqual([]);
    expect(hear(connection, request('POST'))).toEqual([]);
    const answer = wire(connection.sendResponse(ok));
    expect(answer).toBe(okClose);
    expect([connection.state, connection.unanswered]).toEqual(['closed', 0]);
    expect(hearEnd(connection)).toBe('');
  });

  test('a body behind Connection: close is still read, and nothing behind that', () => {
    const connection = new ServerConnection();
    const last = request('POST', 'Connection: close\r\nContent-Length: 4\r\n', 'bo');
    expect(hear(connection, last)).toEqual(['head', 'bo']);
    expect(hear(connection, `dy${request()}`)).toEqual(['dy', 'end']);
    expect(hear(connection, '\0')).toEqual([]);
    expect(wire(connection.sendResponse(ok))).toBe(okClose);
  });

  test('nothing piles up behind the last request', () => {
    const connection = connected(request('GET', 'Connection: close\r\n'));
    const before = connection.bufferedBytes;
    for (let i = 0; i < 100; i++) hear(connection, request());
    expect(connection.bufferedBytes).toBe(before);
  });

  describe('receiveEnd', () => {
    test('between requests closes', () => {
      const connection = new ServerConnection();
      expect(hearEnd(connection)).toBe('');
      expect(connection.state).toBe('closed');
    });

    test('again changes nothing', () => {
      const connection = new ServerConnection();
      expect([hearEnd(connection), hearEnd(connection)]).toEqual(['', '']);
      expect(connection.state).toBe('closed');
    });

    test('behind answered requests closes', () => {
      const connection = connected(request());
      connection.sendResponse(ok);
      expect(hearEnd(connection)).toBe('');
      expect(connection.state).toBe('closed');
    });

    test('behind an empty line too many closes', () => {
      const connection = connected(`${request('POST', 'Content-Length: 1\r\n', 'x')}\r\n`);
      expect(connection.isInHead).toBe(false);
      expect(hearEnd(connection)).toBe('');
      expect(wire(connection.sendResponse(ok))).toBe(okClose);
    });

    test('behind unanswered requests leaves them their answers; the last one says close', () => {
      const connection = connected(request() + request());
      expect(hearEnd(connection)).toBe('');
      expect(connection.state).toBe('head');
      expect(wire(connection.sendResponse(ok))).toBe(okText);
      expect(wire(connection.sendResponse(ok))).toBe(okClose);
      expect(connection.state).toBe('closed');
    });

    test('leaves an answer under way to go on', () => {
      const connection = connected(request());
      connection.sendHead({ status: 200, headers: [['Content-Length', '4']] });
      connection.sendData(octets('ab'));
      expect(hearEnd(connection)).toBe('');
      expect(wire(connection.sendData(octets('cd')), connection.sendEnd())).toBe('cd');
      expect(connection.state).toBe('closed');
    });

    test.each(['G', 'GET /', 'GET / HTTP/1.1\r\n', request().slice(0, -1)])(
      'inside the head %j is TRUNCATED',
      (part) => {
        const connection = connected(part);
        expect(hearEnd(connection)).toBe('TRUNCATED');
        expect(connection.state).toBe('idle');
        expect(connection.sendError(badRequest)).toBe(badRequestText);
        expect(connection.state).toBe('closed');
      },
    );

    test.each([
      ['by length', request('POST', 'Content-Length: 4\r\n', 'ab')],
      ['in chunks', request('POST', 'Transfer-Encoding: chunked\r\n', '2\r\nab\r\n0\r\n')],
    ])('inside a body %s is TRUNCATED', (_name, part) => {
      const connection = connected(part);
      expect(hearEnd(connection)).toBe('TRUNCATED');
      expect(connection.isReceivingBody).toBe(false);
      expect(connection.sendError(badRequest)).toBe(badRequestText);
      expect(connection.state).toBe('closed');
    });

    test('inside a head behind good requests is told after their answers', () => {
      const connection = connected(`${request()}GET / HT`);
      expect(hearEnd(connection)).toBe('TRUNCATED');
      expect(wire(connection.sendResponse(ok))).toBe(okText);
      expect(connection.state).toBe('idle');
      expect(connection.sendError(badRequest)).toBe(badRequestText);
    });
  });

  describe('an error', () => {
    test('behind good requests is answered after them, each answered in full', () => {
      const connection = new ServerConnection();
      const bytes = `${request()}${request('POST', 'Content-Length: 2\r\n', 'hi')}GET / HTTP/1.1\r\nHost : a\r\n\r\n${request()}`;
      expect(hear(connection, bytes)).toEqual(['head', 'end', 'head', 'hi', 'end', 'BAD_FIELD_NAME']);
      expect(wire(connection.sendResponse(ok))).toBe(okText);
      expect(
        wire(
          connection.sendHead({ status: 200, headers: [['Content-Length', '1']] }),
          connection.sendData(octets('x')),
          connection.sendEnd(),
        ),
      ).toBe('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
      expect([connection.state, connection.mustClose]).toEqual(['idle', false]);
      expect(connection.sendError(badRequest)).toBe(badRequestText);
      expect(connection.mustClose).toBe(true);
    });

    test('is thrown once, and nothing is read behind it', () => {
      const connection = connected('\0');
      expect(drain(connection)).toEqual([]);
      expect(hear(connection, request())).toEqual([]);
      expect(connection.bufferedBytes).toBe(0);
      expect(hearEnd(connection)).toBe('');
      expect(connection.sendError(badRequest)).toBe(badRequestText);
    });

    test('in the body of a request that waits for its answer is that answer', () => {
      const connection = new ServerConnection();
      const chunks = request('POST', 'Transfer-Encoding: chunked\r\n', '1\r\nxy');
      expect(hear(connection, chunks)).toEqual(['head', 'x', 'BAD_CHUNK']);
      expect(connection.state).toBe('head');
      expect(connection.sendError(badRequest)).toBe(badRequestText);
      expect([connection.state, connection.unanswered]).toEqual(['closed', 0]);
    });

    test('in the body of a request that has its answer gets no second one', () => {
      const connection = connected(request('POST', 'Transfer-Encoding: chunked\r\n'));
      connection.sendResponse(ok);
      expect(hear(connection, 'x')).toEqual(['BAD_CHUNK']);
      expect(connection.state).toBe('closed');
      expect(connection.sendError(badRequest)).toBe('');
    });

    test('in the body of a request that has its last answer gets no second one', () => {
      const connection = connected(request('POST', 'Connection: close\r\nTransfer-Encoding: chunked\r\n'));
      expect(wire(connection.sendResponse(ok))).toBe(okClose);
      expect(hear(connection, 'x')).toEqual(['BAD_CHUNK']);
      expect(connection.state).toBe('closed');
      expect(connection.sendError(badRequest)).toBe('');
    });

    test('the end inside the body of a request that has its answer gets no second one', () => {
      const connection = connected(request('POST', 'Content-Length: 4\r\n'));
      connection.sendResponse(ok);
      expect(hearEnd(connection)).toBe('TRUNCATED');
      expect(connection.state).toBe('closed');
      expect(connection.sendError(badRequest)).toBe('');
    });

    test('while an answer is under way only ends the connection', () => {
      const connection = connected(request('POST', 'Transfer-Encoding: chunked\r\n'));
      connection.sendHead(ok);
      expect(hear(connection, 'x')).toEqual(['BAD_CHUNK']);
      expect(connection.state).toBe('body');
      expect(connection.sendError(badRequest)).toBe('');
      expect(connection.state).toBe('closed');
    });

    test('from outside, such as a deadline, ends the reading too', () => {
      for (const begin of [
        (connection: ServerConnection) => connection.sendError(badRequest),
        (connection: ServerConnection) => connection.sendHead(ok) + connection.sendError(badRequest),
      ]) {
        const connection = connected(request('POST', 'Content-Length: 4\r\n', 'ab'));
        begin(connection);
        expect(connection.state).toBe('closed');
        expect(hear(connection, `cd${request()}`)).toEqual([]);
        expect([connection.isReceivingBody, connection.bufferedBytes]).toEqual([false, 0]);
      }
    });

    test('has the status of its code, the date, and no body for HEAD', () => {
      const connection = connected(request('HEAD', 'Content-Length: 1\r\n'));
      connection.dateLine = 'Date: now\r\n';
      expect(connection.sendError(new HttpProtocolError('BODY_TIMEOUT', 'slow'))).toBe(
        'HTTP/1.1 408 Request Timeout\r\nDate: now\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: 5\r\n\r\n',
      );
    });
  });

  describe('stop', () => {
    test('closes a connection at rest at once', () => {
      const connection = new ServerConnection();
      connection.stop();
      expect(connection.state).toBe('closed');
      expect(hear(connection, request())).toEqual([]);
    });

    test('lets requests already taken have their answers; the last one says close', () => {
      const connection = connected(request() + request());
      connection.stop();
      expect(connection.state).toBe('head');
      expect(hear(connection, request())).toEqual([]);
      expect(wire(connection.sendResponse(ok))).toBe(okText);
      expect(wire(connection.sendResponse(ok))).toBe(okClose);
      expect(connection.state).toBe('closed');
    });

    test('takes a request whose head has begun, and none behind it', () => {
      const connection = connected(request().slice(0, 9));
      connection.stop();
      expect(connection.state).toBe('idle');
      expect(hear(connection, `${request().slice(9)}${request()}`)).toEqual(['head', 'end']);
      expect(wire(connection.sendResponse(ok))).toBe(okClose);
      expect(connection.state).toBe('closed');
    });

    test('does not wait for a request of which there is but the empty line before it', () => {
      const connection = connected('\r\n');
      connection.stop();
      expect(connection.state).toBe('closed');
    });

    test('reads the body under way', () => {
      const connection = connected(request('POST', 'Content-Length: 4\r\n', 'ab'));
      connection.stop();
      expect(hear(connection, `cd${request()}`)).toEqual(['cd', 'end']);
      expect(wire(connection.sendResponse(ok))).toBe(okClose);
    });

    test('reads the body under way of a request that has its answer, then closes', () => {
      const connection = connected(request('POST', 'Content-Length: 4\r\n', 'ab'));
      connection.sendResponse(ok);
      connection.stop();
      expect(connection.state).toBe('idle');
      expect(hear(connection, `cd${request()}`)).toEqual(['cd', 'end']);
      expect(connection.state).toBe('closed');
    });

    test('while an answer is under way lets it end', () => {
      const connection = connected(request());
      connection.sendHead(ok);
      connection.stop();
      expect(connection.state).toBe('body');
      expect(connection.sendEnd()).toBe('0\r\n\r\n');
      expect(connection.state).toBe('closed');
    });

    test('after an error leaves its answer due', () => {
      const connection = connected('\0');
      connection.stop();
      expect(connection.sendError(badRequest)).toBe(badRequestText);
    });

    test('and an end inside a head that had begun is TRUNCATED', () => {
      const connection = connected('GET');
      connection.stop();
      expect(hearEnd(connection)).toBe('TRUNCATED');
      expect(connection.sendError(badRequest)).toBe(badRequestText);
    });
  });
});
