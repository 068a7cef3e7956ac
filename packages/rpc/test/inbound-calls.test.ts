import { describe, expect, it } from 'vitest';
import type { Caller } from '../src/client.ts';
import { InboundCalls } from '../src/inbound-calls.ts';
import { jsonRpc, method, RpcFault, service, type CallId, type Packet, type Service } from '../src/index.ts';

function call(id: CallId | undefined, name: string, ...params: readonly unknown[]): Packet {
  return { kind: 'call', id, method: name, params, named: false };
}

function receiving(
  api: Service | undefined,
  limit = Infinity,
): { calls: InboundCalls; sent: unknown[]; errors: unknown[]; settled: () => number } {
  const sent: unknown[] = [];
  const errors: unknown[] = [];
  let settled = 0;
  const caller: Caller = { call: () => Promise.resolve() };
  const calls = new InboundCalls(api, jsonRpc(), caller, {
    exposeErrors: false,
    onError: (error) => errors.push(error),
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
    expect(settled()).toBe(2);
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
});
