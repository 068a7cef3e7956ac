import nodeCluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatAddress, type Address } from '../../address.ts';
import type { Deadline } from '../../deadline.ts';
import { SocketError, SocketUsageError } from '../../errors.ts';
import type { ListenAddress } from '../../listening/bind-server.ts';
import type { ListenOptions } from '../../listening/port.ts';
import { Child } from './child.ts';
import type { ClusterJob } from './cluster-worker.ts';
import type { Concurrency, ConcurrencyContext, WorkerExit } from './concurrency.ts';
import { requirePlaces } from './concurrent.ts';
import { requireModuleHandler, type ModuleReference } from './module-handler.ts';
import { WorkerPool, type PoolWorker } from './worker-pool.ts';

export interface ClusterOptions {
  /** Processes. Default: as many as the machine runs at the same time. */
  readonly size?: number;
  /** Told of every process that dies. The server's `onError` hears of it, too. */
  readonly onWorkerExit?: (exit: WorkerExit) => void;
  /** How the processes are made. */
  readonly child?: { readonly env?: object; readonly execArgv?: readonly string[] };
}

/**
 * Processes that accept by themselves from one listening socket that they share (`node:cluster`, `SCHED_NONE`): no connection passes through this
 * process, which only replaces those that die. What the kernel makes of it is uneven on Linux: few connections go to few processes.
 *
 * The handler is a `moduleHandler`; the server's other options must be plain data. Where the one process of a cluster of one dies, the
 * address is free until its successor has bound it again.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for a number below 1.
 */
export function cluster(options: ClusterOptions = {}): Concurrency {
  return new Cluster(options);
}

class Cluster implements Concurrency {
  readonly name = 'cluster';
  readonly #size: number;
  readonly #options: ClusterOptions;
  #context: (Pick<ConcurrencyContext, 'onError'> & { readonly module: ModuleReference }) | undefined;
  #pool: WorkerPool | undefined;

  constructor(options: ClusterOptions) {
    this.#size = requirePlaces('size', options.size ?? availableParallelism());
    this.#options = options;
  }

  start({ handler, onError }: ConcurrencyContext): Promise<void> {
    return Promise.resolve().then(() => {
      this.#context = { module: requireModuleHandler(handler, 'cluster()'), onError };
    });
  }

  async listen(address: ListenAddress, options: ListenOptions): Promise<Address> {
    const context = this.#context;
    if (context === undefined) throw new SocketUsageError('BAD_ARGUMENT', 'start() comes before listen()');
    const job: ClusterJob = { module: context.module, address, options };
    requirePlain(job);
    // The first finds the port, where none is named, and the others are told: those that come after all have died, too.
    let bound: Address | undefined;
    const spawn = (): ClusterWorker => {
      const where = bound === undefined ? address : formatAddress(bound);
      return new ClusterWorker({ ...job, address: where }, this.#options.child, (answer) => {
        bound ??= answer;
      });
    };
    const { onWorkerExit } = this.#options;
    this.#pool = new WorkerPool({
      size: this.#size,
      maxPerWorker: 0,
      spawn,
      onExit: onWorkerExit,
      onError: context.onError,
    });
    await this.#pool.start();
    if (bound === undefined) throw new SocketError('OTHER', 'no process of the cluster listens');
    return bound;
  }

  run(): Promise<void> {
    return Promise.reject(new SocketError('UNSUPPORTED', 'the processes of a cluster accept by themselves'));
  }

  async stop(deadline?: Deadline): Promise<void> {
    await this.#pool?.stop(deadline);
  }
}

class ClusterWorker implements PoolWorker {
  readonly ready: Promise<void>;
  readonly exited: Promise<WorkerExit>;
  readonly #child: Child;

  constructor(job: ClusterJob, options: ClusterOptions['child'], onBound: (address: Address) => void) {
    const worker = forkAs(options);
    this.#child = new Child(worker.process, { wirestack: 'listen', job });
    this.ready = this.#child.ready.then((address) => {
      onBound(address as Address);
    });
    this.ready.catch(() => undefined);
    this.exited = this.#child.exited;
  }

  serve(): Promise<void> {
    return Promise.reject(new SocketError('UNSUPPORTED', 'the processes of a cluster accept by themselves'));
  }

  /** It stops accepting, and ends when its connections have. */
  end(): void {
    this.#child.ref();
    this.#child.send({ wirestack: 'drain' });
  }

  kill(): void {
    this.#child.ref();
    this.#child.process.kill('SIGKILL');
  }
}

/**
 * Settings of `node:cluster` are the process's own: they are put back for whoever else uses them. With `serialization` `advanced` messages are cloned,
 * not JSON: bytes and `Infinity` arrive.
 */
export function forkAs(
  { env, execArgv }: NonNullable<ClusterOptions['child']> = {},
  exec: string = entry,
  serialization: 'json' | 'advanced' = 'json',
): ReturnType<typeof nodeCluster.fork> {
  const before = nodeCluster.settings;
  const isFirst = before.exec === undefined;
  if (isFirst) nodeCluster.schedulingPolicy = nodeCluster.SCHED_NONE;
  nodeCluster.setupPrimary({
    exec,
    args: [],
    serialization,
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
  });
  try {
    const worker = nodeCluster.fork(env);
    // Node answers a process that leaves, and throws where that is gone already. What matters of it the `Child` hears.
    worker.on('error', () => undefined);
    return worker;
  } finally {
    if (!isFirst) nodeCluster.setupPrimary(before);
  }
}

function requirePlain(job: ClusterJob): void {
  const isPlain = (value: unknown): boolean => {
    if (typeof value === 'function' || typeof value === 'symbol' || ArrayBuffer.isView(value)) return false;
    return typeof value !== 'object' || value === null || Object.values(value).every(isPlain);
  };
  for (const [name, value] of Object.entries(job.options)) {
    if (isPlain(value)) continue;
    throw new SocketUsageError(
      'BAD_ARGUMENT',
      `cluster() cannot take ${name} to another process: only plain data goes there`,
    );
  }
}

/** From the sources the entry is TypeScript, for runtimes that load that. */
const entry: string = fileURLToPath(
  import.meta.url.endsWith('.ts')
    ? new URL('./cluster-worker.ts', import.meta.url)
    : new URL('./cluster-worker.js', import.meta.url),
);
