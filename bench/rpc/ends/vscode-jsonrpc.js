// @ts-check
/** vscode-jsonrpc over node:net: Content-Length framing. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { api, promised } from './calls.js';

/** @type {import('./index.js').Ends} */
export const vscodeJsonrpc = {
  async serve() {
    const server = createServer({ noDelay: true }, (socket) => {
      const connection = over(socket);
      connection.onRequest('add', api.add);
      connection.onRequest('echo', api.echo);
      connection.listen();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  },

  async connect(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const connection = over(socket);
    connection.listen();
    return promised({
      add: () => connection.sendRequest('add', 1, 2),
      echo: (text) => connection.sendRequest('echo', text),
    });
  },
};

/** @param {import('node:net').Socket} socket */
function over(socket) {
  socket.on('error', () => socket.destroy());
  return createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
}
