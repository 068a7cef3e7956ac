import { delimiter } from '@wirestack/framing';
import { describe, expect, it } from 'vitest';
import { jsonRpc, RpcFault, RpcUsageError, type Packet } from '../../../src/index.ts';

const wire = jsonRpc();
const decode = (text: string, from = wire): Packet | readonly Packet[] => from.decode(Buffer.from(text));

describe('jsonRpc()', () => {
  it.each(['maxBytes', 'maxDepth', 'maxBatch'])(
    'refuses a %s that is no whole number of 1 or more',
    (name) => {
      for (const value of [0, -1, 1.5, NaN, Infinity])
        expect(() => jsonRpc({ [name]: value })).toThrow(RpcUsageError);
    },
  );

  it('takes any codec of frames', () => {
    const framing = delimiter('\0');
    expect(jsonRpc({ framing }).framing).toBe(framing);
  });
});

describe('what goes out', () => {
  it('is the JSON of the specification', () => {
    expect(wire.call(1, 'f', [1, 'a'])).toBe('{"jsonrpc":"2.0","id":1,"method":"f","params":[1,"a"]}');
    expect(wire.call(1, 'f', [])).toBe('{"jsonrpc":"2.0","id":1,"method":"f","params":[]}');
    expect(wire.notification('"\n', [undefined])).toBe('{"jsonrpc":"2.0","method":"\\"\\n","params":[null]}');
    expect(wire.result('a"b', undefined)).toBe('{"jsonrpc":"2.0","id":"a\\"b","result":null}');
    expect(wire.result(null, [1])).toBe('{"jsonrpc":"2.0","id":null,"result":[1]}');
    expect(wire.fault(1, new RpcFault(-1, 'no'))).toBe(
      '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}',
    );
    expect(wire.fault(1, new RpcFault(-1, 'no', null))).toBe(
      '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no","data":null}}',
    );
    expect(wire.cancel?.(7)).toBe('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":7}}');
    expect(wire.batch?.(['1', '2'])).toBe('[1,2]');
  });

  it.each([NaN, Infinity, 1.5, '5' as unknown as number, 2 ** 60])(
    'is JSON also for a fault of code %s',
    (code) => {
      expect(JSON.parse(wire.fault(1, new RpcFault(code, 'x')))).toMatchObject({
        error: { code: -32603, message: 'x' },
      });
    },
  );

  it('may have parameters by name: one object as it is, anything else in an array', () => {
    const named = jsonRpc({ params: 'named' });
    const params = (...given: unknown[]): unknown =>
      (JSON.parse(named.call(1, 'f', given)) as { params?: unknown }).params;
    expect(params({ a: 1 })).toEqual({ a: 1 });
    expect(params()).toBeUndefined();
    expect(params(1)).toEqual([1]);
    expect(params([1])).toEqual([[1]]);
    expect(params(null)).toEqual([null]);
    expect(params({ a: 1 }, 2)).toEqual([{ a: 1 }, 2]);
    expect(params(new Date(0))).toEqual(['1970-01-01T00:00:00.000Z']);
  });

  it('never sends more names than it was asked for, however many there are', () => {
    for (let i = 0; i < 3000; i++)
      expect(wire.call(i, `m${String(i)}`, [])).toContain(`"method":"m${String(i)}"`);
  });
});

describe('what comes in', () => {
  it('is a call, a notification, an answer or a cancellation', () => {
    expect(decode('{"jsonrpc":"2.0","id":1,"method":"f","params":[1]}')).toEqual({
      kind: 'call',
      id: 1,
      method: 'f',
      params: [1],
      named: false,
    });
    expect(decode('{"jsonrpc":"2.0","method":"f"}')).toEqual({
      kind: 'call',
      id: undefined,
      method: 'f',
      params: [],
      named: false,
    });
    expect(decode('{"jsonrpc":"2.0","id":null,"method":"f","params":{"a":1}}')).toEqual({
      kind: 'call',
      id: null,
      method: 'f',
      params: [{ a: 1 }],
      named: true,
    });
    expect(decode('{"jsonrpc":"2.0","id":1,"result":null}')).toEqual({ kind: 'result', id: 1, value: null });
    expect(decode('{"jsonrpc":"2.0","id":1,"result":1,"error":null}')).toEqual({
      kind: 'result',
      id: 1,
      value: 1,
    });
    expect(decode('{"jsonrpc":"2.0","id":1,"error":{"code":5,"message":"m","data":[1]}}')).toEqual({
      kind: 'fault',
      id: 1,
      fault: new RpcFault(5, 'm', [1]),
    });
    expect(decode('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"x"}}')).toEqual({
      kind: 'cancel',
      id: 'x',
    });
    expect(decode('{"jsonrpc":"2.0","id":3,"method":"$/cancelRequest","params":{"id":"x"}}')).toMatchObject({
      kind: 'call',
      id: 3,
    });
    expect(
      decode('{"jsonrpc":"2.0","method":"$/cancelRequest"}', jsonRpc({ cancelMethod: false })),
    ).toMatchObject({ kind: 'call' });
  });

  it('is a batch of these, up to the limit', () => {
    expect(decode('[{"jsonrpc":"2.0","id":1,"result":2},3]')).toMatchObject([
      { kind: 'result' },
      { kind: 'invalid', id: null },
    ]);
    expect(decode('[1,2,3]', jsonRpc({ maxBatch: 2 }))).toMatchObject({
      kind: 'invalid',
      fault: { code: -32600 },
    });
    expect(decode('[1,2]', jsonRpc({ maxBatch: 2 }))).toHaveLength(2);
  });
});
