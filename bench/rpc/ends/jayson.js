// @ts-check
/** jayson over HTTP with kept connections, 64 at most: over TCP its client opens a connection for every call. */
import { once } from 'node:events';
import { Agent } from 'node:http';
import jayson from 'jayson/promise/index.js';
import { api, promised } from './calls.js';

/** @type {import('./index.js').Ends} */
export const jaysonHttp = {
  async serve() {
    const server = new jayson.Server({
      add: async (/** @type {[number, number]} */ [a, b]) => api.add(a, b),
      echo: async (/** @type {[string]} */ [text]) => api.echo(text),
    }).http();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  },

  async connect(port) {
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    const client = jayson.Client.http({ host: '127.0.0.1', port, agent });
    return promised({
      add: () => client.request('add', [1, 2]).then(({ result }) => result),
      echo: (text) => client.request('echo', [text]).then(({ result }) => result),
    });
  },
};
