// @ts-check
import assert from 'node:assert/strict';
import { bind, connect, eventRead, eventWrite, listen, Selector } from '@wirestack/socket';
import { ask, rejects } from '../talking.js';
import { pair } from './streams.js';

/** @type {import('../case.js').Case[]} */
export const selecting = [
  {
    name: 'an echo server over many connections in one loop',
    run: async (context) => {
      const listener = context.own(await listen('tcp://127.0.0.1:0'));
      /** @type {Selector<string, any>} */
      const selector = new Selector();
      selector.register(listener, eventRead, 'accept');
      const loop = (async () => {
        for (let ended = 0; ended < 3;) {
          for (const [{ source, data }] of await selector.select()) {
            if (data === 'accept') {
              selector.register(await source.accept(), eventRead, 'echo');
              continue;
            }
            const chunk = await source.read();
            if (chunk !== undefined) await source.write(chunk);
            else {
              selector.unregister(source);
              await source.close();
              ended++;
            }
          }
        }
      })();
      const clients = await Promise.all(['a', 'b', 'c'].map(() => connect(listener.address)));
      const echoes = clients.map((client, index) => ask(client, `client ${String(index)}`));
      assert.deepEqual(await Promise.all(echoes), ['client 0', 'client 1', 'client 2']);
      await loop;
      assert.deepEqual([...selector.getMap().keys()], [listener]);
    },
  },
  {
    name: 'bytes, the end and a reset are readable, until they are read',
    run: async (context) => {
      const [client, server] = await pair(context);
      const selector = new Selector();
      selector.register(server, eventRead, undefined);
      assert.deepEqual(await selector.select({ timeoutMs: 0 }), []);
      await client.write('x');
      assert.equal((await selector.select()).length, 1);
      assert.equal((await selector.select()).length, 1);
      await server.read();
      assert.deepEqual(await selector.select({ timeoutMs: 0 }), []);
      await client.shutdown('write');
      assert.equal((await selector.select()).length, 1);
      assert.equal(await server.read(), undefined);

      const [gone, left] = await pair(context);
      selector.unregister(server);
      selector.register(left, eventRead, undefined);
      gone.abort();
      assert.equal((await selector.select()).length, 1);
      await rejects(left.read(), 'RESET');
    },
  },
  {
    name: 'a stream is writable again once its peer reads',
    run: async (context) => {
      const [client, server] = await pair(context);
      const selector = new Selector();
      selector.register(server, eventWrite, undefined);
      assert.equal((await selector.select()).length, 1);
      while (server.isWritable) void server.write(new Uint8Array(1 << 20));
      assert.deepEqual(await selector.select({ timeoutMs: 0 }), []);
      const waiting = selector.select();
      const ignore = () => undefined;
      client.attach({ data: ignore, end: ignore, closed: ignore, drain: ignore });
      assert.equal((await waiting).length, 1);
    },
  },
  {
    name: 'packets are readable',
    run: async (context) => {
      const socket = context.own(await bind('udp://127.0.0.1:0'));
      const other = context.own(await bind('udp://127.0.0.1:0'));
      const selector = new Selector();
      selector.register(socket, eventRead, undefined);
      const waiting = selector.select();
      await other.send('x', socket.localAddress);
      assert.equal((await waiting).length, 1);
      await socket.receive();
      assert.deepEqual(await selector.select({ timeoutMs: 0 }), []);
    },
  },
  {
    name: 'a select ends at its deadline, at its signal, and when it is closed',
    run: async (context) => {
      const [, server] = await pair(context);
      const selector = new Selector();
      selector.register(server, eventRead, undefined);
      assert.deepEqual(await selector.select({ timeoutMs: 1 }), []);
      const controller = new AbortController();
      const waiting = selector.select({ signal: controller.signal });
      await rejects(selector.select(), 'BUSY');
      controller.abort();
      await rejects(waiting, 'ABORTED');
      const last = selector.select();
      selector.close();
      assert.deepEqual(await last, []);
    },
  },
];
