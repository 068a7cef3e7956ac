import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrontServerError } from '@wirestack/gateway';
import { readPairList, readPairs, writePairs } from '../../src/adapters/fastcgi/pairs.ts';

type Pairs = [name: string, value: string][];

test('come back as they were, whatever their length', () => {
  for (const length of [0, 1, 127, 128, 300, 70_000]) {
    const pairs: [string, string][] = [
      ['a'.repeat(length), 'b'],
      ['c', 'd'.repeat(length)],
    ];
    expect([...readPairs(writePairs(pairs))]).toEqual(pairs);
  }
});

test('header fields that stand twice, as nginx sends them, are one', () => {
  const pairs: [string, string][] = [
    ['HTTP_X_A', 'b'],
    ['HTTP_COOKIE', 'c=1'],
    ['HTTP_X_A', 'd, e'],
    ['HTTP_COOKIE', 'f=2'],
  ];
  expect([...readPairs(writePairs(pairs))]).toEqual([
    ['HTTP_X_A', 'b, d, e'],
    ['HTTP_COOKIE', 'c=1; f=2'],
  ]);
});

test.each([
  [[5], /ends early|without a length/],
  [[1, 1, 0x61], /ends early/],
  [[0x80, 0, 0], /ends early/],
  [[0xff, 0xff, 0xff, 0xff, 0], /ends early/],
  [[1, 0, 0x61, 1, 0, 0x61], /twice/],
])('%j are none', (bytes, why) => {
  expect(() => readPairs(Uint8Array.from(bytes))).toThrow(why);
});

test('whatever came before, a list is read as it stands', () => {
  const name = fc.constantFrom('A', 'B', 'C', 'D', 'HTTP_E', 'HTTP_F', 'HTTP_COOKIE', 'N'.repeat(200));
  const value = fc.constantFrom('', '1', '2', 'v'.repeat(20), 'w'.repeat(300));
  const list: fc.Arbitrary<Pairs> = fc.array(fc.tuple(name, value), { maxLength: 10 });
  // Most requests are much like the one before.
  const alike = list.chain((pairs) =>
    fc
      .array(
        fc.record({
          keep: fc.nat(pairs.length),
          at: fc.nat(),
          value,
          more: fc.array(fc.tuple(name, value), { maxLength: 3 }),
        }),
        { minLength: 1, maxLength: 8 },
      )
      .map((changes) =>
        changes.map(({ keep, at, value: other, more }): Pairs => {
          const kept = pairs
            .slice(0, keep)
            .map((pair, i): Pairs[number] => (i === at % pairs.length ? [pair[0], other] : pair));
          return [...kept, ...more];
        }),
      ),
  );
  fc.assert(
    fc.property(alike, (lists) => {
      for (const pairs of lists) {
        const wanted = joined(pairs);
        const bytes = writePairs(pairs);
        if (wanted === undefined) expect(() => readPairList(bytes)).toThrow(FrontServerError);
        else expect(readPairList(bytes)).toEqual(wanted.flat());
      }
    }),
    { numRuns: 2000 },
  );
});

/** What a list means, in the simplest way; undefined where it is none. */
function joined(pairs: Pairs): Pairs | undefined {
  const all = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = all.get(name);
    if (before !== undefined && !name.startsWith('HTTP_')) return undefined;
    all.set(name, before === undefined ? value : before + (name === 'HTTP_COOKIE' ? '; ' : ', ') + value);
  }
  return [...all];
}

test('what a list lacks is noticed where the one before was read', () => {
  const pairs: Pairs = [
    ['A', 'x'.repeat(20)],
    ['B', 'y'],
    ['HTTP_C', 'z'],
  ];
  const bytes = writePairs(pairs);
  for (let i = 0; i < 2; i++) expect(readPairList(bytes)).toEqual(pairs.flat());
  const ends = new Set([0, 1, 2].map((count) => writePairs(pairs.slice(0, count)).length));
  for (let end = 0; end < bytes.length; end++) {
    const part = bytes.subarray(0, end);
    if (ends.has(end)) expect([...readPairs(part)].length).toBeLessThan(3);
    else expect(() => readPairList(part)).toThrow(/early|without a length/);
    expect(readPairList(bytes)).toEqual(pairs.flat());
  }
});
