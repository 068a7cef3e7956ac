import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RpcError, RpcFault } from '../../../src/errors.ts';
import type { Service } from '../../../src/service.ts';
import { multicall, xmlRpcClient } from '../../../src/wires/xml-rpc/client.ts';
import { HttpCaller } from '../../../src/wires/xml-rpc/http-caller.ts';
import { valuesOf } from '../../../src/wires/xml-rpc/multicall.ts';
import { double } from '../../../src/wires/xml-rpc/values.ts';

/** Prints its port; ends with its standard input. */
const program = `
import os, sys, threading
from xmlrpc.server import SimpleXMLRPCServer
from xmlrpc.client import Fault

class Keys:
    def __init__(self): self.values = {}
    def get(self, key): return self.values.get(key)
    def set(self, key, value):
        self.values[key] = value
        return True

class Api:
    kv = Keys()
    def add(self, a, b):
        "Adds two numbers."
        return a + b
    def echo(self, value): return value
    def kind(self, value): return type(value).__name__
    def show(self, value): return repr(value)
    def fault(self): raise Fault(7, 'no <key> größe')
    def fail(self): raise ValueError('inside')
    def path(self): return 'served'

server = SimpleXMLRPCServer(('127.0.0.1', 0), allow_none=True, use_builtin_types=True, logRequests=False)
server.register_instance(Api(), allow_dotted_names=True)
server.register_introspection_functions()
server.register_multicall_functions()
server.register_function(lambda: 'größe', 'größe')
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(server.server_address[1], flush=True)
server.serve_forever()
`;

type PythonApi = Service<{
  add(a: number, b: number): number;
  fault(): void;
  fail(): void;
  kv: { get(key: string): unknown; set(key: string, value: unknown): boolean };
}>;

let child: ChildProcess;
let url = '';
let caller: HttpCaller;

beforeAll(async () => {
  child = spawn('python3', ['-c', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONUTF8: '1' },
  });
  const [port] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  url = `http://127.0.0.1:${port}/RPC2`;
  caller = new HttpCaller(url, { allowNone: true });
});

afterAll(async () => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
});

describe("Python's SimpleXMLRPCServer", { timeout: 60_000 }, () => {
  it.each([
    [0],
    [-2147483648],
    [2147483647],
    [12345678901],
    [0.1],
    [-0],
    [1e300],
    [5e-324],
    [true],
    [false],
    [null],
    [''],
    [' a <b> & "c"\n\tgröße 漢 😀 '],
    [new Uint8Array(0)],
    [Uint8Array.from({ length: 1000 }, (_, i) => i % 256)],
    [new Date('1998-07-17T14:08:55Z')],
    [new Date('2024-03-31T02:30:00Z')],
    [[]],
    [[1, ['a', null]]],
    [{}],
    [{ a: { b: [1.5] }, constructor: 1, größe: 'x'.repeat(5000) }],
  ])('sends back %o as it is', async (value) => {
    expect(await caller.call('echo', [value])).toEqual(value);
  });

  it.each([
    [1, 'int', '1'],
    [double(1), 'float', '1.0'],
    [12345678901, 'float', '12345678901.0'],
    [2n ** 62n, 'int', '4611686018427387904'],
    ['a\rb', 'str', "'a\\rb'"],
    [Uint8Array.of(1), 'bytes', "b'\\x01'"],
    [new Date('2024-10-27T02:30:00.999Z'), 'datetime', 'datetime.datetime(2024, 10, 27, 2, 30)'],
    [null, 'NoneType', 'None'],
    [JSON.parse('{"__proto__": 1}') as object, 'dict', "{'__proto__': 1}"],
  ])('sees %o as %s', async (value, kind, shown) => {
    expect(await caller.call('kind', [value])).toBe(kind);
    expect(await caller.call('show', [value])).toBe(shown);
  });

  it('takes dotted names, and names beyond ASCII', async () => {
    expect(await caller.call('kv.set', ['k', { a: 1 }])).toBe(true);
    expect(await caller.call('kv.get', ['k'])).toEqual({ a: 1 });
    expect(await caller.call('kv.get', ['none'])).toBe(null);
    expect(await caller.call('größe', [])).toBe('größe');
  });

  it('answers with faults', async () => {
    await expect(caller.call('fault', [])).rejects.toEqual(new RpcFault(7, 'no <key> größe'));
    await expect(caller.call('fail', [])).rejects.toMatchObject({
      name: 'RpcFault',
      code: 1,
      message: "<class 'ValueError'>:inside",
    });
    await expect(caller.call('nowhere', [])).rejects.toMatchObject({ name: 'RpcFault', code: 1 });
    await expect(caller.call('add', [1])).rejects.toMatchObject({ name: 'RpcFault', code: 1 });
  });

  it('tells what there is', async () => {
    expect(await caller.call('system.listMethods', [])).toEqual(
      expect.arrayContaining(['add', 'echo', 'system.multicall']),
    );
    expect(await caller.call('system.methodSignature', ['add'])).toBe('signatures not supported');
    expect(await caller.call('system.methodHelp', ['add'])).toBe('Adds two numbers.');
  });

  it('runs multicalls, and a client that knows its procedures', async () => {
    const client = xmlRpcClient<PythonApi>(url, { allowNone: true });
    expect(await client.add(1, 2)).toBe(3);
    expect(await client.kv.set('m', 'x')).toBe(true);
    const results = await multicall(client, (m) => [
      m.add(1, 2),
      m.kv.get('m'),
      m.fault(),
      m.fail(),
      m.kv.get('none'),
    ]);
    expect(results).toEqual([
      { status: 'fulfilled', value: 3 },
      { status: 'fulfilled', value: 'x' },
      { status: 'rejected', reason: new RpcFault(7, 'no <key> größe') },
      { status: 'rejected', reason: new RpcFault(1, "<class 'ValueError'>:inside") },
      { status: 'fulfilled', value: null },
    ]);
    expect(valuesOf(await multicall(client, (m) => [m.kv.set('n', 1), m.kv.get('n')]))).toEqual([true, 1]);
  });

  it('serves a thousand structs, compressed as it likes', async () => {
    const rows = Array.from({ length: 1000 }, (_, id) => ({
      id,
      name: `row ${String(id)}`,
      isOdd: id % 2 === 1,
    }));
    expect(await caller.call('echo', [rows])).toEqual(rows);
  });

  it('is elsewhere not found', async () => {
    const error: unknown = await new HttpCaller(new URL('/elsewhere', url))
      .call('path', [])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: 'HTTP', message: expect.stringContaining('404') as string });
  });

  it('answers many at once', async () => {
    const sums = await Promise.all(Array.from({ length: 50 }, (_, i) => caller.call('add', [i, 1])));
    expect(sums).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });
});
