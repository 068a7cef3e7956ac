import { get } from 'node:http';
import { lookup as nodeLookup } from 'node:dns';
import { connect as netConnect, type LookupFunction as NodeLookupFunction } from 'node:net';
import { connect, listen, SocketError, type ByteStream } from '@wirestack/socket';
import { describe, expect, it, onTestFinished } from 'vitest';
import { respond, type Message, type Rcode } from '../../src/message/index.ts';
import {
  createLookup,
  parseHosts,
  StubResolver,
  type CreateLookupOptions,
  type LookupFunction,
} from '../../src/resolver/index.ts';
import { answer, scriptedServer } from './scripted-server.ts';

type Options = Parameters<LookupFunction>[1];

const addresses: Readonly<Record<string, string>> = {
  A: 'www.example.com. 60 IN A 192.0.2.1',
  AAAA: 'www.example.com. 60 IN AAAA 2001:db8::1',
};
const v4 = { address: '192.0.2.1', family: 4 };
const v6 = { address: '2001:db8::1', family: 6 };

describe('createLookup', () => {
  it('gives the first address and its family', async () => {
    const { lookup } = faked();
    expect(await looked(lookup, 'www.example.com')).toEqual([null, '192.0.2.1', 4]);
    expect(await looked(lookup, 'www.example.com', { family: 6 })).toEqual([null, '2001:db8::1', 6]);
  });

  it.each([
    [{}, [v4, v6]],
    [{ family: 0 }, [v4, v6]],
    [{ order: 'ipv4first' }, [v4, v6]],
    [{ order: 'ipv6first' }, [v6, v4]],
    [{ verbatim: true, hints: 1024 }, [v4, v6]],
    [{ family: 4 }, [v4]],
    [{ family: 'IPv4' }, [v4]],
    [{ family: 'IPv6' }, [v6]],
  ] as const)('with all and %j gives the addresses that were asked for', async (options, expected) => {
    const { lookup, asked } = faked();
    expect(await looked(lookup, 'www.example.com', { ...options, all: true })).toEqual([null, expected]);
    expect(asked).toHaveLength(expected.length);
  });

  it('asks for both families at once', async () => {
    const asked: (() => void)[] = [];
    const resolver = new StubResolver({
      servers: ['192.0.2.1'],
      exchange: (query) =>
        new Promise((resolve) => {
          asked.push(() => resolve(answer(query, addresses[String(query.questions[0]?.type)]!)));
          // Neither is answered before both are asked.
          if (asked.length === 2) for (const reply of asked) reply();
        }),
    });
    expect(await looked(createLookup(resolver), 'www.example.com', { all: true })).toEqual([null, [v4, v6]]);
  });

  it('calls back in a later turn, with an answer of its own as well', async () => {
    const { lookup } = faked();
    let returned = false;
    const seen = new Promise((resolve) => {
      lookup('127.0.0.1', {}, () => resolve(returned));
    });
    returned = true;
    expect(await seen).toBe(true);
  });

  it.each([
    ['NXDOMAIN', 'NXDOMAIN', 'ENOTFOUND', -3008],
    ['NOERROR', 'NOERROR', 'ENOTFOUND', -3008],
    ['SERVFAIL', 'SERVFAIL', 'EAI_AGAIN', -3001],
    ['REFUSED', 'REFUSED', 'EAI_AGAIN', -3001],
    ['NXDOMAIN', 'SERVFAIL', 'EAI_AGAIN', -3001],
    ['SERVFAIL', 'NXDOMAIN', 'EAI_AGAIN', -3001],
  ] as const)('after %s for A and %s for AAAA fails with %s, as node does', async (a, aaaa, code, errno) => {
    const { lookup } = faked({}, { A: a, AAAA: aaaa });
    const [error] = await looked(lookup, 'www.example.com');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      code,
      errno,
      syscall: 'getaddrinfo',
      hostname: 'www.example.com',
      message: `getaddrinfo ${code} www.example.com`,
      cause: { name: 'DnsResolveError' },
    });
  });

  it.each([
    [{ A: 'SERVFAIL' }, [v6]],
    [{ A: 'NOERROR' }, [v6]],
    [{ AAAA: 'SERVFAIL' }, [v4]],
  ] as const)('gives the addresses there are after %j', async (rcodes, expected) => {
    const { lookup } = faked({}, rcodes);
    expect(await looked(lookup, 'www.example.com', { all: true })).toEqual([null, expected]);
  });

  it('fails with EAI_AGAIN where the deadline passes or the signal fires', async () => {
    const signal = AbortSignal.abort('never mind');
    const [aborted] = await looked(faked({ signal }).lookup, 'www.example.com');
    expect(aborted).toMatchObject({ code: 'EAI_AGAIN', cause: { code: 'ABORTED', cause: 'never mind' } });
    const [late] = await looked(faked({ timeoutMs: 0 }).lookup, 'www.example.com');
    expect(late).toMatchObject({ code: 'EAI_AGAIN', cause: { code: 'TIMED_OUT' } });
  });

  it.each(['a..b', `${'a'.repeat(64)}.example`, '.invalid', 'no such name.\u0000\u{10ffff}'])(
    'says of %j, which is no name, that it does not exist',
    async (hostname) => {
      const { lookup, asked } = faked();
      expect((await looked(lookup, hostname))[0]).toMatchObject({ code: 'ENOTFOUND', hostname });
      expect(asked).toEqual([]);
    },
  );

  it('refuses a family that is none at the call', () => {
    const { lookup } = faked();
    expect(() => lookup('www.example.com', { family: 5 }, () => undefined)).toThrow(
      expect.objectContaining({ name: 'DnsUsageError', code: 'BAD_ARGUMENT' }),
    );
  });

  it('asks for a name in other scripts in its ASCII form', async () => {
    const { lookup, asked } = faked({}, { A: 'NXDOMAIN', AAAA: 'NXDOMAIN' });
    await looked(lookup, 'bücher.example', { family: 4 });
    expect(asked).toEqual(['xn--bcher-kva.example. A']);
  });
});

describe('createLookup, without a query', () => {
  const hosts = parseHosts('192.0.2.7 printer\n2001:db8::7 printer\n192.0.2.8 www.example.com');

  it.each([
    ['192.0.2.5', {}, [{ address: '192.0.2.5', family: 4 }]],
    ['2001:DB8::5', {}, [{ address: '2001:DB8::5', family: 6 }]],
    ['fe80::1%lo', {}, [{ address: 'fe80::1%lo', family: 6 }]],
    ['192.0.2.5', { family: 6 }, [{ address: '192.0.2.5', family: 4 }]],
    [
      'localhost',
      {},
      [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ],
    ],
    ['LOCALHOST.', { family: 6 }, [{ address: '::1', family: 6 }]],
    ['db.localhost', { family: 4 }, [{ address: '127.0.0.1', family: 4 }]],
    [
      'Printer.',
      {},
      [
        { address: '192.0.2.7', family: 4 },
        { address: '2001:db8::7', family: 6 },
      ],
    ],
    ['printer', { family: 6 }, [{ address: '2001:db8::7', family: 6 }]],
  ] as const)('answers %j with %j', async (hostname, options, expected) => {
    const { lookup, asked } = faked({ hosts });
    expect(await looked(lookup, hostname, { ...options, all: true })).toEqual([null, expected]);
    expect(asked).toEqual([]);
  });

  it.each(['', 'invalid', 'www.invalid.', 'abc.ONION'])('says that %j does not exist', async (hostname) => {
    const { lookup, asked } = faked();
    expect((await looked(lookup, hostname, { all: true }))[0]).toMatchObject({ code: 'ENOTFOUND' });
    expect(asked).toEqual([]);
  });

  it.each(['notlocalhost', 'localhost.example', 'onion.example'])('asks for %j', async (hostname) => {
    const { lookup, asked } = faked({}, { A: 'NXDOMAIN', AAAA: 'NXDOMAIN' });
    await looked(lookup, hostname);
    expect(asked).toHaveLength(2);
  });

  it('asks for the family that the hosts do not have', async () => {
    const { lookup } = faked({ hosts });
    expect(await looked(lookup, 'www.example.com', { family: 6 })).toEqual([null, '2001:db8::1', 6]);
    expect(await looked(lookup, 'www.example.com', {})).toEqual([null, '192.0.2.8', 4]);
  });
});

describe('createLookup, in its users’ hands', () => {
  it('is a lookup function to node, and node’s is one to connect()', async () => {
    const { lookup } = faked();
    const asNode: NodeLookupFunction = lookup;
    expect(asNode).toBe(lookup);
    const listener = await greeter();
    expect(await textOf(await connect(`localhost:${String(listener.port)}`, { lookup: nodeLookup }))).toBe(
      'hello',
    );
  });

  it('leads net.connect to the address, with and without its race of families', async () => {
    const { lookup, port } = await network();
    for (const autoSelectFamily of [true, false]) {
      const socket = netConnect({ host: 'www.example.com', port, lookup, autoSelectFamily });
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      expect(text).toBe('hello');
    }
  });

  it('leads connect() of the socket package there', async () => {
    const { lookup, port } = await network();
    expect(await textOf(await connect(`www.example.com:${String(port)}`, { lookup }))).toBe('hello');
  });

  it('leads http.get there', async () => {
    const { lookup, port } = await network(
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
    );
    const text = await new Promise<string>((resolve, reject) => {
      get({ host: 'www.example.com', port, lookup, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      }).on('error', reject);
    });
    expect(text).toBe('hello');
  });

  it('makes each of them fail as node’s own does', async () => {
    const { lookup, port } = await network();
    const expected = { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'gone.example.com' };
    const error = await new Promise((resolve) => {
      netConnect({ host: 'gone.example.com', port, lookup }).on('error', resolve);
    });
    expect(error).toMatchObject(expected);
    const socketError: unknown = await connect(`gone.example.com:${String(port)}`, { lookup }).catch(
      (thrown: unknown) => thrown,
    );
    expect(socketError).toBeInstanceOf(SocketError);
    expect(socketError).toMatchObject({ code: 'NOT_FOUND', cause: expected });
  });
});

/** A resolver whose server knows www.example.com, or answers with the codes given; and what it was asked. */
function faked(
  options: CreateLookupOptions = {},
  rcodes: Readonly<Record<string, Rcode>> = {},
): { lookup: LookupFunction; asked: readonly string[] } {
  const asked: string[] = [];
  const resolver = new StubResolver({
    servers: ['192.0.2.1'],
    exchange: (query) => {
      const { name, type } = query.questions[0]!;
      asked.push(`${String(name)} ${type}`);
      const rcode = rcodes[type];
      return Promise.resolve(
        rcode === undefined ? answer(query, addresses[type]!) : respond(query, { rcode }),
      );
    },
  });
  return { lookup: createLookup(resolver, options), asked };
}

/** What the callback got, without trailing `undefined`. */
function looked(lookup: LookupFunction, hostname: string, options: Options = {}): Promise<unknown[]> {
  return new Promise((resolve) => {
    lookup(hostname, options, (...result) => resolve(result));
  });
}

/** A DNS server that leads www.example.com to loopback, where a server says `text` to whoever connects. */
async function network(text = 'hello'): Promise<{ lookup: LookupFunction; port: number }> {
  const { port } = await greeter(text);
  const server = await scriptedServer(({ query }): Message[] => {
    const { name, type } = query.questions[0]!;
    if (String(name) !== 'www.example.com.') return [respond(query, { rcode: 'NXDOMAIN' })];
    return [type === 'A' ? answer(query, 'www.example.com. 60 IN A 127.0.0.1') : respond(query)];
  });
  return { lookup: createLookup(new StubResolver({ servers: [server.address] })), port };
}

async function greeter(text = 'hello'): Promise<{ port: number }> {
  const listener = await listen('127.0.0.1:0');
  const greeting = (async () => {
    for await (const stream of listener) {
      await stream.write(text);
      await stream.shutdown('write');
    }
  })();
  onTestFinished(async () => {
    await listener.close();
    await greeting;
  });
  return { port: (listener.address as { port: number }).port };
}

async function textOf(stream: ByteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  await stream.close();
  return text;
}
