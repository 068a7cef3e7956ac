import { expect, test } from 'vitest';
import { RestartDelay } from '../../../src/server/concurrency/restart-delay.ts';

test('the first death costs nothing, those after it twice as much each, up to half a minute', () => {
  const delay = new RestartDelay();
  const delays = Array.from({ length: 12 }, () => delay.after(0));
  expect(delays).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
});

test('a worker that lived a second starts the count again', () => {
  const delay = new RestartDelay();
  expect([delay.after(0), delay.after(999), delay.after(1_000), delay.after(0)]).toEqual([0, 100, 0, 100]);
});
