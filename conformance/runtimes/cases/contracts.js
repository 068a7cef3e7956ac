// @ts-check
import { MessageChannel } from 'node:worker_threads';
import {
  connect,
  fromDuplex,
  fromWebStreams,
  listen,
  portStream,
  socketPair,
  tap,
  toDuplex,
  toWebStreams,
} from '@wirestack/socket';
import { streamContract } from '@wirestack/socket/testing';
import { pem } from '../certificates.js';

/** @typedef {import('@wirestack/socket').ByteStream} ByteStream */
/** @typedef {import('../case.js').Context} Context */

/** A proxy that speaks for itself: the addresses are those of the connection, as the contract has it. */
/** @type {import('@wirestack/socket').ProxyHeader} */
const proxyHeader = {
  version: 2,
  command: 'LOCAL',
  transport: 'unspecified',
  source: undefined,
  destination: undefined,
  extensions: [],
};

/**
 * What is on its way to a peer that does not read: at most the 4 MiB that Linux lets a sender hold, the window that the peer began with, and what
 * the runtime has read ahead. A Unix socket has a fifth of a megabyte in all; memory and ports stop at 64 KiB.
 */
const beyondTcpBytes = 16 << 20;
const beyondUnixBytes = 4 << 20;
const beyondMemoryBytes = 1 << 20;

/** What two connected streams are made of. */
/** @type {Readonly<Record<string, (context: Context) => import('@wirestack/socket/testing').StreamPairFactory>>} */
const transports = {
  'TCP over IPv4': () => over('tcp://127.0.0.1:0'),
  'TCP over IPv6': () => over('tcp://[::1]:0'),
  'a Unix socket': (context) => over(context.path()),
  memory: () => async () => {
    const [a, b] = socketPair();
    return { a, b, beyondBuffersBytes: beyondMemoryBytes };
  },
  'TLS over TCP': () =>
    over('tcp://127.0.0.1:0', { tls: pem.server }, { tls: { ca: pem.authority, servername: 'localhost' } }),
  'a MessagePort': () => async () => {
    const { port1, port2 } = new MessageChannel();
    return { a: portStream(port1), b: portStream(port2), beyondBuffersBytes: beyondMemoryBytes };
  },
  'web streams there and back': () =>
    wrapped((stream) => fromWebStreams(toWebStreams(stream), addressesOf(stream))),
  'a duplex of node there and back': () =>
    wrapped((stream) => fromDuplex(toDuplex(stream), addressesOf(stream))),
  'a tapped connection': () => wrapped((stream) => tap(stream, { data: () => undefined })),
  'a connection behind a proxy': () =>
    over('tcp://127.0.0.1:0', { proxyProtocol: { trusted: ['127.0.0.0/8'] } }, { proxyHeader }),
};

/** Each sentence of the contract over each of them. */
export const contracts = Object.entries(transports).map(([transport, factory]) => ({
  group: `ByteStream over ${transport}`,
  cases: streamContract.map(({ name, run }) => ({
    name,
    run: (/** @type {Context} */ context) => run(factory(context)),
  })),
}));

/**
 * @param {string} address
 * @param {import('@wirestack/socket').ListenOptions} [server]
 * @param {import('@wirestack/socket').ConnectOptions} [client]
 * @returns {import('@wirestack/socket/testing').StreamPairFactory}
 */
function over(address, server, client) {
  return async () => {
    const listener = await listen(address, server);
    const [a, b] = await Promise.all([connect(listener.address, client), listener.accept()]);
    const beyondBuffersBytes = listener.address.family === 'unix' ? beyondUnixBytes : beyondTcpBytes;
    return { a, b, close: () => listener.close(), beyondBuffersBytes };
  };
}

/**
 * A TCP connection whose first end is wrapped.
 *
 * @param {(stream: ByteStream) => ByteStream} wrap
 * @returns {import('@wirestack/socket/testing').StreamPairFactory}
 */
function wrapped(wrap) {
  const makePair = over('tcp://127.0.0.1:0');
  return async () => {
    const { a, ...rest } = await makePair();
    return { a: wrap(a), ...rest };
  };
}

/** @param {ByteStream} stream */
function addressesOf({ localAddress, remoteAddress }) {
  return { localAddress, remoteAddress };
}
