import { describe, expect, expectTypeOf, it } from 'vitest';
import { RpcError, RpcFault, RpcUsageError } from '../../../src/errors.ts';
import { service } from '../../../src/service.ts';
import type { Client } from '../../../src/client.ts';
import { multicall, xmlRpcClient } from '../../../src/wires/xml-rpc/client.ts';
import { decodeCall } from '../../../src/wires/xml-rpc/decoder.ts';
import { XmlRpcDispatcher } from '../../../src/wires/xml-rpc/dispatcher.ts';
import { valuesOf, type MulticallResult } from '../../../src/wires/xml-rpc/multicall.ts';
import { encodeResponse } from '../../../src/wires/xml-rpc/writer.ts';

const api = service({
  add: (a: number, b: number) => a + b,
  later: async (text: string) => Promise.resolve(text.toUpperCase()),
  fail: (): string => {
    throw new RpcFault(7, 'no');
  },
  kv: { get: (key: string) => `value of ${key}`, deep: { down: (): boolean => true } },
});

/** A client whose requests are answered here, and the methods that were asked for. */
function connect(): { client: Client<typeof api>; asked: string[] } {
  const asked: string[] = [];
  const dispatcher = new XmlRpcDispatcher(api, { multicall: true });
  const client = xmlRpcClient<typeof api>('http://rpc.example/RPC2', {
    fetch: async (_, init) => {
      const request = init?.body as Uint8Array;
      asked.push(decodeCall(request).method);
      return new Response(Buffer.from(await dispatcher.dispatch(request)));
    },
  });
  return { client, asked };
}

/** A client that gets the same answer to everything. */
function answeredWith(value: unknown): Client<typeof api> {
  return xmlRpcClient<typeof api>('http://rpc.example/', {
    fetch: () => Promise.resolve(new Response(encodeResponse(value))),
  });
}

describe('a client', () => {
  it('calls procedures by their names, dots and all', async () => {
    const { client, asked } = connect();
    expect(await client.add(1, 2)).toBe(3);
    expect(await client.later('a')).toBe('A');
    expect(await client.kv.get('a')).toBe('value of a');
    expect(await client.kv.deep.down()).toBe(true);
    expect(asked).toEqual(['add', 'later', 'kv.get', 'kv.deep.down']);
    expectTypeOf(client.add).toExtend<(a: number, b: number) => Promise<number>>();
    expectTypeOf(client.later).toExtend<(text: string) => Promise<string>>();
  });

  it('rejects with faults', async () => {
    await expect(connect().client.fail()).rejects.toEqual(new RpcFault(7, 'no'));
  });

  it('is no promise, and may be awaited', async () => {
    const { client, asked } = connect();
    expect(await Promise.resolve(client)).toBe(client);
    expect(asked).toEqual([]);
  });

  it('refuses names with markup before anything is sent', async () => {
    const { client, asked } = connect();
    const anything = client as unknown as Record<string, () => Promise<unknown>>;
    for (const name of ['<a>', 'a\r\nb', 'a\0', 'a b', '&amp;', '']) {
      await expect(anything[name]?.()).rejects.toThrow(RpcUsageError);
    }
    expect(asked).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'toString', 'valueOf', 'toJSON', 'call', 'apply'])(
    'has a procedure %s like any other',
    async (name) => {
      const { client, asked } = connect();
      const anything = client as unknown as Record<string, () => Promise<unknown>>;
      await expect(anything[name]?.()).rejects.toMatchObject({ name: 'RpcFault', code: -32601 });
      expect(asked).toEqual([name]);
    },
  );
});

describe('a multicall', () => {
  it('makes its calls in one request, and holds each result', async () => {
    const { client, asked } = connect();
    const results = await multicall(client, (m) => [m.add(1, 2), m.kv.get('a'), m.fail(), m.later('x')]);
    expect(results).toEqual([
      { status: 'fulfilled', value: 3 },
      { status: 'fulfilled', value: 'value of a' },
      { status: 'rejected', reason: new RpcFault(7, 'no') },
      { status: 'fulfilled', value: 'X' },
    ]);
    expect(asked).toEqual(['system.multicall']);
    expectTypeOf(results).toEqualTypeOf<
      [MulticallResult<number>, MulticallResult<string>, MulticallResult<string>, MulticallResult<string>]
    >();
  });

  it('has its values alone, or throws the first fault', async () => {
    const { client } = connect();
    const values = valuesOf(await multicall(client, (m) => [m.add(1, 2), m.kv.deep.down()]));
    expect(values).toEqual([3, true]);
    expectTypeOf(values).toEqualTypeOf<[number, boolean]>();
    const results = await multicall(client, (m) => [m.add(1, 2), m.fail()]);
    expect(() => valuesOf(results)).toThrow(new RpcFault(7, 'no'));
  });

  it('may have any number of calls', async () => {
    const { client, asked } = connect();
    const results = await multicall(client, (m) => [1, 2, 3].map((n) => m.add(n, n)));
    expect(valuesOf(results)).toEqual([2, 4, 6]);
    expect(await multicall(client, () => [])).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('is refused as a whole by a server that knows none', async () => {
    const dispatcher = new XmlRpcDispatcher(api);
    const client = xmlRpcClient<typeof api>('http://rpc.example/', {
      fetch: async (_, init) =>
        new Response(Buffer.from(await dispatcher.dispatch(init?.body as Uint8Array))),
    });
    await expect(multicall(client, (m) => [m.add(1, 2)])).rejects.toMatchObject({
      name: 'RpcFault',
      code: -32601,
    });
  });

  it.each([
    1,
    [],
    [3],
    [[]],
    [[1, 2]],
    [{ faultCode: 1 }],
    [{ faultString: 'a' }],
    [[1], [2]],
    { faultCode: 1, faultString: 'a' },
  ])('answered with %j is PROTOCOL', async (answer) => {
    const call = multicall(answeredWith(answer), (m) => [m.add(1, 2)]);
    await expect(call).rejects.toMatchObject({ name: 'RpcError', code: 'PROTOCOL' });
    await expect(call).rejects.toThrow(RpcError);
  });

  it('takes a client, and calls of it', async () => {
    const { client, asked } = connect();
    await expect(multicall({}, () => [])).rejects.toThrow(RpcUsageError);
    const promises = [Promise.resolve(1)] as never[];
    await expect(multicall(client, () => promises)).rejects.toThrow(RpcUsageError);
    await expect(multicall(client, (m) => [m.kv as never])).rejects.toThrow(RpcUsageError);
    expect(asked).toEqual([]);
  });

  it('ends with its signal', async () => {
    const reason = new Error('enough');
    const call = multicall(connect().client, (m) => [m.add(1, 2)], { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
  });
});
