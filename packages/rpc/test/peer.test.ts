import { listen, socketPair } from '@wirestack/socket';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  clientOf,
  connectRpc,
  expose,
  jsonRpc,
  method,
  peerOf,
  rpcOver,
  RpcError,
  RpcFault,
  serveRpc,
  service,
} from '../src/index.ts';

class Store {
  readonly #values = new Map<string, string>();
  get(key: string): string | undefined {
    return this.#values.get(key);
  }
  set(key: string, value: string): void {
    this.#values.set(key, value);
  }
  secret(): string {
    return 'no';
  }
}
const api = service({
  add: (a: number, b: number) => a + b,
  later: async (text: string) => {
    await Promise.resolve();
    return text.toUpperCase();
  },
  kv: expose(new Store(), ['get', 'set']),
  pow: method([z.number(), z.number()], (_, x, y) => x ** y),
  fail: (): string => {
    throw new RpcFault(7, 'no', { why: 'because' });
  },
  broken: (): number => {
    throw new Error('inside');
  },
});

describe.each(['length-prefix', 'newline', 'content-length'] as const)('JSON-RPC over %s', (framing) => {
  it('calls, both ends, over a stream', async () => {
    const codec = jsonRpc({ framing });
    const server = await serveRpc('tcp://127.0.0.1:0', api, { codec });
    const client = await connectRpc<typeof api>(server.address, { codec });
    expect(await client.add(1, 2)).toBe(3);
    expectTypeOf(await client.add(1, 2)).toBeNumber();
    expect(await client.later('größe')).toBe('GRÖSSE');
    await client.kv.set('a', 'b');
    expect(await client.kv.get('a')).toBe('b');
    expect(await client.pow(2, 10)).toBe(1024);
    await expect(client.fail()).rejects.toEqual(new RpcFault(7, 'no', { why: 'because' }));
    await expect(client.broken()).rejects.toMatchObject({ code: -32603, message: 'Internal error' });
    const many = await Promise.all(Array.from({ length: 500 }, (_, i) => client.add(i, i)));
    expect(many).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i));
    await peerOf(client).close();
    await expect(client.add(1, 2)).rejects.toMatchObject({ code: 'CLOSED' });
    await server.drain();
  });
});
