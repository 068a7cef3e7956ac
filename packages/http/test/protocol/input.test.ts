import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Input } from '../../src/protocol/input.ts';

describe('Input', () => {
  test('adopts a chunk without a copy when nothing is left', () => {
    const input = new Input();
    const first = Uint8Array.of(1, 2, 3);
    input.push(first);
    expect(input.bytes).toBe(first);
    input.position = 3;
    const second = Uint8Array.of(4);
    input.push(second);
    expect(input.bytes).toBe(second);
    expect([input.position, input.end, input.length]).toEqual([0, 1, 1]);
  });

  test('joins a chunk to what is left, and never writes into a chunk it was given', () => {
    const input = new Input();
    const buffer = Uint8Array.of(1, 2, 3, 99, 99);
    input.push(buffer.subarray(0, 3));
    input.position = 1;
    input.push(Uint8Array.of(4));
    expect([...input.bytes.subarray(input.position, input.end)]).toEqual([2, 3, 4]);
    expect([...buffer]).toEqual([1, 2, 3, 99, 99]);
  });

  test('clear() drops what is left', () => {
    const input = new Input();
    input.push(Uint8Array.of(1, 2));
    input.clear();
    expect(input.length).toBe(0);
  });

  test('holds what was pushed and not taken, and views of it stay true', () => {
    const step = fc.record({ push: fc.uint8Array({ maxLength: 30 }), take: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const input = new Input();
        let model: number[] = [];
        const views: (readonly [Uint8Array, number[]])[] = [];
        for (const { push, take } of steps) {
          input.push(push);
          model.push(...push);
          const size = Math.min(take, input.length);
          views.push([input.bytes.subarray(input.position, input.position + size), model.slice(0, size)]);
          input.position += size;
          model = model.slice(size);
          expect(Array.from(input.bytes.subarray(input.position, input.end))).toEqual(model);
        }
        for (const [view, taken] of views) expect(Array.from(view)).toEqual(taken);
      }),
    );
  });
});
