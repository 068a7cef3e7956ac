import { connect, socketPair } from '@wirestack/socket';
import { describe, expect, it } from 'vitest';
import {
  connectRpc,
  createClient,
  jsonRpc,
  method,
  Peer,
  peerOf,
  rpcOver,
  serveRpc,
  service,
  type Service,
} from '../src/index.ts';
import { xmlRpcApplication, XmlRpcDispatcher } from '../src/wires/xml-rpc/index.ts';

const codec = jsonRpc();

function gate(): { promise: Promise<string>; open: (value: string) => void } {
  let open!: (value: string) => void;
  const promise = new Promise<string>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe('serveRpc()', () => {
  it('serves every connection, and knows them until they go', async () => {
    await using server = await serveRpc(
      'tcp://127.0.0.1:0',
      service({ add: (a: number, b: number) => a + b }),
      { codec },
    );
    const clients = await Promise.all(
      Array.from({ length: 5 }, () =>
        connectRpc<{ add(a: number, b: number): number }>(server.address, { codec }),
      ),
    );
    expect(await Promise.all(clients.map((client, i) => client.add(i, 1)))).toEqual([1, 2, 3, 4, 5]);
    expect(server.peers.size).toBe(5);
    const theirs = [...server.peers];
    for (const client of clients) await peerOf(client).close();
    await Promise.all(theirs.map((peer) => peer.closed));
    expect(server.peers.size).toBe(0);
  });

  it('tells of each connection, so that its client can be called', async () => {
    const answers: Promise<number>[] = [];
    await using server = await serveRpc('tcp://127.0.0.1:0', service({ hello: () => 'hello' }), {
      codec,
      onPeer: (peer) => answers.push(createClient<{ age(): number }>(peer).age()),
    });
    const client = await connectRpc<{ hello(): string }>(server.address, {
      codec,
      service: service({ age: () => 36 }),
    });
    expect(await client.hello()).toBe('hello');
    expect(await Promise.all(answers)).toEqual([36]);
    await server.drain();
    await peerOf(client).closed;
  });

  it('stops accepting on close(), and its connections live on', async () => {
    const server = await serveRpc('tcp://127.0.0.1:0', service({ f: () => 1 }), { codec });
    const client = await connectRpc<{ f(): number }>(server.address, { codec });
    expect(await client.f()).toBe(1);
    await server.close();
    await expect(connectRpc(server.address, { codec })).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await client.f()).toBe(1);
    await server.drain();
    await peerOf(client).closed;
    expect(server.peers.size).toBe(0);
  });

  it('answers what runs before drain() is over', async () => {
    const slow = gate();
    const started = gate();
    const api = service({
      slow: () => {
        started.open('');
        return slow.promise;
      },
    });
    const server = await serveRpc('tcp://127.0.0.1:0', api, { codec });
    const client = await connectRpc<typeof api>(server.address, { codec });
    const call = client.slow();
    await started.promise;
    const drained = server.drain();
    slow.open('done');
    expect(await call).toBe('done');
    await drained;
    expect(server.peers.size).toBe(0);
  });

  it('aborts what is left when the deadline of drain() passes', async () => {
    const started = gate();
    let reason: unknown;
    const api = service({
      never: method([], (context) => {
        context.signal.addEventListener('abort', () => {
          reason = context.signal.reason;
        });
        started.open('');
        return new Promise<never>(() => undefined);
      }),
    });
    const server = await serveRpc('tcp://127.0.0.1:0', api, { codec });
    const client = await connectRpc<typeof api>(server.address, { codec });
    const refused = expect(client.never()).rejects.toMatchObject({ code: 'PEER_GONE' });
    await started.promise;
    await server.drain({ signal: AbortSignal.abort(new Error('now')) });
    await refused;
    expect(reason).toMatchObject({ code: 'CLOSED' });
  });

  it('drains also past a client that has half-closed and never reads', async () => {
    const started = gate();
    const api = service({
      big: () => 'x'.repeat(4_000_000),
      last: () => {
        started.open('');
      },
    });
    const server = await serveRpc('tcp://127.0.0.1:0', api, { codec: jsonRpc({ framing: 'newline' }) });
    const stream = await connect(server.address);
    const call = (name: string): string => `{"jsonrpc":"2.0","id":1,"method":"${name}"}\n`;
    // One answer fills the buffers of both sides: the next call is not begun before somebody reads.
    await stream.write(`${call('last')}${call('big').repeat(10)}`);
    await stream.shutdown('write');
    await started.promise;
    await server.drain({ signal: AbortSignal.timeout(50) });
    expect(server.peers.size).toBe(0);
    stream.abort();
  });

  it('turns away a connection whose handler fails, and serves the others', async () => {
    let failures = 0;
    await using server = await serveRpc('tcp://127.0.0.1:0', service({ f: () => 1 }), {
      codec,
      onPeer: (peer: Peer) => {
        if (failures++ === 0) peer.abort(new Error('not this one'));
      },
    });
    // Reset while it connects, or when it calls.
    const first = connectRpc<{ f(): number }>(server.address, { codec }).then((client) => client.f());
    await expect(first).rejects.toBeInstanceOf(Error);
    const second = await connectRpc<{ f(): number }>(server.address, { codec });
    expect(await second.f()).toBe(1);
    await server.drain();
  });
});

describe('under load', () => {
  it('a client with much in flight is never taken for one that does not read', async () => {
    const api = service({ size: (text: string) => text.length });
    const server = await serveRpc('tcp://127.0.0.1:0', api, { codec, maxBufferedBytes: 8_000_000 });
    const client = await connectRpc<typeof api>(server.address, { codec, maxBufferedBytes: 8_000_000 });
    const text = 'x'.repeat(10_000);
    let made = 0;
    const worker = async (): Promise<void> => {
      while (made++ < 4000) expect(await client.size(text)).toBe(10_000);
    };
    // 300 calls of 10 kB wait at any time: less than may, while far more goes over the wire in all.
    await Promise.all(Array.from({ length: 300 }, worker));
    await peerOf(client).close();
    await server.drain();
  });

  it.each([
    ['a plain object', { add: (a: number, b: number) => a + b }],
    ['what holds one', { procedures: { add: (a: number, b: number) => a + b } }],
    ['nothing', undefined],
    ['null', null],
    ['a function', () => 1],
  ])('refuses %s instead of a service at once', async (_, given) => {
    const refusal = {
      name: 'RpcUsageError',
      message: 'this is no service: make one of it by service({ … })',
    };
    const wrong = given as unknown as Service;
    await expect(serveRpc('tcp://127.0.0.1:0', wrong, { codec })).rejects.toMatchObject(refusal);
    expect(() => new XmlRpcDispatcher(wrong)).toThrow(expect.objectContaining(refusal) as Error);
    expect(() => xmlRpcApplication(wrong)).toThrow(expect.objectContaining(refusal) as Error);
    if (given === undefined) return;
    const [stream] = socketPair();
    expect(() => new Peer(stream, codec, { service: wrong })).toThrow(
      expect.objectContaining(refusal) as Error,
    );
    expect(() => rpcOver(stream, { codec, service: wrong })).toThrow(
      expect.objectContaining(refusal) as Error,
    );
  });

  it('refuses limits that are none before it listens', async () => {
    const bad = serveRpc('tcp://127.0.0.1:0', service({}), { codec, maxInFlight: 0 });
    await expect(bad).rejects.toMatchObject({
      name: 'RpcUsageError',
      message: 'maxInFlight is 0, expected 1 or more',
    });
  });
});
