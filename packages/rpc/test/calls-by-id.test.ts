import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallsById } from '../src/calls-by-id.ts';

interface Call {
  readonly id: number;
}

function withIds(count: number): [CallsById<Call>, Call[]] {
  const calls = new CallsById<Call>();
  const added = Array.from({ length: count }, (_, i) => ({ id: i + 1 }));
  for (const call of added) calls.add(call);
  return [calls, added];
}

const idsOf = (calls: CallsById<Call>): number[] => [...calls.values()].map(({ id }) => id);

describe('calls by their ids', () => {
  it.each([1, 63, 64, 65, 128, 129, 5000])('are all found, taken in any order: %d of them', (count) => {
    for (const order of ['up', 'down', 'odd first'] as const) {
      const [calls, added] = withIds(count);
      expect(calls.size).toBe(count);
      expect(idsOf(calls)).toEqual(added.map(({ id }) => id));
      const taken = order === 'down' ? [...added].reverse() : [...added];
      if (order === 'odd first') taken.sort((a, b) => (b.id % 2) - (a.id % 2));
      for (const call of taken) {
        expect(calls.take(call.id)).toBe(call);
        expect(calls.take(call.id)).toBeUndefined();
      }
      expect(calls.size).toBe(0);
      expect(idsOf(calls)).toEqual([]);
    }
  });

  it('are never found by an id that was not given', () => {
    const [calls] = withIds(100);
    const strange = [
      0,
      -1,
      101,
      164,
      1.5,
      NaN,
      Infinity,
      2 ** 32 + 1,
      2 ** 53,
      '1',
      null,
      undefined,
      {},
      1n,
      true,
    ];
    expect(strange.map((id) => calls.get(id) ?? calls.take(id))).toEqual(strange.map(() => undefined));
    expect(calls.size).toBe(100);
  });

  it('are found also where others a thousand rounds later are answered before them', () => {
    const calls = new CallsById<Call>();
    const early: Call[] = [];
    for (let id = 1; id <= 100_000; id++) {
      const call = { id };
      calls.add(call);
      if (id % 10_000 === 1) early.push(call);
      else expect(calls.take(id)).toBe(call);
    }
    expect(idsOf(calls)).toEqual(early.map(({ id }) => id));
    for (const call of early.reverse()) expect(calls.take(call.id)).toBe(call);
    expect(calls.size).toBe(0);
  });

  it('take no more room for one that is never answered', () => {
    const calls = new CallsById<Call>();
    calls.add({ id: 1 });
    for (let id = 2; id <= 1_000_000; id++) {
      calls.add({ id });
      calls.take(id);
    }
    expect(calls.places).toBe(64);
    expect(calls.get(1)).toEqual({ id: 1 });
  });

  it('take room for at most four times as many as there are, and give it back', () => {
    const [calls, added] = withIds(65_536);
    expect(calls.places).toBeLessThanOrEqual(4 * 65_536);
    for (const { id } of added) calls.take(id);
    expect(calls.places).toBe(64);
    calls.add({ id: 65_537 });
    expect(idsOf(calls)).toEqual([65_537]);
  });

  it('may be taken while they are gone through', () => {
    const [calls] = withIds(1000);
    const seen: number[] = [];
    for (const { id } of calls.values()) {
      seen.push(id);
      calls.take(id);
      calls.take(id + 1);
    }
    expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i + 1));
    expect(calls.size).toBe(0);
  });

  it('are what a Map would hold, in its order', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('add' as const) },
      { weight: 2, arbitrary: fc.nat({ max: 300 }) },
      { weight: 1, arbitrary: fc.constant('all' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 0, maxLength: 2000, size: 'max' }), (steps) => {
        const calls = new CallsById<Call>();
        const model = new Map<number, Call>();
        let id = 0;
        for (const one of steps) {
          if (one === 'add') {
            const call = { id: ++id };
            calls.add(call);
            model.set(id, call);
          } else if (one === 'all') {
            expect(idsOf(calls)).toEqual([...model.keys()]);
          } else {
            // Some way back: those that are older stay.
            const back = id - one;
            const isSame = calls.take(back) === model.get(back);
            model.delete(back);
            if (!isSame || calls.size !== model.size) expect.fail(`at ${String(id)} less ${String(one)}`);
          }
        }
        expect(calls.size).toBe(model.size);
      }),
      { numRuns: 100 },
    );
  });
});
