import { availableParallelism } from 'node:os';
import type { ServerOptions } from '@wirestack/http';
import type { Address, AddressLike, Deadline } from '@wirestack/socket';
import { ProcessGroup, type DrainOptions } from '@wirestack/socket/server';
import type { FastCgiOptions } from '../adapters/fastcgi/fastcgi.ts';
import type { FrontServerOptions } from '../adapters/single-requests.ts';
import type { Application } from '../application.ts';
import { requireModuleApplication } from './module-application.ts';
import { requirePlain } from './plain-data.ts';
import type { ProcessJob } from './process-worker.ts';

/** What the processes speak: `http`, or what a front server speaks to them. */
export type ServedProtocol = 'http' | 'fastcgi' | 'scgi' | 'uwsgi';

/** What crosses to other processes: plain data. Functions and observers are the module's `serverOptions`. */
export type PlainServerOptions = Omit<
  ServerOptions & FastCgiOptions & FrontServerOptions,
  'observe' | 'onError' | 'onRefused' | 'clock'
>;

export interface ProcessesOptions extends PlainServerOptions {
  /** 0: as many as the machine runs at the same time. Default 0. */
  readonly processes?: number;
  /** Default `http`. */
  readonly protocol?: ServedProtocol;
  /** For a process to load the application, to start it, and to listen. Default 30,000, as gunicorn's `timeout`. */
  readonly startTimeoutMs?: number;
  /**
   * A drain of all begins with so long in which the server accepts still, and `wirestack.draining` tells the application that it will not for long: for load
   * balancers that learn it from a health check, or late, as Kubernetes' do. Default 0.
   */
  readonly drainDelayMs?: number;
  /**
   * What a connection that a process accepted just before it was to drain has for its first request. With TLS or `proxyProtocol` the process accepts for so long
   * first, whether there are any or not: for those in their handshake. Default 1,000.
   */
  readonly firstRequestMs?: number;
  /** How the processes are made. */
  readonly child?: { readonly env?: object; readonly execArgv?: readonly string[] };
  /** Told of a process that died and is replaced, and of each that could not replace it. Default: written to stderr. */
  readonly onProcessError?: (error: unknown) => void;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly state: 'starting' | 'ready' | 'draining';
  /** Milliseconds since 1970 when it began. */
  readonly since: number;
}

export interface ProcessStats {
  readonly connections: number;
  readonly requests: number;
  readonly dropped: number;
}

/** Processes that serve one application at one address. */
export interface ProcessServer extends AsyncDisposable {
  readonly address: Address;
  readonly state: 'ready' | 'draining' | 'closed';
  readonly processes: readonly ProcessInfo[];
  /** Of each process that is ready, by pid. */
  stats(): Promise<ReadonlyMap<number, ProcessStats>>;
  /**
   * Loads the application anew, and loses no connection: new processes serve before the old ones stop accepting. Resolves when what the old ones had under way is
   * over; the deadline is for that (default 30 s). Where a new process does not start, nothing changes, and its error is what this rejects with.
   */
  restart(deadline?: Deadline): Promise<void>;
  /** As many processes from now on. */
  resize(processes: number): Promise<void>;
  /** Stops accepting, answers what is under way, and ends the processes. What is left at the deadline is aborted. Default 30 s. */
  drain(deadline?: Deadline): Promise<void>;
  /** Ends the processes at once. */
  close(): Promise<void>;
}

/**
 * Serves an application in several processes, which share one listening socket; those that die are replaced, later and later where they do so at once. Where one
 * does not start at the beginning, nothing is left running.
 *
 * ```ts
 * const server = await serveProcesses(':8000', moduleApplication(new URL('./app.js', import.meta.url)), { processes: 4 });
 * await server.restart(); // with what the module says now
 * ```
 *
 * @throws TypeError for an application that is no `moduleApplication`, an option that is no plain data; SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`,
 *   `TIMED_OUT` for a process that does not begin in time; what the module threw
 */
export async function serveProcesses(
  address: AddressLike,
  app: Application,
  options: ProcessesOptions = {},
): Promise<ProcessServer> {
  const { processes = 0, protocol = 'http', startTimeoutMs, drainDelayMs = 0, child, ...rest } = options;
  const { onProcessError = reportError, ...serverOptions } = rest;
  const { firstRequestMs } = serverOptions;
  const application = requireModuleApplication(app);
  for (const [name, ms] of Object.entries({ drainDelayMs, firstRequestMs, startTimeoutMs })) {
    if (ms !== undefined && !(ms >= 0)) throw new TypeError(`${name} is ${String(ms)}, expected 0 or more`);
  }
  requirePlain({ ...serverOptions, args: application.args });
  const size = sizeOf(processes);
  const data: ProcessJob = {
    application,
    protocol,
    isOneOfMany: size > 1,
    options: serverOptions,
  };
  const group = new ProcessGroup({
    module: { url: worker, exportName: 'beginProcess' },
    data,
    size,
    startTimeoutMs,
    child,
    onError: onProcessError,
  });
  await group.start(address, serverOptions);
  return new RunningProcesses(group, drainDelayMs);
}

class RunningProcesses implements ProcessServer {
  state: ProcessServer['state'] = 'ready';
  readonly #group: ProcessGroup;
  readonly #drainDelayMs: number;

  constructor(group: ProcessGroup, drainDelayMs: number) {
    this.#group = group;
    this.#drainDelayMs = drainDelayMs;
  }

  get address(): Address {
    return this.#group.address;
  }

  get processes(): readonly ProcessInfo[] {
    return this.#group.members;
  }

  stats(): Promise<ReadonlyMap<number, ProcessStats>> {
    return this.#group.stats();
  }

  restart(deadline?: Deadline): Promise<void> {
    return this.#group.restart(deadline);
  }

  resize(processes: number): Promise<void> {
    return this.#group.resize(sizeOf(processes));
  }

  async drain(deadline: Deadline = {}): Promise<void> {
    if (this.state === 'ready') this.state = 'draining';
    const options: DrainOptions = { ...deadline, delayMs: this.#drainDelayMs };
    await this.#group.drain(options);
    this.state = 'closed';
  }

  async close(): Promise<void> {
    if (this.state === 'ready') this.state = 'draining';
    await this.#group.close();
    this.state = 'closed';
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function sizeOf(processes: number): number {
  if (processes === 0) return availableParallelism();
  if (Number.isInteger(processes) && processes > 0) return processes;
  throw new TypeError(`processes is ${String(processes)}, expected a whole number, 0 for one for each CPU`);
}

function reportError(error: unknown): void {
  console.error(error);
}

/** From the sources it is TypeScript, for runtimes that load that. */
const worker: string = (
  import.meta.url.endsWith('.ts')
    ? new URL('./process-worker.ts', import.meta.url)
    : new URL('./process-worker.js', import.meta.url)
).href;
