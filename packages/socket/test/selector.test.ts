import { describe, expect, onTestFinished, test } from 'vitest';
import {
  bind,
  connect,
  eventRead,
  eventWrite,
  listen,
  Selector,
  type DatagramSocket,
  type Listener,
  type SocketStream,
} from '@wirestack/socket';
import { disposed, textUntilEnd } from './scratch.ts';

type Source = Listener | SocketStream | DatagramSocket;

describe('Selector', () => {
  test('runs an echo server over many connections in one loop (seed 003)', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const selector = new Selector<'accept' | 'echo', Listener | SocketStream>();
    selector.register(listener, eventRead, 'accept');
    const loop = (async () => {
      for (let ended = 0; ended < 3;) {
        for (const [{ source, data }] of await selector.select()) {
          if (data === 'accept') {
            selector.register(await (source as Listener).accept(), eventRead, 'echo');
            continue;
          }
          const stream = source as SocketStream;
          const chunk = await stream.read();
          if (chunk !== undefined) await stream.write(chunk);
          else {
            selector.unregister(stream);
            await stream.close();
            ended++;
          }
        }
      }
    })();
    const clients = await Promise.all(['a', 'b', 'c'].map(() => connect(listener.address)));
    const echoes = clients.map(async (client, index) => {
      await client.write(`client ${String(index)}`);
      await client.shutdown('write');
      return textUntilEnd(client);
    });
    expect(await Promise.all(echoes)).toEqual(['client 0', 'client 1', 'client 2']);
    await loop;
    expect([...selector.getMap().keys()]).toEqual([listener]);
  });

  test('tells again what was not dealt with', async () => {
    const [client, server] = await pair();
    const selector = new Selector<string, Source>();
    selector.register(server, eventRead, 'data');
    await client.write('x');
    expect(await selector.select()).toMatchObject([[{ source: server, data: 'data' }, eventRead]]);
    expect(await selector.select()).toHaveLength(1);
    await server.read();
    expect(await selector.select({ timeoutMs: 0 })).toEqual([]);
  });

  test('tells the end, and a reset, as readable', async () => {
    const [client, server] = await pair();
    const selector = new Selector<undefined, Source>();
    selector.register(server, eventRead, undefined);
    await client.shutdown('write');
    expect(await selector.select()).toHaveLength(1);
    expect(await server.read()).toBeUndefined();

    const [second, peer] = await pair();
    selector.modify(server, eventWrite, undefined);
    selector.unregister(server);
    selector.register(peer, eventRead, undefined);
    second.abort();
    expect(await selector.select()).toHaveLength(1);
    await expect(peer.read()).rejects.toMatchObject({ code: 'RESET' });
  });

  test('tells that a stream takes more again, once its peer reads', async () => {
    const [client, server] = await pair();
    const selector = new Selector<undefined, Source>();
    selector.register(server, eventWrite, undefined);
    expect(await selector.select()).toHaveLength(1);
    const big = new Uint8Array(1 << 20);
    while (server.isWritable) void server.write(big);
    expect(await selector.select({ timeoutMs: 0 })).toEqual([]);
    const waiting = selector.select();
    client.attach({
      data: () => undefined,
      end: () => undefined,
      closed: () => undefined,
      drain: () => undefined,
    });
    expect(await waiting).toMatchObject([[{ source: server }, eventWrite]]);
  });

  test('tells both events of a stream, and only those asked for', async () => {
    const [client, server] = await pair();
    const selector = new Selector<undefined, Source>();
    selector.register(server, 3, undefined);
    await client.write('x');
    while ((await selector.select())[0]?.[1] !== 3);
    selector.modify(server, eventWrite, undefined);
    expect(await selector.select()).toMatchObject([[{}, eventWrite]]);
  });

  test('selects packets', async () => {
    const socket = disposed(await bind('udp://127.0.0.1:0'));
    const other = disposed(await bind('udp://127.0.0.1:0'));
    const selector = new Selector<undefined, Source>();
    selector.register(socket, eventRead, undefined);
    const waiting = selector.select();
    await other.send('x', socket.localAddress);
    expect(await waiting).toHaveLength(1);
    expect((await socket.receive()).data).toEqual(Buffer.from('x'));
    expect(await selector.select({ timeoutMs: 0 })).toEqual([]);
  });

  test('answers nothing once the time is up, and rejects where the signal says so', async () => {
    const [, server] = await pair();
    const selector = new Selector<undefined, Source>();
    selector.register(server, eventRead, undefined);
    expect(await selector.select({ timeoutMs: 1 })).toEqual([]);
    const abort = new AbortController();
    const waiting = selector.select({ signal: abort.signal });
    await expect(selector.select()).rejects.toMatchObject({ code: 'BUSY' });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('wakes for what is registered while it waits, and when it is closed', async () => {
    const [client, server] = await pair();
    const selector = new Selector<undefined, Source>();
    const waiting = selector.select();
    selector.register(client, eventWrite, undefined);
    expect(await waiting).toHaveLength(1);
    selector.modify(client, eventRead, undefined);
    const last = selector.select();
    selector.close();
    expect(await last).toEqual([]);
    expect(() => selector.register(server, eventRead, undefined)).toThrow(
      expect.objectContaining({ code: 'CLOSED' }),
    );
  });

  test('knows what is registered', async () => {
    const [client] = await pair();
    const selector = new Selector<number, Source>();
    const missing = expect.objectContaining({ name: 'SocketUsageError', code: 'BAD_ARGUMENT' }) as Error;
    expect(() => selector.getKey(client)).toThrow(missing);
    expect(() => selector.modify(client, eventRead, 0)).toThrow(missing);
    expect(() => selector.unregister(client)).toThrow(missing);
    expect(() => selector.register(client, 0 as 1, 0)).toThrow(missing);
    selector.register(client, eventRead, 1);
    expect(() => selector.register(client, eventRead, 2)).toThrow(missing);
    expect(selector.unregister(client)).toEqual({ source: client, events: eventRead, data: 1 });
  });
});

async function pair(): Promise<[client: SocketStream, server: SocketStream]> {
  const listener = disposed(await listen('tcp://127.0.0.1:0'));
  const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
  onTestFinished(() => {
    client.abort();
    server.abort();
  });
  return [client, server];
}
