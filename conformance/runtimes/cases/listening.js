// @ts-check
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, listen } from '@wirestack/socket';
import { ask, gone, portOf, rejects, text, textUntilEnd } from '../talking.js';
import { leaveSocketAt } from './connecting.js';

const anyPort = 'tcp://127.0.0.1:0';

/** @type {import('../case.js').Case[]} */
export const listening = [
  {
    name: 'accept answers connections in order, also those that came before it was called',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      for (const word of ['one', 'two', 'three']) {
        const client = await connect(listener.address);
        await client.write(word);
        await client.close();
      }
      for (const word of ['one', 'two', 'three']) {
        const stream = context.own(await listener.accept());
        assert.equal(await textUntilEnd(stream), word);
      }
    },
  },
  {
    name: '`for await` takes one after the other, and ends when it is closed',
    run: async () => {
      const listener = await listen(anyPort);
      const clients = await Promise.all([1, 2, 3].map(() => connect(listener.address)));
      let accepted = 0;
      for await (const stream of listener) {
        await stream.close();
        if (++accepted === clients.length) await listener.close();
      }
      await Promise.all(clients.map((client) => gone(client).then(() => client.close())));
    },
  },
  {
    name: 'a cancelled accept loses no connection, and a second one is BUSY',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const controller = new AbortController();
      const accepting = listener.accept({ signal: controller.signal });
      await rejects(listener.accept(), 'BUSY');
      controller.abort('later');
      await rejects(accepting, 'ABORTED', { cause: 'later' });
      await rejects(listener.accept({ timeoutMs: 1 }), 'TIMED_OUT');
      const client = await connect(listener.address);
      await client.write('still here');
      await client.close();
      assert.equal(await textUntilEnd(context.own(await listener.accept())), 'still here');
    },
  },
  {
    name: 'close rejects an accept with CLOSED, refuses connections, and frees the address',
    run: async () => {
      const listener = await listen(anyPort);
      const refused = rejects(listener.accept(), 'CLOSED');
      await listener.close();
      await refused;
      await rejects(connect(listener.address), 'REFUSED');
      await (await listen(listener.address)).close();
    },
  },
  {
    name: 'close ends connections that nobody accepted, and none that somebody did',
    run: async (context) => {
      const listener = await listen(anyPort);
      const kept = context.own(await connect(listener.address));
      const accepted = await listener.accept();
      const waiting = context.own(await connect(listener.address));
      const marker = await connect(listener.address);
      await marker.close();
      await listener.close();
      await gone(waiting);
      await accepted.write('alive');
      await accepted.close();
      assert.equal(await textUntilEnd(kept), 'alive');
    },
  },
  {
    name: 'connections wait in the backlog before anybody accepts',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { backlog: 8 }));
      const clients = await Promise.all(Array.from({ length: 8 }, () => connect(listener.address)));
      for (const client of clients) context.own(client);
      for (let count = 0; count < 8; count++) (await listener.accept()).abort();
      await Promise.all(clients.map(gone));
      assert.equal(listener.dropped, 0);
    },
  },
  {
    name: 'an address in use is IN_USE',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const address = `127.0.0.1:${String(portOf(listener.address))}`;
      await rejects(listen(listener.address), 'IN_USE', { address });
    },
  },
  {
    name: 'an address of another machine is UNAVAILABLE',
    run: async () => {
      await rejects(listen('tcp://192.0.2.1:0'), 'UNAVAILABLE', { address: '192.0.2.1:0' });
    },
  },
  {
    name: '[::] takes IPv4 as well',
    run: async (context) => {
      const listener = context.own(await listen('tcp://[::]:0'));
      const client = context.own(await connect(`127.0.0.1:${String(portOf(listener.address))}`));
      const { remoteAddress } = context.own(await listener.accept());
      assert.deepEqual(remoteAddress, client.localAddress);
    },
  },
  {
    name: 'ipv6Only takes no IPv4',
    run: async (context) => {
      const listener = context.own(await listen('tcp://[::]:0', { ipv6Only: true }));
      const port = String(portOf(listener.address));
      await rejects(connect(`127.0.0.1:${port}`), 'REFUSED');
      context.own(await connect(`[::1]:${port}`));
      (await listener.accept()).abort();
    },
  },
  {
    name: 'reusePort is there',
    run: async (context) => {
      const one = context.own(await listen(anyPort, { reusePort: true }));
      context.own(await listen(one.address, { reusePort: true }));
    },
  },
  {
    name: 'reusePort spreads connections over the listeners of a port, or is UNSUPPORTED',
    run: async (context) => {
      const one = await listen(anyPort, { reusePort: true }).catch((error) => {
        assert.equal(error.code, 'UNSUPPORTED');
      });
      if (one === undefined) return;
      const listeners = [context.own(one), context.own(await listen(one.address, { reusePort: true }))];
      /** @type {unknown[]} */
      const servedBy = [];
      for (const listener of listeners) {
        void (async () => {
          for await (const stream of listener) {
            servedBy.push(listener);
            void stream.close();
          }
        })();
      }
      // The kernel chooses by a hash of the addresses: that 64 connections all fall to one is less likely than 2^-62.
      for (let count = 0; count < 64; count++) await ask(await connect(one.address), '');
      assert.equal(servedBy.length, 64);
      assert.equal(new Set(servedBy).size, 2);
    },
  },
  {
    name: 'without reusePort a port is not shared with one that has it',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const error = await listen(listener.address, { reusePort: true }).catch((reason) => reason);
      assert.match(error.code, /^(IN_USE|UNSUPPORTED)$/);
    },
  },
  {
    name: 'a Unix path goes with its listener',
    run: async (context) => {
      const path = context.path();
      const listener = await listen(path, { mode: 0o600 });
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(listener.address, { family: 'unix', path });
      await listener.close();
      assert.equal(existsSync(path), false);
    },
  },
  {
    name: 'a Unix path that somebody listens on is IN_USE, and the listener lives',
    run: async (context) => {
      const path = context.path();
      const listener = context.own(await listen(path));
      await rejects(listen(path), 'IN_USE', { address: `unix:${path}` });
      (await listener.accept()).abort();
      context.own(await connect(path));
      (await listener.accept()).abort();
    },
  },
  {
    name: 'a Unix path left by a process that died is replaced',
    run: async (context) => {
      const path = context.path();
      await leaveSocketAt(path, context);
      const listener = context.own(await listen(path));
      context.own(await connect(path));
      (await listener.accept()).abort();
    },
  },
  {
    name: 'a file at a Unix path is IN_USE, and stays',
    run: async (context) => {
      const path = context.path();
      writeFileSync(path, 'precious');
      await rejects(listen(path), 'IN_USE');
      assert.equal(readFileSync(path, 'utf8'), 'precious');
    },
  },
  {
    name: 'above maxConnections one is dropped, until another ends',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { maxConnections: 1 }));
      const first = await connect(listener.address);
      const accepted = await listener.accept();
      await gone(context.own(await connect(listener.address)));
      await Promise.all([first.close(), gone(accepted).then(() => accepted.close())]);
      const next = context.own(await connect(listener.address));
      assert.deepEqual(context.own(await listener.accept()).remoteAddress, next.localAddress);
    },
  },
  {
    name: 'what maxConnections drops is counted',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { maxConnections: 1 }));
      context.own(await connect(listener.address));
      context.own(await listener.accept());
      await gone(context.own(await connect(listener.address)));
      assert.equal(listener.dropped, 1);
    },
  },
  {
    name: 'with whenFull: wait one above maxConnections is unread until another ends',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { maxConnections: 1, whenFull: 'wait' }));
      const clients = [
        context.own(await connect(listener.address)),
        context.own(await connect(listener.address)),
      ];
      for (const [index, client] of clients.entries()) await client.write(String(index));
      const served = await listener.accept();
      const seen = [text(await served.read())];
      await rejects(listener.accept({ timeoutMs: 20 }), 'TIMED_OUT');
      served.abort();
      seen.push(text(await context.own(await listener.accept()).read()));
      assert.deepEqual(seen.sort(), ['0', '1']);
      assert.equal(listener.dropped, 0);
    },
  },
  {
    name: 'drain waits for open streams, and aborts at the deadline what is left',
    run: async (context) => {
      const listener = await listen(anyPort);
      const [client, stream] = await Promise.all([connect(listener.address), listener.accept()]);
      const draining = listener.drain();
      await rejects(connect(listener.address), 'REFUSED');
      await stream.write('last');
      await stream.close();
      assert.equal(await textUntilEnd(client), 'last');
      await draining;
      await client.close();

      const other = await listen(anyPort);
      const [idle, stuck] = await Promise.all([connect(other.address), other.accept()]);
      context.own(idle);
      await other.drain({ timeoutMs: 1 });
      await rejects(stuck.closed, 'ABORTED');
      await gone(idle);
    },
  },
  {
    name: 'the options of a connection may be set',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { keepAliveMs: 1000, noDelay: false }));
      const [client, server] = await Promise.all([
        connect(listener.address, { keepAliveMs: 1000 }),
        listener.accept(),
      ]);
      context.own(server);
      for (const stream of [client, server]) {
        stream.setKeepAlive(false);
        stream.setKeepAlive(60_000);
        stream.setNoDelay(true);
        stream.unref();
        stream.ref();
      }
      await client.write('still there');
      await client.close();
      assert.equal(await textUntilEnd(server), 'still there');
    },
  },
  {
    name: 'a descriptor that is no socket is refused',
    run: async () => {
      await rejects(listen({ fd: -1 }), 'BAD_ADDRESS');
      const error = await listen('fd:999999').catch((reason) => reason);
      assert.equal(error.name, 'SocketError');
    },
  },
];
