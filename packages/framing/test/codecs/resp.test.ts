import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeAll,
  FramingUsageError,
  resp,
  RespAttributed,
  RespBigNumber,
  respCommand,
  RespDouble,
  RespError,
  RespMap,
  RespNull,
  RespPush,
  RespSet,
  RespSimple,
  RespVerbatim,
  type FramingErrorCode,
  type RespValue,
} from '../../src/codecs/index.ts';
import { countWork, cutBy, cuts, decodeAll, hex, keepsContract, pieces, utf8 } from '../bytes.ts';

/** Lines, each with its end. */
function wire(...lines: string[]): Uint8Array {
  return utf8(lines.map((line) => `${line}\r\n`).join(''));
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const resp3 = resp({ version: 3 });

function refused(
  code: FramingErrorCode,
  ...inputs: string[]
): { bytes: Uint8Array; code: FramingErrorCode }[] {
  return inputs.map((input) => ({ bytes: utf8(input), code }));
}

/** Lengths that a lenient reader would take for 1 or 5. */
const badLengths = ['+1', '-0', '-2', '01', '1 ', ' 1', '1.0', '1e0', '0x1', '', '१', '1_0', '--1', '-1 '];

keepsContract({
  name: 'RESP2',
  codec: resp(),
  frames: [
    'OK',
    '',
    'déjà vu',
    0,
    -1,
    Number.MAX_SAFE_INTEGER,
    2n ** 63n - 1n,
    -(2n ** 63n),
    utf8('hello'),
    hex(''),
    utf8('a\r\nb'),
    utf8('$1\r\na\r\n'),
    utf8(':1\r\n'),
    null,
    new RespNull('array'),
    [],
    [1, [utf8('x'), []], null, new RespError('ERR no')],
    new RespError('WRONGTYPE Operation against a key'),
  ],
  bytes: wire(
    '+OK',
    '+',
    '+déjà vu',
    ':0',
    ':-1',
    ':9007199254740991',
    ':9223372036854775807',
    ':-9223372036854775808',
    '$5',
    'hello',
    '$0',
    '',
    '$4',
    'a\r\nb',
    '$7',
    '$1\r\na\r\n',
    '$4',
    ':1\r\n',
    '$-1',
    '*-1',
    '*0',
    '*4',
    ':1',
    '*2',
    '$1',
    'x',
    '*0',
    '$-1',
    '-ERR no',
    '-WRONGTYPE Operation against a key',
  ),
  malformed: [
    ...badLengths.flatMap((length) => refused('MALFORMED', `$${length}\r\na\r\n`, `*${length}\r\n:1\r\n`)),
    ...refused(
      'MALFORMED',
      'GET / HTTP/1.1\r\n',
      '\r\n',
      '\n',
      '_\r\n',
      '#t\r\n',
      '%0\r\n',
      '$?\r\n',
      '*?\r\n',
    ),
    ...refused('MALFORMED', '+OK\n', ':1\n', '+a\rb\r\n', '-a\rb\r\n', '+\n', '*1\n'),
    ...refused('MALFORMED', '$3\r\nabcd\r\n', '$3\r\nab\r\nc\r\n', '$3\r\nabc\n\r', '$0\r\nab'),
    ...refused(
      'MALFORMED',
      ':\r\n',
      ':-\r\n',
      ':+\r\n',
      ':-0\r\n',
      ':01\r\n',
      ':1.5\r\n',
      ':1 \r\n',
      ': 1\r\n',
      ':a\r\n',
    ),
    ...refused(
      'MALFORMED',
      ':9223372036854775808\r\n',
      ':-9223372036854775809\r\n',
      `:${'1'.repeat(62)}\r\n`,
    ),
    ...refused('MALFORMED', `:${'1'.repeat(64)}`, `$${'0'.repeat(64)}`, `*1\r\n$${'1'.repeat(64)}`),
    ...refused(
      'TOO_LARGE',
      '$2147483647\r\n',
      '$18446744073709551616\r\n',
      '*1000000000\r\n',
      '*1048577\r\n',
    ),
    ...refused('TOO_LARGE', '*1\r\n'.repeat(33)),
    ...refused(
      'TRUNCATED',
      '+OK',
      '$5\r\nhell',
      '$5\r\nhello\r',
      '*2\r\n:1\r\n',
      ':1\r\n*1\r\n',
      '$',
      '+OK\r\n$5\r\n',
    ),
  ],
});

const pushed = new RespPush([utf8('message'), 1]);

keepsContract({
  name: 'RESP3',
  codec: resp3,
  frames: [
    null,
    new RespNull('bulk'),
    new RespNull('array'),
    true,
    false,
    new RespDouble(1.5),
    new RespDouble(3.1, '3.1000000000000001'),
    new RespDouble(10),
    new RespDouble(Infinity),
    new RespDouble(-Infinity),
    new RespDouble(NaN),
    new RespDouble(-0),
    new RespDouble(NaN, '-NAN(ind)'),
    new RespBigNumber(3492890328409238509324850943850943825024385n),
    new RespBigNumber('-1'),
    new RespVerbatim('txt', 'Some string'),
    new RespVerbatim('mkd', ''),
    new RespError('SYNTAX invalid syntax', { blob: true }),
    new RespMap(['first', 1, utf8('second'), [2]]),
    new RespMap(),
    new RespSet(['orange', new RespSet(), true, 100, 100]),
    pushed,
    new RespAttributed(new RespMap(['ttl', 3600]), [1, new RespAttributed(new RespMap(), 2)]),
    new RespAttributed(new RespMap(['of', 1]), new RespAttributed(new RespMap(['a', 1]), pushed)),
    new RespSimple(hex('ff 41')),
    new RespError(hex('45 52 52 20 ff')),
  ],
  bytes: joined(
    wire('_', '$-1', '*-1', '#t', '#f', ',1.5', ',3.1000000000000001', ',10', ',inf', ',-inf', ',nan', ',-0'),
    wire(',-NAN(ind)', '(3492890328409238509324850943850943825024385', '(-1'),
    wire('=15', 'txt:Some string', '=4', 'mkd:', '!21', 'SYNTAX invalid syntax'),
    wire('%2', '+first', ':1', '$6', 'second', '*1', ':2', '%0'),
    wire('~5', '+orange', '~0', '#t', ':100', ':100'),
    wire('>2', '$7', 'message', ':1'),
    wire('|1', '+ttl', ':3600', '*2', ':1', '|0', ':2'),
    wire('|1', '+of', ':1', '|1', '+a', ':1', '>2', '$7', 'message', ':1'),
    hex('2b ff 41 0d 0a 2d 45 52 52 20 ff 0d 0a'),
  ),
  malformed: [
    ...badLengths.flatMap((length) =>
      refused(
        'MALFORMED',
        `!${length}\r\na\r\n`,
        `%${length}\r\n`,
        `~${length}\r\n`,
        `>${length}\r\n`,
        `|${length}\r\n`,
      ),
    ),
    ...refused(
      'MALFORMED',
      '%-1\r\n',
      '~-1\r\n',
      '!-1\r\n',
      '=-1\r\n',
      '>?\r\n',
      '|?\r\n',
      '!?\r\n',
      '=?\r\n',
    ),
    ...refused('MALFORMED', '_x\r\n', '#\r\n', '#T\r\n', '#true\r\n', '#tt\r\n'),
    ...refused(
      'MALFORMED',
      ',\r\n',
      ',.5\r\n',
      ',1.\r\n',
      ',1e\r\n',
      ',0x1\r\n',
      ',infinity\r\n',
      ',1 \r\n',
      ',1,5\r\n',
    ),
    ...refused(
      'MALFORMED',
      '(\r\n',
      '(-\r\n',
      '(1.5\r\n',
      '(+1\r\n',
      '(01\r\n',
      '(-0\r\n',
      '(1n\r\n',
      `(${'1'.repeat(99)}x\r\n`,
    ),
    ...refused('MALFORMED', '=3\r\ntxt\r\n', '=4\r\ntxt \r\n', '=0\r\n\r\n'),
    ...refused(
      'MALFORMED',
      '*1\r\n>1\r\n:1\r\n',
      '|1\r\n>1\r\n+a\r\n',
      '>1\r\n>1\r\n:1\r\n',
      '*1\r\n|0\r\n>1\r\n',
    ),
    ...refused(
      'MALFORMED',
      ';1\r\na\r\n',
      '.\r\n',
      '*1\r\n.\r\n',
      '*?\r\n.x\r\n',
      '%?\r\n+a\r\n.\r\n',
      '*?\r\n|0\r\n.\r\n',
    ),
    ...refused(
      'MALFORMED',
      '$?\r\n+a\r\n',
      '$?\r\n$1\r\na\r\n',
      '$?\r\n;-1\r\n',
      '$?\r\n;?\r\n',
      '$?\r\n.\r\n',
      '$?\r\n;1\r\nab\r\n',
    ),
    ...refused(
      'TOO_LARGE',
      '%524289\r\n',
      '|524289\r\n',
      '%1\r\n'.repeat(33),
      '|0\r\n'.repeat(33),
      '*?\r\n'.repeat(33),
    ),
    ...refused(
      'TRUNCATED',
      '|0\r\n',
      '%1\r\n+a\r\n',
      '$?\r\n',
      '$?\r\n;1\r\na\r\n',
      '*?\r\n',
      '*?\r\n:1\r\n',
      '(1',
    ),
  ],
});

keepsContract({
  name: 'what is sent in another way than it came',
  codec: resp3,
  frames: [utf8('Hello world'), hex(''), [1, 2], new RespMap(['a', [1]]), new RespSet([]), 5],
  decoded: [utf8('Hello world'), hex(''), [1, 2], new RespMap(['a', [1]]), new RespSet([]), 5],
  bytes: wire('$11', 'Hello world', '$0', '', '*2', ':1', ':2', '%1', '+a', '*1', ':1', '~0', ':5'),
});

keepsContract({
  name: 'limits',
  codec: resp({ version: 3, maxBytes: 16, maxDepth: 2, maxElements: 3 }),
  frames: [utf8('123456789')],
  bytes: wire('$9', '123456789'),
  limit: {
    bytes: wire('+4567890123456', '$9', '123456789', '*1', '*1', '$0', ''),
    tooLarge: wire('+45678901234567'),
    maxBufferedBytes: 16,
  },
  malformed: refused(
    'TOO_LARGE',
    '$10\r\n',
    '-4567890123456789',
    '(45678901234567\r\n',
    '*2\r\n$3\r\nabc\r\n:1\r\n',
    '*2\r\n$8\r\n',
    '*4\r\n',
    '*2\r\n*2\r\n',
    '%2\r\n',
    '*1\r\n*1\r\n*1\r\n',
    '*?\r\n_\r\n_\r\n_\r\n_\r\n',
    '$?\r\n;3\r\nabc\r\n;1\r\n',
    '|1\r\n_\r\n_\r\n*1\r\n',
  ),
});

describe('a decoder', () => {
  test.each([
    ['$?|;4|Hell|;5|o wor|;1|d|;0|', utf8('Hello word')],
    ['$?|;0|', hex('')],
    ['*?|:1|:2|:3|.|', [1, 2, 3]],
    ['%?|+a|:1|+b|:2|.|', new RespMap(['a', 1, 'b', 2])],
    ['~?|*?|.|*1|$?|;1|x|;0|.|', new RespSet([[], [utf8('x')]])],
    ['*?|.|', []],
    [':+5|', 5],
    [':+9223372036854775807|', 2n ** 63n - 1n],
    [',+inf|', new RespDouble(Infinity, '+inf')],
    [',1E+3|', new RespDouble(1000, '1E+3')],
  ])('reads %s, cut anywhere', (text, value) => {
    const bytes = utf8(text.replaceAll('|', '\r\n'));
    for (let at = 0; at <= bytes.length; at++) {
      expect(decodeAll(resp3, [bytes.slice(0, at), bytes.slice(at)])).toEqual([value]);
    }
    expect(decodeAll(resp3, pieces(bytes, 1))).toEqual([value]);
  });

  test('has the examples of the RESP3 specification', () => {
    const popularity = new RespMap([utf8('a'), new RespDouble(0.1923), utf8('b'), new RespDouble(0.0012)]);
    expect(
      decodeAll(resp3, [
        wire(
          '|1',
          '+key-popularity',
          '%2',
          '$1',
          'a',
          ',0.1923',
          '$1',
          'b',
          ',0.0012',
          '*2',
          ':2039123',
          ':9543892',
        ),
        wire('*3', ':1', ':2', '|1', '+ttl', ':3600', ':3'),
        wire('>4', '+pubsub', '+message', '+somechannel', '+this is the message', '$9', 'Get-Reply'),
        wire('*2', '*3', ':1', '$5', 'hello', ':2', '#f'),
      ]),
    ).toEqual([
      new RespAttributed(new RespMap(['key-popularity', popularity]), [2039123, 9543892]),
      [1, 2, new RespAttributed(new RespMap(['ttl', 3600]), 3)],
      new RespPush(['pubsub', 'message', 'somechannel', 'this is the message']),
      utf8('Get-Reply'),
      [[1, utf8('hello'), 2], false],
    ]);
  });

  test('returns views of a chunk', () => {
    const chunk = Buffer.from('$5\r\nhello\r\n');
    const [value] = decodeAll(resp(), [chunk]) as [Uint8Array];
    expect(value.buffer).toBe(chunk.buffer);
  });

  test('$2147483647 reserves nothing', () => {
    const decoder = resp({ maxBytes: 2 ** 32 }).decoder();
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(wire('*1000000', '$2147483647', 'x'));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(26);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  test('*1000000000 reserves nothing, however many elements are allowed', () => {
    const decoders = Array.from({ length: 64 }, () => resp({ maxElements: 2 ** 31 }).decoder());
    const before = process.memoryUsage().heapUsed;
    for (const decoder of decoders) {
      decoder.push(wire('*1000000000', ':1'));
      expect(decoder.next()).toBeUndefined();
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 1024 * 1024);
  });

  test('counts the elements of all depths together, as they are announced', () => {
    const codec = resp({ maxElements: 6 });
    expect(decodeAll(codec, [wire('*3', '*2', ':1', ':2', '*1', ':3', ':4')])).toEqual([[[1, 2], [3], 4]]);
    expect(() => decodeAll(codec, [wire('*3', '*2', ':1', ':2', '*2')])).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    expect(
      decodeAll(codec, [wire('*6'), ...Array<Uint8Array>(6).fill(wire(':1')), wire('*1', ':1')]),
    ).toHaveLength(2);
  });

  test('takes 50,000 aggregates in one another, where that is allowed, and the encoder sends them', () => {
    const depth = 50_000;
    const codec = resp({ version: 3, maxDepth: depth, maxElements: 2 * depth });
    const bytes = utf8(`${'*1\r\n'.repeat(depth / 2)}${'~1\r\n'.repeat(depth / 2)}:1\r\n`);
    const [frame] = decodeAll(codec, [bytes]);
    let levels = 0;
    for (let value = frame; typeof value === 'object'; levels++) {
      value = value instanceof RespSet ? value.items[0] : (value as RespValue[])[0];
    }
    expect(levels).toBe(depth);
    expect(Buffer.compare(encodeAll(codec, [frame as RespValue]), bytes)).toBe(0);
    expect(() => decodeAll(codec, [wire('*1'), bytes])).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  test('looks at a byte once: a large array that comes a byte at a time is linear', () => {
    const items = Array.from({ length: 5000 }, (_, i) =>
      i % 3 === 0 ? 'simple' : i % 3 === 1 ? i : utf8(`bulk ${String(i)}`),
    );
    const bytes = encodeAll(resp(), [[items, [items]]]);
    const decoder = resp().decoder();
    const work = countWork(() => {
      for (const piece of pieces(bytes, 1)) {
        decoder.push(piece);
        const frame = decoder.next();
        if (frame === undefined) continue;
        expect(frame).toEqual([items, [items]]);
      }
    });
    expect(decoder.bufferedBytes).toBe(0);
    expect(work.scanned).toBeGreaterThan(bytes.length / 4);
    expect(work.scanned).toBeLessThan(2 * bytes.length);
    expect(work.copied).toBeLessThan(3 * bytes.length);
  });

  test('a long line behind a large chunk is searched once', () => {
    const line = utf8(`+${'x'.repeat(100_000)}\r\n`);
    const decoder = resp().decoder();
    decoder.push(line.slice(0, 50_000));
    const work = countWork(() => {
      for (const piece of pieces(line.slice(50_000), 1)) {
        expect(decoder.next()).toBeUndefined();
        decoder.push(piece);
      }
    });
    expect(decoder.next()).toBe('x'.repeat(100_000));
    expect(work.scanned).toBeLessThan(2 * line.length);
  });
});

// ── Any value ────────────────────────────────────────────────────────────────────────────────────────────────────────

const bytesOf = fc.uint8Array({ maxLength: 80 });
const lineText = fc
  .oneof(fc.string({ maxLength: 70 }), fc.string({ unit: 'binary', maxLength: 40 }))
  .map((text) => text.replace(/[\r\n]|\p{Surrogate}/gu, '-'));
const scalar: fc.Arbitrary<RespValue> = fc.oneof(
  lineText,
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .filter((value) => !Number.isSafeInteger(Number(value))),
  bytesOf,
  fc.constantFrom<RespValue>(null, new RespNull('array')),
  lineText.map((text) => new RespError(text)),
);
const scalar3: fc.Arbitrary<RespValue> = fc.oneof(
  scalar,
  fc.boolean(),
  fc.double().map((value) => new RespDouble(value)),
  fc.bigInt().map((value) => new RespBigNumber(value)),
  bytesOf.map((bytes) => new RespVerbatim('txt', bytes)),
  bytesOf.map((bytes) => new RespError(bytes, { blob: true })),
  fc.constant(new RespNull('bulk')),
);

function nested(leaf: fc.Arbitrary<RespValue>, version: 2 | 3): fc.Arbitrary<RespValue> {
  const { tree } = fc.letrec<{ tree: RespValue; list: RespValue[]; pairs: RespValue[] }>((tie) => ({
    list: fc.array(tie('tree'), { maxLength: 3 }),
    pairs: fc
      .array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 2 })
      .map((pairs) => pairs.flatMap((pair) => pair)),
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      tie('list'),
      ...(version === 2
        ? []
        : [
            tie('list').map((items) => new RespSet(items)),
            tie('pairs').map((flat) => new RespMap(flat)),
            fc
              .tuple(tie('pairs'), tie('tree'))
              .map(([flat, value]) => new RespAttributed(new RespMap(flat), value)),
          ]),
    ),
  }));
  return tree;
}

test.each([
  [2, nested(scalar, 2)],
  [
    3,
    fc.oneof(
      nested(scalar3, 3),
      fc.array(nested(scalar3, 3)).map((items) => new RespPush(items)),
    ),
  ],
] as const)(
  'RESP%i: any values come back, cut anywhere, and are sent as the same bytes',
  (version, value) => {
    const codec = resp({ version });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), cuts, (frames, sizes) => {
        const bytes = encodeAll(codec, frames);
        const decoded = decodeAll(codec, cutBy(bytes, sizes));
        expect(decoded).toEqual(frames);
        expect(encodeAll(codec, decoded)).toEqual(bytes);
      }),
      { numRuns: 100 },
    );
  },
);

test('integers are exact to the last of 64 bits, and refused from there', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (value) => {
      const decode = (): bigint =>
        BigInt(decodeAll(resp(), [wire(`:${String(value)}`)])[0] as number | bigint);
      if (BigInt.asIntN(64, value) === value) expect(decode()).toBe(value);
      else expect(decode).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
    }),
  );
});

// ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('the encoder', () => {
  const cyclic: RespValue[] = [];
  cyclic.push(cyclic);

  test.each<[string, RespValue]>([
    ['a line end in a simple string', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['a line end in an error', new RespError('ERR a\r\n+OK')],
    ['a line end in raw bytes', new RespSimple(hex('0a'))],
    ['half of a surrogate pair', '\ud800'],
    ['a fraction', 1.5],
    ['an integer that is not exact', 2 ** 53],
    ['NaN', NaN],
    ['a bigint of 65 bits', 2n ** 63n],
    ['a double that is none', new RespDouble(1, '1\r\n:2')],
    ['a big number that is none', new RespBigNumber('1\r\n')],
    ['a format of two letters', new RespVerbatim('tx', '')],
    ['a push inside an array', [new RespPush([])]],
    ['a push inside of attributes', new RespAttributed(new RespMap(['a', new RespPush([])]), 1)],
    ['an array in itself', cyclic],
    ['undefined', undefined as never],
    ['an object', { a: 1 } as never],
    ['an object deep inside', [1, [new Date() as never]]],
  ])('refuses %s, and writes nothing', (_, value) => {
    const codec = resp({ version: 3 });
    expect(() => encodeAll(codec, [value])).toThrow(FramingUsageError);
  });

  test.each<[string, RespValue]>([
    ['a boolean', true],
    ['a double', new RespDouble(1)],
    ['a map', new RespMap()],
    ['a set', [new RespSet()]],
    ['a push', new RespPush([])],
    ['a blob error', new RespError('ERR', { blob: true })],
    ['attributes', new RespAttributed(new RespMap(), 1)],
  ])('refuses %s in RESP2, which has no type for it', (_, value) => {
    expect(() => encodeAll(resp({ version: 2 }), [value])).toThrow(FramingUsageError);
    expect(encodeAll(resp3, [value]).length).toBeGreaterThan(0);
  });

  test('refuses what its own decoder would refuse for its size', () => {
    const small = resp({ maxBytes: 16, maxDepth: 1, maxElements: 2 });
    expect(encodeAll(small, [utf8('123456789')])).toHaveLength(15);
    expect(encodeAll(small, [[1, 2]])).toHaveLength(12);
    for (const large of [utf8('1234567890'), [[1]], [[], [], []]]) {
      expect(() => encodeAll(small, [large])).toThrow(FramingUsageError);
    }
  });

  test('keeps large strings as they are, and joins small ones', () => {
    const parts: Uint8Array[] = [];
    const rooms: Uint8Array[] = [];
    const large = new Uint8Array(100_000);
    resp()
      .encoder()
      .encode(respCommand('SET', 'key', large, 'EX', 10), {
        append: (bytes) => void parts.push(bytes),
        reserve: (length) => {
          const room = new Uint8Array(length);
          rooms.push(room);
          return room;
        },
      });
    expect(parts).toHaveLength(1);
    expect(parts[0]).toBe(large);
    expect(rooms).toEqual([
      wire('*5', '$3', 'SET', '$3', 'key', '$100000'),
      joined(hex('0d 0a'), wire('$2', 'EX', '$2', '10')),
    ]);
  });
});

describe('respCommand', () => {
  test('is an array of bulk strings', () => {
    expect(encodeAll(resp(), [respCommand('LLEN', 'mylist')])).toEqual(
      wire('*2', '$4', 'LLEN', '$6', 'mylist'),
    );
    expect(encodeAll(resp(), [respCommand('SET', hex('00 ff'), 1, -2n)])).toEqual(
      joined(wire('*4', '$3', 'SET', '$2'), hex('00 ff 0d 0a'), wire('$1', '1', '$2', '-2')),
    );
  });

  test('refuses a command of nothing, and numbers that are none', () => {
    expect(() => respCommand()).toThrow(FramingUsageError);
    expect(() => respCommand('SET', 'k', NaN)).toThrow(FramingUsageError);
    expect(() => respCommand('\udc00')).toThrow(FramingUsageError);
  });
});

describe('the values', () => {
  test('a map finds keys that are text, sent in either way', () => {
    const map = RespMap.of([
      ['simple', 1],
      [utf8('bulk'), 2],
      ['simple', 3],
      [4, 5],
    ]);
    expect(map.size).toBe(4);
    expect([map.get('simple'), map.get('bulk'), map.get('none')]).toEqual([1, 2, undefined]);
    expect([...map].map(([, value]) => value)).toEqual([1, 2, 3, 5]);
    expect(() => new RespMap([1])).toThrow(FramingUsageError);
  });

  test('an error has a code', () => {
    const error = new RespError('MOVED 3999 127.0.0.1:6381');
    expect([error.code, error.message, String(error)]).toEqual([
      'MOVED',
      error.message,
      'MOVED 3999 127.0.0.1:6381',
    ]);
    expect(new RespError(hex('45 ff')).message).toBe('E\ufffd');
  });

  test('a push has a kind', () => {
    expect([new RespPush([utf8('message')]).kind, new RespPush(['x']).kind, new RespPush([]).kind]).toEqual([
      'message',
      'x',
      '',
    ]);
  });

  test('numbers and reports have theirs', () => {
    expect(new RespBigNumber('-12345678901234567890123').value).toBe(-12345678901234567890123n);
    expect(new RespVerbatim('txt', 'a report').text).toBe('a report');
    expect([1, 0.1, -0, NaN, -Infinity, 1e300].map((value) => new RespDouble(value).text)).toEqual([
      '1',
      '0.1',
      '-0',
      'nan',
      '-inf',
      '1e+300',
    ]);
  });
});

test('limits are whole numbers, and versions 2 or 3', () => {
  for (const limit of [-1, 1.5, NaN, Infinity]) {
    expect(() => resp({ maxBytes: limit })).toThrow(FramingUsageError);
    expect(() => resp({ maxDepth: limit })).toThrow(FramingUsageError);
    expect(() => resp({ maxElements: limit })).toThrow(FramingUsageError);
  }
  expect(() => resp({ version: 4 as 3 })).toThrow(FramingUsageError);
});
