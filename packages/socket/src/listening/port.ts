import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { schemeOf, type Address } from '../address.ts';
import { withDeadline, type Deadline } from '../deadline.ts';
import { closedError, SocketError, SocketUsageError, toSocketError } from '../errors.ts';
import type { SocketStream } from '../socket-stream.ts';
import { KernelStream, type KernelStreamOptions } from '../streams/kernel-stream.ts';
import type { TlsServerOptions } from '../tls/options.ts';
import type { TlsTerminator } from '../tls/server-handshake.ts';
import { bindServer, placeOf, type BindServerOptions, type ListenAddress } from './bind-server.ts';
import { inboundOf, plain, receive, type Inbound, type ProxyProtocolOptions } from './inbound.ts';

export interface ListenOptions extends BindServerOptions {
  /** Speaks TLS, with this certificate. An address that begins with `tls://` requires it. Default: in clear. */
  readonly tls?: TlsServerOptions | TlsTerminator;
  /** Stands behind a proxy that says on whose behalf it connects. Default: not. */
  readonly proxyProtocol?: ProxyProtocolOptions;
  /** Connections open at once, those in a handshake included. Default: no limit but descriptors. */
  readonly maxConnections?: number;
  /**
   * What becomes of a connection above `maxConnections`: `refuse` (default) closes it as it arrives; `wait` leaves it unread until another
   * ends, up to 1,024 of them. Either way it is the operating system that answers first: node cannot leave it in the backlog.
   */
  readonly whenFull?: 'refuse' | 'wait';
  /** Switches Nagle's algorithm off. Default true: protocols here write whole messages. */
  readonly noDelay?: boolean;
  /** Asks a silent peer after so many milliseconds whether it lives: see `SocketStream.setKeepAlive`. Default: never. */
  readonly keepAliveMs?: number;
  /**
   * Told of a connection that came to nothing: its handshake failed (`TLS`, `TIMED_OUT`), its PROXY header was refused (`PROXY_HEADER`), the
   * peer was gone before it was accepted (`RESET`), the process is out of descriptors (`TOO_MANY_FILES`). It is counted in `dropped`, too.
   * Default: only counted, for peers do such things.
   */
  readonly onRefused?: (error: SocketError) => void;
}

/** Connections above `maxConnections` that wait for a place; past it a new one is dropped. */
const maxHeld = 1024;

/**
 * Binds, listens and wires up; `listen`, `serve` and the servers are thin over it. With `staysPaused` nothing is read of a connection that is to be
 * passed on to another process.
 */
export async function openPort(
  address: ListenAddress,
  options: ListenOptions,
  deliver: (stream: SocketStream) => void,
  staysPaused = false,
): Promise<ListeningPort> {
  const { maxConnections = Infinity, noDelay = true, keepAliveMs } = options;
  if (!(maxConnections >= 1)) {
    throw new SocketUsageError(
      'BAD_ARGUMENT',
      `maxConnections is ${String(maxConnections)}, expected 1 or more`,
    );
  }
  const place = placeOf(address);
  if (options.tls === undefined && typeof address === 'string' && schemeOf(address) === 'tls') {
    throw new SocketUsageError('BAD_ARGUMENT', `${address} needs \`tls\`: a certificate and its key`);
  }
  // Who asks for a plain port has it in this very turn.
  const inbound =
    options.tls === undefined && options.proxyProtocol === undefined ? plain : await inboundOf(options);
  const server = createServer({
    allowHalfOpen: true,
    noDelay,
    // Only where a connection may have to wait: else the first bytes are asked for at once.
    pauseOnConnect: staysPaused || options.whenFull === 'wait',
    ...(keepAliveMs === undefined ? {} : { keepAlive: true, keepAliveInitialDelay: keepAliveMs }),
  });
  const port = new ListeningPort(
    server,
    inbound,
    options,
    staysPaused ? undefined : (socket) => socket.resume(),
    deliver,
  );
  port.address = await bindServer(server, place, options);
  return port;
}

/** A bound, listening socket that calls `deliver` for each connection and knows those still open. */
export class ListeningPort {
  address!: Address;
  readonly streams: Set<SocketStream> = new Set<SocketStream>();
  dropped = 0;
  readonly #server: Server;
  readonly #inbound: Inbound;
  readonly #max: number;
  readonly #onRefused: ((error: SocketError) => void) | undefined;
  readonly #wake: ((socket: Socket) => void) | undefined;
  readonly #deliver: (stream: SocketStream) => void;
  readonly #held: Socket[] = [];
  readonly #closing = new AbortController();
  #known: KernelStreamOptions | undefined;
  #open = 0;

  constructor(
    server: Server,
    inbound: Inbound,
    options: ListenOptions,
    wake: ((socket: Socket) => void) | undefined,
    deliver: (stream: SocketStream) => void,
  ) {
    const { maxConnections = Infinity, whenFull = 'refuse', onRefused } = options;
    this.#server = server;
    this.#inbound = inbound;
    this.#max = whenFull === 'wait' ? maxConnections : Infinity;
    this.#onRefused = onRefused;
    this.#wake = whenFull === 'wait' ? wake : undefined;
    this.#deliver = deliver;
    // One listener for each handshake on its way.
    setMaxListeners(0, this.#closing.signal);
    if (whenFull === 'refuse' && maxConnections !== Infinity) server.maxConnections = maxConnections;
    server.on('connection', (socket) => {
      this.#arrive(socket);
    });
    server.on('drop', () => this.dropped++);
    // A failing accept (EMFILE) must not end the process; libuv sheds that connection and goes on.
    server.on('error', (error) => {
      if (server.listening) this.#refuse(error);
    });
  }

  /** Stops listening; resolves at once, whatever streams live on. Those that are not streams yet are aborted. */
  close(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    this.#closing.abort(closedError('the listener'));
    this.#server.close();
    for (const socket of this.#held.splice(0)) socket.destroy();
    return Promise.resolve();
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

  #arrive(socket: Socket): void {
    if (this.#open < this.#max) {
      this.#take(socket);
    } else if (this.#held.length < maxHeld) {
      socket.on('error', ignore);
      this.#held.push(socket);
    } else {
      this.dropped++;
      socket.destroy();
    }
  }

  #take(socket: Socket): void {
    // Of a connection that was reset in the backlog the kernel knows no peer.
    if (socket.destroyed || (this.address.family !== 'unix' && socket.remoteAddress === undefined)) {
      socket.destroy();
      this.#refuse(new SocketError('RESET', 'the peer had gone before the connection was accepted'));
      return;
    }
    this.#open++;
    const known = (this.#known ??= { ...sameForAll(this.address), keeper: this });
    if (this.#inbound === plain) {
      this.#wake?.(socket);
      this.#hand(new KernelStream(socket, known));
      return;
    }
    let stream: SocketStream | undefined;
    socket.once('close', () => {
      this.left(stream);
    });
    receive(socket, sameForAll(this.address), this.#inbound, this.#closing.signal).then(
      (received) => {
        stream = received;
        if (this.#closing.signal.aborted) received.abort(this.#closing.signal.reason);
        else this.#hand(received);
      },
      (error: unknown) => {
        this.#refuse(error);
      },
    );
  }

  /** A connection is over. @internal */
  left(stream: object | undefined): void {
    this.#open--;
    this.streams.delete(stream as SocketStream);
    this.#fill();
  }

  #fill(): void {
    while (this.#open < this.#max) {
      const next = this.#held.shift();
      if (next === undefined) return;
      this.#take(next);
    }
  }

  #hand(stream: SocketStream): void {
    this.streams.add(stream);
    this.#deliver(stream);
  }

  #refuse(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.dropped++;
    this.#onRefused?.(toSocketError(error));
  }
}

/** What is the same for every stream of a port: asking the kernel for it would cost a system call each, and fail after a close. */
function sameForAll(bound: Address): { local?: Address; remote?: Address } {
  if (bound.family === 'unix') return { local: bound, remote: { family: 'unix', path: '' } };
  const isWildcard = 'host' in bound && (bound.host === '0.0.0.0' || bound.host === '::');
  return isWildcard ? {} : { local: bound };
}

function ignore(): void {
  return undefined;
}
