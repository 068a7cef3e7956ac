import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  expose,
  method,
  RpcFault,
  RpcUsageError,
  rpcOver,
  jsonRpc,
  Peer,
  service,
  toFault,
  type Client,
  type ClientMethod,
  type Service,
  type StandardSchema,
} from '../src/index.ts';
import { socketPair } from '@wirestack/socket';
import { answer, facing, fault, request } from './raw-end.ts';

class Store {
  readonly #values = new Map([['a', 1]]);
  ownField = (): string => 'own';
  get(key: string): number | undefined {
    return this.#values.get(key);
  }
  set(key: string, value: number): Map<string, number> {
    return this.#values.set(key, value);
  }
  secret(): string {
    return 'no';
  }
}

/** What the wire answers to one call of this service. */
async function called(api: Service, name: string, ...params: readonly unknown[]): Promise<unknown> {
  const { peer, raw } = facing({ service: api });
  raw.send(request(1, name, ...params));
  const got = await raw.next();
  await peer.close();
  return got;
}

const notFound = fault(1, -32601, 'Method not found');

describe('the names of a service', () => {
  const api = service({
    add: (a: number, b: number) => a + b,
    kv: expose(new Store(), ['get']),
    deep: { er: { f: () => 1 } },
  });
  const inherited = [
    '__proto__',
    'constructor',
    'toString',
    'valueOf',
    'toJSON',
    'then',
    'hasOwnProperty',
    'isPrototypeOf',
    '__defineGetter__',
  ];

  it.each(inherited)('do not include %s, which is nobody’s own', async (name) => {
    expect(await called(api, name)).toEqual(notFound);
    expect(await called(api, `kv.${name}`)).toEqual(notFound);
    expect(await called(api, `deep.er.${name}`)).toEqual(notFound);
    expect(await called(api, `add.${name}`)).toEqual(notFound);
  });

  it.each(['', '.', 'kv', 'kv.', '.kv.get', 'deep.er', 'ADD', 'add ', 'kv.get.call'])(
    'do not include %j, a group, a prefix or a variant of one that is there',
    async (name) => {
      expect(await called(api, name)).toEqual(notFound);
    },
  );

  it('are those of groups joined with dots, in the order of the literal', () => {
    expect([...api.procedures.keys()]).toEqual(['add', 'kv.get', 'deep.er.f']);
    expect([...api.procedures.values()].map(({ name }) => name)).toEqual(['add', 'kv.get', 'deep.er.f']);
  });

  it('may be any text: a slash, a dollar, one that objects inherit', async () => {
    const odd = service({
      'textDocument/hover': () => 'h',
      '$/x': () => 'x',
      ['__proto__']: () => 'p',
      toString: () => 's',
    });
    expect(await called(odd, 'textDocument/hover')).toEqual(answer(1, 'h'));
    expect(await called(odd, '$/x')).toEqual(answer(1, 'x'));
    expect(await called(odd, '__proto__')).toEqual(answer(1, 'p'));
    expect(await called(odd, 'toString')).toEqual(answer(1, 's'));
  });

  it('are own ones only: what the prototype of a literal holds is not served', () => {
    const literal = Object.create(null) as Record<string, () => number>;
    literal['a'] = () => 1;
    expect([...service(literal).procedures.keys()]).toEqual(['a']);
    Object.defineProperty(literal, 'hidden', { value: () => 2, enumerable: false });
    expect([...service(literal).procedures.keys()]).toEqual(['a']);
  });

  it('are refused where one is empty', () => {
    expect(() => service({ '': () => 1 })).toThrow(RpcUsageError);
    expect(() => service({ group: { '': () => 1 } })).toThrow(/group\..* has no name/);
  });

  it('are refused where one is there twice', () => {
    expect(() => service({ 'kv.get': () => 1, kv: { get: () => 2 } })).toThrow('kv.get is there twice');
    expect(() => service({ kv: expose(new Store(), ['get', 'get']) })).toThrow('kv.get is there twice');
  });
});

describe('service()', () => {
  it('refuses instances of classes, whose methods nobody listed', () => {
    expect(() => service({ store: new Store() })).toThrow(/expose an instance/);
    expect(() => service(new Store())).toThrow(RpcUsageError);
    expect(() => service({ list: [() => 1] })).toThrow(RpcUsageError);
    expect(() => service([() => 1])).toThrow(RpcUsageError);
    expect(() => service(Object.create({ inherited: () => 1 }) as object)).toThrow(RpcUsageError);
  });

  it.each([
    ['a number', 1],
    ['a string', 'x'],
    ['null', null],
    ['undefined', undefined],
    ['a map', new Map()],
  ])('refuses %s as a member', (_, member) => {
    expect(() => service({ member })).toThrow(/^member is no function/);
  });

  it('refuses groups that go round in a circle', () => {
    const group: Record<string, unknown> = { f: () => 1 };
    group['again'] = group;
    expect(() => service({ group })).toThrow(/nest too deep/);
  });

  it('does not see what is added to the literal later', async () => {
    const literal: Record<string, () => number> = { a: () => 1 };
    const api = service(literal);
    literal['b'] = () => 2;
    literal['a'] = () => 3;
    expect(await called(api, 'b')).toEqual(notFound);
    expect(await called(api, 'a')).toEqual(answer(1, 1));
  });

  it('calls plain functions without a receiver', async () => {
    const api = service({
      whoAmI(this: unknown) {
        return this === undefined;
      },
    });
    expect(await called(api, 'whoAmI')).toEqual(answer(1, true));
  });

  it('answers a call of more parameters than a function can take, and lives', async () => {
    const { peer, raw } = facing({ service: service({ count: (...params: number[]) => params.length }) });
    raw.send(
      `{"jsonrpc":"2.0","id":1,"method":"count","params":[${'0,'.repeat(1_000_000)}0]}`,
      request(2, 'count', 1),
    );
    expect(await raw.next()).toEqual(fault(1, -32603, 'Internal error'));
    expect(await raw.next()).toEqual(answer(2, 1));
    await peer.close();
  });
});

describe('expose()', () => {
  const api = service({ kv: expose(new Store(), ['get', 'ownField']) });

  it('serves the methods that are listed, on their object', async () => {
    expect(await called(api, 'kv.get', 'a')).toEqual(answer(1, 1));
    expect(await called(api, 'kv.ownField')).toEqual(answer(1, 'own'));
  });

  it('serves no others', async () => {
    expect(await called(api, 'kv.set', 'a', 2)).toEqual(notFound);
    expect(await called(api, 'kv.secret')).toEqual(notFound);
    expect(await called(api, 'kv.target')).toEqual(notFound);
    expect(await called(api, 'kv.names')).toEqual(notFound);
  });

  it('refuses a name that is no method', () => {
    expect(() => expose({ data: 1, f: () => 1 }, ['data'])).toThrow('data is no method');
    expect(() => expose(new Store(), ['gone' as 'get'])).toThrow(RpcUsageError);
  });
});

const libraries = {
  zod: {
    number: z.number(),
    user: z.object({ name: z.string(), tags: z.array(z.string()) }),
    length: z.string().transform((text) => text.length),
    later: z.string().refine(async (text) => (await Promise.resolve(text)) !== 'bad', 'no good'),
    optional: z.number().optional(),
  },
  valibot: {
    number: v.number(),
    user: v.object({ name: v.string(), tags: v.array(v.string()) }),
    length: v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
    later: v.pipeAsync(
      v.string(),
      v.checkAsync(async (text) => (await Promise.resolve(text)) !== 'bad', 'no good'),
    ),
    optional: v.optional(v.number()),
  },
};

describe.each(Object.entries(libraries))('method() with schemas of %s', (_, schemas) => {
  const number = schemas.number as StandardSchema<number>;
  const api = service({
    pow: method([number, number], (_, x, y) => x ** y, { names: ['x', 'y'] }),
    greet: method([schemas.user as StandardSchema<{ name: string; tags: string[] }>], (_, user) => user.name),
    double: method([schemas.length as StandardSchema<string, number>], (_, length) => length * 2),
    later: method([number, schemas.later as StandardSchema<string>], (_, n, text) => `${text}${String(n)}`),
    maybe: method(
      [number, schemas.optional as StandardSchema<number | undefined>],
      (_, a, b) => [a, b ?? 'none'],
      {
        names: ['a', 'b'],
      },
    ),
    none: method([], (context) => context.method),
  });

  it('runs what passes', async () => {
    expect(await called(api, 'pow', 2, 10)).toEqual(answer(1, 1024));
    expect(await called(api, 'greet', { name: 'Ada', tags: [] })).toEqual(answer(1, 'Ada'));
    expect(await called(api, 'none')).toEqual(answer(1, 'none'));
  });

  it('gives the procedure what the schema puts out', async () => {
    expect(await called(api, 'double', 'four')).toEqual(answer(1, 8));
  });

  it('tells what does not pass, with the parameter and the path in it', async () => {
    const refused = await called(api, 'greet', { name: 1, tags: ['a', 2] });
    expect(refused).toMatchObject({
      id: 1,
      error: { code: -32602, data: [{ path: [0, 'name'] }, { path: [0, 'tags', '1'] }] },
    });
    expect(await called(api, 'pow', 2, 'x')).toMatchObject({
      error: { code: -32602, data: [{ path: [1] }] },
    });
    expect(JSON.stringify(refused)).not.toContain('stack');
  });

  it('waits for a schema that takes its time, and runs nothing before', async () => {
    expect(await called(api, 'later', 1, 'good')).toEqual(answer(1, 'good1'));
    expect(await called(api, 'later', 1, 'bad')).toEqual(
      fault(1, -32602, 'Invalid params: no good', [{ path: [1], message: 'no good' }]),
    );
    expect(await called(api, 'later', 'x', 'good')).toMatchObject({
      error: { code: -32602, data: [{ path: [0] }] },
    });
  });

  it('refuses one parameter too many, and checks one left out as undefined', async () => {
    expect(await called(api, 'pow', 1, 2, 3)).toEqual(
      fault(1, -32602, 'Invalid params: takes 2 parameters, 3 were given'),
    );
    expect(await called(api, 'pow', 1)).toMatchObject({ error: { code: -32602, data: [{ path: [1] }] } });
    expect(await called(api, 'maybe', 1)).toEqual(answer(1, [1, 'none']));
    expect(await called(api, 'none', 1)).toMatchObject({ error: { code: -32602 } });
  });

  it('takes parameters by name where they have names, in any order', async () => {
    const { peer, raw } = facing({ service: api });
    const named = (id: number, name: string, params: object): object => ({
      jsonrpc: '2.0',
      id,
      method: name,
      params,
    });
    raw.send(
      named(1, 'pow', { y: 3, x: 2 }),
      named(2, 'maybe', { a: 1 }),
      named(3, 'pow', { x: 2, y: 3, z: 4 }),
      named(4, 'pow', { x: 2 }),
      '{"jsonrpc":"2.0","id":5,"method":"pow","params":{"x":2,"y":3,"__proto__":{}}}',
      named(6, 'greet', { name: 'Ada', tags: ['x'] }),
      named(7, 'maybe', { b: 2 }),
    );
    expect(await raw.take(7)).toMatchObject([
      { id: 1, result: 8 },
      { id: 2, result: [1, 'none'] },
      { id: 3, error: { code: -32602, message: 'Invalid params: no parameter is called "z"' } },
      { id: 4, error: { code: -32602, data: [{ path: [1] }] } },
      { id: 5, error: { code: -32602, message: 'Invalid params: no parameter is called "__proto__"' } },
      { id: 6, result: 'Ada' },
      { id: 7, error: { code: -32602, data: [{ path: [0] }] } },
    ]);
    await peer.close();
  });
});

describe('method()', () => {
  it('refuses what is no schema, and names that are not one for each', () => {
    expect(() => method([{} as StandardSchema], () => 1)).toThrow(RpcUsageError);
    expect(() => method([undefined as unknown as StandardSchema], () => 1)).toThrow(RpcUsageError);
    expect(() => method([z.number()], () => 1, { names: [] })).toThrow(RpcUsageError);
    expect(() => method([z.number()], () => 1, { names: ['a', 'b'] })).toThrow(RpcUsageError);
  });

  it('tells no more than sixteen issues', async () => {
    const api = service({ f: method([z.array(z.number())], () => 1) });
    const refused = (await called(
      api,
      'f',
      Array.from({ length: 100 }, () => 'x'),
    )) as { error: { data: unknown[] } };
    expect(refused.error.data).toHaveLength(16);
  });

  it('waits for a schema whose answer is a promise of another library', async () => {
    const thenable: StandardSchema<string> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () =>
          ({
            then: (resolve: (value: unknown) => void) => {
              resolve({ issues: [{ message: 'refused', path: [{ key: 'in' }] }] });
            },
          }) as unknown as Promise<never>,
      },
    };
    const api = service({ f: method([thenable], () => 'ran') });
    expect(await called(api, 'f', 'x')).toEqual(
      fault(1, -32602, 'Invalid params: refused', [{ path: [0, 'in'], message: 'refused' }]),
    );
  });

  it('tells nothing of a schema that throws', async () => {
    const broken: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw new Error('inside');
        },
      },
    };
    expect(await called(service({ f: method([broken], () => 1) }), 'f', 1)).toEqual(
      fault(1, -32603, 'Internal error'),
    );
  });
});

describe('toFault()', () => {
  it('keeps a fault, and hides anything else unless asked', () => {
    const mine = new RpcFault(7, 'no');
    expect(toFault(mine, false)).toBe(mine);
    expect(toFault(new Error('inside'), false)).toEqual(new RpcFault(-32603, 'Internal error'));
    expect(toFault(new Error('inside'), true)).toEqual(new RpcFault(-32603, 'inside'));
    expect(toFault('text', true)).toEqual(new RpcFault(-32603, 'text'));
    expect(toFault(undefined, true)).toEqual(new RpcFault(-32603, 'undefined'));
  });

  it('makes a fault of what has no text', () => {
    expect(toFault(Object.create(null), true)).toEqual(new RpcFault(-32603, 'Internal error'));
    expect(toFault(Object.assign(new Error('x'), { message: undefined }), true)).toEqual(
      new RpcFault(-32603, 'Internal error'),
    );
  });
});

describe('the types of a client', () => {
  const api = service({
    add: (a: number, b: number) => a + b,
    later: (text: string): Promise<Date> => Promise.resolve(new Date(text)),
    silent: () => undefined,
    many: (first: string, ...rest: number[]) => [first, rest] as const,
    length: method([z.string().transform((text) => text.length), z.number().default(1)], (_, a, b) => a + b),
    async: method([v.string()], async (_, text) => Promise.resolve(text.length)),
    kv: expose(new Store(), ['get']),
    group: { inner: { f: (x: boolean) => !x } },
  });
  type Api = Client<typeof api>;

  it('are the parameters and the awaited result of a function', () => {
    expectTypeOf<Api['add']>().toEqualTypeOf<ClientMethod<[a: number, b: number], number>>();
    expectTypeOf<ReturnType<Api['later']>>().toEqualTypeOf<Promise<Date>>();
    expectTypeOf<ReturnType<Api['silent']>>().toEqualTypeOf<Promise<undefined>>();
    expectTypeOf<Parameters<Api['many']>>().toEqualTypeOf<[first: string, ...rest: number[]]>();
    expectTypeOf<Parameters<Api['add']['notify']>>().toEqualTypeOf<[a: number, b: number]>();
    expectTypeOf<ReturnType<Api['add']['with']>>().toEqualTypeOf<(a: number, b: number) => Promise<number>>();
  });

  it('are what a schema takes, not what it puts out', () => {
    expectTypeOf<Parameters<Api['length']>>().toEqualTypeOf<[string, number | undefined]>();
    expectTypeOf<ReturnType<Api['length']>>().toEqualTypeOf<Promise<number>>();
    expectTypeOf<Parameters<Api['async']>>().toEqualTypeOf<[string]>();
    expectTypeOf<ReturnType<Api['async']>>().toEqualTypeOf<Promise<number>>();
    method([z.string().transform((text) => text.length)], (context, length) => {
      expectTypeOf(length).toBeNumber();
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
    });
  });

  it('are of exposed objects only what is listed, and of groups their members', () => {
    expectTypeOf<Api['kv']>().toHaveProperty('get');
    expectTypeOf<Api['kv']>().not.toHaveProperty('set');
    expectTypeOf<ReturnType<Api['kv']['get']>>().toEqualTypeOf<Promise<number | undefined>>();
    expectTypeOf<ReturnType<Api['group']['inner']['f']>>().toEqualTypeOf<Promise<boolean>>();
    expectTypeOf<Api>().not.toHaveProperty('other');
  });

  it('may come from an interface of a service that others run, and hold at run time', async () => {
    interface Theirs {
      add(a: number, b: number): number;
      group: { inner: { f(x: boolean): Promise<boolean> } };
    }
    const [ours, theirs] = socketPair();
    const peer = new Peer(theirs, jsonRpc(), { service: api });
    const client = rpcOver<Theirs>(ours, { codec: jsonRpc() });
    const sum = await client.add(1, 2);
    expectTypeOf(sum).toBeNumber();
    expect(sum).toBe(3);
    expect(await client.group.inner.f(true)).toBe(false);
    await peer.close();
  });
});
