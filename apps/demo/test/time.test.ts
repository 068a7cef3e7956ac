import { expect, test } from 'vitest';
import { ctime } from '../src/time.ts';

test('ctime pads the day with a space and the time with zeros, as C does', () => {
  expect(ctime(new Date(2024, 10, 7, 5, 4, 9))).toBe('Thu Nov  7 05:04:09 2024');
  expect(ctime(new Date(1999, 11, 31, 23, 59, 59))).toBe('Fri Dec 31 23:59:59 1999');
});
