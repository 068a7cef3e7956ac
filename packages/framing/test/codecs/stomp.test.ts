import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  encodeAll,
  FramingUsageError,
  stomp,
  stompHeader,
  type FramingErrorCode,
  type StompFrame,
  type StompOptions,
  type StompVersion,
} from '../../src/codecs/index.ts';
import { countWork, cutBy, cuts, decodeAll, drain, keepsContract, pieces, text, utf8 } from '../bytes.ts';

/** As the specifications write them: `^@` is NUL. */
function wire(input: string): Uint8Array {
  return utf8(input.replaceAll('^@', '\0'));
}

function frame(
  command: string,
  headers: Record<string, string> | [string, string][] = {},
  body = '',
): StompFrame {
  return { command, headers: Array.isArray(headers) ? headers : Object.entries(headers), body: utf8(body) };
}

function refused(
  code: FramingErrorCode,
  ...inputs: string[]
): { bytes: Uint8Array; code: FramingErrorCode }[] {
  return inputs.map((input) => ({ bytes: wire(input), code }));
}

const brokenHeads = [
  ' SEND\n\n^@',
  'SEND x\n\n^@',
  'GET / HTTP/1.1\nHost:x\n\n^@',
  'a:b\n\n^@',
  'SEND\nno colon\n\n^@',
  'SEND\n:value\n\n^@',
  'SEND\na:b^@SEND\n\n^@',
  '^@\n\n^@',
];
const badLengths = ['-1', '+1', '1 ', ' 1', '1.0', '0x1', '', '1e0', '१', '1,1', '1234567890123456'];

for (const version of ['1.0', '1.1', '1.2'] as const) {
  keepsContract({
    name: `STOMP ${version}`,
    codec: stomp({ version, contentLength: 'when-needed' }),
    frames: [
      frame('CONNECT', { 'accept-version': '1.0,1.1,1.2', host: 'a:b\\c' }),
      frame('SEND', { destination: '/queue/a', 'content-type': 'text/plain' }, 'hello queue a'),
      frame('SEND', { 'content-length': '3', 'content-type': 'x' }, 'a\0b'),
      frame('MESSAGE', [
        ['foo', 'World'],
        ['foo', 'Hello'],
        ['ключ', ''],
      ]),
      frame('DISCONNECT'),
    ],
    bytes: utf8(
      [
        'CONNECT\naccept-version:1.0,1.1,1.2\nhost:a:b\\c\n\n\0',
        'SEND\ndestination:/queue/a\ncontent-type:text/plain\n\nhello queue a\0',
        'SEND\ncontent-length:3\ncontent-type:x\n\na\0b\0',
        'MESSAGE\nfoo:World\nfoo:Hello\nключ:\n\n\0',
        'DISCONNECT\n\n\0',
      ].join(''),
    ),
    malformed: [
      ...refused('MALFORMED', ...brokenHeads),
      ...refused('MALFORMED', 'SEND\ncontent-length:1\n\nab^@', 'SEND\ncontent-length:0\n\nab^@'),
      ...refused('TOO_LARGE', 'SEND\ncontent-length:8388609\n\n', 'SEND\ncontent-length:2147483648\n\n'),
      ...refused(
        'TRUNCATED',
        'S',
        'SEND\n',
        'SEND\na:b\n',
        'SEND\n\n',
        'SEND\n\nbody',
        'SEND\ncontent-length:1\n\n',
      ),
      ...refused('TRUNCATED', 'SEND\ncontent-length:1\n\na', 'SEND\n\n^@S'),
      { bytes: Uint8Array.of(...utf8('SEND\nkey:'), 0xff, ...utf8('\n\n\0')), code: 'MALFORMED' },
    ],
  });
}

const escaped = frame('MESSAGE', { 'a:b': 'c\\d\ne', n: '\\n' });

keepsContract({
  name: 'the escapes of 1.1',
  codec: stomp({ version: '1.1' }),
  frames: [escaped, frame('MESSAGE', { key: 'a\r' })],
  bytes: wire('MESSAGE\na\\cb:c\\\\d\\ne\nn:\\\\n\n\n^@MESSAGE\nkey:a\r\n\n^@'),
  malformed: [
    ...refused(
      'MALFORMED',
      'SEND\na:\\r\n\n^@',
      'SEND\na:\\t\n\n^@',
      'SEND\na:\\\n\n^@',
      'SEND\n\\x:b\n\n^@',
    ),
    ...refused(
      'MALFORMED',
      'SEND\na:\\\\\\\n\n^@',
      ...badLengths.map((value) => `SEND\ncontent-length:${value}\n\na^@`),
    ),
  ],
});

keepsContract({
  name: 'the escapes of 1.2',
  codec: stomp({ version: '1.2' }),
  frames: [escaped, frame('ERROR', { message: 'a\r\nb' })],
  bytes: wire('MESSAGE\na\\cb:c\\\\d\\ne\nn:\\\\n\n\n^@ERROR\nmessage:a\\r\\nb\n\n^@'),
  malformed: [
    ...refused(
      'MALFORMED',
      'SEND\na:\\t\n\n^@',
      'SEND\na:\\R\n\n^@',
      'SEND\na:\\\n\n^@',
      'STOMP\na:\\x\n\n^@',
    ),
    ...refused(
      'MALFORMED',
      'SEND\na:b\rc\n\n^@',
      'SEND\na:b\r\r\n\n^@',
      'SE\rND\n\n^@',
      '\rSEND\n\n^@',
      'SEND\n\n^@\r\r',
    ),
    ...refused('MALFORMED', ...badLengths.map((value) => `SEND\ncontent-length:${value}\n\na^@`)),
  ],
});

keepsContract({
  name: 'no escapes in 1.0, nor in CONNECT and CONNECTED',
  codec: stomp({ version: '1.0' }),
  frames: [frame('SEND', { key: 'a\\nb:c\\t' })],
  bytes: wire('SEND\nkey:a\\nb:c\\t\n\n^@'),
  malformed: refused(
    'MALFORMED',
    ...['-1', '+1', '1.0', '0x1', ' ', '1 1'].map((v) => `SEND\ncontent-length:${v}\n\na^@`),
  ),
});

keepsContract({
  name: 'limits',
  codec: stomp({ maxBytes: 4, maxHeaderBytes: 32, maxHeaders: 2, contentLength: 'when-needed' }),
  frames: [frame('SEND', { a: '1' }, 'body')],
  bytes: wire('SEND\na:1\n\nbody^@'),
  limit: {
    bytes: wire(`SEND\nab:${'x'.repeat(22)}\n\nbody^@SEND\na:1\nb:2\n\n^@SEND\ncontent-length:4\n\nbody^@`),
    tooLarge: wire('SEND\na:1\n\nbody!^@'),
    maxBufferedBytes: 36,
  },
  malformed: refused(
    'TOO_LARGE',
    'SEND\ncontent-length:5\n\n',
    `SEND\nab:${'x'.repeat(23)}\n\n^@`,
    'x'.repeat(32),
    'SEND\na:1\nb:2\nc:3\n',
    'SEND\n\nbody!',
    `S\n${'a\n'.repeat(3)}`,
  ),
});

describe('a decoder', () => {
  /** The examples of 1.2, and what it says of them. */
  test('has the examples of the specification', () => {
    const examples = [
      ['CONNECT\naccept-version:1.2\nhost:stomp.github.org\n\n^@', 'CONNECT', 'accept-version', '1.2', ''],
      ['CONNECTED\nversion:1.2\n\n^@', 'CONNECTED', 'version', '1.2', ''],
      [
        'SEND\ndestination:/queue/a\nreceipt:message-12345\n\nhello queue a^@',
        'SEND',
        'receipt',
        'message-12345',
        'hello queue a',
      ],
      ['MESSAGE\nfoo:World\nfoo:Hello\n\n^@', 'MESSAGE', 'foo', 'World', ''],
      [
        'ERROR\nversion:1.2,2.1\ncontent-type:text/plain\n\nSupported protocol versions are 1.2 2.1^@',
        'ERROR',
        'version',
        '1.2,2.1',
        'Supported protocol versions are 1.2 2.1',
      ],
      ['SUBSCRIBE\nid:0\ndestination:/queue/foo\nack:client\n\n^@', 'SUBSCRIBE', 'ack', 'client', ''],
      ['RECEIPT\nreceipt-id:message-12345\n\n^@', 'RECEIPT', 'receipt-id', 'message-12345', ''],
      ['NACK\nid:12345\ntransaction:tx1\n\n^@', 'NACK', 'transaction', 'tx1', ''],
    ] as const;
    const frames = decodeAll(stomp(), [wire(examples.map(([bytes]) => bytes).join('\n'))]);
    expect(frames.map((one, i) => [one.command, stompHeader(one, examples[i]![2]), text(one.body)])).toEqual(
      examples.map(([, command, , value, body]) => [command, value, body]),
    );
  });

  test('takes lines that end with CR LF in 1.2, all or some, cut anywhere', () => {
    const bytes = wire(
      '\r\n\nMESSAGE\r\na:b\r\nc:d\ncontent-length:2\r\n\r\n\r\n^@\r\n\r\nDISCONNECT\n\r\n^@\r\n',
    );
    const expected = [
      frame('MESSAGE', { a: 'b', c: 'd', 'content-length': '2' }, '\r\n'),
      frame('DISCONNECT'),
    ];
    for (let at = 0; at <= bytes.length; at++) {
      expect(decodeAll(stomp(), [bytes.slice(0, at), bytes.slice(at)])).toEqual(expected);
    }
    expect(decodeAll(stomp(), pieces(bytes, 1))).toEqual(expected);
  });

  test('tells of each line end between frames, and of none inside one', () => {
    const onHeartBeat = vi.fn();
    const decoder = stomp({ onHeartBeat }).decoder();
    const told = (input: string): number => {
      onHeartBeat.mockClear();
      decoder.push(wire(input));
      drain(decoder);
      return onHeartBeat.mock.calls.length;
    };
    expect(told('\n')).toBe(1);
    expect(told('\r')).toBe(0);
    expect(told('\n\n')).toBe(2);
    expect(told('SEND\n\n\n\n^@')).toBe(0);
    expect(told('\n\nSEND\n')).toBe(2);
    expect(told('\n\n')).toBe(0);
    expect(decoder.bufferedBytes).toBeGreaterThan(0);
    expect(told('^@\n')).toBe(1);
    expect(decoder.bufferedBytes).toBe(0);
    expect(decoder.end()).toBeUndefined();
  });

  test('goes on behind an onHeartBeat that throws', () => {
    const decoder = stomp({
      onHeartBeat: () => {
        throw new Error('told');
      },
    }).decoder();
    decoder.push(wire('\nSEND\n\n^@'));
    expect(() => decoder.next()).toThrow('told');
    expect(drain(decoder)).toEqual([frame('SEND')]);
  });

  test('holds nothing of a million heart-beats', () => {
    let beats = 0;
    const decoder = stomp({ onHeartBeat: () => beats++ }).decoder();
    decoder.push(new Uint8Array(1_000_000).fill(10));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(0);
    expect(beats).toBe(1_000_000);
  });

  test('the first content-length counts, whatever the others say', () => {
    expect(decodeAll(stomp(), [wire('SEND\ncontent-length:1\ncontent-length:x\n\n^@^@')])).toEqual([
      frame(
        'SEND',
        [
          ['content-length', '1'],
          ['content-length', 'x'],
        ],
        '\0',
      ),
    ]);
    expect(decodeAll(stomp(), [wire('SEND\nContent-Length:9\n\na^@')])).toEqual([
      frame('SEND', { 'Content-Length': '9' }, 'a'),
    ]);
  });

  test('trims nothing, but the space that 1.0 writes before a length', () => {
    expect(decodeAll(stomp({ version: '1.0' }), [wire('SEND\n a : b \ncontent-length: 1\n\n^@^@')])).toEqual([
      frame('SEND', { ' a ': ' b ', 'content-length': ' 1' }, '\0'),
    ]);
    expect(decodeAll(stomp(), [wire('SEND\n a : b \n\n^@')])).toEqual([frame('SEND', { ' a ': ' b ' })]);
  });

  test('takes a colon that a peer did not escape, and any command', () => {
    expect(decodeAll(stomp(), [wire('x-custom\nid:a:b\n\nbody^@')])).toEqual([
      frame('x-custom', { id: 'a:b' }, 'body'),
    ]);
  });

  test('headers are pairs: no name reaches a prototype', () => {
    const [one] = decodeAll(stomp(), [wire('SEND\n__proto__:x\nconstructor:y\n\n^@')]);
    expect(stompHeader(one!, '__proto__')).toBe('x');
    expect(stompHeader(one!, 'toString')).toBeUndefined();
  });

  test('a length of 2 GiB reserves nothing', () => {
    const decoder = stomp({ maxBytes: 2 ** 32 }).decoder();
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(wire('SEND\ncontent-length:2147483648\n\nx'));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(33);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  test('looks at a byte once: large heads and bodies that come a byte at a time are linear', () => {
    const headers = Array.from({ length: 900 }, (_, i): [string, string] => [
      `header-${String(i)}`,
      'x'.repeat(50),
    ]);
    const codec = stomp({ contentLength: 'when-needed' });
    const bytes = encodeAll(codec, [
      frame('SEND', headers, 'y'.repeat(100_000)),
      frame('SEND', headers, '\0'),
    ]);
    const decoder = codec.decoder();
    let count = 0;
    const work = countWork(() => {
      for (const piece of pieces(bytes, 1)) {
        decoder.push(piece);
        count += drain(decoder).length;
      }
    });
    expect(count).toBe(2);
    expect(work.scanned).toBeLessThan(2 * bytes.length);
    expect(work.copied).toBeLessThan(3 * bytes.length);
  });
});

test.each(['1.0', '1.1', '1.2'] as const)(
  '%s: any frames come back, cut anywhere, and are sent as the same bytes',
  (version) => {
    const isEscaped = version !== '1.0';
    const word = fc
      .string({ unit: fc.constantFrom(...'ab:\\\n\rcnt é𝕏'), maxLength: 12 })
      .map((raw) => (isEscaped ? raw : raw.replace(/[\n:]/g, '-')));
    const any = fc.record({
      command: fc.constantFrom('SEND', 'MESSAGE', 'ERROR'),
      headers: fc.array(
        fc.tuple(
          word.map((name) => `${name}k`),
          word,
        ),
        { maxLength: 8 },
      ),
      body: fc.uint8Array({ maxLength: 200 }),
    });
    const beat = fc.constant('heart-beat' as const);
    const codec = stomp({ version });
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: any }, beat)), cuts, (sent, sizes) => {
        const bytes = encodeAll(codec, sent);
        const received = decodeAll(codec, cutBy(bytes, sizes));
        const frames = sent.filter((one) => one !== 'heart-beat');
        expect(received.map(({ command, body }) => ({ command, body }))).toEqual(
          frames.map(({ command, body }) => ({ command, body })),
        );
        for (const [i, { headers }] of frames.entries()) {
          expect(received[i]?.headers.slice(0, headers.length)).toEqual(headers);
        }
        expect(encodeAll(codec, received)).toEqual(encodeAll(codec, frames));
      }),
      { numRuns: 200 },
    );
  },
);

describe('the encoder', () => {
  const encoded = (one: StompFrame | 'heart-beat', options?: StompOptions): string =>
    text(encodeAll(stomp(options), [one]));

  test('adds the length of a body, unless it is there, or not needed', () => {
    expect(encoded(frame('SEND', { a: '1' }, 'hi'))).toBe('SEND\na:1\ncontent-length:2\n\nhi\0');
    expect(encoded(frame('SEND', { 'content-length': '2', a: '1' }, 'hi'))).toBe(
      'SEND\ncontent-length:2\na:1\n\nhi\0',
    );
    expect(encoded(frame('SEND'))).toBe('SEND\n\n\0');
    expect(encoded(frame('SEND', {}, 'hi'), { contentLength: 'when-needed' })).toBe('SEND\n\nhi\0');
    expect(encoded(frame('SEND', {}, '\0'), { contentLength: 'when-needed' })).toBe(
      'SEND\ncontent-length:1\n\n\0\0',
    );
  });

  test('writes a heart-beat', () => {
    expect(encoded('heart-beat')).toBe('\n');
  });

  const wrong: readonly (readonly [string, StompVersion[], StompFrame])[] = [
    ['a command with a line end', ['1.0', '1.1', '1.2'], frame('SEND\nx:y')],
    ['an empty command', ['1.0', '1.1', '1.2'], frame('')],
    ['a command with a colon', ['1.0', '1.1', '1.2'], frame('A:B')],
    ['a header without a name', ['1.0', '1.1', '1.2'], frame('SEND', { '': 'x' })],
    ['a NUL in a header', ['1.0', '1.1', '1.2'], frame('SEND', { a: '\0' })],
    ['a NUL in a name', ['1.0', '1.1', '1.2'], frame('SEND', { '\0': 'a' })],
    ['half of a surrogate pair', ['1.0', '1.1', '1.2'], frame('SEND', { a: '\ud800' })],
    ['a line end in a value that is not escaped', ['1.0'], frame('SEND', { a: 'b\nc:d' })],
    ['a line end in a name that is not escaped', ['1.0'], frame('SEND', { 'a\n': 'b' })],
    ['a colon in a name that is not escaped', ['1.0'], frame('SEND', { 'a:b': 'c' })],
    ['a line end in CONNECT', ['1.0', '1.1', '1.2'], frame('CONNECT', { host: 'a\nb' })],
    ['a colon in a name of CONNECTED', ['1.0', '1.1', '1.2'], frame('CONNECTED', { 'a:b': 'c' })],
    ['a CR in CONNECT', ['1.2'], frame('CONNECT', { host: 'a\r' })],
    [
      'another length than the body has',
      ['1.0', '1.1', '1.2'],
      frame('SEND', { 'content-length': '3' }, 'ab'),
    ],
    ['a length that is no number', ['1.0', '1.1', '1.2'], frame('SEND', { 'content-length': '+2' }, 'ab')],
    ['a length with a space', ['1.1', '1.2'], frame('SEND', { 'content-length': ' 2' }, 'ab')],
    ['a body where there is none', ['1.1', '1.2'], frame('SUBSCRIBE', { id: '0' }, 'body')],
  ];
  test.each(wrong)('refuses %s, and writes nothing', (_, versions, one) => {
    for (const version of versions) {
      const codec = stomp({ version });
      const written: number[] = [];
      const sink = {
        append: ({ length }: Uint8Array) => void written.push(length),
        reserve: (length: number) => (written.push(length), new Uint8Array(length)),
      };
      expect(() => codec.encoder().encode(one, sink)).toThrow(FramingUsageError);
      expect(written).toEqual([]);
    }
  });

  test('refuses what its own decoder would refuse for its size', () => {
    const small = { maxBytes: 2, maxHeaderBytes: 11, maxHeaders: 1, contentLength: 'when-needed' } as const;
    expect(encoded(frame('SEND', { a: '12' }, 'ab'), small)).toBe('SEND\na:12\n\nab\0');
    for (const large of [
      frame('SEND', { a: '123' }),
      frame('SEND', {}, 'abc'),
      frame('SEND', { a: '', b: '' }),
    ]) {
      expect(() => encoded(large, small)).toThrow(FramingUsageError);
    }
  });
});

test('limits are whole numbers, and versions 1.0, 1.1 or 1.2', () => {
  for (const limit of [-1, 1.5, NaN, Infinity]) {
    expect(() => stomp({ maxBytes: limit })).toThrow(FramingUsageError);
    expect(() => stomp({ maxHeaderBytes: limit })).toThrow(FramingUsageError);
    expect(() => stomp({ maxHeaders: limit })).toThrow(FramingUsageError);
  }
  expect(() => stomp({ version: '1.3' as '1.2' })).toThrow(FramingUsageError);
});
