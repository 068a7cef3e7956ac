import { availableParallelism } from 'node:os';
import { MessageChannel, Worker, type WorkerOptions } from 'node:worker_threads';
import type { ByteStream } from '../../byte-stream.ts';
import type { Deadline } from '../../deadline.ts';
import { Deferred } from '../../deferred.ts';
import { SocketError, SocketUsageError } from '../../errors.ts';
import { portStream } from '../../streams/message-port.ts';
import type { Concurrency, ConcurrencyContext, Task, WorkerExit } from './concurrency.ts';
import { requirePlaces } from './concurrent.ts';
import { requireModuleHandler, type ModuleReference } from './module-handler.ts';
import { reviveError } from './remote-error.ts';
import { splice } from './splice.ts';
import { NotBegunError } from './task-queue.ts';
import type { FromThread, ToThread } from './thread-worker.ts';
import { exitError, WorkerPool, type PoolWorker } from './worker-pool.ts';

export interface ThreadsOptions {
  /** Worker threads. Default: as many as the machine runs at the same time. */
  readonly size?: number;
  /** Connections of one thread at a time; more wait in order. Default: no limit, for a handler that waits lets others run. */
  readonly maxPerThread?: number;
  /** Told of every thread that dies. The server's `onError` hears of it, too. */
  readonly onWorkerExit?: (exit: WorkerExit) => void;
  /** How the threads are made: memory limits, environment, data that all of them share. */
  readonly worker?: Pick<WorkerOptions, 'resourceLimits' | 'env' | 'workerData' | 'execArgv'>;
}

/**
 * Connections served by a pool of threads, so that handlers that compute do so at the same time: seed 003's `ThreadingMixIn`. Each connection is
 * relayed to the thread that has fewest, with back-pressure and half-close both ways; what the handler holds is a `portStream`, not
 * the socket. A thread that dies takes only its own connections with it, which are reset, and is replaced.
 *
 * The handler is a `moduleHandler`.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for a number below 1.
 */
export function threads(options: ThreadsOptions = {}): Concurrency {
  return new Threads(options);
}

class Threads implements Concurrency {
  readonly name = 'threads';
  readonly #size: number;
  readonly #maxPerThread: number;
  readonly #options: ThreadsOptions;
  #pool: WorkerPool | undefined;

  constructor(options: ThreadsOptions) {
    const { size = availableParallelism(), maxPerThread = Infinity } = options;
    this.#size = requirePlaces('size', size);
    this.#maxPerThread = requirePlaces('maxPerThread', maxPerThread);
    this.#options = options;
  }

  async start({ handler, onError }: ConcurrencyContext): Promise<void> {
    const module = requireModuleHandler(handler, 'threads()');
    this.#pool = new WorkerPool({
      size: this.#size,
      maxPerWorker: this.#maxPerThread,
      spawn: () => new Thread(module, this.#options.worker),
      onExit: this.#options.onWorkerExit,
      onError,
    });
    await this.#pool.start();
  }

  async run(task: Task): Promise<void> {
    if (this.#pool === undefined) throw new SocketUsageError('BAD_ARGUMENT', 'start() comes before run()');
    await this.#pool.run(task);
  }

  async stop(deadline?: Deadline): Promise<void> {
    await this.#pool?.stop(deadline);
  }
}

class Thread implements PoolWorker {
  readonly ready: Promise<void>;
  readonly exited: Promise<WorkerExit>;
  readonly #worker: Worker;
  readonly #requests = new Map<number, Request>();
  #ids = 0;
  #isOver = false;

  constructor(module: ModuleReference, options: ThreadsOptions['worker']) {
    const worker = (this.#worker = new Worker(entry, options));
    const id = worker.threadId;
    const ready = new Deferred<void>();
    const exited = new Deferred<WorkerExit>();
    this.ready = ready.promise;
    this.exited = exited.promise;
    let error: unknown;
    worker.on('error', (thrown) => {
      error = thrown;
    });
    worker.on('exit', (exitCode) => {
      this.#isOver = true;
      const requests = [...this.#requests.values()];
      const lost = requests.filter(({ isBegun }) => isBegun).length;
      const exit: WorkerExit = { id, exitCode, signal: undefined, error, requests: lost };
      exited.resolve(exit);
      // What loading the module threw says more than that the thread ended of it.
      ready.reject(error ?? exitError(exit));
      for (const { begun, done } of requests) {
        begun.reject(new NotBegunError());
        done.reject(exitError(exit));
      }
    });
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'ready') {
        // The listener and the connections keep the process alive, not a thread that waits for some.
        worker.unref();
        ready.resolve();
        return;
      }
      const request = this.#requests.get(message.id);
      if (request === undefined) return;
      if (message.kind === 'begun') {
        request.isBegun = true;
        request.begun.resolve();
        return;
      }
      this.#requests.delete(message.id);
      if (message.error === undefined) request.done.resolve();
      else request.done.reject(reviveError(message.error));
    });
    this.#post({ kind: 'load', module });
  }

  async serve({ stream }: Task): Promise<void> {
    if (stream === undefined)
      throw new SocketError('UNSUPPORTED', 'threads() serves connections, not packets');
    if (this.#isOver) throw new NotBegunError();
    const { port1, port2 } = new MessageChannel();
    const inner = portStream(port1, { transfer: true });
    const { localAddress, remoteAddress } = stream;
    const id = this.#ids++;
    const request: Request = { begun: new Deferred(), done: new Deferred(), isBegun: false };
    this.#requests.set(id, request);
    this.#post({ kind: 'serve', id, port: port2, localAddress, remoteAddress }, [port2]);
    // A thread that is dying takes no message, and nothing is known of its death yet: the connection must still be whole then.
    await request.begun.promise;
    await finish(stream, inner, request.done.promise);
  }

  end(): void {
    this.kill();
  }

  kill(): void {
    this.#worker.ref();
    void this.#worker.terminate();
  }

  #post(message: ToThread, transfer?: Parameters<Worker['postMessage']>[1]): void {
    this.#worker.postMessage(message, transfer);
  }
}

interface Request {
  /** The thread has the request. */
  readonly begun: Deferred<void>;
  readonly done: Deferred<void>;
  isBegun: boolean;
}

/** Until the handler is done, and what it wrote is with the connection. */
async function finish(connection: ByteStream, inner: ByteStream, done: Promise<void>): Promise<void> {
  const answered = splice(connection, inner);
  try {
    await done;
    // A handler that aborts its stream on purpose has not failed.
    await answered.catch(() => undefined);
    await inner.close();
  } catch (error) {
    inner.abort(error);
    throw error;
  }
}

/** From the sources the entry is TypeScript, for runtimes that load that. */
const entry: URL = import.meta.url.endsWith('.ts')
  ? new URL('./thread-worker.ts', import.meta.url)
  : new URL('./thread-worker.js', import.meta.url);
