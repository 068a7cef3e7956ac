import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { formatAddress, schemeOf, type Address } from '../../address.ts';
import { armDeadline, withDeadline, type Deadline } from '../../deadline.ts';
import { closedError, SocketError, SocketUsageError } from '../../errors.ts';
import {
  bindServer,
  placeOf,
  type BindServerOptions,
  type ListenAddress,
} from '../../listening/bind-server.ts';
import { requirePlaces } from './concurrent.ts';
import type { WorkerExit } from './concurrency.ts';
import { GroupProcess, type ProcessState } from './group-process.ts';
import type { ModuleReference } from './module-handler.ts';
import { RestartDelay } from './restart-delay.ts';
import { exitError } from './worker-pool.ts';

/** What the module of a group exports begins: a server in one of the processes. */
export interface GroupWorker {
  readonly address: Address;
  /** It will be drained soon: still accepting, it says to who asks that it is not ready. */
  retire?(): void;
  /** Nothing is accepted any more: ends what is under way, at the deadline by force. The process ends then. */
  drain(deadline: Deadline): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
  stats(): GroupStats;
}

export interface GroupStats {
  readonly connections: number;
  readonly requests: number;
  readonly dropped: number;
}

/** What the processes of a group are, and how they begin. */
export interface ProcessGroupOptions {
  /** Its export is a function of a {@link GroupJob}, and answers with a promise of a {@link GroupWorker}. */
  readonly module: ModuleReference;
  /** Plain data for each process. */
  readonly data: unknown;
  readonly size: number;
  /** For a process to be ready. Default 30,000, as gunicorn's `timeout`. */
  readonly startTimeoutMs?: number | undefined;
  readonly child?: { readonly env?: object; readonly execArgv?: readonly string[] } | undefined;
  /** Told of every process that dies without being told to, and of each that could not replace it. */
  readonly onError: (error: unknown) => void;
}

export interface GroupJob {
  readonly address: ListenAddress;
  readonly data: unknown;
}

export interface GroupMember {
  readonly pid: number;
  readonly state: ProcessState;
  /** Milliseconds since 1970 when it began. */
  readonly since: number;
}

export interface DrainOptions extends Deadline {
  /** First it accepts for so long, and says that it is not ready. Default 0. */
  readonly delayMs?: number | undefined;
}

/** What processes have to end once they are told to, in place of a deadline. */
const defaultDrainMs = 30_000;
/** What they have beyond their deadline to end in order. */
const graceMs = 3_000;
const defaultStartMs = 30_000;

/**
 * Processes that accept from one listening socket (`node:cluster`, `SCHED_NONE`), and that can be replaced without a connection lost: new ones accept
 * before old ones stop, and what waits in the backlog belongs to all. No connection passes through this process. A process that dies is replaced,
 * with a delay where several die at once.
 *
 * Where the only process dies, the address is free until its successor has bound it again.
 */
export class ProcessGroup {
  readonly #options: ProcessGroupOptions;
  readonly #members = new Set<GroupProcess>();
  readonly #delay = new RestartDelay();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #size: number;
  #where: ListenAddress = '';
  #bound: Address | undefined;
  #isStopping = false;
  /** Changes come one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws SocketUsageError `BAD_ARGUMENT` for a size below 1 */
  constructor(options: ProcessGroupOptions) {
    this.#options = options;
    this.#size = requirePlaces('processes', options.size);
  }

  /** @throws SocketUsageError `BAD_ARGUMENT` before `start` */
  get address(): Address {
    if (this.#bound === undefined) throw new SocketUsageError('BAD_ARGUMENT', 'start() comes before address');
    return this.#bound;
  }

  get members(): readonly GroupMember[] {
    return [...this.#members].map(({ pid, state, since }) => ({ pid, state, since }));
  }

  /** Of each process that is ready, by pid. */
  async stats(): Promise<ReadonlyMap<number, GroupStats>> {
    const members = [...this.#members];
    const answers = await Promise.all(members.map((member) => member.stats()));
    const known = new Map<number, GroupStats>();
    for (const [index, { pid }] of members.entries()) {
      const stats = answers[index];
      if (stats !== undefined) known.set(pid, stats);
    }
    return known;
  }

  /** Rejects with what ended the first process that did not become ready: then none is left. */
  async start(address: ListenAddress, options: BindServerOptions): Promise<void> {
    this.#where = await bindable(address, options);
    try {
      await this.#spawnAll(this.#size);
    } catch (error) {
      this.#isStopping = true;
      throw error;
    }
  }

  /**
   * Starts new processes, and ends the old ones once all of the new are ready. Resolves when the old have ended, which the deadline is for. Where a new one
   * does not become ready, its error is what this rejects with, and the old ones stay.
   */
  async restart(deadline: Deadline = {}): Promise<void> {
    const old = await this.#inTurn(async () => {
      const successors = await this.#spawnAll(this.#size);
      this.#forgetReplacements();
      return [...this.#members].filter((member) => !successors.has(member));
    });
    await Promise.all(old.map((member) => this.#end(member, deadline)));
  }

  /** As many processes from now on. Resolves when the new are ready, or those that are too many have been told to end. */
  async resize(size: number): Promise<void> {
    requirePlaces('processes', size);
    await this.#inTurn(async () => {
      const missing = size - this.#size;
      if (missing > 0) await this.#spawnAll(missing);
      this.#size = size;
      const ready = this.#ready();
      for (const member of ready.slice(0, Math.max(0, ready.length - size))) void this.#end(member, {});
    });
  }

  get size(): number {
    return this.#size;
  }

  /** Ends all processes, each when its requests are over; those that are left when the deadline passes by force. */
  async drain(options: DrainOptions = {}): Promise<void> {
    this.#stop();
    await Promise.all([...this.#members].map((member) => this.#end(member, options)));
  }

  /** Ends all processes at once. */
  async close(): Promise<void> {
    this.#stop();
    const members = [...this.#members];
    for (const member of members) member.close();
    const killing = setTimeout(() => {
      for (const member of members) member.kill();
    }, graceMs);
    await Promise.all(members.map((member) => member.exited));
    clearTimeout(killing);
  }

  /** The first alone: it finds out whether it works at all, and takes away a Unix path that a dead process left. */
  async #spawnAll(count: number): Promise<ReadonlySet<GroupProcess>> {
    const spawned = new Set<GroupProcess>();
    const spawn = (): Promise<void> => {
      const member = this.#spawn();
      spawned.add(member);
      return this.#untilReady(member);
    };
    try {
      await spawn();
      await Promise.all(Array.from({ length: count - 1 }, spawn));
      if (this.#isStopping) throw closedError('the group');
      return spawned;
    } catch (error) {
      for (const member of spawned) member.kill();
      await Promise.all([...spawned].map((member) => member.exited));
      throw error;
    }
  }

  #spawn(): GroupProcess {
    const { module, data, child } = this.#options;
    const member = new GroupProcess(entry, module, { address: this.#where, data }, child);
    this.#members.add(member);
    void member.exited.then((exit) => {
      this.#members.delete(member);
      this.#onExit(member, exit);
    });
    return member;
  }

  async #untilReady(member: GroupProcess): Promise<void> {
    const { startTimeoutMs = defaultStartMs } = this.#options;
    try {
      const bound = await withDeadline(member.ready, { timeoutMs: startTimeoutMs }, () => {
        member.kill();
      });
      this.#bound ??= bound;
    } catch (error) {
      await member.exited;
      const isLate = member.isEnding && error instanceof SocketError && error.code === 'TIMED_OUT';
      if (!isLate) throw error;
      throw new SocketError('TIMED_OUT', `a process was not ready after ${String(startTimeoutMs)} ms`);
    }
  }

  #onExit(member: GroupProcess, exit: WorkerExit): void {
    if (this.#isStopping || !member.wasReady || member.isEnding) return;
    this.#options.onError(exitError(exit));
    this.#replace(member.livedMs);
  }

  #replace(livedMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const member = this.#spawn();
      this.#untilReady(member).then(
        () => {
          // A restart or a resize came meanwhile.
          if (this.#ready().length > this.#size) void this.#end(member, {});
        },
        (error: unknown) => {
          if (this.#isStopping || member.isEnding) return;
          this.#options.onError(error);
          this.#replace(0);
        },
      );
    }, this.#delay.after(livedMs));
    this.#timers.add(timer);
  }

  /** Resolves when it has ended. */
  async #end(
    member: GroupProcess,
    { delayMs = 0, timeoutMs = defaultDrainMs, signal }: DrainOptions,
  ): Promise<void> {
    if (!member.wasReady) member.kill();
    else member.drain(delayMs, timeoutMs);
    const disarmSignal = armDeadline({ signal }, () => {
      member.close();
    });
    if (signal?.aborted === true) member.close();
    const disarm = armDeadline({ timeoutMs: delayMs + timeoutMs + graceMs }, () => {
      member.kill();
    });
    await member.exited;
    disarm();
    disarmSignal();
  }

  #ready(): readonly GroupProcess[] {
    return [...this.#members].filter(({ state }) => state === 'ready');
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (this.#isStopping) throw closedError('the group');
      return change();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #stop(): void {
    this.#isStopping = true;
    this.#forgetReplacements();
  }

  #forgetReplacements(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/**
 * The same address with a port that is free, where it asks for any. To `node:cluster` port 0 is one socket for all who ask for it, as is any port, however many
 * groups they are of: whether it can be had is seen only from outside.
 */
async function bindable(address: ListenAddress, options: BindServerOptions): Promise<ListenAddress> {
  const place = placeOf(address);
  if (place.kind !== 'inet' || (options.reusePort === true && place.port !== 0)) return address;
  const server = createServer();
  const bound = await bindServer(server, place, { ...options, reusePort: false });
  await new Promise((resolve) => server.close(resolve));
  const text = formatAddress({ ...place, port: 'port' in bound ? bound.port : 0 });
  return typeof address === 'string' && schemeOf(address) === 'tls' ? `tls://${text}` : text;
}

/** From the sources the entry is TypeScript, for runtimes that load that. */
const entry: string = fileURLToPath(
  import.meta.url.endsWith('.ts')
    ? new URL('./group-worker.ts', import.meta.url)
    : new URL('./group-worker.js', import.meta.url),
);
