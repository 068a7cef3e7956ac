/**
 * `@wirestack/socket`: the layer that protocols stand on. In reading order:
 *
 * - `byte-stream.ts`   the one interface, as a contract
 * - `connect.ts` `listen.ts` `datagram.ts`   opening sockets: TCP, Unix, UDP
 * - `server/stream-server.ts`   a handler for every connection
 * - `streams/memory-pair.ts`   two connected streams without a network
 * - `streams/node-stream.ts`   the only file where a `node:net` socket becomes a stream; `read-queue.ts` is its pull mode
 * - `address.ts` `deadline.ts` `errors.ts`   what all of them speak
 */
export type { ByteReceiver, ByteStream, WriteOptions } from './byte-stream.ts';
export { connect, type ConnectOptions, type LookupFunction } from './connect.ts';
export { listen, type Listener, type ListenOptions } from './listen.ts';
export {
  bind,
  type BindOptions,
  type Datagram,
  type DatagramReceiver,
  type DatagramSocket,
} from './datagram.ts';
export { serve, type ServeOptions, type StreamHandler, type StreamServer } from './server/stream-server.ts';
export { socketPair, type SocketPairOptions } from './streams/memory-pair.ts';
export { formatAddress, parseAddress, type Address, type AddressLike, type Endpoint } from './address.ts';
export { armDeadline, withDeadline, type Deadline } from './deadline.ts';
export { ReadQueue } from './streams/read-queue.ts';
export {
  SocketError,
  SocketUsageError,
  toSocketError,
  type SocketErrorCode,
  type SocketUsageErrorCode,
} from './errors.ts';
