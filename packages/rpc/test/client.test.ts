import { describe, expect, it } from 'vitest';
import {
  createClient,
  jsonRpc,
  peerOf,
  rpcOver,
  RpcUsageError,
  service,
  Peer,
  type Caller,
} from '../src/index.ts';
import { socketPair, type Deadline } from '@wirestack/socket';

interface Theirs {
  add(a: number, b: number): number;
  kv: { get(key: string): string; deep: { er(): void } };
}

/** A caller that writes down what is called, and answers with the name. */
function recorder(): { caller: Caller; calls: unknown[][] } {
  const calls: unknown[][] = [];
  return {
    calls,
    caller: {
      call: (...made: unknown[]) => {
        calls.push(made);
        return Promise.resolve(made[0]);
      },
      notify: (...made: unknown[]) => {
        calls.push(['notify', ...made]);
        return Promise.resolve();
      },
    },
  };
}

describe('a client', () => {
  it('calls by name, groups joined with dots', async () => {
    const { caller, calls } = recorder();
    const client = createClient<Theirs>(caller);
    expect(await client.add(1, 2)).toBe('add');
    expect(await client.kv.get('a')).toBe('kv.get');
    await client.kv.deep.er();
    expect(calls).toEqual([
      ['add', [1, 2]],
      ['kv.get', ['a']],
      ['kv.deep.er', []],
    ]);
  });

  it('calls names with slashes, dollars, and those of functions and objects', async () => {
    const { caller, calls } = recorder();
    const client = createClient<Record<string, (x: number) => number>>(caller);
    for (const name of [
      'textDocument/hover',
      '$/x',
      'toString',
      'constructor',
      'call',
      'apply',
      'bind',
      'name',
      'length',
      '__proto__',
    ]) {
      await client[name]?.(1);
      expect(calls.at(-1)).toEqual([name, [1]]);
    }
    const group = createClient<Record<string, Record<string, () => number>>>(caller);
    for (const name of ['call', 'apply', 'name', 'length', 'prototype']) {
      await group['kv']?.[name]?.();
      expect(calls.at(-1)).toEqual([`kv.${name}`, []]);
    }
  });

  it('is no promise, nor are its groups and methods: awaiting one calls nothing', async () => {
    const { caller, calls } = recorder();
    const client = createClient<Theirs>(caller);
    const later = async <T>(value: T): Promise<T> => Promise.resolve(value);
    expect(await later(client)).toBe(client);
    expect(typeof (await later(client.kv))).toBe('function');
    expect(await (await later(client.kv.get))('a')).toBe('kv.get');
    expect(calls).toEqual([['kv.get', ['a']]]);
  });

  it('has nothing under symbols', () => {
    const { caller, calls } = recorder();
    const client = createClient<Theirs>(caller) as unknown as Record<symbol, unknown>;
    const add = createClient<Theirs>(caller).add as unknown as Record<symbol, unknown>;
    for (const symbol of [
      Symbol.iterator,
      Symbol.asyncIterator,
      Symbol.toPrimitive,
      Symbol.toStringTag,
      Symbol('own'),
    ]) {
      expect(client[symbol]).toBeUndefined();
      expect(add[symbol]).toBeUndefined();
    }
    expect(calls).toEqual([]);
  });

  it('cannot be written to', () => {
    const client = createClient<{ add: unknown }>(recorder().caller) as { add: unknown };
    expect(() => {
      client.add = 1;
    }).toThrow(TypeError);
  });

  it('passes the deadline of with() on, and keeps none', async () => {
    const { caller, calls } = recorder();
    const client = createClient<Theirs>(caller);
    const options: Deadline = { timeoutMs: 50, signal: new AbortController().signal };
    const add = client.add.with(options);
    await add(1, 2);
    await client.kv.get.with({ timeoutMs: 1 })('a');
    await client.add(3, 4);
    expect(calls).toEqual([
      ['add', [1, 2], options],
      ['kv.get', ['a'], { timeoutMs: 1 }],
      ['add', [3, 4]],
    ]);
  });

  it('notifies, and rejects where the wire has no notifications', async () => {
    const { caller, calls } = recorder();
    await createClient<Theirs>(caller).kv.get.notify('a');
    expect(calls).toEqual([['notify', 'kv.get', ['a']]]);
    const mute = createClient<Theirs>({ call: () => Promise.resolve() });
    await expect(mute.add.notify(1, 2)).rejects.toBeInstanceOf(RpcUsageError);
  });
});

describe('a client of a connection', () => {
  it('has that connection, and closes it at the end of its scope', async () => {
    const [left, right] = socketPair();
    const server = new Peer(right, jsonRpc(), { service: service({ add: (a: number, b: number) => a + b }) });
    let peer: Peer;
    {
      await using client = rpcOver<Theirs>(left, { codec: jsonRpc() });
      peer = peerOf(client);
      expect(peer.stream).toBe(left);
      expect(await peer.call('add', [1, 2])).toBe(await client.add(1, 2));
    }
    await peer.closed;
    await server.closed;
  });

  it('is known by itself alone', () => {
    expect(() => peerOf({})).toThrow(RpcUsageError);
    expect(() => peerOf(createClient<Theirs>(recorder().caller) as object)).toThrow(RpcUsageError);
  });
});
