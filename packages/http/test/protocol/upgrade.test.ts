import { describe, expect, test } from 'vitest';
import { HttpProtocolError, ServerConnection, type ResponseHead } from '@wirestack/http/protocol';
import { connected, drain, hear, hearEnd, refusedWith, request, wire } from './client.ts';
import { octets, singles } from './transcript.ts';

const upgradeFields = 'Upgrade: chat\r\nConnection: upgrade\r\n';
const upgrade = request('GET', upgradeFields);
const connect = request('CONNECT');
const ok = { status: 200 };
const okText = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const okClose = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const switching: ResponseHead = { status: 101, headers: [['Upgrade', 'chat']] };
const switchingText = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n';

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

describe.each([
  ['a request with Upgrade', upgrade, switching, switchingText],
  ['CONNECT', connect, ok, 'HTTP/1.1 200 OK\r\n\r\n'],
])('%s', (_name, bytes, accepted, acceptedText) => {
  test('stops the reading behind it, and what follows is not touched', () => {
    const connection = connected(`${bytes}\0no HTTP`);
    expect([connection.isPaused, connection.isInHead, connection.isReceivingBody]).toEqual([
      true,
      false,
      false,
    ]);
    expect(hear(connection, request())).toEqual([]);
    expect(connection.bufferedBytes).toBe(8 + request().length);
  });

  test('is accepted by sendUpgrade: the connection is switched, and the rest is taken once', () => {
    const connection = connected(`${bytes}\0rest`);
    expect(connection.sendUpgrade(accepted)).toBe(acceptedText);
    expect([connection.state, connection.mustClose, connection.isPaused]).toEqual(['switched', false, false]);
    expect([connection.current, connection.unanswered]).toEqual([undefined, 0]);
    expect(text(connection.takeRest())).toBe('\0rest');
    expect([text(connection.takeRest()), connection.bufferedBytes]).toEqual(['', 0]);
  });

  test('is accepted wherever the bytes are cut, and none of the rest is lost', () => {
    const input = octets(`${request('POST', 'Content-Length: 2\r\n', 'hi')}${bytes}rest\r\n`);
    for (let at = 0; at <= input.length; at++) {
      const connection = new ServerConnection();
      const heard = hear(connection, text(input.slice(0, at)));
      if (connection.state !== 'idle') connection.sendResponse(ok);
      let isSwitched = connection.isPaused;
      if (isSwitched) connection.sendUpgrade(accepted);
      heard.push(...hear(connection, text(input.slice(at))));
      while (!isSwitched) {
        if (connection.unanswered === 1 && connection.isPaused) {
          connection.sendUpgrade(accepted);
          isSwitched = true;
        } else connection.sendResponse(ok);
      }
      expect(text(connection.takeRest()), `cut at ${String(at)}`).toBe('rest\r\n');
      expect(heard.filter((event) => event === 'head' || event === 'end')).toEqual([
        'head',
        'end',
        'head',
        'end',
      ]);
    }
  });

  test('that is answered as any other goes on with the requests behind it', () => {
    const connection = connected(`${bytes}${request()}`);
    expect(connection.unanswered).toBe(1);
    expect(wire(connection.sendResponse({ status: 404 }))).toBe(
      'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
    );
    expect([connection.state, connection.isPaused]).toEqual(['idle', false]);
    expect(drain(connection)).toEqual(['head', 'end']);
    expect(wire(connection.sendResponse(ok))).toBe(okText);
  });

  test('that is answered in pieces goes on when the answer is complete', () => {
    const connection = connected(`${bytes}${request()}`);
    connection.sendHead({ status: 404 });
    expect([connection.isPaused, drain(connection)]).toEqual([true, []]);
    connection.sendEnd();
    expect([connection.isPaused, drain(connection)]).toEqual([false, ['head', 'end']]);
  });

  test('waits for the answers before its own', () => {
    const connection = connected(`${request()}${bytes}rest`);
    expect([connection.isPaused, connection.unanswered]).toEqual([true, 2]);
    refusedWith(connection, 'BAD_STATE', () => connection.sendUpgrade(accepted));
    expect(wire(connection.sendResponse(ok))).toBe(okText);
    expect(connection.isPaused).toBe(true);
    expect(connection.sendUpgrade(accepted)).toBe(acceptedText);
    expect(text(connection.takeRest())).toBe('rest');
  });

  test('is not reached where an answer before it ends the connection', () => {
    const connection = connected(`${request()}${bytes}rest`);
    connection.sendResponse({ status: 200, headers: [['Connection', 'close']] });
    expect([connection.state, connection.isPaused]).toEqual(['closed', false]);
    expect(drain(connection)).toEqual([]);
    refusedWith(connection, 'BAD_STATE', () => connection.takeRest());
  });

  test('may be accepted though the connection was to stop, or the input has ended', () => {
    for (const end of [
      (connection: ServerConnection): unknown => connection.stop(),
      (connection: ServerConnection): unknown => hearEnd(connection),
    ]) {
      for (const rest of ['', 'rest']) {
        const connection = connected(bytes + rest);
        end(connection);
        expect([connection.state, connection.isPaused]).toEqual(['head', true]);
        expect(connection.sendUpgrade(accepted)).toBe(acceptedText);
        expect(text(connection.takeRest())).toBe(rest);
      }
    }
  });

  test('is the last one where the connection was to stop and it is answered as any other', () => {
    const connection = connected(bytes + request());
    connection.stop();
    expect(wire(connection.sendResponse({ status: 404 }))).toContain('Connection: close');
    expect([connection.state, drain(connection)]).toEqual(['closed', []]);
  });

  test('is the last one where the input has ended behind it', () => {
    const connection = connected(bytes);
    expect(hearEnd(connection)).toBe('');
    expect(wire(connection.sendResponse({ status: 404 }))).toContain('Connection: close');
    expect(connection.state).toBe('closed');
  });

  test('leaves the requests behind it to be read where the input has ended behind those', () => {
    const connection = connected(bytes + request());
    expect(hearEnd(connection)).toBe('');
    connection.sendResponse({ status: 404 });
    expect(drain(connection)).toEqual(['head', 'end']);
    expect(wire(connection.sendResponse(ok))).toBe(okClose);
    expect(connection.state).toBe('closed');
  });

  test('leaves the truncation behind it to be told when it is answered', () => {
    const connection = connected(`${bytes}GET /`);
    expect(hearEnd(connection)).toBe('');
    connection.sendResponse({ status: 404 });
    expect(drain(connection)).toEqual(['TRUNCATED']);
    expect(connection.sendError(new HttpProtocolError('TRUNCATED', 'x'))).toMatch(/^HTTP\/1\.1 400 /);
    expect(connection.state).toBe('closed');
  });

  test('sendError answers it and ends the connection', () => {
    const connection = connected(`${bytes}rest`);
    expect(connection.sendError(new HttpProtocolError('BODY_TIMEOUT', 'slow'))).toMatch(/^HTTP\/1\.1 408 /);
    expect([connection.state, connection.isPaused, drain(connection)]).toEqual(['closed', false, []]);
  });
});

describe('what sendUpgrade refuses', () => {
  test('a request that asks for nothing of the kind', () => {
    for (const bytes of [
      request(),
      request('GET', 'Upgrade: chat\r\n'),
      request('GET', 'Connection: upgrade\r\n'),
      request('GET', upgradeFields, '', '1.0'),
    ]) {
      const connection = connected(bytes);
      expect(connection.isPaused).toBe(false);
      refusedWith(connection, 'BAD_STATE', () => connection.sendUpgrade(switching));
    }
  });

  test('a request whose body has not come to its end', () => {
    const connection = connected(request('POST', `${upgradeFields}Content-Length: 4\r\n`, 'ab'));
    refusedWith(connection, 'BAD_STATE', () => connection.sendUpgrade(switching));
    expect(hear(connection, 'cdrest')).toEqual(['cd', 'end']);
    expect(connection.sendUpgrade(switching)).toBe(switchingText);
    expect(text(connection.takeRest())).toBe('rest');
  });

  test('a status that does not change the protocol', () => {
    for (const status of [100, 102, 200, 204, 404, NaN]) {
      const connection = connected(upgrade);
      refusedWith(connection, 'BAD_STATUS', () => connection.sendUpgrade({ ...switching, status }));
    }
    for (const status of [101, 199, 300, 404, NaN, 200.5]) {
      const connection = connected(connect);
      refusedWith(connection, 'BAD_STATUS', () => connection.sendUpgrade({ status }));
    }
  });

  test('fields that frame a body, a 101 without Upgrade, and fields that break the message', () => {
    const connection = connected(upgrade);
    for (const headers of [
      [],
      [
        ['Upgrade', 'chat'],
        ['Content-Length', '0'],
      ],
      [
        ['Upgrade', 'chat'],
        ['Transfer-Encoding', 'chunked'],
      ],
      [['Upgrade', 'chat\r\n']],
    ] as const) {
      refusedWith(connection, 'BAD_FIELD', () => connection.sendUpgrade({ status: 101, headers }));
    }
    const tunnel = connected(connect);
    refusedWith(tunnel, 'BAD_FIELD', () =>
      tunnel.sendUpgrade({ status: 200, headers: [['Content-Length', '0']] }),
    );
  });

  test('an answer under way, and no request at all', () => {
    const connection = connected(upgrade);
    connection.sendHead(ok);
    refusedWith(connection, 'BAD_STATE', () => connection.sendUpgrade(switching));
    const idle = new ServerConnection();
    refusedWith(idle, 'BAD_STATE', () => idle.sendUpgrade(switching));
    refusedWith(idle, 'BAD_STATE', () => idle.takeRest());
  });
});

describe('what sendUpgrade writes', () => {
  test('Connection: Upgrade stands once', () => {
    const connection = connected(upgrade);
    const headers = [
      ['Connection', 'upgrade'],
      ['Upgrade', 'chat'],
      ['X', 'y'],
    ] as const;
    expect(connection.sendUpgrade({ status: 101, reason: 'Go', headers })).toBe(
      'HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: chat\r\nX: y\r\n\r\n',
    );
  });

  test('the answer to CONNECT has the date, a 101 has none', () => {
    const tunnel = connected(connect);
    tunnel.dateLine = 'Date: now\r\n';
    expect(tunnel.sendUpgrade({ status: 204, headers: [['X', 'y']] })).toBe(
      'HTTP/1.1 204 No Content\r\nDate: now\r\nX: y\r\n\r\n',
    );
    const connection = connected(upgrade);
    connection.dateLine = 'Date: now\r\n';
    expect(connection.sendUpgrade(switching)).toBe(switchingText);
  });

  test('informational responses may come before', () => {
    const connection = connected(upgrade);
    connection.sendInformational(103, [['Link', '</x>']]);
    expect(connection.sendUpgrade(switching)).toBe(switchingText);
  });
});

describe('no pause', () => {
  test('for a request that has its answer before its body is there', () => {
    const connection = connected(request('POST', `${upgradeFields}Content-Length: 2\r\n`, 'a'));
    expect(wire(connection.sendResponse(ok))).toBe(okText);
    expect(hear(connection, `b${request()}`)).toEqual(['b', 'end', 'head', 'end']);
  });

  test('of one request clings to the next', () => {
    const connection = connected(upgrade);
    connection.sendResponse(ok);
    expect(hear(connection, request() + request())).toEqual(['head', 'end', 'head', 'end']);
    expect(connection.isPaused).toBe(false);
  });
});

test('every call is refused once the connection is switched, and its bytes are handed on', () => {
  const connection = connected(upgrade);
  connection.sendUpgrade(switching);
  refusedWith(connection, 'BAD_STATE', () => connection.sendInformational(103));
  refusedWith(connection, 'BAD_STATE', () => connection.sendResponse(ok));
  refusedWith(connection, 'BAD_STATE', () => connection.sendHead(ok));
  refusedWith(connection, 'BAD_STATE', () => connection.sendData(octets('x')));
  refusedWith(connection, 'BAD_STATE', () => connection.sendEnd());
  refusedWith(connection, 'BAD_STATE', () => connection.sendUpgrade(switching));
  connection.stop();
  expect(hearEnd(connection)).toBe('');
  expect(connection.sendError(new HttpProtocolError('HEAD_TIMEOUT', 'x'))).toBe('');
  expect([connection.state, connection.mustClose]).toEqual(['switched', false]);
  for (const byte of singles(octets('later'))) connection.receive(byte);
  expect([drain(connection), text(connection.takeRest())]).toEqual([[], 'later']);
});
