import type { ByteStream } from '../byte-stream.ts';
import { armDeadline, expiredAlready, limitOf, type Deadline } from '../deadline.ts';
import { ready } from '../deferred.ts';
import { closedError, SocketUsageError } from '../errors.ts';

export interface PipeOptions extends Deadline {
  /** Half-close `to` once `from` has ended, and wait until everything has left. Default true. */
  readonly end?: boolean | undefined;
}

/**
 * Moves what `from` brings into `to` until the end of `from`; resolves with the number of bytes. `from` is put into push mode and is paused
 * while `to` has back-pressure, so that no more than one chunk waits in between; `to` may be read by somebody else meanwhile.
 *
 * Rejects with the `SocketError` of the side that failed, `CLOSED` where one was closed here, `ABORTED` or `TIMED_OUT` at the deadline;
 * with `SocketUsageError` `BUSY` while a read of `from` is outstanding. Every byte taken from `from` was then written to `to`. Both
 * are left as they are, `from` paused, to be aborted or to be given another receiver: only the caller knows whether `to` can still be told.
 */
export async function pipe(from: ByteStream, to: ByteStream, options: PipeOptions = {}): Promise<number> {
  const deadline = limitOf(options);
  const early = deadline === undefined ? undefined : expiredAlready(deadline);
  if (early !== undefined) throw early;
  const { end = true } = options;
  const releases: (() => void)[] = [];
  try {
    return await new Promise<number>((resolve, reject) => {
      const mover = new Mover(from, to, end, resolve, reject);
      if (deadline !== undefined) releases.push(armDeadline(deadline, mover.fail));
      releases.push(whenOver(to, mover.onOver));
      mover.start();
    });
  } finally {
    for (const release of releases) release();
  }
}

/** What went each way: `sent` from the first stream to the second. */
export interface RelayCounts {
  readonly sent: number;
  readonly received: number;
}

/**
 * A tunnel: moves bytes both ways between two streams until both have ended, each end passed on as a half-close. Where one side fails, or
 * the deadline passes, the other is aborted with that error as the reason, and it is what this rejects with.
 */
export async function relay(a: ByteStream, b: ByteStream, options: Deadline = {}): Promise<RelayCounts> {
  const deadline = limitOf(options);
  const early = deadline === undefined ? undefined : expiredAlready(deadline);
  if (early instanceof SocketUsageError) throw early;
  try {
    const [sent, received] = await Promise.all([pipe(a, b, options), pipe(b, a, options)]);
    return { sent, received };
  } catch (error) {
    a.abort(error);
    b.abort(error);
    throw error;
  }
}

/** One direction. */
class Mover {
  readonly #from: ByteStream;
  readonly #to: ByteStream;
  readonly #halfClose: boolean;
  readonly #resolve: (bytes: number) => void;
  readonly #reject: (error: unknown) => void;
  #bytes = 0;
  #ended = false;
  #over = false;
  #written: Promise<void> = ready;

  constructor(
    from: ByteStream,
    to: ByteStream,
    halfClose: boolean,
    resolve: (bytes: number) => void,
    reject: (error: unknown) => void,
  ) {
    this.#from = from;
    this.#to = to;
    this.#halfClose = halfClose;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    this.#from.attach({
      data: (chunk) => {
        this.#move(chunk);
      },
      end: () => {
        this.#end();
      },
      closed: (error) => {
        if (!this.#ended) this.fail(error ?? closedError('the stream that is piped'));
      },
      drain: () => undefined,
    });
  }

  /** `to` is over. In order, after the end of `from`, that is what was asked for. */
  readonly onOver = (error: unknown): void => {
    if (error !== undefined) this.fail(error);
    else if (!this.#ended) this.fail(closedError('the stream that is piped into'));
  };

  readonly fail = (error: unknown): void => {
    if (this.#over) return;
    this.#over = true;
    if (!this.#ended) this.#from.pause();
    this.#reject(error);
  };

  #move(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const written = (this.#written = this.#to.write(chunk));
    if (this.#to.needsDrain) {
      this.#from.pause();
      written.then(() => {
        if (!this.#over) this.#from.resume();
      }, this.fail);
    } else if (written !== ready) {
      written.catch(this.fail);
    }
  }

  #end(): void {
    this.#ended = true;
    const left = this.#halfClose ? this.#to.shutdown('write') : this.#written;
    left.then(() => {
      this.#over = true;
      this.#resolve(this.#bytes);
    }, this.fail);
  }
}

type Tell = (error: unknown) => void;

/** One reaction a stream, however many pipes have gone through it: a promise does not forget those who waited on it. */
const watched = new WeakMap<ByteStream, Set<Tell>>();

function whenOver(stream: ByteStream, tell: Tell): () => void {
  let tells = watched.get(stream);
  if (tells === undefined) {
    const all = (tells = new Set<Tell>());
    watched.set(stream, all);
    const tellAll = (error: unknown): void => {
      for (const one of all) one(error);
    };
    stream.closed.then(() => {
      tellAll(undefined);
    }, tellAll);
  }
  const all = tells;
  all.add(tell);
  return () => all.delete(tell);
}
