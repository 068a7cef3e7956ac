import { expect, it } from 'vitest';
import { Turns } from '../../src/static/turns.ts';
import { gate, turn } from '../server/harness.ts';

it('so many are at work at a time, in the order they came, and one that fails makes room like the others', async () => {
  const turns = new Turns(2);
  const began: number[] = [];
  const gates = Array.from({ length: 5 }, () => gate());
  const works = gates.map(({ opened }, i) =>
    turns.take(async () => {
      began.push(i);
      await opened;
      if (i === 1) throw new Error('failed');
      return i;
    }),
  );
  const ends = Promise.allSettled(works);
  await turn();
  expect(began).toEqual([0, 1]);
  gates[1]!.open();
  await turn();
  expect(began).toEqual([0, 1, 2]);
  gates[2]!.open();
  gates[0]!.open();
  await turn();
  expect(began).toEqual([0, 1, 2, 3, 4]);
  for (const { open } of gates) open();
  expect((await ends).map(({ status }) => status)).toEqual([
    ...['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  ]);
  expect(await turns.take(() => Promise.resolve('free'))).toBe('free');
});
