import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ClientConnection,
  HttpProtocolError,
  HttpUsageError,
  ServerConnection,
  type ClientConnectionOptions,
  type HttpUsageErrorCode,
  type RequestLine,
  type RequestState,
} from '@wirestack/http/protocol';
import { drain as drainServer, wire } from './client.ts';
import { cutBy, octets, singles } from './transcript.ts';

const host: [string, string] = ['Host', 'a'];
const get: RequestLine = { method: 'GET', target: '/', headers: [host] };
const post: RequestLine = { method: 'POST', target: '/p', headers: [host] };
const closing: RequestLine = { ...get, headers: [host, ['Connection', 'close']] };
const upgrading: RequestLine = { ...get, headers: [host, ['Connection', 'Upgrade'], ['Upgrade', 'chat']] };
const connecting: RequestLine = { method: 'CONNECT', target: 'a:443', headers: [host] };
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const okClose = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi';
const okHeard = ['200', 'hi', 'end'];
const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\n';

/** What the connection says of `bytes`: the status of a head, with `+` an informational one, with `=>` an upgrade; data as text; errors by code. */
function hear(connection: ClientConnection, bytes: string): string[] {
  connection.receive(octets(bytes));
  return drain(connection);
}

function drain(connection: ClientConnection): string[] {
  const said: string[] = [];
  try {
    for (let event; (event = connection.nextEvent()) !== undefined;) {
      if (event.type === 'data') said.push(Buffer.from(event.bytes).toString('latin1'));
      else if (event.type === 'head') said.push(String(event.status));
      else if (event.type === 'informational') said.push(`${String(event.head.status)}+`);
      else if (event.type === 'upgrade') said.push(`=>${String(event.head.status)}`);
      else said.push(event.type);
    }
  } catch (error) {
    if (!(error instanceof HttpProtocolError)) throw error;
    said.push(error.code);
  }
  return said;
}

function hearEnd(connection: ClientConnection): string[] {
  connection.receiveEnd();
  return drain(connection);
}

/** `run` is refused with this code, and the connection is where it was. */
function refusedWith(connection: ClientConnection, code: HttpUsageErrorCode, run: () => unknown): void {
  const where = (): unknown => [
    connection.state,
    connection.current,
    connection.unanswered,
    connection.mustClose,
  ];
  const before = where();
  expect(run).toThrow(expect.objectContaining({ name: 'HttpUsageError', code }) as HttpUsageError);
  expect(where()).toEqual(before);
}

function sent(request: RequestLine, options?: ClientConnectionOptions): ClientConnection {
  const connection = new ClientConnection(options);
  connection.sendRequest(request);
  return connection;
}

describe('the state table: every call in every state', () => {
  const calls: Record<string, (connection: ClientConnection) => string> = {
    sendRequest: (connection) => wire(connection.sendRequest(get)),
    sendHead: (connection) => connection.sendHead(post),
    sendData: (connection) => wire(connection.sendData(octets('hi'))),
    sendEnd: (connection) => connection.sendEnd(),
    takeRest: (connection) => Buffer.from(connection.takeRest()).toString(),
  };
  const into: Record<RequestState, () => ClientConnection> = {
    idle: () => new ClientConnection(),
    body: () => {
      const connection = new ClientConnection();
      connection.sendHead(post);
      return connection;
    },
    sent: () => sent(get),
    paused: () => sent(upgrading),
    switched: () => {
      const connection = sent(upgrading);
      expect(hear(connection, `${switching}rest`)).toEqual(['=>101']);
      return connection;
    },
    closed: () => sent(closing),
  };
  const getText = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const postText = 'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const taken: Partial<Record<RequestState, Record<string, readonly [said: string, then: RequestState]>>> = {
    idle: { sendRequest: [getText, 'sent'], sendHead: [postText, 'body'] },
    body: { sendData: ['2\r\nhi\r\n', 'body'], sendEnd: ['0\r\n\r\n', 'sent'] },
    switched: { takeRest: ['rest', 'switched'] },
  };

  describe.each(Object.keys(into) as RequestState[])('in %s', (state) => {
    test.each(Object.keys(calls))('%s', (call) => {
      const connection = into[state]();
      expect(connection.state).toBe(state);
      const expected = taken[state]?.[call];
      if (expected === undefined) refusedWith(connection, 'BAD_STATE', () => calls[call]!(connection));
      else expect([calls[call]!(connection), connection.state]).toEqual(expected);
    });
  });

  test('with pipelining a request may follow one that is sent, and none that is paused or the last', () => {
    const options = { pipelining: true };
    const connection = sent(get, options);
    expect(wire(connection.sendRequest(get))).toBe(getText);
    expect(connection.sendHead(post)).toBe(postText);
    refusedWith(connection, 'BAD_STATE', () => connection.sendRequest(get));
    for (const end of [upgrading, closing]) {
      const last = sent(end, options);
      refusedWith(last, 'BAD_STATE', () => last.sendRequest(get));
    }
  });
});

describe('one request after the other', () => {
  test('each answered by its own response, whole or byte by byte', () => {
    const connection = new ClientConnection();
    for (const cut of [false, true, true, false]) {
      expect(connection.isReusable).toBe(true);
      connection.sendRequest(post, 'x');
      expect([connection.state, connection.current, connection.unanswered]).toEqual(['sent', post, 1]);
      if (cut) {
        const heard: string[] = [];
        for (const byte of singles(octets(ok)))
          heard.push(...hear(connection, String.fromCharCode(byte[0]!)));
        expect(heard).toEqual(['200', 'h', 'i', 'end']);
      } else {
        expect(hear(connection, ok)).toEqual(okHeard);
      }
      expect([connection.state, connection.current, connection.unanswered]).toEqual(['idle', undefined, 0]);
    }
  });

  test('the method decides about the body of the answer', () => {
    const connection = sent({ ...get, method: 'HEAD' });
    expect(hear(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')).toEqual(['200', 'end']);
    connection.sendRequest(get);
    expect(hear(connection, ok)).toEqual(okHeard);
  });

  test('isReceivingBody, hasResponseBegun and bufferedBytes tell where it stands', () => {
    const connection = sent(get);
    const where = (): unknown[] => [
      connection.isReceivingBody,
      connection.hasResponseBegun,
      connection.bufferedBytes,
    ];
    expect(where()).toEqual([false, false, 0]);
    hear(connection, 'HTTP');
    expect(where()).toEqual([false, true, 4]);
    hear(connection, '/1.1 100 \r\n\r\n');
    expect(where()).toEqual([false, true, 0]);
    hear(connection, ok.slice(0, -2));
    expect(where()).toEqual([true, true, 0]);
    hear(connection, 'hi');
    expect(where()).toEqual([false, false, 0]);
    connection.sendRequest(get);
    expect(where()).toEqual([false, false, 0]);
  });
});

describe('what is sent', () => {
  const texts: [name: string, request: RequestLine, body: string | undefined, said: string][] = [
    ['GET has no body', get, undefined, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['POST without one says so', post, undefined, 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
    [
      'DELETE without one does not',
      { ...get, method: 'DELETE' },
      undefined,
      'DELETE / HTTP/1.1\r\nHost: a\r\n\r\n',
    ],
    ['an empty body is one', get, '', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
    [
      'a body is counted in bytes',
      post,
      'é',
      'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\xc3\xa9',
    ],
    [
      'a Content-Length that is right stands once, and last',
      { ...post, headers: [['content-length', '2'], host] },
      'hi',
      'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'HTTP/1.0 needs no Host',
      { method: 'GET', target: '/', version: '1.0' },
      undefined,
      'GET / HTTP/1.0\r\n\r\n',
    ],
    ['an empty Host', { ...get, headers: [['Host', '']] }, undefined, 'GET / HTTP/1.1\r\nHost: \r\n\r\n'],
    ['CONNECT', connecting, undefined, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
    [
      'a method of one’s own',
      { ...get, method: 'm-search' },
      undefined,
      'm-search / HTTP/1.1\r\nHost: a\r\n\r\n',
    ],
    [
      'a target in absolute form',
      { ...get, target: 'http://a/' },
      undefined,
      'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
    ],
  ];
  test.each(texts)('%s', (_name, request, body, said) => {
    for (let i = 0; i < 2; i++) expect(wire(new ClientConnection().sendRequest(request, body))).toBe(said);
  });

  test('a large body stays apart, and is not copied', () => {
    const bytes = new Uint8Array(100_000);
    const output = new ClientConnection().sendRequest(post, bytes);
    expect(output).toEqual(['POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n', bytes]);
    expect(output[1]).toBe(bytes);
  });

  test('a body in pieces goes in chunks, with trailers behind it', () => {
    const connection = new ClientConnection();
    expect(
      wire(
        connection.sendHead(post),
        connection.sendData(octets('hello')),
        connection.sendData(new Uint8Array(0)),
        connection.sendEnd([['X', 'y']]),
      ),
    ).toBe(
      'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n',
    );
  });

  test('or by the Content-Length it is given, which it has to keep', () => {
    const connection = new ClientConnection();
    const request = { ...post, headers: [host, ['Content-Length', '3']] } as const;
    expect(connection.sendHead(request)).toBe('POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n');
    expect(wire(connection.sendData(octets('ab')))).toBe('ab');
    refusedWith(connection, 'BAD_BODY', () => connection.sendData(octets('cd')));
    refusedWith(connection, 'BAD_BODY', () => connection.sendEnd());
    expect(wire(connection.sendData(octets('c')), connection.sendEnd([['X', 'y']]))).toBe('c');
  });

  test('heads that differ in one thing are not mixed up', () => {
    const requests: RequestLine[] = [
      get,
      { ...get, method: 'PUT' },
      { ...get, target: '/x' },
      { ...get, target: '/y' },
      { ...get, version: '1.0' },
      { ...get, headers: [host, ['X', 'y']] },
      { ...get, headers: [host, ['X', 'z']] },
      { ...get, headers: [['Host', 'b']] },
    ];
    const texts = (): string[] =>
      requests.map((request) => wire(new ClientConnection().sendRequest(request)));
    const once = texts();
    expect(new Set(once).size).toBe(requests.length);
    expect(texts()).toEqual(once);
  });

  test('a list of fields that is changed later is read anew', () => {
    const headers = [host, ['X', 'y']] as [string, string][];
    const request = { ...get, headers };
    wire(new ClientConnection().sendRequest(request));
    headers[1] = ['X', 'changed'];
    expect(wire(new ClientConnection().sendRequest(request))).toContain('X: changed');
  });
});

describe('what is refused before it is sent', () => {
  const refuses = (code: HttpUsageErrorCode, request: RequestLine, body?: string): void => {
    for (let i = 0; i < 2; i++) {
      const connection = new ClientConnection();
      refusedWith(connection, code, () => connection.sendRequest(request, body));
      if (body === undefined) refusedWith(connection, code, () => connection.sendHead(request));
      expect(wire(connection.sendRequest(get))).toBe('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    }
  };

  test.each(['', ' ', 'GET ', 'G T', 'GET\r\n', 'GET\0', 'GÉT', 'GET:', 'GET/', '\u{1F600}'])(
    'the method %j',
    (method) => {
      refuses('BAD_REQUEST', { ...get, method });
    },
  );

  test.each(['', ' ', '/a b', '/a\r\nX: y', '/a\n', '/a\0', '/a\t', '/é', '/#a', '/\x7f', '/\u0141'])(
    'the target %j',
    (target) => {
      refuses('BAD_REQUEST', { ...get, target });
    },
  );

  test.each(['/', 'a', 'http://a/', 'a:', 'a:x', 'a:70000', '*'])('CONNECT to %j', (target) => {
    refuses('BAD_REQUEST', { ...connecting, target });
  });

  test('what is no string, or no version', () => {
    for (const wrong of [undefined, null, 1, {}, ['GET']] as unknown as string[]) {
      refuses('BAD_REQUEST', { ...get, method: wrong });
      refuses('BAD_REQUEST', { ...get, target: wrong });
    }
    for (const version of ['2', '1.2', '1.1\r\n', 1.1] as unknown as '1.1'[])
      refuses('BAD_REQUEST', { ...get, version });
  });

  test.each<[string, RequestLine['headers']]>([
    ['no Host', []],
    ['no fields at all', undefined],
    ['two Hosts', [host, host]],
    ['a Host that is none', [['Host', 'a/b']]],
    ['a Host with a name and password', [['Host', 'a@b']]],
    ['CR LF in a value', [host, ['X', 'y\r\nZ: 1']]],
    ['a NUL in a value', [host, ['X', '\0']]],
    ['a character no byte can hold', [host, ['X', '€']]],
    ['a name that is no token', [host, ['X y', 'z']]],
    ['Transfer-Encoding', [host, ['Transfer-Encoding', 'chunked']]],
    ['a Content-Length that is none', [host, ['Content-Length', 'x']]],
    ['two of them', [host, ['Content-Length', '1'], ['Content-Length', '1']]],
  ])('%s', (_name, headers) => {
    refuses('BAD_FIELD', { ...post, headers });
  });

  test('two Hosts in HTTP/1.0 as well', () => {
    refuses('BAD_FIELD', { ...get, version: '1.0', headers: [host, host] });
  });

  test('a body that contradicts its Content-Length, or may not be', () => {
    const announced: RequestLine = { ...post, headers: [host, ['Content-Length', '3']] };
    const connection = new ClientConnection();
    refusedWith(connection, 'BAD_BODY', () => connection.sendRequest(announced));
    refuses('BAD_BODY', announced, 'four');
    refuses('BAD_BODY', announced, '');
    refuses('BAD_BODY', connecting, 'x');
    refuses('BAD_BODY', { ...get, method: 'TRACE' }, 'x');
    for (const request of [connecting, { ...get, method: 'TRACE' }, { ...post, version: '1.0' } as const])
      refusedWith(connection, 'BAD_BODY', () => connection.sendHead(request));
  });

  test('fields of a trailer section that may not stand there', () => {
    const connection = new ClientConnection();
    connection.sendHead(post);
    for (const name of ['Content-Length', 'Transfer-Encoding', 'Host', 'Connection', 'X y'])
      refusedWith(connection, 'BAD_FIELD', () => connection.sendEnd([[name, '1']]));
    expect(connection.sendEnd()).toBe('0\r\n\r\n');
  });

  test('options that make no sense', () => {
    expect(() => new ClientConnection({ maxFields: -1 })).toThrow(HttpUsageError);
    expect(() => new ClientConnection({ maxInformational: NaN })).toThrow(HttpUsageError);
  });
});

describe('a response before the request is complete', () => {
  test('is told; the connection is reusable only when the request is complete', () => {
    const connection = new ClientConnection();
    connection.sendHead(post);
    connection.sendData(octets('a'));
    expect(hear(connection, ok)).toEqual(okHeard);
    expect([connection.state, connection.isReusable, connection.mustClose]).toEqual(['body', false, false]);
    connection.sendData(octets('b'));
    expect(connection.sendEnd()).toBe('0\r\n\r\n');
    expect([connection.state, connection.isReusable]).toEqual(['idle', true]);
    connection.sendRequest(get);
    expect(hear(connection, ok)).toEqual(okHeard);
  });

  test('that ends the connection: the rest may be sent and need not be', () => {
    const connection = new ClientConnection();
    connection.sendHead(post);
    expect(hear(connection, okClose)).toEqual(okHeard);
    expect([connection.state, connection.isReusable, connection.mustClose]).toEqual(['body', false, true]);
    connection.sendData(octets('b'));
    connection.sendEnd();
    expect([connection.state, connection.mustClose]).toEqual(['closed', true]);
  });

  test('half of it before the end of the request', () => {
    const connection = new ClientConnection();
    connection.sendHead(post);
    expect(hear(connection, ok.slice(0, -1))).toEqual(['200', 'h']);
    connection.sendEnd();
    expect(connection.state).toBe('sent');
    expect(hear(connection, 'i')).toEqual(['i', 'end']);
    expect(connection.isReusable).toBe(true);
  });

  test('100 Continue comes before the body, as often as the server likes', () => {
    const connection = new ClientConnection();
    connection.sendHead({ ...post, headers: [host, ['Expect', '100-continue']] });
    expect(hear(connection, 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 \r\n\r\n')).toEqual(['100+', '102+']);
    connection.sendEnd();
    expect(hear(connection, ok)).toEqual(okHeard);
  });

  test('a second one behind it is nobody’s', () => {
    const connection = new ClientConnection();
    connection.sendHead(post);
    expect(hear(connection, ok + ok)).toEqual([...okHeard, 'UNSOLICITED']);
    expect([connection.state, connection.mustClose]).toEqual(['closed', true]);
  });
});

describe('the end of a connection', () => {
  const last = (name: string, request: RequestLine, response: string): [string, RequestLine, string] => [
    name,
    request,
    response,
  ];
  test.each([
    last('the request said close', closing, ok),
    last('the response says close', get, okClose),
    last('the request is of HTTP/1.0', { ...get, version: '1.0' }, ok),
    last('the response is of HTTP/1.0', get, ok.replace('1.1', '1.0')),
  ])('%s: nothing more may be sent', (_name, request, response) => {
    const connection = sent(request);
    expect(connection.mustClose).toBe(false);
    expect(hear(connection, response)).toEqual(okHeard);
    expect([connection.state, connection.isReusable, connection.mustClose]).toEqual(['closed', false, true]);
    refusedWith(connection, 'BAD_STATE', () => connection.sendRequest(get));
    expect(hear(connection, ok)).toEqual(['UNSOLICITED']);
  });

  test('HTTP/1.0 with keep-alive on both sides goes on', () => {
    const connection = sent({ ...get, version: '1.0', headers: [['Connection', 'keep-alive']] });
    expect(
      hear(connection, 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n'),
    ).toEqual(['200', 'end']);
    expect(connection.isReusable).toBe(true);
  });

  test('a body that ends with it is complete there, and only there', () => {
    const connection = sent(get);
    expect(hear(connection, 'HTTP/1.1 200 OK\r\n\r\nhel')).toEqual(['200', 'hel']);
    expect(hear(connection, 'lo')).toEqual(['lo']);
    expect(connection.mustClose).toBe(false);
    expect(hearEnd(connection)).toEqual(['end']);
    expect([connection.state, connection.mustClose, connection.isReusable]).toEqual(['closed', true, false]);
    expect(hearEnd(connection)).toEqual([]);
  });

  test('what came before it is told before it', () => {
    const connection = sent(get);
    connection.receive(octets('HTTP/1.1 200 OK\r\n\r\nhello'));
    expect(hearEnd(connection)).toEqual(['200', 'hello', 'end']);
    const other = sent(get);
    other.receive(octets(ok));
    expect(hearEnd(other)).toEqual(okHeard);
    expect([other.state, other.mustClose, other.isReusable]).toEqual(['closed', true, false]);
  });

  test('at rest it is no error', () => {
    const connection = new ClientConnection();
    expect(hearEnd(connection)).toEqual([]);
    expect([connection.state, connection.mustClose]).toEqual(['closed', true]);
    refusedWith(connection, 'BAD_STATE', () => connection.sendRequest(get));
    const used = sent(get);
    hear(used, ok);
    expect([hearEnd(used), used.mustClose, used.isReusable]).toEqual([[], true, false]);
  });

  test('before or within a response it is TRUNCATED, and whether that had begun is known', () => {
    for (let at = 0; at < ok.length; at++) {
      const connection = sent(get);
      hear(connection, ok.slice(0, at));
      expect(hearEnd(connection)).toEqual(['TRUNCATED']);
      expect([connection.state, connection.mustClose, connection.hasResponseBegun]).toEqual([
        'closed',
        true,
        at > 0,
      ]);
      expect(drain(connection)).toEqual([]);
    }
  });

  test('within a request whose answer is complete it lets the request end', () => {
    const connection = new ClientConnection();
    connection.sendHead(post);
    hear(connection, ok);
    expect(hearEnd(connection)).toEqual([]);
    expect([connection.state, connection.mustClose]).toEqual(['body', true]);
    connection.sendEnd();
    expect([connection.state, connection.mustClose]).toEqual(['closed', true]);
  });

  test('within a request without an answer it is TRUNCATED', () => {
    const connection = new ClientConnection();
    connection.sendHead(post);
    expect(hearEnd(connection)).toEqual(['TRUNCATED']);
    refusedWith(connection, 'BAD_STATE', () => connection.sendData(octets('x')));
  });
});

describe('what a server may not send', () => {
  const unasked = (
    name: string,
    made: () => ClientConnection,
    bytes: string,
    heard: string[],
  ): [string, () => ClientConnection, string, string[]] => [name, made, bytes, heard];
  test.each([
    unasked('anything before a request', () => new ClientConnection(), ok, ['UNSOLICITED']),
    unasked('a byte behind a response', () => sent(get), `${ok}\r`, [...okHeard, 'UNSOLICITED']),
    unasked('101 that was not asked for', () => sent(get), switching, ['UNSOLICITED']),
    unasked(
      'Upgrade without Connection asks for nothing',
      () => sent({ ...get, headers: [host, ['Upgrade', 'x']] }),
      switching,
      ['UNSOLICITED'],
    ),
    unasked('nor does HTTP/1.0', () => sent({ ...upgrading, version: '1.0' }), switching, ['UNSOLICITED']),
    unasked('a second 101', () => sent(get), `${ok}${switching}`, [...okHeard, 'UNSOLICITED']),
    unasked('1xx without end', () => sent(get), 'HTTP/1.1 102 \r\n\r\n'.repeat(40), [
      ...Array.from({ length: 32 }, () => '102+'),
      'TOO_MANY_INFORMATIONAL',
    ]),
    unasked('garbage', () => sent(get), 'garbage', ['BAD_VERSION']),
  ])('%s; it is told once, and nothing behind it', (_name, made, bytes, heard) => {
    const connection = made();
    expect(hear(connection, bytes)).toEqual(heard);
    expect([connection.state, connection.mustClose, connection.isReusable]).toEqual(['closed', true, false]);
    expect(hear(connection, ok)).toEqual([]);
    expect([hearEnd(connection), connection.bufferedBytes]).toEqual([[], 0]);
  });

  test('bytes that have come and are not told make the connection not reusable', () => {
    const connection = sent(get);
    hear(connection, ok);
    connection.receive(octets('x'));
    expect(connection.isReusable).toBe(false);
    expect(drain(connection)).toEqual(['UNSOLICITED']);
  });
});

describe('a change of protocol', () => {
  test.each([
    ['101 to Upgrade', upgrading, switching, '=>101'],
    ['2xx to CONNECT', connecting, 'HTTP/1.1 200 Connected\r\nContent-Length: 4\r\n\r\n', '=>200'],
  ])('%s: the rest is somebody else’s', (_name, request, response, heard) => {
    const connection = sent(request);
    expect(connection.state).toBe('paused');
    expect(hear(connection, `HTTP/1.1 103 x\r\n\r\n${response}\0rest`)).toEqual(['103+', heard]);
    expect([connection.state, connection.mustClose, connection.isReusable]).toEqual([
      'switched',
      false,
      false,
    ]);
    expect([connection.current, connection.unanswered]).toEqual([undefined, 0]);
    connection.receive(octets('!'));
    expect(Buffer.from(connection.takeRest()).toString()).toBe('\0rest!');
    expect([connection.takeRest().length, drain(connection), hearEnd(connection)]).toEqual([0, [], []]);
    expect(connection.state).toBe('switched');
  });

  test.each([
    ['Upgrade', upgrading],
    ['CONNECT', connecting],
  ])('%s that is refused leaves the connection as it was', (_name, request) => {
    const connection = sent(request);
    expect(hear(connection, ok.replace('200', '404'))).toEqual(['404', 'hi', 'end']);
    expect([connection.state, connection.isReusable]).toEqual(['idle', true]);
  });

  test('before the request is complete is nobody’s', () => {
    const connection = new ClientConnection();
    connection.sendHead({ ...upgrading, method: 'POST' });
    expect(hear(connection, switching)).toEqual(['UNSOLICITED']);
  });

  test('behind the end of the request in pieces is taken', () => {
    const connection = new ClientConnection();
    connection.sendHead({ ...upgrading, method: 'POST' });
    connection.sendEnd();
    expect(connection.state).toBe('paused');
    expect(hear(connection, switching)).toEqual(['=>101']);
  });

  test('asked for by a request that is answered early is over with it', () => {
    const connection = new ClientConnection();
    connection.sendHead({ ...upgrading, method: 'POST' });
    hear(connection, ok);
    connection.sendEnd();
    expect([connection.state, connection.isReusable]).toEqual(['idle', true]);
    expect(hear(connection, switching)).toEqual(['UNSOLICITED']);
  });

  test('with Connection: close is taken as well, or the end', () => {
    const request = {
      ...upgrading,
      headers: [...upgrading.headers!, ['Connection', 'close']],
    } as RequestLine;
    expect(hear(sent(request), switching)).toEqual(['=>101']);
    const connection = sent(request);
    expect(hear(connection, ok)).toEqual(okHeard);
    expect([connection.state, connection.mustClose]).toEqual(['closed', true]);
  });
});

describe('pipelining', () => {
  const options = { pipelining: true };
  const head: RequestLine = { ...get, method: 'HEAD' };

  test('answers belong to the oldest request', () => {
    const connection = new ClientConnection(options);
    for (const request of [get, head, post]) connection.sendRequest(request);
    expect([connection.unanswered, connection.current]).toEqual([3, get]);
    expect(hear(connection, ok + ok.slice(0, -2))).toEqual([...okHeard, '200', 'end']);
    expect([connection.state, connection.unanswered, connection.current]).toEqual(['sent', 1, post]);
    connection.sendRequest(get);
    expect(hear(connection, ok + ok)).toEqual([...okHeard, ...okHeard]);
    expect([connection.state, connection.isReusable]).toEqual(['idle', true]);
  });

  test('a response that says close leaves the requests behind it unanswered', () => {
    const connection = new ClientConnection(options);
    for (const request of [get, post, head]) connection.sendRequest(request);
    expect(hear(connection, okClose)).toEqual(okHeard);
    expect([connection.state, connection.unanswered, connection.current]).toEqual(['closed', 2, post]);
    expect(connection.mustClose).toBe(true);
    expect(hear(connection, ok)).toEqual(['UNSOLICITED']);
  });

  test('a response that says close while the last request is under way', () => {
    const connection = sent(get, options);
    connection.sendHead(upgrading);
    expect(hear(connection, okClose)).toEqual(okHeard);
    expect([connection.state, connection.mustClose]).toEqual(['body', true]);
    connection.sendEnd();
    expect(connection.state).toBe('closed');
  });

  test('the last request may say close, or change the protocol', () => {
    const connection = sent(get, options);
    connection.sendRequest(closing);
    expect(connection.state).toBe('closed');
    expect(hear(connection, ok)).toEqual(okHeard);
    expect(connection.mustClose).toBe(false);
    expect(hear(connection, ok)).toEqual(okHeard);
    expect(connection.mustClose).toBe(true);
    const other = sent(get, options);
    other.sendRequest(upgrading);
    expect(hear(other, `${ok}${switching}x`)).toEqual([...okHeard, '=>101']);
    expect(other.state).toBe('switched');
  });

  test('101 to an earlier request than the one that asked is nobody’s', () => {
    const connection = sent(get, options);
    connection.sendRequest(upgrading);
    expect(hear(connection, switching)).toEqual(['UNSOLICITED']);
  });

  test('an end between two answers is TRUNCATED', () => {
    const connection = sent(get, options);
    connection.sendRequest(get);
    hear(connection, ok);
    expect(hearEnd(connection)).toEqual(['TRUNCATED']);
    expect([connection.unanswered, connection.hasResponseBegun]).toEqual([1, false]);
  });
});

describe('the two ends together', () => {
  const exchange = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'),
    body: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
    isStreamed: fc.boolean(),
    status: fc.constantFrom(200, 204, 304, 404),
    answer: fc.string({ maxLength: 20 }),
    answerIsStreamed: fc.boolean(),
    early: fc.boolean(),
  });
  test('what one sends the other hears, whatever is sent and however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(exchange, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
        (exchanges, sizes) => {
          const client = new ClientConnection();
          const server = new ServerConnection();
          for (const { method, body, isStreamed, status, answer, answerIsStreamed, early } of exchanges) {
            const request = { method, target: '/', headers: [host] };
            const bytes = octets(Buffer.from(body ?? '').toString('latin1'));
            const out = isStreamed
              ? wire(client.sendHead(request), client.sendData(bytes), client.sendEnd())
              : wire(client.sendRequest(request, body === undefined ? undefined : bytes));
            let received = '';
            for (const piece of cutBy(octets(out), sizes)) {
              server.receive(piece);
              received += drainServer(server)
                .filter((said) => said !== 'head' && said !== 'end')
                .join('');
            }
            expect(received).toBe(Buffer.from(bytes).toString('latin1'));
            expect(server.current?.method).toBe(method);
            let back = early ? server.sendInformational(103) : '';
            const content = octets(Buffer.from(answer).toString('latin1'));
            back += answerIsStreamed
              ? wire(server.sendHead({ status }), server.sendData(content), server.sendEnd())
              : wire(server.sendResponse({ status }, content));
            const heard: string[] = [];
            for (const piece of cutBy(octets(back), sizes)) {
              client.receive(piece);
              heard.push(...drain(client));
            }
            const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
            const text = hasBody ? Buffer.from(content).toString('latin1') : '';
            expect(heard.join('')).toBe(`${early ? '103+' : ''}${String(status)}${text}end`);
            expect([client.isReusable, server.state]).toEqual([true, 'idle']);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
