// @ts-check
/** capnweb over node:net, a message a line: it brings WebSockets, and takes any transport. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { RpcSession, RpcTarget } from 'capnweb';
import { api, promised } from './calls.js';

/** @type {import('./index.js').Ends} */
export const capnweb = {
  async serve() {
    const server = createServer({ noDelay: true }, (socket) => {
      new RpcSession(new Lines(socket), new Api());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  },

  async connect(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    /** @type {RpcSession<Api>} */
    const session = new RpcSession(new Lines(socket));
    const main = session.getRemoteMain();
    return promised({ add: () => main.add(1, 2), echo: (text) => main.echo(text) });
  },
};

class Api extends RpcTarget {
  /** @type {typeof api.add} */
  add(a, b) {
    return api.add(a, b);
  }

  /** @type {typeof api.echo} */
  echo(text) {
    return api.echo(text);
  }
}

class Lines {
  /** @type {string[]} */
  #lines = [];
  #rest = '';
  /** @type {((line: string) => void) | undefined} */
  #waiting;
  #socket;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (text) => {
      const lines = (this.#rest + String(text)).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#lines.push(...lines);
      const line = this.#waiting && this.#lines.shift();
      if (line === undefined) return;
      this.#waiting?.(line);
      this.#waiting = undefined;
    });
  }

  /** @param {string} message */
  send(message) {
    this.#socket.write(`${message}\n`);
  }

  /** @returns {Promise<string>} */
  receive() {
    const line = this.#lines.shift();
    return line === undefined ? new Promise((resolve) => (this.#waiting = resolve)) : Promise.resolve(line);
  }
}
