import { chmodSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { createServer, connect as netConnect, type Server } from 'node:net';
import {
  formatAddress,
  inetAddress,
  parseAddress,
  type Address,
  type AddressLike,
  type Endpoint,
} from './address.ts';
import type { ByteStream } from './byte-stream.ts';
import { armDeadline, expiredAlready, limitOf, withDeadline, type Deadline } from './deadline.ts';
import { closedError, SocketError, SocketUsageError, toSocketError } from './errors.ts';
import { NodeStream } from './streams/node-stream.ts';

export interface ListenOptions {
  /** Connections the kernel holds before they are accepted. Default 511, as nginx, Redis and node have it. */
  readonly backlog?: number;
  /** Permission bits of a Unix path, set right after it is bound. Default: what the umask leaves. */
  readonly mode?: number;
  /** Connections open at once; one more is closed as it arrives and counted in `dropped`. Default: no limit but descriptors. */
  readonly maxConnections?: number;
  /** Switches Nagle's algorithm off. Default true: protocols here write whole messages. */
  readonly noDelay?: boolean;
}

/** A listening socket: `for await (const stream of listener)`, or `accept()`. */
export interface Listener extends AsyncIterable<ByteStream>, AsyncDisposable {
  readonly address: Address;
  /** Connections turned away by a limit. */
  readonly dropped: number;
  /** The next connection. Rejects with `SocketError` `CLOSED` once the listener is closed. One outstanding accept at a time. */
  accept(options?: Deadline): Promise<ByteStream>;
  /** Stops accepting. Streams already accepted live on; those nobody accepted are aborted. */
  close(): Promise<void>;
  /** Stops accepting, waits until every stream has closed, and aborts those left when the deadline passes. */
  drain(options?: Deadline): Promise<void>;
}

/** Connections that wait for `accept()`; past it a new one is dropped, for a program that does not keep up. */
const maxWaiting = 1024;

/**
 * Listens on TCP or on a Unix path. The loop over a listener takes one connection at a time: start the work on each without
 * awaiting it, or use {@link serve}, else clients are served one after the other.
 *
 * @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`, `NOT_FOUND`; SocketUsageError `BAD_ADDRESS`.
 */
export async function listen(address: AddressLike, options: ListenOptions = {}): Promise<Listener> {
  const listener = new AcceptQueue();
  listener.port = await openPort(address, options, (stream) => {
    listener.push(stream);
  });
  return listener;
}

/** A bound, listening socket that calls `deliver` for each connection and knows those still open. */
export class ListeningPort {
  readonly address: Address;
  readonly streams: Set<ByteStream>;
  dropped = 0;
  readonly #server: Server;
  #closed: Promise<void> | undefined;

  constructor(server: Server, address: Address, streams: Set<ByteStream>) {
    this.#server = server;
    this.address = address;
    this.streams = streams;
    server.on('drop', () => this.dropped++);
  }

  /** Stops listening; resolves at once, whatever streams live on. */
  close(): Promise<void> {
    return (this.#closed ??= new Promise<void>((resolve) => {
      this.#server.close();
      resolve();
    }));
  }

  async drain(options: Deadline = {}): Promise<void> {
    await this.close();
    const emptied = Promise.all([...this.streams].map((stream) => stream.closed.catch(() => undefined)));
    try {
      await withDeadline(emptied, options, (error) => {
        for (const stream of this.streams) stream.abort(error);
      });
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      await emptied;
    }
  }
}

/** Binds, listens and wires up; `listen` and `serve` are thin over it. */
export async function openPort(
  address: AddressLike,
  options: ListenOptions,
  deliver: (stream: ByteStream) => void,
): Promise<ListeningPort> {
  const endpoint = parseAddress(address);
  const { maxConnections, noDelay = true } = options;
  if (maxConnections !== undefined && !(maxConnections >= 1)) {
    throw new SocketUsageError(
      'BAD_ARGUMENT',
      `maxConnections is ${String(maxConnections)}, expected 1 or more`,
    );
  }
  if (options.mode !== undefined && !(options.mode >= 0 && options.mode <= 0o7777)) {
    throw new SocketUsageError('BAD_ARGUMENT', `mode is ${String(options.mode)}, expected permission bits`);
  }
  const server = createServer({ allowHalfOpen: true, noDelay });
  if (maxConnections !== undefined && maxConnections !== Infinity) server.maxConnections = maxConnections;
  await bindServer(server, endpoint, options);

  const streams = new Set<ByteStream>();
  const port = new ListeningPort(server, addressOf(server, endpoint), streams);
  const fixed = addressesOf(port.address);
  server.on('connection', (socket) => {
    if (socket.destroyed || (endpoint.kind === 'inet' && socket.remoteAddress === undefined)) {
      socket.destroy();
      return;
    }
    const stream = new NodeStream(socket, fixed);
    streams.add(stream);
    socket.once('close', () => streams.delete(stream));
    deliver(stream);
  });
  // A failing accept (EMFILE) must not end the process; libuv sheds that connection and goes on.
  server.on('error', () => port.dropped++);
  return port;
}

async function bindServer(server: Server, endpoint: Endpoint, options: ListenOptions): Promise<void> {
  try {
    await bindOnce(server, endpoint, options);
  } catch (error) {
    const typed = toSocketError(error, formatAddress(endpoint));
    if (typed.code !== 'IN_USE' || endpoint.kind !== 'unix' || !(await removeIfStale(endpoint.path)))
      throw typed;
    await bindOnce(server, endpoint, options).catch((again: unknown) => {
      throw toSocketError(again, formatAddress(endpoint));
    });
  }
  if (endpoint.kind !== 'unix' || options.mode === undefined) return;
  try {
    // Not a turn later: nobody handles a connection yet that comes meanwhile.
    chmodSync(endpoint.path, options.mode);
  } catch (error) {
    server.close();
    throw toSocketError(error, formatAddress(endpoint));
  }
}

function bindOnce(server: Server, endpoint: Endpoint, { backlog = 511 }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      endpoint.kind === 'unix'
        ? { path: endpoint.path, backlog }
        : { ...(endpoint.host === '' ? {} : { host: endpoint.host }), port: endpoint.port, backlog },
      () => {
        server.off('error', reject);
        resolve();
      },
    );
  });
}

/** Removes a path left by a process that died: only a socket, and only one where a connection is refused. */
async function removeIfStale(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return false;
  const refused = await new Promise<boolean>((resolve) => {
    const probe = netConnect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED');
    });
  });
  if (refused) await unlink(path);
  return refused;
}

/** What is the same for every stream of a port: asking the kernel for it would cost a system call each, and fail after a close. */
function addressesOf(bound: Address): { local?: Address; remote?: Address } {
  if (bound.family === 'unix') return { local: bound, remote: { family: 'unix', path: '' } };
  const isWildcard = 'host' in bound && (bound.host === '0.0.0.0' || bound.host === '::');
  return isWildcard ? {} : { local: bound };
}

function addressOf(server: Server, endpoint: Endpoint): Address {
  if (endpoint.kind === 'unix') return { family: 'unix', path: endpoint.path };
  const bound = server.address();
  if (bound === null || typeof bound === 'string')
    throw new SocketError('OTHER', 'the server has no address');
  return inetAddress(bound.family, bound.address, bound.port);
}

class AcceptQueue implements Listener {
  port!: ListeningPort;
  readonly #waiting: ByteStream[] = [];
  #taker: { resolve(stream: ByteStream): void; reject(error: Error): void } | undefined;
  #closed = false;
  #turnedAway = 0;

  get address(): Address {
    return this.port.address;
  }

  get dropped(): number {
    return this.port.dropped + this.#turnedAway;
  }

  push(stream: ByteStream): void {
    const taker = this.#taker;
    if (taker !== undefined) {
      this.#taker = undefined;
      taker.resolve(stream);
    } else if (this.#closed || this.#waiting.length >= maxWaiting) {
      this.#turnedAway++;
      stream.abort(new SocketError('REFUSED', 'too many connections wait to be accepted'));
    } else {
      this.#waiting.push(stream);
    }
  }

  accept(options?: Deadline): Promise<ByteStream> {
    if (this.#taker !== undefined) {
      return Promise.reject(
        new SocketUsageError('BUSY', 'an accept is outstanding: await it before the next'),
      );
    }
    if (this.#closed) return Promise.reject(closedError('the listener'));
    const early = options === undefined ? undefined : expiredAlready(options);
    if (early !== undefined) return Promise.reject(early);
    const next = this.#waiting.shift();
    if (next !== undefined) return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      let disarm: (() => void) | undefined;
      const settle = (): void => {
        this.#taker = undefined;
        disarm?.();
      };
      this.#taker = {
        resolve: (stream) => {
          settle();
          resolve(stream);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const deadline = limitOf(options);
      if (deadline !== undefined) {
        disarm = armDeadline(deadline, (error) => {
          this.#taker?.reject(error);
        });
      }
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    const done = this.port.close();
    this.#taker?.reject(closedError('the listener'));
    for (const stream of this.#waiting.splice(0)) stream.abort(closedError('the listener'));
    return done;
  }

  async drain(options?: Deadline): Promise<void> {
    await this.close();
    await this.port.drain(options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ByteStream, void, undefined> {
    for (;;) {
      let stream;
      try {
        stream = await this.accept();
      } catch (error) {
        if (error instanceof SocketError && error.code === 'CLOSED') return;
        throw error;
      }
      yield stream;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
