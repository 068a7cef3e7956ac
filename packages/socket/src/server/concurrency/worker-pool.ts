import { withDeadline, type Deadline } from '../../deadline.ts';
import { SocketError } from '../../errors.ts';
import { WorkerExitError, type ConcurrencyContext, type Task, type WorkerExit } from './concurrency.ts';
import { RestartDelay } from './restart-delay.ts';
import { TaskQueue } from './task-queue.ts';

/** A thread or a process that serves requests. */
export interface PoolWorker {
  /** Resolves once it takes requests; rejects where it ended before that, with what it ended of. */
  readonly ready: Promise<void>;
  /** Never rejects. */
  readonly exited: Promise<WorkerExit>;
  /** Rejects with `WorkerExitError` where the worker ends first, with `NotBegunError` where it never heard of the request. */
  serve(task: Task): Promise<void>;
  /** Ends it, once it has nothing to do. */
  end(): void;
  /** Ends it now. */
  kill(): void;
}

export interface WorkerPoolOptions {
  readonly size: number;
  readonly maxPerWorker: number;
  readonly spawn: () => PoolWorker;
  readonly onExit: ((exit: WorkerExit) => void) | undefined;
  readonly onError: ConcurrencyContext['onError'];
}

/** A fixed number of workers, each replaced when it dies; a request goes to the one that has fewest. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #members = new Set<Member>();
  readonly #alive = new Set<PoolWorker>();
  readonly #delay = new RestartDelay();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #queue: TaskQueue;
  #stopping = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#queue = new TaskQueue((task) => this.#begin(task));
  }

  /** Rejects with what ended the first worker that did not become ready. */
  async start(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.#options.size }, () => this.#add()));
    } catch (error) {
      this.#stopping = true;
      this.#killAll();
      throw error;
    }
  }

  run(task: Task): Promise<void> {
    return this.#queue.run(task);
  }

  /** Waits for the requests, then ends the workers; where the deadline passes first, ends them at once. */
  async stop(deadline?: Deadline): Promise<void> {
    const drained = this.#queue.drained().then(() => this.#end());
    try {
      await withDeadline(drained, deadline, (error) => {
        // What waits has nobody left to wait for.
        this.#queue.cut(error);
        this.#stopRestarting();
        this.#killAll();
      });
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      await Promise.all([...this.#alive].map((worker) => worker.exited));
    }
  }

  #begin(task: Task): Promise<void> | undefined {
    const member = this.#leastBusy();
    if (member === undefined) return undefined;
    member.busy++;
    return member.worker.serve(task).finally(() => member.busy--);
  }

  #leastBusy(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) {
      if (member.busy < (best?.busy ?? this.#options.maxPerWorker)) best = member;
    }
    return best;
  }

  async #add(): Promise<void> {
    const worker = this.#options.spawn();
    this.#alive.add(worker);
    const member: Member = { worker, busy: 0, readyAt: undefined };
    const exited = worker.exited.then((exit) => {
      this.#onExit(member, exit);
    });
    try {
      await worker.ready;
    } catch (error) {
      await exited;
      throw error;
    }
    member.readyAt = performance.now();
    this.#members.add(member);
    this.#queue.advance();
  }

  #onExit(member: Member, exit: WorkerExit): void {
    this.#alive.delete(member.worker);
    const wasReady = this.#members.delete(member);
    if (this.#stopping) return;
    if (wasReady) {
      this.#options.onError(exitError(exit));
      this.#replace(performance.now() - (member.readyAt ?? 0));
    }
    this.#options.onExit?.(exit);
  }

  #replace(livedMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#add().catch((error: unknown) => {
        if (this.#stopping) return;
        this.#options.onError(error);
        this.#replace(0);
      });
    }, this.#delay.after(livedMs));
    timer.unref();
    this.#timers.add(timer);
  }

  async #end(): Promise<void> {
    this.#stopRestarting();
    const workers = [...this.#alive];
    for (const worker of workers) worker.end();
    await Promise.all(workers.map((worker) => worker.exited));
  }

  #stopRestarting(): void {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #killAll(): void {
    for (const worker of this.#alive) worker.kill();
  }
}

interface Member {
  readonly worker: PoolWorker;
  busy: number;
  readyAt: number | undefined;
}

/** What a worker's requests fail with, and what `ready` does. */
export function exitError({ id, exitCode, signal, error }: WorkerExit): WorkerExitError {
  const how = signal === undefined ? `with code ${String(exitCode)}` : `by ${signal}`;
  const why = error instanceof Error ? `: ${error.message}` : '';
  return new WorkerExitError(`worker ${String(id)} ended ${how}${why}`, exitCode, error);
}
