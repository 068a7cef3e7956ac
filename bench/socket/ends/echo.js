// @ts-check
/** Servers that send back what they get, over TCP or a Unix path: node:net as it is, and ours in either mode. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { serve } from '@wirestack/socket';

/**
 * Where to connect to, as node:net has it.
 *
 * @typedef {{ host: string, port: number } | { path: string }} Place
 *
 * Each listens at a path, or where there is none at a port of 127.0.0.1.
 *
 * @typedef {(path: string | undefined) => Promise<Place>} Listen
 */

/** @type {ReadonlyMap<string, Listen>} */
export const echoes = new Map([
  ['raw-net', raw((socket) => void socket.on('data', (chunk) => socket.write(chunk)))],
  ['raw-for-await', raw((socket) => void echoChunks(socket).catch(() => socket.destroy()))],
  ['wirestack-push', ours(push)],
  ['wirestack-read', ours(readAndWrite)],
  ['wirestack-for-await', ours(forAwait)],
]);

/**
 * @param {(socket: import('node:net').Socket) => void} handle
 * @returns {Listen}
 */
function raw(handle) {
  return async (path) => {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      handle(socket);
    });
    if (path === undefined) server.listen(0, '127.0.0.1');
    else server.listen(path);
    await once(server, 'listening');
    const address = /** @type {import('node:net').AddressInfo | string} */ (server.address());
    return typeof address === 'string' ? { path: address } : { host: address.address, port: address.port };
  };
}

/** @param {import('node:net').Socket} socket */
async function echoChunks(socket) {
  for await (const chunk of socket) {
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
}

/**
 * @param {import('@wirestack/socket').StreamHandler} handler
 * @returns {Listen}
 */
function ours(handler) {
  return async (path) => {
    const { address } = await serve(path === undefined ? 'tcp://127.0.0.1:0' : `unix:${path}`, handler);
    if ('port' in address) return { host: address.host, port: address.port };
    return { path: /** @type {{ path: string }} */ (address).path };
  };
}

/** @type {import('@wirestack/socket').StreamHandler} */
function push(stream) {
  stream.attach(new Echo(stream));
  return undefined;
}

/** As `raw-net` has it: what is under way is bounded by the client. */
class Echo {
  /** @param {import('@wirestack/socket').ByteStream} stream */
  constructor(stream) {
    this.stream = stream;
  }

  /** @param {Uint8Array} chunk */
  data(chunk) {
    void this.stream.write(chunk);
  }

  end() {
    void this.stream.close();
  }

  closed() {
    return undefined;
  }

  drain() {
    return undefined;
  }
}

/** @param {import('@wirestack/socket').SocketStream} stream */
async function readAndWrite(stream) {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
    await stream.write(chunk);
  }
}

/** @param {import('@wirestack/socket').SocketStream} stream */
async function forAwait(stream) {
  for await (const chunk of stream) await stream.write(chunk);
}
