import type { Deadline } from '@wirestack/socket';
import { FramingUsageError } from './errors.ts';
import { FrameQueue } from './frame-queue.ts';
import { FramedError } from './framed-error.ts';
import type { Framed } from './framed.ts';
import { MessageLoop } from './message-loop.ts';

export interface MultiplexOptions<In, Key, Out = In> {
  /** Which channel a message belongs to. What it throws ends all channels. */
  readonly key: (frame: In) => Key;
  /**
   * Messages that may wait in one channel. Default 64, four times what a node stream of objects holds: a short pause of one reader stops
   * nobody.
   */
  readonly limit?: number;
  /**
   * What a message for a full channel does. `'wait'` (default): nothing is read until that channel is, so that no message is lost and one
   * reader that stops stops them all (head-of-line blocking), the peer's sending included. `'drop'`: it is dropped and counted.
   * `'error'`: that channel fails with `FramedError` `OVERFLOW` behind what it holds; the others go on.
   */
  readonly onFull?: 'wait' | 'drop' | 'error';
  /** Told of a channel that a message of the peer opens. Without it only `channel()` opens one. */
  readonly onChannel?: (channel: Channel<Key, In, Out>) => void;
  /** Channels that the peer may have open at a time. Default 1,024; a message that would open another is a stray. */
  readonly maxChannels?: number;
  /** Given each message that belongs to no open channel. Without it they are dropped. */
  readonly onStray?: (frame: In) => void;
}

/** The messages of one key. */
export interface Channel<Key, In, Out = In> extends AsyncIterable<In> {
  readonly key: Key;
  /** Messages dropped because the channel was full. */
  readonly dropped: number;
  /**
   * The next message of this channel; `undefined` once the peer finished. A cancelled receive loses nothing. Rejects with `FramedError`
   * `TIMED_OUT`, `ABORTED`, `CLOSED`, `OVERFLOW`; with what the stream of messages failed with.
   */
  receive(options?: Deadline): Promise<In | undefined>;
  /** As `Framed.send`; the key is in the message. */
  send(frame: Out, options?: Deadline): Promise<void>;
  /** Drops what waits; messages of the key are strays, or open a new channel. */
  close(): void;
}

export interface Multiplex<Key, In, Out = In> {
  /** The channel of `key`, opened where it is not open. */
  channel(key: Key): Channel<Key, In, Out>;
  /** Resolves when the peer has finished, or `stop` was called; rejects with what ended the messages otherwise. */
  readonly done: Promise<void>;
  /**
   * Reads no more: the framed stream is the caller's again once this resolves. Messages that wait in channels can be received, then their
   * receives reject with `FramedError` `CLOSED`.
   */
  stop(): Promise<void>;
}

/**
 * Several conversations over one stream of messages, told apart by a key: a channel id, a session, a topic. It reads from now on, and it
 * alone; each channel holds `limit` messages at most.
 *
 * @throws FramingUsageError for a limit that is no whole number of 1 or more.
 */
export function multiplex<In, Key, Out = In>(
  framed: Framed<In, Out>,
  options: MultiplexOptions<In, Key, Out>,
): Multiplex<Key, In, Out> {
  for (const name of ['limit', 'maxChannels'] as const) {
    const value = options[name] ?? 1;
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new FramingUsageError(`${name} is ${String(value)}, expected a whole number of 1 or more`);
    }
  }
  return new Switchboard(framed, options);
}

class Switchboard<Key, In, Out> implements Multiplex<Key, In, Out> {
  readonly done: Promise<void>;
  readonly #framed: Framed<In, Out>;
  readonly #options: MultiplexOptions<In, Key, Out>;
  readonly #limit: number;
  readonly #channels = new Map<Key, QueuedChannel<Key, In, Out>>();
  readonly #stop = new AbortController();
  #opened = 0;
  /** How it ended, for channels that are opened later. */
  #outcome: { readonly error?: unknown } | undefined;

  constructor(framed: Framed<In, Out>, options: MultiplexOptions<In, Key, Out>) {
    this.#framed = framed;
    this.#options = options;
    this.#limit = options.limit ?? 64;
    this.done = this.#run();
    this.done.catch(() => undefined);
  }

  channel(key: Key): Channel<Key, In, Out> {
    return this.#channels.get(key) ?? this.#open(key, false);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.done.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const frame of this.#framed.messages({ signal })) {
        const full = this.#deliver(frame);
        if (full !== undefined) await this.#untilTaken(full, frame);
      }
      this.#end({});
    } catch (error) {
      if (signal.aborted) {
        this.#end({ error: new FramedError('CLOSED', 'the multiplex was stopped') });
        return;
      }
      this.#end({ error });
      throw error;
    }
  }

  /** Answers the channel that has to be read before the message has room. */
  #deliver(frame: In): QueuedChannel<Key, In, Out> | undefined {
    const key = this.#options.key(frame);
    const channel = this.#channels.get(key) ?? this.#openedByPeer(key);
    if (channel === undefined) this.#options.onStray?.(frame);
    else if (channel.queue.length < this.#limit) channel.queue.push(frame);
    else return this.#overflow(channel);
    return undefined;
  }

  #overflow(channel: QueuedChannel<Key, In, Out>): QueuedChannel<Key, In, Out> | undefined {
    const { onFull = 'wait' } = this.#options;
    if (onFull === 'wait') return channel;
    channel.dropped++;
    if (onFull === 'error') {
      const held = `${String(this.#limit)} messages`;
      channel.queue.end({ error: new FramedError('OVERFLOW', `the channel was full: it held ${held}`) });
      this.#forget(channel);
    }
    return undefined;
  }

  async #untilTaken(channel: QueuedChannel<Key, In, Out>, frame: In): Promise<void> {
    const { signal } = this.#stop;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go);
        resolve();
      };
      if (signal.aborted) go();
      else signal.addEventListener('abort', go);
      void channel.queue.taken().then(go);
    });
    // Stopped, it is one more than may wait, and not lost.
    if (this.#channels.get(channel.key) === channel) channel.queue.push(frame);
    else this.#options.onStray?.(frame);
  }

  #openedByPeer(key: Key): QueuedChannel<Key, In, Out> | undefined {
    const { onChannel, maxChannels = 1024 } = this.#options;
    if (onChannel === undefined || this.#opened >= maxChannels) return undefined;
    const channel = this.#open(key, true);
    onChannel(channel);
    return channel;
  }

  #open(key: Key, isPeers: boolean): QueuedChannel<Key, In, Out> {
    const channel = new QueuedChannel(key, this.#framed, isPeers, (closed) => {
      this.#forget(closed);
    });
    if (isPeers) this.#opened++;
    if (this.#outcome === undefined) this.#channels.set(key, channel);
    else channel.queue.end(this.#outcome);
    return channel;
  }

  #forget(channel: QueuedChannel<Key, In, Out>): void {
    if (this.#channels.get(channel.key) !== channel) return;
    this.#channels.delete(channel.key);
    if (channel.isPeers) this.#opened--;
  }

  #end(outcome: { readonly error?: unknown }): void {
    this.#outcome = outcome;
    for (const channel of this.#channels.values()) channel.queue.end(outcome);
  }
}

class QueuedChannel<Key, In, Out> implements Channel<Key, In, Out> {
  readonly key: Key;
  readonly isPeers: boolean;
  readonly queue = new FrameQueue<In>();
  dropped = 0;
  readonly #framed: Framed<In, Out>;
  readonly #onClose: (channel: QueuedChannel<Key, In, Out>) => void;

  constructor(
    key: Key,
    framed: Framed<In, Out>,
    isPeers: boolean,
    onClose: (channel: QueuedChannel<Key, In, Out>) => void,
  ) {
    this.key = key;
    this.isPeers = isPeers;
    this.#framed = framed;
    this.#onClose = onClose;
  }

  receive(options?: Deadline): Promise<In | undefined> {
    return this.queue.receive(options);
  }

  send(frame: Out, options?: Deadline): Promise<void> {
    return this.#framed.send(frame, options);
  }

  close(): void {
    this.#onClose(this);
    this.queue.end({ error: new FramedError('CLOSED', 'the channel was closed on this side') });
    this.queue.clear();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In, undefined> {
    return new MessageLoop<In>(this.queue);
  }
}
