import type { ChildProcess, SendHandle } from 'node:child_process';
import { Deferred } from '../../deferred.ts';
import type { WorkerExit } from './concurrency.ts';
import { reviveError, type RemoteError } from './remote-error.ts';
import { NotBegunError } from './task-queue.ts';
import { exitError } from './worker-pool.ts';

/** What a child process of ours answers. Whatever else it sends is the application's. */
export type FromChild =
  | { readonly wirestack: 'started' }
  | { readonly wirestack: 'ready'; readonly answer?: unknown }
  | { readonly wirestack: 'failed'; readonly error: RemoteError }
  | { readonly wirestack: 'begun'; readonly id: number }
  | { readonly wirestack: 'done'; readonly id: number; readonly error?: RemoteError };

/** A child process from its first message to its exit: what pools of processes and cluster workers share. */
export class Child {
  readonly process: ChildProcess;
  /** Resolves with what the child answers to its first message; rejects where it ends before, or fails at it. */
  readonly ready: Promise<unknown>;
  readonly exited: Promise<WorkerExit>;
  readonly #requests = new Map<number, ChildRequest>();
  #ids = 0;
  #isOver = false;

  constructor(process: ChildProcess, first: object) {
    this.process = process;
    const ready = new Deferred<unknown>();
    const exited = new Deferred<WorkerExit>();
    this.ready = ready.promise;
    this.exited = exited.promise;
    let error: unknown;
    const onExit = (exitCode: number | null, signal: string | null): void => {
      if (this.#isOver) return;
      this.#isOver = true;
      const exit: WorkerExit = {
        id: process.pid,
        exitCode: exitCode ?? undefined,
        signal: signal ?? undefined,
        error,
        requests: [...this.#requests.values()].filter(({ isBegun }) => isBegun).length,
      };
      exited.resolve(exit);
      ready.reject(error ?? exitError(exit));
      for (const { begun, done } of this.#requests.values()) {
        begun.reject(new NotBegunError());
        done.reject(exitError(exit));
      }
    };
    process.on('error', (failure) => {
      error ??= failure;
      // One that never began has no exit.
      if (process.pid === undefined) onExit(null, null);
    });
    process.on('exit', onExit);
    process.on('message', (message: unknown) => {
      if (!isFromChild(message)) return;
      // Not before: a child of node:cluster loses what comes while its modules load.
      if (message.wirestack === 'started') this.send(first);
      else if (message.wirestack === 'ready') {
        this.#unrefWhenIdle();
        ready.resolve(message.answer);
      } else if (message.wirestack === 'failed') error = reviveError(message.error);
      else if (message.wirestack === 'begun') this.#onBegun(message.id);
      else this.#onDone(message.id, message.error && reviveError(message.error));
    });
  }

  /**
   * Hands a request over, with its socket, of which this process keeps its copy until `begun`: a child that is dying takes nothing, and nothing is
   * known of its death yet. `begun` then rejects with `NotBegunError`. `done` settles as the child says.
   */
  request(handle: SendHandle): { readonly begun: Promise<void>; readonly done: Promise<void> } {
    const request: ChildRequest = { begun: new Deferred(), done: new Deferred(), isBegun: false };
    const answer = { begun: request.begun.promise, done: request.done.promise };
    if (this.#isOver || !this.process.connected) {
      request.begun.reject(new NotBegunError());
      return answer;
    }
    const id = this.#ids++;
    this.#requests.set(id, request);
    this.ref();
    this.process.send({ wirestack: 'serve', id }, handle, { keepOpen: true }, (error) => {
      if (error !== null) request.begun.reject(new NotBegunError());
    });
    return answer;
  }

  /** A child that is gone hears nothing; its exit tells. */
  send(message: object): void {
    if (this.process.connected) this.process.send(message, () => undefined);
  }

  /** This process waits for it: as it does while it has a request, or is to end. */
  ref(): void {
    this.process.ref();
    this.#channel?.ref?.();
  }

  /** The listener keeps this process alive, not a child that waits for work. */
  #unrefWhenIdle(): void {
    if (this.#requests.size > 0) return;
    this.process.unref();
    this.#channel?.unref?.();
  }

  /** In Bun it is there, and can neither. */
  get #channel(): Partial<NonNullable<ChildProcess['channel']>> | null | undefined {
    return this.process.channel;
  }

  #onBegun(id: number): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    request.isBegun = true;
    request.begun.resolve();
  }

  #onDone(id: number, error: Error | undefined): void {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    this.#unrefWhenIdle();
    if (error === undefined) request?.done.resolve();
    else request?.done.reject(error);
  }
}

interface ChildRequest {
  readonly begun: Deferred<void>;
  readonly done: Deferred<void>;
  isBegun: boolean;
}

function isFromChild(message: unknown): message is FromChild {
  return typeof message === 'object' && message !== null && 'wirestack' in message;
}
