import type { ByteStream, Deadline } from '@wirestack/socket';
import { within } from './deadline.ts';
import { FramedError } from './framed-error.ts';
import type { Framed } from './framed.ts';

export interface PumpOptions extends Deadline {
  /** Half-close `to` once `from` has ended. Default true. */
  readonly end?: boolean | undefined;
}

/**
 * Moves the messages of `from` into `to` until the end of `from`, each through `map` where there is one; what `map` answers `undefined`
 * for is left out. Resolves with the number of messages sent. `from` is read while `to` takes more, and what arrives together leaves in
 * one write.
 *
 * Rejects with what `from` and `to` reject with, `FramedError` `CLOSED` where `to` is closed meanwhile, `TIMED_OUT` and `ABORTED` at the
 * deadline, with what `map` throws. Every message taken from `from` before was then given to `to`, the others can still be received; both
 * streams are left as they are.
 */
export function pump<A>(
  from: PumpedFrom<A>,
  to: PumpedInto<A>,
  map?: undefined,
  options?: PumpOptions,
): Promise<number>;
export function pump<A, B>(
  from: PumpedFrom<A>,
  to: PumpedInto<B>,
  map: (frame: A) => B | undefined,
  options?: PumpOptions,
): Promise<number>;
export async function pump(
  from: PumpedFrom<unknown>,
  to: PumpedInto<unknown>,
  map: (frame: unknown) => unknown = (frame) => frame,
  options: PumpOptions = {},
): Promise<number> {
  const stop = new AbortController();
  const release = whenOver(to.stream, (error) => {
    stop.abort(error);
  });
  const move = async (): Promise<number> => {
    const count = await moveAll(from, to, map, stop.signal);
    if (options.end ?? true) await to.end();
    return count;
  };
  try {
    return await within(options, move, (error) => {
      stop.abort(error);
    });
  } finally {
    release();
  }
}

export type PumpedFrom<A> = Pick<Framed<A>, 'receive' | 'take'>;
export type PumpedInto<B> = Pick<Framed<unknown, B>, 'stream' | 'send' | 'end'>;

async function moveAll(
  from: PumpedFrom<unknown>,
  to: PumpedInto<unknown>,
  map: (frame: unknown) => unknown,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for (;;) {
    let frame = await received(from, signal);
    if (frame === undefined) return count;
    let sent: Promise<void> | undefined;
    for (; frame !== undefined; frame = from.take()) {
      const mapped = map(frame);
      if (mapped === undefined) continue;
      sent = to.send(mapped);
      count++;
    }
    await sent;
  }
}

async function received(from: PumpedFrom<unknown>, signal: AbortSignal): Promise<unknown> {
  try {
    return await from.receive({ signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** One reaction a stream, however many pumps have ended in it: a promise does not forget those who waited on it. */
const watched = new WeakMap<ByteStream, Set<(error: unknown) => void>>();

function whenOver(stream: ByteStream, tell: (error: unknown) => void): () => void {
  let tells = watched.get(stream);
  if (tells === undefined) {
    const all = (tells = new Set());
    watched.set(stream, all);
    const tellAll = (error: unknown): void => {
      for (const one of all) one(error);
    };
    stream.closed.then(() => {
      tellAll(new FramedError('CLOSED', 'the stream that is pumped into was closed'));
    }, tellAll);
  }
  const all = tells;
  all.add(tell);
  return () => all.delete(tell);
}
