import { armDeadline, expiredAlready, type Deadline } from './deadline.ts';
import { closedError, SocketUsageError } from './errors.ts';
import type { Pollable } from './pollable.ts';

/** `selectors.EVENT_READ`. */
export const eventRead = 1;
/** `selectors.EVENT_WRITE`. */
export const eventWrite = 2;
/** One of the two, or both together. */
export type SelectorEvents = 1 | 2 | 3;

/** What is registered, and for what. */
export interface SelectorKey<Data = unknown, Source extends Pollable = Pollable> {
  readonly source: Source;
  readonly events: SelectorEvents;
  readonly data: Data;
}

/**
 * One loop over many sockets: `selectors.DefaultSelector` (seeds 003 and 004) for everything here that is {@link Pollable}. Level-triggered: what is
 * ready and was not dealt with is told again by the next `select`. The streams stay in pull mode: after `eventRead`, `read()` answers
 * at once, `undefined` at the peer's end, and rejects where the connection failed.
 *
 * A program that has no such loop to port is better off with `serve`: this exists for those that have one, and to show what it is.
 */
export class Selector<Data = unknown, Source extends Pollable = Pollable> implements Disposable {
  readonly #keys = new Map<Source, SelectorKey<Data, Source>>();
  readonly #unwatch = new Map<Source, () => void>();
  #wake: (() => void) | undefined;
  #selecting = false;
  #closed = false;

  /** @throws SocketUsageError `BAD_ARGUMENT` for a source that is registered already; SocketError `CLOSED` */
  register(source: Source, events: SelectorEvents, data: Data): SelectorKey<Data, Source> {
    if (this.#closed) throw closedError('the selector');
    if (this.#keys.has(source))
      throw new SocketUsageError('BAD_ARGUMENT', 'the source is registered already');
    const key = this.#set(source, events, data);
    this.#unwatch.set(
      source,
      source.watch(() => this.#wake?.()),
    );
    return key;
  }

  /** Changes what a source is watched for. @throws SocketUsageError `BAD_ARGUMENT` for one that is not registered */
  modify(source: Source, events: SelectorEvents, data: Data): SelectorKey<Data, Source> {
    this.getKey(source);
    return this.#set(source, events, data);
  }

  /** Forgets a source, and answers what it was registered for. It is not closed. @throws SocketUsageError `BAD_ARGUMENT` */
  unregister(source: Source): SelectorKey<Data, Source> {
    const key = this.getKey(source);
    this.#keys.delete(source);
    this.#unwatch.get(source)?.();
    this.#unwatch.delete(source);
    return key;
  }

  /** @throws SocketUsageError `BAD_ARGUMENT` for a source that is not registered */
  getKey(source: Source): SelectorKey<Data, Source> {
    const key = this.#keys.get(source);
    if (key === undefined) throw new SocketUsageError('BAD_ARGUMENT', 'the source is not registered');
    return key;
  }

  /** All that is registered, as it changes. */
  getMap(): ReadonlyMap<Source, SelectorKey<Data, Source>> {
    return this.#keys;
  }

  /**
   * Waits until something is ready; answers what, with the events that are. Empty once `timeoutMs` has passed (0 looks, and does not wait), and
   * after `close()`. Each call lets the event loop go round, so that a socket that is always writable starves nothing.
   *
   * @throws SocketError `ABORTED`; SocketUsageError `BUSY` while another `select` waits.
   */
  async select(deadline: Deadline = {}): Promise<[key: SelectorKey<Data, Source>, events: SelectorEvents][]> {
    const early = expiredAlready(deadline);
    if (early !== undefined) throw early;
    if (this.#selecting)
      throw new SocketUsageError('BUSY', 'a select is outstanding: await it before the next');
    this.#selecting = true;
    try {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const late = expiredAlready(deadline);
      if (late !== undefined) throw late;
      const ready = this.#ready();
      if (ready.length > 0 || this.#closed || deadline.timeoutMs === 0) return ready;
      await this.#change(deadline);
      return this.#ready();
    } finally {
      this.#selecting = false;
      this.#wake = undefined;
    }
  }

  /** Forgets everything. A `select` that waits answers with nothing. */
  close(): void {
    this.#closed = true;
    for (const source of [...this.#keys.keys()]) this.unregister(source);
    this.#wake?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #set(source: Source, events: SelectorEvents, data: Data): SelectorKey<Data, Source> {
    if (![1, 2, 3].includes(events)) {
      throw new SocketUsageError(
        'BAD_ARGUMENT',
        `events is ${String(events)}, expected eventRead, eventWrite or both`,
      );
    }
    const key = { source, events, data };
    this.#keys.set(source, key);
    this.#wake?.();
    return key;
  }

  #ready(): [SelectorKey<Data, Source>, SelectorEvents][] {
    const ready: [SelectorKey<Data, Source>, SelectorEvents][] = [];
    for (const key of this.#keys.values()) {
      const is = (key.source.isReadable ? eventRead : 0) | (key.source.isWritable ? eventWrite : 0);
      const events = key.events & is;
      if (events !== 0) ready.push([key, events as SelectorEvents]);
    }
    return ready;
  }

  /** Until something is ready, the selector is closed, or time is up. Changes that make nothing ready that is asked for are waited through. */
  #change(deadline: Deadline): Promise<void> {
    return new Promise((resolve, reject) => {
      const disarm = armDeadline(deadline, (error) => {
        if (error.code === 'TIMED_OUT') resolve();
        else reject(error);
      });
      this.#wake = () => {
        if (!this.#closed && this.#ready().length === 0) return;
        disarm();
        resolve();
      };
    });
  }
}
