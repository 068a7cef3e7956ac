// @ts-check
import assert from 'node:assert/strict';
import { linkSync } from 'node:fs';
import { connect, formatAddress, interleave, listen, race } from '@wirestack/socket';
import { ask, gone, portOf, rejects, textUntilEnd } from '../talking.js';

const anyPort = 'tcp://127.0.0.1:0';

/** A name server of a test. @param {...{ address: string, family: number }} found */
const lookupOf =
  (...found) =>
  (/** @type {string} */ _name, /** @type {unknown} */ _options, /** @type {any} */ callback) => {
    queueMicrotask(() => callback(null, found));
  };

/** @type {import('../case.js').Case[]} */
export const connecting = [
  {
    name: 'tells both addresses, and counts bytes',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
      assert.deepEqual(client.remoteAddress, listener.address);
      assert.deepEqual(server.localAddress, listener.address);
      assert.deepEqual(server.remoteAddress, client.localAddress);
      await client.write('12345');
      await client.close();
      assert.equal(await textUntilEnd(server), '12345');
      assert.equal(server.bytesRead, 5);
      assert.equal(client.bytesWritten, 5);
      await server.close();
    },
  },
  {
    name: 'a port nobody listens on is REFUSED, with the address',
    run: async () => {
      const address = await freed();
      await rejects(connect(address), 'REFUSED', { address: formatAddress(address) });
    },
  },
  {
    name: 'a port of IPv6 nobody listens on is REFUSED',
    run: async () => {
      await rejects(connect(await freed('tcp://[::1]:0')), 'REFUSED');
    },
  },
  {
    name: 'a Unix path that does not exist is NOT_FOUND',
    run: async (context) => {
      const path = context.path();
      await rejects(connect(path), 'NOT_FOUND', { address: `unix:${path}` });
    },
  },
  {
    name: 'a Unix path that nobody listens on any more is REFUSED',
    run: async (context) => {
      const path = context.path();
      await leaveSocketAt(path, context);
      await rejects(connect(path), 'REFUSED', { address: `unix:${path}` });
    },
  },
  {
    name: 'a name that cannot exist is NOT_FOUND: the answer of the operating system',
    run: async () => {
      await rejects(connect(`${'x'.repeat(64)}.invalid:80`), 'NOT_FOUND');
    },
  },
  {
    name: 'a name that `lookup` does not know is NOT_FOUND, with its error as cause',
    run: async () => {
      const cause = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      const lookup = (
        /** @type {string} */ _name,
        /** @type {unknown} */ _options,
        /** @type {any} */ done,
      ) => {
        queueMicrotask(() => done(cause, ''));
      };
      await rejects(connect('www.example.com:80', { lookup }), 'NOT_FOUND', { cause });
    },
  },
  {
    name: 'localhost is this machine, by the operating system',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const client = context.own(await connect(`localhost:${String(portOf(listener.address))}`));
      (await listener.accept()).abort();
      await gone(client);
    },
  },
  {
    name: 'an attempt that takes longer than timeoutMs is TIMED_OUT',
    run: async () => {
      const lookup = () => undefined;
      await rejects(connect('www.example.com:80', { lookup, timeoutMs: 1 }), 'TIMED_OUT');
    },
  },
  {
    name: 'a signal that has fired is ABORTED, and nothing connects',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const signal = AbortSignal.abort('never mind');
      await rejects(connect(listener.address, { signal }), 'ABORTED', { cause: 'never mind' });
      const next = context.own(await connect(listener.address));
      assert.deepEqual((await listener.accept()).remoteAddress, next.localAddress);
    },
  },
  {
    name: 'a signal that fires on the way is ABORTED',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const controller = new AbortController();
      const connecting = connect(listener.address, { signal: controller.signal });
      controller.abort('never mind');
      await rejects(connecting, 'ABORTED', { cause: 'never mind' });
    },
  },
  {
    name: 'a signal that fires later does nothing to the connection',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const controller = new AbortController();
      const { signal } = controller;
      const [client, server] = await Promise.all([
        connect(listener.address, { signal, timeoutMs: 60_000 }),
        listener.accept(),
      ]);
      controller.abort();
      const answered = textUntilEnd(server).then((said) => server.write(said).then(() => server.close()));
      assert.equal(await ask(client, 'alive'), 'alive');
      await answered;
    },
  },
  {
    name: 'of two addresses the one that refuses does not keep it from the next',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const lookup = lookupOf({ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 });
      const [client] = await Promise.all([
        connect(`www.example.com:${String(portOf(listener.address))}`, { lookup }),
        listener.accept().then((stream) => context.own(stream)),
      ]);
      context.own(client);
      assert.deepEqual(client.remoteAddress, listener.address);
    },
  },
  {
    name: 'where all addresses refuse it is REFUSED, with an error for each as cause',
    run: async () => {
      const port = portOf(await freed());
      const lookup = lookupOf({ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 });
      const address = `www.example.com:${String(port)}`;
      const { cause } = await rejects(connect(address, { lookup }), 'REFUSED', { address });
      assert.ok(cause instanceof AggregateError);
      assert.deepEqual(
        cause.errors.map(({ code, address: one }) => [code, one]),
        [
          ['REFUSED', `[::1]:${String(port)}`],
          ['REFUSED', `127.0.0.1:${String(port)}`],
        ],
      );
    },
  },
  {
    name: 'the first of a race wins, the others are aborted, and a late one is discarded',
    run: async () => {
      /** @type {string[]} */
      const told = [];
      const won = await race(
        ['slow', 'fast'],
        (candidate, signal) =>
          candidate === 'fast'
            ? Promise.resolve(candidate)
            : new Promise((resolve) => {
                signal.addEventListener('abort', () => resolve(`${candidate}, late`));
              }),
        { staggerMs: 10, discard: (late) => told.push(late) },
      );
      assert.equal(won, 'fast');
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(told, ['slow, late']);
    },
  },
  {
    name: 'addresses take turns by family (RFC 8305)',
    run: async () => {
      const found = ['6a', '6b', '4a'].map((name) => ({ name, family: Number(name[0]) }));
      assert.deepEqual(
        interleave(found).map(({ name }) => name),
        ['6a', '4a', '6b'],
      );
    },
  },
  {
    name: 'localHost and localPort are where it comes from',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const localPort = portOf(await freed());
      const [client, server] = await Promise.all([
        connect(listener.address, { localHost: '127.0.0.1', localPort }),
        listener.accept(),
      ]);
      context.own(client);
      assert.deepEqual(server.remoteAddress, { family: 'ipv4', host: '127.0.0.1', port: localPort });
      server.abort();
    },
  },
  {
    name: 'what makes no sense is refused at once',
    run: async () => {
      await rejects(connect('nowhere'), 'BAD_ADDRESS', { name: 'SocketUsageError' });
      await rejects(connect('127.0.0.1:1', { timeoutMs: -1 }), 'BAD_ARGUMENT');
      await rejects(connect('127.0.0.1:1', { staggerMs: 1 }), 'BAD_ARGUMENT');
    },
  },
];

/** An address that was free a moment ago. */
async function freed(where = anyPort) {
  const listener = await listen(where);
  await listener.close();
  return listener.address;
}

/**
 * What a process leaves that was killed: the path of a socket that is closed.
 * @param {string} path
 * @param {import('../case.js').Context} context
 */
export async function leaveSocketAt(path, context) {
  const other = context.path();
  const listener = await listen(other);
  linkSync(other, path);
  await listener.close();
}
