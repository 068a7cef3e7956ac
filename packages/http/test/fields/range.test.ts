import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatContentRange,
  HttpUsageError,
  parseContentRange,
  parseRange,
  resolveRanges,
  type ByteRange,
  type ByteSlice,
} from '@wirestack/http/fields';
import { expectRefused } from './text.ts';

const maxBytes = Number.MAX_SAFE_INTEGER;

function slices(value: string, size: number, maxGapBytes?: number): ByteSlice[] | 'unsatisfiable' | 'whole' {
  return resolveRanges(parseRange(value)!.ranges, size, maxGapBytes === undefined ? {} : { maxGapBytes });
}

describe('parseRange', () => {
  it.each<[string, ByteRange[]]>([
    ['bytes=0-499', [{ first: 0, last: 499 }]],
    ['bytes=9500-', [{ first: 9500 }]],
    ['bytes=-500', [{ suffix: 500 }]],
    ['bytes=0-0,-1', [{ first: 0, last: 0 }, { suffix: 1 }]],
    [
      'bytes= 0-999, 4500-5499, -1000',
      [{ first: 0, last: 999 }, { first: 4500, last: 5499 }, { suffix: 1000 }],
    ],
    [
      'bytes=500-600,601-999',
      [
        { first: 500, last: 600 },
        { first: 601, last: 999 },
      ],
    ],
    ['Bytes=,0-1 ,, 2-\t', [{ first: 0, last: 1 }, { first: 2 }]],
    ['bytes=007-0008', [{ first: 7, last: 8 }]],
    ['bytes=-0', [{ suffix: 0 }]],
  ])('of %j', (value, ranges) => {
    expect(parseRange(value)).toEqual({ unit: 'bytes', ranges });
  });

  it.each([
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=1',
    'bytes=5-4',
    'bytes=0-1,5-4',
    'bytes=a-b',
    'bytes=0x0-1',
    'bytes=1-2-3',
    'bytes=--1',
    'bytes=0--1',
    'bytes=+0-1',
    'bytes=0 -1',
    'bytes=0- 1',
    'bytes =0-1',
    'bytes:0-1',
    'bytes 0-1',
    ' bytes=0-1',
    'items=0-1',
    'none=0-1',
    '=0-1',
    'bytes=0-1;2-3',
    'bytes=0-1, x',
    'bytes=1.5-2',
    'bytes=1e3-',
  ])('ignores %j', (value) => {
    expect(parseRange(value)).toBeUndefined();
  });

  it('compares numbers of any length', () => {
    const huge = '99999999999999999999';
    expect(parseRange(`bytes=${huge}-`)?.ranges).toEqual([{ first: maxBytes }]);
    expect(parseRange(`bytes=-${huge}`)?.ranges).toEqual([{ suffix: maxBytes }]);
    expect(parseRange(`bytes=0-${huge}`)?.ranges).toEqual([{ first: 0, last: maxBytes }]);
    expect(parseRange(`bytes=${huge}-${huge}`)?.ranges).toEqual([{ first: maxBytes, last: maxBytes }]);
    expect(parseRange(`bytes=${huge}-99999999999999999998`)).toBeUndefined();
    expect(parseRange(`bytes=${'9'.repeat(400)}-${'9'.repeat(399)}`)).toBeUndefined();
    expect(parseRange(`bytes=${'0'.repeat(400)}5-${'0'.repeat(399)}6`)?.ranges).toEqual([
      { first: 5, last: 6 },
    ]);
  });

  it('ignores a field with more ranges than the limit', () => {
    const many = (count: number): string =>
      `bytes=${Array.from({ length: count }, (_, i) => `${String(i)}-`).join()}`;
    expect(parseRange(many(100))?.ranges).toHaveLength(100);
    expect(parseRange(many(101))).toBeUndefined();
    expect(parseRange(many(3), { maxRanges: 3 })?.ranges).toHaveLength(3);
    expect(parseRange(many(4), { maxRanges: 3 })).toBeUndefined();
    expect(parseRange(many(1), { maxRanges: 0 })).toBeUndefined();
  });

  it.each([NaN, -1, 1.5, Infinity])('refuses %d for a limit', (maxRanges) => {
    expect(() => parseRange('bytes=0-', { maxRanges })).toThrow(HttpUsageError);
  });
});

describe('resolveRanges', () => {
  it.each<[string, number, ByteSlice[] | string]>([
    ['bytes=0-499', 10_000, [{ start: 0, end: 500 }]],
    ['bytes=500-999', 10_000, [{ start: 500, end: 1000 }]],
    ['bytes=-500', 10_000, [{ start: 9500, end: 10_000 }]],
    ['bytes=9500-', 10_000, [{ start: 9500, end: 10_000 }]],
    [
      'bytes=0-0,-1',
      10_000,
      [
        { start: 0, end: 1 },
        { start: 9999, end: 10_000 },
      ],
    ],
    ['bytes=500-700,601-999', 10_000, [{ start: 500, end: 1000 }]],
    ['bytes=0-99999', 100, [{ start: 0, end: 100 }]],
    ['bytes=-99999', 100, [{ start: 0, end: 100 }]],
    ['bytes=99-', 100, [{ start: 99, end: 100 }]],
    ['bytes=100-', 100, 'unsatisfiable'],
    ['bytes=100-200', 100, 'unsatisfiable'],
    ['bytes=-0', 100, 'unsatisfiable'],
    ['bytes=-0, 100-, 50-50', 100, [{ start: 50, end: 51 }]],
    ['bytes=0-', 0, 'whole'],
    ['bytes=-5', 0, 'whole'],
  ])('%s of %d bytes', (value, size, expected) => {
    expect(slices(value, size)).toEqual(expected);
  });

  it('keeps the order of the request, a joined range in the place of its first part', () => {
    expect(slices('bytes=800-899,0-99,400-499', 1000)).toEqual([
      { start: 800, end: 900 },
      { start: 0, end: 100 },
      { start: 400, end: 500 },
    ]);
    expect(slices('bytes=800-899,0-99,400-499,50-60,850-999', 1000)).toEqual([
      { start: 800, end: 1000 },
      { start: 0, end: 100 },
      { start: 400, end: 500 },
    ]);
  });

  it('joins what is nearer than the head of a part is long', () => {
    expect(slices('bytes=0-9,90-99', 1000)).toEqual([{ start: 0, end: 100 }]);
    expect(slices('bytes=0-9,91-99', 1000)).toHaveLength(2);
    expect(slices('bytes=0-9,11-19', 1000, 0)).toHaveLength(2);
    expect(slices('bytes=0-9,10-19', 1000, 0)).toEqual([{ start: 0, end: 20 }]);
  });

  it('answers CVE-2011-3192, a thousand copies of nearly everything, with everything once', () => {
    const value = `bytes=0-${Array.from({ length: 1300 }, (_, i) => `,5-${String(i)}`)
      .slice(5)
      .join('')}`;
    expect(parseRange(value)).toBeUndefined();
    const { ranges } = parseRange(value, { maxRanges: 5000 })!;
    expect(ranges).toHaveLength(1296);
    expect(resolveRanges(ranges, 1_000_000)).toEqual([{ start: 0, end: 1_000_000 }]);
  });

  it('answers CVE-2017-7529, suffixes that overflow a signed 64-bit sum, with everything once', () => {
    expect(slices('bytes=-9223372036854773000,-9223372036854773000', 2807)).toEqual([
      { start: 0, end: 2807 },
    ]);
    expect(slices('bytes=-600,-9223372036854774591', 1024)).toEqual([{ start: 0, end: 1024 }]);
    expect(slices('bytes=0-9223372036854775807,18446744073709551615-18446744073709551616', 10)).toEqual([
      { start: 0, end: 10 },
    ]);
    expect(slices('bytes=9223372036854775807-', 10)).toBe('unsatisfiable');
  });

  it('is exact up to the largest size', () => {
    expect(slices('bytes=-1', maxBytes)).toEqual([{ start: maxBytes - 1, end: maxBytes }]);
    expect(slices(`bytes=${String(maxBytes - 1)}-`, maxBytes)).toEqual([
      { start: maxBytes - 1, end: maxBytes },
    ]);
    expect(slices(`bytes=${String(maxBytes)}-`, maxBytes)).toBe('unsatisfiable');
    expect(slices(`bytes=0-${String(maxBytes)}`, maxBytes)).toEqual([{ start: 0, end: maxBytes }]);
  });

  it.each([NaN, -1, 1.5, Infinity, 2 ** 53])('refuses %d for a size', (size) => {
    expect(() => resolveRanges([{ first: 0 }], size)).toThrow(HttpUsageError);
  });

  it('covers the bytes that a model marks one by one, once each, gaps apart', () => {
    const place = fc.integer({ min: 0, max: 40 });
    const range: fc.Arbitrary<ByteRange> = fc.oneof(
      place.map((suffix) => ({ suffix })),
      place.map((first) => ({ first })),
      fc
        .tuple(place, place)
        .map(([one, other]) => ({ first: Math.min(one, other), last: Math.max(one, other) })),
    );
    fc.assert(
      fc.property(
        fc.array(range, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 5 }),
        (ranges, size, maxGapBytes) => {
          const marked = new Set<number>();
          for (const one of ranges) {
            for (let at = 0; at < size; at++) {
              const isIn =
                'suffix' in one ? at >= size - one.suffix : at >= one.first && at <= (one.last ?? size);
              if (isIn) marked.add(at);
            }
          }
          const resolved = resolveRanges(ranges, size, { maxGapBytes });
          if (typeof resolved === 'string') {
            expect([resolved, marked.size]).toEqual(['unsatisfiable', 0]);
            return;
          }
          const covered = new Set<number>();
          let total = 0;
          for (const { start, end } of resolved) {
            total += end - start;
            for (let at = start; at < end; at++) covered.add(at);
            expect(marked.has(start) && marked.has(end - 1)).toBe(true);
          }
          expect(covered.size).toBe(total);
          for (const at of marked) expect(covered.has(at)).toBe(true);
          const sorted = [...resolved].sort((one, other) => one.start - other.start);
          for (let i = 1; i < sorted.length; i++) {
            expect(sorted[i]!.start - sorted[i - 1]!.end).toBeGreaterThan(maxGapBytes);
          }
          // What a gap added is never more than the gaps that were allowed.
          expect(total - marked.size).toBeLessThanOrEqual(maxGapBytes * (ranges.length - 1));
        },
      ),
    );
  });
});

describe('parseContentRange', () => {
  it.each([
    ['bytes 42-1233/1234', { start: 42, end: 1234, size: 1234 }],
    ['bytes 42-1233/*', { start: 42, end: 1234 }],
    ['bytes */1234', { size: 1234 }],
    ['BYTES 0-0/1', { start: 0, end: 1, size: 1 }],
    ['bytes */0', { size: 0 }],
  ])('of %j', (value, expected) => {
    expect(parseContentRange(value)).toEqual(expected);
  });

  it.each([
    '',
    'bytes',
    'bytes */*',
    'bytes 5-4/10',
    'bytes 0-10/10',
    'bytes 0-9',
    'bytes 0-9/',
    'bytes=0-9/10',
    'bytes  0-9/10',
    ' bytes 0-9/10',
    'bytes 0-9/10 ',
    'bytes 0-/10',
    'bytes -9/10',
    'items 0-9/10',
    'bytes 0-9/99999999999999999999',
    'bytes 0-99999999999999999999/*',
    'bytes 0-9007199254740991/*',
    'bytes 0-9/10, bytes 0-9/10',
    'bytes 0-9/10\n',
  ])('refuses %j', (value) => {
    expect(parseContentRange(value)).toBeUndefined();
  });

  it('is what formatContentRange wrote', () => {
    const count = fc.maxSafeNat();
    fc.assert(
      fc.property(fc.uniqueArray(count, { minLength: 3, maxLength: 3 }), fc.boolean(), (numbers, isKnown) => {
        const [start, end, size] = numbers.sort((one, other) => one - other) as [number, number, number];
        const range = isKnown ? { start, end, size } : { start, end };
        expect(parseContentRange(formatContentRange(range))).toEqual(range);
        expect(parseContentRange(formatContentRange({ size }))).toEqual({ size });
      }),
    );
  });
});

describe('formatContentRange', () => {
  it('writes the last byte, not the end', () => {
    expect(formatContentRange({ start: 0, end: 500, size: 1234 })).toBe('bytes 0-499/1234');
    expect(formatContentRange({ start: 0, end: 500 })).toBe('bytes 0-499/*');
    expect(formatContentRange({ size: 1234 })).toBe('bytes */1234');
  });

  it.each([
    { start: 0, end: 0, size: 10 },
    { start: 5, end: 4, size: 10 },
    { start: 0, end: 11, size: 10 },
    { start: -1, end: 5, size: 10 },
    { start: 0.5, end: 5, size: 10 },
    { start: 0, end: NaN, size: 10 },
    { start: 0, end: 2 ** 53 },
    { size: -1 },
    { size: NaN },
    { size: '1\r\nx: y' as unknown as number },
  ])('refuses %j', (range) => {
    expectRefused(() => formatContentRange(range));
  });
});
