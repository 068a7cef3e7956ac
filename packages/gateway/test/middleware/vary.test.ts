import { expect, it } from 'vitest';
import { mergeVary } from '../../src/middleware/vary.ts';

it.each([
  [[], ['A', 'B'], [['Vary', 'A, B']]],
  [
    [['X', 'y']],
    ['A'],
    [
      ['X', 'y'],
      ['Vary', 'A'],
    ],
  ],
  [[['vary', 'A']], ['B'], [['Vary', 'A, B']]],
  [[['vary', 'a , B']], ['A', 'b'], [['vary', 'a , B']]],
  [
    [
      ['Vary', 'A'],
      ['X', 'y'],
      ['VARY', 'B'],
    ],
    ['C', 'a'],
    [
      ['X', 'y'],
      ['Vary', 'A, B, C'],
    ],
  ],
  [[['Vary', '*']], ['A'], [['Vary', '*']]],
  [[['Vary', '']], ['A'], [['Vary', 'A']]],
] as [[string, string][], string[], [string, string][]][])('%j and %j are %j', (headers, names, expected) => {
  expect(mergeVary(headers, ...names)).toEqual(expected);
});
