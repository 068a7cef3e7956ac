import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HttpProtocolError, RequestHead, RequestParser, type RequestEvent } from '@wirestack/http/protocol';
import { cutBy, octets, singles, table, transcript } from './transcript.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const getSaid = ['GET / 1.1 | Host: a', 'end'];
const post = 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';
const postSaid = ['POST /p 1.1 length=5 | Host: a | Content-Length: 5', 'data hello', 'end'];
const chunked =
  'PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;e\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n';
const chunkedSaid = [
  'PUT /c 1.1 chunked | Host: a | Transfer-Encoding: chunked',
  'data abc',
  'trailers | T: 1',
  'end',
];

describe('pipelining', () => {
  table([
    ['no request at all', '', []],
    ['one request', get, getSaid],
    ['three of one kind', get + get + get, [...getSaid, ...getSaid, ...getSaid]],
    [
      'every framing behind every other',
      get + post + chunked + chunked + post + get + chunked + get,
      [
        ...getSaid,
        ...postSaid,
        ...chunkedSaid,
        ...chunkedSaid,
        ...postSaid,
        ...getSaid,
        ...chunkedSaid,
        ...getSaid,
      ],
    ],
    [
      'the parser itself reads on behind close',
      `GET / HTTP/1.0\r\n\r\n${get}`,
      ['GET / 1.0 close', 'end', ...getSaid],
    ],
    [
      'nothing of one request clings to the next',
      `${post}PUT / HTTP/1.0\r\nHost: b\r\nConnection: keep-alive, upgrade\r\nUpgrade: x\r\n\r\n${get}`,
      [...postSaid, 'PUT / 1.0 | Host: b | Connection: keep-alive, upgrade | Upgrade: x', 'end', ...getSaid],
    ],
    [
      'no half of an Upgrade clings either',
      ['Connection: upgrade\r\nUpgrade: x\r\n', 'Upgrade: x\r\n', 'Connection: upgrade\r\n']
        .map((fields) => `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
        .join(''),
      [
        'GET / 1.1 upgrade | Host: a | Connection: upgrade | Upgrade: x',
        'end',
        'GET / 1.1 | Host: a | Upgrade: x',
        'end',
        'GET / 1.1 | Host: a | Connection: upgrade',
        'end',
      ],
    ],
    [
      'no Expect, keep-alive or close clings either',
      `POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx${post}` +
        'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n',
      [
        'POST / 1.1 close length=1 continue | Host: a | Expect: 100-continue | Connection: close | Content-Length: 1',
        'data x',
        'end',
        ...postSaid,
        'GET / 1.0 | Connection: keep-alive',
        'end',
        'GET / 1.0 close',
        'end',
      ],
    ],
    [
      'trailers and extensions do not cling either',
      chunked + chunked.replace('T: 1\r\n', ''),
      [...chunkedSaid, ...chunkedSaid.filter((line) => !line.startsWith('trailers'))],
    ],
    [
      'a fault behind good requests leaves them whole',
      `${post}${get}GET / HTTP/1.1\r\nHost : a\r\n\r\n${get}`,
      [...postSaid, ...getSaid, '! BAD_FIELD_NAME 400'],
    ],
    [
      'bytes behind a body are the next request, not more body',
      `${post}X${get}`,
      [...postSaid, 'XGET / 1.1 | Host: a', 'end'],
    ],
  ]);
});

describe('an empty line before a request (RFC 9112 2.2)', () => {
  table([
    ['one is skipped', `\r\n${get}`, getSaid],
    [
      'one before each request',
      `\r\n${post}\r\n${chunked}\r\n${get}`,
      [...postSaid, ...chunkedSaid, ...getSaid],
    ],
    ['one behind the last request is no beginning of another', `${post}\r\n`, postSaid],
    ['half of one is none either', `${post}\r`, postSaid],
    ['two are refused', `\r\n\r\n${get}`, ['! BAD_METHOD 400']],
    ['a bare LF is refused', `\n${get}`, ['! BAD_METHOD 400']],
    ['a bare CR is refused', `\r${get}`, ['! BAD_LINE_END 400']],
    ['one with a blank in it is refused', ` \r\n${get}`, ['! BAD_METHOD 400']],
  ]);
});

describe('the decoder contract', () => {
  const stages = [
    ['a head without a body', get, getSaid],
    ['a body by length', post, postSaid],
    ['chunks', chunked, chunkedSaid],
  ] as const;

  test.each(stages)(
    '%s cut short anywhere is no error until the end, then TRUNCATED',
    (_name, bytes, said) => {
      const input = octets(bytes);
      for (let at = 1; at < input.length; at++) {
        const heard = transcript([input.slice(0, at)]);
        expect(heard.at(-1), `cut at ${String(at)}`).toBe('! TRUNCATED 400');
        const events = heard.slice(0, -1);
        expect(said.join('\n').startsWith(events.join('\n')), `cut at ${String(at)}: ${events.join()}`).toBe(
          true,
        );
        expect(events).not.toContain('end');
      }
    },
  );

  test('asks for more by undefined, again and again', () => {
    const parser = new RequestParser();
    expect(parser.next()).toBeUndefined();
    parser.push(octets('GET'));
    expect(parser.next()).toBeUndefined();
    expect(parser.next()).toBeUndefined();
    parser.push(new Uint8Array(0));
    expect(parser.next()).toBeUndefined();
    expect(parser.bufferedBytes).toBe(3);
  });

  test('answers undefined ever after an end between requests', () => {
    const parser = new RequestParser();
    parser.push(octets(get));
    expect(parser.end()).toBeInstanceOf(RequestHead);
    expect(parser.end()).toEqual({ type: 'end' });
    expect(parser.end()).toBeUndefined();
    expect(parser.end()).toBeUndefined();
  });

  test('empty pieces change nothing', () => {
    const pieces = Array.from(singles(octets(chunked + get)), (byte) => [new Uint8Array(0), byte]).flat();
    expect(transcript(pieces)).toEqual([...chunkedSaid, ...getSaid]);
  });

  test('two parsers share nothing', () => {
    const one = new RequestParser();
    const other = new RequestParser();
    const heard: string[] = [];
    for (const byte of singles(octets(chunked))) {
      one.push(byte);
      other.push(byte);
      for (let event; (event = one.next()) !== undefined;) heard.push(`one ${event.type}`);
      for (let event; (event = other.next()) !== undefined;) heard.push(`other ${event.type}`);
    }
    const types = ['head', 'data', 'data', 'data', 'trailers', 'end'];
    expect(heard.filter((event) => event.startsWith('one'))).toEqual(types.map((type) => `one ${type}`));
    expect(heard.filter((event) => event.startsWith('other'))).toEqual(types.map((type) => `other ${type}`));
  });

  test('takes a view into a larger buffer for what it is', () => {
    const whole = octets(`junk${chunked}junk`);
    expect(transcript([whole.subarray(4, whole.length - 4)])).toEqual(chunkedSaid);
    expect(transcript([Buffer.from(whole.buffer, 4, whole.length - 8)])).toEqual(chunkedSaid);
  });

  test('a head and its data stay as they were while later input arrives', () => {
    const parser = new RequestParser();
    const seen: RequestEvent[] = [];
    for (const piece of cutBy(octets((post + chunked).repeat(50)), [7])) {
      parser.push(piece);
      for (let event; (event = parser.next()) !== undefined;) seen.push(event);
    }
    const heads = seen.filter((event) => event instanceof RequestHead);
    expect(heads.map((head) => head.headers.get('host'))).toEqual(Array(100).fill('a'));
    const data = seen.flatMap((event) =>
      event.type === 'data' ? [Buffer.from(event.bytes).toString()] : [],
    );
    expect(data.join('')).toBe('helloabc'.repeat(50));
  });

  test('isIdle and isInHead tell a connection that rests from one that is slow', () => {
    const parser = new RequestParser();
    const told: string[] = [];
    for (const byte of singles(octets(`\r\nPUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy\r\nG`))) {
      parser.push(byte);
      while (parser.next() !== undefined);
      told.push(parser.isIdle ? 'i' : parser.isInHead ? 'h' : 'b');
    }
    expect(told.join('')).toMatch(/^iih{45}bbiiih$/);
  });

  test('data comes as it arrives, however little it is', () => {
    const parser = new RequestParser();
    parser.push(octets(post.slice(0, -5)));
    expect(parser.next()?.type).toBe('head');
    for (const byte of singles(octets('hello'))) {
      parser.push(byte);
      expect(parser.next()).toEqual({ type: 'data', bytes: byte });
      expect(parser.bufferedBytes).toBe(0);
    }
    expect(parser.next()).toEqual({ type: 'end' });
  });
});

interface Sent {
  readonly bytes: string;
  readonly said: readonly string[];
}

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const tokenMarks = "!#$%&'*+-.^_`|~";

function text(
  characters: string,
  constraints: { minLength?: number; maxLength: number },
): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), ...constraints });
}

const visible = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('');
const obsText = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('');
const blank = text(' \t', { maxLength: 2 });
const fieldName = text(alphanumeric + tokenMarks, { maxLength: 12 }).map((name) => `X-${name}`);
const fieldValue = text(`${visible} \t${obsText}`, { maxLength: 20 }).map((value) =>
  value.replace(/^[ \t]+|[ \t]+$/g, ''),
);
const field = fc.tuple(
  fc.oneof(fieldName, fc.constantFrom('Accept', '__proto__', 'constructor', 'Cookie')),
  blank,
  fieldValue,
  blank,
);
const fields = fc.array(field, { maxLength: 6 });
const bodyText = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 40 });

const hostName = fc.constantFrom('a', 'www.example.com', '127.0.0.1', '[::1]', 'h:8080');
const shape = fc.oneof(
  fc
    .record({
      method: fc.oneof(
        fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH'),
        text('ABCXYZ019-_!', { minLength: 1, maxLength: 32 }),
      ),
      target: text(visible.replace('#', ''), { maxLength: 40 }).map((path) => `/${path}`),
      host: hostName,
    })
    .filter(({ method }) => method !== 'CONNECT'),
  hostName.chain((host) =>
    fc.record({
      method: fc.constant('GET'),
      target: fc.constantFrom(`http://${host}/x?y`, `https://${host}`),
      host: fc.constant(host),
    }),
  ),
  fc.record({ method: fc.constant('OPTIONS'), target: fc.constant('*'), host: hostName }),
  fc.record({ method: fc.constant('CONNECT'), target: fc.constantFrom('a:443', '[::1]:80'), host: hostName }),
);

const extension = fc
  .tuple(fc.constantFrom('', ' ', '\t'), fc.constantFrom(';x', ';x=y', '; x="a;b"', ';x;y=1'))
  .map((parts) => parts.join(''));
const chunk = fc.tuple(
  bodyText.filter((data) => data !== ''),
  fc.nat(3),
  fc.boolean(),
  fc.option(extension, { nil: '' }),
);
const body = fc.oneof(
  fc.constant({ kind: 'none' as const }),
  fc.record({ kind: fc.constant('length' as const), data: bodyText }),
  fc.record({
    kind: fc.constant('chunked' as const),
    chunks: fc.array(chunk, { maxLength: 5 }),
    lastExtension: fc.option(extension, { nil: '' }),
    trailers: fields,
  }),
);

const request: fc.Arbitrary<Sent> = fc
  .record({
    shape,
    fields,
    body,
    old: fc.boolean(),
    connection: fc.constantFrom(undefined, 'keep-alive', 'close'),
    emptyLine: fc.boolean(),
    coding: fc.constantFrom('chunked', 'Chunked'),
  })
  .map((request) => {
    const version = request.old && request.body.kind !== 'chunked' ? '1.0' : '1.1';
    const lines: (readonly [string, string, string, string])[] = [
      ['Host', ' ', request.shape.host, ''],
      ...request.fields,
    ];
    if (request.connection !== undefined) lines.push(['connection', '', request.connection, ' ']);
    let mark = '';
    let bytes = '';
    const said: string[] = [];
    if (request.body.kind === 'length') {
      const { data } = request.body;
      lines.push(['CONTENT-LENGTH', ' ', String(data.length), '\t']);
      if (data !== '') mark = ` length=${String(data.length)}`;
      bytes = data;
    } else if (request.body.kind === 'chunked') {
      lines.push(['transfer-Encoding', ' ', request.coding, '']);
      mark = ' chunked';
      for (const [data, zeros, isUpper, extensions] of request.body.chunks) {
        const size = '0'.repeat(zeros) + data.length.toString(16);
        bytes += `${isUpper ? size.toUpperCase() : size}${extensions}\r\n${data}\r\n`;
      }
      bytes += `0${request.body.lastExtension}\r\n${fieldLines(request.body.trailers)}\r\n`;
    }
    const persists =
      request.connection === undefined ? version === '1.1' : request.connection === 'keep-alive';
    const { method, target } = request.shape;
    said.push(`${method} ${target} ${version}${persists ? '' : ' close'}${mark}${fieldsSaid(lines)}`);
    const data =
      request.body.kind === 'length'
        ? request.body.data
        : request.body.kind === 'chunked'
          ? request.body.chunks.map(([data]) => data).join('')
          : '';
    if (data !== '') said.push(`data ${data}`);
    if (request.body.kind === 'chunked' && request.body.trailers.length > 0)
      said.push(`trailers${fieldsSaid(request.body.trailers)}`);
    said.push('end');
    const head = `${request.emptyLine ? '\r\n' : ''}${method} ${target} HTTP/${version}\r\n${fieldLines(lines)}\r\n`;
    return { bytes: head + bytes, said };
  });

function fieldLines(lines: readonly (readonly [string, string, string, string])[]): string {
  return lines.map(([name, before, value, behind]) => `${name}:${before}${value}${behind}\r\n`).join('');
}

function fieldsSaid(lines: readonly (readonly [string, string, string, string])[]): string {
  return lines.map(([name, , value]) => ` | ${name}: ${value}`).join('');
}

const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 300 })), {
  minLength: 1,
  maxLength: 20,
});

describe('whatever valid requests are sent', () => {
  test('they are heard as they were meant, in order, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 5 }), sizes, (requests, pieces) => {
        const bytes = octets(requests.map((sent) => sent.bytes).join(''));
        const said = requests.flatMap((sent) => sent.said);
        expect(transcript([bytes])).toEqual(said);
        expect(transcript(cutBy(bytes, pieces))).toEqual(said);
      }),
      { numRuns: 400 },
    );
  });

  test('each is complete with its last byte and not before', () => {
    fc.assert(
      fc.property(request, ({ bytes, said }) => {
        const input = octets(bytes);
        expect(transcript([input.slice(0, -1)]).at(-1)).toBe('! TRUNCATED 400');
        expect(transcript([input])).toEqual(said);
      }),
      { numRuns: 200 },
    );
  });
});

const telling = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0',
  '-',
  '\xff',
  'chunked',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Host: b\r\n',
  'HTTP/1.1',
  '0\r\n\r\n',
];
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(6),
  insert: fc.oneof(
    fc.constantFrom(...telling),
    fc.nat(255).map((code) => String.fromCharCode(code)),
    fc.constant(''),
  ),
});

function mutated(
  bytes: string,
  mutations: readonly { at: number; length: number; insert: string }[],
): string {
  return mutations.reduce((text, { at, length, insert }) => {
    const offset = Math.floor(at * text.length);
    return text.slice(0, offset) + insert + text.slice(offset + length);
  }, bytes);
}

describe('whatever else is sent', () => {
  test('a damaged request is refused or read, the same however it is cut, and an error stays', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 3 }),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        sizes,
        (requests, mutations, pieces) => {
          const bytes = octets(mutated(requests.map((sent) => sent.bytes).join(''), mutations));
          const heard = transcript([bytes]);
          if (heard.at(-1)?.startsWith('!') === true) refused++;
          expect(transcript(cutBy(bytes, pieces))).toEqual(heard);
          expect(transcript(singles(bytes))).toEqual(heard);
        },
      ),
      { numRuns: 600 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  test('noise is refused, with the errors of the protocol only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), sizes, (noise, pieces) => {
        const heard = transcript(cutBy(noise, pieces));
        expect(transcript([noise])).toEqual(heard);
      }),
      { numRuns: 300 },
    );
  });

  test('every single byte of a request replaced by every telling one', () => {
    const bytes = post + chunked;
    for (let at = 0; at < bytes.length; at++) {
      for (const octet of '\r\n\0 \t:;0g\x7f\xff') {
        const damaged = octets(bytes.slice(0, at) + octet + bytes.slice(at + 1));
        expect(transcript(singles(damaged))).toEqual(transcript([damaged]));
      }
    }
  });

  test('the error itself is the same however the bytes were cut', () => {
    const bytes = octets('GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n');
    const errors = [[bytes], [...singles(bytes)]].map((pieces) => {
      const parser = new RequestParser();
      for (const piece of pieces) parser.push(piece);
      try {
        parser.next();
      } catch (error) {
        return error;
      }
      return undefined;
    });
    expect(errors[0]).toBeInstanceOf(HttpProtocolError);
    expect(errors[1]).toEqual(errors[0]);
  });
});

test.each([1000, 65_536, 1_000_000])('300 KB of body between two requests, in pieces of %i bytes', (size) => {
  const data = 'x'.repeat(300_000);
  const bytes = octets(`${get}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n${data}${get}`);
  const said = ['POST / 1.1 length=300000 | Host: a | Content-Length: 300000', `data ${data}`, 'end'];
  expect(transcript(cutBy(bytes, [size]))).toEqual([...getSaid, ...said, ...getSaid]);
});
