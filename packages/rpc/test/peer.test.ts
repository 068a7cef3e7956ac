import { socketPair, type ByteStream } from '@wirestack/socket';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { z } from 'zod';
import {
  clientOf,
  connectRpc,
  createClient,
  expose,
  jsonRpc,
  method,
  Peer,
  peerOf,
  RpcError,
  RpcFault,
  RpcUsageError,
  serveRpc,
  service,
  type CallContext,
} from '../src/index.ts';
import { answer, facing, fault, joined, notification, request } from './raw-end.ts';

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

/** A promise and what settles it. */
function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** The stream, and what is written to it. */
function recorded(stream: ByteStream): { stream: ByteStream; writes: number[]; calls: string[] } {
  const writes: number[] = [];
  const calls: string[] = [];
  const proxy = new Proxy(stream, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...params: unknown[]): unknown => {
        if (name === 'write') writes.push((params[0] as Uint8Array).length);
        if (name === 'pause' || name === 'resume' || name === 'abort') calls.push(name);
        return Reflect.apply(value, target, params) as unknown;
      };
    },
  });
  return { stream: proxy, writes, calls };
}

/** Lets everything that is ready in memory happen: a turn of the event loop runs all microtasks. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('calls', () => {
  it('pipeline, and are answered in any order', async () => {
    const { peer, raw } = facing();
    const calls = Array.from({ length: 100 }, (_, i) => peer.call('f', [i]));
    const got = (await raw.take(100)) as { id: number; params: [number] }[];
    expect(got.map(({ params }) => params[0])).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(peer.pending).toBe(100);
    raw.send(...got.reverse().map(({ id, params }) => answer(id, params[0] * 2)));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, (_, i) => i * 2));
    expect(peer.pending).toBe(0);
    await peer.close();
  });

  it('of one turn leave in one write, and so do the answers to what came in one chunk', async () => {
    const [left, right] = socketPair();
    const client = recorded(left);
    const server = recorded(right);
    const caller = new Peer(client.stream, jsonRpc());
    const callee = new Peer(server.stream, jsonRpc(), { service: api });
    await Promise.all(Array.from({ length: 64 }, (_, i) => caller.call('add', [i, 1])));
    expect(client.writes).toHaveLength(1);
    expect(server.writes).toHaveLength(1);
    await Promise.all([caller.notify('x', []), caller.notify('y', []), caller.call('add', [1, 1])]);
    expect(client.writes).toHaveLength(2);
    await Promise.all([caller.close(), callee.close()]);
  });

  it('drop an answer that nobody waits for', async () => {
    const { peer, raw } = facing();
    raw.send(answer(99, 'who?'), fault(98, 1, 'who?'), answer('1', 'a string'), answer(null, 'null'));
    const call = peer.call('f', []);
    expect(await raw.next()).toMatchObject({ id: 1 });
    raw.send(answer('1', 'a string'), answer(1.5, 'no'), answer(1, 'right'), answer(1, 'twice'));
    expect(await call).toBe('right');
    const next = peer.call('f', []);
    expect(await raw.next()).toMatchObject({ id: 2 });
    raw.send(answer(2, 'still here'));
    expect(await next).toBe('still here');
    await peer.close();
  });

  it('are refused beyond the limit, and are taken again when one is answered', async () => {
    const { peer, raw } = facing({ maxPending: 2 });
    const first = peer.call('f', []);
    const second = peer.call('f', []);
    await expect(peer.call('f', [])).rejects.toMatchObject({ name: 'RpcError', code: 'TOO_MANY_CALLS' });
    raw.send(answer(1, 1));
    expect(await first).toBe(1);
    const third = peer.call('f', []);
    raw.send(answer(2, 2), answer(3, 3));
    expect(await Promise.all([second, third])).toEqual([2, 3]);
    await peer.close();
  });

  it.each([
    ['a bigint', 1n],
    ['NaN', NaN],
    [
      'a cycle',
      (() => {
        const a: unknown[] = [];
        a.push(a);
        return a;
      })(),
    ],
  ])('are refused with %s as a parameter, and nothing is sent', async (_, value) => {
    const { peer, raw } = facing();
    await expect(peer.call('f', [value])).rejects.toBeInstanceOf(RpcUsageError);
    await expect(peer.notify('f', [value])).rejects.toBeInstanceOf(RpcUsageError);
    expect(peer.pending).toBe(0);
    await peer.close();
    expect(await raw.rest()).toEqual([]);
  });

  it('are refused where they are too large for the wire, and the connection lives', async () => {
    const [a, b] = joined({}, { service: api }, { maxBytes: 200 });
    await expect(a.call('later', ['x'.repeat(300)])).rejects.toMatchObject({
      name: 'RpcError',
      code: 'TOO_LARGE',
    });
    await expect(a.notify('later', ['x'.repeat(300)])).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await a.call('add', [1, 2])).toBe(3);
    await Promise.all([a.close(), b.close()]);
  });

  it('are answered with a fault where the answer is too large', async () => {
    const errors: unknown[] = [];
    const big = service({
      big: (n: number) => 'x'.repeat(n),
      later: async (n: number) => Promise.resolve('x'.repeat(n)),
    });
    const [a, b] = joined({}, { service: big, onError: (error) => errors.push(error) }, { maxBytes: 1000 });
    const tooLarge = new RpcFault(-32603, 'the answer is too large');
    await expect(a.call('big', [1000])).rejects.toEqual(tooLarge);
    await expect(a.call('later', [1000])).rejects.toEqual(tooLarge);
    const calls = [
      { method: 'big', params: [600] },
      { method: 'later', params: [600] },
      { method: 'big', params: [0], notify: true },
    ];
    const [first, second] = a.batch(calls);
    await expect(first).rejects.toEqual(tooLarge);
    await expect(second).rejects.toEqual(tooLarge);
    expect(errors).toMatchObject([{ code: 'TOO_LARGE' }, { code: 'TOO_LARGE' }, { code: 'TOO_LARGE' }]);
    expect(await a.call('big', [2])).toBe('xx');
    await Promise.all([a.close(), b.close()]);
  });
});

describe('a batch', () => {
  it('is one message, whose calls settle one by one', async () => {
    const { peer, raw } = facing();
    const [a, none, b, c] = peer.batch([
      { method: 'a', params: [1] },
      { method: 'n', params: [], notify: true },
      { method: 'b', params: [] },
      { method: 'c', params: [] },
    ]);
    expect(none).toBeUndefined();
    expect(await raw.next()).toEqual([
      request(1, 'a', 1),
      notification('n'),
      request(2, 'b'),
      request(3, 'c'),
    ]);
    raw.send([fault(2, 5, 'no'), answer(1, 'A')]);
    expect(await a).toBe('A');
    await expect(b).rejects.toEqual(new RpcFault(5, 'no'));
    raw.send(answer(3, 'alone'));
    expect(await c).toBe('alone');
    await peer.close();
  });

  it('refuses the calls that cannot be made, each for itself, and makes the others', async () => {
    const { peer, raw } = facing({ maxPending: 2 });
    const results = peer.batch([
      { method: 'a', params: [] },
      { method: 'bad', params: [1n] },
      { method: 'b', params: [] },
      { method: 'c', params: [] },
    ]);
    await expect(results[1]).rejects.toBeInstanceOf(RpcUsageError);
    await expect(results[3]).rejects.toMatchObject({ code: 'TOO_MANY_CALLS' });
    expect(await raw.next()).toEqual([request(1, 'a'), request(2, 'b')]);
    raw.send([answer(1, 1), answer(2, 2)]);
    expect(await Promise.all([results[0], results[2]])).toEqual([1, 2]);
    await peer.close();
  });

  it('throws at once for what has no promise to reject, and then no call waits', async () => {
    const { peer, raw } = facing({}, { maxBytes: 100 });
    const bad = { method: 'n', params: [1n], notify: true };
    const big = { method: 'n', params: ['x'.repeat(200)], notify: true };
    expect(() => peer.batch([])).toThrow(RpcUsageError);
    expect(() => peer.batch([{ method: 'a', params: [] }, bad])).toThrow(RpcUsageError);
    expect(() => peer.batch([big])).toThrow(RpcError);
    expect(peer.pending).toBe(0);
    const [call] = peer.batch([{ method: 'a', params: [] }, big]);
    await expect(call).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await peer.close();
    expect(await raw.rest()).toEqual([]);
    await expect(peer.batch([{ method: 'a', params: [] }])[0]).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('is answered in one message, in its order, when its last call is over', async () => {
    const slow = gate<string>();
    const { peer, raw } = facing({
      service: service({ slow: () => slow.promise, now: () => 'now', quiet: () => slow.promise }),
    });
    raw.send(
      [request(1, 'slow'), request(2, 'now'), notification('quiet'), request(3, 'none')],
      request(4, 'now'),
    );
    expect(await raw.next()).toEqual(answer(4, 'now'));
    slow.open('slow');
    expect(await raw.next()).toEqual([
      answer(1, 'slow'),
      answer(2, 'now'),
      fault(3, -32601, 'Method not found'),
    ]);
    await peer.close();
  });
});

describe('deadlines', () => {
  it('end a call by the common limit, cancel it over there, and drop its late answer', async () => {
    vi.useFakeTimers();
    try {
      const { peer, raw } = facing({ timeoutMs: 1000 });
      const first = peer.call('f', []);
      const refused = expect(first).rejects.toMatchObject({ name: 'RpcError', code: 'TIMED_OUT' });
      await vi.advanceTimersByTimeAsync(600);
      const second = peer.call('g', []);
      await vi.advanceTimersByTimeAsync(399);
      expect(peer.pending).toBe(2);
      await vi.advanceTimersByTimeAsync(2);
      await refused;
      expect(peer.pending).toBe(1);
      expect(await raw.take(3)).toEqual([
        request(1, 'f'),
        request(2, 'g'),
        { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } },
      ]);
      raw.send(answer(1, 'late'), answer(2, 'in time'));
      expect(await second).toBe('in time');
      await vi.advanceTimersByTimeAsync(10_000);
      expect(vi.getTimerCount()).toBe(0);
      await peer.close();
      expect(await raw.rest()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('of its own replace the common one, and 30 seconds is the default', async () => {
    vi.useFakeTimers();
    try {
      const { peer } = facing();
      const settled: string[] = [];
      const note = (name: string) => (error: unknown) => settled.push(`${name} ${(error as RpcError).code}`);
      peer.call('f', [], { timeoutMs: 50 }).catch(note('short'));
      peer.call('f', []).catch(note('common'));
      peer.call('f', [], { timeoutMs: 60_000 }).catch(note('long'));
      peer.call('f', [], { timeoutMs: Infinity }).catch(note('endless'));
      await vi.advanceTimersByTimeAsync(49);
      expect(settled).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(settled).toEqual(['short TIMED_OUT']);
      await vi.advanceTimersByTimeAsync(29_949);
      expect(settled).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(2);
      expect(settled).toEqual(['short TIMED_OUT', 'common TIMED_OUT']);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(settled).toEqual(['short TIMED_OUT', 'common TIMED_OUT', 'long TIMED_OUT']);
      await vi.advanceTimersByTimeAsync(2 ** 32);
      expect(peer.pending).toBe(1);
      await peer.close();
      expect(settled.at(-1)).toBe('endless CLOSED');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are refused where they are no duration', async () => {
    const { peer } = facing();
    await expect(peer.call('f', [], { timeoutMs: -1 })).rejects.toBeInstanceOf(RpcUsageError);
    await expect(peer.call('f', [], { timeoutMs: NaN })).rejects.toBeInstanceOf(RpcUsageError);
    await peer.close();
    const [stream] = socketPair();
    for (const name of ['timeoutMs', 'maxPending', 'maxInFlight', 'maxBufferedBytes']) {
      for (const value of [0, -1, NaN]) {
        expect(() => new Peer(stream, jsonRpc(), { [name]: value })).toThrow(`${name} is ${String(value)}`);
      }
    }
  });
});

describe('cancelling', () => {
  const waiting = (context: CallContext): Promise<never> =>
    new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => {
        reject(context.signal.reason as Error);
      });
    });

  it('rejects here, and aborts the signal of the procedure there', async () => {
    const seen = gate<unknown>();
    const started = gate();
    const api = service({
      wait: method([], (context) => {
        context.signal.addEventListener('abort', () => {
          seen.open(context.signal.reason);
        });
        started.open();
        return waiting(context);
      }),
    });
    const [a, b] = joined({}, { service: api });
    const controller = new AbortController();
    const call = a.call('wait', [], { signal: controller.signal });
    await started.promise;
    controller.abort(new Error('enough'));
    await expect(call).rejects.toMatchObject({
      name: 'RpcError',
      code: 'ABORTED',
      cause: new Error('enough'),
    });
    expect(await seen.promise).toEqual(new RpcFault(-32800, 'Request cancelled'));
    await Promise.all([a.close(), b.close()]);
    expect(b.inFlight).toBe(0);
  });

  it('is answered with -32800, also where the procedure fails in its own words', async () => {
    const errors: unknown[] = [];
    const api = service({
      polite: method([], waiting),
      rude: method([], (context) =>
        waiting(context).catch(() => {
          throw new Error('mine');
        }),
      ),
      deaf: method([], (context) => waiting(context).catch(() => 'done anyway')),
    });
    const { peer, raw } = facing({ service: api, onError: (error) => errors.push(error) });
    const cancel = (id: unknown): object => ({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } });
    raw.send(
      request(1, 'polite'),
      request('1', 'rude'),
      request(3, 'deaf'),
      cancel(1),
      cancel('1'),
      cancel(3),
    );
    expect(await raw.take(3)).toEqual(
      expect.arrayContaining([
        fault(1, -32800, 'Request cancelled'),
        fault('1', -32800, 'Request cancelled'),
        answer(3, 'done anyway'),
      ]),
    );
    expect(errors).toEqual([]);
    await peer.close();
  });

  it('of what is over, unknown or no id changes nothing', async () => {
    const { peer, raw } = facing({ service: api });
    const cancel = (params: unknown): object => ({ jsonrpc: '2.0', method: '$/cancelRequest', params });
    raw.send(
      request(1, 'add', 1, 2),
      cancel({ id: 1 }),
      cancel({ id: 99 }),
      cancel({ id: {} }),
      cancel([]),
      cancel({}),
      request(2, 'add', 1, 1),
    );
    expect(await raw.take(2)).toEqual([answer(1, 3), answer(2, 2)]);
    await peer.close();
    expect(await raw.rest()).toEqual([]);
  });

  it('after the answer sends nothing, and before the call makes none', async () => {
    const { peer, raw } = facing();
    const controller = new AbortController();
    const call = peer.call('f', [], { signal: controller.signal });
    raw.send(answer(1, 'x'));
    expect(await call).toBe('x');
    controller.abort();
    await expect(peer.call('g', [], { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await peer.close();
    expect(await raw.rest()).toEqual([request(1, 'f')]);
  });

  it('may go by another name, or not at all', async () => {
    const mine = facing({}, { cancelMethod: 'stop' });
    const none = facing({}, { cancelMethod: false });
    for (const { peer } of [mine, none]) {
      const controller = new AbortController();
      const call = peer.call('f', [], { signal: controller.signal });
      controller.abort();
      await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
      await peer.close();
    }
    expect(await mine.raw.rest()).toEqual([
      request(1, 'f'),
      { jsonrpc: '2.0', method: 'stop', params: { id: 1 } },
    ]);
    expect(await none.raw.rest()).toEqual([request(1, 'f')]);
  });
});

describe('the end of a connection', () => {
  it.each([
    [
      'resets',
      (stream: ByteStream) => {
        stream.abort();
      },
    ],
    ['half-closes', (stream: ByteStream) => void stream.shutdown('write')],
    ['closes', (stream: ByteStream) => void stream.close()],
  ])('rejects what waits with PEER_GONE when the peer %s', async (_, leave) => {
    const { peer, raw } = facing();
    const calls = [peer.call('f', []), peer.call('g', [], { timeoutMs: 60_000 })];
    await raw.take(2);
    leave(raw.stream);
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ name: 'RpcError', code: 'PEER_GONE' });
    await peer.closed;
    await expect(peer.call('h', [])).rejects.toBeInstanceOf(RpcError);
    await expect(peer.notify('h', [])).rejects.toBeInstanceOf(RpcError);
  });

  it('rejects with CLOSED what waits, and what comes after, when this side ends it', async () => {
    for (const end of [
      (peer: Peer) => peer.close(),
      (peer: Peer) => {
        peer.abort();
        return peer.closed;
      },
    ]) {
      const { peer } = facing();
      const call = peer.call('f', []);
      const refused = expect(call).rejects.toMatchObject({ code: 'CLOSED' });
      await end(peer);
      await refused;
      await peer.closed;
      await expect(peer.call('f', [])).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(peer.notify('f', [])).rejects.toMatchObject({ code: 'CLOSED' });
    }
  });

  it('leaves a client that half-closes the answers to what it sent', async () => {
    const slow = gate<string>();
    const { peer, raw } = facing({ service: service({ slow: () => slow.promise, now: () => 'now' }) });
    raw.send(request(1, 'slow'), request(2, 'now'), [request(3, 'slow')]);
    raw.end();
    expect(await raw.next()).toEqual(answer(2, 'now'));
    slow.open('at last');
    expect(await raw.rest()).toEqual([answer(1, 'at last'), [answer(3, 'at last')]]);
    await peer.closed;
  });

  it('refuses at once a call back to a client that has half-closed', async () => {
    const go = gate();
    const api = service({
      back: method([], async (context) => {
        await go.promise;
        return context.peer?.call('x', []);
      }),
    });
    const errors: unknown[] = [];
    const { peer, raw } = facing({ service: api, onError: (error) => errors.push(error) });
    raw.send(request(1, 'back'));
    raw.end();
    await turn();
    go.open();
    expect(await raw.rest()).toEqual([fault(1, -32603, 'Internal error')]);
    expect(errors).toMatchObject([{ code: 'PEER_GONE' }]);
    await peer.closed;
  });

  it('aborts the signals of procedures that run', async () => {
    const seen = gate<unknown>();
    const api = service({
      wait: method([], (context) => {
        context.signal.addEventListener('abort', () => {
          seen.open(context.signal.reason);
        });
        return seen.promise;
      }),
    });
    const { peer, raw } = facing({ service: api });
    raw.send(request(1, 'wait'));
    await turn();
    expect(peer.inFlight).toBe(1);
    raw.stream.abort();
    expect(await seen.promise).toMatchObject({ code: 'PEER_GONE' });
    await peer.closed;
  });
});

describe('close()', () => {
  it('waits for procedures that run, answers them, and begins no others', async () => {
    const slow = gate<string>();
    let begun = 0;
    const api = service({
      slow: () => {
        begun++;
        return slow.promise;
      },
    });
    const { peer, raw } = facing({ service: api });
    raw.send(request(1, 'slow'), [request(2, 'slow')]);
    await turn();
    const closing = peer.close();
    raw.send(request(3, 'slow'), notification('slow'));
    await turn();
    slow.open('done');
    await closing;
    expect(await raw.rest()).toEqual([answer(1, 'done'), [answer(2, 'done')]]);
    expect(begun).toBe(2);
  });

  it('comes to an end under calls that never cease', async () => {
    const [a, b] = joined({ maxPending: 10 }, { service: service({ f: () => Promise.resolve(1) }) });
    const closed = gate();
    let answered = 0;
    const again = (): void => {
      if (++answered === 20) void b.close().then(closed.open);
      if (answered < 10_000) more();
    };
    const more = (): void => {
      a.call('f', []).then(again, () => undefined);
    };
    for (let i = 0; i < 10; i++) more();
    await closed.promise;
    await a.closed;
    expect(answered).toBeLessThan(100);
  });

  it('answers the procedure that asks for it', async () => {
    const { peer, raw } = facing({
      service: service({
        bye: () => {
          void peer.close();
          return 'bye';
        },
        no: () => 'no',
      }),
    });
    raw.send(request(1, 'bye'), request(2, 'no'));
    expect(await raw.rest()).toEqual([answer(1, 'bye')]);
    await peer.closed;
  });

  it('aborts where its deadline passes first, each caller with its own', async () => {
    vi.useFakeTimers();
    try {
      const { peer, raw } = facing({ service: service({ never: () => new Promise(() => undefined) }) });
      raw.send(request(1, 'never'));
      await vi.advanceTimersByTimeAsync(0);
      const patient = peer.close();
      const hasty = expect(peer.close({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
      await vi.advanceTimersByTimeAsync(99);
      expect(peer.inFlight).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      await hasty;
      await patient;
      await peer.closed;
      await expect(raw.next()).rejects.toMatchObject({ code: 'RESET' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('happens at the end of a scope', async () => {
    const { peer, raw } = facing();
    {
      await using scoped = peer;
      expect(scoped.pending).toBe(0);
    }
    await peer.closed;
    expect(await raw.next()).toBeUndefined();
  });
});

describe('both ends', () => {
  it('serve and call over one connection, and procedures call back', async () => {
    const left = service({ ask: (n: number) => n + 1 });
    const right = service({
      twice: method([z.number()], async (context, n) => {
        const back = createClient<typeof left>(context.peer as Peer);
        return (await back.ask(n)) + (await back.ask(n));
      }),
    });
    const [a, b] = joined({ service: left }, { service: right });
    expect(await clientOf<typeof right>(a).twice(20)).toBe(42);
    expect(await clientOf<typeof left>(b).ask(1)).toBe(2);
    await Promise.all([a.close(), b.close()]);
  });

  it('take notifications both ways, in order, without answers', async () => {
    const seen: string[] = [];
    const made = (name: string): ReturnType<typeof service> =>
      service({
        note: method([z.number()], (context, n) => {
          seen.push(`${name}${String(n)}`);
          expect(context.isNotification).toBe(true);
          throw new Error('unheard');
        }),
        sync: () => 'ok',
      });
    const [a, b] = joined({ service: made('a') }, { service: made('b') });
    await Promise.all([a.notify('note', [1]), a.notify('note', [2]), a.notify('unknown', [])]);
    await a.call('sync', []);
    await b.notify('note', [3]);
    await b.call('sync', []);
    expect(seen).toEqual(['b1', 'b2', 'a3']);
    await Promise.all([a.close(), b.close()]);
  });

  it('call back also where no more procedures may run', async () => {
    const order: string[] = [];
    const api = service({
      outer: method([], async (context) => {
        order.push('outer');
        return context.peer?.call('inner', []);
      }),
      note: (text: string) => void order.push(text),
    });
    const { peer, raw } = facing({ service: api, maxInFlight: 1 });
    raw.send(request(1, 'outer'));
    expect(await raw.next()).toEqual(request(1, 'inner'));
    raw.send(
      notification('note', 'held 1'),
      request(2, 'outer'),
      [notification('note', 'held 2')],
      answer(1, 'back'),
    );
    expect(await raw.take(2)).toEqual(expect.arrayContaining([answer(1, 'back'), request(2, 'inner')]));
    raw.send(answer(2, 'again'));
    expect(await raw.next()).toEqual(answer(2, 'again'));
    expect(order).toEqual(['outer', 'held 1', 'outer', 'held 2']);
    await peer.close();
  });
});

describe('procedures that fail', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const odd = service({
    undef: () => undefined,
    bigint: () => 1n,
    nan: () => [NaN],
    infinity: async () => Promise.resolve({ deep: Infinity }),
    cycle: () => cycle,
    symbol: () => Symbol('x'),
    fn: () => () => 1,
    text: () => {
      throw 'a text' as unknown as Error;
    },
    nothing: () => {
      throw undefined as unknown as Error;
    },
    bare: () => {
      throw Object.create(null) as Error;
    },
    rejects: () => Promise.reject(new Error('inside')),
    data: () => {
      throw new RpcFault(5, 'no', { n: 1n });
    },
    code: () => {
      throw new RpcFault(NaN, 'no');
    },
    ok: () => 'ok',
  });

  it('answer -32603 and the connection lives', async () => {
    const told: unknown[] = [];
    const { peer, raw } = facing({ service: odd, onError: (_, name) => told.push(name) });
    const names = [
      'bigint',
      'nan',
      'infinity',
      'cycle',
      'symbol',
      'fn',
      'text',
      'nothing',
      'bare',
      'rejects',
    ];
    for (const name of names) {
      raw.send(request(name, name));
      expect(await raw.next()).toEqual(fault(name, -32603, 'Internal error'));
    }
    expect(told).toEqual(names);
    raw.send(request(1, 'undef'), request(2, 'data'), request(3, 'code'), request(4, 'ok'));
    expect(await raw.take(4)).toEqual([
      answer(1, null),
      fault(2, 5, 'no'),
      fault(3, -32603, 'no'),
      answer(4, 'ok'),
    ]);
    await peer.close();
  });

  it('tell their message only where that is asked for, and never a stack', async () => {
    const { peer, raw } = facing({ service: odd, exposeErrors: true });
    raw.send(request(1, 'rejects'), request(2, 'text'), request(3, 'bare'), request(4, 'nothing'));
    const got = await raw.take(4);
    expect(got).toEqual(
      expect.arrayContaining([
        fault(1, -32603, 'inside'),
        fault(2, -32603, 'a text'),
        fault(3, -32603, 'Internal error'),
        fault(4, -32603, 'undefined'),
      ]),
    );
    expect(JSON.stringify(got)).not.toContain('peer.test');
    await peer.close();
  });
});

describe('back-pressure', () => {
  it('stops reading while as many calls run as may, and goes on when one ends', async () => {
    const gates = Array.from({ length: 5 }, () => gate<number>());
    const [left, right] = socketPair();
    const server = recorded(right);
    const peer = new Peer(server.stream, jsonRpc(), {
      service: service({ f: (i: number) => gates[i]?.promise }),
      maxInFlight: 2,
    });
    const caller = new Peer(left, jsonRpc());
    const calls = gates.map((_, i) => caller.call('f', [i]));
    await turn();
    expect(peer.inFlight).toBe(2);
    expect(server.calls).toEqual(['pause']);
    gates[1]?.open(1);
    expect(await calls[1]).toBe(1);
    await turn();
    expect(peer.inFlight).toBe(2);
    for (const [i, { open }] of gates.entries()) open(i);
    expect(await Promise.all(calls)).toEqual([0, 1, 2, 3, 4]);
    expect(server.calls.at(-1)).toBe('resume');
    await Promise.all([caller.close(), peer.close()]);
  });

  it('keeps few answers in memory for a client that calls and never reads', async () => {
    const [left, right] = socketPair();
    const server = recorded(right);
    const peer = new Peer(server.stream, jsonRpc({ framing: 'newline' }), {
      service: service({ big: () => 'x'.repeat(100_000) }),
    });
    const line = `${JSON.stringify(request(1, 'big'))}\n`;
    for (let i = 0; i < 100; i++) void left.write(line.repeat(100));
    await turn();
    expect(server.writes.length).toBeGreaterThan(0);
    expect(server.writes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(1_000_000);
    expect(server.calls).toEqual(['pause']);
    left.abort();
    await peer.closed;
  });

  it('loses no answer for a client that reads late', async () => {
    const { peer, raw } = facing({ service: service({ big: (i: number) => [i, 'x'.repeat(50_000)] }) });
    raw.send(...Array.from({ length: 100 }, (_, i) => request(i, 'big', i)));
    await turn();
    raw.end();
    const got = (await raw.rest()) as { id: number }[];
    expect(got.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    await peer.closed;
  });

  it('aborts a peer that leaves more unread than may wait', async () => {
    const [left, right] = socketPair();
    const peer = new Peer(right, jsonRpc(), { maxBufferedBytes: 300_000 });
    const call = peer.call('f', []);
    const refused = expect(call).rejects.toMatchObject({ code: 'CLOSED', cause: { code: 'TOO_LARGE' } });
    let sent = 0;
    for (; sent < 100; sent++) {
      try {
        void peer.notify('f', ['x'.repeat(50_000)]).catch(() => undefined);
        await turn();
        if (!(await Promise.race([peer.closed.then(() => false), turn().then(() => true)]))) break;
      } catch {
        break;
      }
    }
    expect(sent).toBeGreaterThan(4);
    expect(sent).toBeLessThan(10);
    await refused;
    const drained = async (): Promise<void> => {
      while ((await left.read()) !== undefined);
    };
    await expect(drained()).rejects.toMatchObject({ code: 'RESET' });
  });

  it('makes notify() wait, and tells in its own terms where the peer goes meanwhile', async () => {
    const { peer, raw } = facing();
    void peer.notify('f', ['x'.repeat(100_000)]);
    await turn();
    let isReady = false;
    const waits = peer.notify('f', []).then(() => {
      isReady = true;
    });
    const refused = expect(waits).rejects.toMatchObject({ name: 'RpcError', code: 'PEER_GONE' });
    await turn();
    expect(isReady).toBe(false);
    raw.stream.abort();
    await refused;
    await peer.closed;
  });

  it('does not deadlock two ends that both call more than the other reads at once', async () => {
    const echo = service({ echo: async (text: string) => Promise.resolve(text) });
    const [a, b] = joined({ service: echo, maxInFlight: 4 }, { service: echo, maxInFlight: 4 });
    const text = 'x'.repeat(20_000);
    const calls = [a, b].flatMap((peer) => Array.from({ length: 100 }, () => peer.call('echo', [text])));
    expect((await Promise.all(calls)).every((one) => one === text)).toBe(true);
    await Promise.all([a.close(), b.close()]);
  });
});
