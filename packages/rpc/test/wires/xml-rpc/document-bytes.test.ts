import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpcUsageError } from '../../../src/errors.ts';
import { decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { DocumentBytes } from '../../../src/wires/xml-rpc/document-bytes.ts';
import { settleLimits } from '../../../src/wires/xml-rpc/limits.ts';
import { Markup } from '../../../src/wires/xml-rpc/markup.ts';
import { encodeCall, encodeResponse } from '../../../src/wires/xml-rpc/writer.ts';

function written(write: (document: DocumentBytes) => void): string {
  const document = new DocumentBytes(settleLimits());
  write(document);
  return textOf(document.take());
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Characters of every length in UTF-8, and all that are escaped. */
const character = fc.constantFrom(
  'a',
  ' ',
  '\t',
  '\x7f',
  '&',
  '<',
  '>',
  '\r',
  'ü',
  '\u0800',
  '\ufffd',
  '😀',
  '\u{10ffff}',
);

function escaped(text: string): string {
  return text.replace(
    /[&<>\r]/g,
    (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' })[one] as string,
  );
}

describe('text', () => {
  it('is escaped and made UTF-8, whatever its length', () => {
    const text = fc.string({ unit: character, size: 'large', maxLength: 600 });
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        expect(
          written((document) => {
            for (const one of texts) document.text(one);
          }),
        ).toBe(escaped(texts.join('')));
      }),
    );
  });

  it.each([255, 256, 257, 258])(
    'of %d units ends where it ends, in a surrogate pair or an escape',
    (length) => {
      for (const end of ['😀', '&', 'ü', 'x']) {
        const text = 'x'.repeat(length - end.length) + end;
        expect(written((document) => (document.text(text), document.ascii('|')))).toBe(`${escaped(text)}|`);
      }
    },
  );

  it.each([0, 300])('is refused behind %d other characters for those that XML forbids', (before) => {
    for (const bad of [
      '\0',
      '\x1f',
      '\ud800',
      '\udfff',
      '\ud800a',
      'a\udc00',
      '\udc00\ud800',
      '\ufffe',
      '\uffff',
    ]) {
      expect(() => written((document) => document.text('x'.repeat(before) + bad))).toThrow(RpcUsageError);
    }
  });
});

describe('numbers', () => {
  it('within 32 bits are written in all their digits', () => {
    const edges = [0, 9, 10, 99, 100, 999_999_999, 1_000_000_000, 2_147_483_647];
    for (const value of [...edges, ...edges.map((edge) => -edge), -2_147_483_648]) {
      expect(written((document) => document.integer(value))).toBe(String(value));
    }
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(written((document) => document.integer(value))).toBe(String(value));
      }),
    );
  });

  const doubles = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer().map((cents) => cents / 100),
    fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }).map((cents) => cents / 100 + Number.EPSILON),
    fc.constantFrom(
      -0,
      0,
      3,
      -3,
      0.5,
      -0.5,
      0.05,
      1.1,
      0.29,
      0.07,
      1.005,
      9_999_999.99,
      1e7,
      10_000_000.01,
      1e21,
      1e-7,
      5e-324,
    ),
  );

  it('with a point are the shortest text that reads back as the same', () => {
    fc.assert(
      fc.property(doubles, (value) => {
        const text = written((document) => document.double(value));
        expect(Number(text)).toBe(value);
        expect(text).toMatch(/[.e]/);
        const shortest = Object.is(value, -0) ? '-0' : String(value);
        expect(text.replace(/\.0$/, '')).toBe(shortest);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a time', () => {
  const utc = (time: number): string => new Date(time).toISOString().replace(/-|\.\d+Z/g, '');

  it.each([
    '0000-01-01T00:00:00Z',
    '0000-02-29T00:00:00Z',
    '0000-12-31T23:59:59Z',
    '0099-12-31T23:59:59Z',
    '1582-10-15T00:00:00Z',
    '1899-12-31T23:59:59.999Z',
    '1900-02-28T00:00:00Z',
    '1969-12-31T23:59:59.001Z',
    '1970-01-01T00:00:00Z',
    '2000-02-29T12:00:00Z',
    '2100-03-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ])('is the calendar of Date: %s', (text) => {
    const time = Date.parse(text);
    expect(written((document) => document.dateTime(time))).toBe(utc(time));
  });

  it('of every day of 400 years is', () => {
    const start = Date.UTC(1600, 0, 1);
    for (let day = 0; day < 400 * 365.25; day++) {
      const time = start + day * 86_400_000 + (day % 86_400) * 1000 + 999;
      if (written((document) => document.dateTime(time)) !== utc(time)) expect.fail(utc(time));
    }
  });
});

describe('markup', () => {
  it('is copied byte by byte, of any length and at any place', () => {
    for (let length = 0; length < 40; length++) {
      const markup = new Markup('<ü>'.repeat(20).slice(0, length));
      const text = written((document) => {
        for (let i = 0; i < 200; i++) {
          document.markup(markup);
          document.ascii('x'.repeat(i % 9));
        }
      });
      expect(text).toBe(Array.from({ length: 200 }, (_, i) => markup.text + 'x'.repeat(i % 9)).join(''));
    }
  });

  it('is joined to what it follows from the second time on', () => {
    const [a, b, c, start] = ['a', 'b', 'c', '<d>'].map((text) => new Markup(text)) as [
      Markup,
      Markup,
      Markup,
      Markup,
    ];
    expect(start.behind(a)).toBeUndefined();
    const joined = start.behind(a);
    expect(joined?.text).toBe('a<d>');
    expect(start.behind(a)).toBe(joined);
    expect([start.behind(b), start.behind(c), start.behind(b)]).toEqual([undefined, undefined, undefined]);
    expect(start.behind(b)?.text).toBe('b<d>');
    expect(start.behind(a)).toBe(joined);
  });
});

describe('a position', () => {
  it('can be gone back to, over any number of chunks', () => {
    for (const [before, after] of [
      [0, 1],
      [10, 3000],
      [3000, 10],
      [70_000, 200_000],
      [200_000, 1_000_000],
    ] as const) {
      const text = written((document) => {
        for (let i = 0; i < before; i += 10) document.ascii('0123456789');
        const { position } = document;
        for (let i = 0; i < after; i += 10) document.ascii('abcdefghij');
        document.rollBack(position);
        document.ascii('end');
      });
      expect(text).toBe(`${'0123456789'.repeat(before / 10)}end`);
    }
  });
});

describe('a document', () => {
  it('of structs of many shapes reads back, and its size is what its limit says', () => {
    const scalar = fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0),
      fc.boolean(),
      fc.string({ unit: character }),
      fc.constant(null),
      fc.uint8Array(),
      fc
        .date({
          min: new Date('0000-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        })
        .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000)),
    );
    const name = fc.constantFrom('a', 'b', 'größe', '', 'c\x7f', '<&>', '__proto__', 'x'.repeat(300));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        scalar,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(name, tie('value'), { noNullPrototype: true, maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        const values = [one, one, one];
        const bytes = encodeResponse(values, { allowNone: true });
        expect(decodeResponse(bytes)).toEqual(values);
        const maxBytes = bytes.length;
        expect(encodeResponse(values, { allowNone: true, limits: { maxBytes } })).toEqual(bytes);
        expect(() => encodeResponse(values, { allowNone: true, limits: { maxBytes: maxBytes - 1 } })).toThrow(
          expect.objectContaining({ code: 'TOO_LARGE' }) as Error,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('with a value that ends at, before and behind the end of a chunk reads back', () => {
    for (const chunk of [2048, 16_384]) {
      for (let length = chunk - 400; length < chunk + 100; length++) {
        const values = ['x'.repeat(length), 'ü', 7, 1.5, true, new Date(0), { a: ['&'], b: ['&'] }];
        expect(decodeResponse(encodeResponse(values))).toEqual(values);
      }
    }
  });

  it('remembers no more of the names of its members than it may', () => {
    const map = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`key ${String(i)}`, i]));
    expect(decodeResponse(encodeResponse([map, map, { a: 1 }, map]))).toEqual([map, map, { a: 1 }, map]);
  });

  it('of members that are ints, doubles and texts by turns reads back', () => {
    const kinds = [1, 1.5, 'text', true, null, new Date(0), [1], { b: 2 }, 5n];
    const values = Array.from({ length: 100 }, (_, i) => ({
      a: kinds[i % 3],
      b: kinds[i % 9],
      c: kinds[(i * 7) % 9],
    }));
    expect(decodeResponse(encodeResponse(values, { allowNone: true }))).toEqual(
      JSON.parse(
        JSON.stringify(values, (_, one: unknown) => (typeof one === 'bigint' ? 5 : one)),
        (_, one: unknown) => (one === '1970-01-01T00:00:00.000Z' ? new Date(0) : one),
      ),
    );
  });

  it('shares no memory with another', () => {
    const documents = Array.from({ length: 50 }, (_, i) => encodeCall('f', [i]));
    for (const [i, bytes] of documents.entries()) {
      expect(textOf(bytes)).toContain(`<int>${String(i)}</int>`);
      bytes.fill(0);
    }
  });
});
