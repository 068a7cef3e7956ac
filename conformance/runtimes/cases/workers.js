// @ts-check
import assert from 'node:assert/strict';
import { connect } from '@wirestack/socket';
import { cluster, moduleHandler, processes, StreamServer, threads } from '@wirestack/socket/server';
import { pem } from '../certificates.js';
import { ask, gone, rejects, text, turnsUntil } from '../talking.js';

/** @typedef {import('../case.js').Context} Context */
/** @typedef {import('@wirestack/socket/server').Concurrency} Concurrency */

const handlers = new URL('../far/handlers.js', import.meta.url);

/** @type {readonly (readonly [string, () => Concurrency])[]} */
const strategies = [
  ['threads', () => threads({ size: 2 })],
  ['a pool of processes', () => processes({ size: 2 })],
  ['a process for each connection', () => processes({ perConnection: true })],
  ['a cluster', () => cluster({ size: 2 })],
];

/** @type {import('../case.js').Case[]} */
export const workers = [
  ...strategies.flatMap(([name, make]) => [
    {
      name: `${name}: connections are served, each with half-close`,
      run: async (/** @type {Context} */ context) => {
        const server = await serving(context, make(), 'countAtEnd');
        const said = ['', 'four', 'x'.repeat(100_000)];
        const answers = said.map(async (words) => ask(await connect(server.address), words));
        assert.deepEqual(await Promise.all(answers), ['0', '4', '100000']);
        await server.close();
        await rejects(connect(server.address), 'REFUSED');
      },
    },
    {
      name: `${name}: a worker that dies takes its connection with it, and others are served`,
      run: async (/** @type {Context} */ context) => {
        const server = await serving(context, make(), 'obey');
        const doomed = await talking(context, server);
        await doomed.write('exit');
        await gone(doomed);
        const next = await talking(context, server);
        await next.close();
      },
    },
    {
      name: `${name}: what hangs is ended at the deadline of close`,
      run: async (/** @type {Context} */ context) => {
        const server = await serving(context, make(), 'obey');
        const client = await talking(context, server);
        await client.write('hang');
        assert.equal(text(await client.read()), 'hanging');
        await server.close({ timeoutMs: 0 });
        await gone(client);
      },
    },
  ]),
  {
    name: 'threads: a handler that fails resets its connection, and the server hears of it',
    run: async (context) => {
      /** @type {any[]} */
      const told = [];
      const server = await serving(context, threads({ size: 1 }), 'obey', {}, (error) => told.push(error));
      const client = await talking(context, server);
      await client.write('fail');
      await rejects(
        client.read().then(() => client.read()),
        'RESET',
      );
      await turnsUntil(() => told.length > 0);
      assert.deepEqual([told[0].name, told[0].message], ['RangeError', 'the handler failed']);
    },
  },
  {
    name: 'threads: TLS ends before them',
    run: async (context) => {
      const server = await serving(context, threads({ size: 1 }), 'countAtEnd', { tls: pem.server });
      const tls = { ca: pem.authority, servername: 'localhost' };
      const client = context.own(await connect(server.address, { tls }));
      assert.equal(await ask(client, 'secret'), '6');
      await server.close();
    },
  },
  {
    name: 'threads: a module that does not load is what listen rejects with',
    run: async () => {
      const handler = moduleHandler(handlers, 'absent');
      const server = new StreamServer('tcp://127.0.0.1:0', handler, { concurrency: threads({ size: 1 }) });
      await assert.rejects(server.listen(), /exports no function or class as absent/);
      await server.close();
    },
  },
];

/**
 * A server that runs its connections so, until the case is over.
 * @param {Context} context
 * @param {Concurrency} concurrency
 * @param {string} name of the handler
 * @param {import('@wirestack/socket/server').StreamServerOptions} [options]
 * @param {(error: unknown) => void} [onError]
 */
async function serving(context, concurrency, name, options = {}, onError = () => undefined) {
  class Telling extends StreamServer {
    /**
     * @override
     * @param {unknown} error
     */
    handleError(error) {
      onError(error);
    }
  }
  const server = new Telling('tcp://127.0.0.1:0', moduleHandler(handlers, name), { ...options, concurrency });
  context.defer(() => server.close({ timeoutMs: 0 }));
  await server.listen();
  void server.serveForever();
  return server;
}

/**
 * A client whose handler has answered: it runs in its worker now.
 * @param {Context} context
 * @param {StreamServer} server
 */
async function talking(context, server) {
  for (;;) {
    // The successor of a worker that died may have to bind the address anew.
    const client = await connect(server.address).catch((error) => assert.equal(error.code, 'REFUSED'));
    if (client === undefined) continue;
    context.own(client);
    await client.write('hello');
    if (text(await client.read()) === 'hello') return client;
  }
}
