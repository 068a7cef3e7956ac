import { Deferred } from '../../deferred.ts';
import type { Address } from '../../address.ts';
import { Child } from './child.ts';
import { forkAs, type ClusterOptions } from './cluster.ts';
import type { WorkerExit } from './concurrency.ts';
import type { FromGroupWorker, ToGroupWorker } from './group-worker.ts';
import type { ModuleReference } from './module-handler.ts';
import type { GroupJob, GroupStats } from './process-group.ts';

export type ProcessState = 'starting' | 'ready' | 'draining';

/** A process of a group, as the primary sees it. */
export class GroupProcess {
  readonly since: number = Date.now();
  /** Where it listens; rejects where it ended before. */
  readonly ready: Promise<Address>;
  /** Never rejects. */
  readonly exited: Promise<WorkerExit>;
  #readyAt: number | undefined;
  /** It was told to. */
  isEnding = false;
  readonly #child: Child;
  readonly #asked = new Map<number, Deferred<GroupStats | undefined>>();
  #ids = 0;

  constructor(entry: string, module: ModuleReference, job: GroupJob, options: ClusterOptions['child']) {
    const { process } = forkAs(options, entry, 'advanced');
    const child = (this.#child = new Child(process, {
      wirestack: 'begin',
      module,
      job,
    } satisfies ToGroupWorker));
    this.exited = child.exited;
    this.ready = child.ready.then((address) => {
      this.#readyAt = performance.now();
      // The primary has nothing else that keeps it alive.
      child.ref();
      return address as Address;
    });
    this.ready.catch(() => undefined);
    process.on('message', (message: unknown) => {
      if (isStats(message)) this.#answer(message.wirestackStats, message.stats);
    });
    const forget = (): void => {
      for (const id of this.#asked.keys()) this.#answer(id, undefined);
    };
    process.on('disconnect', forget);
  }

  get wasReady(): boolean {
    return this.#readyAt !== undefined;
  }

  /** Since it was ready. */
  get livedMs(): number {
    return performance.now() - (this.#readyAt ?? Infinity);
  }

  get pid(): number {
    return this.#child.process.pid ?? 0;
  }

  get state(): ProcessState {
    if (this.isEnding) return 'draining';
    return this.wasReady ? 'ready' : 'starting';
  }

  /** `undefined` where it cannot say any more, or not yet. */
  stats(): Promise<GroupStats | undefined> {
    if (this.state !== 'ready' || !this.#child.process.connected) return Promise.resolve(undefined);
    const id = this.#ids++;
    const answer = new Deferred<GroupStats | undefined>();
    this.#asked.set(id, answer);
    this.#tell({ wirestack: 'stats', id });
    return answer.promise;
  }

  drain(delayMs: number, timeoutMs: number | undefined): void {
    this.isEnding = true;
    this.#tell({ wirestack: 'drain', delayMs, timeoutMs });
  }

  close(): void {
    this.isEnding = true;
    if (!this.wasReady) {
      this.kill();
      return;
    }
    this.#tell({ wirestack: 'close' });
    // One that drains has closed its channel.
    this.#child.process.kill('SIGTERM');
  }

  kill(): void {
    this.isEnding = true;
    this.#child.process.kill('SIGKILL');
  }

  #tell(message: ToGroupWorker): void {
    this.#child.send(message);
  }

  #answer(id: number, stats: GroupStats | undefined): void {
    this.#asked.get(id)?.resolve(stats);
    this.#asked.delete(id);
  }
}

function isStats(message: unknown): message is FromGroupWorker {
  return typeof message === 'object' && message !== null && 'wirestackStats' in message;
}
