import { describe, expect, it } from 'vitest';
import type { Caller } from '../src/client.ts';
import { InboundCalls } from '../src/inbound-calls.ts';
import { settlePeer } from '../src/peer-options.ts';
import {
  jsonRpc,
  method,
  RpcFault,
  service,
  type CallId,
  type Packet,
  type PeerOptions,
  type Service,
} from '../src/index.ts';

function call(id: CallId | undefined, name: string, ...params: readonly unknown[]): Packet {
  return { kind: 'call', id, method: name, params, named: false };
}

function receiving(
  api: Service | undefined,
  limit = Infinity,
  options: PeerOptions = {},
): { calls: InboundCalls; sent: unknown[]; errors: unknown[]; settled: () => number } {
  const sent: unknown[] = [];
  const errors: unknown[] = [];
  let settled = 0;
  const caller: Caller = { call: () => Promise.resolve() };
  const settings = settlePeer({
    ...options,
    ...(api === undefined ? {} : { service: api }),
    onError: (error) => errors.push(error),
  });
  const calls = new InboundCalls(jsonRpc(), caller, settings, {
    answer: (text) => {
      if (text.length > limit) return false;
      sent.push(JSON.parse(text));
      return true;
    },
    settled: () => settled++,
  });
  return { calls, sent, errors, settled: () => settled };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('InboundCalls', () => {
  it('answers in its turn what ends in its turn', () => {
    const { calls, sent, settled } = receiving(service({ f: () => 1, note: () => 2 }));
    calls.receive(call(1, 'f'));
    calls.receive(call(undefined, 'note'));
    calls.receiveBatch([call(2, 'f'), call(undefined, 'note')]);
    expect(sent).toMatchObject([{ id: 1, result: 1 }, [{ id: 2, result: 1 }]]);
    expect([calls.size, calls.isIdle, settled()]).toEqual([0, true, 0]);
  });

  it('is idle only when the last answer has been given', async () => {
    let open!: () => void;
    const both = new Promise<void>((resolve) => (open = resolve));
    const { calls, sent, settled } = receiving(service({ f: () => both }));
    calls.receive(call(1, 'f'));
    calls.receiveBatch([call(2, 'f'), call(undefined, 'f')]);
    expect([calls.size, calls.isIdle]).toEqual([3, false]);
    open();
    const states: [number, boolean, number][] = [];
    for (let i = 0; i < 10; i++) {
      await Promise.resolve();
      states.push([calls.size, calls.isIdle, sent.length]);
    }
    // The procedures are over a few turns before their answers are made: that is not yet the end.
    expect(states.every(([, isIdle, count]) => isIdle === (count === 2))).toBe(true);
    expect(states.some(([size, isIdle]) => size === 0 && !isIdle)).toBe(true);
    expect(calls.isIdle).toBe(true);
    // Of the call, of those of the batch, and of the batch.
    expect(settled()).toBe(4);
  });

  it('serves nothing without a service', () => {
    const { calls, sent } = receiving(undefined);
    calls.receive(call(1, 'f'));
    expect(sent).toMatchObject([{ id: 1, error: { code: -32601 } }]);
  });

  it('says so where an answer is too large', async () => {
    const { calls, sent } = receiving(
      service({ big: () => 'x'.repeat(500), later: () => Promise.resolve('x'.repeat(500)) }),
      250,
    );
    calls.receive(call(1, 'big'));
    calls.receive(call(2, 'later'));
    calls.receiveBatch([call(3, 'big'), call(undefined, 'big'), call(4, 'none')]);
    await turn();
    const tooLarge = { error: { code: -32603, message: 'the answer is too large' } };
    expect(sent).toMatchObject([
      { id: 1, ...tooLarge },
      [
        { id: 3, ...tooLarge },
        { id: 4, ...tooLarge },
      ],
      { id: 2, ...tooLarge },
    ]);
  });

  it('makes a signal only when it is asked for, aborted where that came first', async () => {
    const seen: unknown[] = [];
    const api = service({
      f: method([], async (context) => {
        await Promise.resolve();
        const { signal } = context;
        seen.push(signal.aborted, signal === context.signal);
        signal.throwIfAborted();
      }),
    });
    const { calls, sent } = receiving(api);
    calls.receive(call(1, 'f'));
    calls.receive({ kind: 'cancel', id: 1 });
    calls.receive({ kind: 'cancel', id: 1 });
    calls.receive({ kind: 'cancel', id: null });
    await turn();
    expect(seen).toEqual([true, true]);
    expect(sent).toMatchObject([{ id: 1, error: { code: -32800 } }]);
  });

  it('tells a procedure what it was called by, and whether anybody waits', () => {
    const seen: unknown[] = [];
    const api = service({
      kv: {
        f: method(
          [],
          (context) => void seen.push(context.method, context.isNotification, context.peer !== undefined),
        ),
      },
    });
    const { calls } = receiving(api);
    calls.receive(call(undefined, 'kv.f'));
    calls.receive(call(null, 'kv.f'));
    expect(seen).toEqual(['kv.f', true, true, 'kv.f', false, true]);
  });

  it('aborts all that run with the reason', async () => {
    const reasons: unknown[] = [];
    const api = service({
      wait: method([], (context) => {
        context.signal.addEventListener('abort', () => reasons.push(context.signal.reason));
        return new Promise(() => undefined);
      }),
    });
    const { calls } = receiving(api);
    for (const id of [1, '1', null, null, undefined]) calls.receive(call(id, 'wait'));
    expect(calls.size).toBe(5);
    calls.abortAll('over');
    await turn();
    expect(reasons).toEqual(['over', 'over', 'over', 'over', 'over']);
  });

  it('tells of what is no fault, also of a notification', async () => {
    const inside = new Error('inside');
    const api = service({
      f: () => {
        throw inside;
      },
      g: () => Promise.reject(inside),
      h: () => {
        throw new RpcFault(1, 'x');
      },
    });
    const { calls, sent, errors } = receiving(api);
    for (const name of ['f', 'g', 'h']) calls.receive(call(undefined, name));
    await turn();
    expect(errors).toEqual([inside, inside]);
    expect(sent).toEqual([]);
  });

  it('begins no more calls of a batch than may run, and answers it whole', async () => {
    const gates: (() => void)[] = [];
    let most = 0;
    const api = service({
      slow: async (n: number) => {
        most = Math.max(most, calls.size + 1);
        await new Promise<void>((resolve) => gates.push(resolve));
        return n;
      },
      now: (n: number) => n,
    });
    const { calls, sent } = receiving(api, Infinity, { maxInFlight: 3 });
    const packets = Array.from({ length: 20 }, (_, i) =>
      call(i % 5 === 4 ? undefined : i, i % 4 === 3 ? 'now' : 'slow', i),
    );
    calls.receive(call('single', 'slow', -1));
    calls.receiveBatch(packets);
    expect([calls.size, calls.isFull, gates.length]).toEqual([3, true, 3]);
    // The last begun ends first, so that answers come in no order.
    while (!calls.isIdle) {
      gates.pop()?.();
      await turn();
      expect(calls.isFull).toBe(calls.size >= 3);
    }
    expect(most).toBe(3);
    const ids = packets.flatMap((packet) => ('id' in packet && packet.id !== undefined ? [packet.id] : []));
    expect(sent).toContainEqual(ids.map((id) => ({ jsonrpc: '2.0', id, result: id })));
    expect(sent).toContainEqual({ jsonrpc: '2.0', id: 'single', result: -1 });
    expect(sent).toHaveLength(2);
  });

  it('begins no other message before a batch has begun all its calls', async () => {
    let open!: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { calls } = receiving(service({ slow: () => opened }), Infinity, { maxInFlight: 2 });
    calls.receiveBatch([call(1, 'slow'), call(2, 'slow'), call(3, 'slow')]);
    expect([calls.size, calls.isFull]).toEqual([2, true]);
    open();
    await turn();
    expect([calls.size, calls.isFull, calls.isIdle]).toEqual([0, false, true]);
  });

  it('begins no call of a batch after the end', async () => {
    const begun: number[] = [];
    const gates: (() => void)[] = [];
    const api = service({
      slow: (n: number) => {
        begun.push(n);
        return new Promise<void>((resolve) => gates.push(resolve));
      },
    });
    const { calls } = receiving(api, Infinity, { maxInFlight: 1 });
    calls.receiveBatch([call(1, 'slow', 1), call(2, 'slow', 2), call(3, 'slow', 3)]);
    calls.abortAll(new Error('over'));
    gates[0]?.();
    await turn();
    expect(begun).toEqual([1]);
    expect(calls.size).toBe(0);
  });
});
