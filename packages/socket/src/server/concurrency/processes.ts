import { fork, type ForkOptions } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Deadline } from '../../deadline.ts';
import { SocketError, SocketUsageError } from '../../errors.ts';
import { Child } from './child.ts';
import type { Concurrency, ConcurrencyContext, Task, WorkerExit } from './concurrency.ts';
import { requirePlaces } from './concurrent.ts';
import { requireModuleHandler, type ModuleReference } from './module-handler.ts';
import { NotBegunError, TaskQueue } from './task-queue.ts';
import { exitError, WorkerPool, type PoolWorker } from './worker-pool.ts';

interface ProcessOptions {
  /** Told of every process of a pool that dies. The server's `onError` hears of it, too. */
  readonly onWorkerExit?: (exit: WorkerExit) => void;
  /** How the processes are made. */
  readonly child?: Pick<ForkOptions, 'env' | 'cwd' | 'execArgv' | 'uid' | 'gid' | 'stdio'>;
}

/** A fixed number of processes. */
export interface PoolOfProcessesOptions extends ProcessOptions {
  /** Default: as many as the machine runs at the same time. */
  readonly size?: number;
  /** Connections of one process at a time; more wait in order. Default: no limit. */
  readonly maxPerProcess?: number;
  readonly perConnection?: false;
}

/** A process for each connection, which ends with it. */
export interface ProcessPerConnectionOptions extends Omit<ProcessOptions, 'onWorkerExit'> {
  readonly perConnection: true;
  /** Processes at the same time; more connections wait in order. Default 40, as `max_children` of Python's `ForkingMixIn`. */
  readonly max?: number;
}

/**
 * Connections served by child processes, which are handed the socket itself: seed 003's `ForkingMixIn`. A process that dies takes only its own
 * connections with it: the kernel closes them, with a reset where bytes were unread. It is replaced. Connections in clear, over TCP or
 * a Unix path: TLS has a state that does not travel.
 *
 * The handler is a `moduleHandler`.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for a number below 1.
 */
export function processes(options: PoolOfProcessesOptions | ProcessPerConnectionOptions = {}): Concurrency {
  return options.perConnection === true ? new ProcessPerConnection(options) : new PoolOfProcesses(options);
}

class PoolOfProcesses implements Concurrency {
  readonly name = 'processes';
  readonly takesSocket = true;
  readonly #options: PoolOfProcessesOptions;
  readonly #size: number;
  readonly #maxPerProcess: number;
  #pool: WorkerPool | undefined;

  constructor(options: PoolOfProcessesOptions) {
    const { size = availableParallelism(), maxPerProcess = Infinity } = options;
    this.#size = requirePlaces('size', size);
    this.#maxPerProcess = requirePlaces('maxPerProcess', maxPerProcess);
    this.#options = options;
  }

  async start({ handler, onError }: ConcurrencyContext): Promise<void> {
    const module = requireModuleHandler(handler, 'processes()');
    this.#pool = new WorkerPool({
      size: this.#size,
      maxPerWorker: this.#maxPerProcess,
      spawn: () => new ProcessWorker(module, this.#options.child),
      onExit: this.#options.onWorkerExit,
      onError,
    });
    await this.#pool.start();
  }

  async run(task: Task): Promise<void> {
    if (this.#pool === undefined) throw notStarted();
    await this.#pool.run(task);
  }

  async stop(deadline?: Deadline): Promise<void> {
    await this.#pool?.stop(deadline);
  }
}

class ProcessPerConnection implements Concurrency {
  readonly name = 'processes';
  readonly takesSocket = true;
  readonly #workers = new Set<ProcessWorker>();
  readonly #child: ProcessOptions['child'];
  readonly #queue: TaskQueue;
  #module: ModuleReference | undefined;

  constructor({ max = 40, child }: ProcessPerConnectionOptions) {
    requirePlaces('max', max);
    this.#child = child;
    this.#queue = new TaskQueue((task) => (this.#workers.size < max ? this.#serve(task) : undefined));
  }

  /** Loads nothing here: where the module does not load, each connection fails with what it threw. */
  start({ handler }: ConcurrencyContext): Promise<void> {
    return Promise.resolve().then(() => {
      this.#module = requireModuleHandler(handler, 'processes()');
    });
  }

  async run(task: Task): Promise<void> {
    if (this.#module === undefined) throw notStarted();
    await this.#queue.run(task);
  }

  async stop(deadline?: Deadline): Promise<void> {
    await this.#queue.stop(deadline, () => {
      for (const worker of this.#workers) worker.kill();
    });
    await Promise.all([...this.#workers].map((worker) => worker.exited));
  }

  async #serve(task: Task): Promise<void> {
    const worker = new ProcessWorker(this.#module as ModuleReference, this.#child);
    this.#workers.add(worker);
    try {
      await worker.ready;
      await worker.serve(task);
    } catch (error) {
      // Another one would do no better: this one was made for the connection.
      throw error instanceof NotBegunError ? exitError(await worker.exited) : error;
    } finally {
      worker.end();
      await worker.exited;
      this.#workers.delete(worker);
    }
  }
}

class ProcessWorker implements PoolWorker {
  readonly ready: Promise<void>;
  readonly exited: Promise<WorkerExit>;
  readonly #child: Child;

  constructor(module: ModuleReference, options: ProcessOptions['child']) {
    this.#child = new Child(fork(entry, [], options ?? {}), { wirestack: 'load', module });
    this.ready = this.#child.ready.then(() => undefined);
    this.ready.catch(() => undefined);
    this.exited = this.#child.exited;
  }

  async serve(task: Task): Promise<void> {
    if (task.takeSocket === undefined) {
      throw new SocketError(
        'UNSUPPORTED',
        'processes() serves connections in clear: only a socket can be handed over',
      );
    }
    const socket = task.takeSocket();
    const { begun, done } = this.#child.request(socket);
    await begun;
    // This process's copy; the connection lives on in the child.
    socket.destroy();
    await done;
  }

  end(): void {
    this.#child.ref();
    if (this.#child.process.connected) this.#child.process.disconnect();
  }

  kill(): void {
    this.#child.ref();
    this.#child.process.kill('SIGKILL');
  }
}

function notStarted(): SocketUsageError {
  return new SocketUsageError('BAD_ARGUMENT', 'start() comes before run()');
}

/** From the sources the entry is TypeScript, for runtimes that load that. */
const entry: URL = import.meta.url.endsWith('.ts')
  ? new URL('./process-worker.ts', import.meta.url)
  : new URL('./process-worker.js', import.meta.url);
