import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpcUsageError } from '../../../src/errors.ts';
import { parseJson, stringify } from '../../../src/wires/json-rpc/json.ts';

const parse = (text: string, depth = 512): unknown => parseJson(Buffer.from(text), depth);

describe('parseJson()', () => {
  it('counts how deep arrays and objects nest, and nothing else', () => {
    expect(parse('[[[]]]', 3)).toEqual([[[]]]);
    expect(() => parse('[[[[]]]]', 3)).toThrow('nested deeper than 3');
    expect(() => parse('{"a":[{"b":[]}]}', 3)).toThrow('nested deeper than 3');
    expect(parse('[[],[],[],{},{},{}]', 2)).toHaveLength(6);
    expect(parse('["[[[[[[", "{{{{{{"]', 1)).toEqual(['[[[[[[', '{{{{{{']);
    expect(parse('["\\"[[[[[[", "\\\\", "[[[[[["]', 1)).toEqual(['"[[[[[[', '\\', '[[[[[[']);
    expect(parse('{"[[[[[[":1}', 1)).toEqual({ '[[[[[[': 1 });
  });

  it('agrees with a count of the parsed value, for any JSON', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map((one: unknown) => depthOf(one)))
        : 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 1, max: 6 }), (value, limit) => {
        const text = JSON.stringify(value);
        if (depthOf(value) <= limit) expect(parse(text, limit)).toEqual(JSON.parse(text));
        else expect(() => parse(text, limit)).toThrow('nested deeper');
      }),
    );
  });

  it('tells nothing of the text in its errors', () => {
    expect(() => parse('{"password": secret')).toThrow(/^not JSON$/);
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), 9)).toThrow(/^not UTF-8$/);
    expect(() => parse('')).toThrow('not JSON');
  });

  it('reads a view that begins inside its buffer', () => {
    expect(parseJson(Buffer.from('xx[1]yy').subarray(2, 5), 9)).toEqual([1]);
  });
});

describe('stringify()', () => {
  it('writes any JSON value as it will be read', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parse(stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('refuses what JSON has no form for, at any depth', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    for (const value of [
      NaN,
      -Infinity,
      [null, [NaN]],
      { a: { b: Infinity } },
      1n,
      [1n],
      cycle,
      () => 1,
      Symbol('x'),
    ]) {
      expect(() => stringify(value)).toThrow(RpcUsageError);
    }
  });

  it('lets through null, undefined and what says itself how it is written', () => {
    expect(stringify(undefined)).toBe('null');
    expect(stringify([undefined, null])).toBe('[null,null]');
    expect(stringify({ a: undefined, b: null })).toBe('{"b":null}');
    expect(stringify({ toJSON: () => null, inner: NaN })).toBe('null');
    expect(stringify([new Date(NaN), 'null', NaN.toString()])).toBe('[null,"null","NaN"]');
  });

  it('refuses what nests too deep to be written, without an end of the process', () => {
    let deep: unknown[] = [];
    for (let i = 0; i < 200_000; i++) deep = [deep];
    expect(() => stringify(deep)).toThrow(RpcUsageError);
  });
});
