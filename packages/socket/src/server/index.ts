/**
 * `@wirestack/socket/server`: `socketserver` (seeds 003 and 004) in TypeScript. In reading order:
 *
 * - `base-server.ts`   the loop, and the hooks that each request goes through
 * - `stream-server.ts` `datagram-server.ts`   for connections and for packets
 * - `request-handler.ts`   the classes to derive handlers from
 * - `concurrency/`   how requests run: a value, not a subclass
 */
export { BaseServer, type Accepted, type BaseServerOptions } from './base-server.ts';
export {
  StreamServer,
  type StreamHandlerClass,
  type StreamHandlerFunction,
  type StreamServerOptions,
} from './stream-server.ts';
export {
  DatagramServer,
  type DatagramHandlerClass,
  type DatagramHandlerFunction,
  type DatagramServerOptions,
} from './datagram-server.ts';
export {
  DatagramRequestHandler,
  PacketWriter,
  RequestHandler,
  StreamRequestHandler,
  type DatagramRequest,
  type HandlerServer,
} from './request-handler.ts';
export {
  WorkerExitError,
  type Concurrency,
  type ConcurrencyContext,
  type Task,
  type WorkerExit,
} from './concurrency/concurrency.ts';
export { concurrent, sequential, type ConcurrentOptions } from './concurrency/concurrent.ts';
export { moduleHandler, type ModuleHandler } from './concurrency/module-handler.ts';
export { threads, type ThreadsOptions } from './concurrency/threads.ts';
export {
  processes,
  type PoolOfProcessesOptions,
  type ProcessPerConnectionOptions,
} from './concurrency/processes.ts';
export { cluster, type ClusterOptions } from './concurrency/cluster.ts';
export {
  ProcessGroup,
  type DrainOptions,
  type GroupJob,
  type GroupMember,
  type GroupStats,
  type GroupWorker,
  type ProcessGroupOptions,
} from './concurrency/process-group.ts';
