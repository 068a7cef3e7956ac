import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResponseParser, type HttpProtocolError, type HttpUsageError } from '@wirestack/http/protocol';
import { expecting, heardOf, responses, sayResponse, type ResponseRow } from './response-transcript.ts';
import { cutBy, octets, saidHoweverCut, singles } from './transcript.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const okSaid = ['200 OK 1.1 length=2 | Content-Length: 2', 'data hi', 'end'];
const chunked =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;e\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n';
const chunkedSaid = ['200 OK 1.1 chunked | Transfer-Encoding: chunked', 'data abc', 'trailers | T: 1', 'end'];
const untilClose = 'HTTP/1.0 200 OK\r\nX: y\r\n\r\nhello';
const untilCloseSaid = ['200 OK 1.0 close until-close | X: y', 'data hello', 'end'];
const none = 'HTTP/1.1 204 No Content\r\n\r\n';
const noneSaid = ['204 No Content 1.1', 'end'];

function refused(name: string, bytes: string, code: string): ResponseRow {
  return [name, bytes, [`! ${code}`]];
}

describe('the status line', () => {
  const line = (text: string): string => `${text}\r\nContent-Length: 0\r\n\r\n`;
  const taken = (name: string, text: string, said: string): ResponseRow => [
    name,
    line(text),
    [`${said} | Content-Length: 0`, 'end'],
  ];
  const status = 'BAD_STATUS_LINE 502';
  responses([
    taken('a registered reason', 'HTTP/1.1 200 OK', '200 OK 1.1'),
    taken('another one of the same length', 'HTTP/1.1 200 KO', '200 KO 1.1'),
    taken('a reason of several words', 'HTTP/1.1 404 Not \tFound', '404 Not \tFound 1.1'),
    taken('an empty reason', 'HTTP/1.1 200 ', '200  1.1'),
    taken('no space either', 'HTTP/1.1 200', '200  1.1'),
    taken('a reason in latin1', 'HTTP/1.1 200 Tr\xe8s bien', '200 Tr\xe8s bien 1.1'),
    taken('HTTP/1.0', 'HTTP/1.0 200 OK', '200 OK 1.0 close'),
    taken('a status nobody registered', 'HTTP/1.1 299 x', '299 x 1.1'),
    taken('a status above 599', 'HTTP/1.1 999 x', '999 x 1.1'),
    refused('another protocol', line('ICY 200 OK'), 'BAD_VERSION 502'),
    refused('HTTP/0.9, which has no status line', '<html>hello</html>', 'BAD_VERSION 502'),
    refused('a version in lower case', line('http/1.1 200 OK'), 'BAD_VERSION 502'),
    refused('HTTP/1.2', line('HTTP/1.2 200 OK'), 'UNSUPPORTED_VERSION 502'),
    refused('HTTP/2.0', line('HTTP/2.0 200 OK'), 'UNSUPPORTED_VERSION 502'),
    refused('HTTP/1.x', line('HTTP/1.x 200 OK'), 'BAD_VERSION 502'),
    refused('HTTP/1.10', line('HTTP/1.10 200 OK'), status),
    refused('two spaces before the status', line('HTTP/1.1  200 OK'), status),
    refused('a tab before the status', line('HTTP/1.1\t200 OK'), status),
    refused('a status of two digits', line('HTTP/1.1 20 OK'), status),
    refused('a status of four digits', line('HTTP/1.1 2000 OK'), status),
    refused('a status below 100', line('HTTP/1.1 099 OK'), status),
    refused('a status with a sign', line('HTTP/1.1 +20 OK'), status),
    refused('a status that is a word', line('HTTP/1.1 abc OK'), status),
    refused('no status', line('HTTP/1.1'), status),
    refused('a tab behind the status', line('HTTP/1.1 200\tOK'), status),
    refused('a NUL in the reason', line('HTTP/1.1 200 O\0K'), status),
    refused('a DEL in the reason', line('HTTP/1.1 200 \x7f'), status),
    refused('a bare LF behind the reason', 'HTTP/1.1 200 OK\n\n', 'BAD_LINE_END 502'),
    refused('a bare LF behind the status', 'HTTP/1.1 200\n\n', status),
    refused('a bare CR in the reason', line('HTTP/1.1 200 O\rK'), 'BAD_LINE_END 502'),
    refused('CR CR LF', 'HTTP/1.1 200 OK\r\r\n\r\n', 'BAD_LINE_END 502'),
    refused('an empty line before it', `\r\n${ok}`, 'BAD_VERSION 502'),
  ]);
});

describe('fields are as strict as those of requests', () => {
  const head = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n`;
  responses([
    refused('a folded line', head('X: y\r\n z\r\n'), 'OBSOLETE_FOLD 502'),
    refused('white space before the first field', head(' X: y\r\n'), 'OBSOLETE_FOLD 502'),
    refused('a blank before the colon', head('X : y\r\n'), 'BAD_FIELD_NAME 502'),
    refused('a bare LF', head('X: y\nZ: 1\r\n'), 'BAD_LINE_END 502'),
    refused('a NUL', head('X: \0\r\n'), 'BAD_FIELD_VALUE 502'),
    refused('CR LF CR and no LF', head('X: y\r\n\rX'), 'BAD_LINE_END 502'),
    [
      'Host and Expect mean nothing here, however often and whatever they say',
      `HTTP/1.1 204 \r\nHost: a\r\nHost: /\r\nExpect: x\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\n`,
      ['204  1.1 | Host: a | Host: / | Expect: x | Upgrade: y | Connection: upgrade', 'end'],
    ],
  ]);
});

describe('where the body ends (RFC 9112 6.3)', () => {
  const head = (line: string, fields = ''): string => `HTTP/${line}\r\n${fields}\r\n`;
  const te = 'Transfer-Encoding: chunked\r\n';
  const all = 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n';
  const bodiless = (name: string, status: string, methods = 'GET'): ResponseRow => [
    `${name} has none, whatever its fields say`,
    head(`1.1 ${status}`, 'Content-Length: 5\r\n') +
      head(`1.1 ${status}`, te) +
      head(`1.1 ${status}`, all) +
      none,
    [
      `${status} 1.1 | Content-Length: 5`,
      'end',
      `${status} 1.1 | Transfer-Encoding: chunked`,
      'end',
      `${status} 1.1 | Content-Length: 5 | Transfer-Encoding: chunked`,
      'end',
      ...noneSaid,
    ],
    `${methods} ${methods} ${methods} GET`,
  ];
  responses([
    bodiless('an answer to HEAD', '200 OK', 'HEAD'),
    bodiless('204', '204 No Content'),
    bodiless('304', '304 Not Modified'),
    [
      'an informational one has none, whatever its fields say',
      head('1.1 103 Early Hints', all) + ok,
      ['103 Early Hints 1.1 … | Content-Length: 5 | Transfer-Encoding: chunked', ...okSaid],
    ],
    [
      '4xx to HEAD has none',
      head('1.1 404 Not Found', 'Content-Length: 5\r\n'),
      ['404 Not Found 1.1 | Content-Length: 5', 'end'],
      'HEAD',
    ],
    [
      '4xx to CONNECT has one as any other',
      head('1.1 405 x', 'Content-Length: 2\r\n') + 'hi' + none,
      ['405 x 1.1 length=2 | Content-Length: 2', 'data hi', 'end', ...noneSaid],
      'CONNECT GET',
    ],
    ['by length', ok + none, [...okSaid, ...noneSaid], 'GET GET'],
    [
      'a length of 0',
      head('1.1 200 OK', 'Content-Length: 0\r\n') + none,
      ['200 OK 1.1 | Content-Length: 0', 'end', ...noneSaid],
      'GET GET',
    ],
    ['in chunks, with trailers', chunked + none, [...chunkedSaid, ...noneSaid], 'GET GET'],
    ['neither: with the connection', untilClose, untilCloseSaid],
    ['neither, and nothing in it', head('1.1 200 OK'), ['200 OK 1.1 close until-close', 'end']],
    [
      'neither, kept alive in vain',
      head('1.0 200 OK', 'Connection: keep-alive\r\n') + ok,
      ['200 OK 1.0 close until-close | Connection: keep-alive', `data ${ok}`, 'end'],
    ],
    refused(
      'two lengths, the same',
      head('1.1 200 OK', 'Content-Length: 5\r\nContent-Length: 5\r\n'),
      'BAD_CONTENT_LENGTH 502',
    ),
    refused(
      'two lengths, differing',
      head('1.1 200 OK', 'Content-Length: 5\r\nContent-Length: 6\r\n'),
      'BAD_CONTENT_LENGTH 502',
    ),
    refused('a list of lengths', head('1.1 200 OK', 'Content-Length: 5, 5\r\n'), 'BAD_CONTENT_LENGTH 502'),
    refused('a length with a sign', head('1.1 200 OK', 'Content-Length: +5\r\n'), 'BAD_CONTENT_LENGTH 502'),
    refused('both', head('1.1 200 OK', all), 'CONFLICTING_FRAMING 502'),
    refused('chunks in HTTP/1.0', head('1.0 200 OK', te), 'BAD_TRANSFER_ENCODING 502'),
    refused(
      'chunked not last',
      head('1.1 200 OK', 'Transfer-Encoding: chunked, gzip\r\n'),
      'BAD_TRANSFER_ENCODING 502',
    ),
    refused(
      'another coding alone',
      head('1.1 200 OK', 'Transfer-Encoding: gzip\r\n'),
      'BAD_TRANSFER_ENCODING 502',
    ),
    refused(
      'another coding before',
      head('1.1 200 OK', 'Transfer-Encoding: gzip, chunked\r\n'),
      'UNKNOWN_TRANSFER_CODING 502',
    ),
  ]);
});

describe('whether the connection is kept', () => {
  const kept = (version: string, fields: string, said: string): ResponseRow => [
    `HTTP/${version} ${fields.trim()}`,
    `HTTP/${version} 204 x\r\n${fields}\r\n`,
    [`204 x ${said}`, 'end'],
  ];
  responses([
    kept('1.1', '', '1.1'),
    kept('1.1', 'Connection: close\r\n', '1.1 close | Connection: close'),
    kept('1.1', 'Connection: a, Close\r\n', '1.1 close | Connection: a, Close'),
    kept('1.0', '', '1.0 close'),
    kept('1.0', 'Connection: keep-alive\r\n', '1.0 | Connection: keep-alive'),
    kept('1.0', 'Connection: keep-alive, close\r\n', '1.0 close | Connection: keep-alive, close'),
  ]);
});

describe('informational responses', () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
  const hintsSaid = '103 Early Hints 1.1 … | Link: </x>';
  const many = (count: number): string => 'HTTP/1.1 102 \r\n\r\n'.repeat(count);
  const manySaid = (count: number): string[] => Array.from({ length: count }, () => '102  1.1 …');
  responses([
    [
      'come before the one that counts',
      `HTTP/1.1 100 Continue\r\n\r\n${hints}${ok}`,
      ['100 Continue 1.1 …', hintsSaid, ...okSaid],
    ],
    [
      'come before each',
      hints + ok + hints + chunked,
      [hintsSaid, ...okSaid, hintsSaid, ...chunkedSaid],
      'GET GET',
    ],
    ['come before an upgrade', `${hints}HTTP/1.1 101 x\r\n\r\n`, [hintsSaid, '=> 101 x 1.1'], 'GET+'],
    ['are no answer', hints, [hintsSaid, '! TRUNCATED 502']],
    ['thirty-two are taken', many(32) + ok, [...manySaid(32), ...okSaid]],
    ['thirty-three are not', many(33) + ok, [...manySaid(32), '! TOO_MANY_INFORMATIONAL 502']],
    [
      'each response may have as many',
      (many(32) + ok).repeat(2),
      [...manySaid(32), ...okSaid, ...manySaid(32), ...okSaid],
      'GET GET',
    ],
  ]);
  describe('with another limit', () => {
    responses(
      [
        ['at it', many(1) + ok, [...manySaid(1), ...okSaid]],
        ['one past it', many(2) + ok, [...manySaid(1), '! TOO_MANY_INFORMATIONAL 502']],
      ],
      { maxInformational: 1 },
    );
  });
  test('the limit must be a count', () => {
    for (const maxInformational of [-1, NaN]) {
      expect(() => new ResponseParser({ maxInformational })).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' }) as HttpUsageError,
      );
    }
    expect(heardOf([octets(many(1))], 'GET', { maxInformational: 0 })).toEqual([
      '! TOO_MANY_INFORMATIONAL 502',
    ]);
    expect(heardOf([octets(many(99) + ok)], 'GET', { maxInformational: Infinity })).toHaveLength(102);
  });
});

describe('a change of protocol', () => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\n';
  const tunnel = 'HTTP/1.1 200 Connected\r\nContent-Length: 5\r\n\r\n';
  responses([
    ['101 where it was asked for', switching, ['=> 101 Switching Protocols 1.1 | Upgrade: chat'], 'GET+'],
    [
      '2xx to CONNECT, whatever its fields say',
      tunnel,
      ['=> 200 Connected 1.1 | Content-Length: 5'],
      'CONNECT',
    ],
    ['2xx to CONNECT in HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n', ['=> 200 OK 1.0'], 'CONNECT'],
    ['204 to CONNECT', none, ['=> 204 No Content 1.1'], 'CONNECT'],
    [
      'what is behind it is not read',
      `${switching}\0\0`,
      ['=> 101 Switching Protocols 1.1 | Upgrade: chat'],
      'GET+',
    ],
    ['a request that asked may be answered as any other', ok, okSaid, 'GET+'],
    ['101 that was not asked for', switching, ['! UNSOLICITED 502']],
    ['101 to CONNECT', switching, ['! UNSOLICITED 502'], 'CONNECT'],
    ['101 that the next request asks for', switching, ['! UNSOLICITED 502'], 'GET GET+'],
    ['101 that the last request asked for', ok + switching, [...okSaid, '! UNSOLICITED 502'], 'GET+ GET'],
    ['101 in HTTP/1.0', 'HTTP/1.0 101 x\r\n\r\n', ['! UNSOLICITED 502'], 'GET+'],
  ]);

  test('the rest is taken once, wherever the bytes were cut', () => {
    const input = octets(`${ok}${switching}rest`);
    for (let at = 0; at <= input.length; at++) {
      const parser = expecting('GET GET+');
      for (const piece of [input.slice(0, at), input.slice(at)]) {
        parser.push(piece);
        while (parser.next() !== undefined);
      }
      expect(Buffer.from(parser.takeRest()).toString(), `cut at ${String(at)}`).toBe('rest');
      expect([parser.takeRest().length, parser.bufferedBytes]).toEqual([0, 0]);
    }
  });
});

describe('bytes that nobody asked for', () => {
  responses([
    ['before any request', 'H', ['! UNSOLICITED 502'], ''],
    ['behind the last response', `${ok}H`, [...okSaid, '! UNSOLICITED 502']],
    ['an empty line behind the last response', `${ok}\r\n`, [...okSaid, '! UNSOLICITED 502']],
    ['a second response', ok + ok, [...okSaid, '! UNSOLICITED 502']],
    ['nothing, of nothing', '', [], ''],
  ]);

  test('expectNoMore makes so of what is behind the response under way', () => {
    const parser = expecting('GET GET');
    parser.push(octets(ok + ok));
    expect(parser.next()?.type).toBe('head');
    parser.expectNoMore();
    expect([parser.next()?.type, parser.next()?.type]).toEqual(['data', 'end']);
    expect(parser.isIdle).toBe(true);
    expect(() => parser.next()).toThrow(
      expect.objectContaining({ code: 'UNSOLICITED' }) as HttpProtocolError,
    );
  });
});

describe('limits', () => {
  const at = (
    name: string,
    options: object,
    bytes: string,
    said: readonly string[],
    methods = 'GET',
  ): void => {
    test(name, () => {
      saidHoweverCut(() => expecting(methods, options), sayResponse, bytes, said);
    });
  };
  at('a head at its limit', { maxHeadBytes: none.length }, none, noneSaid);
  at('a head one past it', { maxHeadBytes: none.length - 1 }, none, ['! HEAD_TOO_LARGE 502']);
  at('an endless reason', { maxHeadBytes: 100 }, `HTTP/1.1 200 ${'x'.repeat(500)}`, ['! HEAD_TOO_LARGE 502']);
  at('fields at their limit', { maxFields: 1 }, ok, okSaid);
  at('fields one past it', { maxFields: 0 }, ok, ['! TOO_MANY_FIELDS 502']);
  at('a body by length at its limit', { maxBodyBytes: 2 }, ok, okSaid);
  at('a body by length one past it', { maxBodyBytes: 1 }, ok, ['! BODY_TOO_LARGE 502']);
  at(
    'a length that announces no body is no body',
    { maxBodyBytes: 1 },
    ok.slice(0, -2),
    [okSaid[0]!.replace(' length=2', ''), 'end'],
    'HEAD',
  );
  at('chunks past it', { maxBodyBytes: 2 }, chunked, [chunkedSaid[0]!, 'data ab', '! BODY_TOO_LARGE 502']);
  at('a body until the end at its limit', { maxBodyBytes: 5 }, untilClose, untilCloseSaid);
  at('a body until the end one past it', { maxBodyBytes: 4 }, untilClose, [
    untilCloseSaid[0]!,
    'data hell',
    '! BODY_TOO_LARGE 502',
  ]);
  at('trailers past theirs', { maxTrailerBytes: 7 }, chunked, [
    chunkedSaid[0]!,
    'data abc',
    '! HEAD_TOO_LARGE 502',
  ]);
});

describe('the decoder contract', () => {
  test.each([
    ['a body by length', ok, okSaid],
    ['chunks', chunked, chunkedSaid],
    ['no body', none, noneSaid],
  ])('%s cut short anywhere is no error until the end, then TRUNCATED', (_name, bytes, said) => {
    const input = octets(bytes);
    for (let at = 0; at < input.length; at++) {
      const heard = heardOf([input.slice(0, at)]);
      expect(heard.at(-1), `cut at ${String(at)}`).toBe('! TRUNCATED 502');
      expect(heard).not.toContain('end');
      expect(said.join('\n').startsWith(heard.slice(0, -1).join('\n'))).toBe(true);
    }
  });

  test('a body until the end is complete at every length, its head at none', () => {
    const input = octets(untilClose);
    for (let at = 0; at <= input.length; at++) {
      const isInBody = at >= untilClose.indexOf('hello');
      expect(heardOf([input.slice(0, at)]).at(-1)).toBe(isInBody ? 'end' : '! TRUNCATED 502');
    }
  });

  test('asks for more by undefined, and answers undefined ever after the end', () => {
    const parser = expecting('GET');
    expect([parser.next(), parser.isIdle, parser.isInHead]).toEqual([undefined, false, false]);
    parser.push(octets('HTTP'));
    expect([parser.next(), parser.next(), parser.isInHead, parser.bufferedBytes]).toEqual([
      undefined,
      undefined,
      true,
      4,
    ]);
    parser.push(octets(ok.slice(4)));
    while (parser.next() !== undefined);
    expect([parser.end(), parser.end(), parser.isIdle]).toEqual([undefined, undefined, true]);
  });

  test('data comes as it arrives, however little it is', () => {
    for (const bytes of [ok, untilClose]) {
      const parser = expecting('GET');
      const start = bytes.indexOf('\r\n\r\n') + 4;
      parser.push(octets(bytes.slice(0, start)));
      expect(parser.next()?.type).toBe('head');
      for (const byte of singles(octets(bytes.slice(start)))) {
        parser.push(byte);
        expect(parser.next()).toEqual({ type: 'data', bytes: byte });
      }
    }
  });

  test('a head stays as it was while later input arrives', () => {
    const parser = expecting('GET '.repeat(50));
    const names: (string | undefined)[] = [];
    const heads = [];
    for (const piece of cutBy(octets(ok.repeat(50)), [7])) {
      parser.push(piece);
      for (let event; (event = parser.next()) !== undefined;) if (event.type === 'head') heads.push(event);
    }
    for (const head of heads) names.push(head.headers.get('content-length'));
    expect(names).toEqual(Array(50).fill('2'));
  });
});

const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_!'), minLength: 1, maxLength: 8 });
const fieldText = fc
  .string({ unit: fc.constantFrom(...'abc XYZ\t,;="\xe9'), maxLength: 12 })
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const fields = fc.array(
  fc.tuple(
    token.map((name) => `X-${name}`),
    fieldText,
  ),
  { maxLength: 4 },
);
const body = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 30 });
const response = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'POST'),
    status: fc.oneof(fc.constantFrom(200, 204, 304, 404, 500), fc.integer({ min: 200, max: 999 })),
    reason: fieldText,
    fields,
    informational: fc.array(fc.constantFrom(100, 102, 103), { maxLength: 2 }),
    framing: fc.constantFrom('length', 'chunked'),
    body,
    pieces: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    trailers: fields,
  })
  .map((model) => {
    const isBodiless = model.method === 'HEAD' || model.status === 204 || model.status === 304;
    const own =
      model.framing === 'length'
        ? ['Content-Length', String(model.body.length)]
        : ['transfer-encoding', 'Chunked'];
    const lines = [...model.fields, own];
    const text = (of: readonly (readonly string[])[]): string =>
      of.map(([name, value]) => `${name!}:${value!} \r\n`).join('');
    const said = (of: readonly (readonly string[])[]): string =>
      of.map(([name, value]) => ` | ${name!}: ${value!}`).join('');
    let bytes = model.informational.map((status) => `HTTP/1.1 ${String(status)} x\r\n\r\n`).join('');
    bytes += `HTTP/1.1 ${String(model.status)} ${model.reason}\r\n${text(lines)}\r\n`;
    const isEmpty = isBodiless || (model.framing === 'length' && model.body === '');
    const mark = isEmpty
      ? ''
      : model.framing === 'length'
        ? ` length=${String(model.body.length)}`
        : ' chunked';
    const events = model.informational.map((status) => `${String(status)} x 1.1 …`);
    events.push(`${String(model.status)} ${model.reason} 1.1${mark}${said(lines)}`);
    if (!isBodiless) {
      if (model.framing === 'length') bytes += model.body;
      else {
        for (const piece of cutBy(octets(model.body), model.pieces))
          bytes += `${piece.length.toString(16)}\r\n${String.fromCharCode(...piece)}\r\n`;
        bytes += `0\r\n${text(model.trailers)}\r\n`;
      }
      if (model.body !== '') events.push(`data ${model.body}`);
      if (model.framing === 'chunked' && model.trailers.length > 0)
        events.push(`trailers${said(model.trailers)}`);
    }
    return { method: model.method, bytes, said: [...events, 'end'] };
  });
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 });

describe('whatever responses are sent', () => {
  test('they are heard as they were meant, in order, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(response, { minLength: 1, maxLength: 5 }), sizes, (sent, pieces) => {
        const methods = sent.map(({ method }) => method).join(' ');
        const bytes = octets(sent.map((one) => one.bytes).join(''));
        const said = sent.flatMap((one) => one.said);
        expect(heardOf([bytes], methods)).toEqual(said);
        expect(heardOf(cutBy(bytes, pieces), methods)).toEqual(said);
      }),
      { numRuns: 300 },
    );
  });

  test('a damaged one is refused or read, the same however it is cut', () => {
    const octet = fc.constantFrom('\r', '\n', '\0', ' ', ':', '0', '1', '\xff', '\r\n', '');
    let refusals = 0;
    fc.assert(
      fc.property(response, fc.nat(200), octet, sizes, ({ method, bytes }, at, insert, pieces) => {
        const input = octets(
          bytes.slice(0, at % bytes.length) + insert + bytes.slice((at % bytes.length) + 1),
        );
        const heard = heardOf([input], method);
        if (heard.at(-1)?.startsWith('!') === true) refusals++;
        expect(heardOf(cutBy(input, pieces), method)).toEqual(heard);
        expect(heardOf(singles(input), method)).toEqual(heard);
      }),
      { numRuns: 400 },
    );
    expect(refusals).toBeGreaterThan(50);
  });

  test('noise is refused, with the errors of the protocol only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), sizes, (noise, pieces) => {
        expect(heardOf(cutBy(noise, pieces))).toEqual(heardOf([noise]));
      }),
    );
  });
});
