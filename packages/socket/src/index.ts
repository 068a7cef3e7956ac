/**
 * `@wirestack/socket`: the layer that protocols stand on. In reading order:
 *
 * - `byte-stream.ts`   the one interface, as a contract; `socket-stream.ts` what a kernel socket adds, `pollable.ts` readiness
 * - `connect.ts` `listen.ts` `datagrams/bind.ts` `datagrams/connect-datagram.ts`   opening sockets: TCP, TLS, Unix, UDP; `dial.ts` and
 *   `race.ts`, `listening/`, the rest of `datagrams/` are how
 * - `server/serve.ts`   a handler for every connection; the rest of `server/` is `@wirestack/socket/server`
 * - `streams/`   the kinds of stream, and what is done with one: `stream-reader.ts`, `pipe.ts`, `send-file.ts`, adapters;
 *   `node-stream.ts` is where a stream of node's becomes one of these, `linked-stream.ts` where there is none below
 * - `selector.ts` `tap.ts`   one loop over many sockets; a look at what goes through one
 * - `address.ts` `deadline.ts` `errors.ts`   what all of them speak
 *
 * Subpaths: `tls/`, `server/`, `proxy-protocol/`, `names/`, `capture/`, `testing/`.
 */
export type { ByteReceiver, ByteStream, WriteOptions } from './byte-stream.ts';
export { connect, type ConnectOptions, type ConnectStep } from './connect.ts';
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
export { bind } from './datagrams/bind.ts';
export { connectDatagram } from './datagrams/connect-datagram.ts';
export type { ConnectDatagramOptions, DatagramOptions } from './datagrams/datagram-options.ts';
export type {
  ConnectedDatagramSocket,
  Datagram,
  DatagramReceiver,
  DatagramSocket,
  GroupOptions,
} from './datagrams/datagram-socket.ts';
export { requestDatagram, type DatagramExchange, type RequestDatagramOptions } from './datagrams/exchange.ts';
export type { Clock } from './clock.ts';
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
export { handBack } from './streams/hand-back.ts';
export { ForwardingStream } from './streams/forwarding-stream.ts';
export { portStream, type PortStreamOptions } from './streams/message-port.ts';
export { tap, type Direction, type StreamObserver, type TapOptions } from './tap.ts';
export { interleave, race, type RaceOptions } from './race.ts';
export { socketPair, type SocketPairOptions } from './streams/memory-pair.ts';
export { formatAddress, parseAddress, type Address, type AddressLike, type Endpoint } from './address.ts';
export { formatIp, ipv4Within, parseHost } from './ip-address.ts';
export { armDeadline, withDeadline, type Deadline } from './deadline.ts';
export { ReadQueue } from './streams/read-queue.ts';
export {
  SocketError,
  SocketUsageError,
  toSocketError,
  type SocketErrorCode,
  type SocketUsageErrorCode,
} from './errors.ts';
