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
export { connect, type ConnectOptions } from './connect.ts';
export type { DialOptions, LookupFunction } from './dial.ts';
export { listen, type Listener } from './listen.ts';
export type { BindServerOptions, ListenAddress } from './listening/bind-server.ts';
export type { ProxyProtocolOptions } from './listening/inbound.ts';
export { inheritedSockets, type InheritedSocket } from './listening/inherited.ts';
export type { ListenOptions } from './listening/port.ts';
export type { Pollable } from './pollable.ts';
export type { ProxyHeader } from './proxy-protocol/header.ts';
export type { SocketStream } from './socket-stream.ts';
export type { TlsInfo } from './tls/info.ts';
export type { SniContext, TlsClientOptions, TlsServerOptions } from './tls/options.ts';
export {
  bind,
  type BindOptions,
  type Datagram,
  type DatagramReceiver,
  type DatagramSocket,
} from './datagram.ts';
export { serve, type RunningServer, type ServeOptions, type StreamHandler } from './server/serve.ts';
export { eventRead, eventWrite, Selector, type SelectorEvents, type SelectorKey } from './selector.ts';
export { pipe, relay, type PipeOptions, type RelayCounts } from './streams/pipe.ts';
export { sendFile, type FileRange } from './streams/send-file.ts';
export {
  readAll,
  StreamReader,
  type ReadUntilOptions,
  type StreamReaderOptions,
} from './streams/stream-reader.ts';
export { fromDuplex, toDuplex, type FromDuplexOptions } from './streams/duplex.ts';
export { fromWebStreams, toWebStreams, type WebStreamPair, type WebStreams } from './streams/web-streams.ts';
export { childStream, stdioStream } from './streams/child-stream.ts';
export { ForwardingStream } from './streams/forwarding-stream.ts';
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
