import { describe, expect, test } from 'vitest';
import type { HttpUsageError } from '@wirestack/http/protocol';
import { defaultLimits, RequestParser, type MessageLimits } from '@wirestack/http/protocol';
import { ChunkedReader } from '../../src/protocol/chunked-reader.ts';
import { HeadParser } from '../../src/protocol/head-parser.ts';
import { Input } from '../../src/protocol/input.ts';
import { octets, saysHoweverCut, singles, transcript } from './transcript.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const chunkedHead = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunkedSaid = 'POST / 1.1 chunked | Host: a | Transfer-Encoding: chunked';

/** `bytes` with the limit at what they need, then one below it. */
function limited(
  limit: keyof MessageLimits,
  at: number,
  bytes: string,
  taken: readonly string[],
  refused: readonly string[],
): void {
  test(`${limit} ${String(at)}: at the limit`, () => {
    saysHoweverCut(bytes, taken, { [limit]: at });
  });
  test(`${limit} ${String(at)}: one past it`, () => {
    saysHoweverCut(bytes, refused, { [limit]: at - 1 });
  });
}

describe('of a head', () => {
  limited('maxHeadBytes', get.length, get, ['GET / 1.1 | Host: a', 'end'], ['! HEAD_TOO_LARGE 431']);
  limited(
    'maxFields',
    3,
    'GET / HTTP/1.1\r\nHost: a\r\nb: 1\r\nb: 2\r\n\r\n',
    ['GET / 1.1 | Host: a | b: 1 | b: 2', 'end'],
    ['! TOO_MANY_FIELDS 431'],
  );
  limited('maxFields', 1, get, ['GET / 1.1 | Host: a', 'end'], ['! TOO_MANY_FIELDS 431']);
  limited(
    'maxTargetBytes',
    9,
    'GET /12345678 HTTP/1.1\r\nHost: a\r\n\r\n',
    ['GET /12345678 1.1 | Host: a', 'end'],
    ['! TARGET_TOO_LONG 414'],
  );

  test('an endless method, target, version, name, value or run of blanks is cut off', () => {
    const endless: [string, string][] = [
      ['A'.repeat(300), '! METHOD_TOO_LONG 501'],
      [`GET /${'a'.repeat(300)}`, '! TARGET_TOO_LONG 414'],
      [`GET / HTTP/1.1\r\n${'a'.repeat(300)}`, '! HEAD_TOO_LARGE 431'],
      [`GET / HTTP/1.1\r\na:${'b'.repeat(300)}`, '! HEAD_TOO_LARGE 431'],
      [`GET / HTTP/1.1\r\na:${' '.repeat(300)}`, '! HEAD_TOO_LARGE 431'],
      [`GET / HTTP/1.1\r\n${'a:\r\n'.repeat(100)}`, '! TOO_MANY_FIELDS 431'],
    ];
    for (const [bytes, said] of endless)
      saysHoweverCut(bytes, [said], { maxHeadBytes: 256, maxTargetBytes: 100, maxFields: 50 });
  });

  test('a head above its limit is refused before all of it has come', () => {
    saysHoweverCut(get.slice(0, -2), ['! HEAD_TOO_LARGE 431'], { maxHeadBytes: get.length - 2 });
  });

  test('a target that does not fit the head either is the head’s fault', () => {
    saysHoweverCut(`GET /${'a'.repeat(300)}`, ['! HEAD_TOO_LARGE 431'], { maxHeadBytes: 64 });
  });

  test('each head has the whole limit, and an empty line before it counts', () => {
    const said = ['GET / 1.1 | Host: a', 'end'];
    saysHoweverCut(get.repeat(3), [...said, ...said, ...said], { maxHeadBytes: get.length });
    saysHoweverCut(`\r\n${get}`, said, { maxHeadBytes: get.length + 2 });
    saysHoweverCut(`\r\n${get}`, ['! HEAD_TOO_LARGE 431'], { maxHeadBytes: get.length + 1 });
  });

  test('the defaults are those documented, and hold', () => {
    expect(defaultLimits).toEqual({
      maxHeadBytes: 16_384,
      maxTargetBytes: 8192,
      maxFields: 100,
      maxBodyBytes: Infinity,
      maxExtensionBytes: 4096,
      maxTrailerBytes: 8192,
    });
    const target = (size: number): string => `GET /${'a'.repeat(size - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const head = (size: number): string =>
      get.replace('\r\n\r\n', `\r\nx: ${'y'.repeat(size - get.length - 5)}\r\n\r\n`);
    const fields = (count: number): string =>
      get.replace('\r\n\r\n', `\r\n${'x: y\r\n'.repeat(count - 1)}\r\n`);
    const last = (bytes: string): string | undefined => transcript([octets(bytes)]).at(-1);
    expect(head(16_384)).toHaveLength(16_384);
    expect([last(target(8192)), last(target(8193))]).toEqual(['end', '! TARGET_TOO_LONG 414']);
    expect([last(head(16_384)), last(head(16_385))]).toEqual(['end', '! HEAD_TOO_LARGE 431']);
    expect([last(fields(100)), last(fields(101))]).toEqual(['end', '! TOO_MANY_FIELDS 431']);
  });

  test('no limit at all may be asked for', () => {
    const value = 'y'.repeat(100_000);
    const bytes = octets(`GET /${value} HTTP/1.1\r\nHost: a\r\n${`x: ${value}\r\n`.repeat(3)}\r\n`);
    const heard = transcript([bytes], {
      maxHeadBytes: Infinity,
      maxTargetBytes: Infinity,
      maxFields: Infinity,
    });
    expect(heard).toEqual([`GET /${value} 1.1 | Host: a${` | x: ${value}`.repeat(3)}`, 'end']);
  });
});

describe('of a body', () => {
  const byLength = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';
  limited(
    'maxBodyBytes',
    5,
    byLength,
    ['POST / 1.1 length=5 | Host: a | Content-Length: 5', 'data hello', 'end'],
    ['! BODY_TOO_LARGE 413'],
  );
  limited(
    'maxBodyBytes',
    5,
    `${chunkedHead}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`,
    [chunkedSaid, 'data hello', 'end'],
    [chunkedSaid, 'data he', '! BODY_TOO_LARGE 413'],
  );

  test('a chunk above the limit is refused by its size, before its data', () => {
    saysHoweverCut(`${chunkedHead}fffff\r\n`, [chunkedSaid, '! BODY_TOO_LARGE 413'], { maxBodyBytes: 100 });
  });

  test('each body has the whole limit', () => {
    const said = ['POST / 1.1 length=5 | Host: a | Content-Length: 5', 'data hello', 'end'];
    saysHoweverCut(byLength + byLength, [...said, ...said], { maxBodyBytes: 5 });
    const chunks = `${chunkedHead}5\r\nhello\r\n0\r\n\r\n`;
    const chunksSaid = [chunkedSaid, 'data hello', 'end'];
    saysHoweverCut(chunks + chunks, [...chunksSaid, ...chunksSaid], { maxBodyBytes: 5 });
  });

  test('a limit of nothing lets requests without a body through', () => {
    saysHoweverCut(`${get}${chunkedHead}0\r\n\r\n`, ['GET / 1.1 | Host: a', 'end', chunkedSaid, 'end'], {
      maxBodyBytes: 0,
    });
    saysHoweverCut(byLength, ['! BODY_TOO_LARGE 413'], { maxBodyBytes: 0 });
  });
});

describe('of chunk extensions, all of a message together', () => {
  const one = `${chunkedHead}1;abc\r\nx\r\n0\r\n\r\n`;
  const several = `${chunkedHead}1;a\r\nx\r\n1 ;b\r\ny\r\n0;c\r\n\r\n`;
  limited(
    'maxExtensionBytes',
    4,
    one,
    [chunkedSaid, 'data x', 'end'],
    [chunkedSaid, '! CHUNK_EXTENSIONS_TOO_LARGE 413'],
  );
  limited(
    'maxExtensionBytes',
    7,
    several,
    [chunkedSaid, 'data xy', 'end'],
    [chunkedSaid, 'data xy', '! CHUNK_EXTENSIONS_TOO_LARGE 413'],
  );

  test('the marks of empty ones count too', () => {
    const chunks = '1;\r\nx\r\n'.repeat(10);
    saysHoweverCut(`${chunkedHead}${chunks}0\r\n\r\n`, [chunkedSaid, `data ${'x'.repeat(10)}`, 'end'], {
      maxExtensionBytes: 10,
    });
    saysHoweverCut(
      `${chunkedHead}${chunks}`,
      [chunkedSaid, `data ${'x'.repeat(9)}`, '! CHUNK_EXTENSIONS_TOO_LARGE 413'],
      { maxExtensionBytes: 9 },
    );
  });

  test('each message has the whole limit', () => {
    const said = [chunkedSaid, 'data x', 'end'];
    saysHoweverCut(one + one, [...said, ...said], { maxExtensionBytes: 4 });
  });
});

describe('of trailers', () => {
  const body = `${chunkedHead}0\r\nA: 1\r\nB: 2\r\n\r\n`;
  const taken = [chunkedSaid, 'trailers | A: 1 | B: 2', 'end'];
  limited('maxTrailerBytes', 14, body, taken, [chunkedSaid, '! HEAD_TOO_LARGE 431']);

  test('as many fields as a head, and not one more', () => {
    saysHoweverCut(`${chunkedHead}0\r\nA: 1\r\nB: 2\r\n\r\n`, taken, { maxFields: 2 });
    saysHoweverCut(
      `${chunkedHead}0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n`,
      [chunkedSaid, '! TOO_MANY_FIELDS 431'],
      { maxFields: 2 },
    );
  });

  test('endless ones are cut off', () => {
    saysHoweverCut(`${chunkedHead}0\r\nA: ${'x'.repeat(500)}`, [chunkedSaid, '! HEAD_TOO_LARGE 431'], {
      maxTrailerBytes: 100,
    });
  });
});

test.each(Object.keys(defaultLimits))('%s must be a count', (name) => {
  for (const value of [-1, NaN, -Infinity]) {
    expect(() => new RequestParser({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }) as HttpUsageError,
    );
  }
  expect(() => new RequestParser({ [name]: 0 })).not.toThrow();
  expect(() => new RequestParser({ [name]: undefined })).not.toThrow();
});

describe('memory', () => {
  /** The most that was held between two pieces, and after the last. */
  function held(bytes: string, limits: Partial<MessageLimits>): number {
    const parser = new RequestParser(limits);
    let most = 0;
    try {
      for (const byte of singles(octets(bytes))) {
        parser.push(byte);
        while (parser.next() !== undefined);
        most = Math.max(most, parser.bufferedBytes);
      }
    } catch {
      expect(parser.bufferedBytes).toBe(0);
    }
    return most;
  }

  test('a head is held up to its limit', () => {
    expect(held(`GET / HTTP/1.1\r\nx: ${'y'.repeat(5000)}`, { maxHeadBytes: 1000 })).toBe(999);
  });

  test('a body is not held', () => {
    expect(
      held(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(5000)}`, {}),
    ).toBeLessThan(100);
    expect(held(`${chunkedHead}1388\r\n${'x'.repeat(5000)}\r\n0\r\n\r\n`, {})).toBeLessThan(100);
  });

  test('sizes and extensions are not held', () => {
    expect(held(`${chunkedHead}${'1;ext=ension\r\nx\r\n'.repeat(300)}`, {})).toBeLessThan(100);
  });

  test('trailers are held up to their limit', () => {
    expect(held(`${chunkedHead}0\r\nx: ${'y'.repeat(5000)}`, { maxTrailerBytes: 1000 })).toBe(999);
  });

  test('what is announced reserves nothing', () => {
    const parser = new RequestParser();
    parser.push(octets('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740991\r\n\r\n'));
    expect(parser.next()?.type).toBe('head');
    expect(parser.next()).toBeUndefined();
    expect(parser.bufferedBytes).toBe(0);
  });
});

describe('work', () => {
  const megabyte = 1_048_576;
  const limits: MessageLimits = {
    ...defaultLimits,
    maxHeadBytes: 2 * megabyte,
    maxFields: Infinity,
    maxTrailerBytes: 2 * megabyte,
  };

  /** How often an octet of `bytes` is looked at while the input grows a byte at a time. */
  function looks(bytes: Uint8Array, next: (input: Input) => unknown): number {
    let count = 0;
    const input = new Input();
    input.bytes = new Proxy(bytes, {
      get(target, key) {
        if (typeof key === 'string' && key.charCodeAt(0) <= 0x39) count++;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    for (input.end = 1; input.end < bytes.length; input.end++) next(input);
    expect(next(input), 'the last byte completes it').toBeDefined();
    expect(count, 'the looks are counted').toBeGreaterThanOrEqual(bytes.length);
    return count;
  }

  test.each([
    ['one value', `X: ${'y'.repeat(megabyte)}\r\n`],
    ['blanks before a value', `X: ${' '.repeat(megabyte)}y\r\n`],
    ['short fields', 'a: b\r\n'.repeat(megabyte / 6)],
  ])('a head of 1 MB that comes a byte at a time is looked at a few times a byte: %s', (_name, fields) => {
    const head = new HeadParser(limits);
    const bytes = octets(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    expect(looks(bytes, (input) => head.next(input))).toBeLessThan(8 * bytes.length);
  });

  test('so are 1 MB of trailers', () => {
    const chunks = new ChunkedReader(limits);
    const bytes = octets(`0\r\n${'a: b\r\n'.repeat(megabyte / 6)}\r\n`);
    expect(looks(bytes, (input) => chunks.next(input))).toBeLessThan(8 * bytes.length);
  });

  test('a head of 1 MB that comes a byte at a time is copied a few times', () => {
    const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

    const { set } = typedArray;
    const parser = new RequestParser(limits);
    const bytes = octets(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(megabyte)}\r\n\r\n`);
    let copied = 0;
    let heads = 0;
    typedArray.set = function (this: Uint8Array, source: Uint8Array, at?: number) {
      copied += source.length;
      set.call(this, source, at);
    };
    try {
      for (let at = 0; at < bytes.length; at++) {
        parser.push(bytes.subarray(at, at + 1));
        if (parser.next() !== undefined) heads++;
      }
    } finally {
      typedArray.set = set;
    }
    expect(heads).toBe(1);
    expect(copied).toBeGreaterThan(megabyte);
    expect(copied).toBeLessThan(4 * megabyte);
  });
});
