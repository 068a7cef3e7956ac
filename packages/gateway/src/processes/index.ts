/**
 * One application in several processes. In reading order:
 *
 * - `module-application.ts`   an application that other processes can load
 * - `process-server.ts`   the processes, from outside; the sharing of the port is `ProcessGroup` of `@wirestack/socket/server`
 * - `process-worker.ts`   one of them, from inside
 * - `handle-signals.ts`   for programs
 */
export { inProcess, type ProcessFacts } from './in-process.ts';
export {
  loadApplication,
  moduleApplication,
  type ApplicationReference,
  type LoadedApplication,
  type ModuleApplication,
} from './module-application.ts';
export {
  handleSignals,
  type SignalHandling,
  type SignalledServer,
  type SignalOptions,
  type SignalSource,
} from './handle-signals.ts';
export {
  serveProcesses,
  type PlainServerOptions,
  type ProcessesOptions,
  type ProcessInfo,
  type ProcessServer,
  type ProcessStats,
  type ServedProtocol,
} from './process-server.ts';
