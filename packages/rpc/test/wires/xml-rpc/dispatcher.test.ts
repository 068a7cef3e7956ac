import { describe, expect, it } from 'vitest';
import { RpcFault, RpcUsageError } from '../../../src/errors.ts';
import { service, type Service } from '../../../src/service.ts';
import { decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import {
  XmlRpcDispatcher,
  type XmlRpcCallOrigin,
  type XmlRpcDispatcherOptions,
} from '../../../src/wires/xml-rpc/dispatcher.ts';
import { encodeCall } from '../../../src/wires/xml-rpc/writer.ts';

const api = service({
  add: (a: number, b: number) => a + b,
  later: async (value: unknown) => Promise.resolve(value),
  echo: (value: unknown) => value,
  nothing: () => undefined,
  fail: (): void => {
    throw new Error('the password is hunter2');
  },
  failLater: async (): Promise<void> => Promise.reject(new Error('the password is hunter2')),
  throwText: (): void => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- programs do
    throw 'text';
  },
  fault: (code: number, message: string): void => {
    throw new RpcFault(code, message);
  },
  instance: () => new Map(),
  kv: { get: (key: string) => `value of ${key}` },
});

/** The answer to a call, decoded: a value, or the fault in one. */
async function ask(
  method: string,
  params: readonly unknown[],
  options: XmlRpcDispatcherOptions = {},
  target: Service = api,
): Promise<unknown> {
  return answerTo(encodeCall(method, params, { allowNone: true }), options, target);
}

async function answerTo(
  request: Uint8Array | string,
  options: XmlRpcDispatcherOptions = {},
  target: Service = api,
): Promise<unknown> {
  return read(await new XmlRpcDispatcher(target, options).dispatch(Buffer.from(request)));
}

function read(answer: Uint8Array): unknown {
  try {
    return decodeResponse(answer);
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    return { fault: error.code, message: error.message };
  }
}

describe('a call', () => {
  it('is answered with what the procedure returns', async () => {
    expect(await ask('add', [1, 2])).toBe(3);
    expect(await ask('kv.get', ['a'])).toBe('value of a');
    expect(await ask('later', [[1, { a: 'ü' }]])).toEqual([1, { a: 'ü' }]);
  });

  it('is answered without a promise where the procedure makes none', () => {
    const dispatcher = new XmlRpcDispatcher(api);
    expect(dispatcher.dispatch(encodeCall('add', [1, 2]))).toBeInstanceOf(Uint8Array);
    expect(dispatcher.dispatch(encodeCall('later', [1]))).toBeInstanceOf(Promise);
  });

  it('takes a value for what it is, then, toJSON and valueOf included', async () => {
    const struct = JSON.parse(
      '{"then": "a", "toJSON": 1, "valueOf": 2, "__proto__": 3, "constructor": 4}',
    ) as object;
    for (const method of ['echo', 'later']) {
      expect(Object.entries((await ask(method, [struct])) as object)).toEqual(Object.entries(struct));
    }
  });

  it('gets the signal of its origin, and one of its own where there is none', async () => {
    const contexts: { method: string; signal: AbortSignal; isNotification: boolean }[] = [];
    const procedure = {
      name: 'a',
      call: (
        _: readonly unknown[],
        context: { method: string; signal: AbortSignal; isNotification: boolean },
      ) => {
        contexts.push(context);
        return 1;
      },
    };
    const dispatcher = new XmlRpcDispatcher({ procedures: new Map([['a', procedure]]) });
    const { signal } = new AbortController();
    await dispatcher.dispatch(encodeCall('a', []), { signal });
    await dispatcher.dispatch(encodeCall('a', []));
    expect(contexts[0]?.signal).toBe(signal);
    expect(contexts[1]?.signal.aborted).toBe(false);
    expect(contexts[1]?.signal).toBe(contexts[1]?.signal);
    expect(contexts[0]).toMatchObject({ method: 'a', isNotification: false });
  });

  it('may have nil where it is allowed; in requests it always may', async () => {
    expect(await ask('nothing', [], { allowNone: true })).toBe(null);
    expect(await ask('nothing', [])).toEqual({ fault: -32603, message: 'Internal error' });
    expect(await ask('later', [null], { allowNone: true })).toBe(null);
  });
});

describe('faults', () => {
  it('of the procedure cross as they are', async () => {
    expect(await ask('fault', [7, 'no <key>'])).toEqual({ fault: 7, message: 'no <key>' });
  });

  it.each(['fail', 'failLater'])('hide any other error: %s', async (method) => {
    const told: unknown[] = [];
    const options: XmlRpcDispatcherOptions = {
      onError: (error, name) => told.push([name, (error as Error).message]),
    };
    expect(await ask(method, [], options)).toEqual({ fault: -32603, message: 'Internal error' });
    expect(told).toEqual([[method, 'the password is hunter2']]);
    expect(await ask(method, [], { exposeErrors: true })).toMatchObject({
      fault: -32603,
      message: expect.stringContaining('hunter2') as string,
    });
  });

  it('hide what is thrown and no error', async () => {
    expect(await ask('throwText', [])).toEqual({ fault: -32603, message: 'Internal error' });
  });

  it('say that a result could not be written, to the server alone', async () => {
    const told: unknown[] = [];
    expect(await ask('instance', [], { onError: (error) => told.push(error) })).toEqual({
      fault: -32603,
      message: 'Internal error',
    });
    expect(told).toEqual([expect.any(RpcUsageError)]);
  });

  it.each([
    'sub',
    'kv',
    'kv.set',
    'kv.get.call',
    '__proto__',
    'constructor',
    'toString',
    'valueOf',
    'toJSON',
    'then',
    'kv.__proto__',
    'add.constructor',
    'system.listMethods',
    'system.multicall',
  ])('say that there is no method %s', async (method) => {
    expect(await ask(method, [])).toMatchObject({ fault: -32601 });
  });

  it.each([
    ['', -32700],
    ['hello', -32700],
    ['<methodCall>', -32700],
    ['<!DOCTYPE x><methodCall/>', -32700],
    ['<?xml version="1.0" encoding="utf-16"?><methodCall/>', -32700],
    [Buffer.from(encodeCall('add', [1, 2]).slice(0, -20)).toString(), -32700],
    ['<methodResponse/>', -32600],
    ['<methodCall/>', -32600],
    [
      '<methodCall><methodName>add</methodName><params><param><value><int>x</int></value></param></params></methodCall>',
      -32600,
    ],
    [`<methodCall><methodName>echo</methodName><params><param>${'<value><array><data>'.repeat(65)}`, -32600],
  ])('tell %j by its code: %d', async (request, code) => {
    expect(await answerTo(request)).toMatchObject({ fault: code });
  });

  it('never run a request cut short, at any length', async () => {
    let calls = 0;
    const dispatcher = new XmlRpcDispatcher(service({ count: (text: string) => (calls += text.length) }), {
      multicall: true,
    });
    for (const method of ['count', 'system.multicall']) {
      const params = method === 'count' ? ['ü'] : [[{ methodName: 'count', params: ['ü'] }]];
      const request = encodeCall(method, params).slice(0, -1);
      calls = 0;
      for (let length = 0; length < request.length; length++) {
        expect(read(await dispatcher.dispatch(request.subarray(0, length)))).toMatchObject({ fault: -32700 });
      }
      expect(calls).toBe(0);
      await dispatcher.dispatch(request);
      expect(calls).toBe(1);
    }
  });

  it('say that a request is above the limits', async () => {
    expect(await ask('echo', ['x'.repeat(500)], { limits: { maxBytes: 500 } })).toMatchObject({
      fault: -32600,
    });
    expect(await ask('echo', [[[1]]], { limits: { maxDepth: 1 } })).toMatchObject({ fault: -32600 });
    expect(await ask('echo', [[1, 2]], { limits: { maxValues: 2 } })).toMatchObject({ fault: -32600 });
  });
});

describe('introspection', () => {
  const options = { introspection: true, multicall: true };

  it('lists methods, its own included', async () => {
    const target = service({ b: () => 1, a: () => 1, kv: { get: () => 1 } });
    const system = ['system.listMethods', 'system.methodHelp', 'system.methodSignature'];
    expect(await ask('system.listMethods', [], options, target)).toEqual([
      'a',
      'b',
      'kv.get',
      ...system,
      'system.multicall',
    ]);
    expect(await ask('system.listMethods', [], { introspection: true }, target)).toEqual([
      'a',
      'b',
      'kv.get',
      ...system,
    ]);
  });

  it('has help, and no signatures', async () => {
    expect(await ask('system.methodHelp', ['system.multicall'], options)).toContain('fault');
    expect(await ask('system.methodHelp', ['add'], options)).toBe('');
    expect(await ask('system.methodHelp', ['constructor'], options)).toBe('');
    expect(await ask('system.methodSignature', ['add'], options)).toBe('signatures not supported');
  });

  it.each([
    ['system.listMethods', [1]],
    ['system.methodHelp', []],
    ['system.methodHelp', [1]],
    ['system.methodHelp', ['add', 'add']],
    ['system.methodSignature', []],
  ])('takes its parameters strictly: %s %j', async (method, params) => {
    expect(await ask(method, params, options)).toMatchObject({ fault: -32602 });
  });

  it('yields to a service that has its own', async () => {
    const own = service({ system: { listMethods: () => ['none of yours'], multicall: () => 'mine' } });
    expect(await ask('system.listMethods', [], options, own)).toEqual(['none of yours']);
    expect(await ask('system.multicall', [], options, own)).toBe('mine');
  });
});

describe('system.multicall', () => {
  const options = { multicall: true };
  const call = (methodName: string, ...params: unknown[]): unknown => ({ methodName, params });

  it('answers each call with [value] or the struct of its fault', async () => {
    const calls = [
      call('add', 1, 2),
      call('fault', 7, 'no'),
      call('later', [1]),
      call('fail'),
      call('nowhere'),
      call('instance'),
      call('nothing'),
      call('kv.get', 'a'),
    ];
    expect(await ask('system.multicall', [calls], options)).toEqual([
      [3],
      { faultCode: 7, faultString: 'no' },
      [[1]],
      { faultCode: -32603, faultString: 'Internal error' },
      { faultCode: -32601, faultString: expect.any(String) as string },
      { faultCode: -32603, faultString: 'Internal error' },
      { faultCode: -32603, faultString: 'Internal error' },
      ['value of a'],
    ]);
    expect(await ask('system.multicall', [[]], options)).toEqual([]);
  });

  it('runs one call after the other', async () => {
    const steps: string[] = [];
    const target = service({
      step: async (name: string) => {
        steps.push(`${name} begins`);
        await Promise.resolve();
        steps.push(`${name} ends`);
        return name;
      },
    });
    await ask('system.multicall', [[call('step', 'a'), call('step', 'b')]], options, target);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('holds no other, however deep', async () => {
    const nested = call('system.multicall', [call('add', 1, 2)]);
    expect(await ask('system.multicall', [[nested, call('add', 1, 2)]], options)).toEqual([
      { faultCode: -32600, faultString: expect.stringContaining('multicall') as string },
      [3],
    ]);
  });

  it('may hold introspection', async () => {
    const calls = [call('system.methodSignature', 'add')];
    expect(await ask('system.multicall', [calls], { ...options, introspection: true })).toEqual([
      ['signatures not supported'],
    ]);
    expect(await ask('system.multicall', [calls], options)).toMatchObject([{ faultCode: -32601 }]);
  });

  it.each([
    1,
    'add',
    [],
    {},
    { methodName: 'add' },
    { params: [] },
    { methodName: 1, params: [] },
    { methodName: 'add', params: {} },
  ])('answers what is no call, %j, with a fault in its place', async (entry) => {
    expect(await ask('system.multicall', [[entry, call('add', 1, 2)]], options)).toMatchObject([
      { faultCode: -32600 },
      [3],
    ]);
  });

  it.each([[[]], [[1]], [[{}]], [[[], []]]])('takes one array and nothing else: %j', async (params) => {
    expect(await ask('system.multicall', params, options)).toMatchObject({ fault: -32602 });
  });

  it('is limited in its calls', async () => {
    const calls = [1, 2, 3].map(() => call('add', 1, 2));
    expect(await ask('system.multicall', [calls], { ...options, maxMulticalls: 3 })).toEqual([[3], [3], [3]]);
    expect(await ask('system.multicall', [calls], { ...options, maxMulticalls: 2 })).toMatchObject({
      fault: -32600,
    });
    const many = Array.from({ length: 1001 }, () => call('add', 1, 2));
    expect(await ask('system.multicall', [many.slice(1)], options)).toHaveLength(1000);
    expect(await ask('system.multicall', [many], options)).toMatchObject({ fault: -32600 });
  });

  it('is limited in what it answers', async () => {
    const calls = [1, 2, 3].map(() => call('echo', 'x'.repeat(300)));
    expect(await ask('system.multicall', [calls], { ...options, limits: { maxBytes: 2000 } })).toHaveLength(
      3,
    );
    const target = service({
      text: (length: number) => 'x'.repeat(length),
      parts: () => Array.from({ length: 200 }, () => 1),
    });
    const limited = (...calls: unknown[]): Promise<unknown> =>
      ask('system.multicall', [calls], { ...options, limits: { maxBytes: 2000 } }, target);
    const tooLarge = { faultCode: -32603, faultString: 'Internal error' };
    // What does not fit beside the others is a fault of its own.
    expect(await limited(call('text', 1000), call('text', 1000), call('parts'), call('text', 1))).toEqual([
      ['x'.repeat(1000)],
      tooLarge,
      tooLarge,
      ['x'],
    ]);
    expect(await limited(call('text', 1700), call('parts'))).toMatchObject({ fault: -32603 });
  });

  it('begins no more calls when the client has left', async () => {
    const controller = new AbortController();
    let calls = 0;
    const target = service({
      leave: () => {
        calls++;
        controller.abort();
      },
    });
    const dispatcher = new XmlRpcDispatcher(target, { ...options, allowNone: true });
    const origin: XmlRpcCallOrigin = { signal: controller.signal };
    const request = encodeCall('system.multicall', [[call('leave'), call('leave')]]);
    expect(read(await dispatcher.dispatch(request, origin))).toMatchObject({ fault: -32603 });
    expect(calls).toBe(1);
  });

  it.each([-1, 1.5, NaN])('has no limit of %d', (maxMulticalls) => {
    expect(() => new XmlRpcDispatcher(api, { maxMulticalls })).toThrow(RpcUsageError);
  });
});
