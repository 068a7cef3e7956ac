import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RpcFault } from '../../../src/errors.ts';
import { service } from '../../../src/service.ts';
import { xmlRpcApplication } from '../../../src/wires/xml-rpc/application.ts';

const run = promisify(execFile);

const store = new Map<string, unknown>();
const api = service({
  add: (a: number, b: number) => a + b,
  echo: (value: unknown) => value,
  kind: (value: unknown) => Object.prototype.toString.call(value),
  fault: (): void => {
    throw new RpcFault(7, 'no <key>');
  },
  fail: (): void => {
    throw new Error('inside');
  },
  kv: {
    set: (key: string, value: unknown) => {
      store.set(key, value);
      return true;
    },
    get: async (key: string) => Promise.resolve(store.get(key) ?? null),
  },
});

/** An application behind Node's own server: as little of a gateway as there can be. */
function listener(options: Parameters<typeof xmlRpcApplication>[1]): Server {
  const application = xmlRpcApplication(api, options);
  return createServer((request, response) => {
    void (async () => {
      let status = '';
      let headers: readonly (readonly [string, string])[] = [];
      const body = await readAll(request);
      let rest = body;
      const pieces = await application(
        {
          REQUEST_METHOD: request.method ?? '',
          PATH_INFO: request.url ?? '',
          CONTENT_TYPE: request.headers['content-type'],
          CONTENT_LENGTH: request.headers['content-length'],
          HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
          'wsgi.input': {
            read: () => {
              const all = rest;
              rest = Buffer.alloc(0);
              return Promise.resolve(all);
            },
          },
          'wsgi.errors': { write: () => undefined },
        },
        (line, list) => {
          status = line;
          headers = list;
        },
      );
      response.writeHead(Number(status.slice(0, 3)), Object.fromEntries(headers)).end(Buffer.concat(pieces));
    })();
  });
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const server = listener({ allowNone: true, introspection: true, multicall: true, paths: ['/', '/RPC2'] });
let port = 0;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

/** What a program prints that has `proxy` at hand. */
async function python(program: string): Promise<string[]> {
  const prelude = `
import xmlrpc.client, datetime, sys
url = 'http://127.0.0.1:${String(port)}'
proxy = xmlrpc.client.ServerProxy(url, allow_none=True, use_builtin_types=True)
`;
  const { stdout } = await run('python3', ['-c', prelude + program], {
    timeout: 50_000,
    env: { ...process.env, PYTHONUTF8: '1' },
  });
  return stdout.trimEnd().split('\n');
}

describe("Python's ServerProxy", { timeout: 60_000 }, () => {
  it('gets back every type as it sent it', async () => {
    const printed = await python(`
values = [0, -2**31, 2**31 - 1, 0.1, -0.0, 1e300, 5e-324, 12345678901.0, True, False, None, '', 'a <b> & größe 漢 😀', ' \\n\\t ', b'', b'\\x00\\xff' * 500,
    datetime.datetime(1998, 7, 17, 14, 8, 55), datetime.datetime(2024, 3, 31, 2, 30), [], [1, ['a', None]], {}, {'a': {'b': [1.5]}, '__proto__': 1, 'größe': 2}]
for value in values:
    back = proxy.echo(value)
    assert back == value and type(back) == type(value) and repr(back) == repr(value), (value, back)
assert proxy.echo('a\\r\\nb') == 'a\\nb'
print(len(values))
`);
    expect(printed).toEqual(['22']);
  });

  it('has its types arrive as what they are', async () => {
    const printed = await python(`
for value in [1, 1.5, True, None, 'a', b'a', datetime.datetime(2024, 1, 1), [], {}]: print(proxy.kind(value))
`);
    const names = ['Number', 'Number', 'Boolean', 'Null', 'String', 'Uint8Array', 'Date', 'Array', 'Object'];
    expect(printed).toEqual(names.map((name) => `[object ${name}]`));
  });

  it('calls dotted names, and gets faults', async () => {
    const printed = await python(`
print(proxy.kv.set('k', {'a': [1]}), proxy.kv.get('k'), proxy.kv.get('none'))
for call in [proxy.fault, proxy.fail, proxy.nowhere, proxy.kv, getattr(proxy, '__class__.__init__')]:
    try: call()
    except xmlrpc.client.Fault as fault: print(fault.faultCode, fault.faultString)
`);
    expect(printed.slice(0, 3)).toEqual(["True {'a': [1]} None", '7 no <key>', '-32603 Internal error']);
    expect(printed.slice(3).map((line) => line.split(' ')[0])).toEqual(['-32601', '-32601', '-32601']);
  });

  it('finds out what there is', async () => {
    const printed = await python(`
print(' '.join(proxy.system.listMethods()))
print(proxy.system.methodSignature('add'))
print(repr(proxy.system.methodHelp('add')))
`);
    expect(printed).toEqual([
      'add echo fail fault kind kv.get kv.set system.listMethods system.methodHelp system.methodSignature system.multicall',
      'signatures not supported',
      "''",
    ]);
  });

  it('makes multicalls', async () => {
    const printed = await python(`
multi = xmlrpc.client.MultiCall(proxy)
multi.add(1, 2)
multi.kv.set('m', 'x')
multi.kv.get('m')
multi.fault()
multi.system.multicall([])
results = multi()
print(results[0], results[1], results[2])
for i in (3, 4):
    try: results[i]
    except xmlrpc.client.Fault as fault: print(fault.faultCode)
`);
    expect(printed).toEqual(['3 True x', '7', '-32600']);
  });

  it('sends ISO-8859-1, and megabytes', async () => {
    const printed = await python(`
latin = xmlrpc.client.ServerProxy(url + '/RPC2', encoding='iso-8859-1')
print(latin.echo('größe'))
rows = [{'id': i, 'name': 'row %d' % i, 'tags': ['a', 'b']} for i in range(10000)]
print(proxy.echo(rows) == rows)
try: xmlrpc.client.ServerProxy(url + '/elsewhere').add(1, 2)
except xmlrpc.client.ProtocolError as error: print(error.errcode)
`);
    expect(printed).toEqual(['größe', 'True', '404']);
  });
});
