import type { Socket } from 'node:net';
import type { Address } from '../../address.ts';
import type { ByteStream } from '../../byte-stream.ts';
import type { Deadline } from '../../deadline.ts';
import type { ListenAddress } from '../../listening/bind-server.ts';
import type { ListenOptions } from '../../listening/port.ts';

/**
 * How a server runs its requests: a value that the server is given, and that belongs to it from then on. In Python it is a class to mix in
 * (`ThreadingMixIn`, `ForkingMixIn`, seed 003).
 */
export interface Concurrency {
  readonly name: string;
  /**
   * True where a request goes to another process with its socket: the server accepts with `pauseOnConnect`, makes no stream, and gives each
   * task a `takeSocket`.
   */
  readonly takesSocket?: boolean;
  /**
   * Called once before the first request. Rejects where the handler cannot be run this way: `SocketUsageError` `BAD_ARGUMENT`, or
   * what loading its module threw.
   */
  start?(context: ConcurrencyContext): Promise<void>;
  /**
   * Where the requests are accepted elsewhere: called after `start` in place of opening a port, and answers the bound address. `run` is
   * then never called.
   */
  listen?(address: ListenAddress, options: ListenOptions): Promise<Address>;
  /**
   * Runs one request to its end; waits for a place where there is none. Rejects with what the handler threw, with `WorkerExitError`
   * where the worker died meanwhile, `SocketError` `CLOSED` after `stop`. The server then aborts the connection; it closes it otherwise.
   */
  run(task: Task): Promise<void>;
  /** No more requests; resolves when those accepted are over, or cut because the deadline passed. */
  stop(deadline?: Deadline): Promise<void>;
}

export interface ConcurrencyContext {
  /** What the server was given, as it is: strategies outside this thread want a `moduleHandler`. */
  readonly handler: unknown;
  /** Told of what fails outside every request: a worker that died, or could not be replaced. */
  readonly onError: (error: unknown) => void;
}

/** One request: a connection, or a packet. */
export interface Task {
  /** Serves it in this thread. */
  run(): Promise<void>;
  /** The connection, in pull mode. None where the request is a packet, or the socket has not become a stream. */
  readonly stream?: ByteStream | undefined;
  /**
   * The accepted socket itself, paused since it was accepted, the same one each time it is asked for. It is destroyed here once another process
   * has it; the server destroys it where `run` rejects.
   */
  takeSocket?(): Socket;
}

/** A worker ended, and the requests that it had with it. */
export class WorkerExitError extends Error {
  override readonly name = 'WorkerExitError';
  /** What the thread or process ended with; `undefined` where a signal ended it, or it never began. */
  readonly exitCode: number | undefined;

  constructor(message: string, exitCode: number | undefined, cause: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** What `onWorkerExit` is told. */
export interface WorkerExit {
  /** The thread's `threadId`, or the process's pid. */
  readonly id: number | undefined;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** What was thrown outside every handler, where that ended it. */
  readonly error: unknown;
  /** Requests that were lost with it. */
  readonly requests: number;
}
